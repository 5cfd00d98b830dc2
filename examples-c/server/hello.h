/* hello.h: what a client begins with, for the log. */
#ifndef HELLO_H
#define HELLO_H

#include <mailtls.h>

/* One line about the client of this connection: what it offers at best, and whom it asks for. */
void hello_log(unsigned long id, const mailtls_client_hello *hello);

#endif
