/* trace_site.h - what a trace's writer and its reader both expect of an instruction they have met before: docs/trace-format.md, "Sites".
 *
 * A site is an instruction at an address, with the form of its record (how many accesses, which registers) and for each number of that record a rule:
 * the number is one that is known already, plus a constant.  `mov eax, [ebx+8]` reads at EBX + 8; EAX becomes the first access's value + 0; the value
 * itself is 0 + what it was last time.  Only numbers whose rule fails stand in the file.
 *
 * Both sides call the same functions here with the same numbers; nothing else keeps them together. */
#pragma once
#include "fidelity/trace_format.h"

/* The numbers that rules start from. */
enum { KNOWN_ZERO, KNOWN_REGISTERS, KNOWN_VALUES = KNOWN_REGISTERS + TRACE_GPRS, KNOWN_NUMBERS = 16,
       SITE_ACCESSES = 4 };                                 /* KNOWN_VALUES + n: value of access n, of those that forms hold */
/* The numbers of a record, in this order: the address of what comes next, place and value of each access, registers, EFLAGS. */
enum { SLOT_NEXT, SLOT_ACCESSES, SITE_SLOTS = 12 };

typedef struct {
    u32  linear;
    u32  mark, follows;          /* the user's, like the next */
    u64  identity[2];
    bool formed, flags;          /* there is a form; it has EFLAGS, always the last slot */
    u8   registers;              /* a mask */
    u8   n_slots, n_accesses;
    u8   head[SITE_ACCESSES];    /* ways and widths of accesses, as in the file */
    u8   narrow[SITE_ACCESSES];  /* bits above its value: 24 for a byte */
    u8   source[SITE_SLOTS];     /* of KNOWN_NUMBERS */
    u32  constant[SITE_SLOTS + 1];      /* one may be looked at that is none */
    u8   length, bytes[TRACE_INSTRUCTION_BYTES];
} trace_site_t;

/* The number by its rule; bits above it are anything. */
INLINE u32 site_guess(const trace_site_t *s, unsigned slot, const u32 *known) { return known[s->source[slot]] + s->constant[slot]; }
/* Is it the place or the value of an access? */
INLINE bool site_is_access(const trace_site_t *s, unsigned slot) { return slot - SLOT_ACCESSES < 2u * s->n_accesses; }
INLINE bool site_is_value(const trace_site_t *s, unsigned slot)  { return site_is_access(s, slot) && (slot - SLOT_ACCESSES) & 1; }
INLINE unsigned site_narrow(const trace_site_t *s, unsigned slot) { return site_is_value(s, slot) ? s->narrow[(slot - SLOT_ACCESSES) / 2] : 0; }
INLINE void site_rule(trace_site_t *s, unsigned slot, const u32 *known, unsigned source, u32 value)
{
    s->source[slot] = (u8)source;
    s->constant[slot] = value - known[source];
}

/* After a record: the site whose rule says where the next one is; `nowhere` if it was of none, or faulted, and then the next one is at the same place. */
INLINE trace_site_t *site_after(trace_site_t *s, trace_site_t *nowhere, const u32 *known, const trace_record_t *record)
{
    if (s && !record->faulted)
        return s;
    site_rule(nowhere, SLOT_NEXT, known, KNOWN_ZERO, record->linear);
    return nowhere;
}

INLINE u8 access_head(const trace_access_t *a) { return (u8)(a->way | a->log2_bytes << 2); }

/* Differences of EFLAGS have OF (bit 11) in bit 1 and SF (7) in bit 3, which never change, and those there: the status flags are seven bits then. */
INLINE u32 fold_flags(u32 v)
{
    u32 of = (v >> 11 ^ v >> 1) & 1, sf = (v >> 7 ^ v >> 3) & 1;
    return v ^ of << 11 ^ of << 1 ^ sf << 7 ^ sf << 3;
}

/* `length` and `bytes` are told, of an address: nothing is expected but that the next instruction follows.  The user's fields stay. */
void site_begin(trace_site_t *s, u32 linear);

/* After a record told in full: its form and first rules, if it can have a form; a form there was grows.  known: registers before it, its values.
 * False: the form is as it was. */
bool site_form(trace_site_t *s, const trace_record_t *r, const u32 *known);
