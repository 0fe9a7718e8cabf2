/* cold.c - 156,000 different instructions run once: the 600 functions of shared/bench/src/flat.c, each called once.  speed.sh links it with them. */
#include "kern.h"
extern u32 k_big(u32);
void mark(u32 c, u32 v);
void kmain(void) { mark('C', k_big(1)); }
