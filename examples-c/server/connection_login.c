/* connection_login.c: what only the host can know: whose credentials are right, and whom a
 * certificate stands for (see connection.h). */
#include "connection_parts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* mailtls says no only when the connection is over, or this program is wrong. */
static void log_misuse(const struct connection *c, const char *what, int32_t result)
{
    if (result != 0) {
        LOG(c, "%s: %s", what, mailtls_error_text(result));
    }
}

/* RFC 1939 section 7: the time stamp must be another one for each greeting. The clock makes it so
 * from one run to the next, where process id and count may come again. */
void connection_offer_apop(struct connection *c)
{
    char stamp[300];
    struct timespec clock = {0};
    (void)clock_gettime(CLOCK_REALTIME, &clock);
    (void)snprintf(stamp, sizeof stamp, "<%ld.%lu.%lld.%ld@%s>", (long)getpid(), c->id,
                   (long long)clock.tv_sec, clock.tv_nsec, c->host->store.host_name);
    log_misuse(c, "APOP", mailtls_connection_set_apop_timestamp(c->tls, stamp));
}

/* Certificate facts in, a user or nobody out, before a word has been said (RFC 8314
 * section 4.2). */
void connection_map_certificate(struct connection *c, uint64_t now)
{
    uint8_t fingerprint[FINGERPRINT_SIZE] = {0};
    char hexadecimal[2 * FINGERPRINT_SIZE + 1], subject[300], safe[300];
    const uint8_t *der;
    size_t len;
    bool preauth = false;
    const char *user = NULL;
    if (c->host->certificates != NULL && mailtls_connection_peer_sha256(c->tls, fingerprint) == 0 &&
        mailtls_connection_peer_certificate(c->tls, 0, &der, &len) == 0) {
        user = certificates_user(c->host->certificates, fingerprint, der, len, &preauth);
    }
    /* Only imaps begins with a greeting that can be PREAUTH. */
    preauth = preauth && mailtls_connection_service(c->tls) == MAILTLS_SERVICE_IMAPS;
    for (size_t i = 0; i < FINGERPRINT_SIZE; i++) {
        (void)snprintf(hexadecimal + 2 * i, 3, "%02x", fingerprint[i]);
    }
    LOG(c, "certificate subject=\"%s\" sha256=%s user=\"%s\" result=%s",
        log_safe(mailtls_connection_peer_subject(c->tls), subject, sizeof subject), hexadecimal,
        log_safe(user, safe, sizeof safe), user == NULL ? "nobody" : preauth ? "preauth" : "mapped");
    int32_t result = MAILTLS_ERROR_INVALID_ARGUMENT;
    if (user != NULL) {
        result = mailtls_connection_accept_certificate(c->tls, user, preauth ? 1 : 0, now);
        log_misuse(c, "certificate", result);
    }
    if (result == MAILTLS_ERROR_INVALID_ARGUMENT) {
        log_misuse(c, "certificate", mailtls_connection_refuse_certificate(c->tls, now));
    }
}

/* SCRAM asks before the client has proved anything. Somebody who does not exist is not turned
 * away here, or the time would tell that there was no password to work on: he fails at the end,
 * as with a wrong password. */
void connection_give_secret(struct connection *c, uint64_t now)
{
    const char *user = mailtls_connection_credentials_user(c->tls);
    struct password password = users_password(c->host->users, user == NULL ? "" : user);
    log_misuse(c, "authentication",
               mailtls_connection_scram_password(c->tls, password.bytes, password.len, now));
}

/* Whether somebody is who he says, by the mechanism he has chosen; *user is then his name. */
static bool is_proved(const struct connection *c, const char *mechanism, const char **user)
{
    if (strcmp(mechanism, "EXTERNAL") == 0) {
        return true; /* the certificate has been mapped to him */
    }
    if (strcmp(mechanism, "OAUTHBEARER") == 0 || strcmp(mechanism, "XOAUTH2") == 0) {
        const uint8_t *token;
        size_t len;
        const char *owner = c->host->tokens == NULL ||
                                    mailtls_connection_credentials_password(c->tls, &token, &len) != 0
                                ? NULL
                                : users_of_token(c->host->tokens, *user, token, len);
        *user = owner == NULL ? *user : owner;
        return owner != NULL;
    }
    struct password password = users_password(c->host->users, *user);
    if (strncmp(mechanism, "SCRAM-", 6) == 0) {
        return password.known; /* and has proved to know it */
    }
    int32_t matches = 0;
    int32_t result = mailtls_connection_credentials_match(c->tls, password.bytes, password.len, &matches);
    return result == 0 && matches == 1 && password.known;
}

void connection_authenticate(struct connection *c, uint64_t now)
{
    const char *user = mailtls_connection_credentials_user(c->tls);
    const char *identity = mailtls_connection_credentials_authorization_identity(c->tls);
    const char *mechanism = mailtls_connection_credentials_mechanism(c->tls);
    char safe[300], facts[FACTS_SIZE];
    if (user == NULL || mechanism == NULL) {
        return; /* no credentials wait */
    }
    bool proved = is_proved(c, mechanism, &user);
    /* Nobody may act as somebody else here (RFC 4422 section 2: the authorization identity).
     * Told only to those who have proved who they are. */
    bool allowed = proved && (identity == NULL || identity[0] == '\0' || strcmp(identity, user) == 0);
    LOG(c, "authentication user=\"%s\" mechanism=%s result=%s %s", log_safe(user, safe, sizeof safe),
        mechanism[0] == '\0' ? "password-command" : mechanism,
        allowed  ? "accepted"
        : proved ? "not-authorized"
                 : "invalid-credentials",
        connection_facts(c, facts, sizeof facts));
    if (allowed && mailtls_connection_authentications_refused_in_clear(c->tls) > 0) {
        LOG(c, "password-in-clear user=\"%s\" advice=\"change the password\"", safe);
    }
    log_misuse(c, "authentication",
               allowed ? mailtls_connection_accept(c->tls, now)
                       : mailtls_connection_reject(c->tls,
                                                   proved ? MAILTLS_REJECTION_NOT_AUTHORIZED
                                                          : MAILTLS_REJECTION_INVALID_CREDENTIALS,
                                                   now));
}
