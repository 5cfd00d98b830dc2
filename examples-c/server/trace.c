/* trace.c: the Received field of a message (see trace.h). What an integrator has to copy is here:
 * whatever the client and its recipient are called, mailtls makes one field of it. */
#include "trace.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define ID_MAX 255

void trace_start(struct trace *t, const mailtls_connection *connection, int socket)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    *t = (struct trace){.connection = connection};
    if (getpeername(socket, (struct sockaddr *)&peer, &len) != 0) {
        return; /* he has gone already; what he sent may still be read */
    }
    if (peer.ss_family == AF_INET) {
        t->address_len = 4;
        memcpy(t->address, &((const struct sockaddr_in *)&peer)->sin_addr, 4);
    } else if (peer.ss_family == AF_INET6) {
        t->address_len = 16;
        memcpy(t->address, &((const struct sockaddr_in6 *)&peer)->sin6_addr, 16);
    }
}

/* An atom has no dots (RFC 5321 section 4.1.2), and the names of a Maildir have. */
static void make_atom(const char *id, char atom[ID_MAX + 1])
{
    size_t len = 0;
    while (len < ID_MAX && id[len] != '\0') {
        char upper = ascii_upper(id[len]);
        bool plain = ascii_digit(upper) || (upper >= 'A' && upper <= 'Z');
        atom[len] = plain ? id[len] : '-';
        len++;
    }
    atom[len] = '\0';
}

static bool begin(const struct trace *t, mailtls_received *field, struct text client_name, const char *by)
{
    const char *before = mailtls_connection_client_name(t->connection);
    if (client_name.len == 0 && before != NULL) {
        client_name = text_of(before, strlen(before));
    }
    /* No look-up, so no DNS name. The zone is UTC: where this server stands is nobody's affair. */
    return mailtls_received_begin(field, (const uint8_t *)client_name.bytes, client_name.len,
                                  t->address_len > 0 ? t->address : NULL, t->address_len, NULL, by,
                                  (int64_t)time(NULL), 0) == 0;
}

/* Straight into the buffer: the first call says how long the field is. */
static bool write_out(const mailtls_received *field, struct buffer *out)
{
    size_t len = 0;
    size_t room = 0;
    (void)mailtls_received_write(field, NULL, 0, &len);
    char *space = buffer_space(out, len, &room);
    if (len == 0 || room < len || mailtls_received_write(field, (uint8_t *)space, room, &len) != 0) {
        return false;
    }
    buffer_added(out, len);
    return true;
}

bool trace_field(const struct trace *t, struct text client_name, const char *by, const char *id,
                 const char *recipient, struct buffer *out)
{
    char atom[ID_MAX + 1];
    mailtls_received *field = mailtls_received_new();
    make_atom(id, atom);
    bool good = field != NULL && begin(t, field, client_name, by) &&
                mailtls_connection_trace(t->connection, field, 0) == 0 &&
                mailtls_received_id(field, atom) == 0;
    if (good && recipient[0] != '\0') {
        /* A path that RCPT may have and the field may not, such as <Postmaster>, is left out. */
        (void)mailtls_received_for(field, recipient);
    }
    good = good && write_out(field, out);
    if (!good) {
        const char *reason = field == NULL ? "out of memory" : mailtls_received_reason(field);
        log_line("Received field: %s", reason == NULL ? "cannot be written" : reason);
    }
    mailtls_received_free(field);
    return good;
}
