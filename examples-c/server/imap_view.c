/* imap_view.c: the messages as one IMAP session numbers them, and what it tells its client
 * when they change. Numbers change only in imap_update_step, between commands. */
#include "imap.h"

#include <inttypes.h>
#include <stdlib.h>

/* So many messages are taken in at once: each may cost a rename. */
#define GROW_STEP 64

enum { PHASE_START, PHASE_EXPUNGE, PHASE_FLAGS, PHASE_GROW, PHASE_END };

bool imap_in_set(const struct imap *imap, size_t index)
{
    const struct message *last = imap->count == 0 ? NULL : imap->view[imap->count - 1].message;
    if (imap->uid) {
        return imap_set_has(imap->set, imap->view[index].message->uid, last == NULL ? 0 : last->uid);
    }
    return imap_set_has(imap->set, index + 1, imap->count);
}

size_t imap_recent_count(const struct imap *imap)
{
    size_t recent = 0;
    for (size_t i = 0; i < imap->count; i++) {
        recent += imap->view[i].recent ? 1 : 0;
    }
    return recent;
}

void imap_view_close(struct imap *imap)
{
    for (size_t i = 0; i < imap->count; i++) {
        message_release(imap->view[i].message);
    }
    free(imap->view);
    imap->view = NULL;
    imap->count = 0;
    imap->capacity = 0;
    imap->last_uid = 0;
    imap->selected = false;
}

static bool make_room(struct imap *imap, size_t wanted)
{
    if (wanted <= imap->capacity) {
        return true;
    }
    size_t capacity = imap->capacity * 2 > wanted ? imap->capacity * 2 : wanted;
    struct view_entry *view = realloc(imap->view, capacity * sizeof *view);
    if (view == NULL) {
        return false;
    }
    imap->view = view;
    imap->capacity = capacity;
    return true;
}

bool imap_view_grow(struct session *s)
{
    struct imap *imap = s->state;
    struct maildir *maildir = s->store->maildir;
    for (int i = 0; i < GROW_STEP; i++) {
        size_t place = maildir_above(maildir, imap->last_uid);
        if (place == maildir->count) {
            return false;
        }
        if (!make_room(imap, imap->count + 1)) {
            s->out.failed = true;
            return false;
        }
        struct message *m = message_hold(maildir->messages[place]);
        /* The session that moves it out of new is the one for which it is recent; one that
         * may not change anything only looks (RFC 3501 section 2.3.2). */
        bool recent = imap->read_only ? m->in_new : maildir_claim(maildir, m);
        imap->last_uid = m->uid;
        imap->view[imap->count++] = (struct view_entry){.message = m, .told = m->flags, .recent = recent};
    }
    return true;
}

/* From the highest number down, so that no number told is changed by a later one. */
static bool tell_expunged(struct session *s)
{
    struct imap *imap = s->state;
    while (imap->update_cursor > 0) {
        struct view_entry *entry = &imap->view[--imap->update_cursor];
        if (entry->message->gone) {
            buffer_print(&s->out, "* %zu EXPUNGE\r\n", imap->update_cursor + 1);
            if (s->out.len >= OUTPUT_ENOUGH) {
                return true;
            }
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < imap->count; i++) {
        if (imap->view[i].message->gone) {
            message_release(imap->view[i].message);
        } else {
            imap->view[kept++] = imap->view[i];
        }
    }
    imap->count = kept;
    return false;
}

static bool tell_flags(struct session *s)
{
    struct imap *imap = s->state;
    while (imap->update_cursor < imap->count) {
        struct view_entry *entry = &imap->view[imap->update_cursor++];
        if (entry->told != entry->message->flags && !entry->message->gone) {
            entry->told = entry->message->flags;
            buffer_print(&s->out, "* %zu FETCH (UID %" PRIu32 " FLAGS ", imap->update_cursor,
                         entry->message->uid);
            imap_write_flags(&s->out, entry->told, entry->recent);
            buffer_text(&s->out, ")\r\n");
            if (s->out.len >= OUTPUT_ENOUGH) {
                return true;
            }
        }
    }
    return false;
}

static bool tell_new(struct session *s)
{
    struct imap *imap = s->state;
    size_t before = imap->count;
    bool more = imap_view_grow(s);
    imap->update_grown = imap->update_grown || imap->count > before;
    if (!more && imap->update_grown) {
        buffer_print(&s->out, "* %zu EXISTS\r\n* %zu RECENT\r\n", imap->count, imap_recent_count(imap));
    }
    return more;
}

bool imap_update_step(struct session *s)
{
    struct imap *imap = s->state;
    bool more = false;
    if (!imap->selected) {
        return false;
    }
    switch (imap->update_phase) {
    case PHASE_START:
        maildir_refresh(s->store->maildir, s->now);
        imap->update_grown = false;
        imap->update_phase = imap->update == UPDATE_ALL ? PHASE_EXPUNGE : PHASE_FLAGS;
        imap->update_cursor = imap->update == UPDATE_ALL ? imap->count : 0;
        return true;
    case PHASE_EXPUNGE:
        more = tell_expunged(s);
        break;
    case PHASE_FLAGS:
        more = tell_flags(s);
        break;
    case PHASE_GROW:
        more = tell_new(s);
        break;
    default:
        return false;
    }
    if (!more) {
        imap->update_phase++;
        imap->update_cursor = 0;
    }
    return true;
}
