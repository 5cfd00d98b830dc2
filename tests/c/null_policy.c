/* null_policy.c: as null_arguments.c, for policies, verdicts and the registries. */
#include "check.h"
#include "pair.h"

#define NULL_IS_REFUSED(call) CHECK_IS(call, MAILTLS_ERROR_NULL_ARGUMENT)

static void policies(void)
{
    mailtls_policy *policy = NULL;
    mailtls_policy_free(NULL);
    CHECK(mailtls_policy_text(NULL) == NULL);
    CHECK(mailtls_policy_reason(NULL) == NULL);
    NULL_IS_REFUSED(mailtls_policy_new(NULL));
    NULL_IS_REFUSED(mailtls_policy_parse(NULL, "modern"));
    CHECK_IS(mailtls_policy_allows_version(NULL, 0x0304), 0);
    CHECK_IS(mailtls_policy_allows_cipher_suite(NULL, 0x1301), 0);
    CHECK_IS(mailtls_policy_allows_group(NULL, 29), 0);
    CHECK_IS(mailtls_policy_allows_signature_scheme(NULL, 0x0804), 0);
    CHECK_IS(mailtls_policy_requires_extended_master_secret(NULL), 0);
    CHECK_IS(mailtls_policy_new(&policy), 0);
    CHECK(mailtls_policy_reason(policy) == NULL);
    NULL_IS_REFUSED(mailtls_policy_parse(policy, NULL));
    CHECK(mailtls_policy_reason(policy) != NULL);
    mailtls_policy_free(policy);
}

static void verdicts(void)
{
    mailtls_policy *policy = NULL;
    mailtls_tls_facts *facts = NULL;
    mailtls_verdict *verdict = NULL;
    CHECK_IS(mailtls_policy_new(&policy), 0);
    CHECK_IS(mailtls_tls_facts_new(0x0304, 0x1301, &facts), 0);
    NULL_IS_REFUSED(mailtls_policy_judge(NULL, facts, &verdict));
    NULL_IS_REFUSED(mailtls_policy_judge(policy, NULL, &verdict));
    NULL_IS_REFUSED(mailtls_policy_judge(policy, facts, NULL));
    CHECK(verdict == NULL);
    mailtls_tls_facts_free(facts);
    mailtls_policy_free(policy);
    NULL_IS_REFUSED(mailtls_tls_facts_signature_scheme(NULL, 0x0804));
    NULL_IS_REFUSED(mailtls_tls_facts_extended_master_secret(NULL, 1));

    mailtls_verdict_free(NULL);
    CHECK_IS(mailtls_verdict_standing(NULL), MAILTLS_STANDING_REFUSED);
    CHECK(mailtls_verdict_text(NULL) == NULL);
    CHECK_IS((long long)mailtls_verdict_reason_count(NULL), 0);
    CHECK_IS(mailtls_verdict_reason_part(NULL, 0), MAILTLS_PART_NONE);
    CHECK_IS(mailtls_verdict_reason_standing(NULL, 0), MAILTLS_STANDING_REFUSED);
    CHECK(mailtls_verdict_reason_section(NULL, 0) == NULL);
    CHECK(mailtls_verdict_reason_sentence(NULL, 0) == NULL);
}

static void registries(void)
{
    NULL_IS_REFUSED(mailtls_tls_version_from_name(NULL));
    NULL_IS_REFUSED(mailtls_cipher_suite_from_name(NULL));
    NULL_IS_REFUSED(mailtls_group_from_name(NULL));
    NULL_IS_REFUSED(mailtls_signature_scheme_from_name(NULL));
    /* These take no pointer; 0x1a1a is nobody's code point. */
    CHECK(mailtls_tls_version_name(0x1a1a) == NULL);
    CHECK(mailtls_cipher_suite_name(0x1a1a) == NULL);
    CHECK(mailtls_cipher_suite_openssl_name(0x1a1a) == NULL);
    CHECK(mailtls_cipher_suite_gnutls_name(0x1a1a) == NULL);
    CHECK(mailtls_cipher_suite_bits(0x1a1a) <= 0);
    CHECK(mailtls_group_name(0x1a1a) == NULL);
    CHECK(mailtls_signature_scheme_name(0x1a1a) == NULL);
}

int main(void)
{
    policies();
    verdicts();
    registries();
    return check_end("null_policy");
}
