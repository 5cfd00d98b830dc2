/* server.c: the epoll loop (see server.h). */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define EVENTS 256
/* New clients taken from one listener before the present ones have their turn again. */
#define ACCEPTS 64
/* How long to wait before accepting again when the process has no descriptors left. */
#define ACCEPT_PAUSE_MS 500
/* How long connections may take to end when the server goes down. */
#define SHUTDOWN_MS 1000

enum watch_kind { WATCH_SIGNAL, WATCH_LISTENER, WATCH_CLIENT };

/* What an epoll event points to. */
struct watch {
    enum watch_kind kind;
    uint32_t interest;
    struct listener *listener;
    struct connection *connection;
    struct watch *previous, *next; /* clients */
};

struct server {
    const struct host *host;
    int epoll;
    int signals;
    struct watch signal_watch;
    struct watch *listener_watches;
    size_t listener_count;
    struct watch *clients;
    size_t client_count;
    size_t client_limit;
    unsigned long last_id;
    uint64_t accept_again; /* NEVER: accepting goes on */
    uint64_t next_deadline; /* of the clients; may be too early, never too late */
    bool any_more;          /* some client gave way and wants to go on */
    bool stopping;
};

static bool watch_set(const struct server *server, struct watch *watch, int fd, uint32_t interest)
{
    struct epoll_event event = {.events = interest, .data.ptr = watch};
    if (watch->interest == interest) {
        return true;
    }
    if (epoll_ctl(server->epoll, EPOLL_CTL_MOD, fd, &event) != 0) {
        return false;
    }
    watch->interest = interest;
    return true;
}

static bool watch_add(const struct server *server, struct watch *watch, int fd, uint32_t interest)
{
    struct epoll_event event = {.events = interest, .data.ptr = watch};
    watch->interest = interest;
    return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void client_free(struct server *server, struct watch *client)
{
    if (client->previous != NULL) {
        client->previous->next = client->next;
    } else {
        server->clients = client->next;
    }
    if (client->next != NULL) {
        client->next->previous = client->previous;
    }
    server->client_count--;
    connection_free(client->connection);
    free(client);
}

/* After every visit to a client: what does it wait for now? */
static void client_settle(struct server *server, struct watch *client)
{
    struct connection *c = client->connection;
    uint32_t interest = (connection_wants_read(c) ? (uint32_t)EPOLLIN : 0) |
                        (connection_wants_write(c) ? (uint32_t)EPOLLOUT : 0);
    if (connection_finished(c) || !watch_set(server, client, connection_socket(c), interest)) {
        client_free(server, client);
        return;
    }
    server->any_more = server->any_more || connection_has_more(c);
    uint64_t deadline = connection_deadline(c);
    if (deadline < server->next_deadline) {
        server->next_deadline = deadline;
    }
}

static void client_add(struct server *server, const struct listener *listener, int socket,
                       const struct sockaddr_storage *address)
{
    char peer[ADDRESS_TEXT];
    address_text(address, peer);
    server->last_id++;
    if (server->client_count >= server->client_limit) {
        log_line("[%lu] refused peer=%s: too many clients", server->last_id, peer);
        (void)close(socket);
        return;
    }
    struct watch *client = calloc(1, sizeof *client);
    if (client == NULL) {
        (void)close(socket);
        return;
    }
    client->kind = WATCH_CLIENT;
    client->connection = connection_new(server->host, socket, listener->service, server->last_id, peer);
    if (client->connection == NULL) {
        free(client);
        return;
    }
    if (!watch_add(server, client, socket, EPOLLIN)) {
        log_line("[%lu] refused: %s", server->last_id, strerror(errno));
        connection_free(client->connection);
        free(client);
        return;
    }
    client->next = server->clients;
    if (client->next != NULL) {
        client->next->previous = client;
    }
    server->clients = client;
    server->client_count++;
    client_settle(server, client);
}

/* Without descriptors the listeners would wake us for ever: they rest for a while. */
static void pause_accepting(struct server *server, bool pause)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        struct watch *watch = &server->listener_watches[i];
        if (!watch_set(server, watch, watch->listener->socket, pause ? 0 : (uint32_t)EPOLLIN)) {
            log_line("epoll: %s", strerror(errno));
        }
    }
    server->accept_again = pause ? clock_now() + ACCEPT_PAUSE_MS : NEVER;
}

static void accept_clients(struct server *server, const struct listener *listener)
{
    for (int i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage address;
        socklen_t len = sizeof address;
        memset(&address, 0, sizeof address);
        int socket = accept4(listener->socket, (struct sockaddr *)&address, &len,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket >= 0) {
            client_add(server, listener, socket, &address);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_line("accept: %s; resting", strerror(errno));
            pause_accepting(server, true);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
        /* Any other failure is that of one client who has gone again. */
    }
}

/* Visits the clients whose deadline has come, and finds the next one. */
static void run_deadlines(struct server *server, uint64_t now)
{
    struct watch *next;
    server->next_deadline = NEVER;
    server->any_more = false;
    for (struct watch *client = server->clients; client != NULL; client = next) {
        next = client->next;
        if (connection_has_more(client->connection) || connection_deadline(client->connection) <= now) {
            connection_continue(client->connection);
        }
        client_settle(server, client);
    }
}

static int wait_time(const struct server *server, uint64_t now)
{
    uint64_t until = server->next_deadline < server->accept_again ? server->next_deadline
                                                                  : server->accept_again;
    if (server->any_more || until <= now) {
        return 0;
    }
    /* One more millisecond, lest rounding wake us just before the deadline. */
    return until == NEVER ? -1 : until - now > 60000 ? 60000 : (int)(until - now) + 1;
}

static void dispatch(struct server *server, const struct epoll_event *event)
{
    struct watch *watch = event->data.ptr;
    switch (watch->kind) {
    case WATCH_SIGNAL:
        server->stopping = true;
        break;
    case WATCH_LISTENER:
        accept_clients(server, watch->listener);
        break;
    case WATCH_CLIENT:
        connection_ready(watch->connection, (event->events & (uint32_t)EPOLLIN) != 0,
                         (event->events & (uint32_t)EPOLLOUT) != 0,
                         (event->events & (uint32_t)(EPOLLERR | EPOLLHUP)) != 0);
        client_settle(server, watch);
        break;
    }
}

/* One round. A client is freed only on his own event, and has at most one in a round, so no
 * event of it can point to memory that is gone. */
static bool turn(struct server *server)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(server->epoll, events, EVENTS, wait_time(server, clock_now()));
    if (count < 0 && errno != EINTR) {
        log_line("epoll: %s", strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        dispatch(server, &events[i]);
    }
    uint64_t now = clock_now();
    if (server->any_more || server->next_deadline <= now) {
        run_deadlines(server, now);
    }
    if (server->accept_again <= now && !server->stopping) {
        pause_accepting(server, false);
    }
    return true;
}

static void shut_down(struct server *server)
{
    struct watch *next;
    uint64_t until = clock_now() + SHUTDOWN_MS;
    server->stopping = true;
    for (size_t i = 0; i < server->listener_count; i++) {
        (void)epoll_ctl(server->epoll, EPOLL_CTL_DEL, server->listener_watches[i].listener->socket, NULL);
    }
    (void)epoll_ctl(server->epoll, EPOLL_CTL_DEL, server->signals, NULL);
    server->accept_again = NEVER;
    for (struct watch *client = server->clients; client != NULL; client = next) {
        next = client->next;
        connection_shut_down(client->connection);
        client_settle(server, client);
    }
    while (server->clients != NULL && clock_now() <= until && turn(server)) {
    }
    while (server->clients != NULL) {
        client_free(server, server->clients);
    }
}

static bool set_up(struct server *server, struct listener *listeners)
{
    sigset_t stop;
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (server->epoll < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigemptyset(&stop) != 0 ||
        sigaddset(&stop, SIGTERM) != 0 || sigaddset(&stop, SIGINT) != 0 ||
        sigprocmask(SIG_BLOCK, &stop, NULL) != 0) {
        return false;
    }
    server->signals = signalfd(-1, &stop, SFD_NONBLOCK | SFD_CLOEXEC);
    server->signal_watch.kind = WATCH_SIGNAL;
    if (server->signals < 0 || !watch_add(server, &server->signal_watch, server->signals, EPOLLIN)) {
        return false;
    }
    server->listener_watches = calloc(server->listener_count, sizeof *server->listener_watches);
    if (server->listener_watches == NULL) {
        return false;
    }
    for (size_t i = 0; i < server->listener_count; i++) {
        struct watch *watch = &server->listener_watches[i];
        watch->kind = WATCH_LISTENER;
        watch->listener = &listeners[i];
        if (!watch_add(server, watch, listeners[i].socket, EPOLLIN)) {
            return false;
        }
    }
    return true;
}

bool server_run(const struct host *host, struct listener *listeners, size_t listener_count,
                size_t client_limit)
{
    struct server server = {
        .host = host,
        .epoll = -1,
        .signals = -1,
        .listener_count = listener_count,
        .client_limit = client_limit,
        .accept_again = NEVER,
        .next_deadline = NEVER,
    };
    bool good = set_up(&server, listeners);
    if (good) {
        /* Scripts wait for this line. */
        good = printf("ready\n") > 0 && fflush(stdout) == 0;
        while (good && !server.stopping) {
            good = turn(&server);
        }
        shut_down(&server);
    } else {
        log_line("the event loop cannot be set up: %s", strerror(errno));
    }
    free(server.listener_watches);
    if (server.signals >= 0) {
        (void)close(server.signals);
    }
    if (server.epoll >= 0) {
        (void)close(server.epoll);
    }
    return good;
}
