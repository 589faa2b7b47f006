#!/usr/bin/env bash
# On a CUDA host: starts, memory and throughput of worker processes on the GPU, after contract.sh's set-up.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
classpath=$(printf '%s:' "$here"/{api,native-mps,strategy-threads,strategy-batching,strategy-processes,cli,bench}/target/classes "$here"/lib/*.jar)$STACK_JARS
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
for scenario in processes-starts processes-scaling; do
  "${java[@]}" -Xms512m -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$classpath" \
    io.mpsparallel.bench.ScenarioMain "$scenario" --device "${DEVICE:-cuda}" "$@"
done
