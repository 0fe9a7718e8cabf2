/* layout.h - offsets that C (bda.h, abi.h) and assembly must agree on; C checks them with _Static_assert. */
#pragma once

#define BDA_EBDA_SEGMENT 0x0E

/* regs_t */
#define R_GS 0
#define R_FS 2
#define R_ES 4
#define R_DS 6
#define R_EDI 8
#define R_ESI 12
#define R_EBP 16
#define R_ESP 20
#define R_EBX 24
#define R_EDX 28
#define R_ECX 32
#define R_EAX 36
#define R_HANDLER 40
#define R_FLAGS 42
#define R_SS 44
#define R_LEVEL 46

/* call_t */
#define CALL_EAX 0
#define CALL_EBX 4
#define CALL_ECX 8
#define CALL_EDX 12
#define CALL_ESI 16
#define CALL_EDI 20
#define CALL_DS 24
#define CALL_ES 26
#define CALL_FLAGS 28

/* EBDA: its data, then the stacks. */
#define EBDA_KIB 4
#define EBDA_MAGIC 0x6C706F64           /* "dopl" */
#define EBDA_MAGIC_AT 0x04
#define EBDA_FREE_LEVELS 0x08
#define LEVELS 5
#define LEVEL_BYTES 688
#define LEVEL_STACKS 0x290              /* 0x290 + 5 * 688 = 0x1000 */
