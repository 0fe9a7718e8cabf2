#!/bin/sh
# disk.sh - the disk of probe_bare.c.
#   disk.sh make WORK FILES...          program and set into WORK/disk.img (FILES: MOO, not compressed)
#   disk.sh from WORK FILE VECTOR [1]   where it begins: these numbers, from 0; 1 for more words
set -e
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
action=${1:?usage: disk.sh make|from WORK ...} work=${2:?usage: disk.sh make|from WORK ...}
shift 2
disk=$work/disk.img
directory=240 first=256 cylinder=1008                           # sectors; Bochs wants whole cylinders of 16 heads, 63 sectors

write_directory() { truncate -s 8192 "$work/directory"; dd if="$work/directory" of="$disk" bs=512 seek=$directory conv=notrunc status=none; }

case $action in
make)
    cc -m32 -march=i686 -O2 -std=gnu11 -ffreestanding -nostdlib -static -no-pie -fno-pic -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
        -ffunction-sections -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -idirafter "/usr/include/$(uname -m)-linux-gnu" -I "$root" -T "$here/probe.ld" -o "$work/bare" \
        "$here/probe_boot.S" "$here/probe_bare.c" "$here/probe.c" "$root/fidelity/moo.c"
    objcopy -O binary "$work/bare" "$disk"
    [ "$(stat -c %s "$disk")" -le $((121 * 512)) ] || { echo "disk.sh: the program is too long"; exit 1; }
    truncate -s $((first * 512)) "$disk"
    echo "0 0 0" >"$work/directory"
    at=$first
    for file; do
        bytes=$(stat -c %s "$file")
        echo "$at $bytes ${file##*/}" >>"$work/directory"
        at=$((at + (bytes + 511) / 512))
        cat "$file" >>"$disk"
        truncate -s $((at * 512)) "$disk"
    done
    truncate -s $(((at + cylinder - 1) / cylinder * cylinder * 512)) "$disk"
    write_directory ;;
from)
    sed -i "1s/.*/$1 $2 ${3:-0}/" "$work/directory"
    write_directory ;;
esac
