/* make_aml.c - translates dsdt.asl to AML on the host: Advanced Configuration and Power Interface specification 1.0b, chapters 15
 * (ASL) and 16 (AML), resources chapter 6.4.
 *
 *     make_aml dsdt.asl dsdt.aml dsdt.h
 *
 * One pass: what ASL writes as `Operator (arguments) {body}` becomes opcode, length, arguments and body in the same order.
 * The tables below are the language; what is not in them is not understood, and said with the line's number.
 * Left out of ASL: what dsdt.asl does not use - fields of resource descriptors by name, events, mutexes, buses, loops, strings in
 * expressions, external names - and all checks of meaning (a name is not looked up). */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned char u8;
enum { MAX_BYTES = 0x10000, HEADER_BYTES = 36, MAX_ARGUMENTS = 12 };

typedef struct {
    const char *file;
    char *next;                     /* what is not read yet */
    unsigned line;
    char token[64];                 /* a word, a number, a string with its quote, or one sign; "" at the end */
    u8 out[MAX_BYTES + 16];
    unsigned bytes;
} aml_t;

static void fail(const aml_t *a, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "make_aml: %s:%u: ", a->file, a->line);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    exit(1);
}

/* ---- reading ---- */

static void skip_blank(aml_t *a)
{
    for (;; a->next++) {
        if (a->next[0] == '/' && a->next[1] == '/')
            a->next += strcspn(a->next, "\n");
        else if (a->next[0] == '/' && a->next[1] == '*') {
            char *end = strstr(a->next + 2, "*/");
            if (!end)
                fail(a, "a comment without end");
            for (; a->next < end + 1; a->next++)
                a->line += *a->next == '\n';
        } else if (!isspace((u8)*a->next))
            return;
        if (!*a->next)
            return;
        a->line += *a->next == '\n';
    }
}

static int in_word(char c) { return isalnum((u8)c) || (c && strchr("_\\^.", c)); }

static void advance(aml_t *a)
{
    size_t n = 0;
    skip_blank(a);
    if (*a->next == '"') {
        n = 1 + strcspn(a->next + 1, "\"\n");
        if (a->next[n] != '"' || n >= sizeof a->token)
            fail(a, "a string without end, or a long one");
    } else
        while (in_word(a->next[n]))
            n++;
    size_t skip = *a->next == '"' ? n + 1 : n;
    if (!n && *a->next)
        n = skip = 1;
    if (n >= sizeof a->token)
        fail(a, "a long word");
    memcpy(a->token, a->next, n);
    a->token[n] = 0;
    a->next += skip;
}

static int is(const aml_t *a, const char *token) { return strcmp(a->token, token) == 0; }

static int accept(aml_t *a, const char *token)
{
    if (!is(a, token))
        return 0;
    advance(a);
    return 1;
}

static void expect(aml_t *a, const char *token)
{
    if (!accept(a, token))
        fail(a, "'%s' expected, not '%s'", token, a->token);
}

/* Words that stand for numbers: in the argument lists of fields, methods and resources. */
static const struct { const char *word; unsigned value; } keywords[] = {
    { "SystemMemory", 0 }, { "SystemIO", 1 }, { "PCI_Config", 2 },
    { "AnyAcc", 0 }, { "ByteAcc", 1 }, { "WordAcc", 2 }, { "DWordAcc", 3 }, { "NoLock", 0 }, { "Lock", 1 },
    { "Preserve", 0 }, { "WriteAsOnes", 1 }, { "WriteAsZeros", 2 }, { "NotSerialized", 0 }, { "Serialized", 1 },
    { "ResourceProducer", 0 }, { "ResourceConsumer", 1 }, { "MinFixed", 1 }, { "MaxFixed", 1 },
    { "MinNotFixed", 0 }, { "MaxNotFixed", 0 }, { "PosDecode", 0 }, { "SubDecode", 1 },
    { "NonISAOnlyRanges", 1 }, { "ISAOnlyRanges", 2 }, { "EntireRange", 3 }, { "Decode10", 0 }, { "Decode16", 1 },
    { "NonCacheable", 0 }, { "Cacheable", 1 }, { "WriteCombining", 2 }, { "Prefetchable", 3 }, { "ReadOnly", 0 }, { "ReadWrite", 1 },
    { "Level", 0 }, { "Edge", 1 }, { "ActiveHigh", 0 }, { "ActiveLow", 1 }, { "Exclusive", 0 }, { "Shared", 1 },
    { "Compatibility", 0 }, { "TypeA", 1 }, { "TypeB", 2 }, { "TypeF", 3 }, { "NotBusMaster", 0 }, { "BusMaster", 1 },
    { "Transfer8", 0 }, { "Transfer8_16", 1 }, { "Transfer16", 2 },
};

static unsigned number(aml_t *a)
{
    unsigned value = 0;
    if (isdigit((u8)a->token[0])) {
        char *end;
        errno = 0;
        unsigned long long v = strtoull(a->token, &end, 0);
        if (*end || errno || v > 0xFFFFFFFFu)
            fail(a, "'%s' is not a number of 32 bits", a->token);
        value = (unsigned)v;
    } else {
        size_t i = 0;
        for (; i < sizeof keywords / sizeof *keywords && !is(a, keywords[i].word); i++)
            ;
        if (i == sizeof keywords / sizeof *keywords)
            fail(a, "a number or a known word expected, not '%s'", a->token);
        value = keywords[i].value;
    }
    advance(a);
    return value;
}

/* ---- writing ---- */

static void put(aml_t *a, unsigned value, unsigned bytes)
{
    if (a->bytes + bytes > MAX_BYTES)
        fail(a, "the table is too long");
    for (; bytes; bytes--, value >>= 8)
        a->out[a->bytes++] = (u8)value;
}

static void insert(aml_t *a, unsigned at, const u8 *what, unsigned bytes)
{
    put(a, 0, bytes);
    memmove(a->out + at + bytes, a->out + at, a->bytes - at - bytes);
    memcpy(a->out + at, what, bytes);
}

/* PkgLength (16.2.4) counts itself: bits 7-6 of the first byte say how many follow. */
static void put_length(aml_t *a, unsigned start)
{
    unsigned inside = a->bytes - start, more = inside + 1 < 0x40 ? 0 : inside + 2 < 0x1000 ? 1 : 2;
    unsigned length = inside + 1 + more;
    u8 code[3] = { (u8)(more ? more << 6 | (length & 15) : length), (u8)(length >> 4), (u8)(length >> 12) };
    insert(a, start, code, 1 + more);
}

static void put_integer(aml_t *a, unsigned value)
{
    if (value <= 1) {
        put(a, value, 1);
    } else {
        unsigned bytes = value < 0x100 ? 1 : value < 0x10000 ? 2 : 4;
        put(a, bytes == 1 ? 0x0A : bytes == 2 ? 0x0B : 0x0C, 1);
        put(a, value, bytes);
    }
}

/* NameString (16.2.2): \ and ^, then segments of four characters filled with '_'. */
static void put_name(aml_t *a, const char *name)
{
    while (*name == '\\' || *name == '^')
        put(a, (u8)*name++, 1);
    unsigned segments = *name ? 1 : 0;
    for (const char *c = name; *c; c++)
        segments += *c == '.';
    if (segments == 0) put(a, 0, 1);
    if (segments == 2) put(a, 0x2E, 1);
    if (segments > 2)  put(a, 0x2F | segments << 8, 2);
    while (*name) {
        unsigned n = (unsigned)strcspn(name, ".");
        if (n < 1 || n > 4)
            fail(a, "a name's part has one to four characters: '%s'", name);
        for (unsigned i = 0; i < 4; i++)
            put(a, i < n ? (u8)toupper((u8)name[i]) : '_', 1);
        name += n + (name[n] == '.');
    }
}

static void name(aml_t *a)
{
    if (!in_word(a->token[0]) || isdigit((u8)a->token[0]))
        fail(a, "a name expected, not '%s'", a->token);
    put_name(a, a->token);
    advance(a);
}

/* ---- resources (6.4): a row gives the arguments' places in the descriptor's flags, and the widths of the others ---- */

/* `flags`: for each leading argument byte << 4 | shift; 99h: the argument's own bytes follow.  `head`: as it stands before. */
typedef struct { const char *word; u8 head[6], head_bytes, flags[6], n_flags, wide[6], list; } resource_t;

enum { NO_LIST, MASK16, MASK8_FIRST, DWORDS };

static const resource_t resources[] = {
    { "IO",            { 0x47, 0 }, 2,                { 0x10 }, 1,                         { 2, 2, 1, 1 }, NO_LIST },
    { "IRQNoFlags",    { 0x22 }, 1,                   { 0 }, 0,                            { 0 }, MASK16 },
    { "DMA",           { 0x2A, 0 }, 2,                { 0x15, 0x12, 0x10 }, 3,             { 0 }, MASK8_FIRST },
    { "Memory32Fixed", { 0x86, 9, 0, 0 }, 4,          { 0x30 }, 1,                         { 4, 4 }, NO_LIST },
    { "WordBusNumber", { 0x88, 13, 0, 2, 0, 0 }, 6,   { 0x40, 0x42, 0x43, 0x41 }, 4,       { 2, 2, 2, 2, 2 }, NO_LIST },
    { "WordIO",        { 0x88, 13, 0, 1, 0, 0 }, 6,   { 0x40, 0x42, 0x43, 0x41, 0x50 }, 5, { 2, 2, 2, 2, 2 }, NO_LIST },
    { "DWordMemory",   { 0x87, 23, 0, 0, 0, 0 }, 6,   { 0x40, 0x41, 0x42, 0x43, 0x51, 0x50 }, 6, { 4, 4, 4, 4, 4 }, NO_LIST },
    { "Interrupt",     { 0x89, 0, 0, 0 }, 4,          { 0x30, 0x31, 0x32, 0x33 }, 4,       { 0 }, DWORDS },
};

static void resource_list(aml_t *a, const resource_t *r, unsigned start)
{
    unsigned mask = 0, count = 0, at = a->bytes;
    if (r->list == DWORDS)
        put(a, 0, 1);
    expect(a, "{");
    while (!accept(a, "}")) {
        unsigned value = number(a);
        if (r->list == DWORDS)
            put(a, value, 4);
        else
            mask |= 1u << (value & 15);
        count++;
        accept(a, ",");
    }
    if (r->list == MASK16)
        put(a, mask, 2);
    else if (r->list == MASK8_FIRST) {
        u8 byte = (u8)mask;
        insert(a, start + 1, &byte, 1);
    } else {
        a->out[at] = (u8)count;
        a->out[start + 1] = (u8)(a->bytes - start - 3);
    }
}

static void resource(aml_t *a)
{
    const resource_t *r = resources, *end = r + sizeof resources / sizeof *resources;
    while (r < end && !is(a, r->word))
        r++;
    if (r == end)
        fail(a, "'%s' is not a known resource", a->token);
    unsigned start = a->bytes, n = 0;
    for (unsigned i = 0; i < r->head_bytes; i++)
        put(a, r->head[i], 1);
    advance(a);
    expect(a, "(");
    for (; !accept(a, ")"); n++) {
        unsigned value = number(a);
        if (n < r->n_flags)
            a->out[start + (r->flags[n] >> 4)] |= (u8)(value << (r->flags[n] & 15));
        else if (n - r->n_flags < sizeof r->wide && r->wide[n - r->n_flags])
            put(a, value, r->wide[n - r->n_flags]);
        else
            fail(a, "%s has no argument number %u", r->word, n + 1);
        accept(a, ",");
    }
    if (r->list != NO_LIST)
        resource_list(a, r, start);
}

/* A buffer that ends with the end tag (6.4.2.8) and a checksum that is not used. */
static void resource_template(aml_t *a)
{
    put(a, 0x11, 1);
    unsigned start = a->bytes;
    expect(a, "(");
    expect(a, ")");
    expect(a, "{");
    while (!accept(a, "}"))
        resource(a);
    put(a, 0x79, 2);
    u8 size[3] = { 0x0A, (u8)(a->bytes - start) };
    if (a->bytes - start > 0xFF) {
        size[0] = 0x0B;
        size[2] = (u8)((a->bytes - start) >> 8);
    }
    insert(a, start, size, size[0] == 0x0A ? 2 : 3);
    put_length(a, start);
}

/* ---- terms ---- */

static void term(aml_t *a);

/* EISAID: three letters of 5 bits, four hexadecimal digits, the first byte first. */
static void eisa_id(aml_t *a)
{
    expect(a, "(");
    const char *id = a->token + 1;
    if (a->token[0] != '"' || strlen(id) != 7)
        fail(a, "an EISA id is three letters and four digits");
    unsigned letters = ((unsigned)id[0] & 31) << 10 | ((unsigned)id[1] & 31) << 5 | ((unsigned)id[2] & 31), digits = (unsigned)strtoul(id + 3, NULL, 16);
    put(a, 0x0C, 1);
    put(a, letters >> 8, 1);
    put(a, letters, 1);
    put(a, digits >> 8, 1);
    put(a, digits, 1);
    advance(a);
    expect(a, ")");
}

static void package(aml_t *a)
{
    put(a, 0x12, 1);
    unsigned start = a->bytes, count = 0;
    if (accept(a, "(")) {
        if (!is(a, ")"))
            number(a);
        expect(a, ")");
    }
    put(a, 0, 1);
    expect(a, "{");
    for (; !accept(a, "}"); count++) {
        term(a);
        accept(a, ",");
    }
    a->out[start] = (u8)count;
    put_length(a, start);
}

/* {NAME, bits, Offset (byte), , bits}: each bit count is coded like a PkgLength without itself. */
static void put_bits(aml_t *a, unsigned bits)
{
    put(a, bits < 0x40 ? bits : 0x40 | (bits & 15), 1);
    if (bits >= 0x40)
        put(a, bits >> 4, 1);
}

static void field_units(aml_t *a)
{
    unsigned at = 0;
    expect(a, "{");
    while (!accept(a, "}")) {
        if (accept(a, "Offset")) {
            expect(a, "(");
            unsigned to = number(a) * 8;
            expect(a, ")");
            if (to > at) {
                put(a, 0, 1);
                put_bits(a, to - at);
            }
            at = to;
        } else {
            if (is(a, ","))
                put(a, 0, 1);
            else
                name(a);
            expect(a, ",");
            unsigned bits = number(a);
            put_bits(a, bits);
            at += bits;
        }
        accept(a, ",");
    }
}

static void body(aml_t *a)
{
    expect(a, "{");
    while (!accept(a, "}"))
        term(a);
}

/* n name, t term, T target (may be missing), b w d numbers as they are, L the length goes here, { body, f field units,
 * m and a: number of arguments of a method and its serialisation, access, lock and update rule of a field - one byte. */
static const struct { const char *word; unsigned opcode; const char *arguments; } operators[] = {
    { "Scope", 0x10, "Ln{" },                { "Device", 0x825B, "Ln{" },             { "Name", 0x08, "nt" },
    { "Method", 0x14, "Lnm{" },              { "Processor", 0x835B, "Lnbdb{" },       { "OperationRegion", 0x805B, "nbtt" },
    { "Field", 0x815B, "Lnaf" },             { "CreateDWordField", 0x8A, "ttn" },     { "CreateByteField", 0x8C, "ttn" },
    { "If", 0xA0, "Lt{" },                   { "Else", 0xA1, "L{" },                  { "Return", 0xA4, "t" },
    { "Store", 0x70, "tn" },                 { "And", 0x7B, "ttT" },                  { "Or", 0x7D, "ttT" },
    { "Add", 0x72, "ttT" },                  { "Subtract", 0x74, "ttT" },             { "ShiftLeft", 0x79, "ttT" },
    { "ShiftRight", 0x7A, "ttT" },           { "LAnd", 0x90, "tt" },                  { "LOr", 0x91, "tt" },
    { "LNot", 0x92, "t" },                   { "LEqual", 0x93, "tt" },                { "LGreater", 0x94, "tt" },
    { "LLess", 0x95, "tt" },                 { "Sleep", 0x225B, "t" },
};

static void packed_byte(aml_t *a, const u8 *shifts, unsigned n)
{
    unsigned byte = 0;
    for (unsigned i = 0; i < n; i++) {
        if (i)
            expect(a, ",");
        byte |= number(a) << shifts[i];
    }
    put(a, byte, 1);
}

static void argument(aml_t *a, char kind)
{
    static const u8 method_shifts[] = { 0, 3 }, access_shifts[] = { 0, 4, 5 };
    switch (kind) {
    case 'n': if (is(a, "Local0") || is(a, "Arg0")) term(a); else name(a); break;
    case 't': term(a); break;
    case 'b': put(a, number(a), 1); break;
    case 'd': put(a, number(a), 4); break;
    case 'm': packed_byte(a, method_shifts, 2); break;
    case 'a': packed_byte(a, access_shifts, 3); break;
    default: break;
    }
}

static void operator(aml_t *a, unsigned opcode, const char *arguments)
{
    unsigned start = 0, first = 1;
    put(a, opcode, opcode > 0xFF ? 2 : 1);
    int parenthesis = accept(a, "("), length = *arguments == 'L';
    start = a->bytes;
    for (const char *kind = arguments + length; *kind; kind++) {
        if (*kind == '{' || *kind == 'f') {
            if (parenthesis)
                expect(a, ")");
            parenthesis = 0;
            if (*kind == '{') body(a); else field_units(a);
        } else if (*kind == 'T' && is(a, ")")) {
            put(a, 0, 1);
        } else {
            if (!first)
                expect(a, ",");
            first = 0;
            argument(a, *kind == 'T' ? 't' : *kind);
        }
    }
    if (parenthesis)
        expect(a, ")");
    if (length)
        put_length(a, start);
}

/* Locals and arguments of a method are one byte each. */
static int variable(aml_t *a)
{
    unsigned n;
    char extra;
    if (sscanf(a->token, "Local%u%c", &n, &extra) == 1 && n < 8)
        put(a, 0x60 + n, 1);
    else if (sscanf(a->token, "Arg%u%c", &n, &extra) == 1 && n < 7)
        put(a, 0x68 + n, 1);
    else
        return 0;
    advance(a);
    return 1;
}

static void term(aml_t *a)
{
    if (accept(a, "Zero"))  { put(a, 0, 1); return; }
    if (accept(a, "One"))   { put(a, 1, 1); return; }
    if (accept(a, "Ones"))  { put(a, 0xFF, 1); return; }
    if (accept(a, "EisaId")) { eisa_id(a); return; }
    if (accept(a, "Package")) { package(a); return; }
    if (accept(a, "ResourceTemplate")) { resource_template(a); return; }
    if (isdigit((u8)a->token[0])) { put_integer(a, number(a)); return; }
    if (variable(a))
        return;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (accept(a, operators[i].word)) {
            operator(a, operators[i].opcode, operators[i].arguments);
            return;
        }
    name(a);                        /* a reference, or a call: its arguments follow as terms */
    if (accept(a, "("))
        while (!accept(a, ")")) {
            term(a);
            accept(a, ",");
        }
}

/* ---- the table ---- */

static void text(aml_t *a, unsigned at, unsigned room)
{
    size_t n = strlen(a->token) - 1;
    if (a->token[0] != '"' || n > room)
        fail(a, "a string of at most %u characters expected", room);
    memcpy(a->out + at, a->token + 1, n);
    advance(a);
    expect(a, ",");
}

/* DefinitionBlock (file, signature, revision, OEM, table, OEM revision) {...} */
static void definition_block(aml_t *a)
{
    advance(a);
    expect(a, "DefinitionBlock");
    expect(a, "(");
    advance(a);
    expect(a, ",");
    a->bytes = HEADER_BYTES;
    text(a, 0, 4);
    a->out[8] = (u8)number(a);
    expect(a, ",");
    text(a, 10, 6);
    text(a, 16, 8);
    unsigned revision = number(a), sum = 0;
    for (unsigned i = 0; i < 4; i++)
        a->out[24 + i] = (u8)(revision >> 8 * i);
    memcpy(a->out + 28, "DOPL\1\0\0", 8);
    expect(a, ")");
    body(a);
    if (a->token[0])
        fail(a, "something follows the definition block");
    for (unsigned i = 0; i < 4; i++)
        a->out[4 + i] = (u8)(a->bytes >> 8 * i);
    for (unsigned i = 0; i < a->bytes; i++)
        sum += a->out[i];
    a->out[9] = (u8)(0u - sum);
}

static char *load(const char *file)
{
    static char source[MAX_BYTES * 4 + 1];
    FILE *f = fopen(file, "r");
    if (!f) {
        fprintf(stderr, "make_aml: %s: %s\n", file, strerror(errno));
        exit(1);
    }
    source[fread(source, 1, sizeof source - 1, f)] = 0;
    fclose(f);
    return source;
}

static int save(const aml_t *a, const char *aml, const char *header)
{
    FILE *f = fopen(aml, "wb");
    int well = f && fwrite(a->out, 1, a->bytes, f) == a->bytes;
    well &= f && !fclose(f);
    f = fopen(header, "w");
    if (!f || !well)
        return 0;
    fputs("/* Made from bios/dsdt.asl by bios/make_aml.c; do not edit. */\nstatic const rom u8 dsdt[] = {", f);
    for (unsigned i = 0; i < a->bytes; i++)
        fprintf(f, "%s0x%02X,", i % 20 ? " " : "\n    ", a->out[i]);
    fputs("\n};\n", f);
    return !fclose(f);
}

int main(int argc, char **argv)
{
    static aml_t a;
    if (argc != 4) {
        fputs("usage: make_aml dsdt.asl dsdt.aml dsdt.h\n", stderr);
        return 2;
    }
    a.file = argv[1];
    a.line = 1;
    a.next = load(argv[1]);
    definition_block(&a);
    if (!save(&a, argv[2], argv[3])) {
        fprintf(stderr, "make_aml: cannot write %s or %s: %s\n", argv[2], argv[3], strerror(errno));
        return 1;
    }
    return 0;
}
