/* scan.h: how the index of the Maildir learns of files that came, changed their names or
 * went. Only maildir.c needs it. */
#ifndef SCAN_H
#define SCAN_H

#include "maildir.h"

/* Reads the whole Maildir for the first time and writes the list of UIDs anew. */
bool scan_first(struct maildir *d);

/* Reads it again, at once. */
void scan_now(struct maildir *d);

/* Takes a message that has been removed out of the index. */
void scan_drop(struct maildir *d, struct message *m);

#endif
