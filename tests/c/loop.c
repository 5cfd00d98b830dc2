/* loop.c: the loops of README.md (examples-c/loop), by poll and by edge-triggered epoll, against clients
 * that send an octet at a time, do not read for a while, say nothing at all, or close before the server
 * has read their last words. */
#define _POSIX_C_SOURCE 200809L
#include "../../examples-c/loop/loop.h"
#include "check.h"
#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool password_is_right(const mailtls_connection *c)
{
    const uint8_t *password = NULL;
    size_t length = 0;
    return mailtls_connection_credentials_password(c, &password, &length) == 0 &&
           length == strlen(PASSWORD) && memcmp(password, PASSWORD, length) == 0;
}

/* How a client behaves. */
struct manner {
    size_t piece;    /* octets that it sends at a time */
    long pause;      /* milliseconds in which it does not read, once the server may be full */
    size_t words;    /* octets that it says after the hand-off */
    bool goes;       /* closes at once after its words, without reading */
    bool silent;     /* never says anything */
};

struct client {
    mailtls_connection *c;
    int fd;
    struct manner manner;
    size_t said, heard;
    bool open, closed, close_called, different;
};

static uint8_t word(size_t position)
{
    return (uint8_t)('a' + position * 7 % 26 + position / 1000 % 3);
}

static void client_act(struct client *l)
{
    int32_t event;
    while (mailtls_connection_poll_event(l->c, &event) == 0 && event != MAILTLS_EVENT_NONE) {
        if (event == MAILTLS_EVENT_CAPABILITIES) {
            CHECK_IS(mailtls_connection_authenticate(l->c, "PLAIN", USER, (const uint8_t *)PASSWORD,
                                                     strlen(PASSWORD), now_ms()), 0);
        }
        l->open = l->open || event == MAILTLS_EVENT_HANDED_OFF;
        l->closed = l->closed || event == MAILTLS_EVENT_CLOSED;
    }
    uint8_t bytes[4096];
    size_t n = 0;
    if (!l->open || l->close_called) {
        return;
    }
    while (mailtls_connection_read(l->c, bytes, sizeof bytes, &n) == 0 && n > 0) {
        for (size_t i = 0; i < n; i++) {
            l->different = l->different || bytes[i] != word(l->heard + i);
        }
        l->heard += n;
    }
    /* No more than the socket takes: one whose own output has piled up is given no input. */
    const uint8_t *output;
    size_t waiting = 0;
    while (l->said < l->manner.words &&
           mailtls_connection_poll_transmit(l->c, &output, &waiting) == 0 && waiting == 0) {
        for (n = 0; n < sizeof bytes && l->said + n < l->manner.words; n++) {
            bytes[n] = word(l->said + n);
        }
        size_t written = 0;
        if (mailtls_connection_write(l->c, bytes, n, &written) != 0 || written == 0) {
            break;
        }
        l->said += written;
    }
    if (l->said == l->manner.words && (l->manner.goes || l->heard == l->said)) {
        l->close_called = true;
        CHECK_IS(mailtls_connection_close(l->c, now_ms()), 0);
    }
}

/* The client's loop: it waits a little where it is to be slow. */
static void client_run(struct client *l)
{
    uint64_t patience = now_ms() + 60000;
    while (!l->closed && now_ms() < patience) {
        const uint8_t *output;
        size_t length = 0;
        client_act(l);
        if (l->closed) {
            break;
        }
        (void)mailtls_connection_poll_transmit(l->c, &output, &length);
        short writes = length > 0 ? POLLOUT : 0;
        short reads = mailtls_connection_wants_input(l->c) == 1 ? POLLIN : 0;
        struct pollfd entry = {.fd = l->fd, .events = (short)(reads | writes)};
        if (l->manner.pause > 0 && l->open && l->said < l->manner.words) {
            entry.events = writes; /* says all it can before it listens */
        }
        if (poll(&entry, 1, l->manner.pause > 0 ? (int)l->manner.pause : 1000) == 0 &&
            l->manner.pause > 0) {
            l->manner.pause = 0; /* the server is full: from now on it is heard */
        }
        if ((entry.revents & POLLOUT) != 0) {
            size_t piece = length < l->manner.piece ? length : l->manner.piece;
            ssize_t n = send(l->fd, output, piece, MSG_NOSIGNAL);
            if (n > 0) {
                CHECK_IS(mailtls_connection_transmitted(l->c, (size_t)n), 0);
            }
        }
        if ((entry.revents & (POLLIN | POLLHUP | POLLERR)) != 0 && reads != 0) {
            uint8_t bytes[4096];
            ssize_t n = recv(l->fd, bytes, sizeof bytes, 0);
            if (n > 0) {
                (void)mailtls_connection_handle_input(l->c, bytes, (size_t)n, now_ms());
            } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
                (void)mailtls_connection_handle_end_of_input(l->c, now_ms());
            }
        }
    }
    CHECK(l->closed);
    CHECK_IS(mailtls_connection_error(l->c), 0);
    (void)shutdown(l->fd, SHUT_WR);
}

static bool by_epoll;

static void *serve_one(void *argument)
{
    struct peer *p = argument;
    if (by_epoll) {
        (void)serve_with_epoll(p, 1);
    } else {
        serve_with_poll(p);
    }
    (void)shutdown(p->fd, SHUT_WR);
    return NULL;
}

static void join_sockets(int sockets[2])
{
    CHECK_IS(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    for (int i = 0; i < 2; i++) {
        int small = 4096;
        CHECK_IS(fcntl(sockets[i], F_SETFL, O_NONBLOCK), 0);
        (void)setsockopt(sockets[i], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    }
}

/* Serves one client of this manner; returns what the server's connection came to. */
static int32_t converse(const mailtls_server_config *server, const mailtls_client_config *client,
                        int32_t service, struct manner manner, struct peer *p, struct client *l)
{
    int sockets[2];
    pthread_t thread;
    join_sockets(sockets);
    *l = (struct client){.fd = sockets[1], .manner = manner};
    CHECK(peer_begin(p, server, service, sockets[0]));
    CHECK_IS(mailtls_client_connection_new(client, service, SERVER_NAME, now_ms(), &l->c), 0);
    CHECK_IS(pthread_create(&thread, NULL, serve_one, p), 0);
    if (!manner.silent) {
        client_run(l);
    }
    CHECK_IS(pthread_join(thread, NULL), 0);
    CHECK(p->closed);
    int32_t error = mailtls_connection_error(p->c);
    mailtls_connection_free(p->c);
    mailtls_connection_free(l->c);
    (void)close(sockets[0]);
    (void)close(sockets[1]);
    return error;
}

static void clients(const mailtls_server_config *server, const mailtls_client_config *client)
{
    static const int32_t services[] = {MAILTLS_SERVICE_IMAPS, MAILTLS_SERVICE_SUBMISSION};
    struct peer p;
    struct client l;
    for (size_t i = 0; i < 2; i++) {
        /* An octet at a time. */
        CHECK_IS(converse(server, client, services[i], (struct manner){.piece = 1, .words = 300}, &p, &l),
                 0);
        CHECK(l.heard == 300 && !l.different && p.total == 300);
        /* It says much and does not listen, until the server can take no more: then all comes back. */
        CHECK_IS(converse(server, client, services[i],
                          (struct manner){.piece = 100000, .words = 1000000, .pause = 50}, &p, &l), 0);
        CHECK(l.heard == 1000000 && !l.different && p.total == 1000000);
        /* It goes before the server has read all. */
        CHECK_IS(converse(server, client, services[i],
                          (struct manner){.piece = 100000, .words = 50000, .goes = true}, &p, &l), 0);
        CHECK(p.peer_closed && p.total == 50000);
        CHECK(p.unread_at_close > 0);
    }
}

static void a_silent_client(const mailtls_client_config *client)
{
    static const int32_t services[] = {MAILTLS_SERVICE_IMAPS, MAILTLS_SERVICE_SUBMISSION};
    mailtls_server_config_builder *b = server_builder("server");
    CHECK_IS(mailtls_server_config_builder_deadline(b, MAILTLS_DEADLINE_HANDSHAKE, 200), 0);
    CHECK_IS(mailtls_server_config_builder_deadline(b, MAILTLS_DEADLINE_COMMAND, 200), 0);
    mailtls_server_config *impatient = server_built(b);
    for (size_t i = 0; i < 2; i++) {
        struct peer p;
        struct client l;
        uint64_t begun = now_ms();
        CHECK_IS(converse(impatient, client, services[i], (struct manner){.silent = true}, &p, &l),
                 MAILTLS_ERROR_DEADLINE_PASSED);
        CHECK(now_ms() - begun >= 200);
        CHECK(now_ms() - begun < 4000); /* what it is told fits into the socket */
    }
    mailtls_server_config_free(impatient);
}

/* A handle that gives nothing but errors, as after a fault inside mailtls, is the end: the loops do not
 * wait for what never comes. NULL stands for it here; tests in src/capi have the poisoned ones. */
static void a_handle_that_has_failed(void)
{
    for (int way = 0; way < 2; way++) {
        int sockets[2];
        join_sockets(sockets);
        struct peer p = {.fd = sockets[0], .readable = true, .writable = true};
        (void)alarm(20); /* a loop that waits for ever fails */
        if (way == 0) {
            serve_with_poll(&p);
        } else {
            (void)serve_with_epoll(&p, 1);
        }
        (void)alarm(0);
        CHECK(peer_done(&p));
        (void)close(sockets[0]);
        (void)close(sockets[1]);
    }
}

int main(void)
{
    a_handle_that_has_failed();
    char chain[4096];
    (void)snprintf(chain, sizeof chain, "%s", certificate_file("server.pem"));
    CHECK(configuration(chain, "no such key") == NULL);
    mailtls_server_config *server = configuration(chain, certificate_file("server.key"));
    mailtls_client_config *client = client_config("ca.pem", MAILTLS_HAND_OFF_AFTER_AUTHENTICATION);
    for (int way = 0; way < 2; way++) {
        by_epoll = way == 1;
#ifndef __linux__
        if (by_epoll) {
            break;
        }
#endif
        clients(server, client);
        a_silent_client(client);
    }
    mailtls_server_config_free(server);
    mailtls_client_config_free(client);
    return check_end("loop");
}
