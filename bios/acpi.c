#include "tables.h"
void acpi_start(void) {}
