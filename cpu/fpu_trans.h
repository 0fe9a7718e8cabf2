/* fpu_trans.h - the transcendental functions of the x87: FSIN FCOS FPTAN FPATAN F2XM1 FYL2X FYL2XP1, as values.
 * SDM vol. 1, 8.3.7 and 8.3.10; vol. 2A, the tables of each instruction. */
#pragma once
#include "cpu/float80.h"

/* Each is correct to less than 0.51 units in the last place, in all rounding modes on the right side of the exact value, but for the
 * argument of sine, cosine and tangent, which is reduced with the hardware's pi of 66 bits (8.3.8).  *far: |x| >= 2^63, nothing was done (C2). */
f80_t f80_sin(float_env_t *e, f80_t x, bool *far);
f80_t f80_cos(float_env_t *e, f80_t x, bool *far);
f80_t f80_tan(float_env_t *e, f80_t x, bool *far);
f80_t f80_atan2(float_env_t *e, f80_t y, f80_t x);             /* FPATAN: y = ST(1), x = ST(0) */
f80_t f80_2xm1(float_env_t *e, f80_t x);
f80_t f80_yl2x(float_env_t *e, f80_t y, f80_t x);
f80_t f80_yl2xp1(float_env_t *e, f80_t y, f80_t x);
