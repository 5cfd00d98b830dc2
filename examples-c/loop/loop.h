/* loop.h: one connection of a server on a non-blocking socket, and two ways to wait for it. It says back
 * what it is told; a mail server puts its protocol in the place of that (loop.c: serve). */
#ifndef LOOP_H
#define LOOP_H

#include <mailtls.h>
#include <stdbool.h>

struct peer {
    mailtls_connection *c;
    int fd;             /* non-blocking; the caller's to close */
    bool readable;      /* recv has not said EAGAIN since it may have something */
    bool writable;      /* the same of send; both begin with true */
    bool broken;        /* nobody takes what is sent */
    bool open;          /* handed off */
    bool peer_closed;   /* no plaintext follows what can be read now */
    bool close_called;
    bool closed;        /* the last event has come */
    uint64_t last;      /* from there on: when to give up sending */
    uint8_t text[1000]; /* plaintext that is to be said back */
    size_t text_length, text_said;
    size_t total;          /* plaintext octets read */
    size_t unread_at_close; /* of those, what waited when PEER_CLOSED came */
};

/* The host's: its clock, a monotonic one, and its users. */
uint64_t now_ms(void);
bool password_is_right(const mailtls_connection *c);

/* A configuration with a certificate; On failure NULL, and a line on stderr. */
mailtls_server_config *configuration(const char *chain, const char *key);
/* Begins a connection to a service (a mailtls_service); p->c is the caller's to free. */
bool peer_begin(struct peer *p, const mailtls_server_config *config, int32_t service, int fd);
/* Does all that can be done without waiting. */
void peer_turn(struct peer *p);
/* Whether it is over, and the socket can be closed. */
bool peer_done(const struct peer *p);
/* When peer_turn must run again, on the clock of now_ms; UINT64_MAX for never. */
uint64_t peer_deadline(const struct peer *p);
/* What poll and epoll_wait take for that. */
int milliseconds_until(uint64_t deadline);

/* Serves a connection until it is over, by poll(2). */
void serve_with_poll(struct peer *p);
/* Serves several until all are over, by edge-triggered epoll(7): Linux. Returns 0, or -1 with errno. */
int serve_with_epoll(struct peer *peers, int count);

#endif
