/* access.c - guest memory, the slow way: translation, pages that are crossed, devices, and stores to decoded code. */
#include "cpu/access.h"
#include "cpu/block.h"
#include "cpu/breakpoint.h"

enum { OFFSET = PAGE_BYTES - 1 };

void fault_segment(cpu_t *cpu, int seg) { fault(cpu, seg == SS ? SS_FAULT : GP, 0); }

static _Noreturn void page_fault(cpu_t *cpu, u32 linear, u32 error)
{
    cpu->cr2 = linear;
    fault(cpu, PF_FAULT, error);
}

paging_t cpu_paging(const cpu_t *cpu)
{
    return (paging_t){ .cr0 = cpu->cr0, .cr3 = cpu->cr3, .cr4 = cpu->cr4, .nx = cpu->efer >> 11 & 1, .no_wp = cpu->model == MODEL_386 };
}

static u32 physical_of(const cpu_t *cpu, const mmu_result_t *t)
{
    return t->physical > UINT32_MAX ? UINT32_MAX & ~(u32)OFFSET : (u32)t->physical & cpu->bus->a20_mask;
}

/* Is this page's memory watched for stores because code was decoded from it? */
static bool holds_code(const cpu_t *cpu, u32 physical, const u8 *host)
{
    return code_pages_track(&cpu->code, physical) && code_pages_at(&cpu->code, physical) != 0
        && host == cpu->bus->ram + (physical & ~(u32)OFFSET);
}

typedef struct { u32 physical; bus_page_t page; } reached_t;

/* Translate or fault; remember plain memory in the TLB. */
static reached_t reach(cpu_t *cpu, u32 linear, access_t access, bool user)
{
    paging_t paging = cpu_paging(cpu);
    mmu_result_t t = mmu_translate(cpu->bus, &paging, linear, access, user, false);
    if (!t.ok)
        page_fault(cpu, linear, t.error);
    u32 physical = physical_of(cpu, &t);
    reached_t r = { physical, bus_page(cpu->bus, physical) };
    cpu->count.tlb_misses++;
    if (r.page.host)
        tlb_fill(&cpu->tlb_of[user], &(tlb_page_t){ linear & ~(u32)OFFSET, r.page.host, r.page.writable && t.writable,
                                                    r.page.told || holds_code(cpu, physical, r.page.host), t.global, t.large });
    else if (r.page.region)
        tlb_fill_device(&cpu->tlb_of[user], &(tlb_device_t){ linear & ~(u32)OFFSET, physical & ~(u32)OFFSET, r.page.region, t.writable });
    return r;
}

static u32 load_page(cpu_t *cpu, u32 linear, width_t w, bool user)
{
    const tlb_device_t *d = tlb_device(&cpu->tlb_of[user], linear, false);
    if (d)
        return bus_region_load(cpu->bus, d->region, d->physical | (linear & OFFSET), w);
    reached_t r = reach(cpu, linear, ACCESS_READ, user);
    return r.page.host ? get(r.page.host + (linear & OFFSET), w) : bus_load(cpu->bus, r.physical, w);
}

/* Into a page of RAM that code was decoded from.  A store of what is there already leaves the decoded code true. */
static void store_beside_code(cpu_t *cpu, u8 *host, width_t w, u32 v)
{
    bool changes = get(host, w) != v;
    put(host, w, v);
    if (changes)
        blocks_written(cpu, (u32)(host - cpu->bus->ram), w / 8);
}

/* The first store to a page since its owner has looked at it. */
static void store_touching(cpu_t *cpu, u32 linear, u8 *host, width_t w, u32 v, bool user)
{
    put(host, w, v);
    bus_touched(cpu->bus, host);
    tlb_release(&cpu->tlb_of[user], linear);
}

static bool in_ram(const cpu_t *cpu, const u8 *host) { return (uintptr_t)host - (uintptr_t)cpu->bus->ram < cpu->bus->ram_bytes; }

static void store_page(cpu_t *cpu, u32 linear, width_t w, u32 v, bool user)
{
    const tlb_device_t *d = tlb_device(&cpu->tlb_of[user], linear, true);
    if (d) {
        bus_region_store(cpu->bus, d->region, d->physical | (linear & OFFSET), w, v);
        return;
    }
    reached_t r = reach(cpu, linear, ACCESS_WRITE, user);
    if (!r.page.host) {
        bus_store(cpu->bus, r.physical, w, v);
        return;
    }
    if (!r.page.writable) {
        if (r.page.beneath)                                    /* a ROM is read here, and the RAM behind it written: no code comes from there */
            put(r.page.beneath + (linear & OFFSET), w, v);
        return;
    }
    u8 *host = r.page.host + (linear & OFFSET);
    if (r.page.told)                                   store_touching(cpu, linear, host, w, v, user);
    else if (holds_code(cpu, r.physical, r.page.host)) store_beside_code(cpu, host, w, v);
    else                                               put(host, w, v);
}

static bool crosses(u32 linear, u32 bytes) { return (linear & OFFSET) + bytes > PAGE_BYTES; }

void prove_linear(cpu_t *cpu, u32 linear, u32 bytes, access_t access, bool user)
{
    const tlb_t *tlb = &cpu->tlb_of[user];
    if (tlb_write(tlb, linear, bytes) || tlb_code(tlb, linear, bytes))         /* alike, so that nobody can see which of the two it is */
        return;
    if ((linear & OFFSET) + bytes <= PAGE_BYTES && tlb_device(tlb, linear, access == ACCESS_WRITE))
        return;
    reach(cpu, linear, access, user);
    u32 pages = ((linear & OFFSET) + bytes - 1) >> 12;
    for (u32 i = 1; i <= pages; i++)
        reach(cpu, (linear & ~(u32)OFFSET) + i * PAGE_BYTES, access, user);
}

/* What an operand of this size must be a multiple of: SDM vol. 3A, table 6-7.  14 to 108 bytes: the x87's environment and state. */
static u32 alignment_of(u32 bytes)
{
    switch (bytes) {
    case 2: case 14: case 94:  return 2;
    case 4: case 28: case 108: return 4;
    case 8: case 10:           return 8;
    case 16: case 512:         return 16;
    default:                   return 1;
    }
}

/* #AC.  Whether it goes before a page fault is each processor's own (vol. 3A, table 6-2, one class); here as on the silicon of tests/test_host_i386.c. */
void align_operand(cpu_t *cpu, u32 linear, u32 bytes)
{
    if (UNLIKELY(cpu_checks_alignment(cpu)) && linear & (alignment_of(bytes) - 1))
        fault(cpu, AC, 0);
}

/* Watched, the TLB we are shown is empty; the real one decides, so that the same pages are walked as without an observer. */
void prove_operand(cpu_t *cpu, u32 linear, u32 bytes, access_t access)
{
    align_operand(cpu, linear, bytes);
    const tlb_t *tlb = &cpu->tlb_of[at_user(cpu)];
    if (access == ACCESS_WRITE ? !tlb_write(tlb, linear, bytes) : !tlb_read(tlb, linear, bytes))
        prove_linear(cpu, linear, bytes, access, at_user(cpu));
}

static u32 load_any(cpu_t *cpu, u32 linear, width_t w, bool user)
{
    const u8 *host = tlb_read(&cpu->tlb_of[user], linear, w / 8);
    if (host)
        return get(host, w);
    if (!crosses(linear, w / 8))
        return load_page(cpu, linear, w, user);
    prove_linear(cpu, linear, w / 8, ACCESS_READ, user);
    u32 v = 0;
    for (unsigned i = 0; i < w / 8; i++)
        v |= load_page(cpu, linear + i, W8, user) << 8 * i;
    return v;
}

static void store_any(cpu_t *cpu, u32 linear, width_t w, u32 v, bool user)
{
    u8 *host = tlb_write(&cpu->tlb_of[user], linear, w / 8);
    u8 *telling = host ? NULL : tlb_code(&cpu->tlb_of[user], linear, w / 8);
    if (host) {
        put(host, w, v);
    } else if (telling) {
        if (in_ram(cpu, telling)) store_beside_code(cpu, telling, w, v);
        else                      store_touching(cpu, linear, telling, w, v, user);
    } else if (!crosses(linear, w / 8)) {
        store_page(cpu, linear, w, v, user);
    } else {
        prove_linear(cpu, linear, w / 8, ACCESS_WRITE, user);
        for (unsigned i = 0; i < w / 8; i++)
            store_page(cpu, linear + i, W8, v >> 8 * i & 0xFF, user);
    }
}

/* The TLB we are shown is empty: somebody wants to know. */
static bool watched(const cpu_t *cpu) { return UNLIKELY(cpu->tlb == &cpu->tlb_blind); }

static void tell(cpu_t *cpu, u32 linear, width_t w, u32 v, bool write)
{
    breakpoint_data(cpu, linear, w / 8, write);
    if (cpu->observer && cpu->observer->memory)
        cpu->observer->memory(cpu->observer, cpu, linear, w, v, write);
}

u32 load_linear(cpu_t *cpu, u32 linear, width_t w, bool user)
{
    u32 v = load_any(cpu, linear, w, user);
    if (watched(cpu))
        tell(cpu, linear, w, v, false);
    return v;
}

void store_linear(cpu_t *cpu, u32 linear, width_t w, u32 v, bool user)
{
    store_any(cpu, linear, w, v, user);
    if (watched(cpu))
        tell(cpu, linear, w, v & mask(w), true);
}

u32 load_operand(cpu_t *cpu, u32 linear, width_t w)
{
    align_operand(cpu, linear, w / 8);
    return load_linear(cpu, linear, w, at_user(cpu));
}

void store_operand(cpu_t *cpu, u32 linear, width_t w, u32 v)
{
    align_operand(cpu, linear, w / 8);
    store_linear(cpu, linear, w, v, at_user(cpu));
}

/* ---- instruction fetch ---- */

fetched_t fetch_page(cpu_t *cpu, u32 linear)
{
    bool user = at_user(cpu);
    u32 page = linear & ~(u32)OFFSET;
    fetch_entry_t *e = &cpu->fetch[linear >> 12 & (COUNT_OF(cpu->fetch) - 1)];
    if (e->linear != page || e->stamp != cpu->map_stamp || !e->valid) {
        paging_t paging = cpu_paging(cpu);
        mmu_result_t t = mmu_translate(cpu->bus, &paging, linear, ACCESS_FETCH, user, false);
        if (!t.ok)
            page_fault(cpu, linear, t.error);
        u32 physical = physical_of(cpu, &t) & ~(u32)OFFSET;
        *e = (fetch_entry_t){ page, physical, cpu->map_stamp, true, bus_page(cpu->bus, physical) };
        map_t *map = &cpu->map[user];
        map->fetched[page >> 18 & 3] |= (u64)1 << (page >> 12 & 63);
        map->local |= !t.global;
    }
    bool ram = e->page.host == cpu->bus->ram + e->physical && code_pages_track(&cpu->code, e->physical);
    return (fetched_t){ e->physical, e->page.host, ram || (e->page.host && !e->page.writable), ram };
}

bool cpu_peek(cpu_t *cpu, u32 linear, void *to, u32 bytes)
{
    paging_t paging = cpu_paging(cpu);
    for (u32 at = 0, piece; at < bytes; at += piece) {
        u32 here = linear + at, room = PAGE_BYTES - (here & OFFSET);
        piece = bytes - at < room ? bytes - at : room;
        mmu_result_t t = mmu_translate(cpu->bus, &paging, here, ACCESS_READ, false, true);
        if (!t.ok || dma_read(cpu->bus, physical_of(cpu, &t), (u8 *)to + at, piece) != piece)
            return false;
    }
    return true;
}
