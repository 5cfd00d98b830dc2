/* text.c: borrowed text (see text.h). */
#include "text.h"

#include <string.h>

struct text text_of(const char *bytes, size_t len)
{
    return (struct text){.bytes = bytes, .len = len};
}

char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool text_starts(struct text t, const char *prefix)
{
    size_t len = strlen(prefix);
    if (t.len < len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (ascii_upper(t.bytes[i]) != ascii_upper(prefix[i])) {
            return false;
        }
    }
    return true;
}

bool text_is(struct text t, const char *word)
{
    return t.len == strlen(word) && text_starts(t, word);
}

struct text text_after(struct text t, size_t len)
{
    if (len > t.len) {
        len = t.len;
    }
    return text_of(t.bytes + len, t.len - len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct text text_trim(struct text t)
{
    while (t.len > 0 && is_blank(t.bytes[0])) {
        t = text_after(t, 1);
    }
    while (t.len > 0 && is_blank(t.bytes[t.len - 1])) {
        t.len--;
    }
    return t;
}

struct text text_word(struct text *rest)
{
    size_t len = 0;
    while (rest->len > 0 && is_blank(rest->bytes[0])) {
        *rest = text_after(*rest, 1);
    }
    while (len < rest->len && !is_blank(rest->bytes[len])) {
        len++;
    }
    struct text word = text_of(rest->bytes, len);
    *rest = text_after(*rest, len + 1);
    return word;
}

bool text_take_number(struct text *rest, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;
    size_t len = 0;
    while (len < rest->len && ascii_digit(rest->bytes[len])) {
        uint64_t digit = (uint64_t)(rest->bytes[len] - '0');
        if (value > (max - digit) / 10 || digit > max) {
            return false;
        }
        value = value * 10 + digit;
        len++;
    }
    if (len == 0) {
        return false;
    }
    *rest = text_after(*rest, len);
    *number = value;
    return true;
}

bool text_number(struct text t, uint64_t max, uint64_t *number)
{
    uint64_t value;
    if (!text_take_number(&t, max, &value) || t.len != 0) {
        return false;
    }
    *number = value;
    return true;
}
