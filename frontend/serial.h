/* serial.h - where the bytes of a serial, parallel or debug port go, and where those it receives come from. */
#pragma once
#include "frontend/say.h"

typedef enum { PORT_NULL, PORT_STDIO, PORT_FILE, PORT_PTY } port_kind_t;
enum { PORT_BUFFER = 1 << 16 };
typedef struct {
    port_kind_t kind;
    int   in, out;                /* descriptors, -1: none */
    bool  input_ended, failed;
    char  name[256];              /* for messages: "-serial file:x" */
    u32   used;
    u8    buffer[PORT_BUFFER];    /* gathered until port_flush */
} port_t;

/* destination: stdio, file:PATH, null, pty; NULL is null.  A pty's name is said on stderr. */
bool port_open(port_t *port, const char *option, const char *destination, why_t *why);
void port_put(port_t *port, u8 byte);
void port_flush(port_t *port);                              /* once per slice; a failure is said once */
unsigned port_get(port_t *port, u8 *to, unsigned most);     /* what has come; never waits */
void port_close(port_t *port);
