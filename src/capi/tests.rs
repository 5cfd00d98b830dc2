//! What every function of the ABI has in common: a handle in which a call has failed is poisoned, and no
//! getter answers from it; no function dereferences a pointer past the helpers of `mod.rs`.

use super::*;
use core::ptr::{null, null_mut};

/// The numbers of a header, without comments.
fn header() -> String {
    let text = include_str!("../../include/mailtls.h");
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        code += before;
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    code + rest
}

/// The functions that take a handle as const first: the getters. Those of configurations have nothing
/// that could be poisoned.
fn getters() -> Vec<String> {
    let header = header();
    let mut found = Vec::new();
    for declaration in header.split(';') {
        let Some((before, arguments)) = declaration.split_once('(') else { continue };
        let name = before.rsplit([' ', '*', '\n']).next().unwrap_or("");
        let first = arguments.trim_start();
        let handle = first.strip_prefix("const struct mailtls_").and_then(|rest| rest.split_once(" *"));
        if name.starts_with("mailtls_") && handle.is_some_and(|(kind, _)| !kind.ends_with("_config")) {
            found.push(name.to_owned());
        }
    }
    assert!(found.len() > 100, "the header is not read: {found:?}");
    found
}

/// A ClientHello with one suite and nothing else.
const HELLO: &[u8] = &[
    22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 2, 0x13, 1, 1, 0,
];

/// One handle of each kind, in which a call has failed.
struct Handles {
    connection: *mut connection::mailtls_connection,
    client_hello_reader: *mut client_hello::mailtls_client_hello_reader,
    /// The reader's.
    client_hello: *const client_hello::mailtls_client_hello,
    server_config_builder: *mut server_config::mailtls_server_config_builder,
    client_config_builder: *mut client_config::mailtls_client_config_builder,
    tls_facts: *mut tls_facts::mailtls_tls_facts,
    policy: *mut policy::mailtls_policy,
    verdict: *mut policy::mailtls_verdict,
    target: *mut target::mailtls_target,
    references: *mut identity::mailtls_references,
    tlsa: *mut tlsa::mailtls_tlsa,
    received: *mut received::mailtls_received,
    hop_report: *mut hops::mailtls_hop_report,
    minimum: *mut account::mailtls_minimum,
    pin_store: *mut pins::mailtls_pin_store,
    account_setup: *mut pins::mailtls_account_setup,
    srv: *mut srv::mailtls_srv,
}

macro_rules! made {
    ($new:path $(, $argument:expr)*) => {{
        let mut handle = null_mut();
        assert_eq!($new($($argument,)* &raw mut handle), 0);
        handle
    }};
}

/// Leaves a handle as a panic in a call on it does.
unsafe fn poison<H: Handle>(handle: *const H) {
    unsafe { other(handle) }.unwrap_or_else(|e| panic!("{e}")).poison().set();
}

impl Handles {
    unsafe fn poisoned() -> Self {
        let handles = unsafe { Self::new() };
        unsafe {
            poison(handles.connection);
            poison(handles.client_hello_reader);
            poison(handles.client_hello);
            poison(handles.server_config_builder);
            poison(handles.client_config_builder);
            poison(handles.tls_facts);
            poison(handles.policy);
            poison(handles.verdict);
            poison(handles.target);
            poison(handles.references);
            poison(handles.tlsa);
            poison(handles.received);
            poison(handles.hop_report);
            poison(handles.minimum);
            poison(handles.pin_store);
            poison(handles.account_setup);
            poison(handles.srv);
        }
        handles
    }

    unsafe fn new() -> Self {
        let config = crate::ServerConfig::builder().build().expect("a server");
        let inner = crate::Connection::server_before_host_tls(&config, crate::Service::Imap, 0);
        unsafe {
            let client_hello_reader = made!(client_hello::mailtls_client_hello_reader_new);
            let mut progress = 0;
            assert_eq!(
                client_hello::mailtls_client_hello_reader_read(
                    client_hello_reader,
                    HELLO.as_ptr(),
                    HELLO.len(),
                    &raw mut progress
                ),
                0
            );
            assert_eq!(progress, client_hello::mailtls_client_hello_progress::Hello as i32);
            let tls_facts = made!(tls_facts::mailtls_tls_facts_new, 0x0304, 0x1301);
            let policy = made!(policy::mailtls_policy_new);
            Self {
                connection: connection::handle_of(inner),
                client_hello: client_hello::mailtls_client_hello_reader_hello(client_hello_reader),
                client_hello_reader,
                server_config_builder: server_config::mailtls_server_config_builder_new(),
                client_config_builder: client_config::mailtls_client_config_builder_new(),
                verdict: made!(policy::mailtls_policy_judge, policy, tls_facts),
                tls_facts,
                policy,
                target: made!(target::mailtls_target_new, 1, c"mail.example".as_ptr()),
                references: made!(identity::mailtls_references_of_host, c"mail.example".as_ptr()),
                tlsa: made!(tlsa::mailtls_tlsa_dnssec_validated),
                received: received::mailtls_received_new(),
                hop_report: made!(hops::mailtls_hop_report_new, null(), 0, 0),
                minimum: account::mailtls_minimum_new(),
                pin_store: pins::mailtls_pin_store_new(),
                account_setup: made!(pins::mailtls_account_setup_new, c"tim".as_ptr()),
                srv: made!(srv::mailtls_srv_new, c"example.org".as_ptr()),
            }
        }
    }

    unsafe fn free(self) {
        unsafe {
            connection::mailtls_connection_free(self.connection);
            client_hello::mailtls_client_hello_reader_free(self.client_hello_reader);
            server_config::mailtls_server_config_builder_free(self.server_config_builder);
            client_config::mailtls_client_config_builder_free(self.client_config_builder);
            tls_facts::mailtls_tls_facts_free(self.tls_facts);
            policy::mailtls_policy_free(self.policy);
            policy::mailtls_verdict_free(self.verdict);
            target::mailtls_target_free(self.target);
            identity::mailtls_references_free(self.references);
            tlsa::mailtls_tlsa_free(self.tlsa);
            received::mailtls_received_free(self.received);
            hops::mailtls_hop_report_free(self.hop_report);
            account::mailtls_minimum_free(self.minimum);
            pins::mailtls_pin_store_free(self.pin_store);
            pins::mailtls_account_setup_free(self.account_setup);
            srv::mailtls_srv_free(self.srv);
        }
    }
}

/// A new getter goes into one of the lists: a number, a pointer, a yes or no, or what has no sign.
#[test]
#[allow(clippy::too_many_lines)] // It is a list.
fn no_getter_answers_from_a_poisoned_handle() {
    let mut tried = Vec::new();
    macro_rules! give {
        ($expected:expr; $($module:ident::$function:ident($($argument:expr),*),)*) => {$(
            assert_eq!($module::$function($($argument),*), $expected, stringify!($function));
            tried.push(stringify!($function));
        )*};
    }
    macro_rules! numbers { ($($calls:tt)*) => { give!(ErrorCode::Poisoned.number(); $($calls)*) }; }
    macro_rules! pointers { ($($calls:tt)*) => { give!(null(); $($calls)*) }; }
    macro_rules! yes_or_no { ($($calls:tt)*) => { give!(0; $($calls)*) }; }
    macro_rules! without_sign { ($($calls:tt)*) => { give!(0; $($calls)*) }; }
    let h = unsafe { Handles::poisoned() };
    unsafe {
        pointers! {
            server_config::mailtls_server_config_builder_reason(h.server_config_builder),
            client_config::mailtls_client_config_builder_reason(h.client_config_builder),
            connection::mailtls_connection_reason(h.connection),
            connection::mailtls_connection_misuse_reason(h.connection),
            client_hello::mailtls_client_hello_reader_hello(h.client_hello_reader),
            client_hello::mailtls_client_hello_reader_reason(h.client_hello_reader),
            client_hello::mailtls_connection_client_hello(h.connection),
            client_hello::mailtls_client_hello_server_name(h.client_hello),
            tls_facts::mailtls_tls_facts_reason(h.tls_facts),
            policy::mailtls_policy_text(h.policy),
            policy::mailtls_policy_reason(h.policy),
            policy::mailtls_verdict_text(h.verdict),
            policy::mailtls_verdict_reason_section(h.verdict, 0),
            policy::mailtls_verdict_reason_sentence(h.verdict, 0),
            target::mailtls_target_reason(h.target),
            identity::mailtls_references_reason(h.references),
            tlsa::mailtls_tlsa_reason(h.tlsa),
            server_authentication::mailtls_connection_credentials_mechanism(h.connection),
            server_authentication::mailtls_connection_credentials_user(h.connection),
            server_authentication::mailtls_connection_credentials_authorization_identity(h.connection),
            client_authentication::mailtls_connection_best_mechanism(h.connection, 0, core::ptr::null()),
            client_certificate::mailtls_connection_certificate_reason(h.connection),
            dialogue::mailtls_connection_client_name(h.connection),
            dialogue::mailtls_connection_greeting(h.connection),
            dialogue::mailtls_connection_greeting_code(h.connection),
            dialogue::mailtls_connection_greeting_code_arguments(h.connection),
            dialogue::mailtls_connection_refusal_code_arguments(h.connection),
            messages::mailtls_connection_message_code(h.connection),
            messages::mailtls_connection_message_code_arguments(h.connection),
            messages::mailtls_connection_message_text(h.connection),
            dialogue::mailtls_connection_capability(h.connection, 0),
            dialogue::mailtls_connection_refusal_code(h.connection),
            dialogue::mailtls_connection_refusal_text(h.connection),
            dialogue::mailtls_connection_refusal_details(h.connection),
            tls::mailtls_connection_tls_version(h.connection),
            tls::mailtls_connection_cipher_suite(h.connection),
            tls::mailtls_connection_group(h.connection),
            tls::mailtls_connection_alpn(h.connection),
            received::mailtls_received_reason(h.received),
            received::mailtls_received_failed_production(h.received),
            received::mailtls_received_part(h.received, 0),
            received::mailtls_received_comments(h.received, 0),
            received::mailtls_received_clause_name(h.received, 0),
            received::mailtls_received_clause_value(h.received, 0),
            hops::mailtls_hop_part(h.hop_report, 0, 0),
            hops::mailtls_hop_client_address(h.hop_report, 0),
            hops::mailtls_hop_form(h.hop_report, 0),
            certificate::mailtls_connection_peer_subject(h.connection),
            certificate::mailtls_connection_peer_issuer(h.connection),
            certificate::mailtls_connection_peer_dns_name(h.connection, 0),
            account::mailtls_minimum_reason(h.minimum),
            pins::mailtls_pin_store_reason(h.pin_store),
            pins::mailtls_account_setup_reason(h.account_setup),
            srv::mailtls_srv_reason(h.srv),
            srv_candidates::mailtls_srv_candidate_host(h.srv, 0),
            srv_candidates::mailtls_srv_dismissed_host(h.srv, 0),
            srv_candidates::mailtls_srv_unusable(h.srv, 0),
        }
        yes_or_no! {
            connection::mailtls_connection_wants_input(h.connection),
            client_hello::mailtls_client_hello_offers_fallback_scsv(h.client_hello),
            client_hello::mailtls_client_hello_offers_secure_renegotiation(h.client_hello),
            client_hello::mailtls_client_hello_has_grease(h.client_hello),
            policy::mailtls_policy_allows_version(h.policy, 0),
            policy::mailtls_policy_allows_cipher_suite(h.policy, 0),
            policy::mailtls_policy_allows_group(h.policy, 0),
            policy::mailtls_policy_allows_signature_scheme(h.policy, 0),
            policy::mailtls_policy_requires_extended_master_secret(h.policy),
            dialogue::mailtls_connection_pop3_utf8(h.connection),
            dialogue::mailtls_connection_refusal_temporary(h.connection),
            messages::mailtls_connection_message_is_alert(h.connection),
            messages::mailtls_connection_message_is_tagged(h.connection),
            tls::mailtls_connection_resumed(h.connection),
            hops::mailtls_hop_is_fact(h.hop_report, 0),
            srv::mailtls_srv_not_offered(h.srv, 0),
            srv_candidates::mailtls_srv_candidate_automatic(h.srv, 0),
        }
        without_sign! {
            policy::mailtls_verdict_reason_count(h.verdict),
            tlsa::mailtls_tlsa_usable_count(h.tlsa),
            commands::mailtls_connection_readable(h.connection),
            dialogue::mailtls_connection_capability_count(h.connection),
            log_line::mailtls_connection_authentications_refused_in_clear(h.connection),
            messages::mailtls_connection_messages_dropped(h.connection),
            received::mailtls_received_failed_at(h.received),
            received::mailtls_received_clause_count(h.received),
            hops::mailtls_hop_report_count(h.hop_report),
            certificate::mailtls_connection_peer_certificate_count(h.connection),
            certificate::mailtls_connection_peer_dns_name_count(h.connection),
            pins::mailtls_pin_store_count(h.pin_store),
            srv_candidates::mailtls_srv_candidate_count(h.srv),
            srv_candidates::mailtls_srv_candidate_port(h.srv, 0),
            srv_candidates::mailtls_srv_dismissed_count(h.srv),
            srv_candidates::mailtls_srv_unusable_count(h.srv),
        }
        numbers! {
            connection::mailtls_connection_poll_transmit(h.connection, null_mut(), null_mut()),
            connection::mailtls_connection_poll_timeout(h.connection, null_mut()),
            connection::mailtls_connection_error(h.connection),
            connection::mailtls_connection_service(h.connection),
            client_hello::mailtls_client_hello_reader_sslv2_version(h.client_hello_reader),
            client_hello::mailtls_client_hello_highest_version(h.client_hello),
            client_hello::mailtls_client_hello_legacy_version(h.client_hello),
            client_hello::mailtls_client_hello_record_version(h.client_hello),
            client_hello::mailtls_client_hello_alpn(h.client_hello, 0, null_mut(), null_mut()),
            client_hello::mailtls_client_hello_codes(h.client_hello, 0, null_mut(), null_mut()),
            client_hello::mailtls_client_hello_bytes(h.client_hello, null_mut(), 0, null_mut()),
            policy::mailtls_policy_judge(h.policy, null(), null_mut()),
            policy::mailtls_connection_verdict(h.connection, null_mut()),
            policy::mailtls_verdict_standing(h.verdict),
            policy::mailtls_verdict_reason_part(h.verdict, 0),
            policy::mailtls_verdict_reason_standing(h.verdict, 0),
            target::mailtls_connection_server_certificate_check(h.connection),
            target::mailtls_connection_server_certificate_reason(h.connection, null_mut(), 0, null_mut()),
            target::mailtls_connection_peer_validation(h.connection),
            target::mailtls_connection_ocsp_response(h.connection, null_mut(), null_mut()),
            identity::mailtls_references_text(h.references, null_mut(), 0, null_mut()),
            server_authentication::mailtls_connection_credentials_password(h.connection, null_mut(), null_mut()),
            server_authentication::mailtls_connection_credentials_match(h.connection, null(), 0, null_mut()),
            server_authentication::mailtls_connection_response(h.connection, null_mut(), null_mut(), null_mut()),
            client_authentication::mailtls_connection_challenge(h.connection, null_mut(), null_mut()),
            client_certificate::mailtls_connection_client_certificate(h.connection),
            dialogue::mailtls_connection_greeting_status(h.connection),
            messages::mailtls_connection_message_condition(h.connection),
            tls::mailtls_connection_cipher_bits(h.connection),
            tls::mailtls_connection_channel_binding(h.connection, null(), null_mut(), 0, null_mut()),
            tls::mailtls_connection_alert_sent(h.connection),
            tls::mailtls_connection_alert_received(h.connection),
            log_line::mailtls_connection_log_line(h.connection, null_mut(), 0, null_mut()),
            milter::mailtls_connection_milter_macro(h.connection, 0, null(), null_mut(), 0, null_mut()),
            milter::mailtls_connection_milter_macros(h.connection, 0, null_mut(), 0, null_mut()),
            milter::mailtls_tls_facts_milter_macro(h.tls_facts, 0, null(), null_mut(), 0, null_mut()),
            milter::mailtls_tls_facts_milter_macros(h.tls_facts, 0, null_mut(), 0, null_mut()),
            received::mailtls_received_write(h.received, null_mut(), 0, null_mut()),
            received::mailtls_received_date(h.received, null_mut(), null_mut()),
            received_build::mailtls_connection_trace(h.connection, h.received, 0),
            hops::mailtls_hop_report_weakest(h.hop_report),
            hops::mailtls_hop_field(h.hop_report, 0, null_mut(), null_mut()),
            hops::mailtls_hop_date(h.hop_report, 0, null_mut(), null_mut()),
            hops::mailtls_hop_protection(h.hop_report, 0),
            hops::mailtls_hop_strength(h.hop_report, 0),
            hops::mailtls_hop_tls_version(h.hop_report, 0),
            hops::mailtls_hop_cipher_suite(h.hop_report, 0),
            hops::mailtls_hop_cipher_bits(h.hop_report, 0),
            hops::mailtls_hop_group(h.hop_report, 0),
            hops::mailtls_hop_verified(h.hop_report, 0),
            certificate::mailtls_connection_peer_certificate(h.connection, 0, null_mut(), null_mut()),
            certificate::mailtls_connection_peer_validity(h.connection, null_mut(), null_mut()),
            certificate::mailtls_connection_peer_sha256(h.connection, null_mut()),
            account::mailtls_connection_tls_facts(h.connection, null_mut()),
            pins::mailtls_pin_store_write(h.pin_store, null_mut(), 0, null_mut()),
            pins::mailtls_pin_store_lookup(h.pin_store, null(), null(), null_mut()),
            srv::mailtls_srv_query_name(h.srv, 0, null_mut(), 0, null_mut()),
            srv::mailtls_srv_endpoints(h.srv, null_mut(), 0, null_mut()),
            srv::mailtls_srv_drift(h.srv, null(), 0, null_mut(), 0, null_mut()),
            srv_candidates::mailtls_srv_candidate_service(h.srv, 0),
            srv_candidates::mailtls_srv_candidate_security(h.srv, 0),
            srv_candidates::mailtls_srv_candidate_warnings(h.srv, 0),
            srv_candidates::mailtls_srv_candidate_references(h.srv, 0, null_mut()),
            srv_candidates::mailtls_srv_dismissed_service(h.srv, 0),
            srv_candidates::mailtls_srv_dismissed_why(h.srv, 0),
        }
        h.free();
    }
    tried.sort_unstable();
    let mut expected = getters();
    expected.sort_unstable();
    assert_eq!(tried, expected, "src/capi/tests.rs must try every getter, see the lists above");
}

#[test]
fn a_panic_poisons_whether_the_handle_is_const_or_not() {
    let failed = ErrorCode::Internal.number();
    let poisoned = ErrorCode::Poisoned.number();
    unsafe {
        for way in 0..3 {
            let policy: *mut policy::mailtls_policy = made!(policy::mailtls_policy_new);
            match way {
                0 => assert_eq!(with(policy, |_| panic!("on purpose")), failed),
                1 => assert_eq!(look(policy, |_| panic!("on purpose")), failed),
                _ => assert_eq!(peek(policy, 0, |_| -> i32 { panic!("on purpose") }), poisoned),
            }
            assert!(policy::mailtls_policy_text(policy).is_null());
            assert_eq!(policy::mailtls_policy_allows_version(policy, 0x0304), 0);
            assert_eq!(policy::mailtls_policy_parse(policy, c"bcp195".as_ptr()), poisoned);
            // Nor does a call on another handle read it.
            let builder = server_config::mailtls_server_config_builder_new();
            assert_eq!(policy::mailtls_server_config_builder_policy(builder, policy), poisoned);
            server_config::mailtls_server_config_builder_free(builder);
            policy::mailtls_policy_free(policy);
        }
    }
}

#[test]
fn a_panic_poisons_every_handle_that_the_call_changes() {
    let (failed, poisoned) = (ErrorCode::Internal.number(), ErrorCode::Poisoned.number());
    unsafe {
        let setup: *mut pins::mailtls_account_setup =
            made!(pins::mailtls_account_setup_new, c"tim@mail.example".as_ptr());
        let store = pins::mailtls_pin_store_new();
        // An error leaves it as it is.
        let refused = with(setup, |_| other_mut(store).and_then(|_| Err(super::null())));
        assert_eq!(refused, ErrorCode::NullArgument.number());
        assert_eq!(pins::mailtls_pin_store_read(store, c"mailtls-pins 1\n".as_ptr().cast(), 15), 0);
        let panics = with(setup, |_| {
            let _store = other_mut(store)?;
            panic!("on purpose")
        });
        assert_eq!(panics, failed);
        assert_eq!(pins::mailtls_account_setup_finish(setup, null_mut()), poisoned);
        assert_eq!(pins::mailtls_pin_store_read(store, null(), 0), poisoned);
        let mut len = 0;
        assert_eq!(pins::mailtls_pin_store_write(store, null_mut(), 0, &raw mut len), poisoned);
        pins::mailtls_account_setup_free(setup);
        pins::mailtls_pin_store_free(store);
    }
}

#[test]
fn a_poisoned_handle_as_a_second_argument_is_refused() {
    let poisoned = ErrorCode::Poisoned.number();
    unsafe {
        let (bad, good) = (Handles::poisoned(), Handles::new());
        let config = crate::ClientConfig::builder().build().expect("a client");
        let config = client_config::mailtls_client_config(config);
        let config = &raw const config;
        let (mut number, mut c) = (0, null_mut());
        for result in [
            policy::mailtls_policy_judge(good.policy, bad.tls_facts, &mut null_mut()),
            policy::mailtls_client_config_builder_policy(good.client_config_builder, bad.policy),
            host_tls::mailtls_connection_tls_established(good.connection, bad.tls_facts, 0),
            host_tls::mailtls_client_connection_on_host_tls(config, 1, bad.tls_facts, 0, &raw mut c),
            host_tls::mailtls_client_connection_to_on_host_tls(
                config,
                bad.target,
                good.tls_facts,
                0,
                &raw mut c,
            ),
            host_tls::mailtls_client_connection_to_before_host_tls(config, bad.target, 0, &raw mut c),
            target::mailtls_client_connection_new_to(config, bad.target, 0, &raw mut c),
            target::mailtls_target_minimum(good.target, bad.minimum),
            target::mailtls_connection_pin_server_certificate(good.connection, bad.account_setup, 1, 0),
            identity::mailtls_target_references(good.target, bad.references),
            tlsa::mailtls_target_tlsa(good.target, bad.tlsa),
            account::mailtls_minimum_permits(good.minimum, bad.tls_facts, &raw mut number),
            account::mailtls_minimum_indicator(good.minimum, bad.tls_facts, &raw mut number),
            account::mailtls_minimum_upgrade(good.minimum, bad.tls_facts, 0, &raw mut number),
            srv::mailtls_srv_found(good.srv, c"mail.example".as_ptr(), 993, bad.tls_facts),
            srv::mailtls_srv_order(good.srv, 1, bad.minimum, null(), 0),
            pins::mailtls_account_setup_finish(good.account_setup, bad.pin_store),
        ] {
            assert_eq!(result, poisoned);
        }
        assert!(c.is_null() && number == 0);
        bad.free();
        good.free();
    }
}

/// Only the helpers make references of what C gives: they check for NULL and poison.
#[test]
fn pointers_are_dereferenced_in_the_helpers_alone() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/capi");
    let mut functions = 0;
    for file in std::fs::read_dir(directory).expect("src/capi") {
        let path = file.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name == "mod.rs" || name == "tests.rs" {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a source file");
        for function in source.split("unsafe extern \"C\" fn ").skip(1) {
            functions += 1;
            let (head, body) = function.split_once('{').expect("a body");
            let body = body.split("\n}\n").next().unwrap_or(body);
            let arguments = head.split_once('(').map_or("", |(_, arguments)| arguments);
            for argument in arguments.split(',') {
                let Some((argument, kind)) = argument.trim().split_once(": ") else { continue };
                if !kind.starts_with('*') {
                    continue;
                }
                for how in [".as_ref()", ".as_mut()", ".read()", ".write("] {
                    let found = body.contains(&format!("{argument}{how}"));
                    assert!(!found, "{name}: {argument}{how} in {}", head.lines().next().unwrap_or(""));
                }
                assert!(!body.contains(&format!("*{argument}")), "{name}: *{argument}");
            }
        }
    }
    assert!(functions > 200, "{functions} functions");
}
