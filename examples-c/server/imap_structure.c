/* imap_structure.c: ENVELOPE and BODYSTRUCTURE (RFC 3501 section 7.4.2) out of a header.
 *
 * Every message is shown as one part. What its Content-Type names is told as it is, but a
 * multipart or message/rfc822 is shown as the text it is made of: a structure with parts
 * would promise to fetch them one by one. */
#include "imap.h"

#include "header.h"

#include <inttypes.h>
#include <string.h>

/* The unfolded value of a field as a string, or NIL. */
static void write_field(struct buffer *out, struct text header, const char *name)
{
    struct text value;
    struct buffer line;
    if (!header_find(header, name, &value)) {
        buffer_text(out, "NIL");
        return;
    }
    buffer_init(&line, HEADER_MAX);
    header_unfold(value, &line);
    imap_write_string(out, text_of(buffer_bytes(&line), line.len));
    buffer_free(&line);
}

void imap_write_envelope(struct buffer *out, struct text header)
{
    buffer_text(out, "(");
    write_field(out, header, "Date");
    buffer_text(out, " ");
    write_field(out, header, "Subject");
    buffer_text(out, " ");
    /* Without Sender or Reply-To, From stands for them. */
    imap_write_addresses(out, header, "From", NULL);
    buffer_text(out, " ");
    imap_write_addresses(out, header, "Sender", "From");
    buffer_text(out, " ");
    imap_write_addresses(out, header, "Reply-To", "From");
    buffer_text(out, " ");
    imap_write_addresses(out, header, "To", NULL);
    buffer_text(out, " ");
    imap_write_addresses(out, header, "Cc", NULL);
    buffer_text(out, " ");
    imap_write_addresses(out, header, "Bcc", NULL);
    buffer_text(out, " ");
    write_field(out, header, "In-Reply-To");
    buffer_text(out, " ");
    write_field(out, header, "Message-ID");
    buffer_text(out, ")");
}

/* RFC 2045 token. */
static struct text take_token(struct text *rest)
{
    size_t len = 0;
    *rest = text_trim(*rest);
    while (len < rest->len && rest->bytes[len] > ' ' && rest->bytes[len] <= '~' &&
           strchr("()<>@,;:\\\"/[]?=", rest->bytes[len]) == NULL) {
        len++;
    }
    struct text token = text_of(rest->bytes, len);
    *rest = text_trim(text_after(*rest, len));
    return token;
}

static void take_value(struct text *rest, struct buffer *value)
{
    if (!imap_take(rest, "\"")) {
        struct text token = take_token(rest);
        buffer_append(value, token.bytes, token.len);
        return;
    }
    while (rest->len > 0 && rest->bytes[0] != '"') {
        if (rest->bytes[0] == '\\' && rest->len > 1) {
            *rest = text_after(*rest, 1);
        }
        buffer_append(value, rest->bytes, 1);
        *rest = text_after(*rest, 1);
    }
    *rest = text_trim(text_after(*rest, 1));
}

/* *(";" attribute "=" value) as ("name" "value" ...) or NIL. */
static void write_parameters(struct buffer *out, struct text rest)
{
    const char *before = "(";
    while (imap_take(&rest, ";")) {
        struct buffer value;
        struct text name = take_token(&rest);
        if (name.len == 0 || !imap_take(&rest, "=")) {
            break;
        }
        rest = text_trim(rest);
        buffer_init(&value, HEADER_MAX);
        take_value(&rest, &value);
        buffer_text(out, before);
        imap_write_string(out, name);
        buffer_text(out, " ");
        imap_write_string(out, text_of(buffer_bytes(&value), value.len));
        buffer_free(&value);
        before = " ";
    }
    buffer_text(out, before[0] == '(' ? "NIL" : ")");
}

/* type "/" subtype and parameters; true for text. */
static bool write_type(struct buffer *out, struct text line)
{
    struct text type = take_token(&line);
    bool slash = imap_take(&line, "/");
    struct text subtype = take_token(&line);
    if (!slash || type.len == 0 || subtype.len == 0) {
        /* RFC 2045 section 5.2. */
        buffer_text(out, "\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\")");
        return true;
    }
    if (text_is(type, "multipart") || text_is(type, "message")) {
        buffer_text(out, "\"TEXT\" \"PLAIN\" NIL");
        return true;
    }
    imap_write_string(out, type);
    buffer_text(out, " ");
    imap_write_string(out, subtype);
    buffer_text(out, " ");
    write_parameters(out, line);
    return text_is(type, "text");
}

static void write_disposition(struct buffer *out, struct text header)
{
    struct text value;
    struct buffer line;
    if (!header_find(header, "Content-Disposition", &value)) {
        buffer_text(out, "NIL");
        return;
    }
    buffer_init(&line, HEADER_MAX);
    header_unfold(value, &line);
    struct text rest = text_of(buffer_bytes(&line), line.len);
    struct text type = take_token(&rest);
    buffer_text(out, "(");
    imap_write_string(out, type);
    buffer_text(out, " ");
    write_parameters(out, rest);
    buffer_text(out, ")");
    buffer_free(&line);
}

void imap_write_structure(struct buffer *out, struct text header, uint64_t octets, uint64_t lines, bool extended)
{
    struct text value = {0};
    struct buffer line;
    buffer_init(&line, HEADER_MAX);
    if (header_find(header, "Content-Type", &value)) {
        header_unfold(value, &line);
    }
    buffer_text(out, "(");
    bool is_text = write_type(out, text_of(buffer_bytes(&line), line.len));
    buffer_free(&line);
    buffer_text(out, " ");
    write_field(out, header, "Content-ID");
    buffer_text(out, " ");
    write_field(out, header, "Content-Description");
    buffer_text(out, " ");
    if (header_find(header, "Content-Transfer-Encoding", &value)) {
        write_field(out, header, "Content-Transfer-Encoding");
    } else {
        buffer_text(out, "\"7BIT\"");
    }
    buffer_print(out, " %" PRIu64, octets);
    if (is_text) {
        buffer_print(out, " %" PRIu64, lines);
    }
    if (extended) {
        buffer_text(out, " NIL ");
        write_disposition(out, header);
        buffer_text(out, " NIL NIL");
    }
    buffer_text(out, ")");
}
