/* lifetimes.c: every borrowed pointer of the header is read at the last moment that is promised, which
 * is after every call that takes its handle as const, and before the next that does not. Sanitizers and
 * valgrind see what was freed; a copy shows what was changed. tests/abi.rs compares the functions that
 * are named here with those of the header. */
#include "check.h"
#include "pair.h"

#include <stdlib.h>

/* --- loans: what a function has shown, and a copy of what it was --- */

struct loan {
    const char *function;
    const uint8_t *bytes;
    size_t length;
    uint8_t *copy;
};

enum { LOANS_MAX = 256, FUNCTIONS_MAX = 128 };

static struct loan loans[LOANS_MAX];
static size_t loan_count;
/* The functions that have shown something, at any time. */
static const char *lenders[FUNCTIONS_MAX];
static size_t lender_count;

static void borrow(const char *function, const void *bytes, size_t length)
{
    size_t known = 0;
    while (known < lender_count && strcmp(lenders[known], function) != 0) {
        known++;
    }
    if (known == lender_count && lender_count < FUNCTIONS_MAX) {
        lenders[lender_count++] = function;
    }
    uint8_t *copy = malloc(length + 1);
    CHECK(copy != NULL && loan_count < LOANS_MAX);
    if (copy != NULL && loan_count < LOANS_MAX) {
        if (length > 0) {
            memcpy(copy, bytes, length);
        }
        loans[loan_count++] = (struct loan){function, bytes, length, copy};
    } else {
        free(copy);
    }
}

static void borrow_text(const char *function, const char *text)
{
    if (text != NULL) {
        borrow(function, text, strlen(text) + 1);
    }
}

/* The last moment: all that was borrowed is still as it was. */
static void read_all(void)
{
    for (size_t i = 0; i < loan_count; i++) {
        const struct loan *loan = &loans[i];
        bool same = loan->length == 0 || memcmp(loan->bytes, loan->copy, loan->length) == 0;
        CHECK(same);
        if (!same) {
            printf("    %s\n", loan->function);
        }
        free(loan->copy);
    }
    loan_count = 0;
}

/* A text, and octets with a length; both name the function. */
#define TEXT(function, ...) borrow_text(#function, function(__VA_ARGS__))
#define OCTETS(function, handle, ...)                                    \
    do {                                                                 \
        const uint8_t *shown_ = NULL;                                    \
        size_t length_ = 0;                                              \
        if (function(handle, __VA_ARGS__ &shown_, &length_) == 0) {      \
            borrow(#function, shown_, length_);                          \
        }                                                                \
    } while (0)
#define NOTHING_MORE
#define INDEX(index) index,

/* Borrows, does all that is const, borrows again, and reads all of it. */
#define HOLD(lend, use, handle) \
    do {                        \
        lend(handle);           \
        use(handle);            \
        lend(handle);           \
        use(handle);            \
        read_all();             \
    } while (0)

static uint8_t scratch[8192];

/* --- what a client offers --- */

static void lend_hello(const mailtls_client_hello *h)
{
    const uint8_t *name = NULL;
    size_t length = 0;
    const uint16_t *codes = NULL;
    TEXT(mailtls_client_hello_server_name, h);
    if (mailtls_client_hello_alpn(h, 0, &name, &length) == 0) {
        borrow("mailtls_client_hello_alpn", name, length);
    }
    for (int32_t list = 0; list < 5; list++) {
        if (mailtls_client_hello_codes(h, list, &codes, &length) == 0) {
            borrow("mailtls_client_hello_codes", codes, length * sizeof *codes);
        }
    }
}

static void use_hello(const mailtls_client_hello *h)
{
    size_t length = 0;
    (void)mailtls_client_hello_highest_version(h);
    (void)mailtls_client_hello_legacy_version(h);
    (void)mailtls_client_hello_record_version(h);
    (void)mailtls_client_hello_offers_fallback_scsv(h);
    (void)mailtls_client_hello_offers_secure_renegotiation(h);
    (void)mailtls_client_hello_has_grease(h);
    (void)mailtls_client_hello_bytes(h, scratch, sizeof scratch, &length);
}

static void lend_reader(const mailtls_client_hello_reader *reader)
{
    const mailtls_client_hello *h = mailtls_client_hello_reader_hello(reader);
    TEXT(mailtls_client_hello_reader_reason, reader);
    if (h != NULL) {
        borrow("mailtls_client_hello_reader_hello", h, 1);
        lend_hello(h);
    }
}

static void use_reader(const mailtls_client_hello_reader *reader)
{
    (void)mailtls_client_hello_reader_sslv2_version(reader);
    const mailtls_client_hello *h = mailtls_client_hello_reader_hello(reader);
    if (h != NULL) {
        use_hello(h);
    }
}

/* --- connections --- */

static void lend_connection(const mailtls_connection *c)
{
    int32_t present = 0;
    const uint8_t *response = NULL;
    size_t length = 0;
    OCTETS(mailtls_connection_poll_transmit, c, NOTHING_MORE);
    TEXT(mailtls_connection_reason, c);
    TEXT(mailtls_connection_misuse_reason, c);
    const mailtls_client_hello *h = mailtls_connection_client_hello(c);
    if (h != NULL) {
        borrow("mailtls_connection_client_hello", h, 1);
        lend_hello(h);
    }
    OCTETS(mailtls_connection_ocsp_response, c, NOTHING_MORE);
    TEXT(mailtls_connection_credentials_mechanism, c);
    TEXT(mailtls_connection_credentials_user, c);
    TEXT(mailtls_connection_credentials_authorization_identity, c);
    OCTETS(mailtls_connection_credentials_password, c, NOTHING_MORE);
    if (mailtls_connection_response(c, &response, &length, &present) == 0) {
        borrow("mailtls_connection_response", response, length);
    }
    OCTETS(mailtls_connection_challenge, c, NOTHING_MORE);
    TEXT(mailtls_connection_certificate_reason, c);
    TEXT(mailtls_connection_client_name, c);
    TEXT(mailtls_connection_greeting, c);
    TEXT(mailtls_connection_greeting_code, c);
    TEXT(mailtls_connection_greeting_code_arguments, c);
    TEXT(mailtls_connection_message_code, c);
    TEXT(mailtls_connection_message_code_arguments, c);
    TEXT(mailtls_connection_message_text, c);
    for (size_t i = 0; i < mailtls_connection_capability_count(c); i++) {
        TEXT(mailtls_connection_capability, c, i);
    }
    TEXT(mailtls_connection_refusal_code, c);
    TEXT(mailtls_connection_refusal_code_arguments, c);
    TEXT(mailtls_connection_refusal_text, c);
    TEXT(mailtls_connection_refusal_details, c);
    TEXT(mailtls_connection_tls_version, c);
    TEXT(mailtls_connection_cipher_suite, c);
    TEXT(mailtls_connection_group, c);
    TEXT(mailtls_connection_alpn, c);
    for (size_t i = 0; i < mailtls_connection_peer_certificate_count(c); i++) {
        OCTETS(mailtls_connection_peer_certificate, c, INDEX(i));
    }
    TEXT(mailtls_connection_peer_subject, c);
    TEXT(mailtls_connection_peer_issuer, c);
    for (size_t i = 0; i < mailtls_connection_peer_dns_name_count(c); i++) {
        TEXT(mailtls_connection_peer_dns_name, c, i);
    }
}

static void use_connection(const mailtls_connection *c)
{
    uint64_t deadline = 0;
    int64_t from = 0, to = 0;
    int32_t matches = 0;
    size_t length = 0;
    mailtls_verdict *verdict = NULL;
    mailtls_tls_facts *facts = NULL;
    mailtls_received *field = mailtls_received_new();
    (void)mailtls_connection_wants_input(c);
    (void)mailtls_connection_poll_timeout(c, &deadline);
    (void)mailtls_connection_error(c);
    (void)mailtls_connection_service(c);
    (void)mailtls_connection_verdict(c, &verdict);
    (void)mailtls_connection_server_certificate_check(c);
    (void)mailtls_connection_server_certificate_reason(c, scratch, sizeof scratch, &length);
    (void)mailtls_connection_peer_validation(c);
    (void)mailtls_connection_readable(c);
    (void)mailtls_connection_credentials_match(c, (const uint8_t *)PASSWORD, strlen(PASSWORD),
                                               &matches);
    (void)mailtls_connection_best_mechanism(c, MAILTLS_MEANS_PASSWORD, NULL);
    (void)mailtls_connection_client_certificate(c);
    (void)mailtls_connection_pop3_utf8(c);
    (void)mailtls_connection_greeting_status(c);
    (void)mailtls_connection_refusal_temporary(c);
    (void)mailtls_connection_cipher_bits(c);
    (void)mailtls_connection_resumed(c);
    (void)mailtls_connection_channel_binding(c, "tls-exporter", scratch, sizeof scratch, &length);
    (void)mailtls_connection_alert_sent(c);
    (void)mailtls_connection_alert_received(c);
    (void)mailtls_connection_log_line(c, scratch, sizeof scratch, &length);
    (void)mailtls_connection_authentications_refused_in_clear(c);
    (void)mailtls_connection_milter_macro(c, MAILTLS_MILTER_DIALECT_SENDMAIL, "{cipher}", scratch,
                                          sizeof scratch, &length);
    (void)mailtls_connection_milter_macros(c, MAILTLS_MILTER_DIALECT_POSTFIX, scratch,
                                           sizeof scratch, &length);
    (void)mailtls_connection_trace(c, field, 0);
    (void)mailtls_connection_peer_validity(c, &from, &to);
    (void)mailtls_connection_peer_sha256(c, scratch);
    (void)mailtls_connection_tls_facts(c, &facts);
    mailtls_verdict_free(verdict);
    mailtls_tls_facts_free(facts);
    mailtls_received_free(field);
}

/* What a host does in a conversation, with all that is shown held at every event. */
static const char *mechanism;
static bool decides;

static void act(struct pair *pair, struct end *end, int32_t event)
{
    static const uint8_t word[] = "word";
    mailtls_connection *c = end->connection;
    HOLD(lend_connection, use_connection, c);
    if (event == MAILTLS_EVENT_CAPABILITIES && strcmp(mechanism, "X-HELD") == 0) {
        CHECK_IS(mailtls_connection_authenticate_raw(c, mechanism, word, 4, pair->now), 0);
    } else if (event == MAILTLS_EVENT_CAPABILITIES) {
        CHECK_IS(mailtls_connection_authenticate_as(c, mechanism, USER, "", (const uint8_t *)PASSWORD,
                                                    strlen(PASSWORD), pair->now), 0);
    } else if (event == MAILTLS_EVENT_RESPONSE && heard(end, MAILTLS_EVENT_RESPONSE) == 1) {
        CHECK_IS(mailtls_connection_send_challenge(c, word, 4, pair->now), 0);
    } else if (event == MAILTLS_EVENT_CHALLENGE) {
        CHECK_IS(mailtls_connection_respond(c, word, 4, pair->now), 0);
    } else if (decides && (event == MAILTLS_EVENT_CREDENTIALS || event == MAILTLS_EVENT_RESPONSE)) {
        CHECK_IS(mailtls_connection_reject(c, MAILTLS_REJECTION_INVALID_CREDENTIALS, pair->now), 0);
    }
    HOLD(lend_connection, use_connection, c);
}

static void converse(struct pair *pair, int32_t service, const char *how, bool host_decides)
{
    mailtls_server_config_builder *b = server_builder("server");
    CHECK_IS(mailtls_server_config_builder_sasl_mechanisms(b, "PLAIN OAUTHBEARER"), 0);
    CHECK_IS(mailtls_server_config_builder_raw_sasl_mechanism(b, "X-HELD"), 0);
    CHECK_IS(mailtls_server_config_builder_channel_bindings(b, 1), 0);
    char ca[4096];
    (void)snprintf(ca, sizeof ca, "%s", certificate_file("client-ca.pem"));
    CHECK_IS(mailtls_server_config_builder_client_certificates_file(
                 b, ca, MAILTLS_INVALID_CLIENT_CERTIFICATE_ANONYMOUS), 0);
    mailtls_server_config *server = server_built(b);
    mailtls_client_config_builder *cb = client_builder("ca.pem");
    char chain[4096];
    (void)snprintf(chain, sizeof chain, "%s", certificate_file("client-expired.pem"));
    CHECK_IS(mailtls_client_config_builder_client_certificate_files(cb, "account", chain,
                                                                    certificate_file("client-expired.key")), 0);
    mailtls_client_config *client = client_built(cb);
    mechanism = how;
    decides = host_decides;
    pair_open_for_account(pair, server, client, service, "account");
    pair->react = act;
    pair_run(pair);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
}

static void conversations(void)
{
    static const char *const mechanisms[] = {"PLAIN", "OAUTHBEARER", "X-HELD"};
    static const int32_t services[] = {MAILTLS_SERVICE_IMAPS, MAILTLS_SERVICE_POP3S,
                                       MAILTLS_SERVICE_SUBMISSIONS};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            struct pair pair;
            converse(&pair, services[j], mechanisms[i], true);
            CHECK_IS(heard(&pair.client, MAILTLS_EVENT_AUTHENTICATION_REFUSED), 1);
            CHECK_IS(mailtls_connection_cancel(pair.client.connection, pair.now),
                     MAILTLS_ERROR_WRONG_STATE);
            HOLD(lend_connection, use_connection, pair.client.connection);
            /* To the end, with a reason. */
            CHECK(mailtls_connection_handle_end_of_input(pair.client.connection, pair.now) != 0);
            HOLD(lend_connection, use_connection, pair.client.connection);
            CHECK_IS(mailtls_connection_close(pair.server.connection, pair.now), 0);
            HOLD(lend_connection, use_connection, pair.server.connection);
            pair_close(&pair);
        }
    }
}

/* The deadline passes while the host decides. The connection is over, and what was asked is there until
 * the host polls CLOSED, which wipes it. */
static void a_deadline_while_the_host_decides(void)
{
    static const char *const mechanisms[] = {"PLAIN", "X-HELD"};
    for (size_t i = 0; i < 2; i++) {
        struct pair pair;
        const uint8_t *shown = NULL;
        size_t length = 0;
        int32_t event = MAILTLS_EVENT_NONE, present = 0;
        converse(&pair, MAILTLS_SERVICE_IMAPS, mechanisms[i], false);
        mailtls_connection *c = pair.server.connection;
        HOLD(lend_connection, use_connection, c);
        CHECK_IS(mailtls_connection_handle_timeout(c, UINT64_MAX), MAILTLS_ERROR_DEADLINE_PASSED);
        HOLD(lend_connection, use_connection, c);
        if (i == 0) {
            CHECK_IS(mailtls_connection_credentials_password(c, &shown, &length), 0);
            CHECK(length == strlen(PASSWORD) && memcmp(shown, PASSWORD, length) == 0);
        } else {
            CHECK_IS(mailtls_connection_response(c, &shown, &length, &present), 0);
            CHECK(present == 1 && length == 4 && memcmp(shown, "word", 4) == 0);
        }
        CHECK_IS(mailtls_connection_poll_event(c, &event), 0);
        CHECK_IS(event, MAILTLS_EVENT_CLOSED);
        CHECK_IS(mailtls_connection_credentials_password(c, &shown, &length), MAILTLS_ERROR_WRONG_STATE);
        CHECK_IS(mailtls_connection_response(c, &shown, &length, &present), MAILTLS_ERROR_WRONG_STATE);
        CHECK(mailtls_connection_credentials_user(c) == NULL);
        HOLD(lend_connection, use_connection, c);
        pair_close(&pair);
    }
}

static void readers_of_hellos(void)
{
    static const uint8_t hello[] = {
        22, 3, 1, 0, 85, 1, 0, 0, 81, 3, 3,
        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        0, 0, 2, 0x13, 0x01, 1, 0, 0, 38,
        0, 0, 0, 14, 0, 12, 0, 0, 9, 'A', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e',
        0, 16, 0, 7, 0, 5, 4, 'i', 'm', 'a', 'p',
        0, 43, 0, 5, 4, 3, 4, 3, 3,
    };
    mailtls_client_hello_reader *reader = NULL;
    int32_t progress = 0;
    CHECK_IS(mailtls_client_hello_reader_new(&reader), 0);
    CHECK_IS(mailtls_client_hello_reader_read(reader, hello, sizeof hello, &progress), 0);
    CHECK_IS(progress, MAILTLS_CLIENT_HELLO_PROGRESS_HELLO);
    HOLD(lend_reader, use_reader, reader);
    /* More that comes ends what was borrowed; it can be borrowed again. */
    CHECK_IS(mailtls_client_hello_reader_read(reader, hello, sizeof hello, &progress), 0);
    HOLD(lend_reader, use_reader, reader);
    mailtls_client_hello_reader_free(reader);
    CHECK_IS(mailtls_client_hello_reader_new(&reader), 0);
    CHECK_IS(mailtls_client_hello_reader_read(reader, (const uint8_t *)"GET / HTTP/1.1\r\n", 16, &progress), 0);
    HOLD(lend_reader, use_reader, reader);
    mailtls_client_hello_reader_free(reader);
}

/* --- configurations, facts, policies and verdicts --- */

static void lend_server_builder(const mailtls_server_config_builder *b)
{
    TEXT(mailtls_server_config_builder_reason, b);
}

static void lend_client_builder(const mailtls_client_config_builder *b)
{
    TEXT(mailtls_client_config_builder_reason, b);
}

/* Nothing else takes it as const. */
static void use_nothing(const void *handle)
{
    (void)handle;
}

static void lend_facts(const mailtls_tls_facts *facts)
{
    TEXT(mailtls_tls_facts_reason, facts);
}

static void use_facts(const mailtls_tls_facts *facts)
{
    mailtls_policy *policy = NULL;
    mailtls_verdict *verdict = NULL;
    mailtls_minimum *minimum = mailtls_minimum_new();
    int32_t shortfall = 0;
    size_t length = 0;
    CHECK_IS(mailtls_policy_new(&policy), 0);
    CHECK_IS(mailtls_policy_judge(policy, facts, &verdict), 0);
    CHECK_IS(mailtls_minimum_permits(minimum, facts, &shortfall), 0);
    (void)mailtls_tls_facts_milter_macro(facts, MAILTLS_MILTER_DIALECT_SENDMAIL, "{cipher}", scratch,
                                         sizeof scratch, &length);
    (void)mailtls_tls_facts_milter_macros(facts, MAILTLS_MILTER_DIALECT_SENDMAIL, scratch,
                                          sizeof scratch, &length);
    mailtls_verdict_free(verdict);
    mailtls_policy_free(policy);
    mailtls_minimum_free(minimum);
}

static void lend_policy(const mailtls_policy *policy)
{
    TEXT(mailtls_policy_text, policy);
    TEXT(mailtls_policy_reason, policy);
}

static void use_policy(const mailtls_policy *policy)
{
    mailtls_server_config_builder *b = mailtls_server_config_builder_new();
    (void)mailtls_policy_allows_version(policy, 0x0304);
    (void)mailtls_policy_allows_cipher_suite(policy, 0x1301);
    (void)mailtls_policy_allows_group(policy, 29);
    (void)mailtls_policy_allows_signature_scheme(policy, 0x0403);
    (void)mailtls_policy_requires_extended_master_secret(policy);
    CHECK_IS(mailtls_server_config_builder_policy(b, policy), 0);
    mailtls_server_config_builder_free(b);
}

static void lend_verdict(const mailtls_verdict *verdict)
{
    TEXT(mailtls_verdict_text, verdict);
    for (size_t i = 0; i < mailtls_verdict_reason_count(verdict); i++) {
        TEXT(mailtls_verdict_reason_section, verdict, i);
        TEXT(mailtls_verdict_reason_sentence, verdict, i);
    }
}

static void use_verdict(const mailtls_verdict *verdict)
{
    (void)mailtls_verdict_standing(verdict);
    (void)mailtls_verdict_reason_part(verdict, 0);
    (void)mailtls_verdict_reason_standing(verdict, 0);
}

static void what_is_configured_and_judged(void)
{
    mailtls_server_config_builder *sb = mailtls_server_config_builder_new();
    CHECK(mailtls_server_config_builder_certificate_files(sb, "no such file", "neither") != 0);
    HOLD(lend_server_builder, use_nothing, sb);
    CHECK(mailtls_server_config_builder_certificate_files(sb, "no other file", "neither") != 0);
    HOLD(lend_server_builder, use_nothing, sb);
    mailtls_server_config_builder_free(sb);
    mailtls_client_config_builder *cb = mailtls_client_config_builder_new();
    CHECK(mailtls_client_config_builder_ca_file(cb, "no such file") != 0);
    HOLD(lend_client_builder, use_nothing, cb);
    mailtls_client_config_builder_free(cb);

    mailtls_tls_facts *facts = NULL;
    mailtls_server_config *config = server_built(mailtls_server_config_builder_new());
    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_tls_facts_new(0x0301, 0x0005, &facts), 0);
    CHECK_IS(mailtls_server_connection_on_host_tls(config, MAILTLS_SERVICE_IMAPS, facts, 0, &c),
             MAILTLS_ERROR_TLS_POLICY);
    HOLD(lend_facts, use_facts, facts);
    mailtls_policy *policy = NULL;
    mailtls_verdict *verdict = NULL;
    CHECK_IS(mailtls_policy_new(&policy), 0);
    CHECK(mailtls_policy_parse(policy, "no such policy") != 0);
    HOLD(lend_policy, use_policy, policy);
    CHECK_IS(mailtls_policy_judge(policy, facts, &verdict), 0);
    HOLD(lend_verdict, use_verdict, verdict);
    mailtls_verdict_free(verdict);
    mailtls_policy_free(policy);
    mailtls_tls_facts_free(facts);
    mailtls_server_config_free(config);
}

/* --- targets and what goes with them --- */

static void lend_target(const mailtls_target *target)
{
    TEXT(mailtls_target_reason, target);
}

static void use_target(const mailtls_target *target)
{
    mailtls_client_config *config = client_built(mailtls_client_config_builder_new());
    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_client_connection_to_before_host_tls(config, target, 0, &c), 0);
    mailtls_connection_free(c);
    mailtls_client_config_free(config);
}

static void lend_references(const mailtls_references *references)
{
    TEXT(mailtls_references_reason, references);
}

static void use_references(const mailtls_references *references)
{
    size_t length = 0;
    mailtls_target *target = NULL;
    CHECK_IS(mailtls_references_text(references, scratch, sizeof scratch, &length), 0);
    CHECK_IS(mailtls_target_new(MAILTLS_SERVICE_IMAPS, SERVER_NAME, &target), 0);
    CHECK_IS(mailtls_target_references(target, references), 0);
    mailtls_target_free(target);
}

static void lend_tlsa(const mailtls_tlsa *tlsa)
{
    TEXT(mailtls_tlsa_reason, tlsa);
}

static void use_tlsa(const mailtls_tlsa *tlsa)
{
    mailtls_target *target = NULL;
    (void)mailtls_tlsa_usable_count(tlsa);
    CHECK_IS(mailtls_target_new(MAILTLS_SERVICE_IMAPS, SERVER_NAME, &target), 0);
    CHECK_IS(mailtls_target_tlsa(target, tlsa), 0);
    mailtls_target_free(target);
}

static void targets(void)
{
    mailtls_target *target = NULL;
    mailtls_references *references = NULL;
    mailtls_tlsa *tlsa = NULL;
    CHECK_IS(mailtls_target_new(MAILTLS_SERVICE_IMAPS, SERVER_NAME, &target), 0);
    CHECK(mailtls_target_account(target, "") != 0);
    HOLD(lend_target, use_target, target);
    mailtls_target_free(target);
    CHECK_IS(mailtls_references_of_host(SERVER_NAME, &references), 0);
    CHECK(mailtls_references_check(references, scratch, 3) != 0);
    HOLD(lend_references, use_references, references);
    mailtls_references_free(references);
    CHECK_IS(mailtls_tlsa_dnssec_validated(&tlsa), 0);
    CHECK(mailtls_tlsa_add_text(tlsa, "x") != 0);
    HOLD(lend_tlsa, use_tlsa, tlsa);
    mailtls_tlsa_free(tlsa);
}

/* --- Received fields --- */

static void lend_received(const mailtls_received *field)
{
    TEXT(mailtls_received_reason, field);
    TEXT(mailtls_received_failed_production, field);
    for (int32_t part = 0; part < 16; part++) {
        TEXT(mailtls_received_part, field, part);
        TEXT(mailtls_received_comments, field, part);
    }
    for (size_t i = 0; i < mailtls_received_clause_count(field); i++) {
        TEXT(mailtls_received_clause_name, field, i);
        TEXT(mailtls_received_clause_value, field, i);
    }
}

static void use_received(const mailtls_received *field)
{
    size_t length = 0;
    int64_t seconds = 0;
    int16_t zone = 0;
    (void)mailtls_received_failed_at(field);
    CHECK_IS(mailtls_received_write(field, scratch, sizeof scratch, &length), 0);
    CHECK_IS(mailtls_received_date(field, &seconds, &zone), 0);
}

static void lend_report(const mailtls_hop_report *report)
{
    for (size_t i = 0; i < mailtls_hop_report_count(report); i++) {
        for (int32_t part = 0; part < 16; part++) {
            TEXT(mailtls_hop_part, report, i, part);
        }
        TEXT(mailtls_hop_client_address, report, i);
        TEXT(mailtls_hop_form, report, i);
    }
}

static void use_report(const mailtls_hop_report *report)
{
    size_t start = 0, length = 0;
    int64_t seconds = 0;
    int16_t zone = 0;
    (void)mailtls_hop_report_weakest(report);
    (void)mailtls_hop_is_fact(report, 0);
    (void)mailtls_hop_field(report, 0, &start, &length);
    (void)mailtls_hop_date(report, 0, &seconds, &zone);
    (void)mailtls_hop_protection(report, 0);
    (void)mailtls_hop_strength(report, 0);
    (void)mailtls_hop_tls_version(report, 0);
    (void)mailtls_hop_cipher_suite(report, 0);
    (void)mailtls_hop_cipher_bits(report, 0);
    (void)mailtls_hop_group(report, 0);
    (void)mailtls_hop_verified(report, 0);
}

static void received_fields(void)
{
    static const char good[] =
        "Received: from a.example (mx.example [192.0.2.7]) (c) by b.example\r\n"
        " with ESMTPS id 1 tls TLS_AES_128_GCM_SHA256 group x25519 x \"y z\";\r\n"
        " Thu, 26 Nov 2026 15:34:24 +0000\r\n";
    mailtls_received *field = mailtls_received_new();
    mailtls_hop_report *report = NULL;
    CHECK_IS(mailtls_received_parse(field, (const uint8_t *)good, strlen(good)), 0);
    CHECK(mailtls_received_parse(field, (const uint8_t *)good, 40) != 0);
    HOLD(lend_received, use_received, field);
    mailtls_received_free(field);
    CHECK_IS(mailtls_hop_report_new((const uint8_t *)good, strlen(good), 1, &report), 0);
    HOLD(lend_report, use_report, report);
    mailtls_hop_report_free(report);
}

/* --- accounts --- */

static void lend_minimum(const mailtls_minimum *minimum)
{
    TEXT(mailtls_minimum_reason, minimum);
}

static void use_minimum(const mailtls_minimum *minimum)
{
    mailtls_target *target = NULL;
    CHECK_IS(mailtls_target_new(MAILTLS_SERVICE_IMAPS, SERVER_NAME, &target), 0);
    CHECK_IS(mailtls_target_minimum(target, minimum), 0);
    mailtls_target_free(target);
}

static void lend_store(const mailtls_pin_store *store)
{
    TEXT(mailtls_pin_store_reason, store);
}

static void use_store(const mailtls_pin_store *store)
{
    size_t length = 0;
    (void)mailtls_pin_store_count(store);
    (void)mailtls_pin_store_lookup(store, USER, SERVER_NAME, scratch);
    CHECK_IS(mailtls_pin_store_write(store, scratch, sizeof scratch, &length), 0);
}

static void lend_setup(const mailtls_account_setup *setup)
{
    TEXT(mailtls_account_setup_reason, setup);
}

static void lend_srv(const mailtls_srv *srv)
{
    TEXT(mailtls_srv_reason, srv);
    for (size_t i = 0; i < mailtls_srv_candidate_count(srv); i++) {
        TEXT(mailtls_srv_candidate_host, srv, i);
    }
    for (size_t i = 0; i < mailtls_srv_dismissed_count(srv); i++) {
        TEXT(mailtls_srv_dismissed_host, srv, i);
    }
    for (size_t i = 0; i < mailtls_srv_unusable_count(srv); i++) {
        TEXT(mailtls_srv_unusable, srv, i);
    }
}

static void use_srv(const mailtls_srv *srv)
{
    size_t length = 0;
    mailtls_references *references = NULL;
    (void)mailtls_srv_not_offered(srv, MAILTLS_SERVICE_IMAPS);
    (void)mailtls_srv_query_name(srv, MAILTLS_SERVICE_IMAPS, scratch, sizeof scratch, &length);
    CHECK_IS(mailtls_srv_endpoints(srv, scratch, sizeof scratch, &length), 0);
    (void)mailtls_srv_drift(srv, NULL, 0, scratch, sizeof scratch, &length);
    (void)mailtls_srv_candidate_port(srv, 0);
    (void)mailtls_srv_candidate_service(srv, 0);
    (void)mailtls_srv_candidate_security(srv, 0);
    (void)mailtls_srv_candidate_warnings(srv, 0);
    (void)mailtls_srv_candidate_automatic(srv, 0);
    CHECK_IS(mailtls_srv_candidate_references(srv, 0, &references), 0);
    mailtls_references_free(references);
    (void)mailtls_srv_dismissed_service(srv, 0);
    (void)mailtls_srv_dismissed_why(srv, 0);
}

static void accounts(void)
{
    mailtls_minimum *minimum = mailtls_minimum_new();
    mailtls_pin_store *store = mailtls_pin_store_new();
    mailtls_account_setup *setup = NULL;
    mailtls_srv *srv = NULL;
    int32_t shortfall = 0;
    CHECK_IS(mailtls_minimum_permits(minimum, NULL, &shortfall), 0);
    HOLD(lend_minimum, use_minimum, minimum);
    CHECK(mailtls_pin_store_read(store, (const uint8_t *)"no pins", 7) != 0);
    HOLD(lend_store, use_store, store);
    CHECK_IS(mailtls_account_setup_new(USER, &setup), 0);
    CHECK(mailtls_account_setup_pin(setup, "", scratch, 3) != 0);
    HOLD(lend_setup, use_nothing, setup);
    CHECK_IS(mailtls_srv_new("example.org", &srv), 0);
    CHECK_IS(mailtls_srv_add(srv, MAILTLS_SERVICE_IMAPS, 0, 0, 993, "a.example.org", 1), 0);
    CHECK_IS(mailtls_srv_add(srv, MAILTLS_SERVICE_IMAPS, 0, 0, 993, "a.example.net", 0), 0);
    CHECK_IS(mailtls_srv_add(srv, MAILTLS_SERVICE_IMAPS, 0, 0, 993, "192.0.2.1", 0), 0);
    CHECK_IS(mailtls_srv_order(srv, MAILTLS_PROTOCOL_IMAP, minimum, NULL, 0), 0);
    CHECK(mailtls_srv_order(srv, 99, minimum, NULL, 0) != 0);
    HOLD(lend_srv, use_srv, srv);
    mailtls_srv_free(srv);
    mailtls_account_setup_free(setup);
    mailtls_pin_store_free(store);
    mailtls_minimum_free(minimum);
}

/* Every function that shows something of a handle; tests/abi.rs finds them in the header. */
static const char *const every[] = {
    "mailtls_server_config_builder_reason",
    "mailtls_client_config_builder_reason",
    "mailtls_connection_poll_transmit",
    "mailtls_connection_reason",
    "mailtls_connection_misuse_reason",
    "mailtls_client_hello_reader_hello",
    "mailtls_client_hello_reader_reason",
    "mailtls_connection_client_hello",
    "mailtls_client_hello_server_name",
    "mailtls_client_hello_alpn",
    "mailtls_client_hello_codes",
    "mailtls_tls_facts_reason",
    "mailtls_policy_text",
    "mailtls_policy_reason",
    "mailtls_verdict_text",
    "mailtls_verdict_reason_section",
    "mailtls_verdict_reason_sentence",
    "mailtls_target_reason",
    "mailtls_connection_ocsp_response",
    "mailtls_references_reason",
    "mailtls_tlsa_reason",
    "mailtls_connection_credentials_mechanism",
    "mailtls_connection_credentials_user",
    "mailtls_connection_credentials_authorization_identity",
    "mailtls_connection_credentials_password",
    "mailtls_connection_response",
    "mailtls_connection_challenge",
    "mailtls_connection_certificate_reason",
    "mailtls_connection_client_name",
    "mailtls_connection_greeting",
    "mailtls_connection_greeting_code",
    "mailtls_connection_greeting_code_arguments",
    "mailtls_connection_message_code",
    "mailtls_connection_message_code_arguments",
    "mailtls_connection_message_text",
    "mailtls_connection_capability",
    "mailtls_connection_refusal_code",
    "mailtls_connection_refusal_code_arguments",
    "mailtls_connection_refusal_text",
    "mailtls_connection_refusal_details",
    "mailtls_connection_tls_version",
    "mailtls_connection_cipher_suite",
    "mailtls_connection_group",
    "mailtls_connection_alpn",
    "mailtls_received_reason",
    "mailtls_received_failed_production",
    "mailtls_received_part",
    "mailtls_received_comments",
    "mailtls_received_clause_name",
    "mailtls_received_clause_value",
    "mailtls_hop_part",
    "mailtls_hop_client_address",
    "mailtls_hop_form",
    "mailtls_connection_peer_certificate",
    "mailtls_connection_peer_subject",
    "mailtls_connection_peer_issuer",
    "mailtls_connection_peer_dns_name",
    "mailtls_minimum_reason",
    "mailtls_pin_store_reason",
    "mailtls_account_setup_reason",
    "mailtls_srv_reason",
    "mailtls_srv_candidate_host",
    "mailtls_srv_dismissed_host",
    "mailtls_srv_unusable",
};

static void every_function_has_shown_something(void)
{
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        bool shown = false;
        for (size_t j = 0; j < lender_count; j++) {
            shown = shown || strcmp(lenders[j], every[i]) == 0;
        }
        CHECK(shown);
        if (!shown) {
            printf("    %s has shown nothing\n", every[i]);
        }
    }
    CHECK_IS((long long)lender_count, (long long)(sizeof every / sizeof *every));
}

/* What a server says to people, and with which arguments; its TLS is the host's own. */
static void what_a_server_says(void)
{
    static const char *const words[] = {
        "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n",
        "a1 NO [REFERRAL imap://b.example/] moved\r\n",
    };
    mailtls_client_config *config = client_built(mailtls_client_config_builder_new());
    mailtls_tls_facts *facts = NULL;
    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_tls_facts_new(0x0304, 0x1301, &facts), 0);
    CHECK_IS(mailtls_tls_facts_peer_validation(facts, MAILTLS_PEER_VALIDATION_PKIX), 0);
    CHECK_IS(mailtls_client_connection_on_host_tls(config, MAILTLS_SERVICE_IMAPS, facts, 0, &c), 0);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        CHECK_IS(mailtls_connection_handle_input(c, (const uint8_t *)words[i], strlen(words[i]), 0), 0);
        int32_t event = MAILTLS_EVENT_NONE;
        while (mailtls_connection_poll_event(c, &event) == 0 && event != MAILTLS_EVENT_NONE) {
            HOLD(lend_connection, use_connection, c);
        }
        if (i == 0) {
            CHECK_IS(mailtls_connection_authenticate(c, "PLAIN", USER, (const uint8_t *)PASSWORD,
                                                     strlen(PASSWORD), 0),
                     0);
        }
    }
    mailtls_connection_free(c);
    mailtls_tls_facts_free(facts);
    mailtls_client_config_free(config);
}

int main(void)
{
    conversations();
    a_deadline_while_the_host_decides();
    readers_of_hellos();
    what_is_configured_and_judged();
    targets();
    received_fields();
    accounts();
    what_a_server_says();
    every_function_has_shown_something();
    return check_end("lifetimes");
}
