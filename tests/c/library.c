/* library.c: version, ABI number, error texts, services. */
#include "check.h"

#include <mailtls.h>

static void version_and_abi(void)
{
    CHECK_TEXT(mailtls_version(0), MAILTLS_VERSION);
    CHECK_TEXT(mailtls_version(MAILTLS_VERSION_NUMBER), MAILTLS_VERSION);
    CHECK(mailtls_version(MAILTLS_VERSION_NUMBER + 1) == NULL);
    CHECK(mailtls_version(UINT32_MAX) == NULL);
    CHECK_IS(mailtls_abi(), MAILTLS_ABI);
}

static const int32_t misuse[] = {
    MAILTLS_ERROR_NULL_ARGUMENT,     MAILTLS_ERROR_INVALID_ARGUMENT, MAILTLS_ERROR_WRONG_STATE,
    MAILTLS_ERROR_WOULD_BLOCK,      MAILTLS_ERROR_FILE_UNREADABLE,
    MAILTLS_ERROR_NO_CERTIFICATE,    MAILTLS_ERROR_NO_PRIVATE_KEY,   MAILTLS_ERROR_NO_TRUST_ANCHOR,
    MAILTLS_ERROR_NO_ENGINE,
};

static const int32_t fatal[] = {
    MAILTLS_ERROR_INTERNAL,
    MAILTLS_ERROR_POISONED,
    MAILTLS_ERROR_NOT_TLS,
    MAILTLS_ERROR_TLS_PROTOCOL,
    MAILTLS_ERROR_TLS_ALERT_RECEIVED,
    MAILTLS_ERROR_TLS_POLICY,
    MAILTLS_ERROR_NO_APPLICATION_PROTOCOL,
    MAILTLS_ERROR_CERTIFICATE_EXPIRED,
    MAILTLS_ERROR_CERTIFICATE_NAME_MISMATCH,
    MAILTLS_ERROR_CERTIFICATE_UNTRUSTED,
    MAILTLS_ERROR_CERTIFICATE_REVOKED,
    MAILTLS_ERROR_CERTIFICATE_UNFIT,
    MAILTLS_ERROR_SYNTAX,
    MAILTLS_ERROR_LIMIT_EXCEEDED,
    MAILTLS_ERROR_TOO_MANY_ERRORS,
    MAILTLS_ERROR_FOREIGN_PROTOCOL,
    MAILTLS_ERROR_REFUSED_BY_SERVER,
    MAILTLS_ERROR_START_TLS_REFUSED, MAILTLS_ERROR_DATA_BEFORE_TLS,
    MAILTLS_ERROR_DEADLINE_PASSED,
    MAILTLS_ERROR_TRUNCATED,
    MAILTLS_ERROR_CLOSED_EARLY,
};

/* Every number has a text of its own, and stands in its band. */
static void errors(void)
{
    CHECK_TEXT(mailtls_error_text(0), "success");
    CHECK_TEXT(mailtls_error_text(1), "unknown error");
    CHECK_TEXT(mailtls_error_text(INT32_MIN), "unknown error");
    CHECK_TEXT(mailtls_error_text(INT32_MAX), "unknown error");
    CHECK_IS(mailtls_error_is_fatal(0), 0);
    for (size_t i = 0; i < sizeof misuse / sizeof *misuse; i++) {
        CHECK_IS(mailtls_error_is_fatal(misuse[i]), 0);
        CHECK(misuse[i] > MAILTLS_ERROR_INTERNAL);
        CHECK(strcmp(mailtls_error_text(misuse[i]), "unknown error") != 0);
        for (size_t j = 0; j < i; j++) {
            CHECK(strcmp(mailtls_error_text(misuse[i]), mailtls_error_text(misuse[j])) != 0);
        }
    }
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
        CHECK_IS(mailtls_error_is_fatal(fatal[i]), 1);
        CHECK(fatal[i] <= MAILTLS_ERROR_INTERNAL);
        CHECK(strcmp(mailtls_error_text(fatal[i]), "unknown error") != 0);
        for (size_t j = 0; j < i; j++) {
            CHECK(strcmp(mailtls_error_text(fatal[i]), mailtls_error_text(fatal[j])) != 0);
        }
    }
}

/* RFC 8314 section 7, RFC 9051, RFC 1939, RFC 6409: the services and their ports. */
static void services(void)
{
    static const struct {
        int32_t service;
        const char *name;
        int32_t port;
    } known[] = {
        {MAILTLS_SERVICE_IMAPS, "imaps", 993}, {MAILTLS_SERVICE_POP3S, "pop3s", 995},
        {MAILTLS_SERVICE_SUBMISSIONS, "submissions", 465}, {MAILTLS_SERVICE_IMAP, "imap", 143},
        {MAILTLS_SERVICE_POP3, "pop3", 110}, {MAILTLS_SERVICE_SUBMISSION, "submission", 587},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int32_t found = 0;
        CHECK_IS(mailtls_service_from_name(known[i].name, &found), 0);
        CHECK_IS(found, known[i].service);
        CHECK_TEXT(mailtls_service_name(known[i].service), known[i].name);
        CHECK_IS(mailtls_service_port(known[i].service), known[i].port);
    }
    static const int32_t unknown[] = {0, 7, -1, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        CHECK(mailtls_service_name(unknown[i]) == NULL);
        CHECK_IS(mailtls_service_port(unknown[i]), MAILTLS_ERROR_INVALID_ARGUMENT);
    }
    int32_t found = 42;
    CHECK_IS(mailtls_service_from_name("smtp", &found), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_service_from_name("", &found), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(mailtls_service_from_name("\xff", &found), MAILTLS_ERROR_INVALID_ARGUMENT);
    CHECK_IS(found, 42);
}

int main(void)
{
    version_and_abi();
    errors();
    services();
    return check_end("library");
}
