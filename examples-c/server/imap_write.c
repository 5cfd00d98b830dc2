/* imap_write.c: pieces of IMAP answers: strings, flags, dates. */
#include "imap.h"

#include "header.h"

#include <inttypes.h>
#include <time.h>

/* Quoted when that is possible and short, as a literal otherwise. */
void imap_write_string(struct buffer *out, struct text t)
{
    bool quotable = t.len <= IMAP_STRING_MAX;
    for (size_t i = 0; quotable && i < t.len; i++) {
        quotable = t.bytes[i] >= ' ' && t.bytes[i] <= '~';
    }
    if (!quotable) {
        buffer_print(out, "{%zu}\r\n", t.len);
        buffer_append(out, t.bytes, t.len);
        return;
    }
    buffer_append(out, "\"", 1);
    for (size_t i = 0; i < t.len; i++) {
        if (t.bytes[i] == '"' || t.bytes[i] == '\\') {
            buffer_append(out, "\\", 1);
        }
        buffer_append(out, &t.bytes[i], 1);
    }
    buffer_append(out, "\"", 1);
}

void imap_write_astring(struct buffer *out, struct text t)
{
    struct text rest = t;
    struct text atom;
    if (imap_take_atom(&rest, &atom) && rest.len == 0) {
        buffer_append(out, t.bytes, t.len);
    } else {
        imap_write_string(out, t);
    }
}

void imap_write_flags(struct buffer *out, uint64_t flags, bool recent)
{
    static const struct {
        uint64_t flag;
        const char *name;
    } names[] = {
        {FLAG_SEEN, "\\Seen"},       {FLAG_ANSWERED, "\\Answered"}, {FLAG_FLAGGED, "\\Flagged"},
        {FLAG_DELETED, "\\Deleted"}, {FLAG_DRAFT, "\\Draft"},
    };
    const char *before = "(";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((flags & names[i].flag) != 0) {
            buffer_print(out, "%s%s", before, names[i].name);
            before = " ";
        }
    }
    buffer_print(out, "%s)", recent ? (before[0] == '(' ? "(\\Recent" : " \\Recent") : (before[0] == '(' ? "(" : ""));
}

void imap_write_date_time(struct buffer *out, int64_t date)
{
    struct tm parts;
    time_t seconds = (time_t)date;
    if (gmtime_r(&seconds, &parts) == NULL || parts.tm_year < -1900 || parts.tm_year > 8099) {
        buffer_text(out, "\" 1-Jan-1970 00:00:00 +0000\"");
        return;
    }
    buffer_print(out, "\"%2d-%s-%04d %02d:%02d:%02d +0000\"", parts.tm_mday, month_names[parts.tm_mon],
                 parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}
