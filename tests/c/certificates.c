/* certificates.c: certificates of clients, by which they are known and authenticate; channel
 * bindings; ALPN names of the host's choice. */
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

/* What the server's host does about a certificate. */
enum answer { ACCEPTS, ACCEPTS_AT_ONCE, REFUSES };

static mailtls_server_config *strict;
static mailtls_server_config *lenient;
static mailtls_client_config *client;

static void answer_certificate(struct pair *pair, mailtls_connection *c)
{
    char too_long[514];
    memset(too_long, 'x', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    enum answer *answer = pair->context;
    CHECK(strstr(mailtls_connection_peer_subject(c), "CN=" USER) != NULL);
    CHECK(strstr(mailtls_connection_peer_issuer(c), "of clients") != NULL);
    CHECK_IS(mailtls_connection_peer_certificate_count(c), 2);
    CHECK_IS(mailtls_connection_client_certificate(c), MAILTLS_CLIENT_CERTIFICATE_SENT);
    /* Nothing has been said so far, and wrong answers change nothing. */
    CHECK_IS(mailtls_connection_accept(c, pair->now), MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_connection_accept_certificate(c, "", 0, pair->now),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_connection_accept_certificate(c, "t\nim", 0, pair->now),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_connection_accept_certificate(c, too_long, 0, pair->now),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    if (mailtls_connection_service(c) != MAILTLS_SERVICE_IMAPS) {
        CHECK_IS(mailtls_connection_accept_certificate(c, USER, 1, pair->now),
                 MAILTLS_ERROR_INVALID_ARGUMENT);
    }
    if (*answer == REFUSES) {
        CHECK_IS(mailtls_connection_refuse_certificate(c, pair->now), 0);
    } else {
        CHECK_IS(mailtls_connection_accept_certificate(c, USER, *answer == ACCEPTS_AT_ONCE,
                                                       pair->now), 0);
    }
    CHECK_IS(mailtls_connection_refuse_certificate(c, pair->now), MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_connection_accept_certificate(c, USER, 0, pair->now),
             MAILTLS_ERROR_WRONG_STATE);
}

static void log_in(struct pair *pair, mailtls_connection *c)
{
    const char *best = mailtls_connection_best_mechanism(c, MAILTLS_MEANS_CERTIFICATE, NULL);
    if (best == NULL) {
        /* Nobody is known by a certificate here. */
        CHECK_IS(mailtls_connection_authenticate_external(c, "", pair->now),
                 MAILTLS_ERROR_INVALID_ARGUMENT);
        CHECK_IS(mailtls_connection_authenticate(c, NULL, USER, (const uint8_t *)PASSWORD,
                                                 strlen(PASSWORD), pair->now), 0);
        return;
    }
    CHECK_TEXT(best, "EXTERNAL");
    /* A password has no place in it. */
    CHECK_IS(mailtls_connection_authenticate(c, best, USER, (const uint8_t *)PASSWORD,
                                             strlen(PASSWORD), pair->now),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_connection_authenticate_external(c, "root", pair->now), 0);
}

static void decide(struct pair *pair, mailtls_connection *c)
{
    const uint8_t *password = NULL;
    size_t length = 42;
    CHECK_TEXT(mailtls_connection_credentials_user(c), USER);
    if (strcmp(mailtls_connection_credentials_mechanism(c), "EXTERNAL") == 0) {
        CHECK_TEXT(mailtls_connection_credentials_authorization_identity(c), "root");
        CHECK_IS(mailtls_connection_credentials_password(c, &password, &length), 0);
        CHECK_IS(length, 0);
    }
    CHECK_IS(mailtls_connection_accept(c, pair->now), 0);
}

static void act(struct pair *pair, struct end *end, int32_t event)
{
    switch (event) {
    case MAILTLS_EVENT_CLIENT_CERTIFICATE: answer_certificate(pair, end->connection); break;
    case MAILTLS_EVENT_CAPABILITIES: log_in(pair, end->connection); break;
    case MAILTLS_EVENT_CREDENTIALS: decide(pair, end->connection); break;
    default: break;
    }
}

static void run(struct pair *pair, const mailtls_server_config *server, int32_t service,
                const char *account, enum answer *answer)
{
    pair_open_for_account(pair, server, client, service, account);
    pair->react = act;
    pair->context = answer;
    pair_run(pair);
}

static void check_handed_off(const struct pair *pair)
{
    CHECK_IS(pair->client.error, 0);
    CHECK_IS(pair->server.error, 0);
    CHECK_IS(heard(&pair->client, MAILTLS_EVENT_HANDED_OFF), 1);
    CHECK_IS(heard(&pair->server, MAILTLS_EVENT_HANDED_OFF), 1);
}

static void mapped(int32_t service)
{
    struct pair pair;
    enum answer answer = ACCEPTS;
    run(&pair, strict, service, USER, &answer);
    check_handed_off(&pair);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CLIENT_CERTIFICATE), 1);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CREDENTIALS), 1);
    CHECK_IS(mailtls_connection_client_certificate(pair.client.connection),
             MAILTLS_CLIENT_CERTIFICATE_SENT);
    CHECK(mailtls_connection_certificate_reason(pair.server.connection) == NULL);
    pair_close(&pair);

    answer = REFUSES;
    run(&pair, strict, service, USER, &answer);
    check_handed_off(&pair);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CLIENT_CERTIFICATE), 1);
    pair_close(&pair);
}

static void preauthenticated(void)
{
    struct pair pair;
    enum answer answer = ACCEPTS_AT_ONCE;
    run(&pair, strict, MAILTLS_SERVICE_IMAPS, USER, &answer);
    check_handed_off(&pair);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CREDENTIALS), 0);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_AUTHENTICATED), 1);
    CHECK_IS(mailtls_connection_greeting_status(pair.client.connection),
             MAILTLS_GREETING_STATUS_PREAUTH);
    pair_close(&pair);
}

/* Whoever has no certificate, or none for this account, is served all the same. */
static void absent(int32_t service)
{
    struct pair pair;
    enum answer answer = ACCEPTS;
    run(&pair, strict, service, "nobody", &answer);
    check_handed_off(&pair);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CLIENT_CERTIFICATE), 0);
    CHECK_IS(mailtls_connection_client_certificate(pair.client.connection),
             MAILTLS_CLIENT_CERTIFICATE_NONE);
    CHECK_IS(mailtls_connection_client_certificate(pair.server.connection),
             MAILTLS_CLIENT_CERTIFICATE_NONE);
    CHECK_IS(mailtls_connection_peer_certificate_count(pair.server.connection), 0);
    pair_close(&pair);
}

static void invalid(int32_t service, const char *account, int32_t expected)
{
    struct pair pair;
    enum answer answer = ACCEPTS;
    run(&pair, strict, service, account, &answer);
    CHECK_IS(pair.server.error, expected);
    CHECK_IS(pair.client.error, MAILTLS_ERROR_TLS_ALERT_RECEIVED);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_TLS_ESTABLISHED), 0);
    pair_close(&pair);

    run(&pair, lenient, service, account, &answer);
    check_handed_off(&pair);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CLIENT_CERTIFICATE), 0);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CLIENT_CERTIFICATE_INVALID), 1);
    CHECK(mailtls_connection_certificate_reason(pair.server.connection) != NULL);
    CHECK_IS(mailtls_connection_client_certificate(pair.server.connection),
             MAILTLS_CLIENT_CERTIFICATE_SENT);
    pair_close(&pair);
}

/* --- channel bindings --- */

static void bindings(void)
{
    struct pair pair;
    mailtls_server_config_builder *b = server_builder("server");
    CHECK_IS(mailtls_server_config_builder_channel_bindings(b, 1), 0);
    mailtls_server_config *binding = server_built(b);
    static const char *const kinds[] = {"tls-exporter", "tls-server-end-point"};
    pair_open(&pair, binding, client, MAILTLS_SERVICE_IMAPS);
    for (size_t i = 0; i < 2; i++) {
        uint8_t ours[64] = {0};
        uint8_t theirs[64] = {0};
        size_t length = 42;
        mailtls_connection *c = pair.client.connection;
        if (i == 0) {
            CHECK_IS(mailtls_connection_channel_binding(c, kinds[i], ours, sizeof ours, &length),
                     MAILTLS_ERROR_WRONG_STATE);
            CHECK_IS(length, 42);
            pair_run(&pair);
        }
        CHECK_IS(mailtls_connection_channel_binding(c, kinds[i], ours, 31, &length),
                 MAILTLS_ERROR_BUFFER_TOO_SMALL);
        CHECK(length == 32 && ours[0] == 0 && ours[30] == 0);
        length = 0;
        CHECK_IS(mailtls_connection_channel_binding(c, kinds[i], NULL, 0, &length),
                 MAILTLS_ERROR_BUFFER_TOO_SMALL);
        CHECK_IS(length, 32);
        CHECK_IS(mailtls_connection_channel_binding(c, kinds[i], ours, 32, &length), 0);
        CHECK_IS(mailtls_connection_channel_binding(pair.server.connection, kinds[i], theirs,
                                                    sizeof theirs, &length), 0);
        CHECK(length == 32 && memcmp(ours, theirs, 32) == 0);
        CHECK_IS(mailtls_connection_channel_binding(c, "tls-unique", ours, sizeof ours, &length),
                 MAILTLS_ERROR_INVALID_ARGUMENT);
    }
    pair_close(&pair);
    mailtls_server_config_free(binding);

    /* Without a wish for it a server has none. */
    uint8_t buffer[64];
    size_t length = 42;
    pair_open(&pair, lenient, client, MAILTLS_SERVICE_IMAPS);
    pair_run(&pair);
    CHECK_IS(mailtls_connection_channel_binding(pair.server.connection, "tls-exporter", buffer,
                                                sizeof buffer, &length), MAILTLS_ERROR_WRONG_STATE);
    pair_close(&pair);
}

/* --- ALPN --- */

static void alpn(const char *offered, const char *expected)
{
    struct pair pair;
    mailtls_server_config_builder *s = server_builder("server");
    CHECK_IS(mailtls_server_config_builder_alpn(s, MAILTLS_PROTOCOL_IMAP, "imap4 imap"), 0);
    CHECK_IS(mailtls_server_config_builder_alpn(s, MAILTLS_PROTOCOL_IMAP, ""),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    mailtls_client_config_builder *c = client_builder("ca.pem");
    CHECK_IS(mailtls_client_config_builder_alpn(c, MAILTLS_PROTOCOL_IMAP, offered), 0);
    CHECK_IS(mailtls_client_config_builder_alpn(c, MAILTLS_PROTOCOL_POP3, "http/1.1"), 0);
    mailtls_server_config *naming_server = server_built(s);
    mailtls_client_config *naming_client = client_built(c);
    pair_open(&pair, naming_server, naming_client, MAILTLS_SERVICE_IMAPS);
    pair_run(&pair);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_HANDED_OFF), 1);
    if (expected == NULL) {
        CHECK(mailtls_connection_alpn(pair.client.connection) == NULL);
        CHECK(mailtls_connection_alpn(pair.server.connection) == NULL);
    } else {
        CHECK_TEXT(mailtls_connection_alpn(pair.client.connection), expected);
        CHECK_TEXT(mailtls_connection_alpn(pair.server.connection), expected);
    }
    pair_close(&pair);
    /* Another protocol's name is refused. */
    pair_open(&pair, naming_server, naming_client, MAILTLS_SERVICE_POP3S);
    pair_run(&pair);
    CHECK_IS(pair.server.error, MAILTLS_ERROR_NO_APPLICATION_PROTOCOL);
    CHECK_IS(mailtls_connection_alert_received(pair.client.connection), 120);
    pair_close(&pair);
    mailtls_server_config_free(naming_server);
    mailtls_client_config_free(naming_client);
}

static mailtls_server_config *asking_server(int32_t invalid_certificate)
{
    mailtls_server_config_builder *b = server_builder("server");
    CHECK_IS(mailtls_server_config_builder_client_certificates_file(
                 b, certificate_file("client-ca.pem"), invalid_certificate), 0);
    return server_built(b);
}

/* A certificate for an account of the same name as its files. */
static void authorise(mailtls_client_config_builder *b, const char *account, const char *stem)
{
    char chain[4096];
    char file[256];
    (void)snprintf(file, sizeof file, "%s.pem", stem);
    (void)snprintf(chain, sizeof chain, "%s", certificate_file(file));
    (void)snprintf(file, sizeof file, "%s.key", stem);
    CHECK_IS(mailtls_client_config_builder_client_certificate_files(b, account, chain,
                                                                    certificate_file(file)), 0);
}

int main(void)
{
    strict = asking_server(MAILTLS_INVALID_CLIENT_CERTIFICATE_REFUSE);
    lenient = asking_server(MAILTLS_INVALID_CLIENT_CERTIFICATE_ANONYMOUS);
    mailtls_client_config_builder *b = client_builder("ca.pem");
    authorise(b, USER, "client");
    authorise(b, "expired", "client-expired");
    authorise(b, "other", "client-other");
    CHECK_IS(mailtls_client_config_builder_client_certificates_tls13_only(b, 1), 0);
    client = client_built(b);
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        mapped(services[i]);
        absent(services[i]);
        invalid(services[i], "expired", MAILTLS_ERROR_CERTIFICATE_EXPIRED);
        invalid(services[i], "other", MAILTLS_ERROR_CERTIFICATE_UNTRUSTED);
    }
    preauthenticated();
    bindings();
    alpn("imap4", "imap4");
    alpn("imap", "imap");
    alpn("", NULL);
    mailtls_server_config_free(strict);
    mailtls_server_config_free(lenient);
    mailtls_client_config_free(client);
    return check_end("certificates");
}
