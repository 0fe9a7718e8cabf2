#!/bin/sh
# speed.sh - doppel beside QEMU's TCG and Bochs on the same guests, a report and never a test:
#   ./speed.sh [--csv FILE] BUILD-FOLDER [RUNS] [GUEST...]
#   ./speed.sh --callgrind BUILD-FOLDER [GUEST...]          host instructions per guest instruction of doppel, by valgrind
#
#   freedos  the 1.44 MB floppy until its AUTOEXEC.BAT has listed the directory: on a copy whose last line starts a program of 32 bytes that ends the
#            machine, so that all programs end at the same instruction of the guest and nobody has to watch a screen
#   loops flat x87   shared/bench: nine integer kernels, straight-line code, floating point
#   cold     156,000 different instructions run once (needs gcc -m32); `empty` is the same disk without them: the difference is theirs
#   vgafill vgacopy vgadots modex planar0..planar3 vgaread lfb pio dma ports
#            what a byte costs on its way to a device (devices.c); only when named, or all of them as `devices`
#   linux    linux-686.iso (shared/bench/linux-iso.sh): boot, md5, gzip, shell, bc, power-off
#   debian   debian-12-i386.img (tests/guests/make/debian-hd.sh): boot, log in, compile 2,000 lines with gcc -O2, a loop in python3, power-off
#
# The programs take turns, RUNS times (5).  Shown: user seconds of the whole process, median (least-most), the ratio of doppel's median to the peer's, and
# the most memory.  What is missing is left out.  Media that are built: in BUILD-FOLDER/guests, or DOPPEL_GUESTS.  --csv: every single run as well.
#   BOCHS=PROGRAM   a Bochs, for all guests.  Debian's, which is taken without this, has its debugger compiled in, which halves its speed: it
#                   runs the small guests only.  BOCHS_BIOS=FOLDER: its firmware (/usr/share/bochs).
set -u
csv=/dev/null; mode=turns
while :; do
    case ${1:-} in
    --csv)       csv=${2:?--csv FILE}; shift 2 ;;
    --callgrind) mode=callgrind; shift ;;
    *)           break ;;
    esac
done
[ $# -ge 1 ] || { echo "usage: $0 [--csv FILE | --callgrind] BUILD-FOLDER [RUNS] [GUEST...]" >&2; exit 1; }
build=$(cd "$1" && pwd); here=$(cd "$(dirname "$0")" && pwd); shift
runs=5
case ${1:-} in [0-9]*) runs=$1; shift ;; esac
[ "$*" != devices ] || set -- vgafill vgacopy vgadots modex planar0 planar1 planar2 planar3 vgaread lfb pio dma ports
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. "$here/guests.sh"

# ---- instructions per instruction ----

hosts() { sed -n 's/^summary: //p;s/^totals: //p' "$work/$1.callgrind" | tail -n 1; }
count()        # count GUEST: host and guest instructions of a whole run, in $host and $own
{
    prepare "$1" || return 1
    case $1 in loops|flat) told "$1" 20 ;; esac
    valgrind --tool=callgrind --callgrind-out-file="$work/$1.callgrind" "$doppel" -display none -snapshot -cpu pentium3 -m $memory -stats "$work/stats" $a \
        -device isa-debug-exit,iobase=0xf4 >/dev/null 2>&1
    host=$(hosts "$1"); own=$(sed -n 's/.*"instructions": \([0-9]*\).*/\1/p' "$work/stats")
    [ -n "$host" ]
}
if [ $mode = callgrind ]; then
    command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 77; }
    count empty || { echo "no gcc -m32, or no valgrind"; exit 77; }
    host0=$host; own0=$own
    printf '%-8s %14s %14s %s\n' guest 'guest' 'host' 'host per guest instruction, the same disk without the work taken off'
    for guest in ${*:-loops flat x87 cold}; do
        count "$guest" || { echo "$guest: left out"; continue; }
        printf '%-8s %14d %14d %s\n' "$guest" $((own - own0)) $((host - host0)) "$(awk "BEGIN { printf \"%.1f\", ($host - $host0) / ($own - $own0) }")"
    done
    exit
fi

# ---- the table ----

printf 'login:\troot\nPassword:\tdoppel\n' >"$work/debian"
cat >>"$work/debian" <<'T'
root@	python3 -c "[print('int f%d(int a, int *b)\n{ int i, s = 0;\n  for (i = 0; i < a; i++) { s += b[i] * %d;\n    if (s > %d) s -= b[i & 7]; }\n  return s; }' % (i, i + 3, i * 77)) for i in range(400)]" >t.c; echo MADE-$(($(wc -l <t.c)+42))
MADE-2042	gcc -O2 -c t.c && echo COMPILED-$((40+2))
COMPILED-42	python3 -c 'print(sum(i*i%7 for i in range(1000000)))'; echo LOOPED-$((40+2))
LOOPED-42	poweroff
T
spread() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.2f (%.2f-%.2f)", v[int((NR + 1) / 2)], v[1], v[NR] }'; }
middle() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio()  { [ -s "$2" ] && awk -v a="$(middle "$1")" -v b="$(middle "$2")" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }' || printf -- -; }
fits()         # fits PROGRAM: is it there, and does it run this guest?
{
    case $1 in
    doppel) ;;
    qemu)  [ -n "$qemu" ] ;;
    bochs) [ -n "$bochs" ] && case ${BOCHS:+named}$guest in named*|loops|flat|x87|empty|cold) ;; *) false ;; esac ;;
    esac
}
echo "load $(cut -d' ' -f1-3 /proc/loadavg); $runs runs each, by turns; user seconds, median (least-most); memory in MiB"
printf '%-8s %-18s %-18s %-18s %7s %7s %6s %7s\n' guest doppel QEMU Bochs /QEMU /Bochs MIPS memory
echo guest,program,run,user_seconds,peak_kib >"$csv"
for guest in ${*:-freedos loops flat x87 empty cold linux debian}; do
    prepare "$guest" || { echo "$guest: left out, its medium is not here"; continue; }
    talk=; [ "$guest" != debian ] || talk=$work/debian
    for p in doppel qemu bochs; do : >"$work/$p"; done
    n=0; most=0
    while [ $n -lt "$runs" ]; do
        n=$((n + 1))
        for p in doppel qemu bochs; do
            fits $p || continue
            run_$p
            echo "$seconds" >>"$work/$p"
            echo "$guest,$p,$n,$seconds,$peak" >>"$csv"
            if [ $p = doppel ] && [ "$peak" -gt "$most" ]; then most=$peak; fi
        done
    done
    mips=$(sed -n 's/.*"mips": \([0-9]*\).*/\1/p' "$work/stats")
    printf '%-8s %-18s %-18s %-18s %7s %7s %6s %7s\n' "$guest" "$(spread "$work/doppel")" "$([ -s "$work/qemu" ] && spread "$work/qemu" || echo -)" \
        "$([ -s "$work/bochs" ] && spread "$work/bochs" || echo -)" "$(ratio "$work/doppel" "$work/qemu")" "$(ratio "$work/doppel" "$work/bochs")" "$mips" "$((most / 1024))"
done
