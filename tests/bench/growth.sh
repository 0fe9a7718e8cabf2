#!/bin/sh
# growth.sh - does the cost grow with the work?  doppel and QEMU's TCG over the size of RAM, the number of processes and the size of code; a report
# and never a test:   ./growth.sh [-o FOLDER] BUILD-FOLDER [RUNS] [ram | processes | code ...]
#
#   ram        the linux CD (shared/bench/linux-iso.sh) from boot to power-off with 64 MiB to 2 GiB; user seconds of the whole process
#   processes  processes.c as the only process of that CD's kernel: 1 to 256 processes that hand a byte round, and that compute, in one run
#   code       codesize.c: 1 thousand to 2 million instructions that run round and round, 100 to 400 million in all; and once.  Nanoseconds per instruction
#
# FOLDER (here) gets ram.csv, processes.csv, code.csv (every measurement: series,x,y) and, drawn from their medians by plot.awk, a picture of each.
# Times are processor time of the emulator, RUNS times (3) by turns.  Needs xorriso for `processes`, gcc -m32 for `processes` and `code`.
set -u
out=.
[ "${1:-}" != -o ] || { out=$2; shift 2; }
[ $# -ge 1 ] || { echo "usage: $0 [-o FOLDER] BUILD-FOLDER [RUNS] [ram | processes | code ...]" >&2; exit 1; }
build=$(cd "$1" && pwd); here=$(cd "$(dirname "$0")" && pwd); out=$(mkdir -p "$out" && cd "$out" && pwd); shift
runs=3
case ${1:-} in [0-9]*) runs=$1; shift ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. "$here/guests.sh"
programs=doppel; [ -z "$qemu" ] || programs="doppel qemu"
label() { [ "$1" = qemu ] && echo QEMU TCG || echo "$1"; }
plot()         # plot NAME LOGARITHMIC-Y TITLE X Y
{
    awk -v title="$3" -v xlabel="$4" -v ylabel="$5" -v log_y="$2" -f "$here/plot.awk" "$out/$1.csv" >"$out/$1.svg" && echo "$out/$1.svg"
}
repeat() { n=0; while [ $n -lt "$runs" ]; do n=$((n + 1)); for p in $programs; do "$@"; done; done; }

# ---- RAM ----

boot_once() { memory=$mib; run_$p; echo "$(label $p),$mib,$seconds" >>"$out/ram.csv"; }
ram()
{
    guest=linux
    prepare linux || { echo "ram: no $media/linux-686.iso"; return; }
    : >"$out/ram.csv"
    for mib in 64 128 256 512 1024 2048; do repeat boot_once; done
    plot ram 0 "Linux: boot, work, power-off" "RAM in MiB" "user seconds"
}

# ---- processes ----

word() { printf '%08X' "$1"; }
padded() { bytes=$(($1 % 4)); [ $bytes -eq 0 ] || head -c $((4 - bytes)) /dev/zero; }
entry()        # entry NAME MODE FILE: one file of a "newc" archive, cpio(5)
{
    size=$(wc -c <"$3"); name_bytes=$((${#1} + 1))
    printf 070701; for field in 1 "$2" 0 0 1 0 "$size" 0 0 0 0 $name_bytes 0; do word "$field"; done
    printf '%s\000' "$1"; padded $((110 + name_bytes))
    cat "$3"; padded "$size"
}
step_times()   # what each measurement took: the difference between its mark and the one before
{
    awk -v who="$(label $p)" '$2 == "ring" || $2 == "each" { printf "%s %s,%d,%.6f\n", who, $2, $3, ($1 - last) * 1000 } { last = $1 }' "$work/marks" |
        awk -F, -v OFS=, '$1 ~ /each/ { $3 /= $2 } { print }' >>"$out/processes.csv"
}
processes_once()
{
    memory=256
    a="-kernel $work/vmlinuz -initrd $work/initrd"; b=$a
    export MARKS="$work/marks"
    case $p in
    doppel) run_doppel_line "$@" ;;
    qemu)   run "$work/one" "$qemu" -display none -accel tcg -net none -cpu pentium3 -m $memory -device isa-debug-exit,iobase=0xf4,iosize=4 $b -append "$words" -serial stdio ;;
    esac
    unset MARKS
    step_times
}
run_doppel_line() { run "$work/one" "$doppel" -display none -cpu pentium3 -m $memory $a -append "$words" -serial stdio -device isa-debug-exit,iobase=0xf4; }
processes()
{
    guest=processes; words="console=ttyS0 quiet"
    iso=$media/linux-686.iso
    { xorriso -osirrox on -indev "$iso" -extract /boot/vmlinuz "$work/vmlinuz" >/dev/null 2>&1 &&
        gcc -m32 -O2 -nostdlib -static -fno-pic -no-pie -fno-stack-protector -fcf-protection=none -o "$work/init" "$here/processes.c"; } ||
        { echo "processes: no $iso, xorriso or gcc -m32"; return; }
    { entry init $((0100755)) "$work/init"; : >"$work/nothing"; entry TRAILER!!! 0 "$work/nothing"; } >"$work/initrd"
    : >"$out/processes.csv"; : >"$work/silence"
    talk=$work/silence
    repeat processes_once
    talk=
    plot processes 1 "Processes: ring, 40,000 bytes handed on in all; each, per process" "processes" "milliseconds of processor time"
}

# ---- code ----

instructions() { sed -n 's/.*"instructions": \([0-9]*\).*/\1/p' "$work/stats"; }
code_once()
{
    for how in 0 1 2; do
        told code $((thousands | how << 16))
        run_$p
        [ "$p" = qemu ] || eval "count$how=$(instructions)"
        eval "time$how=$seconds"
    done
    awk -v who="$(label $p)" -v k="$thousands" -v t0="$time0" -v t1="$time1" -v t2="$time2" -v c0="$count0" -v c1="$count1" -v c2="$count2" 'BEGIN {
        printf "%s again,%d,%.3f\n", who, k * 1024, (t2 - t1) / (c2 - c1) * 1e9
        if (k >= 512) printf "%s first time,%d,%.3f\n", who, k * 1024, (t1 - t0) / (c1 - c0) * 1e9 }' >>"$out/code.csv"
}
code()
{
    guest=code; memory=128; disk=$work/code.img
    built code "$shared/bench/src/start_mb.S" "$here/codesize.c" || { echo "code: no gcc -m32"; return; }
    disk_of "$disk"
    : >"$out/code.csv"
    for thousands in 1 2 4 8 16 32 64 128 256 512 1024 2048; do repeat code_once; done
    plot code 1 "Code that runs round and round, and once" "instructions" "ns per instruction"
}

for what in ${*:-code processes ram}; do
    case $what in ram|processes|code) $what ;; *) echo "there is no $what" >&2 ;; esac
done
