/* certificates.c: the file that maps certificates to users (see certificates.h). */
#include "certificates.h"

#include "der.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_SIZE 512

struct mapping {
    bool by_fingerprint;
    bool preauth;
    uint8_t fingerprint[FINGERPRINT_SIZE];
    char name[WORD_SIZE];
    char user[WORD_SIZE];
};

struct certificates {
    struct mapping *list;
    size_t count;
    size_t capacity;
};

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *found = c == '\0' ? NULL : strchr(digits, ascii_upper(c));
    return found == NULL ? -1 : (int)(found - digits);
}

/* 64 digits, with colons between the pairs or without. */
static bool parse_fingerprint(struct text t, uint8_t fingerprint[FINGERPRINT_SIZE])
{
    size_t count = 0;
    for (; t.len > 0; count++) {
        if (count > 0 && t.bytes[0] == ':') {
            t = text_after(t, 1);
        }
        if (count == FINGERPRINT_SIZE || t.len < 2) {
            return false;
        }
        int high = hex_digit(t.bytes[0]), low = hex_digit(t.bytes[1]);
        if (high < 0 || low < 0) {
            return false;
        }
        fingerprint[count] = (uint8_t)(high * 16 + low);
        t = text_after(t, 2);
    }
    return count == FINGERPRINT_SIZE;
}

/* Words stand apart by one or more spaces or tabs. */
static struct text take_word(struct text *rest)
{
    *rest = text_trim(*rest);
    size_t len = 0;
    while (len < rest->len && rest->bytes[len] != ' ' && rest->bytes[len] != '\t') {
        len++;
    }
    struct text word = text_of(rest->bytes, len);
    *rest = text_after(*rest, len);
    return word;
}

static bool keep(char kept[WORD_SIZE], struct text word)
{
    if (word.len == 0 || word.len >= WORD_SIZE) {
        return false;
    }
    memcpy(kept, word.bytes, word.len);
    kept[word.len] = '\0';
    return true;
}

static bool parse_mapping(struct text line, struct mapping *mapping)
{
    struct text which = take_word(&line);
    struct text user = take_word(&line);
    struct text option = take_word(&line);
    *mapping = (struct mapping){.by_fingerprint = !text_starts(which, "CN="),
                                .preauth = text_is(option, "preauth")};
    return (mapping->by_fingerprint ? parse_fingerprint(which, mapping->fingerprint)
                                    : keep(mapping->name, text_after(which, 3))) &&
           keep(mapping->user, user) && (option.len == 0 || mapping->preauth) && text_trim(line).len == 0;
}

static bool add(struct certificates *c, const struct mapping *mapping)
{
    if (c->count == c->capacity) {
        size_t capacity = c->capacity == 0 ? 16 : c->capacity * 2;
        struct mapping *list = realloc(c->list, capacity * sizeof *list);
        if (list == NULL) {
            return false;
        }
        c->list = list;
        c->capacity = capacity;
    }
    c->list[c->count++] = *mapping;
    return true;
}

static bool read_lines(struct certificates *c, FILE *stream, const char *file)
{
    char line[2 * WORD_SIZE + 64];
    struct mapping mapping;
    for (unsigned number = 1; fgets(line, sizeof line, stream) != NULL; number++) {
        size_t len = strlen(line);
        bool whole = feof(stream) || (len > 0 && line[len - 1] == '\n');
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r')) {
            len--;
        }
        struct text text = text_trim(text_of(line, len));
        if (whole && (text.len == 0 || text.bytes[0] == '#')) {
            continue;
        }
        if (!whole || !parse_mapping(text, &mapping) || !add(c, &mapping)) {
            log_line("%s:%u: not a `SHA256 user [preauth]` or `CN=name user [preauth]` line", file, number);
            return false;
        }
    }
    if (ferror(stream)) {
        log_line("%s: cannot be read", file);
        return false;
    }
    return true;
}

struct certificates *certificates_load(const char *file)
{
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        log_line("%s: %s", file, strerror(errno));
        return NULL;
    }
    struct certificates *c = calloc(1, sizeof *c);
    bool good = c != NULL && read_lines(c, stream, file);
    (void)fclose(stream);
    if (!good) {
        certificates_free(c);
        return NULL;
    }
    return c;
}

void certificates_free(struct certificates *c)
{
    if (c != NULL) {
        free(c->list);
        free(c);
    }
}

static bool fits(const struct mapping *mapping, const uint8_t fingerprint[FINGERPRINT_SIZE],
                 const struct text *name)
{
    if (mapping->by_fingerprint) {
        return memcmp(mapping->fingerprint, fingerprint, FINGERPRINT_SIZE) == 0;
    }
    return name != NULL && name->len == strlen(mapping->name) &&
           memcmp(name->bytes, mapping->name, name->len) == 0;
}

const char *certificates_user(const struct certificates *c, const uint8_t fingerprint[FINGERPRINT_SIZE],
                              const uint8_t *der, size_t len, bool *preauth)
{
    struct text name;
    bool named = der_common_name(der, len, &name);
    for (size_t i = 0; i < c->count; i++) {
        if (fits(&c->list[i], fingerprint, named ? &name : NULL)) {
            *preauth = c->list[i].preauth;
            return c->list[i].user;
        }
    }
    return NULL;
}
