/* openssl_parts.h: what a transport on OpenSSL is made of; only for transport_openssl.c, which
 * moves its bytes, openssl_context.c, which sets OpenSSL up, and openssl_facts.c, which tells
 * mailtls what OpenSSL has found. */
#ifndef OPENSSL_PARTS_H
#define OPENSSL_PARTS_H

#include "buffer.h"
#include "transport.h"

#include <openssl/ssl.h>

struct transports {
    SSL_CTX *context;
    bool anonymous; /* a client with an invalid certificate is served without it */
};

struct transport {
    const struct transports *shared;
    mailtls_connection *connection; /* not ours */
    int32_t service;
    unsigned long id;
    SSL *ssl; /* NULL: in clear */
    mailtls_client_hello_reader *hello; /* NULL: it is read, or none is to come */
    struct buffer out; /* records for the network */
    long verify_error; /* the first that OpenSSL found in the client's certificate */
    bool established;
    bool tcp_ended; /* nothing will be added to what OpenSSL has to read */
    bool closing;     /* close_notify is to follow what mailtls wants sent */
    bool broken;      /* no record may be made or taken any more */
};

/* Why OpenSSL has failed, in mailtls's numbers. */
struct failure {
    int32_t error;
    const char *reason; /* static */
};
struct failure failure_now(const struct transport *t);

/* Has OpenSSL negotiate what this policy does not refuse; NULL is the default one. */
bool policy_apply(SSL_CTX *context, const char *text);

/* Tells mailtls that TLS stands, and what it is. */
void facts_tell(struct transport *t, uint64_t now);

#endif
