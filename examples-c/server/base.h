/* base.h: what every unit of the example server includes first: the feature macro that
 * makes glibc show accept4, signalfd and explicit_bzero, the fixed-width types, the clock
 * and the log. It knows nothing of mail and nothing of mailtls. */
#ifndef BASE_H
#define BASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A deadline that never comes; the same value mailtls uses. */
#define NEVER UINT64_MAX

/* The monotonic clock in milliseconds: the only clock mailtls is ever given. */
uint64_t clock_now(void);

/* One line to stderr, written in one piece. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text of a peer made harmless for a log line: everything outside printable ASCII, quotes
 * and backslashes become \xNN; NULL becomes "-"; what does not fit is cut off. */
const char *log_safe(const char *text, char *out, size_t size);

#endif
