/* utf8.h: text of the library, shown to a person or as a string of JSON (RFC 8259). The library gives UTF-8
 * without control and format characters. It knows nothing of mail. */
#ifndef UTF8_H
#define UTF8_H

/* To standard output. Returns how many columns it takes, at one for each character. */
int put_text(const char *text);

/* Likewise, in quotation marks; NULL is null. */
void put_json(const char *text);

#endif
