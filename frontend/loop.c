/* loop.c - the run: slices of virtual time, and between them everything else.
 *
 * A slice ends at a whole multiple of 10 ms of virtual time whatever the host does, and scripts and typed keys are dealt
 * with only there: so a script is the same inputs at the same instructions in every run.  The display, the
 * serial ports and the wall clock are looked at more often when a slice takes the host long. */
#define _DEFAULT_SOURCE
#include "frontend/session.h"
#include "frontend/tty.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static const u64 SLICE = 10000000, REST = 50000000, PICTURE = 16000000, SECOND = 1000000000, TROUBLE_AGAIN = 10000000000;
enum { CHUNK = 2000000, MENU_KEY = 0x1D, BIOS_QUEUE_FULL = 12 };

/* --- how a run stops ---------------------------------------------------------------------------------------------------- */

static void triple_fault(session_t *s)
{
    if (s->options->no_reboot) {
        if (s->display) { s->display->ops->close(s->display); s->display = NULL; }
        say("the guest's processor shut down (triple fault)\n%s", pc_explain(s->pc));
        session_end(s, STATUS_TRIPLE_FAULT, "triple-fault");
        return;
    }
    if (!s->said_triple_fault) say("the guest's processor shut down (triple fault) and is reset, as on a real board; -no-reboot stops and explains");
    s->said_triple_fault = true;
    pc_reset(s->pc);
}

/* The guest cannot go on by itself.  A person may still look at the screen or press reset; a script may go on. */
static void stand_still(session_t *s, const char *end, bool stay)
{
    if (!stay) { session_end(s, STATUS_GOOD, end); return; }
    s->still = true;
    s->end = end;
}

static void stopped(session_t *s, pc_stop_t stop)
{
    bool watched = s->display || (s->script && !script_done(s->script));
    switch (stop) {
    case STOP_NONE: case STOP_BREAK: break;
    case STOP_POWER_OFF:    stand_still(s, "power-off", s->options->no_shutdown); break;
    case STOP_DEBUG_EXIT:   session_end(s, pc_exit_code(s->pc), "debug-exit"); break;
    case STOP_TRIPLE_FAULT: triple_fault(s); break;
    case STOP_RESET:
        if (s->options->no_reboot) session_end(s, STATUS_GOOD, "reset");
        else pc_reset(s->pc);
        break;
    case STOP_IDLE:
        if (!s->still) say("the guest halted with interrupts off; nothing can wake it%s", watched ? " but a reset" : "");
        stand_still(s, "halted", watched || s->options->no_shutdown);
        break;
    }
}

/* --- between slices ----------------------------------------------------------------------------------------------------- */

/* A BIOS keeps 15 keys (BIOS data area, 40:1A head, 40:1C tail); while most of that is unread, typing waits, for at
 * most two seconds, because other systems keep other things there. */
static bool guest_reads_keys(session_t *s)
{
    u8 at[4];
    if (!pc_peek(s->pc, 0x41A, at, sizeof at)) return true;
    u32 head = get(at, W16), tail = get(at + 2, W16);
    if (head < 0x1E || head >= 0x3E || tail < 0x1E || tail >= 0x3E || (head | tail) & 1) return true;
    return (tail + 32 - head) % 32 / 2 < BIOS_QUEUE_FULL || session_now(s) > s->typist.ready + 2 * SECOND;
}

static void type_due(session_t *s)
{
    pc_key_t key;
    bool down;
    if (typist_pressing(&s->typist, session_now(s)) && !guest_reads_keys(s)) return;
    while (typist_next(&s->typist, session_now(s), &key, &down)) session_key(s, key, down);
}

static void script_due(session_t *s)
{
    why_t why;
    int status = STATUS_GOOD;
    if (!s->script || script_done(s->script)) return;
    script_host_t host = *session_script_host();
    host.owner = s;
    switch (script_step(s->script, session_now(s), &host, &status, &why)) {
    case SCRIPT_GOES_ON: break;
    case SCRIPT_ENDED: session_end(s, status, "quit"); break;
    case SCRIPT_FAILED_WAIT:
        if (s->display) { s->display->ops->close(s->display); s->display = NULL; }
        session_screen(s);
        vga_read_text(pc_vga(s->pc), &s->text);
        say(s->text.rows ? "%s; the screen shows:" : "%s; the screen is in a graphics mode", why.text);
        screen_print(&s->text, stderr, "  | ", false);
        session_end(s, STATUS_WAIT_FAILED, "wait-failed");
        break;
    case SCRIPT_FAILED:
        say("%s", why.text);
        session_end(s, STATUS_TROUBLE, "script-failed");
    }
}

static void move_bytes(session_t *s)
{
    u8 bytes[16];
    for (unsigned i = 0; i < PC_SERIALS; i++) {
        port_flush(&s->serial[i]);
        unsigned n = port_get(&s->serial[i], bytes, sizeof bytes);
        for (unsigned j = 0; j < n; j++) {
            if (bytes[j] == MENU_KEY && s->serial[i].kind == PORT_STDIO && isatty(STDIN_FILENO)) session_end(s, STATUS_GOOD, "quit");
            else pc_post(s->pc, &(input_t){ .kind = INPUT_SERIAL, .at = pc_instructions(s->pc), .port = (u8)i, .byte = bytes[j] });
        }
    }
    port_flush(&s->parallel);
    port_flush(&s->debugcon);
}

/* The same but for its numbers: a guest that goes on trying has many troubles, a byte apart, and the person needs one of them. */
static bool same_words(const char *a, const char *b)
{
    static const char digits[] = "0123456789";
    for (; *a && *b; a++, b++) {
        a += strspn(a, digits);
        b += strspn(b, digits);
        if (*a != *b) return false;
        if (!*a) return true;
    }
    return *a == *b;
}

static void say_trouble(session_t *s, const char *text)
{
    u64 now = host_now();
    unsigned oldest = 0;
    for (unsigned i = 0; i < COUNT_OF(s->trouble); i++) {
        if (same_words(s->trouble[i].text, text) && now - s->trouble[i].said_at < TROUBLE_AGAIN) return;
        if (s->trouble[i].said_at < s->trouble[oldest].said_at) oldest = i;
    }
    snprintf(s->trouble[oldest].text, sizeof s->trouble[oldest].text, "%s", text);
    s->trouble[oldest].said_at = now;
    say("%s", text);
}

static void tell_trouble(session_t *s)
{
    char text[512];
    for (int i = 0; i < 8 && pc_disk_trouble(s->pc, text, sizeof text); i++) say_trouble(s, text);
}

/* Media taken out: what went wrong with the last writes is still to be said. */
static void close_retired(session_t *s)
{
    while (s->n_retired) {
        disk_t *disk = s->retired[--s->n_retired];
        if (*disk->trouble) say_trouble(s, disk->trouble);
        disk_close(disk);
    }
}

/* --- the picture and the wall clock ---------------------------------------------------------------------------------- */

/* A screen on which more happens than a cursor's blinking, which some systems draw themselves, is looked at without delay for a second. */
static void stir(session_t *s, u64 now)
{
    if (now - s->stirred_since > SECOND) { s->stirred_since = now; s->stirs = 0; }
    if (++s->stirs > 8) s->lively_until = now + SECOND;
}

/* At most 60 times a second, and only what changed. */
static void show(session_t *s, u64 now)
{
    if (!s->display || now - s->shown_at < PICTURE) return;
    s->shown_at = now;
    if (s->shown_generation != pc_vga_generation(s->pc)) stir(s, now);
    s->shown_generation = pc_vga_generation(s->pc);
    if (!pc_show(s->pc, s->frame)) return;
    vga_read_text(pc_vga(s->pc), &s->text);
    s->display->ops->show(s->display);
}

static void progress(session_t *s, u64 now)
{
    char line[80];
    if (s->display || s->watcher || now - s->progress_at < SECOND / 2 || now - s->began < 2 * SECOND) return;
    if (s->serial[0].kind == PORT_STDIO || s->serial[1].kind == PORT_STDIO || s->debugcon.kind == PORT_STDIO) return;
    s->progress_at = now;
    snprintf(line, sizeof line, "%.1f s of the guest's time, %.0f MIPS", (double)pc_now(s->pc) / 1e9, s->pacing.mips);
    say_progress(line);
}

/* What must also happen while a slice is not over. */
static void attend(session_t *s, u32 wait_ms)
{
    if (s->display) s->display->ops->poll(s->display, wait_ms);
    else if (wait_ms) poll(NULL, 0, (int)wait_ms);
    u64 now = host_now();
    show(s, now);
    if (s->audio && !s->paused) {
        sound_advance(&s->sound, pc_now(s->pc));
        audio_feed(s->audio, &s->sound);
    }
    progress(s, now);
    if (now - s->began >= s->options->timeout && !s->ended) {
        say("time is up: %.10g s (-timeout)", (double)s->options->timeout / 1e9);
        session_end(s, STATUS_TIMEOUT, "timeout");
    }
    if (session_signal()) session_end(s, STATUS_GOOD, "signal");
}

/* Runs up to the end of the slice or CHUNK instructions; true: the slice is over. */
static bool run_some(session_t *s, u64 until)
{
    u64 before = host_now(), done = pc_instructions(s->pc), left = s->options->stop_after - done;
    u64 limit = left < CHUNK ? left : CHUNK, to = until;
    watcher_t *w = s->watcher;
    if (w && w->instruction > done && w->instruction - done < limit) limit = w->instruction - done;
    if (w && w->time > pc_now(s->pc) && w->time < to) to = w->time;
    pc_stop_t stop = limit ? pc_run(s->pc, to, limit) : STOP_NONE;
    if (w) w->look(w, s);
    u64 after = host_now(), rate;
    close_retired(s);
    stopped(s, stop);
    if (pc_instructions(s->pc) >= s->options->stop_after) session_end(s, STATUS_GOOD, "stop-after");
    if (s->rebase) {
        pacing_rebase(&s->pacing, after, pc_now(s->pc), pc_instructions(s->pc));
        s->rebase = false;
    }
    u64 measured = s->pacing.host_since;
    rate = pacing_ran(&s->pacing, after - before, after, pc_now(s->pc), pc_instructions(s->pc));
    if (rate) pc_post(s->pc, &(input_t){ .kind = INPUT_IPS, .at = pc_instructions(s->pc), .ips = rate });
    if (s->display && measured != s->pacing.host_since) s->display->ops->status(s->display);
    return pc_now(s->pc) >= until;
}

/* Nothing runs: the person looks at a paused or finished machine, or a script goes on after its end. */
static void stand(session_t *s)
{
    attend(s, s->pacing.real || s->display ? 20 : 0);
    if (s->still) {
        s->still_ns += SLICE;
        type_due(s);
        script_due(s);
        if (!s->display && !s->options->no_shutdown && (!s->script || script_done(s->script))) session_end(s, STATUS_GOOD, s->end);
        if (!s->display && !s->pacing.real && (!s->script || script_done(s->script))) poll(NULL, 0, 20);
    }
    s->rebase = true;
}

void session_begin(session_t *s) { script_due(s); }

/* Nobody but a person at the display may want something of the machine, and the display stands still, and it makes no sound: slices need not be short. */
static bool relaxed(const session_t *s, u64 host)
{
    bool alone = s->pacing.real && s->display && !s->watcher && (!s->script || script_done(s->script)) && typist_idle(&s->typist, pc_now(s->pc));
    for (unsigned i = 0; i < PC_SERIALS; i++)
        if (s->serial[i].in >= 0 && !s->serial[i].input_ended) alone = false;
    return alone && host > s->lively_until && (!s->audio || sound_quiet(&s->sound) > SECOND);
}

/* A relaxed machine falls behind the wall clock while it rests, and catches up in one slice. */
static u64 end_of_slice(const session_t *s)
{
    u64 now = pc_now(s->pc), host = host_now(), behind = relaxed(s, host) ? pacing_behind(&s->pacing, host, now) : 0;
    return (now / SLICE + 1 + (behind < REST ? behind : REST) / SLICE) * SLICE;
}

/* How long the machine may stand, ns: until the wall clock has come to its time; a relaxed one REST longer. */
static u64 may_wait(const session_t *s)
{
    u64 host = host_now(), now = pc_now(s->pc);
    return pacing_ahead(&s->pacing, host, relaxed(s, host) ? now + REST : now);
}

void session_step(session_t *s)
{
    if (s->ended) return;
    if (s->paused || s->still) { stand(s); return; }
    u64 until = end_of_slice(s);
    bool over = run_some(s, until);
    if (s->ended) return;
    if (over) {
        type_due(s);
        script_due(s);
        move_bytes(s);
        tell_trouble(s);
    }
    bool attended = false;
    for (u64 wait; !s->ended && !s->paused && (wait = may_wait(s)) > 1000000; attended = true)
        attend(s, (u32)(wait / 1000000));
    if (!s->ended && !attended) attend(s, 0);
}

void session_run(session_t *s)
{
    session_begin(s);
    while (!s->ended) session_step(s);
    tell_trouble(s);
}
