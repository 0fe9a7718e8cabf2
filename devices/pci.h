/* pci.h - a PCI bus as software finds it: configuration mechanism 1, and functions with 256 bytes of configuration space each.
 *
 * A function is a table of registers and two callbacks.  Its base address registers are read from the table: one whose
 * writable mask leaves the lowest bits out decodes as many bytes as the lowest writable bit says (PCI 2.1, 6.2.5.1). */
#pragma once
#include "devices/line.h"
#include "devices/state.h"

enum { PCI_FUNCTIONS = 16, PCI_CONFIG_BYTES = 256, PCI_BARS = 7, PCI_ROM_BAR = 6, PCI_PIRQS = 4 };

/* Registers of the header, PCI 2.1 figure 6-1, and bits of Command (6.2.2). */
enum { PCI_ID = 0x00, PCI_COMMAND = 0x04, PCI_STATUS = 0x06, PCI_CLASS = 0x08, PCI_HEADER = 0x0C, PCI_BAR = 0x10, PCI_SUBSYSTEM = 0x2C, PCI_ROM = 0x30,
       PCI_INTERRUPT = 0x3C };
enum { PCI_IO = 1, PCI_MEMORY = 2, PCI_MASTER = 4 };

/* One register: 1, 2 or 4 bytes at `at`; its value after reset, the bits software can write, and those that a written 1 clears. */
typedef struct { u8 at, bytes; u32 value, writable, clear; } pci_register_t;

struct pci;
typedef struct pci_function {
    const char *name;
    u8    devfn;                     /* device << 3 | function */
    const pci_register_t *rows;
    unsigned n_rows;
    void *chip;
    /* A base address register decodes `base` now, or (enabled false) nothing.  NULL: it has none. */
    void (*place)(void *chip, unsigned bar, u32 base, bool enabled);
    /* Bytes [at, +bytes) of the configuration space were written, or all of it was reset or loaded (at 0, 256 bytes). */
    void (*written)(void *chip, unsigned at, unsigned bytes);

    struct pci *bus;
    bool  intx;                      /* asserts its interrupt pin */
    u8    config[PCI_CONFIG_BYTES];
    u8    writable[PCI_CONFIG_BYTES], clear[PCI_CONFIG_BYTES];   /* from the table */
    struct { u32 base; bool enabled; } placed[PCI_BARS];         /* derived */
} pci_function_t;

typedef struct pci {
    pci_function_t *function[PCI_FUNCTIONS];
    unsigned n_functions;
    u32    memory_first, memory_end; /* what the host bridge passes on: memory ranges outside are not decoded */
    line_t pirq[PCI_PIRQS];          /* the board's four interrupt wires, true: somebody asserts */
    u32    address;                  /* CONFADD */
    bool   pirq_level[PCI_PIRQS];    /* derived */
} pci_t;

void pci_init(pci_t *pci, u32 memory_first, u32 memory_end);
/* Put a function on the bus; rows, chip and callbacks are set in it.  false: no room, or the place is taken. */
bool pci_add(pci_t *pci, pci_function_t *function);
void pci_reset(pci_t *pci);
void pci_interrupt(pci_function_t *function, bool level);    /* its INTx pin */
INLINE u32 pci_get(const pci_function_t *f, unsigned at, width_t w) { return get(f->config + (at & (PCI_CONFIG_BYTES - (unsigned)w / 8)), w); }

/* CF8h: only whole dwords are CONFADD. */
u32  pci_address_read(void *pci);
void pci_address_write(void *pci, u32 value);
/* CFCh-CFFh, inside the dword: a wide row of the port table. */
u32  pci_data_read(void *pci, u16 reg, width_t w);
void pci_data_write(void *pci, u16 reg, width_t w, u32 value);
void pci_walk(pci_t *pci, walker_t *w);      /* the bus and every function's configuration space */
