/* scan.c: finding messages: new files, new names, files that are gone (see scan.h). Every
 * file seen gets its UID here and nowhere else. */
#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A Maildir with more messages than this is not looked at further. */
#define MESSAGES_MAX 1000000U

/* Files found that have no UID yet. */
struct fresh {
    struct message **list;
    size_t count;
    size_t capacity;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(struct message *const *)a)->name, (*(struct message *const *)b)->name);
}

static int compare_uids(const void *a, const void *b)
{
    uint32_t left = (*(struct message *const *)a)->uid;
    uint32_t right = (*(struct message *const *)b)->uid;
    return (left > right) - (left < right);
}

/* The place of the first message whose name is not below this one, in by_name. */
static size_t place_of_name(const struct maildir *d, const char *name)
{
    size_t low = 0;
    size_t high = d->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(d->by_name[middle]->name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct message *find_name(const struct maildir *d, const char *name)
{
    size_t place = place_of_name(d, name);
    return place < d->count && strcmp(d->by_name[place]->name, name) == 0 ? d->by_name[place] : NULL;
}

static bool grow(struct maildir *d, size_t extra)
{
    size_t needed = d->count + extra;
    if (needed <= d->capacity) {
        return true;
    }
    if (needed > MESSAGES_MAX) {
        return false;
    }
    size_t capacity = d->capacity * 2 > needed ? d->capacity * 2 : needed;
    struct message **messages = realloc(d->messages, capacity * sizeof *messages);
    if (messages == NULL) {
        return false;
    }
    d->messages = messages;
    struct message **by_name = realloc(d->by_name, capacity * sizeof *by_name);
    if (by_name == NULL) {
        return false;
    }
    d->by_name = by_name;
    d->capacity = capacity;
    return true;
}

/* Splits a file name into the unique name and the flags behind ":2,". */
static uint64_t flags_of_name(char *name)
{
    uint64_t flags = 0;
    char *info = strchr(name, ':');
    if (info == NULL) {
        return 0;
    }
    if (strncmp(info, ":2,", 3) == 0) {
        for (const char *letter = info + 3; *letter != '\0'; letter++) {
            if ((*letter >= 'A' && *letter <= 'Z') || (*letter >= 'a' && *letter <= 'z')) {
                flags |= FLAG_BIT(*letter);
            }
        }
    }
    *info = '\0';
    return flags;
}

static struct message *message_new(const char *name, bool in_new, uint64_t flags, int64_t date)
{
    size_t len = strlen(name);
    struct message *m = calloc(1, sizeof *m + len + 1);
    if (m == NULL) {
        return NULL;
    }
    memcpy(m->name, name, len + 1);
    m->references = 1;
    m->in_new = in_new;
    m->found = true;
    m->flags = flags;
    m->internal_date = date;
    return m;
}

static bool fresh_add(struct fresh *fresh, struct message *m)
{
    if (fresh->count == fresh->capacity) {
        size_t capacity = fresh->capacity == 0 ? 64 : fresh->capacity * 2;
        struct message **list = realloc(fresh->list, capacity * sizeof *list);
        if (list == NULL) {
            return false;
        }
        fresh->list = list;
        fresh->capacity = capacity;
    }
    fresh->list[fresh->count++] = m;
    return true;
}

/* One file of new or cur. */
static bool see_file(struct maildir *d, int directory, const char *file, bool in_new, struct fresh *fresh)
{
    char name[NAME_MAX + 1];
    size_t len = strlen(file);
    /* A file in new has no flags yet; one with a colon is none of ours. */
    if (file[0] == '.' || len > NAME_MAX || strpbrk(file, in_new ? ":\r\n" : "\r\n") != NULL) {
        return true;
    }
    memcpy(name, file, len + 1);
    uint64_t flags = flags_of_name(name);
    if (name[0] == '\0') {
        return true;
    }
    struct message *m = find_name(d, name);
    if (m != NULL) {
        m->found = true;
        m->in_new = in_new;
        m->flags = flags;
        return true;
    }
    struct stat status;
    if (fstatat(directory, file, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) {
        return true;
    }
    m = message_new(name, in_new, flags, (int64_t)status.st_mtime);
    if (m == NULL || !fresh_add(fresh, m)) {
        free(m);
        return false;
    }
    return true;
}

static bool see_directory(struct maildir *d, const char *which, bool in_new, struct fresh *fresh)
{
    int fd = openat(d->root, which, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    DIR *directory = fdopendir(fd);
    if (directory == NULL) {
        (void)close(fd);
        return false;
    }
    bool good = true;
    while (good) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (entry == NULL) {
            good = errno == 0;
            break;
        }
        good = see_file(d, fd, entry->d_name, in_new, fresh);
    }
    (void)closedir(directory);
    return good;
}

/* Takes messages that have their UIDs into the index. */
static bool index_add(struct maildir *d, struct message **list, size_t count)
{
    if (count == 0) {
        return true;
    }
    if (!grow(d, count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        d->messages[d->count + i] = list[i];
        d->by_name[d->count + i] = list[i];
    }
    d->count += count;
    qsort(d->messages, d->count, sizeof *d->messages, compare_uids);
    qsort(d->by_name, d->count, sizeof *d->by_name, compare_names);
    return true;
}

static size_t keep_present(struct message **list, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!list[i]->gone) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

static void index_drop_gone(struct maildir *d)
{
    (void)keep_present(d->by_name, d->count);
    size_t kept = 0;
    for (size_t i = 0; i < d->count; i++) {
        if (d->messages[i]->gone) {
            message_release(d->messages[i]);
        } else {
            d->messages[kept++] = d->messages[i];
        }
    }
    d->count = kept;
}

void scan_drop(struct maildir *d, struct message *m)
{
    size_t place = maildir_above(d, m->uid - 1);
    size_t named = place_of_name(d, m->name);
    if (place >= d->count || d->messages[place] != m || named >= d->count || d->by_name[named] != m) {
        return;
    }
    size_t behind = d->count - 1;
    memmove(&d->messages[place], &d->messages[place + 1], (behind - place) * sizeof *d->messages);
    memmove(&d->by_name[named], &d->by_name[named + 1], (behind - named) * sizeof *d->by_name);
    d->count--;
    m->gone = true;
    message_release(m);
}

/* A file that is in both lists (seen in new, then moved to cur while we read) counts once. */
static void drop_doubles(struct fresh *fresh)
{
    size_t kept = 0;
    for (size_t i = 0; i < fresh->count; i++) {
        if (kept > 0 && strcmp(fresh->list[kept - 1]->name, fresh->list[i]->name) == 0) {
            message_release(fresh->list[kept - 1]);
            kept--;
        }
        fresh->list[kept++] = fresh->list[i];
    }
    fresh->count = kept;
}

/* UIDs for the files found: those of an earlier run, or the next ones in order of name,
 * which for Maildir names is the order of delivery. */
static bool number(struct maildir *d, struct fresh *fresh)
{
    struct uid_entry *entries = calloc(fresh->count, sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    size_t unknown = 0;
    for (size_t i = 0; i < fresh->count; i++) {
        fresh->list[i]->uid = uidlist_find(&d->uids, fresh->list[i]->name);
        if (fresh->list[i]->uid == 0) {
            entries[unknown++].name = fresh->list[i]->name;
        }
    }
    bool good = uidlist_assign(&d->uids, entries, unknown);
    unknown = 0;
    for (size_t i = 0; good && i < fresh->count; i++) {
        if (fresh->list[i]->uid == 0) {
            fresh->list[i]->uid = entries[unknown++].uid;
        }
    }
    free(entries);
    return good;
}

static bool take_fresh(struct maildir *d, struct fresh *fresh)
{
    if (fresh->count == 0) {
        return true;
    }
    qsort(fresh->list, fresh->count, sizeof *fresh->list, compare_names);
    drop_doubles(fresh);
    if (!number(d, fresh) || !index_add(d, fresh->list, fresh->count)) {
        return false;
    }
    fresh->count = 0;
    return true;
}

static bool scan(struct maildir *d)
{
    struct fresh fresh = {0};
    bool good = true;
    bool missing = true;
    /* A file that another program renames while the directory is read may not be seen at
     * all: what is missing is looked for twice before it counts as gone. */
    for (int pass = 0; good && missing && pass < 2; pass++) {
        if (pass == 0) {
            for (size_t i = 0; i < d->count; i++) {
                d->messages[i]->found = false;
            }
        }
        good = see_directory(d, "new", true, &fresh) && see_directory(d, "cur", false, &fresh);
        missing = false;
        for (size_t i = 0; i < d->count; i++) {
            missing = missing || !d->messages[i]->found;
        }
    }
    if (good && missing) {
        for (size_t i = 0; i < d->count; i++) {
            d->messages[i]->gone = !d->messages[i]->found;
        }
        index_drop_gone(d);
    }
    good = good && take_fresh(d, &fresh);
    for (size_t i = 0; i < fresh.count; i++) {
        message_release(fresh.list[i]);
    }
    free(fresh.list);
    return good;
}

void scan_now(struct maildir *d)
{
    if (!scan(d)) {
        log_line("the Maildir cannot be read: %s", strerror(errno));
    }
}

bool scan_first(struct maildir *d)
{
    if (!scan(d)) {
        return false;
    }
    struct uid_entry *entries = calloc(d->count + 1, sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    for (size_t i = 0; i < d->count; i++) {
        entries[i] = (struct uid_entry){.uid = d->messages[i]->uid, .name = d->messages[i]->name};
    }
    bool good = uidlist_rewrite(&d->uids, d->root, entries, d->count);
    free(entries);
    return good;
}

struct message *maildir_add(struct maildir *d, const char *name, bool in_new, uint64_t flags,
                            int64_t date)
{
    struct message *m = message_new(name, in_new, flags, date);
    if (m == NULL) {
        return NULL;
    }
    struct uid_entry entry = {.name = m->name};
    if (!uidlist_assign(&d->uids, &entry, 1)) {
        message_release(m);
        return NULL;
    }
    m->uid = entry.uid;
    if (!index_add(d, &m, 1)) {
        message_release(m);
        return NULL;
    }
    return m;
}
