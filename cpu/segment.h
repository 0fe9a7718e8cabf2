/* segment.h - segment registers and their hidden parts.  SDM vol. 3A, 3.4.2-3.4.3 "Segment Registers", 5.6 "Privilege Level
 * Checking When Accessing Data Segments", 5.7 "... When Loading the SS Register", 20.1.1 (real mode). */
#pragma once
#include "cpu/cpu.h"

/* What may be accessed through the segment, from attributes and limit; after every change of those and after a state is loaded. */
void segment_derive(segment_t *s);

/* MOV, POP, LDS, LES, LFS, LGS, LSS into ES, SS, DS, FS or GS, in every mode, with all checks. */
void load_segment(cpu_t *cpu, int seg, u16 selector);

/* Real mode and V86: base = selector * 16.  In real mode the limit and the G and B bits stay what they were ("unreal mode");
 * in V86 every segment is 64 KiB with DPL 3.  Does not call cpu_mode_changed: the last of several loads does. */
void segment_set_real(cpu_t *cpu, int seg, u16 selector);

/* A null selector: unusable in protected mode.  Base and limit stay behind, as real mode after it may need them. */
void segment_set_null(segment_t *s, u16 selector);

/* CR0.PE went from 1 to 0: what protected mode left in the hidden parts becomes readable and writable. */
void segments_leave_protected(cpu_t *cpu);
