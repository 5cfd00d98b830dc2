//! Header section: server configuration.

use super::types::{hand_off, protocol, set_deadline, set_limit};
use super::{
    Configuration, Handle, Poison, alpn_names, c_text, free, hand_out, need, or_null, peek, put, text, with,
};
use crate::connection::{ServerConfig, ServerConfigBuilder};
use crate::dialogue::ServerSettings;
use crate::error::Error;
use core::ffi::c_char;
use std::ffi::CString;

/// Collects what a server configuration is made of. Used by one thread at a time.
pub struct mailtls_server_config_builder {
    pub(super) builder: ServerConfigBuilder,
    reason: Option<CString>,
    poison: Poison,
}

/// What a server needs to know before its first connection: built once, never changed, may be
/// shared by threads and inherited by forked children. Connections keep what they need of it,
/// so it may be freed at any time.
pub struct mailtls_server_config(pub(super) ServerConfig);

impl Configuration for mailtls_server_config {}

type Builder = mailtls_server_config_builder;

impl Handle for Builder {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

/// Makes a builder with every default. Never NULL; end it with
/// mailtls_server_config_builder_free.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_server_config_builder_new() -> *mut mailtls_server_config_builder {
    hand_out(Builder { builder: ServerConfig::builder(), reason: None, poison: Poison::default() })
}

/// Frees a builder. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_free(builder: *mut mailtls_server_config_builder) {
    // SAFETY: from _new, by the contract.
    unsafe { free(builder) }
}

/// Returns one line about the last call on this builder that failed, or NULL. Valid until the
/// next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_reason(
    builder: *const mailtls_server_config_builder,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(builder, core::ptr::null(), |b| or_null(b.reason.as_ref())) }
}

/// Sets the ALPN names of a protocol, a mailtls_protocol, the preferred one first, separated by
/// spaces, in the place of its usual one ("imap", "pop3", "smtp"). A client that offers only other
/// names is refused with the alert no_application_protocol, against the ALPACA attack; one that
/// offers none is served (RFC 7301).
///
/// The text is copied. Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; MAILTLS_ERROR_INVALID_ARGUMENT for
/// what is not a protocol, a name longer than 255 octets, no name at all (nobody would be
/// refused then), and a text that is not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_alpn(
    builder: *mut mailtls_server_config_builder,
    which: i32,
    names: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            let (protocol, names) = (protocol(which)?, alpn_names(text(names)?));
            b.builder.alpn(protocol, &names).map(|_| ())
        })
    }
}

/// Changes the settings.
///
/// # Safety
/// As for [`with`].
pub(super) unsafe fn set(
    builder: *mut Builder,
    change: impl FnOnce(&mut ServerSettings) -> Result<(), Error>,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        with(builder, |b| {
            let mut result = Ok(());
            b.builder.settings(|settings| result = change(settings));
            result
        })
    }
}

/// Sets the server's own name, for the SMTP greeting and the EHLO answer. Default "localhost".
///
/// The text is copied. Returns 0, MAILTLS_ERROR_NULL_ARGUMENT or MAILTLS_ERROR_INVALID_ARGUMENT
/// (not UTF-8); what else is wrong with it is told by _build.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_host_name(
    builder: *mut mailtls_server_config_builder,
    name: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.host_name = text(name)?.into();
            Ok(())
        })
    }
}

/// Sets the text of the greeting. Default "ready". Returns as
/// mailtls_server_config_builder_host_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_greeting_text(
    builder: *mut mailtls_server_config_builder,
    greeting: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.greeting_text = text(greeting)?.into();
            Ok(())
        })
    }
}

/// Sets the IMAP capabilities to add before authentication, separated by spaces. Default "".
///
/// IMAP4rev1, IMAP4rev2, SASL-IR, LITERAL-, ID and AUTH= are always told as they apply.
/// The text is copied. Returns as mailtls_server_config_builder_host_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_imap_capabilities(
    builder: *mut mailtls_server_config_builder,
    words: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.imap_capabilities = list(text(words)?);
            Ok(())
        })
    }
}

/// Sets the IMAP capabilities told in the answer to a successful authentication: all that the
/// host has then, separated by spaces. Default "": none are told.
///
/// The text is copied. Returns as mailtls_server_config_builder_host_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_imap_authenticated_capabilities(
    builder: *mut mailtls_server_config_builder,
    words: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.imap_authenticated_capabilities = list(text(words)?);
            Ok(())
        })
    }
}

fn list(words: &str) -> Vec<String> {
    words.split_ascii_whitespace().map(Into::into).collect()
}

/// Adds a field to the answer to the IMAP command ID (RFC 2971): its name and value.
///
/// The texts are copied. Returns as mailtls_server_config_builder_host_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_imap_id(
    builder: *mut mailtls_server_config_builder,
    field: *const c_char,
    value: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.imap_id.push((text(field)?.into(), text(value)?.into()));
            Ok(())
        })
    }
}

/// Adds a line to the answer to the POP3 command CAPA, such as "TOP" or "EXPIRE NEVER".
///
/// The text is copied. Returns as mailtls_server_config_builder_host_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_pop3_capability(
    builder: *mut mailtls_server_config_builder,
    line: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.pop3_capabilities.push(text(line)?.into());
            Ok(())
        })
    }
}

/// Sets the text of the POP3 capability IMPLEMENTATION. Not told by default.
///
/// The text is copied. Returns as mailtls_server_config_builder_host_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_pop3_implementation(
    builder: *mut mailtls_server_config_builder,
    implementation: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.pop3_implementation = Some(text(implementation)?.into());
            Ok(())
        })
    }
}

/// Sets whether the POP3 command UTF8 (RFC 6856) is offered (1) or not (0). Default 0.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_pop3_utf8(
    builder: *mut mailtls_server_config_builder,
    offered: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.pop3_utf8 = offered != 0;
            Ok(())
        })
    }
}

/// Adds a keyword line to the SMTP EHLO answer, such as "CHUNKING".
///
/// 8BITMIME, PIPELINING, ENHANCEDSTATUSCODES, AUTH and SIZE are told as they apply.
/// The text is copied. Returns as mailtls_server_config_builder_host_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_smtp_keyword(
    builder: *mut mailtls_server_config_builder,
    line: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.smtp_keywords.push(text(line)?.into());
            Ok(())
        })
    }
}

/// Sets the SMTP SIZE value (RFC 1870) in octets; 0 tells that there is no fixed limit.
/// Not told by default.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_smtp_size(
    builder: *mut mailtls_server_config_builder,
    octets: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(builder, |s| {
            s.smtp_size = Some(octets);
            Ok(())
        })
    }
}

/// Sets a limit: `which` is a mailtls_limit.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT when there is no
/// such limit; an impossible value is told by _build.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_limit(
    builder: *mut mailtls_server_config_builder,
    which: i32,
    value: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { set(builder, |s| set_limit(&mut s.limits, which, value)) }
}

/// Sets a deadline: `which` is a mailtls_deadline.
///
/// Returns as mailtls_server_config_builder_limit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_deadline(
    builder: *mut mailtls_server_config_builder,
    which: i32,
    milliseconds: u64,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            let mut result = Ok(());
            b.builder.deadlines(|deadlines| result = set_deadline(deadlines, which, milliseconds));
            result
        })
    }
}

/// Sets when the plaintext becomes the host's: a mailtls_hand_off, of which a server has
/// AFTER_AUTHENTICATION (default) and TRANSPARENT.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT or MAILTLS_ERROR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_hand_off(
    builder: *mut mailtls_server_config_builder,
    when: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            b.builder.hand_off(hand_off(when)?);
            Ok(())
        })
    }
}

/// Makes the configuration. The builder stays as it is, for another one or to be freed.
///
/// `*config` is written only on success; end it with mailtls_server_config_free.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT when a setting is
/// wrong (mailtls_server_config_builder_reason names it).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_build(
    builder: *mut mailtls_server_config_builder,
    config: *mut *mut mailtls_server_config,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            need(config)?;
            let built = b.builder.build()?;
            put(config, hand_out(mailtls_server_config(built)))
        })
    }
}

/// Frees a configuration. NULL is allowed. Connections made with it are not affected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_free(config: *mut mailtls_server_config) {
    // SAFETY: from _build, by the contract.
    unsafe { free(config) }
}
