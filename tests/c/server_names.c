/* server_names.c: a server with several certificates, one that takes the place of another, certificates
 * that have been revoked, and the line that is logged of a connection. */
#include "check.h"
#include "pair.h"

static char *text_of(const char *name, size_t *length)
{
    static char text[8192];
    FILE *file = fopen(certificate_file(name), "rb");
    CHECK(file != NULL);
    *length = file == NULL ? 0 : fread(text, 1, sizeof text, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    return text;
}

static const char *log_line(const mailtls_connection *c)
{
    static char line[1024];
    size_t length = 0;
    CHECK_IS(mailtls_connection_log_line(c, NULL, 0, &length), MAILTLS_ERROR_BUFFER_TOO_SMALL);
    CHECK(length > 0 && length < sizeof line);
    CHECK_IS(mailtls_connection_log_line(c, (uint8_t *)line, sizeof line - 1, &length), 0);
    line[length] = '\0';
    CHECK(strchr(line, '\n') == NULL);
    return line;
}

/* The one for other.example is for clients without a name, that for mail.example is added to it. */
static mailtls_server_config *both(const mailtls_server_config *before)
{
    char chain[4096];
    mailtls_server_config_builder *b = server_builder("other");
    (void)snprintf(chain, sizeof chain, "%s", certificate_file("server.pem"));
    CHECK_IS(mailtls_server_config_builder_additional_certificate_files(
                 b, chain, certificate_file("server.key")), 0);
    if (before != NULL) {
        CHECK_IS(mailtls_server_config_builder_tickets_of(b, before), 0);
    }
    return server_built(b);
}

static void each_name_gets_its_certificate(void)
{
    mailtls_client_config *client =
        client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    mailtls_server_config *first = both(NULL);
    mailtls_server_config *second = both(first);
    mailtls_server_config *stranger = both(NULL);
    const mailtls_server_config *const servers[] = {first, first, second, stranger};
    for (size_t i = 0; i < 4; i++) {
        struct pair pair;
        pair_open(&pair, servers[i], client, MAILTLS_SERVICE_IMAPS);
        pair_run(&pair);
        CHECK_IS(heard(&pair.server, MAILTLS_EVENT_AUTHENTICATED), 1);
        /* Again with the same key of the tickets, also under the new configuration. */
        const bool resumes = i == 1 || i == 2;
        CHECK_IS(mailtls_connection_resumed(pair.server.connection), resumes);
        const char *line = log_line(pair.server.connection);
        CHECK(strncmp(line, "role=server service=imaps tls=TLSv1.3 suite=TLS_", 48) == 0);
        CHECK(strstr(line, resumes ? " resumed=yes " : " resumed=no ") != NULL);
        CHECK(strstr(log_line(pair.client.connection), " validation=pkix certificate=") != NULL);
        pair_close(&pair);
    }
    mailtls_server_config_free(first);
    mailtls_server_config_free(second);
    mailtls_server_config_free(stranger);
    mailtls_client_config_free(client);
}

static void additional_ones_alone_are_refused(void)
{
    mailtls_server_config_builder *b = mailtls_server_config_builder_new();
    mailtls_server_config *config = NULL;
    char chain[8192];
    size_t chain_len = 0;
    size_t key_len = 0;
    memcpy(chain, text_of("server.pem", &chain_len), sizeof chain);
    const char *key = text_of("server.key", &key_len);
    CHECK_IS(mailtls_server_config_builder_additional_certificate_pem(
                 b, (const uint8_t *)chain, chain_len, (const uint8_t *)key, key_len), 0);
    CHECK_IS(mailtls_server_config_builder_build(b, &config), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK(config == NULL);
    mailtls_server_config_builder_free(b);
}

/* What becomes of a connection to this server when the list is known, and the state must be known. */
static int32_t with_list(const char *stem, bool list, bool strict)
{
    mailtls_client_config_builder *b = client_builder("ca.pem");
    if (list) {
        size_t length = 0;
        const uint8_t *text = (const uint8_t *)text_of("revoked.crl.pem", &length);
        CHECK_IS(mailtls_client_config_builder_revocation_list(b, text, length), 0);
    }
    CHECK_IS(mailtls_client_config_builder_refuse_unknown_revocation(b, strict), 0);
    mailtls_client_config *client = client_built(b);
    mailtls_server_config *server = server_config(stem);
    struct pair pair;
    pair_open(&pair, server, client, MAILTLS_SERVICE_IMAPS);
    pair_run(&pair);
    const int32_t error = mailtls_connection_error(pair.client.connection);
    if (error == MAILTLS_ERROR_CERTIFICATE_REVOKED) {
        CHECK_IS(mailtls_connection_server_certificate_check(pair.client.connection),
                 MAILTLS_CHECK_REVOCATION);
        CHECK(strstr(log_line(pair.client.connection), " tls=none check=revocation ") != NULL);
    } else {
        CHECK_IS(heard(&pair.client, MAILTLS_EVENT_AUTHENTICATED), 1);
    }
    pair_close(&pair);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
    return error;
}

static void revoked_certificates(void)
{
    CHECK_IS(with_list("revoked", false, false), 0);
    CHECK_IS(with_list("revoked", true, false), MAILTLS_ERROR_CERTIFICATE_REVOKED);
    CHECK_IS(with_list("server", true, false), 0);
    /* No list speaks of the intermediate authority. */
    CHECK_IS(with_list("server", true, true), MAILTLS_ERROR_CERTIFICATE_REVOKED);
    CHECK_IS(with_list("server", false, true), MAILTLS_ERROR_CERTIFICATE_REVOKED);
}

/* RFC 8314 section 4.1: who wanted to authenticate in clear can be told so. */
static void clear_text_is_counted(void)
{
    static const char words[] = "a LOGIN tim tanstaaftanstaaf\r\n";
    mailtls_server_config *server = server_config("server");
    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_server_connection_new(server, MAILTLS_SERVICE_IMAP, 0, &c), 0);
    mailtls_server_config_free(server);
    CHECK_IS(mailtls_connection_authentications_refused_in_clear(c), 0);
    CHECK_TEXT(log_line(c), "role=server service=imap tls=none");
    CHECK_IS(mailtls_connection_handle_input(c, (const uint8_t *)words, sizeof words - 1, 0), 0);
    CHECK_IS(mailtls_connection_authentications_refused_in_clear(c), 1);
    CHECK_TEXT(log_line(c), "role=server service=imap tls=none refused_in_clear=1");
    mailtls_connection_free(c);
}

int main(void)
{
    each_name_gets_its_certificate();
    additional_ones_alone_are_refused();
    revoked_certificates();
    clear_text_is_counted();
    return check_end("server_names");
}
