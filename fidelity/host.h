/* host.h - the processor that runs us, where it is an x86. */
#pragma once
#include <stddef.h>

/* "AuthenticAMD family 25 model 17 stepping 1, AMD EPYC": by CPUID.  "" on other hosts. */
void host_processor(char *text, size_t bytes);
