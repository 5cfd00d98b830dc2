/* connection_parts.h: what a connection is made of; only for connection.c, which moves its
 * bytes, and for connection_host.c and connection_login.c, which answer what mailtls asks. */
#ifndef CONNECTION_PARTS_H
#define CONNECTION_PARTS_H

#include "connection.h"

enum phase {
    PHASE_OPEN,     /* mailtls has not said CLOSED */
    PHASE_FLUSHING, /* it has: its last bytes are being sent */
    PHASE_LINGERING, /* all sent, our direction closed; waiting for the peer's end, because a
                        close with unread input would reset the connection and could take our
                        last words from the peer */
    PHASE_FINISHED,
};

struct connection {
    const struct host *host;
    mailtls_connection *tls;
    struct transport *transport;
    int socket;
    unsigned long id;
    enum phase phase;
    bool blocked;     /* the socket takes no more for now */
    bool input_ended; /* the peer's TCP end, or a failed socket */
    bool more;        /* there was more to do when the turn was over */
    bool in_session;  /* handed off: `session` is alive */
    bool peer_closed; /* no plaintext will come after what is readable */
    bool closing;     /* the session has ended or been ended: close when `out` is empty */
    bool close_called;
    bool shutting_down;
    struct session session;
    uint64_t idle_deadline;
    uint64_t last_deadline; /* then it ends, sent or not */
};

/* Every line of a connection in the log begins alike. */
#define LOG(c, format, ...) log_line("[%lu] " format, (c)->id, __VA_ARGS__)

/* Octets of what connection_facts writes: enough unless a reason is very long. */
#define FACTS_SIZE 2048

/* How long a peer may take to fetch our last words. */
#define FLUSH_MS 5000

/* Takes all events that wait and does what they ask for. True when there was one. */
bool connection_take_events(struct connection *c, uint64_t now);

/* The host's answers about who somebody is. */
void connection_offer_apop(struct connection *c);
void connection_map_certificate(struct connection *c, uint64_t now);
void connection_give_secret(struct connection *c, uint64_t now);
void connection_authenticate(struct connection *c, uint64_t now);

/* What mailtls says of the connection, for the log, in `line`. */
const char *connection_facts(const struct connection *c, char *line, size_t size);

/* The end, for the log. */
void connection_log_close(const struct connection *c);

#endif
