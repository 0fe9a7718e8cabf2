#!/usr/bin/env python3
"""read_trace.py TRACE - a second reader of traces, written from docs/trace-format.md and sharing nothing with the program: does the document say
enough?  Prints a line for each record: number, address, bytes, changed registers, accesses.  With -json, turns `doppel trace -print -jsonl`
on standard input into the same lines."""
import json, struct, sys, zlib

MASK = 0xFFFFFFFF
REGISTERS = "eax ecx edx ebx esp ebp esi edi".split()
WAYS = ["read", "write", "in", "out"]


def show(number, linear, code, changes, accesses):
    print(number, "%08X" % linear, code, " ".join("%s=%X" % (REGISTERS[k], v) for k, v in sorted(changes.items()) if k < 8),
          " ".join("%s:%X:%X" % (WAYS[way], where, value) for way, size, where, value in accesses))


def from_json(lines):
    for line in lines:
        if not line.startswith("{"):
            continue
        r = json.loads(line)
        if "bytes" not in r:
            print(r["number"], "%08X" % r["linear"], "no instruction")
            continue
        changes = {REGISTERS.index(k): v for k, v in r.get("changes", {}).items() if k in REGISTERS}
        show(r["number"], r["linear"], r["bytes"], changes, [(WAYS.index(a[0]), a[2], a[1], a[3]) for a in r.get("accesses", [])])


def nearest(sources, known, value, width):
    m = (1 << width) - 1
    return min(sources, key=lambda s: (min((value - known[s]) & m, (known[s] - value) & m), s))


class Block:
    def __init__(self, raw, records):
        self.raw, self.at, self.left = raw, 0, records
        self.next_number, linear = self.varint(), self.varint()
        self.state = [0] * 136
        for _ in range(self.varint()):
            field = self.byte()
            self.state[field] = self.varint()
        self.values = [0] * 4
        self.last_place = self.last_value = 0
        self.sites = {}
        self.last = {"rules": [(0, linear)]}

    def byte(self):
        self.at += 1
        return self.raw[self.at - 1]

    def varint(self):
        value = shift = 0
        while True:
            b = self.byte()
            value |= (b & 127) << shift
            shift += 7
            if b < 128:
                return value

    def signed(self):
        n = self.varint()
        return (n >> 1) ^ -(n & 1)

    # ---- rules ----

    def known(self):
        return [0] + self.state[:8] + self.values + [0] * 3

    def number(self, site, slot, told, width=32):
        """The number of this slot: by its rule, or told."""
        m, known, (source, constant) = (1 << width) - 1, self.known(), site["rules"][slot]
        value = (known[source] + constant) & m
        if not told:
            return value
        v = self.varint()
        if v & 1:
            source = v >> 1
            value = (known[source] + self.signed()) & m
        else:
            n = v >> 1
            value = (value + ((n >> 1) ^ -(n & 1))) & m
        site["rules"][slot] = (source, (value - known[source]) & MASK)
        return value

    def give_form(self, site, changes, accesses, old, before):
        """What a record told in full teaches."""
        registers, flags, heads = sum(1 << k for k in changes if k < 8), 8 in changes, [a[:2] for a in accesses]
        if site["heads"] == heads:
            registers |= site["registers"]
            flags |= site["flags"]
        if 1 + 2 * len(heads) + bin(registers).count("1") + flags > 12:
            return
        rules, known = [site["rules"][0]], [0] + before + self.values

        def add(sources, value, width=32):
            source = nearest(range(sources), known, value, width)
            rules.append((source, (value - known[source]) & MASK))
        for k, (way, size, where, value) in enumerate(accesses):
            add(9 + k, where)
            add(9 + k, value, 8 << size)
        for i in range(8):
            if registers >> i & 1:
                add(9 + len(heads), changes.get(i, old[i]))
        if flags:
            rules.append((0, changes.get(8, 0)))
        site.update(heads=heads, registers=registers, flags=flags, rules=rules)

    # ---- records ----

    def expected(self, missed):
        linear = self.number(self.last, 0, missed & 1)
        site, slot, changes, accesses = self.sites[linear], 1, {}, []
        for k, (way, size) in enumerate(site["heads"]):
            where = self.number(site, slot, missed >> slot & 1)
            value = self.number(site, slot + 1, missed >> slot + 1 & 1, 8 << size)
            self.values[k] = value
            accesses.append((way, size, where, value))
            slot += 2
        for i in range(8):
            if site["registers"] >> i & 1:
                changes[i] = self.number(site, slot, missed >> slot & 1)
                slot += 1
        if site["flags"]:
            flags = site["rules"][slot][1]
            if missed >> slot & 1:
                x = self.varint()
                for low, high in (1, 11), (3, 7):
                    if (x >> low ^ x >> high) & 1:
                        x ^= 1 << low | 1 << high
                flags ^= x
                site["rules"][slot] = (0, flags)
            changes[8] = flags
        changes = {k: v for k, v in changes.items() if v != self.state[k]}
        for k, v in changes.items():
            self.state[k] = v
        show(self.next_number, linear, site["bytes"], changes, accesses)
        self.next_number += 1
        self.last = site

    def accesses(self):
        found = []
        while True:
            head = self.byte()
            way, size = head & 3, head >> 2 & 3
            where = self.varint() if way >= 2 else self.last_place if head & 16 else (self.last_place + self.signed()) & MASK
            value = self.last_value if head & 32 else self.varint()
            if way < 2:
                self.last_place = where
            self.last_value = value
            found.append((way, size, where, value))
            if not head & 64:
                return found

    def kind(self, tag, linear):
        """An instruction's site; None: an event or a note."""
        if tag & 3 == 1:
            head, vector = self.byte(), self.byte()
            if head & 4:
                self.varint()
        elif tag & 3 == 2:
            what, n = self.byte(), self.byte()
            self.at += n
        else:
            if tag & 8:
                n = self.byte()
                code = self.raw[self.at:self.at + n]
                self.at += n
                self.sites[linear] = {"bytes": code.hex().upper(), "rules": [(0, (linear + n) & MASK)], "heads": None}
            return self.sites[linear]

    def full(self):
        tag = self.byte()
        linear = self.number(self.last, 0, tag & 4)
        site, old, changes, number, more = self.kind(tag, linear), self.state[:], {}, self.next_number, 0
        if tag & 16:
            mask = self.byte()
            changes.update({i: (old[i] + self.signed()) & MASK for i in range(8) if mask >> i & 1})
        if tag & 32:
            changes[8] = old[8] ^ self.varint()
        accesses = self.accesses() if tag & 64 else []
        if tag & 128:
            more = self.byte()
            if more & 4:
                number += self.signed()
            for _ in range(self.varint() if more & 1 else 0):
                field = self.byte()
                changes[field] = old[field] ^ self.varint()
        for k, a in enumerate(accesses[:4]):
            self.values[k] = a[3]
        if site and not more & 10 and len(accesses) <= 4 and all(k <= 8 for k in changes):
            self.give_form(site, changes, accesses, old, old[:8])
        for k, v in changes.items():
            self.state[k] = v
        if site:
            show(number, linear, site["bytes"], changes, accesses)
        else:
            print(number, "%08X" % linear, "no instruction")
        done = site and not more & 2
        self.next_number = number + 1 if done else number
        self.last = site if done else {"rules": [(0, linear)]}

    def read(self):
        while self.left:
            head = self.varint()
            run = head & 7
            if run == 7:
                run += self.varint()
            for _ in range(run):
                self.expected(0)
            self.left -= run
            if not self.left:
                break
            self.left -= 1
            if head >> 3:
                self.expected(head >> 3)
            else:
                self.full()


def read(path):
    data = open(path, "rb").read()
    major, = struct.unpack_from("<H", data, 8)
    if data[:8] != b"DOPPELTR" or major != 2:
        sys.exit("%s: no trace of version 2" % path)
    at = 20 + struct.unpack_from("<I", data, 12)[0]
    while data[at:at + 4] == b"TBLK":
        packed, raw, records = struct.unpack_from("<III", data, at + 4)
        Block(zlib.decompress(data[at + 32:at + 32 + packed]), records).read()
        at += 32 + packed


if sys.argv[1] == "-json":
    from_json(sys.stdin)
else:
    read(sys.argv[1])
