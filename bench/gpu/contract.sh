#!/usr/bin/env bash
# On a CUDA host: runs the contract of backends on the GPU, and the reference models if they came along.
# Needs a Java of version 17 as the array "java" with the options for libtorch's natives, and
# STACK_JARS, the jars of the JavaCPP presets. Prints what it ran on, then JUnit's own summary.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
classpath=$(printf '%s:' "$here"/{api,native-mps,strategy-threads,strategy-batching,strategy-processes,cli,bench}/target/{classes,test-classes} "$here"/lib/*.jar)$STACK_JARS
export MPS_PARALLEL_CLASSPATH=$classpath
echo "date: $(date -u +%FT%TZ)"; nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
nproc | sed 's/^/cpus: /'; "${java[@]}" -version 2>&1 | head -1
"${java[@]}" -cp "$classpath" io.mpsparallel.cli.Main doctor; doctor=$?
"${java[@]}" -Dmps-parallel.models="$here/files" -cp "$classpath" org.junit.platform.console.ConsoleLauncher execute --disable-banner \
  --include-engine=junit-jupiter --details=tree --disable-ansi-colors --select-class io.mpsparallel.mps.TorchCudaContractTest "$@"
contract=$?

# Each model as NAME.pt with NAME.npz beside it: bB_in_INPUT holds inputs, bB_out_OUTPUT outputs.
reference=0
for model in "$here"/files/*.pt; do
  [ -f "$model" ] || continue
  python3 "$here/reference.py" "$model" "${java[@]}" -cp "$classpath" io.mpsparallel.cli.Main || reference=1
done
echo "doctor: $doctor, contract: $contract, reference models: $reference"
exit $((doctor + contract + reference))
