/* script.h - driving the machine by commands in a file (INTERFACE, "Scripts"; docs/scripts.md). */
#pragma once
#include "devices/pc.h"
#include "frontend/say.h"

typedef enum {
    SCRIPT_WAIT, SCRIPT_WAIT_SERIAL, SCRIPT_TYPE, SCRIPT_TYPE_SERIAL, SCRIPT_KEY, SCRIPT_MOUSE, SCRIPT_INSERT, SCRIPT_EJECT, SCRIPT_SLEEP,
    SCRIPT_SCREENSHOT, SCRIPT_TEXT, SCRIPT_DISASM, SCRIPT_HASH, SCRIPT_RESET, SCRIPT_NMI, SCRIPT_QUIT
} script_verb_t;

typedef struct {
    script_verb_t verb;
    unsigned  line;              /* in the file, from 1 */
    char     *text;              /* what is waited for or typed, a file's name, or an address */
    u64       ns;                /* WAIT: how long at most; SLEEP */
    pc_key_t  keys[8]; unsigned n_keys;
    s16       dx, dy, dz; u8 buttons;
    u8        drive;             /* INSERT, EJECT */
    int       status;            /* QUIT; DISASM: how many instructions */
} script_command_t;

typedef struct {
    char     *name;
    script_command_t *command;
    unsigned  commands, at;      /* at: the one that runs */
    bool      begun;             /* it has begun, at virtual time `since` */
    u64       since;
    size_t    typed;             /* TYPE, TYPE_SERIAL: characters handed over */
} script_t;

/* The whole file is read and checked before the machine starts. */
script_t *script_load(const char *path, why_t *why);
script_t *script_parse(const char *name, const char *content, size_t bytes, why_t *why);
void      script_free(script_t *script);
bool      script_done(const script_t *script);

/* What a script does to its surroundings, so that it can be tested without a machine. */
typedef struct {
    void  *owner;
    bool (*screen_shows)(void *owner, const char *text);
    bool (*serial_sent)(void *owner, const char *text);          /* since the last text found */
    bool (*typing)(void *owner);                                 /* keys are still under way */
    bool (*type)(void *owner, unsigned character);               /* false: no room now, ask again later */
    void (*receive)(void *owner, u8 byte);                       /* COM1 receives it */
    void (*keys)(void *owner, const pc_key_t *keys, unsigned n);
    void (*act)(void *owner, const script_command_t *command);   /* MOUSE, RESET, NMI, HASH */
    bool (*file)(void *owner, const script_command_t *command, why_t *why);   /* INSERT, EJECT, SCREENSHOT, TEXT, DISASM */
} script_host_t;

typedef enum { SCRIPT_GOES_ON, SCRIPT_ENDED, SCRIPT_FAILED_WAIT, SCRIPT_FAILED } script_result_t;
/* Do what is due at virtual time `now`.  ENDED: *status is the exit status; FAILED...: why says it. */
script_result_t script_step(script_t *script, u64 now, const script_host_t *host, int *status, why_t *why);
