/* facts.h: a message's hops: what mailtls says of each, by the names that are printed. It knows
 * nothing of how they are printed. */
#ifndef FACTS_H
#define FACTS_H

#include "input.h"

#include <mailtls.h>

/* Octets of a number in the place of a name. */
#define NUMBER_SIZE 16

/* Whether a field is of the grammar (RFC 5321 section 4.4). */
struct strict {
    bool of_grammar;
    size_t octet;     /* so many stand before the one that is wrong; CRLF ends each line */
    char *production; /* that is not there, by its name in the RFC */
};

struct facts {
    mailtls_hop_report *report;
    size_t count;
    struct strict *strict; /* of each hop; NULL: nobody has asked */
};

/* False when memory is short. */
bool facts_read(struct facts *f, struct octets message, size_t own, bool strict);
void facts_free(struct facts *f);

const char *facts_protection(const struct facts *f, size_t hop);
const char *facts_strength(const struct facts *f, size_t hop);
bool facts_silent(const struct facts *f, size_t hop);

/* Whether a hop that crossed a network was, or may have been, without TLS. */
bool facts_any_without_tls(const struct facts *f);

/* Names by the registries, or in `buffer` the number; NULL where nothing is said. */
const char *facts_version(const struct facts *f, size_t hop, char buffer[NUMBER_SIZE]);
const char *facts_cipher_suite(const struct facts *f, size_t hop, char buffer[NUMBER_SIZE]);
const char *facts_group(const struct facts *f, size_t hop, char buffer[NUMBER_SIZE]);

/* Seconds since the hop before this one, which stands below it; false where one has no date. */
bool facts_delay(const struct facts *f, size_t hop, int64_t *seconds);

#endif
