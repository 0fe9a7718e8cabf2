#!/bin/sh
# object_code.sh - the hot handlers as the compiler left them: ./object_code.sh DOPPEL
#
# Every handler that cpu/pairs.def names, and every pair, must make no call and push nothing (ARCHITECTURE, section 3: all that is slow
# is handed over to another handler), and leave by a jump.  Status 77 where there is nothing to look at: no objdump, no L1, another processor.
set -eu
[ $# = 1 ] || { echo "usage: $0 DOPPEL" >&2; exit 1; }
command -v objdump >/dev/null || { echo "skipped: objdump is not installed"; exit 77; }
case $(uname -m) in x86_64) ;; *) echo "skipped: written for x86-64 code"; exit 77 ;; esac
pairs=$(dirname "$0")/../cpu/pairs.def
{
    sed -n 's/^\(PAIR\|LEAD\)/\n&/; p' "$pairs" | tr ')' '\n' | sed -n 's/.*\(PAIR\|LEAD\)(\([A-Za-z0-9_]*\), \([A-Za-z0-9_]*\)$/\2 \3/p'
    echo END
    objdump -d --no-show-raw-insn "$1"
} | awk '
    !listed && $1 == "END" { listed = 1; next }
    !listed { hot[$1] = hot[$2] = hot[$1 "__" $2] = 1; next }
    /^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3); if (name in hot) { seen[name] = 1; n++ } next }
    !(name in hot) { next }
    $2 ~ /^call/ { bad[name] = "calls" }
    $2 ~ /^push/ { bad[name] = "pushes" }
    $2 ~ /^jmp/  { leaves[name] = 1 }
    END {
        if (!n) { print "skipped: no handlers of L1 in this build"; exit 77 }
        for (name in seen) if (!(name in leaves)) bad[name] = "does not jump on"
        for (name in bad) { print name ": " bad[name]; failed = 1 }
        print n " hot handlers: " (failed ? "see above" : "no call, no push, all leave by a jump")
        exit failed
    }'
