/* script_disasm.c - see script_disasm.h.
 *
 * Addresses are hexadecimal: linear ones, SEGMENT:OFFSET, or cs:ip.  In protected mode a selector is known only while a segment register holds it.
 * The width is that of the code segment for linear addresses and cs:ip, and of the named segment otherwise. */
#include "frontend/script_disasm.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "cpu/cpu.h"
#include "fidelity/listing.h"

/* At most `digits` of them; end: behind the last. */
static bool hex(const char *text, size_t digits, u32 *value, const char **end)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF");
    *value = (u32)strtoul(text, NULL, 16);
    *end = text + n;
    return n > 0 && n <= digits;
}

static bool is_here(const char *where) { return strcasecmp(where, "cs:ip") == 0 || strcasecmp(where, "cs:eip") == 0; }

bool script_disasm_knows(const char *where)
{
    u32 value;
    const char *end;
    if (is_here(where)) return true;
    if (strchr(where, ':')) return hex(where, 4, &value, &end) && *end == ':' && hex(end + 1, 8, &value, &end) && !*end;
    return hex(where, 8, &value, &end) && !*end;
}

typedef struct { u32 base, offset; bool code32; } place_t;

static bool find_selector(const cpu_t *cpu, u32 selector, place_t *place)
{
    for (int n = 0; n < N_SEGMENTS; n++) {
        if (cpu->seg[n].selector != selector) continue;
        place->base = cpu->seg[n].base;
        place->code32 = n == CS ? cpu->mode & MODE_CODE32 : cpu->seg[n].attributes & SEG_BIG;
        return true;
    }
    return false;
}

static bool find(const cpu_t *cpu, const char *where, place_t *place, why_t *why)
{
    u32 first = 0, second = 0;
    const char *end = where;
    *place = (place_t){ .base = cpu->seg[CS].base, .offset = cpu_eip(cpu), .code32 = cpu->mode & MODE_CODE32 };
    if (is_here(where)) return true;
    hex(where, 8, &first, &end);
    place->base = 0;
    place->offset = first;
    if (*end != ':') return true;
    hex(end + 1, 8, &second, &end);
    place->offset = second;
    if (cpu->mode & MODE_PROTECTED)
        return find_selector(cpu, first, place) || refuse(why, "disasm: the guest is in protected mode, and no segment register holds selector %04X", (unsigned)first);
    place->base = first << 4;
    place->code32 = false;
    return true;
}

/* As many bytes as are mapped, page by page. */
static size_t fetch(pc_t *pc, u32 linear, u8 *to, size_t bytes)
{
    size_t n = 0;
    while (n < bytes) {
        u32 at = linear + (u32)n, left = 4096 - (at & 4095), now = bytes - n < left ? (u32)(bytes - n) : left;
        if (!pc_peek(pc, at, to + n, now)) break;
        n += now;
    }
    return n;
}

bool script_disasm(pc_t *pc, const char *where, unsigned count, why_t *why)
{
    const cpu_t *cpu = pc_cpu(pc);
    place_t place;
    if (!find(cpu, where, &place, why)) return false;
    size_t room = (size_t)count * 15;
    u8 *code = malloc(room);
    if (!code) return refuse(why, "disasm: there is not enough memory");
    size_t n = fetch(pc, place.base + place.offset, code, room);
    bool good = n > 0 || refuse(why, "disasm: no memory is mapped at %s (linear %08X)", where, (unsigned)(place.base + place.offset));
    listing_t l = { .code32 = place.code32, .model = cpu->model, .at = place.offset, .code = code, .bytes = n, .most = count };
    if (good && !listing_write(stdout, &l)) good = refuse(why, "disasm: there is not enough memory");
    fflush(stdout);
    free(code);
    return good;
}
