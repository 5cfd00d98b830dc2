/* target.c: what a client connects to, what comes of the checks of the server's certificate, and the
 * host that is asked about it before a word is said. */
#include "check.h"
#include "pair.h"

static const int32_t services[] = {
    MAILTLS_SERVICE_IMAPS,
    MAILTLS_SERVICE_POP3S,
    MAILTLS_SERVICE_SUBMISSIONS,
    MAILTLS_SERVICE_IMAP,
    MAILTLS_SERVICE_POP3,
    MAILTLS_SERVICE_SUBMISSION,
};

/* What has gone wrong with a certificate, and what the client's host does about it. */
struct expected {
    int32_t check;
    int32_t error; /* of a refusal */
    const char *quoted; /* in the reason of the check */
    bool accepts;
};

#define UNWANTED "the user does not want this one"

static void check_reason(mailtls_connection *c, const struct expected *expected)
{
    char reason[512];
    size_t length = 42;
    uint8_t *const place = (uint8_t *)reason;
    if (expected->check == MAILTLS_CHECK_NONE) {
        CHECK_IS(mailtls_connection_server_certificate_reason(c, place, sizeof reason, &length),
                 MAILTLS_ERROR_WRONG_STATE);
        CHECK_IS(length, 42);
        return;
    }
    CHECK_IS(mailtls_connection_server_certificate_reason(c, NULL, 0, &length),
             MAILTLS_ERROR_BUFFER_TOO_SMALL);
    CHECK(length > 0 && length < sizeof reason);
    CHECK_IS(mailtls_connection_server_certificate_reason(c, place, sizeof reason, &length), 0);
    reason[length] = '\0';
    CHECK(strstr(reason, expected->quoted) != NULL);
    CHECK(strchr(reason, '\n') == NULL);
}

static void judge(struct pair *pair, mailtls_connection *c)
{
    const struct expected *expected = pair->context;
    const bool good = expected->check == MAILTLS_CHECK_NONE;
    const uint8_t *ocsp = NULL;
    size_t length = 42;
    CHECK_IS(mailtls_connection_server_certificate_check(c), expected->check);
    check_reason(c, expected);
    CHECK_IS(mailtls_connection_peer_validation(c),
             good ? MAILTLS_PEER_VALIDATION_PKIX : MAILTLS_PEER_VALIDATION_NONE);
    CHECK(mailtls_connection_peer_certificate_count(c) > 0);
    CHECK_IS(mailtls_connection_ocsp_response(c, &ocsp, &length), 0);
    CHECK_IS(length, 0);
    /* Nothing can be said before the host has spoken. */
    CHECK_IS(mailtls_connection_authenticate(c, NULL, USER, (const uint8_t *)PASSWORD,
                                             strlen(PASSWORD), pair->now),
             MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_connection_accept_certificate(c, USER, 0, pair->now),
             MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_connection_greeting_status(c), MAILTLS_GREETING_STATUS_NONE);
    if (!good) {
        /* There is no way past the checks. */
        CHECK_IS(mailtls_connection_accept_server_certificate(c, pair->now),
                 MAILTLS_ERROR_WRONG_STATE);
    }
    if (expected->accepts) {
        CHECK_IS(mailtls_connection_accept_server_certificate(c, pair->now), 0);
    } else {
        CHECK_IS(mailtls_connection_refuse_server_certificate(c, "\xff", pair->now),
                 MAILTLS_ERROR_INVALID_ARGUMENT);
        CHECK_IS(mailtls_connection_refuse_server_certificate(c, UNWANTED, pair->now),
                 expected->error);
        CHECK_TEXT(mailtls_connection_reason(c), UNWANTED);
    }
    CHECK(mailtls_connection_accept_server_certificate(c, pair->now) != 0);
    CHECK(mailtls_connection_refuse_server_certificate(c, UNWANTED, pair->now) != 0);
}

static void act(struct pair *pair, struct end *end, int32_t event)
{
    mailtls_connection *c = end->connection;
    switch (event) {
    case MAILTLS_EVENT_SERVER_CERTIFICATE: judge(pair, c); break;
    case MAILTLS_EVENT_CREDENTIALS: CHECK_IS(mailtls_connection_accept(c, pair->now), 0); break;
    case MAILTLS_EVENT_CAPABILITIES:
        CHECK_IS(mailtls_connection_authenticate(c, NULL, USER, (const uint8_t *)PASSWORD,
                                                 strlen(PASSWORD), pair->now), 0);
        break;
    default: break;
    }
}

static mailtls_target *target_of(int32_t service)
{
    mailtls_target *target = NULL;
    CHECK_IS(mailtls_target_new(service, SERVER_NAME, &target), 0);
    return target;
}

/* Frees the target: a connection has a copy of it. */
static void run(struct pair *pair, const char *stem, const char *ca, int32_t service,
                mailtls_target *target, const struct expected *expected)
{
    static struct expected copy;
    mailtls_server_config *server = server_config(stem);
    mailtls_client_config *client = client_config(ca, MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    copy = *expected;
    *pair = (struct pair){.react = act, .context = &copy};
    CHECK_IS(mailtls_server_connection_new(server, service, 0, &pair->server.connection), 0);
    CHECK_IS(mailtls_client_connection_new_to(client, target, 0, &pair->client.connection), 0);
    mailtls_target_free(target);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
    pair_run(pair);
}

static void deferred(int32_t service, const char *stem, const char *ca,
                     const struct expected *expected)
{
    struct pair pair;
    mailtls_target *target = target_of(service);
    CHECK_IS(mailtls_target_deferred(target), 0);
    run(&pair, stem, ca, service, target, expected);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_TLS_ESTABLISHED), 1);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_SERVER_CERTIFICATE), 1);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_HANDED_OFF), expected->accepts);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_HANDED_OFF), expected->accepts);
    if (!expected->accepts) {
        CHECK_IS(heard(&pair.client, MAILTLS_EVENT_GREETING), 0);
        CHECK_IS(heard(&pair.client, MAILTLS_EVENT_CLOSED), 1);
        CHECK_IS(mailtls_connection_error(pair.client.connection), expected->error);
        /* The server has been told nothing but that it is over. */
        CHECK_IS(pair.server.error, MAILTLS_ERROR_CLOSED_EARLY);
        CHECK_IS(mailtls_connection_alert_received(pair.server.connection), 0);
    }
    pair_close(&pair);
}

/* Where the host is not asked, the check that is not passed ends the handshake, and can be told. */
static void not_deferred(int32_t service, const char *stem, const char *ca,
                         const struct expected *expected)
{
    struct pair pair;
    run(&pair, stem, ca, service, target_of(service), expected);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_SERVER_CERTIFICATE), 0);
    CHECK_IS(pair.client.error, expected->error);
    CHECK_IS(mailtls_connection_server_certificate_check(pair.client.connection), expected->check);
    check_reason(pair.client.connection, expected);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_HANDED_OFF), expected->error == 0);
    pair_close(&pair);
}

static void every_outcome(int32_t service)
{
    static const struct expected accepted = {MAILTLS_CHECK_NONE, 0, "", true};
    static const struct expected unwanted = {MAILTLS_CHECK_NONE, MAILTLS_ERROR_CERTIFICATE_UNTRUSTED,
                                             "", false};
    static const struct expected foreign = {
        MAILTLS_CHECK_IDENTITY, MAILTLS_ERROR_CERTIFICATE_NAME_MISMATCH, SERVER_NAME, false};
    static const struct expected expired = {MAILTLS_CHECK_VALIDITY,
                                            MAILTLS_ERROR_CERTIFICATE_EXPIRED, "", false};
    static const struct expected unknown = {MAILTLS_CHECK_CHAIN,
                                            MAILTLS_ERROR_CERTIFICATE_UNTRUSTED, "", false};
    static const struct expected own = {MAILTLS_CHECK_CHAIN, MAILTLS_ERROR_CERTIFICATE_UNTRUSTED,
                                        "is self-signed", false};
    deferred(service, "server", "ca.pem", &accepted);
    deferred(service, "server", "ca.pem", &unwanted);
    deferred(service, "other", "ca.pem", &foreign);
    deferred(service, "expired", "ca.pem", &expired);
    deferred(service, "server", "other-ca.pem", &unknown);
    not_deferred(service, "server", "ca.pem", &accepted);
    not_deferred(service, "other", "ca.pem", &foreign);
    not_deferred(service, "expired", "ca.pem", &expired);
    not_deferred(service, "server", "other-ca.pem", &unknown);
    /* A certificate that is supplied itself: trusted, with its name and its dates. */
    deferred(service, "own", "own.pem", &accepted);
    deferred(service, "own", "ca.pem", &own);
    not_deferred(service, "own", "own.pem", &accepted);
    not_deferred(service, "own", "ca.pem", &own);
    not_deferred(service, "other", "other.pem", &foreign);
    not_deferred(service, "expired", "expired.pem", &expired);
}

static void targets_that_cannot_be(void)
{
    mailtls_target *target = NULL;
    CHECK_IS(mailtls_target_new(99, SERVER_NAME, &target), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_target_new(MAILTLS_SERVICE_IMAPS, "\xff", &target),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK(target == NULL);
    target = target_of(MAILTLS_SERVICE_IMAPS);
    CHECK_IS(mailtls_target_account(target, ""), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK(mailtls_target_reason(target) != NULL);
    CHECK_IS(mailtls_target_account(target, "\xff"), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_target_account(target, USER), 0);
    mailtls_client_config *client = client_built(mailtls_client_config_builder_new());
    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_client_connection_new_to(client, target, 0, &c), MAILTLS_ERROR_NO_TRUST_ANCHOR);
    CHECK(c == NULL);
    mailtls_client_config_free(client);
    mailtls_target_free(target);
}

/* On a connection to a name nobody is asked. */
static void not_asked(void)
{
    mailtls_server_config *server = server_config("server");
    mailtls_client_config *client = client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    struct pair pair;
    pair_open(&pair, server, client, MAILTLS_SERVICE_IMAPS);
    CHECK_IS(mailtls_connection_peer_validation(pair.client.connection),
             MAILTLS_PEER_VALIDATION_NONE);
    pair_run(&pair);
    for (size_t i = 0; i < 2; i++) {
        mailtls_connection *c = i == 0 ? pair.client.connection : pair.server.connection;
        CHECK_IS(mailtls_connection_accept_server_certificate(c, 0), MAILTLS_ERROR_WRONG_STATE);
        CHECK_IS(mailtls_connection_refuse_server_certificate(c, "", 0), MAILTLS_ERROR_WRONG_STATE);
        CHECK_IS(mailtls_connection_server_certificate_check(c), MAILTLS_CHECK_NONE);
    }
    CHECK_IS(mailtls_connection_peer_validation(pair.client.connection),
             MAILTLS_PEER_VALIDATION_PKIX);
    CHECK_IS(mailtls_connection_peer_validation(pair.server.connection),
             MAILTLS_PEER_VALIDATION_NONE);
    pair_close(&pair);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
}

int main(void)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        every_outcome(services[i]);
    }
    targets_that_cannot_be();
    not_asked();
    return check_end("target");
}
