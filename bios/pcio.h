/* pcio.h - the port addresses of the board, named as in the IBM AT Technical Reference. */
#pragma once
#include "abi.h"

enum {
    PIC1 = 0x20, PIC1_MASK = 0x21, PIC2 = 0xA0, PIC2_MASK = 0xA1, EOI = 0x20,
    PIT_0 = 0x40, PIT_1 = 0x41, PIT_2 = 0x42, PIT_CONTROL = 0x43,
    KBC_DATA = 0x60, KBC_STATUS = 0x64, KBC_COMMAND = 0x64, PORT_B = 0x61,
    CMOS_INDEX = 0x70, CMOS_DATA = 0x71, POST_CODE = 0x80, PORT_A = 0x92, DEBUG_OUT = 0xE9,
    FDC_DOR = 0x3F2, FDC_MSR = 0x3F4, FDC_DATA = 0x3F5, FDC_DIR = 0x3F7, FDC_CCR = 0x3F7,
    FPU_BUSY = 0xF0, ELCR1 = 0x4D0, ELCR2 = 0x4D1,
};

INLINE u8   cmos_read(u32 index)          { out8(CMOS_INDEX, index); return in8(CMOS_DATA); }
INLINE void cmos_write(u32 index, u32 v)  { out8(CMOS_INDEX, index); out8(CMOS_DATA, v); }
INLINE void eoi1(void) { out8(PIC1, EOI); }
INLINE void eoi2(void) { out8(PIC2, EOI); out8(PIC1, EOI); }

/* Bit 4 of port 61h toggles with every memory refresh: 15.085 us (AT Technical Reference). */
INLINE void delay(u32 microseconds)
{
    u32 last = in8(PORT_B) & 0x10;
    for (u32 n = microseconds / 15 + 1; n; n--) {
        u32 patience = 1000;                    /* a board without the toggle must not hang us */
        while ((in8(PORT_B) & 0x10) == last && --patience)
            ;
        last ^= 0x10;
    }
}
