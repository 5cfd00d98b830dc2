/* main.c: an example mail server on mailtls: IMAP, POP3 and message submission, over
 * Implicit TLS or STARTTLS, onto one Maildir that is the INBOX of every user.
 *
 *   cc -std=c11 -o server examples-c/server/[a-z]*.c $(pkg-config --cflags --libs mailtls)
 *
 * Where to read: connection.c drives mailtls, and transport_engine.c gives it the network, for
 * which ../openssl_host has another way; connection_host.c answers what it asks (whose
 * credentials are right?); server.c is the event loop; imap*.c, pop3*.c and smtp*.c are what
 * follows after the hand-off and could as well be in another project: they know nothing of
 * TLS. This file holds the options and the configuration of mailtls. */
#include "options.h"
#include "server.h"

#include <stdio.h>
#include <sys/resource.h>

/* Descriptors the process itself may need at once, beside those of clients. */
#define DESCRIPTORS_RESERVED 32

/* RFC 4954 section 4 has 12288 octets for a line of a SASL exchange, which is mailtls's default: 9215 octets
 * before base64. A token may have more here: with the name, and what OAUTHBEARER and XOAUTH2 have between
 * them. */
#define SASL_LINE ((USERS_SECRET_MAX + USERS_NAME_MAX + 512) / 3 * 4 + 64)

/* What TLS must be, for every listener: a program that serves old clients on a port of their own has
 * a configuration for it. */
static bool set_policy(mailtls_server_config_builder *b, const char *text)
{
    mailtls_policy *policy = NULL;
    if (text == NULL) {
        return true;
    }
    bool good = mailtls_policy_new(&policy) == 0;
    if (good && mailtls_policy_parse(policy, text) != 0) {
        log_line("--policy: %s", mailtls_policy_reason(policy));
        good = false;
    }
    good = good && mailtls_server_config_builder_policy(b, policy) == 0;
    mailtls_policy_free(policy);
    return good;
}

/* What mailtls is told once, for all connections. */
static bool configure(mailtls_server_config_builder *b, const struct options *o)
{
    /* After the hand-off this program answers CAPABILITY itself: the same words stand in
     * imap.c, and CAPA and EHLO are answered alike in pop3.c and smtp.c. */
    return transports_configure(b, o) && set_policy(b, o->policy) &&
           mailtls_server_config_builder_host_name(b, o->host_name) == 0 &&
           mailtls_server_config_builder_sasl_mechanisms(b, o->sasl) == 0 &&
           mailtls_server_config_builder_limit(b, MAILTLS_LIMIT_SASL_LINE, SASL_LINE) == 0 &&
           mailtls_server_config_builder_password_commands(b, o->password_commands ? 1 : 0) == 0 &&
           mailtls_server_config_builder_imap_authenticated_capabilities(b, IMAP_CAPABILITIES) == 0 &&
           mailtls_server_config_builder_pop3_capability(b, "TOP") == 0 &&
           mailtls_server_config_builder_pop3_capability(b, "UIDL") == 0 &&
           mailtls_server_config_builder_smtp_size(b, o->max_message_size) == 0 &&
           mailtls_server_config_builder_hand_off(b, MAILTLS_HAND_OFF_AFTER_AUTHENTICATION) == 0;
}

static mailtls_server_config *build_config(const struct options *o)
{
    mailtls_server_config *config = NULL;
    if (!trace_can_name(o->host_name)) {
        log_line("--host-name: %s is no domain, and every message must be traced to one", o->host_name);
        return NULL;
    }
    mailtls_server_config_builder *b = mailtls_server_config_builder_new();
    if (b == NULL) {
        return NULL;
    }
    if (!configure(b, o) || mailtls_server_config_builder_build(b, &config) != 0) {
        const char *reason = mailtls_server_config_builder_reason(b);
        if (reason != NULL) { /* what else there is to say has been said */
            log_line("configuration: %s", reason);
        }
        config = NULL;
    }
    mailtls_server_config_builder_free(b);
    return config;
}

/* A client may need a descriptor for a message beside that of its socket. */
static size_t affordable_clients(uint64_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return (size_t)wanted;
    }
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return (size_t)wanted;
    }
    uint64_t spare = limit.rlim_cur > DESCRIPTORS_RESERVED ? limit.rlim_cur - DESCRIPTORS_RESERVED : 1;
    if (wanted > spare / 2 + 1) {
        wanted = spare / 2 + 1;
        log_line("the limit of open files allows %llu clients", (unsigned long long)wanted);
    }
    return (size_t)wanted;
}

static bool listen_and_serve(const struct host *host, const struct options *o)
{
    struct listener listeners[LISTENERS_MAX];
    size_t count = 0;
    bool good = true;
    while (good && count < o->listen_count) {
        good = listener_open(&listeners[count], o->listen[count]);
        if (good) {
            good = printf("listening %s %s\n", mailtls_service_name(listeners[count].service),
                          listeners[count].address) > 0 &&
                   fflush(stdout) == 0;
            count++;
        }
    }
    if (good) {
        good = server_run(host, listeners, count, affordable_clients(o->max_clients));
    }
    while (count > 0) {
        listener_close(&listeners[--count]);
    }
    return good;
}

/* Reads the files, and serves what they say. */
static bool run(const struct options *o)
{
    bool good = false;
    struct maildir maildir;
    struct users *users = users_load(o->users, "password");
    struct users *tokens = o->tokens == NULL ? NULL : users_load(o->tokens, "token");
    struct certificates *certificates = o->client_map == NULL ? NULL : certificates_load(o->client_map);
    bool loaded = users != NULL && (o->tokens == NULL || tokens != NULL) &&
                  (o->client_map == NULL || certificates != NULL);
    mailtls_server_config *config = loaded ? build_config(o) : NULL;
    struct transports *transports = config == NULL ? NULL : transports_new(o);
    if (transports != NULL && maildir_open(&maildir, o->maildir)) {
        struct host host = {
            .config = config,
            .transports = transports,
            .users = users,
            .tokens = tokens,
            .certificates = certificates,
            .apop = o->apop,
            .milter_dialect = o->milter_dialect,
            .store = {.host_name = o->host_name,
                      .pop3_sasl = o->sasl,
                      .pop3_user = o->password_commands,
                      .max_message_size = o->max_message_size,
                      .maildir = &maildir},
        };
        good = listen_and_serve(&host, o);
        maildir_close(&maildir);
    }
    transports_free(transports);
    mailtls_server_config_free(config);
    certificates_free(certificates);
    users_free(tokens);
    users_free(users);
    return good;
}

int main(int argc, char **argv)
{
    struct options options;
    int status = options_parse(&options, argc, argv);
    if (status != 0) {
        return status - 1;
    }
    if (mailtls_version(0x000100) == NULL) {
        log_line("this mailtls is older than the one this program was written for");
        return 1;
    }
    return run(&options) ? 0 : 1;
}
