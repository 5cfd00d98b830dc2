/* identity.c: whom a certificate must be for, and TLSA records: by themselves, as a host with its own
 * TLS library uses them, and on connections. */
#include "check.h"
#include "pair.h"
#include <stdio.h>

#define INVALID(call) CHECK_IS(call, MAILTLS_ERROR_INVALID_ARGUMENT)

/* The certificate that the server shows, as DER. */
static uint8_t leaf[4096];
static size_t leaf_length;

static void keep_leaf(void)
{
    mailtls_server_config *server = server_config("server");
    mailtls_client_config *client = client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    struct pair pair;
    const uint8_t *der = NULL;
    pair_open(&pair, server, client, MAILTLS_SERVICE_IMAPS);
    pair_run(&pair);
    CHECK_IS(mailtls_connection_peer_certificate(pair.client.connection, 0, &der, &leaf_length), 0);
    CHECK(leaf_length > 0 && leaf_length <= sizeof leaf);
    memcpy(leaf, der, leaf_length);
    pair_close(&pair);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
}

static void text_is(const mailtls_references *refs, const char *expected)
{
    char text[256];
    size_t length = 0;
    CHECK_IS(mailtls_references_text(refs, NULL, 0, &length), MAILTLS_ERROR_BUFFER_TOO_SMALL);
    CHECK_IS(mailtls_references_text(refs, (uint8_t *)text, sizeof text, &length), 0);
    CHECK(length == strlen(expected) && memcmp(text, expected, length) == 0);
}

static void names_of_a_certificate(void)
{
    mailtls_references *refs = NULL;
    CHECK_IS(mailtls_references_of_host("MAIL.example.", &refs), 0);
    text_is(refs, "mail.example");
    CHECK_IS(mailtls_references_check(refs, leaf, leaf_length), 0);
    CHECK_IS(mailtls_references_check(refs, leaf, leaf_length - 1), MAILTLS_ERROR_CERTIFICATE_UNFIT);
    mailtls_references_free(refs);

    CHECK_IS(mailtls_references_of_host("127.0.0.1", &refs), 0);
    CHECK_IS(mailtls_references_check(refs, leaf, leaf_length), 0);
    mailtls_references_free(refs);

    CHECK_IS(mailtls_references_for_mail_domain(MAILTLS_SERVICE_IMAPS, "b\xc3\xbc" "cher.example", &refs), 0);
    text_is(refs, "xn--bcher-kva.example or _imaps.xn--bcher-kva.example");
    CHECK_IS(mailtls_references_check(refs, leaf, leaf_length),
             MAILTLS_ERROR_CERTIFICATE_NAME_MISMATCH);
    const char *reason = mailtls_references_reason(refs);
    CHECK(reason != NULL && strstr(reason, "_imaps.xn--bcher-kva.example") != NULL);
    CHECK(reason != NULL && strstr(reason, SERVER_NAME) != NULL && strchr(reason, '\n') == NULL);
    /* An answer that nobody has signed does not help; one that the user confirms does. */
    INVALID(mailtls_references_srv_target(refs, SERVER_NAME, MAILTLS_ORIGIN_UNPROVEN_SRV));
    CHECK(strstr(mailtls_references_reason(refs), "RFC 7817") != NULL);
    INVALID(mailtls_references_srv_target(refs, SERVER_NAME, 9));
    INVALID(mailtls_references_srv_target(refs, "127.0.0.1", MAILTLS_ORIGIN_DNSSEC_PROVEN));
    CHECK_IS(mailtls_references_check(refs, leaf, leaf_length),
             MAILTLS_ERROR_CERTIFICATE_NAME_MISMATCH);
    CHECK_IS(mailtls_references_srv_target(refs, SERVER_NAME, MAILTLS_ORIGIN_CONFIRMED_BY_USER), 0);
    CHECK_IS(mailtls_references_check(refs, leaf, leaf_length), 0);
    INVALID(mailtls_references_host(refs, "no name"));
    CHECK_IS(mailtls_references_host(refs, "localhost"), 0);
    INVALID(mailtls_references_common_name_fallback(refs, 2));
    CHECK_IS(mailtls_references_common_name_fallback(refs, 1), 0);
    mailtls_references_free(refs);

    refs = NULL;
    INVALID(mailtls_references_of_host("", &refs));
    INVALID(mailtls_references_of_host("\xff", &refs));
    INVALID(mailtls_references_for_mail_domain(99, SERVER_NAME, &refs));
    INVALID(mailtls_references_for_mail_domain(MAILTLS_SERVICE_IMAP, "192.0.2.1", &refs));
    CHECK(refs == NULL);
}

/* Writes the record of the leaf as a C text. */
static const char *record_of_leaf(int32_t usage, int32_t selector, int32_t matching_type)
{
    static char text[2 * sizeof leaf + 8];
    size_t length = 0;
    CHECK_IS(mailtls_tlsa_of_certificate(usage, selector, matching_type, leaf, leaf_length,
                                         (uint8_t *)text, sizeof text - 1, &length), 0);
    text[length] = '\0';
    return text;
}

static mailtls_tlsa *tlsa_of(const char *text)
{
    mailtls_tlsa *tlsa = NULL;
    CHECK_IS(mailtls_tlsa_dnssec_validated(&tlsa), 0);
    CHECK_IS(mailtls_tlsa_add_text(tlsa, text), 0);
    return tlsa;
}

static void records_and_a_certificate(void)
{
    for (int32_t i = 0; i < 4 * 2 * 3; i++) {
        int32_t usage = 42;
        mailtls_tlsa *tlsa = tlsa_of(record_of_leaf(i / 6, i / 3 % 2, i % 3));
        CHECK_IS(mailtls_tlsa_usable_count(tlsa), 1);
        CHECK_IS(mailtls_tlsa_match(tlsa, leaf, leaf_length - 1, &usage),
                 MAILTLS_ERROR_CERTIFICATE_UNTRUSTED);
        CHECK_IS(usage, 42);
        CHECK_IS(mailtls_tlsa_match(tlsa, leaf, leaf_length, &usage), 0);
        CHECK_IS(usage, i / 6);
        mailtls_tlsa_free(tlsa);
    }
    static const uint8_t strange[] = {3, 1, 7, 1};
    int32_t usage = 42;
    size_t length = 42;
    mailtls_tlsa *tlsa = NULL;
    CHECK_IS(mailtls_tlsa_dnssec_validated(&tlsa), 0);
    INVALID(mailtls_tlsa_add_rdata(tlsa, strange, 3));
    CHECK(mailtls_tlsa_reason(tlsa) != NULL);
    CHECK_IS(mailtls_tlsa_add_rdata(tlsa, strange, sizeof strange), 0);
    CHECK_IS(mailtls_tlsa_usable_count(tlsa), 0);
    INVALID(mailtls_tlsa_add_text(tlsa, "3 1 1 no"));
    for (size_t i = 1; i < 1000; i++) {
        CHECK_IS(mailtls_tlsa_add_rdata(tlsa, strange, sizeof strange), 0);
    }
    INVALID(mailtls_tlsa_add_rdata(tlsa, strange, sizeof strange));
    CHECK_IS(mailtls_tlsa_match(tlsa, leaf, leaf_length, &usage), MAILTLS_ERROR_CERTIFICATE_UNTRUSTED);
    mailtls_tlsa_free(tlsa);
    INVALID(mailtls_tlsa_of_certificate(3, 2, 1, leaf, leaf_length, NULL, 0, &length));
    INVALID(mailtls_tlsa_of_certificate(-1, 1, 1, leaf, leaf_length, NULL, 0, &length));
    CHECK_IS(mailtls_tlsa_of_certificate(3, 1, 1, strange, sizeof strange, NULL, 0, &length),
             MAILTLS_ERROR_CERTIFICATE_UNFIT);
    CHECK_IS(length, 42);
    CHECK_IS(mailtls_tlsa_of_certificate(3, 1, 1, leaf, leaf_length, NULL, 0, &length),
             MAILTLS_ERROR_BUFFER_TOO_SMALL);
    CHECK_IS(length, 6 + 64);
}

/* What comes of a connection to a target: NULL references or record is none. */
static void connected(const char *ca, mailtls_references *refs, const char *record, int32_t validation,
                      int32_t check)
{
    mailtls_server_config *server = server_config("server");
    mailtls_client_config *client = client_config(ca, MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    mailtls_target *target = NULL;
    struct pair pair = {.password = PASSWORD, .authenticates = true};
    CHECK_IS(mailtls_target_new(MAILTLS_SERVICE_IMAPS, SERVER_NAME, &target), 0);
    if (refs != NULL) {
        CHECK_IS(mailtls_target_references(target, refs), 0);
        mailtls_references_free(refs);
    }
    if (record != NULL) {
        mailtls_tlsa *tlsa = tlsa_of(record);
        CHECK_IS(mailtls_target_tlsa(target, tlsa), 0);
        mailtls_tlsa_free(tlsa);
    }
    CHECK_IS(mailtls_server_connection_new(server, MAILTLS_SERVICE_IMAPS, 0, &pair.server.connection),
             0);
    CHECK_IS(mailtls_client_connection_new_to(client, target, 0, &pair.client.connection), 0);
    mailtls_target_free(target);
    pair_run(&pair);
    const mailtls_connection *c = pair.client.connection;
    CHECK_IS(mailtls_connection_server_certificate_check(c), check);
    CHECK_IS(mailtls_connection_peer_validation(c), validation);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_HANDED_OFF), check == MAILTLS_CHECK_NONE);
    pair_close(&pair);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
}

static mailtls_references *references_of(const char *host)
{
    mailtls_references *refs = NULL;
    CHECK_IS(mailtls_references_of_host(host, &refs), 0);
    return refs;
}

static void connections(void)
{
    connected("ca.pem", references_of("localhost"), NULL, MAILTLS_PEER_VALIDATION_PKIX,
              MAILTLS_CHECK_NONE);
    connected("ca.pem", references_of("other.example"), NULL, MAILTLS_PEER_VALIDATION_NONE,
              MAILTLS_CHECK_IDENTITY);
    /* The server's own certificate by DNS: no authority and no name is needed. */
    connected("other-ca.pem", NULL, record_of_leaf(3, 1, 1), MAILTLS_PEER_VALIDATION_DANE,
              MAILTLS_CHECK_NONE);
    connected("other-ca.pem", references_of("other.example"), record_of_leaf(3, 0, 2),
              MAILTLS_PEER_VALIDATION_DANE, MAILTLS_CHECK_NONE);
    connected("ca.pem", NULL, record_of_leaf(1, 1, 1), MAILTLS_PEER_VALIDATION_PKIX,
              MAILTLS_CHECK_NONE);
    connected("other-ca.pem", NULL, record_of_leaf(1, 1, 1), MAILTLS_PEER_VALIDATION_NONE,
              MAILTLS_CHECK_CHAIN);
    /* Another certificate's, which no authority can make good. */
    connected("ca.pem", NULL, "3 1 0 abcd", MAILTLS_PEER_VALIDATION_NONE, MAILTLS_CHECK_DANE);
    /* None that counts is none. */
    connected("ca.pem", NULL, "3 1 9 abcd", MAILTLS_PEER_VALIDATION_PKIX, MAILTLS_CHECK_NONE);
}

int main(void)
{
    keep_leaf();
    names_of_a_certificate();
    records_and_a_certificate();
    connections();
    return check_end("identity");
}
