/* null_received.c: as null_arguments.c, for Received fields and hop reports. */
#include "check.h"
#include "pair.h"

#define NULL_IS_REFUSED(call) CHECK_IS(call, MAILTLS_ERROR_NULL_ARGUMENT)
#define NOTHING_BEGUN(call) CHECK_IS(call, MAILTLS_ERROR_WRONG_STATE)

static void no_field(void)
{
    int64_t seconds;
    int16_t zone;
    size_t length;
    mailtls_received_free(NULL);
    CHECK(mailtls_received_reason(NULL) == NULL);
    NULL_IS_REFUSED(mailtls_received_parse(NULL, (const uint8_t *)"", 0));
    CHECK_IS((long long)mailtls_received_failed_at(NULL), 0);
    CHECK(mailtls_received_failed_production(NULL) == NULL);
    NULL_IS_REFUSED(mailtls_received_begin(NULL, NULL, 0, NULL, 0, NULL, "b", 0, 0));
    NULL_IS_REFUSED(mailtls_received_via(NULL, "TCP"));
    NULL_IS_REFUSED(mailtls_received_with(NULL, "ESMTP"));
    NULL_IS_REFUSED(mailtls_received_id(NULL, "1"));
    NULL_IS_REFUSED(mailtls_received_for(NULL, "a@b"));
    NULL_IS_REFUSED(mailtls_received_clause(NULL, "a", "b"));
    NULL_IS_REFUSED(mailtls_received_comment(NULL, "a"));
    NULL_IS_REFUSED(mailtls_received_tls(NULL, NULL));
    NULL_IS_REFUSED(mailtls_connection_trace(NULL, NULL, 0));
    NULL_IS_REFUSED(mailtls_received_write(NULL, NULL, 0, &length));
    CHECK(mailtls_received_part(NULL, MAILTLS_TRACE_PART_FROM) == NULL);
    CHECK(mailtls_received_comments(NULL, MAILTLS_TRACE_PART_FROM) == NULL);
    CHECK_IS((long long)mailtls_received_clause_count(NULL), 0);
    CHECK(mailtls_received_clause_name(NULL, 0) == NULL);
    CHECK(mailtls_received_clause_value(NULL, 0) == NULL);
    NULL_IS_REFUSED(mailtls_received_date(NULL, &seconds, &zone));
}

static void an_empty_handle(void)
{
    int64_t seconds;
    int16_t zone;
    size_t length;
    mailtls_received *field = mailtls_received_new();
    NOTHING_BEGUN(mailtls_received_via(field, "TCP"));
    NOTHING_BEGUN(mailtls_received_comment(field, "a"));
    NOTHING_BEGUN(mailtls_received_write(field, NULL, 0, &length));
    NOTHING_BEGUN(mailtls_received_date(field, &seconds, &zone));
    CHECK(mailtls_received_part(field, MAILTLS_TRACE_PART_FROM) == NULL);
    CHECK(mailtls_received_failed_production(field) == NULL);
    mailtls_received_free(field);
}

static void arguments(void)
{
    int64_t seconds;
    int16_t zone;
    mailtls_received *field = mailtls_received_new();
    NULL_IS_REFUSED(mailtls_received_parse(field, NULL, 1));
    NULL_IS_REFUSED(mailtls_received_begin(field, NULL, 1, NULL, 0, NULL, "b", 0, 0));
    NULL_IS_REFUSED(mailtls_received_begin(field, NULL, 0, NULL, 4, NULL, "b", 0, 0));
    NULL_IS_REFUSED(mailtls_received_begin(field, NULL, 0, NULL, 0, NULL, NULL, 0, 0));
    CHECK_IS(mailtls_received_begin(field, NULL, 0, NULL, 0, NULL, "b", 0, 0), 0);
    NULL_IS_REFUSED(mailtls_received_via(field, NULL));
    NULL_IS_REFUSED(mailtls_received_with(field, NULL));
    NULL_IS_REFUSED(mailtls_received_id(field, NULL));
    NULL_IS_REFUSED(mailtls_received_for(field, NULL));
    NULL_IS_REFUSED(mailtls_received_clause(field, NULL, "a"));
    NULL_IS_REFUSED(mailtls_received_clause(field, "a", NULL));
    NULL_IS_REFUSED(mailtls_received_comment(field, NULL));
    NULL_IS_REFUSED(mailtls_received_tls(field, NULL));
    NULL_IS_REFUSED(mailtls_connection_trace(NULL, field, 0));
    NULL_IS_REFUSED(mailtls_received_write(field, NULL, 0, NULL));
    NULL_IS_REFUSED(mailtls_received_date(field, NULL, &zone));
    NULL_IS_REFUSED(mailtls_received_date(field, &seconds, NULL));
    CHECK(mailtls_received_part(field, 0) == NULL);
    CHECK(mailtls_received_part(field, 10) == NULL);
    CHECK(mailtls_received_comments(field, -1) == NULL);
    CHECK(mailtls_received_clause_name(field, 0) == NULL);
    CHECK(mailtls_received_clause_value(field, 0) == NULL);
    mailtls_received_free(field);
}

/* All that a report says of a hop that is not there. */
static void no_such_hop(const mailtls_hop_report *report, int32_t code)
{
    int64_t seconds;
    int16_t zone;
    size_t start, length;
    CHECK_IS(mailtls_hop_field(report, 0, &start, &length), code);
    CHECK_IS(mailtls_hop_is_fact(report, 0), 0);
    CHECK(mailtls_hop_part(report, 0, MAILTLS_TRACE_PART_FROM) == NULL);
    CHECK(mailtls_hop_client_address(report, 0) == NULL);
    CHECK_IS(mailtls_hop_date(report, 0, &seconds, &zone), code);
    CHECK_IS(mailtls_hop_protection(report, 0), MAILTLS_PROTECTION_UNSAID);
    CHECK_IS(mailtls_hop_strength(report, 0), MAILTLS_STRENGTH_NONE);
    CHECK(mailtls_hop_form(report, 0) == NULL);
    CHECK_IS(mailtls_hop_tls_version(report, 0), -1);
    CHECK_IS(mailtls_hop_cipher_suite(report, 0), -1);
    CHECK_IS(mailtls_hop_cipher_bits(report, 0), -1);
    CHECK_IS(mailtls_hop_group(report, 0), -1);
    CHECK_IS(mailtls_hop_verified(report, 0), -1);
}

static void reports(void)
{
    static const char field[] = "Received: by b; 26 Nov 2026 15:34:24 +0000\r\n";
    int64_t seconds;
    int16_t zone;
    mailtls_hop_report *report = NULL;
    mailtls_hop_report_free(NULL);
    NULL_IS_REFUSED(mailtls_hop_report_new(NULL, 1, 0, &report));
    NULL_IS_REFUSED(mailtls_hop_report_new(NULL, 0, 0, NULL));
    CHECK_IS((long long)mailtls_hop_report_count(NULL), 0);
    CHECK_IS(mailtls_hop_report_weakest(NULL), -1);
    CHECK(mailtls_hop_report_warning() != NULL);
    CHECK(mailtls_strength_name(-1) == NULL);
    no_such_hop(NULL, MAILTLS_ERROR_NULL_ARGUMENT);
    CHECK_IS(mailtls_hop_report_new(NULL, 0, 9, &report), 0);
    no_such_hop(report, MAILTLS_ERROR_INVALID_ARGUMENT);
    mailtls_hop_report_free(report);
    CHECK_IS(mailtls_hop_report_new((const uint8_t *)field, strlen(field), 0, &report), 0);
    size_t place;
    NULL_IS_REFUSED(mailtls_hop_field(report, 0, NULL, &place));
    NULL_IS_REFUSED(mailtls_hop_field(report, 0, &place, NULL));
    NULL_IS_REFUSED(mailtls_hop_date(report, 0, NULL, &zone));
    NULL_IS_REFUSED(mailtls_hop_date(report, 0, &seconds, NULL));
    CHECK(mailtls_hop_part(report, 0, 0) == NULL);
    mailtls_hop_report_free(report);
}

int main(void)
{
    no_field();
    an_empty_handle();
    arguments();
    reports();
    return check_end("null_received");
}
