/* transport_openssl.c: TLS by OpenSSL, with mailtls for all that is said inside it (see
 * ../server/transport.h). What a program that has OpenSSL already must copy is here: bytes of the
 * network go through two memory BIOs, plaintext goes to mailtls and comes from it, and what was
 * negotiated is told to it (openssl_facts.c). */
#include "hello.h"
#include "openssl_parts.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* What waits to be sent: at most a flight of the handshake, or a record and an alert. */
#define OUTPUT_MAX 1048576
/* No record holds more. */
#define RECORD_MAX 16384

struct transport *transport_new(const struct transports *shared, const mailtls_server_config *config,
                                int32_t service, unsigned long id, uint64_t now,
                                mailtls_connection **connection)
{
    struct transport *t = calloc(1, sizeof *t);
    int32_t result =
        t == NULL ? 0
                  : mailtls_server_connection_before_host_tls(config, service, now, &t->connection);
    if (t == NULL || result != 0) {
        log_line("[%lu] refused: %s", id, t == NULL ? "out of memory" : mailtls_error_text(result));
        free(t);
        return NULL;
    }
    t->shared = shared;
    t->service = service;
    t->id = id;
    buffer_init(&t->out, OUTPUT_MAX);
    *connection = t->connection;
    return t;
}

void transport_free(struct transport *t)
{
    if (t != NULL) {
        SSL_free(t->ssl); /* and the BIOs */
        mailtls_client_hello_reader_free(t->hello);
        buffer_free(&t->out);
        free(t);
    }
}

/* What OpenSSL wants sent, from its BIO to our queue. */
static void take_records(struct transport *t)
{
    char *bytes = NULL;
    long len = BIO_get_mem_data(SSL_get_wbio(t->ssl), &bytes);
    if (len > 0) {
        buffer_append(&t->out, bytes, (size_t)len);
        (void)BIO_reset(SSL_get_wbio(t->ssl));
    }
}

/* The end of TLS, and of the connection with it. */
static void fail(struct transport *t, uint64_t now)
{
    /* OpenSSL says nothing to somebody who does not speak TLS at all. The alert tells him:
     * fatal, unexpected_message (RFC 9846 section 6). */
    static const char alert[7] = {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0a};
    struct failure failure = failure_now(t);
    if (failure.error == MAILTLS_ERROR_NOT_TLS && t->out.len == 0) {
        buffer_append(&t->out, alert, sizeof alert);
    }
    t->broken = true;
    (void)mailtls_connection_tls_failed(t->connection, failure.error, failure.reason, now);
}

/* Nobody can go on without memory. */
static void give_up(struct transport *t, uint64_t now)
{
    t->broken = true;
    (void)mailtls_connection_tls_failed(t->connection, MAILTLS_ERROR_TLS_PROTOCOL,
                                        "OpenSSL cannot begin: out of memory", now);
}

/* What the client begins with is read beside OpenSSL, which tells nobody of a hello that it refuses. */
static void read_hello(struct transport *t, const uint8_t *bytes, size_t len)
{
    int32_t progress = MAILTLS_CLIENT_HELLO_PROGRESS_NEEDS_MORE;
    if (t->hello == NULL) {
        return;
    }
    (void)mailtls_client_hello_reader_read(t->hello, bytes, len, &progress);
    if (progress == MAILTLS_CLIENT_HELLO_PROGRESS_NEEDS_MORE) {
        return;
    }
    if (progress == MAILTLS_CLIENT_HELLO_PROGRESS_HELLO) {
        hello_log(t->id, mailtls_client_hello_reader_hello(t->hello));
    } else {
        const char *reason = mailtls_client_hello_reader_reason(t->hello);
        log_line("[%lu] hello none: %s", t->id, reason == NULL ? "SSL 2.0" : reason);
    }
    mailtls_client_hello_reader_free(t->hello);
    t->hello = NULL;
}

/* From here on the network is OpenSSL's: until now all that was read from it went to mailtls, so
 * that nothing in clear can wait behind STARTTLS. */
void transport_begin_tls(struct transport *t, uint64_t now)
{
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    t->ssl = SSL_new(t->shared->context);
    if (t->ssl == NULL || in == NULL || out == NULL) {
        BIO_free(in);
        BIO_free(out);
        give_up(t, now);
        return;
    }
    (void)mailtls_client_hello_reader_new(&t->hello);
    SSL_set_bio(t->ssl, in, out);
    SSL_set_app_data(t->ssl, t);
    SSL_set_accept_state(t->ssl);
}

/* The next step of the handshake. True when there was one. */
static bool shake_hands(struct transport *t, uint64_t now)
{
    if (BIO_pending(SSL_get_rbio(t->ssl)) == 0) {
        return false;
    }
    ERR_clear_error();
    int result = SSL_do_handshake(t->ssl);
    take_records(t);
    if (result == 1) {
        t->established = true;
        facts_tell(t, now);
    } else if (SSL_get_error(t->ssl, result) != SSL_ERROR_WANT_READ) {
        fail(t, now);
    }
    return true;
}

/* Plaintext for mailtls, as far as it wants any. */
static bool read_plaintext(struct transport *t, uint64_t now)
{
    uint8_t plaintext[RECORD_MAX];
    bool any = false;
    while (!t->broken && mailtls_connection_wants_input(t->connection) == 1) {
        ERR_clear_error();
        int len = SSL_read(t->ssl, plaintext, sizeof plaintext);
        take_records(t); /* an answer to a KeyUpdate, an alert */
        if (len > 0) {
            (void)mailtls_connection_handle_input(t->connection, plaintext, (size_t)len, now);
            OPENSSL_cleanse(plaintext, (size_t)len);
            any = true;
            continue;
        }
        int error = SSL_get_error(t->ssl, len);
        if (error == SSL_ERROR_WANT_READ && !t->tcp_ended) {
            break;
        }
        any = true;
        if (error == SSL_ERROR_ZERO_RETURN) {
            /* close_notify: on a host's TLS this is how an orderly end is told. */
            (void)mailtls_connection_handle_end_of_input(t->connection, now);
        } else if (error == SSL_ERROR_WANT_READ) {
            (void)mailtls_connection_tls_failed(t->connection, MAILTLS_ERROR_TRUNCATED,
                                                "TCP ended without close_notify", now);
        } else {
            fail(t, now);
        }
    }
    return any;
}

bool transport_work(struct transport *t, uint64_t now)
{
    if (t->ssl == NULL || t->broken) {
        return false;
    }
    bool any = !t->established && shake_hands(t, now);
    return (t->established && read_plaintext(t, now)) || any;
}

bool transport_wants_input(const struct transport *t)
{
    if (t->broken || t->tcp_ended) {
        return false;
    }
    bool handshaking = t->ssl != NULL && !t->established;
    return handshaking || mailtls_connection_wants_input(t->connection) == 1;
}

void transport_receive(struct transport *t, const uint8_t *bytes, size_t len, uint64_t now)
{
    if (t->ssl == NULL) {
        (void)mailtls_connection_handle_input(t->connection, bytes, len, now);
        return;
    }
    read_hello(t, bytes, len);
    if (len > INT32_MAX || BIO_write(SSL_get_rbio(t->ssl), bytes, (int)len) != (int)len) {
        give_up(t, now);
    }
}

void transport_end_of_input(struct transport *t, uint64_t now)
{
    t->tcp_ended = true;
    if (!t->established) {
        (void)mailtls_connection_handle_end_of_input(t->connection, now);
    } /* otherwise read_plaintext gets to the end, behind what still waits in the BIO */
}

/* Plaintext of mailtls into records. */
static void write_plaintext(struct transport *t)
{
    const uint8_t *plaintext;
    size_t len;
    if (mailtls_connection_poll_transmit(t->connection, &plaintext, &len) != 0 || len == 0) {
        return;
    }
    ERR_clear_error();
    /* A memory BIO takes all of it. */
    int written = SSL_write(t->ssl, plaintext, len > RECORD_MAX ? RECORD_MAX : (int)len);
    take_records(t);
    if (written <= 0 || mailtls_connection_transmitted(t->connection, (size_t)written) != 0) {
        t->broken = true;
    }
}

void transport_output(struct transport *t, const uint8_t **bytes, size_t *len)
{
    *len = 0;
    if (t->ssl == NULL) {
        (void)mailtls_connection_poll_transmit(t->connection, bytes, len);
        return;
    }
    if (t->out.len == 0 && t->established && !t->broken) {
        write_plaintext(t);
    }
    if (t->out.len == 0 && t->established && t->closing && !t->broken) {
        t->broken = true; /* this was the last record */
        (void)SSL_shutdown(t->ssl);
        take_records(t);
    }
    *bytes = (const uint8_t *)buffer_bytes(&t->out);
    *len = t->out.failed ? 0 : t->out.len;
}

bool transport_sent(struct transport *t, size_t len)
{
    if (t->ssl == NULL) {
        return mailtls_connection_transmitted(t->connection, len) == 0;
    }
    buffer_consume(&t->out, len);
    return !t->out.failed;
}

void transport_close(struct transport *t)
{
    t->closing = true;
}
