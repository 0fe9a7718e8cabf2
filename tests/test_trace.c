/* test_trace.c - traces: what is written is read back, records tell exactly what the processor did, broken files are refused.
 *
 * TRACE_MUTATIONS=n for another number of mutated files than 1,500, and of mutated blocks, TRACE_SEED=n for others; TMPDIR=/dev/shm is faster. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#undef OF                       /* zlib's; flags.h has a function of this name */
#include "fidelity/diff.h"
#include "fidelity/trace_read.h"
#include "fidelity/trace_record.h"
#include "fidelity/trace_text.h"
#include "fidelity/trace_write.h"
#include "tests/twin_machine.h"

static char path[64];
static void name_file(void)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%.40s/doppel-trace-%d", folder ? folder : "/tmp", (int)getpid());
}
static void remove_file(void) { unlink(path); }

/* Broken files stand here between; what is no trace is not written over. */
static trace_writer_t *create(const char *about, char *why, size_t why_bytes)
{
    remove_file();
    return trace_create(path, about, why, why_bytes);
}

START_TEST(what_is_no_trace_is_not_written_over)
{
    static const char text[] = "an image";
    char why[600] = "", left[16] = "";
    FILE *f = fopen(path, "wb");
    ck_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
    ck_assert(!trace_create(path, "", why, sizeof why) && strstr(why, path) && strstr(why, "is no trace"));
    f = fopen(path, "rb");
    ck_assert(f && fread(left, 1, sizeof left, f) == strlen(text) && strcmp(left, text) == 0);
    fclose(f);
}
END_TEST

static u64 number_from(const char *name, u64 otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

/* ---- any records ---- */

enum { RECORDS = 30000 };

static u64 odd_number(random_t *r)
{
    u64 v = random64(r);
    return chance(r, 3) ? v & 0xFF : chance(r, 2) ? v >> below(r, 64) : v;
}

static void add_change(trace_record_t *t, u64 *state, unsigned field, u64 value)
{
    if (state[field] == value) return;
    t->change[t->n_changes++] = (trace_change_t){ (u8)field, value, state[field] };
    state[field] = value;
}

/* As programs do: forty instructions in a circle, each with habits that it seldom breaks. */
static void habitual_record(random_t *r, trace_record_t *t, const trace_record_t *last, u64 *state)
{
    static const u8 log2_bytes[] = { 2, 2, 1, 0 };
    u32 n = chance(r, 8) ? below(r, 40) : ((last->linear - 0x9000) / 4 + 1) % 40, value[2] = { 0 };
    *t = (trace_record_t){ .number = last->number + (last->kind == TRACE_INSTRUCTION && !last->faulted), .linear = 0x9000 + n * 4, .length = 4, .bytes = { (u8)n, 7, (u8)(n * 3), 1 } };
    t->n_accesses = n % 5 == 4 ? 2 : n % 5 < 2;
    for (unsigned i = 0; i < t->n_accesses; i++) {
        u8 log2 = log2_bytes[n % 4];
        value[i] = (n % 3 ? (u32)state[n % 8] : (u32)random64(r)) & 0xFFFFFFFFu >> (32 - (8 << log2));
        t->access[i] = (trace_access_t){ (u8)(n % 2), log2, (u32)state[n / 3 % 8] + n, value[i] };
    }
    if (n % 7 < 5) add_change(t, state, n % 8, n % 4 == 0 && t->n_accesses ? value[0] : n % 4 == 1 ? (u32)(state[n % 8] + n) : n % 4 == 2 ? (u32)state[n / 2 % 8] : chance(r, 3) ? (u32)odd_number(r) : 5);
    if (n % 3 == 1) add_change(t, state, TRACE_EFLAGS, chance(r, 3) ? (random64(r) & 0xFD5) | 2 : 0x246);
}

static void random_record(random_t *r, trace_record_t *t, const trace_record_t *last, u64 *state)
{
    if (last->linear / 0x1000 == 9 ? !chance(r, 40) : chance(r, 4)) {
        habitual_record(r, t, last, state);
        return;
    }
    memset(t, 0, sizeof *t);
    t->kind = chance(r, 20) ? TRACE_EVENT : chance(r, 50) ? TRACE_NOTE : TRACE_INSTRUCTION;
    t->number = chance(r, 9) ? odd_number(r) : last->number + 1;
    t->linear = chance(r, 4) ? (u32)random64(r) : 0x1000 + below(r, 300) * 4;
    if (t->kind == TRACE_INSTRUCTION) {
        t->length = (u8)(1 + t->linear / 4 % 15);
        for (unsigned i = 0; i < t->length; i++) t->bytes[i] = (u8)(t->linear * (i + 3) >> 2);
        t->bytes[0] = (u8)(t->bytes[0] + chance(r, 30));           /* code that changes */
        t->faulted = chance(r, 20);
        t->continued = chance(r, 30);
    } else if (t->kind == TRACE_EVENT) {
        t->source = (u8)below(r, 4);
        t->vector = (u8)below(r, 256);
        t->has_code = chance(r, 2);
        if (t->has_code) t->code = (u32)odd_number(r);
    } else {
        t->note = (u8)below(r, 256);
        t->note_length = (u8)below(r, TRACE_NOTE_BYTES + 1);
        memset(t->text, 'a' + (int)below(r, 26), t->note_length);
    }
    unsigned most = chance(r, 200) ? TRACE_FIELDS : below(r, 4);
    for (unsigned i = 0, field = 0; i < most && field < TRACE_FIELDS; i++, field += 1 + (most == TRACE_FIELDS ? 0 : below(r, 40))) {
        u64 v = odd_number(r);
        if (field < TRACE_GPRS) v = (u32)v;
        t->change[t->n_changes++] = (trace_change_t){ (u8)field, v, state[field] };
        state[field] = v;
    }
    t->n_accesses = chance(r, 100) ? TRACE_ACCESSES : below(r, 3);
    for (unsigned i = 0; i < t->n_accesses; i++)
        t->access[i] = (trace_access_t){ (u8)below(r, 4), (u8)below(r, 3), chance(r, 3) ? 0x7000 : (u32)odd_number(r), (u32)odd_number(r) };
}

static bool same_record(const trace_record_t *a, const trace_record_t *b)
{
    if (a->kind != b->kind || a->number != b->number || a->linear != b->linear || a->faulted != b->faulted || a->continued != b->continued
        || a->n_changes != b->n_changes || a->n_accesses != b->n_accesses || a->has_code != b->has_code) return false;
    if (a->kind == TRACE_INSTRUCTION && (a->length != b->length || memcmp(a->bytes, b->bytes, a->length) != 0)) return false;
    if (a->kind == TRACE_EVENT && (a->source != b->source || a->vector != b->vector || (a->has_code && a->code != b->code))) return false;
    if (a->kind == TRACE_NOTE && (a->note != b->note || a->note_length != b->note_length || memcmp(a->text, b->text, a->note_length) != 0)) return false;
    for (unsigned i = 0; i < a->n_changes; i++)
        if (a->change[i].field != b->change[i].field || a->change[i].value != b->change[i].value || a->change[i].old != b->change[i].old) return false;
    for (unsigned i = 0; i < a->n_accesses; i++) {
        const trace_access_t *x = &a->access[i], *y = &b->access[i];
        if (x->way != y->way || x->log2_bytes != y->log2_bytes || x->where != y->where || x->value != y->value) return false;
    }
    return true;
}

typedef struct { random_t r; trace_record_t now, last; u64 state[TRACE_FIELDS]; } source_t;
static void source_begin(source_t *s) { memset(s, 0, sizeof *s); s->r.state = 77; }
static void source_next(source_t *s) { random_record(&s->r, &s->now, &s->last, s->state); s->last = s->now; }

static void write_records(unsigned n)
{
    static source_t s;
    char why[600] = "";
    trace_size_t size;
    source_begin(&s);
    trace_writer_t *w = create("model: 486\nram: 1\n", why, sizeof why);
    ck_assert_msg(w != NULL, "%s", why);
    trace_begin(w, s.state);
    for (unsigned i = 0; i < n; i++) {
        source_next(&s);
        trace_put(w, &s.now, 0);
    }
    ck_assert_msg(trace_finish(w, &size, why, sizeof why), "%s", why);
    ck_assert_uint_eq(size.records, n);
}

START_TEST(what_is_written_is_read_back)
{
    static source_t s;
    static trace_record_t got;
    char why[600] = "", value[8];
    write_records(RECORDS);
    source_begin(&s);
    trace_reader_t *r = trace_open(path, why, sizeof why);
    ck_assert_msg(r != NULL, "%s", why);
    ck_assert(!trace_truncated(r) && trace_about_value(r, "model", value, sizeof value) && strcmp(value, "486") == 0);
    for (unsigned i = 0; i < RECORDS; i++) {
        source_next(&s);
        ck_assert_msg(trace_next(r, &got) == TRACE_GOT, "record %u: %s", i, trace_why(r));
        if (!same_record(&s.now, &got) || memcmp(s.state, trace_state(r), sizeof s.state) != 0) ck_abort_msg("record %u differs", i);
    }
    ck_assert(trace_next(r, &got) == TRACE_END);
    trace_close(r);
}
END_TEST

/* ---- records of a processor ---- */

enum { STEPS = 3000 };
typedef struct { trace_writer_t *writer; u64 records, digest; } to_file_t;

/* All of a record but the bytes of its instruction, which the writer may know already. */
static void mix_record(u64 *digest, const trace_record_t *r)
{
    mix(digest, r->kind), mix(digest, r->faulted), mix(digest, r->continued), mix(digest, r->number), mix(digest, r->linear);
    if (r->kind == TRACE_EVENT) mix(digest, r->source), mix(digest, r->vector), mix(digest, r->has_code ? r->code : 0);
    for (unsigned i = 0; i < r->n_changes; i++) mix(digest, r->change[i].field), mix(digest, r->change[i].value), mix(digest, r->change[i].old);
    for (unsigned i = 0; i < r->n_accesses; i++)
        mix(digest, r->access[i].way), mix(digest, r->access[i].log2_bytes), mix(digest, r->access[i].where), mix(digest, r->access[i].value);
}

static void to_file(void *owner, const trace_record_t *record, u64 identity)
{
    to_file_t *to = owner;
    trace_put(to->writer, record, identity);
    to->records++;
    mix_record(&to->digest, record);
}
static bool file_brief(void *owner, const trace_record_t *record, u64 identity, const u32 *registers, u32 eflags)
{
    to_file_t *to = owner;
    bool told = trace_put_brief(to->writer, record, identity, registers, eflags);
    to->records += told;
    return told;
}
static bool file_knows(void *owner, u32 linear, u64 identity) { return trace_knows(((to_file_t *)owner)->writer, linear, identity); }

/* Returns a digest of the records given to the writer in full. */
static u64 trace_program(twin_t *t, program_mode_t mode, u64 seed, bool l1, bool brief, trace_recorder_t *recorder)
{
    char why[600] = "";
    trace_size_t size;
    twin_prepare(t, mode, seed);
    t->cpu.l1 = cpu_has_l1() && l1;
    to_file_t to = { .writer = create("model: pentium4\n", why, sizeof why) };
    ck_assert_msg(to.writer != NULL, "%s", why);
    recorder->sink = to_file;
    recorder->knows = file_knows;
    recorder->brief = brief ? file_brief : NULL;
    recorder->owner = &to;
    recorder_begin(recorder, &t->cpu);
    trace_begin(to.writer, recorder->state);
    cpu_run(&t->cpu, STEPS);
    recorder_end(recorder, &t->cpu);
    ck_assert_msg(trace_finish(to.writer, &size, why, sizeof why), "%s", why);
    ck_assert_uint_eq(size.records, to.records);
    return to.digest;
}

/* Execute what the records say on the state at the beginning, memory included; the end must be the processor's. */
static void replay(twin_t *t, program_mode_t mode, u64 seed, u64 *digest, unsigned *memories)
{
    static u8 ram[TWIN_RAM + 4];
    static u64 end[TRACE_FIELDS];
    static trace_record_t got;
    static twin_t *fresh;
    char why[600] = "";
    u64 executed = 0;
    bool board_acts = false;                                         /* or paging is on: linear addresses are not where the bytes go */
    if (!fresh) fresh = malloc(sizeof *fresh);
    ck_assert(fresh && twin_init(fresh, MODEL_PENTIUM4));
    twin_prepare(fresh, mode, seed);
    memcpy(ram, fresh->ram, TWIN_RAM);
    cpu_free(&fresh->cpu);
    trace_reader_t *r = trace_open(path, why, sizeof why);
    ck_assert_msg(r != NULL, "%s", why);
    while (trace_next(r, &got) == TRACE_GOT) {
        if (got.kind == TRACE_INSTRUCTION) executed++;
        mix_record(digest, &got);
        if (got.kind == TRACE_INSTRUCTION && (mode == REAL || mode == FLAT0) && !board_acts && range_ok(got.linear, got.length, TWIN_RAM))
            ck_assert_msg(memcmp(ram + got.linear, got.bytes, got.length) == 0, "%s, seed %llu: other bytes at %X", program_modes[mode], (unsigned long long)seed, got.linear);
        board_acts |= trace_state(r)[TRACE_CR0] >> 31 & 1;
        for (unsigned i = 0; i < got.n_accesses; i++)                /* DMA and A20: the board's doing, not the processor's */
            if (got.access[i].way == TRACE_OUT && got.access[i].where >= PROGRAM_PORT + 4) board_acts = true;
        for (unsigned i = 0; i < got.n_accesses; i++)
            if (got.access[i].way == TRACE_WRITE && got.access[i].where < TWIN_RAM) put(ram + got.access[i].where, width_at(got.access[i].log2_bytes), got.access[i].value);
    }
    ck_assert_msg(!*trace_why(r), "%s", trace_why(r));
    recorder_state(&t->cpu, end);
    for (unsigned i = 0; i < TRACE_FIELDS; i++)
        if (end[i] != trace_state(r)[i])
            ck_abort_msg("%s, seed %llu: %s is %llX, the trace says %llX", program_modes[mode], (unsigned long long)seed, trace_field_name(i), (unsigned long long)end[i], (unsigned long long)trace_state(r)[i]);
    *memories += !board_acts && (mode == REAL || mode == FLAT0);
    for (u32 i = 0; i < TWIN_RAM && (mode == REAL || mode == FLAT0) && !board_acts; i++)
        if (ram[i] != t->ram[i])
            ck_abort_msg("%s, seed %llu: %X holds %02X, the trace says %02X", program_modes[mode], (unsigned long long)seed, i, t->ram[i], ram[i]);
    ck_assert_uint_gt(executed, 1);
    trace_close(r);
}

START_TEST(records_tell_what_the_processor_did_and_both_lowerings_the_same)
{
    twin_t *t = malloc(sizeof *t);
    trace_recorder_t *recorder = malloc(sizeof *recorder);
    lacking_quiet(true);
    ck_assert(t && recorder && twin_init(t, MODEL_PENTIUM4) && recorder_init(recorder, RECORD_ALL));
    unsigned memories = 0;
    for (u64 seed = 0; seed < 60; seed++) {
        program_mode_t mode = (program_mode_t)(seed % N_PROGRAM_MODES);
        u64 digest[2] = { 0 };
        for (unsigned l1 = 0; l1 < 2; l1++) {
            u64 given = trace_program(t, mode, seed, l1, l1, recorder);      /* once as lists of changes, once as briefly as can be */
            replay(t, mode, seed, &digest[l1], &memories);
            ck_assert_msg(l1 || digest[l1] == given, "seed %llu: other records are read than were written", (unsigned long long)seed);
        }
        ck_assert_msg(digest[0] == digest[1], "seed %llu", (unsigned long long)seed);
    }
    ck_assert_uint_gt(memories, 4);
    recorder_free(recorder);
    cpu_free(&t->cpu);
    free(recorder);
    free(t);
}
END_TEST

static void last_eflags(void *owner, const trace_record_t *record, u64 identity)
{
    (void)identity;
    for (unsigned i = 0; i < record->n_changes; i++)
        if (record->change[i].field == TRACE_EFLAGS) *(u32 *)owner = (u32)record->change[i].value;
}

/* Result and CF are the same after both additions, AF and OF are not. */
START_TEST(flags_that_differ_only_in_af_or_of_are_told)
{
    static const u8 programs[][8] = { { 0xB0, 0x08, 0x04, 0x08, 0xB0, 0x10, 0x04, 0x00 },       /* mov al, 8; add al, 8; mov al, 10h; add al, 0 */
                                      { 0xB0, 0x40, 0x04, 0x40, 0xB0, 0x80, 0x04, 0x00 } };
    twin_t *t = malloc(sizeof *t);
    trace_recorder_t *recorder = malloc(sizeof *recorder);
    ck_assert(t && recorder && twin_init(t, MODEL_PENTIUM4) && recorder_init(recorder, RECORD_ALL));
    for (unsigned n = 0; n < COUNT_OF(programs); n++) {
        u32 told = 0;
        twin_prepare(t, REAL, n);
        memcpy(t->ram + t->cpu.seg[CS].base + t->cpu.eip, programs[n], sizeof programs[n]);
        cpu_set_eflags(&t->cpu, FLAG_1);
        recorder->sink = last_eflags;
        recorder->knows = NULL;
        recorder->brief = NULL;
        recorder->owner = &told;
        recorder_begin(recorder, &t->cpu);
        cpu_run(&t->cpu, 4);
        recorder_end(recorder, &t->cpu);
        ck_assert_uint_eq(cpu_instructions(&t->cpu), 4);
        ck_assert_uint_eq(told, cpu_eflags(&t->cpu));
    }
    recorder_free(recorder);
    cpu_free(&t->cpu);
    free(recorder);
    free(t);
}
END_TEST

START_TEST(seeking_finds_what_reading_finds)
{
    static trace_record_t straight, sought;
    static u64 state[TRACE_FIELDS];
    char why[600] = "";
    trace_size_t size;
    trace_writer_t *w = create("", why, sizeof why);
    ck_assert(w != NULL);
    trace_begin(w, state);
    for (u64 i = 0; i < 200000; i++) {
        straight = (trace_record_t){ .number = 1000 + i, .linear = (u32)(i * 7 % 5003), .length = 2, .bytes = { (u8)(i % 11), 1 }, .n_changes = 1, .change = { { 0, (u32)(i * i), 0 } } };
        trace_put(w, &straight, 0);
    }
    ck_assert(trace_finish(w, &size, why, sizeof why));
    trace_reader_t *a = trace_open(path, why, sizeof why), *b = trace_open(path, why, sizeof why);
    ck_assert(a && b);
    u64 number = 0;
    while (trace_next(a, &straight) == TRACE_GOT)
        if (straight.number % 9973 == 0) {
            number++;
            ck_assert(trace_seek(b, straight.number) == TRACE_GOT && trace_next(b, &sought) == TRACE_GOT);
            ck_assert(same_record(&straight, &sought) && memcmp(trace_state(a), trace_state(b), sizeof state) == 0);
        }
    ck_assert_uint_gt(number, 10);
    ck_assert(trace_seek(b, 300000) == TRACE_END);
    trace_close(a);
    trace_close(b);
}
END_TEST

/* ---- broken files ---- */

static u8  *file_bytes;
static size_t n_file;

static void keep_file(void)
{
    FILE *f = fopen(path, "rb");
    ck_assert(f && fseek(f, 0, SEEK_END) == 0);
    n_file = (size_t)ftell(f);
    rewind(f);
    file_bytes = malloc(n_file + 1);
    ck_assert(file_bytes && fread(file_bytes, 1, n_file, f) == n_file);
    fclose(f);
}

static void make_file(const u8 *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    ck_assert(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

static char whole_path[80];
static void keep_whole(void)
{
    snprintf(whole_path, sizeof whole_path, "%s-whole", path);
    FILE *f = fopen(whole_path, "wb");
    ck_assert(f && fwrite(file_bytes, 1, n_file, f) == n_file && fclose(f) == 0);
}

typedef struct { u64 records; bool refused, truncated; } outcome_t;

/* Read all there is, and print it: nothing may break. */
static outcome_t read_all(FILE *sink)
{
    static trace_record_t got;
    char why[600] = "";
    outcome_t o = { 0 };
    trace_reader_t *r = trace_open(path, why, sizeof why);
    if (!r) {
        ck_assert_msg(strstr(why, path) && strstr(why, "offset"), "no file and offset: %s", why);
        o.refused = true;
        return o;
    }
    trace_answer_t answer;
    while ((answer = trace_next(r, &got)) == TRACE_GOT) {
        o.records++;
        if (sink && o.records < 40) trace_line(sink, (trace_style_t)(o.records % 3), trace_state(r), &got, MODEL_486);
    }
    o.refused = answer == TRACE_WRONG;
    o.truncated = trace_truncated(r);
    if (o.refused) ck_assert_msg(strstr(trace_why(r), path) && strstr(trace_why(r), "offset"), "no file and offset: %s", trace_why(r));
    trace_close(r);
    return o;
}

/* The same by seeking: what straight reading gives is found, and nothing behind trouble. */
static void seek_all(u64 number)
{
    static trace_record_t got;
    char why[600] = "";
    trace_reader_t *r = trace_open(path, why, sizeof why);
    if (!r) return;
    for (unsigned i = 0; i < 3; i++, number /= 2)
        for (trace_answer_t answer = trace_seek(r, number); answer == TRACE_GOT && (answer = trace_next(r, &got)) == TRACE_GOT && got.number >= number;) {}
    ck_assert(!*trace_why(r) || (strstr(trace_why(r), path) && strstr(trace_why(r), "offset")));
    trace_close(r);
}

/* A side of a comparison, beside the file that it was made from. */
static void diff_with(const char *whole, FILE *sink, bool ignore_devices)
{
    char why[600] = "";
    diff_counts_t n = { 0 };
    diff_input_t *a = input_trace(path, why, sizeof why), *b = a ? input_trace(whole, why, sizeof why) : NULL;
    const diff_options_t o = { .ignore_devices = ignore_devices, .ignore_undefined = true, .most = UINT64_MAX, .out = sink };
    if (a && b && diff_run(a, b, &o, &n, why, sizeof why) == DIFF_TROUBLE) ck_assert_uint_gt(strlen(why), 10);
    else if (a && !b) a->close(a);
}

START_TEST(a_file_cut_anywhere_is_read_to_its_last_whole_block_or_refused)
{
    write_records(60);
    keep_file();
    u64 whole = 0;
    for (size_t n = 0; n < n_file; n++) {
        make_file(file_bytes, n);
        outcome_t o = read_all(NULL);
        if (!o.refused && !(o.truncated && (o.records == 0 || o.records == 60))) ck_abort_msg("cut to %zu bytes", n);
        whole += o.records == 60;
    }
    ck_assert_uint_gt(whole, 0);
    make_file(file_bytes, n_file);
    outcome_t o = read_all(NULL);
    ck_assert(!o.refused && !o.truncated && o.records == 60);
    free(file_bytes);
}
END_TEST

/* Check sums made right again, so that what they protect is tried too: of the header and of each block that its size leads to. */
static void mend(u8 *file, size_t n)
{
    size_t block = 20 + (size_t)get(file + 12, W32);
    if (n < 24 || block + TRACE_BLOCK_HEADER > n) return;
    put(file + block - 4, W32, (u32)crc32(0, file, (unsigned)block - 4));
    while (block + TRACE_BLOCK_HEADER <= n && get(file + block, W32) == TRACE_BLOCK_MARK) {
        u32 packed = get(file + block + 4, W32);
        if (packed <= n - block - TRACE_BLOCK_HEADER) put(file + block + 24, W32, (u32)crc32(0, file + block + TRACE_BLOCK_HEADER, packed));
        put(file + block + 28, W32, (u32)crc32(0, file + block, 28));
        block += TRACE_BLOCK_HEADER + packed;
    }
    if (n < TRACE_TRAILER || get(file + n - 8, W32) != TRACE_TRAILER_MARK) return;
    put(file + n - 4, W32, (u32)crc32(0, file + n - TRACE_TRAILER, TRACE_TRAILER - 4));
}

/* The only block of the kept file a second time. */
static void double_block(void)
{
    size_t block = 20 + get(file_bytes + 12, W32), bytes = TRACE_BLOCK_HEADER + get(file_bytes + block + 4, W32);
    u8 *twice = malloc(n_file + bytes);
    ck_assert(twice && get64(file_bytes + n_file - TRACE_TRAILER) == block + bytes);
    memcpy(twice, file_bytes, block + bytes);
    memcpy(twice + block + bytes, file_bytes + block, n_file - block);
    free(file_bytes);
    file_bytes = twice;
    n_file += bytes;
    put64(file_bytes + n_file - TRACE_TRAILER, block + 2 * bytes);
    mend(file_bytes, n_file);
}

START_TEST(mutated_files_are_refused_or_read_but_break_nothing)
{
    u64 mutations = number_from("TRACE_MUTATIONS", 1500), refused = 0;
    random_t r = { number_from("TRACE_SEED", 1) };
    FILE *sink = fopen("/dev/null", "w");
    write_records(200);
    keep_file();
    double_block();
    u8 *mutant = malloc(n_file);
    ck_assert(mutant && sink);
    make_file(file_bytes, n_file);
    keep_whole();
    outcome_t whole = read_all(NULL);
    ck_assert_msg(whole.records == 400 && !whole.refused && !whole.truncated, "%llu records", (unsigned long long)whole.records);
    for (u64 i = 0; i < mutations; i++) {
        memcpy(mutant, file_bytes, n_file);
        for (u32 flips = 1 + below(&r, 4); flips; flips--) {
            size_t at = chance(&r, 3) ? below(&r, 120) % n_file : (size_t)(random64(&r) % n_file);
            if (chance(&r, 2)) mutant[at] ^= (u8)(1 << below(&r, 8));
            else               mutant[at] = chance(&r, 2) ? 0xFF : (u8)random64(&r);
        }
        if (i & 1) mend(mutant, n_file);
        make_file(mutant, n_file);
        refused += read_all(sink).refused;
        if (i % 4 == 1) seek_all(random64(&r) >> below(&r, 64));
        if (i % 4 == 3) diff_with(whole_path, sink, chance(&r, 2));
    }
    unlink(whole_path);
    printf("%llu of %llu mutated files refused\n", (unsigned long long)refused, (unsigned long long)mutations);
    ck_assert_uint_gt(refused, mutations / 2);
    fclose(sink);
    free(mutant);
    free(file_bytes);
}
END_TEST

/* What is under the compression, mutated: every rule of the records themselves. */
START_TEST(mutated_blocks_break_nothing)
{
    u64 mutations = number_from("TRACE_MUTATIONS", 1500), refused = 0;
    random_t r = { number_from("TRACE_SEED", 1) + 5 };
    FILE *sink = fopen("/dev/null", "w");
    write_records(200);
    keep_file();
    size_t block = 20 + get(file_bytes + 12, W32);
    unsigned long raw = get(file_bytes + block + 8, W32), room = raw + 4096;
    u8 *whole = malloc(raw), *mutant = malloc(raw), *file = malloc(block + TRACE_BLOCK_HEADER + room);
    ck_assert(whole && mutant && file && sink);
    ck_assert_int_eq(uncompress(whole, &raw, file_bytes + block + TRACE_BLOCK_HEADER, get(file_bytes + block + 4, W32)), 0);
    memcpy(file, file_bytes, block + TRACE_BLOCK_HEADER);
    keep_whole();
    for (u64 i = 0; i < mutations; i++) {
        unsigned long packed = room;
        memcpy(mutant, whole, raw);
        for (u32 flips = 1 + below(&r, 3); flips; flips--) mutant[random64(&r) % raw] = (u8)random64(&r);
        compress2(file + block + TRACE_BLOCK_HEADER, &packed, mutant, raw, 1);
        put(file + block + 4, W32, (u32)packed);
        mend(file, block + TRACE_BLOCK_HEADER + packed);
        make_file(file, block + TRACE_BLOCK_HEADER + packed);
        refused += read_all(sink).refused;
        if (i % 4 == 1) seek_all(random64(&r) >> below(&r, 64));
        if (i % 4 == 3) diff_with(whole_path, sink, chance(&r, 2));
    }
    unlink(whole_path);
    printf("%llu of %llu mutated blocks refused\n", (unsigned long long)refused, (unsigned long long)mutations);
    ck_assert_uint_gt(refused, mutations / 4);
    fclose(sink);
    free(whole); free(mutant); free(file); free(file_bytes);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("trace");
    name_file();
    tcase_set_timeout(tc, 1200);
    tcase_add_test(tc, what_is_no_trace_is_not_written_over);
    tcase_add_test(tc, what_is_written_is_read_back);
    tcase_add_test(tc, records_tell_what_the_processor_did_and_both_lowerings_the_same);
    tcase_add_test(tc, flags_that_differ_only_in_af_or_of_are_told);
    tcase_add_test(tc, seeking_finds_what_reading_finds);
    tcase_add_test(tc, a_file_cut_anywhere_is_read_to_its_last_whole_block_or_refused);
    tcase_add_test(tc, mutated_files_are_refused_or_read_but_break_nothing);
    tcase_add_test(tc, mutated_blocks_break_nothing);
    Suite *s = suite_create("trace");
    suite_add_tcase(s, tc);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    remove_file();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
