#!/usr/bin/env bash
# On a CUDA host, after contract.sh's set-up: lanes of the strategy "threads" on the GPU, and their answers.
# Options go to the scenario, such as --rounds 5; without a GPU, --device cpu tries it out.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
classpath=$(printf '%s:' "$here"/{api,native-mps,strategy-threads,strategy-batching,strategy-processes,cli,bench}/target/classes "$here"/lib/*.jar)$STACK_JARS
if command -v nvidia-smi >/dev/null; then
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
fi
"${java[@]}" -cp "$classpath" io.mpsparallel.bench.ScenarioMain threads-cuda --device cuda:0 "$@"
