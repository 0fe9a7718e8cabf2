# endings.sh - how a run ends: what the guest does, limits, signals, and files written at the end.  Sourced by run.sh.
#
# The guests are boot sectors made here; their bytes stand after the assembler's words.

triple="FA 0F 01 1E 20 7C CC"            # cli; lidt [7C20h] (zeros: limit 0); int3
halted="FA F4 EB FD"                     # cli; hlt; jmp to the hlt
spin="FB EB FE"                          # sti; jmp $
idle="FB F4 EB FD"                       # sti; hlt; jmp to the hlt
debug_exit="B0 05 E6 F4 EB FE"           # mov al,5; out F4h,al; jmp $
# cli; cld; xor ax,ax; mov ds,ax; mov dx,8900h; mov si,7C14h; mov cx,8; rep outsb; hlt; jmp to the hlt; "Shutdown"  (Bochs's port)
shutdown="FA FC 31 C0 8E D8 BA 00 89 BE 14 7C B9 08 00 F3 6E F4 EB FD 53 68 75 74 64 6F 77 6E"
reset="B0 FE E6 64 EB FE"                # mov al,FEh; out 64h,al: the 8042 pulses the processor's reset; jmp $

case_triple_fault()
{
    bootable boot.img 1440K $triple; keep boot.img
    run -display none -timeout 30 -no-reboot boot.img
    ends 2
    mentions "triple fault"
    [ "$(wc -l <err)" -gt 1 ] || fail "$ran: the fault is not explained"
    grep -qi 'IDT\|vector\|interrupt' err || fail "$ran: the explanation does not name the interrupt table"
    for part in '^1\. #GP, general protection, at 0000:7C06  int3' 'In real mode' 'Rule: all 4 bytes of a vector' '^2\. #GP' '#DF, a double fault' '^3\. #GP' 'IDT 00000000:0000'; do
        grep -q -- "$part" err || fail "$ran: the explanation does not say \"$part\""
    done
    run -display none -stop-after 100M -timeout 50 boot.img
    ends 0
    says "triple fault" "-no-reboot"
    kept boot.img
    fact "status 2 with an explanation; without -no-reboot the guest starts again, said once"
}

case_halted()
{
    bootable boot.img 1440K $halted
    run -display none -timeout 30 boot.img
    ends 0; says "halted with interrupts off"
    printf 'sleep 6\nquit 7\n' >s.txt
    run -display none -timeout 30 -script s.txt boot.img
    ends 7; says "halted with interrupts off"
    fact "the end is said, and a script goes on after it"
}

case_power_off()
{
    bootable boot.img 1440K $shutdown
    run -display none -timeout 30 boot.img;                    ends 0; silent
    run -display none -timeout 2 -no-shutdown boot.img;        ends 4; says "time is up"
    bootable boot.img 1440K $reset
    run -display none -timeout 30 -no-reboot boot.img;         ends 0; silent
    fact "status 0 where the guest powers off or resets with -no-reboot"
}

case_limits()
{
    bootable boot.img 1440K $spin
    run -display none -timeout 0.7 boot.img;                   ends 4; says "time is up" "0.7 s" "-timeout"
    run -display none -clock real -timeout 0.7 boot.img;       ends 4; says "time is up"
    bootable idle.img 1440K $idle
    run -display none -clock real -timeout 0.7 idle.img;       ends 4; says "time is up"
    run -display none -timeout 0 boot.img;                     ends 4; says "time is up"
    run -display none -stop-after 5M -stats s.json boot.img;   ends 0; silent
    grep -q '"instructions": 5000000,' s.json || fail "$ran: it did not stop there: $(grep instructions s.json)"
    grep -q '"exit": "stop-after"' s.json || fail "$ran: -stats does not name the end"
    fact "-timeout and -stop-after hold"
}

case_debug_exit()
{
    bootable boot.img 1440K $debug_exit
    run -display none -timeout 20 -device isa-debug-exit boot.img;               ends 11; silent
    run -display none -timeout 20 -device isa-debug-exit,iobase=0xf4,iosize=0x04 boot.img;  ends 11; silent
    run -display none -stop-after 50M -device isa-debug-exit,iobase=0x501 boot.img;        ends 0; silent
    fact "a write of 5 ends with status 11"
}

full_device()          # by a link here: a program that replaces what it should write to replaces only that
{
    [ -c /dev/full ] || skip "there is no /dev/full"
    ln -s /dev/full full
}

case_stats()
{
    bootable boot.img 1440K $shutdown
    run -display none -timeout 30 -stats - boot.img;  ends 0; silent
    grep -q '"exit": "power-off"' out || fail "$ran: no exit in $(cat out)"
    if command -v python3 >/dev/null; then python3 -m json.tool <out >/dev/null || fail "-stats is not JSON"; fi
    run -display none -timeout 30 -stats /no/such/folder/s.json boot.img
    ends 1; says /no/such/folder/s.json "No such file"
    run -display none -timeout 30 -stats . boot.img;  ends 1; says "statistics" "directory"
    full_device
    run -display none -timeout 30 -stats full boot.img
    ends 1; says "to full" "No space left"
    run -display none -timeout 30 -screenshot full boot.img
    ends 1; says "write full" "No space left"
    [ -L full ] && [ -c full ] || fail "$ran: full is no longer what it was"
    run -display none -timeout 30 -screenshot /no/such/x.png boot.img
    ends 1; says /no/such/x.png "No such file"
    for option in -hash "-stats -" "-serial stdio -hash"; do
        ran="doppel $option >/dev/full"
        "$doppel" -display none -timeout 30 $option boot.img >/dev/full 2>err </dev/null; status=$?
        ends 1; says "standard output"
    done
    fact "files written at the end: their trouble is said"
}

case_full_port()       # mov al,'x'; out E9h,al; jmp to the out
{
    full_device
    bootable boot.img 1440K B0 78 E6 E9 EB FC
    run -display none -stop-after 50M -debugcon file:full boot.img
    ends 0; says "-debugcon file:full" "No space left"
    fact "said once, and the guest goes on"
}

case_hash()
{
    bootable boot.img 1440K $spin; keep boot.img
    run -display none -stop-after 50M -hash boot.img;  ends 0; silent
    grep -q '^state [0-9a-f]\{16\}$' out || fail "$ran: $(cat out)"
    mv out first
    run -display none -stop-after 50M -hash boot.img
    cmp -s first out || fail "$ran: two runs differ: $(cat first out)"
    run -display none -stop-after 50000001 -hash boot.img
    cmp -s first out && fail "$ran: the hash does not see the machine go on"
    kept boot.img
    fact "one hash for one run"
}

case_unbootable()      # the BIOS names what was tried, in the order of trying
{
    image a.img 1440K; image c.img 8M; bytes EB FE | dd of=c.img conv=notrunc status=none; keep a.img c.img
    printf 'wait "Nothing to start from" 60\ntext screen.txt\nquit\n' >s.txt
    run -display none -timeout 50 -script s.txt -fda a.img -hda c.img -boot ac;  ends 0
    grep -q 'Diskette A: .*blank' screen.txt || { cat screen.txt; fail "$ran: nothing about the diskette"; }
    grep -q 'Hard disk 0: ' screen.txt || { cat screen.txt; fail "$ran: nothing about the hard disk"; }
    awk '/Diskette A: /{ a = NR } /Hard disk 0: /{ c = NR } END { exit !(a < c) }' screen.txt || fail "$ran: not in the order -boot ac"
    run -display none -timeout 50 -script s.txt -fda a.img -hda c.img -boot ca;  ends 0
    awk '/Diskette A: /{ a = NR } /Hard disk 0: /{ c = NR } END { exit !(c < a) }' screen.txt || fail "$ran: not in the order -boot ca"
    kept a.img c.img
    fact "$(grep 'Hard disk 0: ' screen.txt)"
}

good_end()             # after a signal: status 0, nothing said, and what was asked for at the end was written
{
    cp machine.err err
    ends 0; silent
    grep -q '"exit": "signal"' stats.json || fail "$ran: $1: no end in good order"
}

case_signals()
{
    need timeout
    bootable boot.img 1440K $spin; keep boot.img
    bootable idle.img 1440K $idle
    for image in boot.img idle.img; do
        for signal in TERM HUP; do
            rm -f stats.json log
            start -display none -clock real -timeout 30 -stats stats.json -debugcon file:log $image
            until_true 5 test -e log || fail "it does not start"
            sleep 0.3
            kill -$signal "$machine"
            wait "$machine"; status=$?
            good_end SIG$signal
        done
        # A job in the background has SIGINT ignored by the shell, so this one is in the foreground.
        rm -f stats.json
        ran="doppel $image, interrupted"
        timeout --foreground --preserve-status -s INT 1 "$doppel" -display none -clock real -timeout 30 -stats stats.json $image >out 2>machine.err </dev/null; status=$?
        good_end SIGINT
    done
    kept boot.img
    fact "SIGINT, SIGTERM and SIGHUP: a clean end, with what was asked for at the end"
}

case_nohup()           # a signal that is ignored at the start stays ignored
{
    need nohup
    bootable boot.img 1440K $spin
    ran="nohup doppel boot.img"
    nohup "$doppel" -display none -clock real -timeout 30 -stats stats.json -debugcon file:log boot.img >machine.out 2>machine.err </dev/null &
    machine=$!; children="$children $machine"
    until_true 5 test -e log || fail "it does not start"
    sleep 0.3
    kill -HUP "$machine"; sleep 0.5
    kill -0 "$machine" || fail "SIGHUP ended it"
    kill -TERM "$machine"; wait "$machine"; status=$?
    good_end SIGTERM
}
