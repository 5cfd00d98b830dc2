/* smtp.c: message submission after authentication (RFC 6409, RFC 5321): EHLO has been given
 * and AUTH has succeeded inside mailtls. Every recipient's mailbox is the one Maildir, so the
 * envelope decides nothing here but whether it is well formed. */
#include "session.h"

#include "smtp_data.h"
#include "smtp_syntax.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MS (5 * 60 * 1000)
/* RFC 5321 section 4.5.3.1.4 wants 512 octets; SIZE, BODY and AUTH make MAIL longer. */
#define COMMAND_MAX 2048
#define RECIPIENTS_MAX 100
#define ERRORS_MAX 20
#define CLIENT_NAME_MAX 255

struct smtp {
    bool mail;           /* MAIL has been accepted */
    unsigned recipients; /* and so many RCPT */
    char recipient[SMTP_PATH_MAX + 1]; /* the path of the first of them */
    char client_name[CLIENT_NAME_MAX]; /* of EHLO or HELO since the hand-off */
    size_t client_name_len;
    bool in_data;
    unsigned errors;
    struct smtp_data data;
    struct delivery delivery;
};

static void reply(struct session *s, const char *line)
{
    buffer_print(&s->out, "%s\r\n", line);
}

/* A refusal that a well-behaved client does not cause. */
static void refuse(struct session *s, const char *line)
{
    struct smtp *smtp = s->state;
    smtp->errors++;
    reply(s, line);
}

static void reset(struct smtp *smtp)
{
    delivery_abort(&smtp->delivery);
    smtp->mail = false;
    smtp->recipients = 0;
    smtp->in_data = false;
}

static bool smtp_start(struct session *s)
{
    struct smtp *smtp = calloc(1, sizeof *smtp);
    if (smtp == NULL) {
        return false;
    }
    smtp->delivery.fd = -1;
    s->state = smtp;
    return true;
}

static void smtp_end(struct session *s)
{
    struct smtp *smtp = s->state;
    reset(smtp);
    free(smtp);
}

static void smtp_farewell(struct session *s, enum farewell why)
{
    reply(s, why == FAREWELL_IDLE ? "421 4.4.2 Nothing heard for too long" : "421 4.3.2 Server is shutting down");
}

/* It is only a label, and the client has logged in: any will do. */
static bool take_client_name(struct smtp *smtp, struct text name)
{
    if (name.len == 0) {
        return false;
    }
    smtp->client_name_len = name.len < CLIENT_NAME_MAX ? name.len : CLIENT_NAME_MAX;
    memcpy(smtp->client_name, name.bytes, smtp->client_name_len);
    return true;
}

static void ehlo(struct session *s, struct text argument)
{
    struct smtp *smtp = s->state;
    if (!take_client_name(smtp, text_trim(argument))) {
        refuse(s, "501 5.5.4 EHLO needs your host name");
        return;
    }
    reset(smtp);
    /* RFC 4954 section 4: no AUTH keyword, since there is no second AUTH. */
    buffer_print(&s->out,
                 "250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n"
                 "250 SIZE %" PRIu64 "\r\n",
                 s->store->host_name, s->store->max_message_size);
}

static void helo(struct session *s, struct text argument)
{
    if (!take_client_name(s->state, text_trim(argument))) {
        refuse(s, "501 5.5.4 HELO needs your host name");
        return;
    }
    reset(s->state);
    buffer_print(&s->out, "250 %s\r\n", s->store->host_name);
}

static void mail(struct session *s, struct text argument)
{
    struct smtp *smtp = s->state;
    if (smtp->mail) {
        refuse(s, "503 5.5.1 MAIL has been given already");
        return;
    }
    if (!text_starts(argument, "FROM:")) {
        refuse(s, "501 5.5.4 MAIL FROM:<address>");
        return;
    }
    /* No space is allowed behind the colon, and many clients put one there. */
    argument = text_trim(text_after(argument, 5));
    if (!smtp_take_path(&argument, true, false)) {
        refuse(s, "501 5.1.7 The sender's address is not one");
        return;
    }
    switch (smtp_mail_parameters(argument, s->store->max_message_size)) {
    case SMTP_PARAMETERS_SYNTAX:
        refuse(s, "501 5.5.4 A parameter is malformed");
        return;
    case SMTP_PARAMETERS_UNKNOWN:
        refuse(s, "555 5.5.4 A parameter is not known here");
        return;
    case SMTP_PARAMETERS_SIZE:
        reply(s, "552 5.3.4 The message is larger than this server takes");
        return;
    case SMTP_PARAMETERS_GOOD:
        break;
    }
    smtp->mail = true;
    reply(s, "250 2.1.0 Sender taken");
}

static void rcpt(struct session *s, struct text argument)
{
    struct smtp *smtp = s->state;
    if (!smtp->mail) {
        refuse(s, "503 5.5.1 MAIL comes first");
        return;
    }
    if (!text_starts(argument, "TO:")) {
        refuse(s, "501 5.5.4 RCPT TO:<address>");
        return;
    }
    argument = text_trim(text_after(argument, 3));
    struct text path = argument;
    if (!smtp_take_path(&argument, false, true)) {
        refuse(s, "501 5.1.3 The recipient's address is not one");
        return;
    }
    if (text_trim(argument).len > 0) {
        refuse(s, "555 5.5.4 A parameter is not known here");
        return;
    }
    if (smtp->recipients >= RECIPIENTS_MAX) {
        reply(s, "452 4.5.3 Too many recipients");
        return;
    }
    if (smtp->recipients == 0) {
        /* smtp_take_path has taken a space behind it too. */
        path = text_trim(text_of(path.bytes, path.len - argument.len));
        memcpy(smtp->recipient, path.bytes, path.len);
        smtp->recipient[path.len] = '\0';
    }
    smtp->recipients++;
    reply(s, "250 2.1.5 Recipient taken");
}

/* RFC 5321 section 4.4: a message is not taken without its trace. It goes before what the client
 * sends, and is not counted as part of that. */
static bool write_trace(struct session *s)
{
    struct smtp *smtp = s->state;
    struct buffer field;
    /* Section 7.2: of several recipients none may learn of the others by it. */
    const char *recipient = smtp->recipients == 1 ? smtp->recipient : "";
    buffer_init(&field, TRACE_LIMIT);
    bool good = trace_field(&s->trace, text_of(smtp->client_name, smtp->client_name_len),
                            s->store->host_name, smtp->delivery.name, recipient, &field) &&
                delivery_write(&smtp->delivery, buffer_bytes(&field), field.len);
    buffer_free(&field);
    if (!good) {
        delivery_abort(&smtp->delivery);
    }
    return good;
}

static void data(struct session *s, struct text argument)
{
    struct smtp *smtp = s->state;
    if (argument.len > 0) {
        refuse(s, "501 5.5.4 DATA takes no argument");
    } else if (!smtp->mail) {
        refuse(s, "503 5.5.1 MAIL comes first");
    } else if (smtp->recipients == 0) {
        refuse(s, "554 5.5.1 No valid recipients");
    } else if (!delivery_begin(&smtp->delivery, s->store->maildir)) {
        reply(s, "452 4.3.1 The mail store is not available");
        reset(smtp);
    } else if (!write_trace(s)) {
        reply(s, "452 4.3.0 The message's trace could not be written");
        reset(smtp);
    } else {
        smtp_data_begin(&smtp->data, s->store->max_message_size);
        smtp->in_data = true;
        reply(s, "354 End with <CRLF>.<CRLF>");
    }
}

/* The whole message has come: it is safe on the disk before it is called accepted. */
static void settle(struct session *s)
{
    struct smtp *smtp = s->state;
    if (smtp->data.size > smtp->data.max_size) {
        reply(s, "552 5.3.4 The message is larger than this server takes");
    } else if (smtp->data.nul) {
        reply(s, "554 5.6.0 The message holds a NUL");
    } else if (smtp->data.failed || delivery_commit(&smtp->delivery) == NULL) {
        reply(s, "452 4.3.1 The message could not be stored");
    } else {
        reply(s, "250 2.0.0 Message stored");
    }
    reset(smtp);
}

static enum step take_data(struct session *s)
{
    struct smtp *smtp = s->state;
    size_t taken;
    if (s->in.len == 0) {
        return STEP_WAIT;
    }
    enum smtp_data_result result =
        smtp_data_take(&smtp->data, &smtp->delivery, buffer_bytes(&s->in), s->in.len, &taken);
    buffer_consume(&s->in, taken);
    switch (result) {
    case SMTP_DATA_MORE:
        return STEP_AGAIN;
    case SMTP_DATA_END:
        settle(s);
        return STEP_AGAIN;
    case SMTP_DATA_BARE:
        /* What follows cannot be told from commands any more. */
        reset(smtp);
        reply(s, "554 5.5.2 A CR or LF on its own (RFC 5321 section 2.3.8), closing");
        return STEP_END;
    case SMTP_DATA_ENDLESS:
        break;
    }
    reset(smtp);
    reply(s, "552 5.3.4 The message is much larger than this server takes, closing");
    return STEP_END;
}

static void rset(struct session *s, struct text argument)
{
    if (argument.len > 0) {
        refuse(s, "501 5.5.4 RSET takes no argument");
        return;
    }
    reset(s->state);
    reply(s, "250 2.0.0 Reset");
}

static void noop(struct session *s, struct text argument)
{
    (void)argument;
    reply(s, "250 2.0.0 Nothing done");
}

static void vrfy(struct session *s, struct text argument)
{
    if (argument.len == 0) {
        refuse(s, "501 5.5.4 VRFY needs an address");
        return;
    }
    reply(s, "252 2.5.0 Cannot verify, but will take mail for it");
}

static void help(struct session *s, struct text argument)
{
    (void)argument;
    reply(s, "214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT");
}

static void once(struct session *s, struct text argument)
{
    (void)argument;
    refuse(s, "503 5.5.1 Already done on this connection");
}

static void not_here(struct session *s, struct text argument)
{
    (void)argument;
    refuse(s, "502 5.5.1 Not implemented");
}

static const struct {
    const char *verb;
    void (*run)(struct session *s, struct text argument);
} commands[] = {
    {"EHLO", ehlo}, {"HELO", helo}, {"MAIL", mail}, {"RCPT", rcpt},     {"DATA", data},
    {"RSET", rset}, {"NOOP", noop}, {"VRFY", vrfy}, {"HELP", help},     {"AUTH", once},
    {"STARTTLS", once}, {"EXPN", not_here}, {"BDAT", not_here}, {"ETRN", not_here}, {"TURN", not_here},
};

static enum step take_command(struct session *s, struct text line)
{
    struct smtp *smtp = s->state;
    struct text argument = line;
    struct text verb = text_word(&argument);
    argument = text_trim(argument);
    if (text_is(verb, "QUIT") && argument.len == 0) {
        reply(s, "221 2.0.0 Closing");
        return STEP_END;
    }
    size_t i = 0;
    while (i < sizeof commands / sizeof commands[0] && !text_is(verb, commands[i].verb)) {
        i++;
    }
    if (i < sizeof commands / sizeof commands[0]) {
        commands[i].run(s, argument);
    } else {
        refuse(s, text_is(verb, "QUIT") ? "501 5.5.4 QUIT takes no argument" : "500 5.5.1 No such command");
    }
    if (smtp->errors > ERRORS_MAX) {
        reply(s, "421 4.7.0 Too many errors, closing");
        return STEP_END;
    }
    return STEP_AGAIN;
}

static enum step smtp_step(struct session *s)
{
    struct smtp *smtp = s->state;
    struct text line;
    if (smtp->in_data) {
        return take_data(s);
    }
    switch (session_line(s, COMMAND_MAX, &line)) {
    case LINE_NONE:
        return STEP_WAIT;
    case LINE_WHOLE:
        break;
    case LINE_TOO_LONG:
        reply(s, "500 5.5.6 The line is too long, closing");
        return STEP_END;
    case LINE_BARE:
        reply(s, "500 5.5.2 A CR or LF on its own, or a NUL (RFC 5321 section 2.3.8), closing");
        return STEP_END;
    }
    enum step step = take_command(s, line);
    session_take_line(s, &line);
    return step;
}

const struct protocol smtp_protocol = {
    .idle_limit = IDLE_MS,
    .start = smtp_start,
    .step = smtp_step,
    .farewell = smtp_farewell,
    .end = smtp_end,
};
