/* smtp_data.h: the message behind DATA: where it ends, its dots, its size (RFC 5321 sections
 * 4.1.1.4, 4.5.2). Only CRLF ends a line and only CRLF.CRLF the message: a CR or LF on its
 * own is refused, because servers that disagree about it let mail be smuggled. */
#ifndef SMTP_DATA_H
#define SMTP_DATA_H

#include "delivery.h"

enum smtp_data_state { DATA_LINE_START, DATA_IN_LINE, DATA_CR, DATA_DOT, DATA_DOT_CR };

struct smtp_data {
    enum smtp_data_state state;
    uint64_t size; /* octets of the message, dots taken out */
    uint64_t max_size;
    bool nul;    /* the message holds a NUL, which RFC 5322 forbids */
    bool failed; /* the store does */
};

enum smtp_data_result {
    SMTP_DATA_MORE,   /* all of the input has been taken, the end has not come */
    SMTP_DATA_END,    /* the end has come; what follows it has not been taken */
    SMTP_DATA_BARE,   /* a CR or LF on its own */
    SMTP_DATA_ENDLESS, /* more than twice the allowed size */
};

void smtp_data_begin(struct smtp_data *data, uint64_t max_size);

/* Takes input, writes it to the delivery (as long as size, NUL and store allow; otherwise it
 * gives the delivery up and only looks for the end). *taken says how much it took. */
enum smtp_data_result smtp_data_take(struct smtp_data *data, struct delivery *delivery,
                                     const char *bytes, size_t len, size_t *taken);

#endif
