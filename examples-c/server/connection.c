/* connection.c: driving one mailtls connection (see connection.h). What an integrator has to
 * copy is here: drive() keeps the law that after every change poll_event and poll_transmit
 * are drained before the program waits again. What an event means is in connection_host.c; how
 * bytes of the network come to mailtls and back is the transport's affair. */
#include "connection_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long one connection may work before it is the others' turn. */
#define TURN_MS 5
/* How long the peer may take to close his side after we have closed ours. */
#define LINGER_MS 2000
/* How long a connection may go on when the server goes down. */
#define SHUTDOWN_MS 1000

struct connection *connection_new(const struct host *host, int socket, int32_t service,
                                  unsigned long id, const char *peer)
{
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        (void)close(socket);
        return NULL;
    }
    c->host = host;
    c->socket = socket;
    c->id = id;
    c->idle_deadline = NEVER;
    c->last_deadline = NEVER;
    c->transport = transport_new(host->transports, host->config, service, id, clock_now(), &c->tls);
    if (c->transport == NULL) {
        connection_free(c);
        return NULL;
    }
    const char *name = mailtls_service_name(service);
    LOG(c, "connect peer=%s service=%s", peer, name == NULL ? "-" : name);
    if (host->apop && service == MAILTLS_SERVICE_POP3S) {
        connection_offer_apop(c);
    }
    /* A cleartext service begins with our greeting. */
    connection_continue(c);
    return c;
}

void connection_free(struct connection *c)
{
    if (c->in_session) {
        c->session.protocol->end(&c->session);
        buffer_free(&c->session.in);
        buffer_free(&c->session.out);
    }
    transport_free(c->transport);
    mailtls_connection_free(c->tls);
    (void)close(c->socket);
    free(c);
}

/* Sends what the transport has to send, as far as the socket takes it. True when something went. */
static bool transmit(struct connection *c, uint64_t now)
{
    bool any = false;
    while (!c->blocked) {
        const uint8_t *bytes;
        size_t len;
        transport_output(c->transport, &bytes, &len);
        if (len == 0) {
            return any;
        }
        ssize_t sent = send(c->socket, bytes, len, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                c->blocked = true;
                return any;
            }
            LOG(c, "close error=0 reason=\"send: %s\"", strerror(errno));
            c->phase = PHASE_FINISHED;
            return any;
        }
        if (!transport_sent(c->transport, (size_t)sent)) {
            c->phase = PHASE_FINISHED;
            return any;
        }
        any = true;
        if (c->in_session) {
            c->idle_deadline = now + c->session.protocol->idle_limit;
        }
    }
    return any;
}

/* Plaintext from mailtls into the session's input, as far as it has room. */
static bool take_plaintext(struct connection *c, uint64_t now)
{
    bool any = false;
    while (mailtls_connection_readable(c->tls) > 0) {
        size_t room;
        size_t len = 0;
        char *space = buffer_space(&c->session.in, mailtls_connection_readable(c->tls), &room);
        if (room == 0 || mailtls_connection_read(c->tls, (uint8_t *)space, room, &len) != 0 || len == 0) {
            return any;
        }
        buffer_added(&c->session.in, len);
        c->idle_deadline = now + c->session.protocol->idle_limit;
        any = true;
    }
    return any;
}

/* Replies into mailtls, as far as it takes them. */
static bool give_plaintext(struct connection *c)
{
    struct buffer *out = &c->session.out;
    bool any = false;
    while (out->len > 0) {
        size_t written = 0;
        int32_t result =
            mailtls_connection_write(c->tls, (const uint8_t *)buffer_bytes(out), out->len, &written);
        if (result != 0 && result != MAILTLS_ERROR_WOULD_BLOCK) {
            /* Nothing can be said any more; an event tells why. */
            buffer_consume(out, out->len);
            c->closing = true;
            return true;
        }
        if (result != 0 || written == 0) {
            return any;
        }
        buffer_consume(out, written);
        any = true;
    }
    return any;
}

static bool out_of_turn(uint64_t since)
{
    return clock_now() - since >= TURN_MS;
}

/* Lets the mail protocol work while there is something to do and room for what it says. */
static bool run_session(struct connection *c, uint64_t now)
{
    struct session *s = &c->session;
    s->now = now;
    bool any = take_plaintext(c, now);
    while (!c->closing && s->out.len < OUTPUT_ENOUGH) {
        if (out_of_turn(now)) {
            any = true; /* not at rest: drive() comes back for it */
            break;
        }
        enum step step = s->protocol->step(s);
        if (step == STEP_WAIT) {
            /* What the peer has left undone when he closed will never be done. */
            c->closing = c->peer_closed && mailtls_connection_readable(c->tls) == 0;
            any = any || c->closing;
            break;
        }
        c->closing = step == STEP_END;
        any = true;
    }
    if (s->out.failed || s->in.failed) {
        LOG(c, "%s", "the session is broken off: out of memory, or a message changed on the disk");
        buffer_consume(&s->out, s->out.len);
        c->closing = true;
    }
    return give_plaintext(c) || any;
}

static void close_when_said(struct connection *c, uint64_t now)
{
    if (!c->closing || c->close_called || (c->in_session && c->session.out.len > 0)) {
        return;
    }
    c->close_called = true;
    if (mailtls_connection_close(c->tls, now) != 0) {
        c->phase = PHASE_FINISHED;
    }
}

static bool nothing_to_send(struct connection *c)
{
    const uint8_t *bytes;
    size_t len;
    transport_output(c->transport, &bytes, &len);
    return len == 0;
}

static void finish_sending(struct connection *c, uint64_t now)
{
    (void)transmit(c, now);
    if (c->phase != PHASE_FLUSHING || c->blocked || !nothing_to_send(c)) {
        return;
    }
    if (c->input_ended || shutdown(c->socket, SHUT_WR) != 0) {
        c->phase = PHASE_FINISHED;
        return;
    }
    c->phase = PHASE_LINGERING;
    if (c->last_deadline > now + LINGER_MS) {
        c->last_deadline = now + LINGER_MS;
    }
}

/* THE LAW: nothing waits on the socket before both queues of mailtls have been emptied. */
static void drive(struct connection *c)
{
    uint64_t now = clock_now();
    bool moved = true;
    c->more = false;
    while (moved && c->phase == PHASE_OPEN) {
        moved = transport_work(c->transport, now);
        moved = connection_take_events(c, now) || moved;
        moved = transmit(c, now) || moved;
        if (c->in_session && c->phase == PHASE_OPEN && !c->close_called) {
            moved = run_session(c, now) || moved;
        }
        if (c->phase == PHASE_OPEN && c->closing && !c->close_called) {
            close_when_said(c, now);
            moved = moved || c->close_called;
        }
        if (moved && out_of_turn(now)) {
            c->more = true;
            break;
        }
    }
    if (c->phase == PHASE_FLUSHING) {
        finish_sending(c, now);
    }
    if (c->shutting_down && c->close_called && c->phase == PHASE_OPEN && nothing_to_send(c)) {
        /* The peer's close_notify would be nice, but is not waited for. */
        LOG(c, "%s", "close error=0 reason=\"the server shuts down\"");
        c->phase = PHASE_FINISHED;
    }
}

/* The peer has closed, or the socket has failed. */
static void end_input(struct connection *c, uint64_t now)
{
    if (!c->input_ended) {
        c->input_ended = true;
        transport_end_of_input(c->transport, now);
    }
}

static void receive(struct connection *c, uint64_t now)
{
    uint8_t bytes[16384];
    ssize_t len = recv(c->socket, bytes, sizeof bytes, 0);
    if (len > 0) {
        if (c->phase == PHASE_OPEN) {
            transport_receive(c->transport, bytes, (size_t)len, now);
        }
    } else if (len == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        end_input(c, now);
        if (c->phase == PHASE_LINGERING || len < 0) {
            c->blocked = false;
        }
        if (c->phase == PHASE_LINGERING) {
            c->phase = PHASE_FINISHED;
        }
    }
}

void connection_ready(struct connection *c, bool readable, bool writable, bool failed)
{
    uint64_t now = clock_now();
    if (writable) {
        c->blocked = false;
    }
    if ((readable || failed) && connection_wants_read(c)) {
        receive(c, now);
    } else if (failed) {
        end_input(c, now);
        c->blocked = false;
    }
    drive(c);
    if (failed && c->input_ended && c->phase != PHASE_FINISHED) {
        /* Both directions are gone: whatever is still to be sent, nobody can hear it. */
        if (c->phase == PHASE_OPEN) {
            connection_log_close(c);
        }
        c->phase = PHASE_FINISHED;
    }
}

/* The session has been silent for too long, or the server goes down. */
static void say_farewell(struct connection *c, enum farewell why, uint64_t now)
{
    if (c->in_session && !c->closing) {
        c->session.now = now;
        c->session.protocol->farewell(&c->session, why);
    }
    c->closing = true;
}

void connection_continue(struct connection *c)
{
    uint64_t now = clock_now();
    uint64_t deadline;
    if (now >= c->last_deadline) {
        if (c->phase == PHASE_OPEN) {
            LOG(c, "%s", "close error=0 reason=\"the peer did not take our last words\"");
        }
        c->phase = PHASE_FINISHED;
        return;
    }
    if (c->phase == PHASE_OPEN) {
        if (mailtls_connection_poll_timeout(c->tls, &deadline) == 0 && now >= deadline) {
            (void)mailtls_connection_handle_timeout(c->tls, now);
        }
        if (c->in_session && now >= c->idle_deadline) {
            LOG(c, "%s", "idle for too long");
            say_farewell(c, FAREWELL_IDLE, now);
            c->idle_deadline = NEVER;
            c->last_deadline = now + FLUSH_MS;
        }
    }
    drive(c);
}

void connection_shut_down(struct connection *c)
{
    uint64_t now = clock_now();
    c->shutting_down = true;
    c->last_deadline = now + SHUTDOWN_MS;
    if (c->phase == PHASE_OPEN) {
        say_farewell(c, FAREWELL_SHUTDOWN, now);
    }
    drive(c);
}

bool connection_finished(const struct connection *c)
{
    return c->phase == PHASE_FINISHED;
}

bool connection_has_more(const struct connection *c)
{
    return c->more;
}

bool connection_wants_read(const struct connection *c)
{
    return !c->input_ended &&
           (c->phase == PHASE_LINGERING ||
            (c->phase == PHASE_OPEN && transport_wants_input(c->transport)));
}

bool connection_wants_write(const struct connection *c)
{
    return c->blocked && c->phase != PHASE_FINISHED;
}

uint64_t connection_deadline(const struct connection *c)
{
    uint64_t deadline = NEVER;
    if (c->phase == PHASE_OPEN) {
        /* The poll does not change the connection; its C declaration takes it as mutable. */
        if (mailtls_connection_poll_timeout(c->tls, &deadline) != 0) {
            deadline = NEVER;
        }
        if (c->in_session) {
            uint64_t wake = c->closing ? NEVER : c->session.wake;
            deadline = wake < deadline ? wake : deadline;
            deadline = c->idle_deadline < deadline ? c->idle_deadline : deadline;
        }
    }
    return c->last_deadline < deadline ? c->last_deadline : deadline;
}

int connection_socket(const struct connection *c)
{
    return c->socket;
}
