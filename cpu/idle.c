/* idle.c - recognising a guest that waits by running in circles.  See idle.h. */
#include "cpu/idle.h"
#include <stddef.h>
#include "cpu/access.h"

enum { REST_FIRST = offsetof(cpu_t, eflags), REST_BYTES = offsetof(cpu_t, model) - REST_FIRST, FIRST_SPAN = 32 };

static void give_up(idle_t *idle, cpu_t *cpu)
{
    idle->given_up = true;
    cpu_stop(cpu);
}

static void begin_rounds(idle_t *idle, cpu_t *cpu, u32 eip, u64 now)
{
    memcpy(idle->anchor_r, cpu->r, sizeof idle->anchor_r);
    idle->anchor_eip = eip;
    idle->next_anchor = now + FIRST_SPAN + 2 * (now - idle->anchor_at);        /* so that a circle of any length is met */
    idle->anchor_at = now;
    idle->round = idle->returns = 0;
    idle->returns_in_round = 1;
    idle->disturbed = false;
    idle->n_words = 0;
    memset(idle->word, 0, sizeof idle->word);
}

static bool state_came_back(const idle_t *idle, const cpu_t *cpu)
{
    return !memcmp(idle->rest, (const u8 *)cpu + REST_FIRST, REST_BYTES) && !memcmp(idle->seg, cpu->seg, sizeof idle->seg)
        && !memcmp(&idle->f, &cpu->f, sizeof idle->f);
}

/* What the second round left in memory is what the first had left there. */
static bool memory_came_back(const idle_t *idle)
{
    for (u32 n = 0; n < IDLE_WORDS; n++) {
        const idle_word_t *w = &idle->word[n];
        if (w->written[1] & (~w->written[0] | (w->value[0] ^ w->value[1])))
            return false;
    }
    return true;
}

/* The registers are at this instruction what they were at the anchor. */
static void round_over(idle_t *idle, cpu_t *cpu, u32 eip, u64 now)
{
    if (++idle->returns < idle->returns_in_round)
        return;
    idle->returns = 0;
    if (idle->round == 1) {
        if (state_came_back(idle, cpu) && memory_came_back(idle)) {
            idle->period = now - idle->anchor_at;
            cpu_stop(cpu);
            return;
        }
        unsigned longer = idle->returns_in_round * 2;          /* memory may take several turns of the registers to come back */
        begin_rounds(idle, cpu, eip, now);
        idle->returns_in_round = longer;
        return;
    }
    memcpy(idle->rest, (const u8 *)cpu + REST_FIRST, REST_BYTES);
    memcpy(idle->seg, cpu->seg, sizeof idle->seg);
    idle->f = cpu->f;
    idle->round = 1;
    idle->next_anchor += 2 * (now - idle->anchor_at);
    idle->anchor_at = now;
}

static void watch_instruction(observer_t *self, cpu_t *cpu, u32 eip, unsigned length)
{
    idle_t *idle = (idle_t *)self;
    (void)length;
    if (idle->given_up || idle->period)
        return;
    u64 now = cpu_instructions(cpu);
    bool accessed = *idle->accesses != idle->accesses_before;
    idle->accesses_before = *idle->accesses;
    if (accessed || idle->disturbed || now >= idle->next_anchor)
        begin_rounds(idle, cpu, eip, now);
    else if (eip == idle->anchor_eip && now > idle->anchor_at && !memcmp(idle->anchor_r, cpu->r, sizeof idle->anchor_r))
        round_over(idle, cpu, eip, now);
}

static idle_word_t *word_at(idle_t *idle, u32 word)
{
    u32 n = word * 0x9E3779B1u >> 23 & (IDLE_WORDS - 1);
    while (idle->word[n].written[0] | idle->word[n].written[1]) {
        if (idle->word[n].word == word)
            return &idle->word[n];
        n = (n + 1) & (IDLE_WORDS - 1);
    }
    if (++idle->n_words > IDLE_WORDS / 2)
        return NULL;
    idle->word[n].word = word;
    return &idle->word[n];
}

static void watch_byte(idle_t *idle, cpu_t *cpu, u32 physical, u32 byte)
{
    idle_word_t *w = word_at(idle, physical / 4);
    if (!w) {
        give_up(idle, cpu);
        return;
    }
    unsigned at = physical % 4 * 8, round = idle->round;
    w->value[round] = (w->value[round] & ~(0xFFu << at)) | (byte & 0xFF) << at;
    w->written[round] |= 0xFFu << at;
}

/* Physical addresses, because two linear ones may mean the same memory. */
static void watch_memory(observer_t *self, cpu_t *cpu, u32 linear, width_t w, u32 value, bool write)
{
    idle_t *idle = (idle_t *)self;
    if (!write || idle->given_up || idle->period)
        return;
    paging_t paging = cpu_paging(cpu);
    for (unsigned i = 0; i < w / 8 && !idle->given_up; i++) {
        mmu_result_t t = mmu_translate(cpu->bus, &paging, linear + i, ACCESS_READ, false, true);
        if (t.ok && t.physical <= UINT32_MAX) watch_byte(idle, cpu, (u32)t.physical & cpu->bus->a20_mask, value >> 8 * i);
        else                                  give_up(idle, cpu);
    }
}

static void watch_event(observer_t *self, cpu_t *cpu, event_kind_t kind, u8 vector, bool has_code, u32 code)
{
    (void)cpu; (void)kind; (void)vector; (void)has_code; (void)code;
    ((idle_t *)self)->disturbed = true;
}

void idle_begin(idle_t *idle, cpu_t *cpu, const u64 *accesses)
{
    idle->observer = (observer_t){ .before = watch_instruction, .memory = watch_memory, .event = watch_event };
    idle->given_up = false;
    idle->period = 0;
    idle->accesses = accesses;
    idle->accesses_before = *accesses;
    idle->anchor_at = cpu_instructions(cpu);
    begin_rounds(idle, cpu, cpu->eip, idle->anchor_at);
    cpu_observe(cpu, &idle->observer);
}

u64 idle_end(idle_t *idle, cpu_t *cpu)
{
    cpu_observe(cpu, NULL);
    return idle->given_up ? 0 : idle->period;
}
