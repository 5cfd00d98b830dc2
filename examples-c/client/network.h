/* TCP and the clock: the two things that mailtls leaves to its host.
 * Must never know: mailtls, mail protocols. */
#ifndef CLIENT_NETWORK_H
#define CLIENT_NETWORK_H

#include <stddef.h>
#include <stdint.h>

/* Milliseconds on the monotonic clock. */
uint64_t clock_now(void);

/* The time from `now` until `then`, as poll() takes it. */
int poll_milliseconds(uint64_t now, uint64_t then);

enum network_result { NETWORK_OK, NETWORK_FAILED, NETWORK_TIMED_OUT };

/* Connects to the first address of `host` that answers, before `deadline`. On success `*fd` is
 * a connected, non-blocking socket which the caller closes; otherwise `reason` says what failed. */
enum network_result network_connect(const char *host, const char *port, uint64_t deadline,
                                    int *fd, char *reason, size_t reason_size);

#endif
