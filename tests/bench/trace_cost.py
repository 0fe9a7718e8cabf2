#!/usr/bin/env python3
# trace_cost.py DOPPEL MACHINE... - what recording costs: processor time (user and system, all threads) of the same instructions with and
# without `doppel trace`, alternating; medians and least.  INSTRUCTIONS (50M) and RUNS (5) are variables of the environment.
import os, statistics, subprocess, sys, tempfile

def cost(words):
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status: sys.exit("%s: status %d" % (" ".join(words), status))
    return usage.ru_utime + usage.ru_stime

doppel, machine = sys.argv[1], sys.argv[2:]
instructions, runs = os.environ.get("INSTRUCTIONS", "50M"), int(os.environ.get("RUNS", "5"))
plain, traced = [], []
with tempfile.TemporaryDirectory() as folder:
    trace = os.path.join(folder, "trace")
    for _ in range(runs):
        plain.append(cost([doppel, "-display", "none", "-stop-after", instructions] + machine))
        traced.append(cost([doppel, "trace", "-o", trace, "-until", instructions, "--"] + machine))
    size = os.path.getsize(trace)
for name, times in ("untraced", plain), ("traced", traced):
    print("%-9s %.3f s (least %.3f)" % (name, statistics.median(times), min(times)))
print("%.1f times (least of both: %.1f); %d bytes of trace" % (statistics.median(traced) / statistics.median(plain), min(traced) / min(plain), size))
