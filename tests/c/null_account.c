/* null_account.c: as null_arguments.c, for minimum, pins and SRV records. */
#include "check.h"
#include "mailtls.h"

#define NULL_IS_REFUSED(call) CHECK_IS(call, MAILTLS_ERROR_NULL_ARGUMENT)

static uint8_t buffer[64];

static void minimum(void)
{
    mailtls_minimum *m = mailtls_minimum_new();
    mailtls_tls_facts *facts = NULL;
    int32_t number = 42;
    mailtls_minimum_free(NULL);
    CHECK(mailtls_minimum_reason(NULL) == NULL && mailtls_minimum_reason(m) == NULL);
    NULL_IS_REFUSED(mailtls_minimum_lower(NULL, MAILTLS_LOWERED_NONE,
                                          MAILTLS_ACKNOWLEDGED_THAT_PASSWORDS_AND_MESSAGES_ARE_EXPOSED));
    NULL_IS_REFUSED(mailtls_minimum_indicator(NULL, NULL, &number));
    NULL_IS_REFUSED(mailtls_minimum_indicator(m, NULL, NULL));
    NULL_IS_REFUSED(mailtls_minimum_permits(NULL, NULL, &number));
    NULL_IS_REFUSED(mailtls_minimum_permits(m, NULL, NULL));
    NULL_IS_REFUSED(mailtls_minimum_upgrade(NULL, NULL, 1, &number));
    NULL_IS_REFUSED(mailtls_minimum_upgrade(m, NULL, 1, NULL));
    NULL_IS_REFUSED(mailtls_connection_tls_facts(NULL, &facts));
    NULL_IS_REFUSED(mailtls_connection_tls_facts(NULL, NULL));
    CHECK_IS(number, 42);
    CHECK(facts == NULL && mailtls_minimum_reason(m) != NULL);
    mailtls_minimum_free(m);
    /* A version that there is not hides nothing. */
    CHECK_IS(mailtls_client_certificate_exposed(0), 1);
    CHECK_IS(mailtls_client_certificate_may_be_sent(NULL, "tim", 1, 0x0304, 0), 0);
    CHECK_IS(mailtls_client_certificate_may_be_sent("tim", NULL, 1, 0x0304, 0), 0);
    CHECK_IS(mailtls_client_certificate_may_be_sent(NULL, NULL, 1, 0x0304, 0), 0);
}

static void pins(void)
{
    mailtls_pin_store *store = mailtls_pin_store_new();
    mailtls_account_setup *setup = NULL;
    size_t len = 42;
    mailtls_pin_store_free(NULL);
    mailtls_account_setup_free(NULL);
    CHECK(mailtls_pin_store_reason(NULL) == NULL && mailtls_pin_store_reason(store) == NULL);
    CHECK(mailtls_account_setup_reason(NULL) == NULL);
    CHECK_IS(mailtls_pin_store_count(NULL), 0);
    NULL_IS_REFUSED(mailtls_pin_store_read(NULL, buffer, 1));
    NULL_IS_REFUSED(mailtls_pin_store_read(store, NULL, 1));
    NULL_IS_REFUSED(mailtls_pin_store_write(NULL, buffer, sizeof buffer, &len));
    NULL_IS_REFUSED(mailtls_pin_store_write(store, NULL, 1, &len));
    NULL_IS_REFUSED(mailtls_pin_store_write(store, buffer, sizeof buffer, NULL));
    NULL_IS_REFUSED(mailtls_pin_store_lookup(NULL, "tim", "a.example", buffer));
    NULL_IS_REFUSED(mailtls_pin_store_lookup(store, NULL, "a.example", buffer));
    NULL_IS_REFUSED(mailtls_pin_store_lookup(store, "tim", NULL, buffer));
    NULL_IS_REFUSED(mailtls_pin_store_lookup(store, "tim", "a.example", NULL));
    NULL_IS_REFUSED(mailtls_pin_store_remove(NULL, "tim", "a.example"));
    NULL_IS_REFUSED(mailtls_pin_store_remove(store, NULL, "a.example"));
    NULL_IS_REFUSED(mailtls_pin_store_remove(store, "tim", NULL));
    NULL_IS_REFUSED(mailtls_pin_store_remove_account(NULL, "tim"));
    NULL_IS_REFUSED(mailtls_pin_store_remove_account(store, NULL));
    NULL_IS_REFUSED(mailtls_account_setup_new(NULL, &setup));
    NULL_IS_REFUSED(mailtls_account_setup_new("tim", NULL));
    CHECK(setup == NULL);
    CHECK_IS(mailtls_account_setup_new("tim", &setup), 0);
    NULL_IS_REFUSED(mailtls_account_setup_pin(NULL, "a.example", buffer, 1));
    NULL_IS_REFUSED(mailtls_account_setup_pin(setup, NULL, buffer, 1));
    NULL_IS_REFUSED(mailtls_account_setup_pin(setup, "a.example", NULL, 1));
    NULL_IS_REFUSED(mailtls_account_setup_finish(NULL, store));
    NULL_IS_REFUSED(mailtls_account_setup_finish(setup, NULL));
    /* The set-up goes on. */
    CHECK_IS(mailtls_account_setup_finish(setup, store), 0);
    CHECK_IS(len, 42);
    CHECK_IS(mailtls_pin_store_count(store), 0);
    mailtls_account_setup_free(setup);
    mailtls_pin_store_free(store);
}

static void srv(void)
{
    mailtls_minimum *m = mailtls_minimum_new();
    mailtls_srv *s = NULL;
    size_t len = 42;
    mailtls_srv_free(NULL);
    CHECK(mailtls_srv_reason(NULL) == NULL);
    NULL_IS_REFUSED(mailtls_srv_new(NULL, &s));
    NULL_IS_REFUSED(mailtls_srv_new("example.org", NULL));
    CHECK(s == NULL);
    CHECK_IS(mailtls_srv_new("example.org", &s), 0);
    NULL_IS_REFUSED(mailtls_srv_query_name(NULL, MAILTLS_SERVICE_IMAPS, buffer, sizeof buffer, &len));
    NULL_IS_REFUSED(mailtls_srv_query_name(s, MAILTLS_SERVICE_IMAPS, NULL, 64, &len));
    NULL_IS_REFUSED(mailtls_srv_query_name(s, MAILTLS_SERVICE_IMAPS, buffer, sizeof buffer, NULL));
    NULL_IS_REFUSED(mailtls_srv_add(NULL, MAILTLS_SERVICE_IMAPS, 0, 0, 993, "a.example", 0));
    NULL_IS_REFUSED(mailtls_srv_add(s, MAILTLS_SERVICE_IMAPS, 0, 0, 993, NULL, 0));
    NULL_IS_REFUSED(mailtls_srv_add_response(NULL, MAILTLS_SERVICE_IMAPS, buffer, 1, 0));
    NULL_IS_REFUSED(mailtls_srv_add_response(s, MAILTLS_SERVICE_IMAPS, NULL, 1, 0));
    NULL_IS_REFUSED(mailtls_srv_confirm(NULL, "a.example"));
    NULL_IS_REFUSED(mailtls_srv_confirm(s, NULL));
    NULL_IS_REFUSED(mailtls_srv_cleartext_too(NULL));
    NULL_IS_REFUSED(mailtls_srv_found(NULL, "a.example", 143, NULL));
    NULL_IS_REFUSED(mailtls_srv_found(s, NULL, 143, NULL));
    NULL_IS_REFUSED(mailtls_srv_order(NULL, MAILTLS_PROTOCOL_IMAP, m, NULL, 0));
    NULL_IS_REFUSED(mailtls_srv_order(s, MAILTLS_PROTOCOL_IMAP, NULL, NULL, 0));
    NULL_IS_REFUSED(mailtls_srv_order(s, MAILTLS_PROTOCOL_IMAP, m, NULL, 1));
    NULL_IS_REFUSED(mailtls_srv_endpoints(NULL, buffer, sizeof buffer, &len));
    NULL_IS_REFUSED(mailtls_srv_endpoints(s, NULL, 1, &len));
    NULL_IS_REFUSED(mailtls_srv_endpoints(s, buffer, sizeof buffer, NULL));
    NULL_IS_REFUSED(mailtls_srv_drift(NULL, NULL, 0, buffer, sizeof buffer, &len));
    NULL_IS_REFUSED(mailtls_srv_drift(s, NULL, 1, buffer, sizeof buffer, &len));
    NULL_IS_REFUSED(mailtls_srv_drift(s, NULL, 0, buffer, sizeof buffer, NULL));
    mailtls_references *references = NULL;
    NULL_IS_REFUSED(mailtls_srv_candidate_references(NULL, 0, &references));
    NULL_IS_REFUSED(mailtls_srv_candidate_references(s, 0, NULL));
    CHECK_IS(mailtls_srv_candidate_references(s, 0, &references), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK(references == NULL);
    CHECK_IS(len, 42);
    CHECK(mailtls_srv_reason(s) != NULL);
    CHECK_IS(mailtls_srv_candidate_count(NULL), 0);
    CHECK_IS(mailtls_srv_dismissed_count(NULL), 0);
    CHECK_IS(mailtls_srv_unusable_count(NULL), 0);
    CHECK_IS(mailtls_srv_not_offered(NULL, MAILTLS_SERVICE_IMAPS), 0);
    const mailtls_srv *const each[] = {NULL, s};
    for (size_t i = 0; i < 2; i++) {
        CHECK(mailtls_srv_candidate_host(each[i], 0) == NULL);
        CHECK_IS(mailtls_srv_candidate_port(each[i], 0), 0);
        CHECK_IS(mailtls_srv_candidate_service(each[i], 0), 0);
        CHECK_IS(mailtls_srv_candidate_security(each[i], 0), MAILTLS_SECURITY_NONE);
        CHECK_IS(mailtls_srv_candidate_warnings(each[i], 0), 0);
        CHECK_IS(mailtls_srv_candidate_automatic(each[i], 0), 0);
        CHECK(mailtls_srv_dismissed_host(each[i], 0) == NULL);
        CHECK(mailtls_srv_unusable(each[i], 0) == NULL);
        CHECK_IS(mailtls_srv_dismissed_service(each[i], 0), 0);
        CHECK_IS(mailtls_srv_dismissed_why(each[i], SIZE_MAX), MAILTLS_DISMISSAL_NONE);
    }
    mailtls_srv_free(s);
    mailtls_minimum_free(m);
}

int main(void)
{
    minimum();
    pins();
    srv();
    return check_end("null_account");
}
