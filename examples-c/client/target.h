/* What the client connects to, and whom the certificate must be for.
 * Must never know: sockets, events. */
#ifndef CLIENT_TARGET_H
#define CLIENT_TARGET_H

#include "options.h"

#include <mailtls.h>

enum { ACCOUNT_SIZE = 600 };

/* The name under which the certificate is kept: it is for this account and for no other. */
const char *target_account(const struct options *options, char name[ACCOUNT_SIZE]);

/* Begins the connection. On failure `reason` holds one line, or "". */
int32_t target_connect(const mailtls_client_config *config, const struct options *options,
                       uint64_t now, mailtls_connection **connection, char *reason, size_t size);

#endif
