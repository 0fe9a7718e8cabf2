# options.sh - command lines that cannot be, and the help.  Sourced by run.sh.

never="-display none -stop-after 1000"

case_wrong_option()
{
    run -snapshit;       refused "no option -snapshit" "did you mean -snapshot?" "doppel -help"
    run --bios2 x;       refused "no option --bios2" "did you mean -bios?"
    run -dislpay none;   refused "no option -dislpay" "did you mean -display?"
    run -no-rebot;       refused "no option -no-rebot" "did you mean -no-reboot?"
    run -xyzzy;          refused "no option -xyzzy" "doppel -help"
    run -snapshot=1;     refused "-snapshot=1"
    run -x;              refused "no option -x"
    run disk.img -qqq;   refused "no option -qqq"
}

case_missing_argument()
{
    for option in m cpu bios vgabios option-rom device engine fda fdb hda hdb hdc hdd boot display serial parallel debugcon \
                  screenshot clock ips rtc stop-after timeout script stats; do
        run -$option;    refused "-$option wants a value"
        run --$option;   refused "--$option wants a value"
    done
    run -hda '';  refused -hda
    run '';       refused "empty"
}

case_bad_memory()
{
    for size in 0 64G 3073M 4096 0M 1K 99999999999999999999G 18446744073709551615; do run $never -m $size;  refused -m "$size"; done
    for size in 12Q 1.5 -5 0x10 64MB '' ' ' M 1e3; do run $never -m "$size";  refused "-m"; done
    for size in 1 1M 2048K 16M 3G; do run $never -m $size;  ends 0; silent; done
}

case_bad_names()
{
    run $never -cpu 586;           refused -cpu 586 pentium4 386
    run $never -cpu '';            refused -cpu
    run $never -display gtk;       refused -display gtk sdl term none
    run $never -clock fast;        refused -clock fast real virtual
    run $never -engine L7;         refused -engine L7 L0 auto
    run $never -device e1000;      refused -device e1000 isa-debug-exit
    run $never -device isa-debug-exit,iobase=x;     refused -device "iobase=0xf4"
    run $never -device isa-debug-exit,iobase=65536; refused -device "iobase=0xf4"
    run $never -serial com9;       refused -serial com9 stdio file:PATH
    run $never -serial file:;      refused -serial file:PATH
    run $never -debugcon tcp::4;   refused -debugcon stdio
    run $never -parallel nowhere;  refused -parallel stdio
    run $never -serial null -serial null -serial null;  refused -serial "2 serial ports"
    run $never -serial stdio -serial stdio;             refused "stdio"
    run $never -serial file:/no/such/folder/log;        refused /no/such/folder/log "No such file"
    run $never -S;                                      refused -S
}

case_bad_boot()
{
    for order in x '' acda aa cc A 'order='; do run $never -boot "$order";  refused -boot; done
    for order in a c ca ac order=c; do run $never -boot "$order"; ends 0; silent; done
}

case_bad_clock()
{
    for rtc in x base=x base= 1999-12-31 base=1999-13-01 base=1999-02-29 base=1999-12-31T24:00:00 base=1999-12-31T23:59:0x base=1979-12-31 base=2100-01-01; do
        run $never -rtc $rtc;  refused -rtc "$rtc" "base=1999-12-31T23:59:00"
    done
    for rtc in base=utc base=localtime base=2000-02-29 base=1999-12-31T23:59:59; do run $never -rtc $rtc; ends 0; silent; done
    for ips in 0 -1 x 11G 1.5M 10000000001 ''; do run $never -ips "$ips";  refused -ips; done
    for n in -1 x 1.5 99999999999999999999; do run -display none -stop-after $n;  refused -stop-after; done
    for n in -1 x '' 1.2.3 .; do run $never -timeout "$n";  refused -timeout; done
}

case_later()           # options of later versions are refused by name, not ignored
{
    for option in "-gdb tcp::1" -s; do
        run $never $option
        [ $status -eq 1 ] || fail "$ran: status $status"
        says "${option%% *}"
    done
}

case_no_display()
{
    ran="doppel without DISPLAY and terminal"
    env -u DISPLAY -u WAYLAND_DISPLAY "$doppel" >out 2>err </dev/null; status=$?
    refused "neither a display" "-display none"
    ran="doppel -display term without terminal"
    env -u DISPLAY -u WAYLAND_DISPLAY "$doppel" -display term >out 2>err </dev/null; status=$?
    refused terminal "-display none"
    ran="doppel -display sdl without a display"
    env -u DISPLAY -u WAYLAND_DISPLAY -u SDL_VIDEODRIVER "$doppel" -display sdl -timeout 5 >out 2>err </dev/null; status=$?
    refused -display
    ran="doppel with a display that is not there"
    env -u WAYLAND_DISPLAY -u SDL_VIDEODRIVER DISPLAY=:4711 "$doppel" -timeout 5 >out 2>err </dev/null; status=$?
    refused -display
}

case_firmware()
{
    : >empty.rom; image small.rom 1K; image odd.rom 100001; image big.rom 5M; mkdir folder
    run $never -bios missing.rom;      refused -bios missing.rom "No such file"
    run $never -bios folder;           refused -bios folder "is a folder"
    mkfifo pipe
    run $never -bios pipe;             refused -bios pipe "is a file"
    run $never -bios empty.rom;        refused -bios empty.rom "too small"
    run $never -bios small.rom;        refused -bios small.rom 1024 "too small"
    run $never -bios odd.rom;          refused -bios odd.rom 100001 multiple
    run $never -bios big.rom;          refused -bios big.rom "too large"
    image video.rom 32K; image video96.rom 96K; image videobig.rom 1M; image videoodd.rom 1000
    for rom in video.rom video96.rom videobig.rom; do bytes 55 AA 40 | dd of=$rom conv=notrunc status=none; done
    run $never -vgabios missing.rom;   refused -vgabios missing.rom "No such file"
    run $never -vgabios folder;        refused -vgabios folder "is a folder"
    run $never -vgabios empty.rom;     refused -vgabios empty.rom "too small"
    run $never -vgabios videoodd.rom;  refused -vgabios videoodd.rom multiple
    run $never -vgabios video96.rom;   refused -vgabios video96.rom "too large"
    run $never -vgabios videobig.rom;  refused -vgabios videobig.rom "too large"
    run $never -vgabios small.rom;     refused -vgabios small.rom "55 AA"
    run $never -vgabios video.rom;     ends 0
    run $never -option-rom small.rom;  refused -option-rom small.rom "55 AA"
    run $never -option-rom video.rom;  ends 0
}

case_bad_script()
{
    echo 'wait "x"
frobnicate 3' >unknown.txt
    run $never -script unknown.txt;  refused "unknown.txt, line 2" frobnicate wait-serial
    run $never -script missing.txt;  refused missing.txt "No such file"
    mkdir folder
    run $never -script folder;       refused folder
    check() { printf '%b\n' "$1" >bad.txt; run $never -script bad.txt; shift; refused "bad.txt, line 1" "$@"; }
    check 'wait'                     'wait "TEXT" [SECONDS]'
    check 'wait "x'                  "closing quote"
    check 'wait "x" soon'            soon
    check 'wait ""'                  empty
    check 'key ctrl-alt-nonsense'    ctrl-alt-nonsense
    check 'quit 256'                 256
    check 'insert hda x.img'         hda
    check 'sleep -1'                 -1
    check 'mouse 1'                  "mouse DX DY"
    check 'type "\\q"'               "is not known"
    printf 'quit\n\000' >bad.txt;  run $never -script bad.txt;  refused bad.txt "zero byte"
    yes '# a long script' | head -c 2000000 >bad.txt;  run $never -script bad.txt;  refused bad.txt "1 MiB"
    # and while it runs
    echo 'insert fda missing.img' >late.txt;  run -display none -timeout 20 -script late.txt;  refused "late.txt, line 1" missing.img
    echo 'screenshot /no/such/x.png' >late.txt;  run -display none -timeout 20 -script late.txt;  refused "late.txt, line 1" /no/such/x.png
    echo 'text /no/such/x.txt' >late.txt;  run -display none -timeout 20 -script late.txt;  refused "late.txt, line 1" /no/such/x.txt
}

case_failing_wait()
{
    image blank.img 1440K; keep blank.img
    printf 'sleep 6\nwait "no such text" 0.5\nquit 0\n' >wait.txt
    run -display none -timeout 30 -script wait.txt blank.img
    ends 3
    mentions "wait.txt, line 2" "no such text" "0.5 s" "the screen shows"
    grep -q '^  |.*doppel BIOS' err || fail "the screen is not shown"
    printf 'wait-serial "login:" 0.5\n' >wait.txt
    run -display none -timeout 30 -script wait.txt blank.img
    ends 3
    mentions "wait.txt, line 1" wait-serial login:
    printf 'sleep 0.1\nquit 42\n' >quit.txt
    run -display none -timeout 30 -script quit.txt blank.img
    ends 42; silent
    kept blank.img
    fact "status 3 and the screen; quit has its own status"
}

fits()         # fits FILE LINES: 80 columns (the last stays free) and that many rows
{
    [ "$(wc -l <"$1")" -le "$2" ] || fail "$ran: $(wc -l <"$1") lines do not fit a screen"
    awk 'length > 79 { bad = 1 } END { exit bad }' "$1" || fail "$ran: a line is longer than 79 columns"
    [ -s "$1" ] || fail "$ran: nothing was written"
}

case_help()            # 24 lines less one for the prompt after it
{
    run -version;  ends 0; silent; fits out 1; grep -q '^doppel [0-9]' out || fail "$ran: no version: $(cat out)"
    for word in -help --help -h; do run $word;  ends 0; silent; fits out 23; done
    run -help
    for group in $(sed -n 's/^  doppel -help \([a-z]*\) .*/\1/p' out); do
        run -help $group;  ends 0; silent; fits out 23; grep -q '^  -' out || fail "$ran: no options"
        run -help=$group;  ends 0; silent; fits out 23
    done
    run -help all;  ends 0; silent; awk 'length > 79 { exit 1 }' out || fail "$ran: too wide"
    for option in m cpu bios fda hda boot snapshot display nographic serial rtc device no-reboot ips clock script stop-after timeout screenshot stats hash; do
        grep -q "^  -$option " out || fail "-help all does not have -$option"
    done
    ran="doppel -help >/dev/full"
    [ ! -e /dev/full ] || { "$doppel" -help >/dev/full 2>err; status=$?; refused_output; }
}

refused_output() { ends 1; says "standard output"; }
