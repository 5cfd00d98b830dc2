/* null_milter.c: as null_arguments.c, for the functions that make macros for milters. */
#include "check.h"
#include "pair.h"

#define NULL_IS_REFUSED(call) CHECK_IS(call, MAILTLS_ERROR_NULL_ARGUMENT)

static void milter_macros(const mailtls_connection *c, const mailtls_tls_facts *facts)
{
    const int32_t postfix = MAILTLS_MILTER_DIALECT_POSTFIX;
    uint8_t buffer[256] = {0};
    const size_t room = sizeof buffer;
    size_t length = 42;
    NULL_IS_REFUSED(mailtls_connection_milter_macro(NULL, postfix, "{cipher}", buffer, room, &length));
    NULL_IS_REFUSED(mailtls_connection_milter_macro(c, postfix, NULL, buffer, room, &length));
    NULL_IS_REFUSED(mailtls_connection_milter_macro(c, postfix, "{cipher}", NULL, room, &length));
    NULL_IS_REFUSED(mailtls_connection_milter_macro(c, postfix, "{cipher}", buffer, room, NULL));
    NULL_IS_REFUSED(mailtls_connection_milter_macros(NULL, postfix, buffer, room, &length));
    NULL_IS_REFUSED(mailtls_connection_milter_macros(c, postfix, NULL, room, &length));
    NULL_IS_REFUSED(mailtls_connection_milter_macros(c, postfix, buffer, room, NULL));
    NULL_IS_REFUSED(mailtls_tls_facts_milter_macro(NULL, postfix, "{cipher}", buffer, room, &length));
    NULL_IS_REFUSED(mailtls_tls_facts_milter_macro(facts, postfix, NULL, buffer, room, &length));
    NULL_IS_REFUSED(mailtls_tls_facts_milter_macro(facts, postfix, "{cipher}", NULL, room, &length));
    NULL_IS_REFUSED(mailtls_tls_facts_milter_macro(facts, postfix, "{cipher}", buffer, room, NULL));
    NULL_IS_REFUSED(mailtls_tls_facts_milter_macros(NULL, postfix, buffer, room, &length));
    NULL_IS_REFUSED(mailtls_tls_facts_milter_macros(facts, postfix, NULL, room, &length));
    NULL_IS_REFUSED(mailtls_tls_facts_milter_macros(facts, postfix, buffer, room, NULL));
    CHECK(mailtls_milter_macro_name(0, 0) == NULL);
    CHECK_IS(length, 42);
    CHECK_IS(buffer[0], 0);
}

int main(void)
{
    mailtls_server_config *config = server_config("server");
    mailtls_tls_facts *facts = NULL;
    mailtls_connection *c = NULL;
    CHECK_IS(mailtls_tls_facts_new(0x0304, 0x1301, &facts), 0);
    CHECK_IS(
        mailtls_server_connection_on_host_tls(config, MAILTLS_SERVICE_IMAPS, facts, 0, &c), 0);
    milter_macros(c, facts);
    mailtls_connection_free(c);
    mailtls_tls_facts_free(facts);
    mailtls_server_config_free(config);
    return check_end("null_milter");
}
