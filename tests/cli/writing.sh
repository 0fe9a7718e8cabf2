# writing.sh - guests that write: what reaches the image, and what when the host gives out.  Sourced by run.sh.

# xor ax,ax; mov ds,es,ss,ax; mov sp,7C00h; cld; INT 13h AH=03h: this sector to cylinder 0, head 0, sector 2 of the drive in DL;
# jc stop; "Shutdown" to port 8900h; stop: hlt; jmp stop
marker="31 C0 8E D8 8E C0 8E D0 BC 00 7C FC B8 01 03 BB 00 7C B9 02 00 B6 00 CD 13 72 0B BA 00 89 BE 29
        7C B9 08 00 F3 6E F4 EB FD 53 68 75 74 64 6F 77 6E"

case_snapshot()
{
    for size in 1440K 8M; do
        bootable disk.img $size $marker; keep disk.img
        dd if=disk.img of=sector bs=512 count=1 status=none
        run -display none -timeout 30 -snapshot disk.img
        ends 0; silent; kept disk.img
        run -display none -timeout 30 disk.img
        ends 0; silent
        dd if=disk.img bs=512 skip=1 count=1 status=none | cmp -s - sector || fail "$ran: the sector did not reach the image"
        dd if=disk.img bs=512 count=1 status=none | cmp -s - sector || fail "$ran: the first sector changed"
        [ "$(tail -c +1025 disk.img | tr -d '\0' | wc -c)" -eq 0 ] || fail "$ran: something else was written"
    done
    fact "-snapshot leaves the image as it was, a plain run writes the one sector"
    ran="doppel -snapshot with no place for its file"
    TMPDIR=/no/such/folder "$doppel" -display none -timeout 30 -snapshot disk.img >out 2>err </dev/null; status=$?
    ends 0
}

case_output_is_the_image()     # what is written anew must not be an image in use
{
    bootable disk.img 8M $marker; keep disk.img; ln disk.img link.img
    for image in disk.img link.img; do
        for how in "" -snapshot; do
            run -display none -timeout 5 $how -serial file:$image disk.img;    refused $image "in use" "name another file";  kept disk.img
            run -display none -timeout 5 $how -debugcon file:$image disk.img;  refused $image "in use";                      kept disk.img
            echo "text $image" >s.txt
            run -display none -timeout 5 $how -script s.txt disk.img;          refused "s.txt, line 1" $image "in use";      kept disk.img
            echo "screenshot $image" >s.txt
            run -display none -timeout 5 $how -script s.txt disk.img;          refused "s.txt, line 1" $image "in use";      kept disk.img
            run -display none -stop-after 1000 $how -stats $image disk.img;       refused $image "in use";                   kept disk.img
            run -display none -stop-after 1000 $how -screenshot $image disk.img;  refused $image "in use";                   kept disk.img
        done
    done
}

# Fills the disk from sector 32 on, 32 sectors at a time (INT 13h AH=43h) with "DW", until an error or 4 MiB:
#   xor ax,ax; mov ds,es,ss,ax; mov sp,7C00h; cld; mov [drive],dl; 16 KiB of "DW" at 8000h
#   next: INT 13h AH=43h AL=0, DL=[drive], SI=packet; mov si,failed; jc tell; mov si,full; add word [lba],32; cmp word [lba],8192; jb next
#   tell: INT 10h AH=0Eh for each character; hlt
fill="31 C0 8E D8 8E C0 8E D0 BC 00 7C FC 88 16 60 7C BF 00 80 B8 44 57 B9 00 20 F3 AB BE 50 7C B4 43
      B0 00 8A 16 60 7C CD 13 BE 61 7C 72 10 BE 74 7C 83 06 58 7C 20 81 3E 58 7C 00 20 72 DE AC 84 C0
      74 09 B4 0E BB 07 00 CD 10 EB F2 F4 EB FD 90 90 10 00 20 00 00 80 00 00 20 00 00 00 00 00 00 00
      00 67 75 65 73 74 3A 20 77 72 69 74 65 20 65 72 72 6F 72 00 67 75 65 73 74 3A 20 61 6C 6C 20 77
      72 69 74 74 65 6E 00"

# earlier FILE SECTORS: the boot sector stands, and from sector 32 on the first SECTORS are as the guest wrote them
earlier()
{
    dd if="$1" bs=512 count=1 status=none | cmp -s - sector || fail "$ran: the boot sector changed"
    [ "$(dd if="$1" bs=512 skip=32 count="$2" status=none | tr -d 'DW' | wc -c)" -eq 0 ] || fail "$ran: earlier sectors are lost"
}

case_filled()          # the guest of the next cases, where nothing is in its way
{
    bootable disk.img 8M $fill; dd if=disk.img of=sector bs=512 count=1 status=none
    printf 'wait "guest: all written" 60\nquit\n' >s.txt
    run -display none -timeout 50 -script s.txt disk.img;  ends 0; silent
    earlier disk.img 8160
}

# Standard streams that are closed: the image must not get their numbers, and with them the messages.
case_closed_streams()
{
    bootable disk.img 8M FB EB FE; keep disk.img              # sti; jmp $
    ran="doppel with closed streams"
    "$doppel" -display none -timeout 0.5 -hash disk.img 2>&-;                 status=$?; ends 4; kept disk.img
    "$doppel" -display none -timeout 0.5 -hash disk.img >&- 2>/dev/null;      status=$?; ends 4; kept disk.img
    "$doppel" -display none -timeout 0.5 -hash disk.img <&- >&- 2>&-;         status=$?; ends 4; kept disk.img
    "$doppel" -display none -timeout 0.5 -serial stdio -hash disk.img <&- >&- 2>&-;  status=$?; ends 4; kept disk.img
    fact "the image is as it was"
}

# The host refuses a floppy's write: the controller's error reaches the guest (INT 13h CF), and the person.
case_floppy_write_fails()
{
    bootable disk.img 1440K $marker; keep disk.img
    ran="doppel disk.img under ulimit -f"
    sh -c 'ulimit -f 1; exec "$0" -display none -timeout 2 disk.img' "$doppel" >out 2>err </dev/null; status=$?
    ends 4                                                     # the guest stands at its hlt instead of powering off
    [ "$(sentences | grep -c 'disk.img')" -eq 1 ] || fail "$ran: $(sentences | grep -c 'disk.img') sentences about the image"
    sentences | grep -q 'disk.img cannot be written: .*the guest got a write error' || fail "$ran: the sentence is another"
    kept disk.img
    fact "$(sentences | head -1)"
}

# A guest that tries for ever: xor ax,ax; mov ds,es,ax; next: mov ax,0301h; mov bx,7C00h; mov cx,2; mov dx,80h; INT 13h; jmp next
stubborn="31 C0 8E D8 8E C0 B8 01 03 BB 00 7C B9 02 00 BA 80 00 CD 13 EB F0"

case_trouble_said_once()
{
    bootable disk.img 8M $stubborn; keep disk.img
    ran="doppel disk.img under ulimit -f"
    sh -c 'ulimit -f 1; exec "$0" -display none -timeout 3 disk.img' "$doppel" >out 2>err </dev/null; status=$?
    ends 4
    [ "$(sentences | grep -c 'disk.img cannot be written')" -eq 1 ] || fail "$ran: $(sentences | grep -c 'disk.img') sentences about the image"
    kept disk.img
}

# Another program cuts the image short while the guest uses it: it reads sector 16383 for ever.
#   xor ax,ax; mov ds,ax; next: mov si,7C0Fh; mov ah,42h; mov dl,80h; INT 13h; jmp next; packet: 16,0, 1, 0000:8000, 16383
case_cut_while_used()
{
    bootable disk.img 8M 31 C0 8E D8 BE 0F 7C B4 42 B2 80 CD 13 EB F5 10 00 01 00 00 80 00 00 FF 3F 00 00 00 00 00 00
    start -display none -timeout 4 -debugcon file:log disk.img
    until_true 5 test -e log || fail "it does not start"
    sleep 1.5
    truncate -s 4M disk.img
    wait "$machine"; status=$?
    cp machine.err err
    ends 4
    [ "$(sentences | grep -c 'disk.img ends before byte .*the guest got a read error')" -eq 1 ] || fail "$ran: not one sentence about it"
    [ "$(wc -c <disk.img)" -eq 4194304 ] || fail "$ran: the image has grown again"
    fact "$(sentences | head -1)"
}

case_file_may_not_grow()       # RLIMIT_FSIZE: EFBIG, and SIGXFSZ, which would kill
{
    bootable disk.img 8M $fill; dd if=disk.img of=sector bs=512 count=1 status=none
    printf 'wait "guest: write error" 60\nquit\n' >s.txt
    ran="doppel disk.img under ulimit -f"
    sh -c 'ulimit -f 2048; exec "$0" -display none -timeout 50 -script s.txt disk.img' "$doppel" >out 2>err </dev/null; status=$?
    ends 0
    says disk.img "does not let this file grow" "the guest got a write error"
    earlier disk.img 2000
    [ "$(wc -c <disk.img)" -eq 8388608 ] || fail "the image has another size"
    fact "$(sentences)"
}

case_full_disk()
{
    mkdir small
    mount -t tmpfs -o size=1m doppel-test small 2>/dev/null || skip "mounting a small tmpfs is not permitted"
    mounted=$work/small
    bootable small/disk.img 8M $fill; dd if=small/disk.img of=sector bs=512 count=1 status=none
    printf 'wait "guest: write error" 60\nquit\n' >s.txt
    run -display none -timeout 50 -script s.txt small/disk.img
    ends 0
    says small/disk.img "No space left" "free some space" "the guest got a write error"
    earlier small/disk.img 1500
    fact "$(sentences)"
    bootable disk.img 8M $fill; keep disk.img
    rm small/disk.img
    ran="doppel -snapshot with a full TMPDIR"
    TMPDIR=$work/small "$doppel" -display none -timeout 50 -script s.txt -snapshot disk.img >out 2>err </dev/null; status=$?
    ends 0
    says "-snapshot" "$work/small" "No space left" TMPDIR "untouched"
    kept disk.img
}

# Sectors 1 to 64 in turn, each with its number 256 times (32 bits), by WRITE SECTORS (30h) and FLUSH CACHE (E7h) of ATA/ATAPI-6;
# after each flush the number goes to port E9h, four bytes.
#   cli; segments 0, sp 7C00h; ebx = 0; next: inc ebx; 512 bytes of ebx at 8000h; ready; 1F2h..1F7h = 1, (bl & 63) + 1, 0, 0, E0h, 30h
#   ready; rep outsw 256 to 1F0h; ready; test al,1; jnz bad; E7h; ready; test al,1; jnz bad; ebx to E9h; jmp next
#   ready: in al,1F7h until bit 7 is clear; ret; bad: hlt; jmp bad
count="FA 31 C0 8E D8 8E C0 8E D0 BC 00 7C FC 66 31 DB 66 43 BF 00 80 B9 80 00 66 89 D8 F3 66 AB E8 4B
       00 BA F2 01 B0 01 EE 42 88 D8 24 3F FE C0 EE 42 30 C0 EE 42 EE 42 B0 E0 EE 42 B0 30 EE E8 2C 00
       BA F0 01 BE 00 80 B9 00 01 F3 6F E8 1E 00 A8 01 75 23 B0 E7 EE E8 14 00 A8 01 75 19 66 89 D8 B9
       04 00 E6 E9 66 C1 E8 08 E2 F8 EB A4 BA F7 01 EC A8 80 75 FB C3 F4 EB FD"

# Every number that was acknowledged is on the disk, or a later one of the same sector; no sector is torn or foreign.
flushed()      # flushed IMAGE LOG
{
    last=$(od -An -v -tu1 -w4 "$2" | awk 'NF == 4 { n = $1 + 256 * ($2 + 256 * ($3 + 256 * $4)) } END { print n + 0 }')
    [ "$last" -gt 0 ] || fail "$ran: nothing was acknowledged"
    dd if="$1" bs=512 count=1 status=none | cmp -s - sector || fail "the boot sector changed"
    dd if="$1" bs=512 skip=1 count=64 status=none | od -An -v -tu1 -w512 | awk -v last="$last" '
        { for (i = 5; i <= NF; i++) if ($i != $(i - 4)) { print "sector " NR " is torn"; bad = 1 }
          $1 = $1 + 256 * ($2 + 256 * ($3 + 256 * $4))
          newest = last - (last - (NR - 1)) % 64            # the last acknowledged number that belongs here
          if (last < NR - 1 || newest <= 0) newest = 0
          if ($1 < newest) { print "sector " NR " has " $1 ", but " newest " was flushed"; bad = 1 }
          if ($1 && $1 % 64 != NR - 1) { print "sector " NR " has a foreign number " $1; bad = 1 } }
        END { exit bad || NR != 64 }' >torn || { cat torn >&2; fail "$ran: something that was flushed is lost"; }
}

case_killed()
{
    for round in 1 2 3 4 5 6; do
        bootable disk.img 8M $count; dd if=disk.img of=sector bs=512 count=1 status=none
        rm -f log
        start -display none -timeout 50 -debugcon file:log disk.img
        until_true 20 test -s log || { cp machine.err err; fail "the guest writes nothing"; }
        sleep 0.$((round * 13 % 10))3
        kill -9 "$machine"; wait "$machine" 2>/dev/null
        flushed disk.img log
        run -display none -stop-after 1000 disk.img;  ends 0; silent
        fact "round $round: killed after number $last, nothing lost, the next start needs no repair"
    done
}

case_stopped()         # the same guest and a polite end: all that it wrote is there
{
    bootable disk.img 8M $count; dd if=disk.img of=sector bs=512 count=1 status=none
    start -display none -timeout 50 -debugcon file:log -stats stats.json disk.img
    until_true 20 test -s log || { cp machine.err err; fail "the guest writes nothing"; }
    kill "$machine"; wait "$machine"; status=$?
    cp machine.err err
    ends 0; silent
    flushed disk.img log
    written=$(sed -n 's/.*"name": "disk.img".*"written": \([0-9]*\),.*/\1/p' stats.json)
    [ "${written:-0}" -ge $((last * 512)) ] || fail "-stats has $written bytes written, after $last sectors"
    fact "SIGTERM after number $last"
}
