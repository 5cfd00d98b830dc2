/* buffer.h: a queue of bytes with an upper limit. Bytes go in at the end and out at the
 * front; memory is given back when the queue is empty. Going over the limit, or running out
 * of memory, marks the buffer as failed for good: writers need not check every append, the
 * owner checks `failed` once and closes the connection. */
#ifndef BUFFER_H
#define BUFFER_H

#include "base.h"

struct buffer {
    char *memory;
    size_t start;    /* of the bytes in memory */
    size_t len;      /* how many bytes there are */
    size_t capacity; /* of memory */
    size_t limit;    /* capacity never exceeds this */
    bool failed;
};

void buffer_init(struct buffer *b, size_t limit);
void buffer_free(struct buffer *b);

/* The first of b->len bytes; valid until the next call that changes the buffer. */
const char *buffer_bytes(const struct buffer *b);

void buffer_append(struct buffer *b, const char *bytes, size_t len);
void buffer_text(struct buffer *b, const char *text);
void buffer_print(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes len bytes (at most b->len) from the front. */
void buffer_consume(struct buffer *b, size_t len);

/* Room for up to `want` more bytes at the end: *room says how many (0: the buffer is full or
 * failed). buffer_added then says how many were really written there. */
char *buffer_space(struct buffer *b, size_t want, size_t *room);
void buffer_added(struct buffer *b, size_t len);

#endif
