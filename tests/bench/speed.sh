#!/bin/sh
# speed.sh - doppel beside QEMU's TCG and Bochs on the same guests, a report and never a test: ./speed.sh BUILD-FOLDER [RUNS] [GUEST...]
#
#   freedos  the 1.44 MB floppy until its AUTOEXEC.BAT has listed the directory: on a copy whose last line starts a five-byte program that writes to
#            the debug-exit port, so that both programs end at the same instruction of the guest and nobody has to watch a screen
#   loops flat x87   shared/bench: nine integer kernels, straight-line code, floating point
#   cold     156,000 different instructions run once (needs gcc -m32); `empty` is the same disk without them: the difference is theirs
#   vgafill vgacopy vgadots modex planar0..planar3 vgaread lfb pio dma ports
#            what a byte costs on its way to a device (devices.c); only when named, or all of them as `devices`
#   linux    linux-686.iso (shared/bench/linux-iso.sh): boot, md5, gzip, shell, bc, power-off
#   debian   debian-12-i386.img (tests/guests/make/debian-hd.sh): boot, log in, compile 2,000 lines with gcc -O2, a loop in python3, power-off
#
# The programs take turns, RUNS times (5).  Shown: user seconds of the whole process, median (least-most), the ratio of doppel's median to the peer's, and
# the most memory.  What is missing is left out.  Media that are built: in BUILD-FOLDER/guests, or DOPPEL_GUESTS.
#   BOCHS=PROGRAM   a Bochs; Debian's has its debugger compiled in, which halves its speed.  It runs the small guests only.
set -u
[ $# -ge 1 ] || { echo "usage: $0 BUILD-FOLDER [RUNS] [GUEST...]" >&2; exit 1; }
build=$(cd "$1" && pwd); runs=${2:-5}; doppel=$build/doppel; here=$(cd "$(dirname "$0")" && pwd)
shift; [ $# -eq 0 ] || shift
[ "$*" != devices ] || set -- vgafill vgacopy vgadots modex planar0 planar1 planar2 planar3 vgaread lfb pio dma ports
names=${*:-freedos loops flat x87 empty cold linux debian}
shared=$here/../../../shared; media=${DOPPEL_GUESTS:-$build/guests}
qemu=$(command -v qemu-system-i386 || :); bochs=${BOCHS:-$(command -v bochs || :)}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cc -O1 -o "$work/usage" "$here/usage.c" || exit 1

# ---- the guests ----

floppy()
{
    [ -r "$shared/guests/freedos-144.img" ] && command -v mcopy >/dev/null || return 1
    cp "$shared/guests/freedos-144.img" "$work/freedos.img" && chmod u+w "$work/freedos.img"
    printf '\260\001\346\364\353\376' >"$work/end.com"              # mov al,1; out 0F4h,al; jmp $
    printf '@echo off\r\ncls\r\ndir\r\nend\r\n' >"$work/autoexec.bat"
    mcopy -o -i "$work/freedos.img" "$work/end.com" "$work/autoexec.bat" ::
}
given() { gzip -dc "$shared/bench/$1.img.gz" >"$work/$1.img"; }
built()        # built NAME SOURCE OBJECTS...: a disk as shared/bench/src/build.sh makes them
{
    name=$1; shift
    src=$shared/bench/src; flags="-w -m32 -O2 -march=i686 -mno-sse -fno-pic -fno-pie -fcf-protection=none -fno-stack-protector -fno-builtin -fno-asynchronous-unwind-tables -fno-ipa-icf"
    ( cd "$work" && for source; do gcc $flags -I "$src" -c "$source" -o "$(basename "$source").o" || exit 1; done
      objects=; for source; do objects="$objects $(basename "$source").o"; done
      ld -m elf_i386 -T "$src/disk.lds" -o $name.elf $objects && objcopy -O binary $name.elf $name.bin || exit 1
      chunks=$((($(wc -c <$name.bin) + 32767) / 32768))
      gcc -m32 -DNCH=$chunks -c "$src/boot.S" -o boot.o && ld -m elf_i386 -Ttext 0x7c00 -e _b --oformat binary -o boot.bin boot.o || exit 1
      truncate -s 10M $name.img; dd if=boot.bin of=$name.img conv=notrunc; dd if=$name.bin of=$name.img bs=512 seek=1 conv=notrunc ) >/dev/null 2>&1
}
prepare()      # the medium's options for doppel in $a and for QEMU in $b; false: not to be had
{
    disk=$work/$1.img; memory=128
    case $1 in
    freedos)        floppy || return 1; a="-fda $disk"; b="-drive if=floppy,format=raw,file=$disk -boot a"; return 0 ;;
    loops|flat|x87) given "$1" || return 1 ;;
    cold)           built cold "$shared/bench/src/start_mb.S" "$here/cold.c" "$shared/bench/src/flat.c" || return 1 ;;
    empty)          printf 'void kmain(void) {}\n' >"$work/empty.c"; built empty "$shared/bench/src/start_mb.S" "$work/empty.c" "$shared/bench/src/flat.c" || return 1 ;;
    vgafill|vgacopy|vgadots|modex|planar[0123]|vgaread|lfb|pio|dma|ports)
                    printf '#define %s 1\n#include "%s/devices.c"\n' "$1" "$here" >"$work/$1.c"; built "$1" "$shared/bench/src/start_mb.S" "$work/$1.c" "$shared/bench/src/flat.c" || return 1 ;;
    linux)          disk=$media/linux-686.iso; memory=256; a="-cdrom $disk"; b="-cdrom $disk -boot d"; [ -r "$disk" ]; return ;;
    debian)         disk=$media/debian-12-i386.img; memory=256 ;;
    *)              echo "there is no guest $1" >&2; return 1 ;;
    esac
    a="-hda $disk"; b="-drive if=ide,format=raw,file=$disk"
    [ -r "$disk" ]
}

# ---- the programs ----

talk()         # talk PROGRAM ARGS...: the work on the Debian disk, by its serial line
{
    mkfifo "$work/line"
    "$@" <"$work/line" >"$work/said" 2>&1 &
    exec 3>"$work/line"; rm "$work/line"
    step 'login:' root; step 'Password:' doppel
    step 'root@' "python3 -c \"[print('int f%d(int a, int *b)\\n{ int i, s = 0;\\n  for (i = 0; i < a; i++) { s += b[i] * %d;\\n    if (s > %d) s -= b[i & 7]; }\\n  return s; }' % (i, i + 3, i * 77)) for i in range(400)]\" >t.c; echo MADE-\$((\$(wc -l <t.c)+42))"
    step MADE-2042 "gcc -O2 -c t.c && echo COMPILED-\$((40+2))"
    step COMPILED-42 "python3 -c 'print(sum(i*i%7 for i in range(1000000)))'; echo LOOPED-\$((40+2))"
    step LOOPED-42 poweroff
    exec 3>&-
    wait $!
}
step() { n=0; until grep -q -e "$1" "$work/said"; do sleep 0.2; n=$((n + 1)); [ $n -lt 6000 ] || return; done; printf '%s\n' "$2" >&3; }
run()          # run FILE PROGRAM ARGS...
{
    file=$1; shift
    if [ "$guest" = debian ]; then talk "$work/usage" "$file" "$@" -serial stdio; else timeout 900 "$work/usage" "$file" "$@"; fi >/dev/null 2>&1 </dev/null
    read -r status seconds peak <"$file"
    [ "$status" = 0 ] || [ $((status % 2)) = 1 ] || echo "$1 $guest: status $status" >&2         # the debug-exit port ends with an odd one
}
run_doppel() { run "$work/one" "$doppel" -display none -snapshot -cpu pentium3 -m $memory -stats "$work/stats" $a $([ "$guest" = debian ] || echo "-device isa-debug-exit,iobase=0xf4"); }
run_qemu()   { run "$work/one" "$qemu" -display none -accel tcg -snapshot -net none -cpu pentium3 -m $memory -device isa-debug-exit,iobase=0xf4,iosize=4 $b; }
run_bochs()
{
    cat >"$work/bochsrc" <<C
display_library: sdl2
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
megs: 128
ata0-master: type=disk, path=$disk, mode=volatile
boot: disk
cpu: model=p3_katmai, ips=100000000
clock: sync=none
log: $work/bochs.log
C
    echo c >"$work/commands"
    SDL_VIDEODRIVER=dummy run "$work/one" "$bochs" -q -f "$work/bochsrc" -rc "$work/commands"
}

# ---- the table ----

spread() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.2f (%.2f-%.2f)", v[int((NR + 1) / 2)], v[1], v[NR] }'; }
middle() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio()  { [ -s "$2" ] && awk -v a="$(middle "$1")" -v b="$(middle "$2")" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }' || printf -- -; }
fits()         # fits PROGRAM: is it there, and does it run this guest?
{
    case $1 in
    doppel) ;;
    qemu)  [ -n "$qemu" ] ;;
    bochs) [ -n "$bochs" ] && case $guest in loops|flat|x87|empty|cold) ;; *) false ;; esac ;;
    esac
}
echo "load $(cut -d' ' -f1-3 /proc/loadavg); $runs runs each, by turns; user seconds, median (least-most); memory in MiB"
printf '%-8s %-18s %-18s %-18s %7s %7s %6s %7s\n' guest doppel QEMU Bochs /QEMU /Bochs MIPS memory
for guest in $names; do
    prepare "$guest" || { echo "$guest: left out, its medium is not here"; continue; }
    for p in doppel qemu bochs; do : >"$work/$p"; done
    n=0; most=0
    while [ $n -lt "$runs" ]; do
        for p in doppel qemu bochs; do
            fits $p || continue
            run_$p
            echo "$seconds" >>"$work/$p"
            if [ $p = doppel ] && [ "$peak" -gt "$most" ]; then most=$peak; fi
        done
        n=$((n + 1))
    done
    mips=$(sed -n 's/.*"mips": \([0-9]*\).*/\1/p' "$work/stats")
    printf '%-8s %-18s %-18s %-18s %7s %7s %6s %7s\n' "$guest" "$(spread "$work/doppel")" "$([ -s "$work/qemu" ] && spread "$work/qemu" || echo -)" \
        "$([ -s "$work/bochs" ] && spread "$work/bochs" || echo -)" "$(ratio "$work/doppel" "$work/qemu")" "$(ratio "$work/doppel" "$work/bochs")" "$mips" "$((most / 1024))"
done
