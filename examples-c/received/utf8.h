/* utf8.h: text that came with a message, shown so that it cannot do harm: to a terminal, or as a
 * string of JSON (RFC 8259). It knows nothing of mail. */
#ifndef UTF8_H
#define UTF8_H

/* To standard output. What a terminal would obey, and what would change the order or hide the
 * presence of other characters, becomes "?". Returns how many columns it takes, at one each. */
int put_text(const char *text);

/* Likewise, in quotation marks, with the same characters as \uNNNN; NULL is null. */
void put_json(const char *text);

#endif
