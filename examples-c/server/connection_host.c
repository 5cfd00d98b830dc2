/* connection_host.c: what only the host can know: whose credentials are right, what is worth
 * a line in the log, and which mail protocol follows (see connection.h). */
#include "connection_parts.h"

#include <inttypes.h>
#include <string.h>

static const char *or_dash(const char *text)
{
    return text == NULL ? "-" : text;
}

static void log_tls(const struct connection *c)
{
    /* RFC 8314 section 4: version, cipher suite and group with every connection. */
    LOG(c, "tls version=%s suite=%s group=%s resumed=%s", or_dash(mailtls_connection_tls_version(c->tls)),
        or_dash(mailtls_connection_cipher_suite(c->tls)), or_dash(mailtls_connection_group(c->tls)),
        mailtls_connection_resumed(c->tls) == 1 ? "yes" : "no");
}

void connection_log_close(const struct connection *c)
{
    char reason[600];
    const char *text = mailtls_connection_reason(c->tls);
    int32_t error = mailtls_connection_error(c->tls);
    LOG(c, "close error=%" PRId32 " reason=\"%s\"", error,
        log_safe(text == NULL ? "in order" : text, reason, sizeof reason));
}

/* The host's part in authentication: are these credentials right? */
static void authenticate(struct connection *c, uint64_t now)
{
    const char *user = mailtls_connection_credentials_user(c->tls);
    const char *identity = mailtls_connection_credentials_authorization_identity(c->tls);
    const char *mechanism = mailtls_connection_credentials_mechanism(c->tls);
    const uint8_t *password = NULL;
    size_t password_len = 0;
    bool known = user != NULL &&
                 mailtls_connection_credentials_password(c->tls, &password, &password_len) == 0 &&
                 users_check(c->host->users, user, password, password_len);
    /* Nobody may act as somebody else here (RFC 4616: the authorization identity). Told only
     * to those whose password was right. */
    bool allowed = known && (identity == NULL || identity[0] == '\0' || strcmp(identity, user) == 0);
    char safe[300];
    LOG(c, "authentication user=\"%s\" mechanism=%s result=%s", log_safe(user, safe, sizeof safe),
        mechanism == NULL || mechanism[0] == '\0' ? "password-command" : mechanism,
        allowed ? "accepted" : known ? "not-authorized" : "invalid-credentials");
    int32_t result =
        allowed ? mailtls_connection_accept(c->tls, now)
                : mailtls_connection_reject(c->tls,
                                            known ? MAILTLS_REJECTION_NOT_AUTHORIZED
                                                  : MAILTLS_REJECTION_INVALID_CREDENTIALS,
                                            now);
    if (result != 0) {
        LOG(c, "authentication: %s", mailtls_error_text(result));
    }
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
        case MAILTLS_EVENT_TLS_ESTABLISHED:
            log_tls(c);
            break;
        case MAILTLS_EVENT_CREDENTIALS:
            authenticate(c, now);
            break;
        case MAILTLS_EVENT_HANDED_OFF:
            start_session(c, now);
            break;
        case MAILTLS_EVENT_PEER_CLOSED:
            c->peer_closed = true;
            break;
        case MAILTLS_EVENT_CLOSED:
            connection_log_close(c);
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
