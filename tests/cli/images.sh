# images.sh - files that are no image, or that may not be used as one.  Sourced by run.sh.

never="-display none -stop-after 1000"       # a run that should not get as far as this

case_no_such_file()
{
    run $never missing.img;          refused missing.img "no such file" "check the name"
    run $never -fda missing.img;     refused missing.img "no such file"
    run $never -hdc no/such/folder;  refused no/such/folder "no such file"
    run $never "$(head -c 5000 /dev/zero | tr '\0' a)";  refused "name is too long"
    [ ! -e missing.img ] || fail "the file was made"
}

case_folder()
{
    mkdir folder
    run $never folder;        refused folder "is a folder" "name a file in it"
    run $never -hda folder/;  refused folder/ "is a folder"
}

case_not_a_file()
{
    mkfifo pipe
    run $never pipe;       refused pipe "neither a file nor a disk"
    run $never /dev/null;  refused /dev/null "neither a file nor a disk"
}

case_empty_image()
{
    : >empty.img
    run $never empty.img;       refused empty.img "is empty" "truncate -s"
    run $never -fda empty.img;  refused empty.img "is empty"
    [ ! -s empty.img ] || fail "the file grew"
}

case_odd_sizes()
{
    for size in 1 511 513 1474559 1474561 1000001; do
        head -c $size /dev/zero | tr '\0' 'x' >odd.img
        keep odd.img
        run $never odd.img;             refused odd.img "$size bytes" "512-byte sectors" "check how it was copied"
        run $never -snapshot odd.img;   refused odd.img "$size bytes"
        run $never -hda odd.img;        refused odd.img "$size bytes"
        kept odd.img
    done
}

case_no_floppy_of_that_size()
{
    image four.img 4M; keep four.img
    run $never -fda four.img;  refused four.img -fda 4194304 "-hda four.img"
    kept four.img
}

# The owner may not read it: tried as somebody who is not root.
case_unreadable()
{
    image secret.img 1440K
    keep secret.img
    chmod 000 secret.img
    if [ -r secret.img ]; then
        need setpriv
        set -- setpriv --reuid=65534 --regid=65534 --clear-groups
        "$@" test -x "$doppel" || skip "the program's folder is closed to others"
    else
        set --
    fi
    "$@" "$doppel" $never secret.img >out 2>err </dev/null; status=$? ran="doppel secret.img"
    chmod 600 secret.img
    refused secret.img "no permission" "chmod"
    kept secret.img
}

# A hard disk that may only be read is refused; a floppy is write-protected; -snapshot takes both.
case_read_only()
{
    bootable hard.img 8M FA F4; bootable floppy.img 1440K FA F4
    keep hard.img floppy.img
    chmod 444 hard.img floppy.img
    if [ -w hard.img ]; then
        need setpriv
        set -- setpriv --reuid=65534 --regid=65534 --clear-groups
        "$@" test -x "$doppel" || skip "the program's folder is closed to others"
    else
        set --
    fi
    ran="doppel hard.img (read-only)"
    "$@" "$doppel" $never hard.img >out 2>err </dev/null; status=$?
    refused hard.img "may only be read" "chmod u+w" "-snapshot"
    for how in "-snapshot hard.img" "-fda floppy.img" "-snapshot floppy.img"; do
        ran="doppel $how"
        "$@" "$doppel" $never $how >out 2>err </dev/null; status=$?
        ends 0; silent
    done
    kept hard.img floppy.img
    fact "a floppy is write-protected, -snapshot uses both"
}

case_second_doppel()
{
    bootable used.img 8M FB F4 EB FD; keep used.img      # sti; hlt; again
    start -display none -clock real -timeout 30 used.img
    until_true 5 grep -q "lock:" "/proc/$machine/fdinfo/3" "/proc/$machine/fdinfo/4" "/proc/$machine/fdinfo/5" 2>/dev/null || skip "/proc does not tell who locks"
    run $never used.img;            refused used.img "locked by" "process $machine)" "end that program first"
    run $never -snapshot used.img;  refused used.img "locked by" "process $machine)"
    ln -s used.img link.img; ln used.img hard.img
    run $never link.img;            refused link.img "process $machine"
    run $never hard.img;            refused hard.img "process $machine"
    kill -9 "$machine"; wait "$machine" 2>/dev/null
    run $never used.img;            ends 0; silent
    fact "the lock went with the process that was killed"
    kept used.img
}

# -snapshot only reads: many may, and they keep a writer out.
case_shared_readers()
{
    bootable used.img 8M FB F4 EB FD; keep used.img
    start -display none -clock real -timeout 30 -snapshot used.img
    until_true 5 grep -q "lock:" "/proc/$machine/fdinfo/3" "/proc/$machine/fdinfo/4" "/proc/$machine/fdinfo/5" 2>/dev/null || skip "/proc does not tell who locks"
    run $never -snapshot used.img;  ends 0; silent
    run $never used.img;            refused used.img "process $machine" "which reads it" "-snapshot"
    kept used.img
}

# flock(1) takes flock(2) locks, which on Linux do not meet those of fcntl(2).
case_flock()
{
    need flock
    image used.img 8M; keep used.img
    flock used.img sleep 30 & children="$children $!"
    until_true 5 sh -c '! flock -n used.img true' || fail "flock did not lock"
    run $never used.img;            refused used.img "locked by" "process " "end that program first"
    run $never -snapshot used.img;  refused used.img "locked by"
    kept used.img
}

case_same_image_twice()
{
    image one.img 8M; image a.img 1440K; ln -s one.img two.img; ln one.img three.img; keep one.img a.img
    run $never one.img one.img;              refused one.img twice
    run $never -hda one.img -hdb two.img;    refused one.img two.img "same file" -hda -hdb
    run $never -hda one.img -hdd three.img;  refused one.img three.img "same file"
    run $never -fda a.img -fdb a.img;        refused a.img twice -fda -fdb
    run $never -fda a.img ./a.img;           refused a.img "same file"
    run $never -snapshot one.img one.img;    refused one.img twice
    kept one.img a.img
}

case_too_many_images()
{
    for n in 1 2 3 4 5 6 7 8 9; do image $n.img 1M; image f$n.img 1440K; done
    run $never 1.img 2.img 3.img 4.img 5.img;           refused "too many images" 5.img
    run $never f1.img f2.img f3.img;                    refused "too many images" f3.img floppy
    run $never 1.img 2.img 3.img 4.img 5.img 6.img 7.img 8.img 9.img;  refused "too many images" "drive"
    run $never -hda 1.img -hdb 2.img -hdc 3.img -hdd 4.img 5.img;      refused "too many images" 5.img
    run $never -hda 1.img -hda 2.img;                   refused "-hda is given twice" 1.img 2.img
}

case_truncated_qcow2()
{
    need qemu-img
    qemu-img create -q -f qcow2 whole.qcow2 64M || skip "qemu-img makes no qcow2"
    run $never whole.qcow2;  ends 0; silent
    qemu-img check -q whole.qcow2 || fail "the image is no longer clean"
    for size in 4 60 104 512 65536 131072 196608; do
        head -c $size whole.qcow2 >cut.qcow2
        keep cut.qcow2
        run $never cut.qcow2;            refused cut.qcow2
        run $never -snapshot cut.qcow2;  refused cut.qcow2
        kept cut.qcow2
    done
}

cd_image()             # FILE BLOCKS: an ISO 9660 volume descriptor that promises so many blocks of 2048 bytes, in a file of 32
{
    image "$1" 64K; printf '\001CD001\001' | dd of="$1" bs=1 seek=32768 conv=notrunc status=none
    bytes $(printf '%02X %02X' $(($2 % 256)) $(($2 / 256))) | dd of="$1" bs=1 seek=32848 conv=notrunc status=none
}

case_cds()             # a CD goes into a CD-ROM drive and nowhere else, is only read, and is whole
{
    cd_image good.iso 32; cd_image cut.iso 33
    keep good.iso cut.iso
    for arguments in good.iso "-cdrom good.iso" "-cdrom good.iso -boot d" "-hda good.iso"; do
        run $never $arguments
        case $arguments in -hda*) refused good.iso "is a CD image" "-cdrom good.iso" ;; *) ends 0; silent ;; esac
    done
    run $never cut.iso;                          refused cut.iso "cut short" "32 of its 33 blocks"
    run $never -cdrom cut.iso;                   refused cut.iso "cut short"
    run $never -cdrom good.iso -hdc other.img;   refused "same place" "-hdd"
    run $never -cdrom no.iso;                    refused no.iso "no such file"
    image small.iso 512; run $never -cdrom small.iso;  refused small.iso "2048"
    printf 'insert cdrom cut.iso\n' >script;  run -display none -script script;  refused cut.iso "cut short" "line 1"
    printf 'eject cdrom\n' >script;           run -display none -script script;  refused "no CD-ROM drive"
    printf 'insert cdrom good.iso\neject cdrom\nquit 0\n' >script;  run -display none -script script;  ends 0; silent
    kept good.iso cut.iso
}

case_kernels()         # what -kernel cannot start is said before the machine starts
{
    image kernel 64K; bytes 55 AA | dd of=kernel bs=1 seek=510 conv=notrunc status=none
    printf HdrS | dd of=kernel bs=1 seek=514 conv=notrunc status=none
    cp kernel wide; bytes 0F 02 | dd of=wide bs=1 seek=518 conv=notrunc status=none; bytes 01 | dd of=wide bs=1 seek=566 conv=notrunc status=none
    cp kernel cut; bytes 0F 02 | dd of=cut bs=1 seek=518 conv=notrunc status=none; bytes 00 00 10 | dd of=cut bs=1 seek=500 conv=notrunc status=none
    printf '\177ELF and so on' >vmlinux; printf 'nothing' >text; : >empty; mkdir folder; image initrd 100M
    for file in kernel "-kernel kernel" "-kernel kernel -append quiet"; do run $never $file; ends 0; silent; done
    run $never -kernel wide;      refused wide "64-bit"
    run $never -kernel cut;       refused cut "cut short"
    run $never -kernel vmlinux;   refused vmlinux "ELF" "bzImage"
    run $never -kernel text;      refused text "not a Linux kernel"
    run $never -kernel empty;     refused empty "is empty"
    run $never -kernel folder;    refused folder "is a folder"
    run $never -kernel missing;   refused missing "No such file"
    run $never -hda kernel;       refused kernel "is a Linux kernel" "-kernel kernel"
    run $never -cdrom kernel;     refused kernel "is a Linux kernel"
    run $never -initrd initrd;    refused -initrd -kernel
    run $never -append quiet;     refused -append -kernel
    run $never -kernel kernel -initrd initrd -m 64;    refused initrd "does not fit" "use -m"
    run $never -kernel kernel -initrd missing;         refused missing "No such file"
}
