/* delivery.c: crash-safe delivery into the Maildir (see delivery.h). */
#include "delivery.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE (NAME_MAX + 80)
/* What a file in tmp begins with, so that it is known again as one of ours. */
#define UNFINISHED "mailtls."

/* Seconds, microseconds, process, count and host, as Maildir names are commonly made: unique
 * among all processes and hosts that deliver here. */
static bool unique_name(char name[NAME_MAX + 1])
{
    static unsigned count;
    struct timespec now;
    char host[64];
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || gethostname(host, sizeof host) != 0) {
        return false;
    }
    host[sizeof host - 1] = '\0';
    for (char *p = host; *p != '\0'; p++) {
        if (*p == '/' || *p == ':' || *p <= ' ') {
            *p = '_';
        }
    }
    int len = snprintf(name, NAME_MAX + 1, "%lld.M%06ldP%ldQ%u.%s", (long long)now.tv_sec,
                       now.tv_nsec / 1000, (long)getpid(), count++, host);
    return len > 0 && len <= NAME_MAX;
}

static void unfinished_path(const struct delivery *d, char path[PATH_SIZE])
{
    (void)snprintf(path, PATH_SIZE, "tmp/" UNFINISHED "%s", d->name);
}

bool delivery_sweep(const struct maildir *maildir)
{
    unsigned count = 0;
    int fd = openat(maildir->root, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (directory == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        bool ours = strncmp(entry->d_name, UNFINISHED, sizeof UNFINISHED - 1) == 0;
        count += ours && unlinkat(fd, entry->d_name, 0) == 0 ? 1 : 0;
    }
    (void)closedir(directory);
    if (count > 0) {
        log_line("tmp: removed %u messages that an earlier run did not finish", count);
    }
    return true;
}

bool delivery_begin(struct delivery *d, struct maildir *maildir)
{
    char path[PATH_SIZE];
    *d = (struct delivery){.fd = -1};
    if (!unique_name(d->name)) {
        return false;
    }
    unfinished_path(d, path);
    d->fd = openat(maildir->root, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (d->fd < 0) {
        log_line("%s: %s", path, strerror(errno));
        return false;
    }
    d->maildir = maildir;
    return true;
}

void delivery_abort(struct delivery *d)
{
    char path[PATH_SIZE];
    if (d->maildir == NULL) {
        return;
    }
    if (d->fd >= 0) {
        (void)close(d->fd);
    }
    unfinished_path(d, path);
    (void)unlinkat(d->maildir->root, path, 0);
    *d = (struct delivery){.fd = -1};
}

bool delivery_write(struct delivery *d, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(d->fd, bytes, len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            log_line("tmp/" UNFINISHED "%s: %s", d->name, strerror(errno));
            delivery_abort(d);
            return false;
        }
        bytes += written;
        len -= (size_t)written;
    }
    return true;
}

static bool sync_directory(const struct maildir *maildir, const char *which)
{
    int fd = openat(maildir->root, which, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool good = fsync(fd) == 0;
    (void)close(fd);
    return good;
}

/* `to` is the final path; `which` its directory. */
static bool settle(struct delivery *d, const char *which, const char *to, int64_t date)
{
    char from[PATH_SIZE];
    struct timespec times[2] = {{.tv_sec = (time_t)date}, {.tv_sec = (time_t)date}};
    unfinished_path(d, from);
    bool good = futimens(d->fd, times) == 0 && fsync(d->fd) == 0;
    good = close(d->fd) == 0 && good;
    d->fd = -1;
    good = good && renameat(d->maildir->root, from, d->maildir->root, to) == 0;
    if (good && !sync_directory(d->maildir, which)) {
        /* Not durable: take it back, so that the client's second try does not double it. */
        (void)unlinkat(d->maildir->root, to, 0);
        good = false;
    }
    if (!good) {
        log_line("%s: %s", to, strerror(errno));
        delivery_abort(d);
    }
    return good;
}

static const struct message *enter(struct delivery *d, bool in_new, uint64_t flags, int64_t date,
                                   const char *to)
{
    const struct message *m = maildir_add(d->maildir, d->name, in_new, flags, date);
    if (m == NULL) {
        /* Without its UID it would be told as refused and found by the next scan. */
        (void)unlinkat(d->maildir->root, to, 0);
    }
    *d = (struct delivery){.fd = -1};
    return m;
}

const struct message *delivery_commit(struct delivery *d)
{
    char to[PATH_SIZE];
    int64_t date = (int64_t)time(NULL);
    (void)snprintf(to, sizeof to, "new/%s", d->name);
    return settle(d, "new", to, date) ? enter(d, true, 0, date, to) : NULL;
}

const struct message *delivery_commit_stored(struct delivery *d, uint64_t flags, int64_t date)
{
    char letters[64];
    char to[PATH_SIZE];
    flag_letters(flags, letters);
    (void)snprintf(to, sizeof to, "cur/%s:2,%s", d->name, letters);
    return settle(d, "cur", to, date) ? enter(d, false, flags, date, to) : NULL;
}
