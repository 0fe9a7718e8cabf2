/* eflags.c - the rules of eflags.h. */
#include "cpu/eflags.h"
#include "cpu/model.h"

void flags_write(cpu_t *cpu, u32 value, u32 which)
{
    which &= model_eflags_mask(cpu->model);
    u32 old = cpu_eflags(cpu), now = (old & ~which) | (value & which) | FLAG_1;
    flags_load(&cpu->f, now);
    cpu->eflags = now & ~(u32)FLAGS_STATUS;
    if (now & ~old & (FLAG_IF | FLAG_TF))        /* an interrupt may have waited for this; TF traps after the next one */
        cpu_kick(cpu);
    cpu_mode_changed(cpu);
}

u32 flags_pushed(const cpu_t *cpu, bool resume) { return cpu_eflags(cpu) | (resume ? (u32)FLAG_RF : 0); }

/* V86 with IOPL < 3: the sensitive instructions go to the monitor, or with CR4.VME and 16-bit operands work on VIF. */
static bool sensitive(const cpu_t *cpu)               { return is_v86(cpu) && iopl(cpu) < 3; }
static bool virtual_if(const cpu_t *cpu, width_t w)   { return sensitive(cpu) && cpu->cr4 & CR4_VME && w == W16; }

void flags_check_pop(cpu_t *cpu, u32 value, width_t w)
{
    if (!sensitive(cpu))
        return;
    if (!virtual_if(cpu, w) || value & FLAG_TF || (value & FLAG_IF && cpu->eflags & FLAG_VIP))
        fault(cpu, GP, 0);
}

/* POPF and IRET: the bits both may change.  Vol. 2, POPF, table "Effect of POPF/POPFD on the EFLAGS Register". */
static u32 changeable(const cpu_t *cpu, width_t w)
{
    u32 bits = FLAGS_STATUS | FLAG_TF | FLAG_DF | FLAG_NT;
    if (cpu->cpl <= iopl(cpu)) bits |= FLAG_IF;
    if (cpu->cpl == 0)         bits |= FLAG_IOPL;
    return w == W32 ? bits | FLAG_AC | FLAG_ID : bits;
}

static void pop_flags(cpu_t *cpu, u32 value, width_t w, u32 which)
{
    if (virtual_if(cpu, w)) {
        value = value & FLAG_IF ? value | FLAG_VIF : value & ~(u32)FLAG_VIF;
        which = (which & ~(u32)FLAG_IF) | FLAG_VIF;
    }
    flags_write(cpu, value, which);
}

/* IRET differs: it sets RF from the image, and at CPL 0 VIF and VIP too (vol. 2, IRET, "RETURN-TO-SAME-PRIVILEGE-LEVEL").
 * In real mode VIF, VIP and VM stay: EFLAGS = (image AND 257FD5h) OR (EFLAGS AND 1A0000h). */
void flags_popped(cpu_t *cpu, u32 value, width_t w)
{
    u32 which = changeable(cpu, w);
    if (w == W32) which |= FLAG_RF;
    if (w == W32 && cpu->cpl == 0 && is_protected(cpu)) which |= FLAG_VIF | FLAG_VIP;
    pop_flags(cpu, value, w, which);
}

/* VM and RF are not visible to PUSHF (vol. 2, PUSHF: "EFLAGS AND 00FCFFFFH"). */
u32 PUSHF_value(cpu_t *cpu, width_t w)
{
    u32 image = cpu_eflags(cpu) & ~(u32)(FLAG_VM | FLAG_RF);
    if (!sensitive(cpu))
        return image;
    if (!virtual_if(cpu, w))
        fault(cpu, GP, 0);
    image = cpu->eflags & FLAG_VIF ? image | FLAG_IF : image & ~(u32)FLAG_IF;
    return image | FLAG_IOPL;
}

/* POPF clears RF, and leaves VM, VIF, VIP alone. */
void POPF_value(cpu_t *cpu, width_t w, u32 value)
{
    flags_check_pop(cpu, value, w);
    pop_flags(cpu, value & ~(u32)FLAG_RF, w, changeable(cpu, w) | FLAG_RF);
}

/* IF itself, VIF in its place, or #GP(0).  Vol. 2, CLI, table "Decision Table for CLI Results". */
static u32 interrupt_flag(cpu_t *cpu)
{
    if (!(cpu->cr0 & CR0_PE) || iopl(cpu) >= cpu->cpl)
        return FLAG_IF;
    if (cpu->cpl == 3 && cpu->cr4 & (is_v86(cpu) ? CR4_VME : CR4_PVI))
        return FLAG_VIF;
    fault(cpu, GP, 0);
}

void flags_cli(cpu_t *cpu) { flags_write(cpu, 0, interrupt_flag(cpu)); }

bool flags_sti(cpu_t *cpu)
{
    u32 flag = interrupt_flag(cpu);
    if (flag == FLAG_VIF && cpu->eflags & FLAG_VIP)
        fault(cpu, GP, 0);
    bool was = cpu->eflags & FLAG_IF;
    flags_write(cpu, FLAG_IF | FLAG_VIF, flag);
    return flag == FLAG_IF && !was;
}
