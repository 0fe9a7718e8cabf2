/* mouse.c - the mouse of the PS/2 with Microsoft's wheel and five-button extensions.
 *
 * Documents: IBM PS/2 Hardware Interface Technical Reference (1990), "Mouse"; Microsoft, "Intellimouse and Intellimouse Explorer: PS/2
 * protocol" (sample rates 200, 100, 80 make ID 3; 200, 200, 80 make ID 4).
 *
 * Differs: a movement too large for one report is spread over several instead of overflowing; the resolution is remembered and told, but
 * not applied, because the host's pointer steps are counts already; reports wait until the controller has taken the one before. */
#include "devices/mouse.h"

enum { ACK = 0xFA, RESEND = 0xFE, PASSED = 0xAA };

/* ---- bytes to the controller ---- */

static void tell(mouse_t *m) { line_set(&m->attention, m->count); }

static void say(mouse_t *m, u8 byte)
{
    if (m->count < sizeof m->queue)
        m->queue[(m->first + m->count++) & 15] = byte;
    tell(m);
}

static void clear(mouse_t *m) { m->first = m->count = 0; }

/* ---- reports ---- */

/* As much of a sum as fits the report; the rest stays for the next one. */
static int portion(u32 *sum, int least, int most)
{
    int all = (int)(s32)*sum, part = all < least ? least : all > most ? most : all;
    *sum -= (u32)part;
    return part;
}

/* "Set scaling 2:1": small movements are made smaller, large ones doubled; only for reports in stream mode. */
static int scaled(const mouse_t *m, int count)
{
    static const u8 small[6] = { 0, 1, 1, 3, 6, 9 };
    int size = count < 0 ? -count : count;
    if (!m->double_scale || m->remote)
        return count;
    size = size < 6 ? small[size % 6] : size * 2;
    return count < 0 ? -size : size;
}

static void report(mouse_t *m)
{
    int most = m->double_scale && !m->remote ? 127 : 255;
    int dx = scaled(m, portion(&m->dx, -most, most)), dy = scaled(m, portion(&m->dy, -most, most));
    say(m, (u8)(0x08 | (m->buttons & 7) | (dx < 0 ? 0x10 : 0) | (dy < 0 ? 0x20 : 0)));
    say(m, (u8)dx);
    say(m, (u8)dy);
    if (m->id == 3)
        say(m, (u8)portion(&m->dz, -128, 127));
    if (m->id == 4)
        say(m, (u8)((portion(&m->dz, -8, 7) & 0x0F) | (m->buttons >> 3 & 3) << 4));
    if (m->id == 0)
        m->dz = 0;
    m->reported = m->buttons;
    m->sampled = m->clock->now;
}

static bool streaming(const mouse_t *m) { return m->reporting && !m->remote && !m->wrap; }
static bool news(const mouse_t *m) { return m->dx || m->dy || m->dz || m->buttons != m->reported; }
static u64 period(const mouse_t *m) { return 1000000000u / (m->rate ? m->rate : 100u); }

static void schedule(mouse_t *m)
{
    if (!streaming(m) || !news(m) || alarm_is_set(&m->sample))
        return;
    u64 when = m->sampled + period(m);
    alarm_set(&m->sample, when > m->clock->now && when - m->clock->now <= period(m) ? when : m->clock->now);
}

static void sample(void *chip)
{
    mouse_t *m = chip;
    if (!streaming(m) || !news(m))
        return;
    if (m->count == 0)
        report(m);
    else
        m->sampled = m->clock->now;                      /* the controller is slow: try again a period later */
    schedule(m);
}

static void forget(mouse_t *m) { m->dx = m->dy = m->dz = 0; }

/* Sums stay small whatever the owner sends. */
static void collect(u32 *sum, int by)
{
    s64 all = (s64)(s32)*sum + by;
    *sum = (u32)(s32)(all < -0x10000 ? -0x10000 : all > 0x10000 ? 0x10000 : all);
}

void mouse_move(mouse_t *m, int dx, int dy, int dz, u8 buttons)
{
    m->buttons = buttons & 0x1F;
    if (!m->reporting && !m->remote)
        return;
    collect(&m->dx, dx);
    collect(&m->dy, dy);
    collect(&m->dz, dz);
    schedule(m);
}

bool mouse_wanted(const mouse_t *m) { return m->reporting || m->remote; }

/* ---- commands ---- */

static void defaults(mouse_t *m)
{
    m->rate = 100;
    m->resolution = 2;
    m->double_scale = m->remote = m->wrap = m->reporting = false;
    m->knock = m->waiting = 0;
    m->reported = m->buttons;
    forget(m);
}

static void status(mouse_t *m)
{
    u8 b = m->buttons;
    say(m, (u8)(m->remote << 6 | m->reporting << 5 | m->double_scale << 4 | (b & 1) << 2 | (b >> 2 & 1) << 1 | (b >> 1 & 1)));
    say(m, m->resolution);
    say(m, m->rate);
}

static void set_rate(mouse_t *m, u8 rate)
{
    enum { NOTHING, ONE_200, THEN_100, TWO_200 };
    if (rate == 80 && (m->knock == THEN_100 || m->knock == TWO_200))
        m->id = m->knock == THEN_100 ? 3 : 4;
    m->knock = rate == 200 ? (m->knock == ONE_200 || m->knock == TWO_200 ? TWO_200 : ONE_200)
             : rate == 100 && (m->knock == ONE_200 || m->knock == TWO_200) ? THEN_100 : NOTHING;
    m->rate = rate;
}

static void parameter(mouse_t *m, u8 byte)
{
    u8 command = m->waiting;
    bool good = command == 0xE8 ? byte <= 3 : byte >= 1 && byte <= 200;
    m->waiting = 0;
    if (good && command == 0xE8) m->resolution = byte;
    if (good && command == 0xF3) set_rate(m, byte);
    say(m, good ? ACK : RESEND);
}

static void do_scale_1(mouse_t *m)  { m->double_scale = false; }
static void do_scale_2(mouse_t *m)  { m->double_scale = true; }
static void do_stream(mouse_t *m)   { m->remote = false; forget(m); }
static void do_remote(mouse_t *m)   { m->remote = true; forget(m); }
static void do_read(mouse_t *m)     { report(m); }
static void do_unwrap(mouse_t *m)   { m->wrap = false; }
static void do_wrap(mouse_t *m)     { m->wrap = true; }
static void do_id(mouse_t *m)       { say(m, m->id); }
static void do_enable(mouse_t *m)   { m->reporting = true; m->reported = m->buttons; forget(m); }
static void do_disable(mouse_t *m)  { m->reporting = false; forget(m); }
static void do_default(mouse_t *m)  { defaults(m); }
static void do_wait(mouse_t *m)     { (void)m; }
static void do_reset(mouse_t *m)    { defaults(m); m->id = 0; say(m, PASSED); say(m, 0); }

static void (*const commands[32])(mouse_t *m) = {        /* from E0h; all but RESEND are acknowledged first */
    [0x06] = do_scale_1, [0x07] = do_scale_2, [0x08] = do_wait, [0x09] = status, [0x0A] = do_stream, [0x0B] = do_read,
    [0x0C] = do_unwrap,  [0x0E] = do_wrap,    [0x10] = do_remote, [0x12] = do_id, [0x13] = do_wait,  [0x14] = do_enable,
    [0x15] = do_disable, [0x16] = do_default, [0x1F] = do_reset,
};

static void give(void *device, u8 byte)
{
    mouse_t *m = device;
    clear(m);                                            /* a command ends the report under way */
    if (m->wrap && byte != 0xFF && byte != 0xEC) {
        say(m, byte);
    } else if (m->waiting) {
        parameter(m, byte);
    } else if (byte == 0xFE) {
        say(m, m->last_sent);
    } else if (byte < 0xE0 || !commands[byte & 31]) {
        say(m, RESEND);
    } else {
        say(m, ACK);
        m->waiting = commands[byte & 31] == do_wait ? byte : 0;
        commands[byte & 31](m);
    }
    schedule(m);
}

static bool ready(void *device) { return ((const mouse_t *)device)->count; }

static u8 take(void *device)
{
    mouse_t *m = device;
    if (m->count) {
        m->last_sent = m->queue[m->first & 15];
        m->first = (m->first + 1) & 15;
        m->count--;
    }
    tell(m);
    return m->last_sent;
}

/* ---- life ---- */

ps2_plug_t mouse_plug(mouse_t *m) { return (ps2_plug_t){ .ready = ready, .take = take, .give = give, .device = m }; }

void mouse_reset(mouse_t *m)
{
    clear(m);
    defaults(m);
    m->id = m->last_sent = 0;
    m->sampled = 0;
    alarm_clear(&m->sample);
    tell(m);
}

void mouse_init(mouse_t *m, vclock_t *clock)
{
    *m = (mouse_t){ .clock = clock };
    alarm_init(&m->sample, clock, sample, m);
    mouse_reset(m);
}

void mouse_walk(mouse_t *m, walker_t *w)
{
    walk_chip(w, "mouse", 1);
    FIELD(w, m->sampled);
    FIELD_ARRAY(w, m->queue);  FIELD_MAX(w, m->first, 15);  FIELD_MAX(w, m->count, 16);
    FIELD(w, m->last_sent);    FIELD_MAX(w, m->id, 4);      FIELD_MAX(w, m->knock, 3);
    FIELD(w, m->rate);         FIELD_MAX(w, m->resolution, 3);
    FIELD(w, m->remote);       FIELD(w, m->wrap);           FIELD(w, m->reporting);  FIELD(w, m->double_scale);
    FIELD(w, m->waiting);
    FIELD(w, m->dx);           FIELD(w, m->dy);             FIELD(w, m->dz);
    FIELD_MAX(w, m->buttons, 0x1F); FIELD_MAX(w, m->reported, 0x1F);
    alarm_walk(&m->sample, w, "sample");
}
