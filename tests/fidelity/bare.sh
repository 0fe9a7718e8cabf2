#!/bin/sh
# bare.sh - the bare probe (probe_bare.c) on the program itself, with the smallest files of the set: no vector fails, none is lost.  ./bare.sh DOPPEL
set -e
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/doppel-bare.XXXXXX")
trap 'rm -rf "$work"' EXIT
for name in two-E0 simd-A0 two-20; do gzip -dc "$here/../silicon/vectors/$name.moo.gz" >"$work/$name.moo"; done
echo '#include <stdio.h>' >"$work/try.c"
cc -m32 -idirafter "/usr/include/$(uname -m)-linux-gnu" -c -o "$work/try.o" "$work/try.c" 2>/dev/null || { echo "skipped: cc -m32 does not work here (Debian: libc6-dev-i386)"; exit 77; }
"$here/disk.sh" make "$work" "$work"/*.moo
asked=0
for file in "$work"/*.moo; do asked=$((asked + $(od -An -tu4 -j12 -N4 "$file"))); done     # the header's number of tests
timeout 100 "$1" -m 64M -display none -snapshot -hda "$work/disk.img" -debugcon "file:$work/log" -device isa-debug-exit,iobase=0xf4 || [ $? = 1 ]
grep -q '^probe end' "$work/log" || { echo "FAILED: it did not get to the end: $(tail -c 200 "$work/log")"; exit 1; }
run=$(grep -v '^probe' "$work/log" | tr -cd . | wc -c)
wrong=$(grep -v '^probe' "$work/log" | tr -cd EIRFMXS | wc -c)
echo "$run of $asked vectors, $wrong failed"
[ "$run" -eq "$asked" ] && [ "$wrong" -eq 0 ]
