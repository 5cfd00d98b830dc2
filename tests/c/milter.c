/* milter.c: what a filter is told of a connection's TLS: the macros for milters. */
#include "check.h"
#include "pair.h"

enum { SENDMAIL = MAILTLS_MILTER_DIALECT_SENDMAIL, POSTFIX = MAILTLS_MILTER_DIALECT_POSTFIX };

/* The value of a macro; NULL when there is none. Valid until the next call. */
static const char *macro(const mailtls_connection *c, int32_t dialect, const char *name)
{
    static char value[1025];
    size_t length = 0;
    int32_t failed = mailtls_connection_milter_macro(c, dialect, name, (uint8_t *)value,
                                                     sizeof value - 1, &length);
    value[length] = '\0';
    return failed != 0 ? NULL : value;
}

static void names(void)
{
    CHECK_TEXT(mailtls_milter_macro_name(SENDMAIL, 0), "{tls_version}");
    CHECK_TEXT(mailtls_milter_macro_name(SENDMAIL, 4), "{verify}");
    CHECK_TEXT(mailtls_milter_macro_name(SENDMAIL, 10), "{cert_fp}");
    CHECK(mailtls_milter_macro_name(SENDMAIL, 11) == NULL);
    CHECK_TEXT(mailtls_milter_macro_name(POSTFIX, 4), "{cert_issuer}");
    CHECK(mailtls_milter_macro_name(POSTFIX, 5) == NULL);
    CHECK(mailtls_milter_macro_name(POSTFIX, SIZE_MAX) == NULL);
    CHECK(mailtls_milter_macro_name(0, 0) == NULL);
    CHECK(mailtls_milter_macro_name(3, 0) == NULL);
}

static void told_facts(void)
{
    static const char expected[] =
        "{tls_version}\0TLSv1.2\0{cipher}\0ECDHE-RSA-AES256-GCM-SHA384\0{cipher_bits}\0" "256";
    mailtls_tls_facts *facts = NULL;
    uint8_t buffer[4096] = {0};
    size_t length = 0;
    CHECK_IS(mailtls_tls_facts_new(0x0303, 0xc030, &facts), 0);
    CHECK_IS(mailtls_tls_facts_milter_macros(facts, POSTFIX, NULL, 0, &length),
             MAILTLS_ERROR_BUFFER_TOO_SMALL);
    CHECK_IS(length, sizeof expected);
    CHECK_IS(mailtls_tls_facts_milter_macros(facts, POSTFIX, buffer, length, &length), 0);
    CHECK(memcmp(buffer, expected, sizeof expected) == 0);
    CHECK_IS(mailtls_tls_facts_milter_macros(facts, 3, buffer, sizeof buffer, &length),
             MAILTLS_ERROR_INVALID_ARGUMENT);

    CHECK_IS(mailtls_tls_facts_milter_macro(facts, SENDMAIL, "{verify}", buffer, 3, &length), 0);
    CHECK(length == 3 && memcmp(buffer, "NOT", 3) == 0);
    CHECK_IS(mailtls_tls_facts_client_certificate_requested(facts, 1), 0);
    CHECK_IS(mailtls_tls_facts_milter_macro(facts, SENDMAIL, "{verify}", buffer, 3, &length), 0);
    CHECK(length == 2 && memcmp(buffer, "NO", 2) == 0);
    CHECK_IS(mailtls_tls_facts_milter_macro(facts, SENDMAIL, "{cipher}", buffer, 3, &length),
             MAILTLS_ERROR_BUFFER_TOO_SMALL);
    CHECK_IS(length, strlen("ECDHE-RSA-AES256-GCM-SHA384"));
    /* Here it is empty, there it is not. */
    CHECK_IS(mailtls_tls_facts_milter_macro(facts, SENDMAIL, "{cert_subject}", NULL, 0, &length), 0);
    CHECK_IS(length, 0);
    CHECK_IS(mailtls_tls_facts_milter_macro(facts, POSTFIX, "{cert_subject}", buffer, 9, &length),
             MAILTLS_ERROR_WRONG_STATE);
    CHECK_IS(mailtls_tls_facts_milter_macro(facts, POSTFIX, "{verify}", buffer, 9, &length),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_tls_facts_milter_macro(facts, POSTFIX, "cipher", buffer, 9, &length),
             MAILTLS_ERROR_INVALID_ARGUMENT);
    mailtls_tls_facts_free(facts);
}

/* A server that asks, and a client with a certificate for the account USER. */
static void connection(const char *account)
{
    mailtls_server_config_builder *server_side = server_builder("server");
    mailtls_client_config_builder *client_side = client_builder("ca.pem");
    char chain[4096];
    (void)snprintf(chain, sizeof chain, "%s", certificate_file("client.pem"));
    CHECK_IS(mailtls_server_config_builder_client_certificates_file(
                 server_side, certificate_file("client-ca.pem"),
                 MAILTLS_INVALID_CLIENT_CERTIFICATE_REFUSE), 0);
    CHECK_IS(mailtls_client_config_builder_client_certificate_files(
                 client_side, USER, chain, certificate_file("client.key")), 0);
    mailtls_server_config *server = server_built(server_side);
    mailtls_client_config *client = client_built(client_side);
    struct pair pair;
    pair_open_for_account(&pair, server, client, MAILTLS_SERVICE_IMAPS, account);
    const mailtls_connection *c = pair.server.connection;
    CHECK(macro(c, POSTFIX, "{cipher}") == NULL);
    pair_run(&pair);
    CHECK_TEXT(macro(c, POSTFIX, "{tls_version}"), "TLSv1.3");
    CHECK_TEXT(macro(c, POSTFIX, "{cipher}"), mailtls_connection_cipher_suite(c));
    CHECK_TEXT(macro(c, SENDMAIL, "{alg_bits}"), macro(c, POSTFIX, "{cipher_bits}"));
    if (strcmp(account, USER) == 0) {
        CHECK_TEXT(macro(c, POSTFIX, "{cert_subject}"), USER);
        CHECK_TEXT(macro(c, POSTFIX, "{cert_issuer}"), "mailtls throwaway intermediate of clients");
        CHECK_TEXT(macro(c, SENDMAIL, "{cert_issuer}"),
                   "/CN=mailtls+20throwaway+20intermediate+20of+20clients");
        CHECK_TEXT(macro(c, SENDMAIL, "{verify}"), "OK");
    } else {
        CHECK(macro(c, POSTFIX, "{cert_subject}") == NULL);
        CHECK_TEXT(macro(c, SENDMAIL, "{verify}"), "NO");
    }
    uint8_t buffer[4096];
    size_t length = 0;
    CHECK_IS(mailtls_connection_milter_macros(c, SENDMAIL, buffer, sizeof buffer, &length), 0);
    CHECK(length > 0 && buffer[length - 1] == '\0');
    CHECK_TEXT((const char *)buffer, "{tls_version}");
    pair_close(&pair);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
}

int main(void)
{
    names();
    told_facts();
    connection(USER);
    connection("somebody without");
    return check_end("milter");
}
