/* test_zydis.c - the decoder and the disassembler against Zydis (zydis.re), a decoder by other people from other tables: validity, length and
 * mnemonic of byte strings in 16- and 32-bit code.
 *
 * Half of the strings are random, half begin with prefixes and an opcode of the two-byte map; DOPPEL_ZYDIS=10000000 runs so many in each mode
 * (250000), and a second number the seed.  Every difference falls under a rule below, which says why, or fails the test; the rules are printed with how often
 * each was needed.  What the Pentium 4 has must be an instruction here: only extensions that are not in `ours` may be missing.
 *
 * Without libzydis-dev this test says so and passes. */
#include <stdio.h>
#if !HAVE_ZYDIS
int main(void)
{
    puts("zydis: skipped, libzydis-dev was not found when this was built");
    return 0;
}
#else
#include <Zydis/Zydis.h>
#include <check.h>
#include <stdlib.h>
#include "cpu/decode.h"
#include "cpu/disasm.h"
#include "tests/run_all.h"

static u64 state;
static u64 next(void)
{
    state ^= state << 13; state ^= state >> 7; state ^= state << 17;
    return state * 0x2545F4914F6CDD1Du;
}

/* ---- one string, two readers ---- */

typedef struct {
    u8        code[16];
    u16       mode;
    unsigned  length;
    decoded_t d;
    char      text[DISASM_BYTES], mnemonic[32];
    bool      valid;                     /* we know it as an instruction */
    bool      theirs_valid;
    ZyanStatus status;
    ZydisDecodedInstruction theirs;
    const char *name;                    /* theirs */
} reading_t;

static ZydisDecoder zydis[2];

static bool is_prefix(const char *word, size_t n)
{
    static const char *const words[] = { "rep", "repe", "repne", "lock", "o16", "o32", "a16", "a32", "es", "cs", "ss", "ds", "fs", "gs" };
    for (unsigned i = 0; i < COUNT_OF(words); i++)
        if (strlen(words[i]) == n && memcmp(words[i], word, n) == 0) return true;
    return false;
}

static void find_mnemonic(reading_t *r)
{
    const char *at = r->text;
    size_t n = strcspn(at, " ");
    while (at[n] && is_prefix(at, n)) {
        at += n + 1;
        n = strcspn(at, " ");
    }
    snprintf(r->mnemonic, sizeof r->mnemonic, "%.*s", (int)(n < 31 ? n : 31), at);
}

static void read_both(reading_t *r, bool code32)
{
    r->mode = code32 ? MODE_PROTECTED | MODE_CODE32 | MODE_STACK32 : MODE_PROTECTED;
    r->length = disassemble(r->mode, MODEL_PENTIUM4, 0, r->code, sizeof r->code, r->text, sizeof r->text);
    decode(r->mode, MODEL_PENTIUM4, 0, r->code, sizeof r->code, &r->d);
    find_mnemonic(r);
    r->valid = r->length <= MAX_INSTRUCTION && strcmp(r->mnemonic, "db") != 0 && strcmp(r->mnemonic, "esc") != 0;
    r->status = ZydisDecoderDecodeInstruction(&zydis[code32], NULL, r->code, sizeof r->code, &r->theirs);
    r->theirs_valid = ZYAN_SUCCESS(r->status);
    r->name = r->theirs_valid ? ZydisMnemonicGetString(r->theirs.mnemonic) : "";
}

/* ---- rules ---- */

typedef struct { const char *ours, *theirs; } words_t;

/* Two names for one thing. */
static const words_t synonyms[] = {
    { "retf", "ret" }, { "xlatb", "xlat" }, { "wait", "fwait" }, { "fneni", "feni8087_nop" }, { "fndisi", "fdisi8087_nop" }, { "fnsetpm", "fsetpm287_nop" },
    { "ja", "jnbe" }, { "jae", "jnb" }, { "jg", "jnle" }, { "jge", "jnl" }, { "seta", "setnbe" }, { "setae", "setnb" }, { "setg", "setnle" }, { "setge", "setnl" },
    { "cmova", "cmovnbe" }, { "cmovae", "cmovnb" }, { "cmovg", "cmovnle" }, { "cmovge", "cmovnl" },
};

static bool synonym(const reading_t *r)
{
    for (unsigned i = 0; i < COUNT_OF(synonyms); i++)
        if (strcmp(r->mnemonic, synonyms[i].ours) == 0 && strcmp(r->name, synonyms[i].theirs) == 0) return true;
    return false;
}
static bool hint(const reading_t *r) { return strcmp(r->mnemonic, "nop") == 0 && strncmp(r->name, "prefetch", 8) == 0; }

/* What the Pentium 4 is made of, in Zydis' names. */
static bool newer(const reading_t *r)
{
    static const ZydisISAExt ours[] = { ZYDIS_ISA_EXT_BASE, ZYDIS_ISA_EXT_X87, ZYDIS_ISA_EXT_MMX, ZYDIS_ISA_EXT_SSE, ZYDIS_ISA_EXT_SSE2, ZYDIS_ISA_EXT_SSE3,
                                        ZYDIS_ISA_EXT_CLFSH, ZYDIS_ISA_EXT_PAUSE, ZYDIS_ISA_EXT_MONITOR };
    for (unsigned i = 0; i < COUNT_OF(ours); i++)
        if (r->theirs.meta.isa_ext == ours[i]) return false;
    return true;
}
static bool amd(const reading_t *r)      { return r->theirs.meta.isa_set == ZYDIS_ISA_SET_AMD; }
static bool prefetchw(const reading_t *r) { return r->d.opcode == 0x10D; }

static unsigned reg_field(const reading_t *r) { return r->d.modrm >> 3 & 7u; }
static bool test_register(const reading_t *r) { return r->status == ZYDIS_STATUS_DECODING_ERROR && (r->d.opcode == 0x124 || r->d.opcode == 0x126); }
static bool control_register(const reading_t *r)
{
    return r->status == ZYDIS_STATUS_BAD_REGISTER && (r->d.opcode == 0x120 || r->d.opcode == 0x122) && (reg_field(r) == 1 || reg_field(r) > 4);
}
static bool mov_cs(const reading_t *r)   { return r->status == ZYDIS_STATUS_BAD_REGISTER && r->d.opcode == 0x8E && reg_field(r) == CS; }
static bool locked_ud(const reading_t *r) { return r->status == ZYDIS_STATUS_ILLEGAL_LOCK && strncmp(r->mnemonic, "ud", 2) == 0; }

typedef enum { NAMES_DIFFER, ONLY_THEIRS, ONLY_OURS } difference_t;
static struct { difference_t kind; const char *name, *reason; bool (*holds)(const reading_t *r); u64 times; } rules[] = {
    { NAMES_DIFFER, "synonyms", "two names for one instruction", synonym, 0 },
    { NAMES_DIFFER, "hints", "PREFETCHh does nothing here and is called a NOP, which it is on processors without it", hint, 0 },
    { ONLY_THEIRS, "newer", "extensions that came after the Pentium 4 with SSE3, or are another maker's", newer, 0 },
    { ONLY_THEIRS, "AMD", "SYSCALL and SYSRET outside 64-bit mode are AMD's", amd, 0 },
    { ONLY_THEIRS, "prefetchw", "0F 0D is AMD's PREFETCH, and a NOP on later processors of Intel's", prefetchw, 0 },
    { ONLY_OURS, "test registers", "MOV to and from TR: known, and #UD on execution where the model has none", test_register, 0 },
    { ONLY_OURS, "control registers", "CR1, CR5 to CR7: known, and #UD on execution", control_register, 0 },
    { ONLY_OURS, "MOV CS", "known, and #UD on execution", mov_cs, 0 },
    { ONLY_OURS, "LOCK UD2", "#UD with LOCK as without", locked_ud, 0 },
};

static bool explained(difference_t kind, const reading_t *r)
{
    for (unsigned i = 0; i < COUNT_OF(rules); i++)
        if (rules[i].kind == kind && rules[i].holds(r)) {
            rules[i].times++;
            return true;
        }
    return false;
}

/* ---- comparing ---- */

static unsigned wrong;

static void complain(const reading_t *r, const char *what)
{
    if (wrong++ >= 20) return;
    printf("%s, %s-bit:", what, r->mode & MODE_CODE32 ? "32" : "16");
    for (unsigned i = 0; i < sizeof r->code; i++) printf(" %02X", r->code[i]);
    printf(": ours %u bytes, %s; theirs %u, %s (%s)\n", r->length, r->text, r->theirs_valid ? r->theirs.length : 0, r->name,
           r->theirs_valid ? ZydisISASetGetString(r->theirs.meta.isa_set) : "not valid");
}

static void compare(const reading_t *r)
{
    if (!r->valid && !r->theirs_valid) {
        return;
    } else if (r->valid && !r->theirs_valid) {
        if (!explained(ONLY_OURS, r)) complain(r, "an instruction here only");
    } else if (!r->valid) {
        if (!explained(ONLY_THEIRS, r)) complain(r, "no instruction here");
    } else if (r->length != r->theirs.length) {
        complain(r, "another length");
    } else if (strcmp(r->mnemonic, r->name) != 0 && !explained(NAMES_DIFFER, r)) {
        complain(r, "another mnemonic");
    }
}

static void random_string(u8 code[16])
{
    static const u8 prefixes[8] = { 0x66, 0x67, 0xF2, 0xF3, 0x66, 0x67, 0x2E, 0xF0 };
    put64(code, next());
    put64(code + 8, next());
    u64 r = next();
    if (!(r & 1)) return;
    unsigned n = r >> 1 & 3, at = 0;
    for (; at < n; at++) code[at] = prefixes[r >> (8 + 3 * at) & 7];
    if (r >> 3 & 1) code[at] = 0x0F;
}

static void open_zydis(void)
{
    static const ZydisDecoderMode later[] = { ZYDIS_DECODER_MODE_MPX, ZYDIS_DECODER_MODE_CET, ZYDIS_DECODER_MODE_LZCNT, ZYDIS_DECODER_MODE_TZCNT,
                                              ZYDIS_DECODER_MODE_WBNOINVD, ZYDIS_DECODER_MODE_CLDEMOTE };
    ZydisDecoderInit(&zydis[0], ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16);
    ZydisDecoderInit(&zydis[1], ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    for (unsigned i = 0; i < 2 * COUNT_OF(later); i++) ZydisDecoderEnableMode(&zydis[i & 1], later[i / 2], ZYAN_FALSE);
}

START_TEST(random_bytes_are_the_same_instructions)
{
    static reading_t r;
    const char *wish = getenv("DOPPEL_ZYDIS");
    char *end = NULL;
    unsigned long n = wish ? strtoul(wish, &end, 10) : 250000;
    state = end && *end ? strtoull(end, NULL, 10) | 1 : 88172645463325252u;
    wrong = 0;
    for (unsigned long i = 0; i < n; i++) {
        random_string(r.code);
        for (int code32 = 0; code32 < 2; code32++) {
            read_both(&r, code32);
            compare(&r);
        }
    }
    printf("zydis: %lu strings in each mode, %u differences without a reason\n", n, wrong);
    for (unsigned i = 0; i < COUNT_OF(rules); i++) printf("  %7llu %s: %s\n", (unsigned long long)rules[i].times, rules[i].name, rules[i].reason);
    fflush(stdout);
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* Every opcode with every ModRM byte, behind each prefix that chooses: nothing is left to chance. */
START_TEST(every_opcode_and_modrm_is_the_same_instruction)
{
    static const u8 prefixes[] = { 0, 0x66, 0xF2, 0xF3, 0xF0, 0x67 };
    static reading_t r;
    wrong = 0;
    for (unsigned i = 0; i < COUNT_OF(prefixes) * 0x20000; i++) {
        unsigned at = 0;
        memset(r.code, 0x11, sizeof r.code);
        if (prefixes[i >> 17]) r.code[at++] = prefixes[i >> 17];
        if (i >> 16 & 1)       r.code[at++] = 0x0F;
        r.code[at++] = (u8)(i >> 8);
        r.code[at] = (u8)i;
        for (int code32 = 0; code32 < 2; code32++) {
            read_both(&r, code32);
            compare(&r);
        }
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("zydis");
    tcase_set_timeout(tc, 3600);
    tcase_add_checked_fixture(tc, open_zydis, NULL);
    tcase_add_test(tc, random_bytes_are_the_same_instructions);
    tcase_add_test(tc, every_opcode_and_modrm_is_the_same_instruction);
    Suite *s = suite_create("zydis");
    suite_add_tcase(s, tc);
    return run_all(s);
}
#endif
