/* imap_address.c: the addresses of a header field (RFC 5322 section 3.4) as the address
 * structures of an ENVELOPE, read leniently: what cannot be understood is shown as it is. */
#include "imap.h"

#include "header.h"

/* Enough for any real list; each costs more in the answer than in the header. */
#define ADDRESSES_MAX 2000

struct parser {
    struct text rest;
    struct buffer phrase;  /* the display name, or the address itself when it has no < > */
    struct buffer address; /* what is between < and > */
    bool in_angle, had_angle;
    unsigned count;
    struct buffer *out;
};

static struct text content(const struct buffer *b)
{
    return text_trim(text_of(buffer_bytes(b), b->len));
}

static void write_or_nil(struct buffer *out, struct text t)
{
    if (t.len == 0) {
        buffer_text(out, "NIL");
    } else {
        imap_write_string(out, t);
    }
}

static void begin_address(struct parser *p)
{
    buffer_text(p->out, p->count == 0 ? "((" : "(");
    p->count++;
}

/* (name NIL mailbox host); a host that is missing is an empty string, for NIL there would
 * make it a group (RFC 3501 section 7.4.2). */
static void end_address(struct parser *p)
{
    struct text name = p->had_angle ? content(&p->phrase) : text_of("", 0);
    struct text address = content(p->had_angle ? &p->address : &p->phrase);
    if (address.len > 0 || name.len > 0) {
        size_t at = address.len;
        while (at > 0 && address.bytes[at - 1] != '@') {
            at--;
        }
        begin_address(p);
        write_or_nil(p->out, name);
        buffer_text(p->out, " NIL ");
        imap_write_string(p->out, text_of(address.bytes, at == 0 ? address.len : at - 1));
        buffer_text(p->out, " ");
        imap_write_string(p->out, at == 0 ? text_of("", 0) : text_after(address, at));
        buffer_text(p->out, ")");
    }
    buffer_free(&p->phrase);
    buffer_free(&p->address);
    p->in_angle = false;
    p->had_angle = false;
}

static void begin_group(struct parser *p)
{
    begin_address(p);
    buffer_text(p->out, "NIL NIL ");
    imap_write_string(p->out, content(&p->phrase));
    buffer_text(p->out, " NIL)");
    buffer_free(&p->phrase);
}

static void end_group(struct parser *p)
{
    end_address(p);
    begin_address(p);
    buffer_text(p->out, "NIL NIL NIL NIL)");
}

static char next(struct parser *p)
{
    char c = p->rest.bytes[0];
    p->rest = text_after(p->rest, 1);
    return c;
}

static void pass_comment(struct parser *p)
{
    unsigned depth = 1;
    while (p->rest.len > 0 && depth > 0) {
        char c = next(p);
        if (c == '\\') {
            p->rest = text_after(p->rest, 1);
        } else if (c == '(') {
            depth++;
        } else if (c == ')') {
            depth--;
        }
    }
}

static void take_quoted(struct parser *p, struct buffer *into)
{
    while (p->rest.len > 0) {
        char c = next(p);
        if (c == '"') {
            return;
        }
        if (c == '\\' && p->rest.len > 0) {
            c = next(p);
        }
        buffer_append(into, &c, 1);
    }
}

static void take_char(struct parser *p, char c, bool *in_group)
{
    struct buffer *into = p->in_angle ? &p->address : &p->phrase;
    if (c == '(') {
        pass_comment(p);
    } else if (c == '"') {
        take_quoted(p, into);
    } else if (c == '<') {
        p->in_angle = true;
        p->had_angle = true;
    } else if (c == '>') {
        p->in_angle = false;
    } else if (c == ':' && p->in_angle) {
        buffer_free(&p->address); /* a source route ends here */
    } else if (c == ':' && !*in_group) {
        begin_group(p);
        *in_group = true;
    } else if (c == ',' && !p->in_angle) {
        end_address(p);
    } else if (c == ';' && *in_group) {
        end_group(p);
        *in_group = false;
    } else if (c != ' ' && c != '\t') {
        buffer_append(into, &c, 1);
    } else if (into->len > 0 && buffer_bytes(into)[into->len - 1] != ' ') {
        buffer_append(into, " ", 1);
    }
}

void imap_write_addresses(struct buffer *out, struct text header, const char *field, const char *otherwise)
{
    struct text value;
    struct buffer line;
    bool in_group = false;
    struct parser p = {.out = out};
    if (!header_find(header, field, &value) && (otherwise == NULL || !header_find(header, otherwise, &value))) {
        buffer_text(out, "NIL");
        return;
    }
    buffer_init(&line, HEADER_MAX);
    buffer_init(&p.phrase, HEADER_MAX);
    buffer_init(&p.address, HEADER_MAX);
    header_unfold(value, &line);
    p.rest = text_of(buffer_bytes(&line), line.len);
    while (p.rest.len > 0 && p.count < ADDRESSES_MAX) {
        take_char(&p, next(&p), &in_group);
    }
    end_address(&p);
    if (in_group) {
        end_group(&p);
    }
    buffer_text(out, p.count == 0 ? "NIL" : ")");
    buffer_free(&line);
}
