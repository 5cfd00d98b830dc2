/* openssl_context.c: the settings of OpenSSL: certificates, versions, ALPN, certificates of clients
 * (see ../server/transport.h). It knows of mailtls only which service somebody comes for; what is
 * negotiated is up to openssl_policy.c. */
#include "openssl_parts.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* What RFC 9325 section 4.2 leaves of TLS 1.2, and what clients of TLS 1.0 and 1.1 have, with the hashes
 * that OpenSSL has given up. */
#define OLD_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:@SECLEVEL=0"

static const char *protocol_of(int32_t service)
{
    switch (service) {
    case MAILTLS_SERVICE_IMAPS:
    case MAILTLS_SERVICE_IMAP:
        return "\4imap";
    case MAILTLS_SERVICE_POP3S:
    case MAILTLS_SERVICE_POP3:
        return "\4pop3";
    default:
        return "\4smtp";
    }
}

/* A client that offers only names of other protocols is turned away (ALPACA; RFC 7301). */
static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *len,
                           const unsigned char *offered, unsigned offered_len, void *context)
{
    (void)context;
    const struct transport *t = SSL_get_app_data(ssl);
    const char *ours = protocol_of(t->service);
    unsigned char *found = NULL;
    int result = SSL_select_next_proto(&found, len, (const unsigned char *)ours, (unsigned)strlen(ours),
                                       offered, offered_len);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Where an invalid certificate is as none, its fault is only noted. */
static int verify(int good, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct transport *t = SSL_get_app_data(ssl);
    if (!good && t->verify_error == X509_V_OK) {
        t->verify_error = X509_STORE_CTX_get_error(store);
    }
    return good || t->shared->anonymous;
}

static bool ask_for_certificates(SSL_CTX *context, const char *file)
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(file);
    if (names == NULL || SSL_CTX_load_verify_locations(context, file, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return false;
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, verify);
    /* A resumed session would bring along a certificate that OpenSSL does not look at again,
     * though it may have expired since. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    return SSL_CTX_set_num_tickets(context, 0) == 1;
}

static bool configure(SSL_CTX *context, const struct options *o)
{
    static const unsigned char name[] = "mailtls openssl_host";
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    /* The two ways of RFC 8314 section 4.1: to refuse old versions here, or to let them in, and
     * nobody log in who comes with one; mailtls sees to that, and says why. */
    bool negotiable = o->explain_old_tls
                          ? SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
                                SSL_CTX_set_cipher_list(context, OLD_CIPHERS) == 1
                          : policy_apply(context, o->policy);
    return negotiable &&
           SSL_CTX_set_session_id_context(context, name, sizeof name - 1) == 1 &&
           SSL_CTX_use_certificate_chain_file(context, o->certificate) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, o->key, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_check_private_key(context) == 1 &&
           (o->client_ca == NULL || ask_for_certificates(context, o->client_ca));
}

struct transports *transports_new(const struct options *options)
{
    struct transports *shared = calloc(1, sizeof *shared);
    if (shared == NULL) {
        return NULL;
    }
    shared->anonymous = options->client_anonymous;
    shared->context = SSL_CTX_new(TLS_server_method());
    if (shared->context == NULL || !configure(shared->context, options)) {
        const char *reason = ERR_reason_error_string(ERR_peek_error());
        log_line("OpenSSL: %s", reason == NULL ? "refused" : reason);
        transports_free(shared);
        return NULL;
    }
    return shared;
}

void transports_free(struct transports *shared)
{
    if (shared != NULL) {
        SSL_CTX_free(shared->context);
        free(shared);
    }
}

/* This mailtls has no TLS inside: certificates are OpenSSL's affair. */
bool transports_configure(mailtls_server_config_builder *builder, const struct options *options)
{
    return mailtls_server_config_builder_explains_refused_tls(builder, options->explain_old_tls) == 0;
}
