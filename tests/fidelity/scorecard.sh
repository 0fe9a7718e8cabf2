#!/bin/sh
# scorecard.sh - the scorecard of docs/fidelity.md, made by one run on an x86-64 under Linux.
#   tests/fidelity/scorecard.sh BUILD
# The recorded silicon set by `doppel conform`; by the probe (probe.h): as a 32-bit program on this host's processor itself and under qemu-i386, and as a machine of its own
# (disk.sh) on doppel, qemu-system-i386 and Bochs; the 80286 vectors by `doppel conform`, which alone can put a processor into a vector's state.
# What is missing here is left out with a sentence.  WORK: where to build (/tmp/doppel-scorecard).  LIMIT: seconds for each machine's start (900).
set -e
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:?usage: scorecard.sh BUILD}" && pwd)
work=${WORK:-/tmp/doppel-scorecard}
set286=${DOPPEL_SHARED:-$root/../shared}/vectors/80286
limit=${LIMIT:-900}
mkdir -p "$work/v"

have() { command -v "$1" >/dev/null 2>&1; }
left_out() { printf '%-34s left out: %s\n' "$1" "$2"; }

# row NAME ASKED PASSED FAILED ABORTED SKIPPED [how many failed in what]
row()
{
    echo "$@" | awk -v name="$1" -v words="$(echo "$1" | wc -w)" '{ for (i = 1; i <= 12; i++) n[i] = $(words + i)
        printf "%-34s %9d %9d %9d %9d %9d  %.2f%%\n", name, n[1], n[2], n[3], n[4], n[5], n[1] ? 100 * n[2] / n[1] : 0
        if (n[3] && n[6] != "") printf "    in exceptions %d, where they happen %d, registers %d, flags %d, memory %d, x87 state %d, SSE state %d\n", n[6], n[7], n[8], n[9], n[10], n[11], n[12] }'
}

conform()
{
    "$build/doppel" conform $2 "$3" >"$work/conform.txt" || true
    row "$1" $(awk '/^all / { print $2 + $3 + $4, $2 + $4, $3, 0, $5 }' "$work/conform.txt")
}

program()                                                      # NAME, then the command
{
    name=$1; shift
    timeout "$limit" "$@" "$work"/v/* >"$work/program.txt" 2>&1 </dev/null || true
    if grep -q '^probe all' "$work/program.txt"; then
        row "$name" $(sed -n 's/^probe all //p' "$work/program.txt" | tr -d ';' | awk '{ print $1 - $7, $3, $5, $9, $7, $11, $12, $13, $14, $15, $16, $17 }')
    else
        left_out "$name" "it did not get to the end"
    fi
}

# ---- machines ----

# What is in a log: a line "FILE FROM VECTORS" and the letters' counts for each file.  Behind an emulator's last words there is nothing.
read_log()
{
    tr -d '\r' <"$1" | awk '/^probe .*\.moo [0-9]+$/ { file = $2; from = $3; next }
        file != "" { match($0, /^[.EIRFMXS-]*/); got = substr($0, 1, RLENGTH); line = file " " from " " gsub(/\./, "", got)
            split("E I R F M X S -", kinds, " "); for (i = 1; i <= 8; i++) line = line " " gsub(kinds[i], "", got)
            print line; file = "" }'
}

# An emulator that gives up loses the vector that it was in; the machine starts again behind it.  One that the limit of time ended starts again with that vector, if
# it had come further than it.
machine()                                                      # NAME, its program, a function that runs $work/disk.img into $work/log
{
    name=$1 aborted=0 file=0 vector=0
    have "$2" || { left_out "$name" "there is no $2"; return; }
    : >"$work/all.txt"
    while :; do
        "$root/tests/fidelity/disk.sh" from "$work" $file $vector
        rm -f "$work/log" "$work/disk.img.lock"
        ended=0
        $3 >"$work/machine.txt" 2>&1 </dev/null || ended=$?
        [ -s "$work/log" ] && read_log "$work/log" >"$work/part.txt" && [ -s "$work/part.txt" ] || break
        if grep -qa '^probe end' "$work/log"; then cat "$work/part.txt" >>"$work/all.txt"; break; fi
        set -- "$1" "$2" "$3" $(tail -1 "$work/part.txt")
        [ "$6" -gt 0 ] && [ $aborted -lt 1000 ] || break
        file=$(ls "$work/v" | awk -v name="$4" '$0 == name { print NR - 1 }')
        vector=$(($5 + $6))
        if [ $ended = 124 ] && { [ "$6" -gt 1 ] || [ "$(wc -l <"$work/part.txt")" -gt 1 ]; }; then
            sed '$d' "$work/part.txt" >>"$work/all.txt"        # the last vector has no letter yet
            tail -1 "$work/part.txt" | awk '{ $3--; print }' >>"$work/all.txt"
            vector=$((vector - 1))
            continue
        fi
        cat "$work/part.txt" >>"$work/all.txt"
        aborted=$((aborted + 1))
        echo "$4 $((vector - 1))" >>"$work/aborted.txt"
    done
    if ! grep -qa '^probe end' "$work/log" 2>/dev/null; then left_out "$name" "it did not get to the end"; return; fi
    row "$name" $(awk -v a=$aborted '{ n += $3; s += $11; for (i = 1; i <= 7; i++) k[i] += $(3 + i) }
        END { for (i = 1; i <= 7; i++) f += k[i]; f += a; print n - s, n - s - f, f, a, s, k[1], k[2], k[3], k[4], k[5], k[6], k[7] }' "$work/all.txt")
    cp "$work/all.txt" "$work/$2.txt"
}

boot_doppel()    { timeout "$limit" "$build/doppel" -m 64M -display none -snapshot -hda "$work/disk.img" -debugcon "file:$work/log" -device isa-debug-exit,iobase=0xf4; }
boot_doppel_l0() { timeout "$limit" "$build/doppel" -engine L0 -m 64M -display none -snapshot -hda "$work/disk.img" -debugcon "file:$work/log" -device isa-debug-exit,iobase=0xf4; }
boot_qemu()
{
    timeout "$limit" qemu-system-i386 -cpu max -m 64 -display none -no-reboot -snapshot -drive "file=$work/disk.img,format=raw,if=ide" -debugcon "file:$work/log" \
        -device isa-debug-exit,iobase=0xf4
}

# Debian's Bochs is the one with the debugger: c makes it go.  Its port E9h is its standard output.
boot_bochs()
{
    cat >"$work/bochsrc" <<EOF
megs: 64
cpu: model=p4_prescott_celeron_336, ips=50000000
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=disk, path="$work/disk.img", mode=flat
boot: disk
display_library: sdl2
port_e9_hack: enabled=1
clock: sync=none
panic: action=fatal
log: $work/bochs.log
EOF
    echo c >"$work/bochs.cmd"
    SDL_VIDEODRIVER=dummy timeout "$limit" bochs -q -f "$work/bochsrc" -rc "$work/bochs.cmd" >"$work/log"
}

# ---- the run ----

echo "host: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1); $(date -u +%Y-%m-%d)"
for tool in qemu-i386 qemu-system-i386; do have $tool && $tool --version | head -1; done
have bochs && bochs --help 2>&1 | grep -m1 -i 'emulator [0-9]' | sed 's/^ *//' || true
printf '%-34s %9s %9s %9s %9s %9s\n' "" asked passed failed aborted skipped
echo "recorded silicon set, $(ls "$root"/tests/silicon/vectors | wc -l) files"
conform "doppel conform" "" "$root/tests/silicon/vectors"
conform "doppel conform -l0" -l0 "$root/tests/silicon/vectors"

for f in "$root"/tests/silicon/vectors/*.gz; do gzip -dc "$f" >"$work/v/$(basename "$f" .gz)"; done
: >"$work/aborted.txt"
if cc -m32 -static -O1 -fno-stack-protector -std=gnu11 -idirafter "/usr/include/$(uname -m)-linux-gnu" -I "$root" "$root/tests/fidelity/probe_linux.c" "$root/tests/fidelity/probe.c" \
    "$root/fidelity/moo.c" -o "$work/probe" 2>"$work/cc.txt"; then
    program "probe, this host's processor" "$work/probe"
    if have qemu-i386; then program "probe, qemu-i386" qemu-i386 "$work/probe"
    else left_out "probe, qemu-i386" "there is no qemu-i386"; fi
else
    left_out "probe" "cc -m32 -static does not work here (Debian: libc6-dev-i386)"
fi
if "$root/tests/fidelity/disk.sh" make "$work" "$work"/v/* 2>"$work/cc.txt"; then
    machine "bare probe, doppel" cc boot_doppel
    machine "bare probe, doppel -engine L0" cc boot_doppel_l0
    machine "bare probe, qemu-system-i386" qemu-system-i386 boot_qemu
    machine "bare probe, Bochs" bochs boot_bochs
else
    left_out "bare probe" "cc -m32 does not work here"
fi

echo "80286 vectors (real mode)"
if [ -d "$set286" ]; then
    conform "doppel conform" "" "$set286"
    left_out "qemu, Bochs" "no command of theirs puts a processor into a recorded state"
else
    left_out "doppel conform" "there are none in $set286"
fi
