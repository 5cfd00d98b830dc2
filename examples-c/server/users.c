/* users.c: the users file and the constant-time comparison (see users.h). */
#include "users.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names and passwords are kept in fields of one size, so that a comparison always walks over
 * the same number of bytes. */
#define FIELD 256

struct field {
    uint8_t bytes[FIELD]; /* padded with zeros */
    uint16_t len;
};

struct user {
    struct field name;
    struct field password;
};

struct users {
    struct user *list;
    size_t count;
    size_t capacity;
};

static bool field_set(struct field *field, const void *bytes, size_t len)
{
    if (len >= FIELD) {
        return false;
    }
    memset(field, 0, sizeof *field);
    if (len > 0) {
        memcpy(field->bytes, bytes, len);
    }
    field->len = (uint16_t)len;
    return true;
}

/* 1 when equal, 0 when not, in a time that depends on neither. `volatile` keeps the compiler
 * from leaving the loop early. */
static unsigned field_equal(const struct field *a, const struct field *b)
{
    volatile unsigned difference = (unsigned)(a->len ^ b->len);
    for (size_t i = 0; i < FIELD; i++) {
        difference = difference | (unsigned)(a->bytes[i] ^ b->bytes[i]);
    }
    return (difference - 1U) >> 31;
}

bool users_check(const struct users *users, const char *name, const uint8_t *password,
                 size_t password_len)
{
    struct user given;
    bool fits = field_set(&given.name, name, strlen(name)) &&
                field_set(&given.password, password, password_len);
    if (!fits) {
        /* No stored field is so long, so the answer is no; the walk below is made all the
         * same. */
        memset(&given, 0, sizeof given);
    }
    unsigned found = 0;
    for (size_t i = 0; i < users->count; i++) {
        const struct user *user = &users->list[i];
        found |= field_equal(&user->name, &given.name) & field_equal(&user->password, &given.password);
    }
    explicit_bzero(&given, sizeof given);
    return fits && found == 1;
}

static struct user *users_grow(struct users *users)
{
    if (users->count == users->capacity) {
        /* realloc would leave copies of the passwords behind. */
        size_t capacity = users->capacity == 0 ? 16 : users->capacity * 2;
        struct user *list = calloc(capacity, sizeof *list);
        if (list == NULL) {
            return NULL;
        }
        if (users->list != NULL) {
            memcpy(list, users->list, users->count * sizeof *list);
            explicit_bzero(users->list, users->count * sizeof *list);
            free(users->list);
        }
        users->list = list;
        users->capacity = capacity;
    }
    return &users->list[users->count];
}

/* One line, without its line end. False when it cannot be understood. */
static bool users_add(struct users *users, const char *line, size_t len)
{
    if (len == 0 || line[0] == '#') {
        return true;
    }
    const char *colon = memchr(line, ':', len);
    if (colon == NULL || colon == line) {
        return false;
    }
    size_t name_len = (size_t)(colon - line);
    struct user *user = users_grow(users);
    /* An empty password would let anybody in. */
    if (user == NULL || name_len + 1 == len || !field_set(&user->name, line, name_len) ||
        !field_set(&user->password, colon + 1, len - name_len - 1)) {
        return false;
    }
    users->count++;
    return true;
}

static bool users_read(struct users *users, FILE *stream, const char *file)
{
    char line[2 * FIELD + 4];
    bool good = true;
    for (unsigned number = 1; good && fgets(line, sizeof line, stream) != NULL; number++) {
        size_t len = strlen(line);
        bool whole = feof(stream) || (len > 0 && line[len - 1] == '\n');
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r')) {
            len--;
        }
        good = whole && users_add(users, line, len);
        if (!good) {
            log_line("%s:%u: not a `user:password` line", file, number);
        }
    }
    explicit_bzero(line, sizeof line);
    if (ferror(stream)) {
        log_line("%s: cannot be read", file);
        return false;
    }
    return good;
}

struct users *users_load(const char *file)
{
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        log_line("%s: %s", file, strerror(errno));
        return NULL;
    }
    /* Without stdio's own buffer no copy of the passwords stays behind in it. */
    (void)setvbuf(stream, NULL, _IONBF, 0);
    struct users *users = calloc(1, sizeof *users);
    bool good = users != NULL && users_read(users, stream, file);
    (void)fclose(stream);
    if (!good) {
        users_free(users);
        return NULL;
    }
    return users;
}

void users_free(struct users *users)
{
    if (users == NULL) {
        return;
    }
    if (users->list != NULL) {
        explicit_bzero(users->list, users->capacity * sizeof *users->list);
        free(users->list);
    }
    free(users);
}
