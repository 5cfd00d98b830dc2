/* outside.c: a program that knows mailtls only as installed: tests/install.sh builds and runs it,
 * by what mailtls.pc says and nothing else. */
#include <mailtls.h>
#include <stdio.h>

int main(void)
{
    if (mailtls_version(MAILTLS_VERSION_NUMBER) == NULL || mailtls_abi() != MAILTLS_ABI) {
        (void)fputs("the library does not fit the header\n", stderr);
        return 1;
    }
    /* Needs the TLS engine, and so everything that a static link must bring. */
    mailtls_client_config_builder *builder = mailtls_client_config_builder_new();
    int32_t result =
        mailtls_client_config_builder_ca_pem(builder, (const uint8_t *)"nothing", 7);
    mailtls_client_config_builder_free(builder);
    if (result != MAILTLS_ERROR_NO_TRUST_ANCHOR) {
        (void)fprintf(stderr, "unexpected: %s\n", mailtls_error_text(result));
        return 1;
    }
    printf("mailtls %s, imaps on port %d\n", mailtls_version(0),
           (int)mailtls_service_port(MAILTLS_SERVICE_IMAPS));
    return 0;
}
