/* transport.h: the TLS half of the server: what stands between the bytes of the network and
 * mailtls. It can be done in two ways, and a program is linked with one of them:
 *
 *   server/transport_engine.c             the bytes go to mailtls, which has TLS inside
 *   openssl_host/transport_openssl.c      the bytes go to OpenSSL, plaintext to mailtls
 *
 * All else of the server is the same. It knows nothing of sockets, nor of any mail protocol. */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include "options.h"

#include <mailtls.h>

/* What all connections share. */
struct transports;

/* One connection's TLS. It knows the connection of mailtls, but does not own it. */
struct transport;

/* NULL when certificate, key or authorities cannot be used; the reason is logged. */
struct transports *transports_new(const struct options *options);
void transports_free(struct transports *shared);

/* Tells mailtls's configuration what it has to know of TLS. False when it does not take it. */
bool transports_configure(mailtls_server_config_builder *builder, const struct options *options);

/* Begins a connection of mailtls, *connection, with its TLS. NULL when mailtls or memory refuses;
 * the reason is logged. `id` is for the log. */
struct transport *transport_new(const struct transports *shared, const mailtls_server_config *config,
                                int32_t service, unsigned long id, uint64_t now,
                                mailtls_connection **connection);
void transport_free(struct transport *t);

/* Bytes from the network, while transport_wants_input says so. */
bool transport_wants_input(const struct transport *t);
void transport_receive(struct transport *t, const uint8_t *bytes, size_t len, uint64_t now);
/* TCP has ended, or failed. */
void transport_end_of_input(struct transport *t, uint64_t now);

/* Carries what waits from the network's side to mailtls. True when there was something. */
bool transport_work(struct transport *t, uint64_t now);

/* Bytes for the network, and that the first `len` of them have been sent. */
void transport_output(struct transport *t, const uint8_t **bytes, size_t *len);
bool transport_sent(struct transport *t, size_t len);

/* mailtls has said MAILTLS_EVENT_TLS_WANTED. */
void transport_begin_tls(struct transport *t, uint64_t now);
/* mailtls has said MAILTLS_EVENT_CLOSED: what it wanted sent is followed by close_notify. */
void transport_close(struct transport *t);

#endif
