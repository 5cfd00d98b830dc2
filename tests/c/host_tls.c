/* host_tls.c: connections whose TLS is the host's own: the facts, the event that asks for TLS, what
 * may come between, and the whole way on every service. The two ends are joined by plaintext, as two
 * hosts' libraries would join them. */
#include "check.h"
#include "pair.h"

#include <stdlib.h>

#define TLS_1_3 0x0304
#define AES_128_GCM 0x1301

static const int32_t services[] = {MAILTLS_SERVICE_IMAPS, MAILTLS_SERVICE_POP3S,
                                   MAILTLS_SERVICE_SUBMISSIONS, MAILTLS_SERVICE_IMAP,
                                   MAILTLS_SERVICE_POP3, MAILTLS_SERVICE_SUBMISSION};

/* Neither certificate nor trust anchor: those are the libraries' affair. */
static mailtls_server_config *server_alone(void)
{
    return server_built(mailtls_server_config_builder_new());
}

static mailtls_client_config *client_alone(void)
{
    return client_built(mailtls_client_config_builder_new());
}

static mailtls_tls_facts *facts_of(uint16_t version, uint16_t suite)
{
    mailtls_tls_facts *facts = NULL;
    CHECK_IS(mailtls_tls_facts_new(version, suite, &facts), 0);
    /* Of the server's certificate, for a client. */
    CHECK_IS(mailtls_tls_facts_peer_validation(facts, MAILTLS_PEER_VALIDATION_PKIX), 0);
    return facts;
}

static void open_before(struct pair *pair, const mailtls_server_config *server,
                        const mailtls_client_config *client, int32_t service)
{
    *pair = (struct pair){.password = PASSWORD, .authenticates = true};
    CHECK_IS(mailtls_server_connection_before_host_tls(server, service, 0, &pair->server.connection),
             0);
    CHECK_IS(mailtls_client_connection_before_host_tls(client, service, 0, &pair->client.connection),
             0);
}

/* Both libraries have done their handshake. */
static void establish(struct pair *pair, const mailtls_tls_facts *facts)
{
    CHECK_IS(heard(&pair->server, MAILTLS_EVENT_TLS_WANTED), 1);
    CHECK_IS(heard(&pair->client, MAILTLS_EVENT_TLS_WANTED), 1);
    CHECK_IS(mailtls_connection_wants_input(pair->server.connection), 0);
    CHECK_IS(mailtls_connection_tls_established(pair->server.connection, facts, 0), 0);
    CHECK_IS(mailtls_connection_tls_established(pair->client.connection, facts, 0), 0);
}

static void every_service(void)
{
    mailtls_server_config *server = server_alone();
    mailtls_client_config *client = client_alone();
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct pair pair;
        mailtls_tls_facts *facts = facts_of(TLS_1_3, AES_128_GCM);
        CHECK_IS(mailtls_tls_facts_group(facts, 29), 0);
        CHECK_IS(mailtls_tls_facts_resumed(facts, 1), 0);
        open_before(&pair, server, client, services[i]);
        pair_run(&pair);
        CHECK(mailtls_connection_tls_version(pair.server.connection) == NULL);
        establish(&pair, facts);
        mailtls_tls_facts_free(facts); /* they have been copied */
        pair_run(&pair);
        CHECK_IS(heard(&pair.server, MAILTLS_EVENT_HANDED_OFF), 1);
        CHECK_IS(heard(&pair.client, MAILTLS_EVENT_HANDED_OFF), 1);
        CHECK_TEXT(mailtls_connection_tls_version(pair.server.connection), "TLSv1.3");
        CHECK_TEXT(mailtls_connection_cipher_suite(pair.client.connection), "TLS_AES_128_GCM_SHA256");
        CHECK_TEXT(mailtls_connection_group(pair.server.connection), "x25519");
        CHECK_IS(mailtls_connection_resumed(pair.server.connection), 1);
        pair_close(&pair);
    }
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
}

static void tls_that_stands_already(void)
{
    mailtls_server_config *server = server_alone();
    mailtls_client_config *client = client_alone();
    mailtls_tls_facts *facts = facts_of(TLS_1_3, AES_128_GCM);
    CHECK_IS(mailtls_tls_facts_alpn(facts, (const uint8_t *)"pop3", 4), 0);
    struct pair pair = {.password = PASSWORD, .authenticates = true};
    const int32_t pop3s = MAILTLS_SERVICE_POP3S;
    CHECK_IS(
        mailtls_server_connection_on_host_tls(server, pop3s, facts, 0, &pair.server.connection), 0);
    CHECK_IS(
        mailtls_client_connection_on_host_tls(client, pop3s, facts, 0, &pair.client.connection), 0);
    pair_run(&pair);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_HANDED_OFF), 1);
    CHECK_TEXT(mailtls_connection_alpn(pair.client.connection), "pop3");
    pair_close(&pair);

    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_server_connection_on_host_tls(server, MAILTLS_SERVICE_IMAPS, facts, 0, &c),
             MAILTLS_ERROR_NO_APPLICATION_PROTOCOL);
    CHECK_IS(mailtls_server_connection_on_host_tls(server, MAILTLS_SERVICE_POP3, facts, 0, &c),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_server_connection_on_host_tls(server, 99, facts, 0, &c),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_client_connection_before_host_tls(client, 0, 0, &c),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK(c == NULL);
    mailtls_tls_facts_free(facts);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
}

static int32_t event_after(mailtls_connection *c, const char *line)
{
    int32_t event = MAILTLS_EVENT_NONE;
    CHECK_IS(mailtls_connection_handle_input(c, (const uint8_t *)line, strlen(line), 0), 0);
    CHECK_IS(mailtls_connection_poll_event(c, &event), 0);
    return event;
}

/* What proves nothing is read: blanks, any name, AUTH after HELO. */
static void what_clients_write_oddly(void)
{
    mailtls_server_config *server = server_alone();
    mailtls_tls_facts *facts = facts_of(TLS_1_3, AES_128_GCM);
    const int32_t submissions = MAILTLS_SERVICE_SUBMISSIONS;
    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_server_connection_on_host_tls(server, submissions, facts, 0, &c), 0);
    CHECK(mailtls_connection_client_name(c) == NULL);
    CHECK_IS(event_after(c, ""), MAILTLS_EVENT_TLS_ESTABLISHED);
    CHECK_IS(event_after(c, "EHLO  Tims \tPC \r\n"), MAILTLS_EVENT_NONE);
    CHECK_TEXT(mailtls_connection_client_name(c), "Tims PC");
    CHECK_IS(event_after(c, "\tHELO [2001:db8::1]\r\n"), MAILTLS_EVENT_NONE);
    CHECK_TEXT(mailtls_connection_client_name(c), "[2001:db8::1]");
    CHECK_IS(event_after(c, "AUTH\tPLAIN  AHRpbQBzZWNyZXQ= \r\n"), MAILTLS_EVENT_CREDENTIALS);
    CHECK_TEXT(mailtls_connection_credentials_user(c), "tim");
    mailtls_connection_free(c);
    mailtls_tls_facts_free(facts);
    mailtls_server_config_free(server);
}

static void what_the_policy_refuses(void)
{
    mailtls_server_config *server = server_alone();
    mailtls_tls_facts *old = facts_of(0x0302, 0x002f);
    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_server_connection_on_host_tls(server, MAILTLS_SERVICE_IMAPS, old, 0, &c),
             MAILTLS_ERROR_TLS_POLICY);
    const char *reason = mailtls_tls_facts_reason(old);
    CHECK(c == NULL && reason != NULL && strstr(reason, "TLSv1.1") != NULL);

    int32_t event = MAILTLS_EVENT_NONE;
    CHECK_IS(mailtls_server_connection_before_host_tls(server, MAILTLS_SERVICE_IMAPS, 0, &c), 0);
    /* It must have been asked for. */
    CHECK_IS(mailtls_connection_tls_established(c, old, 0), MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_connection_poll_event(c, &event), 0);
    CHECK_IS(event, MAILTLS_EVENT_TLS_WANTED);
    CHECK_IS(mailtls_connection_tls_established(c, old, 0), MAILTLS_ERROR_TLS_POLICY);
    reason = mailtls_connection_reason(c);
    CHECK(reason != NULL && strstr(reason, "TLSv1.1") != NULL);
    CHECK_IS(mailtls_connection_poll_event(c, &event), 0);
    CHECK_IS(event, MAILTLS_EVENT_CLOSED);
    mailtls_connection_free(c);
    mailtls_tls_facts_free(old);
    mailtls_server_config_free(server);
}

/* The other way of RFC 8314 section 4.1: the dialogue goes on, to say why nobody can log in. */
static void what_the_policy_refuses_explained(void)
{
    static const struct {
        int32_t service;
        const char *says, *answer;
    } cases[] = {
        {MAILTLS_SERVICE_IMAPS, "a LOGIN tim x\r\n", "a NO [PRIVACYREQUIRED] TLSv1.1 is deprecated"},
        {MAILTLS_SERVICE_POP3S, "USER tim\r\n", "-ERR TLSv1.1 is deprecated"},
        {MAILTLS_SERVICE_SUBMISSIONS, "AUTH PLAIN AHQAeA==\r\n",
         "538 5.7.11 TLSv1.1 is deprecated"},
    };
    mailtls_server_config_builder *b = mailtls_server_config_builder_new();
    CHECK_IS(mailtls_server_config_builder_explains_refused_tls(b, 1), 0);
    mailtls_server_config *server = server_built(b);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mailtls_tls_facts *old = facts_of(0x0302, 0x002f);
        mailtls_connection *c = NULL;
        const int32_t service = cases[i].service;
        CHECK_IS(mailtls_server_connection_on_host_tls(server, service, old, 0, &c), 0);
        mailtls_tls_facts_free(old);
        int32_t event = MAILTLS_EVENT_NONE;
        CHECK(mailtls_connection_poll_event(c, &event) == 0 && event == MAILTLS_EVENT_NOT_CONFIDENTIAL);
        CHECK_TEXT(mailtls_connection_tls_version(c), "TLSv1.1");
        const char *says = cases[i].says;
        CHECK_IS(mailtls_connection_handle_input(c, (const uint8_t *)says, strlen(says), 0), 0);
        CHECK(mailtls_connection_poll_event(c, &event) == 0 && event == MAILTLS_EVENT_NONE);
        const uint8_t *bytes = NULL;
        size_t length = 0;
        char said[1024] = {0};
        CHECK_IS(mailtls_connection_poll_transmit(c, &bytes, &length), 0);
        CHECK(length < sizeof said);
        memcpy(said, bytes, length < sizeof said ? length : 0);
        CHECK(strstr(said, cases[i].answer) != NULL);
        CHECK_IS(mailtls_connection_accept(c, 0), MAILTLS_ERROR_WRONG_STATE);
        mailtls_connection_free(c);
    }
    mailtls_server_config_free(server);
}

static mailtls_connection *at_starttls(const mailtls_server_config *server)
{
    static const char words[] = "a STARTTLS\r\n";
    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_server_connection_before_host_tls(server, MAILTLS_SERVICE_IMAP, 0, &c), 0);
    CHECK_IS(mailtls_connection_handle_input(c, (const uint8_t *)words, strlen(words), 0), 0);
    return c;
}

static void send_all(mailtls_connection *c)
{
    const uint8_t *bytes = NULL;
    size_t length = 0;
    CHECK_IS(mailtls_connection_poll_transmit(c, &bytes, &length), 0);
    CHECK_IS(mailtls_connection_transmitted(c, length), 0);
}

/* CVE-2011-0411 and its kind: with the answer still to be sent, and afterwards. */
static void what_comes_in_clear(void)
{
    static const char words[] = "b LOGIN tim x\r\n";
    mailtls_server_config *server = server_alone();
    for (int sent = 0; sent < 2; sent++) {
        int32_t event = MAILTLS_EVENT_NONE;
        mailtls_connection *c = at_starttls(server);
        CHECK_IS(mailtls_connection_poll_event(c, &event), 0);
        CHECK_IS(event, MAILTLS_EVENT_NONE); /* the answer waits */
        if (sent != 0) {
            send_all(c);
            CHECK_IS(mailtls_connection_poll_event(c, &event), 0);
            CHECK_IS(event, MAILTLS_EVENT_TLS_WANTED);
        }
        CHECK_IS(mailtls_connection_handle_input(c, (const uint8_t *)words, strlen(words), 0),
                 MAILTLS_ERROR_DATA_BEFORE_TLS);
        CHECK_IS(mailtls_connection_poll_event(c, &event), 0);
        CHECK_IS(event, MAILTLS_EVENT_CLOSED);
        mailtls_connection_free(c);
    }
    mailtls_server_config_free(server);
}

static void a_library_that_fails(void)
{
    mailtls_server_config *server = server_alone();
    mailtls_connection *c = at_starttls(server);
    const int32_t protocol = MAILTLS_ERROR_TLS_PROTOCOL;
    send_all(c);
    CHECK_IS(mailtls_connection_tls_failed(c, 0, "", 0), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_connection_tls_failed(c, MAILTLS_ERROR_WRONG_STATE, "", 0),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_connection_tls_failed(c, protocol, "no shared cipher", 0), 0);
    CHECK_IS(mailtls_connection_error(c), protocol);
    CHECK_TEXT(mailtls_connection_reason(c), "no shared cipher");
    CHECK_IS(mailtls_connection_tls_failed(c, protocol, "again", 0), MAILTLS_ERROR_WRONG_STATE);
    mailtls_connection_free(c);
    mailtls_server_config_free(server);

    /* It takes too long. */
    server = server_alone();
    c = at_starttls(server);
    send_all(c);
    uint64_t deadline = 0;
    CHECK_IS(mailtls_connection_poll_timeout(c, &deadline), 0);
    CHECK_IS((long long)deadline, 30000);
    CHECK_IS(mailtls_connection_handle_timeout(c, deadline), MAILTLS_ERROR_DEADLINE_PASSED);
    mailtls_connection_free(c);
    mailtls_server_config_free(server);
}

static void certificates_and_bindings(void)
{
    static const uint8_t der[] = "not looked into", binding[32] = {1, 2, 3};
    mailtls_server_config *server = server_alone();
    mailtls_tls_facts *facts = facts_of(TLS_1_3, AES_128_GCM);
    CHECK_IS(mailtls_tls_facts_peer_certificate(facts, der, 0), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_tls_facts_peer_certificate(facts, der, sizeof der), 0);
    CHECK_IS(mailtls_tls_facts_peer_certificate(facts, der, 3), 0);
    CHECK_IS(mailtls_tls_facts_peer_validation(facts, 4), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_tls_facts_peer_validation(facts, MAILTLS_PEER_VALIDATION_PKIX), 0);
    CHECK_IS(mailtls_tls_facts_channel_binding(facts, "tls-unique", binding, 12),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_tls_facts_channel_binding(facts, "tls-exporter", binding, 31),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_tls_facts_channel_binding(facts, "tls-exporter", binding, 32), 0);
    CHECK_IS(mailtls_tls_facts_channel_binding(facts, "tls-server-end-point", binding, 0),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_tls_facts_alpn(facts, der, 256), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_tls_facts_client_certificate_sent(facts, 1), 0);

    mailtls_connection *c = NULL;
    int32_t event = MAILTLS_EVENT_NONE;
    const int32_t imaps = MAILTLS_SERVICE_IMAPS;
    CHECK_IS(mailtls_server_connection_on_host_tls(server, imaps, facts, 0, &c), 0);
    mailtls_tls_facts_free(facts);
    CHECK(mailtls_connection_poll_event(c, &event) == 0 && event == MAILTLS_EVENT_TLS_ESTABLISHED);
    CHECK(mailtls_connection_poll_event(c, &event) == 0 && event == MAILTLS_EVENT_CLIENT_CERTIFICATE);
    CHECK_IS(mailtls_connection_peer_certificate_count(c), 2);
    const uint8_t *shown = NULL;
    size_t length = 0;
    CHECK_IS(mailtls_connection_peer_certificate(c, 0, &shown, &length), 0);
    CHECK(length == sizeof der && memcmp(shown, der, length) == 0);
    uint8_t found[64];
    CHECK_IS(mailtls_connection_channel_binding(c, "tls-exporter", found, sizeof found, &length), 0);
    CHECK(length == sizeof binding && memcmp(found, binding, length) == 0);
    CHECK_IS(mailtls_connection_accept_certificate(c, USER, 1, 0), 0);
    CHECK(mailtls_connection_poll_event(c, &event) == 0 && event == MAILTLS_EVENT_AUTHENTICATED);
    mailtls_connection_free(c);
    mailtls_server_config_free(server);
}

/* RFC 8314 section 5.2: a server that nobody has validated does not meet the minimum. */
static void the_minimum_of_an_account(void)
{
    mailtls_client_config *client = client_built(mailtls_client_config_builder_new());
    mailtls_tls_facts *facts = facts_of(TLS_1_3, AES_128_GCM);
    mailtls_minimum *minimum = mailtls_minimum_new();
    mailtls_target *target = NULL;
    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_target_new(MAILTLS_SERVICE_IMAPS, SERVER_NAME, &target), 0);
    CHECK_IS(mailtls_tls_facts_peer_validation(facts, MAILTLS_PEER_VALIDATION_PIN), 0);
    CHECK_IS(mailtls_client_connection_on_host_tls(client, MAILTLS_SERVICE_IMAPS, facts, 0, &c),
             MAILTLS_ERROR_CERTIFICATE_UNTRUSTED);
    CHECK_IS(mailtls_client_connection_to_on_host_tls(client, target, facts, 0, &c),
             MAILTLS_ERROR_CERTIFICATE_UNTRUSTED);
    CHECK(c == NULL);
    CHECK_IS(mailtls_minimum_lower(
                 minimum, MAILTLS_LOWERED_PINNED,
                 MAILTLS_ACKNOWLEDGED_THAT_PASSWORDS_AND_MESSAGES_ARE_EXPOSED), 0);
    CHECK_IS(mailtls_target_minimum(target, minimum), 0);
    CHECK_IS(mailtls_client_connection_to_on_host_tls(client, target, facts, 0, &c), 0);
    mailtls_connection_free(c);
    CHECK_IS(mailtls_client_connection_to_before_host_tls(client, target, 0, &c), 0);
    int32_t event = MAILTLS_EVENT_NONE;
    CHECK_IS(mailtls_connection_poll_event(c, &event), 0);
    CHECK_IS(event, MAILTLS_EVENT_TLS_WANTED);
    CHECK_IS(mailtls_connection_tls_established(c, facts, 0), 0);
    mailtls_connection_free(c);
    mailtls_target_free(target);
    mailtls_minimum_free(minimum);
    mailtls_tls_facts_free(facts);
    mailtls_client_config_free(client);
}

/* A poll loop tells the end of input as long as input is wanted: it is noted once, and nothing can
 * follow it. */
static void the_end_of_input(void)
{
    mailtls_server_config_builder *builder = mailtls_server_config_builder_new();
    CHECK_IS(mailtls_server_config_builder_hand_off(builder, MAILTLS_HAND_OFF_TRANSPARENT), 0);
    mailtls_server_config *server = server_built(builder);
    mailtls_tls_facts *facts = facts_of(TLS_1_3, AES_128_GCM);
    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_server_connection_on_host_tls(server, MAILTLS_SERVICE_IMAPS, facts, 0, &c), 0);
    CHECK_IS(mailtls_connection_handle_input(c, (const uint8_t *)"a NOOP\r\n", 8, 0), 0);
    unsigned closed_by_peer = 0, turns = 0;
    int32_t event = MAILTLS_EVENT_NONE;
    while (mailtls_connection_wants_input(c) == 1 && turns < 10) {
        turns++;
        CHECK_IS(mailtls_connection_handle_end_of_input(c, 0), 0);
    }
    CHECK_IS(turns, 1);
    CHECK_IS(mailtls_connection_handle_end_of_input(c, 0), 0);
    CHECK_IS(mailtls_connection_handle_input(c, (const uint8_t *)"more", 4, 0),
             MAILTLS_ERROR_WRONG_STATE);
    while (mailtls_connection_poll_event(c, &event) == 0 && event != MAILTLS_EVENT_NONE) {
        closed_by_peer += event == MAILTLS_EVENT_PEER_CLOSED;
    }
    CHECK_IS(closed_by_peer, 1);
    uint8_t plaintext[16];
    size_t length = 0;
    CHECK_IS(mailtls_connection_read(c, plaintext, sizeof plaintext, &length), 0);
    CHECK_IS(length, 8);
    CHECK_IS(mailtls_connection_wants_input(c), 0);
    mailtls_connection_free(c);
    mailtls_tls_facts_free(facts);
    mailtls_server_config_free(server);
}

int main(void)
{
    every_service();
    tls_that_stands_already();
    what_clients_write_oddly();
    what_the_policy_refuses();
    what_the_policy_refuses_explained();
    what_comes_in_clear();
    a_library_that_fails();
    certificates_and_bindings();
    the_minimum_of_an_account();
    the_end_of_input();
    return check_end("host_tls");
}
