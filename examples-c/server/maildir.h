/* maildir.h: the mail store: one Maildir whose messages are the INBOX of every user of this
 * example. It holds the index that all sessions share (the server is one thread), the UIDs,
 * the flags in the file names, and what may be done to a message. It knows nothing of the
 * mail protocols.
 *
 * Files: DIR/tmp, DIR/new, DIR/cur as in every Maildir, and DIR/mailtls-uidlist (uidlist.h).
 * A message file never changes once it is in new or cur; only its name does. */
#ifndef MAILDIR_H
#define MAILDIR_H

#include "base.h"
#include "uidlist.h"

/* The letters behind ":2," in a file name, as bits. The system flags of IMAP among them: */
#define FLAG_BIT(letter) ((uint64_t)1 << ((letter) - 'A'))
#define FLAG_DRAFT FLAG_BIT('D')
#define FLAG_FLAGGED FLAG_BIT('F')
#define FLAG_ANSWERED FLAG_BIT('R')
#define FLAG_SEEN FLAG_BIT('S')
#define FLAG_DELETED FLAG_BIT('T')

/* The letters of these flags, NUL-terminated. */
void flag_letters(uint64_t flags, char letters[64]);

struct message {
    uint32_t uid;
    unsigned references; /* by the index and by the sessions that have it in view */
    bool gone;           /* no longer in the Maildir */
    bool in_new;         /* in new, not yet in cur: no session has shown it as its own */
    bool found;          /* by the scan that is going on */
    uint64_t flags;
    int64_t internal_date; /* Unix seconds: the file's modification time */
    /* What a client sees has CRLF at every line end, whatever the file has; these sizes are
     * known after message_measure(). */
    bool measured;
    uint64_t file_size;
    uint64_t size;        /* as sent */
    uint64_t header_size; /* with the empty line */
    uint64_t body_lines;
    char name[]; /* the unique name, without ":2," and flags */
};

struct maildir {
    int root;              /* the directory, with a lock on it */
    struct uidlist uids;
    struct message **messages; /* in order of UID */
    struct message **by_name;  /* the same, in order of name */
    size_t count;
    size_t capacity;
    uint64_t last_scan;
    bool scanned;
    int64_t new_changed[2], cur_changed[2]; /* modification times seen by the last scan */
};

/* Opens DIR, making it and its parts where they are missing, but no directory above it. On failure the
 * reason is logged. */
bool maildir_open(struct maildir *d, const char *directory);
void maildir_close(struct maildir *d);

/* Looks for what other programs have delivered or removed; at most once a second. */
void maildir_refresh(struct maildir *d, uint64_t now);

struct message *message_hold(struct message *m);
void message_release(struct message *m);

/* Moves a message from new to cur: from now on it is recent for nobody else. */
bool maildir_claim(struct maildir *d, struct message *m);
bool maildir_set_flags(struct maildir *d, struct message *m, uint64_t flags);
bool maildir_remove(struct maildir *d, struct message *m);

/* A file descriptor to read it, or -1. */
int maildir_read(struct maildir *d, struct message *m);

/* Takes a file that has just been put under this name into the index. NULL on failure: the
 * next scan will try again. */
struct message *maildir_add(struct maildir *d, const char *name, bool in_new, uint64_t flags,
                            int64_t date);

/* The first message whose UID is above this one: its place in messages. */
size_t maildir_above(const struct maildir *d, uint32_t uid);

#endif
