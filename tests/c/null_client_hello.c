/* null_client_hello.c: as null_arguments.c, for the reader of ClientHellos. */
#include "check.h"

#include <mailtls.h>

#define NULL_IS_REFUSED(call) CHECK_IS(call, MAILTLS_ERROR_NULL_ARGUMENT)

static void reader(void)
{
    const uint8_t byte = 22;
    int32_t progress = 42;
    mailtls_client_hello_reader *reader = NULL;
    NULL_IS_REFUSED(mailtls_client_hello_reader_new(NULL));
    mailtls_client_hello_reader_free(NULL);
    NULL_IS_REFUSED(mailtls_client_hello_reader_read(NULL, &byte, 1, &progress));
    CHECK(mailtls_client_hello_reader_hello(NULL) == NULL);
    CHECK(mailtls_client_hello_reader_reason(NULL) == NULL);
    CHECK_IS(mailtls_client_hello_reader_sslv2_version(NULL), 0);
    CHECK_IS(mailtls_client_hello_reader_new(&reader), 0);
    NULL_IS_REFUSED(mailtls_client_hello_reader_read(reader, NULL, 1, &progress));
    NULL_IS_REFUSED(mailtls_client_hello_reader_read(reader, &byte, 1, NULL));
    NULL_IS_REFUSED(mailtls_client_hello_reader_read(reader, NULL, 1, NULL));
    CHECK_IS(progress, 42);
    /* NULL stands for no bytes when there are none. */
    CHECK_IS(mailtls_client_hello_reader_read(reader, NULL, 0, &progress), 0);
    CHECK_IS(progress, MAILTLS_CLIENT_HELLO_PROGRESS_NEEDS_MORE);
    CHECK(mailtls_client_hello_reader_hello(reader) == NULL);
    CHECK(mailtls_client_hello_reader_reason(reader) == NULL);
    CHECK_IS(mailtls_client_hello_reader_sslv2_version(reader), 0);
    mailtls_client_hello_reader_free(reader);
}

static void getters(void)
{
    const uint16_t *codes = NULL;
    uint8_t buffer[8] = {0};
    size_t length = 42;
    CHECK(mailtls_connection_client_hello(NULL) == NULL);
    CHECK_IS(mailtls_client_hello_highest_version(NULL), 0);
    CHECK_IS(mailtls_client_hello_legacy_version(NULL), 0);
    CHECK_IS(mailtls_client_hello_record_version(NULL), 0);
    CHECK(mailtls_client_hello_server_name(NULL) == NULL);
    const uint8_t *name = NULL;
    NULL_IS_REFUSED(mailtls_client_hello_alpn(NULL, 0, &name, &length));
    NULL_IS_REFUSED(mailtls_client_hello_alpn(NULL, 0, NULL, &length));
    NULL_IS_REFUSED(mailtls_client_hello_alpn(NULL, 0, &name, NULL));
    NULL_IS_REFUSED(mailtls_client_hello_codes(NULL, 0, &codes, &length));
    NULL_IS_REFUSED(mailtls_client_hello_codes(NULL, 0, NULL, &length));
    NULL_IS_REFUSED(mailtls_client_hello_codes(NULL, 0, &codes, NULL));
    CHECK_IS(mailtls_client_hello_offers_fallback_scsv(NULL), 0);
    CHECK_IS(mailtls_client_hello_offers_secure_renegotiation(NULL), 0);
    CHECK_IS(mailtls_client_hello_has_grease(NULL), 0);
    NULL_IS_REFUSED(mailtls_client_hello_bytes(NULL, buffer, sizeof buffer, &length));
    NULL_IS_REFUSED(mailtls_client_hello_bytes(NULL, NULL, 1, &length));
    NULL_IS_REFUSED(mailtls_client_hello_bytes(NULL, buffer, sizeof buffer, NULL));
    CHECK(codes == NULL && name == NULL && length == 42);
}

int main(void)
{
    reader();
    getters();
    return check_end("null_client_hello");
}
