/* openssl_policy.c: OpenSSL is given what the policy of mailtls does not refuse, and nothing else, so that
 * no connection is made to be refused. */
#include "openssl_parts.h"

#include <stdio.h>
#include <string.h>

#define LIST_SIZE 8192

static bool limit_versions(SSL_CTX *context, const mailtls_policy *policy)
{
    static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    int least = 0;
    int best = 0;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (mailtls_policy_allows_version(policy, (uint16_t)versions[i]) == 1) {
            least = least == 0 ? versions[i] : least;
            best = versions[i];
        }
    }
    return best != 0 && SSL_CTX_set_min_proto_version(context, least) == 1 &&
           SSL_CTX_set_max_proto_version(context, best) == 1;
}

static bool add(char list[LIST_SIZE], const char *name)
{
    size_t used = strlen(list);
    int wrote = snprintf(list + used, LIST_SIZE - used, "%s%s", used == 0 ? "" : ":", name);
    return wrote > 0 && (size_t)wrote < LIST_SIZE - used;
}

/* In OpenSSL's own order: a policy has none. */
static bool limit_ciphers(SSL_CTX *context, const mailtls_policy *policy)
{
    char suites[LIST_SIZE] = "";  /* of TLS 1.3 */
    char ciphers[LIST_SIZE] = ""; /* of the versions before */
    STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(context);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(all, i);
        uint16_t code = SSL_CIPHER_get_protocol_id(cipher);
        if (mailtls_policy_allows_cipher_suite(policy, code) == 1 &&
            !add(code >> 8 == 0x13 ? suites : ciphers, SSL_CIPHER_get_name(cipher))) {
            return false;
        }
    }
    return (suites[0] == '\0' || SSL_CTX_set_ciphersuites(context, suites) == 1) &&
           (ciphers[0] == '\0' || SSL_CTX_set_cipher_list(context, ciphers) == 1);
}

bool policy_apply(SSL_CTX *context, const char *text)
{
    mailtls_policy *policy = NULL;
    bool good = mailtls_policy_new(&policy) == 0 &&
                (text == NULL || mailtls_policy_parse(policy, text) == 0) &&
                limit_versions(context, policy) && limit_ciphers(context, policy);
    if (!good) {
        const char *reason = mailtls_policy_reason(policy);
        log_line("--policy: %s", reason == NULL ? "OpenSSL has nothing that it allows" : reason);
    }
    mailtls_policy_free(policy);
    return good;
}
