/* buffer.c: the bounded byte queue (see buffer.h). */
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *b, size_t limit)
{
    *b = (struct buffer){.limit = limit};
}

void buffer_free(struct buffer *b)
{
    free(b->memory);
    buffer_init(b, b->limit);
}

const char *buffer_bytes(const struct buffer *b)
{
    return b->memory == NULL ? "" : b->memory + b->start;
}

/* Makes room for `extra` bytes behind the present ones. */
static bool reserve(struct buffer *b, size_t extra)
{
    if (b->failed || extra > b->limit - b->len) {
        return false;
    }
    if (extra <= b->capacity - b->start - b->len) {
        return true;
    }
    if (b->start > 0) {
        memmove(b->memory, b->memory + b->start, b->len);
        b->start = 0;
    }
    size_t needed = b->len + extra;
    if (needed <= b->capacity) {
        return true;
    }
    size_t capacity = b->capacity < 1024 ? 1024 : b->capacity;
    while (capacity < needed) {
        capacity = capacity > b->limit / 2 ? b->limit : capacity * 2;
    }
    char *memory = realloc(b->memory, capacity);
    if (memory == NULL) {
        return false;
    }
    b->memory = memory;
    b->capacity = capacity;
    return true;
}

void buffer_append(struct buffer *b, const char *bytes, size_t len)
{
    if (len == 0) {
        return;
    }
    if (!reserve(b, len)) {
        b->failed = true;
        return;
    }
    memcpy(b->memory + b->start + b->len, bytes, len);
    b->len += len;
}

void buffer_text(struct buffer *b, const char *text)
{
    buffer_append(b, text, strlen(text));
}

void buffer_print(struct buffer *b, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= sizeof text) {
        b->failed = true;
        return;
    }
    buffer_append(b, text, (size_t)len);
}

void buffer_consume(struct buffer *b, size_t len)
{
    b->start += len;
    b->len -= len;
    if (b->len == 0) {
        free(b->memory);
        b->memory = NULL;
        b->start = 0;
        b->capacity = 0;
    }
}

char *buffer_space(struct buffer *b, size_t want, size_t *room)
{
    size_t left = b->failed ? 0 : b->limit - b->len;
    *room = want < left ? want : left;
    if (*room == 0) {
        return NULL;
    }
    if (!reserve(b, *room)) {
        b->failed = true;
        *room = 0;
        return NULL;
    }
    return b->memory + b->start + b->len;
}

void buffer_added(struct buffer *b, size_t len)
{
    b->len += len;
    if (b->len == 0) {
        buffer_consume(b, 0);
    }
}
