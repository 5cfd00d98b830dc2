/* What the run found out: collecting it. How it is shown is in print.c.
 * Must never know: sockets, passwords. */
#define _DEFAULT_SOURCE
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void report_failure(struct report *r, int failure, const char *format, ...)
{
    if (r->failure != 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->reason, sizeof r->reason, format, arguments);
    va_end(arguments);
    r->failure = failure;
}

void report_mailtls_failure(struct report *r, int32_t code, const char *reason)
{
    const char *text = mailtls_error_text(code);
    if (reason == NULL)
        reason = text != NULL ? text : "unknown error";
    report_failure(r, code, "%s", reason);
}

static char *copy(struct report *r, const char *text)
{
    char *copied = text != NULL ? strdup(text) : NULL;
    if (text != NULL && copied == NULL)
        report_failure(r, FAILURE_LOCAL, "out of memory");
    return copied;
}

static void replace(struct report *r, char **kept, const char *text)
{
    free(*kept);
    *kept = copy(r, text);
}

static void clear(struct strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct strings){0};
}

static void copy_all(struct report *r, struct strings *list, const mailtls_connection *connection,
                     size_t count, const char *(*get)(const mailtls_connection *, size_t))
{
    clear(list);
    if (count == 0)
        return;
    list->items = calloc(count, sizeof *list->items);
    if (list->items == NULL) {
        report_failure(r, FAILURE_LOCAL, "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char *item = copy(r, get(connection, i));
        if (item != NULL)
            list->items[list->count++] = item;
    }
}

/* Whether a lock may be shown (RFC 8314 section 5.2): measured against what new accounts have. */
static void report_indicator(struct report *r, const mailtls_connection *c)
{
    int32_t shortfall = MAILTLS_SHORTFALL_CLEAR;
    mailtls_tls_facts *facts = NULL;
    mailtls_minimum *minimum = mailtls_minimum_new();
    (void)mailtls_connection_tls_facts(c, &facts);
    int32_t code = mailtls_minimum_indicator(minimum, facts, &shortfall);
    const char *why = mailtls_minimum_reason(minimum);
    if (code != 0 || shortfall != MAILTLS_SHORTFALL_NONE)
        replace(r, &r->shortfall, why != NULL ? why : "unknown");
    mailtls_minimum_free(minimum);
    mailtls_tls_facts_free(facts);
}

void report_tls(struct report *r, const mailtls_connection *c)
{
    mailtls_verdict_free(r->verdict);
    r->verdict = NULL;
    (void)mailtls_connection_verdict(c, &r->verdict);
    report_indicator(r, c);
    r->validation = mailtls_connection_peer_validation(c);
    replace(r, &r->tls_version, mailtls_connection_tls_version(c));
    replace(r, &r->cipher_suite, mailtls_connection_cipher_suite(c));
    replace(r, &r->group, mailtls_connection_group(c));
    r->client_certificate = mailtls_connection_client_certificate(c);
    if (mailtls_connection_peer_certificate_count(c) == 0)
        return;
    /* A subject may be empty, or not to be had: the names are what counts. */
    const char *subject = mailtls_connection_peer_subject(c);
    replace(r, &r->subject, subject != NULL ? subject : "");
    copy_all(r, &r->dns_names, c, mailtls_connection_peer_dns_name_count(c),
             mailtls_connection_peer_dns_name);
    r->has_validity = mailtls_connection_peer_validity(c, &r->not_before, &r->not_after) == 0;
    (void)mailtls_connection_peer_sha256(c, r->sha256);
}

void report_check(struct report *r, const mailtls_connection *c)
{
    r->failed_check = mailtls_connection_server_certificate_check(c);
}

void report_greeting(struct report *r, const mailtls_connection *c)
{
    replace(r, &r->greeting, mailtls_connection_greeting(c));
}

void report_capabilities(struct report *r, const mailtls_connection *c)
{
    copy_all(r, &r->capabilities, c, mailtls_connection_capability_count(c),
             mailtls_connection_capability);
}

void report_message(struct report *r, const mailtls_connection *c)
{
    struct said *said = realloc(r->said, (r->said_count + 1) * sizeof *said);
    if (said == NULL) {
        report_failure(r, FAILURE_LOCAL, "out of memory");
        return;
    }
    r->said = said;
    r->said[r->said_count++] = (struct said){
        .condition = mailtls_connection_message_condition(c),
        .alert = mailtls_connection_message_is_alert(c) == 1,
        .tagged = mailtls_connection_message_is_tagged(c) == 1,
        .code = copy(r, mailtls_connection_message_code(c)),
        .arguments = copy(r, mailtls_connection_message_code_arguments(c)),
        .text = copy(r, mailtls_connection_message_text(c)),
    };
}

void report_mechanism(struct report *r, const char *mechanism)
{
    replace(r, &r->mechanism, mechanism);
}

void report_refusal(struct report *r, const mailtls_connection *c)
{
    const char *code = mailtls_connection_refusal_code(c);
    const char *arguments = mailtls_connection_refusal_code_arguments(c);
    const char *text = mailtls_connection_refusal_text(c);
    report_failure(r, FAILURE_AUTHENTICATION, "log-in refused: %s%s%s%s%s", code != NULL ? code : "",
                   code != NULL ? " " : "", arguments != NULL ? arguments : "",
                   arguments != NULL ? " " : "", text != NULL ? text : "");
    replace(r, &r->refusal_details, mailtls_connection_refusal_details(c));
}

bool report_has_capability(const struct report *r, const char *keyword)
{
    size_t length = strlen(keyword);
    for (size_t i = 0; i < r->capabilities.count; i++) {
        const char *line = r->capabilities.items[i];
        if (strncasecmp(line, keyword, length) == 0 &&
            (line[length] == '\0' || line[length] == ' '))
            return true;
    }
    return false;
}

void report_free(struct report *r)
{
    free(r->tls_version);
    free(r->cipher_suite);
    free(r->group);
    free(r->shortfall);
    mailtls_verdict_free(r->verdict);
    free(r->subject);
    free(r->greeting);
    free(r->mechanism);
    free(r->refusal_details);
    clear(&r->dns_names);
    clear(&r->capabilities);
    for (size_t i = 0; i < r->said_count; i++) {
        free(r->said[i].code);
        free(r->said[i].arguments);
        free(r->said[i].text);
    }
    free(r->said);
}
