/* keyboard.h - shared by keyboard.c (INT 09h) and keyread.c (INT 16h). */
#pragma once
#include "system.h"
u32  key_after(u32 offset);
bool key_store(u32 code);
