/* openssl_facts.c: what OpenSSL has negotiated or found wrong, told to mailtls in the numbers of the
 * IANA registries (see openssl_parts.h). */
#include "openssl_parts.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <string.h>

/* OpenSSL has numbers of its own for the groups that it knows. */
static uint16_t group_of(SSL *ssl)
{
    static const struct {
        int nid;
        uint16_t group;
    } known[] = {{NID_X9_62_prime256v1, 23}, {NID_secp384r1, 24}, {NID_secp521r1, 25},
                 {NID_X25519, 29},           {NID_X448, 30},      {NID_ffdhe2048, 256},
                 {NID_ffdhe3072, 257},       {NID_ffdhe4096, 258}};
    int nid = (int)SSL_get_negotiated_group(ssl);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].nid == nid) {
            return known[i].group;
        }
    }
    /* One that it has no number for comes as it is in the registry. */
    return (nid & TLSEXT_nid_unknown) != 0 ? (uint16_t)(nid & 0xffff) : 0;
}

static void add_certificate(mailtls_tls_facts *facts, X509 *certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    if (len > 0) {
        (void)mailtls_tls_facts_peer_certificate(facts, der, (size_t)len);
    }
    OPENSSL_free(der);
}

/* The client's certificate, if it has shown one, and whether OpenSSL believes it. */
static void add_peer(const struct transport *t, mailtls_tls_facts *facts)
{
    X509 *leaf = SSL_get0_peer_certificate(t->ssl);
    if (leaf == NULL) {
        return; /* SSL_get_verify_result would say X509_V_OK of nothing */
    }
    add_certificate(facts, leaf);
    STACK_OF(X509) *others = SSL_get_peer_cert_chain(t->ssl); /* a server's has no leaf */
    for (int i = 0; i < sk_X509_num(others); i++) {
        add_certificate(facts, sk_X509_value(others, i));
    }
    if (t->verify_error == X509_V_OK && SSL_get_verify_result(t->ssl) == X509_V_OK) {
        (void)mailtls_tls_facts_peer_validation(facts, MAILTLS_PEER_VALIDATION_PKIX);
        return;
    }
    char name[300] = "", subject[400];
    (void)X509_NAME_oneline(X509_get_subject_name(leaf), name, sizeof name);
    log_line("[%lu] certificate subject=\"%s\" result=invalid reason=\"%s\"", t->id,
             log_safe(name, subject, sizeof subject), X509_verify_cert_error_string(t->verify_error));
}

/* RFC 9266, and with TLS 1.2 only where the extended master secret makes it unique (section 4.2). */
static void add_exporter(SSL *ssl, mailtls_tls_facts *facts)
{
    static const char label[] = "EXPORTER-Channel-Binding";
    uint8_t binding[32];
    if ((SSL_version(ssl) >= TLS1_3_VERSION || SSL_get_extms_support(ssl) == 1) &&
        SSL_export_keying_material(ssl, binding, sizeof binding, label, sizeof label - 1,
                                   (const unsigned char *)"", 0, 1) == 1) {
        (void)mailtls_tls_facts_channel_binding(facts, "tls-exporter", binding, sizeof binding);
    }
    OPENSSL_cleanse(binding, sizeof binding);
}

/* RFC 5929 section 4.1: hashed as the certificate's signature is, but never weaker than SHA-256. */
static void add_end_point(SSL *ssl, mailtls_tls_facts *facts)
{
    X509 *own = SSL_get_certificate(ssl);
    int digest = NID_undef;
    if (own == NULL || X509_get_signature_info(own, &digest, NULL, NULL, NULL) != 1) {
        return;
    }
    if (digest == NID_md5 || digest == NID_sha1) {
        digest = NID_sha256;
    }
    const EVP_MD *function = EVP_get_digestbynid(digest);
    uint8_t binding[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (function != NULL && X509_digest(own, function, binding, &len) == 1) {
        (void)mailtls_tls_facts_channel_binding(facts, "tls-server-end-point", binding, len);
    }
}

void facts_tell(struct transport *t, uint64_t now)
{
    mailtls_tls_facts *facts = NULL;
    uint16_t suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(t->ssl));
    const unsigned char *alpn = NULL;
    unsigned alpn_len = 0;
    if (mailtls_tls_facts_new((uint16_t)SSL_version(t->ssl), suite, &facts) != 0) {
        return; /* the deadline of the handshake will end it */
    }
    uint16_t group = group_of(t->ssl);
    if (group != 0) {
        (void)mailtls_tls_facts_group(facts, group);
    }
    SSL_get0_alpn_selected(t->ssl, &alpn, &alpn_len);
    (void)mailtls_tls_facts_alpn(facts, alpn, alpn_len);
    (void)mailtls_tls_facts_extended_master_secret(facts, SSL_get_extms_support(t->ssl) == 1);
    (void)mailtls_tls_facts_resumed(facts, SSL_session_reused(t->ssl));
    (void)mailtls_tls_facts_client_certificate_requested(
        facts, (SSL_get_verify_mode(t->ssl) & SSL_VERIFY_PEER) != 0);
    add_peer(t, facts);
    add_exporter(t->ssl, facts);
    add_end_point(t->ssl, facts);
    /* What the policy refuses ends the connection, or keeps everybody from logging in. */
    (void)mailtls_connection_tls_established(t->connection, facts, now);
    mailtls_tls_facts_free(facts);
}

static struct failure certificate_failure(long verify_error)
{
    bool dates = verify_error == X509_V_ERR_CERT_HAS_EXPIRED ||
                 verify_error == X509_V_ERR_CERT_NOT_YET_VALID;
    return (struct failure){dates ? MAILTLS_ERROR_CERTIFICATE_EXPIRED
                                  : MAILTLS_ERROR_CERTIFICATE_UNTRUSTED,
                            X509_verify_cert_error_string(verify_error)};
}

struct failure failure_now(const struct transport *t)
{
    unsigned long error = ERR_peek_error();
    const char *reason = ERR_reason_error_string(error);
    struct failure failure = {MAILTLS_ERROR_TLS_PROTOCOL, reason == NULL ? "TLS failed" : reason};
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) {
        return failure;
    }
    switch (ERR_GET_REASON(error)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return certificate_failure(t->verify_error);
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
        failure.error = MAILTLS_ERROR_NOT_TLS;
        break;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
        failure.error = MAILTLS_ERROR_TLS_POLICY;
        break;
    case SSL_R_NO_APPLICATION_PROTOCOL:
        failure.error = MAILTLS_ERROR_NO_APPLICATION_PROTOCOL;
        break;
    default:
        if (ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET) {
            failure.error = MAILTLS_ERROR_TLS_ALERT_RECEIVED;
        }
        break;
    }
    return failure;
}
