/* client_hello.c: what a client offers, read from first bytes and told by a server's connection. */
#include "check.h"
#include "pair.h"

/* TLS 1.3 and 1.2, GREASE, the name A.example, ALPN "imap", x25519 with a share of one octet. */
static const uint8_t hello[] = {
    22, 3, 1, 0, 118,                                     /* record */
    1, 0, 0, 114, 3, 3,                                   /* message, legacy_version */
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,       /* random */
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,       /* random */
    0,                                                    /* legacy_session_id */
    0, 8, 0x0a, 0x0a, 0x13, 0x01, 0x56, 0x00, 0x00, 0xff, /* cipher_suites */
    1, 0,                                                 /* compression_methods */
    0, 65,                                                /* extensions */
    0, 0, 0, 14, 0, 12, 0, 0, 9, 'A', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e',
    0, 16, 0, 7, 0, 5, 4, 'i', 'm', 'a', 'p',
    0, 43, 0, 5, 4, 3, 4, 3, 3,
    0, 10, 0, 4, 0, 2, 0, 29,
    0, 51, 0, 7, 0, 5, 0, 29, 0, 1, 9,
    0, 13, 0, 4, 0, 2, 4, 3,
};

static mailtls_client_hello_reader *new_reader(void)
{
    mailtls_client_hello_reader *reader = NULL;
    CHECK_IS(mailtls_client_hello_reader_new(&reader), 0);
    return reader;
}

static int32_t progress_of(mailtls_client_hello_reader *reader, const uint8_t *bytes, size_t length)
{
    int32_t progress = -1;
    CHECK_IS(mailtls_client_hello_reader_read(reader, bytes, length, &progress), 0);
    return progress;
}

static void list_is(const mailtls_client_hello *h, int32_t list, const uint16_t *expected, size_t n)
{
    const uint16_t *codes = NULL;
    size_t count = 0;
    CHECK_IS(mailtls_client_hello_codes(h, list, &codes, &count), 0);
    CHECK(count == n && memcmp(codes, expected, n * sizeof *codes) == 0);
}

static void facts(const mailtls_client_hello *h)
{
    static const uint16_t versions[] = {0x0304, 0x0303};
    static const uint16_t suites[] = {0x0a0a, 0x1301, 0x5600, 0x00ff};
    static const uint16_t group[] = {29};
    static const uint16_t scheme[] = {0x0403};
    const uint16_t *codes = NULL;
    size_t length = 42;
    CHECK_IS(mailtls_client_hello_highest_version(h), 0x0304);
    CHECK_IS(mailtls_client_hello_legacy_version(h), 0x0303);
    CHECK_IS(mailtls_client_hello_record_version(h), 0x0301);
    CHECK_TEXT(mailtls_client_hello_server_name(h), "a.example");
    const uint8_t *name = NULL;
    CHECK_IS(mailtls_client_hello_alpn(h, 0, &name, &length), 0);
    CHECK(name != NULL && length == 4 && memcmp(name, "imap", 4) == 0);
    CHECK_IS(mailtls_client_hello_alpn(h, 1, &name, &length), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_client_hello_alpn(h, 0, NULL, &length), MAILTLS_ERROR_NULL_ARGUMENT);
    CHECK_IS(mailtls_client_hello_alpn(h, 0, &name, NULL), MAILTLS_ERROR_NULL_ARGUMENT);
    list_is(h, MAILTLS_CLIENT_HELLO_LIST_VERSIONS, versions, 2);
    list_is(h, MAILTLS_CLIENT_HELLO_LIST_CIPHER_SUITES, suites, 4);
    list_is(h, MAILTLS_CLIENT_HELLO_LIST_GROUPS, group, 1);
    list_is(h, MAILTLS_CLIENT_HELLO_LIST_KEY_SHARES, group, 1);
    list_is(h, MAILTLS_CLIENT_HELLO_LIST_SIGNATURE_SCHEMES, scheme, 1);
    CHECK_IS(mailtls_client_hello_codes(h, 5, &codes, &length), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_client_hello_codes(h, -1, &codes, &length), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_client_hello_codes(h, 0, NULL, &length), MAILTLS_ERROR_NULL_ARGUMENT);
    CHECK_IS(mailtls_client_hello_codes(h, 0, &codes, NULL), MAILTLS_ERROR_NULL_ARGUMENT);
    CHECK_IS(mailtls_client_hello_offers_fallback_scsv(h), 1);
    CHECK_IS(mailtls_client_hello_offers_secure_renegotiation(h), 1);
    CHECK_IS(mailtls_client_hello_has_grease(h), 1);
    uint8_t buffer[sizeof hello];
    CHECK_IS(mailtls_client_hello_bytes(h, buffer, sizeof buffer - 1, &length),
             MAILTLS_ERROR_BUFFER_TOO_SMALL);
    CHECK_IS((long long)length, sizeof hello);
    CHECK_IS(mailtls_client_hello_bytes(h, buffer, sizeof buffer, &length), 0);
    CHECK(memcmp(buffer, hello, sizeof hello) == 0);
    CHECK_IS(mailtls_client_hello_bytes(h, NULL, 1, &length), MAILTLS_ERROR_NULL_ARGUMENT);
    CHECK_IS(mailtls_client_hello_bytes(h, buffer, sizeof buffer, NULL),
             MAILTLS_ERROR_NULL_ARGUMENT);
}

/* Byte by byte, and again what was said at the end. */
static void a_hello(void)
{
    mailtls_client_hello_reader *reader = new_reader();
    for (size_t i = 0; i + 1 < sizeof hello; i++) {
        CHECK_IS(progress_of(reader, &hello[i], 1), MAILTLS_CLIENT_HELLO_PROGRESS_NEEDS_MORE);
        CHECK(mailtls_client_hello_reader_hello(reader) == NULL);
    }
    CHECK_IS(progress_of(reader, &hello[sizeof hello - 1], 1), MAILTLS_CLIENT_HELLO_PROGRESS_HELLO);
    const mailtls_client_hello *h = mailtls_client_hello_reader_hello(reader);
    CHECK(h != NULL);
    facts(h);
    CHECK_IS(progress_of(reader, hello, sizeof hello), MAILTLS_CLIENT_HELLO_PROGRESS_HELLO);
    CHECK(mailtls_client_hello_reader_hello(reader) == h);
    CHECK(mailtls_client_hello_reader_reason(reader) == NULL);
    CHECK_IS(mailtls_client_hello_reader_sslv2_version(reader), 0);
    mailtls_client_hello_reader_free(reader);
}

static void no_hello(void)
{
    static const uint8_t sslv2[] = {0x80, 28, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 0x39, 7,
                                    7,    7,  7, 7, 7, 7, 7, 7, 7, 7, 7,  7, 7, 7,    7};
    static const struct {
        const char *bytes;
        size_t length;
        int32_t progress;
        const char *reason;
    } cases[] = {
        {"GET / HTTP/1.1\r\n", 16, MAILTLS_CLIENT_HELLO_PROGRESS_NOT_TLS, "HTTP"},
        {"EHLO a\r\n", 8, MAILTLS_CLIENT_HELLO_PROGRESS_NOT_TLS, "SMTP"},
        {"\0", 1, MAILTLS_CLIENT_HELLO_PROGRESS_NOT_TLS, "binary data"},
        {"\x16\x03\x01\0\0", 5, MAILTLS_CLIENT_HELLO_PROGRESS_MALFORMED, "a record of 0 octets"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mailtls_client_hello_reader *reader = new_reader();
        const uint8_t *bytes = (const uint8_t *)cases[i].bytes;
        CHECK_IS(progress_of(reader, bytes, cases[i].length), cases[i].progress);
        CHECK_TEXT(mailtls_client_hello_reader_reason(reader), cases[i].reason);
        CHECK(mailtls_client_hello_reader_hello(reader) == NULL);
        mailtls_client_hello_reader_free(reader);
    }
    mailtls_client_hello_reader *reader = new_reader();
    CHECK_IS(progress_of(reader, sslv2, sizeof sslv2), MAILTLS_CLIENT_HELLO_PROGRESS_SSLV2);
    CHECK_IS(mailtls_client_hello_reader_sslv2_version(reader), 0x0301);
    CHECK(mailtls_client_hello_reader_hello(reader) == NULL);
    mailtls_client_hello_reader_free(reader);
}

/* A server's connection tells it once, as its first event. */
static void on_a_connection(void)
{
    mailtls_server_config *server = server_config("server");
    mailtls_client_config *client = client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    struct pair pair;
    pair_open(&pair, server, client, MAILTLS_SERVICE_IMAPS);
    CHECK(mailtls_connection_client_hello(pair.server.connection) == NULL);
    pair_run(&pair);
    CHECK_IS(pair.server.events[0], MAILTLS_EVENT_CLIENT_HELLO);
    CHECK_IS(heard(&pair.server, MAILTLS_EVENT_CLIENT_HELLO), 1);
    CHECK_IS(heard(&pair.client, MAILTLS_EVENT_CLIENT_HELLO), 0);
    CHECK(mailtls_connection_client_hello(pair.client.connection) == NULL);
    const mailtls_client_hello *h = mailtls_connection_client_hello(pair.server.connection);
    CHECK_TEXT(mailtls_client_hello_server_name(h), SERVER_NAME);
    CHECK_IS(mailtls_client_hello_highest_version(h), 0x0304);
    pair_close(&pair);
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
}

int main(void)
{
    a_hello();
    no_hello();
    on_a_connection();
    return check_end("client_hello");
}
