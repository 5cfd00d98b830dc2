/* facts.c: asking mailtls (see facts.h). */
#define _DEFAULT_SOURCE
#include "facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The field with CRLF at its line ends, as the grammar wants it; a file may have LF alone. NULL when
 * memory is short. */
static uint8_t *on_the_wire(struct octets field, size_t *len)
{
    uint8_t *wire = field.len > SIZE_MAX / 2 - 1 ? NULL : malloc(field.len * 2 + 2);
    size_t to = 0;
    for (size_t i = 0; wire != NULL && i < field.len; i++) {
        if (field.bytes[i] == '\n' && (i == 0 || field.bytes[i - 1] != '\r')) {
            wire[to++] = '\r';
        }
        wire[to++] = field.bytes[i];
    }
    if (wire != NULL && (to == 0 || wire[to - 1] != '\n')) {
        memcpy(wire + to, "\r\n", 2);
        to += 2;
    }
    *len = to;
    return wire;
}

static bool check(struct strict *s, mailtls_received *parser, struct octets field)
{
    size_t len;
    uint8_t *wire = on_the_wire(field, &len);
    if (wire == NULL) {
        return false;
    }
    s->of_grammar = mailtls_received_parse(parser, wire, len) == 0;
    free(wire);
    if (!s->of_grammar) {
        const char *production = mailtls_received_failed_production(parser);
        s->octet = mailtls_received_failed_at(parser);
        s->production = strdup(production == NULL ? "?" : production);
    }
    return s->of_grammar || s->production != NULL;
}

/* The fields in the order of the hops. */
static bool check_all(struct facts *f, struct octets message)
{
    size_t start, len;
    mailtls_received *parser = mailtls_received_new();
    f->strict = calloc(f->count + 1, sizeof *f->strict);
    bool good = parser != NULL && f->strict != NULL;
    for (size_t i = 0; good && i < f->count; i++) {
        good = mailtls_hop_field(f->report, i, &start, &len) == 0 &&
               check(&f->strict[i], parser, (struct octets){message.bytes + start, len});
    }
    mailtls_received_free(parser);
    return good;
}

bool facts_read(struct facts *f, struct octets message, size_t own, bool strict)
{
    *f = (struct facts){0};
    if (mailtls_hop_report_new(message.bytes, message.len, own, &f->report) != 0) {
        return false;
    }
    f->count = mailtls_hop_report_count(f->report);
    return !strict || check_all(f, message);
}

void facts_free(struct facts *f)
{
    for (size_t i = 0; f->strict != NULL && i < f->count; i++) {
        free(f->strict[i].production);
    }
    free(f->strict);
    mailtls_hop_report_free(f->report);
}

const char *facts_protection(const struct facts *f, size_t hop)
{
    switch (mailtls_hop_protection(f->report, hop)) {
    case MAILTLS_PROTECTION_TLS: return "tls";
    case MAILTLS_PROTECTION_CLEAR: return "clear";
    case MAILTLS_PROTECTION_LOCAL: return "local";
    default: return "unsaid";
    }
}

const char *facts_strength(const struct facts *f, size_t hop)
{
    return mailtls_strength_name(mailtls_hop_strength(f->report, hop));
}

bool facts_silent(const struct facts *f, size_t hop)
{
    return mailtls_hop_protection(f->report, hop) == MAILTLS_PROTECTION_UNSAID;
}

bool facts_any_without_tls(const struct facts *f)
{
    for (size_t i = 0; i < f->count; i++) {
        int32_t protection = mailtls_hop_protection(f->report, i);
        if (protection != MAILTLS_PROTECTION_TLS && protection != MAILTLS_PROTECTION_LOCAL) {
            return true;
        }
    }
    return false;
}

static const char *named(int32_t code, const char *(*name_of)(uint16_t), char buffer[NUMBER_SIZE])
{
    if (code < 0 || code > 0xFFFF) {
        return NULL;
    }
    const char *name = name_of((uint16_t)code);
    if (name == NULL) {
        snprintf(buffer, NUMBER_SIZE, "0x%04X", (unsigned)code);
    }
    return name == NULL ? buffer : name;
}

const char *facts_version(const struct facts *f, size_t hop, char buffer[NUMBER_SIZE])
{
    return named(mailtls_hop_tls_version(f->report, hop), mailtls_tls_version_name, buffer);
}

const char *facts_cipher_suite(const struct facts *f, size_t hop, char buffer[NUMBER_SIZE])
{
    return named(mailtls_hop_cipher_suite(f->report, hop), mailtls_cipher_suite_name, buffer);
}

const char *facts_group(const struct facts *f, size_t hop, char buffer[NUMBER_SIZE])
{
    return named(mailtls_hop_group(f->report, hop), mailtls_group_name, buffer);
}

bool facts_delay(const struct facts *f, size_t hop, int64_t *seconds)
{
    int64_t here, before;
    int16_t zone;
    if (mailtls_hop_date(f->report, hop, &here, &zone) != 0 ||
        mailtls_hop_date(f->report, hop + 1, &before, &zone) != 0) {
        return false;
    }
    *seconds = here - before; /* the years are between 1900 and 9999 */
    return true;
}
