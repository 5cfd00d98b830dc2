/* smtp_syntax.c: the grammar of paths and parameters (see smtp_syntax.h). */
#include "smtp_syntax.h"

#include <string.h>

/* RFC 5321 section 4.5.3.1. */
#define LOCAL_PART_MAX 64
#define DOMAIN_MAX 255

static bool is_letter_or_digit(char c)
{
    return ascii_digit(c) || (ascii_upper(c) >= 'A' && ascii_upper(c) <= 'Z');
}

/* RFC 5322 atext. */
static bool is_atext(char c)
{
    return c != '\0' && (is_letter_or_digit(c) || strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool take_char(struct text *rest, char c)
{
    if (rest->len == 0 || rest->bytes[0] != c) {
        return false;
    }
    *rest = text_after(*rest, 1);
    return true;
}

static bool take_quoted_string(struct text *rest)
{
    size_t i = 1;
    while (i < rest->len && rest->bytes[i] != '"') {
        if (rest->bytes[i] == '\\') {
            i++;
        }
        if (i >= rest->len || rest->bytes[i] < 0x20 || rest->bytes[i] > 0x7e) {
            return false;
        }
        i++;
    }
    if (i >= rest->len) {
        return false;
    }
    *rest = text_after(*rest, i + 1);
    return true;
}

static bool take_dot_string(struct text *rest)
{
    do {
        size_t len = 0;
        while (len < rest->len && is_atext(rest->bytes[len])) {
            len++;
        }
        if (len == 0) {
            return false;
        }
        *rest = text_after(*rest, len);
    } while (take_char(rest, '.'));
    return true;
}

static bool take_local_part(struct text *rest)
{
    size_t before = rest->len;
    bool good = rest->len > 0 && rest->bytes[0] == '"' ? take_quoted_string(rest) : take_dot_string(rest);
    return good && before - rest->len <= LOCAL_PART_MAX;
}

static bool take_address_literal(struct text *rest)
{
    size_t len = 1;
    while (len < rest->len && (is_letter_or_digit(rest->bytes[len]) || strchr(".:-", rest->bytes[len]) != NULL) &&
           rest->bytes[len] != '\0') {
        len++;
    }
    if (len < 2 || len >= rest->len || rest->bytes[len] != ']') {
        return false;
    }
    *rest = text_after(*rest, len + 1);
    return true;
}

static bool take_labels(struct text *rest)
{
    do {
        size_t len = 0;
        while (len < rest->len && (is_letter_or_digit(rest->bytes[len]) || rest->bytes[len] == '-' ||
                                   rest->bytes[len] == '_')) {
            len++;
        }
        if (len == 0 || len > 63 || rest->bytes[0] == '-' || rest->bytes[len - 1] == '-') {
            return false;
        }
        *rest = text_after(*rest, len);
    } while (take_char(rest, '.'));
    return true;
}

static bool take_domain(struct text *rest)
{
    size_t before = rest->len;
    bool good = rest->len > 0 && rest->bytes[0] == '[' ? take_address_literal(rest) : take_labels(rest);
    return good && before - rest->len <= DOMAIN_MAX;
}

/* "@a.example,@b.example:" - to be accepted and ignored (RFC 5321 section 4.1.1.3). */
static bool take_source_route(struct text *rest)
{
    if (rest->len == 0 || rest->bytes[0] != '@') {
        return true;
    }
    do {
        if (!take_char(rest, '@') || !take_domain(rest)) {
            return false;
        }
    } while (take_char(rest, ','));
    return take_char(rest, ':');
}

bool smtp_take_path(struct text *rest, bool empty_allowed, bool postmaster_allowed)
{
    size_t before = rest->len;
    if (!take_char(rest, '<')) {
        return false;
    }
    if (empty_allowed && take_char(rest, '>')) {
        return rest->len == 0 || take_char(rest, ' ');
    }
    bool postmaster = postmaster_allowed && text_starts(*rest, "postmaster>");
    if (!take_source_route(rest) || !take_local_part(rest)) {
        return false;
    }
    if (!postmaster && (!take_char(rest, '@') || !take_domain(rest))) {
        return false;
    }
    if (!take_char(rest, '>') || before - rest->len > SMTP_PATH_MAX) {
        return false;
    }
    return rest->len == 0 || take_char(rest, ' ');
}

/* RFC 3461 xtext, or "<>" (RFC 4954 section 5). */
static bool is_auth_value(struct text value)
{
    if (text_is(value, "<>")) {
        return true;
    }
    for (size_t i = 0; i < value.len; i++) {
        char c = value.bytes[i];
        if (c < '!' || c > '~' || c == '=') {
            return false;
        }
        if (c == '+') {
            if (i + 2 >= value.len || strchr("0123456789ABCDEF", value.bytes[i + 1]) == NULL ||
                strchr("0123456789ABCDEF", value.bytes[i + 2]) == NULL) {
                return false;
            }
            i += 2;
        }
    }
    return value.len > 0;
}

enum smtp_parameters smtp_mail_parameters(struct text rest, uint64_t max_size)
{
    enum { SIZE = 1, BODY = 2, AUTH = 4 };
    unsigned seen = 0;
    while ((rest = text_trim(rest)).len > 0) {
        struct text word = text_word(&rest);
        size_t name_len = 0;
        while (name_len < word.len && word.bytes[name_len] != '=') {
            name_len++;
        }
        struct text name = text_of(word.bytes, name_len);
        struct text value = text_after(word, name_len + 1);
        unsigned which = text_is(name, "SIZE") ? SIZE : text_is(name, "BODY") ? BODY : text_is(name, "AUTH") ? AUTH : 0;
        if (which == 0) {
            return SMTP_PARAMETERS_UNKNOWN;
        }
        if ((seen & which) != 0) {
            return SMTP_PARAMETERS_SYNTAX;
        }
        seen |= which;
        if (which == SIZE) {
            /* RFC 1870: up to twenty digits; a number beyond ours is surely too large. */
            uint64_t size = UINT64_MAX;
            for (size_t i = 0; i < value.len; i++) {
                if (!ascii_digit(value.bytes[i])) {
                    return SMTP_PARAMETERS_SYNTAX;
                }
            }
            if (value.len == 0 || value.len > 20) {
                return SMTP_PARAMETERS_SYNTAX;
            }
            if (!text_number(value, UINT64_MAX, &size) || size > max_size) {
                return SMTP_PARAMETERS_SIZE;
            }
        } else if ((which == BODY && !text_is(value, "7BIT") && !text_is(value, "8BITMIME")) ||
                   (which == AUTH && !is_auth_value(value))) {
            return SMTP_PARAMETERS_SYNTAX;
        }
    }
    return SMTP_PARAMETERS_GOOD;
}
