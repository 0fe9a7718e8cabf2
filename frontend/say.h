/* say.h - one clear sentence for the person, on stderr or handed upwards. */
#pragma once
#include "mem/base.h"

/* Why something was refused; the text is a sentence without "doppel: " and without a full stop at its end. */
typedef struct { char text[1024]; } why_t;

/* Fills in the reason and is false, so that `return refuse(why, ...)` reads as what it means. */
bool refuse(why_t *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "doppel: ...\n" on stderr, wiping a progress line if one stands there. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The one-line progress of long headless runs; "" wipes it.  Nothing is written unless stderr is a terminal. */
void say_progress(const char *text);

/* Libraries that talk on stderr while they look for devices are not heard between these two. */
int  say_hush(void);
void say_again(int hushed);

/* Host time since some fixed moment, ns; only for pacing, never for the machine. */
u64  host_now(void);
