/* input.c: dividing what is read (see input.h). */
#define _DEFAULT_SOURCE
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_CAPACITY 65536

bool input_read(uint8_t **bytes, size_t *len)
{
    size_t capacity = 0;
    *bytes = NULL;
    *len = 0;
    for (;;) {
        if (*len == capacity) {
            size_t larger = capacity == 0 ? FIRST_CAPACITY : capacity > SIZE_MAX / 2 ? 0 : capacity * 2;
            uint8_t *moved = larger == 0 ? NULL : realloc(*bytes, larger);
            if (moved == NULL) {
                errno = ENOMEM;
                return false;
            }
            *bytes = moved;
            capacity = larger;
        }
        ssize_t got = read(STDIN_FILENO, *bytes + *len, capacity - *len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0;
        }
        *len += (size_t)got;
    }
}

static struct octets after(struct octets o, size_t len)
{
    return (struct octets){o.bytes + len, o.len - len};
}

static bool begins(struct octets o, const char *text)
{
    size_t len = strlen(text);
    return o.len >= len && memcmp(o.bytes, text, len) == 0;
}

/* Of the first line, with its line end; the last may have none. */
static size_t line_length(struct octets o)
{
    const uint8_t *end = o.len == 0 ? NULL : memchr(o.bytes, '\n', o.len);
    return end == NULL ? o.len : (size_t)(end - o.bytes) + 1;
}

static bool is_empty_line(struct octets o)
{
    return begins(o, "\n") || begins(o, "\r\n");
}

bool input_is_mbox(struct octets input)
{
    return begins(input, "From ");
}

bool input_next_message(struct octets *rest, bool mbox, struct octets *message)
{
    if (rest->len == 0) {
        return false;
    }
    struct octets here = mbox ? after(*rest, line_length(*rest)) : after(*rest, rest->len);
    *message = mbox ? here : *rest;
    bool behind_empty = mbox; /* a message may be empty itself */
    while (here.len > 0 && !(behind_empty && begins(here, "From "))) {
        behind_empty = is_empty_line(here);
        here = after(here, line_length(here));
    }
    message->len -= here.len;
    *rest = here;
    return true;
}
