# traces.sh - doppel trace and doppel diff.  Sourced by run.sh.

has()          # has PATTERN...: the standard output has lines that match
{
    for pattern; do grep -q -- "$pattern" out || fail "$ran: no line like \"$pattern\" in: $(head -20 out)"; done
}

case_trace_recorded_and_shown()
{
    bootable disk 1440K B8 34 12 50 E4 71 EB FE      # mov ax, 1234h; push ax; in al, 71h; jmp $
    run trace -o t -from 0000:7C00 -until @7C06 -- disk;         ends 0; silent; has '^t: 3 records'
    run trace -print t;                                          ends 0; silent
    has '^# model: pentium4' ' 0000:00007C00 B8 34 12 .* mov ax, 1234h .*; eax=00001234' ' 50 .* push ax .* write \[00007B..\]:1234' ' in al, 71h .* in 71:00'
    [ "$(grep -c '0000:00007C0' out)" = 3 ] || fail "$ran: not three instructions"
    number=$(sed -n 's/^ *\([0-9]*\) 0000:00007C03.*/\1/p' out)
    run trace -print t -from $number -count 1;                   ends 0; silent; has 'push ax'
    [ "$(grep -cv '^#' out)" = 1 ] || fail "$ran: more than one line"
    run trace -print t -csv;                                     ends 0; silent; has '^number,kind,cs,eip' "^$number,instruction,0000,00007C03,00007C03,50,\"push ax\""
    run trace -print t -jsonl -from $number -count 1;            ends 0; silent; has "^{\"number\":$number,\"cs\":0,\"eip\":31747,.*\"bytes\":\"50\",\"text\":\"push ax\""
    run trace -o u -until 1000 -filter none -- -cpu 486 disk;    ends 0; silent
    run trace -print u;                                          ends 0; silent; has '^# model: 486'
    if grep -q 'read \|write \| in \| out ' out; then grep ';.* \(read\|write\|in\|out\) ' out && fail "$ran: accesses in spite of -filter none"; fi
    :
}

# The document says enough to write a reader: one that shares nothing with the program shows the same.
case_trace_read_by_another_reader()
{
    need python3
    bootable disk 1440K B9 05 00 40 50 E2 FC CD 12 EB FE    # mov cx, 5; 1: inc ax; push ax; loop 1b; int 12h; jmp $
    run trace -o t -from 60000 -until 90000 -- disk;              ends 0; silent
    run trace -print t -jsonl;                                   ends 0; silent
    python3 "$here/read_trace.py" -json <out >ours || fail "$ran: no JSON"
    python3 "$here/read_trace.py" t >other || fail "read_trace.py: status $?"
    [ "$(wc -l <ours)" -gt 10000 ] || fail "$ran: only $(wc -l <ours) records"
    cmp ours other || fail "read_trace.py reads something else"
}

case_trace_trouble()
{
    bootable disk 1440K EB FE
    run trace;                                       refused "trace wants"
    run trace -o t -print t;                         refused "trace wants"
    run trace -o t -from nonsense -- disk;           refused "-from nonsense"
    run trace -o t -filter nonsense -- disk;         refused "-filter nonsense"
    run trace -o t -- -nonsense disk;                refused "no option -nonsense"
    run trace -o missing/t -- disk;                  refused "missing/t"
    run trace -o t -- -until 1000 disk;              refused "no option -until" "before the machine's"
    run trace -o t -from 2M -until 1M -- disk;       refused "-until is not after -from"
    run trace -o t -from 2s -until 1s -- disk;       refused "-until is not after -from"
    cp disk other; keep disk other
    run trace -o disk -until 1000 -- disk;           refused "disk is there already, and is no trace"; kept disk
    run trace -o other -until 1000 -- disk;          refused "other is there already, and is no trace"; kept other
    run trace -o t -until 1000 -- disk;              ends 0; silent
    run trace -o t -until 1000 -- disk;              ends 0; silent
    : >t; run trace -o t -until 1000 -- disk;        ends 0; silent
    run trace -print missing;                        refused "missing"
    run trace -print disk;                           refused "disk" "offset 0"
    run trace -o t -from text:never -- -stop-after 3M disk;   ends 3
    run trace -o t -until 200000 -- disk;            ends 0
    dd if=t of=cut bs=1 count=5000 2>/dev/null
    run trace -print cut -count 3;                   ends 0
    run trace -print t -csv -jsonl;                  refused "-csv and -jsonl"
    run trace -print t -from 9999999;                ends 1; says "t ends before instruction 9999999"
    run trace -print cut -from 199000;               ends 1; says "cut ends before instruction 199000" "cut off"
    dd if=/dev/zero of=t bs=1 seek=3000 count=9 conv=notrunc 2>/dev/null
    run trace -print t;                              ends 1; grep -q 't: offset .* check sum' err || fail "$ran: $(cat err)"
    dd if=/dev/zero of=t bs=1 seek=20 count=9 conv=notrunc 2>/dev/null
    run trace -print t;                              refused "t: offset" "check sum"
}

case_diff()
{
    bootable disk 1440K B9 05 00 40 E2 FD EB FE      # mov cx, 5; 1: inc ax; loop 1b; jmp $
    bootable other 1440K B9 05 00 40 E2 FD EB FE
    bytes 48 | dd of=other bs=1 seek=3 conv=notrunc 2>/dev/null         # dec ax
    run trace -o t -from 0000:7C00 -until @7C06 -- disk;         ends 0
    run diff t t;                                                ends 0; silent; has '^11 instructions agree'
    run diff -sync 0000:7C00 -count 11 t 'live:-engine L0 disk'; ends 0; silent; has '^11 instructions agree'
    run diff -sync 0000:7C00 -count 200 live:disk 'live:-cpu 486 other';   ends 1; silent; has 'There the code differs' 'inc ax' 'dec ax'
    run trace -o u -from 0000:7C00 -until @7C06 -- -cpu 386 disk;          ends 0
    run diff -ignore memory live:disk "live:'disk'" -count 1M;   ends 0; silent; has '^1000000 instructions agree'
    run diff;                                                    ends 2; grep -q 'wants two sides' err || fail "$ran: $(cat err)"
    run diff t missing;                                          ends 2; grep -q 'missing: cannot be read' err || fail "$ran: $(cat err)"
    run diff t disk;                                             ends 2; grep -q 'neither a trace nor a log' err || fail "$ran: $(cat err)"
    run diff t live:missing;                                     ends 2; grep -q 'missing' err || fail "$ran: $(cat err)"
    run diff -sync nonsense t t;                                 ends 2; grep -q -- '-sync nonsense' err || fail "$ran: $(cat err)"
    run diff -skip 7-1 t t;                                      ends 2; grep -q -- '-skip 7-1' err || fail "$ran: $(cat err)"
    run diff -ignore nonsense t t;                               ends 2; grep -q -- '-ignore nonsense' err || fail "$ran: $(cat err)"
    run diff -sync 12s t t;                                      ends 2; grep -q -- '-sync 12s: it wants an address' err || fail "$ran: $(cat err)"
    run diff -sync @12345678 t t;                                ends 2; grep -q 'never comes' err || fail "$ran: $(cat err)"
}
