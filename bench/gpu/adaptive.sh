#!/usr/bin/env bash
# On a CUDA host, after contract.sh's set-up: the strategy "adaptive" beside those that it chooses from, on the GPU,
# over the models that came along (or those of MODELS). Options go to the scenario, such as --rounds 5.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
classpath=$(printf '%s:' "$here"/{api,native-mps,strategy-threads,strategy-batching,strategy-processes,cli,bench}/target/classes "$here"/lib/*.jar)$STACK_JARS
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
"${java[@]}" -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$classpath" \
  io.mpsparallel.bench.ScenarioMain adaptive-regret --device "${DEVICE:-cuda}" --models "${MODELS:-$here/files}" "$@"
