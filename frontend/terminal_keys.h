/* terminal_keys.h - from the bytes a terminal sends to the keys that were meant. */
#pragma once
#include "frontend/keymap.h"

typedef struct { u8 bytes[16]; u32 n; u64 since; } terminal_keys_t;     /* an unfinished sequence, and when it began */

/* One more byte at host time `now`; true: *stroke is a key. */
bool terminal_key(terminal_keys_t *t, u8 byte, u64 now, stroke_t *stroke);
/* Nothing more came: an ESC alone is the Esc key after 50 ms. */
bool terminal_key_alone(terminal_keys_t *t, u64 now, stroke_t *stroke);
