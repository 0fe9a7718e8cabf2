/* stats.c - the run in numbers, as one JSON object (RFC 8259). */
#include "frontend/output.h"
#include "frontend/session.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static void put_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        u8 c = (u8)*text;
        if (c == '"' || c == '\\') fprintf(file, "\\%c", c);
        else if (c < 0x20)         fprintf(file, "\\u%04x", c);
        else                       fputc(c, file);
    }
    fputc('"', file);
}

static void put_disk(FILE *file, const char *drive, const disk_t *disk, bool *first)
{
    if (!disk) return;
    fprintf(file, "%s\n    {\"drive\": \"%s\", \"name\": ", *first ? "" : ",", drive);
    put_string(file, disk->name);
    fprintf(file, ", \"bytes\": %" PRIu64 ", \"read\": %" PRIu64 ", \"written\": %" PRIu64 ", \"flushed\": %" PRIu64 "}",
            disk->bytes, disk->n_read, disk->n_written, disk->n_flushed);
    *first = false;
}

static void put_disks(FILE *file, const session_t *s)
{
    static const char *const floppies[] = { "fda", "fdb" }, *const disks[] = { "hda", "hdb", "hdc", "hdd" };
    bool first = true;
    fputs("  \"disks\": [", file);
    for (unsigned i = 0; i < PC_FLOPPIES; i++) put_disk(file, floppies[i], s->floppy[i], &first);
    for (unsigned i = 0; i < PC_DISKS; i++)    put_disk(file, disks[i], s->disk[i] ? s->disk[i] : s->cdrom[i], &first);
    fprintf(file, "%s],\n", first ? "" : "\n  ");
}

static void put_all(FILE *file, session_t *s)
{
    pc_stats_t stats = { 0 };
    pc_stats(s->pc, &stats);
    u64 instructions = pc_instructions(s->pc);
    double host = (double)(host_now() - s->began) / 1e9, guest = (double)pc_now(s->pc) / 1e9;
    fprintf(file, "{\n  \"instructions\": %" PRIu64 ",\n  \"host_seconds\": %.6f,\n  \"mips\": %.3f,\n  \"guest_seconds\": %.9f,\n",
            instructions, host, host > 0 ? (double)(instructions - stats.skipped) / host / 1e6 : 0.0, guest);
    fprintf(file, "  \"engine\": \"%s\",\n  \"ips\": %" PRIu64 ",\n", s->engine == ENGINE_L0 ? "L0" : "L1", s->pacing.ips);
    fprintf(file, "  \"skipped\": %" PRIu64 ",\n", stats.skipped);
    fprintf(file, "  \"blocks_built\": %" PRIu64 ",\n  \"blocks_killed\": %" PRIu64 ",\n  \"tlb_misses\": %" PRIu64 ",\n",
            stats.blocks_built, stats.blocks_killed, stats.tlb_misses);
    fprintf(file, "  \"interrupts\": %" PRIu64 ",\n  \"faults\": %" PRIu64 ",\n  \"mmio\": %" PRIu64 ",\n  \"ports\": %" PRIu64 ",\n",
            stats.interrupts, stats.faults, stats.mmio, stats.ports);
    fprintf(file, "  \"memory_bytes\": %zu,\n  \"lacking\": %u,\n", stats.memory_bytes, lacking_count());
    put_disks(file, s);
    fputs("  \"exit\": ", file);
    put_string(file, s->end ? s->end : "");
    fprintf(file, ",\n  \"status\": %d\n}\n", s->status);
}

bool stats_write(session_t *s, const char *path, why_t *why)
{
    bool standard = strcmp(path, "-") == 0;
    if (!standard && !output_allowed(path, why)) return false;
    FILE *file = standard ? stdout : fopen(path, "w");
    if (!file) return refuse(why, "cannot write the statistics to %s: %s", path, strerror(errno));
    put_all(file, s);
    bool bad = ferror(file) != 0;
    if (standard ? fflush(file) != 0 : fclose(file) != 0) bad = true;
    return !bad || refuse(why, "cannot write the statistics to %s: %s", standard ? "the standard output" : path, strerror(errno));
}
