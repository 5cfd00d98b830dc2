/* mechanisms.c: every way to authenticate over a pair of connections in memory, on every service:
 * the password commands, SASL, APOP, and a mechanism that both hosts speak themselves. */
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

enum { ITERATIONS = 4096, KEY_MAX = 32, ROUNDS_MAX = 16 };

static const uint8_t salt[] = "0123456789abcdef";
static const char raw_name[] = "X-COUNT";

/* How this test's hosts behave, and what they have seen. */
struct hosts {
    /* the client's */
    const char *mechanism; /* NULL for the best */
    const char *authorization_identity;
    const char *secret;
    bool cancels;
    /* the server's */
    const char *expected; /* the mechanism that is to come */
    bool keeps_passwords;
    bool lies;            /* about the key by which it proves itself */
    bool knows_user;
    bool rejects;
    unsigned rounds; /* challenges in the mechanism of the hosts */
    unsigned secrets_wanted;
    unsigned credentials;
    unsigned responses;
    unsigned challenges;
};

static mailtls_server_config *server;
static mailtls_client_config *client;

/* --- the server's host --- */

static void give_secret(struct pair *pair, mailtls_connection *c)
{
    struct hosts *hosts = pair->context;
    uint8_t stored[KEY_MAX];
    uint8_t proof[KEY_MAX];
    size_t length = 0;
    hosts->secrets_wanted++;
    CHECK_TEXT(mailtls_connection_credentials_mechanism(c), hosts->expected);
    CHECK_TEXT(mailtls_connection_credentials_user(c), USER);
    const char *name = mailtls_connection_credentials_mechanism(c);
    const uint8_t *bytes = NULL;
    CHECK_IS(mailtls_connection_credentials_password(c, &bytes, &length),
             MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_connection_accept(c, pair->now), MAILTLS_ERROR_WRONG_STATE);
    if (!hosts->knows_user) {
        CHECK_IS(mailtls_connection_reject(c, MAILTLS_REJECTION_INVALID_CREDENTIALS, pair->now), 0);
        return;
    }
    if (hosts->keeps_passwords) {
        CHECK_IS(mailtls_connection_scram_password(c, (const uint8_t *)PASSWORD, strlen(PASSWORD),
                                                   pair->now), 0);
        return;
    }
    /* Keys of the other hash are not taken, and change nothing. */
    bool sha1 = strncmp(name, "SCRAM-SHA-1", 11) == 0;
    CHECK_IS(mailtls_scram_secret_from_password(sha1 ? "SCRAM-SHA-256" : "SCRAM-SHA-1",
                                                (const uint8_t *)PASSWORD, strlen(PASSWORD), salt,
                                                16, ITERATIONS, stored, proof, KEY_MAX, &length), 0);
    CHECK_IS(length, sha1 ? 32 : 20);
    CHECK_IS(mailtls_connection_scram_secret(c, salt, 16, ITERATIONS, stored, proof, length,
                                             pair->now), MAILTLS_ERROR_WRONG_STATE);
    CHECK_TEXT(mailtls_connection_credentials_user(c), USER);
    CHECK_IS(mailtls_scram_secret_from_password(name, (const uint8_t *)PASSWORD, strlen(PASSWORD),
                                                salt, 16, ITERATIONS, stored, proof, KEY_MAX,
                                                &length), 0);
    proof[0] ^= hosts->lies ? 1 : 0;
    CHECK_IS(mailtls_connection_scram_secret(c, salt, 16, ITERATIONS, stored, proof, length,
                                             pair->now), 0);
    CHECK(mailtls_connection_credentials_user(c) == NULL);
}

static bool shows_password(const char *mechanism)
{
    return *mechanism == '\0' || strcmp(mechanism, "PLAIN") == 0 ||
           strcmp(mechanism, "LOGIN") == 0 || strcmp(mechanism, "APOP") == 0;
}

static void decide(struct pair *pair, mailtls_connection *c)
{
    struct hosts *hosts = pair->context;
    const uint8_t *bytes = NULL;
    size_t length = 0;
    int32_t right = 42;
    hosts->credentials++;
    CHECK_TEXT(mailtls_connection_credentials_mechanism(c), hosts->expected);
    CHECK_TEXT(mailtls_connection_credentials_user(c), USER);
    CHECK_TEXT(mailtls_connection_credentials_authorization_identity(c),
               hosts->authorization_identity);
    CHECK_IS(mailtls_connection_credentials_password(c, &bytes, &length), 0);
    CHECK_IS(mailtls_connection_credentials_match(c, (const uint8_t *)"wrong", 5, &right), 0);
    CHECK_IS(right, 0);
    CHECK_IS(mailtls_connection_credentials_match(c, (const uint8_t *)PASSWORD, strlen(PASSWORD),
                                                  &right), 0);
    CHECK_IS(right, shows_password(hosts->expected) && strcmp(hosts->secret, PASSWORD) == 0);
    if (strncmp(hosts->expected, "SCRAM", 5) == 0) {
        CHECK_IS(length, 0);
    } else if (strcmp(hosts->expected, "APOP") == 0) {
        CHECK_IS(length, 32);
    } else {
        CHECK(length == strlen(hosts->secret) && memcmp(bytes, hosts->secret, length) == 0);
    }
    /* What is no answer to it leaves it as it is. */
    CHECK_IS(mailtls_connection_send_challenge(c, bytes, length, pair->now),
             MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_connection_scram_password(c, (const uint8_t *)PASSWORD, 1, pair->now),
             MAILTLS_ERROR_WRONG_STATE);
    CHECK_TEXT(mailtls_connection_credentials_user(c), USER);
    if (hosts->rejects) {
        CHECK_IS(mailtls_connection_reject(c, MAILTLS_REJECTION_INVALID_CREDENTIALS, pair->now), 0);
    } else {
        CHECK_IS(mailtls_connection_accept(c, pair->now), 0);
    }
    CHECK_IS(mailtls_connection_credentials_password(c, &bytes, &length), MAILTLS_ERROR_WRONG_STATE);
    CHECK(mailtls_connection_credentials_mechanism(c) == NULL);
}

/* The hosts' own mechanism: the server counts, "0", "1", …, and the client says the same again. */
static void count(struct pair *pair, mailtls_connection *c)
{
    struct hosts *hosts = pair->context;
    const uint8_t *bytes = NULL;
    size_t length = 42;
    int32_t present = 42;
    CHECK_TEXT(mailtls_connection_credentials_mechanism(c), raw_name);
    CHECK(mailtls_connection_credentials_user(c) == NULL);
    CHECK_IS(mailtls_connection_credentials_password(c, &bytes, &length), MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_connection_response(c, &bytes, &length, &present), 0);
    if (hosts->responses == 0) {
        const char *first = hosts->secret;
        CHECK_IS(present, first == NULL ? 0 : 1);
        CHECK_IS(length, first == NULL ? 0 : strlen(first));
        CHECK(first == NULL || memcmp(bytes, first, length) == 0);
    } else {
        CHECK(present == 1 && length == 1 && *bytes == '0' + hosts->responses - 1);
    }
    const uint8_t next = (uint8_t)('0' + hosts->responses++);
    if (hosts->responses <= hosts->rounds) {
        CHECK_IS(mailtls_connection_send_challenge(c, &next, 1, pair->now),
                 hosts->responses <= ROUNDS_MAX ? 0 : MAILTLS_ERROR_LIMIT_EXCEEDED);
    } else if (hosts->rejects) {
        CHECK_IS(mailtls_connection_reject(c, MAILTLS_REJECTION_TEMPORARY_FAILURE, pair->now), 0);
    } else {
        CHECK_IS(mailtls_connection_accept(c, pair->now), 0);
    }
    CHECK_IS(mailtls_connection_response(c, &bytes, &length, &present), MAILTLS_ERROR_WRONG_STATE);
}

/* --- the client's host --- */

static void log_in(struct pair *pair, mailtls_connection *c)
{
    struct hosts *hosts = pair->context;
    const uint8_t *secret = (const uint8_t *)hosts->secret;
    size_t length = secret == NULL ? 0 : strlen(hosts->secret);
    int32_t result = 0;
    if (hosts->mechanism != NULL && strcmp(hosts->mechanism, raw_name) == 0) {
        result = mailtls_connection_authenticate_raw(c, raw_name, secret, length, pair->now);
    } else if (*hosts->authorization_identity != '\0') {
        result = mailtls_connection_authenticate_as(c, hosts->mechanism, USER,
                                                    hosts->authorization_identity, secret, length,
                                                    pair->now);
    } else {
        result = mailtls_connection_authenticate(c, hosts->mechanism, USER, secret, length,
                                                 pair->now);
    }
    CHECK_IS(result, 0);
}

static void say_again(struct pair *pair, mailtls_connection *c)
{
    struct hosts *hosts = pair->context;
    const uint8_t *bytes = NULL;
    size_t length = 0;
    CHECK_IS(mailtls_connection_challenge(c, &bytes, &length), 0);
    CHECK(length == 1 && *bytes == '0' + hosts->challenges);
    hosts->challenges++;
    if (hosts->cancels) {
        CHECK_IS(mailtls_connection_cancel(c, pair->now), 0);
    } else {
        CHECK_IS(mailtls_connection_respond(c, bytes, length, pair->now), 0);
    }
    CHECK_IS(mailtls_connection_challenge(c, &bytes, &length), MAILTLS_ERROR_WRONG_STATE);
}

static void act(struct pair *pair, struct end *end, int32_t event)
{
    switch (event) {
    case MAILTLS_EVENT_CAPABILITIES: log_in(pair, end->connection); break;
    case MAILTLS_EVENT_CHALLENGE: say_again(pair, end->connection); break;
    case MAILTLS_EVENT_SECRET_WANTED: give_secret(pair, end->connection); break;
    case MAILTLS_EVENT_CREDENTIALS: decide(pair, end->connection); break;
    case MAILTLS_EVENT_RESPONSE: count(pair, end->connection); break;
    default: break;
    }
}

static struct hosts hosts_with(const char *mechanism, const char *secret)
{
    return (struct hosts){.mechanism = mechanism,
                          .authorization_identity = "",
                          .secret = secret,
                          .expected = mechanism,
                          .knows_user = true};
}

static void run(struct pair *pair, struct hosts *hosts, int32_t service)
{
    pair_open(pair, server, client, service);
    pair->react = act;
    pair->context = hosts;
    pair_run(pair);
}

static void check_handed_off(const struct pair *pair)
{
    CHECK_IS(pair->client.error, 0);
    CHECK_IS(pair->server.error, 0);
    CHECK_IS(heard(&pair->client, MAILTLS_EVENT_AUTHENTICATED), 1);
    CHECK_IS(heard(&pair->server, MAILTLS_EVENT_AUTHENTICATED), 1);
    CHECK_IS(heard(&pair->client, MAILTLS_EVENT_HANDED_OFF), 1);
    CHECK_IS(heard(&pair->server, MAILTLS_EVENT_HANDED_OFF), 1);
}

static void check_refused(const struct pair *pair)
{
    CHECK_IS(pair->client.error, 0);
    CHECK_IS(heard(&pair->client, MAILTLS_EVENT_AUTHENTICATION_REFUSED), 1);
    CHECK_IS(heard(&pair->client, MAILTLS_EVENT_AUTHENTICATED), 0);
    CHECK_IS(heard(&pair->server, MAILTLS_EVENT_AUTHENTICATED), 0);
    CHECK(mailtls_connection_refusal_text(pair->client.connection) != NULL);
}

/* --- what is tried --- */

static bool is_submission(int32_t service)
{
    return service == MAILTLS_SERVICE_SUBMISSIONS || service == MAILTLS_SERVICE_SUBMISSION;
}

static void by_password(int32_t service)
{
    static const char *const mechanisms[] = {"",           "PLAIN",        "LOGIN",
                                             "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256",
                                             "SCRAM-SHA-256-PLUS"};
    for (size_t i = is_submission(service) ? 1 : 0; i < sizeof mechanisms / sizeof *mechanisms; i++) {
        struct pair pair;
        bool scram = strncmp(mechanisms[i], "SCRAM", 5) == 0;
        struct hosts hosts = hosts_with(mechanisms[i], PASSWORD);
        run(&pair, &hosts, service);
        check_handed_off(&pair);
        CHECK_IS(hosts.credentials, 1);
        CHECK_IS(hosts.secrets_wanted, scram ? 1 : 0);
        pair_close(&pair);

        hosts = hosts_with(mechanisms[i], "guessed");
        hosts.rejects = true;
        run(&pair, &hosts, service);
        check_refused(&pair);
        /* A wrong proof never gets as far as the host. */
        CHECK_IS(hosts.credentials, scram ? 0 : 1);
        pair_close(&pair);
    }
}

static void scram(int32_t service)
{
    struct pair pair;
    /* NULL is the best there is. */
    struct hosts hosts = hosts_with(NULL, PASSWORD);
    hosts.expected = "SCRAM-SHA-256-PLUS";
    hosts.keeps_passwords = true;
    hosts.authorization_identity = "root";
    run(&pair, &hosts, service);
    check_handed_off(&pair);
    CHECK_IS(hosts.credentials, 1);
    pair_close(&pair);

    hosts = hosts_with("scram-sha-256", PASSWORD);
    hosts.expected = "SCRAM-SHA-256";
    hosts.knows_user = false;
    run(&pair, &hosts, service);
    check_refused(&pair);
    CHECK(hosts.secrets_wanted == 1 && hosts.credentials == 0);
    pair_close(&pair);

    /* A server that does not know the password is not believed. */
    hosts = hosts_with("SCRAM-SHA-256-PLUS", PASSWORD);
    hosts.lies = true;
    run(&pair, &hosts, service);
    CHECK_IS(pair.client.error, MAILTLS_ERROR_SERVER_NOT_PROVED);
    CHECK_IS(mailtls_connection_error(pair.client.connection), MAILTLS_ERROR_SERVER_NOT_PROVED);
    CHECK(mailtls_connection_reason(pair.client.connection) != NULL);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_AUTHENTICATED), 0);
    pair_close(&pair);
}

static void acting_as_another(int32_t service)
{
    struct pair pair;
    struct hosts hosts = hosts_with("PLAIN", PASSWORD);
    hosts.authorization_identity = "root";
    run(&pair, &hosts, service);
    check_handed_off(&pair);
    pair_close(&pair);
}

static void by_token(int32_t service)
{
    static const char *const mechanisms[] = {"OAUTHBEARER", "XOAUTH2"};
    for (size_t i = 0; i < 2; i++) {
        struct pair pair;
        struct hosts hosts = hosts_with(mechanisms[i], "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29t");
        run(&pair, &hosts, service);
        check_handed_off(&pair);
        CHECK(mailtls_connection_refusal_details(pair.client.connection) == NULL);
        pair_close(&pair);

        hosts.rejects = true;
        run(&pair, &hosts, service);
        check_refused(&pair);
        const char *details = mailtls_connection_refusal_details(pair.client.connection);
        CHECK(details != NULL && strstr(details, "mail:write") != NULL);
        CHECK(details != NULL &&
              (strstr(details, "https://mail.example/openid") != NULL) == (i == 0));
        pair_close(&pair);
    }
}

static void by_the_hosts_own(int32_t service)
{
    struct pair pair;
    for (unsigned rounds = 0; rounds < 4; rounds++) {
        struct hosts hosts = hosts_with(raw_name, rounds == 0 ? "at once" : NULL);
        hosts.rounds = rounds;
        run(&pair, &hosts, service);
        check_handed_off(&pair);
        CHECK(hosts.responses == rounds + 1 && hosts.challenges == rounds);
        pair_close(&pair);
    }
    /* An empty initial response is one, too. */
    struct hosts hosts = hosts_with(raw_name, "");
    hosts.rejects = true;
    run(&pair, &hosts, service);
    check_refused(&pair);
    CHECK_IS(mailtls_connection_refusal_temporary(pair.client.connection), 1);
    pair_close(&pair);

    hosts = hosts_with(raw_name, NULL);
    hosts.rounds = 1;
    hosts.cancels = true;
    run(&pair, &hosts, service);
    check_refused(&pair);
    CHECK_IS(hosts.responses, 1);
    pair_close(&pair);

    hosts = hosts_with(raw_name, NULL);
    hosts.rounds = ROUNDS_MAX + 1;
    run(&pair, &hosts, service);
    CHECK_IS(hosts.responses, ROUNDS_MAX + 1);
    CHECK_IS(mailtls_connection_error(pair.server.connection), MAILTLS_ERROR_LIMIT_EXCEEDED);
    pair_close(&pair);
}

static void apop(void)
{
    for (int wrong = 0; wrong < 2; wrong++) {
        struct pair pair;
        struct hosts hosts = hosts_with("APOP", wrong ? "guessed" : PASSWORD);
        hosts.rejects = wrong != 0;
        pair_open(&pair, server, client, MAILTLS_SERVICE_POP3S);
        CHECK_IS(mailtls_connection_set_apop_timestamp(pair.server.connection, "no stamp"),
                 MAILTLS_ERROR_INVALID_ARGUMENT);
        CHECK_IS(mailtls_connection_set_apop_timestamp(pair.server.connection,
                                                       "<1896.697170952@mail.example>"), 0);
        pair.react = act;
        pair.context = &hosts;
        pair_run(&pair);
        if (wrong) {
            check_refused(&pair);
        } else {
            check_handed_off(&pair);
        }
        CHECK_IS(hosts.credentials, 1);
        CHECK_IS(mailtls_connection_set_apop_timestamp(pair.server.connection, "<2@mail.example>"),
                 MAILTLS_ERROR_WRONG_STATE);
        pair_close(&pair);
    }
}

static void the_best(int32_t service)
{
    struct pair pair;
    pair_open(&pair, server, client, service);
    mailtls_connection *c = pair.client.connection;
    CHECK(mailtls_connection_best_mechanism(c, MAILTLS_MEANS_PASSWORD, NULL) == NULL);
    pair.authenticates = false;
    pair_run(&pair);
    CHECK_TEXT(mailtls_connection_best_mechanism(c, MAILTLS_MEANS_PASSWORD, NULL), "SCRAM-SHA-256-PLUS");
    CHECK_TEXT(mailtls_connection_best_mechanism(c, MAILTLS_MEANS_TOKEN, NULL), "OAUTHBEARER");
    CHECK(mailtls_connection_best_mechanism(c, MAILTLS_MEANS_CERTIFICATE, NULL) == NULL);
    CHECK(mailtls_connection_best_mechanism(c, 3, NULL) == NULL);
    CHECK(mailtls_connection_best_mechanism(c, -1, NULL) == NULL);
    CHECK(mailtls_connection_best_mechanism(pair.server.connection, MAILTLS_MEANS_PASSWORD, NULL) == NULL);
    pair_close(&pair);
}

static mailtls_client_config *with_floor(int32_t floor)
{
    mailtls_client_config_builder *builder = client_builder("ca.pem");
    CHECK_IS(mailtls_client_config_builder_mechanism_floor(builder, floor), 0);
    CHECK_IS(mailtls_client_config_builder_mechanism_floor(builder, 3), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_client_config_builder_mechanism_floor(builder, -1), MAILTLS_ERROR_INVALID_ARGUMENT);
    return client_built(builder);
}

/* Whatever the host asks for, the connection has nothing to send, and is as good as before. */
static void nothing_below_the_floor(mailtls_connection *c, const char *offered)
{
    static const char *const names[] = {NULL, "", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"};
    const uint8_t *password = (const uint8_t *)PASSWORD;
    const uint8_t *output = NULL;
    size_t length = 42;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_IS(mailtls_connection_authenticate(c, names[i], USER, password, strlen(PASSWORD), 0),
                 MAILTLS_ERROR_BELOW_MECHANISM_FLOOR);
        const char *reason = mailtls_connection_misuse_reason(c);
        CHECK(reason != NULL && strstr(reason, "below the mechanism floor") != NULL);
        CHECK(reason != NULL && strstr(reason, offered) != NULL);
    }
    CHECK_IS(mailtls_connection_authenticate_external(c, "", 0), MAILTLS_ERROR_BELOW_MECHANISM_FLOOR);
    CHECK_IS(mailtls_connection_authenticate_raw(c, "X-COUNT", password, 1, 0),
             MAILTLS_ERROR_BELOW_MECHANISM_FLOOR);
    CHECK(mailtls_connection_best_mechanism(c, MAILTLS_MEANS_PASSWORD, NULL) == NULL);
    CHECK(mailtls_connection_best_mechanism(c, MAILTLS_MEANS_TOKEN, NULL) == NULL);
    CHECK_IS(mailtls_connection_poll_transmit(c, &output, &length), 0);
    CHECK(length == 0);
    CHECK_IS(mailtls_connection_error(c), 0);
    CHECK_IS(mailtls_connection_log_out(c, 0), 0);
}

static void floors(int32_t service)
{
    /* Without SCRAM, as after somebody on the way has taken it out of the offer. */
    mailtls_server_config *without = server_config("server");
    for (int32_t floor = MAILTLS_MECHANISM_FLOOR_SCRAM; floor <= MAILTLS_MECHANISM_FLOOR_BOUND_SCRAM;
         floor++) {
        mailtls_client_config *config = with_floor(floor);
        struct pair pair;
        pair_open(&pair, without, config, service);
        pair.authenticates = false;
        pair_run(&pair);
        nothing_below_the_floor(pair.client.connection, "the server offers PLAIN, LOGIN");
        pair_run(&pair);
        CHECK_IS(mailtls_connection_error(pair.client.connection), 0);
        pair_close(&pair);
        pair_open(&pair, server, config, service);
        pair.authenticates = false;
        pair_run(&pair);
        CHECK_TEXT(mailtls_connection_best_mechanism(pair.client.connection, MAILTLS_MEANS_PASSWORD, NULL),
                   "SCRAM-SHA-256-PLUS");
        CHECK_IS(mailtls_connection_authenticate(pair.client.connection, "PLAIN", USER,
                                                 (const uint8_t *)PASSWORD, strlen(PASSWORD), 0),
                 MAILTLS_ERROR_BELOW_MECHANISM_FLOOR);
        CHECK(strstr(mailtls_connection_misuse_reason(pair.client.connection),
                     "authenticate by SCRAM-SHA-256-PLUS instead") != NULL);
        CHECK_IS(mailtls_connection_authenticate(pair.client.connection, NULL, USER,
                                                 (const uint8_t *)PASSWORD, strlen(PASSWORD), 0),
                 0);
        pair_close(&pair);
        mailtls_client_config_free(config);
    }
    mailtls_server_config_free(without);
}

/* The room for keys; that they are the right ones is seen by the log-ins above. */
static void keys(void)
{
    uint8_t stored[KEY_MAX] = {0};
    uint8_t proof[KEY_MAX] = {0};
    static const uint8_t zeros[KEY_MAX];
    size_t length = 42;
    CHECK_IS(mailtls_scram_secret_from_password("SCRAM-SHA-256", (const uint8_t *)"pencil", 6, salt,
                                                16, ITERATIONS, stored, proof, 31, &length),
             MAILTLS_ERROR_BUFFER_TOO_SMALL);
    CHECK(length == 32 && memcmp(stored, zeros, KEY_MAX) == 0 && memcmp(proof, zeros, KEY_MAX) == 0);
    CHECK_IS(mailtls_scram_secret_from_password("SCRAM-SHA-1-PLUS", (const uint8_t *)"pencil", 6,
                                                salt, 16, ITERATIONS, NULL, NULL, 0, &length),
             MAILTLS_ERROR_BUFFER_TOO_SMALL);
    CHECK_IS(length, 20);
    CHECK_IS(mailtls_scram_secret_from_password("SCRAM-SHA-1", (const uint8_t *)"pencil", 6, salt,
                                                16, ITERATIONS, stored, proof, 20, &length), 0);
    CHECK(length == 20 && memcmp(stored, proof, 20) != 0);
    CHECK_IS(mailtls_scram_secret_from_password("PLAIN", (const uint8_t *)"pencil", 6, salt, 16,
                                                ITERATIONS, stored, proof, KEY_MAX, &length),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_scram_secret_from_password("SCRAM-SHA-1", (const uint8_t *)"pencil", 6, salt, 0,
                                                ITERATIONS, stored, proof, KEY_MAX, &length),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_scram_secret_from_password("SCRAM-SHA-1", (const uint8_t *)"pencil", 6, salt, 16,
                                                0, stored, proof, KEY_MAX, &length),
             MAILTLS_ERROR_INVALID_ARGUMENT);
}

static mailtls_server_config *server_with_all(void)
{
    mailtls_server_config_builder *b = server_builder("server");
    CHECK_IS(mailtls_server_config_builder_sasl_mechanisms(
                 b, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN LOGIN "
                    "OAUTHBEARER XOAUTH2"), 0);
    CHECK_IS(mailtls_server_config_builder_raw_sasl_mechanism(b, "x-count"), 0);
    CHECK_IS(mailtls_server_config_builder_scram_salts(b, (const uint8_t *)"kept secret", 11), 0);
    CHECK_IS(mailtls_server_config_builder_scram_iterations(b, ITERATIONS), 0);
    CHECK_IS(mailtls_server_config_builder_oauth_scope(b, "mail:write"), 0);
    CHECK_IS(mailtls_server_config_builder_oauth_configuration(b, "https://mail.example/openid"), 0);
    return server_built(b);
}

int main(void)
{
    server = server_with_all();
    client = client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        by_password(services[i]);
        scram(services[i]);
        acting_as_another(services[i]);
        by_token(services[i]);
        by_the_hosts_own(services[i]);
        the_best(services[i]);
        floors(services[i]);
    }
    apop();
    keys();
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
    return check_end("mechanisms");
}
