/* text.h: pieces of text that somebody else owns, compared and taken apart without copying.
 * Letters are ASCII letters and comparisons ignore their case, as all three mail protocols
 * want it for their keywords. No locale is ever asked. */
#ifndef TEXT_H
#define TEXT_H

#include "base.h"

struct text {
    const char *bytes;
    size_t len;
};

struct text text_of(const char *bytes, size_t len);
char ascii_upper(char c);
bool ascii_digit(char c);
bool text_is(struct text t, const char *word);
bool text_starts(struct text t, const char *prefix);

/* Drops the first len bytes (at most all). */
struct text text_after(struct text t, size_t len);

/* Without spaces and tabs at both ends. */
struct text text_trim(struct text t);

/* Takes the word before the next space, and one space with it, from *rest. */
struct text text_word(struct text *rest);

/* A decimal number of one or more digits and nothing else, not above max. */
bool text_number(struct text t, uint64_t max, uint64_t *number);

/* Takes the digits at the front of *rest as a number not above max. */
bool text_take_number(struct text *rest, uint64_t max, uint64_t *number);

#endif
