/* null_host_tls.c: as null_arguments.c, for the functions with which a host tells of its own TLS. */
#include "check.h"
#include "pair.h"

#define NULL_IS_REFUSED(call) CHECK_IS(call, MAILTLS_ERROR_NULL_ARGUMENT)

static void facts_without_handle(void)
{
    const uint8_t byte = 0;
    mailtls_tls_facts_free(NULL);
    CHECK(mailtls_tls_facts_reason(NULL) == NULL);
    NULL_IS_REFUSED(mailtls_tls_facts_new(0x0304, 0x1301, NULL));
    NULL_IS_REFUSED(mailtls_tls_facts_group(NULL, 29));
    NULL_IS_REFUSED(mailtls_tls_facts_alpn(NULL, &byte, 1));
    NULL_IS_REFUSED(mailtls_tls_facts_resumed(NULL, 1));
    NULL_IS_REFUSED(mailtls_tls_facts_peer_certificate(NULL, &byte, 1));
    NULL_IS_REFUSED(mailtls_tls_facts_peer_validation(NULL, MAILTLS_PEER_VALIDATION_PKIX));
    NULL_IS_REFUSED(mailtls_tls_facts_client_certificate_sent(NULL, 1));
    NULL_IS_REFUSED(mailtls_tls_facts_client_certificate_requested(NULL, 1));
    NULL_IS_REFUSED(mailtls_tls_facts_channel_binding(NULL, "tls-exporter", &byte, 1));
}

static void facts_with_null(mailtls_tls_facts *facts)
{
    const uint8_t byte = 0;
    CHECK(mailtls_tls_facts_reason(facts) == NULL);
    NULL_IS_REFUSED(mailtls_tls_facts_alpn(facts, NULL, 1));
    CHECK(mailtls_tls_facts_reason(facts) != NULL);
    CHECK_IS(mailtls_tls_facts_alpn(facts, NULL, 0), 0);
    NULL_IS_REFUSED(mailtls_tls_facts_peer_certificate(facts, NULL, 1));
    NULL_IS_REFUSED(mailtls_tls_facts_channel_binding(facts, NULL, &byte, 1));
    NULL_IS_REFUSED(mailtls_tls_facts_channel_binding(facts, "tls-exporter", NULL, 32));
}

static void connections(const mailtls_server_config *server, const mailtls_client_config *client,
                        mailtls_tls_facts *facts)
{
    mailtls_connection *c = NULL;
    NULL_IS_REFUSED(mailtls_server_config_builder_explains_refused_tls(NULL, 1));
    const int32_t imaps = MAILTLS_SERVICE_IMAPS;
    NULL_IS_REFUSED(mailtls_server_connection_on_host_tls(NULL, imaps, facts, 0, &c));
    NULL_IS_REFUSED(mailtls_server_connection_on_host_tls(server, imaps, NULL, 0, &c));
    NULL_IS_REFUSED(mailtls_server_connection_on_host_tls(server, imaps, facts, 0, NULL));
    NULL_IS_REFUSED(mailtls_client_connection_on_host_tls(NULL, imaps, facts, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_on_host_tls(client, imaps, NULL, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_on_host_tls(client, imaps, facts, 0, NULL));
    NULL_IS_REFUSED(mailtls_server_connection_before_host_tls(NULL, imaps, 0, &c));
    NULL_IS_REFUSED(mailtls_server_connection_before_host_tls(server, imaps, 0, NULL));
    NULL_IS_REFUSED(mailtls_client_connection_before_host_tls(NULL, imaps, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_before_host_tls(client, imaps, 0, NULL));
    mailtls_target *target = NULL;
    CHECK_IS(mailtls_target_new(imaps, SERVER_NAME, &target), 0);
    NULL_IS_REFUSED(mailtls_client_connection_to_before_host_tls(NULL, target, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_to_before_host_tls(client, NULL, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_to_before_host_tls(client, target, 0, NULL));
    NULL_IS_REFUSED(mailtls_client_connection_to_on_host_tls(NULL, target, facts, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_to_on_host_tls(client, NULL, facts, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_to_on_host_tls(client, target, NULL, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_to_on_host_tls(client, target, facts, 0, NULL));
    mailtls_target_free(target);
    NULL_IS_REFUSED(mailtls_connection_tls_established(NULL, facts, 0));
    NULL_IS_REFUSED(mailtls_connection_tls_failed(NULL, MAILTLS_ERROR_TLS_PROTOCOL, "", 0));
    CHECK(c == NULL);
    CHECK_IS(mailtls_server_connection_before_host_tls(server, imaps, 0, &c), 0);
    NULL_IS_REFUSED(mailtls_connection_tls_established(c, NULL, 0));
    NULL_IS_REFUSED(mailtls_connection_tls_failed(c, MAILTLS_ERROR_TLS_PROTOCOL, NULL, 0));
    mailtls_connection_free(c);
}

int main(void)
{
    mailtls_server_config *server = server_config("server");
    mailtls_client_config *client =
        client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    mailtls_tls_facts *facts = NULL;
    CHECK_IS(mailtls_tls_facts_new(0x0304, 0x1301, &facts), 0);
    facts_without_handle();
    facts_with_null(facts);
    connections(server, client, facts);
    mailtls_tls_facts_free(facts);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
    return check_end("null_host_tls");
}
