/* minimum.c: what an account asks of its connections: a certificate pinned at set-up and then looked up,
 * the minimum that a pin does not meet, and policies with their verdict. */
#include "check.h"
#include "pair.h"

#define ACCOUNT "tim@mail.example"
#define TOLD MAILTLS_ACKNOWLEDGED_THAT_PASSWORDS_AND_MESSAGES_ARE_EXPOSED

static void log_in(struct pair *pair, mailtls_connection *c)
{
    CHECK_IS(mailtls_connection_authenticate(c, NULL, USER, (const uint8_t *)PASSWORD,
                                             strlen(PASSWORD), pair->now), 0);
}

/* Sets an account up: the certificate is pinned before a word is said. */
static void set_up(struct pair *pair, struct end *end, int32_t event)
{
    mailtls_connection *c = end->connection;
    mailtls_account_setup *setup = pair->context;
    mailtls_account_setup *stranger = NULL;
    switch (event) {
    case MAILTLS_EVENT_SERVER_CERTIFICATE:
        CHECK_IS(mailtls_connection_pin_server_certificate(c, setup, 0, pair->now),
                 MAILTLS_ERROR_INVALID_ARGUMENT);
        CHECK_IS(mailtls_account_setup_new("somebody@else.example", &stranger), 0);
        CHECK_IS(mailtls_connection_pin_server_certificate(c, stranger, TOLD, pair->now),
                 MAILTLS_ERROR_INVALID_ARGUMENT);
        mailtls_account_setup_free(stranger);
        CHECK_IS(mailtls_connection_pin_server_certificate(c, setup, TOLD, pair->now), 0);
        CHECK_IS(mailtls_connection_peer_validation(c), MAILTLS_PEER_VALIDATION_PIN);
        break;
    case MAILTLS_EVENT_CAPABILITIES: log_in(pair, c); break;
    case MAILTLS_EVENT_CREDENTIALS: CHECK_IS(mailtls_connection_accept(c, pair->now), 0); break;
    default: break;
    }
}

static void use(struct pair *pair, struct end *end, int32_t event)
{
    if (event == MAILTLS_EVENT_CAPABILITIES) {
        log_in(pair, end->connection);
    } else if (event == MAILTLS_EVENT_CREDENTIALS) {
        CHECK_IS(mailtls_connection_accept(end->connection, pair->now), 0);
    }
}

static mailtls_target *target_of_account(void)
{
    mailtls_target *target = NULL;
    CHECK_IS(mailtls_target_new(MAILTLS_SERVICE_IMAPS, SERVER_NAME, &target), 0);
    CHECK_IS(mailtls_target_account(target, ACCOUNT), 0);
    return target;
}

/* A client that trusts nobody who has issued the server's certificate. Frees the target. */
static void run(struct pair *pair, mailtls_target *target)
{
    mailtls_server_config *server = server_config("server");
    mailtls_client_config *client =
        client_config("other-ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    CHECK_IS(mailtls_server_connection_new(server, MAILTLS_SERVICE_IMAPS, 0, &pair->server.connection),
             0);
    CHECK_IS(mailtls_client_connection_new_to(client, target, 0, &pair->client.connection), 0);
    mailtls_target_free(target);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
    pair_run(pair);
}

static void pin_at_set_up(mailtls_pin_store *store)
{
    mailtls_account_setup *setup = NULL;
    CHECK_IS(mailtls_account_setup_new(ACCOUNT, &setup), 0);
    struct pair pair = {.react = set_up, .context = setup};
    mailtls_target *target = target_of_account();
    CHECK_IS(mailtls_target_deferred(target), 0);
    run(&pair, target);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_AUTHENTICATED), 1);
    /* Once only, and not later. */
    CHECK_IS(mailtls_connection_pin_server_certificate(pair.client.connection, setup, TOLD, 0),
             MAILTLS_ERROR_WRONG_STATE);
    pair_close(&pair);
    CHECK_IS(mailtls_account_setup_finish(setup, store), 0);
    mailtls_account_setup_free(setup);
    CHECK_IS(mailtls_pin_store_count(store), 1);
}

/* What a connection of the account ends with, when its minimum is lowered or not. */
static int32_t with_pin(const mailtls_pin_store *store, bool lowered)
{
    uint8_t pin[32];
    mailtls_target *target = target_of_account();
    mailtls_minimum *minimum = mailtls_minimum_new();
    if (mailtls_pin_store_lookup(store, ACCOUNT, SERVER_NAME, pin) == 0) {
        CHECK_IS(mailtls_target_pin(target, pin), 0);
    }
    if (lowered) {
        CHECK_IS(mailtls_minimum_lower(minimum, MAILTLS_LOWERED_PINNED, TOLD), 0);
    }
    CHECK_IS(mailtls_target_minimum(target, minimum), 0);
    mailtls_minimum_free(minimum);
    struct pair pair = {.react = use};
    run(&pair, target);
    const int32_t error = mailtls_connection_error(pair.client.connection);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_AUTHENTICATED), error == 0);
    CHECK_IS(mailtls_connection_peer_validation(pair.client.connection),
             error == 0 ? MAILTLS_PEER_VALIDATION_PIN : MAILTLS_PEER_VALIDATION_NONE);
    pair_close(&pair);
    return error;
}

static void pins(void)
{
    mailtls_pin_store *store = mailtls_pin_store_new();
    CHECK_IS(with_pin(store, true), MAILTLS_ERROR_CERTIFICATE_UNTRUSTED);
    pin_at_set_up(store);
    CHECK_IS(with_pin(store, true), 0);
    CHECK_IS(with_pin(store, false), MAILTLS_ERROR_CERTIFICATE_UNTRUSTED);
    CHECK_IS(mailtls_pin_store_remove(store, ACCOUNT, SERVER_NAME), 0);
    CHECK_IS(with_pin(store, true), MAILTLS_ERROR_CERTIFICATE_UNTRUSTED);
    mailtls_pin_store_free(store);
}

static mailtls_policy *policy_of(const char *text)
{
    mailtls_policy *policy = NULL;
    CHECK_IS(mailtls_policy_new(&policy), 0);
    CHECK_IS(mailtls_policy_parse(policy, text), 0);
    return policy;
}

/* What a server and a client negotiate under two policies; "" when nothing. */
static const char *negotiated(const char *server_policy, const char *client_policy)
{
    static char version[16];
    mailtls_server_config_builder *server = server_builder("server");
    mailtls_client_config_builder *client = client_builder("ca.pem");
    mailtls_policy *policy = policy_of(server_policy);
    CHECK_IS(mailtls_server_config_builder_policy(server, policy), 0);
    mailtls_policy_free(policy);
    policy = policy_of(client_policy);
    CHECK_IS(mailtls_client_config_builder_policy(client, policy), 0);
    mailtls_policy_free(policy);
    mailtls_server_config *server_config = server_built(server);
    mailtls_client_config *client_config = client_built(client);
    struct pair pair;
    pair_open(&pair, server_config, client_config, MAILTLS_SERVICE_IMAPS);
    mailtls_verdict *verdict = NULL;
    CHECK_IS(mailtls_connection_verdict(pair.client.connection, &verdict),
             MAILTLS_ERROR_WRONG_STATE);
    pair_run(&pair);
    const char *stands = mailtls_connection_tls_version(pair.client.connection);
    (void)snprintf(version, sizeof version, "%s", stands == NULL ? "" : stands);
    if (stands != NULL) {
        CHECK_IS(mailtls_connection_verdict(pair.client.connection, &verdict), 0);
        CHECK_IS(mailtls_verdict_standing(verdict), MAILTLS_STANDING_ACCEPTED);
        CHECK_IS(mailtls_verdict_reason_count(verdict), 0);
        mailtls_verdict_free(verdict);
    } else {
        CHECK_IS(pair.server.error, MAILTLS_ERROR_TLS_POLICY);
    }
    pair_close(&pair);
    mailtls_server_config_free(server_config);
    mailtls_client_config_free(client_config);
    return version;
}

static void policies(void)
{
    mailtls_server_config *config = NULL;
    CHECK_TEXT(negotiated("rfc8997", "rfc8997"), "TLSv1.3");
    CHECK_TEXT(negotiated("rfc8997 -TLSv1.3", "bcp195"), "TLSv1.2");
    CHECK_TEXT(negotiated("modern", "rfc8997 -TLSv1.3"), "");
    mailtls_server_config_builder *b = server_builder("server");
    mailtls_policy *nothing = policy_of("modern -TLS_AES_128_GCM_SHA256 -TLS_AES_256_GCM_SHA384 "
                                        "-TLS_CHACHA20_POLY1305_SHA256");
    CHECK_IS(mailtls_server_config_builder_policy(b, nothing), 0);
    CHECK_IS(mailtls_server_config_builder_build(b, &config), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK(strstr(mailtls_server_config_builder_reason(b), "policy") != NULL);
    mailtls_policy_free(nothing);
    mailtls_server_config_builder_free(b);
}

int main(void)
{
    pins();
    policies();
    return check_end("minimum");
}
