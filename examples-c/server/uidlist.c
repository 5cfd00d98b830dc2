/* uidlist.c: the durable list of UIDs (see uidlist.h). */
#include "uidlist.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_NAME "mailtls-uidlist"
#define NEW_FILE_NAME "mailtls-uidlist.new"
#define FIRST_LINE "mailtls-uidlist 1 "

static void forget_known(struct uidlist *u)
{
    for (size_t i = 0; i < u->known_count; i++) {
        free(u->known[i].name);
    }
    free(u->known);
    u->known = NULL;
    u->known_count = 0;
}

void uidlist_free(struct uidlist *u)
{
    forget_known(u);
    if (u->fd >= 0) {
        (void)close(u->fd);
        u->fd = -1;
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct uid_entry *)a)->name, ((const struct uid_entry *)b)->name);
}

uint32_t uidlist_find(const struct uidlist *u, const char *name)
{
    if (u->known_count == 0) {
        return 0;
    }
    struct uid_entry key = {.name = (char *)(uintptr_t)name};
    const struct uid_entry *entry =
        bsearch(&key, u->known, u->known_count, sizeof *u->known, compare_names);
    return entry == NULL ? 0 : entry->uid;
}

/* A decimal UID (or validity) above 0, ended by `end`; moves *text behind that. */
static bool take_uid(const char **text, char end, uint32_t *uid)
{
    uint64_t value = 0;
    const char *p = *text;
    while (*p >= '0' && *p <= '9' && value <= UINT32_MAX) {
        value = value * 10 + (uint64_t)(*p++ - '0');
    }
    if (value == 0 || value > UINT32_MAX || *p != end) {
        return false;
    }
    *text = p + 1;
    *uid = (uint32_t)value;
    return true;
}

/* Line by line; each line here has had its LF replaced by NUL. */
static bool parse_first(struct uidlist *u, const char *line)
{
    if (strncmp(line, FIRST_LINE, strlen(FIRST_LINE)) != 0) {
        return false;
    }
    line += strlen(FIRST_LINE);
    return take_uid(&line, ' ', &u->validity) && take_uid(&line, '\0', &u->next);
}

static bool parse_entry(struct uidlist *u, const char *line, size_t *capacity, uint32_t *last)
{
    uint32_t uid;
    /* UIDs only ever rise, but UIDNEXT of the first line may be above those that follow. */
    if (!take_uid(&line, ' ', &uid) || uid <= *last || uid == UINT32_MAX || *line == '\0') {
        return false;
    }
    if (u->known_count == *capacity) {
        size_t larger = *capacity == 0 ? 64 : *capacity * 2;
        struct uid_entry *known = realloc(u->known, larger * sizeof *known);
        if (known == NULL) {
            return false;
        }
        u->known = known;
        *capacity = larger;
    }
    char *name = strdup(line);
    if (name == NULL) {
        return false;
    }
    u->known[u->known_count++] = (struct uid_entry){.uid = uid, .name = name};
    *last = uid;
    if (uid >= u->next) {
        u->next = uid + 1;
    }
    return true;
}

/* *whole is set to the length of the complete lines. */
static bool parse(struct uidlist *u, FILE *stream, off_t *whole)
{
    char line[NAME_MAX + 64];
    size_t capacity = 0;
    uint32_t last = 0;
    *whole = 0;
    for (unsigned number = 1; fgets(line, sizeof line, stream) != NULL; number++) {
        size_t len = strlen(line);
        if (len == 0 || line[len - 1] != '\n') {
            if (feof(stream) && number > 1) {
                break; /* cut off by a crash */
            }
            return false;
        }
        line[len - 1] = '\0';
        bool good = number == 1 ? parse_first(u, line) : parse_entry(u, line, &capacity, &last);
        if (!good) {
            return false;
        }
        *whole += (off_t)len;
    }
    return ferror(stream) == 0 && u->validity != 0;
}

static bool open_to_append(struct uidlist *u, int directory)
{
    int fd = openat(directory, FILE_NAME, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return false;
    }
    if (u->fd >= 0) {
        (void)close(u->fd);
    }
    u->fd = fd;
    return true;
}

bool uidlist_load(struct uidlist *u, int directory)
{
    *u = (struct uidlist){.fd = -1, .next = 1};
    int fd = openat(directory, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        /* A new list must not look like a lost one: the time makes UIDVALIDITY rise. */
        u->validity = (uint32_t)time(NULL);
        return uidlist_rewrite(u, directory, NULL, 0);
    }
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
    if (stream == NULL) {
        log_line("%s: %s", FILE_NAME, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    off_t whole;
    bool good = parse(u, stream, &whole);
    (void)fclose(stream);
    if (!good || !open_to_append(u, directory) || ftruncate(u->fd, whole) != 0) {
        log_line("%s: damaged; remove it to give all messages new UIDs", FILE_NAME);
        uidlist_free(u);
        return false;
    }
    if (u->known_count > 0) {
        qsort(u->known, u->known_count, sizeof *u->known, compare_names);
    }
    return true;
}

bool uidlist_rewrite(struct uidlist *u, int directory, const struct uid_entry *entries, size_t count)
{
    int fd = openat(directory, NEW_FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return false;
    }
    FILE *stream = fdopen(fd, "w");
    if (stream == NULL) {
        (void)close(fd);
        return false;
    }
    bool good = fprintf(stream, FIRST_LINE "%" PRIu32 " %" PRIu32 "\n", u->validity, u->next) > 0;
    for (size_t i = 0; good && i < count; i++) {
        good = fprintf(stream, "%" PRIu32 " %s\n", entries[i].uid, entries[i].name) > 0;
    }
    good = fflush(stream) == 0 && fsync(fd) == 0 && good;
    good = fclose(stream) == 0 && good;
    if (!good || renameat(directory, NEW_FILE_NAME, directory, FILE_NAME) != 0 || fsync(directory) != 0) {
        return false;
    }
    if (!open_to_append(u, directory)) {
        return false;
    }
    forget_known(u);
    return true;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes += written;
        len -= (size_t)written;
    }
    return true;
}

bool uidlist_assign(struct uidlist *u, struct uid_entry *entries, size_t count)
{
    struct stat before;
    if (count == 0) {
        return true;
    }
    if (count >= UINT32_MAX - u->next || fstat(u->fd, &before) != 0) {
        return false;
    }
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        char line[NAME_MAX + 32];
        entries[i].uid = u->next + (uint32_t)i;
        int len = snprintf(line, sizeof line, "%" PRIu32 " %s\n", entries[i].uid, entries[i].name);
        good = len > 0 && (size_t)len < sizeof line && write_all(u->fd, line, (size_t)len);
    }
    if (!good || fsync(u->fd) != 0) {
        /* Nobody has been told these UIDs: take back what was written of them. */
        if (ftruncate(u->fd, before.st_size) != 0) {
            log_line("%s: %s", FILE_NAME, strerror(errno));
        }
        return false;
    }
    u->next += (uint32_t)count;
    return true;
}
