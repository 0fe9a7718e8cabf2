#!/bin/sh
# run.sh - whole-machine tests with real DOS media: ./run.sh DOPPEL CASE
#
# A case is a file CASE.case beside this one: shell that is sourced here, in a scratch folder of its own, and uses the words
# below. It ends with status 0 when every fact held, 1 when one did not (the fact is named), and 77 when something that the
# case needs is absent (named too; ctest shows it as skipped).
#
#   DOPPEL_GUESTS   the folder with the media (default: shared/guests beside the project)
#   DOPPEL_OTHER    a second doppel, by another compiler, for the case `determinism`
#   DOPPEL_PACKAGES a folder with unpacked Debian packages (dpkg -x), looked at before the system's own files
#   DOPPEL_KEEP     a folder that receives the scratch files of the run
#
# The media are never written to: they are opened with -snapshot, or copied first.
set -u
PATH=$PATH:/usr/sbin:/sbin
[ $# = 2 ] || { echo "usage: $0 DOPPEL CASE" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
doppel=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
case_file=$here/$2.case
[ -x "$doppel" ] || { echo "$1: no such program" >&2; exit 1; }
[ -f "$case_file" ] || { echo "$2: no such case; there are:" "$(cd "$here" && ls ./*.case)" >&2; exit 1; }
guests=${DOPPEL_GUESTS:-$here/../../../shared/guests}
bios=$(dirname "$doppel")/bios/bios.bin
vgabios=$(dirname "$doppel")/bios/vgabios.bin
work=$(mktemp -d "${TMPDIR:-/tmp}/doppel-guest.XXXXXX") || exit 1
children=

finish()       # every child is ended, by its number, and the scratch folder goes
{
    status=$?
    for child in $children; do kill "$child" 2>/dev/null; done
    [ -z "${DOPPEL_KEEP:-}" ] || { mkdir -p "$DOPPEL_KEEP" && cp -r "$work"/. "$DOPPEL_KEEP"/; }
    cd / && rm -rf "$work"
    exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 1

skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }
fact() { echo "ok: $*"; }

need()         # need TOOL...
{
    for tool; do command -v "$tool" >/dev/null 2>&1 || skip "$tool is not installed"; done
}

media()        # media NAME: its path in $medium
{
    medium=$guests/$1
    [ -r "$medium" ] || skip "$medium is not there"
}

fast()         # for systems that run a thousand million instructions and more: not in a build that has L0 alone (debugging, sanitizers)
{
    case $("$doppel" -display none -engine L1 -stop-after 1 2>&1) in *"only engine L0"*) skip "this build has only the slow engine" ;; esac
}

package()      # package FILE NAME: a file of the Debian package NAME, its path in $file; below DOPPEL_PACKAGES, where packages lie unpacked
{
    file=${DOPPEL_PACKAGES:-}$1
    [ -r "$file" ] || file=$1
    [ -r "$file" ] || skip "$1 is not there (package $2)"
}

built()        # built NAME: like media, of what tests/guests/make/ makes; also looked for beside doppel
{
    medium=$guests/$1
    [ -r "$medium" ] || medium=$(dirname "$doppel")/guests/$1
    [ -r "$medium" ] || skip "$1 is not there ($here/make makes it)"
}

machine()      # machine OPTIONS...: doppel, headless, driven by the script on standard input, which has to end well
{
    cat >script
    "$doppel" -display none -timeout 800 -script script "$@" >out 2>err || fail "doppel $*: status $?: $(cat err)"
}

shows()        # shows FILE TEXT WHAT: a row of the screen text has TEXT in it
{
    grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "$3: the screen does not show \"$2\""; }
    fact "$3"
}

lacks()        # lacks FILE TEXT WHAT
{
    if grep -qF -- "$2" "$1"; then cat "$1" >&2; fail "$3: the screen shows \"$2\""; fi
    fact "$3"
}

same()         # same FILE FILE WHAT
{
    cmp "$1" "$2" >/dev/null 2>&1 || { diff "$1" "$2" | head -40 >&2; fail "$3"; }
    fact "$3"
}

# --- a PC of QEMU's, seen through its monitor ---
# Text mode memory is dumped from B8000h: pairs of character and attribute (IBM VGA technical reference, "Text modes").

cells()        # cells FILE: a dump of 4000 bytes as 25 rows of 80 characters, those beyond ASCII as a dot
{
    od -An -v -tu1 "$1" | awk '{ for (i = 1; i <= NF; i += 2) {
        row = row ($i >= 32 && $i < 127 ? sprintf("%c", $i) : $i == 0 ? " " : ".")
        if (++n % 80 == 0) { print row; row = "" } } }'
}

qemu_start()   # qemu_start OPTIONS...
{
    need qemu-system-i386
    mkfifo monitor
    qemu-system-i386 -display none -monitor stdio -net none "$@" <monitor >qemu.out 2>&1 &
    qemu=$!; children="$children $qemu"
    exec 9>monitor
}

qemu_say() { echo "$*" >&9; }

qemu_dump()    # qemu_dump FILE: the 4000 bytes of the text screen
{
    rm -f "$1"
    qemu_say "pmemsave 0xb8000 4000 \"$work/$1\""
    for try in 1 2 3 4 5 6 7 8 9 10; do
        [ -f "$1" ] && [ "$(wc -c <"$1")" -eq 4000 ] && return 0
        sleep 0.1
    done
    fail "QEMU does not answer: $(tail -3 qemu.out)"
}

qemu_wait()    # qemu_wait TEXT SECONDS
{
    left=$(($2 * 4))
    while [ $left -gt 0 ]; do
        qemu_dump qemu.b800
        cells qemu.b800 | grep -qF -- "$1" && return 0
        left=$((left - 1)); sleep 0.25
    done
    cells qemu.b800 >&2
    fail "QEMU does not show \"$1\" within $2 seconds"
}

qemu_key()     # qemu_key NAME...: as the monitor's sendkey names them
{
    for key; do qemu_say "sendkey $key"; sleep 0.2; done
}

qemu_end()
{
    qemu_say quit
    exec 9>&-
    wait "$qemu" 2>/dev/null
    rm -f monitor
}

# --- an X server of our own, and keys as a person presses them ---

x_start()      # x_start: an X server that nobody sees, at $DISPLAY
{
    need Xvfb xdotool
    Xvfb -displayfd 3 -screen 0 1280x1024x24 -nolisten tcp 3>display >xvfb.out 2>&1 &
    children="$! $children"
    for try in 1 2 3 4 5 6 7 8 9 10; do [ -s display ] && break; sleep 0.5; done
    [ -s display ] || skip "Xvfb does not start: $(tail -1 xvfb.out)"
    DISPLAY=:$(cat display); export DISPLAY
}

x_window()     # x_window NAME: waits until a window's title has NAME in it; $window is its number
{
    for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        window=$(xdotool search --name "$1" 2>/dev/null | tail -n 1)
        [ -z "$window" ] || return 0
        sleep 0.5
    done
    fail "no window shows \"$1\" in its title"
}

x_type() { xdotool type --delay 120 -- "$1"; }

until_true()   # until_true SECONDS COMMAND...: tries four times a second
{
    left=$(($1 * 4)); shift
    while [ $left -gt 0 ]; do "$@" && return 0; left=$((left - 1)); sleep 0.25; done
    return 1
}

. "$case_file"
