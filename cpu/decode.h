/* decode.h - from bytes to an op.  A pure function of the bytes, EIP, the mode word and the model. */
#pragma once
#include "cpu/tables.h"

enum { MAX_INSTRUCTION = 15 };

typedef struct {
    op_t   op;                   /* all but run, target and count */
    cold_t cold;
    bool   modrm_used;
    u8     modrm, opcode_low;
    u16    opcode;               /* 100h + second byte for the two-byte map */
    row_t  row;                  /* its line in opcodes.def, groups resolved */
} decoded_t;

/* Decode one instruction at `code`, of which `available` bytes may be read.  Returns its length 1..15; 0: it continues beyond the
 * available bytes; MAX_INSTRUCTION + 1: it is longer than 15 bytes (#GP).  An invalid encoding decodes as UD. */
unsigned decode(u16 mode, model_t model, u32 eip, const u8 *code, unsigned available, decoded_t *out);
