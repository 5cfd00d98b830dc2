/* print.h: a message's hops on standard output. It knows nothing of messages. */
#ifndef PRINT_H
#define PRINT_H

#include "facts.h"

/* For people; `number` is the message's, from 1; 0: it is the only one. */
void print_for_people(const struct facts *f, size_t number);

/* One object on one line. */
void print_as_json(const struct facts *f, size_t number);

#endif
