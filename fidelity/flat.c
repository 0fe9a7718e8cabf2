/* flat.c - see flat.h. */
#include "fidelity/flat.h"
#include "cpu/segment.h"

enum { DIRECTORY = VECTOR_BYTES, PAGE_RIGHTS = 7 /* present, writable, user */, ITERATIONS = 1 << 17 };

static u32 table_at(unsigned n) { return DIRECTORY + (1 + n) * PAGE_BYTES; }

void flat_clear(vector_machine_t *m)
{
    for (unsigned i = 0; i < m->flat.n_frames; i++) put(m->ram + DIRECTORY + 4 * (m->flat.linear[i] >> 22), W32, 0);
    m->flat.n_frames = m->flat.n_tables = 0;
    cpu_flush_tlb(&m->cpu, true);
}

bool flat_map(vector_machine_t *m, u32 linear)
{
    vector_flat_t *f = &m->flat;
    u32 page = linear & ~(u32)(PAGE_BYTES - 1);
    u8 *entry = m->ram + DIRECTORY + 4 * (linear >> 22);
    for (unsigned i = 0; i < f->n_frames; i++)
        if (f->linear[i] == page) return true;
    if (f->n_frames == VECTOR_FRAMES) return false;
    if (!(get(entry, W32) & 1)) {
        if (f->n_tables == VECTOR_TABLES - 1) return false;
        memset(m->ram + table_at(f->n_tables), 0, PAGE_BYTES);
        put(entry, W32, table_at(f->n_tables++) | PAGE_RIGHTS);
    }
    u32 table = get(entry, W32) & ~(u32)(PAGE_BYTES - 1);
    put(m->ram + table + 4 * (linear >> 12 & 0x3FF), W32, (VECTOR_RAM + f->n_frames * PAGE_BYTES) | PAGE_RIGHTS);
    f->linear[f->n_frames++] = page;
    return true;
}

u32 flat_place(const vector_machine_t *m, u32 linear)
{
    for (unsigned i = 0; i < m->flat.n_frames; i++)
        if (m->flat.linear[i] == (linear & ~(u32)(PAGE_BYTES - 1))) return VECTOR_RAM + i * PAGE_BYTES + (linear & (PAGE_BYTES - 1));
    return VECTOR_RAM;
}

static void set_flat(segment_t *s, u16 selector, bool code)
{
    if (!(selector & ~3u)) {
        segment_set_null(s, selector);
        return;
    }
    *s = (segment_t){ .selector = selector, .limit = 0xFFFFFFFF,
                      .attributes = (u16)(SEG_BIG | SEG_GRANULAR | SEG_PRESENT | SEG_S | (selector & 3u) << 5 | (code ? SEG_CODE | SEG_READABLE : SEG_WRITABLE) | 1 /* accessed */) };
    segment_derive(s);
}

void flat_registers(vector_machine_t *m, const vector_run_t *v)
{
    static const u8 places[N_SEGMENTS] = { [ES] = MOO_ES, [CS] = MOO_CS, [SS] = MOO_SS, [DS] = MOO_DS, [FS] = MOO_FS, [GS] = MOO_GS };
    cpu_t *cpu = &m->cpu;
    for (int n = 0; n < N_SEGMENTS; n++) set_flat(&cpu->seg[n], (u16)v->given[places[n]], n == CS);
    cpu->cpl = (u8)(v->given[MOO_CS] & 3);
    cpu->cr0 = (cpu->cr0 & ~(u32)(CR0_CD | CR0_NW)) | CR0_PE | CR0_PG | CR0_WP | CR0_NE;
    cpu->cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
    cpu->cr3 = DIRECTORY;
    cpu->seg[TR].limit = 0;                                    /* no I/O map: ports are #GP */
    cpu->gdtr.limit = cpu->idtr.limit = 0;                     /* no descriptor: an exception ends the run */
    cpu_flush_tlb(cpu, true);
    cpu_mode_changed(cpu);
}

void flat_run(vector_machine_t *m, vector_run_t *v)
{
    cpu_t *cpu = &m->cpu;
    u64 faults = cpu->count.faults;
    u32 eip = cpu->eip;
    unsigned n = 0;
    do cpu_run(cpu, cpu_instructions(cpu) + 1);
    while (v->rep && !cpu->shut_down && cpu->eip == eip && ++n < ITERATIONS);
    bool faulted = cpu->count.faults != faults && cpu->chain_length;
    v->fault = faulted ? cpu->chain[0].vector : -1;
    v->halted = faulted ? v->t->has_exception && v->t->exception == v->fault : !cpu->shut_down;
}
