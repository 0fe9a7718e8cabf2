/* screenshot.h - a frame as a PNG file. */
#pragma once
#include "devices/vga_draw.h"
#include "frontend/say.h"

/* The pixels as the CRTC makes them, without aspect correction; a screen that is off is a black 640x400. */
bool screenshot_write(const vga_frame_t *frame, const char *path, why_t *why);
