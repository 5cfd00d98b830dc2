/* session.h: the border between a connection and the mail protocol spoken on it after the
 * hand-off. A protocol sees plaintext in, replies out, the mail store and the time, and passes on
 * what a message's trace is made of; it knows nothing of sockets, of TLS, or of mailtls.
 *
 * Work is done in small steps, so that no client can keep the others waiting: a step handles
 * one command, or one message or piece of a message of a longer command. */
#ifndef SESSION_H
#define SESSION_H

#include "buffer.h"
#include "maildir.h"
#include "trace.h"

/* A protocol stops making output when this much is waiting to be sent. */
#define OUTPUT_ENOUGH 32768
/* No single step makes more than this beyond that. */
#define OUTPUT_LIMIT 4194304
/* Input not yet understood. */
#define INPUT_LIMIT 32768

/* What all sessions share. */
struct store {
    const char *host_name;
    const char *pop3_sasl; /* what CAPA goes on to tell, though its time is over */
    bool pop3_user;
    uint64_t max_message_size;
    struct maildir *maildir;
};

enum step {
    STEP_AGAIN, /* something was done, there may be more */
    STEP_WAIT,  /* nothing to do before more input, or session.wake */
    STEP_END,   /* send what is in `out` and close */
};

/* Why the server ends a session by itself. */
enum farewell { FAREWELL_IDLE, FAREWELL_SHUTDOWN };

struct protocol;

struct session {
    const struct protocol *protocol;
    const struct store *store;
    struct trace trace;
    struct buffer in;
    struct buffer out;
    uint64_t now;
    uint64_t wake; /* when step() wants to be called without input */
    void *state;   /* the protocol's own */
};

struct protocol {
    uint64_t idle_limit; /* milliseconds without any traffic */
    bool (*start)(struct session *s);
    enum step (*step)(struct session *s);
    void (*farewell)(struct session *s, enum farewell why); /* the last line, if it fits here */
    void (*end)(struct session *s);
};

/* What CAPABILITY answers after authentication. */
#define IMAP_CAPABILITIES "IMAP4rev1 LITERAL- IDLE UNSELECT UIDPLUS NAMESPACE ID"

extern const struct protocol imap_protocol;
extern const struct protocol pop3_protocol;
extern const struct protocol smtp_protocol;

/* The next whole line of `in`, without its CRLF; it is taken by session_take_line(). */
enum line {
    LINE_NONE,      /* not all of it has come */
    LINE_WHOLE,
    LINE_TOO_LONG,  /* more than `limit` octets without a line end */
    LINE_BARE,      /* a CR or LF of its own, or NUL */
};
struct text;
enum line session_line(const struct session *s, size_t limit, struct text *line);
void session_take_line(struct session *s, const struct text *line);

#endif
