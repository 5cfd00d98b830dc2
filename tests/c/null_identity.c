/* null_identity.c: as null_arguments.c, for whom a certificate must be for, and TLSA records. */
#include "check.h"
#include "pair.h"

#define NULL_IS_REFUSED(call) CHECK_IS(call, MAILTLS_ERROR_NULL_ARGUMENT)

static const uint8_t octets[4] = {3, 1, 1, 0};

static void references(void)
{
    mailtls_references *refs = NULL;
    uint8_t buffer[8] = {0};
    size_t length = 42;
    mailtls_references_free(NULL);
    CHECK(mailtls_references_reason(NULL) == NULL);
    NULL_IS_REFUSED(mailtls_references_of_host(NULL, &refs));
    NULL_IS_REFUSED(mailtls_references_of_host(SERVER_NAME, NULL));
    NULL_IS_REFUSED(mailtls_references_for_mail_domain(MAILTLS_SERVICE_IMAPS, NULL, &refs));
    NULL_IS_REFUSED(mailtls_references_for_mail_domain(MAILTLS_SERVICE_IMAPS, SERVER_NAME, NULL));
    NULL_IS_REFUSED(mailtls_references_host(NULL, SERVER_NAME));
    NULL_IS_REFUSED(
        mailtls_references_srv_target(NULL, SERVER_NAME, MAILTLS_ORIGIN_CONFIRMED_BY_USER));
    NULL_IS_REFUSED(mailtls_references_common_name_fallback(NULL, 1));
    NULL_IS_REFUSED(mailtls_references_text(NULL, buffer, sizeof buffer, &length));
    NULL_IS_REFUSED(mailtls_references_check(NULL, octets, sizeof octets));
    CHECK(refs == NULL);
    CHECK_IS(mailtls_references_of_host(SERVER_NAME, &refs), 0);
    CHECK(mailtls_references_reason(refs) == NULL);
    NULL_IS_REFUSED(mailtls_references_host(refs, NULL));
    CHECK(mailtls_references_reason(refs) != NULL);
    NULL_IS_REFUSED(mailtls_references_srv_target(refs, NULL, MAILTLS_ORIGIN_CONFIRMED_BY_USER));
    NULL_IS_REFUSED(mailtls_references_text(refs, NULL, 100, &length));
    NULL_IS_REFUSED(mailtls_references_text(refs, buffer, sizeof buffer, NULL));
    NULL_IS_REFUSED(mailtls_references_check(refs, NULL, 0));
    NULL_IS_REFUSED(mailtls_references_check(refs, NULL, 4));
    CHECK(length == 42 && buffer[0] == 0);
    mailtls_references_free(refs);
}

static void tlsa_records(void)
{
    mailtls_tlsa *tlsa = NULL;
    uint8_t buffer[8] = {0};
    size_t length = 42;
    int32_t usage = 42;
    mailtls_tlsa_free(NULL);
    CHECK(mailtls_tlsa_reason(NULL) == NULL);
    CHECK_IS(mailtls_tlsa_usable_count(NULL), 0);
    NULL_IS_REFUSED(mailtls_tlsa_dnssec_validated(NULL));
    NULL_IS_REFUSED(mailtls_tlsa_add_text(NULL, "3 1 0 ab"));
    NULL_IS_REFUSED(mailtls_tlsa_add_rdata(NULL, octets, sizeof octets));
    NULL_IS_REFUSED(mailtls_tlsa_match(NULL, octets, sizeof octets, &usage));
    CHECK_IS(mailtls_tlsa_dnssec_validated(&tlsa), 0);
    CHECK(mailtls_tlsa_reason(tlsa) == NULL);
    NULL_IS_REFUSED(mailtls_tlsa_add_text(tlsa, NULL));
    NULL_IS_REFUSED(mailtls_tlsa_add_rdata(tlsa, NULL, 0));
    NULL_IS_REFUSED(mailtls_tlsa_add_rdata(tlsa, NULL, 4));
    NULL_IS_REFUSED(mailtls_tlsa_match(tlsa, NULL, 4, &usage));
    NULL_IS_REFUSED(mailtls_tlsa_match(tlsa, octets, sizeof octets, NULL));
    NULL_IS_REFUSED(mailtls_tlsa_of_certificate(3, 1, 1, NULL, 4, buffer, sizeof buffer, &length));
    CHECK(mailtls_tlsa_reason(tlsa) != NULL);
    CHECK_IS(mailtls_tlsa_usable_count(tlsa), 0);
    CHECK(usage == 42 && length == 42);
    mailtls_tlsa_free(tlsa);
}

static void targets(void)
{
    mailtls_target *target = NULL;
    mailtls_references *refs = NULL;
    mailtls_tlsa *tlsa = NULL;
    CHECK_IS(mailtls_target_new(MAILTLS_SERVICE_IMAPS, SERVER_NAME, &target), 0);
    CHECK_IS(mailtls_references_of_host(SERVER_NAME, &refs), 0);
    CHECK_IS(mailtls_tlsa_dnssec_validated(&tlsa), 0);
    NULL_IS_REFUSED(mailtls_target_references(NULL, refs));
    NULL_IS_REFUSED(mailtls_target_references(target, NULL));
    NULL_IS_REFUSED(mailtls_target_tlsa(NULL, tlsa));
    NULL_IS_REFUSED(mailtls_target_tlsa(target, NULL));
    mailtls_tlsa_free(tlsa);
    mailtls_references_free(refs);
    mailtls_target_free(target);
}

int main(void)
{
    references();
    tlsa_records();
    targets();
    return check_end("null_identity");
}
