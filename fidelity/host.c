/* host.c - see host.h.  SDM vol. 2, CPUID: leaves 0, 1, 80000002h-80000004h; figure 3-6 (family and model). */
#include "fidelity/host.h"
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

void host_processor(char *text, size_t bytes)
{
    unsigned a = 0, b = 0, c = 0, d = 0, brand[13] = { 0 }, vendor[4] = { 0 };
    __get_cpuid(0, &a, &vendor[0], &vendor[2], &vendor[1]);
    __get_cpuid(1, &a, &b, &c, &d);
    for (unsigned i = 0; i < 3; i++) __get_cpuid(0x80000002 + i, &brand[4 * i], &brand[4 * i + 1], &brand[4 * i + 2], &brand[4 * i + 3]);
    unsigned family = a >> 8 & 15, model = a >> 4 & 15;
    if (family == 6 || family == 15) model |= a >> 12 & 0xF0;
    if (family == 15) family += a >> 20 & 0xFF;
    snprintf(text, bytes, "%s family %u model %u stepping %u, %s", (const char *)vendor, family, model, a & 15, (const char *)brand);
}
#else
void host_processor(char *text, size_t bytes)
{
    if (bytes) text[0] = 0;
}
#endif
