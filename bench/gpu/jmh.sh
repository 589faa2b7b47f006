#!/usr/bin/env bash
# On a host with many cores: JMH of the pools and of the forward's overhead, after contract.sh's set-up.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
classpath=$(printf '%s:' "$here"/{api,native-mps,strategy-threads,strategy-batching,strategy-processes,cli,bench}/target/{classes,test-classes} "$here"/lib/*.jar)$STACK_JARS
echo "date: $(date -u +%FT%TZ)"; nproc | sed 's/^/cpus: /'; "${java[@]}" -version 2>&1 | head -1
result=$(mktemp)
jmh() {
  "${java[@]}" -cp "$classpath" org.openjdk.jmh.Main -v SILENT -rf text -rff "$result" "$@"
  cat "$result"
}
for threads in 1 4 16; do
  echo "== buffer pool, $threads threads"; jmh BufferPoolBenchmark -t "$threads" -f 1 -wi 3 -i 5 -r 500ms -w 500ms
done
echo "== stream pool"; jmh StreamPoolBenchmark -f 1 -wi 3 -i 5 -r 500ms -w 500ms
echo "== forward overhead on the CPU, identity model"
jmh ForwardOverheadBenchmark -f 1 -wi 3 -i 5 -r 1s -w 1s -p width=512 -p device=cpu
