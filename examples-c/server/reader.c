/* reader.c: messages as the client sees them, and their sizes (see reader.h). */
#include "reader.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* The sizes of a message are those of what reader_read gives. */
static bool measure(struct reader *r)
{
    struct message *m = r->message;
    char piece[READER_PIECE];
    bool in_header = true;
    bool line_empty = true;
    m->size = 0;
    m->header_size = 0;
    m->body_lines = 0;
    for (;;) {
        ssize_t len = reader_read(r, piece, sizeof piece);
        if (len < 0) {
            return false;
        }
        if (len == 0) {
            break;
        }
        for (ssize_t i = 0; i < len; i++) {
            m->size++;
            if (piece[i] == '\n') {
                m->body_lines += in_header ? 0 : 1;
                if (in_header && line_empty) {
                    m->header_size = m->size;
                    in_header = false;
                }
                line_empty = true;
            } else if (piece[i] != '\r') {
                line_empty = false;
            }
        }
    }
    if (in_header) {
        m->header_size = m->size;
    }
    m->measured = true;
    return true;
}

bool reader_open(struct reader *r, struct maildir *d, struct message *m)
{
    struct stat status;
    *r = (struct reader){.fd = maildir_read(d, m)};
    if (r->fd < 0) {
        return false;
    }
    r->message = message_hold(m);
    if (fstat(r->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        reader_close(r);
        return false;
    }
    m->file_size = (uint64_t)status.st_size;
    if (!m->measured && (!measure(r) || !reader_seek(r, 0))) {
        reader_close(r);
        return false;
    }
    return true;
}

void reader_close(struct reader *r)
{
    if (r->message != NULL) {
        message_release(r->message);
        (void)close(r->fd);
    }
    *r = (struct reader){.fd = -1};
}

bool reader_seek(struct reader *r, uint64_t place)
{
    /* A file that is already as sent need not be read up to the place. */
    r->as_sent = r->message->measured && r->message->size == r->message->file_size;
    uint64_t offset = r->as_sent && place <= r->message->file_size ? place : 0;
    if (lseek(r->fd, (off_t)offset, SEEK_SET) < 0) {
        return false;
    }
    r->skip = place - offset;
    r->after_cr = false;
    return true;
}

/* out must have room for twice the length. */
static size_t convert(struct reader *r, const char *raw, size_t len, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        if (raw[i] == '\n' && !r->after_cr && !r->as_sent) {
            out[used++] = '\r';
        }
        out[used++] = raw[i] == '\0' ? '\x1a' : raw[i];
        r->after_cr = raw[i] == '\r';
    }
    return used;
}

ssize_t reader_read(struct reader *r, char *out, size_t size)
{
    char raw[READER_PIECE / 2];
    if (size < READER_PIECE) {
        return -1;
    }
    for (;;) {
        ssize_t len = read(r->fd, raw, sizeof raw);
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len <= 0) {
            return len;
        }
        size_t used = convert(r, raw, (size_t)len, out);
        if (r->skip == 0) {
            return (ssize_t)used;
        }
        if (used > r->skip) {
            used -= (size_t)r->skip;
            for (size_t i = 0; i < used; i++) {
                out[i] = out[i + (size_t)r->skip];
            }
            r->skip = 0;
            return (ssize_t)used;
        }
        r->skip -= used;
    }
}

bool reader_header(struct reader *r, struct buffer *header)
{
    char piece[READER_PIECE];
    uint64_t wanted = r->message->header_size < HEADER_MAX ? r->message->header_size : HEADER_MAX;
    if (!reader_seek(r, 0)) {
        return false;
    }
    while (header->len < wanted) {
        ssize_t len = reader_read(r, piece, sizeof piece);
        if (len <= 0) {
            return false;
        }
        uint64_t left = wanted - header->len;
        buffer_append(header, piece, (uint64_t)len < left ? (size_t)len : (size_t)left);
    }
    return !header->failed;
}
