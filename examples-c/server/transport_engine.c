/* transport_engine.c: TLS by mailtls itself: bytes of the network go to it and come from it (see
 * transport.h). There is nothing more to do. */
#include "transport.h"

#include <stdlib.h>

struct transports {
    char nothing; /* the configuration of mailtls has it all */
};

struct transport {
    mailtls_connection *connection;
};

struct transports *transports_new(const struct options *options)
{
    (void)options;
    return calloc(1, sizeof(struct transports));
}

void transports_free(struct transports *shared)
{
    free(shared);
}

bool transports_configure(mailtls_server_config_builder *builder, const struct options *options)
{
    if (mailtls_server_config_builder_certificate_files(builder, options->certificate, options->key) != 0) {
        return false;
    }
    /* Clients are asked for a certificate only where it is known whom it may stand for. */
    return options->client_ca == NULL ||
           mailtls_server_config_builder_client_certificates_file(
               builder, options->client_ca,
               options->client_anonymous ? MAILTLS_INVALID_CLIENT_CERTIFICATE_ANONYMOUS
                                         : MAILTLS_INVALID_CLIENT_CERTIFICATE_REFUSE) == 0;
}

struct transport *transport_new(const struct transports *shared, const mailtls_server_config *config,
                                int32_t service, unsigned long id, uint64_t now,
                                mailtls_connection **connection)
{
    (void)shared;
    struct transport *t = calloc(1, sizeof *t);
    int32_t result =
        t == NULL ? 0 : mailtls_server_connection_new(config, service, now, &t->connection);
    if (t == NULL || result != 0) {
        log_line("[%lu] refused: %s", id, t == NULL ? "out of memory" : mailtls_error_text(result));
        free(t);
        return NULL;
    }
    *connection = t->connection;
    return t;
}

void transport_free(struct transport *t)
{
    free(t);
}

bool transport_wants_input(const struct transport *t)
{
    return mailtls_connection_wants_input(t->connection) == 1;
}

void transport_receive(struct transport *t, const uint8_t *bytes, size_t len, uint64_t now)
{
    /* A fatal error is not lost: it comes again as the last event. */
    (void)mailtls_connection_handle_input(t->connection, bytes, len, now);
}

void transport_end_of_input(struct transport *t, uint64_t now)
{
    /* Its result comes as an event, too. */
    (void)mailtls_connection_handle_end_of_input(t->connection, now);
}

bool transport_work(struct transport *t, uint64_t now)
{
    (void)t;
    (void)now;
    return false;
}

void transport_output(struct transport *t, const uint8_t **bytes, size_t *len)
{
    if (mailtls_connection_poll_transmit(t->connection, bytes, len) != 0) {
        *len = 0;
    }
}

bool transport_sent(struct transport *t, size_t len)
{
    return mailtls_connection_transmitted(t->connection, len) == 0;
}

void transport_begin_tls(struct transport *t, uint64_t now)
{
    (void)t; /* never asked for */
    (void)now;
}

void transport_close(struct transport *t)
{
    (void)t;
}
