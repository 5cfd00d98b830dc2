/* header.c: the fields of a message header (see header.h). */
#include "header.h"

#include <string.h>

const char *const month_names[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* The length of the first line, with its LF if it has one. */
static size_t line_length(struct text t)
{
    const char *end = t.len == 0 ? NULL : memchr(t.bytes, '\n', t.len);
    return end == NULL ? t.len : (size_t)(end - t.bytes) + 1;
}

bool header_next(struct text *rest, struct text *name, struct text *field)
{
    size_t len = line_length(*rest);
    if (len == 0 || rest->bytes[0] == '\r' || rest->bytes[0] == '\n') {
        return false;
    }
    size_t colon = 0;
    while (colon < len && rest->bytes[colon] != ':') {
        colon++;
    }
    /* Folded lines belong to the field (RFC 5322 section 2.2.3). */
    struct text behind = text_after(*rest, len);
    while (behind.len > 0 && (behind.bytes[0] == ' ' || behind.bytes[0] == '\t')) {
        size_t more = line_length(behind);
        len += more;
        behind = text_after(behind, more);
    }
    *name = text_trim(text_of(rest->bytes, colon < len ? colon : 0));
    *field = text_of(rest->bytes, len);
    *rest = behind;
    return true;
}

struct text header_value(struct text name, struct text field)
{
    size_t start = (size_t)(name.bytes - field.bytes) + name.len;
    while (start < field.len && field.bytes[start] != ':') {
        start++;
    }
    return text_after(field, start + 1);
}

bool header_find(struct text header, const char *name, struct text *value)
{
    struct text found;
    struct text field;
    while (header_next(&header, &found, &field)) {
        if (text_is(found, name)) {
            *value = header_value(found, field);
            return true;
        }
    }
    return false;
}

void header_unfold(struct text value, struct buffer *out)
{
    while (value.len > 0 && strchr(" \t\r\n", value.bytes[0]) != NULL && value.bytes[0] != '\0') {
        value = text_after(value, 1);
    }
    while (value.len > 0 && strchr(" \t\r\n", value.bytes[value.len - 1]) != NULL &&
           value.bytes[value.len - 1] != '\0') {
        value.len--;
    }
    while (value.len > 0) {
        size_t len = 0;
        while (len < value.len && value.bytes[len] != '\r' && value.bytes[len] != '\n') {
            len++;
        }
        buffer_append(out, value.bytes, len);
        while (len < value.len && (value.bytes[len] == '\r' || value.bytes[len] == '\n')) {
            len++;
        }
        value = text_after(value, len);
    }
}

int month_number(struct text name)
{
    for (int i = 0; i < 12; i++) {
        if (text_is(name, month_names[i])) {
            return i + 1;
        }
    }
    return 0;
}

int64_t days_of_date(int64_t year, int64_t month, int64_t day)
{
    /* Years are counted from March, so that the leap day comes last. */
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    int64_t leap_days = y / 4 - y / 100 + y / 400;
    return y * 365 + leap_days + (m * 153 + 2) / 5 + day - 1 - 719468;
}

bool header_date(struct text value, int64_t *days)
{
    uint64_t day;
    uint64_t year;
    /* An optional day of the week, and folding space, stand before the first digit. */
    while (value.len > 0 && !ascii_digit(value.bytes[0])) {
        value = text_after(value, 1);
    }
    if (!text_take_number(&value, 31, &day)) {
        return false;
    }
    value = text_trim(value);
    int month = month_number(text_of(value.bytes, value.len < 3 ? value.len : 3));
    value = text_trim(text_after(value, 3));
    if (month == 0 || !text_take_number(&value, 9999, &year)) {
        return false;
    }
    /* RFC 5322 section 4.3. */
    if (year < 1000) {
        year += year < 50 ? 2000 : 1900;
    }
    *days = days_of_date((int64_t)year, month, (int64_t)day);
    return true;
}
