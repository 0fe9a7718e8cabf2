/* disasm.h - machine code as text: Intel syntax, lower case. */
#pragma once
#include "cpu/cpu.h"

enum { DISASM_BYTES = 112 };     /* no text is longer, its final 0 included */

/* Write the instruction at `code`, of which `available` bytes may be read, to `text` (at most `bytes`, 0-terminated, cut if it does not fit;
 * nothing if bytes is 0).  mode: the mode word; eip: of the instruction, for relative targets.  Returns what decode() returns: the length
 * 1..15; 0: the instruction continues beyond the available bytes; 16: it is longer than 15 bytes. */
unsigned disassemble(u16 mode, model_t model, u32 eip, const u8 *code, unsigned available, char *text, size_t bytes);
