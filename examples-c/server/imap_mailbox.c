/* imap_mailbox.c: SELECT, EXAMINE, CLOSE, UNSELECT, STATUS, LIST, LSUB, SUBSCRIBE: the
 * commands about the one mailbox there is, INBOX. */
#include "imap.h"

#include <inttypes.h>

#define FLAGS_OFFERED "\\Answered \\Flagged \\Deleted \\Seen \\Draft"

/* Takes the messages in step by step, then tells what a SELECT must (RFC 3501 6.3.1). */
static bool select_job(struct session *s)
{
    struct imap *imap = s->state;
    struct buffer *out = &s->out;
    if (imap_view_grow(s)) {
        return true;
    }
    buffer_text(out, "* FLAGS (" FLAGS_OFFERED ")\r\n");
    buffer_print(out, "* %zu EXISTS\r\n* %zu RECENT\r\n", imap->count, imap_recent_count(imap));
    for (size_t i = 0; i < imap->count; i++) {
        if ((imap->view[i].message->flags & FLAG_SEEN) == 0) {
            buffer_print(out, "* OK [UNSEEN %zu] The first unseen message\r\n", i + 1);
            break;
        }
    }
    buffer_print(out, "* OK [PERMANENTFLAGS (%s)] These are kept\r\n", imap->read_only ? "" : FLAGS_OFFERED);
    buffer_print(out, "* OK [UIDVALIDITY %" PRIu32 "] For as long as the store lives\r\n",
                 s->store->maildir->uids.validity);
    buffer_print(out, "* OK [UIDNEXT %" PRIu32 "] The next message's\r\n", s->store->maildir->uids.next);
    imap->selected = true;
    imap_done(s, imap->read_only ? "OK [READ-ONLY] EXAMINE completed" : "OK [READ-WRITE] SELECT completed");
    return false;
}

static void open_mailbox(struct session *s, struct text args, bool read_only)
{
    struct imap *imap = s->state;
    bool is_inbox;
    if (!imap_take_inbox(&args, &is_inbox) || args.len != 0) {
        imap_bad(s, "One mailbox name is wanted");
        return;
    }
    /* Even a SELECT that fails leaves the mailbox that was selected. */
    imap_view_close(imap);
    if (!is_inbox) {
        imap_done(s, "NO [NONEXISTENT] There is one mailbox here, INBOX");
        return;
    }
    imap->read_only = read_only;
    maildir_refresh(s->store->maildir, s->now);
    imap_job(s, select_job);
}

void imap_select(struct session *s, struct text args)
{
    open_mailbox(s, args, false);
}

void imap_examine(struct session *s, struct text args)
{
    open_mailbox(s, args, true);
}

void imap_subscribe(struct session *s, struct text args)
{
    bool is_inbox;
    if (!imap_take_inbox(&args, &is_inbox) || args.len != 0) {
        imap_bad(s, "One mailbox name is wanted");
    } else if (is_inbox) {
        imap_done(s, "OK INBOX is always subscribed to");
    } else {
        imap_done(s, "NO [NONEXISTENT] There is one mailbox here, INBOX");
    }
}

/* RFC 9051 section 6.3.9: `*` and `%` stand for any characters; there is no hierarchy here,
 * so they are alike. Going back only ever to the last wildcard keeps it quick. */
static bool matches(struct text pattern, const char *name)
{
    size_t p = 0;
    size_t after_star = SIZE_MAX;
    const char *retry = name;
    while (*name != '\0') {
        if (p < pattern.len && (pattern.bytes[p] == '*' || pattern.bytes[p] == '%')) {
            after_star = ++p;
            retry = name;
        } else if (p < pattern.len && ascii_upper(pattern.bytes[p]) == *name) {
            p++;
            name++;
        } else if (after_star != SIZE_MAX) {
            p = after_star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.len && (pattern.bytes[p] == '*' || pattern.bytes[p] == '%')) {
        p++;
    }
    return p == pattern.len;
}

static void list(struct session *s, struct text args, const char *command, bool root_asked)
{
    char reference[IMAP_STRING_MAX];
    char pattern[2 * IMAP_STRING_MAX];
    size_t reference_len;
    size_t len;
    /* An empty string is an astring only when quoted, which imap_take_astring allows. */
    if (!imap_take_astring(&args, reference, &reference_len) || !imap_take(&args, " ") ||
        !imap_take_pattern(&args, pattern, &len) || args.len != 0) {
        imap_bad(s, "A reference and a mailbox pattern are wanted");
        return;
    }
    if (len == 0 && root_asked) {
        buffer_print(&s->out, "* %s (\\Noselect) \"/\" \"\"\r\n", command);
    } else if (reference_len == 0 && matches(text_of(pattern, len), "INBOX")) {
        buffer_print(&s->out, "* %s (\\Noinferiors) \"/\" INBOX\r\n", command);
    }
    imap_done(s, "OK %s completed", command);
}

void imap_list(struct session *s, struct text args)
{
    list(s, args, "LIST", true);
}

void imap_lsub(struct session *s, struct text args)
{
    list(s, args, "LSUB", false);
}

static bool write_status(struct session *s, struct text item)
{
    const struct maildir *maildir = s->store->maildir;
    uint64_t unseen = 0;
    uint64_t recent = 0;
    for (size_t i = 0; i < maildir->count; i++) {
        unseen += (maildir->messages[i]->flags & FLAG_SEEN) == 0 ? 1 : 0;
        recent += maildir->messages[i]->in_new ? 1 : 0;
    }
    if (text_is(item, "MESSAGES")) {
        buffer_print(&s->out, "MESSAGES %zu", maildir->count);
    } else if (text_is(item, "RECENT")) {
        buffer_print(&s->out, "RECENT %" PRIu64, recent);
    } else if (text_is(item, "UNSEEN")) {
        buffer_print(&s->out, "UNSEEN %" PRIu64, unseen);
    } else if (text_is(item, "UIDNEXT")) {
        buffer_print(&s->out, "UIDNEXT %" PRIu32, maildir->uids.next);
    } else if (text_is(item, "UIDVALIDITY")) {
        buffer_print(&s->out, "UIDVALIDITY %" PRIu32, maildir->uids.validity);
    } else {
        return false;
    }
    return true;
}

/* Checks the items without writing anything. */
static bool are_status_items(struct text items)
{
    struct text item;
    unsigned count = 0;
    if (!imap_take(&items, "(")) {
        return false;
    }
    do {
        if (!imap_take_atom(&items, &item) || ++count > 5) {
            return false;
        }
        if (!text_is(item, "MESSAGES") && !text_is(item, "RECENT") && !text_is(item, "UNSEEN") &&
            !text_is(item, "UIDNEXT") && !text_is(item, "UIDVALIDITY")) {
            return false;
        }
    } while (imap_take(&items, " "));
    return imap_take(&items, ")") && items.len == 0;
}

void imap_status(struct session *s, struct text args)
{
    bool is_inbox;
    struct text item;
    if (!imap_take_inbox(&args, &is_inbox) || !imap_take(&args, " ") || !are_status_items(args)) {
        imap_bad(s, "A mailbox name and a list of status items are wanted");
        return;
    }
    if (!is_inbox) {
        imap_done(s, "NO [NONEXISTENT] There is one mailbox here, INBOX");
        return;
    }
    maildir_refresh(s->store->maildir, s->now);
    buffer_text(&s->out, "* STATUS INBOX (");
    (void)imap_take(&args, "(");
    while (imap_take_atom(&args, &item) && write_status(s, item) && imap_take(&args, " ")) {
        buffer_text(&s->out, " ");
    }
    buffer_text(&s->out, ")\r\n");
    imap_done(s, "OK STATUS completed");
}
