/* received.c: Received fields read, put together and written, and the hops of a message. */
#include "check.h"
#include "pair.h"

static const uint8_t *octets(const char *text)
{
    return (const uint8_t *)text;
}

/* What is written, as a text. Valid until the next call. */
static const char *written(const mailtls_received *field)
{
    static char text[2000];
    size_t length = 0;
    if (mailtls_received_write(field, (uint8_t *)text, sizeof text - 1, &length) != 0) {
        return NULL;
    }
    text[length] = '\0';
    return text;
}

static void reading(void)
{
    static const char good[] =
        "Received: from a.example (mx.example [192.0.2.7]) (c (d)) by b.example\r\n"
        " with ESMTPS id <1@a> tls TLS_AES_128_GCM_SHA256 group x25519 (t) x \"y z\";\r\n"
        " Thu, 26 Nov 2026 15:34:24 -0000\r\n";
    static const char bad[] = "Received: from a.example by b.example tls 0x12;\r\n";
    int64_t seconds = 0;
    int16_t zone = 0;
    mailtls_received *field = mailtls_received_new();
    CHECK_IS(mailtls_received_parse(field, octets(good), strlen(good)), 0);
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_FROM), "a.example (mx.example [192.0.2.7])");
    CHECK_TEXT(mailtls_received_comments(field, MAILTLS_TRACE_PART_FROM), "(c (d))");
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_BY), "b.example");
    CHECK(mailtls_received_comments(field, MAILTLS_TRACE_PART_BY) == NULL);
    CHECK(mailtls_received_part(field, MAILTLS_TRACE_PART_VIA) == NULL);
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_WITH), "ESMTPS");
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_ID), "<1@a>");
    CHECK(mailtls_received_part(field, MAILTLS_TRACE_PART_FOR) == NULL);
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_TLS), "TLS_AES_128_GCM_SHA256");
    CHECK_TEXT(mailtls_received_comments(field, MAILTLS_TRACE_PART_TLS), "(t)");
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_GROUP), "x25519");
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_DATE), "Thu, 26 Nov 2026 15:34:24 -0000");
    CHECK_IS((long long)mailtls_received_clause_count(field), 1);
    CHECK_TEXT(mailtls_received_clause_name(field, 0), "x");
    CHECK_TEXT(mailtls_received_clause_value(field, 0), "y z");
    CHECK_IS(mailtls_received_date(field, &seconds, &zone), 0);
    CHECK_IS(seconds, 1795707264);
    CHECK_IS(zone, INT16_MIN);

    /* What fails changes nothing. */
    CHECK_IS(mailtls_received_parse(field, octets(bad), strlen(bad)), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS((long long)mailtls_received_failed_at(field), 44);
    CHECK_TEXT(mailtls_received_failed_production(field), "4HEXDIG");
    CHECK_TEXT(mailtls_received_reason(field), "at octet 44: 4HEXDIG is wanted");
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_GROUP), "x25519");
    mailtls_received_free(field);
}

static void writing(void)
{
    static const char evil[] = "x\r\nBcc: y) with ESMTPSA (";
    static const uint8_t address[4] = {192, 0, 2, 7};
    mailtls_tls_facts *facts = NULL;
    mailtls_received *field = mailtls_received_new();
    CHECK_IS(mailtls_received_begin(field, octets(evil), strlen(evil), address, 4, "mx.example", "b.example",
                                    1795707264, -90),
             0);
    CHECK_IS(mailtls_received_via(field, "TCP"), 0);
    CHECK_IS(mailtls_received_with(field, "esmtp"), 0);
    CHECK_IS(mailtls_received_id(field, "1x"), 0);
    CHECK_IS(mailtls_received_for(field, "<tim@example.org>"), 0);
    CHECK_IS(mailtls_tls_facts_new(0x0304, 0x1301, &facts), 0);
    CHECK_IS(mailtls_tls_facts_group(facts, 29), 0);
    CHECK_IS(mailtls_received_tls(field, facts), 0);
    CHECK_IS(mailtls_received_clause(field, "x", "y \"z\""), 0);
    CHECK_IS(mailtls_received_comment(field, "Example (1.0)"), 0);
    /* In pieces, lest two question marks make a trigraph. */
    CHECK_TEXT(written(field), "Received: from [192.0.2.7] (mx.example [192.0.2.7]) (EHLO\r\n"
                               "\tx?" "?Bcc:?y?" "?with?ESMTPSA?" "?) by b.example via TCP with ESMTP id 1x\r\n"
                               "\tfor <tim@example.org> tls TLS_AES_128_GCM_SHA256 group x25519\r\n"
                               "\tx \"y \\\"z\\\"\" (Example \\(1.0\\)); Thu, 26 Nov 2026 14:04:24 -0130\r\n");
    mailtls_tls_facts_free(facts);

    CHECK_IS(mailtls_received_with(field, "a b"), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_TEXT(mailtls_received_reason(field), "at octet 1: Protocol is wanted");
    CHECK_IS(mailtls_received_clause(field, "tls", "x"), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_received_clause(field, "x", "\n"), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_received_id(field, "a;b"), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_received_for(field, "<tim>"), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_received_comment(field, "\xff"), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_received_begin(field, NULL, 0, address, 3, NULL, "b", 0, 0),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_received_begin(field, NULL, 0, NULL, 0, NULL, "b_", 0, 0),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_received_begin(field, NULL, 0, NULL, 0, NULL, "b", INT64_MAX, 0),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_ID), "1x");

    size_t length = 0;
    uint8_t little[8];
    CHECK_IS(mailtls_received_write(field, little, sizeof little, &length), MAILTLS_ERROR_BUFFER_TOO_SMALL);
    CHECK_IS((long long)length, (long long)strlen(written(field)));
    mailtls_received_free(field);
}

static void over_a_connection(void)
{
    struct pair pair = {.authenticates = true};
    mailtls_server_config *server = server_config("server");
    mailtls_client_config *client = client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    mailtls_received *field = mailtls_received_new();
    pair_open(&pair, server, client, MAILTLS_SERVICE_SUBMISSIONS);
    pair_run(&pair);
    CHECK_IS(mailtls_received_begin(field, octets("a"), 1, NULL, 0, NULL, "b", 0, 0), 0);
    CHECK_IS(mailtls_connection_trace(pair.server.connection, field, 1), 0);
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_WITH), "UTF8SMTPSA");
    CHECK_IS(mailtls_connection_trace(pair.server.connection, field, 0), 0);
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_WITH), "ESMTPSA");
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_TLS), "TLS_AES_256_GCM_SHA384");
    CHECK_TEXT(mailtls_received_part(field, MAILTLS_TRACE_PART_GROUP), "X25519MLKEM768");
    mailtls_received_free(field);
    pair_close(&pair);
    mailtls_client_config_free(client);
    mailtls_server_config_free(server);
}

static void hops(void)
{
    static const char message[] =
        "Received: from c.example (c.example. [192.0.2.9]) by d.example with ESMTPS id 3\n"
        "\t(version=TLS1_2 cipher=ECDHE-RSA-AES128-GCM-SHA256 bits=128/128); Thu, 26 Nov 26 07:34:24 PST\n"
        "Received: from b.example by c.example with esmtp id 2; nonsense\n"
        "Received: from localhost ([127.0.0.1]) by b.example with ESMTP\n"
        "\n"
        "Received: by nobody\n";
    int64_t seconds = 0;
    int16_t zone = 0;
    mailtls_hop_report *report = NULL;
    CHECK_IS(mailtls_hop_report_new(octets(message), strlen(message), 1, &report), 0);
    CHECK_IS((long long)mailtls_hop_report_count(report), 3);
    CHECK_IS(mailtls_hop_report_weakest(report), 1);
    size_t start = 0, length = 0;
    CHECK_IS(mailtls_hop_field(report, 1, &start, &length), 0);
    CHECK(strncmp(message + start, "Received: from b.example", 24) == 0);
    CHECK(strncmp(message + start + length - 10, " nonsense\n", 10) == 0);
    CHECK_IS(mailtls_hop_is_fact(report, 0), 1);
    CHECK_IS(mailtls_hop_is_fact(report, 1), 0);
    CHECK_TEXT(mailtls_hop_part(report, 0, MAILTLS_TRACE_PART_FROM), "c.example");
    CHECK_TEXT(mailtls_hop_part(report, 0, MAILTLS_TRACE_PART_TLS), "ECDHE-RSA-AES128-GCM-SHA256");
    CHECK_TEXT(mailtls_hop_part(report, 0, MAILTLS_TRACE_PART_DATE), "Thu, 26 Nov 2026 07:34:24 -0800");
    CHECK_TEXT(mailtls_hop_client_address(report, 0), "192.0.2.9");
    CHECK_IS(mailtls_hop_date(report, 0, &seconds, &zone), 0);
    CHECK_IS(seconds, 1795707264);
    CHECK_IS(zone, -480);
    CHECK_IS(mailtls_hop_protection(report, 0), MAILTLS_PROTECTION_TLS);
    CHECK_IS(mailtls_hop_strength(report, 0), MAILTLS_STRENGTH_MODERN_TLS);
    CHECK_TEXT(mailtls_strength_name(mailtls_hop_strength(report, 0)), "modern-tls");
    CHECK(mailtls_strength_name(MAILTLS_STRENGTH_NONE) == NULL);
    CHECK_TEXT(mailtls_hop_form(report, 0), "gmail");
    CHECK_IS(mailtls_hop_tls_version(report, 0), 0x0303);
    CHECK_IS(mailtls_hop_cipher_suite(report, 0), 0xc02f);
    CHECK_IS(mailtls_hop_cipher_bits(report, 0), 128);
    CHECK_IS(mailtls_hop_group(report, 0), -1);
    CHECK_IS(mailtls_hop_verified(report, 0), -1);
    CHECK_IS(mailtls_hop_protection(report, 1), MAILTLS_PROTECTION_CLEAR);
    CHECK_IS(mailtls_hop_date(report, 1, &seconds, &zone), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_hop_protection(report, 2), MAILTLS_PROTECTION_LOCAL);
    CHECK_IS(mailtls_hop_strength(report, 2), MAILTLS_STRENGTH_LOCAL);
    mailtls_hop_report_free(report);
}

int main(void)
{
    reading();
    writing();
    over_a_connection();
    hops();
    return check_end("received");
}
