/* imap_append.c: APPEND (RFC 9051 section 6.3.12). The message is the only literal that may
 * be long: it goes to the disk as it comes. */
#include "imap.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* tag SP "APPEND" SP mailbox SP [flags SP] [date-time SP] and then the literal. False when
 * this is not (yet) it. */
static bool parse_append(struct imap *imap, struct text command, char tag[IMAP_STRING_MAX], bool *is_inbox)
{
    struct append *append = &imap->append;
    size_t tag_len;
    append->flags = 0;
    append->date = (int64_t)time(NULL);
    if (!imap_take_astring(&command, tag, &tag_len) || tag_len >= sizeof imap->tag ||
        !imap_take(&command, " APPEND ") || !imap_take_inbox(&command, is_inbox) || !imap_take(&command, " ")) {
        return false;
    }
    if (command.len > 0 && command.bytes[0] == '(' &&
        (!imap_take_flags(&command, &append->flags) || !imap_take(&command, " "))) {
        return false;
    }
    if (command.len > 0 && command.bytes[0] == '"' &&
        (!imap_take_date_time(&command, &append->date) || !imap_take(&command, " "))) {
        return false;
    }
    return command.len > 0 && command.bytes[0] == '{';
}

/* Why the message will not be taken, or NULL. */
static const char *refusal(const struct session *s, bool is_inbox, uint64_t size)
{
    if (!is_inbox) {
        return "NO [NONEXISTENT] There is one mailbox here, INBOX";
    }
    if (size > s->store->max_message_size) {
        return "NO [TOOBIG] The message is larger than this server takes";
    }
    return size == 0 ? "NO A message is not empty" : NULL;
}

bool imap_append_begin(struct session *s, struct text command, uint64_t size, bool waits)
{
    struct imap *imap = s->state;
    struct append *append = &imap->append;
    char tag[IMAP_STRING_MAX];
    bool is_inbox;
    if (!parse_append(imap, command, tag, &is_inbox) || strchr(tag, '+') != NULL) {
        return false;
    }
    if (!waits && size > s->store->max_message_size) {
        return false; /* nobody would like to hear all of that: the caller closes */
    }
    memcpy(imap->tag, tag, strlen(tag) + 1);
    imap->update = UPDATE_ALL;
    append->refusal = refusal(s, is_inbox, size);
    if (append->refusal == NULL && !delivery_begin(&append->delivery, s->store->maildir)) {
        append->refusal = "NO [UNAVAILABLE] The mail store is not available";
    }
    if (append->refusal != NULL && waits) {
        imap_done(s, "%s", append->refusal);
        return true;
    }
    if (waits) {
        buffer_text(&s->out, "+ Go on\r\n");
    }
    append->left = size;
    append->active = true;
    return true;
}

static void settle(struct session *s)
{
    struct imap *imap = s->state;
    struct append *append = &imap->append;
    if (append->refusal != NULL) {
        imap_done(s, "%s", append->refusal);
        return;
    }
    const struct message *m = delivery_commit_stored(&append->delivery, append->flags, append->date);
    if (m == NULL) {
        imap_done(s, "NO [UNAVAILABLE] The message could not be stored");
        return;
    }
    /* RFC 4315 section 3. */
    imap_done(s, "OK [APPENDUID %" PRIu32 " %" PRIu32 "] APPEND completed", s->store->maildir->uids.validity, m->uid);
}

enum step imap_append_step(struct session *s)
{
    struct imap *imap = s->state;
    struct append *append = &imap->append;
    if (append->left > 0) {
        size_t len = s->in.len < append->left ? s->in.len : (size_t)append->left;
        if (len == 0) {
            return STEP_WAIT;
        }
        if (append->refusal == NULL && !delivery_write(&append->delivery, buffer_bytes(&s->in), len)) {
            append->refusal = "NO [UNAVAILABLE] The message could not be stored";
        }
        append->left -= len;
        buffer_consume(&s->in, len);
        return STEP_AGAIN;
    }
    if (s->in.len < 2) {
        return STEP_WAIT;
    }
    append->active = false;
    if (memcmp(buffer_bytes(&s->in), "\r\n", 2) != 0) {
        delivery_abort(&append->delivery);
        buffer_text(&s->out, "* BYE APPEND ends with its message and CRLF\r\n");
        return STEP_END;
    }
    buffer_consume(&s->in, 2);
    settle(s);
    return STEP_AGAIN;
}
