/* null_target.c: as null_arguments.c, for what a client connects to and finds there. */
#include "check.h"
#include "pair.h"

#define NULL_IS_REFUSED(call) CHECK_IS(call, MAILTLS_ERROR_NULL_ARGUMENT)

static void targets(void)
{
    mailtls_target *target = NULL;
    mailtls_target_free(NULL);
    CHECK(mailtls_target_reason(NULL) == NULL);
    NULL_IS_REFUSED(mailtls_target_new(MAILTLS_SERVICE_IMAPS, NULL, &target));
    NULL_IS_REFUSED(mailtls_target_new(MAILTLS_SERVICE_IMAPS, SERVER_NAME, NULL));
    NULL_IS_REFUSED(mailtls_target_account(NULL, USER));
    NULL_IS_REFUSED(mailtls_target_deferred(NULL));
    mailtls_minimum *minimum = mailtls_minimum_new();
    const uint8_t pin[32] = {0};
    NULL_IS_REFUSED(mailtls_target_minimum(NULL, minimum));
    NULL_IS_REFUSED(mailtls_target_pin(NULL, pin));
    CHECK(target == NULL);
    CHECK_IS(mailtls_target_new(MAILTLS_SERVICE_IMAPS, SERVER_NAME, &target), 0);
    CHECK(mailtls_target_reason(target) == NULL);
    NULL_IS_REFUSED(mailtls_target_account(target, NULL));
    NULL_IS_REFUSED(mailtls_target_minimum(target, NULL));
    NULL_IS_REFUSED(mailtls_target_pin(target, NULL));
    mailtls_minimum_free(minimum);
    CHECK(mailtls_target_reason(target) != NULL);
    mailtls_target_free(target);
}

static void connections(const mailtls_client_config *config, const mailtls_target *target)
{
    mailtls_connection *c = NULL;
    NULL_IS_REFUSED(mailtls_client_connection_new_to(NULL, target, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_new_to(config, NULL, 0, &c));
    NULL_IS_REFUSED(mailtls_client_connection_new_to(config, target, 0, NULL));
    NULL_IS_REFUSED(mailtls_connection_accept_server_certificate(NULL, 0));
    NULL_IS_REFUSED(mailtls_connection_refuse_server_certificate(NULL, "", 0));
    NULL_IS_REFUSED(mailtls_connection_pin_server_certificate(
        NULL, NULL, MAILTLS_ACKNOWLEDGED_THAT_PASSWORDS_AND_MESSAGES_ARE_EXPOSED, 0));
    CHECK(c == NULL);
}

static void getters(const mailtls_connection *c)
{
    const uint8_t *bytes = NULL;
    uint8_t buffer[8] = {0};
    size_t length = 42;
    CHECK_IS(mailtls_connection_server_certificate_check(NULL), MAILTLS_CHECK_NONE);
    CHECK_IS(mailtls_connection_peer_validation(NULL), MAILTLS_PEER_VALIDATION_NONE);
    NULL_IS_REFUSED(
        mailtls_connection_server_certificate_reason(NULL, buffer, sizeof buffer, &length));
    NULL_IS_REFUSED(mailtls_connection_ocsp_response(NULL, &bytes, &length));
    NULL_IS_REFUSED(mailtls_connection_ocsp_response(c, NULL, &length));
    NULL_IS_REFUSED(mailtls_connection_ocsp_response(c, &bytes, NULL));
    CHECK(bytes == NULL && length == 42);
}

/* In time, when there is something to refuse and to tell of. */
static void react_with_null(struct pair *pair, struct end *end, int32_t event)
{
    mailtls_connection *c = end->connection;
    if (event != MAILTLS_EVENT_SERVER_CERTIFICATE) {
        return;
    }
    size_t length = 42;
    uint8_t buffer[8] = {0};
    NULL_IS_REFUSED(mailtls_connection_refuse_server_certificate(c, NULL, pair->now));
    NULL_IS_REFUSED(mailtls_connection_pin_server_certificate(
        c, NULL, MAILTLS_ACKNOWLEDGED_THAT_PASSWORDS_AND_MESSAGES_ARE_EXPOSED, pair->now));
    NULL_IS_REFUSED(mailtls_connection_server_certificate_reason(c, NULL, 4096, &length));
    CHECK_IS(length, 42);
    NULL_IS_REFUSED(mailtls_connection_server_certificate_reason(c, buffer, sizeof buffer, NULL));
    CHECK_IS(buffer[0], 0);
    getters(c);
}

int main(void)
{
    mailtls_server_config *server = server_config("other");
    mailtls_client_config *client =
        client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    mailtls_target *target = NULL;
    CHECK_IS(mailtls_target_new(MAILTLS_SERVICE_IMAPS, SERVER_NAME, &target), 0);
    CHECK_IS(mailtls_target_deferred(target), 0);
    targets();
    connections(client, target);

    struct pair pair = {.react = react_with_null};
    CHECK_IS(mailtls_server_connection_new(server, MAILTLS_SERVICE_IMAPS, 0, &pair.server.connection),
             0);
    CHECK_IS(mailtls_client_connection_new_to(client, target, 0, &pair.client.connection), 0);
    mailtls_target_free(target);
    pair_run(&pair);
    /* It waits as before. */
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_SERVER_CERTIFICATE), 1);
    CHECK_IS(mailtls_connection_error(pair.client.connection), 0);
    pair_close(&pair);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
    return check_end("null_target");
}
