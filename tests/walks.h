/* walks.h - what every chip's state walk must do, said once for all chip tests.
 *
 * Randomise, save, clear, load: saving again must give the same bytes and the hash must agree.  A blob that is cut short or
 * has a wrong byte in a name or size must be refused, never crash. */
#pragma once
#include "devices/state.h"

/* walk: the chip's own walk; clear: brings the chip to its power-on state.  Returns what went wrong, or NULL. */
static inline const char *walk_round_trip(void *chip, void (*walk)(void *chip, walker_t *w), void (*clear)(void *chip), u64 seed)
{
    blob_t first = { 0 }, second = { 0 };
    const char *wrong = NULL;
    walker_t w = walk_randomiser(seed);
    walk(chip, &w);
    w = walk_hasher(), walk(chip, &w);
    u64 hash = w.hash;
    w = walk_saver(&first), walk(chip, &w);
    clear(chip);
    w = walk_hasher(), walk(chip, &w);
    if (w.hash == hash) wrong = "clearing changes nothing: the walk sees no field";
    w = walk_loader(&first), walk(chip, &w);
    if (w.failed) wrong = "a saved state is refused";
    if (w.at != first.bytes) wrong = "loading leaves bytes over";
    w = walk_saver(&second), walk(chip, &w);
    if (first.bytes != second.bytes || memcmp(first.data, second.data, first.bytes) != 0) wrong = "saved again differs";
    w = walk_hasher(), walk(chip, &w);
    if (w.hash != hash) wrong = "the hash differs";
    blob_t cut = first;
    for (cut.bytes = 0; cut.bytes < first.bytes; cut.bytes++) {
        w = walk_loader(&cut), walk(chip, &w);
        if (!w.failed) wrong = "a state cut short is accepted";
    }
    blob_free(&first);
    blob_free(&second);
    return wrong;
}
