#!/bin/sh
# debian-hd.sh OUT.img - makes a hard disk with Debian 12 for i386: 2 GiB raw, one ext4 partition from sector 2048, GRUB in the master boot
# record and behind it.  A small system with init, gcc and python3; root's password is doppel; gettys on tty1 and ttyS0.
#
# No emulator is used: the host runs i386 programs in a chroot.  Needs root, debootstrap, mke2fs (with -d), and a mirror; about two and a half
# minutes and 2.5 GB of /var/tmp (TMPDIR) on the way.
#   DEBIAN_MIRROR   default http://deb.debian.org/debian
#   DEBIAN_DEBS     a folder that keeps the packages for the next time
# Status 77: something is missing (no root, no tool, no mirror), named on stderr.
set -eu
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
[ $# = 1 ] || { echo "usage: $0 OUT.img" >&2; exit 1; }
missing() { echo "debian-hd.sh: $*" >&2; exit 77; }
[ "$(id -u)" = 0 ] || missing "only root can make a system in a chroot"
for tool in debootstrap mke2fs truncate dd chroot; do command -v $tool >/dev/null || missing "$tool is not installed"; done
case $(uname -m) in i?86|x86_64) ;; *) missing "this host does not run i386 programs" ;; esac

mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
mkdir -p "$(dirname "$1")"
out=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d "${TMPDIR:-/var/tmp}/debian-hd.XXXXXX")
root=$work/root
trap 'umount "$root/proc" "$root/sys" 2>/dev/null || :; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
began=$(date +%s)

packages=linux-image-686,initramfs-tools,grub-pc,systemd-sysv,udev,kmod,login,procps,e2fsprogs,fdisk,gcc,libc6-dev,python3-minimal
set --
if [ -n "${DEBIAN_DEBS:-}" ]; then mkdir -p "$DEBIAN_DEBS"; set -- --cache-dir="$(cd "$DEBIAN_DEBS" && pwd)"; fi
debootstrap --arch=i386 --variant=minbase "$@" --include=$packages bookworm "$root" "$mirror" >"$work/log" 2>&1 ||
    { tail -n 5 "$work/log" >&2; missing "debootstrap found no system at $mirror"; }

# What an installer would have asked for.
echo doppel >"$root/etc/hostname"
echo '127.0.0.1 localhost doppel' >"$root/etc/hosts"
echo '/dev/sda1 / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"
echo root:doppel | chroot "$root" /usr/sbin/chpasswd
ln -sf /lib/systemd/system/serial-getty@.service "$root/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service"
: >"$root/etc/machine-id"

# A smaller initial RAM disk: what the disk, the partition and its file system need is listed; the rest of Debian's 'most' would take minutes.
echo 'MODULES=list' >"$root/etc/initramfs-tools/conf.d/doppel"
printf '%s\n' ata_piix sd_mod ext4 >>"$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }

cat >"$root/boot/grub/grub.cfg" <<'G'
set timeout=1
menuentry "Debian 12" {
    linux /vmlinuz root=/dev/sda1 ro console=tty0 console=ttyS0
    initrd /initrd.img
}
G
cp -r "$root/usr/lib/grub/i386-pc" "$root/boot/grub/"
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* "$root"/usr/share/locale/* "$root"/usr/share/man/* "$root"/tmp/* "$root"/dev/*
mkdir -p "$root/dev" "$root/proc" "$root/sys"
mknod "$root/dev/console" c 5 1
mknod "$root/dev/null" c 1 3

# GRUB: boot.img looks for its core at sector 1, the core for its rest behind it (the defaults of grub-mkimage); the partition's first
# megabyte is theirs.  The root of the grub folder is a name in the core itself.
chroot "$root" grub-mkimage -O i386-pc -o /tmp/core.img -p '(hd0,msdos1)/boot/grub' biosdisk part_msdos ext2 normal
mv "$root/tmp/core.img" "$work/core.img"
[ "$(wc -c <"$work/core.img")" -lt $((2047 * 512)) ]
rm -f "$out.part"
truncate -s 2G "$out.part"
dd if="$root/usr/lib/grub/i386-pc/boot.img" of="$out.part" bs=440 count=1 conv=notrunc status=none
dd if="$work/core.img" of="$out.part" bs=512 seek=1 conv=notrunc status=none
# The partition table: one entry, active, type 83h, sectors 2048 to the end (4194304 - 2048 = 3FF800h); its CHS numbers say "use LBA".
printf '\200\376\377\377\203\376\377\377\000\010\000\000\000\370\077\000' | dd of="$out.part" bs=1 seek=446 conv=notrunc status=none
printf '\125\252' | dd of="$out.part" bs=1 seek=510 conv=notrunc status=none
mke2fs -q -F -t ext4 -L debian -d "$root" -E offset=1048576 "$out.part" 2096128k >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
mv "$out.part" "$out"
echo "$out: Debian $(cat "$root/etc/debian_version") for i386, made in $(($(date +%s) - began)) s"
