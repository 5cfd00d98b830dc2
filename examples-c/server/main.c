/* main.c: an example mail server on mailtls: IMAP, POP3 and message submission, over
 * Implicit TLS or STARTTLS, onto one Maildir that is the INBOX of every user.
 *
 *   cc -std=c11 -o server examples-c/server/[a-z]*.c $(pkg-config --cflags --libs mailtls)
 *
 * Where to read: connection.c drives mailtls; connection_host.c answers what it asks (whose
 * credentials are right?); server.c is the event loop; imap*.c, pop3*.c and smtp*.c are what
 * follows after the hand-off and could as well be in another project: they know nothing of
 * TLS. This file holds the options and the configuration of mailtls. */
#include "server.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define LISTENERS_MAX 64
#define CLIENTS_DEFAULT 1000
#define MESSAGE_SIZE_DEFAULT (25 * 1024 * 1024)
/* Descriptors the process itself may need at once, beside those of clients. */
#define DESCRIPTORS_RESERVED 32

struct options {
    const char *listen[LISTENERS_MAX];
    size_t listen_count;
    const char *certificate;
    const char *key;
    const char *users;
    const char *maildir;
    const char *host_name;
    uint64_t max_message_size;
    uint64_t max_clients;
};

static const char usage[] =
    "usage: server --listen SERVICE=ADDR:PORT [--listen ...] --cert FILE --key FILE\n"
    "              --users FILE --maildir DIR [--host-name NAME]\n"
    "              [--max-message-size OCTETS] [--max-clients N]\n"
    "\n"
    "SERVICE is imaps, pop3s or submissions (TLS from the first byte), or imap, pop3 or\n"
    "submission (nothing without STARTTLS); ADDR an IPv4 address or an IPv6 address in\n"
    "brackets; port 0 takes a free one. FILE of --users has a line\n"
    "user:password for each user. DIR is one Maildir, the INBOX of all of them.\n"
    "Prints `listening SERVICE ADDR:PORT` for each, then `ready`. SIGTERM ends it.\n";

static bool parse_number(const char *text, uint64_t max, uint64_t *number)
{
    return text_number(text_of(text, strlen(text)), max, number) && *number > 0;
}

/* 0: go on; otherwise the exit status plus one. */
static int parse_options(struct options *o, int argc, char **argv)
{
    static const struct option names[] = {
        {"listen", required_argument, NULL, 'l'},  {"cert", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},     {"users", required_argument, NULL, 'u'},
        {"maildir", required_argument, NULL, 'm'}, {"host-name", required_argument, NULL, 'n'},
        {"max-message-size", required_argument, NULL, 's'},
        {"max-clients", required_argument, NULL, 'x'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    bool good = true;
    int option;
    while (good && (option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 'l':
            good = o->listen_count < LISTENERS_MAX;
            if (good) {
                o->listen[o->listen_count++] = optarg;
            }
            break;
        case 'c': o->certificate = optarg; break;
        case 'k': o->key = optarg; break;
        case 'u': o->users = optarg; break;
        case 'm': o->maildir = optarg; break;
        case 'n': o->host_name = optarg; break;
        case 's': good = parse_number(optarg, INT64_MAX, &o->max_message_size); break;
        case 'x': good = parse_number(optarg, 1000000, &o->max_clients); break;
        case 'h': return fputs(usage, stdout) < 0 ? 2 : 1;
        default: good = false; break;
        }
    }
    if (!good || optind != argc || o->listen_count == 0 || o->certificate == NULL || o->key == NULL ||
        o->users == NULL || o->maildir == NULL) {
        (void)fputs(usage, stderr);
        return 3;
    }
    return 0;
}

/* What mailtls is told once, for all connections. */
static bool configure(mailtls_server_config_builder *b, const struct options *o)
{
    /* After the hand-off this program answers CAPABILITY itself: the same words stand in
     * imap.c, and CAPA and EHLO are answered alike in pop3.c and smtp.c. */
    return mailtls_server_config_builder_certificate_files(b, o->certificate, o->key) == 0 &&
           mailtls_server_config_builder_host_name(b, o->host_name) == 0 &&
           mailtls_server_config_builder_sasl_mechanisms(b, "PLAIN LOGIN") == 0 &&
           mailtls_server_config_builder_password_commands(b, 1) == 0 &&
           mailtls_server_config_builder_imap_authenticated_capabilities(b, IMAP_CAPABILITIES) == 0 &&
           mailtls_server_config_builder_pop3_capability(b, "TOP") == 0 &&
           mailtls_server_config_builder_pop3_capability(b, "UIDL") == 0 &&
           mailtls_server_config_builder_smtp_size(b, o->max_message_size) == 0 &&
           mailtls_server_config_builder_hand_off(b, MAILTLS_HAND_OFF_AFTER_AUTHENTICATION) == 0;
}

static mailtls_server_config *build_config(const struct options *o)
{
    mailtls_server_config *config = NULL;
    mailtls_server_config_builder *b = mailtls_server_config_builder_new();
    if (b == NULL) {
        return NULL;
    }
    if (!configure(b, o) || mailtls_server_config_builder_build(b, &config) != 0) {
        const char *reason = mailtls_server_config_builder_reason(b);
        log_line("configuration: %s", reason == NULL ? "refused" : reason);
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

int main(int argc, char **argv)
{
    struct options options = {
        .host_name = "localhost",
        .max_message_size = MESSAGE_SIZE_DEFAULT,
        .max_clients = CLIENTS_DEFAULT,
    };
    int status = parse_options(&options, argc, argv);
    if (status != 0) {
        return status - 1;
    }
    if (mailtls_version(0x000100) == NULL) {
        log_line("this mailtls is older than the one this program was written for");
        return 1;
    }
    bool good = false;
    struct maildir maildir;
    struct users *users = users_load(options.users);
    mailtls_server_config *config = users == NULL ? NULL : build_config(&options);
    if (config != NULL && maildir_open(&maildir, options.maildir)) {
        struct host host = {
            .config = config,
            .users = users,
            .store = {.host_name = options.host_name,
                      .max_message_size = options.max_message_size,
                      .maildir = &maildir},
        };
        good = listen_and_serve(&host, &options);
        maildir_close(&maildir);
    }
    mailtls_server_config_free(config);
    users_free(users);
    return good ? 0 : 1;
}
