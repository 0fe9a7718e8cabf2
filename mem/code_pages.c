/* code_pages.c - the map of decoded code.  See code_pages.h. */
#include "mem/code_pages.h"
#include <stdlib.h>

bool code_pages_init(code_pages_t *code, u32 ram_bytes)
{
    code->n_pages = ram_bytes >> 12;
    code->page = calloc(code->n_pages ? code->n_pages : 1, sizeof *code->page);
    return code->page != NULL;
}

void code_pages_free(code_pages_t *code)
{
    free(code->page);
    *code = (code_pages_t){ 0 };
}

void code_pages_clear(code_pages_t *code) { memset(code->page, 0, code->n_pages * sizeof *code->page); }
