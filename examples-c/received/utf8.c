/* utf8.c: one character after the other (see utf8.h). */
#include "utf8.h"

#include <stddef.h>
#include <stdio.h>

int put_text(const char *text)
{
    int columns = 0;
    for (; *text != '\0'; text++) {
        putchar(*text);
        columns += ((unsigned char)*text & 0xC0) != 0x80; /* the first octet of a character (RFC 3629) */
    }
    return columns;
}

void put_json(const char *text)
{
    if (text == NULL) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('"');
}
