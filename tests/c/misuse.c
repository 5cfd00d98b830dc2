/* misuse.c: wrong numbers, calls in the wrong state and impossible settings are refused; they
 * change nothing and write no result. */
#include "check.h"
#include "pair.h"

#define IS_INVALID(call) CHECK_IS(call, MAILTLS_ERROR_INVALID_ARGUMENT)
#define IS_WRONG_STATE(call) CHECK_IS(call, MAILTLS_ERROR_WRONG_STATE)

static const int32_t nobodys[] = {-1, 99, INT32_MIN, INT32_MAX};
enum { NOBODYS = sizeof nobodys / sizeof *nobodys };

static void numbers_in_configurations(void)
{
    mailtls_server_config_builder *s = mailtls_server_config_builder_new();
    mailtls_client_config_builder *c = mailtls_client_config_builder_new();
    for (size_t i = 0; i < NOBODYS; i++) {
        IS_INVALID(mailtls_server_config_builder_limit(s, nobodys[i], 100));
        IS_INVALID(mailtls_client_config_builder_limit(c, nobodys[i], 100));
        IS_INVALID(mailtls_server_config_builder_deadline(s, nobodys[i], 100));
        IS_INVALID(mailtls_client_config_builder_deadline(c, nobodys[i], 100));
        IS_INVALID(mailtls_server_config_builder_hand_off(s, nobodys[i]));
        IS_INVALID(mailtls_client_config_builder_hand_off(c, nobodys[i]));
        IS_INVALID(mailtls_server_config_builder_alpn(s, nobodys[i], "imap"));
        IS_INVALID(mailtls_client_config_builder_alpn(c, nobodys[i], "imap"));
        IS_INVALID(mailtls_server_config_builder_client_certificates_file(
            s, certificate_file("client-ca.pem"), nobodys[i]));
        IS_INVALID(mailtls_server_config_builder_client_certificates_pem(s, NULL, 0, nobodys[i]));
        CHECK(mailtls_server_config_builder_reason(s) != NULL);
        CHECK(mailtls_client_config_builder_reason(c) != NULL);
    }
    IS_INVALID(mailtls_server_config_builder_limit(s, 0, 100));
    IS_INVALID(mailtls_server_config_builder_deadline(s, 0, 100));
    IS_INVALID(mailtls_server_config_builder_sasl_mechanisms(s, "PLAIN NOBODYS"));
    IS_INVALID(mailtls_server_config_builder_sasl_mechanisms(s, "PLAIN APOP"));
    IS_INVALID(mailtls_server_config_builder_raw_sasl_mechanism(s, ""));
    IS_INVALID(mailtls_server_config_builder_raw_sasl_mechanism(s, "TWO WORDS"));
    IS_INVALID(mailtls_server_config_builder_raw_sasl_mechanism(s, "LONGER-THAN-20-OCTETS"));
    IS_INVALID(mailtls_server_config_builder_oauth_scope(s, "\xff"));
    IS_INVALID(mailtls_server_config_builder_alpn(s, MAILTLS_PROTOCOL_IMAP, " "));
    IS_INVALID(mailtls_server_config_builder_alpn(s, 0, "imap"));
    IS_INVALID(mailtls_client_config_builder_alpn(c, 0, "imap"));
    IS_INVALID(mailtls_server_config_builder_host_name(s, "\xff"));
    IS_INVALID(mailtls_client_config_builder_client_name(c, "\xff"));
    mailtls_server_config_builder_free(s);
    mailtls_client_config_builder_free(c);
}

static void authentication_that_build_refuses(void)
{
    mailtls_server_config *server = NULL;
    mailtls_server_config_builder *s = mailtls_server_config_builder_new();
    CHECK_IS(mailtls_server_config_builder_raw_sasl_mechanism(s, "plain"), 0);
    IS_INVALID(mailtls_server_config_builder_build(s, &server)); /* named twice */
    CHECK_IS(mailtls_server_config_builder_sasl_mechanisms(s, "SCRAM-SHA-256"), 0);
    CHECK_IS(mailtls_server_config_builder_scram_iterations(s, 4095), 0);
    IS_INVALID(mailtls_server_config_builder_build(s, &server));
    CHECK_IS(mailtls_server_config_builder_scram_iterations(s, 4096), 0);
    CHECK_IS(mailtls_server_config_builder_oauth_scope(s, "a\"b"), 0);
    IS_INVALID(mailtls_server_config_builder_build(s, &server));
    CHECK_IS(mailtls_server_config_builder_oauth_scope(s, "mail"), 0);
    CHECK_IS(mailtls_server_config_builder_limit(s, MAILTLS_LIMIT_SCRAM_ITERATIONS, 4095), 0);
    IS_INVALID(mailtls_server_config_builder_build(s, &server));
    CHECK_IS(mailtls_server_config_builder_limit(s, MAILTLS_LIMIT_SCRAM_ITERATIONS, 4096), 0);
    /* Certificates of clients, and no certificate to show them. */
    CHECK_IS(mailtls_server_config_builder_client_certificates_file(
                 s, certificate_file("client-ca.pem"),
                 MAILTLS_INVALID_CLIENT_CERTIFICATE_ANONYMOUS), 0);
    IS_INVALID(mailtls_server_config_builder_build(s, &server));
    CHECK(mailtls_server_config_builder_reason(s) != NULL);
    CHECK(server == NULL);
    mailtls_server_config_builder_free(s);
}

/* What would break the protocol's lines is told by _build, which then writes no configuration. */
static void settings_that_build_refuses(void)
{
    mailtls_server_config *server = NULL;
    mailtls_client_config *client = NULL;
    mailtls_server_config_builder *s = mailtls_server_config_builder_new();
    CHECK_IS(mailtls_server_config_builder_host_name(s, "mail.example\r\n250 evil"), 0);
    IS_INVALID(mailtls_server_config_builder_build(s, &server));
    CHECK(mailtls_server_config_builder_reason(s) != NULL);
    CHECK(server == NULL);
    /* The builder is still good. */
    CHECK_IS(mailtls_server_config_builder_host_name(s, "mail.example"), 0);
    CHECK_IS(mailtls_server_config_builder_deadline(s, MAILTLS_DEADLINE_HANDSHAKE, 0), 0);
    IS_INVALID(mailtls_server_config_builder_build(s, &server));
    CHECK_IS(mailtls_server_config_builder_deadline(s, MAILTLS_DEADLINE_HANDSHAKE, 1000), 0);
    CHECK_IS(mailtls_server_config_builder_build(s, &server), 0);
    CHECK(server != NULL);
    mailtls_server_config_builder_free(s);
    authentication_that_build_refuses();

    mailtls_client_config_builder *c = mailtls_client_config_builder_new();
    CHECK_IS(mailtls_client_config_builder_client_name(c, "a b\r\n"), 0);
    IS_INVALID(mailtls_client_config_builder_build(c, &client));
    CHECK(client == NULL);
    mailtls_client_config_builder_free(c);

    /* It was built without a certificate. */
    mailtls_connection *connection = NULL;
    CHECK_IS(mailtls_server_connection_new(server, MAILTLS_SERVICE_IMAPS, 0, &connection),
             MAILTLS_ERROR_NO_CERTIFICATE);
    CHECK(connection == NULL);
    mailtls_server_config_free(server);
}

static void files_and_pem(void)
{
    static const uint8_t nonsense[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    char chain[4096];
    (void)snprintf(chain, sizeof chain, "%s", certificate_file("server.pem"));
    mailtls_server_config_builder *s = mailtls_server_config_builder_new();
    CHECK_IS(mailtls_server_config_builder_certificate_files(s, "/nowhere/at-all", chain),
             MAILTLS_ERROR_FILE_UNREADABLE);
    CHECK_TEXT(mailtls_server_config_builder_reason(s),
               "cannot read /nowhere/at-all: there is no such file");
    CHECK_IS(mailtls_server_config_builder_certificate_files(s, chain, chain),
             MAILTLS_ERROR_NO_PRIVATE_KEY);
    /* The key of another certificate. */
    CHECK_IS(mailtls_server_config_builder_certificate_files(s, chain, certificate_file("other.key")),
             MAILTLS_ERROR_NO_PRIVATE_KEY);
    CHECK(strstr(mailtls_server_config_builder_reason(s), "other.key does not belong to the") != NULL);
    CHECK_IS(mailtls_server_config_builder_certificate_pem(s, nonsense, 5, nonsense, 5),
             MAILTLS_ERROR_NO_CERTIFICATE);
    CHECK_TEXT(mailtls_server_config_builder_reason(s),
               "the certificate chain is not PEM: it has no line -----BEGIN CERTIFICATE-----");
    CHECK_IS(mailtls_server_config_builder_revocation_list(s, nonsense, sizeof nonsense - 1),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_TEXT(mailtls_server_config_builder_reason(s),
               "the revocation list holds a certificate, where a certificate revocation list (CRL) is "
               "expected; use the list that the authority publishes");
    CHECK_IS(mailtls_server_config_builder_client_certificates_file(
                 s, "/nowhere/at-all", MAILTLS_INVALID_CLIENT_CERTIFICATE_REFUSE),
             MAILTLS_ERROR_FILE_UNREADABLE);
    CHECK_IS(mailtls_server_config_builder_client_certificates_pem(
                 s, nonsense, sizeof nonsense - 1, MAILTLS_INVALID_CLIENT_CERTIFICATE_REFUSE),
             MAILTLS_ERROR_NO_TRUST_ANCHOR);
    mailtls_server_config_builder_free(s);

    mailtls_client_config_builder *c = mailtls_client_config_builder_new();
    CHECK_IS(mailtls_client_config_builder_client_certificate_files(c, USER, "/nowhere/at-all",
                                                                    chain),
             MAILTLS_ERROR_FILE_UNREADABLE);
    CHECK_IS(mailtls_client_config_builder_client_certificate_files(c, USER, chain, chain),
             MAILTLS_ERROR_NO_PRIVATE_KEY);
    CHECK_IS(mailtls_client_config_builder_client_certificate_files(c, USER, chain,
                                                                    certificate_file("other.key")),
             MAILTLS_ERROR_NO_PRIVATE_KEY);
    CHECK_IS(mailtls_client_config_builder_client_certificate_files(c, "", chain,
                                                                    certificate_file("server.key")),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_client_config_builder_client_certificate_pem(c, USER, nonsense, 5, nonsense, 5),
             MAILTLS_ERROR_NO_CERTIFICATE);
    CHECK_IS(mailtls_client_config_builder_ca_file(c, "/nowhere/at-all"),
             MAILTLS_ERROR_FILE_UNREADABLE);
    CHECK_IS(mailtls_client_config_builder_ca_pem(c, nonsense, sizeof nonsense - 1),
             MAILTLS_ERROR_NO_TRUST_ANCHOR);
    mailtls_client_config *config = NULL;
    CHECK_IS(mailtls_client_config_builder_build(c, &config), 0);
    mailtls_connection *connection = NULL;
    CHECK_IS(mailtls_client_connection_new(config, MAILTLS_SERVICE_IMAPS, SERVER_NAME, 0, &connection),
             MAILTLS_ERROR_NO_TRUST_ANCHOR);
    CHECK(connection == NULL);
    mailtls_client_config_free(config);
    mailtls_client_config_builder_free(c);
}

static void connections_that_cannot_be(const mailtls_server_config *server,
                                       const mailtls_client_config *client)
{
    mailtls_connection *c = NULL;
    for (size_t i = 0; i < NOBODYS; i++) {
        IS_INVALID(mailtls_server_connection_new(server, nobodys[i], 0, &c));
        IS_INVALID(mailtls_client_connection_new(client, nobodys[i], SERVER_NAME, 0, &c));
        IS_INVALID(mailtls_client_connection_new_for_account(client, nobodys[i], SERVER_NAME, USER,
                                                             0, &c));
    }
    IS_INVALID(mailtls_server_connection_new(server, 0, 0, &c));
    IS_INVALID(mailtls_client_connection_new(client, MAILTLS_SERVICE_IMAPS, "", 0, &c));
    IS_INVALID(mailtls_client_connection_new(client, MAILTLS_SERVICE_IMAPS, "two words", 0, &c));
    IS_INVALID(mailtls_client_connection_new(client, MAILTLS_SERVICE_IMAPS, "\xff", 0, &c));
    IS_INVALID(mailtls_client_connection_new_for_account(client, MAILTLS_SERVICE_IMAPS, SERVER_NAME,
                                                         "", 0, &c));
    IS_INVALID(mailtls_client_connection_new_for_account(client, MAILTLS_SERVICE_IMAPS, SERVER_NAME,
                                                         "\xff", 0, &c));
    CHECK(c == NULL);
}

/* The same for whichever end it is. */
static void authentication_too_early(mailtls_connection *c)
{
    static const uint8_t key[32] = {1};
    const uint8_t *bytes = key;
    uint8_t buffer[32] = {7};
    size_t length = 42;
    int32_t flag = 42;
    IS_WRONG_STATE(mailtls_connection_authenticate(c, NULL, USER, key, 1, 0));
    IS_WRONG_STATE(mailtls_connection_authenticate_as(c, "PLAIN", USER, "root", key, 1, 0));
    IS_WRONG_STATE(mailtls_connection_authenticate_external(c, "", 0));
    IS_WRONG_STATE(mailtls_connection_authenticate_raw(c, "GSSAPI", key, 1, 0));
    IS_INVALID(mailtls_connection_authenticate_raw(c, "TWO WORDS", key, 1, 0));
    IS_INVALID(mailtls_connection_authenticate_as(c, "GSSAPI", USER, "", key, 1, 0));
    IS_WRONG_STATE(mailtls_connection_respond(c, key, 1, 0));
    IS_WRONG_STATE(mailtls_connection_cancel(c, 0));
    IS_WRONG_STATE(mailtls_connection_challenge(c, &bytes, &length));
    IS_WRONG_STATE(mailtls_connection_scram_secret(c, key, 16, 4096, key, key, 32, 0));
    IS_INVALID(mailtls_connection_scram_secret(c, key, 0, 4096, key, key, 32, 0));
    IS_INVALID(mailtls_connection_scram_secret(c, key, 16, 0, key, key, 32, 0));
    IS_INVALID(mailtls_connection_scram_secret(c, key, 16, 4096, key, key, 31, 0));
    IS_WRONG_STATE(mailtls_connection_scram_password(c, key, 1, 0));
    IS_WRONG_STATE(mailtls_connection_credentials_match(c, key, 1, &flag));
    IS_WRONG_STATE(mailtls_connection_response(c, &bytes, &length, &flag));
    IS_WRONG_STATE(mailtls_connection_send_challenge(c, key, 1, 0));
    IS_WRONG_STATE(mailtls_connection_accept_certificate(c, USER, 0, 0));
    IS_WRONG_STATE(mailtls_connection_refuse_certificate(c, 0));
    IS_WRONG_STATE(mailtls_connection_channel_binding(c, "tls-exporter", buffer, 32, &length));
    IS_INVALID(mailtls_connection_channel_binding(c, "tls-unique", buffer, 32, &length));
    CHECK(bytes == key && buffer[0] == 7 && length == 42 && flag == 42);
    CHECK(mailtls_connection_best_mechanism(c, MAILTLS_MEANS_PASSWORD, NULL) == NULL);
    CHECK(mailtls_connection_certificate_reason(c) == NULL);
    CHECK_IS(mailtls_connection_client_certificate(c), MAILTLS_CLIENT_CERTIFICATE_NONE);
    CHECK(mailtls_connection_credentials_mechanism(c) == NULL);
}

/* What an end cannot do before the hand-off, whichever it is. */
static void too_early(mailtls_connection *c)
{
    uint8_t buffer[32] = {7};
    const uint8_t *bytes = buffer;
    size_t length = 42;
    int64_t from = 42;
    int64_t until = 42;
    IS_WRONG_STATE(mailtls_connection_accept(c, 0));
    IS_WRONG_STATE(mailtls_connection_reject(c, MAILTLS_REJECTION_INVALID_CREDENTIALS, 0));
    for (size_t i = 0; i < NOBODYS; i++) {
        IS_INVALID(mailtls_connection_reject(c, nobodys[i], 0));
    }
    IS_WRONG_STATE(mailtls_connection_authenticate(c, "PLAIN", USER, buffer, 1, 0));
    IS_INVALID(mailtls_connection_authenticate(c, "NOBODYS", USER, buffer, 1, 0));
    authentication_too_early(c);
    IS_WRONG_STATE(mailtls_connection_log_out(c, 0));
    IS_WRONG_STATE(mailtls_connection_read(c, buffer, sizeof buffer, &length));
    IS_WRONG_STATE(mailtls_connection_write(c, buffer, 1, &length));
    IS_WRONG_STATE(mailtls_connection_credentials_password(c, &bytes, &length));
    IS_WRONG_STATE(mailtls_connection_peer_validity(c, &from, &until));
    IS_WRONG_STATE(mailtls_connection_peer_sha256(c, buffer));
    IS_INVALID(mailtls_connection_peer_certificate(c, 0, &bytes, &length));
    IS_INVALID(mailtls_connection_transmitted(c, SIZE_MAX));
    CHECK(bytes == buffer && buffer[0] == 7 && length == 42 && from == 42 && until == 42);
    CHECK_IS(mailtls_connection_error(c), 0);
    CHECK(mailtls_connection_reason(c) == NULL);
    CHECK_TEXT(mailtls_connection_misuse_reason(c), "more bytes than there were to send");
}

static void states(const mailtls_server_config *server, const mailtls_client_config *client,
                   int32_t service)
{
    struct pair pair;
    pair_open(&pair, server, client, service);
    too_early(pair.client.connection);
    too_early(pair.server.connection);
    pair_run(&pair);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_HANDED_OFF), 1);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_HANDED_OFF), 1);

    const uint8_t byte = 'x';
    IS_WRONG_STATE(mailtls_connection_accept(pair.server.connection, 0));
    IS_WRONG_STATE(mailtls_connection_authenticate(pair.client.connection, "PLAIN", USER, &byte, 1, 0));
    IS_WRONG_STATE(mailtls_connection_authenticate(pair.client.connection, NULL, USER, &byte, 1, 0));
    IS_WRONG_STATE(mailtls_connection_set_apop_timestamp(pair.server.connection, "<1@mail.example>"));
    IS_WRONG_STATE(mailtls_connection_set_apop_timestamp(pair.client.connection, "<1@mail.example>"));
    IS_WRONG_STATE(mailtls_connection_accept_certificate(pair.server.connection, USER, 0, 0));
    IS_WRONG_STATE(mailtls_connection_log_out(pair.client.connection, 0));
    CHECK_IS(mailtls_connection_close(pair.client.connection, 0), 0);
    CHECK_IS(mailtls_connection_close(pair.client.connection, 0), 0);
    size_t length = 42;
    IS_WRONG_STATE(mailtls_connection_write(pair.client.connection, &byte, 1, &length));
    CHECK_IS(length, 42);
    pair_close(&pair);
}

int main(void)
{
    numbers_in_configurations();
    settings_that_build_refuses();
    files_and_pem();
    mailtls_server_config *server = server_config("server");
    mailtls_client_config *client =
        client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    connections_that_cannot_be(server, client);
    states(server, client, MAILTLS_SERVICE_IMAPS);
    states(server, client, MAILTLS_SERVICE_POP3S);
    states(server, client, MAILTLS_SERVICE_SUBMISSIONS);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
    return check_end("misuse");
}
