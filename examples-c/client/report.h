/* What the run found out, and how it is shown: to a person, or as one JSON object.
 * It copies what it keeps, since a connection's strings live only until its next change.
 * Must never know: sockets, passwords. */
#ifndef CLIENT_REPORT_H
#define CLIENT_REPORT_H

#include <mailtls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Named and explained in options_print_usage(). */
enum state {
    STATE_CONNECTING,
    STATE_HANDSHAKE,
    STATE_GREETING,
    STATE_NOT_AUTHENTICATED,
    STATE_AUTHENTICATED,
    STATE_SENT
};

/* Failures that are not mailtls's; explained in options_print_usage(). */
enum {
    FAILURE_USAGE = 1,
    FAILURE_CONNECT,
    FAILURE_AUTHENTICATION,
    FAILURE_MESSAGE,
    FAILURE_TIMEOUT,
    FAILURE_SESSION,
    FAILURE_LOCAL
};

struct strings {
    char **items;
    size_t count;
};

/* What the server has said to people. */
struct said {
    int32_t condition; /* a mailtls_condition */
    bool alert;        /* to be shown to the user */
    bool tagged;       /* the answer to a command */
    char *code, *arguments; /* NULL where there is none */
    char *text;
};

struct report {
    const char *service;
    enum state state;
    bool authenticated;
    int failure; /* 0: none; negative: mailtls's number */
    char reason[1024];
    char *tls_version, *cipher_suite, *group;
    mailtls_verdict *verdict;
    char *shortfall; /* why the session may not be shown as confidential; NULL when it may */
    char *subject;
    int32_t validation;
    int32_t failed_check;
    struct strings dns_names;
    bool has_validity;
    int64_t not_before, not_after;
    uint8_t sha256[32];
    int32_t client_certificate; /* mailtls's number, once TLS stands */
    char *greeting; /* NULL after STARTTLS, where there is none */
    struct strings capabilities;
    struct said *said;
    size_t said_count;
    char *mechanism;       /* what was used or tried; "PASSWORD" for the protocol's own command */
    char *refusal_details;
};

/* The first failure is kept, what follows from it is not. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void report_failure(struct report *report, int failure, const char *format, ...);

/* A mailtls call has failed with `code`; `reason` may be NULL. */
void report_mailtls_failure(struct report *report, int32_t code, const char *reason);

/* Copy from the connection what it has of each. */
void report_tls(struct report *report, const mailtls_connection *connection);
void report_check(struct report *report, const mailtls_connection *connection);
void report_greeting(struct report *report, const mailtls_connection *connection);
void report_capabilities(struct report *report, const mailtls_connection *connection);
void report_message(struct report *report, const mailtls_connection *connection);

void report_mechanism(struct report *report, const char *mechanism);
void report_refusal(struct report *report, const mailtls_connection *connection);

/* Whether the server announced the SMTP keyword. */
bool report_has_capability(const struct report *report, const char *keyword);

/* False when standard output does not take it. */
bool report_print(const struct report *report, bool json);

void report_free(struct report *report);

#endif
