/* input.h: the messages on standard input: where they begin and end. It knows nothing of what is in
 * them. */
#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct octets {
    const uint8_t *bytes;
    size_t len;
};

/* Reads all there is, into memory that is the caller's to free. False, with errno, on failure. */
bool input_read(uint8_t **bytes, size_t *len);

/* What begins with a line "From ..." is an mbox: such a line there, or behind an empty one, begins
 * a message (RFC 4155). All else is one message. */
bool input_is_mbox(struct octets input);

/* Takes the next message, without its "From " line, from *rest. False at the end. */
bool input_next_message(struct octets *rest, bool mbox, struct octets *message);

#endif
