/* block.c - building, finding and killing decoded blocks.  See block.h. */
#include "cpu/block.h"
#include <stdlib.h>
#include "cpu/access.h"
#include "cpu/edges.h"
#include "cpu/link.h"
#include "cpu/lowering.h"
#include "mem/host_memory.h"

static const lowering_t *lowering(const cpu_t *cpu) { return cpu->l1 ? &lowering_l1 : &lowering_l0; }

static void learn_pairs(block_cache_t *b, const lowering_t *low);

/* ---- the arena ---- */

bool blocks_init(cpu_t *cpu)
{
    block_cache_t *b = calloc(1, sizeof *b);
    if (!b)
        return false;
    cpu->blocks = b;
    b->ops = memory_reserve(ARENA_OPS * sizeof *b->ops);
    b->cold = memory_reserve(ARENA_OPS * sizeof *b->cold);
    b->blocks = memory_reserve(ARENA_OPS / OPS_PER_BLOCK * sizeof *b->blocks);
    b->head = calloc(HEAD_BITS / 64, sizeof *b->head);
    b->most_ops = ARENA_STEP;
    b->hash = calloc(BLOCK_HASH, sizeof(block_t *));
    b->page = calloc(cpu->code.n_pages ? cpu->code.n_pages : 1, sizeof(block_t *));
    b->jump = calloc(JUMP_CACHE, sizeof *b->jump);
    b->pairs = calloc(PAIR_SLOTS, sizeof *b->pairs);
    if (!b->pairs || !b->head || !b->ops || !b->cold || !b->blocks || !b->hash || !b->page || !b->jump) {
        blocks_free(cpu);
        return false;
    }
    learn_pairs(b, &lowering_l1);
    b->n_ops = SCRATCH_OPS;
    cpu->ops = b->ops;
    cpu->cold = b->cold;
    return true;
}

void blocks_free(cpu_t *cpu)
{
    block_cache_t *b = cpu->blocks;
    if (!b)
        return;
    memory_release(b->ops, ARENA_OPS * sizeof *b->ops);
    memory_release(b->cold, ARENA_OPS * sizeof *b->cold);
    memory_release(b->blocks, ARENA_OPS / OPS_PER_BLOCK * sizeof *b->blocks);
    free(b->hash);
    free(b->page);
    free(b->jump);
    free(b->pairs);
    free(b->head);
    free(b);
    cpu->blocks = NULL;
}

void blocks_flush(cpu_t *cpu)
{
    block_cache_t *b = cpu->blocks;
    if (b->n_blocks) {                                         /* else nobody has entered anything */
        memset(b->hash, 0, BLOCK_HASH * sizeof(block_t *));
        memset(b->head, 0, HEAD_BITS / 8);
        memset(b->page, 0, cpu->code.n_pages * sizeof(block_t *));
        memset(b->jump, 0, JUMP_CACHE * sizeof *b->jump);
    }
    b->n_ops = SCRATCH_OPS;
    b->n_blocks = 0;
    b->generation++;
    code_pages_clear(&cpu->code);
    cpu_renew_maps(cpu);
}

/* ---- keys ---- */

static u32 hash_of(u32 physical, u32 eip, u16 mode)
{
    u32 h = (physical ^ eip << 16 ^ mode) * 0x9E3779B1u;
    return h >> 15 & (BLOCK_HASH - 1);
}

static void mark_page(cpu_t *cpu, block_t *block, int which, u32 physical, u32 bytes)
{
    u32 n = physical >> 12;
    if (n >= cpu->code.n_pages)
        return;
    if (!cpu->code.page[n]) {                                  /* first code here: stores must take the slow path from now on */
        tlb_protect(&cpu->tlb_of[0], cpu->bus->ram + ((size_t)n << 12), PAGE_BYTES);
        tlb_protect(&cpu->tlb_of[1], cpu->bus->ram + ((size_t)n << 12), PAGE_BYTES);
    }
    cpu->code.page[n] |= granules(physical & 0xFFF, bytes);
    block->next_on_page[which] = cpu->blocks->page[n];
    cpu->blocks->page[n] = block;
}

/* How many of the block's bytes lie in its first page. */
static u32 bytes_in_first(const block_t *b)
{
    u32 room = PAGE_BYTES - (b->physical & 0xFFF);
    return b->bytes < room ? b->bytes : room;
}

/* But for its second page. */
static bool has_key(const cpu_t *cpu, const block_t *b, u32 physical, u32 eip)
{
    return b->physical == physical && b->eip == eip && b->mode == cpu->mode && b->limit == cpu->seg[CS].limit;
}

static u32 head_bit(u32 physical) { return (physical ^ physical >> 20) & (HEAD_BITS - 1); }

/* Does a block for this place begin here, that one may fall into? */
static bool known_head(const cpu_t *cpu, u32 physical, u32 eip)
{
    u32 bit = head_bit(physical);
    if (!(cpu->blocks->head[bit / 64] >> bit % 64 & 1))
        return false;
    const block_t *b = cpu->blocks->hash[hash_of(physical, eip, cpu->mode)];
    while (b && !has_key(cpu, b, physical, eip))
        b = b->next_hashed;
    return b != NULL;
}

static void enter(cpu_t *cpu, block_t *block, bool ram)
{
    u32 bit = head_bit(block->physical);
    cpu->blocks->head[bit / 64] |= (u64)1 << bit % 64;
    block_t **head = &cpu->blocks->hash[hash_of(block->physical, block->eip, block->mode)];
    block->next_hashed = *head;
    *head = block;
    if (!ram)
        return;
    u32 first = bytes_in_first(block);
    mark_page(cpu, block, 0, block->physical, first);
    if (block->second_page != NO_PAGE)
        mark_page(cpu, block, 1, block->second_page, block->bytes - first);
}

/* ---- building ---- */

typedef struct {
    cpu_t  *cpu;
    op_t   *ops;
    cold_t *cold;
    u32     n, instructions;
    u32     eip, physical, first_eip;                          /* of the next instruction; of the block */
    u32     branch[BLOCK_MAX + 1], n_branches;                 /* ops that want a stub */
    bool    linkable;
} builder_t;

static op_t *emit(builder_t *b, const op_t *op, const cold_t *cold)
{
    b->ops[b->n] = *op;
    b->cold[b->n] = *cold;
    return &b->ops[b->n++];
}

static void emit_observer(builder_t *b)
{
    op_t op = { .run = lowering(b->cpu)->observe, .count = (u8)b->instructions };
    cold_t cold = { .eip = b->eip, .instr = I_OBSERVE };
    emit(b, &op, &cold);
}

static void emit_instruction(builder_t *b, decoded_t *d, unsigned length)
{
    if (b->cpu->mode & MODE_WATCH)
        emit_observer(b);
    d->op.count = (u8)++b->instructions;
    d->op.run = lowering(b->cpu)->generic;
    if (instructions[d->cold.instr].shape == SHAPE_branch)
        b->branch[b->n_branches++] = b->n;
    emit(b, &d->op, &d->cold);
    if (d->cold.instr == I_RET)
        b->ops[b->n - 1].stamp = 0;                            /* its inline cache is empty */
    b->eip += length;
}

static void emit_fetch_fault(builder_t *b)
{
    op_t op = { .run = lowering(b->cpu)->fetch_fault, .count = (u8)++b->instructions };
    cold_t cold = { .eip = b->eip, .instr = I_FETCH_FAULT };
    emit(b, &op, &cold);
}

/* INTO goes on behind itself when OF is clear. */
static bool ends_block(u16 instr)
{
    u8 shape = instructions[instr].shape;
    return (shape == SHAPE_flow && instr != I_INT_O) || instr == I_JMP || instr == I_CALL || instr == I_UD2 || instr == I_HLT;
}

static void emit_fall(builder_t *b)
{
    op_t op = { .run = lowering(b->cpu)->fall, .count = (u8)b->instructions, .disp = b->eip };
    cold_t cold = { .eip = b->eip, .instr = I_FALL };
    b->branch[b->n_branches++] = b->n;
    emit(b, &op, &cold);
}

/* Every edge starts at a stub that will find its target. */
static void emit_stubs(builder_t *b)
{
    for (u32 i = 0; i < b->n_branches; i++) {
        op_t *owner = &b->ops[b->branch[i]];
        op_t stub = { .run = lowering(b->cpu)->link, .disp = owner->disp, .imm = b->physical - b->first_eip };
        cold_t cold = { .eip = b->physical, .instr = I_LINK };
        op_t *made = emit(b, &stub, &cold);
        set_target(owner, made);
        if (b->linkable) set_target(made, owner);              /* else 0: itself */
    }
}

/* An op that can neither fault nor be seen between its neighbours: its flag effects alone decide. */
static bool transparent(const cold_t *c)
{
    switch (instructions[c->instr].shape) {
    case SHAPE_update: case SHAPE_examine: case SHAPE_assign: case SHAPE_extend: case SHAPE_modify: case SHAPE_change:
    case SHAPE_shift: case SHAPE_double: case SHAPE_ternary: case SHAPE_scan: case SHAPE_choose:
        return c->dst_kind != M && c->src_kind != M;
    default:
        return c->instr == I_LEA || c->instr == I_NOP || c->instr == I_CBW || c->instr == I_CWD;
    }
}

/* The flags that an op is sure to write: shifts depend on their count. */
static u16 surely_written(const cold_t *c, const op_t *op)
{
    const instr_t *in = &instructions[c->instr];
    if (in->shape != SHAPE_shift)
        return in->writes;
    if (c->src_kind != I || !(op->imm & 31))
        return 0;
    return c->instr == I_SHL || c->instr == I_SHR || c->instr == I_SAR ? FLAGS_STATUS : FLAG_CF | FLAG_OF;
}

/* A direct jump beyond the code segment's limit: its L0 body faults, specialised handlers do not look. */
static bool leaves_segment(const builder_t *b, u32 i)
{
    return instructions[b->cold[i].instr].shape == SHAPE_branch && b->ops[i].disp > b->cpu->seg[CS].limit;
}

static u32 pair_slot(run_fn *first, run_fn *second)
{
    u64 h = (u64)(uintptr_t)first * 0x9E3779B97F4A7C15u ^ (u64)(uintptr_t)second * 0xC2B2AE3D27D4EB4Fu;
    return (u32)(h >> 40) & (PAIR_SLOTS - 1);
}

/* The table of pairs, hashed by both handlers: addresses are known only now. */
static void learn_pairs(block_cache_t *b, const lowering_t *low)
{
    for (unsigned n = 0; low->pairs && n < *low->n_pairs && n < PAIR_SLOTS / 2; n++) {
        u32 slot = pair_slot(low->pairs[n].first, low->pairs[n].second);
        while (b->pairs[slot].both)
            slot = (slot + 1) & (PAIR_SLOTS - 1);
        b->pairs[slot] = low->pairs[n];
    }
}

static run_fn *pair_of(const block_cache_t *b, run_fn *first, run_fn *second)
{
    for (u32 slot = pair_slot(first, second); b->pairs[slot].both; slot = (slot + 1) & (PAIR_SLOTS - 1))
        if (b->pairs[slot].first == first && b->pairs[slot].second == second)
            return b->pairs[slot].both;
    return NULL;
}

/* One handler for op i and the one behind it, where there is one; op i + 1 keeps its own.  `next` is that op's handler before it was paired
 * itself, or NULL; returns op i's. */
static run_fn *join(builder_t *b, u32 i, run_fn *next)
{
    const lowering_t *low = lowering(b->cpu);
    op_t *op = &b->ops[i];
    if (!low->select)
        return NULL;
    run_fn *fused = i + 1 < b->n && !leaves_segment(b, i + 1) ? low->fuse(b->cpu->mode, op, &b->cold[i], &b->cold[i + 1]) : NULL;
    run_fn *own = fused ? fused : op->run, *pair = fused || !next ? NULL : pair_of(b->cpu->blocks, own, next);
    op->run = pair ? pair : own;
    return own;
}

/* Choose specialised handlers, from the end so that flags known to be overwritten can be dropped: only where no fault,
 * exit or reader lies between an op and the one that overwrites them. */
static void specialise(builder_t *b)
{
    const lowering_t *low = lowering(b->cpu);
    u16 mode = b->cpu->mode, live = FLAGS_STATUS;
    run_fn *next = NULL;                                       /* the handler that follows */
    for (u32 i = b->n; i--;) {
        const cold_t *c = &b->cold[i];
        if (c->instr == I_OBSERVE)
            live = FLAGS_STATUS;                               /* somebody looks here */
        if (c->instr > I_UD2 || c->instr == I_INVALID) {
            next = NULL;
            continue;
        }
        u16 writes = surely_written(c, &b->ops[i]);
        bool dead = writes && !(writes & live);
        if (low->select && !leaves_segment(b, i)) {
            run_fn *run = low->select(mode, &b->ops[i], c, dead);
            if (run) b->ops[i].run = run;
        }
        next = join(b, i, next);
        live = transparent(c) ? (u16)((live & ~writes) | instructions[c->instr].reads) : (u16)FLAGS_STATUS;
    }
}

/* Does a jump of this block lead here?  Then this will be a block of its own soon. */
static bool is_join(const builder_t *b)
{
    for (u32 i = b->n_branches; i--;)
        if (b->ops[b->branch[i]].disp == b->eip)
            return true;
    return false;
}

/* Decode on from `code` (`available` bytes of this page, within the limit) until the block ends. */
static void decode_run(builder_t *b, const u8 *code, u32 available, u32 most, bool at_limit)
{
    cpu_t *cpu = b->cpu;
    for (u32 at = 0; b->instructions < most;) {
        decoded_t d;
        unsigned length = decode(cpu->mode, cpu->model, b->eip, code + at, available - at, &d);
        if (length == 0 && !at_limit)
            break;                                             /* crosses the page: a block of its own */
        if (length == 0 || length > MAX_INSTRUCTION) {
            emit_fetch_fault(b);
            return;
        }
        emit_instruction(b, &d, length);
        at += length;
        if (ends_block(d.cold.instr))
            return;
        if (at == available || (b->linkable && (is_join(b) || known_head(cpu, b->physical + at, b->eip))))
            break;
    }
    emit_fall(b);
}

/* Beyond its first step, which everybody has, the arena lives in what the guest has of RAM but has not touched, so that all of us stays near the size of
 * that RAM. */
static size_t untouched(const cpu_t *cpu) { return cpu->bus->ram_bytes - memory_resident(cpu->bus->ram, cpu->bus->ram_bytes); }
static size_t borrowed(u32 most_ops)      { return (size_t)(most_ops - ARENA_STEP) * (sizeof(op_t) + sizeof(cold_t) + sizeof(block_t) / OPS_PER_BLOCK); }

/* The arena is full.  A guest whose hot code does not fit would decode for ever: it may grow.  Else everything goes. */
static void make_room(cpu_t *cpu)
{
    block_cache_t *c = cpu->blocks;
    if (c->most_ops < ARENA_OPS && borrowed(c->most_ops + ARENA_STEP) < untouched(cpu) / 8 * 7)
        c->most_ops += ARENA_STEP;
    else
        blocks_flush(cpu);
}

/* Does the guest use its RAM itself by now? */
static void give_back(cpu_t *cpu)
{
    block_cache_t *c = cpu->blocks;
    c->look_again = c->n_built + LOOK_EVERY;
    if (borrowed(c->most_ops) <= untouched(cpu))
        return;
    blocks_flush(cpu);
    memory_forget(c->ops + ARENA_STEP, (ARENA_OPS - ARENA_STEP) * sizeof *c->ops);
    memory_forget(c->cold + ARENA_STEP, (ARENA_OPS - ARENA_STEP) * sizeof *c->cold);
    memory_forget(c->blocks + ARENA_STEP / OPS_PER_BLOCK, (ARENA_OPS - ARENA_STEP) / OPS_PER_BLOCK * sizeof *c->blocks);
    c->most_ops = ARENA_STEP;
}

static builder_t begin(cpu_t *cpu, bool keep, u32 physical)
{
    block_cache_t *c = cpu->blocks;
    if (keep && c->most_ops > ARENA_STEP && c->n_built >= c->look_again)
        give_back(cpu);
    if (keep && (c->n_ops + SCRATCH_OPS > c->most_ops || c->n_blocks >= c->most_ops / OPS_PER_BLOCK))
        make_room(cpu);
    u32 at = keep ? c->n_ops : 0;
    return (builder_t){ .cpu = cpu, .ops = c->ops + at, .cold = c->cold + at, .eip = cpu->eip, .first_eip = cpu->eip,
                        .physical = physical, .linkable = keep };
}

static const op_t *complete(builder_t *b, bool keep, bool ram, u32 second_page)
{
    cpu_t *cpu = b->cpu;
    block_cache_t *c = cpu->blocks;
    specialise(b);
    u32 bytes = b->eip - b->first_eip;
    emit_stubs(b);
    c->n_built++;
    if (!keep)
        return b->ops;
    block_t *block = &c->blocks[c->n_blocks++];
    *block = (block_t){ .physical = b->physical, .second_page = second_page, .eip = b->first_eip, .bytes = bytes ? bytes : 1,
                        .mode = cpu->mode, .limit = cpu->seg[CS].limit, .first = b->ops };
    c->n_ops += b->n;
    enter(cpu, block, ram);
    return block->first;
}

/* One instruction whose bytes must be gathered: it crosses into the next page, or lies in memory-mapped space. */
static const op_t *build_gathered(cpu_t *cpu, const fetched_t *page, u32 linear, u64 within_limit)
{
    u8 code[16] = { 0 };
    u32 first = PAGE_BYTES - (linear & 0xFFF), second_page = NO_PAGE, n = 0;
    u32 most = within_limit < MAX_INSTRUCTION ? (u32)within_limit : MAX_INSTRUCTION;
    for (; n < most && n < first; n++)
        code[n] = page->host ? page->host[(linear & 0xFFF) + n] : (u8)bus_load(cpu->bus, page->physical + (linear & 0xFFF) + n, W8);
    bool keep = page->cacheable && !cpu->no_cache;
    decoded_t probe;
    if (n < most && decode(cpu->mode, cpu->model, cpu->eip, code, n, &probe) == 0) {
        fetched_t next = fetch_page(cpu, (linear & ~0xFFFu) + PAGE_BYTES);
        for (; n < most; n++)
            code[n] = next.host ? next.host[n - first] : (u8)bus_load(cpu->bus, next.physical + (n - first), W8);
        second_page = next.physical;
        keep = keep && next.cacheable && next.ram == page->ram && next.physical != page->physical;
    }
    builder_t b = begin(cpu, keep, page->physical + (linear & 0xFFF));
    decode_run(&b, code, n, 1, true);
    return complete(&b, keep, page->ram, second_page);
}

static const op_t *build(cpu_t *cpu, const fetched_t *page, u32 linear)
{
    u64 within_limit = (u64)cpu->seg[CS].limit - cpu->eip + 1;
    u32 offset = linear & 0xFFF, room = PAGE_BYTES - offset;
    bool at_limit = within_limit < room;
    u32 available = at_limit ? (u32)within_limit : room;
    decoded_t first;
    if (!page->host || (!at_limit && decode(cpu->mode, cpu->model, cpu->eip, page->host + offset, available, &first) == 0))
        return build_gathered(cpu, page, linear, within_limit);
    bool keep = page->cacheable && !cpu->no_cache;
    builder_t b = begin(cpu, keep, page->physical + offset);
    /* Nobody tells a block that is not kept about stores to its bytes: it must not outlive one instruction. */
    decode_run(&b, page->host + offset, available, cpu->mode & MODE_STEP || !keep ? 1 : BLOCK_MAX, at_limit);
    return complete(&b, keep, page->ram, NO_PAGE);
}

/* ---- finding ---- */

static const op_t *lookup(cpu_t *cpu, u32 physical, u32 linear)
{
    for (block_t *b = cpu->blocks->hash[hash_of(physical, cpu->eip, cpu->mode)]; b; b = b->next_hashed) {
        if (!has_key(cpu, b, physical, cpu->eip))
            continue;
        if (b->second_page == NO_PAGE || fetch_page(cpu, (linear & ~0xFFFu) + PAGE_BYTES).physical == b->second_page)
            return b->first;
    }
    return NULL;
}

/* Is the block that begins with this op one instruction across a page end? */
static bool in_two_pages(const cpu_t *cpu, const op_t *first, u32 linear)
{
    const cold_t *c = cold_of(cpu, cold_of(cpu, first)->instr == I_OBSERVE ? first + 1 : first);
    return (linear & 0xFFF) + c->length > PAGE_BYTES;
}

/* After a task switch the stamps of user code are old, but most of it is where it was. */
static bool still_there(const cpu_t *cpu, const jump_entry_t *e, u32 physical)
{
    return e->op && e->eip == cpu->eip && e->physical == physical && e->mode == cpu->mode && e->base == cpu->seg[CS].base
        && !(cpu->mode & MODE_ODD_LIMIT);                      /* CS's limit is not in the entry */
}

const op_t *block_find(cpu_t *cpu)
{
    const op_t *cached = jump_cached(cpu, cpu->eip);
    if (cached)
        return cached;
    if (cpu->eip > cpu->seg[CS].limit)
        fault(cpu, GP, 0);
    u32 linear = cpu->seg[CS].base + cpu->eip;
    fetched_t page = fetch_page(cpu, linear);
    u32 generation = cpu->blocks->generation, physical = page.physical + (linear & 0xFFF);
    jump_entry_t *e = &cpu->blocks->jump[jump_slot(cpu->eip)];
    if (still_there(cpu, e, physical)) {
        e->stamp = cpu->map_stamp;
        return e->op;
    }
    const op_t *op = cpu->no_cache ? NULL : lookup(cpu, physical, linear);
    if (!op)
        op = build(cpu, &page, linear);
    if (generation == cpu->blocks->generation && op >= cpu->blocks->ops + SCRATCH_OPS)
        *e = (jump_entry_t){ cpu->eip, cpu->seg[CS].base, cpu->map_stamp, in_two_pages(cpu, op, linear) ? NO_PAGE : physical, op, cpu->mode };
    return op;
}

/* ---- edges ---- */

const op_t *link_target(cpu_t *cpu, const op_t *stub_)
{
    op_t *stub = &cpu->blocks->ops[stub_ - cpu->blocks->ops];  /* the arena is ours to change */
    bool fresh = cold_of(cpu, stub)->instr == I_LINK;
    op_t *owner = fresh && stub->target ? &cpu->blocks->ops[target_of(stub) - cpu->blocks->ops] : NULL;
    u32 physical_less_eip = stub->imm, owner_physical = cold_of(cpu, stub)->eip, generation = cpu->blocks->generation;
    cpu->eip = stub->disp;
    cpu->current = NULL;
    const op_t *to = block_find(cpu);
    if ((fresh && !owner) || generation != cpu->blocks->generation || to < cpu->blocks->ops + SCRATCH_OPS)
        return to;
    u32 linear = cpu->seg[CS].base + cpu->eip;
    u32 physical = fetch_page(cpu, linear).physical + (linear & 0xFFF);
    if (owner && physical >> 12 == owner_physical >> 12 && physical - cpu->eip == physical_less_eip && !in_two_pages(cpu, to, linear)) {
        set_target(owner, to);                                 /* same page: true as long as the owner itself may run */
        return to;
    }
    set_target(stub, to);
    stub->stamp = cpu->map_stamp;
    stub->run = lowering(cpu)->cross;
    cpu->blocks->cold[stub - cpu->blocks->ops].instr = I_CROSS;
    return to;
}

const op_t *find_again(cpu_t *cpu, const op_t *op)
{
    cpu->eip = cold_of(cpu, op)->eip;
    cpu->current = NULL;
    cpu->blocks->jump[jump_slot(cpu->eip)].op = NULL;          /* it may still name the dead block */
    return block_find(cpu);
}

void observe_next(cpu_t *cpu, const op_t *op)
{
    const cold_t *c = cold_of(cpu, op + 1);
    cpu->current = op + 1;
    if (cpu->observer)
        cpu->observer->before(cpu->observer, cpu, c->eip, c->length);
    cpu->current = NULL;
}

const op_t *leave_after(cpu_t *cpu, const op_t *op)
{
    cpu->eip = next_eip(cold_of(cpu, op));
    cpu->budget -= op->count;
    return NULL;
}

/* ---- code that was written to ---- */

static void unlist(block_t **head, block_t *block, block_t **(*next)(block_t *, u32), u32 page)
{
    for (block_t **p = head; *p; p = next(*p, page))
        if (*p == block) {
            *p = *next(block, page);
            return;
        }
}
static block_t **next_in_hash(block_t *b, u32 page) { (void)page; return &b->next_hashed; }
static block_t **next_in_page(block_t *b, u32 page) { return &b->next_on_page[b->physical >> 12 != page]; }

static void kill(cpu_t *cpu, block_t *b)
{
    block_cache_t *c = cpu->blocks;
    b->first->run = lowering(cpu)->stale;
    unlist(&c->hash[hash_of(b->physical, b->eip, b->mode)], b, next_in_hash, 0);
    unlist(&c->page[b->physical >> 12], b, next_in_page, b->physical >> 12);
    if (b->second_page != NO_PAGE)
        unlist(&c->page[b->second_page >> 12], b, next_in_page, b->second_page >> 12);
    c->n_killed++;
}

/* The granules of page n that the block covers. */
static u64 covers(const block_t *b, u32 n)
{
    u32 first = bytes_in_first(b);
    return b->physical >> 12 == n ? granules(b->physical & 0xFFF, first) : granules(0, b->bytes - first);
}

/* Does the block hold any of these bytes of page n?  Granules are a coarse filter: variables may stand right beside code. */
static bool overlaps(const block_t *b, u32 n, u32 offset, u32 bytes)
{
    u32 first = bytes_in_first(b);
    u32 from = b->physical >> 12 == n ? b->physical & 0xFFF : 0, length = b->physical >> 12 == n ? first : b->bytes - first;
    return offset < from + length && from < offset + bytes;
}

static void written_in_page(cpu_t *cpu, u32 physical, u32 bytes)
{
    u32 n = physical >> 12;
    u64 hit = granules(physical & 0xFFF, bytes), left = 0, killed = cpu->blocks->n_killed;
    if (!(code_pages_at(&cpu->code, physical) & hit))
        return;
    for (block_t *b = cpu->blocks->page[n], *next; b; b = next) {
        next = *next_in_page(b, n);
        if ((covers(b, n) & hit) && overlaps(b, n, physical & 0xFFF, bytes)) kill(cpu, b);
        else                                                                left |= covers(b, n);
    }
    if (killed == cpu->blocks->n_killed)
        return;
    cpu->code.page[n] = left;
    cpu_kick(cpu);                                             /* the running block may be one of them */
}

void blocks_written(cpu_t *cpu, u32 physical, u32 bytes)
{
    while (bytes) {
        u32 room = PAGE_BYTES - (physical & 0xFFF), piece = bytes < room ? bytes : room;
        written_in_page(cpu, physical, piece);
        physical += piece;
        bytes -= piece;
    }
}
