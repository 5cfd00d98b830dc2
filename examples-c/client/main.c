/* A mail client's way to a trusted connection: connect, drive mailtls through its events, log in,
 * submit a message, log out, report. Start reading at converse().
 *
 * main.c          what is done when
 * session.c       the driver: socket and clock to mailtls and back
 * conversation.c  the mail protocols after hand-off
 * target.c        what is connected to, and whom the certificate must be for
 * network.c, message.c, options.c, report.c, print.c  what their names say */
#define _DEFAULT_SOURCE
#include "conversation.h"
#include "message.h"
#include "network.h"
#include "options.h"
#include "report.h"
#include "session.h"
#include "target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static void fail_at_deadline(struct report *r, const struct options *o)
{
    report_failure(r, FAILURE_TIMEOUT, "not done within %u s (--timeout)", o->timeout);
}

static void log_out(mailtls_connection *connection, struct report *r)
{
    int32_t code = mailtls_connection_log_out(connection, clock_now());
    if (code != 0)
        report_mailtls_failure(r, code, NULL);
}

/* The best way in that the server offers for what there is; NULL for none, "" for the protocol's
 * own password command. The certificate comes first: it needs nobody's secret to be sent. */
static const char *best_mechanism(const mailtls_connection *connection, const struct options *o)
{
    const char *best = NULL;
    if (o->client_cert != NULL)
        best = mailtls_connection_best_mechanism(connection, MAILTLS_MEANS_CERTIFICATE, NULL);
    if (best == NULL && o->token != NULL)
        best = mailtls_connection_best_mechanism(connection, MAILTLS_MEANS_TOKEN, o->user);
    if (best == NULL && o->user != NULL && o->password != NULL)
        best = mailtls_connection_best_mechanism(connection, MAILTLS_MEANS_PASSWORD, o->user);
    return best;
}

/* `name` as the user or the report has it; NULL where nothing that the server offers fits what was
 * given. */
static int32_t authenticate(mailtls_connection *connection, const char *name,
                            const struct options *o)
{
    if (name == NULL)
        name = o->password != NULL ? NULL : o->token != NULL ? "OAUTHBEARER" : "EXTERNAL";
    if (name == NULL)
        return mailtls_connection_authenticate(connection, NULL, o->user,
                                               (const uint8_t *)o->password, strlen(o->password),
                                               clock_now());
    if (strcasecmp(name, "EXTERNAL") == 0)
        return mailtls_connection_authenticate_external(
            connection, o->authorize_as != NULL ? o->authorize_as : "", clock_now());
    const char *mechanism = strcasecmp(name, "PASSWORD") == 0 ? "" : name;
    const char *user = o->user != NULL ? o->user : ""; /* a token may say it alone */
    const char *secret = options_by_token(name) ? o->token : o->password;
    if (secret == NULL)
        return MAILTLS_ERROR_INVALID_ARGUMENT; /* cannot be: see check_mechanism() */
    const uint8_t *bytes = (const uint8_t *)secret;
    return o->authorize_as != NULL
               ? mailtls_connection_authenticate_as(connection, mechanism, user, o->authorize_as,
                                                    bytes, strlen(secret), clock_now())
               : mailtls_connection_authenticate(connection, mechanism, user, bytes,
                                                 strlen(secret), clock_now());
}

/* TLS stands, the server is who it should be, and has said what it can do. */
static void at_capabilities(mailtls_connection *connection, struct options *o, struct report *r)
{
    const char *name = o->mechanism;
    if (!options_log_in(o)) {
        log_out(connection, r);
        return;
    }
    if (name == NULL)
        name = best_mechanism(connection, o);
    /* Copied: the connection's own text ends with its next change. */
    if (name != NULL)
        report_mechanism(r, name[0] == '\0' ? "PASSWORD" : name);
    if (name != NULL && r->mechanism == NULL) {
        log_out(connection, r);
        return;
    }
    /* Where nothing fits, or reaches the floor, trying says why; nothing is sent then. */
    int32_t code = authenticate(connection, r->mechanism, o);
    options_wipe_secrets(o);
    if (code == 0)
        return;
    /* Misuse changes nothing: the connection is as good as before, and is left in order. */
    report_mailtls_failure(r, code,
                           mailtls_error_is_fatal(code)
                               ? mailtls_connection_reason(connection)
                               : mailtls_connection_misuse_reason(connection));
    log_out(connection, r);
}

static void at_refusal(mailtls_connection *connection, struct report *r)
{
    report_refusal(r, connection);
    log_out(connection, r);
}

static void at_hand_off(struct session *s, const struct options *o, const struct message *m,
                        struct report *r)
{
    if (o->send_file != NULL && conversation_submit(s, o, m, r))
        r->state = STATE_SENT;
    /* With a server that did not keep to its protocol there is nothing left to say. */
    if (r->failure != 0 && r->failure != FAILURE_MESSAGE)
        return;
    /* Once the message is taken, no failure of the farewell may make anyone send it again. */
    struct report ignored = {0};
    (void)conversation_log_out(s, o->service, r->state == STATE_SENT ? &ignored : r);
}

/* From the first byte to the end, event by event. With STARTTLS the first event is the same: what
 * is said in clear concerns nobody but mailtls. */
static void converse(struct session *s, struct options *o, const struct message *m,
                     struct report *r)
{
    int32_t event;
    r->state = STATE_HANDSHAKE;
    while (session_next_event(s, &event)) {
        switch (event) {
        case MAILTLS_EVENT_TLS_ESTABLISHED:
            r->state = STATE_GREETING;
            report_tls(r, s->connection);
            break;
        case MAILTLS_EVENT_GREETING:
            report_greeting(r, s->connection);
            break;
        case MAILTLS_EVENT_CAPABILITIES:
            r->state = STATE_NOT_AUTHENTICATED;
            report_capabilities(r, s->connection);
            at_capabilities(s->connection, o, r);
            break;
        case MAILTLS_EVENT_SERVER_MESSAGE:
            report_message(r, s->connection);
            break;
        case MAILTLS_EVENT_AUTHENTICATED_CAPABILITIES:
            report_capabilities(r, s->connection);
            break;
        case MAILTLS_EVENT_AUTHENTICATION_REFUSED:
            at_refusal(s->connection, r);
            break;
        case MAILTLS_EVENT_AUTHENTICATED:
            r->state = STATE_AUTHENTICATED;
            r->authenticated = true;
            break;
        case MAILTLS_EVENT_HANDED_OFF:
            at_hand_off(s, o, m, r);
            return;
        case MAILTLS_EVENT_CLOSED: {
            int32_t error = mailtls_connection_error(s->connection);
            report_check(r, s->connection);
            if (error != 0)
                report_mailtls_failure(r, error, mailtls_connection_reason(s->connection));
            return;
        }
        default: /* PEER_CLOSED; CLOSED is still to come */
            break;
        }
    }
    fail_at_deadline(r, o);
}

/* `text` is mailtls's own policy for NULL. What is wrong with it goes to `r`. */
static int32_t set_policy(mailtls_client_config_builder *builder, const char *text, struct report *r)
{
    mailtls_policy *policy = NULL;
    int32_t code = text != NULL ? mailtls_policy_new(&policy) : 0;
    if (policy == NULL)
        return code;
    code = mailtls_policy_parse(policy, text);
    if (code == 0)
        code = mailtls_client_config_builder_policy(builder, policy);
    else
        report_mailtls_failure(r, code, mailtls_policy_reason(policy));
    mailtls_policy_free(policy);
    return code;
}

static int32_t set_up(mailtls_client_config_builder *builder, const struct options *o,
                      struct report *r)
{
    char account[ACCOUNT_SIZE];
    int32_t policy = set_policy(builder, o->policy, r);
    if (policy != 0)
        return policy;
    /* Before --timeout has passed, mailtls says what was waited for. */
    uint64_t wait = (uint64_t)o->timeout * 900;
    int32_t code = mailtls_client_config_builder_deadline(builder, MAILTLS_DEADLINE_HANDSHAKE, wait);
    if (code == 0)
        code = mailtls_client_config_builder_deadline(builder, MAILTLS_DEADLINE_GREETING, wait);
    if (code != 0)
        return code;
    code = o->ca_file != NULL
                       ? mailtls_client_config_builder_ca_file(builder, o->ca_file)
                       : mailtls_client_config_builder_system_ca(builder);
    if (code == 0 && o->client_cert != NULL)
        code = mailtls_client_config_builder_client_certificate_files(
            builder, target_account(o, account), o->client_cert, o->client_key);
    if (code == 0)
        code = mailtls_client_config_builder_mechanism_floor(builder, o->mechanism_floor);
    if (code == 0 && o->tls13_client_cert)
        code = mailtls_client_config_builder_client_certificates_tls13_only(builder, 1);
    return code;
}

static mailtls_client_config *build_config(const struct options *o, struct report *r)
{
    mailtls_client_config *config = NULL;
    if (mailtls_version(MAILTLS_VERSION_NUMBER) == NULL || mailtls_abi() != MAILTLS_ABI) {
        report_failure(r, FAILURE_LOCAL, "the mailtls library is not the one this was built for");
        return NULL;
    }
    mailtls_client_config_builder *builder = mailtls_client_config_builder_new();
    if (builder == NULL) {
        report_failure(r, FAILURE_LOCAL, "out of memory");
        return NULL;
    }
    int32_t code = set_up(builder, o, r);
    if (code == 0)
        code = mailtls_client_config_builder_build(builder, &config);
    if (code != 0)
        report_mailtls_failure(r, code, mailtls_client_config_builder_reason(builder));
    mailtls_client_config_builder_free(builder);
    return config;
}

static void run(struct options *o, const struct message *m, struct report *r)
{
    uint64_t deadline = clock_now() + (uint64_t)o->timeout * 1000;
    mailtls_client_config *config = build_config(o, r);
    if (config == NULL)
        return;
    int fd;
    char reason[256] = "";
    const char *address = o->connect != NULL ? o->connect : o->host;
    switch (network_connect(address, o->port, deadline, &fd, reason, sizeof reason)) {
    case NETWORK_OK: break;
    case NETWORK_TIMED_OUT: fail_at_deadline(r, o); break;
    case NETWORK_FAILED: report_failure(r, FAILURE_CONNECT, "%s", reason); break;
    }
    if (r->failure == 0) {
        struct session session;
        mailtls_connection *connection = NULL;
        int32_t code =
            target_connect(config, o, clock_now(), &connection, reason, sizeof reason);
        session_start(&session, connection, fd, deadline);
        if (code != 0)
            report_mailtls_failure(r, code, reason[0] != '\0' ? reason : NULL);
        else
            converse(&session, o, m, r);
        session_close(&session);
        mailtls_connection_free(connection);
    }
    mailtls_client_config_free(config);
}

int main(int argc, char **argv)
{
    struct options options;
    struct message message = {0};
    struct report report = {0};
    char reason[512] = "";
    enum options_result read = options_read(argc, argv, &options, reason, sizeof reason);
    if (read == OPTIONS_HELP) {
        options_print_usage();
        return 0;
    }
    if (read == OPTIONS_VERSION) {
        printf("client, an example of mailtls %s\n", mailtls_version(0));
        return 0;
    }
    report.service = options.service_name;
    if (read == OPTIONS_RUN && options.send_file != NULL &&
        !message_load(options.send_file, &message, reason, sizeof reason))
        read = OPTIONS_WRONG;
    if (read == OPTIONS_WRONG)
        report_failure(&report, FAILURE_USAGE, "%s", reason);
    else
        run(&options, &message, &report);
    options_wipe_secrets(&options);
    message_free(&message);

    int status = report.failure == 0 ? 0 : read == OPTIONS_WRONG ? 2 : 1;
    if (read == OPTIONS_WRONG && !options.json)
        fprintf(stderr, "client: %s\n", reason);
    else if (!report_print(&report, options.json) && status == 0)
        status = 1;
    report_free(&report);
    return status;
}
