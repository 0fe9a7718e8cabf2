/* touch.c - see touch.h. */
#include "fidelity/touch.h"
#include "cpu/segment.h"
#include "fidelity/flat.h"

enum { TRIES = 24 };                                           /* pages that an instruction may ask for */

static void on_memory(observer_t *self, cpu_t *cpu, u32 linear, width_t w, u32 value, bool write)
{
    toucher_t *t = (toucher_t *)(void *)self;
    (void)cpu, (void)value;
    if (t->n_touched == MOST_TOUCHED) t->too_many = true;
    else t->touched[t->n_touched++] = (touched_t){ linear, (u8)(w / 8), write };
}
static void on_instruction(observer_t *self, cpu_t *cpu, u32 eip, unsigned length) { (void)self, (void)cpu, (void)eip, (void)length; }

bool toucher_open(toucher_t *t, bool (*page)(void *, u32, u8 *), void *owner)
{
    memset(t, 0, sizeof *t);
    t->observer = (observer_t){ .before = on_instruction, .memory = on_memory };
    t->page = page;
    t->owner = owner;
    return vector_machine_open(&t->machine, MODEL_PENTIUM4, false, false);
}

void toucher_close(toucher_t *t) { vector_machine_close(&t->machine); }

static bool load_page(toucher_t *t, u32 linear)
{
    vector_machine_t *m = &t->machine;
    u32 page = linear & ~(u32)(PAGE_BYTES - 1);
    u8 copy[PAGE_BYTES];
    for (unsigned i = 0; i < m->flat.n_frames; i++)
        if (m->flat.linear[i] == page) return false;           /* it is there: another reason */
    if (!t->page(t->owner, page, copy) || !flat_map(m, page)) return false;
    u32 at = flat_place(m, page);
    memcpy(m->ram + at, copy, PAGE_BYTES);
    cpu_memory_written(&m->cpu, at, PAGE_BYTES);
    return true;
}

static void set_base(segment_t *s, u32 base)
{
    s->base = base;
    segment_derive(s);
}

void toucher_run(toucher_t *t, const moo_test_t *test, bool whole)
{
    cpu_t *cpu = &t->machine.cpu;
    u32 asked[TRIES];
    unsigned n_asked = 0;
    flat_clear(&t->machine);
    load_page(t, test->before.r[MOO_EIP]);
    for (unsigned i = 0; i < TRIES; i++) {
        vector_begin_program(&t->machine, &t->v, test);
        set_base(&cpu->seg[FS], t->fs_base);
        set_base(&cpu->seg[GS], t->gs_base);
        cpu_mode_changed(cpu);
        t->n_touched = 0;
        t->too_many = false;
        cpu_observe(cpu, &t->observer);
        if (!whole) t->v.rep = 0;
        flat_run(&t->machine, &t->v);
        cpu_observe(cpu, NULL);
        if (t->v.fault != PF_FAULT || !load_page(t, cpu->cr2)) break;
        asked[n_asked++] = cpu->cr2;
    }
    t->n_accesses = t->n_touched;
    for (unsigned i = 0; i < n_asked; i++)                     /* some only ask whether they might: CLFLUSH, a store that an exception prevents */
        if (t->n_touched < MOST_TOUCHED) t->touched[t->n_touched++] = (touched_t){ asked[i], 1, false };
}

bool state_name_byte(moo_state_t *s, u32 linear, u8 value)
{
    for (u32 i = 0; i < s->n_ram; i++)
        if (s->ram[i].physical == linear) return true;
    if (s->n_ram == MOO_MAX_RAM) return false;
    s->ram[s->n_ram++] = (moo_byte_t){ linear, value };
    return true;
}

bool toucher_name(const toucher_t *t, moo_state_t *s, bool (*read)(void *, u32, u8 *), void *owner)
{
    u8 value = 0;
    for (unsigned k = 0; k < t->n_touched; k++)
        for (u32 i = 0; i < t->touched[k].bytes; i++)
            if (!read(owner, t->touched[k].linear + i, &value) || !state_name_byte(s, t->touched[k].linear + i, value)) return false;
    return !t->too_many;
}
