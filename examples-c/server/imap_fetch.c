/* imap_fetch.c: FETCH: one response for each message, one item at a time, the bodies in
 * pieces as the client takes them. */
#include "imap.h"

#include "header.h"

#include <inttypes.h>

static bool is_wanted(const struct fetch *fetch, enum fetch_kind kind)
{
    for (size_t i = 0; i < fetch->count; i++) {
        if (fetch->items[i].kind == kind) {
            return true;
        }
    }
    return false;
}

static bool needs_header(const struct fetch_item *item)
{
    return item->kind == FETCH_ENVELOPE || item->kind == FETCH_BODY || item->kind == FETCH_BODYSTRUCTURE ||
           (item->kind == FETCH_SECTION && (item->range == RANGE_FIELDS || item->range == RANGE_FIELDS_NOT));
}

/* Opens what the items need before anything of the response is written: a message that
 * cannot be read gets none. */
static bool open_message(struct session *s, struct message *m)
{
    struct imap *imap = s->state;
    struct fetch *fetch = &imap->fetch;
    bool file = false;
    bool header = false;
    for (size_t i = 0; i < fetch->count; i++) {
        const struct fetch_item *item = &fetch->items[i];
        header = header || needs_header(item);
        file = file || item->kind == FETCH_SECTION || (item->kind == FETCH_SIZE && !m->measured);
    }
    if (!file && !header) {
        return true;
    }
    if (!reader_open(&fetch->reader, s->store->maildir, m)) {
        return false;
    }
    if (header && !reader_header(&fetch->reader, &fetch->header)) {
        reader_close(&fetch->reader);
        buffer_free(&fetch->header);
        return false;
    }
    return true;
}

static void close_message(struct fetch *fetch)
{
    reader_close(&fetch->reader);
    buffer_free(&fetch->header);
    fetch->in_message = false;
}

/* BODY[] without PEEK sets \Seen, and the response tells so (RFC 3501 section 6.4.5). */
static void mark_seen(struct session *s, struct view_entry *entry)
{
    struct imap *imap = s->state;
    struct fetch *fetch = &imap->fetch;
    bool reads = false;
    fetch->tell_flags = false;
    for (size_t i = 0; i < fetch->count; i++) {
        reads = reads || (fetch->items[i].kind == FETCH_SECTION && !fetch->items[i].peek);
    }
    uint64_t flags = entry->message->flags;
    if (reads && !imap->read_only && (flags & FLAG_SEEN) == 0 &&
        maildir_set_flags(s->store->maildir, entry->message, flags | FLAG_SEEN)) {
        fetch->tell_flags = !is_wanted(fetch, FETCH_FLAGS);
        entry->told = entry->message->flags;
    }
}

static void write_section_name(struct buffer *out, const struct fetch_item *item)
{
    char name[IMAP_STRING_MAX];
    size_t len;
    if (item->label != NULL) {
        buffer_text(out, item->label);
        return;
    }
    buffer_text(out, "BODY[");
    buffer_append(out, item->section.bytes, item->section.len);
    struct text names = item->names;
    const char *before = " (";
    (void)imap_take(&names, "(");
    while (names.len > 0 && imap_take_astring(&names, name, &len)) {
        buffer_text(out, before);
        imap_write_astring(out, text_of(name, len));
        before = " ";
        (void)imap_take(&names, " ");
    }
    buffer_text(out, item->names.len > 0 ? ")]" : "]");
    if (item->partial) {
        buffer_print(out, "<%" PRIu64 ">", item->offset);
    }
}

static bool is_named(struct text names, struct text field)
{
    char name[IMAP_STRING_MAX];
    size_t len;
    (void)imap_take(&names, "(");
    while (imap_take_astring(&names, name, &len)) {
        if (text_is(field, name)) {
            return true;
        }
        (void)imap_take(&names, " ");
    }
    return false;
}

/* HEADER.FIELDS: the fields chosen, and an empty line. */
static void write_fields(struct session *s, const struct fetch_item *item)
{
    struct imap *imap = s->state;
    struct buffer chosen;
    struct text rest = text_of(buffer_bytes(&imap->fetch.header), imap->fetch.header.len);
    struct text name;
    struct text field;
    buffer_init(&chosen, HEADER_MAX + 2);
    while (header_next(&rest, &name, &field)) {
        if (name.len > 0 && is_named(item->names, name) == (item->range == RANGE_FIELDS)) {
            buffer_append(&chosen, field.bytes, field.len);
        }
    }
    buffer_append(&chosen, "\r\n", 2);
    size_t start = item->partial && item->offset < chosen.len ? (size_t)item->offset : item->partial ? chosen.len : 0;
    size_t len = chosen.len - start;
    if (item->partial && item->count < len) {
        len = (size_t)item->count;
    }
    buffer_print(&s->out, " {%zu}\r\n", len);
    buffer_append(&s->out, buffer_bytes(&chosen) + start, len);
    s->out.failed = s->out.failed || chosen.failed;
    buffer_free(&chosen);
}

/* A part of the message as it stands: from here on piece by piece. */
static void begin_range(struct session *s, const struct fetch_item *item)
{
    struct imap *imap = s->state;
    struct fetch *fetch = &imap->fetch;
    const struct message *m = fetch->reader.message;
    uint64_t start = item->range == RANGE_TEXT ? m->header_size : 0;
    uint64_t end = item->range == RANGE_HEADER ? m->header_size : m->size;
    if (item->partial) {
        start = item->offset < end - start ? start + item->offset : end;
        end = item->count < end - start ? start + item->count : end;
    }
    buffer_print(&s->out, " {%" PRIu64 "}\r\n", end - start);
    fetch->left = end - start;
    if (!reader_seek(&fetch->reader, start)) {
        s->out.failed = true;
    }
}

static void write_section(struct session *s, const struct fetch_item *item)
{
    write_section_name(&s->out, item);
    if (item->range == RANGE_NONE) {
        buffer_text(&s->out, " NIL");
    } else if (item->range == RANGE_FIELDS || item->range == RANGE_FIELDS_NOT) {
        write_fields(s, item);
    } else {
        begin_range(s, item);
    }
}

static void write_item(struct session *s, const struct view_entry *entry, const struct fetch_item *item)
{
    const struct imap *imap = s->state;
    const struct message *m = entry->message;
    struct buffer *out = &s->out;
    struct text header = text_of(buffer_bytes(&imap->fetch.header), imap->fetch.header.len);
    switch (item->kind) {
    case FETCH_FLAGS:
        buffer_text(out, "FLAGS ");
        imap_write_flags(out, m->flags, entry->recent);
        break;
    case FETCH_UID:
        buffer_print(out, "UID %" PRIu32, m->uid);
        break;
    case FETCH_INTERNALDATE:
        buffer_text(out, "INTERNALDATE ");
        imap_write_date_time(out, m->internal_date);
        break;
    case FETCH_SIZE:
        buffer_print(out, "RFC822.SIZE %" PRIu64, m->size);
        break;
    case FETCH_ENVELOPE:
        buffer_text(out, "ENVELOPE ");
        imap_write_envelope(out, header);
        break;
    case FETCH_BODY:
    case FETCH_BODYSTRUCTURE:
        buffer_text(out, item->kind == FETCH_BODY ? "BODY " : "BODYSTRUCTURE ");
        imap_write_structure(out, header, m->size - m->header_size, m->body_lines,
                             item->kind == FETCH_BODYSTRUCTURE);
        break;
    case FETCH_SECTION:
        write_section(s, item);
        break;
    }
}

/* The next piece of a literal. Its length has been promised: a file that cannot keep the
 * promise ends the connection. */
static void send_piece(struct session *s)
{
    struct imap *imap = s->state;
    struct fetch *fetch = &imap->fetch;
    char piece[READER_PIECE];
    ssize_t len = reader_read(&fetch->reader, piece, sizeof piece);
    if (len <= 0) {
        s->out.failed = true;
        fetch->left = 0;
        return;
    }
    uint64_t used = (uint64_t)len < fetch->left ? (uint64_t)len : fetch->left;
    buffer_append(&s->out, piece, (size_t)used);
    fetch->left -= used;
}

/* Begins the response for the next message of the set; false when there is none. */
static bool begin_message(struct session *s)
{
    struct imap *imap = s->state;
    struct fetch *fetch = &imap->fetch;
    if (imap->cursor == imap->count) {
        imap_done(s, fetch->missing ? "NO [EXPUNGEISSUED] Some messages are gone" : "OK FETCH completed");
        return false;
    }
    struct view_entry *entry = &imap->view[imap->cursor];
    if (!imap_in_set(imap, imap->cursor)) {
        imap->cursor++;
    } else if (entry->message->gone || !open_message(s, entry->message)) {
        fetch->missing = true;
        imap->cursor++;
    } else {
        mark_seen(s, entry);
        buffer_print(&s->out, "* %zu FETCH (", imap->cursor + 1);
        fetch->in_message = true;
        fetch->next = 0;
        fetch->left = 0;
    }
    return true;
}

static bool fetch_job(struct session *s)
{
    struct imap *imap = s->state;
    struct fetch *fetch = &imap->fetch;
    if (!fetch->in_message) {
        return begin_message(s);
    }
    struct view_entry *entry = &imap->view[imap->cursor];
    if (fetch->left > 0) {
        send_piece(s);
    } else if (fetch->next < fetch->count) {
        buffer_text(&s->out, fetch->next > 0 ? " " : "");
        write_item(s, entry, &fetch->items[fetch->next++]);
    } else {
        if (fetch->tell_flags) {
            buffer_text(&s->out, " FLAGS ");
            imap_write_flags(&s->out, entry->told, entry->recent);
        }
        buffer_text(&s->out, ")\r\n");
        close_message(fetch);
        imap->cursor++;
    }
    return true;
}

void imap_fetch(struct session *s, struct text args)
{
    struct imap *imap = s->state;
    struct fetch *fetch = &imap->fetch;
    if (!imap_take_set(&args, &imap->set) || !imap_take(&args, " ") || !imap_take_items(&args, fetch)) {
        imap_bad(s, "A sequence set and data items are wanted");
        return;
    }
    /* RFC 3501 section 6.4.8: UID FETCH tells the UID in any case. */
    if (imap->uid && !is_wanted(fetch, FETCH_UID)) {
        if (fetch->count == IMAP_ITEMS_MAX) {
            imap_bad(s, "Too many data items");
            return;
        }
        fetch->items[fetch->count++] = (struct fetch_item){.kind = FETCH_UID};
    }
    fetch->missing = false;
    imap_job(s, fetch_job);
}
