/* users.c: the users file and the search in constant time (see users.h). */
#include "users.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names and secrets are kept in fields of one size each, so that a comparison always walks over
 * the same number of bytes. */
#define NAME_SIZE (USERS_NAME_MAX + 1)
#define SECRET_SIZE (USERS_SECRET_MAX + 1)

struct user {
    size_t name_len;
    size_t secret_len;
    uint8_t name[NAME_SIZE]; /* both padded with zeros; the name ends with at least one */
    uint8_t secret[SECRET_SIZE];
};

struct users {
    struct user *list; /* the first is nobody */
    size_t count;
    size_t capacity;
};

/* 1 when equal, 0 when not, in a time that depends on neither. `volatile` keeps the compiler
 * from leaving the loop early. */
static size_t equal(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, size_t size)
{
    volatile size_t difference = a_len ^ b_len;
    for (size_t i = 0; i < size; i++) {
        difference = difference | (size_t)(a[i] ^ b[i]);
    }
    return (difference - 1) >> (sizeof difference * 8 - 1);
}

/* False when no stored field can be equal to it. */
static bool pad(uint8_t *field, size_t size, const void *bytes, size_t len)
{
    memset(field, 0, size);
    if (len >= size) {
        return false;
    }
    if (len > 0) {
        memcpy(field, bytes, len);
    }
    return true;
}

/* `found` when the condition (1 or 0) holds, otherwise `other`, without a branch. */
static size_t choose(size_t condition, size_t found, size_t other)
{
    return other ^ ((found ^ other) & (0 - condition));
}

struct password users_password(const struct users *users, const char *name)
{
    uint8_t given[NAME_SIZE];
    size_t len = strlen(name), found = 0;
    /* A name that is too long becomes that of nobody, and the walk is made all the same. */
    if (!pad(given, sizeof given, name, len)) {
        len = 0;
    }
    for (size_t i = 1; i < users->count; i++) {
        const struct user *user = &users->list[i];
        found = choose(equal(user->name, user->name_len, given, len, NAME_SIZE), i, found);
    }
    const struct user *user = &users->list[found];
    return (struct password){.bytes = user->secret, .len = user->secret_len, .known = found != 0};
}

const char *users_of_token(const struct users *users, const char *name, const uint8_t *token,
                           size_t len)
{
    uint8_t given_name[NAME_SIZE], given[SECRET_SIZE];
    size_t name_len = strlen(name), found = 0;
    size_t anybody = name_len == 0;
    bool fits = pad(given_name, sizeof given_name, name, name_len) & pad(given, sizeof given, token, len);
    for (size_t i = 1; i < users->count; i++) {
        const struct user *user = &users->list[i];
        size_t his = equal(user->name, user->name_len, given_name, name_len, NAME_SIZE) | anybody;
        found = choose(his & equal(user->secret, user->secret_len, given, len, SECRET_SIZE), i, found);
    }
    explicit_bzero(given, sizeof given);
    return fits && found != 0 ? (const char *)users->list[found].name : NULL;
}

static struct user *users_grow(struct users *users)
{
    if (users->count == users->capacity) {
        /* realloc would leave copies of the secrets behind. */
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

/* One line, without its line end. Returns what is wrong with it, or NULL. */
static const char *users_add(struct users *users, const char *line, size_t len)
{
    if (len == 0 || line[0] == '#') {
        return NULL;
    }
    const char *colon = memchr(line, ':', len);
    if (colon == NULL) {
        return "there is no colon behind the user's name";
    }
    size_t name_len = (size_t)(colon - line);
    size_t secret_len = len - name_len - 1;
    if (name_len == 0) {
        return "there is no user's name before the colon";
    }
    /* An empty password would let anybody in. */
    if (secret_len == 0) {
        return "there is nothing behind the colon";
    }
    if (memchr(line, '\0', len) != NULL) {
        return "it holds a NUL";
    }
    if (name_len > USERS_NAME_MAX) {
        return "the user's name is longer than 255 octets";
    }
    if (secret_len > USERS_SECRET_MAX) {
        return "what is behind the colon is longer than 12288 octets";
    }
    struct user *user = users_grow(users);
    if (user == NULL) {
        return "out of memory";
    }
    (void)pad(user->name, NAME_SIZE, line, name_len);
    (void)pad(user->secret, SECRET_SIZE, colon + 1, secret_len);
    user->name_len = name_len;
    user->secret_len = secret_len;
    users->count++;
    return NULL;
}

/* Somebody to take the place of those that there are not. His password is as long as those of
 * others may be, and known to whoever reads this: it must never count. */
static bool users_add_nobody(struct users *users)
{
    static const char secret[] = "nobody's secret";
    struct user *user = users_grow(users);
    if (user == NULL) {
        return false;
    }
    user->secret_len = sizeof secret - 1;
    users->count++;
    return pad(user->secret, SECRET_SIZE, secret, user->secret_len);
}

/* Takes a line without its line end; what has no room is counted and not kept. False at the end. */
static bool take_line(FILE *stream, char *line, size_t size, size_t *len)
{
    int c = EOF;
    *len = 0;
    while ((c = getc(stream)) != EOF && c != '\n') {
        if (*len < size) {
            line[*len] = (char)c;
        }
        ++*len;
    }
    if (*len > 0 && *len <= size && line[*len - 1] == '\r') {
        --*len;
    }
    return c != EOF || *len > 0;
}

static bool users_read(struct users *users, FILE *stream, const char *file, const char *what)
{
    char line[NAME_SIZE + SECRET_SIZE + 1];
    size_t len;
    const char *wrong = NULL;
    for (unsigned number = 1; wrong == NULL && take_line(stream, line, sizeof line, &len); number++) {
        wrong = len <= sizeof line ? users_add(users, line, len)
                                   : "it is longer than 255 octets of a name and 12288 behind the colon";
        if (wrong != NULL) {
            log_line("%s:%u: not a line user:%s: %s", file, number, what, wrong);
        }
    }
    explicit_bzero(line, sizeof line);
    if (ferror(stream)) {
        log_line("%s: %s", file, strerror(errno));
        return false;
    }
    return wrong == NULL;
}

struct users *users_load(const char *file, const char *what)
{
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        log_line("%s: %s", file, strerror(errno));
        return NULL;
    }
    /* Without stdio's own buffer no copy of the secrets stays behind in it. */
    (void)setvbuf(stream, NULL, _IONBF, 0);
    struct users *users = calloc(1, sizeof *users);
    bool good = users != NULL && users_add_nobody(users) && users_read(users, stream, file, what);
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
