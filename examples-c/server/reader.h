/* reader.h: reading a message the way a mail client must see it: every line end is CRLF,
 * whatever the file has, and there is no NUL (RFC 9051 section 4.3: a literal holds none).
 * Streams are read in pieces, so that a message of any size costs a few kilobytes. */
#ifndef READER_H
#define READER_H

#include "buffer.h"
#include "maildir.h"

#include <sys/types.h>

/* The smallest buffer reader_read may be given. */
#define READER_PIECE 8192

/* More of a header than this is not looked at (it is still sent with the message). */
#define HEADER_MAX 131072

struct reader {
    struct message *message; /* NULL when closed */
    int fd;
    uint64_t skip; /* bytes still to be passed over */
    bool after_cr;
    bool as_sent; /* the file has CRLF everywhere */
};

/* Opens and, the first time, measures the message. */
bool reader_open(struct reader *r, struct maildir *d, struct message *m);
void reader_close(struct reader *r);

/* Goes on at this place of the message as sent. */
bool reader_seek(struct reader *r, uint64_t place);

/* The next bytes: 0 at the end, -1 on failure. */
ssize_t reader_read(struct reader *r, char *out, size_t size);

/* The header, up to HEADER_MAX octets of it, into an empty buffer. */
bool reader_header(struct reader *r, struct buffer *header);

#endif
