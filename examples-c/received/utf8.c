/* utf8.c: one code point after the other (see utf8.h). */
#include "utf8.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define REPLACEMENT 0xFFFDu

/* Takes one code point from UTF-8 (RFC 3629); for an octet that starts none, U+FFFD. */
static uint32_t next_code_point(const char **text)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)*text;
    size_t more = s[0] < 0x80 ? 0 : s[0] < 0xE0 ? 1 : s[0] < 0xF0 ? 2 : 3;
    *text += 1;
    if ((s[0] >= 0x80 && s[0] < 0xC2) || s[0] > 0xF4) {
        return REPLACEMENT;
    }
    uint32_t point = more == 0 ? s[0] : s[0] & (0x3Fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80) { /* the NUL at the end stops here too */
            return REPLACEMENT;
        }
        point = point << 6 | (s[i] & 0x3Fu);
    }
    if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
        return REPLACEMENT;
    }
    *text += more;
    return point;
}

static void put_utf8(uint32_t p)
{
    if (p < 0x80) {
        putchar((int)p);
        return;
    }
    if (p < 0x800) {
        putchar((int)(0xC0 | p >> 6));
    } else {
        if (p < 0x10000) {
            putchar((int)(0xE0 | p >> 12));
        } else {
            putchar((int)(0xF0 | p >> 18));
            putchar((int)(0x80 | (p >> 12 & 0x3F)));
        }
        putchar((int)(0x80 | (p >> 6 & 0x3F)));
    }
    putchar((int)(0x80 | (p & 0x3F)));
}

/* The controls C0, DEL and C1; the marks, embeddings, overrides and isolates of the bidirectional
 * algorithm; what has no width; the separators of lines and paragraphs; tags. */
static bool deceives(uint32_t p)
{
    return p < 0x20 || (p >= 0x7F && p < 0xA0) || p == 0xAD || p == 0x61C || p == 0x180E ||
           (p >= 0x200B && p <= 0x200F) || (p >= 0x2028 && p <= 0x202E) || (p >= 0x2060 && p <= 0x206F) ||
           p == 0xFEFF || (p >= 0xFFF0 && p <= 0xFFFB) || (p >= 0xE0000 && p <= 0xE0FFF);
}

int put_text(const char *text)
{
    int columns = 0;
    while (*text != '\0') {
        uint32_t p = next_code_point(&text);
        put_utf8(deceives(p) ? '?' : p);
        columns++;
    }
    return columns;
}

/* RFC 8259 section 7: beyond U+FFFF as a pair of surrogates. */
static void put_escape(uint32_t p)
{
    if (p > 0xFFFF) {
        p -= 0x10000;
        printf("\\u%04" PRIx32 "\\u%04" PRIx32, 0xD800 + (p >> 10), 0xDC00 + (p & 0x3FF));
    } else {
        printf("\\u%04" PRIx32, p);
    }
}

void put_json(const char *text)
{
    if (text == NULL) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    while (*text != '\0') {
        uint32_t p = next_code_point(&text);
        if (p == '"' || p == '\\') {
            printf("\\%c", (int)p);
        } else if (deceives(p)) {
            put_escape(p);
        } else {
            put_utf8(p);
        }
    }
    putchar('"');
}
