/* delivery.h: putting a new message into the Maildir: written to tmp, synced, renamed, and
 * the directory synced, so that after "accepted" it survives a crash and before that it was
 * never there. It knows nothing of the mail protocols. */
#ifndef DELIVERY_H
#define DELIVERY_H

#include "maildir.h"

#include <limits.h>

struct delivery {
    struct maildir *maildir; /* NULL: no delivery is going on */
    int fd;
    char name[NAME_MAX + 1];
};

/* Removes the files in tmp of deliveries that a server before this one did not finish, and no other files.
 * False when tmp cannot be read. */
bool delivery_sweep(const struct maildir *maildir);

bool delivery_begin(struct delivery *d, struct maildir *maildir);

/* On failure the delivery has been given up. */
bool delivery_write(struct delivery *d, const char *bytes, size_t len);

/* Into new, as mail that arrives. NULL on failure. */
const struct message *delivery_commit(struct delivery *d);

/* Into cur with these flags and this date, as mail that a client stores. NULL on failure. */
const struct message *delivery_commit_stored(struct delivery *d, uint64_t flags, int64_t date);

/* Removes what has been written; nothing when no delivery is going on. */
void delivery_abort(struct delivery *d);

#endif
