/* print_json.c: for programs (see print.h). */
#include "print.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>

/* Names are ours: nothing in them needs an escape. */
static void put_named(const char *name, const char *text)
{
    printf(",\"%s\":", name);
    put_json(text);
}

static void put_number(const char *name, int32_t number)
{
    if (number < 0) {
        put_named(name, NULL);
    } else {
        printf(",\"%s\":%" PRId32, name, number);
    }
}

static void put_date(const struct facts *f, size_t hop)
{
    int64_t seconds, delay;
    int16_t zone;
    put_named("date", mailtls_hop_part(f->report, hop, MAILTLS_TRACE_PART_DATE));
    if (mailtls_hop_date(f->report, hop, &seconds, &zone) == 0) {
        printf(",\"unix_seconds\":%" PRId64, seconds);
    } else {
        put_named("unix_seconds", NULL);
    }
    if (facts_delay(f, hop, &delay)) {
        printf(",\"delay\":%" PRId64, delay);
    } else {
        put_named("delay", NULL);
    }
}

static void put_protection(const struct facts *f, size_t hop)
{
    char buffer[NUMBER_SIZE];
    int32_t verified = mailtls_hop_verified(f->report, hop);
    put_named("protection", facts_protection(f, hop));
    put_named("strength", facts_strength(f, hop));
    put_named("form", mailtls_hop_form(f->report, hop));
    put_named("version", facts_version(f, hop, buffer));
    put_named("cipher_suite", facts_cipher_suite(f, hop, buffer));
    put_named("cipher_written", mailtls_hop_part(f->report, hop, MAILTLS_TRACE_PART_TLS));
    put_number("bits", mailtls_hop_cipher_bits(f->report, hop));
    put_named("group", facts_group(f, hop, buffer));
    put_named("group_written", mailtls_hop_part(f->report, hop, MAILTLS_TRACE_PART_GROUP));
    printf(",\"verified\":%s", verified < 0 ? "null" : verified == 1 ? "true" : "false");
}

static void put_strict(const struct strict *s)
{
    printf(",\"strict\":{\"of_grammar\":%s", s->of_grammar ? "true" : "false");
    if (!s->of_grammar) {
        printf(",\"octet\":%zu", s->octet);
        put_named("production", s->production);
    }
    putchar('}');
}

static void put_hop(const struct facts *f, size_t hop)
{
    static const struct {
        const char *name;
        int32_t part;
    } parts[] = {
        {"from", MAILTLS_TRACE_PART_FROM}, {"by", MAILTLS_TRACE_PART_BY}, {"via", MAILTLS_TRACE_PART_VIA},
        {"with", MAILTLS_TRACE_PART_WITH}, {"id", MAILTLS_TRACE_PART_ID}, {"for", MAILTLS_TRACE_PART_FOR},
    };
    printf("%s{\"hop\":%zu,\"claim\":%s", hop > 0 ? "," : "", hop + 1,
           mailtls_hop_is_fact(f->report, hop) == 1 ? "false" : "true");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        put_named(parts[i].name, mailtls_hop_part(f->report, hop, parts[i].part));
    }
    put_named("client_address", mailtls_hop_client_address(f->report, hop));
    put_date(f, hop);
    put_protection(f, hop);
    if (f->strict != NULL) {
        put_strict(&f->strict[hop]);
    }
    putchar('}');
}

void print_as_json(const struct facts *f, size_t number)
{
    int32_t weakest = mailtls_hop_report_weakest(f->report);
    bool any = false;
    printf("{\"message\":%zu,\"hops\":[", number);
    for (size_t i = 0; i < f->count; i++) {
        put_hop(f, i);
    }
    putchar(']');
    put_number("weakest", weakest < 0 ? -1 : weakest + 1);
    fputs(",\"silent\":[", stdout);
    for (size_t i = 0; i < f->count; i++) {
        if (facts_silent(f, i)) {
            printf("%s%zu", any ? "," : "", i + 1);
            any = true;
        }
    }
    putchar(']');
    put_named("warning", mailtls_hop_report_warning());
    puts("}");
}
