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
        run $command -bogus
        if [ $command = diff ]; then ends 2; says "no option -bogus" "doppel help diff"      # 1 says that two runs differ
        else refused "no option -bogus" "doppel help $command"; fi
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

case_disasm_explains()
{
    run disasm -explain 66 0F AF C3;              ends 0; silent
    grep -q "Signed Multiply" out || fail "$ran: no name: $(cat out)"
    grep -q "sets OF CF; leaves SF ZF AF PF undefined" out || fail "$ran: no flags: $(cat out)"
    run disasm -explain D3E0;                     ends 0; grep -q "defined for a count of 1 only" out || fail "$ran: $(cat out)"
}

case_disasm_of_a_guest()
{
    bootable floppy.img 1440K EB 05 90 90 90 90 90 FA F4
    printf 'sleep 3\ndisasm 0:7C00 2\ndisasm 7C07 2\ndisasm F000:FFF0 1\nquit\n' >script
    run -display none -script script floppy.img;  ends 0
    shows "00007C00  EB 05                    jmp 7C07" "00007C07  FA                       cli" "00007C08  F4                       hlt" "00007C02  90                       nop"
    grep -q "^0000FFF0  EA .* jmp F000:" out || fail "$ran: no reset vector: $(cat out)"
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

# --- conform ---

le32() { bytes $(printf '%02x %02x %02x %02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))); }
le16() { bytes $(printf '%02x %02x' $(($1 & 255)) $(($1 >> 8 & 255))); }
chunk() { printf '%s' "$1"; le32 "$(wc -c <"$2")"; cat "$2"; }     # chunk KIND FILE

# A MOO file with one vector of a 286: INC AX at 1234:0000 (doc/moo_format_v1.md).  moo FILE AX-AFTER FLAGS-AFTER
moo()
{
    { bytes 01 00 00 00; le32 1; printf C286; } >c.head
    { le32 6; printf 'inc ax'; } >c.name
    { le32 2; bytes 40 F4; } >c.code
    { le16 0x3FFF; for r in 0x7FFF 0 0 0 0x1234 0x2000 0 0 0x100 0 0 0 0 0x0002; do le16 $r; done; } >c.regs
    { le32 2; le32 0x12340; bytes 40; le32 0x12341; bytes F4; } >c.ram
    { chunk REGS c.regs; chunk 'RAM ' c.ram; } >c.init
    { le16 0x3001; le16 "$2"; le16 2; le16 "$3"; } >c.regs2
    { le32 0; } >c.ram2
    { chunk REGS c.regs2; chunk 'RAM ' c.ram2; } >c.fina
    { printf '%s' 0123456789abcdefghij; } >c.hash
    { le32 0; chunk NAME c.name; chunk BYTS c.code; chunk INIT c.init; chunk FINA c.fina; chunk HASH c.hash; } >c.test
    { chunk 'MOO ' c.head; chunk TEST c.test; } >"$1"
}

case_conform()
{
    mkdir -p set/inner
    moo set/40.MOO 0x8000 0x0896
    moo set/inner/40x.MOO 0x8000 0x0896; gzip set/inner/40x.MOO
    run conform set;                              ends 0; silent
    grep -q "^all  *2  *0  *0  *0" out || fail "$ran: $(cat out)"
    moo set/41.MOO 0x8001 0x0896                                   # a wrong result
    run conform set;                              ends 1; silent
    grep -q "^40  *INC  *2  *1  *0  *0  *41.MOO#0" out || fail "$ran: $(cat out)"
    run conform -verbose set;                     ends 1; grep -q "41.MOO#0 .*AX 8000, recorded 8001" out || fail "$ran: $(cat out)"
    run conform -show 41.MOO#0 set;               ends 0; grep -q "differs  *AX 8000, recorded 8001" out || fail "$ran: $(cat out)"
    run conform -show 40#0 set;                   ends 0; grep -q "form 40: passed" out || fail "$ran: $(cat out)"
    run conform -l0 -jobs 1 -cpu pentium set;     ends 1
    printf '%s\n' "# taken back" 303132333435363738396162636465666768696a >set/revocation_list.txt
    run conform set;                              ends 0; grep -q "^revoked: 2" out || fail "$ran: $(cat out)"
}

case_conform_for_programs()
{
    need python3
    moo 40.MOO 0x8001 0x0896
    run conform -json -junit report.xml 40.MOO;   ends 1; silent
    python3 - <<'EOF' || fail "$ran: JSON or XML"
import json, xml.dom.minidom
j = json.load(open("out"))
assert j["vectors"] == 1 and j["failed"] == 1 and j["forms"][0]["form"] == "40" and j["forms"][0]["first"] == "40.MOO#0", j
s = xml.dom.minidom.parse("report.xml").documentElement
assert s.getAttribute("failures") == "1" and s.getElementsByTagName("failure"), s.toxml()
EOF
    run conform -junit none/report.xml 40.MOO;    ends 1; says none/report.xml
    run conform -junit report.xml 40.MOO;         ends 1; silent
    keep 40.MOO
    run conform -junit 40.MOO 40.MOO;             refused "40.MOO is there already, and is no XML"; kept 40.MOO
}

case_conform_bad_files()
{
    moo good.MOO 0x8000 0x0896
    head -c 100 good.MOO >cut.MOO
    run conform cut.MOO good.MOO;                 ends 2; says cut.MOO "at byte"; grep -q "^all  *1 " out || fail "$ran: the good one did not run: $(cat out)"
    echo nonsense >bad.MOO
    run conform bad.MOO;                          ends 2; says bad.MOO "at byte 0" MOO
    gzip -k good.MOO; head -c 60 good.MOO.gz >cut.MOO.gz
    run conform cut.MOO.gz;                       ends 2; says cut.MOO.gz after
    printf Z80_ >c.id; dd if=c.id of=good.MOO bs=1 seek=16 conv=notrunc status=none
    run conform good.MOO;                         ends 2; says Z80_
    run conform none.MOO;                         refused none.MOO "No such file"
    mkdir empty; run conform empty;               refused empty
    run conform;                                  refused "files or folders"
    run conform -jobs 0 bad.MOO;                  refused "-jobs 0"
    run conform -show 40 bad.MOO;                 refused '"40"'
    run conform -show 40#x bad.MOO;               refused '40#x'
}

case_conform_recorded_vectors()
{
    set="${DOPPEL_SHARED:-$here/../../../shared}/vectors/80286"
    [ -d "$set" ] || skip "there are no vectors in $set"
    run conform -cpu 386 "$set";                  ends 0; silent
    grep -q "^81250 vectors" out || fail "$ran: $(tail -1 out)"
    run conform -show 80.4#20 "$set";             ends 0; silent; grep -q "Logical AND" out || fail "$ran: $(cat out)"
}
