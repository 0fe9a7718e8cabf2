/* test_enlarge.c - a picture at another size: arithmetic, against a plain average over exact areas. */
#include "frontend/enlarge.h"
#include "tests/run_all.h"
#include <check.h>
#include <stdlib.h>

static u32 picture[128 * 128], out[512 * 512], part[512 * 512];

static void paint(u32 n)
{
    u32 seed = n;
    for (u32 i = 0; i < COUNT_OF(picture); i++) {
        seed = seed * 1664525 + 1013904223;
        picture[i] = seed >> 8;
    }
}

/* The exact average of what pixel (x, y) of the result covers, one channel. */
static double covered(u32 fw, u32 fh, u32 tw, u32 th, u32 x, u32 y, unsigned shift)
{
    double sum = 0, area = 0;
    for (u32 j = y * fh / th; j < fh && (double)j < (double)(y + 1) * fh / th; j++)
        for (u32 i = x * fw / tw; i < fw && (double)i < (double)(x + 1) * fw / tw; i++) {
            double left = (double)x * fw / tw, right = (double)(x + 1) * fw / tw, top = (double)y * fh / th, bottom = (double)(y + 1) * fh / th;
            double w = (right < i + 1 ? right : i + 1) - (left > i ? left : i), h = (bottom < j + 1 ? bottom : j + 1) - (top > j ? top : j);
            sum += w * h * (double)(picture[j * fw + i] >> shift & 0xFF);
            area += w * h;
        }
    return sum / area;
}

START_TEST(each_pixel_is_the_average_of_what_it_covers)
{
    static const u32 sizes[][4] = { { 72, 40, 96, 72 }, { 64, 48, 128, 96 }, { 64, 48, 64, 48 }, { 100, 70, 33, 91 }, { 128, 128, 5, 3 }, { 1, 1, 40, 30 }, { 90, 40, 91, 41 } };
    enlarge_t e = { 0 };
    for (size_t n = 0; n < COUNT_OF(sizes); n++) {
        const u32 *s = sizes[n];
        double worst = 0;
        paint((u32)n);
        ck_assert(enlarge_set(&e, s[0], s[1], s[2], s[3]));
        enlarge_draw(&e, picture, 0, s[3], out, s[2] * sizeof *out);
        for (u32 y = 0; y < s[3]; y++)
            for (u32 x = 0; x < s[2]; x++)
                for (unsigned shift = 0; shift < 24; shift += 8) {
                    double differ = covered(s[0], s[1], s[2], s[3], x, y, shift) - (double)(out[y * s[2] + x] >> shift & 0xFF);
                    if (differ < 0) differ = -differ;
                    if (differ > worst) worst = differ;
                }
        ck_assert_msg(worst < 3, "%ux%u to %ux%u: %g of 255 off", s[0], s[1], s[2], s[3], worst);
    }
    enlarge_free(&e);
}
END_TEST

START_TEST(whole_multiples_repeat_pixels_and_one_colour_stays_itself)
{
    enlarge_t e = { 0 };
    unsigned wrong = 0;
    paint(5);
    ck_assert(enlarge_set(&e, 30, 20, 90, 60));
    enlarge_draw(&e, picture, 0, 60, out, 90 * sizeof *out);
    for (u32 y = 0; y < 60; y++)
        for (u32 x = 0; x < 90; x++) wrong += out[y * 90 + x] != picture[y / 3 * 30 + x / 3];
    ck_assert_uint_eq(wrong, 0);
    for (u32 colour = 0; colour < 256; colour++) {
        for (u32 i = 0; i < 30 * 20; i++) picture[i] = colour * 0x010001 | (255 - colour) << 8;
        ck_assert(enlarge_set(&e, 30, 20, 47, 31));
        enlarge_draw(&e, picture, 0, 31, out, 47 * sizeof *out);
        for (u32 i = 0; i < 47 * 31; i++) wrong += out[i] != picture[0];
    }
    ck_assert_uint_eq(wrong, 0);
    enlarge_free(&e);
}
END_TEST

/* The rows that a change touches, drawn alone, give the picture that drawing all gives. */
START_TEST(changed_rows_alone_give_the_whole_picture)
{
    static const u32 heights[][2] = { { 40, 72 }, { 40, 40 }, { 70, 41 }, { 128, 9 } };
    for (size_t n = 0; n < COUNT_OF(heights); n++) {
        enlarge_t e = { 0 };
        u32 fh = heights[n][0], th = heights[n][1], first, end;
        paint(9);
        ck_assert(enlarge_set(&e, 50, fh, 70, th));
        enlarge_draw(&e, picture, 0, th, part, 70 * sizeof *part);
        for (u32 y = 0; y < fh; y++) {
            for (u32 x = 0; x < 50; x++) picture[y * 50 + x] ^= 0x123456;
            enlarge_rows_of(&e, y, y + 1, &first, &end);
            ck_assert(first < end && end <= th);
            enlarge_draw(&e, picture, first, end, part + first * 70, 70 * sizeof *part);
            enlarge_draw(&e, picture, 0, th, out, 70 * sizeof *out);
            ck_assert(memcmp(out, part, 70 * th * sizeof *out) == 0);
        }
        enlarge_free(&e);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("enlarge");
    TCase *tc = tcase_create("core");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, each_pixel_is_the_average_of_what_it_covers);
    tcase_add_test(tc, whole_multiples_repeat_pixels_and_one_colour_stays_itself);
    tcase_add_test(tc, changed_rows_alone_give_the_whole_picture);
    suite_add_tcase(suite, tc);
    return run_all(suite);
}
