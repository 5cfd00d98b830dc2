/* The command line: what the user asked for.
 * Must never know: sockets, mailtls connections. */
#define _DEFAULT_SOURCE /* explicit_bzero */
#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <mailtls.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* RFC 5321 section 4.5.3.1.3: a path has at most 256 octets, its angle brackets included. */
#define MAX_ADDRESS 254

/* Continues options_print_usage(). */
static void print_usage_of_json(void)
{
    fputs("The JSON object has the keys service, tls {version, cipher_suite, group} or null,\n"
          "verdict {standing, reasons [{part, standing, section, sentence}]} or null,\n"
          "confidential, shortfall or null,\n"
          "certificate {subject, dns_names, not_after, sha256, validation} or null,\n"
          "failed_check or null, client_certificate or\n"
          "null, warning or null, greeting or null, capabilities,\n"
          "messages [{condition, alert, tagged, code, arguments, text}], mechanism or null, state,\n"
          "authenticated, refusal_details or null, error {code, reason} or null. All of it was\n"
          "said inside TLS: with STARTTLS there is no greeting.\n"
          "verdict is what the policy says of TLS: accepted or tolerated, and why not better.\n"
          "confidential is whether the session may be shown as such; shortfall is why not.\n"
          "validation is what stands behind the certificate: pkix, dane, pin or none;\n"
          "failed_check is the check that it has not passed.\n"
          "client_certificate is \"none\", \"sent\", or \"sent in clear\": under TLS 1.2 it tells the\n"
          "network who the user is, which is also the warning.\n"
          "capabilities are those that the server told with the log-in, if it did, otherwise those\n"
          "from before it.\n"
          "messages is what the server said to people: condition is ok, no, bad or bye; an alert is\n"
          "for the user to see; tagged is an answer to a command; code, or null, and its arguments,\n"
          "such as a URL, or null. All of it is the server's own words.\n"
          "mechanism is what was used or tried; null also when the server's greeting was PREAUTH:\n"
          "authenticated is true then all the same.\n"
          "refusal_details is what OAUTHBEARER and XOAUTH2 say about a refusal.\n"
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

void options_print_usage(void)
{
    fputs("usage: client SERVICE HOST PORT [option]...\n"
          "Connects to a mail server, shows what it found and, when asked, logs in and submits a\n"
          "message. SERVICE is imaps, pop3s or submissions, where TLS comes first, or imap, pop3\n"
          "or submission, where STARTTLS brings it and nothing is done without. The certificate\n"
          "must be for HOST, unless --srv-domain says more.\n"
          "\n"
          "  --connect ADDR       connect to ADDR instead of HOST\n"
          "  --ca FILE            trust only the certificates in this PEM file\n"
          "  --system-ca          trust the system's certificates (default)\n"
          "  --srv-domain D       HOST was found in the SRV records of the mail domain D: the\n"
          "                       certificate must be for D, or the service of D, and not for HOST\n"
          "  --srv-proven         DNSSEC has proved that: it may be for HOST, too\n"
          "  --tlsa RECORD        a TLSA record of HOST and PORT that DNSSEC has proved, such as\n"
          "                       \"3 1 1 HEX\": it decides; may be repeated\n"
          "  --policy TEXT        what TLS must be: rfc8314, rfc8997 (default), bcp195, modern,\n"
          "                       post-quantum, or one of them with changes (docs/policies.md)\n"
          "  --pin SHA256         the user has pinned this certificate, whatever is wrong with it;\n"
          "                       passwords and messages are then exposed to whoever has its key\n"
          "  --user U             log in as U\n"
          "  --password P         with this password; better in MAILTLS_PASSWORD, because other\n"
          "                       users of the machine can see the command line\n"
          "  --token T            with this OAuth 2.0 bearer token; better in MAILTLS_TOKEN\n"
          "  --client-cert CHAIN  with this certificate, if the server asks for one: PEM, leaf\n"
          "                       first; no --user is needed\n"
          "  --client-key KEY     its private key, PEM\n"
          "  --tls13-client-cert  only TLS 1.3, where nobody on the path sees the certificate\n"
          "  --mechanism NAME     by this SASL mechanism, or APOP, or PASSWORD (IMAP LOGIN, POP3\n"
          "                       USER and PASS). Default: the best that the server offers for what\n"
          "                       was given, the certificate (EXTERNAL) before the token before the\n"
          "                       password\n"
          "  --mechanism-floor F  send no credentials by less than F, whatever the server offers and\n"
          "                       --mechanism says: any (default), scram, or bound-scram (the PLUS\n"
          "                       mechanisms). Without a floor nothing notices that somebody on the\n"
          "                       way, with a certificate that is trusted, has removed SCRAM\n"
          "  --authorize-as V     to act as V\n"
          "  --send FILE          submit this message (line ends are put right)\n"
          "  --from A             its sender, may be empty\n"
          "  --to B               its recipient; may be repeated\n"
          "  --timeout S          seconds that the whole run may take (default 30)\n"
          "  --json               print one JSON object on standard output, and nothing else\n"
          "  --help               this text\n"
          "  --version            the version of mailtls\n"
          "\n"
          "Exit status: 0 what was asked was done, 1 it was not, 2 wrong usage.\n"
          "\n",
          stdout);
    print_usage_of_json();
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

static bool sha256_in(const char *text, uint8_t sha256[32])
{
    static const char digits[] = "0123456789abcdef";
    if (strlen(text) != 64)
        return false;
    for (size_t i = 0; i < 64; i++) {
        const char *digit = strchr(digits, tolower((unsigned char)text[i]));
        if (digit == NULL)
            return false;
        sha256[i / 2] = (uint8_t)(sha256[i / 2] << 4 | (digit - digits));
    }
    return true;
}

static bool floor_in(const char *text, int32_t *floor)
{
    static const char *const names[] = {
        [MAILTLS_MECHANISM_FLOOR_ANY] = "any",
        [MAILTLS_MECHANISM_FLOOR_SCRAM] = "scram",
        [MAILTLS_MECHANISM_FLOOR_BOUND_SCRAM] = "bound-scram",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            *floor = (int32_t)i;
            return true;
        }
    }
    return false;
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

/* What a mechanism needs: that it is there. What else is wrong with it mailtls says. */
static enum options_result check_mechanism(const struct options *o, char *reason, size_t size)
{
    const char *name = o->mechanism;
    if (strcasecmp(name, "EXTERNAL") == 0)
        return o->client_cert != NULL
                   ? OPTIONS_RUN
                   : wrong(reason, size, "--mechanism %s needs --client-cert", name);
    if (options_by_token(name))
        return o->token != NULL
                   ? OPTIONS_RUN
                   : wrong(reason, size, "--mechanism %s needs --token or MAILTLS_TOKEN", name);
    return o->user != NULL && o->password != NULL
               ? OPTIONS_RUN
               : wrong(reason, size, "--mechanism %s needs --user and a password", name);
}

/* The environment counts only where the command line asks for a log-in. */
static enum options_result check_credentials(struct options *o, char *reason, size_t size)
{
    if (o->user == NULL && o->password != NULL)
        return wrong(reason, size, "--password needs --user");
    if ((o->client_cert == NULL) != (o->client_key == NULL))
        return wrong(reason, size, "--client-cert and --client-key need each other");
    if (o->tls13_client_cert && o->client_cert == NULL)
        return wrong(reason, size, "--tls13-client-cert needs --client-cert");
    if (o->token == NULL && (o->mechanism != NULL ? options_by_token(o->mechanism) : o->user != NULL))
        o->token = getenv("MAILTLS_TOKEN");
    if (o->user != NULL && o->password == NULL)
        o->password = getenv("MAILTLS_PASSWORD");
    if (o->user != NULL && !options_log_in(o))
        return wrong(reason, size, "--user needs a password (--password or MAILTLS_PASSWORD), a "
                                   "--token or a --client-cert");
    if (o->authorize_as != NULL && !options_log_in(o))
        return wrong(reason, size, "--authorize-as needs a log-in");
    return o->mechanism != NULL ? check_mechanism(o, reason, size) : OPTIONS_RUN;
}

static enum options_result check(struct options *o, bool system_ca, char *reason, size_t size)
{
    unsigned long port;
    if (mailtls_service_from_name(o->service_name, &o->service) != 0)
        return wrong(reason, size, "unknown service %s; it is imaps, pop3s, submissions, imap, pop3 or submission",
                     o->service_name);
    if (!number_in(o->port, 1, 65535, &port))
        return wrong(reason, size, "%s is not a port, which is a number from 1 to 65535", o->port);
    if (o->srv_proven && o->srv_domain == NULL)
        return wrong(reason, size, "--srv-proven needs --srv-domain");
    if (o->ca_file != NULL && system_ca)
        return wrong(reason, size, "--ca and --system-ca exclude each other");
    enum options_result credentials = check_credentials(o, reason, size);
    if (credentials != OPTIONS_RUN)
        return credentials;
    if (o->send_file == NULL) {
        if (o->from != NULL || o->to_count > 0)
            return wrong(reason, size, "--from and --to need --send");
        return OPTIONS_RUN;
    }
    if (o->service != MAILTLS_SERVICE_SUBMISSIONS && o->service != MAILTLS_SERVICE_SUBMISSION)
        return wrong(reason, size, "--send needs a submission service");
    if (!options_log_in(o) || o->from == NULL || o->to_count == 0)
        return wrong(reason, size, "--send needs a log-in, --from and --to");
    if (!is_address(o->from))
        return wrong(reason, size, "--from %s is not an address", o->from);
    for (size_t i = 0; i < o->to_count; i++)
        if (!is_address(o->to[i]) || o->to[i][0] == '\0')
            return wrong(reason, size, "--to %s is not an address", o->to[i]);
    return OPTIONS_RUN;
}

enum {
    OPT_CONNECT = 1,
    OPT_CA,
    OPT_SYSTEM_CA,
    OPT_SRV_DOMAIN,
    OPT_SRV_PROVEN,
    OPT_TLSA,
    OPT_POLICY,
    OPT_PIN,
    OPT_USER,
    OPT_PASSWORD,
    OPT_TOKEN,
    OPT_CLIENT_CERT,
    OPT_CLIENT_KEY,
    OPT_TLS13_CLIENT_CERT,
    OPT_MECHANISM,
    OPT_MECHANISM_FLOOR,
    OPT_AUTHORIZE_AS,
    OPT_SEND,
    OPT_FROM,
    OPT_TO,
    OPT_TIMEOUT,
    OPT_JSON,
    OPT_HELP,
    OPT_VERSION
};

static const struct option table[] = {
    {"connect", required_argument, NULL, OPT_CONNECT},
    {"ca", required_argument, NULL, OPT_CA},
    {"system-ca", no_argument, NULL, OPT_SYSTEM_CA},
    {"srv-domain", required_argument, NULL, OPT_SRV_DOMAIN},
    {"srv-proven", no_argument, NULL, OPT_SRV_PROVEN},
    {"tlsa", required_argument, NULL, OPT_TLSA},
    {"policy", required_argument, NULL, OPT_POLICY},
    {"pin", required_argument, NULL, OPT_PIN},
    {"user", required_argument, NULL, OPT_USER},
    {"password", required_argument, NULL, OPT_PASSWORD},
    {"token", required_argument, NULL, OPT_TOKEN},
    {"client-cert", required_argument, NULL, OPT_CLIENT_CERT},
    {"client-key", required_argument, NULL, OPT_CLIENT_KEY},
    {"tls13-client-cert", no_argument, NULL, OPT_TLS13_CLIENT_CERT},
    {"mechanism", required_argument, NULL, OPT_MECHANISM},
    {"mechanism-floor", required_argument, NULL, OPT_MECHANISM_FLOOR},
    {"authorize-as", required_argument, NULL, OPT_AUTHORIZE_AS},
    {"send", required_argument, NULL, OPT_SEND},
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
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
    for (;;) {
        /* The next word that is not an operand is what getopt_long reads, wherever it stands. */
        int word = optind;
        while (word < argc && (argv[word][0] != '-' || argv[word][1] == '\0'))
            word++;
        if (word < argc && argv[word][1] != '-')
            return wrong(reason, size, "unknown option %s (options begin with --)", argv[word]);
        option = getopt_long(argc, argv, ":", table, NULL);
        if (option == -1)
            break;
        switch (option) {
        case OPT_CONNECT: o->connect = optarg; break;
        case OPT_CA: o->ca_file = optarg; break;
        case OPT_SYSTEM_CA: system_ca = true; break;
        case OPT_SRV_DOMAIN: o->srv_domain = optarg; break;
        case OPT_SRV_PROVEN: o->srv_proven = true; break;
        case OPT_TLSA:
            if (o->tlsa_count == MAX_TLSA)
                return wrong(reason, size, "more than %d TLSA records", MAX_TLSA);
            o->tlsa[o->tlsa_count++] = optarg;
            break;
        case OPT_POLICY: o->policy = optarg; break;
        case OPT_PIN:
            o->has_pin = sha256_in(optarg, o->pin);
            if (!o->has_pin)
                return wrong(reason, size, "--pin takes the certificate's SHA-256, 64 hexadecimal digits "
                                           "without colons%s",
                             strlen(optarg) == 40 ? ", not a SHA-1" : "");
            break;
        case OPT_USER: o->user = optarg; break;
        case OPT_PASSWORD: o->password = optarg; break;
        case OPT_TOKEN: o->token = optarg; break;
        case OPT_CLIENT_CERT: o->client_cert = optarg; break;
        case OPT_CLIENT_KEY: o->client_key = optarg; break;
        case OPT_TLS13_CLIENT_CERT: o->tls13_client_cert = true; break;
        case OPT_MECHANISM: o->mechanism = optarg; break;
        case OPT_MECHANISM_FLOOR:
            if (!floor_in(optarg, &o->mechanism_floor))
                return wrong(reason, size, "--mechanism-floor takes any, scram or bound-scram");
            break;
        case OPT_AUTHORIZE_AS: o->authorize_as = optarg; break;
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
        case OPT_VERSION: return OPTIONS_VERSION;
        case ':': return wrong(reason, size, "%s needs a value", argv[optind - 1]);
        default: return wrong(reason, size, "unknown option %s, see --help", argv[optind - 1]);
        }
    }
    if (argc - optind > 3)
        return wrong(reason, size, "too many arguments, beginning with %s; SERVICE, HOST and PORT are needed, "
                                   "see --help",
                     argv[optind + 3]);
    if (argc - optind < 3)
        return wrong(reason, size, "SERVICE, HOST and PORT are needed, see --help");
    o->service_name = argv[optind];
    o->host = argv[optind + 1];
    o->port = argv[optind + 2];
    return check(o, system_ca, reason, size);
}

bool options_log_in(const struct options *o)
{
    return o->client_cert != NULL || o->token != NULL || (o->user != NULL && o->password != NULL);
}

bool options_by_token(const char *mechanism)
{
    return strcasecmp(mechanism, "OAUTHBEARER") == 0 || strcasecmp(mechanism, "XOAUTH2") == 0;
}

static void wipe(char **secret)
{
    if (*secret != NULL)
        explicit_bzero(*secret, strlen(*secret));
    *secret = NULL;
}

void options_wipe_secrets(struct options *o)
{
    wipe(&o->password);
    wipe(&o->token);
}
