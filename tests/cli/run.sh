#!/bin/sh
# run.sh - the program from outside: what it says, what status it ends with, what becomes of the files.  ./run.sh DOPPEL [CASE]
#
# A case is a function case_NAME in one of the files images.sh, options.sh, endings.sh, writing.sh, commands.sh and traces.sh beside this one; without a
# name all of them run.  A case ends with status 0 when every fact held, 1 when one did not (it is named), and 77 when something
# that the case needs is absent (named too; ctest shows it as skipped).
#
# The rule that most cases state (docs, "Trouble"): trouble of the host or of the command line is ONE sentence on the standard
# error, beginning "doppel: ", naming the file or the option and what to do, and the right exit status; files that are not meant
# to change do not.  Lines "doppel: not implemented: ..." tell of a chip or an instruction this version lacks; they are no part of that.
set -u
[ $# = 1 ] || [ $# = 2 ] || { echo "usage: $0 DOPPEL [CASE]" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
doppel=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
[ -x "$doppel" ] || { echo "$1: no such program" >&2; exit 1; }
groups='images options endings writing commands traces'

# --- without a case: each in a shell of its own ---
if [ $# = 1 ]; then
    failures=0
    for name in $(cd "$here" && for g in $groups; do sed -n 's/^case_\([a-z_0-9]*\)().*/\1/p' "$g.sh"; done); do
        sh "$0" "$doppel" "$name" >/dev/null
        case $? in 0) echo "passed $name" ;; 77) echo "skipped $name" ;; *) echo "FAILED $name"; failures=$((failures + 1)) ;; esac
    done
    exit $((failures > 0))
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/doppel-cli.XXXXXX") || exit 1
chmod 755 "$work"
children= mounted=

finish()       # every child is ended, by its number, and the scratch folder goes
{
    status=$?
    for child in $children; do kill "$child" 2>/dev/null; done
    [ -z "$mounted" ] || umount "$mounted"
    cd / && rm -rf "$work"
    exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 1

# A build with sanitizers counts what libraries of the host keep until the end (SDL asks libdbus).
echo leak:libdbus >leaks
LSAN_OPTIONS=suppressions=$work/leaks:print_suppressions=0; export LSAN_OPTIONS

skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; [ ! -s err ] || sed 's/^/  stderr: /' err >&2; exit 1; }
fact() { echo "ok: $*"; }
need() { for tool; do command -v "$tool" >/dev/null 2>&1 || skip "$tool is not installed"; done; }

# --- running it ---

run()          # run OPTIONS...: headless unless they say otherwise; leaves $status, out and err
{
    ran="doppel $*"
    "$doppel" "$@" >out 2>err </dev/null
    status=$?
}

start()        # start OPTIONS...: in the background; its number is in $machine, and its files are machine.out, machine.err
{
    ran="doppel $*"
    "$doppel" "$@" >machine.out 2>machine.err </dev/null &
    machine=$!
    children="$children $machine"
}

sentences() { grep -v '^doppel: not implemented: ' "${1:-err}"; }

says()         # says TEXT...: one sentence came, and it has each TEXT in it
{
    [ "$(sentences | wc -l)" -eq 1 ] || fail "$ran: $(sentences | wc -l) lines instead of one sentence"
    mentions "$@"
    [ "$(sentences | wc -c)" -lt 400 ] || fail "$ran: the sentence is longer than five lines of a screen"
}

mentions()     # mentions TEXT...: one line begins "doppel: " (others may explain it), and it has each TEXT in it
{
    [ "$(sentences | grep -c '^doppel: ')" -eq 1 ] || fail "$ran: $(sentences | grep -c '^doppel: ') messages instead of one"
    for text; do
        sentences | grep '^doppel: ' | grep -qF -- "$text" || fail "$ran: the message has no \"$text\" in it"
    done
}

ends()         # ends STATUS
{
    [ "$status" -eq "$1" ] || fail "$ran: status $status instead of $1"
}

silent()       # nothing was said
{
    [ "$(sentences | wc -l)" -eq 0 ] || fail "$ran: it said something"
}

refused()      # refused TEXT...: one sentence, status 1, nothing on the standard output
{
    ends 1
    says "$@"
    [ ! -s out ] || fail "$ran: it wrote to the standard output: $(head -1 out)"
    fact "$(sentences)"
}

keep()         # keep FILE...: what they are now ...
{
    for file; do cksum <"$file" >"$file.kept"; done
}

kept()         # kept FILE...: ... they must still be
{
    for file; do [ "$(cksum <"$file")" = "$(cat "$file.kept")" ] || fail "$ran: $file was changed"; done
}

until_true()   # until_true SECONDS COMMAND...: polls, for what another process does
{
    tries=$(($1 * 20)); shift
    until "$@"; do
        tries=$((tries - 1)); [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

# --- images ---

bytes()        # bytes HEX...: as they are
{
    for hex; do printf "\\$(printf %03o "0x$hex")"; done
}

image()        # image FILE SIZE: zeros, sparse
{
    rm -f "$1"
    truncate -s "$2" "$1"
}

bootable()     # bootable FILE SIZE HEX...: an image whose first sector holds this program, loaded to 0000:7C00 and started (IBM PC, INT 19h)
{
    file=$1; image "$file" "$2"; shift 2
    bytes "$@" | dd of="$file" conv=notrunc status=none
    bytes 55 AA | dd of="$file" bs=1 seek=510 conv=notrunc status=none
}

for group in $groups; do . "$here/$group.sh"; done
command -v "case_$2" >/dev/null || { echo "$2: no such case; see case_* in $here" >&2; exit 1; }
"case_$2"
