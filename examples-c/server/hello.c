/* hello.c: what a client begins with, for the log: who is still on an old version, before anything is
 * refused for it (RFC 8314 section 4.1). It is the same with the TLS of mailtls and with another. */
#include "hello.h"

#include "base.h"

static size_t count_of(const mailtls_client_hello *hello, int32_t list)
{
    const uint16_t *codes = NULL;
    size_t count = 0;
    (void)mailtls_client_hello_codes(hello, list, &codes, &count);
    return count;
}

void hello_log(unsigned long id, const mailtls_client_hello *hello)
{
    char name[300];
    int32_t highest = mailtls_client_hello_highest_version(hello);
    const char *version = highest < 0 ? NULL : mailtls_tls_version_name((uint16_t)highest);
    log_line("[%lu] hello best=%s name=\"%s\" suites=%zu groups=%zu", id,
             version == NULL ? "unknown" : version,
             log_safe(mailtls_client_hello_server_name(hello), name, sizeof name),
             count_of(hello, MAILTLS_CLIENT_HELLO_LIST_CIPHER_SUITES),
             count_of(hello, MAILTLS_CLIENT_HELLO_LIST_GROUPS));
}
