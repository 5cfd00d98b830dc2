/* maildir.c: the shared index of the one Maildir, and what is done to its messages (see
 * maildir.h). How new files are found is in scan.c. */
#include "maildir.h"

#include "delivery.h"
#include "scan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE (NAME_MAX + 8)

/* Names the first directory on the way that does not exist. */
static void log_missing(const char *directory)
{
    char way[PATH_MAX];
    struct stat status;
    (void)snprintf(way, sizeof way, "%s", directory);
    for (char *slash = way + (way[0] == '/'); (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        if (stat(way, &status) != 0) {
            log_line("--maildir %s: %s: %s; create it first, only the Maildir itself is made", directory, way,
                     strerror(errno));
            return;
        }
    }
    log_line("--maildir %s: %s", directory, strerror(ENOENT));
}

bool maildir_open(struct maildir *d, const char *directory)
{
    static const char *const parts[] = {"tmp", "new", "cur"};
    *d = (struct maildir){.root = -1, .uids.fd = -1};
    if (mkdir(directory, 0700) != 0 && errno == ENOENT) {
        log_missing(directory);
        return false;
    }
    d->root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->root < 0) {
        log_line("--maildir %s: %s", directory, strerror(errno));
        return false;
    }
    /* Two servers with an index of their own would give the same UID twice. */
    if (flock(d->root, LOCK_EX | LOCK_NB) != 0) {
        log_line("--maildir %s: in use by another server", directory);
        maildir_close(d);
        return false;
    }
    bool good = true;
    for (size_t i = 0; good && i < sizeof parts / sizeof parts[0]; i++) {
        good = mkdirat(d->root, parts[i], 0700) == 0 || errno == EEXIST;
    }
    if (!good || !delivery_sweep(d) || !uidlist_load(&d->uids, d->root) || !scan_first(d)) {
        log_line("--maildir %s: cannot be used as a Maildir", directory);
        maildir_close(d);
        return false;
    }
    return true;
}

void maildir_close(struct maildir *d)
{
    for (size_t i = 0; i < d->count; i++) {
        message_release(d->messages[i]);
    }
    free(d->messages);
    free(d->by_name);
    d->messages = NULL;
    d->by_name = NULL;
    d->count = 0;
    d->capacity = 0;
    uidlist_free(&d->uids);
    if (d->root >= 0) {
        (void)close(d->root);
        d->root = -1;
    }
}

/* Whether a directory has another modification time than the one seen; takes note of it. */
static bool changed(struct maildir *d, const char *which, int64_t seen[2])
{
    struct stat status;
    if (fstatat(d->root, which, &status, 0) != 0) {
        return true;
    }
    bool differs = status.st_mtim.tv_sec != seen[0] || status.st_mtim.tv_nsec != seen[1];
    seen[0] = status.st_mtim.tv_sec;
    /* Two changes within one tick of the file system's clock leave one time: a time that is
     * not yet past is not trusted, so that the next look scans again. */
    bool settled = (int64_t)time(NULL) > status.st_mtim.tv_sec + 1;
    seen[1] = settled ? status.st_mtim.tv_nsec : -1;
    return differs;
}

void maildir_refresh(struct maildir *d, uint64_t now)
{
    if (d->scanned && now - d->last_scan < 1000) {
        return;
    }
    bool differs = changed(d, "new", d->new_changed);
    differs = changed(d, "cur", d->cur_changed) || differs;
    if (differs || !d->scanned) {
        scan_now(d);
    }
    d->scanned = true;
    d->last_scan = now;
}

struct message *message_hold(struct message *m)
{
    m->references++;
    return m;
}

void message_release(struct message *m)
{
    if (m != NULL && --m->references == 0) {
        free(m);
    }
}

void flag_letters(uint64_t flags, char letters[64])
{
    size_t count = 0;
    /* In ASCII order, as the Maildir convention wants them. */
    for (char letter = 'A'; letter <= 'z'; letter++) {
        if ((flags & FLAG_BIT(letter)) != 0) {
            letters[count++] = letter;
        }
    }
    letters[count] = '\0';
}

static bool message_path(const struct message *m, bool in_new, uint64_t flags, char path[PATH_SIZE])
{
    int len;
    if (in_new) {
        len = snprintf(path, PATH_SIZE, "new/%s", m->name);
    } else {
        char letters[64];
        flag_letters(flags, letters);
        len = snprintf(path, PATH_SIZE, "cur/%s:2,%s", m->name, letters);
    }
    return len > 0 && len < PATH_SIZE;
}

/* Gives the file of a message another name. Another program may have renamed it meanwhile:
 * then a scan finds its present name for the second try. */
static bool rename_message(struct maildir *d, struct message *m, uint64_t flags)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        char from[PATH_SIZE];
        char to[PATH_SIZE];
        if (m->gone || !message_path(m, m->in_new, m->flags, from) ||
            !message_path(m, false, flags, to)) {
            return false;
        }
        if (renameat(d->root, from, d->root, to) == 0) {
            m->in_new = false;
            m->flags = flags;
            return true;
        }
        if (errno != ENOENT) {
            return false;
        }
        scan_now(d);
    }
    return false;
}

bool maildir_claim(struct maildir *d, struct message *m)
{
    return m->in_new && rename_message(d, m, m->flags);
}

bool maildir_set_flags(struct maildir *d, struct message *m, uint64_t flags)
{
    if (!m->gone && !m->in_new && m->flags == flags) {
        return true;
    }
    return rename_message(d, m, flags);
}

bool maildir_remove(struct maildir *d, struct message *m)
{
    for (int attempt = 0; attempt < 2 && !m->gone; attempt++) {
        char path[PATH_SIZE];
        if (!message_path(m, m->in_new, m->flags, path)) {
            return false;
        }
        if (unlinkat(d->root, path, 0) == 0) {
            scan_drop(d, m);
        } else if (errno == ENOENT) {
            scan_now(d);
        } else {
            return false;
        }
    }
    return m->gone;
}

int maildir_read(struct maildir *d, struct message *m)
{
    for (int attempt = 0; attempt < 2 && !m->gone; attempt++) {
        char path[PATH_SIZE];
        if (!message_path(m, m->in_new, m->flags, path)) {
            return -1;
        }
        /* O_NONBLOCK: nothing that has been put in the place of a file may make us wait. */
        int fd = openat(d->root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0) {
            return fd;
        }
        if (errno != ENOENT) {
            return -1;
        }
        scan_now(d);
    }
    return -1;
}

size_t maildir_above(const struct maildir *d, uint32_t uid)
{
    size_t low = 0;
    size_t high = d->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->messages[middle]->uid <= uid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
