/* trace.h: the Received field that a message begins with (RFC 5321 section 4.4), which says by what
 * TLS it came (RFC 8314 section 4.3). It knows the connection; what a mail protocol knows of the
 * message, it is told. */
#ifndef TRACE_H
#define TRACE_H

#include "buffer.h"
#include "text.h"

#include <mailtls.h>

/* Longer than any field that is made here. */
#define TRACE_LIMIT 8192

/* What is the same for all messages of a connection. */
struct trace {
    const mailtls_connection *connection;
    uint8_t address[16]; /* the client's */
    size_t address_len;  /* 4, 16, or 0: not known */
};

void trace_start(struct trace *t, const mailtls_connection *connection, int socket);

/* Appends the field. `client_name` is what the client has called itself since the hand-off; empty:
 * what it said before holds. `by` is this server; `id` what the message is called here, in whatever
 * characters; `recipient` the path of the only recipient, or empty. False when it cannot be made. */
bool trace_field(const struct trace *t, struct text client_name, const char *by, const char *id,
                 const char *recipient, struct buffer *out);

#endif
