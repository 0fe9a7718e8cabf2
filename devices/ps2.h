/* ps2.h - the six-pin plug between the keyboard controller and a keyboard or mouse.
 *
 * On the cable a byte is 11 bits at 10 to 16.7 kHz (IBM PS/2 Hardware Interface Technical Reference, "Keyboard/Auxiliary Device
 * Controller", signals): the controller decides when a device may send by holding the clock line, a device with something to say
 * waits.  Here a device raises `attention` while it has a byte; the controller takes it when the time of a byte has passed. */
#pragma once
#include "devices/line.h"

enum { PS2_BYTE_NS = 660000 };           /* 11 bits at 16.7 kHz */

typedef struct {
    bool (*ready)(void *device);         /* there is a byte for the controller */
    u8   (*take)(void *device);          /* the controller received it */
    void (*give)(void *device, u8 byte); /* the controller sent one */
    void  *device;                       /* NULL: nothing plugged in */
} ps2_plug_t;
