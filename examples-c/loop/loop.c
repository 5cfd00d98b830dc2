/* loop.c: how a connection is driven, and the loop by poll(2). README.md shows what is between the marks;
 * tests/readme.rs compares. */
#define _POSIX_C_SOURCE 200809L
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

/* How long what is left after the last event may take to be sent. */
#define LAST_MS 5000

/* README: begin */
/* Once: the configuration, which threads may share. Returns NULL on failure. */
mailtls_server_config *configuration(const char *chain, const char *key)
{
    mailtls_server_config *config = NULL;
    mailtls_server_config_builder *b = mailtls_server_config_builder_new();
    if (mailtls_server_config_builder_certificate_files(b, chain, key) != 0 ||
        mailtls_server_config_builder_build(b, &config) != 0)
        (void)fprintf(stderr, "%s\n", mailtls_server_config_builder_reason(b));
    mailtls_server_config_builder_free(b);
    return config;
}

/* For each accepted socket, which must be non-blocking. */
bool peer_begin(struct peer *p, const mailtls_server_config *config, int32_t service, int fd)
{
    *p = (struct peer){.fd = fd, .readable = true, .writable = true};
    return mailtls_server_connection_new(config, service, now_ms(), &p->c) == 0;
}

/* Reads from the socket while mailtls wants input: it does not while output or plaintext has piled up. */
static bool receive(struct peer *p)
{
    uint8_t bytes[16384];
    if (!p->readable || mailtls_connection_wants_input(p->c) != 1)
        return false;
    ssize_t n = recv(p->fd, bytes, sizeof bytes, 0);
    if (n > 0) /* what is wrong with it comes as an event */
        (void)mailtls_connection_handle_input(p->c, bytes, (size_t)n, now_ms());
    else if (n < 0 && errno == EINTR)
        return true;
    else {
        p->readable = false;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return false; /* nothing now: not the end of TCP */
        (void)mailtls_connection_handle_end_of_input(p->c, now_ms());
    }
    return true;
}

/* Sends until there is nothing more, or the socket takes no more. */
static bool transmit(struct peer *p)
{
    const uint8_t *output;
    size_t length;
    bool any = false;
    while (p->writable && mailtls_connection_poll_transmit(p->c, &output, &length) == 0 && length > 0) {
        ssize_t n = send(p->fd, output, length, MSG_NOSIGNAL);
        if (n > 0)
            any = mailtls_connection_transmitted(p->c, (size_t)n) == 0;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            p->writable = false;
        else if (errno != EINTR)
            p->writable = false, p->broken = true;
    }
    return any;
}

static bool take_events(struct peer *p)
{
    int32_t event;
    bool any = false;
    while (mailtls_connection_poll_event(p->c, &event) == 0 && event != MAILTLS_EVENT_NONE) {
        any = true;
        if (event == MAILTLS_EVENT_CREDENTIALS && password_is_right(p->c)) /* or later */
            (void)mailtls_connection_accept(p->c, now_ms());
        else if (event == MAILTLS_EVENT_CREDENTIALS)
            (void)mailtls_connection_reject(p->c, MAILTLS_REJECTION_INVALID_CREDENTIALS, now_ms());
        else if (event == MAILTLS_EVENT_HANDED_OFF)
            p->open = true; /* from here: mailtls_connection_read and _write */
        else if (event == MAILTLS_EVENT_PEER_CLOSED) {
            p->peer_closed = true; /* but there may be plaintext to read */
            p->unread_at_close = mailtls_connection_readable(p->c);
        } else if (event == MAILTLS_EVENT_CLOSED) { /* mailtls_connection_reason says why */
            p->closed = true;
            p->last = now_ms() + LAST_MS;
        }
    }
    return any;
}

/* The host's part: this one says back what it reads. */
static bool serve(struct peer *p)
{
    bool any = false;
    if (!p->open || p->close_called)
        return false;
    if (p->text_said == p->text_length) {
        p->text_said = p->text_length = 0;
        (void)mailtls_connection_read(p->c, p->text, sizeof p->text, &p->text_length);
        p->total += p->text_length;
        any = p->text_length > 0;
    }
    size_t left = p->text_length - p->text_said, written = 0;
    if (left > 0 && mailtls_connection_write(p->c, p->text + p->text_said, left, &written) != 0)
        p->text_said = p->text_length; /* closed: nobody will hear it */
    p->text_said += written; /* less than all: output must be sent first */
    if (p->peer_closed && p->text_length == 0) { /* now all has been read */
        p->close_called = true;
        return mailtls_connection_close(p->c, now_ms()) == 0;
    }
    return any || written > 0;
}

/* THE LAW: after every call, right after _new too, events and output are drained in turns until both
 * have nothing. Only then may the program wait. */
void peer_turn(struct peer *p)
{
    bool moved = true;
    (void)mailtls_connection_handle_timeout(p->c, now_ms()); /* too early, it does nothing */
    while (moved && !peer_done(p)) {
        moved = receive(p);
        moved = take_events(p) || moved;
        moved = transmit(p) || moved;
        moved = serve(p) || moved;
    }
}

static bool output_waits(const struct peer *p)
{
    const uint8_t *output;
    size_t length = 0;
    return mailtls_connection_poll_transmit(p->c, &output, &length) == 0 && length > 0;
}

/* poll_transmit fails only where a call has failed inside mailtls: the handle answers nothing more. */
bool peer_done(const struct peer *p)
{
    const uint8_t *output;
    size_t length = 0;
    if (p->broken || mailtls_connection_poll_transmit(p->c, &output, &length) != 0)
        return true;
    return p->closed && (length == 0 || now_ms() >= p->last);
}

/* After the hand-off mailtls has none: how long a peer may be idle is the host's to decide. */
uint64_t peer_deadline(const struct peer *p)
{
    uint64_t deadline = UINT64_MAX;
    (void)mailtls_connection_poll_timeout(p->c, &deadline);
    return p->closed && p->last < deadline ? p->last : deadline;
}

int milliseconds_until(uint64_t deadline)
{
    uint64_t now = now_ms();
    uint64_t left = deadline > now ? deadline - now : 0;
    return deadline == UINT64_MAX ? -1 : left < INT_MAX ? (int)left : INT_MAX;
}

void serve_with_poll(struct peer *p)
{
    peer_turn(p); /* STARTTLS services greet, clients of Implicit TLS say hello: nobody asks for it */
    while (!peer_done(p)) {
        struct pollfd entry = {.fd = p->fd};
        if (mailtls_connection_wants_input(p->c) == 1)
            entry.events |= POLLIN;
        if (output_waits(p))
            entry.events |= POLLOUT;
        if (entry.events == 0)
            entry.fd = -1; /* otherwise a hang-up would be told again and again */
        if (poll(&entry, 1, milliseconds_until(peer_deadline(p))) < 0 && errno != EINTR)
            return;
        p->readable = p->readable || (entry.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
        p->writable = p->writable || (entry.revents & (POLLOUT | POLLHUP | POLLERR)) != 0;
        peer_turn(p);
    }
}
/* README: end */
