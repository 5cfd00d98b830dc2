/* listener.c: listening sockets (see listener.h). */
#include "listener.h"

#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <mailtls.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 512

void address_text(const struct sockaddr_storage *address, char text[ADDRESS_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        (void)snprintf(text, ADDRESS_TEXT, "[%s]:%u", host, (unsigned)ntohs(v6->sin6_port));
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        (void)inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        (void)snprintf(text, ADDRESS_TEXT, "%s:%u", host, (unsigned)ntohs(v4->sin_port));
    }
}

/* "ADDR:PORT" with an IPv4 address, or an IPv6 address in brackets. */
static bool parse_address(const char *text, struct sockaddr_storage *address, socklen_t *len)
{
    char host[INET6_ADDRSTRLEN];
    uint64_t port;
    bool v6 = text[0] == '[';
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !text_number(text_of(colon + 1, strlen(colon + 1)), 65535, &port)) {
        return false;
    }
    const char *start = v6 ? text + 1 : text;
    const char *end = v6 ? colon - 1 : colon;
    if (end <= start || (v6 && *end != ']') || (size_t)(end - start) >= sizeof host) {
        return false;
    }
    memcpy(host, start, (size_t)(end - start));
    host[end - start] = '\0';
    memset(address, 0, sizeof *address);
    if (v6) {
        struct sockaddr_in6 *to = (struct sockaddr_in6 *)address;
        to->sin6_family = AF_INET6;
        to->sin6_port = htons((uint16_t)port);
        *len = sizeof *to;
        return inet_pton(AF_INET6, host, &to->sin6_addr) == 1;
    }
    struct sockaddr_in *to = (struct sockaddr_in *)address;
    to->sin_family = AF_INET;
    to->sin_port = htons((uint16_t)port);
    *len = sizeof *to;
    return inet_pton(AF_INET, host, &to->sin_addr) == 1;
}

static bool parse_service(const char *argument, const char *equals, int32_t *service)
{
    char name[32];
    size_t len = (size_t)(equals - argument);
    if (len >= sizeof name) {
        return false;
    }
    memcpy(name, argument, len);
    name[len] = '\0';
    return mailtls_service_from_name(name, service) == 0;
}

static bool start(struct listener *l, const struct sockaddr_storage *address, socklen_t len)
{
    int on = 1;
    l->socket = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->socket < 0 || setsockopt(l->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
        return false;
    }
    if (address->ss_family == AF_INET6 &&
        setsockopt(l->socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) {
        return false;
    }
    struct sockaddr_storage bound;
    socklen_t bound_len = sizeof bound;
    if (bind(l->socket, (const struct sockaddr *)address, len) != 0 || listen(l->socket, BACKLOG) != 0 ||
        getsockname(l->socket, (struct sockaddr *)&bound, &bound_len) != 0) {
        return false;
    }
    address_text(&bound, l->address);
    return true;
}

bool listener_open(struct listener *l, const char *argument)
{
    struct sockaddr_storage address;
    socklen_t len;
    *l = (struct listener){.socket = -1};
    const char *equals = strchr(argument, '=');
    if (equals == NULL || !parse_service(argument, equals, &l->service)) {
        log_line("%s: not SERVICE=ADDR:PORT with a mail service's name", argument);
        return false;
    }
    if (!parse_address(equals + 1, &address, &len)) {
        log_line("%s: not an IPv4 address, or an IPv6 address in brackets, and a port", argument);
        return false;
    }
    if (!start(l, &address, len)) {
        log_line("%s: %s", argument, strerror(errno));
        listener_close(l);
        return false;
    }
    return true;
}

void listener_close(struct listener *l)
{
    if (l->socket >= 0) {
        (void)close(l->socket);
        l->socket = -1;
    }
}
