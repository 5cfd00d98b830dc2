/* connection_host.c: what mailtls tells and asks: what is worth a line in the log, and which
 * mail protocol follows (see connection.h). Who somebody is, is in connection_login.c. */
#include "connection_parts.h"
#include "hello.h"

/* RFC 8314 section 4: version, cipher suite and group with every connection and authentication. */
const char *connection_facts(const struct connection *c, char *line, size_t size)
{
    size_t length = 0;
    if (size == 0 || mailtls_connection_log_line(c->tls, (uint8_t *)line, size - 1, &length) != 0) {
        length = 0; /* a reason that is longer than any of ours */
    }
    if (size > 0) {
        line[length] = '\0';
    }
    return line;
}

static void log_tls(const struct connection *c)
{
    char facts[FACTS_SIZE];
    LOG(c, "tls %s", connection_facts(c, facts, sizeof facts));
}

/* What a milter would be told. */
static void log_milter_macros(const struct connection *c)
{
    char value[1025], safe[4 * sizeof value];
    const char *name;
    for (size_t i = 0; (name = mailtls_milter_macro_name(c->host->milter_dialect, i)) != NULL; i++) {
        size_t length = 0;
        if (mailtls_connection_milter_macro(c->tls, c->host->milter_dialect, name, (uint8_t *)value,
                                            sizeof value - 1, &length) == 0) {
            value[length] = '\0';
            LOG(c, "milter %s=\"%s\"", name, log_safe(value, safe, sizeof safe));
        }
    }
}

void connection_log_close(const struct connection *c)
{
    char facts[FACTS_SIZE];
    LOG(c, "close %s", connection_facts(c, facts, sizeof facts));
}

/* The client will be served as without a certificate. */
static void log_invalid_certificate(const struct connection *c)
{
    char subject[300], reason[300];
    LOG(c, "certificate subject=\"%s\" result=invalid reason=\"%s\"",
        log_safe(mailtls_connection_peer_subject(c->tls), subject, sizeof subject),
        log_safe(mailtls_connection_certificate_reason(c->tls), reason, sizeof reason));
}

static const struct protocol *protocol_of(int32_t service)
{
    switch (service) {
    case MAILTLS_SERVICE_IMAPS:
    case MAILTLS_SERVICE_IMAP:
        return &imap_protocol;
    case MAILTLS_SERVICE_POP3S:
    case MAILTLS_SERVICE_POP3:
        return &pop3_protocol;
    case MAILTLS_SERVICE_SUBMISSIONS:
    case MAILTLS_SERVICE_SUBMISSION:
        return &smtp_protocol;
    default:
        return NULL;
    }
}

/* mailtls has done its part: from here on plaintext belongs to the mail protocol. */
static void start_session(struct connection *c, uint64_t now)
{
    struct session *s = &c->session;
    s->protocol = protocol_of(mailtls_connection_service(c->tls));
    s->store = &c->host->store;
    trace_start(&s->trace, c->tls, c->socket);
    s->now = now;
    s->wake = NEVER;
    buffer_init(&s->in, INPUT_LIMIT);
    buffer_init(&s->out, OUTPUT_LIMIT);
    if (s->protocol == NULL || !s->protocol->start(s)) {
        LOG(c, "%s", "the session cannot be started");
        c->closing = true;
        return;
    }
    c->in_session = true;
    c->idle_deadline = now + s->protocol->idle_limit;
}

bool connection_take_events(struct connection *c, uint64_t now)
{
    int32_t event;
    bool any = false;
    while (c->phase == PHASE_OPEN && mailtls_connection_poll_event(c->tls, &event) == 0 &&
           event != MAILTLS_EVENT_NONE) {
        any = true;
        switch (event) {
        case MAILTLS_EVENT_TLS_WANTED:
            transport_begin_tls(c->transport, now);
            break;
        case MAILTLS_EVENT_CLIENT_HELLO:
            hello_log(c->id, mailtls_connection_client_hello(c->tls));
            break;
        case MAILTLS_EVENT_TLS_ESTABLISHED:
        case MAILTLS_EVENT_NOT_CONFIDENTIAL: /* nobody will log in */
            log_tls(c);
            log_milter_macros(c);
            break;
        case MAILTLS_EVENT_CLIENT_CERTIFICATE:
            connection_map_certificate(c, now);
            break;
        case MAILTLS_EVENT_CLIENT_CERTIFICATE_INVALID:
            log_invalid_certificate(c);
            break;
        case MAILTLS_EVENT_SECRET_WANTED:
            connection_give_secret(c, now);
            break;
        case MAILTLS_EVENT_CREDENTIALS:
            connection_authenticate(c, now);
            break;
        case MAILTLS_EVENT_HANDED_OFF:
            start_session(c, now);
            break;
        case MAILTLS_EVENT_PEER_CLOSED:
            c->peer_closed = true;
            break;
        case MAILTLS_EVENT_CLOSED:
            connection_log_close(c);
            transport_close(c->transport);
            c->phase = PHASE_FLUSHING;
            if (c->last_deadline == NEVER) {
                c->last_deadline = now + FLUSH_MS;
            }
            break;
        default:
            break;
        }
    }
    return any;
}
