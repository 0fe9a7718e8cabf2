#!/bin/sh
# speed.sh - user seconds of doppel beside QEMU's TCG on the same guests, a report and never a test: ./speed.sh DOPPEL [RUNS]
#
#   freedos  the 1.44 MB floppy until its AUTOEXEC.BAT has run: on a copy whose last line starts a five-byte program that writes to the
#            debug-exit port, so that both programs end at the same instruction of the guest and nobody has to watch a screen
#   loops    shared/bench/loops.img, nine integer kernels          flat   shared/bench/flat.img, straight-line code
#
# The programs take turns, RUNS times (5); the median of the user time of the whole process is shown, with doppel's share of QEMU's.
set -u
[ $# -ge 1 ] || { echo "usage: $0 DOPPEL [RUNS]" >&2; exit 1; }
doppel=$1; runs=${2:-5}
shared=$(cd "$(dirname "$0")/../../.." && pwd)/shared
for tool in qemu-system-i386 mcopy gzip; do command -v $tool >/dev/null || { echo "$tool is not installed" >&2; exit 77; }; done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cp "$shared/guests/freedos-144.img" "$work/freedos.img" && chmod u+w "$work/freedos.img" || exit 77
for name in loops flat; do gzip -dc "$shared/bench/$name.img.gz" >"$work/$name.img" || exit 77; done
printf '\260\001\346\364\353\376' >"$work/end.com"                  # mov al,1; out 0F4h,al; jmp $
printf '@echo off\r\ncls\r\nend\r\n' >"$work/autoexec.bat"
mcopy -o -i "$work/freedos.img" "$work/end.com" "$work/autoexec.bat" ::

# A run that did not end by the guest's own will (status v*2+1 of the debug-exit port, or 0 after "Shutdown") is told.
user() { ( "$@" >/dev/null 2>&1; s=$?; [ $s = 0 ] || [ $((s % 2)) = 1 ] || echo "$*: status $s" >&2; times ) | awk 'NR == 2 { split($1, t, "[ms]"); print t[1] * 60 + t[2] }'; }
ours() { user timeout 120 "$doppel" -display none -snapshot -timeout 110 -device isa-debug-exit,iobase=0xf4 $1; }
theirs() { user timeout 120 qemu-system-i386 -display none -accel tcg -snapshot -net none -device isa-debug-exit,iobase=0xf4,iosize=0x4 $1; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

echo "load $(cut -d' ' -f1-3 /proc/loadavg), median of $runs, user seconds"
printf '%-8s %8s %8s %8s\n' guest doppel QEMU ratio
for name in freedos loops flat; do
    case $name in
    freedos) a="-fda $work/freedos.img"; b="-drive if=floppy,format=raw,file=$work/freedos.img -boot a" ;;
    *)       a="-hda $work/$name.img";   b="-drive if=ide,format=raw,file=$work/$name.img" ;;
    esac
    : >"$work/a"; : >"$work/b"; run=0
    while [ $run -lt "$runs" ]; do ours "$a" >>"$work/a"; theirs "$b" >>"$work/b"; run=$((run + 1)); done
    printf '%-8s %8s %8s ' $name "$(median <"$work/a")" "$(median <"$work/b")"
    echo "$(median <"$work/a") $(median <"$work/b")" | awk '{ printf "%8.2f\n", ($2 > 0 ? $1 / $2 : 0) }'
done
