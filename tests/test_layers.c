/* test_layers.c - the house's rules that a program can check: docs ARCHITECTURE, section 1.
 *
 * An include points only downwards; no file is longer than 900 lines; every source file opens with a comment that names it. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mem/base.h"
#include "tests/run_all.h"

#ifndef PROJECT_SOURCE
#  define PROJECT_SOURCE "."
#endif

enum { MOST_LINES = 900, LINE = 4096 };

/* Which folders a layer may include from; single headers of others are listed by name.  SDL stands for the window library. */
typedef struct { const char *folder, *may[4], *headers[8]; bool sdl; } layer_t;
static const layer_t layers[] = {
    { .folder = "mem", .may = { "mem" } },
    { .folder = "cpu", .may = { "cpu", "mem" } },
    { .folder = "devices", .may = { "devices", "mem" } },
    { .folder = "fidelity", .may = { "fidelity", "cpu", "mem" }, .headers = { "devices/pc.h" } },
    { .folder = "frontend", .may = { "frontend", "fidelity" }, .sdl = true, .headers = { "mem/base.h", "devices/pc.h", "devices/vga_draw.h", "devices/disk.h",
        "cpu/cpu.h", "cpu/disasm.h", "cpu/observe.h", "devices/state.h" } },
};
/* The schematic sees both the chips and the processor. */
static bool is_schematic(const char *folder, const char *file) { return strcmp(folder, "devices") == 0 && strncmp(file, "pc", 2) == 0 && (file[2] == '.' || file[2] == '_'); }

static int wrong;
static void complain(const char *folder, const char *file, const char *what)
{
    printf("%s/%s: %s\n", folder, file, what);
    wrong++;
}

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

/* What frontend needs besides the table: the firmware and the demonstration disk, which are data. */
static bool is_data(const char *path) { return strcmp(path, "bios/bios_rom.h") == 0 || strcmp(path, "demo/demo_floppy.h") == 0; }

static bool allowed(const layer_t *layer, const char *file, const char *path)
{
    char folder[64];
    const char *slash = strchr(path, '/');
    if (!slash)
        return false;                                            /* includes are written from the project's root */
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    for (unsigned i = 0; i < COUNT_OF(layer->may) && layer->may[i]; i++)
        if (strcmp(folder, layer->may[i]) == 0) return true;
    for (unsigned i = 0; i < COUNT_OF(layer->headers) && layer->headers[i]; i++)
        if (strcmp(path, layer->headers[i]) == 0) return true;
    return (is_schematic(layer->folder, file) && strcmp(folder, "cpu") == 0) || (layer->sdl && is_data(path));
}

static void check_include(const layer_t *layer, const char *file, const char *line)
{
    char path[LINE], what[LINE + 40];
    if (sscanf(line, "#include <%[^>]>", path) == 1) {
        if (strstr(path, "SDL") && !layer->sdl) complain(layer->folder, file, "includes SDL");
        return;
    }
    if (sscanf(line, "#include \"%[^\"]\"", path) != 1 || allowed(layer, file, path))
        return;
    snprintf(what, sizeof what, "may not include %s", path);
    complain(layer->folder, file, what);
}

static bool is_source(const char *file)
{
    const char *dot = strrchr(file, '.');
    return dot && (strcmp(dot, ".c") == 0 || strcmp(dot, ".h") == 0 || strcmp(dot, ".def") == 0);
}

static void check_file(const char *folder, const char *file, const layer_t *layer)
{
    char path[1024], line[LINE], stem[300];
    bool comment = false, named = false;
    int lines = 0;
    snprintf(path, sizeof path, "%s/%s/%s", PROJECT_SOURCE, folder, file);
    snprintf(stem, sizeof stem, "%.*s", (int)strcspn(file, "."), file);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s cannot be read: run this from the project's folder", path);
    while (fgets(line, sizeof line, f)) {
        comment |= lines == 0 && begins(line, "/*");
        named |= comment && lines < 2 && strstr(line, stem);
        lines++;
        if (layer && begins(line, "#include")) check_include(layer, file, line);
    }
    fclose(f);
    if (!named) complain(folder, file, "does not open with a comment that names it");
    if (lines > MOST_LINES) complain(folder, file, "is longer than 900 lines");
}

static int check_folder(const char *folder, const layer_t *layer)
{
    char path[1024];
    int files = 0;
    snprintf(path, sizeof path, "%s/%s", PROJECT_SOURCE, folder);
    DIR *dir = opendir(path);
    ck_assert_msg(dir != NULL, "%s cannot be read: run this from the project's folder", path);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (is_source(entry->d_name)) check_file(folder, entry->d_name, layer), files++;
    closedir(dir);
    return files;
}

START_TEST(includes_point_only_downwards)
{
    wrong = 0;
    for (unsigned i = 0; i < COUNT_OF(layers); i++)
        ck_assert_int_gt(check_folder(layers[i].folder, &layers[i]), 3);
    ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(every_file_names_itself_and_is_of_reasonable_length)
{
    static const char *const others[] = { "bios", "demo", "tests" };
    wrong = 0;
    for (unsigned i = 0; i < COUNT_OF(others); i++)
        ck_assert_int_gt(check_folder(others[i], NULL), 4);
    ck_assert_int_eq(wrong, 0);
}
END_TEST

/* The check itself: what it must refuse. */
START_TEST(the_table_refuses_what_it_should)
{
    ck_assert(!allowed(&layers[0], "bus.c", "cpu/cpu.h"));
    ck_assert(!allowed(&layers[1], "run.c", "devices/pc.h"));
    ck_assert(!allowed(&layers[2], "pic.c", "cpu/cpu.h"));
    ck_assert(!allowed(&layers[2], "pci.c", "cpu/cpu.h"));
    ck_assert(allowed(&layers[2], "pc.c", "cpu/cpu.h"));
    ck_assert(allowed(&layers[2], "pc_run.c", "cpu/cpu.h"));
    ck_assert(!allowed(&layers[3], "moo.c", "frontend/say.h"));
    ck_assert(!allowed(&layers[4], "window.c", "devices/pic.h"));
    ck_assert(!allowed(&layers[2], "pit.c", "fidelity/moo.h"));
    ck_assert(!allowed(&layers[1], "run.c", "cpu.h"));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("layers");
    tcase_add_test(tc, includes_point_only_downwards);
    tcase_add_test(tc, every_file_names_itself_and_is_of_reasonable_length);
    tcase_add_test(tc, the_table_refuses_what_it_should);
    Suite *s = suite_create("layers");
    suite_add_tcase(s, tc);
    return run_all(s);
}
