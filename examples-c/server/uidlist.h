/* uidlist.h: which UID belongs to which message file, kept in one file beside the mail.
 *
 * The file is a line `mailtls-uidlist 1 UIDVALIDITY UIDNEXT` and then a line `UID NAME` for
 * every message, only ever appended to and synced before anybody is told the UID. It is
 * written anew (tmp, fsync, rename) at every start. A last line that a crash cut off was
 * never told to anybody and is dropped. So UIDs are stable and never used again. */
#ifndef UIDLIST_H
#define UIDLIST_H

#include "base.h"

struct uid_entry {
    uint32_t uid;
    char *name;
};

struct uidlist {
    uint32_t validity;
    uint32_t next;
    int fd;                   /* open for appending */
    struct uid_entry *known;  /* of earlier runs, in order of name; until the first scan */
    size_t known_count;
};

/* Reads the file, or starts a new one. On failure the reason is logged. */
bool uidlist_load(struct uidlist *u, int directory);

/* The UID an earlier run gave to this name, or 0. */
uint32_t uidlist_find(const struct uidlist *u, const char *name);

/* Replaces the file by one with these entries only, and forgets the earlier ones. */
bool uidlist_rewrite(struct uidlist *u, int directory, const struct uid_entry *entries, size_t count);

/* Gives the next UIDs to these names, in their order, and makes that durable. */
bool uidlist_assign(struct uidlist *u, struct uid_entry *entries, size_t count);

void uidlist_free(struct uidlist *u);

#endif
