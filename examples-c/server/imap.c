/* imap.c: IMAP after authentication (RFC 3501, and the parts of RFC 9051 that are the same):
 * how commands are cut out of the input with their literals, who answers them, and in which
 * order: long work, news of the mailbox, the tagged answer. */
#include "imap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MS (30 * 60 * 1000) /* RFC 9051 section 5.4: at least 30 minutes */
#define LOOK_MS 1000 /* how often new mail is looked for while the client idles */
#define ERRORS_MAX 50
/* LITERAL- (RFC 7888 section 5). */
#define UNINVITED_MAX 4096

static bool imap_start(struct session *s)
{
    struct imap *imap = calloc(1, sizeof *imap);
    if (imap == NULL) {
        return false;
    }
    imap->fetch.reader.fd = -1;
    imap->append.delivery.fd = -1;
    buffer_init(&imap->fetch.header, HEADER_MAX);
    s->state = imap;
    return true;
}

static void imap_end(struct session *s)
{
    struct imap *imap = s->state;
    imap_view_close(imap);
    reader_close(&imap->fetch.reader);
    buffer_free(&imap->fetch.header);
    delivery_abort(&imap->append.delivery);
    free(imap->command);
    free(imap);
}

static void imap_farewell(struct session *s, enum farewell why)
{
    const struct imap *imap = s->state;
    /* Not in the middle of an answer. */
    if (imap->job == NULL && (imap->idling || imap->done[0] == '\0')) {
        buffer_text(&s->out, why == FAREWELL_IDLE ? "* BYE Autologout; idle for too long\r\n"
                                                  : "* BYE Server is shutting down\r\n");
    }
}

void imap_done(struct session *s, const char *format, ...)
{
    struct imap *imap = s->state;
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(imap->done, sizeof imap->done, format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= sizeof imap->done) {
        s->out.failed = true;
    }
}

void imap_bad(struct session *s, const char *why)
{
    struct imap *imap = s->state;
    imap->errors++;
    imap_done(s, "BAD %s", why);
}

void imap_job(struct session *s, bool (*job)(struct session *s))
{
    struct imap *imap = s->state;
    imap->job = job;
    imap->cursor = 0;
}

static void capability(struct session *s, struct text args)
{
    (void)args;
    buffer_text(&s->out, "* CAPABILITY " IMAP_CAPABILITIES "\r\n");
    imap_done(s, "OK CAPABILITY completed");
}

static void noop(struct session *s, struct text args)
{
    (void)args;
    imap_done(s, "OK completed");
}

static void id(struct session *s, struct text args)
{
    (void)args;
    buffer_text(&s->out, "* ID NIL\r\n");
    imap_done(s, "OK ID completed");
}

static void namespace(struct session *s, struct text args)
{
    (void)args;
    buffer_text(&s->out, "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
    imap_done(s, "OK NAMESPACE completed");
}

static void no_mailboxes(struct session *s, struct text args)
{
    (void)args;
    imap_done(s, "NO [CANNOT] There is one mailbox here, INBOX");
}

static void already(struct session *s, struct text args)
{
    (void)args;
    imap_bad(s, "Already authenticated");
}

static void idle(struct session *s, struct text args)
{
    struct imap *imap = s->state;
    (void)args;
    imap->idling = true;
    buffer_text(&s->out, "+ idling\r\n");
    imap_done(s, "OK IDLE ended");
}

enum need { NEED_LOGIN, NEED_MAILBOX };
enum arguments { WITHOUT, WITH, EITHER };

static const struct command {
    const char *name;
    void (*run)(struct session *s, struct text args);
    enum need need;
    enum arguments arguments;
    enum imap_update update; /* without UID before it */
    bool uid;                /* may have UID before it */
} commands[] = {
    {"CAPABILITY", capability, NEED_LOGIN, WITHOUT, UPDATE_ALL, false},
    {"NOOP", noop, NEED_LOGIN, WITHOUT, UPDATE_ALL, false},
    {"CHECK", noop, NEED_MAILBOX, WITHOUT, UPDATE_ALL, false},
    {"ID", id, NEED_LOGIN, WITH, UPDATE_ALL, false},
    {"NAMESPACE", namespace, NEED_LOGIN, WITHOUT, UPDATE_ALL, false},
    {"LOGIN", already, NEED_LOGIN, EITHER, UPDATE_NOTHING, false},
    {"AUTHENTICATE", already, NEED_LOGIN, EITHER, UPDATE_NOTHING, false},
    {"STARTTLS", already, NEED_LOGIN, EITHER, UPDATE_NOTHING, false},
    {"SELECT", imap_select, NEED_LOGIN, WITH, UPDATE_NOTHING, false},
    {"EXAMINE", imap_examine, NEED_LOGIN, WITH, UPDATE_NOTHING, false},
    {"LIST", imap_list, NEED_LOGIN, WITH, UPDATE_ALL, false},
    {"LSUB", imap_lsub, NEED_LOGIN, WITH, UPDATE_ALL, false},
    {"STATUS", imap_status, NEED_LOGIN, WITH, UPDATE_ALL, false},
    {"SUBSCRIBE", imap_subscribe, NEED_LOGIN, WITH, UPDATE_ALL, false},
    {"UNSUBSCRIBE", no_mailboxes, NEED_LOGIN, WITH, UPDATE_ALL, false},
    {"CREATE", no_mailboxes, NEED_LOGIN, WITH, UPDATE_ALL, false},
    {"DELETE", no_mailboxes, NEED_LOGIN, WITH, UPDATE_ALL, false},
    {"RENAME", no_mailboxes, NEED_LOGIN, WITH, UPDATE_ALL, false},
    {"IDLE", idle, NEED_LOGIN, WITHOUT, UPDATE_ALL, false},
    {"FETCH", imap_fetch, NEED_MAILBOX, WITH, UPDATE_NO_EXPUNGE, true},
    {"STORE", imap_store, NEED_MAILBOX, WITH, UPDATE_NO_EXPUNGE, true},
    {"SEARCH", imap_search, NEED_MAILBOX, WITH, UPDATE_NO_EXPUNGE, true},
    {"COPY", imap_copy, NEED_MAILBOX, WITH, UPDATE_ALL, true},
    {"EXPUNGE", imap_expunge, NEED_MAILBOX, EITHER, UPDATE_ALL, true},
    {"CLOSE", imap_close, NEED_MAILBOX, WITHOUT, UPDATE_NOTHING, false},
    {"UNSELECT", imap_unselect, NEED_MAILBOX, WITHOUT, UPDATE_NOTHING, false},
};

/* 1*<any ASTRING-CHAR except "+">. */
static bool take_tag(struct imap *imap, struct text *rest)
{
    char tag[IMAP_STRING_MAX];
    size_t len;
    if (rest->len == 0 || rest->bytes[0] == '"' || rest->bytes[0] == '{' ||
        !imap_take_astring(rest, tag, &len) || len >= sizeof imap->tag || strchr(tag, '+') != NULL) {
        return false;
    }
    memcpy(imap->tag, tag, len + 1);
    return true;
}

/* The blanks between two words, of which there should be one. False when there is none. */
static bool take_blanks(struct text *rest)
{
    size_t len = 0;
    while (len < rest->len && (rest->bytes[len] == ' ' || rest->bytes[len] == '\t')) {
        len++;
    }
    *rest = text_after(*rest, len);
    return len > 0;
}

static void run(struct session *s, const struct command *command, struct text args)
{
    struct imap *imap = s->state;
    bool has_arguments = take_blanks(&args);
    if ((has_arguments && command->arguments == WITHOUT) || (!has_arguments && command->arguments == WITH)) {
        imap_bad(s, has_arguments ? "This command takes no arguments" : "Arguments are missing");
    } else if (command->need == NEED_MAILBOX && !imap->selected) {
        imap_bad(s, "Select a mailbox first");
    } else {
        imap->update = imap->uid ? UPDATE_ALL : command->update;
        command->run(s, args);
    }
}

/* One whole command: sets its answer or starts a job that will. */
static enum step dispatch(struct session *s, struct text rest)
{
    struct imap *imap = s->state;
    struct text name;
    imap->uid = false;
    imap->update = UPDATE_NOTHING;
    /* At the end of a literal a blank is part of it. */
    rest = memchr(rest.bytes, '\n', rest.len) == NULL ? text_trim(rest) : rest;
    if (!take_tag(imap, &rest)) {
        memcpy(imap->tag, "*", 2);
        imap_bad(s, "This line has no tag");
        return STEP_AGAIN;
    }
    if (!take_blanks(&rest) || !imap_take_atom(&rest, &name)) {
        /* It may be the rest of a log-in that went wrong: it is not said again. */
        memcpy(imap->tag, "*", 2);
        imap_bad(s, "There is no command");
        return STEP_AGAIN;
    }
    if (text_is(name, "UID")) {
        imap->uid = true;
        if (!take_blanks(&rest) || !imap_take_atom(&rest, &name)) {
            name = text_of("", 0);
        }
    }
    if (text_is(name, "LOGOUT") && rest.len == 0 && !imap->uid) {
        buffer_print(&s->out, "* BYE Logging out\r\n%s OK LOGOUT completed\r\n", imap->tag);
        return STEP_END;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (text_is(name, commands[i].name) && (commands[i].uid || !imap->uid)) {
            run(s, &commands[i], rest);
            return STEP_AGAIN;
        }
    }
    imap_bad(s, "No such command");
    return STEP_AGAIN;
}

static enum step goodbye(struct session *s, const char *why)
{
    buffer_print(&s->out, "* BYE %s\r\n", why);
    return STEP_END;
}

/* Refuses a command because of a literal that has not been invited: it will not come. */
static enum step refuse_literal(struct session *s, struct text line)
{
    struct imap *imap = s->state;
    size_t len = line.len + 2;
    if (!take_tag(imap, &line)) {
        memcpy(imap->tag, "*", 2);
    }
    imap->errors++;
    imap_done(s, "NO [TOOBIG] The literal is too long");
    buffer_consume(&s->in, len);
    imap->scanned = 0;
    return STEP_AGAIN;
}

/* A line of the command has ended with a literal. */
static enum step meet_literal(struct session *s, struct text line, uint64_t size, bool waits)
{
    struct imap *imap = s->state;
    if (imap_append_begin(s, line, size, waits)) {
        buffer_consume(&s->in, line.len + 2);
        imap->scanned = 0;
        return STEP_AGAIN;
    }
    if (size > IMAP_COMMAND_MAX - line.len || (!waits && size > UNINVITED_MAX)) {
        return waits ? refuse_literal(s, line) : goodbye(s, "[TOOBIG] The literal is too long");
    }
    if (waits) {
        buffer_text(&s->out, "+ Go on\r\n");
    }
    imap->scanned = line.len + 2 + (size_t)size;
    return STEP_AGAIN;
}

/* Looks for the end of the next command in the input. */
static enum step take_input(struct session *s)
{
    struct imap *imap = s->state;
    const char *bytes = buffer_bytes(&s->in);
    uint64_t size;
    bool waits;
    if (s->in.len <= imap->scanned) {
        return STEP_WAIT;
    }
    const char *end = memchr(bytes + imap->scanned, '\n', s->in.len - imap->scanned);
    size_t len = end == NULL ? s->in.len : (size_t)(end - bytes);
    if (len > IMAP_COMMAND_MAX) {
        return goodbye(s, "[TOOBIG] The command is too long");
    }
    if (end == NULL) {
        return STEP_WAIT;
    }
    if (len == imap->scanned || bytes[len - 1] != '\r' ||
        memchr(bytes + imap->scanned, '\0', len - imap->scanned) != NULL) {
        return goodbye(s, "A line must end with CRLF and hold no NUL");
    }
    struct text command = text_of(bytes, len - 1);
    if (imap_literal_at_end(text_after(command, imap->scanned), &size, &waits)) {
        return meet_literal(s, command, size, waits);
    }
    imap->scanned = 0;
    imap->command = malloc(command.len + 1);
    if (imap->command == NULL) {
        return goodbye(s, "Out of memory");
    }
    memcpy(imap->command, command.bytes, command.len);
    imap->command[command.len] = '\0';
    buffer_consume(&s->in, len + 1);
    return dispatch(s, text_of(imap->command, command.len));
}

/* The tagged answer: after it nothing of the command is left. */
static enum step answer(struct session *s)
{
    struct imap *imap = s->state;
    buffer_print(&s->out, "%s %s\r\n", imap->tag, imap->done);
    imap->done[0] = '\0';
    imap->update_phase = 0;
    free(imap->command);
    imap->command = NULL;
    return imap->errors > ERRORS_MAX ? goodbye(s, "Too many errors") : STEP_AGAIN;
}

/* RFC 2177: news as they come, until DONE. */
static enum step idle_step(struct session *s)
{
    struct imap *imap = s->state;
    struct text line;
    switch (session_line(s, IMAP_COMMAND_MAX, &line)) {
    case LINE_WHOLE:
        imap->idling = false;
        s->wake = NEVER;
        if (!text_is(line, "DONE")) {
            imap_bad(s, "IDLE ends with DONE");
        }
        session_take_line(s, &line);
        return STEP_AGAIN;
    case LINE_TOO_LONG:
    case LINE_BARE:
        return goodbye(s, "IDLE ends with DONE");
    case LINE_NONE:
        break;
    }
    if (imap->update_phase == 0 && s->wake != NEVER && s->now < s->wake) {
        return STEP_WAIT;
    }
    if (imap_update_step(s)) {
        return STEP_AGAIN;
    }
    imap->update_phase = 0;
    s->wake = s->now + LOOK_MS;
    return STEP_WAIT;
}

static enum step imap_step(struct session *s)
{
    struct imap *imap = s->state;
    if (imap->append.active) {
        return imap_append_step(s);
    }
    if (imap->job != NULL) {
        if (!imap->job(s)) {
            imap->job = NULL;
        }
        return STEP_AGAIN;
    }
    if (imap->idling) {
        return idle_step(s);
    }
    if (imap->done[0] == '\0') {
        return take_input(s);
    }
    if (imap->update != UPDATE_NOTHING && imap_update_step(s)) {
        return STEP_AGAIN;
    }
    return answer(s);
}

const struct protocol imap_protocol = {
    .idle_limit = IDLE_MS,
    .start = imap_start,
    .step = imap_step,
    .farewell = imap_farewell,
    .end = imap_end,
};
