/* certificates.h: whom a client's certificate stands for, read from a file. It is asked only
 * about certificates that mailtls has found valid, and knows nothing of connections. */
#ifndef CERTIFICATES_H
#define CERTIFICATES_H

#include "base.h"

#define FINGERPRINT_SIZE 32

struct certificates;

/* Reads the file. A line is
 *
 *     SHA256 USER [preauth]      the fingerprint of the certificate in hexadecimal
 *     CN=NAME USER [preauth]     any certificate whose subject has this common name
 *
 * Lines that start with '#' and empty lines are passed over. On failure the reason is logged and
 * NULL returned. */
struct certificates *certificates_load(const char *file);

void certificates_free(struct certificates *certificates);

/* Whom the certificate stands for: the user of the first line that fits it, NULL for nobody.
 * `preauth`: whether IMAP may begin authenticated. */
const char *certificates_user(const struct certificates *certificates,
                              const uint8_t fingerprint[FINGERPRINT_SIZE], const uint8_t *der,
                              size_t len, bool *preauth);

#endif
