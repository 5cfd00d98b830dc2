/* The command line: what the user asked for.
 * Must never know: sockets, mailtls connections. */
#define _DEFAULT_SOURCE /* explicit_bzero */
#include "options.h"

#include <getopt.h>
#include <mailtls.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 5321 section 4.5.3.1.3: a path has at most 256 octets, its angle brackets included. */
#define MAX_ADDRESS 254

void options_print_usage(void)
{
    fputs("usage: client SERVICE HOST PORT [option]...\n"
          "Connects to a mail server, shows what it found and, when asked, logs in and submits a\n"
          "message. SERVICE is imaps, pop3s or submissions, where TLS comes first, or imap, pop3\n"
          "or submission, where STARTTLS brings it and nothing is done without. The certificate\n"
          "must be for HOST.\n"
          "\n"
          "  --connect ADDR    connect to ADDR instead of HOST\n"
          "  --ca FILE         trust only the certificates in this PEM file\n"
          "  --system-ca       trust the system's certificates (default)\n"
          "  --user U          log in as U\n"
          "  --password P      with this password; better in MAILTLS_PASSWORD, because other\n"
          "                    users of the machine can see the command line\n"
          "  --send FILE       submit this message (line ends are put right)\n"
          "  --from A          its sender, may be empty\n"
          "  --to B            its recipient; may be repeated\n"
          "  --timeout S       seconds that the whole run may take (default 30)\n"
          "  --json            print one JSON object on standard output, and nothing else\n"
          "  --help            this text\n"
          "\n"
          "Exit status: 0 what was asked was done, 1 it was not, 2 wrong usage.\n"
          "\n"
          "The JSON object has the keys service, tls {version, cipher_suite, group} or null,\n"
          "certificate {subject, dns_names, not_after, sha256} or null, greeting or null,\n"
          "capabilities, state, authenticated, error {code, reason} or null. All of it was said\n"
          "inside TLS: with STARTTLS there is no greeting.\n"
          "state is the step at which the run ended:\n"
          "  connecting         no TCP connection yet\n"
          "  handshake          TCP stands, TLS does not: the handshake, or STARTTLS before it\n"
          "  greeting           TLS stands, the server's greeting (without STARTTLS) and\n"
          "                     capabilities are not all in\n"
          "  not-authenticated  the capabilities are known\n"
          "  authenticated      logged in\n"
          "  sent               the server has taken the message\n"
          "error.code is mailtls's own number when it is negative, otherwise one of\n"
          "  1 wrong usage              2 the connection failed\n"
          "  3 log-in refused           4 the message was refused by the server\n"
          "  5 --timeout has passed     6 the server ended or broke the session after log-in\n"
          "  7 this machine failed (memory, library)\n",
          stdout);
}

static enum options_result wrong(char *reason, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, size, format, arguments);
    va_end(arguments);
    return OPTIONS_WRONG;
}

static bool number_in(const char *text, unsigned long least, unsigned long most,
                      unsigned long *number)
{
    if (*text < '0' || *text > '9')
        return false;
    char *end;
    *number = strtoul(text, &end, 10);
    return *end == '\0' && *number >= least && *number <= most;
}

/* What goes into MAIL FROM:<> and RCPT TO:<> must not be able to end the path or the line. */
static bool is_address(const char *text)
{
    size_t length = strlen(text);
    if (length > MAX_ADDRESS)
        return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '<' || text[i] == '>')
            return false;
    return true;
}

static enum options_result check(struct options *o, bool system_ca, char *reason, size_t size)
{
    unsigned long port;
    if (mailtls_service_from_name(o->service_name, &o->service) != 0)
        return wrong(reason, size, "unknown service %s", o->service_name);
    if (!number_in(o->port, 1, 65535, &port))
        return wrong(reason, size, "%s is not a port", o->port);
    if (o->ca_file != NULL && system_ca)
        return wrong(reason, size, "--ca and --system-ca exclude each other");
    if (o->user == NULL && o->password != NULL)
        return wrong(reason, size, "--password needs --user");
    if (o->user != NULL && o->password == NULL)
        o->password = getenv("MAILTLS_PASSWORD");
    if (o->user != NULL && o->password == NULL)
        return wrong(reason, size, "--user needs --password or MAILTLS_PASSWORD");
    if (o->send_file == NULL) {
        if (o->from != NULL || o->to_count > 0)
            return wrong(reason, size, "--from and --to need --send");
        return OPTIONS_RUN;
    }
    if (o->service != MAILTLS_SERVICE_SUBMISSIONS && o->service != MAILTLS_SERVICE_SUBMISSION)
        return wrong(reason, size, "--send needs a submission service");
    if (o->user == NULL || o->from == NULL || o->to_count == 0)
        return wrong(reason, size, "--send needs --user, --from and --to");
    if (!is_address(o->from))
        return wrong(reason, size, "--from is not an address");
    for (size_t i = 0; i < o->to_count; i++)
        if (!is_address(o->to[i]) || o->to[i][0] == '\0')
            return wrong(reason, size, "--to is not an address");
    return OPTIONS_RUN;
}

enum {
    OPT_CONNECT = 1,
    OPT_CA,
    OPT_SYSTEM_CA,
    OPT_USER,
    OPT_PASSWORD,
    OPT_SEND,
    OPT_FROM,
    OPT_TO,
    OPT_TIMEOUT,
    OPT_JSON,
    OPT_HELP
};

static const struct option table[] = {
    {"connect", required_argument, NULL, OPT_CONNECT},
    {"ca", required_argument, NULL, OPT_CA},
    {"system-ca", no_argument, NULL, OPT_SYSTEM_CA},
    {"user", required_argument, NULL, OPT_USER},
    {"password", required_argument, NULL, OPT_PASSWORD},
    {"send", required_argument, NULL, OPT_SEND},
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

enum options_result options_read(int argc, char **argv, struct options *o, char *reason,
                                 size_t size)
{
    *o = (struct options){.timeout = 30};
    for (int i = 1; i < argc; i++)
        o->json = o->json || strcmp(argv[i], "--json") == 0;
    opterr = 0; /* the reason is ours to print */
    bool system_ca = false;
    unsigned long seconds;
    int option;
    while ((option = getopt_long(argc, argv, ":", table, NULL)) != -1) {
        switch (option) {
        case OPT_CONNECT: o->connect = optarg; break;
        case OPT_CA: o->ca_file = optarg; break;
        case OPT_SYSTEM_CA: system_ca = true; break;
        case OPT_USER: o->user = optarg; break;
        case OPT_PASSWORD: o->password = optarg; break;
        case OPT_SEND: o->send_file = optarg; break;
        case OPT_FROM: o->from = optarg; break;
        case OPT_TO:
            if (o->to_count == MAX_RECIPIENTS)
                return wrong(reason, size, "more than %d recipients", MAX_RECIPIENTS);
            o->to[o->to_count++] = optarg;
            break;
        case OPT_TIMEOUT:
            if (!number_in(optarg, 1, 86400, &seconds))
                return wrong(reason, size, "--timeout takes 1 to 86400 seconds");
            o->timeout = (unsigned)seconds;
            break;
        case OPT_JSON: o->json = true; break;
        case OPT_HELP: return OPTIONS_HELP;
        case ':': return wrong(reason, size, "%s needs a value", argv[optind - 1]);
        default: return wrong(reason, size, "unknown option %s", argv[optind - 1]);
        }
    }
    if (argc - optind != 3)
        return wrong(reason, size, "SERVICE, HOST and PORT are needed, see --help");
    o->service_name = argv[optind];
    o->host = argv[optind + 1];
    o->port = argv[optind + 2];
    return check(o, system_ca, reason, size);
}

void options_wipe_password(struct options *o)
{
    if (o->password != NULL)
        explicit_bzero(o->password, strlen(o->password));
    o->password = NULL;
}
