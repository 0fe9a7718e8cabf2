/* float.c - floating-point work in C, for debian-float.case: the guest's compiler makes it for the x87 and for SSE3, with loops
 * made into vectors; guest and host run the same program.  Every line printed holds all bits of what it is about.
 * Left out: what libm computes with FYL2X, FPATAN and kin (float.py has it), whose last bit is each silicon's own. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 4096, SIDE = 48 };
static double a[N], b[N], c[N];
static float fa[N], fb[N], fc[N];
static int32_t ia[N], ib[N];
static int16_t sa[N], sb[N], sc[N];
static uint8_t ba[N], bb[N], bc[N];

static uint64_t seed = 1;
static uint64_t next(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed ^ seed >> 29;
}

static void show(const char *name, const void *from, size_t bytes)        /* FNV-1a */
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < bytes; i++) hash = (hash ^ ((const uint8_t *)from)[i]) * 0x100000001B3u;
    printf("%-12s %016llx\n", name, (unsigned long long)hash);
}

/* Exponents within 2^range of one. */
static void fill(int range)
{
    for (int i = 0; i < N; i++) {
        uint64_t x = next(), y = next();
        a[i] = ldexp((double)(int64_t)x, (int)(next() % (2 * range + 1)) - range - 63);
        b[i] = ldexp((double)(int64_t)y, (int)(next() % (2 * range + 1)) - range - 63);
        fa[i] = (float)a[i];
        fb[i] = (float)b[i];
        ia[i] = (int32_t)x;  ib[i] = (int32_t)y;
        sa[i] = (int16_t)x;  sb[i] = (int16_t)y;
        ba[i] = (uint8_t)x;  bb[i] = (uint8_t)y;
    }
}

#define EACH(NAME, OUT, EXPRESSION) do { for (int i = 0; i < N; i++) OUT[i] = EXPRESSION; show(NAME, OUT, sizeof OUT); } while (0)

static void numbers(void)
{
    EACH("add", c, a[i] + b[i]);          EACH("addf", fc, fa[i] + fb[i]);
    EACH("mul", c, a[i] * b[i]);          EACH("mulf", fc, fa[i] * fb[i]);
    EACH("div", c, a[i] / b[i]);          EACH("divf", fc, fa[i] / fb[i]);
    EACH("sqrt", c, sqrt(fabs(a[i])));    EACH("sqrtf", fc, sqrtf(fabsf(fa[i])));
    EACH("min", c, a[i] < b[i] ? a[i] : b[i]);
    EACH("maxf", fc, fa[i] > fb[i] ? fa[i] : fb[i]);
    EACH("sums", c, a[i] * b[i] + a[N - 1 - i] * 0.3 - b[i]);
    EACH("sumsf", fc, fa[i] * fb[i] + fa[N - 1 - i] * 0.3f - fb[i]);
    EACH("narrow", fc, (float)a[i]);      EACH("widen", c, fa[i]);
    EACH("to-int", ia, (int32_t)fmod(a[i], 2e9));
    EACH("from-int", c, ib[i]);           EACH("from-intf", fc, (float)ib[i]);
    EACH("from-u64", c, (double)((uint64_t)(uint32_t)ib[i] << 31 ^ (uint32_t)i));
    EACH("floor", c, floor(a[i]));        EACH("rint", c, rint(a[i]));
    EACH("remainder", c, remainder(a[i], b[i]));
    EACH("fma", c, fma(a[i], b[i], c[i]));
    EACH("sinf", fc, sinf(fa[i]));        EACH("cosf", fc, cosf(fa[i]));
    EACH("expf", fc, expf(fmodf(fa[i], 80)));
    EACH("logf", fc, logf(fabsf(fa[i]))); EACH("exp2f", fc, exp2f(fmodf(fb[i], 100)));
    EACH("powf", fc, powf(fabsf(fa[i]), fmodf(fb[i], 8)));
    EACH("sin", c, sin(a[i]));            EACH("cos", c, cos(b[i]));
    EACH("erf", c, erf(fmod(a[i], 0.8)));
}

static void integers(void)
{
    EACH("saturate", sc, (int16_t)(sa[i] + sb[i] > 32767 ? 32767 : sa[i] + sb[i] < -32768 ? -32768 : sa[i] + sb[i]));
    EACH("mulhi", sc, (int16_t)(sa[i] * sb[i] >> 16));
    EACH("average", bc, (uint8_t)((ba[i] + bb[i] + 1) >> 1));
    EACH("difference", bc, (uint8_t)(ba[i] > bb[i] ? ba[i] - bb[i] : bb[i] - ba[i]));
    EACH("shift", ia, (ia[i] << (i & 7)) ^ (ib[i] >> 5));
    EACH("product", ia, ia[i] * ib[i]);
    int64_t sum = 0;
    for (int i = 0; i < N; i++) sum += (int64_t)sa[i] * sb[i];
    show("dot", &sum, sizeof sum);
}

static void matrices(void)
{
    static double m[SIDE][SIDE], n[SIDE][SIDE], p[SIDE][SIDE];
    static float q[SIDE][SIDE];
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) { m[i][j] = a[(i * SIDE + j) % N]; n[i][j] = b[(j * SIDE + i) % N]; }
    for (int i = 0; i < SIDE; i++)
        for (int k = 0; k < SIDE; k++)
            for (int j = 0; j < SIDE; j++) { p[i][j] += m[i][k] * n[k][j]; q[i][j] += (float)m[i][k] * (float)n[k][j]; }
    show("product", p, sizeof p);
    show("productf", q, sizeof q);
    for (int k = 0; k < SIDE; k++)
        for (int i = k + 1; i < SIDE; i++) {
            double f = p[i][k] / p[k][k];
            for (int j = k; j < SIDE; j++) p[i][j] -= f * p[k][j];
        }
    show("triangular", p, sizeof p);
}

static void waves(void)                /* a Fourier transform by recurrences, then a wave equation */
{
    for (int half = 1; half < N; half *= 2) {
        double cr = 1, ci = 0, wr = cos(3.14159265358979323846 / half), wi = sin(3.14159265358979323846 / half);
        for (int k = 0; k < half; k++) {
            for (int i = k; i < N; i += 2 * half) {
                double tr = cr * a[i + half] - ci * b[i + half], ti = cr * b[i + half] + ci * a[i + half];
                a[i + half] = a[i] - tr;  b[i + half] = b[i] - ti;
                a[i] += tr;               b[i] += ti;
            }
            double r = cr * wr - ci * wi;
            ci = cr * wi + ci * wr;
            cr = r;
        }
    }
    show("transform", a, sizeof a);
    for (int step = 0; step < 40; step++) {
        for (int i = 1; i < N - 1; i++) c[i] = 2 * b[i] - a[i] + 0.25 * (b[i - 1] - 2 * b[i] + b[i + 1]);
        memcpy(a, b, sizeof a);
        memcpy(b, c, sizeof b);
    }
    show("wave", b, sizeof b);
}

static void text(void)
{
    char line[64];
    for (int i = 0; i < N; i++) {
        snprintf(line, sizeof line, i & 1 ? "%.17g" : "%.6e", a[i]);
        c[i] = strtod(line, NULL);
        snprintf(line, sizeof line, "%.9g", fb[i]);
        fc[i] = strtof(line, NULL);
    }
    show("text", c, sizeof c);
    show("textf", fc, sizeof fc);
}

int main(void)
{
    for (int range = 4; range < 400; range *= 6) {
        printf("exponents within 2^%d\n", range);
        fill(range);
        numbers();
        integers();
        fill(range);
        matrices();
        fill(range);
        waves();
        fill(range);
        text();
    }
    return 0;
}
