/* The driver: carries bytes and time between a socket and a mailtls connection, as its law asks.
 * It is the same for every protocol and every use; copy it into your own event loop.
 * Must never know: what the events mean, what the plaintext says. */
#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include <mailtls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session {
    mailtls_connection *connection;
    int socket;
    uint64_t deadline;  /* of the whole run */
    bool cannot_send;   /* the network takes nothing more; it may still deliver an alert */
    bool end_of_input;  /* and the connection has been told */
    bool peer_closed;   /* no more plaintext than what is readable */
    bool closed;        /* MAILTLS_EVENT_CLOSED has been seen */
};

/* Takes over a connected, non-blocking socket; the connection stays the caller's. */
void session_start(struct session *session, mailtls_connection *connection, int socket,
                   uint64_t deadline);

/* Waits for the next event. False when the deadline has come first. */
bool session_next_event(struct session *session, int32_t *event);

/* After hand-off. Reads at least one octet; 0 at the end of the peer's plaintext.
 * False when the deadline has come. */
bool session_read(struct session *session, void *buffer, size_t capacity, size_t *length);

/* After hand-off. Takes all octets, waiting as long as the network cannot. False when the deadline
 * has come or the connection is closed. */
bool session_write(struct session *session, const void *bytes, size_t length);

/* Closes the connection in order (close_notify), then the socket. Waits briefly, if at all. */
void session_close(struct session *session);

#endif
