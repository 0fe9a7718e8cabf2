#!/bin/sh
# scorecard.sh - the scorecard of docs/fidelity.md, made by one run on an x86-64 under Linux.
#   tests/fidelity/scorecard.sh BUILD [KERNEL]
# The recorded silicon set by `doppel conform`; by tests/fidelity/probe.c, a 32-bit program, on this host's processor itself, under qemu-i386, and, with
# KERNEL (a Linux bzImage that runs on a 686 and has initramfs and a serial console), as the init of a machine of doppel, qemu-system-i386 and Bochs; the
# 80286 vectors by `doppel conform`, which alone can put a processor into a vector's state.
# What is missing here is left out with a sentence.  WORK: where to build (/tmp/doppel-scorecard).
set -e
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:?usage: scorecard.sh BUILD [KERNEL]}" && pwd)
kernel=$2
work=${WORK:-/tmp/doppel-scorecard}
set286=${DOPPEL_SHARED:-$root/../shared}/vectors/80286
limit=${LIMIT:-600}
mkdir -p "$work/disk/v"

have() { command -v "$1" >/dev/null 2>&1; }
left_out() { printf '%-34s left out: %s\n' "$1" "$2"; }

# row NAME FILE: the probe's last line, as a row.
row()
{
    line=$(tr -d '\r' <"$2" | grep 'probe all' | tail -1)
    if [ -z "$line" ]; then left_out "$1" "it did not get to the end"; return; fi
    echo "$line" | awk -v name="$1" '{ for (i = 1; i <= NF; i++) if ($i == "all") { n = $(i+1); p = $(i+3); f = $(i+5); s = $(i+7); a = $(i+9) } asked = n - s
        printf "%-34s %9d %9d %9d %9d %9d  %.2f%%\n", name, asked, p, f, a, s, asked ? 100 * p / asked : 0 }'
}

conform()
{
    "$build/doppel" conform $2 "$3" >"$work/conform.txt" || true
    awk -v name="$1" '/^all / { asked = $2 + $3 + $4 + $5; p = $2 + $4
        printf "%-34s %9d %9d %9d %9d %9d  %.2f%%\n", name, asked, p, $3, 0, $5, (asked > $5 ? 100 * p / (asked - $5) : 0) }' "$work/conform.txt"
}

# A machine whose init is the probe.  An emulator that gives up takes the machine with it: the file that it was in is left out, and the machine starts again.
machine()                                                      # NAME, then a function that runs files: its arguments
{
    name=$1 run=$2 left=$files given_up=
    have "$3" || { left_out "$name" "there is no $3"; return; }
    : >"$work/all.txt"
    while [ -n "$left" ]; do
        $run $left >"$work/machine.txt" 2>&1 </dev/null || true
        tr -d '\r' <"$work/machine.txt" | grep -a '^probe .*\.moo ' >>"$work/all.txt" || true
        grep -q . "$work/all.txt" || break
        rest=
        for f in $left; do grep -q "^probe ${f##*/} " "$work/all.txt" || rest="$rest $f"; done
        bad=${rest# }; bad=${bad%% *}
        if [ -n "$bad" ]; then given_up="$given_up ${bad##*/}"; fi
        left=${rest# }; left=${left#"$bad"}; left=${left# }
    done
    awk -v name="$name" '{ n += $3; p += $5; f += $7; s += $9 } END { asked = n - s
        if (!n) printf "%-34s left out: it did not get to the end\n", name
        else printf "%-34s %9d %9d %9d %9d %9d  %.2f%%\n", name, asked, p, f, 0, s, 100 * p / asked }' "$work/all.txt"
    if [ -n "$given_up" ]; then echo "    without$given_up, where it gave up"; fi
}
boot_doppel() { timeout "$limit" "$build/doppel" -m 512M -kernel "$kernel" -initrd "$work/initrd.gz" -append "console=ttyS0 panic=-1 quiet -- $*" -nographic -no-reboot -clock virtual; }
boot_qemu()   { timeout "$limit" qemu-system-i386 -m 512 -kernel "$kernel" -initrd "$work/initrd.gz" -append "console=ttyS0 panic=-1 quiet -- $*" -nographic -no-reboot; }

# Bochs boots a CD with ISOLINUX, and is ended when the probe is: it does not stop at a panic.
boot_bochs()
{
    mkdir -p "$work/cd/isolinux"
    cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$work/cd/isolinux/"
    cp "$kernel" "$work/cd/vmlinuz"; cp "$work/initrd.gz" "$work/cd/initrd.gz"
    printf 'default p\nlabel p\nkernel /vmlinuz\nappend initrd=/initrd.gz console=ttyS0 panic=-1 quiet -- %s\n' "$*" >"$work/cd/isolinux/isolinux.cfg"
    xorriso -as mkisofs -quiet -o "$work/cd.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table "$work/cd" >/dev/null 2>&1
    cat >"$work/bochsrc" <<EOF
megs: 512
cpu: model=p4_prescott_celeron_336, ips=50000000
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path="$work/cd.iso", status=inserted
boot: cdrom
display_library: sdl2
com1: enabled=1, mode=file, dev="$work/com1.txt"
clock: sync=none
panic: action=report
log: $work/bochs.log
EOF
    echo c >"$work/bochs.cmd"
    : >"$work/com1.txt"
    SDL_VIDEODRIVER=dummy timeout "$limit" bochs -q -f "$work/bochsrc" -rc "$work/bochs.cmd" >/dev/null 2>&1 </dev/null &
    bochs=$!
    while kill -0 $bochs 2>/dev/null && ! grep -qa 'probe all' "$work/com1.txt"; do sleep 1; done
    kill $bochs 2>/dev/null || true
    wait $bochs 2>/dev/null || true
    cat "$work/com1.txt"
}

echo "host: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1); $(date -u +%Y-%m-%d)"
for tool in qemu-i386 qemu-system-i386; do have $tool && $tool --version | head -1; done
have bochs && bochs --help 2>&1 | grep -m1 -i 'emulator [0-9]' || true
printf '%-34s %9s %9s %9s %9s %9s\n' "" asked passed failed aborted skipped
echo "recorded silicon set, $(ls "$root"/tests/silicon/vectors | wc -l) files"
conform "doppel conform" "" "$root/tests/silicon/vectors"
conform "doppel conform -l0" -l0 "$root/tests/silicon/vectors"

if cc -m32 -static -O1 -fno-stack-protector -std=gnu11 -idirafter "/usr/include/$(uname -m)-linux-gnu" -I "$root" "$root/tests/fidelity/probe.c" "$root/fidelity/moo.c" -o "$work/probe" 2>"$work/cc.txt"; then
    for f in "$root"/tests/silicon/vectors/*.gz; do gzip -dc "$f" >"$work/disk/v/$(basename "$f" .gz)"; done
    "$work/probe" "$work"/disk/v/* >"$work/native.txt" 2>&1 || true
    row "probe, this host's processor" "$work/native.txt"
    if have qemu-i386; then
        timeout "$limit" qemu-i386 "$work/probe" "$work"/disk/v/* >"$work/user.txt" 2>&1 </dev/null || true
        row "probe, qemu-i386" "$work/user.txt"
    else
        left_out "probe, qemu-i386" "there is no qemu-i386"
    fi
    if [ -n "$kernel" ]; then
        cp "$work/probe" "$work/disk/init"
        (cd "$work/disk" && find . | cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initrd.gz"
        files=$(cd "$work/disk" && ls v/* | sed 's|^|/|' | tr '\n' ' ')
        machine "probe in Linux, doppel" boot_doppel cc
        machine "probe in Linux, qemu-system-i386" boot_qemu qemu-system-i386
        if have xorriso && [ -f /usr/lib/ISOLINUX/isolinux.bin ]; then machine "probe in Linux, Bochs" boot_bochs bochs
        else left_out "probe in Linux, Bochs" "it wants a CD: xorriso and isolinux"; fi
    else
        left_out "probe in Linux" "no KERNEL was named"
    fi
else
    left_out "probe" "cc -m32 -static does not work here (Debian: libc6-dev-i386)"
fi

echo "80286 vectors (real mode)"
if [ -d "$set286" ]; then
    conform "doppel conform" "" "$set286"
    left_out "qemu, Bochs" "no command of theirs puts a processor into a recorded state"
else
    left_out "doppel conform" "there are none in $set286"
fi
