/* session.c: lines of the mail protocols (see session.h). */
#include "session.h"

#include "text.h"

#include <string.h>

enum line session_line(const struct session *s, size_t limit, struct text *line)
{
    const char *bytes = buffer_bytes(&s->in);
    const char *end = memchr(bytes, '\n', s->in.len);
    if (end == NULL) {
        return s->in.len > limit ? LINE_TOO_LONG : LINE_NONE;
    }
    size_t len = (size_t)(end - bytes);
    if (len + 1 > limit) {
        return LINE_TOO_LONG;
    }
    /* RFC 5321 section 2.3.8: CR and LF only ever occur together. */
    if (len == 0 || bytes[len - 1] != '\r' || memchr(bytes, '\r', len - 1) != NULL ||
        memchr(bytes, '\0', len - 1) != NULL) {
        return LINE_BARE;
    }
    *line = text_of(bytes, len - 1);
    return LINE_WHOLE;
}

void session_take_line(struct session *s, const struct text *line)
{
    buffer_consume(&s->in, line->len + 2);
}
