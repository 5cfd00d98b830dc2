/* smtp_syntax.h: the arguments of MAIL and RCPT (RFC 5321 section 4.1.2) as a grammar:
 * nothing here has an effect, answers are the caller's. */
#ifndef SMTP_SYNTAX_H
#define SMTP_SYNTAX_H

#include "text.h"

/* Octets of a path with its angle brackets (RFC 5321 section 4.5.3.1.3). */
#define SMTP_PATH_MAX 256

/* `<...>` at the front of *rest, then its end or a space, which are taken too. An empty path
 * and the domainless <Postmaster> count when the flags say so. */
bool smtp_take_path(struct text *rest, bool empty_allowed, bool postmaster_allowed);

/* The outcome of reading the parameters behind a path. */
enum smtp_parameters {
    SMTP_PARAMETERS_GOOD,
    SMTP_PARAMETERS_SYNTAX,  /* 501 */
    SMTP_PARAMETERS_UNKNOWN, /* 555 */
    SMTP_PARAMETERS_SIZE,    /* 552: SIZE is above max_size */
};

/* SIZE (RFC 1870), BODY (RFC 6152), AUTH (RFC 4954), each at most once. */
enum smtp_parameters smtp_mail_parameters(struct text rest, uint64_t max_size);

#endif
