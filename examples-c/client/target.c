/* What the client connects to, and whom the certificate must be for.
 * Must never know: sockets, events. */
#include "target.h"

#include <stdio.h>

const char *target_account(const struct options *o, char name[ACCOUNT_SIZE])
{
    snprintf(name, ACCOUNT_SIZE, "%s@%s", o->user != NULL ? o->user : "", o->host);
    return name;
}

/* Keeps what a handle says before the handle is freed. */
static void keep(char *reason, size_t size, const char *text)
{
    if (text != NULL)
        snprintf(reason, size, "%s", text);
}

/* HOST was an answer to the question for the mail domain's servers: it is the domain that the
 * certificate must be for, and HOST only when the answer is proved (RFC 7817 section 3). */
static int32_t add_references(mailtls_target *target, const struct options *o, char *reason,
                              size_t size)
{
    mailtls_references *references = NULL;
    int32_t code = mailtls_references_for_mail_domain(o->service, o->srv_domain, &references);
    if (code == 0 && o->srv_proven)
        code = mailtls_references_srv_target(references, o->host, MAILTLS_ORIGIN_DNSSEC_PROVEN);
    if (code == 0)
        code = mailtls_target_references(target, references);
    keep(reason, size, mailtls_references_reason(references));
    mailtls_references_free(references);
    return code;
}

static int32_t add_tlsa(mailtls_target *target, const struct options *o, char *reason, size_t size)
{
    mailtls_tlsa *tlsa = NULL;
    int32_t code = mailtls_tlsa_dnssec_validated(&tlsa);
    for (size_t i = 0; code == 0 && i < o->tlsa_count; i++)
        code = mailtls_tlsa_add_text(tlsa, o->tlsa[i]);
    if (code == 0)
        code = mailtls_target_tlsa(target, tlsa);
    keep(reason, size, mailtls_tlsa_reason(tlsa));
    mailtls_tlsa_free(tlsa);
    return code;
}

/* The certificate that the user has pinned at set-up: acknowledged by the option itself. */
static int32_t add_pin(mailtls_target *target, const struct options *o)
{
    mailtls_minimum *minimum = mailtls_minimum_new();
    int32_t code =
        mailtls_minimum_lower(minimum, MAILTLS_LOWERED_PINNED,
                              MAILTLS_ACKNOWLEDGED_THAT_PASSWORDS_AND_MESSAGES_ARE_EXPOSED);
    if (code == 0)
        code = mailtls_target_minimum(target, minimum);
    if (code == 0)
        code = mailtls_target_pin(target, o->pin);
    mailtls_minimum_free(minimum);
    return code;
}

int32_t target_connect(const mailtls_client_config *config, const struct options *o, uint64_t now,
                       mailtls_connection **connection, char *reason, size_t size)
{
    char account[ACCOUNT_SIZE];
    mailtls_target *target = NULL;
    reason[0] = '\0';
    int32_t code = mailtls_target_new(o->service, o->host, &target);
    if (code == MAILTLS_ERROR_INVALID_ARGUMENT)
        snprintf(reason, size, "HOST is neither a DNS name nor an IP address: %s", o->host);
    if (code == 0 && o->client_cert != NULL)
        code = mailtls_target_account(target, target_account(o, account));
    if (code == 0 && o->srv_domain != NULL)
        code = add_references(target, o, reason, size);
    if (code == 0 && o->tlsa_count > 0)
        code = add_tlsa(target, o, reason, size);
    if (code == 0 && o->has_pin)
        code = add_pin(target, o);
    if (code == 0)
        code = mailtls_client_connection_new_to(config, target, now, connection);
    mailtls_target_free(target);
    return code;
}
