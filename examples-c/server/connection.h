/* connection.h: one client: its socket, its mailtls connection, and after the hand-off its
 * session. The server loop tells it when the socket is ready or a deadline has come, and
 * asks it what it waits for. It knows nothing of epoll, nor of any mail protocol's words. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "certificates.h"
#include "session.h"
#include "transport.h"
#include "users.h"

#include <mailtls.h>

/* What all connections share. */
struct host {
    const mailtls_server_config *config;
    const struct transports *transports;
    const struct users *users;
    const struct users *tokens;              /* NULL: none are taken */
    const struct certificates *certificates; /* NULL: none are asked for */
    bool apop;
    int32_t milter_dialect; /* whose macros are logged; 0: nobody's */
    struct store store;
};

struct connection;

/* Takes the socket. NULL (and the socket is closed) when mailtls or memory refuses. `id` and
 * `peer` are for the log. */
struct connection *connection_new(const struct host *host, int socket, int32_t service,
                                  unsigned long id, const char *peer);
void connection_free(struct connection *c);

/* The socket can be read or written, or has failed. */
void connection_ready(struct connection *c, bool readable, bool writable, bool failed);
/* Some deadline has passed, or connection_has_more said yes. */
void connection_continue(struct connection *c);
/* The server is going down. */
void connection_shut_down(struct connection *c);

bool connection_finished(const struct connection *c); /* free it */
bool connection_has_more(const struct connection *c); /* gave way to others: call again soon */
bool connection_wants_read(const struct connection *c);
bool connection_wants_write(const struct connection *c);
uint64_t connection_deadline(const struct connection *c);
int connection_socket(const struct connection *c);

#endif
