#!/usr/bin/env bash
# On a CUDA host, after contract.sh's set-up: the library beside hand-written loops and Python, over the models
# that came along, in one run. Writes cuda.md, cuda.jsonl (Python) and cuda.log (progress) to $OUT or the current
# folder. Options go to the scenario, such as --rounds 3 --seconds 1 --only raw,threads; DEVICE=cpu tries it out.
# PYTHON=0 leaves Python out, PYTHON=FILE takes the figures of an earlier run; PYTHON_LIMIT bounds it in seconds.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(mkdir -p "${OUT:-.}" && cd "${OUT:-.}" && pwd) || exit 2
device=${DEVICE:-cuda:0}
models=${MODELS:-files}
[ ! -f "${PYTHON:-}" ] || PYTHON=$(realpath "$PYTHON")
cd "$here" || exit 2
classpath=$(printf '%s:' "$here"/{api,native-mps,strategy-threads,strategy-batching,strategy-processes,cli,bench}/target/classes "$here"/lib/*.jar)$STACK_JARS
{
  echo "date: $(date -u +%FT%TZ)"
  if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv,noheader | sed 's/^/gpu: /'
  else
    echo "gpu: none"
  fi
  nproc | sed 's/^/cpus: /'
  "${java[@]}" -version 2>&1 | sed -n 's/^/jdk: /p' | head -1
} | tee "$out/cuda.md"

python=()
case ${PYTHON:-1} in
  0) ;;
  1)
    timeout 240 python3 cuda_python.py "$models" --device "${device%%:*}" --seconds "${PYTHON_SECONDS:-0.5}" \
      --limit "${PYTHON_LIMIT:-120}" 2>"$out/cuda_python.log" | tee "$out/cuda.jsonl" >python.jsonl
    status=${PIPESTATUS[0]}
    [ "$status" -eq 0 ] ||
      echo "python: exit status $status: $(tail -n 1 "$out/cuda_python.log")" | tee -a "$out/cuda.md"
    python=(--python python.jsonl) ;;
  *) python=(--python "$PYTHON") ;;
esac
[ ${#python[@]} -eq 0 ] || head -n 1 "${python[1]}" | sed 's/^/python: /' | tee -a "$out/cuda.md"

"${java[@]}" -Xms4g -Xmx4g -XX:ErrorFile="$out/hs_err.log" -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 \
  -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$classpath" io.mpsparallel.bench.ScenarioMain cuda \
  --device "$device" --models "$models" ${python[@]+"${python[@]}"} "$@" 2>"$out/cuda.log" | tee -a "$out/cuda.md"
status=${PIPESTATUS[0]}
echo "seconds: $SECONDS, status: $status" | tee -a "$out/cuda.md"
[ "$status" -eq 0 ] || tail -n 20 "$out/cuda.log"
exit "$status"
