/* null_configuration.c: as null_arguments.c, for a server's certificates, for revocation lists and for
 * the line for the log. */
#include "check.h"
#include "pair.h"

#define NULL_IS_REFUSED(call) CHECK_IS(call, MAILTLS_ERROR_NULL_ARGUMENT)

static void server_certificates(void)
{
    const uint8_t byte = 0;
    mailtls_server_config_builder *b = mailtls_server_config_builder_new();
    NULL_IS_REFUSED(mailtls_server_config_builder_additional_certificate_files(NULL, "a", "b"));
    NULL_IS_REFUSED(
        mailtls_server_config_builder_additional_certificate_pem(NULL, &byte, 1, &byte, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_tickets_of(NULL, NULL));
    NULL_IS_REFUSED(mailtls_server_config_builder_additional_certificate_files(b, NULL, "b"));
    NULL_IS_REFUSED(mailtls_server_config_builder_additional_certificate_files(
        b, certificate_file("server.pem"), NULL));
    NULL_IS_REFUSED(
        mailtls_server_config_builder_additional_certificate_pem(b, NULL, 1, &byte, 1));
    NULL_IS_REFUSED(
        mailtls_server_config_builder_additional_certificate_pem(b, &byte, 1, NULL, 1));
    CHECK_IS(mailtls_server_config_builder_additional_certificate_pem(b, NULL, 0, NULL, 0),
             MAILTLS_ERROR_NO_CERTIFICATE);
    NULL_IS_REFUSED(mailtls_server_config_builder_tickets_of(b, NULL));
    mailtls_server_config_builder_free(b);
}

static void revocation(void)
{
    const uint8_t byte = 0;
    mailtls_server_config_builder *server = mailtls_server_config_builder_new();
    mailtls_client_config_builder *client = mailtls_client_config_builder_new();
    NULL_IS_REFUSED(mailtls_server_config_builder_revocation_list(NULL, &byte, 1));
    NULL_IS_REFUSED(mailtls_client_config_builder_revocation_list(NULL, &byte, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_refuse_unknown_revocation(NULL, 1));
    NULL_IS_REFUSED(mailtls_client_config_builder_refuse_unknown_revocation(NULL, 1));
    NULL_IS_REFUSED(mailtls_server_config_builder_revocation_list(server, NULL, 1));
    NULL_IS_REFUSED(mailtls_client_config_builder_revocation_list(client, NULL, 1));
    CHECK_IS(mailtls_server_config_builder_revocation_list(server, NULL, 0),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_client_config_builder_revocation_list(client, NULL, 0),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    mailtls_server_config_builder_free(server);
    mailtls_client_config_builder_free(client);
}

static void policies(void)
{
    mailtls_server_config_builder *server = mailtls_server_config_builder_new();
    mailtls_client_config_builder *client = mailtls_client_config_builder_new();
    mailtls_policy *policy = NULL;
    mailtls_verdict *verdict = NULL;
    CHECK_IS(mailtls_policy_new(&policy), 0);
    NULL_IS_REFUSED(mailtls_server_config_builder_policy(NULL, policy));
    NULL_IS_REFUSED(mailtls_client_config_builder_policy(NULL, policy));
    NULL_IS_REFUSED(mailtls_server_config_builder_policy(server, NULL));
    NULL_IS_REFUSED(mailtls_client_config_builder_policy(client, NULL));
    NULL_IS_REFUSED(mailtls_connection_verdict(NULL, &verdict));
    CHECK(verdict == NULL);
    mailtls_policy_free(policy);
    mailtls_server_config_builder_free(server);
    mailtls_client_config_builder_free(client);
}

static void log_line(void)
{
    mailtls_server_config *config = server_config("server");
    mailtls_connection *c = NULL;
    uint8_t buffer[8] = {0};
    size_t length = 42;
    CHECK_IS(mailtls_server_connection_new(config, MAILTLS_SERVICE_IMAPS, 0, &c), 0);
    mailtls_server_config_free(config);
    NULL_IS_REFUSED(mailtls_connection_verdict(c, NULL));
    NULL_IS_REFUSED(mailtls_connection_log_line(NULL, buffer, sizeof buffer, &length));
    NULL_IS_REFUSED(mailtls_connection_log_line(c, NULL, 4096, &length));
    NULL_IS_REFUSED(mailtls_connection_log_line(c, buffer, sizeof buffer, NULL));
    CHECK_IS(length, 42);
    CHECK_IS(buffer[0], 0);
    CHECK_IS(mailtls_connection_authentications_refused_in_clear(NULL), 0);
    mailtls_connection_free(c);
}

int main(void)
{
    server_certificates();
    revocation();
    policies();
    log_line();
    return check_end("null_configuration");
}
