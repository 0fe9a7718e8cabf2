/* kbc.c - bytes to and from the 8042.  IBM AT Technical Reference, "Keyboard controller".
 * Status bit 0: output buffer full, bit 1: input buffer full, bit 5: the byte is the mouse's. */
#include "system.h"

/* About 1 ms in each wait for the controller itself, half a second for a device behind it. */
bool kbc_empty_input(void)
{
    for (u32 n = 0; n < 1000; n++) {
        if (!(in8(KBC_STATUS) & 2))
            return true;
        delay(15);
    }
    return false;
}

bool kbc_write(u32 port, u32 value)
{
    bool free = kbc_empty_input();
    out8((u16)port, value);
    return free;
}

bool kbc_read(u8 *value)
{
    for (u32 n = 0; n < 35000; n++) {
        if (in8(KBC_STATUS) & 1) {
            *value = in8(KBC_DATA);
            return true;
        }
        delay(15);
    }
    return false;
}
