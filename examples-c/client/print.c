/* How a report is shown: to a person, or as one JSON object (RFC 8259).
 * All text came from the peer: nothing of it may break the JSON or reach a terminal as a control.
 * Must never know: connections, sockets. */
#define _DEFAULT_SOURCE
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#define REPLACEMENT 0xFFFDu

/* Takes one code point from UTF-8 (RFC 3629); for an octet that starts none, U+FFFD. */
static uint32_t next_code_point(const char **text)
{
    const unsigned char *s = (const unsigned char *)*text;
    size_t more = s[0] < 0x80 ? 0 : s[0] < 0xC2 ? 4 : s[0] < 0xE0 ? 1 : s[0] < 0xF0 ? 2
                : s[0] < 0xF5 ? 3 : 4;
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    *text += 1;
    if (more == 4)
        return REPLACEMENT;
    uint32_t point = more == 0 ? s[0] : s[0] & (0x3Fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80) /* the NUL at the end stops here too */
            return REPLACEMENT;
        point = point << 6 | (s[i] & 0x3Fu);
    }
    if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return REPLACEMENT;
    *text += more;
    return point;
}

static void put_utf8(uint32_t p)
{
    if (p < 0x80) {
        putchar((int)p);
        return;
    }
    if (p < 0x800) {
        putchar((int)(0xC0 | p >> 6));
    } else {
        if (p < 0x10000) {
            putchar((int)(0xE0 | p >> 12));
        } else {
            putchar((int)(0xF0 | p >> 18));
            putchar((int)(0x80 | (p >> 12 & 0x3F)));
        }
        putchar((int)(0x80 | (p >> 6 & 0x3F)));
    }
    putchar((int)(0x80 | (p & 0x3F)));
}

/* C0, DEL and C1 controls would be obeyed by a terminal. */
static void put_text(const char *text)
{
    while (*text != '\0') {
        uint32_t p = next_code_point(&text);
        put_utf8(p < 0x20 || (p >= 0x7F && p < 0xA0) ? REPLACEMENT : p);
    }
}

static void put_json(const char *text)
{
    if (text == NULL) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    while (*text != '\0') {
        uint32_t p = next_code_point(&text);
        if (p == '"' || p == '\\')
            printf("\\%c", (int)p);
        else if (p < 0x20)
            printf("\\u%04" PRIx32, p);
        else
            put_utf8(p);
    }
    putchar('"');
}

static void put_json_strings(const struct strings *list)
{
    putchar('[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            putchar(',');
        put_json(list->items[i]);
    }
    putchar(']');
}

/* ISO 8601 in UTC; NULL for a time that it cannot say. */
static const char *iso_8601(int64_t seconds, char buffer[32])
{
    time_t clock = (time_t)seconds;
    struct tm t;
    if ((int64_t)clock != seconds || gmtime_r(&clock, &t) == NULL || t.tm_year < -1900 ||
        t.tm_year > 9999 - 1900)
        return NULL;
    snprintf(buffer, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", (t.tm_year + 1900) % 10000,
             (t.tm_mon + 1) % 100, t.tm_mday % 100, t.tm_hour % 100, t.tm_min % 100,
             t.tm_sec % 100);
    return buffer;
}

static const char *hexadecimal(const uint8_t bytes[32], char buffer[65])
{
    for (size_t i = 0; i < 32; i++)
        snprintf(buffer + 2 * i, 3, "%02x", bytes[i]);
    return buffer;
}

static const char *state_name(enum state state)
{
    switch (state) {
    case STATE_CONNECTING: return "connecting";
    case STATE_HANDSHAKE: return "handshake";
    case STATE_GREETING: return "greeting";
    case STATE_NOT_AUTHENTICATED: return "not-authenticated";
    case STATE_AUTHENTICATED: return "authenticated";
    case STATE_SENT: return "sent";
    }
    return "connecting";
}

static void member(const char *name, const char *value)
{
    printf("\"%s\":", name);
    put_json(value);
}

static const char *client_certificate(const struct report *r)
{
    if (r->tls_version == NULL)
        return NULL;
    switch (r->client_certificate) {
    case MAILTLS_CLIENT_CERTIFICATE_SENT: return "sent";
    case MAILTLS_CLIENT_CERTIFICATE_SENT_IN_CLEAR: return "sent in clear";
    default: return "none";
    }
}

/* RFC 8314 section 4.2: users are to know. */
static const char *warning(const struct report *r)
{
    return r->tls_version != NULL &&
                   r->client_certificate == MAILTLS_CLIENT_CERTIFICATE_SENT_IN_CLEAR
               ? "TLS 1.2 has shown the client certificate, and so who you are, to the network"
               : NULL;
}

static void print_json_tls(const struct report *r)
{
    fputs("\"tls\":", stdout);
    if (r->tls_version == NULL) {
        fputs("null", stdout);
        return;
    }
    putchar('{');
    member("version", r->tls_version);
    putchar(',');
    member("cipher_suite", r->cipher_suite);
    putchar(',');
    member("group", r->group);
    putchar('}');
}

static const char *standing_name(int32_t standing)
{
    switch (standing) {
    case MAILTLS_STANDING_ACCEPTED: return "accepted";
    case MAILTLS_STANDING_TOLERATED: return "tolerated";
    default: return "refused";
    }
}

static const char *part_name(int32_t part)
{
    switch (part) {
    case MAILTLS_PART_VERSION: return "version";
    case MAILTLS_PART_CIPHER_SUITE: return "cipher_suite";
    case MAILTLS_PART_GROUP: return "group";
    case MAILTLS_PART_SIGNATURE_SCHEME: return "signature_scheme";
    case MAILTLS_PART_CERTIFICATE: return "certificate";
    case MAILTLS_PART_EXTENDED_MASTER_SECRET: return "extended_master_secret";
    default: return "unknown";
    }
}

static const char *validation_name(int32_t validation)
{
    switch (validation) {
    case MAILTLS_PEER_VALIDATION_PKIX: return "pkix";
    case MAILTLS_PEER_VALIDATION_DANE: return "dane";
    case MAILTLS_PEER_VALIDATION_PIN: return "pin";
    default: return "none";
    }
}

/* NULL for none. */
static const char *check_name(int32_t check)
{
    switch (check) {
    case MAILTLS_CHECK_FORM: return "form";
    case MAILTLS_CHECK_CHAIN: return "chain";
    case MAILTLS_CHECK_VALIDITY: return "validity";
    case MAILTLS_CHECK_USAGE: return "usage";
    case MAILTLS_CHECK_REVOCATION: return "revocation";
    case MAILTLS_CHECK_IDENTITY: return "identity";
    case MAILTLS_CHECK_DANE: return "dane";
    default: return NULL;
    }
}

static void print_json_verdict(const struct report *r)
{
    fputs("\"verdict\":", stdout);
    if (r->verdict == NULL) {
        fputs("null", stdout);
        return;
    }
    putchar('{');
    member("standing", standing_name(mailtls_verdict_standing(r->verdict)));
    fputs(",\"reasons\":[", stdout);
    for (size_t i = 0; i < mailtls_verdict_reason_count(r->verdict); i++) {
        fputs(i > 0 ? ",{" : "{", stdout);
        member("part", part_name(mailtls_verdict_reason_part(r->verdict, i)));
        putchar(',');
        member("standing", standing_name(mailtls_verdict_reason_standing(r->verdict, i)));
        putchar(',');
        member("section", mailtls_verdict_reason_section(r->verdict, i));
        putchar(',');
        member("sentence", mailtls_verdict_reason_sentence(r->verdict, i));
        putchar('}');
    }
    fputs("]}", stdout);
}

static const char *condition_name(int32_t condition)
{
    switch (condition) {
    case MAILTLS_CONDITION_OK: return "ok";
    case MAILTLS_CONDITION_NO: return "no";
    case MAILTLS_CONDITION_BAD: return "bad";
    case MAILTLS_CONDITION_BYE: return "bye";
    default: return NULL;
    }
}

static void print_json_messages(const struct report *r)
{
    fputs("\"messages\":[", stdout);
    for (size_t i = 0; i < r->said_count; i++) {
        const struct said *said = &r->said[i];
        fputs(i > 0 ? ",{" : "{", stdout);
        member("condition", condition_name(said->condition));
        printf(",\"alert\":%s,\"tagged\":%s,", said->alert ? "true" : "false",
               said->tagged ? "true" : "false");
        member("code", said->code);
        putchar(',');
        member("arguments", said->arguments);
        putchar(',');
        member("text", said->text);
        putchar('}');
    }
    putchar(']');
}

static bool is_confidential(const struct report *r)
{
    return r->tls_version != NULL && r->shortfall == NULL;
}

static void print_json_certificate(const struct report *r)
{
    char date[32], digits[65];
    fputs("\"certificate\":", stdout);
    if (r->subject == NULL) {
        fputs("null", stdout);
        return;
    }
    putchar('{');
    member("subject", r->subject);
    fputs(",\"dns_names\":", stdout);
    put_json_strings(&r->dns_names);
    putchar(',');
    member("not_after", r->has_validity ? iso_8601(r->not_after, date) : NULL);
    putchar(',');
    member("sha256", hexadecimal(r->sha256, digits));
    putchar(',');
    member("validation", validation_name(r->validation));
    putchar('}');
}

static void print_json(const struct report *r)
{
    putchar('{');
    member("service", r->service);
    putchar(',');
    print_json_tls(r);
    putchar(',');
    print_json_verdict(r);
    printf(",\"confidential\":%s,", is_confidential(r) ? "true" : "false");
    member("shortfall", r->shortfall);
    putchar(',');
    print_json_certificate(r);
    putchar(',');
    member("failed_check", check_name(r->failed_check));
    putchar(',');
    member("client_certificate", client_certificate(r));
    putchar(',');
    member("warning", warning(r));
    putchar(',');
    member("greeting", r->greeting);
    fputs(",\"capabilities\":", stdout);
    put_json_strings(&r->capabilities);
    putchar(',');
    print_json_messages(r);
    putchar(',');
    member("mechanism", r->mechanism);
    putchar(',');
    member("state", state_name(r->state));
    printf(",\"authenticated\":%s,", r->authenticated ? "true" : "false");
    member("refusal_details", r->refusal_details);
    fputs(",\"error\":", stdout);
    if (r->failure != 0) {
        printf("{\"code\":%d,", r->failure);
        member("reason", r->reason);
        putchar('}');
    } else {
        fputs("null", stdout);
    }
    puts("}");
}

static void line(const char *label, const char *text)
{
    if (text == NULL)
        return;
    printf("%-13s", label);
    put_text(text);
    putchar('\n');
}

static void print_said(const struct said *said, const char *label)
{
    printf("%-13s", label);
    /* The label says it already. */
    bool plain_alert = said->code != NULL && strcasecmp(said->code, "ALERT") == 0;
    const char *const parts[] = {plain_alert ? NULL : said->code, said->arguments, said->text};
    const char *space = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i] == NULL || parts[i][0] == '\0')
            continue;
        fputs(space, stdout);
        put_text(parts[i]);
        space = " ";
    }
    putchar('\n');
}

static void print_text(const struct report *r)
{
    char date[32], digits[65];
    /* RFC 9051 section 7.1: the user must see them. */
    for (size_t i = 0; i < r->said_count; i++)
        if (r->said[i].alert)
            print_said(&r->said[i], "*** ALERT");
    line("service", r->service);
    line("TLS", r->tls_version);
    line("cipher suite", r->cipher_suite);
    line("group", r->group);
    line("verdict", mailtls_verdict_text(r->verdict));
    if (r->tls_version != NULL)
        line("confidential", is_confidential(r) ? "yes" : "no");
    line("  because", r->shortfall);
    if (r->subject != NULL) {
        line("certificate", r->subject);
        for (size_t i = 0; i < r->dns_names.count; i++)
            line("  for", r->dns_names.items[i]);
        line("  from", r->has_validity ? iso_8601(r->not_before, date) : NULL);
        line("  until", r->has_validity ? iso_8601(r->not_after, date) : NULL);
        line("  SHA-256", hexadecimal(r->sha256, digits));
        line("  behind it", validation_name(r->validation));
    }
    line("failed check", check_name(r->failed_check));
    line("our cert.", client_certificate(r));
    line("warning", warning(r));
    line("greeting", r->greeting);
    for (size_t i = 0; i < r->capabilities.count; i++)
        line(i == 0 ? "capabilities" : "", r->capabilities.items[i]);
    for (size_t i = 0; i < r->said_count; i++)
        if (!r->said[i].alert)
            print_said(&r->said[i], "server says");
    line("mechanism", r->mechanism);
    line("state", state_name(r->state));
    line("details", r->refusal_details);
    if (r->failure != 0) {
        printf("%-13s%d ", "error", r->failure);
        put_text(r->reason);
        putchar('\n');
    }
}

bool report_print(const struct report *r, bool json)
{
    if (json)
        print_json(r);
    else
        print_text(r);
    return fflush(stdout) == 0 && !ferror(stdout);
}
