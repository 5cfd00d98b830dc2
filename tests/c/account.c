/* account.c: the minimum of an account and what may be shown of a session, pins, SRV records. */
#include "check.h"
#include "pair.h"

#define EXPOSED MAILTLS_ACKNOWLEDGED_THAT_PASSWORDS_AND_MESSAGES_ARE_EXPOSED

static mailtls_minimum *lowered(int32_t level)
{
    mailtls_minimum *m = mailtls_minimum_new();
    if (level != 0) {
        CHECK_IS(mailtls_minimum_lower(m, level, EXPOSED), 0);
    }
    return m;
}

static mailtls_tls_facts *facts_of(uint16_t version, int32_t validation)
{
    mailtls_tls_facts *facts = NULL;
    CHECK_IS(mailtls_tls_facts_new(version, 0x1301, &facts), 0);
    CHECK_IS(mailtls_tls_facts_peer_validation(facts, validation), 0);
    return facts;
}

/* Version, validation; what is missing for a lock, for pins lowered, and what could be better. */
static void every_session(void)
{
    static const struct {
        uint16_t version;
        int32_t validation, shown, with_pins, upgrade;
    } table[] = {
        {0x0304, MAILTLS_PEER_VALIDATION_PKIX, MAILTLS_SHORTFALL_NONE, MAILTLS_SHORTFALL_NONE,
         MAILTLS_UPGRADE_MINIMUM},
        {0x0303, MAILTLS_PEER_VALIDATION_DANE, MAILTLS_SHORTFALL_NONE, MAILTLS_SHORTFALL_NONE,
         MAILTLS_UPGRADE_MINIMUM},
        {0x0304, MAILTLS_PEER_VALIDATION_PIN, MAILTLS_SHORTFALL_ONLY_PINNED,
         MAILTLS_SHORTFALL_NONE, MAILTLS_UPGRADE_NONE},
        {0x0304, MAILTLS_PEER_VALIDATION_NONE, MAILTLS_SHORTFALL_NOT_VALIDATED,
         MAILTLS_SHORTFALL_NOT_VALIDATED, MAILTLS_UPGRADE_NONE},
        {0x0302, MAILTLS_PEER_VALIDATION_PKIX, MAILTLS_SHORTFALL_TLS, MAILTLS_SHORTFALL_TLS,
         MAILTLS_UPGRADE_NONE},
    };
    mailtls_minimum *all = lowered(0), *pins = lowered(MAILTLS_LOWERED_PINNED),
                    *none = lowered(MAILTLS_LOWERED_NONE);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        mailtls_tls_facts *facts = facts_of(table[i].version, table[i].validation);
        mailtls_minimum *const each[] = {all, pins, none};
        int32_t told = 42;
        for (size_t m = 0; m < 3; m++) {
            CHECK_IS(mailtls_minimum_indicator(each[m], facts, &told), 0);
            CHECK_IS(told, table[i].shown);
            CHECK((mailtls_minimum_reason(each[m]) == NULL) == (told == MAILTLS_SHORTFALL_NONE));
            CHECK_IS(mailtls_minimum_upgrade(each[m], facts, 0, &told), 0);
            CHECK_IS(told, m == 0 ? MAILTLS_UPGRADE_NONE : table[i].upgrade);
        }
        CHECK_IS(mailtls_minimum_permits(all, facts, &told), 0);
        CHECK_IS(told, table[i].shown);
        CHECK_IS(mailtls_minimum_permits(pins, facts, &told), 0);
        CHECK_IS(told, table[i].with_pins);
        CHECK_IS(mailtls_minimum_permits(none, facts, &told), 0);
        CHECK_IS(told, MAILTLS_SHORTFALL_NONE);
        mailtls_tls_facts_free(facts);
    }
    int32_t told = 42;
    CHECK_IS(mailtls_minimum_permits(pins, NULL, &told), 0);
    CHECK_IS(told, MAILTLS_SHORTFALL_CLEAR);
    CHECK_IS(mailtls_minimum_indicator(none, NULL, &told), 0);
    CHECK_IS(told, MAILTLS_SHORTFALL_CLEAR);
    CHECK_TEXT(mailtls_minimum_reason(none), "there is no TLS (RFC 8314 §5.2)");
    CHECK_IS(mailtls_minimum_upgrade(none, NULL, 1, &told), 0);
    CHECK_IS(told, MAILTLS_UPGRADE_START_TLS);
    CHECK_IS(mailtls_minimum_upgrade(none, NULL, 0, &told), 0);
    CHECK_IS(told, MAILTLS_UPGRADE_NONE);
    mailtls_minimum_free(all);
    mailtls_minimum_free(pins);
    mailtls_minimum_free(none);
}

static void lowering(void)
{
    mailtls_minimum *m = mailtls_minimum_new();
    int32_t told = 42;
    CHECK_IS(mailtls_minimum_lower(m, MAILTLS_LOWERED_NONE, 0), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_minimum_lower(m, MAILTLS_LOWERED_NONE, 1), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_minimum_lower(m, 0, EXPOSED), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_minimum_lower(m, 3, EXPOSED), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_minimum_permits(m, NULL, &told), 0);
    CHECK_IS(told, MAILTLS_SHORTFALL_CLEAR);
    mailtls_minimum_free(m);
}

static void certificates_of_clients(void)
{
    CHECK_IS(mailtls_client_certificate_exposed(0x0303), 1);
    CHECK_IS(mailtls_client_certificate_exposed(0x0304), 0);
    CHECK_IS(mailtls_client_certificate_may_be_sent("tim", "tim", 1, 0x0303, 0), 1);
    CHECK_IS(mailtls_client_certificate_may_be_sent("tim", "tim", 0, 0x0304, 0), 0);
    CHECK_IS(mailtls_client_certificate_may_be_sent("tim", "tom", 1, 0x0304, 0), 0);
    CHECK_IS(mailtls_client_certificate_may_be_sent("tim", "tim", 1, 0x0303, 1), 0);
    CHECK_IS(mailtls_client_certificate_may_be_sent("tim", "tim", 1, 0x0304, 1), 1);
    CHECK_IS(mailtls_client_certificate_may_be_sent("", "", 1, 0x0304, 1), 0);
}

/* A lock on a session of our own engine. */
static void act(struct pair *pair, struct end *end, int32_t event)
{
    mailtls_connection *c = end->connection;
    mailtls_tls_facts *facts = NULL;
    int32_t told = 42;
    if (event == MAILTLS_EVENT_CREDENTIALS) {
        CHECK_IS(mailtls_connection_accept(c, pair->now), 0);
    }
    if (event != MAILTLS_EVENT_CAPABILITIES) {
        return;
    }
    CHECK_IS(mailtls_connection_tls_facts(c, &facts), 0);
    CHECK_IS(mailtls_minimum_indicator(pair->context, facts, &told), 0);
    CHECK_IS(told, MAILTLS_SHORTFALL_NONE);
    mailtls_tls_facts_free(facts);
    CHECK_IS(mailtls_connection_authenticate(c, NULL, USER, (const uint8_t *)PASSWORD,
                                             strlen(PASSWORD), pair->now), 0);
}

static void on_a_connection(void)
{
    mailtls_server_config *server = server_config("server");
    mailtls_client_config *client =
        client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    mailtls_minimum *minimum = mailtls_minimum_new();
    mailtls_tls_facts *facts = NULL;
    struct pair pair = {.react = act, .context = minimum};
    CHECK_IS(mailtls_server_connection_new(server, MAILTLS_SERVICE_IMAPS, 0, &pair.server.connection),
             0);
    CHECK_IS(mailtls_client_connection_new(client, MAILTLS_SERVICE_IMAPS, SERVER_NAME, 0,
                                           &pair.client.connection), 0);
    CHECK_IS(mailtls_connection_tls_facts(pair.client.connection, &facts),
             MAILTLS_ERROR_WRONG_STATE);
    CHECK(facts == NULL);
    CHECK_IS(mailtls_connection_tls_facts(pair.client.connection, NULL),
             MAILTLS_ERROR_NULL_ARGUMENT);
    pair_run(&pair);
    mailtls_connection_free(pair.server.connection);
    mailtls_connection_free(pair.client.connection);
    mailtls_minimum_free(minimum);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
}

#define TIM "tim@mail.example"

static void pins(void)
{
    static const uint8_t der[] = "in truth a certificate";
    mailtls_pin_store *store = mailtls_pin_store_new(), *copy = mailtls_pin_store_new();
    mailtls_account_setup *setup = NULL, *again = NULL;
    uint8_t pin[32] = {0}, same[32] = {0}, written[512];
    size_t len = 0;
    CHECK_IS(mailtls_account_setup_new("", &setup), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_account_setup_new(TIM, &setup), 0);
    CHECK_IS(mailtls_account_setup_pin(setup, "a b", der, sizeof der),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK(mailtls_account_setup_reason(setup) != NULL);
    CHECK_IS(mailtls_account_setup_pin(setup, "Mail.Example", der, sizeof der), 0);
    CHECK_IS(mailtls_account_setup_pin(setup, "smtp.example", der, 3), 0);
    CHECK_IS(mailtls_account_setup_finish(setup, store), 0);
    /* The account exists. */
    CHECK_IS(mailtls_account_setup_pin(setup, "mail.example", der, 1), MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_account_setup_finish(setup, store), MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_account_setup_new(TIM, &again), 0);
    CHECK_IS(mailtls_account_setup_finish(again, store), MAILTLS_ERROR_WRONG_STATE);
    mailtls_account_setup_free(again);
    mailtls_account_setup_free(setup);

    CHECK_IS(mailtls_pin_store_count(store), 2);
    CHECK_IS(mailtls_pin_store_lookup(store, TIM, "mail.example.", pin), 0);
    CHECK_IS(mailtls_pin_store_lookup(store, "tom@mail.example", "mail.example", same),
             MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_pin_store_lookup(store, TIM, "imap.example", same), MAILTLS_ERROR_WRONG_STATE);

    CHECK_IS(mailtls_pin_store_write(store, NULL, 0, &len), MAILTLS_ERROR_BUFFER_TOO_SMALL);
    CHECK(len > 0 && len < sizeof written);
    CHECK_IS(mailtls_pin_store_write(store, written, sizeof written, &len), 0);
    CHECK(memcmp(written, "mailtls-pins 1\n" TIM " mail.example sha256:", 52) == 0);
    CHECK_IS(mailtls_pin_store_read(copy, written, len - 1), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_TEXT(mailtls_pin_store_reason(copy), "pin store, line 3: the line has no end");
    CHECK_IS(mailtls_pin_store_count(copy), 0);
    CHECK_IS(mailtls_pin_store_read(copy, written, len), 0);
    CHECK_IS(mailtls_pin_store_lookup(copy, TIM, "mail.example", same), 0);
    CHECK(memcmp(pin, same, sizeof pin) == 0);

    CHECK_IS(mailtls_pin_store_remove(store, TIM, "mail.example"), 0);
    CHECK_IS(mailtls_pin_store_remove(store, TIM, "mail.example"), MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_pin_store_lookup(store, TIM, "mail.example", same), MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_pin_store_remove_account(store, TIM), 0);
    CHECK_IS(mailtls_pin_store_count(store), 0);
    mailtls_pin_store_free(store);
    mailtls_pin_store_free(copy);
}

/* "_imaps._tcp.example.org": two records, in the domain and outside it. */
static const uint8_t response[] =
    "\x12\x34\x81\x80\0\x01\0\x02\0\0\0\0"
    "\x06_imaps\x04_tcp\x07""example\x03org\0\0\x21\0\x01"
    "\xc0\x0c\0\x21\0\x01\0\0\x0e\x10\0\x0a\0\x05\0\x0a\x03\xe1\x01""a\xc0\x18"
    "\xc0\x0c\0\x21\0\x01\0\0\x0e\x10\0\x11\0\x01\0\0\x03\xe2\x01""b\x07""example\0";

static void check_candidate(const mailtls_srv *srv, size_t i, const char *host, uint16_t port,
                            int32_t service, int32_t security, int32_t warnings)
{
    CHECK_TEXT(mailtls_srv_candidate_host(srv, i), host);
    CHECK_IS(mailtls_srv_candidate_port(srv, i), port);
    CHECK_IS(mailtls_srv_candidate_service(srv, i), service);
    CHECK_IS(mailtls_srv_candidate_security(srv, i), security);
    CHECK_IS(mailtls_srv_candidate_warnings(srv, i), warnings);
}

/* Whom the certificate must be for, one a line. */
static void check_references(const mailtls_srv *srv, size_t i, const char *expected)
{
    mailtls_references *references = NULL;
    mailtls_target *target = NULL;
    uint8_t text[256];
    size_t len = 0;
    CHECK_IS(mailtls_srv_candidate_references(srv, i, &references), 0);
    CHECK_IS(mailtls_references_text(references, text, sizeof text, &len), 0);
    CHECK(len == strlen(expected) && memcmp(text, expected, len) == 0);
    CHECK_IS(mailtls_target_new(mailtls_srv_candidate_service(srv, i),
                                mailtls_srv_candidate_host(srv, i), &target), 0);
    CHECK_IS(mailtls_target_references(target, references), 0);
    mailtls_target_free(target);
    mailtls_references_free(references);
}

static void srv_records(void)
{
    mailtls_srv *srv = NULL;
    mailtls_minimum *minimum = mailtls_minimum_new(), *none = lowered(MAILTLS_LOWERED_NONE);
    uint8_t text[256];
    size_t len = 0;
    CHECK_IS(mailtls_srv_new("192.0.2.1", &srv), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_srv_new("Example.org", &srv), 0);
    CHECK_IS(mailtls_srv_query_name(srv, MAILTLS_SERVICE_IMAPS, text, sizeof text, &len), 0);
    CHECK(len == 23 && memcmp(text, "_imaps._tcp.example.org", len) == 0);
    CHECK_IS(mailtls_srv_query_name(srv, 7, text, sizeof text, &len), MAILTLS_ERROR_INVALID_ARGUMENT);

    CHECK_IS(mailtls_srv_add_response(srv, MAILTLS_SERVICE_IMAP, response, sizeof response - 1, 0),
             MAILTLS_ERROR_SYNTAX);
    CHECK_TEXT(mailtls_srv_reason(srv), "the DNS response is to another question");
    CHECK_IS(mailtls_srv_add_response(srv, MAILTLS_SERVICE_IMAPS, response, sizeof response - 1, 0), 0);
    CHECK_IS(mailtls_srv_add(srv, MAILTLS_SERVICE_IMAP, 0, 0, 143, "a.example.org", 1), 0);
    CHECK_IS(mailtls_srv_add(srv, MAILTLS_SERVICE_POP3, 0, 0, 0, ".", 0), 0);
    CHECK_IS(mailtls_srv_unusable_count(srv), 0);
    CHECK_IS(mailtls_srv_add(srv, MAILTLS_SERVICE_POP3S, 0, 0, 0, "a.example.org", 0), 0);
    CHECK_IS(mailtls_srv_add(srv, MAILTLS_SERVICE_POP3S, 0, 0, 995, "\xff\x1b.example", 0), 0);
    CHECK_IS(mailtls_srv_unusable_count(srv), 2);
    CHECK_TEXT(mailtls_srv_unusable(srv, 0), "pop3s \"??.example\" 995: the target is not the name of a host");
    CHECK_TEXT(mailtls_srv_unusable(srv, 1), "pop3s \"a.example.org\" 0: the port is 0");
    CHECK(mailtls_srv_unusable(srv, 2) == NULL);
    CHECK_IS(mailtls_srv_not_offered(srv, MAILTLS_SERVICE_POP3), 1);
    CHECK_IS(mailtls_srv_not_offered(srv, MAILTLS_SERVICE_POP3S), 0);

    static const uint32_t random[] = {1, 2, 3};
    CHECK_IS(mailtls_srv_candidate_count(srv), 0);
    CHECK_IS(mailtls_srv_order(srv, 0, minimum, random, 3), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_srv_order(srv, MAILTLS_PROTOCOL_IMAP, minimum, random, 3), 0);
    CHECK_IS(mailtls_srv_candidate_count(srv), 2);
    check_candidate(srv, 0, "a.example.org", 993, MAILTLS_SERVICE_IMAPS,
                    MAILTLS_SECURITY_IMPLICIT_TLS, MAILTLS_WARNING_UNSIGNED);
    check_candidate(srv, 1, "a.example.org", 143, MAILTLS_SERVICE_IMAP, MAILTLS_SECURITY_START_TLS,
                    0);
    /* The second is proved by DNSSEC. */
    check_references(srv, 0, "example.org or _imaps.example.org");
    check_references(srv, 1, "example.org, _imap.example.org or a.example.org");
    CHECK_IS(mailtls_srv_dismissed_count(srv), 1);
    CHECK_TEXT(mailtls_srv_dismissed_host(srv, 0), "b.example");
    CHECK_IS(mailtls_srv_dismissed_service(srv, 0), MAILTLS_SERVICE_IMAPS);
    CHECK_IS(mailtls_srv_dismissed_why(srv, 0), MAILTLS_DISMISSAL_OUTSIDE_DOMAIN);

    CHECK_IS(mailtls_srv_confirm(srv, "b.example"), 0);
    CHECK_IS(mailtls_srv_cleartext_too(srv), 0);
    CHECK_IS(mailtls_srv_order(srv, MAILTLS_PROTOCOL_IMAP, none, NULL, 0), 0);
    CHECK_IS(mailtls_srv_candidate_count(srv), 4);
    check_candidate(srv, 0, "b.example", 994, MAILTLS_SERVICE_IMAPS, MAILTLS_SECURITY_IMPLICIT_TLS,
                    MAILTLS_WARNING_UNSIGNED | MAILTLS_WARNING_OUTSIDE_DOMAIN);
    check_candidate(srv, 3, "a.example.org", 143, MAILTLS_SERVICE_IMAP, MAILTLS_SECURITY_CLEARTEXT,
                    MAILTLS_WARNING_CLEARTEXT);
    check_references(srv, 0, "example.org, _imaps.example.org or b.example");
    CHECK_IS(mailtls_srv_candidate_automatic(srv, 0), 1);
    CHECK_IS(mailtls_srv_candidate_automatic(srv, 3), 0);

    mailtls_tls_facts *old = facts_of(0x0301, MAILTLS_PEER_VALIDATION_PKIX);
    CHECK_IS(mailtls_srv_found(srv, "a.example.org", 993, old), 0);
    CHECK_IS(mailtls_srv_found(srv, "a.example.org", 143, NULL), 0);
    mailtls_tls_facts_free(old);
    CHECK_IS(mailtls_srv_order(srv, MAILTLS_PROTOCOL_IMAP, minimum, NULL, 0), 0);
    CHECK_IS(mailtls_srv_candidate_count(srv), 1);
    CHECK_IS(mailtls_srv_dismissed_count(srv), 3);
    CHECK_IS(mailtls_srv_dismissed_why(srv, 0), MAILTLS_DISMISSAL_BELOW_MINIMUM);
    CHECK_IS(mailtls_srv_dismissed_why(srv, 1), MAILTLS_DISMISSAL_NO_START_TLS);
    CHECK_IS(mailtls_srv_dismissed_why(srv, 2), MAILTLS_DISMISSAL_BELOW_MINIMUM);

    static const char before[] = "imaps a.example.org 993\nimaps old.example.org 993\n"
                                 "imap a.example.org 143\n";
    static const char change[] = "-imaps old.example.org 993\n+imaps b.example 994\n";
    CHECK_IS(mailtls_srv_drift(srv, (const uint8_t *)before, sizeof before - 1, text, sizeof text, &len),
             0);
    CHECK(len == sizeof change - 1 && memcmp(text, change, len) == 0);
    CHECK_IS(mailtls_srv_drift(srv, (const uint8_t *)"x", 1, text, sizeof text, &len),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    uint8_t now[256];
    CHECK_IS(mailtls_srv_endpoints(srv, now, sizeof now, &len), 0);
    CHECK_IS(mailtls_srv_drift(srv, now, len, text, sizeof text, &len), 0);
    CHECK_IS(len, 0);
    mailtls_srv_free(srv);
    mailtls_minimum_free(minimum);
    mailtls_minimum_free(none);
}

int main(void)
{
    every_session();
    lowering();
    certificates_of_clients();
    on_a_connection();
    pins();
    srv_records();
    return check_end("account");
}
