/* pop3.c: POP3 after authentication (RFC 1939, RFC 2449): the TRANSACTION and UPDATE states.
 * The session sees the messages that were there when it began. RFC 1939 wants the maildrop
 * locked; here nothing can be renumbered under a session, so other clients may go on: a
 * message that one of them removes answers -ERR from then on. */
#include "session.h"

#include "reader.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MS (10 * 60 * 1000)
/* RFC 2449 section 4. */
#define COMMAND_MAX 255
#define ERRORS_MAX 20

struct entry {
    struct message *message;
    bool deleted;
};

struct pop3 {
    struct entry *entries;
    size_t count;
    /* A command whose answer takes many steps; it says false when it is done. */
    bool (*job)(struct session *s);
    size_t cursor;
    bool listing_ids;     /* UIDL, not LIST */
    uint64_t octets, messages;
    struct reader reader;
    bool in_header, line_start; /* of the message being sent */
    uint64_t lines_left;  /* of its body */
    bool updating, update_failed; /* after QUIT */
    unsigned errors;
};

static void reply(struct session *s, const char *line)
{
    buffer_print(&s->out, "%s\r\n", line);
}

static void refuse(struct session *s, const char *line)
{
    struct pop3 *pop = s->state;
    pop->errors++;
    reply(s, line);
}

static bool pop3_start(struct session *s)
{
    struct maildir *maildir = s->store->maildir;
    struct pop3 *pop = calloc(1, sizeof *pop);
    if (pop == NULL) {
        return false;
    }
    maildir_refresh(maildir, s->now);
    pop->entries = calloc(maildir->count + 1, sizeof *pop->entries);
    if (pop->entries == NULL) {
        free(pop);
        return false;
    }
    pop->count = maildir->count;
    for (size_t i = 0; i < pop->count; i++) {
        pop->entries[i].message = message_hold(maildir->messages[i]);
    }
    pop->reader.fd = -1;
    s->state = pop;
    return true;
}

static void pop3_end(struct session *s)
{
    struct pop3 *pop = s->state;
    for (size_t i = 0; i < pop->count; i++) {
        message_release(pop->entries[i].message);
    }
    reader_close(&pop->reader);
    free(pop->entries);
    free(pop);
}

static void pop3_farewell(struct session *s, enum farewell why)
{
    /* RFC 1939 section 3: an idle time-out closes without a word and without UPDATE; there is
     * no reply that nobody asked for. */
    (void)s;
    (void)why;
}

/* Makes the size of a message known. False when it cannot be read. */
static bool measure(struct session *s, struct message *m)
{
    struct pop3 *pop = s->state;
    if (!m->measured && reader_open(&pop->reader, s->store->maildir, m)) {
        reader_close(&pop->reader);
    }
    return m->measured;
}

static void begin_job(struct pop3 *pop, bool (*job)(struct session *s))
{
    pop->job = job;
    pop->cursor = 0;
    pop->octets = 0;
    pop->messages = 0;
}

/* The message of a number in a command; NULL after answering -ERR. */
static struct entry *chosen(struct session *s, struct text number)
{
    struct pop3 *pop = s->state;
    uint64_t value;
    if (!text_number(number, UINT32_MAX, &value) || value == 0 || value > pop->count ||
        pop->entries[value - 1].deleted || pop->entries[value - 1].message->gone) {
        refuse(s, "-ERR no such message");
        return NULL;
    }
    return &pop->entries[value - 1];
}

static bool stat_job(struct session *s)
{
    struct pop3 *pop = s->state;
    if (pop->cursor < pop->count) {
        const struct entry *entry = &pop->entries[pop->cursor++];
        if (!entry->deleted && measure(s, entry->message)) {
            pop->messages++;
            pop->octets += entry->message->size;
        }
        return true;
    }
    buffer_print(&s->out, "+OK %" PRIu64 " %" PRIu64 "\r\n", pop->messages, pop->octets);
    return false;
}

/* UIDVALIDITY and UID: never the same for two messages (RFC 1939 section 7). */
static void print_unique_id(struct session *s, size_t number, const struct message *m)
{
    buffer_print(&s->out, "%zu %" PRIu32 ".%" PRIu32 "\r\n", number, s->store->maildir->uids.validity, m->uid);
}

/* LIST and UIDL without an argument. */
static bool list_job(struct session *s)
{
    struct pop3 *pop = s->state;
    if (pop->cursor < pop->count) {
        const struct entry *entry = &pop->entries[pop->cursor++];
        if (entry->deleted) {
            return true;
        }
        if (pop->listing_ids) {
            print_unique_id(s, pop->cursor, entry->message);
        } else if (measure(s, entry->message)) {
            buffer_print(&s->out, "%zu %" PRIu64 "\r\n", pop->cursor, entry->message->size);
        }
        return true;
    }
    reply(s, ".");
    return false;
}

static void begin_listing(struct pop3 *pop, bool ids)
{
    pop->listing_ids = ids;
    begin_job(pop, list_job);
}

/* Copies lines with their dots doubled, until the lines that are wanted have been sent. */
static bool stuff(struct session *s, const char *bytes, size_t len)
{
    struct pop3 *pop = s->state;
    size_t i = 0;
    while (i < len) {
        if (pop->line_start && !pop->in_header && pop->lines_left == 0) {
            return false;
        }
        const char *end = memchr(bytes + i, '\n', len - i);
        size_t piece = end == NULL ? len - i : (size_t)(end - (bytes + i)) + 1;
        if (pop->line_start && bytes[i] == '.') {
            buffer_append(&s->out, ".", 1);
        }
        buffer_append(&s->out, bytes + i, piece);
        i += piece;
        pop->cursor += piece;
        pop->line_start = end != NULL;
        if (end != NULL && !pop->in_header) {
            pop->lines_left--;
        }
        if (pop->in_header && pop->cursor >= pop->reader.message->header_size) {
            pop->in_header = false;
        }
    }
    return true;
}

static bool send_job(struct session *s)
{
    struct pop3 *pop = s->state;
    char piece[READER_PIECE];
    ssize_t len = reader_read(&pop->reader, piece, sizeof piece);
    if (len < 0) {
        /* Half a message has been sent: only closing tells the client so. */
        s->out.failed = true;
        return false;
    }
    if (len > 0 && stuff(s, piece, (size_t)len)) {
        return true;
    }
    buffer_text(&s->out, pop->line_start ? ".\r\n" : "\r\n.\r\n");
    reader_close(&pop->reader);
    return false;
}

static void send_message(struct session *s, struct text number, uint64_t lines)
{
    struct pop3 *pop = s->state;
    const struct entry *entry = chosen(s, number);
    if (entry == NULL) {
        return;
    }
    if (!reader_open(&pop->reader, s->store->maildir, entry->message)) {
        reply(s, "-ERR [SYS/TEMP] the message cannot be read");
        return;
    }
    buffer_print(&s->out, "+OK %" PRIu64 " octets\r\n", entry->message->size);
    begin_job(pop, send_job);
    pop->in_header = entry->message->header_size > 0;
    pop->line_start = true;
    pop->lines_left = lines;
}

static void retr(struct session *s, struct text argument)
{
    send_message(s, argument, UINT64_MAX);
}

static void top(struct session *s, struct text argument)
{
    uint64_t lines;
    struct text number = text_word(&argument);
    if (!text_number(text_trim(argument), UINT32_MAX, &lines)) {
        refuse(s, "-ERR TOP message lines");
        return;
    }
    send_message(s, number, lines);
}

static void stat_(struct session *s, struct text argument)
{
    (void)argument;
    begin_job(s->state, stat_job);
}

static void list(struct session *s, struct text argument)
{
    if (argument.len == 0) {
        reply(s, "+OK messages follow");
        begin_listing(s->state, false);
        return;
    }
    struct entry *entry = chosen(s, argument);
    if (entry == NULL) {
        return;
    }
    if (!measure(s, entry->message)) {
        reply(s, "-ERR [SYS/TEMP] the message cannot be read");
        return;
    }
    struct pop3 *pop = s->state;
    buffer_print(&s->out, "+OK %zu %" PRIu64 "\r\n", (size_t)(entry - pop->entries) + 1, entry->message->size);
}

static void uidl(struct session *s, struct text argument)
{
    if (argument.len == 0) {
        reply(s, "+OK unique-ids follow");
        begin_listing(s->state, true);
        return;
    }
    const struct entry *entry = chosen(s, argument);
    if (entry != NULL) {
        const struct pop3 *pop = s->state;
        buffer_text(&s->out, "+OK ");
        print_unique_id(s, (size_t)(entry - pop->entries) + 1, entry->message);
    }
}

static void dele(struct session *s, struct text argument)
{
    struct entry *entry = chosen(s, argument);
    if (entry != NULL) {
        entry->deleted = true;
        reply(s, "+OK marked as deleted");
    }
}

static void rset(struct session *s, struct text argument)
{
    struct pop3 *pop = s->state;
    (void)argument;
    for (size_t i = 0; i < pop->count; i++) {
        pop->entries[i].deleted = false;
    }
    reply(s, "+OK nothing is deleted");
}

static void noop(struct session *s, struct text argument)
{
    (void)argument;
    reply(s, "+OK");
}

static void capa(struct session *s, struct text argument)
{
    (void)argument;
    buffer_text(&s->out, "+OK capabilities follow\r\nTOP\r\nUIDL\r\n");
    /* RFC 2449 sections 6.3 and 6.4: these two are announced in both states. */
    if (s->store->pop3_user) {
        buffer_text(&s->out, "USER\r\n");
    }
    if (s->store->pop3_sasl[0] != '\0') {
        buffer_text(&s->out, "SASL ");
        buffer_text(&s->out, s->store->pop3_sasl);
        buffer_text(&s->out, "\r\n");
    }
    buffer_text(&s->out, "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.\r\n");
}

/* The UPDATE state. */
static bool update_job(struct session *s)
{
    struct pop3 *pop = s->state;
    if (pop->cursor < pop->count) {
        const struct entry *entry = &pop->entries[pop->cursor++];
        if (entry->deleted && !maildir_remove(s->store->maildir, entry->message)) {
            pop->update_failed = true;
        }
        return true;
    }
    reply(s, pop->update_failed ? "-ERR [SYS/TEMP] some deleted messages not removed" : "+OK closing");
    return false;
}

static void quit(struct session *s, struct text argument)
{
    struct pop3 *pop = s->state;
    (void)argument;
    pop->updating = true;
    begin_job(pop, update_job);
}

static const struct {
    const char *keyword;
    void (*run)(struct session *s, struct text argument);
} commands[] = {
    {"STAT", stat_}, {"LIST", list}, {"UIDL", uidl}, {"RETR", retr}, {"TOP", top},
    {"DELE", dele},  {"RSET", rset}, {"NOOP", noop}, {"CAPA", capa}, {"QUIT", quit},
};

static enum step take_command(struct session *s, struct text line)
{
    struct pop3 *pop = s->state;
    struct text argument = line;
    struct text keyword = text_word(&argument);
    size_t i = 0;
    while (i < sizeof commands / sizeof commands[0] && !text_is(keyword, commands[i].keyword)) {
        i++;
    }
    if (i == sizeof commands / sizeof commands[0]) {
        refuse(s, "-ERR no such command");
    } else {
        commands[i].run(s, text_trim(argument));
    }
    return pop->errors > ERRORS_MAX ? STEP_END : STEP_AGAIN;
}

static enum step pop3_step(struct session *s)
{
    struct pop3 *pop = s->state;
    struct text line;
    if (pop->job != NULL) {
        if (!pop->job(s)) {
            pop->job = NULL;
            return pop->updating ? STEP_END : STEP_AGAIN;
        }
        return STEP_AGAIN;
    }
    enum line found = session_line(s, COMMAND_MAX, &line);
    if (found == LINE_NONE) {
        return STEP_WAIT;
    }
    if (found != LINE_WHOLE) {
        reply(s, "-ERR not a POP3 command line, closing");
        return STEP_END;
    }
    enum step step = take_command(s, line);
    session_take_line(s, &line);
    return step;
}

const struct protocol pop3_protocol = {
    .idle_limit = IDLE_MS,
    .start = pop3_start,
    .step = pop3_step,
    .farewell = pop3_farewell,
    .end = pop3_end,
};
