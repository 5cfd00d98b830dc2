/* server.h: the event loop: many connections, one thread, one epoll. It knows when sockets
 * are ready and deadlines have come, and nothing of what is said on them. */
#ifndef SERVER_H
#define SERVER_H

#include "connection.h"
#include "listener.h"

/* Serves until SIGTERM or SIGINT, then closes every connection in order. False when the loop
 * could not be set up or has failed; the reason is logged. */
bool server_run(const struct host *host, struct listener *listeners, size_t listener_count,
                size_t client_limit);

#endif
