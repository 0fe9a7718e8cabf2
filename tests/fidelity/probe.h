/* probe.h - the recorded set of silicon vectors on whatever executes this program, natively or by emulation.
 *
 * Each vector runs at its own addresses: registers and state are loaded, the instruction is jumped to, and where it ended when it was recorded stands a way back.  Whoever goes
 * elsewhere meets an INT3 or no page, and fails.  Shared (probe.c): laying a vector out and comparing.  A *place* supplies the rest: a Linux process (probe_linux.c), or a
 * machine without an operating system (probe_bare.c).
 *
 * Left out, and counted: vectors whose end overlaps bytes that they name, so that no way back fits there; addresses that the place cannot give; MOV from a segment register where
 * the selectors are others than those of the recording. */
#pragma once
#include "fidelity/moo.h"

typedef enum { PROBE_PASSED, PROBE_EXCEPTION, PROBE_EIP, PROBE_REGISTERS, PROBE_FLAGS, PROBE_MEMORY, PROBE_X87, PROBE_SSE, PROBE_SKIPPED, PROBE_RESULTS } probe_result_t;
extern const char *const probe_names[PROBE_RESULTS];

/* In and out, in the registers' order of ModRM; FXSAVE's images. */
extern u8  probe_fx_in[512], probe_fx_out[512];
extern u32 probe_in[8], probe_flags_in, probe_eip_in, probe_out[8], probe_flags_out;
extern int probe_trap;                                         /* how it ended: -1 at its end; else by this exception or signal */
extern u32 probe_trap_eip;

/* t on this place; data: where it came from. */
probe_result_t probe_run(const moo_test_t *t);
extern unsigned probe_differing;                               /* the byte of FXSAVE's image, for PROBE_X87 and PROBE_SSE */

/* ---- what a place supplies ---- */

extern const unsigned place_end_bytes;                         /* of the way back */
void place_end(u32 linear);                                    /* lay it there */
bool place_page(u32 linear);                                   /* memory there, readable, writable, executable, of bytes CC; or not */
u16  place_cs(void);                                           /* the selector that vectors run with */
void place_execute(u32 end);                                   /* from probe_in and kin; fills probe_out and kin */
bool place_is(int trap, u8 exception);                         /* is the trap what the place makes of this exception? */
