/* options.c: the command line (see options.h). */
#include "options.h"

#include "text.h"

#include <getopt.h>
#include <inttypes.h>
#include <mailtls.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CLIENTS_DEFAULT 1000
#define MESSAGE_SIZE_DEFAULT (25 * 1024 * 1024)
#define MECHANISMS_DEFAULT \
    "SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN LOGIN APOP PASSWORD"
#define MECHANISMS_OF_TOKENS "OAUTHBEARER XOAUTH2"

static const char usage[] =
    "usage: server --listen SERVICE=ADDR:PORT [--listen ...] --cert FILE --key FILE\n"
    "              --users FILE --maildir DIR [option]...\n"
    "\n"
    "SERVICE is imaps, pop3s or submissions (TLS from the first byte), or imap, pop3 or\n"
    "submission (nothing without STARTTLS); ADDR an IPv4 address or an IPv6 address in\n"
    "brackets; port 0 takes a free one. FILE of --users has a line\n"
    "user:password for each user. DIR is one Maildir, the INBOX of all of them.\n"
    "Prints `listening SERVICE ADDR:PORT` for each, then `ready`. SIGTERM ends it.\n"
    "\n"
    "  --tokens FILE          lines user:token; offers OAUTHBEARER and XOAUTH2\n"
    "  --mechanisms LIST      offers these and no others: names of SASL mechanisms, APOP, and\n"
    "                         PASSWORD for IMAP LOGIN and POP3 USER and PASS, separated by spaces.\n"
    "                         Default: SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1\n"
    "                         PLAIN LOGIN APOP PASSWORD, and with --tokens OAUTHBEARER XOAUTH2\n"
    "  --client-ca FILE       asks clients for certificates that these authorities have issued\n"
    "  --client-map FILE      whom they stand for; the first line that fits counts:\n"
    "                           SHA256 user [preauth]    fingerprint, in hexadecimal\n"
    "                           CN=name user [preauth]   common name of the subject\n"
    "                         The client can then use EXTERNAL; with preauth it is logged in at\n"
    "                         once on imaps. Without a line it is served as without certificate\n"
    "  --client-invalid WHAT  what becomes of a client whose certificate is not valid: refuse\n"
    "                         (default), or anonymous: served as without certificate\n"
    "  --explain-old-tls      lets TLS 1.0 and 1.1 in, and tells whoever wants to log in why that is\n"
    "                         not to be; the server on OpenSSL only, the engine has no old versions\n"
    "  --policy TEXT          what TLS must be: rfc8314, rfc8997 (default), bcp195, modern,\n"
    "                         post-quantum, or one of them with changes (docs/policies.md)\n"
    "  --milter-macros WHOSE  logs what a milter, sendmail's or postfix's, would be told of each\n"
    "                         connection's TLS (docs/filters.md)\n"
    "  --host-name NAME       the server's own name (default localhost)\n"
    "  --max-message-size N   octets of a message (default 26214400)\n"
    "  --max-clients N        connections at a time (default 1000)\n"
    "  --help                 this text\n"
    "  --version              the version of mailtls\n"
    "\n"
    "Exit status: 0 ended by SIGTERM, 1 it could not serve, 2 wrong usage.\n";

enum {
    OPT_LISTEN = 1,
    OPT_CERT,
    OPT_KEY,
    OPT_USERS,
    OPT_TOKENS,
    OPT_MECHANISMS,
    OPT_CLIENT_CA,
    OPT_CLIENT_MAP,
    OPT_CLIENT_INVALID,
    OPT_EXPLAIN_OLD_TLS,
    OPT_POLICY,
    OPT_MILTER_MACROS,
    OPT_MAILDIR,
    OPT_HOST_NAME,
    OPT_MAX_MESSAGE_SIZE,
    OPT_MAX_CLIENTS,
    OPT_HELP,
    OPT_VERSION
};

static const struct option names[] = {
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"cert", required_argument, NULL, OPT_CERT},
    {"key", required_argument, NULL, OPT_KEY},
    {"users", required_argument, NULL, OPT_USERS},
    {"tokens", required_argument, NULL, OPT_TOKENS},
    {"mechanisms", required_argument, NULL, OPT_MECHANISMS},
    {"client-ca", required_argument, NULL, OPT_CLIENT_CA},
    {"client-map", required_argument, NULL, OPT_CLIENT_MAP},
    {"client-invalid", required_argument, NULL, OPT_CLIENT_INVALID},
    {"explain-old-tls", no_argument, NULL, OPT_EXPLAIN_OLD_TLS},
    {"policy", required_argument, NULL, OPT_POLICY},
    {"milter-macros", required_argument, NULL, OPT_MILTER_MACROS},
    {"maildir", required_argument, NULL, OPT_MAILDIR},
    {"host-name", required_argument, NULL, OPT_HOST_NAME},
    {"max-message-size", required_argument, NULL, OPT_MAX_MESSAGE_SIZE},
    {"max-clients", required_argument, NULL, OPT_MAX_CLIENTS},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

/* What is wrong with the command line: a line that names the option, and not the whole help. */
static bool wrong(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    log_line("server: %s; see --help", line);
    return false;
}

static bool parse_number(const char *option, const char *text, uint64_t max, uint64_t *number)
{
    return (text_number(text_of(text, strlen(text)), max, number) && *number > 0) ||
           wrong("--%s takes a number from 1 to %" PRIu64 ", not `%s`", option, max, text);
}

static bool parse_invalid(const char *text, bool *anonymous)
{
    *anonymous = strcmp(text, "anonymous") == 0;
    return *anonymous || strcmp(text, "refuse") == 0 ||
           wrong("--client-invalid takes refuse or anonymous, not `%s`", text);
}

static bool parse_dialect(const char *text, int32_t *dialect)
{
    bool postfix = strcmp(text, "postfix") == 0;
    *dialect = postfix ? MAILTLS_MILTER_DIALECT_POSTFIX : MAILTLS_MILTER_DIALECT_SENDMAIL;
    return postfix || strcmp(text, "sendmail") == 0 ||
           wrong("--milter-macros takes sendmail or postfix, not `%s`", text);
}

static bool add_listener(struct options *o, const char *text)
{
    if (o->listen_count == LISTENERS_MAX) {
        return wrong("--listen may be given %d times at most", LISTENERS_MAX);
    }
    o->listen[o->listen_count++] = text;
    return true;
}

/* What getopt_long could not take. It tells a value too many from a name that it does not know by optopt. */
static bool wrong_option(int result, const char *argument)
{
    if (result == ':') {
        return wrong("%s needs a value", argument);
    }
    for (const struct option *option = names; option->name != NULL; option++) {
        if (option->val == optopt) {
            return wrong("--%s takes no value", option->name);
        }
    }
    return optopt != 0 ? wrong("-%c is not an option", optopt) : wrong("%s is not an option", argument);
}

/* Puts the words of the list where they belong. mailtls says later whether it has them. */
static bool choose_mechanisms(struct options *o, const char *list)
{
    struct text rest = text_trim(text_of(list, strlen(list)));
    size_t used = strlen(o->sasl);
    while (rest.len > 0) {
        struct text word = text_word(&rest);
        rest = text_trim(rest);
        if (text_is(word, "PASSWORD")) {
            o->password_commands = true;
        } else if (text_is(word, "APOP")) {
            o->apop = true;
        } else if (o->tokens == NULL && (text_is(word, "OAUTHBEARER") || text_is(word, "XOAUTH2"))) {
            return wrong("--mechanisms: OAUTHBEARER and XOAUTH2 need --tokens");
        } else {
            int wrote = snprintf(o->sasl + used, sizeof o->sasl - used, "%s%.*s", used == 0 ? "" : " ",
                                 (int)word.len, word.bytes);
            if (wrote < 0 || (size_t)wrote >= sizeof o->sasl - used) {
                return wrong("--mechanisms names too many");
            }
            used += (size_t)wrote;
        }
    }
    return true;
}

/* What does not go together, or is missing. */
static bool check(struct options *o, const char *mechanisms)
{
    const char *missing = o->listen_count == 0     ? "listen"
                          : o->certificate == NULL ? "cert"
                          : o->key == NULL         ? "key"
                          : o->users == NULL       ? "users"
                          : o->maildir == NULL     ? "maildir"
                                                   : NULL;
    if (missing != NULL) {
        return wrong("--%s is missing", missing);
    }
    if ((o->client_ca == NULL) != (o->client_map == NULL)) {
        return wrong("--client-ca and --client-map need each other");
    }
    if (mechanisms != NULL) {
        return choose_mechanisms(o, mechanisms);
    }
    return choose_mechanisms(o, MECHANISMS_DEFAULT) &&
           (o->tokens == NULL || choose_mechanisms(o, MECHANISMS_OF_TOKENS));
}

int options_parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){.host_name = "localhost",
                          .max_message_size = MESSAGE_SIZE_DEFAULT,
                          .max_clients = CLIENTS_DEFAULT};
    const char *mechanisms = NULL;
    bool good = true;
    int option;
    opterr = 0; /* the words are ours */
    while (good && (option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
        switch (option) {
        case OPT_LISTEN: good = add_listener(o, optarg); break;
        case OPT_CERT: o->certificate = optarg; break;
        case OPT_KEY: o->key = optarg; break;
        case OPT_USERS: o->users = optarg; break;
        case OPT_TOKENS: o->tokens = optarg; break;
        case OPT_MECHANISMS: mechanisms = optarg; break;
        case OPT_CLIENT_CA: o->client_ca = optarg; break;
        case OPT_CLIENT_MAP: o->client_map = optarg; break;
        case OPT_CLIENT_INVALID: good = parse_invalid(optarg, &o->client_anonymous); break;
        case OPT_EXPLAIN_OLD_TLS: o->explain_old_tls = true; break;
        case OPT_POLICY: o->policy = optarg; break;
        case OPT_MILTER_MACROS: good = parse_dialect(optarg, &o->milter_dialect); break;
        case OPT_MAILDIR: o->maildir = optarg; break;
        case OPT_HOST_NAME: o->host_name = optarg; break;
        case OPT_MAX_MESSAGE_SIZE: good = parse_number("max-message-size", optarg, INT64_MAX, &o->max_message_size); break;
        case OPT_MAX_CLIENTS: good = parse_number("max-clients", optarg, 1000000, &o->max_clients); break;
        case OPT_HELP: return fputs(usage, stdout) < 0 ? 2 : 1;
        case OPT_VERSION: return printf("server, an example of mailtls %s\n", mailtls_version(0)) < 0 ? 2 : 1;
        default: good = wrong_option(option, argv[optind - 1]); break;
        }
    }
    if (good && optind != argc) {
        good = wrong("`%s` stands alone, every value belongs to an option", argv[optind]);
    }
    return good && check(o, mechanisms) ? 0 : 3;
}
