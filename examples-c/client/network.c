/* TCP and the clock: the two things that mailtls leaves to its host.
 * Must never know: mailtls, mail protocols. */
#define _DEFAULT_SOURCE
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int poll_milliseconds(uint64_t now, uint64_t then)
{
    uint64_t left = then > now ? then - now : 0;
    return left < INT_MAX ? (int)left : INT_MAX;
}

/* Waits until the descriptor is ready for `events` or the deadline has come. */
static bool wait_until(int descriptor, short events, uint64_t deadline)
{
    struct pollfd entry = {.fd = descriptor, .events = events};
    for (;;) {
        int ready = poll(&entry, 1, poll_milliseconds(clock_now(), deadline));
        if (ready >= 0 || errno != EINTR)
            return ready > 0;
    }
}

/* getaddrinfo() cannot be given a deadline, so that it runs in a thread of its own. The look-up is
 * static because the thread may outlive our patience; a run makes only one. */
static struct {
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];
    struct addrinfo *list;
    int error;
    int done[2]; /* a pipe: readable once `list` and `error` are set */
} lookup;

static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

static void *look_up(void *unused)
{
    (void)unused;
    lookup.error = getaddrinfo(lookup.host, lookup.port, &hints, &lookup.list);
    close(lookup.done[1]);
    return NULL;
}

static enum network_result resolve(const char *host, const char *port, uint64_t deadline,
                                   struct addrinfo **list, char *reason, size_t size)
{
    struct addrinfo numeric = hints;
    numeric.ai_flags = AI_NUMERICHOST;
    if (getaddrinfo(host, port, &numeric, list) == 0)
        return NETWORK_OK;
    if (strlen(host) >= sizeof lookup.host || strlen(port) >= sizeof lookup.port) {
        snprintf(reason, size, "the host name is too long");
        return NETWORK_FAILED;
    }
    strcpy(lookup.host, host);
    strcpy(lookup.port, port);
    pthread_t thread;
    if (pipe(lookup.done) != 0 || pthread_create(&thread, NULL, look_up, NULL) != 0) {
        snprintf(reason, size, "cannot start a name look-up");
        return NETWORK_FAILED;
    }
    if (!wait_until(lookup.done[0], POLLIN, deadline)) {
        pthread_detach(thread);
        snprintf(reason, size, "looking up %s took too long", host);
        return NETWORK_TIMED_OUT;
    }
    pthread_join(thread, NULL);
    close(lookup.done[0]);
    if (lookup.error != 0) {
        snprintf(reason, size, "cannot find the host %s: %s", host, gai_strerror(lookup.error));
        return NETWORK_FAILED;
    }
    *list = lookup.list;
    return NETWORK_OK;
}

/* Gives a connected socket, or -1 with errno. */
static int connect_to(const struct addrinfo *address, uint64_t deadline)
{
    int fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (fd < 0)
        return -1;
    int error = 0, on = 1;
    socklen_t error_size = sizeof error;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        error = errno;
    } else if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        if (errno != EINPROGRESS)
            error = errno;
        else if (!wait_until(fd, POLLOUT, deadline))
            error = ETIMEDOUT;
        else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size) != 0)
            error = errno;
    }
    if (error != 0) {
        close(fd);
        errno = error;
        return -1;
    }
    /* Command and answer: nothing is gained by waiting for more to send. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

enum network_result network_connect(const char *host, const char *port, uint64_t deadline,
                                    int *fd, char *reason, size_t size)
{
    struct addrinfo *list;
    enum network_result result = resolve(host, port, deadline, &list, reason, size);
    if (result != NETWORK_OK)
        return result;
    uint64_t left = 0; /* addresses not yet tried */
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next)
        left++;
    *fd = -1;
    for (struct addrinfo *a = list; a != NULL && *fd < 0; a = a->ai_next, left--) {
        /* An address that swallows packets must not use up the time of the others. */
        uint64_t now = clock_now();
        uint64_t share = deadline > now ? (deadline - now) / left : 0;
        *fd = connect_to(a, now + share);
        if (*fd < 0)
            snprintf(reason, size, "cannot connect to %s port %s: %s", host, port,
                     strerror(errno));
    }
    freeaddrinfo(list);
    if (*fd >= 0)
        return NETWORK_OK;
    return clock_now() >= deadline ? NETWORK_TIMED_OUT : NETWORK_FAILED;
}
