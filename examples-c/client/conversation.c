/* What a client says after hand-off: log-out in three protocols, and submission of a message
 * (RFC 5321, RFC 6409).
 * Must never know: TLS, sockets, passwords. */
#define _DEFAULT_SOURCE
#include "conversation.h"

#include <stdio.h>
#include <string.h>

/* RFC 5321 section 4.5.3.1.5 asks for 512 octets; servers are known to say more. */
#define MAX_LINE 2048
#define MAX_REPLY_LINES 128

/* Lines of the peer, cut out of the plaintext. */
struct lines {
    struct session *session;
    struct report *report;
    bool may_close, closed; /* the log-out has been said; the server has closed after it, in order */
    size_t start, end; /* what of `bytes` has not been used yet */
    char bytes[MAX_LINE];
};

/* Gives the next line without its end, valid until the next call; NULL after a failure, and where the
 * server may close and has closed in order. */
static char *next_line(struct lines *l)
{
    for (;;) {
        char *from = l->bytes + l->start;
        char *feed = memchr(from, '\n', l->end - l->start);
        if (feed != NULL) {
            l->start += (size_t)(feed - from) + 1;
            *feed = '\0';
            if (feed > from && feed[-1] == '\r')
                feed[-1] = '\0';
            return from;
        }
        memmove(l->bytes, from, l->end - l->start);
        l->end -= l->start;
        l->start = 0;
        if (l->end == sizeof l->bytes) {
            report_failure(l->report, FAILURE_SESSION, "the server sent too long a line");
            return NULL;
        }
        size_t read;
        if (!session_read(l->session, l->bytes + l->end, sizeof l->bytes - l->end, &read)) {
            report_failure(l->report, FAILURE_TIMEOUT, "no answer from the server in time");
            return NULL;
        }
        if (read == 0) {
            int32_t error = mailtls_connection_error(l->session->connection);
            if (error != 0)
                report_mailtls_failure(l->report, error,
                                       mailtls_connection_reason(l->session->connection));
            else if (l->may_close)
                l->closed = true;
            else
                report_failure(l->report, FAILURE_SESSION, "the server closed without an answer");
            return NULL;
        }
        l->end += read;
    }
}

static bool say(struct lines *l, const char *bytes, size_t length)
{
    if (session_write(l->session, bytes, length))
        return true;
    int32_t error = mailtls_connection_error(l->session->connection);
    if (error != 0)
        report_mailtls_failure(l->report, error,
                               mailtls_connection_reason(l->session->connection));
    else if (l->session->peer_closed)
        report_failure(l->report, FAILURE_SESSION, "the server closed the connection");
    report_failure(l->report, FAILURE_TIMEOUT, "the server did not take our words in time");
    return false;
}

/* One SMTP reply (RFC 5321 section 4.2): its code, 0 after a failure, and its last line. */
static int reply(struct lines *l, char text[MAX_LINE])
{
    for (int count = 0; count < MAX_REPLY_LINES; count++) {
        const char *line = next_line(l);
        if (line == NULL)
            return 0;
        if (strspn(line, "0123456789") != 3 || line[0] < '2' || line[0] > '5' ||
            strchr(" -\t", line[3]) == NULL) /* a code alone ends with the '\0' that this finds, too */
            break;
        if (line[3] == '-')
            continue;
        strcpy(text, line); /* a line is shorter than the buffer that it stood in */
        return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    }
    report_failure(l->report, FAILURE_SESSION, "the server's reply is not SMTP");
    return 0;
}

/* Says the words and expects a reply of the class (2 or 3). `what` names them in the report. */
static bool ask(struct lines *l, const char *words, size_t length, const char *what, int class)
{
    char text[MAX_LINE];
    if (!say(l, words, length))
        return false;
    int code = reply(l, text);
    if (code == 0)
        return false;
    if (code / 100 == class)
        return true;
    report_failure(l->report, FAILURE_MESSAGE, "%s was answered with %s", what, text);
    return false;
}

static bool envelope(struct lines *l, const struct options *o, const struct message *m)
{
    char command[512], what[300];
    bool mime = report_has_capability(l->report, "8BITMIME");
    if (m->eight_bit && !mime) {
        /* RFC 6152 section 3: it must not be sent as it is, and to recode it is not for us. */
        report_failure(l->report, FAILURE_MESSAGE,
                       "the message has 8-bit octets and the server does not offer 8BITMIME");
        return false;
    }
    char size[32] = "";
    if (report_has_capability(l->report, "SIZE"))
        snprintf(size, sizeof size, " SIZE=%zu", m->size);
    int n = snprintf(command, sizeof command, "MAIL FROM:<%s>%s%s\r\n", o->from, size,
                     m->eight_bit ? " BODY=8BITMIME" : "");
    if (!ask(l, command, (size_t)n, "MAIL", 2))
        return false;
    for (size_t i = 0; i < o->to_count; i++) {
        n = snprintf(command, sizeof command, "RCPT TO:<%s>\r\n", o->to[i]);
        snprintf(what, sizeof what, "RCPT TO:<%s>", o->to[i]);
        if (!ask(l, command, (size_t)n, what, 2))
            return false;
    }
    return true;
}

bool conversation_submit(struct session *s, const struct options *o, const struct message *m,
                         struct report *r)
{
    struct lines l = {.session = s, .report = r};
    return envelope(&l, o, m) && ask(&l, "DATA\r\n", 6, "DATA", 3) &&
           ask(&l, m->wire, m->wire_length, "the message", 2);
}

bool conversation_log_out(struct session *s, int32_t service, struct report *r)
{
    /* The tag cannot be one that mailtls has used: those were answered before hand-off. */
    static const char imap[] = "LOGOUT LOGOUT\r\n", quit[] = "QUIT\r\n";
    struct lines l = {.session = s, .report = r};
    bool is_imap = service == MAILTLS_SERVICE_IMAPS || service == MAILTLS_SERVICE_IMAP;
    bool is_pop3 = service == MAILTLS_SERVICE_POP3S || service == MAILTLS_SERVICE_POP3;
    if (!(is_imap ? say(&l, imap, sizeof imap - 1) : say(&l, quit, sizeof quit - 1)))
        return false;
    /* It has done what it was asked if it closes, with or without a word. */
    l.may_close = true;
    /* Whatever it says of it, the server has answered: with SMTP by any reply, as 221 without text. */
    char text[MAX_LINE];
    if (!is_imap && !is_pop3)
        return reply(&l, text) != 0 || l.closed;
    for (int count = 0; count < MAX_REPLY_LINES; count++) {
        const char *line = next_line(&l);
        if (line == NULL)
            return l.closed;
        if (is_pop3 ? strncmp(line, "+OK", 3) == 0 || strncmp(line, "-ERR", 4) == 0
                    : strncmp(line, "LOGOUT", 6) == 0 && (line[6] == ' ' || line[6] == '\t'))
            return true;
    }
    report_failure(r, FAILURE_SESSION, "the server does not answer the log-out");
    return false;
}
