/* print_text.c: for people (see print.h). */
#include "print.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The name of a row stands in a column of its own; text of a message comes by put_text only. */
static void row(const char *name)
{
    printf("       %-9s ", name);
}

static void print_way(const struct facts *f, size_t hop)
{
    const char *from = mailtls_hop_part(f->report, hop, MAILTLS_TRACE_PART_FROM);
    const char *address = mailtls_hop_client_address(f->report, hop);
    const char *by = mailtls_hop_part(f->report, hop, MAILTLS_TRACE_PART_BY);
    printf("%5zu  %s  ", hop + 1, mailtls_hop_is_fact(f->report, hop) == 1 ? "fact " : "claim");
    (void)put_text(from != NULL ? from : "?");
    if (address != NULL) {
        fputs(" (", stdout);
        (void)put_text(address);
        putchar(')');
    }
    fputs(" -> ", stdout);
    (void)put_text(by != NULL ? by : "?");
    putchar('\n');
}

static void print_protection(const struct facts *f, size_t hop)
{
    char buffer[NUMBER_SIZE];
    const char *with = mailtls_hop_part(f->report, hop, MAILTLS_TRACE_PART_WITH);
    const char *version = facts_version(f, hop, buffer);
    const char *form = mailtls_hop_form(f->report, hop);
    row("protocol");
    (void)put_text(with != NULL ? with : "-");
    putchar('\n');
    row("TLS");
    if (mailtls_hop_protection(f->report, hop) != MAILTLS_PROTECTION_TLS) {
        bool local = mailtls_hop_protection(f->report, hop) == MAILTLS_PROTECTION_LOCAL;
        puts(local ? "none: crossed no network" : facts_silent(f, hop) ? "not said" : "none");
        return;
    }
    printf("%s (%s)\n", version != NULL ? version : "of a version not said", facts_strength(f, hop));
    if (form != NULL) {
        row("form");
        (void)put_text(form);
        putchar('\n');
    }
}

static void print_cipher(const struct facts *f, size_t hop)
{
    char buffer[NUMBER_SIZE];
    const char *suite = facts_cipher_suite(f, hop, buffer);
    const char *written = mailtls_hop_part(f->report, hop, MAILTLS_TRACE_PART_TLS);
    int32_t bits = mailtls_hop_cipher_bits(f->report, hop);
    if (suite == NULL && written == NULL) {
        return;
    }
    row("cipher");
    fputs(suite != NULL ? suite : "not known", stdout);
    if (written != NULL && (suite == NULL || strcmp(suite, written) != 0)) {
        fputs(", written ", stdout);
        (void)put_text(written);
    }
    if (bits >= 0) {
        printf(", %" PRId32 " bits", bits);
    }
    putchar('\n');
}

static void print_group(const struct facts *f, size_t hop)
{
    char buffer[NUMBER_SIZE];
    const char *group = facts_group(f, hop, buffer);
    const char *written = mailtls_hop_part(f->report, hop, MAILTLS_TRACE_PART_GROUP);
    int32_t verified = mailtls_hop_verified(f->report, hop);
    if (group != NULL || written != NULL) {
        row("group");
        (void)put_text(group != NULL ? group : written);
        putchar('\n');
    }
    if (verified >= 0) {
        row("client");
        puts(verified == 1 ? "certificate verified" : "no certificate verified");
    }
}

static void print_date(const struct facts *f, size_t hop)
{
    const char *date = mailtls_hop_part(f->report, hop, MAILTLS_TRACE_PART_DATE);
    int64_t delay;
    row("date");
    (void)put_text(date != NULL ? date : "-");
    if (facts_delay(f, hop, &delay)) {
        printf(", %" PRId64 " s %s hop %zu", delay < 0 ? -delay : delay,
               delay < 0 ? "before" : "after", hop + 2);
    }
    putchar('\n');
}

static void print_strict(const struct strict *s)
{
    row("grammar");
    if (s->of_grammar) {
        puts("kept");
        return;
    }
    printf("not kept: at octet %zu, ", s->octet);
    (void)put_text(s->production == NULL ? "?" : s->production);
    puts(" is wanted");
}

static void print_summary(const struct facts *f)
{
    int32_t weakest = mailtls_hop_report_weakest(f->report);
    size_t silent = 0;
    if (weakest < 0) {
        puts("weakest: none, no hop crossed a network");
    } else {
        printf("weakest: hop %" PRId32 " (%s)\n", weakest + 1, facts_strength(f, (size_t)weakest));
    }
    fputs("silent:  ", stdout);
    for (size_t i = 0; i < f->count; i++) {
        if (facts_silent(f, i)) {
            printf("%s%zu", silent == 0 ? "hop " : ", ", i + 1);
            silent++;
        }
    }
    puts(silent == 0 ? "none" : "");
    printf("warning: %s\n", mailtls_hop_report_warning());
}

void print_for_people(const struct facts *f, size_t number)
{
    if (number > 0) {
        printf("%sMessage %zu: ", number > 1 ? "\n" : "", number);
    }
    printf("%zu hop%s%s\n", f->count, f->count == 1 ? "" : "s", f->count > 1 ? ", the last one first" : "");
    for (size_t i = 0; i < f->count; i++) {
        print_way(f, i);
        print_protection(f, i);
        print_cipher(f, i);
        print_group(f, i);
        print_date(f, i);
        if (f->strict != NULL) {
            print_strict(&f->strict[i]);
        }
    }
    if (f->count > 0) {
        print_summary(f);
    }
}
