#!/usr/bin/env bash
# Packs what the GPU runs need of this project into one archive: classes of api, native-mps, their
# tests, the strategies, cli with its tests, bench, and the Java libraries that they use, without libtorch itself.
# Usage: bench/gpu/stage.sh OUT_DIR [FILE ...]      (the files, such as models, travel as well)
# On the GPU host, after libtorch's own jars are there: see contract.sh beside this file.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mkdir -p "$1" && cd "$1" && pwd); shift
console=1.13.4 # of the JUnit platform, beside JUnit 5.13.4
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$work/app/lib" "$work/app/files"

cd "$root"
mvn -B -ntp -q -DskipTests -Dspotless.check.skip -Djacoco.skip test-compile \
  dependency:build-classpath -Dmdep.outputFile=target/staged.classpath -Dmdep.includeScope=test
sed 's/:/\n/g; $a\' {api,native-mps,bench}/target/staged.classpath | grep '\.jar$' | grep -v '/org/bytedeco/' | grep -v '/mps-parallel-' |
  grep -vE 'byte-buddy|archunit|kotlin|lincheck|jna|atomicfu|WebSocket|asm-|checker-qual|junit|opentest4j' |
  sort -u | xargs -I{} cp {} "$work/app/lib/"
mvn -B -ntp -q dependency:copy -DoutputDirectory="$work/app/lib" \
  -Dartifact="org.junit.platform:junit-platform-console-standalone:$console"
for classes in api/target/classes api/target/test-classes native-mps/target/classes \
  native-mps/target/test-classes strategy-threads/target/classes strategy-batching/target/classes strategy-processes/target/classes cli/target/classes \
  cli/target/test-classes bench/target/classes; do
  if [ -d "$classes" ]; then
    mkdir -p "$work/app/$classes" && cp -r "$classes/." "$work/app/$classes/"
  fi
done
cp "$root"/bench/gpu/*.{sh,py} "$work/app/"
[ $# -eq 0 ] || cp "$@" "$work/app/files/"
tar -C "$work" --sort=name -cf - app | xz -6 -T2 > "$out/app.tar.xz"
ls -la "$out/app.tar.xz"
