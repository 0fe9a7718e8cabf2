/*
 * test_font: facts about the drawn glyphs of code page 437 in bios/font/. The text is read as it stands in the tree,
 * with the smallest reader there can be; make_font.c is the one that is strict about its form.
 *
 * Sources: Unicode's mapping of code page 437 (which code is which frame or block); IBM VGA Technical Reference,
 * Attribute Mode Control bit 2 (the ninth dot of C0 to DF). The measures stand at the head of each file.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/run_all.h"

typedef struct {
    int height;
    bool drawn[256];
    unsigned char row[256][16];
} face_t;

static face_t large, small;

static void read_face(face_t *face, const char *name, int height)
{
    char path[1024], line[256];
    const char *tests = strstr(__FILE__, "tests/test_font.c");
    ck_assert_ptr_nonnull(tests);
    snprintf(path, sizeof path, "%.*sbios/font/%s", (int)(tests - __FILE__), __FILE__, name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    face->height = height;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "glyph ", 6) != 0)
            continue;
        unsigned long code = strtoul(line + 6, NULL, 16) & 255;
        face->drawn[code] = true;
        for (int row = 0; row < height; row++) {
            unsigned bits = 0;
            ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
            for (int dot = 0; dot < 8; dot++)
                bits = bits << 1 | (line[dot] == '#');
            face->row[code][row] = (unsigned char)bits;
        }
    }
    fclose(file);
}

static void read_faces(void)
{
    read_face(&large, "font_8x16.txt", 16);
    read_face(&small, "font_8x8.txt", 8);
}

/* Each frame character's arms: up, right, down, left, as single or double lines. From Unicode's names, U+2500 to U+256C. */
static const struct {
    unsigned char code;
    const char *arms;
} frames[] = {
    {0xB3, "1010"}, {0xB4, "1011"}, {0xB5, "1012"}, {0xB6, "2021"}, {0xB7, "0021"}, {0xB8, "0012"}, {0xB9, "2022"}, {0xBA, "2020"},
    {0xBB, "0022"}, {0xBC, "2002"}, {0xBD, "2001"}, {0xBE, "1002"}, {0xBF, "0011"}, {0xC0, "1100"}, {0xC1, "1101"}, {0xC2, "0111"},
    {0xC3, "1110"}, {0xC4, "0101"}, {0xC5, "1111"}, {0xC6, "1210"}, {0xC7, "2120"}, {0xC8, "2200"}, {0xC9, "0220"}, {0xCA, "2202"},
    {0xCB, "0222"}, {0xCC, "2220"}, {0xCD, "0202"}, {0xCE, "2222"}, {0xCF, "1202"}, {0xD0, "2101"}, {0xD1, "0212"}, {0xD2, "0121"},
    {0xD3, "2100"}, {0xD4, "1200"}, {0xD5, "0210"}, {0xD6, "0120"}, {0xD7, "2121"}, {0xD8, "1212"}, {0xD9, "1001"}, {0xDA, "0110"},
};

static int wrong_edges(const face_t *face, int middle)
{
    static const unsigned char across[3] = {0x00, 0x18, 0x66};
    const unsigned along[3] = {0, 1u << middle, 5u << (middle - 1)};
    int wrong = 0;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        const unsigned char *row = face->row[frames[i].code];
        const char *arms = frames[i].arms;
        unsigned left = 0, right = 0;
        for (int y = 0; y < face->height; y++) {
            left |= (unsigned)(row[y] >> 7) << y;
            right |= (unsigned)(row[y] & 1) << y;
        }
        wrong += row[0] != across[arms[0] - '0'];
        wrong += right != along[arms[1] - '0'];
        wrong += row[face->height - 1] != across[arms[2] - '0'];
        wrong += left != along[arms[3] - '0'];
    }
    return wrong;
}

START_TEST(every_code_is_drawn_in_both_faces)
{
    for (int code = 0; code < 256; code++) {
        ck_assert_msg(large.drawn[code], "8x16: %02X", (unsigned)code);
        ck_assert_msg(small.drawn[code], "8x8: %02X", (unsigned)code);
    }
}
END_TEST

START_TEST(no_two_codes_look_the_same_but_the_three_blanks)
{
    for (int one = 0; one < 256; one++)
        for (int other = one + 1; other < 256; other++) {
            bool blanks = (one == 0x00 || one == 0x20) && (other == 0x20 || other == 0xFF);
            bool same = memcmp(large.row[one], large.row[other], 16) == 0;
            if (same != blanks)
                ck_abort_msg("8x16: %02X and %02X", (unsigned)one, (unsigned)other);
            if ((memcmp(small.row[one], small.row[other], 8) == 0) != blanks)
                ck_abort_msg("8x8: %02X and %02X", (unsigned)one, (unsigned)other);
        }
}
END_TEST

START_TEST(frames_reach_the_edges_where_their_neighbours_begin)
{
    ck_assert_int_eq(wrong_edges(&large, 7), 0);
    ck_assert_int_eq(wrong_edges(&small, 3), 0);
}
END_TEST

START_TEST(characters_without_a_ninth_dot_do_not_need_one)
{
    /* Letters, figures, marks and accents leave column 7 empty, or they would run into the next cell. */
    for (int code = 0x21; code < 0xB0; code++)
        for (int row = 0; row < 16; row++)
            if (code != '_' && code != '*' && (large.row[code][row] & 1))
                ck_abort_msg("8x16: %02X row %d", (unsigned)code, row);
}
END_TEST

START_TEST(letters_stand_on_the_base_line)
{
    const char *letters = "ABCDEFGHIKLMNOPRSTUVWXYZabcdefhiklmnorstuvwxz0123456789";
    for (; *letters; letters++) {
        const unsigned char *row = large.row[(unsigned char)*letters];
        if (!row[11] || row[12])
            ck_abort_msg("8x16: %c", *letters);
        row = small.row[(unsigned char)*letters];
        if (!row[6] || row[7])
            ck_abort_msg("8x8: %c", *letters);
    }
}
END_TEST

START_TEST(blocks_and_shades_are_exact)
{
    for (int row = 0; row < 16; row++) {
        ck_assert_uint_eq(large.row[0xDB][row], 0xFF);
        ck_assert_uint_eq(large.row[0xDC][row], row < 8 ? 0x00 : 0xFF);
        ck_assert_uint_eq(large.row[0xDD][row], 0xF0);
        ck_assert_uint_eq(large.row[0xDE][row], 0x0F);
        ck_assert_uint_eq(large.row[0xDF][row], row < 8 ? 0xFF : 0x00);
    }
    static const int inked[3] = {32, 64, 96}; /* of 128 dots: light, medium, dark */
    for (int shade = 0; shade < 3; shade++) {
        int count = 0;
        for (int row = 0; row < 16; row++)
            for (unsigned bits = large.row[0xB0 + shade][row]; bits; bits &= bits - 1)
                count++;
        ck_assert_int_eq(count, inked[shade]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("font");
    TCase *facts = tcase_create("facts");
    suite_add_tcase(suite, facts);
    tcase_add_unchecked_fixture(facts, read_faces, NULL);
    tcase_add_test(facts, every_code_is_drawn_in_both_faces);
    tcase_add_test(facts, no_two_codes_look_the_same_but_the_three_blanks);
    tcase_add_test(facts, frames_reach_the_edges_where_their_neighbours_begin);
    tcase_add_test(facts, characters_without_a_ninth_dot_do_not_need_one);
    tcase_add_test(facts, letters_stand_on_the_base_line);
    tcase_add_test(facts, blocks_and_shades_are_exact);
    return run_all(suite);
}
