/* base.c: the clock and the log (see base.h). */
#include "base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t clock_now(void)
{
    struct timespec now;
    /* CLOCK_MONOTONIC cannot fail on Linux; a clock that stands still only delays time-outs. */
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0;
    }
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void log_line(const char *format, ...)
{
    char line[3072];
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (wanted < 0) {
        return;
    }
    size_t len = strlen(line);
    line[len] = '\n';
    /* A log that cannot be written must not stop the mail. */
    if (write(STDERR_FILENO, line, len + 1) < 0) {
        return;
    }
}

const char *log_safe(const char *text, char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    if (text == NULL) {
        text = "-";
    }
    size_t used = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p != 0 && used + 5 <= size; p++) {
        if (*p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\') {
            out[used++] = (char)*p;
        } else {
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = digits[*p >> 4];
            out[used++] = digits[*p & 15];
        }
    }
    if (size > 0) {
        out[used] = '\0';
    }
    return out;
}
