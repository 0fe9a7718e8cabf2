/* command_disasm.c - `doppel disasm`: bytes of the command line, or of a file, as instructions.
 *
 * Left out: AT&T syntax.  A running guest's memory is shown by the script command of the same name. */
#define _FILE_OFFSET_BITS 64
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "fidelity/listing.h"
#include "frontend/commands.h"
#include "frontend/options.h"
#include "frontend/session.h"

enum { MOST_BYTES = 64 << 20 };

typedef struct {
    bool code16, code32;
    const char *at, *cpu, *file, *offset, *length;
    u64 skip, take;                      /* of the file; take: UINT64_MAX: to its end */
    listing_t listing;
    u8 *bytes;
} disasm_t;

/* ---- bytes ---- */

static bool is_hex(char c) { return c && strchr("0123456789abcdefABCDEF", c); }

/* n characters: B8, 0xB8, 0B8h, b83412. */
static bool read_hex(disasm_t *d, const char *at, size_t n)
{
    if (n > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
        at += 2;
        n -= 2;
    } else if (n && (at[n - 1] == 'h' || at[n - 1] == 'H')) {
        n--;
        if (n == 3 && at[0] == '0') at++, n--;
    }
    for (size_t i = 0; i + 1 < n; i += 2) {
        char byte[3] = { at[i], at[i + 1], 0 };
        if (!is_hex(byte[0]) || !is_hex(byte[1])) return false;
        d->bytes[d->listing.bytes++] = (u8)strtoul(byte, NULL, 16);
    }
    return n && n % 2 == 0;
}

/* Commas separate like spaces. */
static bool read_word(disasm_t *d, const char *word, why_t *why)
{
    for (const char *at = word; *at; at += strspn(at, ",")) {
        size_t n = strcspn(at, ",");
        if (n && !read_hex(d, at, n))
            return refuse(why, "disasm: \"%s\" is not bytes such as 66 B8 34 12; the bytes of a file want -file %s", word, word);
        at += n;
    }
    return true;
}

static bool read_words(disasm_t *d, char **words, why_t *why)
{
    size_t room = 1;
    for (char **w = words; *w; w++) room += strlen(*w);
    d->bytes = malloc(room);
    if (!d->bytes) return refuse(why, "disasm: there is not enough memory");
    for (char **w = words; *w; w++)
        if (!read_word(d, *w, why)) return false;
    return true;
}

/* A pipe cannot be sought in: what comes before is read and dropped. */
static bool skip(FILE *f, u64 bytes)
{
    if (bytes <= INT64_MAX && fseeko(f, (off_t)bytes, SEEK_SET) == 0) return true;
    while (bytes && fgetc(f) != EOF) bytes--;
    return bytes == 0;
}

static bool read_stream(disasm_t *d, FILE *f, why_t *why)
{
    if (!skip(f, d->skip)) return refuse(why, "disasm: %s has no byte %llu", d->file, (unsigned long long)d->skip);
    size_t room = 1 << 16, want = d->take < MOST_BYTES ? (size_t)d->take : MOST_BYTES + 1, used = 0;
    d->bytes = malloc(room);
    for (size_t n = 1; d->bytes && n && used < want; used += n) {
        if (used == room) {
            u8 *larger = realloc(d->bytes, room *= 2);
            if (!larger) return refuse(why, "disasm: there is not enough memory");
            d->bytes = larger;
        }
        n = fread(d->bytes + used, 1, want - used < room - used ? want - used : room - used, f);
    }
    if (!d->bytes) return refuse(why, "disasm: there is not enough memory");
    if (ferror(f)) return refuse(why, "disasm: cannot read %s: %s", d->file, strerror(errno));
    if (used > MOST_BYTES) return refuse(why, "disasm: %s has more than 64 MiB from there on; say which part with -offset and -length", d->file);
    if (used == 0) return refuse(why, "disasm: %s has no byte %llu", d->file, (unsigned long long)d->skip);
    d->listing.bytes = used;
    return true;
}

static bool read_file(disasm_t *d, why_t *why)
{
    FILE *f = fopen(d->file, "rb");
    if (!f) return refuse(why, "disasm: cannot open %s: %s", d->file, strerror(errno));
    bool good = read_stream(d, f, why);
    fclose(f);
    return good;
}

/* ---- the command ---- */

static bool number(const char *option, const char *text, u64 most, u64 *value, why_t *why)
{
    if (!text) return true;
    if (command_number(text, value) && *value <= most) return true;
    return refuse(why, "disasm: -%s %s: it wants a number such as 31744, 0x7C00 or 7C00h", option, text);
}

static bool prepare(disasm_t *d, char **words, why_t *why)
{
    u64 at = 0;
    cpu_model_t model = CPU_PENTIUM4;
    if (d->code16 && d->code32) return refuse(why, "disasm: -16 and -32 cannot both be");
    if (!number("offset", d->offset, INT64_MAX, &d->skip, why) || !number("length", d->length, UINT64_MAX, &d->take, why)) return false;
    at = d->skip;
    if (!number("at", d->at, UINT32_MAX, &at, why) || (d->cpu && !parse_cpu(d->cpu, &model, why))) return false;
    d->listing.code32 = !d->code16;
    d->listing.model = (model_t)model;
    d->listing.at = (u32)at;
    if (d->file && *words) return refuse(why, "disasm: both -file %s and bytes (%s) are given", d->file, *words);
    if (!d->file && !*words) return refuse(why, "disasm wants bytes, or -file FILE; doppel help disasm tells more");
    if (!d->file && (d->offset || d->length)) return refuse(why, "disasm: -offset and -length are for -file");
    return d->file ? read_file(d, why) : read_words(d, words, why);
}

static const char about[] =
    "Writes machine code as instructions (Intel syntax).\n\n"
    "  doppel disasm 66 b8 34 12\n"
    "  doppel disasm -16 -at 7C00h EBFE\n"
    "  doppel disasm -16 -at 0x7C00 -file disk.img -length 512";

int command_disasm(int argc, char **argv)
{
    disasm_t d = { .take = UINT64_MAX };
    const command_option_t options[] = {
        { "16",     NULL,      "16-bit code", .flag = &d.code16 },
        { "32",     NULL,      "32-bit code (this, if nothing is said)", .flag = &d.code32 },
        { "at",     "ADDRESS", "of the first byte (0, or the offset)", .text = &d.at },
        { "file",   "FILE",    "a file's bytes; /dev/stdin works too", .text = &d.file },
        { "offset", "N",       "its part from byte N on", .text = &d.offset },
        { "length", "N",       "N bytes of it (to its end)", .text = &d.length },
        { "explain", NULL,     "what each instruction does, and its flags", .flag = &d.listing.explain },
        { "cpu",    "MODEL",   "which instructions exist (pentium4)", .text = &d.cpu },
    };
    const command_usage_t usage = { "disasm", "[options] BYTES... | -file FILE", about, options, COUNT_OF(options), false };
    why_t why = { "" };
    int first = argc;
    command_result_t result = command_parse(&usage, argc, argv, &first, &why);
    if (result == COMMAND_HELPED) return STATUS_GOOD;
    bool good = result == COMMAND_RUN && prepare(&d, argv + first, &why);
    d.listing.code = d.bytes;
    if (good && !listing_write(stdout, &d.listing)) good = refuse(&why, "disasm: there is not enough memory");
    free(d.bytes);
    if (!good) say("%s", why.text);
    return good ? STATUS_GOOD : STATUS_TROUBLE;
}
