/* imap_search.c: SEARCH (RFC 3501 section 6.4.4). The keys are read and answered in one walk
 * over the command's text, once without a message to see whether they are well formed, then
 * once for each message. Text is compared octet by octet, ASCII letters without their case;
 * encoded words and transfer encodings are not decoded. */
#include "imap.h"

#include "finder.h"
#include "header.h"

#include <inttypes.h>
#include <string.h>

#define DEPTH_MAX 16
#define KEYS_MAX 100
/* What a key may cost is bounded, for every other client waits meanwhile: so many BODY and
 * TEXT keys, so long a string (FINDER_MAX), and so much of each message. */
#define TEXT_KEYS_MAX 4
#define LOOK_INTO (1024 * 1024)

struct query {
    struct session *s;
    struct imap *imap;
    size_t index;           /* of the message */
    struct message *m;      /* NULL: only the grammar is looked at */
    struct buffer header;
    bool header_known;
    unsigned depth, keys, text_keys;
    const char *problem;    /* the answer, when the keys are not to be used */
};

static struct text header_of(struct query *q)
{
    if (!q->header_known) {
        struct reader reader;
        q->header_known = true;
        if (reader_open(&reader, q->s->store->maildir, q->m)) {
            (void)reader_header(&reader, &q->header);
            reader_close(&reader);
        }
    }
    return text_of(buffer_bytes(&q->header), q->header.len);
}

/* Whether a field of this name has the string in it; an empty one is in every field. */
static bool match_field(struct query *q, const char *wanted, struct finder *f)
{
    struct text rest = header_of(q);
    struct text name;
    struct text field;
    while (header_next(&rest, &name, &field)) {
        if (text_is(name, wanted)) {
            struct text value = header_value(name, field);
            f->matched = 0;
            finder_feed(f, value.bytes, value.len);
            if (f->matched == f->len) {
                return true;
            }
        }
    }
    return false;
}

static bool match_text(struct query *q, bool with_header, struct finder *f)
{
    struct reader reader;
    char piece[READER_PIECE];
    if (!reader_open(&reader, q->s->store->maildir, q->m)) {
        return false;
    }
    bool good = with_header || reader_seek(&reader, q->m->header_size);
    for (size_t looked = 0; good && looked < LOOK_INTO && f->matched < f->len;) {
        ssize_t len = reader_read(&reader, piece, sizeof piece);
        good = len > 0;
        if (good) {
            finder_feed(f, piece, (size_t)len);
            looked += (size_t)len;
        }
    }
    reader_close(&reader);
    return f->matched == f->len;
}

static bool fail(struct query *q, const char *problem)
{
    if (q->problem == NULL) {
        q->problem = problem;
    }
    return false;
}

static bool syntax(struct query *q)
{
    return fail(q, "BAD The search keys are malformed");
}

static bool take_needle(struct query *q, struct text *rest, struct finder *f)
{
    char string[IMAP_STRING_MAX];
    size_t len;
    if (!imap_take(rest, " ") || !imap_take_astring(rest, string, &len)) {
        return syntax(q);
    }
    if (len > FINDER_MAX) {
        return fail(q, "NO [LIMIT] The string is too long");
    }
    finder_init(f, string, len);
    return true;
}

/* Keys without arguments: flags that must be set, flags that must not. */
static bool key_flag(const struct query *q, struct text name, bool *known)
{
    static const struct {
        const char *name;
        uint64_t set, unset;
    } flags[] = {
        {"ALL", 0, 0},
        {"SEEN", FLAG_SEEN, 0},
        {"UNSEEN", 0, FLAG_SEEN},
        {"ANSWERED", FLAG_ANSWERED, 0},
        {"UNANSWERED", 0, FLAG_ANSWERED},
        {"DELETED", FLAG_DELETED, 0},
        {"UNDELETED", 0, FLAG_DELETED},
        {"FLAGGED", FLAG_FLAGGED, 0},
        {"UNFLAGGED", 0, FLAG_FLAGGED},
        {"DRAFT", FLAG_DRAFT, 0},
        {"UNDRAFT", 0, FLAG_DRAFT},
    };
    *known = true;
    bool recent = q->m != NULL && q->imap->view[q->index].recent;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (text_is(name, flags[i].name)) {
            return q->m != NULL && (q->m->flags & flags[i].set) == flags[i].set &&
                   (q->m->flags & flags[i].unset) == 0;
        }
    }
    if (text_is(name, "RECENT")) {
        return recent;
    }
    if (text_is(name, "OLD")) {
        return !recent;
    }
    if (text_is(name, "NEW")) {
        return recent && (q->m->flags & FLAG_SEEN) == 0;
    }
    *known = false;
    return false;
}

/* BEFORE, ON, SINCE, and SENT... of them. */
static bool key_date(struct query *q, struct text name, struct text *rest, bool *known)
{
    int64_t wanted;
    int64_t days = 0;
    bool sent = text_starts(name, "SENT");
    struct text which = sent ? text_after(name, 4) : name;
    bool before = text_is(which, "BEFORE");
    bool on = text_is(which, "ON");
    *known = before || on || text_is(which, "SINCE");
    if (!*known) {
        return false;
    }
    if (!imap_take(rest, " ") || !imap_take_day(rest, &wanted)) {
        return syntax(q);
    }
    if (q->m == NULL) {
        return false;
    }
    if (sent) {
        struct text value;
        if (!header_find(header_of(q), "Date", &value) || !header_date(value, &days)) {
            return false;
        }
    } else {
        days = q->m->internal_date / 86400;
    }
    return before ? days < wanted : on ? days == wanted : days >= wanted;
}

static bool key_size(struct query *q, struct text name, struct text *rest)
{
    uint64_t wanted;
    struct reader reader;
    if (!imap_take(rest, " ") || !text_take_number(rest, UINT32_MAX, &wanted)) {
        return syntax(q);
    }
    if (q->m == NULL) {
        return false;
    }
    if (!q->m->measured && reader_open(&reader, q->s->store->maildir, q->m)) {
        reader_close(&reader);
    }
    return q->m->measured && (text_is(name, "LARGER") ? q->m->size > wanted : q->m->size < wanted);
}

static bool key_text(struct query *q, struct text name, struct text *rest, bool *known)
{
    char field[IMAP_STRING_MAX] = "";
    size_t len = name.len;
    struct finder f;
    bool body = text_is(name, "BODY");
    bool text = text_is(name, "TEXT");
    *known = true;
    if (text_is(name, "HEADER")) {
        if (!imap_take(rest, " ") || !imap_take_astring(rest, field, &len)) {
            return syntax(q);
        }
    } else if (text_is(name, "FROM") || text_is(name, "TO") || text_is(name, "CC") ||
               text_is(name, "BCC") || text_is(name, "SUBJECT")) {
        memcpy(field, name.bytes, name.len);
    } else if (!body && !text) {
        *known = false;
        return false;
    }
    if ((body || text) && ++q->text_keys > TEXT_KEYS_MAX) {
        return fail(q, "NO [LIMIT] Too many BODY and TEXT keys");
    }
    if (!take_needle(q, rest, &f) || q->m == NULL) {
        return false;
    }
    return body || text ? match_text(q, text, &f) : match_field(q, field, &f);
}

static bool key(struct query *q, struct text *rest);

/* Keys one after another must all match. */
static bool all_keys(struct query *q, struct text *rest)
{
    bool match = true;
    do {
        match = key(q, rest) && match;
    } while (q->problem == NULL && imap_take(rest, " "));
    return match;
}

static bool key_list(struct query *q, struct text *rest)
{
    bool match = all_keys(q, rest);
    return imap_take(rest, ")") ? match : syntax(q);
}

static bool key_or(struct query *q, struct text *rest)
{
    if (!imap_take(rest, " ")) {
        return syntax(q);
    }
    bool first = key(q, rest);
    if (q->problem != NULL || !imap_take(rest, " ")) {
        return syntax(q);
    }
    return key(q, rest) || first;
}

static bool key_set(const struct query *q, struct text set, bool uid)
{
    const struct imap *imap = q->imap;
    if (q->m == NULL) {
        return false;
    }
    return uid ? imap_set_has(set, q->m->uid, imap->view[imap->count - 1].message->uid)
               : imap_set_has(set, q->index + 1, imap->count);
}

static bool named_key(struct query *q, struct text *rest)
{
    struct text name;
    struct text argument;
    bool known;
    if (!imap_take_atom(rest, &name)) {
        return syntax(q);
    }
    if (text_is(name, "NOT")) {
        return imap_take(rest, " ") ? !key(q, rest) : syntax(q);
    }
    if (text_is(name, "OR")) {
        return key_or(q, rest);
    }
    if (text_is(name, "UID")) {
        return imap_take(rest, " ") && imap_take_set(rest, &argument) ? key_set(q, argument, true) : syntax(q);
    }
    if (text_is(name, "LARGER") || text_is(name, "SMALLER")) {
        return key_size(q, name, rest);
    }
    if (text_is(name, "KEYWORD") || text_is(name, "UNKEYWORD")) {
        /* No message has a keyword here. */
        return imap_take(rest, " ") && imap_take_atom(rest, &argument) ? text_is(name, "UNKEYWORD") : syntax(q);
    }
    bool match = key_flag(q, name, &known);
    if (!known) {
        match = key_date(q, name, rest, &known);
    }
    if (!known) {
        match = key_text(q, name, rest, &known);
    }
    return known ? match : syntax(q);
}

static bool key(struct query *q, struct text *rest)
{
    struct text set;
    bool match;
    if (++q->keys > KEYS_MAX || ++q->depth > DEPTH_MAX) {
        return fail(q, "NO [LIMIT] The search keys are too many or too deep");
    }
    if (imap_take(rest, "(")) {
        match = key_list(q, rest);
    } else if (rest->len > 0 && (ascii_digit(rest->bytes[0]) || rest->bytes[0] == '*')) {
        match = imap_take_set(rest, &set) ? key_set(q, set, false) : syntax(q);
    } else {
        match = named_key(q, rest);
    }
    q->depth--;
    return match;
}

/* Whether the message matches; *problem stays NULL when the keys are in order. */
static bool matches(struct session *s, size_t index, bool grammar_only, const char **problem)
{
    struct imap *imap = s->state;
    struct text rest = imap->keys;
    struct query q = {.s = s, .imap = imap, .index = index};
    q.m = grammar_only ? NULL : imap->view[index].message;
    buffer_init(&q.header, HEADER_MAX);
    bool match = all_keys(&q, &rest);
    if (rest.len != 0) {
        (void)syntax(&q);
    }
    buffer_free(&q.header);
    *problem = q.problem;
    return match && q.problem == NULL;
}

static bool search_job(struct session *s)
{
    struct imap *imap = s->state;
    const char *problem;
    if (imap->cursor == imap->count) {
        buffer_text(&s->out, "\r\n");
        imap_done(s, "OK SEARCH completed");
        return false;
    }
    size_t index = imap->cursor++;
    const struct message *m = imap->view[index].message;
    if (!m->gone && matches(s, index, false, &problem)) {
        buffer_print(&s->out, " %" PRIu64, imap->uid ? (uint64_t)m->uid : (uint64_t)index + 1);
    }
    return true;
}

void imap_search(struct session *s, struct text args)
{
    struct imap *imap = s->state;
    char charset[IMAP_STRING_MAX];
    size_t len;
    const char *problem;
    if (imap_take(&args, "CHARSET ")) {
        if (!imap_take_astring(&args, charset, &len) || !imap_take(&args, " ")) {
            imap_bad(s, "CHARSET needs a name, and keys behind it");
            return;
        }
        struct text name = text_of(charset, len);
        if (!text_is(name, "US-ASCII") && !text_is(name, "UTF-8")) {
            imap_done(s, "NO [BADCHARSET (US-ASCII UTF-8)] No such character set here");
            return;
        }
    }
    imap->keys = args;
    (void)matches(s, 0, true, &problem);
    if (problem != NULL) {
        imap->errors++;
        imap_done(s, "%s", problem);
        return;
    }
    buffer_text(&s->out, "* SEARCH");
    imap_job(s, search_job);
}
