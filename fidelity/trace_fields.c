/* trace_fields.c - the names of a trace's fields: docs/trace-format.md, "Fields". */
#include "fidelity/trace_format.h"

#define SEGMENTS(part) "es" part, "cs" part, "ss" part, "ds" part, "fs" part, "gs" part, "ldtr" part, "tr" part
#define EIGHT(what, part) what "0" part, what "1" part, what "2" part, what "3" part, what "4" part, what "5" part, what "6" part, what "7" part
#define NAMES(first, ...) static const char *const first##_names[] = { __VA_ARGS__ };

NAMES(general, "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eflags")
NAMES(cpl, "cpl")
NAMES(selector, SEGMENTS(""))
NAMES(base, SEGMENTS(".base"))
NAMES(limit, SEGMENTS(".limit"))
NAMES(attributes, SEGMENTS(".attributes"))
NAMES(control, "cr0", "cr2", "cr3", "cr4", "efer")
NAMES(debug, EIGHT("dr", ""))
NAMES(tables, "gdtr.base", "gdtr.limit", "idtr.base", "idtr.limit", "sysenter_cs", "sysenter_esp", "sysenter_eip")
NAMES(x87_low, EIGHT("r", ".significand"))
NAMES(x87_high, EIGHT("r", ".exponent"))
NAMES(x87, "fcw", "fsw", "ftw", "fop", "fip", "fcs", "fdp", "fds")
NAMES(xmm_low, EIGHT("xmm", ".low"))
NAMES(xmm_high, EIGHT("xmm", ".high"))
NAMES(mxcsr, "mxcsr")

typedef struct { u8 first, count, digits; const char *const *names; } row_t;
#define ROW(first, digits, names) { first, COUNT_OF(names##_names), digits, names##_names }
static const row_t rows[] = {
    ROW(TRACE_EAX, 8, general), ROW(TRACE_CPL, 1, cpl), ROW(TRACE_SELECTOR, 4, selector), ROW(TRACE_BASE, 8, base), ROW(TRACE_LIMIT, 8, limit),
    ROW(TRACE_ATTRIBUTES, 4, attributes), ROW(TRACE_CR0, 8, control), ROW(TRACE_DR, 8, debug), ROW(TRACE_GDTR_BASE, 8, tables),
    ROW(TRACE_X87_LOW, 16, x87_low), ROW(TRACE_X87_HIGH, 4, x87_high), ROW(TRACE_X87_CONTROL, 4, x87),
    ROW(TRACE_XMM_LOW, 16, xmm_low), ROW(TRACE_XMM_HIGH, 16, xmm_high), ROW(TRACE_MXCSR, 8, mxcsr),
};

static const row_t *row_of(unsigned field)
{
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (field - rows[i].first < rows[i].count) return &rows[i];
    return NULL;
}

const char *trace_field_name(unsigned field)
{
    const row_t *row = row_of(field);
    return row ? row->names[field - row->first] : NULL;
}

unsigned trace_field_digits(unsigned field)
{
    const row_t *row = row_of(field);
    return row ? row->digits : 16;
}

int trace_field_find(const char *name)
{
    for (unsigned field = 0; field < TRACE_FIELDS; field++)
        if (trace_field_name(field) && strcmp(trace_field_name(field), name) == 0) return (int)field;
    return -1;
}
