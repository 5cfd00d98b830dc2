/* A message in the form in which DATA carries it (RFC 5321 section 4.5.2).
 * Must never know: connections. */
#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Larger ones are hardly taken anywhere. */
#define MAX_MESSAGE ((size_t)64 << 20)

/* Reads all of the stream into memory; the caller frees it. NULL with errno. */
static char *read_all(FILE *in, size_t *length)
{
    char *bytes = NULL;
    size_t filled = 0;
    for (size_t capacity = 65536;; capacity *= 2) {
        char *larger = realloc(bytes, capacity);
        if (larger == NULL)
            break;
        bytes = larger;
        filled += fread(bytes + filled, 1, capacity - filled, in);
        if (ferror(in))
            break;
        if (filled < capacity) {
            *length = filled;
            return bytes;
        }
        if (capacity >= MAX_MESSAGE) {
            errno = EFBIG;
            break;
        }
    }
    int error = errno;
    free(bytes);
    errno = error;
    return NULL;
}

/* CRLF, a bare LF and a bare CR all end a line: a bare one on the wire is what SMTP smuggling is
 * made of. `wire` has room for twice the text and five octets, which is the worst case. */
static void encode(const char *text, size_t length, struct message *m)
{
    char *out = m->wire;
    bool at_line_start = true;
    size_t stuffed = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\r' || text[i] == '\n') {
            if (text[i] == '\r' && i + 1 < length && text[i + 1] == '\n')
                i++;
            *out++ = '\r';
            *out++ = '\n';
            at_line_start = true;
            continue;
        }
        if (at_line_start && text[i] == '.') {
            *out++ = '.';
            stuffed++;
        }
        at_line_start = false;
        m->eight_bit = m->eight_bit || (unsigned char)text[i] > 127;
        *out++ = text[i];
    }
    if (!at_line_start) {
        *out++ = '\r';
        *out++ = '\n';
    }
    m->size = (size_t)(out - m->wire) - stuffed;
    memcpy(out, ".\r\n", 3);
    m->wire_length = (size_t)(out - m->wire) + 3;
}

bool message_load(const char *file, struct message *m, char *reason, size_t size)
{
    size_t length = 0;
    *m = (struct message){0};
    FILE *in = fopen(file, "rb");
    char *text = in != NULL ? read_all(in, &length) : NULL;
    if (text != NULL)
        m->wire = malloc(2 * length + 5);
    if (m->wire == NULL) {
        snprintf(reason, size, "cannot read the message %s: %s", file, strerror(errno));
    } else {
        encode(text, length, m);
    }
    free(text);
    if (in != NULL)
        fclose(in);
    return m->wire != NULL;
}

void message_free(struct message *m)
{
    free(m->wire);
    *m = (struct message){0};
}
