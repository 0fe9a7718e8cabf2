#!/bin/sh
# decode.sh - what decoding costs: ./decode.sh BUILD-FOLDER [THOUSANDS [RUNS]]
#
# The guest is codesize.c with 256 thousand instructions that run once, less the same guest that only writes them.  Two answers per decoded instruction:
# nanoseconds (the least and the median of RUNS, 21, of each), and by valgrind the host's instructions, split by what they are for.  A decoded instruction counts
# each time decode() is called, so code that is decoded twice shows in the last line.  Needs gcc -m32 and valgrind.
set -u
[ $# -ge 1 ] || { echo "usage: $0 BUILD-FOLDER [THOUSANDS [RUNS]]" >&2; exit 1; }
build=$(cd "$1" && pwd); here=$(cd "$(dirname "$0")" && pwd); thousands=${2:-256}; runs=${3:-21}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. "$here/guests.sh"
command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 77; }
guest=code; memory=128; disk=$work/code.img
built code "$shared/bench/src/start_mb.S" "$here/codesize.c" || { echo "no gcc -m32"; exit 77; }
disk_of "$disk"
for how in 0 1; do
    told code $((thousands | how << 16))
    n=0; while [ $n -lt "$runs" ]; do n=$((n + 1)); run_doppel; echo "$seconds"; done | sort -n >"$work/times$how"
    own=$(sed -n 's/.*"instructions": \([0-9]*\).*/\1/p' "$work/stats"); eval "own$how=$own"
    valgrind --tool=callgrind --callgrind-out-file="$work/grind" "$doppel" -display none -snapshot -cpu pentium3 -m $memory $a -device isa-debug-exit,iobase=0xf4 >/dev/null 2>&1
    # Self cost of each function, and the calls of decode(): names are given once, then called by number (valgrind's "Callgrind Format Specification").
    awk '/^c?fn=/ { id = $0; sub(/^c?fn=/, "", id); name = id; sub(/\).*/, ")", id); if (sub(/^\([0-9]+\) /, "", name)) called[id] = name }
        /^fn=/ { f = called[id] }
        /^calls=/ { if (called[id] == "decode") n += substr($1, 7); getline; next }
        /^[+*0-9-]/ { cost[f] += $2 }
        END { print "calls", n; for (f in cost) { g = f; sub(/\x27.*/, "", g); sum[g] += cost[f] }; for (g in sum) print g, sum[g] }' "$work/grind" >"$work/cost$how"
done
awk -v own="$((own1 - own0))" '
    FILENAME ~ /cost0/ { less[$1] = $2; next }
    $1 == "calls" { n = $2 - less["calls"]; next }
    { c = $2 - less[$1]; all += c
      if ($1 ~ /^(decode|prefixes|find_simd|simd_rows|operand|immediate|address32|address16|escape|extended)$/) part["decode"] += c
      else if ($1 ~ /^(select_l1|l1_fuse|fuse.*|select.*|complete|specialise|join|pair_of)$/) part["lowering (handlers, dead flags, pairs), stubs, entering"] += c
      else if ($1 ~ /^(decode_run|emit.*|build|begin|known_head|mark_page|enter|tlb_protect|code_pages.*)$/) part["building: copies, heads, room, marks"] += c
      else if ($1 ~ /^(block_find|link_target|fetch_page|lookup|jump_cached)$/) part["finding, fetching, linking"] += c
      else part["running the guest"] += c }
    END { printf "%d guest instructions, %d decoded\n", own, n
        for (p in part) printf "%8.1f host instructions per decoded one: %s\n", part[p] / n, p
        printf "%8.1f in all\n", all / n; print n >"/dev/stderr" }' "$work/cost0" "$work/cost1" 2>"$work/n"
n=$(cat "$work/n")
paste "$work/times0" "$work/times1" | awk -v n="$n" '{ t0[NR] = $1; t1[NR] = $2 } END { m = int((NR + 1) / 2)
    printf "%8.1f ns per decoded instruction, what they do once included (least of %d; median %.1f)\n", (t1[1] - t0[1]) / n * 1e9, NR, (t1[m] - t0[m]) / n * 1e9 }'
