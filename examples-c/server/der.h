/* der.h: the common name in a certificate. A distinguished name that has been made text cannot be
 * taken apart safely any more: a value may hold what looks like the next part. So it is looked
 * up where it stands. */
#ifndef DER_H
#define DER_H

#include "text.h"

/* The common name of the subject of a certificate in DER (RFC 5280). False when there is none, or
 * several: then it is not clear whom they mean. It may hold any bytes. */
bool der_common_name(const uint8_t *certificate, size_t len, struct text *name);

#endif
