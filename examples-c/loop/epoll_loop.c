/* epoll_loop.c: the same connections by edge-triggered epoll(7). README.md shows what is between the
 * marks; tests/readme.rs compares. */
#ifdef __linux__
#define _GNU_SOURCE
#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

/* README: begin */
/* An edge comes once. It is kept in `readable` and `writable` until recv or send says EAGAIN, so that it
 * is not lost while mailtls wants no input: peer_turn comes back to it when it does. */
int serve_with_epoll(struct peer *peers, int count)
{
    int queue = epoll_create1(EPOLL_CLOEXEC), left = count, failed = queue < 0;
    for (int i = 0; i < count && !failed; i++) {
        struct epoll_event both = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                   .data.ptr = &peers[i]};
        failed = epoll_ctl(queue, EPOLL_CTL_ADD, peers[i].fd, &both) != 0;
    }
    while (!failed) {
        uint64_t next = UINT64_MAX;
        left = 0;
        for (int i = 0; i < count; i++) { /* a server with many keeps them in a heap by deadline */
            if (peer_done(&peers[i]))
                continue;
            peer_turn(&peers[i]);
            uint64_t deadline = peer_deadline(&peers[i]);
            next = deadline < next ? deadline : next;
            left += !peer_done(&peers[i]);
        }
        if (left == 0)
            break;
        struct epoll_event ready[16];
        int n = epoll_wait(queue, ready, 16, milliseconds_until(next));
        failed = n < 0 && errno != EINTR;
        for (int i = 0; i < n; i++) {
            struct peer *p = ready[i].data.ptr;
            if (ready[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
                p->readable = true;
            if (ready[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
                p->writable = true;
        }
    }
    if (queue >= 0)
        (void)close(queue);
    return failed ? -1 : 0;
}
/* README: end */
#else
#include "loop.h"

int serve_with_epoll(struct peer *peers, int count)
{
    (void)peers;
    (void)count;
    return -1; /* no epoll here */
}
#endif
