/* imap_store.c: STORE, EXPUNGE, CLOSE, UNSELECT, COPY: the commands that change messages. */
#include "imap.h"

#include <inttypes.h>

#define SYSTEM_FLAGS (FLAG_SEEN | FLAG_ANSWERED | FLAG_FLAGGED | FLAG_DELETED | FLAG_DRAFT)

enum store_mode { STORE_REPLACE, STORE_ADD, STORE_REMOVE };

static uint64_t changed_flags(const struct imap *imap, uint64_t flags)
{
    switch (imap->store_mode) {
    case STORE_ADD:
        return flags | imap->flags;
    case STORE_REMOVE:
        return flags & ~imap->flags;
    default:
        /* Letters that other programs put into the name stay. */
        return (flags & ~SYSTEM_FLAGS) | imap->flags;
    }
}

static bool store_job(struct session *s)
{
    struct imap *imap = s->state;
    if (imap->cursor == imap->count) {
        imap_done(s, imap->fetch.missing ? "NO [EXPUNGEISSUED] Some messages are gone" : "OK STORE completed");
        return false;
    }
    size_t index = imap->cursor++;
    if (!imap_in_set(imap, index)) {
        return true;
    }
    struct view_entry *entry = &imap->view[index];
    if (!maildir_set_flags(s->store->maildir, entry->message, changed_flags(imap, entry->message->flags))) {
        imap->fetch.missing = true;
        return true;
    }
    entry->told = entry->message->flags;
    if (!imap->silent) {
        buffer_print(&s->out, "* %zu FETCH (", index + 1);
        if (imap->uid) {
            buffer_print(&s->out, "UID %" PRIu32 " ", entry->message->uid);
        }
        buffer_text(&s->out, "FLAGS ");
        imap_write_flags(&s->out, entry->told, entry->recent);
        buffer_text(&s->out, ")\r\n");
    }
    return true;
}

void imap_store(struct session *s, struct text args)
{
    struct imap *imap = s->state;
    bool good = imap_take_set(&args, &imap->set) && imap_take(&args, " ");
    imap->store_mode = imap_take(&args, "+") ? STORE_ADD : imap_take(&args, "-") ? STORE_REMOVE : STORE_REPLACE;
    good = good && imap_take(&args, "FLAGS");
    imap->silent = imap_take(&args, ".SILENT");
    if (!good || !imap_take(&args, " ") || !imap_take_flags(&args, &imap->flags) || args.len != 0) {
        imap_bad(s, "A sequence set, FLAGS and flags are wanted");
    } else if (imap->read_only) {
        imap_done(s, "NO The mailbox is open for reading only");
    } else {
        imap->fetch.missing = false;
        imap_job(s, store_job);
    }
}

/* Removes what is marked \Deleted (and in the set, for UID EXPUNGE); that it is gone is told
 * with the other news. */
static bool expunge_job(struct session *s)
{
    struct imap *imap = s->state;
    if (imap->cursor < imap->count) {
        size_t index = imap->cursor++;
        struct message *m = imap->view[index].message;
        if (!m->gone && (m->flags & FLAG_DELETED) != 0 && (!imap->uid || imap_in_set(imap, index)) &&
            !maildir_remove(s->store->maildir, m)) {
            imap->fetch.missing = true;
        }
        return true;
    }
    imap_done(s, imap->fetch.missing ? "NO [UNAVAILABLE] Some messages could not be removed"
                                     : "OK EXPUNGE completed");
    return false;
}

void imap_expunge(struct session *s, struct text args)
{
    struct imap *imap = s->state;
    if ((imap->uid && !imap_take_set(&args, &imap->set)) || args.len != 0) {
        imap_bad(s, imap->uid ? "A set of UIDs is wanted" : "EXPUNGE takes no arguments");
    } else if (imap->read_only) {
        imap_done(s, "NO The mailbox is open for reading only");
    } else {
        imap->fetch.missing = false;
        imap_job(s, expunge_job);
    }
}

/* CLOSE removes like EXPUNGE, but says nothing of it (RFC 3501 section 6.4.2). */
static bool close_job(struct session *s)
{
    if (expunge_job(s)) {
        return true;
    }
    imap_view_close(s->state);
    imap_done(s, "OK CLOSE completed");
    return false;
}

void imap_close(struct session *s, struct text args)
{
    struct imap *imap = s->state;
    if (imap->read_only) {
        imap_unselect(s, args);
    } else {
        imap_job(s, close_job);
    }
}

void imap_unselect(struct session *s, struct text args)
{
    (void)args;
    imap_view_close(s->state);
    imap_done(s, "OK completed");
}

void imap_copy(struct session *s, struct text args)
{
    struct imap *imap = s->state;
    bool is_inbox;
    if (!imap_take_set(&args, &imap->set) || !imap_take(&args, " ") || !imap_take_inbox(&args, &is_inbox) ||
        args.len != 0) {
        imap_bad(s, "A sequence set and a mailbox name are wanted");
    } else if (is_inbox) {
        imap_done(s, "NO [CANNOT] Messages are not doubled within INBOX");
    } else {
        imap_done(s, "NO [NONEXISTENT] There is one mailbox here, INBOX");
    }
}
