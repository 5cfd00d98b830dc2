/* imap_items.c: what a FETCH asks for (RFC 3501 section 6.4.5): the grammar of its data
 * items. Nothing here has an effect. */
#include "imap.h"


static bool add(struct fetch *fetch, struct fetch_item item)
{
    if (fetch->count == IMAP_ITEMS_MAX) {
        return false;
    }
    fetch->items[fetch->count++] = item;
    return true;
}

static bool add_kind(struct fetch *fetch, enum fetch_kind kind)
{
    return add(fetch, (struct fetch_item){.kind = kind});
}

/* Each name is compared with each field of the header. */
#define NAMES_MAX 50

/* "(" field-name *(SP field-name) ")" */
static bool take_names(struct text *rest, struct text *names)
{
    char name[IMAP_STRING_MAX];
    size_t len;
    unsigned count = 0;
    struct text start = *rest;
    if (!imap_take(rest, "(")) {
        return false;
    }
    do {
        if (++count > NAMES_MAX || !imap_take_astring(rest, name, &len)) {
            return false;
        }
    } while (imap_take(rest, " "));
    *names = text_of(start.bytes, start.len - rest->len + 1);
    return imap_take(rest, ")");
}

/* Part numbers. Every message is shown as one part (see imap_structure.c): part 1 is the
 * text, and others are not there. */
static bool take_part(struct text *rest, struct fetch_item *item)
{
    uint64_t number;
    unsigned depth = 0;
    bool first = true;
    do {
        if (rest->len > 0 && !ascii_digit(rest->bytes[0]) && depth > 0) {
            item->range = RANGE_NONE; /* 1.MIME, 1.HEADER: no part here has any */
            return imap_take(rest, "MIME") || imap_take(rest, "HEADER") || imap_take(rest, "TEXT");
        }
        if (!text_take_number(rest, UINT32_MAX, &number)) {
            return false;
        }
        first = first && number == 1;
        depth++;
    } while (imap_take(rest, "."));
    item->range = first && depth == 1 ? RANGE_TEXT : RANGE_NONE;
    return true;
}

static bool take_section(struct text *rest, struct fetch_item *item)
{
    struct text start = *rest;
    item->range = RANGE_ALL;
    if (rest->len > 0 && ascii_digit(rest->bytes[0])) {
        if (!take_part(rest, item)) {
            return false;
        }
    } else if (imap_take(rest, "HEADER.FIELDS.NOT")) {
        item->range = RANGE_FIELDS_NOT;
    } else if (imap_take(rest, "HEADER.FIELDS")) {
        item->range = RANGE_FIELDS;
    } else if (imap_take(rest, "HEADER")) {
        item->range = RANGE_HEADER;
    } else if (imap_take(rest, "TEXT")) {
        item->range = RANGE_TEXT;
    }
    item->section = text_of(start.bytes, start.len - rest->len);
    if (item->range == RANGE_FIELDS || item->range == RANGE_FIELDS_NOT) {
        return imap_take(rest, " ") && take_names(rest, &item->names);
    }
    return true;
}

/* Behind "BODY[" or "BODY.PEEK[". */
static bool take_body(struct text *rest, struct fetch *fetch, bool peek)
{
    struct fetch_item item = {.kind = FETCH_SECTION, .peek = peek};
    if (!take_section(rest, &item) || !imap_take(rest, "]")) {
        return false;
    }
    if (imap_take(rest, "<")) {
        item.partial = true;
        if (!text_take_number(rest, UINT32_MAX, &item.offset) || !imap_take(rest, ".") ||
            !text_take_number(rest, UINT32_MAX, &item.count) || item.count == 0 || !imap_take(rest, ">")) {
            return false;
        }
    }
    return add(fetch, item);
}

static bool take_word(struct text *rest, struct fetch *fetch)
{
    struct text word;
    if (imap_take(rest, "BODY[")) {
        return take_body(rest, fetch, false);
    }
    if (imap_take(rest, "BODY.PEEK[")) {
        return take_body(rest, fetch, true);
    }
    if (!imap_take_atom(rest, &word)) {
        return false;
    }
    static const struct {
        const char *name;
        struct fetch_item item;
    } words[] = {
        {"FLAGS", {.kind = FETCH_FLAGS}},
        {"UID", {.kind = FETCH_UID}},
        {"INTERNALDATE", {.kind = FETCH_INTERNALDATE}},
        {"RFC822.SIZE", {.kind = FETCH_SIZE}},
        {"ENVELOPE", {.kind = FETCH_ENVELOPE}},
        {"BODY", {.kind = FETCH_BODY}},
        {"BODYSTRUCTURE", {.kind = FETCH_BODYSTRUCTURE}},
        {"RFC822", {.kind = FETCH_SECTION, .range = RANGE_ALL, .label = "RFC822"}},
        {"RFC822.TEXT", {.kind = FETCH_SECTION, .range = RANGE_TEXT, .label = "RFC822.TEXT"}},
        {"RFC822.HEADER", {.kind = FETCH_SECTION, .range = RANGE_HEADER, .label = "RFC822.HEADER", .peek = true}},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_is(word, words[i].name)) {
            return add(fetch, words[i].item);
        }
    }
    return false;
}

static bool take_macro(struct text *rest, struct fetch *fetch)
{
    bool full = text_is(*rest, "FULL");
    bool all = text_is(*rest, "ALL");
    if (!full && !all && !text_is(*rest, "FAST")) {
        return false;
    }
    *rest = text_after(*rest, rest->len);
    return add_kind(fetch, FETCH_FLAGS) && add_kind(fetch, FETCH_INTERNALDATE) && add_kind(fetch, FETCH_SIZE) &&
           (!(full || all) || add_kind(fetch, FETCH_ENVELOPE)) && (!full || add_kind(fetch, FETCH_BODY));
}

bool imap_take_items(struct text *rest, struct fetch *fetch)
{
    fetch->count = 0;
    if (take_macro(rest, fetch)) {
        return true;
    }
    bool in_list = imap_take(rest, "(");
    do {
        if (!take_word(rest, fetch)) {
            return false;
        }
    } while (in_list && imap_take(rest, " "));
    return (!in_list || imap_take(rest, ")")) && rest->len == 0;
}
