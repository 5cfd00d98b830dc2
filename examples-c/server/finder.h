/* finder.h: looking for a string in a stream, an octet at a time (Knuth, Morris and Pratt), so
 * that the time is that of reading, whatever the string is. ASCII letters are compared
 * without their case. */
#ifndef FINDER_H
#define FINDER_H

#include "base.h"

/* The longest string. */
#define FINDER_MAX 256

struct finder {
    char needle[FINDER_MAX];
    uint16_t fall_back[FINDER_MAX]; /* how much still matches when the next octet does not */
    size_t len, matched;            /* equal when it has been found */
};

/* len is at most FINDER_MAX. */
void finder_init(struct finder *f, const char *needle, size_t len);

/* The next octets of the stream; nothing more is looked at once it has been found. */
void finder_feed(struct finder *f, const char *bytes, size_t len);

#endif
