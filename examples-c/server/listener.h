/* listener.h: `SERVICE=ADDR:PORT` turned into a listening socket. */
#ifndef LISTENER_H
#define LISTENER_H

#include "base.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* Room for "[address]:port". */
#define ADDRESS_TEXT (INET6_ADDRSTRLEN + 9)

struct listener {
    int socket;
    int32_t service;
    char address[ADDRESS_TEXT]; /* with the port it really has */
};

/* On failure the reason is logged. */
bool listener_open(struct listener *l, const char *argument);
void listener_close(struct listener *l);

/* "192.0.2.1:993" or "[2001:db8::1]:993". */
void address_text(const struct sockaddr_storage *address, char text[ADDRESS_TEXT]);

#endif
