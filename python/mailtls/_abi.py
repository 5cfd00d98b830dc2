"""What include/mailtls.h declares, as one table: its functions, and the numbers of `_numbers`.

A test compares the table with the header. It must never load a library.
"""

import ctypes
import re

from ._numbers import (  # noqa: F401
    ENUMERATIONS, Acknowledged, Check, ClientCertificate, ClientHelloList, ClientHelloProgress, Condition,
    Deadline, Dismissal, ErrorCode, Event, GreetingStatus, HandOff, InvalidClientCertificate, Limit,
    Lowered, Means, MechanismFloor, MilterDialect, Origin, Part, PeerValidation, Protection, Protocol,
    Rejection, Security, Service, Shortfall, SrvWarning, Standing, Strength, TracePart, Upgrade,
)

#: The version and the ABI of the header that this table is made from.
VERSION_NUMBER = 0x000100
ABI = 0

#: Every function of the header, in its order and as it is declared there.
DECLARATIONS = """
const char *mailtls_version(uint32_t least);
uint32_t mailtls_abi(void);
const char *mailtls_error_text(int32_t error);
int32_t mailtls_error_is_fatal(int32_t error);
int32_t mailtls_service_from_name(const char *name, int32_t *found);
const char *mailtls_service_name(int32_t number);
int32_t mailtls_service_port(int32_t number);
const char *mailtls_tls_version_name(uint16_t version);
int32_t mailtls_tls_version_from_name(const char *version_name);
const char *mailtls_cipher_suite_name(uint16_t suite);
const char *mailtls_cipher_suite_openssl_name(uint16_t suite);
const char *mailtls_cipher_suite_gnutls_name(uint16_t suite);
int32_t mailtls_cipher_suite_bits(uint16_t suite);
int32_t mailtls_cipher_suite_from_name(const char *suite_name);
const char *mailtls_group_name(uint16_t group);
int32_t mailtls_group_from_name(const char *group_name);
const char *mailtls_signature_scheme_name(uint16_t scheme);
int32_t mailtls_signature_scheme_from_name(const char *scheme_name);
mailtls_server_config_builder *mailtls_server_config_builder_new(void);
void mailtls_server_config_builder_free(mailtls_server_config_builder *builder);
const char *mailtls_server_config_builder_reason(const mailtls_server_config_builder *builder);
int32_t mailtls_server_config_builder_alpn(mailtls_server_config_builder *builder, int32_t which, const
    char *names);
int32_t mailtls_server_config_builder_host_name(mailtls_server_config_builder *builder, const char *name);
int32_t mailtls_server_config_builder_greeting_text(mailtls_server_config_builder *builder, const char
    *greeting);
int32_t mailtls_server_config_builder_imap_capabilities(mailtls_server_config_builder *builder, const char
    *words);
int32_t mailtls_server_config_builder_imap_authenticated_capabilities(mailtls_server_config_builder
    *builder, const char *words);
int32_t mailtls_server_config_builder_imap_id(mailtls_server_config_builder *builder, const char *field,
    const char *value);
int32_t mailtls_server_config_builder_pop3_capability(mailtls_server_config_builder *builder, const char
    *line);
int32_t mailtls_server_config_builder_pop3_implementation(mailtls_server_config_builder *builder, const
    char *implementation);
int32_t mailtls_server_config_builder_pop3_utf8(mailtls_server_config_builder *builder, int32_t offered);
int32_t mailtls_server_config_builder_smtp_keyword(mailtls_server_config_builder *builder, const char
    *line);
int32_t mailtls_server_config_builder_smtp_size(mailtls_server_config_builder *builder, uint64_t octets);
int32_t mailtls_server_config_builder_limit(mailtls_server_config_builder *builder, int32_t which, uint64_t
    value);
int32_t mailtls_server_config_builder_deadline(mailtls_server_config_builder *builder, int32_t which,
    uint64_t milliseconds);
int32_t mailtls_server_config_builder_hand_off(mailtls_server_config_builder *builder, int32_t when);
int32_t mailtls_server_config_builder_build(mailtls_server_config_builder *builder, mailtls_server_config
    **config);
void mailtls_server_config_free(mailtls_server_config *config);
int32_t mailtls_server_config_builder_certificate_files(mailtls_server_config_builder *builder, const char
    *chain_file, const char *key_file);
int32_t mailtls_server_config_builder_certificate_pem(mailtls_server_config_builder *builder, const uint8_t
    *chain, size_t chain_len, const uint8_t *key, size_t key_len);
int32_t mailtls_server_config_builder_additional_certificate_files(mailtls_server_config_builder *builder,
    const char *chain_file, const char *key_file);
int32_t mailtls_server_config_builder_additional_certificate_pem(mailtls_server_config_builder *builder,
    const uint8_t *chain, size_t chain_len, const uint8_t *key, size_t key_len);
int32_t mailtls_server_config_builder_tickets(mailtls_server_config_builder *builder, uint32_t count);
int32_t mailtls_server_config_builder_tickets_of(mailtls_server_config_builder *builder, const
    mailtls_server_config *other);
int32_t mailtls_server_config_builder_sasl_mechanisms(mailtls_server_config_builder *builder, const char
    *words);
int32_t mailtls_server_config_builder_raw_sasl_mechanism(mailtls_server_config_builder *builder, const char
    *name);
int32_t mailtls_server_config_builder_password_commands(mailtls_server_config_builder *builder, int32_t
    offered);
int32_t mailtls_server_config_builder_scram_salts(mailtls_server_config_builder *builder, const uint8_t
    *secret, size_t len);
int32_t mailtls_server_config_builder_scram_iterations(mailtls_server_config_builder *builder, uint32_t
    iterations);
int32_t mailtls_server_config_builder_oauth_scope(mailtls_server_config_builder *builder, const char
    *scope);
int32_t mailtls_server_config_builder_oauth_configuration(mailtls_server_config_builder *builder, const
    char *address);
int32_t mailtls_server_config_builder_client_certificates_file(mailtls_server_config_builder *builder,
    const char *ca_file, int32_t invalid);
int32_t mailtls_server_config_builder_client_certificates_pem(mailtls_server_config_builder *builder, const
    uint8_t *ca, size_t len, int32_t invalid);
int32_t mailtls_server_config_builder_channel_bindings(mailtls_server_config_builder *builder, int32_t
    wanted);
mailtls_client_config_builder *mailtls_client_config_builder_new(void);
void mailtls_client_config_builder_free(mailtls_client_config_builder *builder);
const char *mailtls_client_config_builder_reason(const mailtls_client_config_builder *builder);
int32_t mailtls_client_config_builder_ca_file(mailtls_client_config_builder *builder, const char *file);
int32_t mailtls_client_config_builder_ca_pem(mailtls_client_config_builder *builder, const uint8_t *pem,
    size_t len);
int32_t mailtls_client_config_builder_system_ca(mailtls_client_config_builder *builder);
int32_t mailtls_client_config_builder_alpn(mailtls_client_config_builder *builder, int32_t which, const
    char *names);
int32_t mailtls_client_config_builder_client_name(mailtls_client_config_builder *builder, const char
    *name);
int32_t mailtls_client_config_builder_hand_off(mailtls_client_config_builder *builder, int32_t when);
int32_t mailtls_client_config_builder_opportunistic(mailtls_client_config_builder *builder, int32_t
    allowed);
int32_t mailtls_client_config_builder_mechanism_floor(mailtls_client_config_builder *builder, int32_t floor);
int32_t mailtls_client_config_builder_limit(mailtls_client_config_builder *builder, int32_t which, uint64_t
    value);
int32_t mailtls_client_config_builder_deadline(mailtls_client_config_builder *builder, int32_t which,
    uint64_t milliseconds);
int32_t mailtls_client_config_builder_build(mailtls_client_config_builder *builder, mailtls_client_config
    **config);
void mailtls_client_config_free(mailtls_client_config *config);
int32_t mailtls_client_config_builder_revocation_list(mailtls_client_config_builder *builder, const uint8_t
    *list, size_t len);
int32_t mailtls_client_config_builder_refuse_unknown_revocation(mailtls_client_config_builder *builder,
    int32_t refuse);
int32_t mailtls_server_config_builder_revocation_list(mailtls_server_config_builder *builder, const uint8_t
    *list, size_t len);
int32_t mailtls_server_config_builder_refuse_unknown_revocation(mailtls_server_config_builder *builder,
    int32_t refuse);
int32_t mailtls_server_connection_new(const mailtls_server_config *config, int32_t service_number, uint64_t
    now, mailtls_connection **connection);
int32_t mailtls_client_connection_new(const mailtls_client_config *config, int32_t service_number, const
    char *server_name, uint64_t now, mailtls_connection **connection);
void mailtls_connection_free(mailtls_connection *connection);
int32_t mailtls_connection_wants_input(const mailtls_connection *connection);
int32_t mailtls_connection_handle_input(mailtls_connection *connection, const uint8_t *input, size_t len,
    uint64_t now);
int32_t mailtls_connection_handle_end_of_input(mailtls_connection *connection, uint64_t now);
int32_t mailtls_connection_handle_timeout(mailtls_connection *connection, uint64_t now);
int32_t mailtls_connection_poll_event(mailtls_connection *connection, int32_t *event);
int32_t mailtls_connection_poll_transmit(const mailtls_connection *connection, const uint8_t **output,
    size_t *len);
int32_t mailtls_connection_transmitted(mailtls_connection *connection, size_t len);
int32_t mailtls_connection_poll_timeout(const mailtls_connection *connection, uint64_t *deadline);
int32_t mailtls_connection_error(const mailtls_connection *connection);
const char *mailtls_connection_reason(const mailtls_connection *connection);
const char *mailtls_connection_misuse_reason(const mailtls_connection *connection);
int32_t mailtls_connection_service(const mailtls_connection *connection);
int32_t mailtls_client_hello_reader_new(mailtls_client_hello_reader **reader);
int32_t mailtls_client_hello_reader_read(mailtls_client_hello_reader *reader, const uint8_t *bytes, size_t
    len, int32_t *progress);
void mailtls_client_hello_reader_free(mailtls_client_hello_reader *reader);
const mailtls_client_hello *mailtls_client_hello_reader_hello(const mailtls_client_hello_reader *reader);
const char *mailtls_client_hello_reader_reason(const mailtls_client_hello_reader *reader);
int32_t mailtls_client_hello_reader_sslv2_version(const mailtls_client_hello_reader *reader);
const mailtls_client_hello *mailtls_connection_client_hello(const mailtls_connection *connection);
int32_t mailtls_client_hello_highest_version(const mailtls_client_hello *hello);
int32_t mailtls_client_hello_legacy_version(const mailtls_client_hello *hello);
int32_t mailtls_client_hello_record_version(const mailtls_client_hello *hello);
const char *mailtls_client_hello_server_name(const mailtls_client_hello *hello);
int32_t mailtls_client_hello_alpn(const mailtls_client_hello *hello, size_t index, const uint8_t **name,
    size_t *length);
int32_t mailtls_client_hello_codes(const mailtls_client_hello *hello, int32_t list, const uint16_t **codes,
    size_t *count);
int32_t mailtls_client_hello_offers_fallback_scsv(const mailtls_client_hello *hello);
int32_t mailtls_client_hello_offers_secure_renegotiation(const mailtls_client_hello *hello);
int32_t mailtls_client_hello_has_grease(const mailtls_client_hello *hello);
int32_t mailtls_client_hello_bytes(const mailtls_client_hello *hello, uint8_t *buffer, size_t capacity,
    size_t *length);
int32_t mailtls_tls_facts_new(uint16_t version, uint16_t cipher_suite, mailtls_tls_facts **facts);
void mailtls_tls_facts_free(mailtls_tls_facts *facts);
const char *mailtls_tls_facts_reason(const mailtls_tls_facts *facts);
int32_t mailtls_tls_facts_group(mailtls_tls_facts *facts, uint16_t group);
int32_t mailtls_tls_facts_signature_scheme(mailtls_tls_facts *facts, uint16_t scheme);
int32_t mailtls_tls_facts_extended_master_secret(mailtls_tls_facts *facts, int32_t negotiated);
int32_t mailtls_tls_facts_alpn(mailtls_tls_facts *facts, const uint8_t *name, size_t len);
int32_t mailtls_tls_facts_resumed(mailtls_tls_facts *facts, int32_t resumed);
int32_t mailtls_tls_facts_peer_certificate(mailtls_tls_facts *facts, const uint8_t *der, size_t len);
int32_t mailtls_tls_facts_peer_validation(mailtls_tls_facts *facts, int32_t validation);
int32_t mailtls_tls_facts_client_certificate_sent(mailtls_tls_facts *facts, int32_t sent);
int32_t mailtls_tls_facts_client_certificate_requested(mailtls_tls_facts *facts, int32_t requested);
int32_t mailtls_tls_facts_channel_binding(mailtls_tls_facts *facts, const char *kind, const uint8_t *data,
    size_t len);
int32_t mailtls_policy_new(mailtls_policy **policy);
void mailtls_policy_free(mailtls_policy *policy);
int32_t mailtls_policy_parse(mailtls_policy *policy, const char *policy_text);
const char *mailtls_policy_text(const mailtls_policy *policy);
const char *mailtls_policy_reason(const mailtls_policy *policy);
int32_t mailtls_policy_allows_version(const mailtls_policy *policy, uint16_t version);
int32_t mailtls_policy_allows_cipher_suite(const mailtls_policy *policy, uint16_t suite);
int32_t mailtls_policy_allows_group(const mailtls_policy *policy, uint16_t group);
int32_t mailtls_policy_allows_signature_scheme(const mailtls_policy *policy, uint16_t scheme);
int32_t mailtls_policy_requires_extended_master_secret(const mailtls_policy *policy);
int32_t mailtls_policy_judge(const mailtls_policy *policy, const mailtls_tls_facts *facts, mailtls_verdict
    **verdict);
int32_t mailtls_connection_verdict(const mailtls_connection *connection, mailtls_verdict **verdict);
int32_t mailtls_server_config_builder_policy(mailtls_server_config_builder *builder, const mailtls_policy
    *policy);
int32_t mailtls_client_config_builder_policy(mailtls_client_config_builder *builder, const mailtls_policy
    *policy);
void mailtls_verdict_free(mailtls_verdict *verdict);
int32_t mailtls_verdict_standing(const mailtls_verdict *verdict);
const char *mailtls_verdict_text(const mailtls_verdict *verdict);
size_t mailtls_verdict_reason_count(const mailtls_verdict *verdict);
int32_t mailtls_verdict_reason_part(const mailtls_verdict *verdict, size_t index);
int32_t mailtls_verdict_reason_standing(const mailtls_verdict *verdict, size_t index);
const char *mailtls_verdict_reason_section(const mailtls_verdict *verdict, size_t index);
const char *mailtls_verdict_reason_sentence(const mailtls_verdict *verdict, size_t index);
int32_t mailtls_server_config_builder_explains_refused_tls(mailtls_server_config_builder *builder, int32_t
    explains);
int32_t mailtls_server_connection_before_host_tls(const mailtls_server_config *config, int32_t
    service_number, uint64_t now, mailtls_connection **connection);
int32_t mailtls_client_connection_before_host_tls(const mailtls_client_config *config, int32_t
    service_number, uint64_t now, mailtls_connection **connection);
int32_t mailtls_connection_tls_established(mailtls_connection *connection, const mailtls_tls_facts *facts,
    uint64_t now);
int32_t mailtls_connection_tls_failed(mailtls_connection *connection, int32_t error, const char *reason,
    uint64_t now);
int32_t mailtls_server_connection_on_host_tls(const mailtls_server_config *config, int32_t service_number,
    mailtls_tls_facts *facts, uint64_t now, mailtls_connection **connection);
int32_t mailtls_client_connection_on_host_tls(const mailtls_client_config *config, int32_t service_number,
    mailtls_tls_facts *facts, uint64_t now, mailtls_connection **connection);
int32_t mailtls_client_connection_to_before_host_tls(const mailtls_client_config *config, const
    mailtls_target *target, uint64_t now, mailtls_connection **connection);
int32_t mailtls_client_connection_to_on_host_tls(const mailtls_client_config *config, const mailtls_target
    *target, mailtls_tls_facts *facts, uint64_t now, mailtls_connection **connection);
int32_t mailtls_target_new(int32_t service_number, const char *host, mailtls_target **target);
void mailtls_target_free(mailtls_target *target);
const char *mailtls_target_reason(const mailtls_target *target);
int32_t mailtls_target_account(mailtls_target *target, const char *account);
int32_t mailtls_target_minimum(mailtls_target *target, const mailtls_minimum *minimum);
int32_t mailtls_target_pin(mailtls_target *target, const uint8_t *sha256);
int32_t mailtls_target_deferred(mailtls_target *target);
int32_t mailtls_client_connection_new_to(const mailtls_client_config *config, const mailtls_target *target,
    uint64_t now, mailtls_connection **connection);
int32_t mailtls_connection_accept_server_certificate(mailtls_connection *connection, uint64_t now);
int32_t mailtls_connection_pin_server_certificate(mailtls_connection *connection, mailtls_account_setup
    *setup, int32_t acknowledged, uint64_t now);
int32_t mailtls_connection_refuse_server_certificate(mailtls_connection *connection, const char *reason,
    uint64_t now);
int32_t mailtls_connection_server_certificate_check(const mailtls_connection *connection);
int32_t mailtls_connection_server_certificate_reason(const mailtls_connection *connection, uint8_t *buffer,
    size_t capacity, size_t *length);
int32_t mailtls_connection_peer_validation(const mailtls_connection *connection);
int32_t mailtls_connection_ocsp_response(const mailtls_connection *connection, const uint8_t **response,
    size_t *length);
int32_t mailtls_references_of_host(const char *host, mailtls_references **references);
int32_t mailtls_references_for_mail_domain(int32_t service_number, const char *domain, mailtls_references
    **references);
void mailtls_references_free(mailtls_references *references);
const char *mailtls_references_reason(const mailtls_references *references);
int32_t mailtls_references_host(mailtls_references *references, const char *host);
int32_t mailtls_references_srv_target(mailtls_references *references, const char *srv_target, int32_t
    origin_number);
int32_t mailtls_references_common_name_fallback(mailtls_references *references, int32_t allowed);
int32_t mailtls_references_text(const mailtls_references *references, uint8_t *buffer, size_t capacity,
    size_t *length);
int32_t mailtls_references_check(mailtls_references *references, const uint8_t *der, size_t length);
int32_t mailtls_target_references(mailtls_target *target, const mailtls_references *references);
int32_t mailtls_tlsa_dnssec_validated(mailtls_tlsa **tlsa);
void mailtls_tlsa_free(mailtls_tlsa *tlsa);
const char *mailtls_tlsa_reason(const mailtls_tlsa *tlsa);
int32_t mailtls_tlsa_add_text(mailtls_tlsa *tlsa, const char *record);
int32_t mailtls_tlsa_add_rdata(mailtls_tlsa *tlsa, const uint8_t *rdata, size_t length);
size_t mailtls_tlsa_usable_count(const mailtls_tlsa *tlsa);
int32_t mailtls_tlsa_match(mailtls_tlsa *tlsa, const uint8_t *der, size_t length, int32_t *usage);
int32_t mailtls_tlsa_of_certificate(int32_t usage, int32_t selector, int32_t matching_type, const uint8_t
    *der, size_t length, uint8_t *buffer, size_t capacity, size_t *written);
int32_t mailtls_target_tlsa(mailtls_target *target, const mailtls_tlsa *tlsa);
int32_t mailtls_connection_log_out(mailtls_connection *connection, uint64_t now);
size_t mailtls_connection_readable(const mailtls_connection *connection);
int32_t mailtls_connection_read(mailtls_connection *connection, uint8_t *buffer, size_t capacity, size_t
    *len);
int32_t mailtls_connection_write(mailtls_connection *connection, const uint8_t *plaintext, size_t len,
    size_t *written);
int32_t mailtls_connection_close(mailtls_connection *connection, uint64_t now);
int32_t mailtls_connection_accept(mailtls_connection *connection, uint64_t now);
int32_t mailtls_connection_reject(mailtls_connection *connection, int32_t why, uint64_t now);
const char *mailtls_connection_credentials_mechanism(const mailtls_connection *connection);
const char *mailtls_connection_credentials_user(const mailtls_connection *connection);
const char *mailtls_connection_credentials_authorization_identity(const mailtls_connection *connection);
int32_t mailtls_connection_credentials_password(const mailtls_connection *connection, const uint8_t
    **password, size_t *len);
int32_t mailtls_connection_credentials_match(const mailtls_connection *connection, const uint8_t *password,
    size_t password_len, int32_t *matches);
int32_t mailtls_connection_scram_secret(mailtls_connection *connection, const uint8_t *salt, size_t
    salt_len, uint32_t iterations, const uint8_t *stored_key, const uint8_t *server_key, size_t key_len,
    uint64_t now);
int32_t mailtls_connection_scram_password(mailtls_connection *connection, const uint8_t *password, size_t
    password_len, uint64_t now);
int32_t mailtls_scram_secret_from_password(const char *mechanism, const uint8_t *password, size_t
    password_len, const uint8_t *salt, size_t salt_len, uint32_t iterations, uint8_t *stored_key, uint8_t
    *server_key, size_t capacity, size_t *key_len);
int32_t mailtls_connection_response(const mailtls_connection *connection, const uint8_t **response, size_t
    *len, int32_t *present);
int32_t mailtls_connection_send_challenge(mailtls_connection *connection, const uint8_t *challenge, size_t
    len, uint64_t now);
int32_t mailtls_connection_set_apop_timestamp(mailtls_connection *connection, const char *timestamp);
int32_t mailtls_connection_authenticate(mailtls_connection *connection, const char *mechanism, const char
    *user, const uint8_t *password, size_t password_len, uint64_t now);
int32_t mailtls_connection_authenticate_as(mailtls_connection *connection, const char *mechanism, const
    char *user, const char *authorization_identity, const uint8_t *password, size_t password_len, uint64_t
    now);
int32_t mailtls_connection_authenticate_external(mailtls_connection *connection, const char
    *authorization_identity, uint64_t now);
int32_t mailtls_connection_authenticate_raw(mailtls_connection *connection, const char *mechanism, const
    uint8_t *initial_response, size_t len, uint64_t now);
const char *mailtls_connection_best_mechanism(const mailtls_connection *connection, int32_t what, const char *user);
int32_t mailtls_connection_challenge(const mailtls_connection *connection, const uint8_t **challenge,
    size_t *len);
int32_t mailtls_connection_respond(mailtls_connection *connection, const uint8_t *response, size_t len,
    uint64_t now);
int32_t mailtls_connection_cancel(mailtls_connection *connection, uint64_t now);
int32_t mailtls_client_config_builder_client_certificate_files(mailtls_client_config_builder *builder,
    const char *account, const char *chain_file, const char *key_file);
int32_t mailtls_client_config_builder_client_certificate_pem(mailtls_client_config_builder *builder, const
    char *account, const uint8_t *chain, size_t chain_len, const uint8_t *key, size_t key_len);
int32_t mailtls_client_config_builder_client_certificates_tls13_only(mailtls_client_config_builder
    *builder, int32_t only);
int32_t mailtls_client_connection_new_for_account(const mailtls_client_config *config, int32_t
    service_number, const char *server_name, const char *account, uint64_t now, mailtls_connection
    **connection);
int32_t mailtls_connection_accept_certificate(mailtls_connection *connection, const char *identity, int32_t
    preauth, uint64_t now);
int32_t mailtls_connection_refuse_certificate(mailtls_connection *connection, uint64_t now);
const char *mailtls_connection_certificate_reason(const mailtls_connection *connection);
int32_t mailtls_connection_client_certificate(const mailtls_connection *connection);
const char *mailtls_connection_client_name(const mailtls_connection *connection);
int32_t mailtls_connection_pop3_utf8(const mailtls_connection *connection);
int32_t mailtls_connection_greeting_status(const mailtls_connection *connection);
const char *mailtls_connection_greeting(const mailtls_connection *connection);
const char *mailtls_connection_greeting_code(const mailtls_connection *connection);
const char *mailtls_connection_greeting_code_arguments(const mailtls_connection *connection);
size_t mailtls_connection_capability_count(const mailtls_connection *connection);
const char *mailtls_connection_capability(const mailtls_connection *connection, size_t index);
const char *mailtls_connection_refusal_code(const mailtls_connection *connection);
const char *mailtls_connection_refusal_code_arguments(const mailtls_connection *connection);
const char *mailtls_connection_refusal_text(const mailtls_connection *connection);
int32_t mailtls_connection_refusal_temporary(const mailtls_connection *connection);
const char *mailtls_connection_refusal_details(const mailtls_connection *connection);
int32_t mailtls_connection_message_condition(const mailtls_connection *connection);
int32_t mailtls_connection_message_is_alert(const mailtls_connection *connection);
int32_t mailtls_connection_message_is_tagged(const mailtls_connection *connection);
const char *mailtls_connection_message_code(const mailtls_connection *connection);
const char *mailtls_connection_message_code_arguments(const mailtls_connection *connection);
const char *mailtls_connection_message_text(const mailtls_connection *connection);
uint32_t mailtls_connection_messages_dropped(const mailtls_connection *connection);
const char *mailtls_connection_tls_version(const mailtls_connection *connection);
const char *mailtls_connection_cipher_suite(const mailtls_connection *connection);
int32_t mailtls_connection_cipher_bits(const mailtls_connection *connection);
const char *mailtls_connection_group(const mailtls_connection *connection);
const char *mailtls_connection_alpn(const mailtls_connection *connection);
int32_t mailtls_connection_resumed(const mailtls_connection *connection);
int32_t mailtls_connection_channel_binding(const mailtls_connection *connection, const char *kind, uint8_t
    *buffer, size_t capacity, size_t *len);
int32_t mailtls_connection_alert_sent(const mailtls_connection *connection);
int32_t mailtls_connection_alert_received(const mailtls_connection *connection);
int32_t mailtls_connection_log_line(const mailtls_connection *connection, uint8_t *buffer, size_t capacity,
    size_t *length);
uint32_t mailtls_connection_authentications_refused_in_clear(const mailtls_connection *connection);
const char *mailtls_milter_macro_name(int32_t dialect_number, size_t index);
int32_t mailtls_connection_milter_macro(const mailtls_connection *connection, int32_t dialect_number, const
    char *name, uint8_t *buffer, size_t capacity, size_t *length);
int32_t mailtls_connection_milter_macros(const mailtls_connection *connection, int32_t dialect_number,
    uint8_t *buffer, size_t capacity, size_t *length);
int32_t mailtls_tls_facts_milter_macro(const mailtls_tls_facts *facts, int32_t dialect_number, const char
    *name, uint8_t *buffer, size_t capacity, size_t *length);
int32_t mailtls_tls_facts_milter_macros(const mailtls_tls_facts *facts, int32_t dialect_number, uint8_t
    *buffer, size_t capacity, size_t *length);
mailtls_received *mailtls_received_new(void);
void mailtls_received_free(mailtls_received *received);
const char *mailtls_received_reason(const mailtls_received *received);
int32_t mailtls_received_parse(mailtls_received *received, const uint8_t *field, size_t len);
size_t mailtls_received_failed_at(const mailtls_received *received);
const char *mailtls_received_failed_production(const mailtls_received *received);
int32_t mailtls_received_write(const mailtls_received *received, uint8_t *buffer, size_t capacity, size_t
    *length);
const char *mailtls_received_part(const mailtls_received *received, int32_t part);
const char *mailtls_received_comments(const mailtls_received *received, int32_t part);
size_t mailtls_received_clause_count(const mailtls_received *received);
const char *mailtls_received_clause_name(const mailtls_received *received, size_t index);
const char *mailtls_received_clause_value(const mailtls_received *received, size_t index);
int32_t mailtls_received_date(const mailtls_received *received, int64_t *unix_seconds, int16_t
    *zone_minutes);
int32_t mailtls_received_begin(mailtls_received *received, const uint8_t *client_name, size_t
    client_name_len, const uint8_t *address, size_t address_len, const char *dns_name, const char *by,
    int64_t unix_seconds, int16_t zone_minutes);
int32_t mailtls_received_via(mailtls_received *received, const char *link);
int32_t mailtls_received_with(mailtls_received *received, const char *protocol);
int32_t mailtls_received_id(mailtls_received *received, const char *id);
int32_t mailtls_received_for(mailtls_received *received, const char *address);
int32_t mailtls_received_clause(mailtls_received *received, const char *name, const char *value);
int32_t mailtls_received_comment(mailtls_received *received, const char *comment);
int32_t mailtls_received_tls(mailtls_received *received, const mailtls_tls_facts *facts);
int32_t mailtls_connection_trace(const mailtls_connection *connection, mailtls_received *received, int32_t
    smtputf8);
int32_t mailtls_hop_report_new(const uint8_t *message, size_t len, size_t own, mailtls_hop_report
    **report);
void mailtls_hop_report_free(mailtls_hop_report *report);
size_t mailtls_hop_report_count(const mailtls_hop_report *report);
int32_t mailtls_hop_report_weakest(const mailtls_hop_report *report);
const char *mailtls_hop_report_warning(void);
int32_t mailtls_hop_is_fact(const mailtls_hop_report *report, size_t index);
int32_t mailtls_hop_field(const mailtls_hop_report *report, size_t index, size_t *start, size_t *length);
const char *mailtls_strength_name(int32_t strength);
const char *mailtls_hop_part(const mailtls_hop_report *report, size_t index, int32_t part);
const char *mailtls_hop_client_address(const mailtls_hop_report *report, size_t index);
int32_t mailtls_hop_date(const mailtls_hop_report *report, size_t index, int64_t *unix_seconds, int16_t
    *zone_minutes);
int32_t mailtls_hop_protection(const mailtls_hop_report *report, size_t index);
int32_t mailtls_hop_strength(const mailtls_hop_report *report, size_t index);
const char *mailtls_hop_form(const mailtls_hop_report *report, size_t index);
int32_t mailtls_hop_tls_version(const mailtls_hop_report *report, size_t index);
int32_t mailtls_hop_cipher_suite(const mailtls_hop_report *report, size_t index);
int32_t mailtls_hop_cipher_bits(const mailtls_hop_report *report, size_t index);
int32_t mailtls_hop_group(const mailtls_hop_report *report, size_t index);
int32_t mailtls_hop_verified(const mailtls_hop_report *report, size_t index);
size_t mailtls_connection_peer_certificate_count(const mailtls_connection *connection);
int32_t mailtls_connection_peer_certificate(const mailtls_connection *connection, size_t index, const
    uint8_t **der, size_t *len);
const char *mailtls_connection_peer_subject(const mailtls_connection *connection);
const char *mailtls_connection_peer_issuer(const mailtls_connection *connection);
size_t mailtls_connection_peer_dns_name_count(const mailtls_connection *connection);
const char *mailtls_connection_peer_dns_name(const mailtls_connection *connection, size_t index);
int32_t mailtls_connection_peer_validity(const mailtls_connection *connection, int64_t *not_before, int64_t
    *not_after);
int32_t mailtls_connection_peer_sha256(const mailtls_connection *connection, uint8_t *fingerprint);
mailtls_minimum *mailtls_minimum_new(void);
void mailtls_minimum_free(mailtls_minimum *minimum);
const char *mailtls_minimum_reason(const mailtls_minimum *minimum);
int32_t mailtls_minimum_lower(mailtls_minimum *minimum, int32_t lowered, int32_t acknowledged);
int32_t mailtls_minimum_indicator(mailtls_minimum *minimum, const mailtls_tls_facts *facts, int32_t
    *shortfall);
int32_t mailtls_minimum_permits(mailtls_minimum *minimum, const mailtls_tls_facts *facts, int32_t
    *shortfall);
int32_t mailtls_minimum_upgrade(mailtls_minimum *minimum, const mailtls_tls_facts *facts, int32_t
    starttls_offered, int32_t *upgrade);
int32_t mailtls_connection_tls_facts(const mailtls_connection *connection, mailtls_tls_facts **facts);
int32_t mailtls_client_certificate_exposed(uint16_t version);
int32_t mailtls_client_certificate_may_be_sent(const char *authorised_for, const char *account, int32_t
    server_asked, uint16_t version, int32_t tls13_only);
mailtls_pin_store *mailtls_pin_store_new(void);
void mailtls_pin_store_free(mailtls_pin_store *store);
const char *mailtls_pin_store_reason(const mailtls_pin_store *store);
int32_t mailtls_pin_store_read(mailtls_pin_store *store, const uint8_t *content, size_t len);
int32_t mailtls_pin_store_write(const mailtls_pin_store *store, uint8_t *buffer, size_t capacity, size_t
    *len);
size_t mailtls_pin_store_count(const mailtls_pin_store *store);
int32_t mailtls_pin_store_lookup(const mailtls_pin_store *store, const char *account, const char *host,
    uint8_t *sha256);
int32_t mailtls_pin_store_remove(mailtls_pin_store *store, const char *account, const char *host);
int32_t mailtls_pin_store_remove_account(mailtls_pin_store *store, const char *account);
int32_t mailtls_account_setup_new(const char *account, mailtls_account_setup **setup);
void mailtls_account_setup_free(mailtls_account_setup *setup);
const char *mailtls_account_setup_reason(const mailtls_account_setup *setup);
int32_t mailtls_account_setup_pin(mailtls_account_setup *setup, const char *host, const uint8_t *der,
    size_t len);
int32_t mailtls_account_setup_finish(mailtls_account_setup *setup, mailtls_pin_store *store);
int32_t mailtls_srv_new(const char *domain, mailtls_srv **srv);
void mailtls_srv_free(mailtls_srv *srv);
const char *mailtls_srv_reason(const mailtls_srv *srv);
int32_t mailtls_srv_query_name(const mailtls_srv *srv, int32_t service_number, uint8_t *buffer, size_t
    capacity, size_t *len);
int32_t mailtls_srv_add(mailtls_srv *srv, int32_t service_number, uint16_t priority, uint16_t weight,
    uint16_t port, const char *target, int32_t dnssec_validated);
int32_t mailtls_srv_add_response(mailtls_srv *srv, int32_t service_number, const uint8_t *response, size_t
    len, int32_t dnssec_validated);
int32_t mailtls_srv_confirm(mailtls_srv *srv, const char *host);
int32_t mailtls_srv_cleartext_too(mailtls_srv *srv);
int32_t mailtls_srv_found(mailtls_srv *srv, const char *host, uint16_t port, const mailtls_tls_facts
    *facts);
int32_t mailtls_srv_order(mailtls_srv *srv, int32_t which, const mailtls_minimum *minimum, const uint32_t
    *random, size_t count);
int32_t mailtls_srv_not_offered(const mailtls_srv *srv, int32_t service_number);
int32_t mailtls_srv_endpoints(const mailtls_srv *srv, uint8_t *buffer, size_t capacity, size_t *len);
int32_t mailtls_srv_drift(const mailtls_srv *srv, const uint8_t *old, size_t old_len, uint8_t *buffer,
    size_t capacity, size_t *len);
size_t mailtls_srv_candidate_count(const mailtls_srv *srv);
const char *mailtls_srv_candidate_host(const mailtls_srv *srv, size_t index);
uint16_t mailtls_srv_candidate_port(const mailtls_srv *srv, size_t index);
int32_t mailtls_srv_candidate_service(const mailtls_srv *srv, size_t index);
int32_t mailtls_srv_candidate_security(const mailtls_srv *srv, size_t index);
int32_t mailtls_srv_candidate_warnings(const mailtls_srv *srv, size_t index);
int32_t mailtls_srv_candidate_automatic(const mailtls_srv *srv, size_t index);
int32_t mailtls_srv_candidate_references(const mailtls_srv *srv, size_t index, mailtls_references
    **references);
size_t mailtls_srv_dismissed_count(const mailtls_srv *srv);
const char *mailtls_srv_dismissed_host(const mailtls_srv *srv, size_t index);
int32_t mailtls_srv_dismissed_service(const mailtls_srv *srv, size_t index);
int32_t mailtls_srv_dismissed_why(const mailtls_srv *srv, size_t index);
size_t mailtls_srv_unusable_count(const mailtls_srv *srv);
const char *mailtls_srv_unusable(const mailtls_srv *srv, size_t index);
"""


def _opaque(name: str) -> type:
    return type(name, (ctypes.Structure,), {"__doc__": f"struct {name}, of which only C knows the inside."})


HANDLES = {
    name: _opaque(name)
    for name in (
        "mailtls_server_config_builder",
        "mailtls_server_config",
        "mailtls_client_config_builder",
        "mailtls_client_config",
        "mailtls_connection",
        "mailtls_tls_facts",
        "mailtls_target",
        "mailtls_client_hello",
        "mailtls_srv",
        "mailtls_pin_store",
        "mailtls_minimum",
        "mailtls_account_setup",
        "mailtls_client_hello_reader",
        "mailtls_references",
        "mailtls_tlsa",
        "mailtls_policy",
        "mailtls_verdict",
        "mailtls_received",
        "mailtls_hop_report",
    )
}

_SCALARS = {
    "int32_t": ctypes.c_int32,
    "int16_t": ctypes.c_int16,
    "uint16_t": ctypes.c_uint16,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "uint8_t": ctypes.c_uint8,
}

_DECLARATION = re.compile(r"([^();]+?)\b(mailtls_\w+)\(([^()]*)\);")


def ctypes_type(declared: str):
    """The ctypes type of a C type: ``const char *``, ``mailtls_connection **``; None for void."""
    stars = declared.count("*")
    words = declared.replace("*", " ").split()
    constant, name = "const" in words, words[-1]
    if name == "void" and stars == 0:
        return None
    if constant and stars == 1 and name in ("char", "uint8_t"):
        # Both take Python's bytes as they are; a result is copied at once.
        return ctypes.c_char_p
    kind = _SCALARS.get(name) or HANDLES[name]
    for _ in range(stars):
        kind = ctypes.POINTER(kind)
    return kind


def parse_declarations(text: str):
    """Reads C function declarations: name, declared result, declared arguments (name left out)."""
    found = {}
    for result, name, arguments in _DECLARATION.findall(text):
        arguments = " ".join(arguments.split())
        listed = [] if arguments in ("", "void") else arguments.split(",")
        found[name] = (_plain(result), tuple(_plain(re.sub(r"\w+\s*$", "", a)) for a in listed))
    return found


def _plain(declared: str) -> str:
    return " ".join(declared.replace("struct ", "").replace("*", " * ").split()).replace("* *", "**")


#: name -> (result, arguments), as C types.
FUNCTIONS = parse_declarations(DECLARATIONS)
