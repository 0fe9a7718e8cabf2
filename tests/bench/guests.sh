# guests.sh - what speed.sh and growth.sh share: the guests, and how doppel, QEMU and Bochs are started on them.  To be sourced, with `here` set to this
# folder, `build` to a build folder, `work` to an empty folder of ours, `guest` to the guest's name.
#
# Every guest ends by itself in each emulator: by "Shutdown" to port 8900h (Bochs, doppel), then by the debug-exit port (QEMU), Linux by ACPI's S5.

doppel=$build/doppel
shared=$here/../../../shared; media=${DOPPEL_GUESTS:-$build/guests}
qemu=$(command -v qemu-system-i386 || :); bochs=${BOCHS:-$(command -v bochs || :)}
bios=${BOCHS_BIOS:-/usr/share/bochs}
cc -O1 -o "$work/usage" "$here/usage.c" && cc -O1 -o "$work/dialogue" "$here/dialogue.c" || exit 1

# ---- the guests ----

floppy()
{
    [ -r "$shared/guests/freedos-144.img" ] && command -v mcopy >/dev/null || return 1
    cp "$shared/guests/freedos-144.img" "$work/freedos.img" && chmod u+w "$work/freedos.img"
    {   # cld; mov dx,8900h; mov si,text; 1: lodsb; test al,al; jz 2; out dx,al; jmp 1; 2: mov al,1; out 0F4h,al; jmp $
        printf '\374\272\000\211\276\027\001\254\204\300\164\003\356\353\370\260\001\346\364\353\376\220\220Shutdown\000'
    } >"$work/end.com"
    printf '@echo off\r\ncls\r\ndir\r\nend\r\n' >"$work/autoexec.bat"
    mcopy -o -i "$work/freedos.img" "$work/end.com" "$work/autoexec.bat" ::
}
given() { gzip -dc "$shared/bench/$1.img.gz" >"$work/$1.img"; }
told()         # told NAME WORD: the word `scale` of start_mb.S on that disk
{
    printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $(($2 & 255)) $(($2 >> 8 & 255)) $(($2 >> 16 & 255)) $(($2 >> 24 & 255)))" |
        dd of="$work/$1.img" bs=1 seek=518 conv=notrunc 2>/dev/null
}
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
disk_of()      # disk_of FILE: a hard disk, in each program's words
{
    a="-hda $1"; b="-drive if=ide,format=raw,file=$1"; c="ata0-master: type=disk, path=$1, mode=volatile
boot: disk"
}
prepare()      # prepare GUEST: the medium's options for doppel in $a, for QEMU in $b, for Bochs in $c; false: not to be had
{
    disk=$work/$1.img; memory=128
    case $1 in
    freedos)        floppy || return 1; a="-fda $disk"; b="-drive if=floppy,format=raw,file=$disk -boot a"; c="floppya: 1_44=$disk, status=inserted
boot: floppy"; return 0 ;;
    loops|flat|x87) given "$1" || return 1 ;;
    cold)           built cold "$shared/bench/src/start_mb.S" "$here/cold.c" "$shared/bench/src/flat.c" || return 1 ;;
    empty)          printf 'void kmain(void) {}\n' >"$work/empty.c"; built empty "$shared/bench/src/start_mb.S" "$work/empty.c" "$shared/bench/src/flat.c" || return 1 ;;
    vgafill|vgacopy|vgadots|modex|planar[0123]|vgaread|lfb|pio|dma|ports)
                    printf '#define %s 1\n#include "%s/devices.c"\n' "$1" "$here" >"$work/$1.c"; built "$1" "$shared/bench/src/start_mb.S" "$work/$1.c" "$shared/bench/src/flat.c" || return 1 ;;
    linux)          disk=$media/linux-686.iso; memory=256; a="-cdrom $disk"; b="-cdrom $disk -boot d"; c="ata1-master: type=cdrom, path=$disk, status=inserted
boot: cdrom"; [ -r "$disk" ]; return ;;
    debian)         disk=$media/debian-12-i386.img; memory=256 ;;
    *)              echo "there is no guest $1" >&2; return 1 ;;
    esac
    disk_of "$disk"
    [ -r "$disk" ]
}

# ---- the programs ----

run()          # run FILE PROGRAM ARGS...: FILE gets "status user-seconds peak-KiB", which then stand in $status, $seconds, $peak
{
    file=$1; shift
    if [ -n "$talk" ]; then set -- "$work/dialogue" "$talk" "$@"; fi
    timeout 1800 "$work/usage" "$file" "$@" >/dev/null 2>"$work/errors" </dev/null
    read -r status seconds peak <"$file"
    [ "$status" = 0 ] || [ $((status % 2)) = 1 ] || { echo "$1 $guest: status $status"; tail -n 3 "$work/errors"; } >&2        # the debug-exit port ends with an odd one
}
talk=          # a conversation over the serial line: see dialogue.c
serial() { [ -z "$talk" ] || echo "-serial stdio"; }
run_doppel() { run "$work/one" "$doppel" -display none -snapshot -cpu pentium3 -m $memory -stats "$work/stats" $a $(serial) $([ -n "$talk" ] || echo "-device isa-debug-exit,iobase=0xf4"); }
run_qemu()   { run "$work/one" "$qemu" -display none -accel tcg -snapshot -net none -cpu pentium3 -m $memory -device isa-debug-exit,iobase=0xf4,iosize=4 $b $(serial); }
run_bochs()
{
    if grep -q nogui_gui "$bochs"; then screen=nogui; else screen=sdl2; fi                     # Debian's has no `nogui`
    [ -z "$talk" ] || line="com1: enabled=1, mode=term, dev=@TTY@"
    cat >"$work/bochsrc" <<C
display_library: $screen
romimage: file=$bios/BIOS-bochs-latest
vgaromimage: file=$(ls "$bios"/VGABIOS-lgpl-latest* | head -n 1)
megs: $memory
$c
${line:-com1: enabled=0}
cpu: model=p3_katmai, ips=100000000
clock: sync=none
log: $work/bochs.log
C
    echo c >"$work/commands"
    if "$bochs" --help 2>&1 | grep -q -e '-rc '; then set -- -rc "$work/commands"; else set --; fi       # a Bochs with its debugger waits for a command
    rm -f "$disk.lock"
    SDL_VIDEODRIVER=dummy BOCHSRC="$work/bochsrc" run "$work/one" sh -c 'sed -i "s:@TTY@:$TTY:" "$BOCHSRC"; exec "$@"' sh "$bochs" -q -f "$work/bochsrc" "$@"
}
