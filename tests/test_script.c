/* test_script.c - scripts: what is understood, what is refused and where, and what they do over time to a host that
 * only writes down what it is told. */
#include "frontend/keymap.h"
#include "frontend/script.h"
#include "tests/run_all.h"
#include <check.h>
#include <stdio.h>

static why_t why;
static char told[1024];                 /* what the script did, a word after the other */
static char screen[256], serial[256];
static unsigned room;                   /* how many characters may still be typed */
static bool busy, refuse_files;

static void tell(const char *word) { snprintf(told + strlen(told), sizeof told - strlen(told), "%s ", word); }

static bool screen_shows(void *owner, const char *text) { (void)owner; return strstr(screen, text) != NULL; }
static bool serial_sent(void *owner, const char *text) { (void)owner; return strstr(serial, text) != NULL; }
static bool typing(void *owner) { (void)owner; return busy; }

static bool type(void *owner, unsigned character)
{
    (void)owner;
    char word[2] = { (char)character, 0 };
    if (room == 0) return false;
    room--;
    tell(word);
    return true;
}

static void receive(void *owner, u8 byte)
{
    (void)owner;
    char word[8];
    snprintf(word, sizeof word, "<%02X>", byte);
    tell(word);
}

static void keys(void *owner, const pc_key_t *key, unsigned n)
{
    (void)owner;
    char word[16];
    for (unsigned i = 0; i < n; i++) {
        snprintf(word, sizeof word, "key%X", key[i]);
        tell(word);
    }
}

static void act(void *owner, const script_command_t *c)
{
    (void)owner;
    char word[64];
    if (c->verb == SCRIPT_MOUSE) {
        snprintf(word, sizeof word, "mouse%d,%d,%d,%u", c->dx, c->dy, c->dz, c->buttons);
        tell(word);
    } else tell(c->verb == SCRIPT_HASH ? "hash" : c->verb == SCRIPT_RESET ? "reset" : "nmi");
}

static bool file(void *owner, const script_command_t *c, why_t *reason)
{
    (void)owner;
    char word[64];
    snprintf(word, sizeof word, "%s%u:%s", c->verb == SCRIPT_INSERT ? "insert" : c->verb == SCRIPT_EJECT ? "eject" : c->verb == SCRIPT_TEXT ? "text" : c->verb == SCRIPT_DISASM ? "disasm" : "png", c->drive, c->text ? c->text : "");
    tell(word);
    return !refuse_files || refuse(reason, "no such file");
}

static const script_host_t host = { NULL, screen_shows, serial_sent, typing, type, receive, keys, act, file };

static void start(void)
{
    told[0] = screen[0] = serial[0] = 0;
    room = 1000;
    busy = refuse_files = false;
}

static script_t *parse(const char *text) { return script_parse("s", text, strlen(text), &why); }

static script_t *must_parse(const char *text)
{
    script_t *s = parse(text);
    ck_assert_msg(s != NULL, "%s", why.text);
    return s;
}

START_TEST(words_quotes_escapes_and_comments)
{
    script_t *s = must_parse("# nothing\n\n  wait \"A:\\\\> \\\"#\\\"\" 60 # a comment\r\ntype \"dir\\n\\t\\x41\\e\"\nsleep 2.5\nwait plain");
    ck_assert_uint_eq(s->commands, 4);
    ck_assert_str_eq(s->command[0].text, "A:\\> \"#\"");
    ck_assert_uint_eq(s->command[0].ns, 60000000000);
    ck_assert_uint_eq(s->command[0].line, 3);
    ck_assert_str_eq(s->command[1].text, "dir\n\tA\x1B");
    ck_assert_uint_eq(s->command[2].ns, 2500000000);
    ck_assert_str_eq(s->command[3].text, "plain");
    ck_assert_uint_eq(s->command[3].ns, 30000000000);            /* the default wait */
    script_free(s);
}
END_TEST

static const struct { const char *text, *says; } refused[] = {
    { "wiat \"x\"", "s, line 1: \"wiat\" is not a command" }, { "hash\n\nwait", "line 3: this command is written wait" }, { "wait \"x\" 1 2", "is written" }, { "wait \"\"", "empty" },
    { "wait \"x\" soon", "seconds" }, { "wait \"x", "closing quote" }, { "type \"\\q\"", "\\q" }, { "type \"\\", "not known" }, { "type \"\xC3\xA4\"", "cannot be typed" }, { "type", "is written" },
    { "key nokey", "nokey" }, { "key ctrl-", "not known" }, { "mouse 1", "is written" }, { "mouse a 1", "number" }, { "mouse 1 1 top", "left, right" }, { "mouse 1 1 wheel", "wheel N" },
    { "mouse 1 99999", "number" }, { "insert hda x", "fda, fdb and cdrom" }, { "insert fda", "is written" }, { "eject hda", "fda" }, { "quit 256", "0 to 255" }, { "quit x", "0 to 255" },
    { "hash now", "is written" }, { "a b c d e f g h i", "more than 8" }, { "sleep", "is written" },
    { "disasm zz", "is not an address" }, { "disasm 123456789", "is not an address" }, { "disasm 1:2:3", "is not an address" }, { "disasm 12345:1", "is not an address" },
    { "disasm :1", "is not an address" }, { "disasm cs:ip 0", "1 to 10000" }, { "disasm 0 1 2", "is written" },
};

START_TEST(what_is_not_understood_is_refused_with_its_line)
{
    script_t *s = parse(refused[_i].text);
    ck_assert_msg(!s, "taken: %s", refused[_i].text);
    ck_assert_msg(strstr(why.text, refused[_i].says) != NULL, "%s says: %s", refused[_i].text, why.text);
}
END_TEST

START_TEST(a_binary_file_is_refused)
{
    ck_assert(!script_parse("s", "hash\0hash", 9, &why));
    ck_assert(strstr(why.text, "zero byte at 4") != NULL);
}
END_TEST

START_TEST(commands_run_in_order_and_waits_wait)
{
    script_t *s = must_parse("hash\nwait \"A:\" 5\nkey ctrl-c\nmouse 10 -5 left wheel -1\nreset\nnmi\nwait-serial ok\ninsert fdb x.img\neject fda\nscreenshot a.png\ntext a.txt\ndisasm F000:FFF0 5\ndisasm\nquit 9");
    int status = -1;
    start();
    ck_assert_int_eq(script_step(s, 0, &host, &status, &why), SCRIPT_GOES_ON);
    ck_assert_str_eq(told, "hash ");
    ck_assert_int_eq(script_step(s, 4000000000, &host, &status, &why), SCRIPT_GOES_ON);
    strcpy(screen, "C>A:");
    ck_assert_int_eq(script_step(s, 4100000000, &host, &status, &why), SCRIPT_GOES_ON);      /* at the mouse, which takes its time */
    ck_assert_str_eq(told, "hash key1D key2E mouse10,5,-1,1 ");
    ck_assert_int_eq(script_step(s, 4200000000, &host, &status, &why), SCRIPT_GOES_ON);
    ck_assert_str_eq(told, "hash key1D key2E mouse10,5,-1,1 reset nmi ");
    strcpy(serial, "ok");
    ck_assert_int_eq(script_step(s, 4300000000, &host, &status, &why), SCRIPT_ENDED);
    ck_assert_str_eq(told, "hash key1D key2E mouse10,5,-1,1 reset nmi insert1:x.img eject0: png0:a.png text0:a.txt disasm0:F000:FFF0 disasm0:cs:ip ");
    ck_assert_int_eq(status, 9);
    script_free(s);
}
END_TEST

START_TEST(a_wait_fails_exactly_at_its_time)
{
    script_t *s = must_parse("sleep 1\nwait \"never\" 2");
    int status = -1;
    start();
    ck_assert_int_eq(script_step(s, 500000000, &host, &status, &why), SCRIPT_GOES_ON);
    ck_assert_int_eq(script_step(s, 1499999999, &host, &status, &why), SCRIPT_GOES_ON);
    ck_assert_int_eq(script_step(s, 1500000000, &host, &status, &why), SCRIPT_GOES_ON);      /* the wait begins here */
    ck_assert_int_eq(script_step(s, 3499999999, &host, &status, &why), SCRIPT_GOES_ON);
    ck_assert_int_eq(script_step(s, 3500000000, &host, &status, &why), SCRIPT_FAILED_WAIT);
    ck_assert_str_eq(why.text, "s, line 2: wait \"never\" was not seen within 2 s");
    script_free(s);
}
END_TEST

START_TEST(bytes_for_com1_come_eight_at_a_step_and_enter_is_a_carriage_return)
{
    script_t *s = must_parse("type-serial \"12345678ab\\n\"\nhash");
    int status;
    start();
    script_step(s, 0, &host, &status, &why);
    ck_assert_str_eq(told, "<31> <32> <33> <34> <35> <36> <37> <38> ");
    told[0] = 0;
    script_step(s, 1, &host, &status, &why);
    ck_assert_str_eq(told, "<61> <62> <0D> hash ");
    script_free(s);
}
END_TEST

START_TEST(typing_goes_on_when_there_is_room_and_ends_when_the_keys_are_up)
{
    script_t *s = must_parse("type \"abc\"\nhash");
    int status = -1;
    start();
    room = 2;
    busy = true;
    ck_assert_int_eq(script_step(s, 0, &host, &status, &why), SCRIPT_GOES_ON);
    ck_assert_str_eq(told, "a b ");
    room = 5;
    ck_assert_int_eq(script_step(s, 1, &host, &status, &why), SCRIPT_GOES_ON);
    ck_assert_str_eq(told, "a b c ");
    busy = false;
    ck_assert_int_eq(script_step(s, 2, &host, &status, &why), SCRIPT_GOES_ON);
    ck_assert_str_eq(told, "a b c hash ");
    ck_assert(script_done(s));
    script_free(s);
}
END_TEST

START_TEST(trouble_with_a_file_ends_the_script_with_the_line)
{
    script_t *s = must_parse("hash\ninsert fda none.img\nhash");
    int status = -1;
    start();
    refuse_files = true;
    ck_assert_int_eq(script_step(s, 0, &host, &status, &why), SCRIPT_FAILED);
    ck_assert_str_eq(why.text, "s, line 2: no such file");
    script_free(s);
}
END_TEST

START_TEST(a_missing_script_is_said_by_name)
{
    ck_assert(!script_load("/nonexistent/script", &why));
    ck_assert(strstr(why.text, "/nonexistent/script") != NULL);
}
END_TEST

/* Any bytes: understood or refused. */
START_TEST(any_text_is_survived)
{
    static const char alphabet[] = "wait type key \"\\\n#x1 -mouse insert fda quit\t";
    char text[200];
    u32 random = 7;
    for (unsigned i = 0; i < 20000; i++) {
        for (unsigned j = 0; j < sizeof text; j++) {
            random = random * 1664525 + 1013904223;
            text[j] = random >> 30 ? alphabet[(random >> 16) % (sizeof alphabet - 1)] : (char)(random >> 8);
        }
        script_free(script_parse("s", text, sizeof text - i % 100, &why));
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("scripts");
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, words_quotes_escapes_and_comments);
    tcase_add_loop_test(tc, what_is_not_understood_is_refused_with_its_line, 0, (int)COUNT_OF(refused));
    tcase_add_test(tc, a_binary_file_is_refused);
    tcase_add_test(tc, commands_run_in_order_and_waits_wait);
    tcase_add_test(tc, a_wait_fails_exactly_at_its_time);
    tcase_add_test(tc, bytes_for_com1_come_eight_at_a_step_and_enter_is_a_carriage_return);
    tcase_add_test(tc, typing_goes_on_when_there_is_room_and_ends_when_the_keys_are_up);
    tcase_add_test(tc, trouble_with_a_file_ends_the_script_with_the_line);
    tcase_add_test(tc, a_missing_script_is_said_by_name);
    tcase_add_test(tc, any_text_is_survived);
    Suite *suite = suite_create("script");
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
