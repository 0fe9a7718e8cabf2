/* listing.h - a run of machine code as text: addresses, bytes, labels, instructions. */
#pragma once
#include <stdio.h>
#include "cpu/cpu.h"

typedef struct {
    bool      code32;
    model_t   model;
    u32       at;                        /* address of the first byte */
    const u8 *code;
    size_t    bytes;
    unsigned  most;                      /* instructions; 0: all that the bytes hold */
    bool      explain;                   /* a line about each: what it does, its flags */
} listing_t;

/* Write it all; false: no memory for the labels. */
bool listing_write(FILE *out, const listing_t *l);
