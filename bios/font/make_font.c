/*
 * make_font: reads the drawn faces of code page 437 and writes them as C arrays, a byte a row, bit 7 leftmost,
 * which is how the VGA's character generator (plane 2) and INT 10h AH=11h take them.
 *
 *     make_font font_8x16.txt font_8x14.txt font_8x8.txt font_data.h
 *
 * A program for the host that builds the firmware; it uses nothing but standard C. The text form is described at
 * the head of font_8x16.txt. The 8x14 file holds exceptions: a glyph that is not in it comes from the 8x16 face
 * by leaving out row 15 and one row more, see `spare_row`. All malformed input is reported as file:line.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GLYPHS = 256, COLUMNS = 8, MAX_ROWS = 16, LINE_BYTES = 256 };

typedef struct {
    const char *name; /* the array's name in the header */
    int height;
    bool drawn[GLYPHS];
    unsigned char row[GLYPHS][MAX_ROWS];
} face_t;

typedef struct {
    const char *path;
    FILE *file;
    int line;
    char text[LINE_BYTES];
} source_t;

static void trouble(const source_t *source, const char *what)
{
    if (source->line)
        fprintf(stderr, "%s:%d: %s\n", source->path, source->line, what);
    else
        fprintf(stderr, "%s: %s\n", source->path, what);
    exit(1);
}

/* The next line without its end; false at the end of the file. */
static bool next_line(source_t *source)
{
    if (!fgets(source->text, LINE_BYTES, source->file)) {
        if (ferror(source->file))
            trouble(source, strerror(errno));
        return false;
    }
    source->line++;
    size_t length = strlen(source->text);
    if (length + 1 == LINE_BYTES && source->text[length - 1] != '\n')
        trouble(source, "the line is too long");
    while (length && isspace((unsigned char)source->text[length - 1]))
        source->text[--length] = 0;
    return true;
}

static unsigned char read_row(source_t *source)
{
    if (!next_line(source))
        trouble(source, "the file ends inside a glyph");
    if (strlen(source->text) != COLUMNS)
        trouble(source, "a row must have 8 dots");
    unsigned bits = 0;
    for (int column = 0; column < COLUMNS; column++) {
        char dot = source->text[column];
        if (dot != '#' && dot != '.')
            trouble(source, "a row may hold only '#' and '.'");
        bits = bits << 1 | (dot == '#');
    }
    return (unsigned char)bits;
}

/* "glyph HH NAME": the code. */
static int read_header(const source_t *source)
{
    const char *text = source->text;
    if (strncmp(text, "glyph ", 6) != 0)
        trouble(source, "expected \"glyph HH NAME\"");
    if (!isxdigit((unsigned char)text[6]) || !isxdigit((unsigned char)text[7]) || text[8] != ' ' || !text[9])
        trouble(source, "after \"glyph\" come two hexadecimal digits and a name");
    return (int)strtol(text + 6, NULL, 16);
}

static void read_face(face_t *face, const char *path)
{
    source_t source = {.path = path, .file = fopen(path, "r")};
    if (!source.file)
        trouble(&source, strerror(errno));
    while (next_line(&source)) {
        if (!source.text[0] || source.text[0] == '#')
            continue;
        int code = read_header(&source);
        if (face->drawn[code])
            trouble(&source, "this glyph is drawn twice");
        face->drawn[code] = true;
        for (int row = 0; row < face->height; row++)
            face->row[code][row] = read_row(&source);
    }
    fclose(source.file);
}

static void must_be_whole(const face_t *face, const char *path)
{
    for (int code = 0; code < GLYPHS; code++)
        if (!face->drawn[code]) {
            fprintf(stderr, "%s: glyph %02X is not drawn\n", path, (unsigned)code);
            exit(1);
        }
}

/*
 * The row above the base line (row 11) that a glyph of the 8x16 face misses least. Dropping any of them moves the
 * base line from row 11 to 10, so the letters of the 8x14 face stand on one line whichever it is.
 */
static int spare_row(const unsigned char *row)
{
    if (row[0] && row[1] == row[0])
        return 1; /* the dots over a capital become one row high */
    if (row[3] && !row[4])
        return row[2] == row[3] ? 3 : 0; /* so do those over a small letter; an accent stays, higher up */
    if (!row[4] && !row[3])
        return 4;
    for (int y = 4; y <= 10; y++)
        if (row[y] == row[y - 1])
            return y; /* of a stem's equal rows one less */
    return row[0] ? 2 : 0;
}

static void derive(face_t *small, const face_t *large)
{
    for (int code = 0; code < GLYPHS; code++) {
        if (small->drawn[code])
            continue;
        int spare = spare_row(large->row[code]), to = 0;
        for (int from = 0; from < large->height - 1; from++)
            if (from != spare)
                small->row[code][to++] = large->row[code][from];
        small->drawn[code] = true;
    }
}

static void write_face(FILE *out, const face_t *face)
{
    fprintf(out, "\nstatic const unsigned char %s[256 * %d] = {\n", face->name, face->height);
    for (int code = 0; code < GLYPHS; code++) {
        fprintf(out, "    /* %02X */", (unsigned)code);
        for (int row = 0; row < face->height; row++)
            fprintf(out, " 0x%02x,", face->row[code][row]);
        fprintf(out, "\n");
    }
    fprintf(out, "};\n");
}

static void write_header(const char *path, const face_t *faces, int count)
{
    FILE *out = fopen(path, "w");
    if (out) {
        fprintf(out, "/* Written by bios/font/make_font.c from the drawn faces: change those. A byte a row, bit 7 leftmost. */\n"
                     "#ifndef FONT_DATA_H\n#define FONT_DATA_H\n");
        for (int i = 0; i < count; i++)
            write_face(out, &faces[i]);
        fprintf(out, "\n#endif\n");
    }
    if (!out || ferror(out) || fclose(out)) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        remove(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static face_t faces[3] = {
        {.name = "font_8x16", .height = 16}, {.name = "font_8x14", .height = 14}, {.name = "font_8x8", .height = 8}};
    if (argc != 5) {
        fprintf(stderr, "usage: make_font font_8x16.txt font_8x14.txt font_8x8.txt font_data.h\n");
        return 1;
    }
    for (int i = 0; i < 3; i++)
        read_face(&faces[i], argv[1 + i]);
    must_be_whole(&faces[0], argv[1]);
    must_be_whole(&faces[2], argv[3]);
    derive(&faces[1], &faces[0]);
    write_header(argv[4], faces, 3);
    return 0;
}
