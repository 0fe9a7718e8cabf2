#!/bin/sh
# run.sh - the processor's own tests on another kind of host, or built another way, and the same results as here.
#
#   run.sh KIND BUILD [WORK]     KIND: aarch64, s390x (big-endian), i686: cross-built, run under qemu-user or as they are;
#                                gcc-O0, gcc-O3, clang-O0, clang-O3: this host, other compilers and optimisation
#                                BUILD: this host's build, whose numbers are compared; WORK: where to build (BUILD/portable-KIND)
#
# The tests must pass there, and every line "... results NUMBER" and "end states NUMBER" they print must be printed by BUILD's tests too.
# Ends with 77 (skipped) where the compiler or the emulator is not installed, which it says.  PORTABLE_PROGRAMS: random programs for test_twins (200).
kind=$1 build=$2
here=$(cd "$(dirname "$0")" && pwd) && root=$(cd "$here/../.." && pwd) || exit 1
[ -x "$build/test_twins" ] || { echo "usage: run.sh KIND BUILD [WORK]" >&2; exit 1; }
work=${3:-$build/portable-$kind}
TWIN_PROGRAMS=${PORTABLE_PROGRAMS:-200}
export TWIN_PROGRAMS
emulator= flags="-O1" l1=ON
case $kind in
aarch64|s390x) compiler=$kind-linux-gnu-gcc emulator=qemu-$kind flags="-O1 -static" ;;
i686)          compiler=i686-linux-gnu-gcc flags="-O1 -static" ;;
gcc-O0)        compiler=gcc flags=-O0 l1=OFF ;;
gcc-O3)        compiler=gcc flags=-O3 ;;
clang-O0)      compiler=clang flags=-O0 l1=OFF ;;
clang-O3)      compiler=clang flags=-O3 ;;
*) echo "run.sh: no kind $kind" >&2; exit 1 ;;
esac
[ "$compiler" != clang ] || compiler=$(for c in clang clang-19 clang-14; do command -v $c && break; done)
for tool in "$compiler" $emulator cmake; do
    command -v "${tool:-clang}" >/dev/null || { echo "skipped: ${tool:-clang} is not installed"; exit 77; }
done
launcher=$(command -v ccache) && launcher=-DCMAKE_C_COMPILER_LAUNCHER=$launcher
generator=$(command -v ninja >/dev/null && echo -GNinja)

mkdir -p "$work" || exit 1
# shellcheck disable=SC2086
{ cmake -S "$here" -B "$work" $generator $launcher -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="$flags" \
        -DCMAKE_BUILD_TYPE=Release -DDOPPEL_L1=$l1 && cmake --build "$work" --parallel 2; } >"$work/log" 2>&1 || { tail -n 40 "$work/log"; exit 1; }

cd "$root" || exit 1
numbers='(results|end states) [0-9a-f]{16}$'
failed=0 compared=0
out=$work/said
mkdir -p "$out" && rm -f "$out"/*
for test in "$work"/test_*; do
    name=$(basename "$test")
    $emulator "$test" >"$out/$name" 2>&1 || { failed=1; echo "$name failed:"; grep -v '^Checks' "$out/$name" | tail -n 20; }
    grep -Eo ".*$numbers" "$out/$name" >"$work/there" || continue
    "$build/$name" 2>/dev/null | grep -Eo ".*$numbers" >"$work/here"
    while read -r line; do
        compared=$((compared + 1))
        if grep -qxF "$line" "$work/here"; then echo "$line"; continue; fi
        failed=1
        echo "$name on $kind: $line, but here: $(cat "$work/here")"
    done <"$work/there"
done
echo "$kind: $(grep -h '^Checks' "$out"/* | awk '{ n += $2; f += $4 } END { printf "%d checks, %d failed", n, f }'), $compared numbers compared"
[ $failed = 0 ] && [ $compared -ge 4 ]
