/* A message in the form in which DATA carries it (RFC 5321 section 4.5.2).
 * Must never know: connections. */
#ifndef CLIENT_MESSAGE_H
#define CLIENT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct message {
    char *wire;         /* dot-stuffed, every line ended by CRLF, with the final "." line */
    size_t wire_length;
    size_t size;        /* as RFC 1870 counts: without stuffing and final line */
    bool eight_bit;     /* some octet is above 127 */
};

/* Reads the file and turns it into the wire form. On failure `reason` says why. */
bool message_load(const char *file, struct message *message, char *reason, size_t reason_size);

void message_free(struct message *message);

#endif
