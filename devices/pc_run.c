/* pc_run.c - the machine in time: running, waiting, inputs, and questions from its owner.
 *
 * Time is the number of retired instructions scaled by the nominal rate, plus the time spent halted or in slow bus cycles.  A deadline is the first instruction at
 * or after the next alarm, so that every alarm rings between the same two instructions in every run. */
#include "devices/pc_inside.h"

#define NS_PER_SECOND 1000000000u
#define FAR_AHEAD ((u64)1000 * NS_PER_SECOND)                /* ns: longer waits are cut, so that products fit */

static u32 rate(const pc_t *pc) { return pc->ips > UINT32_MAX ? UINT32_MAX : (u32)pc->ips; }

u64 pc_time_of(const pc_t *pc, u64 instructions)
{
    return pc->base_now + muldiv64(instructions - pc->base_instructions, NS_PER_SECOND, rate(pc));
}

u64 pc_instruction_at(const pc_t *pc, u64 when)
{
    if (when <= pc->base_now)
        return pc->base_instructions;
    u64 wait = when - pc->base_now;
    if (wait > FAR_AHEAD + (pc->clock.now - pc->base_now))
        return UINT64_MAX;
    u64 n = pc->base_instructions + muldiv64(wait, rate(pc), NS_PER_SECOND);
    while (pc_time_of(pc, n) < when)
        n++;
    return n;
}

/* ---- device accesses ---- */

void pc_before_access(void *self)
{
    pc_t *pc = self;
    u64 now = pc_time_of(pc, cpu_instructions(&pc->cpu));
    if (now > pc->clock.now)
        pc->clock.now = now;
}

/* The processor stood still while a slow bus cycle ran; the time stamp counter went on. */
static void take_waits(pc_t *pc)
{
    pc->cpu.tsc_offset += muldiv64(pc->bus.waited, rate(pc), NS_PER_SECOND);
    pc->base_now += pc->bus.waited;
    pc->bus.waited = 0;
}

void pc_after_access(void *self)
{
    pc_t *pc = self;
    if (pc->bus.waited)
        take_waits(pc);
    if (pc->clock.next == VCLOCK_NEVER)
        return;
    u64 due = pc_instruction_at(pc, pc->clock.next);
    if (due < pc->cpu.deadline)
        cpu_set_deadline(&pc->cpu, due);
}

void pc_ask_stop(pc_t *pc, pc_stop_t why)
{
    pc->stop = why;
    cpu_stop(&pc->cpu);
}

/* ---- inputs ---- */

static input_t *input_at(pc_t *pc, u32 n) { return &pc->input[(pc->input_first + n) & (PC_INPUTS - 1)]; }

void pc_post(pc_t *pc, const input_t *input)
{
    input_t *last = pc->input_count ? input_at(pc, pc->input_count - 1) : NULL;
    if (last && last->kind == INPUT_MOUSE && input->kind == INPUT_MOUSE && last->buttons == input->buttons && pc->input_count > PC_INPUTS / 2) {
        last->dx = (s16)(last->dx + input->dx);
        last->dy = (s16)(last->dy + input->dy);
        last->dz = (s16)(last->dz + input->dz);
        return;
    }
    if (pc->input_count == PC_INPUTS) {
        lacking("more than 1024 waiting inputs: some are lost");
        return;
    }
    input_t *slot = input_at(pc, pc->input_count++);
    *slot = *input;
    if (last && slot->at < last->at)
        slot->at = last->at;
}

static void set_rate(pc_t *pc, u64 ips)
{
    u64 instructions = cpu_instructions(&pc->cpu);
    pc->base_now = pc_time_of(pc, instructions);
    pc->base_instructions = instructions;
    pc->ips = ips ? ips : 1;
}

static void change_medium(pc_t *pc, unsigned drive, disk_t *disk)
{
    unsigned n = drive - PC_FLOPPIES;
    if (drive < PC_FLOPPIES) {
        pc->config.floppy[drive] = disk;
        fdc_insert(&pc->fdc, drive, disk);
    } else if (n < PC_DISKS && !pc->config.disk[n] && ata_present(&pc->ide[n / 2].drive[n % 2])) {
        pc->config.cdrom[n] = disk;
        ide_change_medium(&pc->ide[n / 2], n % 2, disk);
    }
}

static void take_input(pc_t *pc, const input_t *in)
{
    switch (in->kind) {
    case INPUT_KEY:          keyboard_key(&pc->keyboard, in->key, in->down); break;
    case INPUT_MOUSE:        mouse_move(&pc->mouse, in->dx, in->dy, in->dz, in->buttons); break;
    case INPUT_SERIAL:       uart_receive(&pc->uart[in->port & (PC_SERIALS - 1)], in->byte); break;
    case INPUT_MEDIUM:       change_medium(pc, in->drive, in->disk); break;
    case INPUT_RESET:        pc->stop = STOP_RESET; break;
    case INPUT_POWER_BUTTON: piix_pm_power_button(&pc->pm); break;
    case INPUT_IPS:          set_rate(pc, in->ips); break;
    case INPUT_NMI:          if (!pc->rtc.nmi_masked) { apic_lint(&pc->apic, 1, true); apic_lint(&pc->apic, 1, false); } break;
    }
}

static void take_inputs(pc_t *pc)
{
    while (pc->input_count && input_at(pc, 0)->at <= cpu_instructions(&pc->cpu)) {
        input_t in = *input_at(pc, 0);
        pc->input_first = (pc->input_first + 1) & (PC_INPUTS - 1);
        pc->input_count--;
        pc->circle.period = 0;
        take_input(pc, &in);
    }
}

/* ---- running ---- */

static u64 least(u64 a, u64 b) { return a < b ? a : b; }

/* Halted: time passes without instructions until something may wake the processor.  The time stamp counter runs on. */
static void sleep_until(pc_t *pc, u64 when)
{
    u64 now = pc->clock.now;
    if (when <= now)
        return;
    u64 instructions = cpu_instructions(&pc->cpu);
    pc->cpu.tsc_offset += muldiv64(least(when - now, FAR_AHEAD), rate(pc), NS_PER_SECOND);
    pc->base_now = when;
    pc->base_instructions = instructions;
}

static bool can_wake(const pc_t *pc) { return (pc->cpu.eflags & FLAG_IF) || pc->cpu.nmi_pending || pc->cpu.intr; }

/* Looking costs some fifty times what running does, so a busy guest is looked at ever more rarely.  Short waits are not worth it. */
enum { TRIAL = 8192, SHORT_PAUSE = 100 * 1000, LONG_PAUSE = 100 * 1000 * 1000 };

/* Watch for a circle, for a short while. */
static cpu_stop_t try_for_circle(pc_t *pc)
{
    cpu_t *cpu = &pc->cpu;
    idle_begin(&pc->idle, cpu, &pc->bus.accesses);
    cpu_stop_t why = cpu_run(cpu, cpu_instructions(cpu) + TRIAL);
    pc->circle.period = idle_end(&pc->idle, cpu);
    pc->trial_pause = pc->circle.period ? SHORT_PAUSE : least(2 * pc->trial_pause + SHORT_PAUSE, LONG_PAUSE);
    pc->next_trial = cpu_instructions(cpu) + (pc->circle.period ? 0 : pc->trial_pause);
    return why == CPU_STOPPED && pc->stop == STOP_NONE ? CPU_DEADLINE : why;
}

/* Count the rounds that end before instruction `to`, and remember where and when that was. */
static void skip_rounds(pc_t *pc, u64 to)
{
    cpu_t *cpu = &pc->cpu;
    u64 now = cpu_instructions(cpu), skipped = now < to ? (to - now) / pc->circle.period * pc->circle.period : 0;
    cpu_skip(cpu, skipped);
    pc->skipped += skipped;
    pc->circle.at = cpu_instructions(cpu);
    pc->circle.eip = cpu->eip;
    pc->circle.interrupts = cpu->count.interrupts;
    pc->circle.faults = cpu->count.faults;
    pc->circle.written = cpu->count.written;
    pc->circle.ports = pc->bus.accesses;
}

/* Nothing has run, and nobody has changed anything, since rounds were last skipped; and nothing is about to be delivered. */
static bool still_circling(const pc_t *pc)
{
    const cpu_t *cpu = &pc->cpu;
    return pc->circle.period && pc->circle.at == cpu_instructions(cpu) && pc->circle.eip == cpu->eip && !cpu->intr && !cpu->nmi_pending
        && pc->circle.interrupts == cpu->count.interrupts && pc->circle.faults == cpu->count.faults
        && pc->circle.written == cpu->count.written && pc->circle.ports == pc->bus.accesses;
}

/* Run to instruction `to`, or count what an idling guest would have done until then. */
static cpu_stop_t run_or_skip(pc_t *pc, u64 to)
{
    cpu_t *cpu = &pc->cpu;
    u64 now = cpu_instructions(cpu);
    if (cpu->observer || now >= to)
        return cpu_run(cpu, to);
    if (!still_circling(pc)) {
        pc->circle.period = 0;
        if (to - now < 4 * TRIAL)
            return cpu_run(cpu, to);
        if (now < pc->next_trial)
            return cpu_run(cpu, least(to, pc->next_trial));
        cpu_stop_t why = try_for_circle(pc);
        if (why != CPU_DEADLINE || !pc->circle.period)
            return why;
        to = least(to, pc_instruction_at(pc, pc->clock.next)); /* a device may have been given something to do since */
    }
    skip_rounds(pc, to);
    u64 left = to - least(to, cpu_instructions(cpu));          /* less than a round: it is made, and belongs to the circle */
    cpu_stop_t why = left ? cpu_run(cpu, to) : CPU_DEADLINE;
    pc->circle.at += left;
    pc->circle.eip = cpu->eip;
    return why;
}

/* One stretch of execution; STOP_NONE: go on. */
static pc_stop_t run_stretch(pc_t *pc, u64 until)
{
    u64 to = least(least(pc->limit, counters_due(&pc->cpu)), least(pc_instruction_at(pc, until), pc_instruction_at(pc, pc->clock.next)));
    if (pc->input_count)
        to = least(to, input_at(pc, 0)->at);
    switch (run_or_skip(pc, to)) {
    case CPU_SHUTDOWN: return STOP_TRIPLE_FAULT;
    case CPU_HALTED:
        pc->clock.now = pc_time_of(pc, cpu_instructions(&pc->cpu));
        if (!can_wake(pc))
            return STOP_IDLE;
        sleep_until(pc, least(until, pc->clock.next));
        return STOP_NONE;
    default: return STOP_NONE;
    }
}

/* What a chip asked for while instructions ran. */
static pc_stop_t asked(pc_t *pc)
{
    pc_stop_t why = pc->stop;
    if (why == STOP_BREAK) {                                 /* a reset of the processor alone: see pc.c */
        pc->stop = STOP_NONE;
        apic_reset(&pc->apic);
        pc->circle.period = 0;
        cpu_reset(&pc->cpu);
        return STOP_NONE;
    }
    return why;
}

pc_stop_t pc_run(pc_t *pc, u64 until, u64 instructions)
{
    u64 start = cpu_instructions(&pc->cpu);
    pc->limit = instructions > UINT64_MAX - start ? UINT64_MAX : start + instructions;
    for (;;) {
        vclock_advance(&pc->clock, pc_time_of(pc, cpu_instructions(&pc->cpu)));
        if (counters_due(&pc->cpu) <= cpu_instructions(&pc->cpu) && counters_overflow(&pc->cpu))
            apic_counter(&pc->apic);
        take_inputs(pc);                                     /* after the clock: a key's time must not depend on where runs were cut */
        pc_stop_t why = asked(pc);
        if (why != STOP_NONE)
            return why;
        if (pc->clock.now >= until || cpu_instructions(&pc->cpu) >= pc->limit)
            return STOP_NONE;
        why = run_stretch(pc, until);
        if (why != STOP_NONE && asked(pc) == STOP_NONE)
            return why;
    }
}

/* ---- questions ---- */

u64   pc_now(const pc_t *pc)                    { return pc->clock.now; }
u64   pc_instructions(const pc_t *pc)           { return cpu_instructions(&pc->cpu); }
bool  pc_halted(const pc_t *pc)                 { return pc->cpu.halted; }
u8    pc_exit_code(const pc_t *pc)              { return pc->exit_code; }
const char *pc_explain(const pc_t *pc)          { return pc->cpu.explanation; }
u8    pc_leds(const pc_t *pc)                   { return keyboard_leds(&pc->keyboard); }
bool  pc_mouse_wanted(const pc_t *pc)           { return mouse_wanted(&pc->mouse); }
const struct vga *pc_vga(const pc_t *pc)        { return &pc->vga; }
struct cpu *pc_cpu(pc_t *pc)                    { return &pc->cpu; }
struct bus *pc_bus(pc_t *pc)                    { return &pc->bus; }
bool  pc_peek(pc_t *pc, u32 linear, void *to, u32 bytes) { return cpu_peek(&pc->cpu, linear, to, bytes); }

bool pc_show(pc_t *pc, vga_frame_t *frame)
{
    if (vga_look(&pc->vga))
        bus_tell_again(&pc->bus, pc->vga_pci.lfb);
    return vga_update(&pc->vga, frame);
}

u64 pc_vga_generation(const pc_t *pc) { return vga_generation(&pc->vga); }

static disk_t *drive_medium(pc_t *pc, unsigned n) 
{
    if (n < PC_FLOPPIES)
        return pc->config.floppy[n];
    n -= PC_FLOPPIES;
    return pc->config.disk[n] ? pc->config.disk[n] : pc->config.cdrom[n];
}

bool pc_disk_trouble(pc_t *pc, char *text, size_t text_bytes)
{
    for (unsigned n = 0; n < PC_FLOPPIES + PC_DISKS; n++) {
        disk_t *disk = drive_medium(pc, n);
        if (!disk || !disk->trouble[0])
            continue;
        size_t length = strlen(disk->trouble);
        if (length >= text_bytes) length = text_bytes - 1;
        memcpy(text, disk->trouble, length);
        text[length] = 0;
        disk->trouble[0] = 0;
        return true;
    }
    return false;
}

bool pc_drive_active(const pc_t *pc, unsigned *floppies, unsigned *disks)
{
    *floppies = fdc_active(&pc->fdc);
    *disks = 0;
    for (unsigned n = 0; n < PC_DISKS; n++)
        if (ide_active(&pc->ide[n / 2], n % 2))
            *disks |= 1u << n;
    return *floppies || *disks;
}

void pc_stats(const pc_t *pc, pc_stats_t *stats)
{
    const cpu_t *cpu = &pc->cpu;
    *stats = (pc_stats_t){ .interrupts = cpu->count.interrupts, .faults = cpu->count.faults, .tlb_misses = cpu->count.tlb_misses,
                           .ports = pc->bus.accesses, .skipped = pc->skipped, .memory_bytes = pc->config.ram_bytes + pc->vga.vram_bytes + sizeof *pc };
    cpu_count_blocks(cpu, &stats->blocks_built, &stats->blocks_killed);
}
