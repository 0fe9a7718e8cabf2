/* base.h - the few words every other file speaks. */
#pragma once
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8; typedef uint16_t u16; typedef uint32_t u32; typedef uint64_t u64;
typedef int8_t s8; typedef int16_t s16; typedef int32_t s32; typedef int64_t s64;

/* Operand widths, in bits, so that shifts and masks read naturally. */
typedef enum { W8 = 8, W16 = 16, W32 = 32 } width_t;

/* INLINE functions take constants (a width, an operand kind) and vanish:
 * they are how one body becomes many fast handlers.  COLD ones never inline. */
#define INLINE static inline __attribute__((always_inline))
#define COLD   __attribute__((noinline, cold))
#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

INLINE u32 mask(width_t w)        { return 0xFFFFFFFFu >> (32 - w); }
INLINE u32 sext(width_t w, u32 v) { return (u32)((s32)(v << (32 - w)) >> (32 - w)); }

/* [offset, offset + bytes) lies inside an object of `size` bytes; cannot wrap. */
INLINE bool range_ok(u64 offset, u64 bytes, u64 size) { return bytes <= size && offset <= size - bytes; }

/* Guest memory and registers are little-endian byte arrays, on every host. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#  define LE16(v) __builtin_bswap16(v)
#  define LE32(v) __builtin_bswap32(v)
#  define LE64(v) __builtin_bswap64(v)
#else
#  define LE16(v) ((u16)(v))
#  define LE32(v) ((u32)(v))
#  define LE64(v) ((u64)(v))
#endif

INLINE u32 get(const void *p, width_t w)
{
    u8 b; u16 h; u32 d;
    switch (w) {
    case W8:  memcpy(&b, p, 1); return b;
    case W16: memcpy(&h, p, 2); return LE16(h);
    default:  memcpy(&d, p, 4); return LE32(d);
    }
}

INLINE void put(void *p, width_t w, u32 v)
{
    u8 b = (u8)v; u16 h = LE16((u16)v); u32 d = LE32(v);
    switch (w) {
    case W8:  memcpy(p, &b, 1); break;
    case W16: memcpy(p, &h, 2); break;
    default:  memcpy(p, &d, 4); break;
    }
}

INLINE u64 get64(const void *p) { u64 q; memcpy(&q, p, 8); return LE64(q); }
INLINE void put64(void *p, u64 v) { u64 q = LE64(v); memcpy(p, &q, 8); }

/* a * b / c without overflow for the ranges time needs: a any, b and c below 2^32 (c > 0). */
INLINE u64 muldiv64(u64 a, u32 b, u32 c) { return a / c * b + a % c * b / c; }

/* The guest used something this emulator does not have: said once per text on stderr, counted, and the
 * guest goes on in its own terms.  Never changes machine state. */
COLD void lacking(const char *what);
/* Messages said so far (for tests and -stats). */
unsigned lacking_count(void);
/* Say nothing on stderr (tests, fuzzing). */
void lacking_quiet(bool quiet);
