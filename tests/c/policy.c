/* policy.c: policies by name and by text, what they say of channels and why, and the names that TLS
 * has for things. */
#include "check.h"
#include "pair.h"

static mailtls_policy *policy_of(const char *text)
{
    mailtls_policy *policy = NULL;
    CHECK_IS(mailtls_policy_new(&policy), 0);
    CHECK_IS(mailtls_policy_parse(policy, text), 0);
    return policy;
}

static mailtls_verdict *judged(const mailtls_policy *policy, const mailtls_tls_facts *facts)
{
    mailtls_verdict *verdict = NULL;
    CHECK_IS(mailtls_policy_judge(policy, facts, &verdict), 0);
    return verdict;
}

static void texts(void)
{
    mailtls_policy *policy = NULL;
    CHECK_IS(mailtls_policy_new(&policy), 0);
    CHECK_TEXT(mailtls_policy_text(policy), "rfc8997");
    CHECK_IS(mailtls_policy_parse(policy, "BCP195  +AES128-SHA -prime256v1"), 0);
    CHECK_TEXT(mailtls_policy_text(policy), "bcp195 ~TLS_RSA_WITH_AES_128_CBC_SHA -secp256r1");
    CHECK(mailtls_policy_reason(policy) == NULL);
    CHECK_IS(mailtls_policy_parse(policy, "modern +RC4-SHA"), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_TEXT(mailtls_policy_reason(policy), "`+RC4-SHA`: no policy may allow what uses RC4");
    CHECK_IS(mailtls_policy_parse(policy, "\xff"), MAILTLS_ERROR_INVALID_ARGUMENT);
    /* What fails changes nothing. */
    CHECK_TEXT(mailtls_policy_text(policy), "bcp195 ~TLS_RSA_WITH_AES_128_CBC_SHA -secp256r1");
    CHECK_IS(mailtls_policy_allows_cipher_suite(policy, 0x002f), 1);
    CHECK_IS(mailtls_policy_allows_cipher_suite(policy, 0x0035), 0);
    CHECK_IS(mailtls_policy_allows_group(policy, 23), 0);
    CHECK_IS(mailtls_policy_allows_group(policy, 29), 1);
    CHECK_IS(mailtls_policy_allows_version(policy, 0x0303), 1);
    CHECK_IS(mailtls_policy_allows_version(policy, 0x0302), 0);
    CHECK_IS(mailtls_policy_allows_signature_scheme(policy, 0x0804), 1);
    CHECK_IS(mailtls_policy_allows_signature_scheme(policy, 0x0201), 0);
    CHECK_IS(mailtls_policy_requires_extended_master_secret(policy), 1);
    mailtls_policy_free(policy);
}

static void standings(void)
{
    static const struct {
        const char *policy;
        uint16_t version, suite;
        int32_t standing;
    } rows[] = {
        {"rfc8314", 0x0302, 0xc013, MAILTLS_STANDING_TOLERATED},
        {"rfc8997", 0x0302, 0xc013, MAILTLS_STANDING_REFUSED},
        {"rfc8997", 0x0303, 0xc02f, MAILTLS_STANDING_ACCEPTED},
        {"modern", 0x0303, 0xc02f, MAILTLS_STANDING_REFUSED},
        {"modern", 0x0304, 0x1301, MAILTLS_STANDING_ACCEPTED},
        {"post-quantum", 0x0304, 0x1301, MAILTLS_STANDING_REFUSED}, /* the group is not known */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mailtls_policy *policy = policy_of(rows[i].policy);
        mailtls_tls_facts *facts = NULL;
        CHECK_IS(mailtls_tls_facts_new(rows[i].version, rows[i].suite, &facts), 0);
        mailtls_verdict *verdict = judged(policy, facts);
        CHECK_IS(mailtls_verdict_standing(verdict), rows[i].standing);
        CHECK((mailtls_verdict_reason_count(verdict) == 0)
              == (rows[i].standing == MAILTLS_STANDING_ACCEPTED));
        mailtls_verdict_free(verdict);
        mailtls_tls_facts_free(facts);
        mailtls_policy_free(policy);
    }
}

static void reasons(void)
{
    mailtls_policy *policy = policy_of("rfc8997");
    mailtls_tls_facts *facts = NULL;
    CHECK_IS(mailtls_tls_facts_new(0x0303, 0x0005, &facts), 0);
    CHECK_IS(mailtls_tls_facts_group(facts, 29), 0);
    CHECK_IS(mailtls_tls_facts_signature_scheme(facts, 0x0201), 0);
    CHECK_IS(mailtls_tls_facts_extended_master_secret(facts, 0), 0);
    mailtls_verdict *verdict = judged(policy, facts);
    /* The verdict needs neither of them any more. */
    mailtls_policy_free(policy);
    mailtls_tls_facts_free(facts);
    CHECK_IS(mailtls_verdict_standing(verdict), MAILTLS_STANDING_REFUSED);
    CHECK_IS((long long)mailtls_verdict_reason_count(verdict), 3);
    CHECK_IS(mailtls_verdict_reason_part(verdict, 0), MAILTLS_PART_CIPHER_SUITE);
    CHECK_IS(mailtls_verdict_reason_standing(verdict, 0), MAILTLS_STANDING_REFUSED);
    CHECK_TEXT(mailtls_verdict_reason_section(verdict, 0), "RFC 9325 \xc2\xa7" "4.1");
    CHECK_TEXT(mailtls_verdict_reason_sentence(verdict, 0),
               "cipher suite TLS_RSA_WITH_RC4_128_SHA uses RC4; use TLSv1.3, or ECDHE with AES-GCM or "
               "ChaCha20-Poly1305");
    CHECK_IS(mailtls_verdict_reason_part(verdict, 1), MAILTLS_PART_SIGNATURE_SCHEME);
    CHECK_IS(mailtls_verdict_reason_standing(verdict, 1), MAILTLS_STANDING_TOLERATED);
    CHECK_IS(mailtls_verdict_reason_part(verdict, 2), MAILTLS_PART_EXTENDED_MASTER_SECRET);
    CHECK(strncmp(mailtls_verdict_text(verdict), "refused: cipher suite ", 22) == 0);
    CHECK_IS(mailtls_verdict_reason_part(verdict, 3), MAILTLS_PART_NONE);
    CHECK_IS(mailtls_verdict_reason_standing(verdict, 3), MAILTLS_STANDING_REFUSED);
    CHECK(mailtls_verdict_reason_section(verdict, 3) == NULL);
    CHECK(mailtls_verdict_reason_sentence(verdict, SIZE_MAX) == NULL);
    mailtls_verdict_free(verdict);
}

static void registries(void)
{
    CHECK_TEXT(mailtls_tls_version_name(0x0304), "TLSv1.3");
    CHECK(mailtls_tls_version_name(0x0305) == NULL);
    CHECK_IS(mailtls_tls_version_from_name("tlsv1.2"), 0x0303);
    CHECK_TEXT(mailtls_cipher_suite_name(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    CHECK_TEXT(mailtls_cipher_suite_openssl_name(0xc02f), "ECDHE-RSA-AES128-GCM-SHA256");
    CHECK_TEXT(mailtls_cipher_suite_gnutls_name(0xc02f), "TLS_ECDHE_RSA_AES_128_GCM_SHA256");
    CHECK_IS(mailtls_cipher_suite_bits(0xc02f), 128);
    CHECK(mailtls_cipher_suite_name(0x0a0a) == NULL);
    CHECK(mailtls_cipher_suite_openssl_name(0x0000) == NULL);
    CHECK(mailtls_cipher_suite_gnutls_name(0x0000) == NULL);
    CHECK_IS(mailtls_cipher_suite_bits(0x0a0a), 0);
    CHECK_IS(mailtls_cipher_suite_from_name("ECDHE-RSA-AES128-GCM-SHA256"), 0xc02f);
    CHECK_IS(mailtls_cipher_suite_from_name("TLS_NULL_WITH_NULL_NULL"), 0);
    CHECK_IS(mailtls_cipher_suite_from_name(""), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_TEXT(mailtls_group_name(4588), "X25519MLKEM768");
    CHECK_IS(mailtls_group_from_name("prime256v1"), 23);
    CHECK_IS(mailtls_group_from_name("prime257v1"), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_TEXT(mailtls_signature_scheme_name(0x0807), "ed25519");
    CHECK_IS(mailtls_signature_scheme_from_name("rsa_pss_rsae_sha256"), 0x0804);
}

int main(void)
{
    texts();
    standings();
    reasons();
    registries();
    return check_end("policy");
}
