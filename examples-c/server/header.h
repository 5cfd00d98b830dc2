/* header.h: the fields of a message header (RFC 5322), read leniently: mail is what it is.
 * It knows nothing of IMAP. */
#ifndef HEADER_H
#define HEADER_H

#include "buffer.h"
#include "text.h"

/* Takes the next field from *rest: its name, and all its lines with their CRLFs. A line that
 * is no field is given with an empty name. False at the end of the header. */
bool header_next(struct text *rest, struct text *name, struct text *field);

/* What stands behind the colon, folded as it is. */
struct text header_value(struct text name, struct text field);

/* The first field of this name. */
bool header_find(struct text header, const char *name, struct text *value);

/* The value on one line, without spaces at its ends, appended to out. */
void header_unfold(struct text value, struct buffer *out);

/* 1 to 12 for "Jan" to "Dec", 0 for anything else. */
int month_number(struct text name);
extern const char *const month_names[12];

/* Days since 1 January 1970. */
int64_t days_of_date(int64_t year, int64_t month, int64_t day);

/* The day of a Date field's value, in its own zone. */
bool header_date(struct text value, int64_t *days);

#endif
