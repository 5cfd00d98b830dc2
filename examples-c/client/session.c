/* The driver: carries bytes and time between a socket and a mailtls connection, as its law asks.
 * Must never know: what the events mean, what the plaintext says. */
#define _DEFAULT_SOURCE
#include "session.h"

#include "network.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a close may wait for the peer's part of it, in milliseconds. */
#define CLOSE_PATIENCE 1000

void session_start(struct session *s, mailtls_connection *connection, int socket,
                   uint64_t deadline)
{
    *s = (struct session){.connection = connection, .socket = socket, .deadline = deadline};
}

/* Sends what there is to send. Gives whether the connection has changed; `*pending`, whether the
 * network would not take all of it. */
static bool transmit(struct session *s, bool *pending)
{
    bool changed = false;
    const uint8_t *bytes;
    size_t length;
    *pending = false;
    while (mailtls_connection_poll_transmit(s->connection, &bytes, &length) == 0 && length > 0) {
        /* What cannot be sent any more is let go, so that the rest of the session can end. */
        ssize_t sent = (ssize_t)length;
        if (!s->cannot_send)
            sent = send(s->socket, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            *pending = true;
            break;
        }
        if (sent < 0) {
            s->cannot_send = true;
            continue;
        }
        if (mailtls_connection_transmitted(s->connection, (size_t)sent) != 0)
            break;
        changed = true;
    }
    return changed;
}

static void receive(struct session *s)
{
    uint8_t bytes[16384];
    ssize_t received = recv(s->socket, bytes, sizeof bytes, 0);
    if (received < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    /* The return values say nothing new: whatever ends the connection is an event as well. */
    if (received > 0) {
        (void)mailtls_connection_handle_input(s->connection, bytes, (size_t)received, clock_now());
    } else {
        s->end_of_input = true;
        (void)mailtls_connection_handle_end_of_input(s->connection, clock_now());
    }
}

/* Waits until the network or the clock has something for the connection, and hands it in. */
static bool wait_once(struct session *s, bool pending)
{
    uint64_t timeout = UINT64_MAX, now = clock_now();
    if (now >= s->deadline)
        return false;
    (void)mailtls_connection_poll_timeout(s->connection, &timeout);
    bool wants_input =
        !s->end_of_input && mailtls_connection_wants_input(s->connection) == 1;
    struct pollfd entry = {.fd = s->socket};
    if (wants_input)
        entry.events |= POLLIN;
    if (pending)
        entry.events |= POLLOUT;
    if (entry.events == 0)
        entry.fd = -1; /* else poll() would report a hang-up at once, again and again */
    uint64_t wake = timeout < s->deadline ? timeout : s->deadline;
    int ready = poll(&entry, 1, poll_milliseconds(now, wake));
    if (ready > 0 && wants_input && (entry.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
        receive(s);
    now = clock_now();
    if (now >= timeout)
        (void)mailtls_connection_handle_timeout(s->connection, now);
    return true;
}

/* One turn of the law: an event if there is one, else output if there is some, else a wait.
 * The order makes every caller drain both before it waits. */
static bool turn(struct session *s, int32_t *event)
{
    bool pending;
    if (mailtls_connection_poll_event(s->connection, event) != 0)
        *event = MAILTLS_EVENT_CLOSED; /* a handle that cannot be used any more */
    if (*event == MAILTLS_EVENT_CLOSED)
        s->closed = true;
    if (*event == MAILTLS_EVENT_PEER_CLOSED || *event == MAILTLS_EVENT_CLOSED)
        s->peer_closed = true;
    if (*event != MAILTLS_EVENT_NONE || transmit(s, &pending))
        return true;
    return wait_once(s, pending);
}

bool session_next_event(struct session *s, int32_t *event)
{
    do {
        if (!turn(s, event))
            return false;
    } while (*event == MAILTLS_EVENT_NONE);
    return true;
}

bool session_read(struct session *s, void *buffer, size_t capacity, size_t *length)
{
    int32_t event;
    for (;;) {
        *length = 0;
        if (mailtls_connection_read(s->connection, buffer, capacity, length) != 0)
            *length = 0;
        if (*length > 0 || s->peer_closed)
            return true;
        if (!turn(s, &event))
            return false;
    }
}

bool session_write(struct session *s, const void *bytes, size_t length)
{
    const uint8_t *next = bytes;
    int32_t event;
    while (length > 0) {
        size_t written = 0;
        if (s->closed || mailtls_connection_write(s->connection, next, length, &written) != 0)
            return false;
        next += written;
        length -= written;
        /* It takes less than all while its output waits for the network. */
        if (length > 0 && !turn(s, &event))
            return false;
    }
    return true;
}

void session_close(struct session *s)
{
    int32_t event;
    bool pending;
    if (!s->closed) {
        (void)mailtls_connection_close(s->connection, clock_now());
        /* To close the socket over unread input would send a reset, which can overtake our last
         * words. RFC 8314 lets a client close without the answer: so only briefly. */
        uint64_t patience = clock_now() + CLOSE_PATIENCE;
        if (patience < s->deadline)
            s->deadline = patience;
        while (!s->closed && turn(s, &event))
            continue;
    }
    /* After CLOSED there may be an alert left to send. */
    transmit(s, &pending);
    close(s->socket);
    s->socket = -1;
}
