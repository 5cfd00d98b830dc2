/* null_arguments.c: every function with NULL for each of its pointers, one after the other and
 * all at once, gives what its comment says, and writes nothing. tests/abi.rs sees to it that no
 * function of the header is missing here. */
#include "check.h"
#include "pair.h"

#define NULL_IS_REFUSED(call) CHECK_IS(call, MAILTLS_ERROR_NULL_ARGUMENT)

static void library(void)
{
    int32_t found = 42;
    NULL_IS_REFUSED(mailtls_service_from_name(NULL, &found));
    NULL_IS_REFUSED(mailtls_service_from_name("imaps", NULL));
    CHECK_IS(found, 42);
    /* These take no pointer. */
    CHECK(mailtls_version(0) != NULL);
    CHECK_IS(mailtls_abi(), MAILTLS_ABI);
    CHECK(mailtls_error_text(0) != NULL);
    CHECK_IS(mailtls_error_is_fatal(0), 0);
    CHECK(mailtls_service_name(0) == NULL);
    CHECK(mailtls_service_port(0) < 0);
}

static void scram_keys(void)
{
    const uint8_t byte = 7;
    uint8_t key[32] = {0};
    size_t length = 42;
    const char *const name = "SCRAM-SHA-256";
    NULL_IS_REFUSED(mailtls_scram_secret_from_password(NULL, &byte, 1, &byte, 1, 4096, key, key,
                                                       sizeof key, &length));
    NULL_IS_REFUSED(mailtls_scram_secret_from_password(name, NULL, 1, &byte, 1, 4096, key, key,
                                                       sizeof key, &length));
    NULL_IS_REFUSED(mailtls_scram_secret_from_password(name, &byte, 1, NULL, 1, 4096, key, key,
                                                       sizeof key, &length));
    NULL_IS_REFUSED(mailtls_scram_secret_from_password(name, &byte, 1, &byte, 1, 4096, NULL, key,
                                                       sizeof key, &length));
    NULL_IS_REFUSED(mailtls_scram_secret_from_password(name, &byte, 1, &byte, 1, 4096, key, NULL,
                                                       sizeof key, &length));
    NULL_IS_REFUSED(mailtls_scram_secret_from_password(name, &byte, 1, &byte, 1, 4096, key, key,
                                                       sizeof key, NULL));
    static const uint8_t zeros[32];
    CHECK(length == 42 && memcmp(key, zeros, sizeof key) == 0);
}

static void server_builder_without_handle(void)
{
    const uint8_t byte = 0;
    mailtls_server_config *config = NULL;
    mailtls_server_config_builder_free(NULL);
    mailtls_server_config_free(NULL);
    CHECK(mailtls_server_config_builder_reason(NULL) == NULL);
    NULL_IS_REFUSED(mailtls_server_config_builder_certificate_files(NULL, "a", "b"));
    NULL_IS_REFUSED(mailtls_server_config_builder_certificate_pem(NULL, &byte, 1, &byte, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_tickets(NULL, 2));
    NULL_IS_REFUSED(mailtls_server_config_builder_host_name(NULL, "a"));
    NULL_IS_REFUSED(mailtls_server_config_builder_greeting_text(NULL, "a"));
    NULL_IS_REFUSED(mailtls_server_config_builder_sasl_mechanisms(NULL, "PLAIN"));
    NULL_IS_REFUSED(mailtls_server_config_builder_raw_sasl_mechanism(NULL, "GSSAPI"));
    NULL_IS_REFUSED(mailtls_server_config_builder_scram_salts(NULL, &byte, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_scram_iterations(NULL, 4096));
    NULL_IS_REFUSED(mailtls_server_config_builder_oauth_scope(NULL, "a"));
    NULL_IS_REFUSED(mailtls_server_config_builder_oauth_configuration(NULL, "a"));
    NULL_IS_REFUSED(mailtls_server_config_builder_client_certificates_file(NULL, "a", 0));
    NULL_IS_REFUSED(mailtls_server_config_builder_client_certificates_pem(NULL, &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_server_config_builder_channel_bindings(NULL, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_alpn(NULL, MAILTLS_PROTOCOL_IMAP, "imap"));
    NULL_IS_REFUSED(mailtls_server_config_builder_password_commands(NULL, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_imap_capabilities(NULL, "A"));
    NULL_IS_REFUSED(mailtls_server_config_builder_imap_authenticated_capabilities(NULL, "A"));
    NULL_IS_REFUSED(mailtls_server_config_builder_imap_id(NULL, "a", "b"));
    NULL_IS_REFUSED(mailtls_server_config_builder_pop3_capability(NULL, "TOP"));
    NULL_IS_REFUSED(mailtls_server_config_builder_pop3_implementation(NULL, "a"));
    NULL_IS_REFUSED(mailtls_server_config_builder_pop3_utf8(NULL, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_smtp_keyword(NULL, "A"));
    NULL_IS_REFUSED(mailtls_server_config_builder_smtp_size(NULL, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_limit(NULL, MAILTLS_LIMIT_LITERAL, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_deadline(NULL, MAILTLS_DEADLINE_CLOSE, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_hand_off(NULL, 0));
    NULL_IS_REFUSED(mailtls_server_config_builder_build(NULL, &config));
    CHECK(config == NULL);
}

static void server_builder_with_null(void)
{
    const uint8_t byte = 0;
    mailtls_server_config_builder *b = mailtls_server_config_builder_new();
    CHECK(b != NULL);
    CHECK(mailtls_server_config_builder_reason(b) == NULL);
    NULL_IS_REFUSED(mailtls_server_config_builder_certificate_files(b, NULL, "b"));
    CHECK(mailtls_server_config_builder_reason(b) != NULL);
    NULL_IS_REFUSED(
        mailtls_server_config_builder_certificate_files(b, certificate_file("server.pem"), NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_certificate_files(b, NULL, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_certificate_pem(b, NULL, 1, &byte, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_certificate_pem(b, &byte, 1, NULL, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_certificate_pem(b, NULL, SIZE_MAX, NULL, 1));
    /* NULL stands for no bytes when there are none. */
    CHECK_IS(mailtls_server_config_builder_certificate_pem(b, NULL, 0, NULL, 0),
             MAILTLS_ERROR_NO_CERTIFICATE);
    NULL_IS_REFUSED(mailtls_server_config_builder_host_name(b, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_greeting_text(b, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_sasl_mechanisms(b, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_raw_sasl_mechanism(b, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_scram_salts(b, NULL, 1));
    CHECK_IS(mailtls_server_config_builder_scram_salts(b, NULL, 0), 0);
    NULL_IS_REFUSED(mailtls_server_config_builder_oauth_scope(b, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_oauth_configuration(b, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_client_certificates_file(b, NULL, 0));
    NULL_IS_REFUSED(mailtls_server_config_builder_client_certificates_pem(b, NULL, 1, 0));
    CHECK_IS(mailtls_server_config_builder_client_certificates_pem(b, NULL, 0, 0),
             MAILTLS_ERROR_NO_TRUST_ANCHOR);
    NULL_IS_REFUSED(mailtls_server_config_builder_alpn(b, MAILTLS_PROTOCOL_IMAP, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_imap_capabilities(b, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_imap_authenticated_capabilities(b, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_imap_id(b, NULL, "b"));
    NULL_IS_REFUSED(mailtls_server_config_builder_imap_id(b, "a", NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_pop3_capability(b, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_pop3_implementation(b, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_smtp_keyword(b, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_build(b, NULL));
    mailtls_server_config_builder_free(b);
}

static void client_builder_with_null(void)
{
    const uint8_t byte = 0;
    mailtls_client_config *config = NULL;
    mailtls_client_config_builder_free(NULL);
    mailtls_client_config_free(NULL);
    CHECK(mailtls_client_config_builder_reason(NULL) == NULL);
    NULL_IS_REFUSED(mailtls_client_config_builder_ca_file(NULL, "a"));
    NULL_IS_REFUSED(mailtls_client_config_builder_ca_pem(NULL, &byte, 1));
    NULL_IS_REFUSED(mailtls_client_config_builder_system_ca(NULL));
    NULL_IS_REFUSED(mailtls_client_config_builder_client_name(NULL, "a"));
    NULL_IS_REFUSED(mailtls_client_config_builder_hand_off(NULL, 0));
    NULL_IS_REFUSED(mailtls_client_config_builder_opportunistic(NULL, 1));
    NULL_IS_REFUSED(mailtls_client_config_builder_mechanism_floor(NULL, MAILTLS_MECHANISM_FLOOR_SCRAM));
    NULL_IS_REFUSED(mailtls_client_config_builder_limit(NULL, MAILTLS_LIMIT_LITERAL, 1));
    NULL_IS_REFUSED(mailtls_client_config_builder_deadline(NULL, MAILTLS_DEADLINE_CLOSE, 1));
    NULL_IS_REFUSED(mailtls_client_config_builder_alpn(NULL, MAILTLS_PROTOCOL_IMAP, "imap"));
    NULL_IS_REFUSED(mailtls_client_config_builder_client_certificate_files(NULL, USER, "a", "b"));
    NULL_IS_REFUSED(
        mailtls_client_config_builder_client_certificate_pem(NULL, USER, &byte, 1, &byte, 1));
    NULL_IS_REFUSED(mailtls_client_config_builder_client_certificates_tls13_only(NULL, 1));
    NULL_IS_REFUSED(mailtls_client_config_builder_build(NULL, &config));
    CHECK(config == NULL);

    mailtls_client_config_builder *b = mailtls_client_config_builder_new();
    CHECK(b != NULL);
    CHECK(mailtls_client_config_builder_reason(b) == NULL);
    NULL_IS_REFUSED(mailtls_client_config_builder_ca_file(b, NULL));
    CHECK(mailtls_client_config_builder_reason(b) != NULL);
    NULL_IS_REFUSED(mailtls_client_config_builder_ca_pem(b, NULL, 1));
    CHECK_IS(mailtls_client_config_builder_ca_pem(b, NULL, 0), MAILTLS_ERROR_NO_TRUST_ANCHOR);
    NULL_IS_REFUSED(mailtls_client_config_builder_client_name(b, NULL));
    NULL_IS_REFUSED(mailtls_client_config_builder_alpn(b, MAILTLS_PROTOCOL_IMAP, NULL));
    NULL_IS_REFUSED(mailtls_client_config_builder_client_certificate_files(b, NULL, "a", "b"));
    NULL_IS_REFUSED(mailtls_client_config_builder_client_certificate_files(b, USER, NULL, "b"));
    NULL_IS_REFUSED(mailtls_client_config_builder_client_certificate_files(
        b, USER, certificate_file("client.pem"), NULL));
    NULL_IS_REFUSED(
        mailtls_client_config_builder_client_certificate_pem(b, NULL, &byte, 1, &byte, 1));
    NULL_IS_REFUSED(
        mailtls_client_config_builder_client_certificate_pem(b, USER, NULL, 1, &byte, 1));
    NULL_IS_REFUSED(
        mailtls_client_config_builder_client_certificate_pem(b, USER, &byte, 1, NULL, 1));
    CHECK_IS(mailtls_client_config_builder_client_certificate_pem(b, USER, NULL, 0, NULL, 0),
             MAILTLS_ERROR_NO_CERTIFICATE);
    NULL_IS_REFUSED(mailtls_client_config_builder_build(b, NULL));
    mailtls_client_config_builder_free(b);
}

static void connection_new(const mailtls_server_config *server, const mailtls_client_config *client)
{
    mailtls_connection *c = NULL;
    const int32_t imaps = MAILTLS_SERVICE_IMAPS;
    NULL_IS_REFUSED(mailtls_server_connection_new(NULL, imaps, 0, &c));
    NULL_IS_REFUSED(mailtls_server_connection_new(server, imaps, 0, NULL));
    NULL_IS_REFUSED(mailtls_server_connection_new(NULL, imaps, 0, NULL));
    NULL_IS_REFUSED(mailtls_client_connection_new(NULL, imaps, SERVER_NAME, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_new(client, imaps, NULL, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_new(client, imaps, SERVER_NAME, 0, NULL));
    NULL_IS_REFUSED(mailtls_client_connection_new(NULL, imaps, NULL, 0, NULL));
    NULL_IS_REFUSED(
        mailtls_client_connection_new_for_account(NULL, imaps, SERVER_NAME, USER, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_new_for_account(client, imaps, NULL, USER, 0, &c));
    NULL_IS_REFUSED(
        mailtls_client_connection_new_for_account(client, imaps, SERVER_NAME, NULL, 0, &c));
    NULL_IS_REFUSED(
        mailtls_client_connection_new_for_account(client, imaps, SERVER_NAME, USER, 0, NULL));
    CHECK(c == NULL);
    mailtls_connection_free(NULL);
}

static void calls_without_handle(void)
{
    const uint8_t *bytes = NULL;
    const uint8_t byte = 0;
    uint8_t buffer[32] = {0};
    size_t length = 42;
    int32_t event = 42;
    uint64_t deadline = 42;
    NULL_IS_REFUSED(mailtls_connection_handle_input(NULL, &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_handle_end_of_input(NULL, 0));
    NULL_IS_REFUSED(mailtls_connection_handle_timeout(NULL, 0));
    NULL_IS_REFUSED(mailtls_connection_poll_event(NULL, &event));
    NULL_IS_REFUSED(mailtls_connection_poll_transmit(NULL, &bytes, &length));
    NULL_IS_REFUSED(mailtls_connection_transmitted(NULL, 0));
    NULL_IS_REFUSED(mailtls_connection_poll_timeout(NULL, &deadline));
    NULL_IS_REFUSED(mailtls_connection_accept(NULL, 0));
    NULL_IS_REFUSED(mailtls_connection_reject(NULL, 0, 0));
    NULL_IS_REFUSED(mailtls_connection_authenticate(NULL, "PLAIN", USER, &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_authenticate_as(NULL, "PLAIN", USER, "", &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_authenticate_external(NULL, "", 0));
    NULL_IS_REFUSED(mailtls_connection_authenticate_raw(NULL, "GSSAPI", &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_respond(NULL, &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_cancel(NULL, 0));
    NULL_IS_REFUSED(mailtls_connection_scram_secret(NULL, &byte, 1, 4096, buffer, buffer, 32, 0));
    NULL_IS_REFUSED(mailtls_connection_scram_password(NULL, &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_send_challenge(NULL, &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_set_apop_timestamp(NULL, "<1@a>"));
    NULL_IS_REFUSED(mailtls_connection_accept_certificate(NULL, USER, 0, 0));
    NULL_IS_REFUSED(mailtls_connection_refuse_certificate(NULL, 0));
    NULL_IS_REFUSED(mailtls_connection_log_out(NULL, 0));
    NULL_IS_REFUSED(mailtls_connection_read(NULL, buffer, sizeof buffer, &length));
    NULL_IS_REFUSED(mailtls_connection_write(NULL, &byte, 1, &length));
    NULL_IS_REFUSED(mailtls_connection_close(NULL, 0));
    CHECK(bytes == NULL && length == 42 && event == 42 && deadline == 42);
}

static void getters_without_handle(void)
{
    CHECK_IS(mailtls_connection_wants_input(NULL), 0);
    CHECK_IS(mailtls_connection_error(NULL), 0);
    CHECK(mailtls_connection_reason(NULL) == NULL);
    CHECK(mailtls_connection_misuse_reason(NULL) == NULL);
    CHECK_IS(mailtls_connection_message_condition(NULL), MAILTLS_CONDITION_NONE);
    CHECK_IS(mailtls_connection_message_is_alert(NULL), 0);
    CHECK_IS(mailtls_connection_message_is_tagged(NULL), 0);
    CHECK(mailtls_connection_message_code(NULL) == NULL);
    CHECK(mailtls_connection_message_code_arguments(NULL) == NULL);
    CHECK(mailtls_connection_message_text(NULL) == NULL);
    CHECK(mailtls_connection_messages_dropped(NULL) == 0);
    CHECK(mailtls_connection_greeting_code_arguments(NULL) == NULL);
    CHECK(mailtls_connection_refusal_code_arguments(NULL) == NULL);
    CHECK_IS(mailtls_connection_service(NULL), 0);
    CHECK_IS(mailtls_connection_readable(NULL), 0);
    CHECK(mailtls_connection_credentials_mechanism(NULL) == NULL);
    CHECK(mailtls_connection_credentials_user(NULL) == NULL);
    CHECK(mailtls_connection_credentials_authorization_identity(NULL) == NULL);
    CHECK(mailtls_connection_client_name(NULL) == NULL);
    CHECK_IS(mailtls_connection_pop3_utf8(NULL), 0);
    CHECK_IS(mailtls_connection_greeting_status(NULL), MAILTLS_GREETING_STATUS_NONE);
    CHECK(mailtls_connection_greeting(NULL) == NULL);
    CHECK(mailtls_connection_greeting_code(NULL) == NULL);
    CHECK_IS(mailtls_connection_capability_count(NULL), 0);
    CHECK(mailtls_connection_capability(NULL, 0) == NULL);
    CHECK(mailtls_connection_refusal_code(NULL) == NULL);
    CHECK(mailtls_connection_refusal_text(NULL) == NULL);
    CHECK_IS(mailtls_connection_refusal_temporary(NULL), 0);
    CHECK(mailtls_connection_refusal_details(NULL) == NULL);
    CHECK(mailtls_connection_best_mechanism(NULL, MAILTLS_MEANS_PASSWORD, NULL) == NULL);
    CHECK(mailtls_connection_certificate_reason(NULL) == NULL);
    CHECK_IS(mailtls_connection_client_certificate(NULL), MAILTLS_CLIENT_CERTIFICATE_NONE);
    CHECK(mailtls_connection_tls_version(NULL) == NULL);
    CHECK(mailtls_connection_cipher_suite(NULL) == NULL);
    CHECK_IS(mailtls_connection_cipher_bits(NULL), 0);
    CHECK(mailtls_connection_group(NULL) == NULL);
    CHECK(mailtls_connection_alpn(NULL) == NULL);
    CHECK_IS(mailtls_connection_resumed(NULL), 0);
    CHECK_IS(mailtls_connection_alert_sent(NULL), -1);
    CHECK_IS(mailtls_connection_alert_received(NULL), -1);
    CHECK_IS(mailtls_connection_peer_certificate_count(NULL), 0);
    CHECK(mailtls_connection_peer_subject(NULL) == NULL);
    CHECK(mailtls_connection_peer_issuer(NULL) == NULL);
    CHECK_IS(mailtls_connection_peer_dns_name_count(NULL), 0);
    CHECK(mailtls_connection_peer_dns_name(NULL, 0) == NULL);
}

/* Those of the getters that write their result; with and without a handle. */
static void places_for_results(mailtls_connection *c)
{
    const uint8_t *bytes = NULL;
    uint8_t sha256[32] = {0};
    size_t length = 42;
    int64_t time = 42;
    NULL_IS_REFUSED(mailtls_connection_credentials_password(NULL, &bytes, &length));
    NULL_IS_REFUSED(mailtls_connection_credentials_password(c, NULL, &length));
    NULL_IS_REFUSED(mailtls_connection_credentials_password(c, &bytes, NULL));
    int32_t flag = 42;
    NULL_IS_REFUSED(mailtls_connection_credentials_match(NULL, sha256, 1, &flag));
    NULL_IS_REFUSED(mailtls_connection_credentials_match(c, NULL, 1, &flag));
    NULL_IS_REFUSED(mailtls_connection_credentials_match(c, sha256, 1, NULL));
    NULL_IS_REFUSED(mailtls_connection_response(NULL, &bytes, &length, &flag));
    NULL_IS_REFUSED(mailtls_connection_response(c, NULL, &length, &flag));
    NULL_IS_REFUSED(mailtls_connection_response(c, &bytes, NULL, &flag));
    NULL_IS_REFUSED(mailtls_connection_response(c, &bytes, &length, NULL));
    NULL_IS_REFUSED(mailtls_connection_challenge(NULL, &bytes, &length));
    NULL_IS_REFUSED(mailtls_connection_challenge(c, NULL, &length));
    NULL_IS_REFUSED(mailtls_connection_challenge(c, &bytes, NULL));
    NULL_IS_REFUSED(mailtls_connection_channel_binding(NULL, "tls-exporter", sha256, 32, &length));
    NULL_IS_REFUSED(mailtls_connection_channel_binding(c, NULL, sha256, 32, &length));
    NULL_IS_REFUSED(mailtls_connection_channel_binding(c, "tls-exporter", sha256, 32, NULL));
    CHECK_IS(flag, 42);
    NULL_IS_REFUSED(mailtls_connection_peer_certificate(NULL, 0, &bytes, &length));
    NULL_IS_REFUSED(mailtls_connection_peer_certificate(c, 0, NULL, &length));
    NULL_IS_REFUSED(mailtls_connection_peer_certificate(c, 0, &bytes, NULL));
    NULL_IS_REFUSED(mailtls_connection_peer_validity(NULL, &time, &time));
    NULL_IS_REFUSED(mailtls_connection_peer_validity(c, NULL, &time));
    NULL_IS_REFUSED(mailtls_connection_peer_validity(c, &time, NULL));
    NULL_IS_REFUSED(mailtls_connection_peer_sha256(NULL, sha256));
    NULL_IS_REFUSED(mailtls_connection_peer_sha256(c, NULL));
    CHECK(bytes == NULL && length == 42 && time == 42);
}

static void calls(mailtls_connection *c)
{
    const uint8_t *bytes = NULL;
    const uint8_t byte = 0;
    size_t length = 42;
    NULL_IS_REFUSED(mailtls_connection_handle_input(c, NULL, 1, 0));
    CHECK_IS(mailtls_connection_handle_input(c, NULL, 0, 0), 0);
    NULL_IS_REFUSED(mailtls_connection_poll_event(c, NULL));
    NULL_IS_REFUSED(mailtls_connection_poll_transmit(c, NULL, &length));
    NULL_IS_REFUSED(mailtls_connection_poll_transmit(c, &bytes, NULL));
    NULL_IS_REFUSED(mailtls_connection_poll_timeout(c, NULL));
    NULL_IS_REFUSED(mailtls_connection_authenticate(c, "PLAIN", NULL, &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_authenticate(c, "PLAIN", USER, NULL, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_authenticate_as(c, "PLAIN", NULL, "", &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_authenticate_as(c, "PLAIN", USER, NULL, &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_authenticate_as(c, "PLAIN", USER, "", NULL, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_authenticate_external(c, NULL, 0));
    NULL_IS_REFUSED(mailtls_connection_authenticate_raw(c, NULL, &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_authenticate_raw(c, "GSSAPI", NULL, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_respond(c, NULL, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_scram_secret(c, NULL, 1, 4096, &byte, &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_scram_secret(c, &byte, 1, 4096, NULL, &byte, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_scram_secret(c, &byte, 1, 4096, &byte, NULL, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_scram_password(c, NULL, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_send_challenge(c, NULL, 1, 0));
    NULL_IS_REFUSED(mailtls_connection_set_apop_timestamp(c, NULL));
    NULL_IS_REFUSED(mailtls_connection_accept_certificate(c, NULL, 0, 0));
    NULL_IS_REFUSED(mailtls_connection_read(c, NULL, 1, NULL));
    NULL_IS_REFUSED(mailtls_connection_write(c, &byte, 1, NULL));
    CHECK(bytes == NULL && length == 42);
}

/* Before the hand-off the state is what is wrong first; after it, the pointer. */
static void buffers_after_the_hand_off(mailtls_connection *c)
{
    uint8_t buffer[8];
    size_t length = 42;
    NULL_IS_REFUSED(mailtls_connection_read(c, NULL, 1, &length));
    NULL_IS_REFUSED(mailtls_connection_read(c, buffer, sizeof buffer, NULL));
    NULL_IS_REFUSED(mailtls_connection_write(c, NULL, 1, &length));
    CHECK_IS(length, 42);
    CHECK_IS(mailtls_connection_read(c, NULL, 0, &length), 0);
    CHECK_IS(length, 0);
}

int main(void)
{
    mailtls_server_config *server = server_config("server");
    mailtls_client_config *client =
        client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    library();
    scram_keys();
    server_builder_without_handle();
    server_builder_with_null();
    client_builder_with_null();
    connection_new(server, client);
    calls_without_handle();
    getters_without_handle();

    struct pair pair;
    pair_open(&pair, server, client, MAILTLS_SERVICE_IMAPS);
    places_for_results(pair.client.connection);
    places_for_results(pair.server.connection);
    calls(pair.client.connection);
    calls(pair.server.connection);
    /* None of it has harmed the connection. */
    pair_run(&pair);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_HANDED_OFF), 1);
    places_for_results(pair.client.connection);
    calls(pair.client.connection);
    /* Now there is a binding to write. */
    size_t length = 42;
    NULL_IS_REFUSED(mailtls_connection_channel_binding(pair.client.connection, "tls-exporter", NULL,
                                                       32, &length));
    CHECK_IS(length, 42);
    buffers_after_the_hand_off(pair.client.connection);
    buffers_after_the_hand_off(pair.server.connection);
    pair_close(&pair);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
    return check_end("null_arguments");
}
