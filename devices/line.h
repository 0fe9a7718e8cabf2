/* line.h - one wire: a chip's output pin soldered to another chip's input pin. */
#pragma once
#include "mem/base.h"

typedef void line_fn(void *chip, int pin, bool level);
typedef struct { line_fn *set; void *chip; int pin; } line_t;

INLINE void line_set(const line_t *line, bool level)
{
    if (line->set)
        line->set(line->chip, line->pin, level);
}
