# commands.sh - the commands beside running a machine.  Sourced by run.sh.

shows()        # shows LINE...: the standard output has these lines, as they are
{
    for line; do grep -qxF -- "$line" out || fail "$ran: no line \"$line\" in: $(head -20 out)"; done
}

case_help_of_commands()
{
    run help;  ends 0; silent; fits out 23
    for command in $(sed -n 's/^  doppel \([a-z]*\) .*/\1/p' out); do
        run help $command;         ends 0; silent; fits out 46; grep -q "doppel $command\|Commands" out || fail "$ran: not about $command"
        [ $command = help ] && continue
        cp out first
        run $command --help;       ends 0; silent; cmp -s out first || fail "$ran and help $command differ"
        run $command -bogus;       refused "no option -bogus" "doppel help $command"
    done
    run help nonsense;      refused '"nonsense"' "doppel help"
    run help disasm help;   refused "doppel help"
}

case_image_called_like_a_command()
{
    bootable disasm 1440K FA F4
    run -display none -stop-after 1000000 ./disasm;  ends 0
    run -display none -stop-after 1000000 disasm;    ends 0
    run disasm;                                      refused "disasm wants bytes"
}

case_disasm()
{
    run disasm 66 b8 34 12;                       ends 0; silent
    shows "00000000  66 B8 34 12              mov ax, 1234h"
    run disasm -16 66b8 0x34,12h, 00 00;          ends 0; silent
    shows "00000000  66 B8 34 12 00 00        mov eax, 1234h"
    run disasm --at 7C00h 74 01 90 C3;            ends 0; silent
    shows "00007C00  74 01                    jz L7C03" "L7C03:" "00007C03  C3                       ret"
    bytes 90 90 EB FE 0F >code
    run disasm -file code -offset 2;              ends 0; silent
    shows "L2:" "00000002  EB FE                    jmp L2" "00000004  0F                       (the range ends inside this instruction)"
    run disasm -file code -offset 1 -length 1;    ends 0; silent
    [ "$(cat out)" = "00000001  90                       nop" ] || fail "$ran: $(cat out)"
    run disasm -cpu 386 0F A2;                    ends 0; shows "00000000  0F A2                    db 0Fh, 0A2h"
    run disasm 66666666666666666666666666666690;  ends 0; grep -q "longer than 15" out || fail "$ran: $(cat out)"
}

case_disasm_refuses()
{
    run disasm;                                   refused "bytes" "-file"
    run disasm xyz;                               refused '"xyz"'
    run disasm 123;                               refused '"123"'
    run disasm -16 -32 90;                        refused "-16" "-32"
    run disasm -at zz 90;                         refused "-at zz"
    run disasm -at 100000000h 90;                 refused "-at 100000000h"
    run disasm -file none;                        refused none "No such file"
    run disasm -file . ;                          refused "cannot read ."
    printf x >one
    run disasm -file one -offset 1;               refused "no byte 1"
    run disasm -file one 90;                      refused "-file one" "90"
    run disasm -file one -file two;               refused twice
    run disasm -offset 2 90;                      refused "-offset"
    run disasm -cpu 586 90;                       refused 586 pentium4
}
