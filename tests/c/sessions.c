/* sessions.c: a client and a server of each service, in memory: log-in accepted and rejected,
 * data both ways, close, truncation, certificates that must not be trusted, deadlines; and what
 * keeps a STARTTLS service from TLS. */
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

static bool starts_in_clear(int32_t service)
{
    return service == MAILTLS_SERVICE_IMAP || service == MAILTLS_SERVICE_POP3 ||
           service == MAILTLS_SERVICE_SUBMISSION;
}

static bool is_submission(int32_t service)
{
    return service == MAILTLS_SERVICE_SUBMISSIONS || service == MAILTLS_SERVICE_SUBMISSION;
}

static mailtls_server_config *server;
static mailtls_client_config *client;

static void tls_facts(const struct end *end, const char *alpn)
{
    const mailtls_connection *c = end->connection;
    CHECK_TEXT(mailtls_connection_tls_version(c), "TLSv1.3");
    const char *suite = mailtls_connection_cipher_suite(c);
    CHECK(suite != NULL && strncmp(suite, "TLS_", 4) == 0);
    CHECK(mailtls_connection_cipher_bits(c) >= 128);
    CHECK(mailtls_connection_group(c) != NULL);
    if (alpn == NULL) {
        CHECK(mailtls_connection_alpn(c) == NULL);
    } else {
        CHECK_TEXT(mailtls_connection_alpn(c), alpn);
    }
    CHECK_IS(mailtls_connection_error(c), 0);
    CHECK_IS(mailtls_connection_alert_sent(c), -1);
    CHECK_IS(mailtls_connection_alert_received(c), -1);
}

static void peer_facts(const struct end *end)
{
    const mailtls_connection *c = end->connection;
    const uint8_t *der = NULL;
    size_t length = 0;
    int64_t not_before = 0;
    int64_t not_after = 0;
    uint8_t sha256[32] = {0};
    static const uint8_t zeros[32];
    CHECK_IS(mailtls_connection_peer_certificate_count(c), 2);
    CHECK_IS(mailtls_connection_peer_certificate(c, 0, &der, &length), 0);
    CHECK(der != NULL && length > 0 && der[0] == 0x30);
    CHECK_IS(mailtls_connection_peer_certificate(c, 2, &der, &length),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK(strstr(mailtls_connection_peer_subject(c), "mailtls test server") != NULL);
    CHECK(strstr(mailtls_connection_peer_issuer(c), "throwaway") != NULL);
    CHECK_IS(mailtls_connection_peer_dns_name_count(c), 2);
    CHECK_TEXT(mailtls_connection_peer_dns_name(c, 0), "localhost");
    CHECK_TEXT(mailtls_connection_peer_dns_name(c, 1), SERVER_NAME);
    CHECK(mailtls_connection_peer_dns_name(c, 2) == NULL);
    CHECK_IS(mailtls_connection_peer_validity(c, &not_before, &not_after), 0);
    CHECK(not_before < not_after);
    CHECK_IS(mailtls_connection_peer_sha256(c, sha256), 0);
    CHECK(memcmp(sha256, zeros, sizeof sha256) != 0);
}

static void send_text(struct end *from, struct end *to, struct pair *pair, const char *text)
{
    size_t written = 0;
    size_t length = 0;
    uint8_t buffer[64] = {0};
    CHECK_IS(mailtls_connection_write(from->connection, (const uint8_t *)text, strlen(text), &written), 0);
    CHECK_IS(written, strlen(text));
    pair_run(pair);
    CHECK_IS(mailtls_connection_readable(to->connection), strlen(text));
    /* In two portions. */
    CHECK_IS(mailtls_connection_read(to->connection, buffer, 3, &length), 0);
    CHECK_IS(length, 3);
    CHECK_IS(mailtls_connection_read(to->connection, buffer + 3, sizeof buffer - 3, &length), 0);
    CHECK_IS(length + 3, strlen(text));
    CHECK(memcmp(buffer, text, strlen(text)) == 0);
    CHECK_IS(mailtls_connection_read(to->connection, buffer, sizeof buffer, &length), 0);
    CHECK_IS(length, 0);
}

static void log_in(struct pair *pair, int32_t service, const char *mechanism)
{
    pair_open(pair, server, client, service);
    pair->mechanism = mechanism;
    CHECK_IS(mailtls_connection_service(pair->client.connection), service);
    CHECK_IS(mailtls_connection_wants_input(pair->client.connection), 1);
    uint64_t deadline = 0;
    CHECK_IS(mailtls_connection_poll_timeout(pair->server.connection, &deadline), 0);
    CHECK(deadline > 0 && deadline < UINT64_MAX);
    pair_run(pair);
    CHECK_IS(pair->client.error, 0);
    CHECK_IS(pair->server.error, 0);
    static const int32_t once[] = {MAILTLS_EVENT_TLS_ESTABLISHED, MAILTLS_EVENT_AUTHENTICATED,
                                   MAILTLS_EVENT_HANDED_OFF};
    for (size_t i = 0; i < sizeof once / sizeof *once; i++) {
        CHECK_IS(heard(&pair->client, once[i]), 1);
        CHECK_IS(heard(&pair->server, once[i]), 1);
    }
    /* A greeting in clear proves nothing and is not told. */
    CHECK_IS(heard(&pair->client, MAILTLS_EVENT_GREETING), starts_in_clear(service) ? 0 : 1);
    CHECK_IS(heard(&pair->server, MAILTLS_EVENT_CREDENTIALS), 1);
    CHECK_IS(pair->client.events[0], MAILTLS_EVENT_TLS_ESTABLISHED);
    CHECK_IS(pair->server.events[0], MAILTLS_EVENT_CLIENT_HELLO);
    CHECK_IS(pair->server.events[1], MAILTLS_EVENT_TLS_ESTABLISHED);
}

static void accepted(int32_t service)
{
    struct pair pair;
    log_in(&pair, service, NULL);
    tls_facts(&pair.client, mailtls_connection_alpn(pair.server.connection));
    tls_facts(&pair.server, mailtls_connection_alpn(pair.client.connection));
    peer_facts(&pair.client);
    CHECK_IS(mailtls_connection_peer_certificate_count(pair.server.connection), 0);
    if (starts_in_clear(service)) {
        CHECK_IS(mailtls_connection_greeting_status(pair.client.connection),
                 MAILTLS_GREETING_STATUS_NONE);
        CHECK(mailtls_connection_greeting(pair.client.connection) == NULL);
    } else {
        CHECK_IS(mailtls_connection_greeting_status(pair.client.connection),
                 MAILTLS_GREETING_STATUS_READY);
        CHECK(mailtls_connection_greeting(pair.client.connection) != NULL);
    }
    CHECK(mailtls_connection_capability_count(pair.client.connection) > 0);
    CHECK(mailtls_connection_capability(pair.client.connection, 0) != NULL);
    CHECK(mailtls_connection_capability(pair.client.connection, 1000) == NULL);
    if (service == MAILTLS_SERVICE_SUBMISSIONS) {
        CHECK_TEXT(mailtls_connection_greeting_code(pair.client.connection), "220");
    }
    if (is_submission(service)) {
        CHECK_TEXT(mailtls_connection_client_name(pair.server.connection), "localhost");
    } else {
        CHECK(mailtls_connection_client_name(pair.server.connection) == NULL);
    }
    /* The credentials have been wiped. */
    CHECK(mailtls_connection_credentials_user(pair.server.connection) == NULL);

    send_text(&pair.client, &pair.server, &pair, "what a client says\r\n");
    send_text(&pair.server, &pair.client, &pair, "what a server answers\r\n");

    CHECK_IS(mailtls_connection_close(pair.client.connection, 0), 0);
    pair_run(&pair);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_PEER_CLOSED), 1);
    CHECK_IS(mailtls_connection_close(pair.server.connection, 0), 0);
    pair_run(&pair);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CLOSED), 1);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_CLOSED), 1);
    CHECK_IS(mailtls_connection_alert_sent(pair.client.connection), 0);
    CHECK_IS(mailtls_connection_alert_received(pair.client.connection), 0);
    CHECK_IS(mailtls_connection_error(pair.client.connection), 0);
    CHECK_IS(mailtls_connection_error(pair.server.connection), 0);
    CHECK_IS(mailtls_connection_handle_end_of_input(pair.client.connection, 0), 0);
    CHECK_IS(mailtls_connection_wants_input(pair.client.connection), 0);
    pair_close(&pair);
}

static void by_each_mechanism(int32_t service)
{
    static const char *const mechanisms[] = {"PLAIN", "LOGIN", ""};
    for (size_t i = 0; i < 3; i++) {
        struct pair pair;
        if (is_submission(service) && *mechanisms[i] == '\0') {
            continue; /* SMTP has no password command of its own. */
        }
        log_in(&pair, service, mechanisms[i]);
        pair_close(&pair);
    }
}

static void rejected(int32_t service)
{
    struct pair pair;
    pair_open(&pair, server, client, service);
    pair.password = "guessed";
    pair_run(&pair);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_AUTHENTICATION_REFUSED), 1);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_AUTHENTICATED), 0);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_HANDED_OFF), 0);
    CHECK(mailtls_connection_refusal_text(pair.client.connection) != NULL);
    CHECK(mailtls_connection_refusal_code(pair.client.connection) != NULL);
    CHECK_IS(mailtls_connection_refusal_temporary(pair.client.connection), 0);
    /* Another attempt, with the right one. */
    CHECK_IS(mailtls_connection_authenticate(pair.client.connection, NULL, USER,
                                             (const uint8_t *)PASSWORD, strlen(PASSWORD), 0), 0);
    pair_run(&pair);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_HANDED_OFF), 1);
    pair_close(&pair);
}

static void left(int32_t service)
{
    struct pair pair;
    pair_open(&pair, server, client, service);
    pair.authenticates = false;
    pair_run(&pair);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_CAPABILITIES), 1);
    CHECK_IS(mailtls_connection_log_out(pair.client.connection, 0), 0);
    pair_run(&pair);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_CLOSED), 1);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CLOSED), 1);
    CHECK_IS(mailtls_connection_error(pair.client.connection), 0);
    CHECK_IS(mailtls_connection_error(pair.server.connection), 0);
    pair_close(&pair);
}

/* The TCP connection ends without close_notify: after the hand-off, and before TLS stands. */
static void truncated(int32_t service)
{
    struct pair pair;
    log_in(&pair, service, NULL);
    CHECK_IS(mailtls_connection_handle_end_of_input(pair.server.connection, 0),
             MAILTLS_ERROR_TRUNCATED);
    CHECK_IS(mailtls_connection_error(pair.server.connection), MAILTLS_ERROR_TRUNCATED);
    CHECK(mailtls_connection_reason(pair.server.connection) != NULL);
    pair_close(&pair);

    pair_open(&pair, server, client, service);
    CHECK(mailtls_connection_handle_end_of_input(pair.client.connection, 0) <=
          MAILTLS_ERROR_INTERNAL);
    pair_run(&pair);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_CLOSED), 1);
    pair_close(&pair);
}

/* A certificate that must not be trusted: no dialogue, no credentials, one reason. */
static void untrusted(int32_t service, const char *stem, const char *ca, int32_t expected)
{
    struct pair pair;
    mailtls_server_config *wrong = server_config(stem);
    mailtls_client_config *strict = client_config(ca, MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    pair_open(&pair, wrong, strict, service);
    pair_run(&pair);
    CHECK_IS(pair.client.error, expected);
    CHECK_IS(mailtls_connection_error(pair.client.connection), expected);
    CHECK_IS(pair.server.error, MAILTLS_ERROR_TLS_ALERT_RECEIVED);
    CHECK(mailtls_connection_reason(pair.client.connection) != NULL);
    CHECK(mailtls_connection_alert_sent(pair.client.connection) > 0);
    CHECK_IS(mailtls_connection_alert_received(pair.server.connection),
             mailtls_connection_alert_sent(pair.client.connection));
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_TLS_ESTABLISHED), 0);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_CLOSED), 1);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CREDENTIALS), 0);
    pair_close(&pair);
    mailtls_server_config_free(wrong);
    mailtls_client_config_free(strict);
}

static void not_tls(int32_t service)
{
    static const uint8_t line[] = "a001 LOGIN tim tanstaaftanstaaf\r\n";
    struct pair pair;
    pair_open(&pair, server, client, service);
    CHECK_IS(mailtls_connection_handle_input(pair.server.connection, line, sizeof line - 1, 0),
             MAILTLS_ERROR_NOT_TLS);
    CHECK_IS(mailtls_connection_handle_input(pair.server.connection, line, sizeof line - 1, 0),
             MAILTLS_ERROR_NOT_TLS);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CREDENTIALS), 0);
    pair_close(&pair);
}

static void deadline_passed(int32_t service)
{
    struct pair pair;
    uint64_t deadline = 0;
    pair_open(&pair, server, client, service);
    mailtls_connection *c = pair.server.connection;
    CHECK_IS(mailtls_connection_poll_timeout(c, &deadline), 0);
    CHECK_IS(mailtls_connection_handle_timeout(c, deadline - 1), 0);
    CHECK_IS(mailtls_connection_handle_timeout(c, deadline), MAILTLS_ERROR_DEADLINE_PASSED);
    CHECK_IS(mailtls_connection_error(c), MAILTLS_ERROR_DEADLINE_PASSED);
    pair_close(&pair);
}

/* A client's configuration keeps the tickets it was given. */
static void resumed(int32_t service)
{
    mailtls_client_config *fresh = client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    for (int32_t before = 0; before < 2; before++) {
        struct pair pair;
        pair_open(&pair, server, fresh, service);
        pair_run(&pair);
        CHECK_IS(mailtls_connection_resumed(pair.client.connection), before);
        CHECK_IS(mailtls_connection_resumed(pair.server.connection), before);
        CHECK_IS(heard(&pair.client, MAILTLS_EVENT_HANDED_OFF), 1);
        pair_close(&pair);
    }
    mailtls_client_config_free(fresh);
}

/* The host takes the stream as soon as TLS stands. */
static void transparent(int32_t service)
{
    struct pair pair;
    mailtls_server_config_builder *builder = mailtls_server_config_builder_new();
    char chain[4096];
    (void)snprintf(chain, sizeof chain, "%s", certificate_file("server.pem"));
    CHECK_IS(mailtls_server_config_builder_certificate_files(builder, chain,
                                                             certificate_file("server.key")), 0);
    CHECK_IS(
        mailtls_server_config_builder_hand_off(builder, MAILTLS_HAND_OFF_TRANSPARENT), 0);
    mailtls_server_config *bare_server = NULL;
    CHECK_IS(mailtls_server_config_builder_build(builder, &bare_server), 0);
    mailtls_server_config_builder_free(builder);
    mailtls_client_config *bare_client = client_config("ca.pem", MAILTLS_HAND_OFF_TRANSPARENT);
    pair_open(&pair, bare_server, bare_client, service);
    /* Connections keep what they need of a configuration. */
    mailtls_server_config_free(bare_server);
    mailtls_client_config_free(bare_client);
    pair_run(&pair);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_HANDED_OFF), 1);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_GREETING), 0);
    send_text(&pair.server, &pair.client, &pair, "* OK of the host's own\r\n");
    pair_close(&pair);
}

/* Without TLS a STARTTLS service ends: required, with an error; opportunistic, by the host. */
static void tls_is_not_to_be_had(int32_t service, bool opportunistic)
{
    struct pair pair;
    mailtls_server_config_builder *builder = mailtls_server_config_builder_new();
    mailtls_server_config *bare = NULL;
    CHECK_IS(mailtls_server_config_builder_build(builder, &bare), 0);
    mailtls_server_config_builder_free(builder);
    mailtls_client_config *yielding = opportunistic_client_config("ca.pem");
    pair_open(&pair, bare, opportunistic ? yielding : client, service);
    mailtls_connection *c = pair.client.connection;
    pair_run(&pair);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_NOT_CONFIDENTIAL), opportunistic ? 1 : 0);
    CHECK_IS(pair.client.event_count, 1);
    CHECK_IS(mailtls_connection_error(c), opportunistic ? 0 : MAILTLS_ERROR_START_TLS_REFUSED);
    if (opportunistic) {
        /* No mechanism will do, and there is none to choose from. */
        CHECK_IS(mailtls_connection_authenticate(c, "PLAIN", USER, (const uint8_t *)PASSWORD,
                                                 strlen(PASSWORD), 0),
                 MAILTLS_ERROR_WRONG_STATE);
        CHECK_IS(mailtls_connection_authenticate(c, NULL, USER, (const uint8_t *)PASSWORD,
                                                 strlen(PASSWORD), 0),
                 MAILTLS_ERROR_WRONG_STATE);
        CHECK_IS(mailtls_connection_log_out(c, 0), 0);
        pair_run(&pair);
        CHECK_IS(mailtls_connection_handle_end_of_input(pair.server.connection, 0), 0);
        CHECK_IS(mailtls_connection_handle_end_of_input(c, 0), 0);
        pair_run(&pair);
        CHECK_IS(mailtls_connection_error(c), 0);
    } else {
        CHECK(mailtls_connection_reason(c) != NULL);
    }
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_CLOSED), 1);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_TLS_ESTABLISHED), 0);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CREDENTIALS), 0);
    CHECK(mailtls_connection_tls_version(c) == NULL);
    pair_close(&pair);
    mailtls_server_config_free(bare);
    mailtls_client_config_free(yielding);
}

/* A command that came in the same packet as STARTTLS is not obeyed inside TLS. */
static void data_before_tls(int32_t service, const char *words)
{
    struct pair pair;
    pair_open(&pair, server, client, service);
    CHECK_IS(mailtls_connection_handle_input(pair.server.connection, (const uint8_t *)words,
                                             strlen(words), 0),
             MAILTLS_ERROR_DATA_BEFORE_TLS);
    CHECK_IS(mailtls_connection_error(pair.server.connection), MAILTLS_ERROR_DATA_BEFORE_TLS);
    pair_run(&pair);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CLOSED), 1);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CREDENTIALS), 0);
    pair_close(&pair);
}

int main(void)
{
    server = server_config("server");
    client = client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        int32_t service = services[i];
        accepted(service);
        by_each_mechanism(service);
        rejected(service);
        left(service);
        truncated(service);
        untrusted(service, "expired", "ca.pem", MAILTLS_ERROR_CERTIFICATE_EXPIRED);
        untrusted(service, "other", "ca.pem", MAILTLS_ERROR_CERTIFICATE_NAME_MISMATCH);
        untrusted(service, "server", "other-ca.pem", MAILTLS_ERROR_CERTIFICATE_UNTRUSTED);
        if (starts_in_clear(service)) {
            tls_is_not_to_be_had(service, false);
            tls_is_not_to_be_had(service, true);
        } else {
            not_tls(service);
        }
        deadline_passed(service);
        resumed(service);
        transparent(service);
    }
    data_before_tls(MAILTLS_SERVICE_IMAP, "a STARTTLS\r\nb LOGIN tim " PASSWORD "\r\n");
    data_before_tls(MAILTLS_SERVICE_POP3, "STLS\r\nUSER tim\r\n");
    data_before_tls(MAILTLS_SERVICE_SUBMISSION, "EHLO me\r\nSTARTTLS\r\nRSET\r\n");
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
    return check_end("sessions");
}
