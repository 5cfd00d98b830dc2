/* imap_parse.c: the tokens of IMAP's grammar (RFC 9051 section 9) as far as this server
 * needs them. Nothing here has an effect. A command's literals stand in its text as they
 * came: {n}, CRLF, n octets. */
#include "imap.h"

#include "header.h"

#include <string.h>

bool imap_take(struct text *rest, const char *word)
{
    if (!text_starts(*rest, word)) {
        return false;
    }
    *rest = text_after(*rest, strlen(word));
    return true;
}

/* ATOM-CHAR, and the few more that an astring or a pattern may have. */
static bool is_atom_char(char c, const char *more)
{
    if (c <= ' ' || c > '~') {
        return false;
    }
    return strchr("(){%*\"\\]", c) == NULL || strchr(more, c) != NULL;
}

static struct text take_chars(struct text *rest, const char *more)
{
    size_t len = 0;
    while (len < rest->len && is_atom_char(rest->bytes[len], more)) {
        len++;
    }
    struct text taken = text_of(rest->bytes, len);
    *rest = text_after(*rest, len);
    return taken;
}

bool imap_take_atom(struct text *rest, struct text *atom)
{
    *atom = take_chars(rest, "");
    return atom->len > 0;
}

static bool take_quoted(struct text *rest, char out[IMAP_STRING_MAX], size_t *len)
{
    size_t used = 0;
    size_t i = 1;
    for (; i < rest->len && rest->bytes[i] != '"'; i++) {
        if (rest->bytes[i] == '\\') {
            i++;
            if (i >= rest->len || (rest->bytes[i] != '"' && rest->bytes[i] != '\\')) {
                return false;
            }
        }
        if (rest->bytes[i] == '\r' || rest->bytes[i] == '\n' || used == IMAP_STRING_MAX - 1) {
            return false;
        }
        out[used++] = rest->bytes[i];
    }
    if (i >= rest->len) {
        return false;
    }
    out[used] = '\0';
    *len = used;
    *rest = text_after(*rest, i + 1);
    return true;
}

bool imap_literal_at_end(struct text line, uint64_t *size, bool *waits)
{
    if (line.len < 3 || line.bytes[line.len - 1] != '}') {
        return false;
    }
    size_t end = line.len - 1;
    *waits = line.bytes[end - 1] != '+';
    end -= *waits ? 0 : 1;
    size_t start = end;
    while (start > 0 && ascii_digit(line.bytes[start - 1])) {
        start--;
    }
    return start > 0 && line.bytes[start - 1] == '{' &&
           text_number(text_of(line.bytes + start, end - start), INT64_MAX, size);
}

static bool take_literal(struct text *rest, char out[IMAP_STRING_MAX], size_t *len)
{
    uint64_t size;
    struct text behind = text_after(*rest, 1);
    if (!text_take_number(&behind, IMAP_STRING_MAX - 1, &size)) {
        return false;
    }
    (void)imap_take(&behind, "+");
    if (!imap_take(&behind, "}\r\n") || behind.len < size) {
        return false;
    }
    memcpy(out, behind.bytes, (size_t)size);
    out[size] = '\0';
    *len = (size_t)size;
    *rest = text_after(behind, (size_t)size);
    return true;
}

static bool take_string(struct text *rest, const char *more, char out[IMAP_STRING_MAX], size_t *len)
{
    if (rest->len > 0 && rest->bytes[0] == '"') {
        return take_quoted(rest, out, len);
    }
    if (rest->len > 0 && rest->bytes[0] == '{') {
        return take_literal(rest, out, len);
    }
    struct text taken = take_chars(rest, more);
    if (taken.len == 0 || taken.len >= IMAP_STRING_MAX) {
        return false;
    }
    memcpy(out, taken.bytes, taken.len);
    out[taken.len] = '\0';
    *len = taken.len;
    return true;
}

bool imap_take_astring(struct text *rest, char out[IMAP_STRING_MAX], size_t *len)
{
    return take_string(rest, "]", out, len);
}

bool imap_take_pattern(struct text *rest, char out[IMAP_STRING_MAX], size_t *len)
{
    return take_string(rest, "%*]", out, len);
}

bool imap_take_inbox(struct text *rest, bool *is_inbox)
{
    char name[IMAP_STRING_MAX];
    size_t len;
    if (!imap_take_astring(rest, name, &len)) {
        return false;
    }
    /* RFC 9051 section 5.1: INBOX in any case. */
    *is_inbox = text_is(text_of(name, len), "INBOX");
    return true;
}

/* seq-number: nz-number or "*". */
static bool take_set_number(struct text *rest, uint64_t largest, uint64_t *number)
{
    if (imap_take(rest, "*")) {
        *number = largest;
        return true;
    }
    return text_take_number(rest, UINT32_MAX, number) && *number > 0;
}

bool imap_take_set(struct text *rest, struct text *set)
{
    struct text start = *rest;
    uint64_t number;
    do {
        if (!take_set_number(rest, UINT32_MAX, &number) ||
            (imap_take(rest, ":") && !take_set_number(rest, UINT32_MAX, &number))) {
            return false;
        }
    } while (imap_take(rest, ","));
    *set = text_of(start.bytes, start.len - rest->len);
    return true;
}

bool imap_set_has(struct text set, uint64_t number, uint64_t largest)
{
    uint64_t first;
    uint64_t last;
    do {
        if (!take_set_number(&set, largest, &first)) {
            return false;
        }
        last = first;
        if (imap_take(&set, ":") && !take_set_number(&set, largest, &last)) {
            return false;
        }
        /* 4:2 means 2:4, and so does 4:* when the largest is 2 (RFC 9051 section 9). */
        if (first <= last ? number >= first && number <= last : number >= last && number <= first) {
            return true;
        }
    } while (imap_take(&set, ","));
    return false;
}

bool imap_take_flag(struct text *rest, uint64_t *flag)
{
    struct text atom;
    if (!imap_take(rest, "\\") || !imap_take_atom(rest, &atom)) {
        return false;
    }
    *flag = text_is(atom, "Seen")       ? FLAG_SEEN
            : text_is(atom, "Answered") ? FLAG_ANSWERED
            : text_is(atom, "Flagged")  ? FLAG_FLAGGED
            : text_is(atom, "Deleted")  ? FLAG_DELETED
            : text_is(atom, "Draft")    ? FLAG_DRAFT
                                        : 0;
    return *flag != 0;
}

/* One flag or keyword; a keyword (there are none here: PERMANENTFLAGS says so) is passed
 * over, as RFC 9051 section 7.1 has it for flags that cannot be kept. */
static bool take_any_flag(struct text *rest, uint64_t *flags)
{
    struct text keyword;
    uint64_t flag = 0;
    if (rest->len > 0 && rest->bytes[0] == '\\') {
        if (!imap_take_flag(rest, &flag)) {
            return false;
        }
    } else if (!imap_take_atom(rest, &keyword)) {
        return false;
    }
    *flags |= flag;
    return true;
}

bool imap_take_flags(struct text *rest, uint64_t *flags)
{
    *flags = 0;
    bool in_list = imap_take(rest, "(");
    if (in_list && imap_take(rest, ")")) {
        return true;
    }
    do {
        if (!take_any_flag(rest, flags)) {
            return false;
        }
    } while (imap_take(rest, " "));
    return !in_list || imap_take(rest, ")");
}

static bool take_date(struct text *rest, int64_t *days)
{
    uint64_t day;
    uint64_t year;
    if (!text_take_number(rest, 31, &day) || day == 0 || !imap_take(rest, "-") || rest->len < 3) {
        return false;
    }
    int month = month_number(text_of(rest->bytes, 3));
    *rest = text_after(*rest, 3);
    if (month == 0 || !imap_take(rest, "-") || !text_take_number(rest, 9999, &year)) {
        return false;
    }
    *days = days_of_date((int64_t)year, month, (int64_t)day);
    return true;
}

bool imap_take_day(struct text *rest, int64_t *days)
{
    if (imap_take(rest, "\"")) {
        return take_date(rest, days) && imap_take(rest, "\"");
    }
    return take_date(rest, days);
}

bool imap_take_date_time(struct text *rest, int64_t *date)
{
    int64_t days;
    uint64_t hour;
    uint64_t minute;
    uint64_t second;
    uint64_t zone;
    if (!imap_take(rest, "\"")) {
        return false;
    }
    (void)imap_take(rest, " ");
    if (!take_date(rest, &days) || !imap_take(rest, " ") || !text_take_number(rest, 23, &hour) ||
        !imap_take(rest, ":") || !text_take_number(rest, 59, &minute) || !imap_take(rest, ":") ||
        !text_take_number(rest, 60, &second) || !imap_take(rest, " ")) {
        return false;
    }
    bool west = imap_take(rest, "-");
    if ((!west && !imap_take(rest, "+")) || !text_take_number(rest, 1459, &zone) || !imap_take(rest, "\"")) {
        return false;
    }
    int64_t offset = ((int64_t)zone / 100 * 60 + (int64_t)zone % 100) * 60;
    *date = days * 86400 + (int64_t)hour * 3600 + (int64_t)minute * 60 + (int64_t)second +
            (west ? offset : -offset);
    return true;
}
