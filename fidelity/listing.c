/* listing.c - see listing.h.
 *
 * Two passes: the first finds where instructions begin and which of those a branch inside the range leads to; these become labels (L7C10).
 * Code is read from the first byte on, one instruction behind the other: data between instructions is shown as what it would be as code.
 * Instructions of protected mode are known in both widths.  What the range cuts off, and what is longer than 15 bytes, is shown as bytes. */
#include "fidelity/listing.h"
#include <stdlib.h>
#include "cpu/decode.h"
#include "cpu/disasm.h"
#include "fidelity/manual.h"

enum { COLUMN = 8 };                     /* bytes on a line */

typedef struct { const listing_t *l; u8 *begins, *wanted; } pass_t;      /* bit n: byte n begins an instruction; is a branch's target */

static bool bit(const u8 *map, size_t n) { return map[n / 8] >> (n % 8) & 1; }
static void set_bit(u8 *map, size_t n)   { map[n / 8] = (u8)(map[n / 8] | 1 << (n % 8)); }

static u16 mode_of(const listing_t *l) { return l->code32 ? MODE_PROTECTED | MODE_CODE32 | MODE_STACK32 : MODE_PROTECTED; }

/* decode()'s answer: a length, 0, or MAX_INSTRUCTION + 1. */
static unsigned decode_at(const listing_t *l, size_t n, decoded_t *d)
{
    size_t left = l->bytes - n;
    return decode(mode_of(l), l->model, l->at + (u32)n, l->code + n, left <= MAX_INSTRUCTION ? (unsigned)left : MAX_INSTRUCTION + 1, d);
}

static bool whole(unsigned length) { return length > 0 && length <= MAX_INSTRUCTION; }

/* How many bytes the line at `n` is about: an instruction that the range cuts off takes the rest. */
static unsigned shown(const listing_t *l, size_t n, unsigned length)
{
    return whole(length) ? length : length == 0 ? (unsigned)(l->bytes - n) : 1;
}

/* Where in the range the branch at `n` leads.  EIP wraps at the operand's size, so the distance counts, not the address. */
static bool branch_target(const listing_t *l, size_t n, unsigned length, const decoded_t *d, size_t *to)
{
    if (d->row.dst != Jb && d->row.dst != Jz) return false;
    u32 next = l->at + (u32)n + length;
    width_t w = width_at(d->cold.width);
    s64 target = (s64)n + length + (s32)sext(w, d->op.disp - next);
    if (target < 0 || (u64)target >= l->bytes) return false;
    *to = (size_t)target;
    return true;
}

static void find_labels(pass_t *p)
{
    decoded_t d;
    size_t to;
    unsigned count = 0;
    for (size_t n = 0; n < p->l->bytes && (!p->l->most || count < p->l->most); count++) {
        unsigned length = decode_at(p->l, n, &d);
        set_bit(p->begins, n);
        if (whole(length) && branch_target(p->l, n, length, &d, &to)) set_bit(p->wanted, to);
        n += shown(p->l, n, length);
    }
}

/* The operand of a branch gives way to the label it means. */
static void use_label(const listing_t *l, char text[DISASM_BYTES], size_t to)
{
    char *space = strrchr(text, ' ');
    if (space) snprintf(space + 1, DISASM_BYTES - (size_t)(space + 1 - text), "L%X", (unsigned)(l->at + (u32)to));
}

static void write_bytes(FILE *out, const u8 *code, unsigned n)
{
    for (unsigned i = 0; i < COLUMN; i++)
        if (i < n) fprintf(out, "%02X ", code[i]);
        else       fputs("   ", out);
}

static void write_line(FILE *out, const listing_t *l, size_t n, unsigned length, const char *text)
{
    for (unsigned from = 0; from < length; from += COLUMN) {
        unsigned now = length - from < COLUMN ? length - from : COLUMN;
        fprintf(out, "%08X  ", (unsigned)(l->at + (u32)n + from));
        if (from == 0) {
            write_bytes(out, l->code + n, now);
            fprintf(out, " %s\n", text);
        } else {
            for (unsigned i = 0; i < now; i++) fprintf(out, i ? " %02X" : "%02X", l->code[n + from + i]);
            fputc('\n', out);
        }
    }
}

static void text_at(const pass_t *p, size_t n, unsigned length, const decoded_t *d, char text[DISASM_BYTES])
{
    const listing_t *l = p->l;
    size_t to;
    if (length == 0) {
        snprintf(text, DISASM_BYTES, "(the range ends inside this instruction)");
    } else if (!whole(length)) {
        snprintf(text, DISASM_BYTES, "db %02Xh  (an instruction longer than 15 bytes)", l->code[n]);
    } else {
        disassemble(mode_of(l), l->model, l->at + (u32)n, l->code + n, length, text, DISASM_BYTES);
        if (branch_target(l, n, length, d, &to) && bit(p->begins, to)) use_label(l, text, to);
    }
}

/* What it does, below it. */
static void explain(FILE *out, const decoded_t *d)
{
    const char *operation = manual_operation(d->cold.instr);
    if (operation) fprintf(out, "%10s; %s: %s\n", "", manual_title(d->cold.instr), operation);
    fprintf(out, "%10s; ", "");
    manual_flag_rule(d, out);
    if (instructions[d->cold.instr].since > MODEL_386) fprintf(out, "; not on every model");
    fputc('\n', out);
}

static void write_all(FILE *out, const pass_t *p)
{
    char text[DISASM_BYTES];
    decoded_t d;
    unsigned count = 0;
    for (size_t n = 0; n < p->l->bytes && (!p->l->most || count < p->l->most); count++) {
        unsigned length = decode_at(p->l, n, &d), bytes = shown(p->l, n, length);
        if (bit(p->wanted, n)) fprintf(out, "L%X:\n", (unsigned)(p->l->at + (u32)n));
        text_at(p, n, length, &d, text);
        write_line(out, p->l, n, bytes, text);
        if (p->l->explain && whole(length)) explain(out, &d);
        n += bytes;
    }
}

bool listing_write(FILE *out, const listing_t *l)
{
    pass_t p = { l, calloc(l->bytes / 8 + 1, 1), calloc(l->bytes / 8 + 1, 1) };
    bool good = p.begins && p.wanted;
    if (good) {
        find_labels(&p);
        write_all(out, &p);
    }
    free(p.begins);
    free(p.wanted);
    return good;
}
