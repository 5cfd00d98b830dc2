//! Header section: policies, and their verdict on what TLS has negotiated.

use super::client_config::mailtls_client_config_builder;
use super::connection::mailtls_connection;
use super::server_config::mailtls_server_config_builder;
use super::tls_facts::mailtls_tls_facts;
use super::{
    Answer, Handle, Poison, c_text, free, hand_out, look, need, or_null, other, peek, put, text, with,
};
use crate::error::Error;
use crate::tls::policy::{Part, Policy, Reason, Standing, Verdict};
use crate::tls::registry::{CipherSuite, Group, SignatureScheme, Version};
use core::ffi::c_char;
use std::ffi::CString;

/// How a channel, or a part of it, stands before a policy.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_standing {
    /// It must not be used.
    Refused = 0,
    /// It may be used, and ought to go.
    Tolerated = 1,
    /// Nothing to be said against it.
    Accepted = 2,
}

impl From<Standing> for mailtls_standing {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Refused => Self::Refused,
            Standing::Tolerated => Self::Tolerated,
            Standing::Accepted => Self::Accepted,
        }
    }
}

/// The part of a channel that a verdict's reason is about.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_part {
    /// There is no such reason.
    None = 0,
    /// The version.
    Version = 1,
    /// The cipher suite.
    CipherSuite = 2,
    /// The group of the key exchange.
    Group = 3,
    /// The scheme that the handshake was signed with.
    SignatureScheme = 4,
    /// The peer's certificate: its key, or what it is signed with.
    Certificate = 5,
    /// The extended master secret.
    ExtendedMasterSecret = 6,
}

impl From<Part> for mailtls_part {
    fn from(part: Part) -> Self {
        match part {
            Part::Version => Self::Version,
            Part::CipherSuite => Self::CipherSuite,
            Part::Group => Self::Group,
            Part::SignatureScheme => Self::SignatureScheme,
            Part::Certificate => Self::Certificate,
            Part::ExtendedMasterSecret => Self::ExtendedMasterSecret,
        }
    }
}

/// What of TLS is accepted, tolerated and refused. Used by one thread at a time.
pub struct mailtls_policy {
    pub(super) policy: Policy,
    text: CString,
    reason: Option<CString>,
    poison: Poison,
}

impl Handle for mailtls_policy {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

/// Makes the default policy, "rfc8997": TLS 1.2 or later, with cipher suites that RFC 9325
/// recommends.
///
/// `*policy` is written only on success; end it with mailtls_policy_free.
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_policy_new(policy: *mut *mut mailtls_policy) -> i32 {
    super::guard(|| {
        need(policy)?;
        let default = Policy::default();
        let text = c_text(&default.to_string());
        let made = mailtls_policy { policy: default, text, reason: None, poison: Poison::default() };
        // SAFETY: writable, by the contract.
        unsafe { put(policy, hand_out(made)) }
    })
}

/// Frees a policy. NULL is allowed. What was judged or made by it is not affected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_policy_free(policy: *mut mailtls_policy) {
    // SAFETY: from _new, by the contract.
    unsafe { free(policy) }
}

/// Makes of a policy what the text says: a name, and any number of changes to what it stands for,
/// such as "bcp195 ~weak-certificate ciphers=ECDHE+AESGCM". docs/policies.md has the names and the
/// changes.
///
/// Returns 0; MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_INVALID_ARGUMENT, which leaves the policy
/// as it was: mailtls_policy_reason names the part of the text that is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_policy_parse(
    policy: *mut mailtls_policy,
    policy_text: *const c_char,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(policy, |p| {
            p.policy = text(policy_text)?.parse()?;
            p.text = c_text(&p.policy.to_string());
            Ok(())
        })
    }
}

/// Returns the text that mailtls_policy_parse makes the same policy of. NULL for NULL. Valid until
/// the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_policy_text(policy: *const mailtls_policy) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(policy, core::ptr::null(), |p| p.text.as_ptr()) }
}

/// Returns one line about the last call on this policy that failed, or NULL. Valid until the next
/// call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_policy_reason(policy: *const mailtls_policy) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(policy, core::ptr::null(), |p| or_null(p.reason.as_ref())) }
}

/// Returns 1 when the policy does not refuse this version, 0 when it does or is NULL: with this and
/// the next three, a host's TLS library is told what not to negotiate at all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_policy_allows_version(policy: *const mailtls_policy, version: u16) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(policy, false, |p| p.policy.allows_version(Version(version))) }.into()
}

/// Returns 1 when the policy does not refuse this cipher suite, 0 when it does or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_policy_allows_cipher_suite(
    policy: *const mailtls_policy,
    suite: u16,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(policy, false, |p| p.policy.allows_suite(CipherSuite(suite))) }.into()
}

/// Returns 1 when the policy does not refuse this group, 0 when it does or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_policy_allows_group(policy: *const mailtls_policy, group: u16) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(policy, false, |p| p.policy.allows_group(Group(group))) }.into()
}

/// Returns 1 when the policy does not refuse this signature scheme, 0 when it does or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_policy_allows_signature_scheme(
    policy: *const mailtls_policy,
    scheme: u16,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(policy, false, |p| p.policy.allows_signature_scheme(SignatureScheme(scheme))) }.into()
}

/// Returns 1 when the policy refuses TLS 1.2 and older without the extended master secret (RFC 7627),
/// 0 when it does not or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_policy_requires_extended_master_secret(
    policy: *const mailtls_policy,
) -> i32 {
    // SAFETY: by the contract.
    unsafe { peek(policy, false, |p| p.policy.requires_extended_master_secret()) }.into()
}

/// What a policy says of what TLS has negotiated. It never changes and may be read by several
/// threads.
pub struct mailtls_verdict {
    verdict: Verdict,
    text: CString,
    reasons: Vec<(CString, CString)>,
    poison: Poison,
}

impl Handle for mailtls_verdict {
    fn poison(&self) -> &Poison {
        &self.poison
    }
}

/// Judges what TLS has negotiated. Facts that were not told count against nobody, but for the group
/// where the policy requires a certain one.
///
/// `*verdict` is written only on success, whatever the verdict is; end it with mailtls_verdict_free.
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_policy_judge(
    policy: *const mailtls_policy,
    facts: *const mailtls_tls_facts,
    verdict: *mut *mut mailtls_verdict,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(policy, |p| {
            need(verdict)?;
            put(verdict, handle_of(p.policy.judge(&other(facts)?.inner)))
        })
    }
}

fn handle_of(verdict: Verdict) -> *mut mailtls_verdict {
    let texts = |reason: &Reason| (c_text(reason.section()), c_text(reason.sentence()));
    hand_out(mailtls_verdict {
        text: c_text(&verdict.to_string()),
        reasons: verdict.reasons().iter().map(texts).collect(),
        verdict,
        poison: Poison::default(),
    })
}

/// Says what the policy of the connection's configuration makes of what TLS has negotiated on it. It is
/// never a refusal, but where mailtls_server_config_builder_explains_refused_tls keeps the connection.
///
/// `*verdict` is written only on success; end it with mailtls_verdict_free. Returns 0,
/// MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_WRONG_STATE before TLS stands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_verdict(
    connection: *const mailtls_connection,
    verdict: *mut *mut mailtls_verdict,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |c| {
            need(verdict)?;
            let judged = c.inner.verdict().ok_or_else(|| Error::wrong_state("TLS does not stand"))?;
            put(verdict, handle_of(judged))
        })
    }
}

/// Sets what TLS must be. The engine negotiates nothing that the policy refuses; what a host's own
/// library has negotiated is judged before anything is said. The default is "rfc8997". The policy is
/// copied.
///
/// A configuration is for a listener: where users of old programs are served on a port of their own, that
/// has a laxer one (RFC 8314 section 4.1). An exception for a user is made by the laxest policy here, and
/// mailtls_policy_judge by the stricter one for everybody else, when MAILTLS_EVENT_CREDENTIALS tells who
/// it is.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT. _build refuses a policy that leaves the engine nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_server_config_builder_policy(
    builder: *mut mailtls_server_config_builder,
    policy: *const mailtls_policy,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            b.builder.policy(other(policy)?.policy.clone());
            Ok(())
        })
    }
}

/// Sets what TLS must be, for a client. It says nothing of certificates but how strong they must be: who
/// the server must be is another question (mailtls_target).
///
/// Returns as mailtls_server_config_builder_policy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_config_builder_policy(
    builder: *mut mailtls_client_config_builder,
    policy: *const mailtls_policy,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(builder, |b| {
            b.builder.policy(other(policy)?.policy.clone());
            Ok(())
        })
    }
}

/// Frees a verdict. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_verdict_free(verdict: *mut mailtls_verdict) {
    // SAFETY: from mailtls_policy_judge, by the contract.
    unsafe { free(verdict) }
}

/// Returns a mailtls_standing: the worst of the reasons. A refused channel must see no credentials;
/// no connection of mailtls is made on one that the connection's own policy refuses. For NULL it is
/// MAILTLS_STANDING_REFUSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_verdict_standing(verdict: *const mailtls_verdict) -> i32 {
    let refused = mailtls_standing::Refused as i32;
    // SAFETY: by the contract.
    unsafe { peek(verdict, refused, |v| mailtls_standing::from(v.verdict.standing()) as i32) }
}

/// Returns the verdict in one line for a log: "accepted", or the standing and every reason with its
/// RFC section. NULL for NULL. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_verdict_text(verdict: *const mailtls_verdict) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(verdict, core::ptr::null(), |v| v.text.as_ptr()) }
}

/// Returns how many reasons there are: none when all is accepted. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_verdict_reason_count(verdict: *const mailtls_verdict) -> usize {
    // SAFETY: by the contract.
    unsafe { peek(verdict, 0, |v| v.reasons.len()) }
}

/// Looks up the reason with a number.
///
/// # Safety
/// As for [`peek`].
unsafe fn reason<T: Answer + Copy>(
    verdict: *const mailtls_verdict,
    index: usize,
    otherwise: T,
    look: impl FnOnce(&Reason) -> T,
) -> T {
    // SAFETY: the caller's promise.
    unsafe { peek(verdict, otherwise, |v| v.verdict.reasons().get(index).map_or(otherwise, look)) }
}

/// Returns the part of the channel that a reason is about, a mailtls_part. `index` counts from 0;
/// MAILTLS_PART_NONE beyond the last, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_verdict_reason_part(verdict: *const mailtls_verdict, index: usize) -> i32 {
    let none = mailtls_part::None as i32;
    // SAFETY: by the contract.
    unsafe { reason(verdict, index, none, |r| mailtls_part::from(r.part()) as i32) }
}

/// Returns how the part of a reason stands, a mailtls_standing: tolerated or refused.
/// MAILTLS_STANDING_REFUSED beyond the last, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_verdict_reason_standing(
    verdict: *const mailtls_verdict,
    index: usize,
) -> i32 {
    let refused = mailtls_standing::Refused as i32;
    // SAFETY: by the contract.
    unsafe { reason(verdict, index, refused, |r| mailtls_standing::from(r.standing()) as i32) }
}

/// Returns where the rule of a reason is written, such as "RFC 9325 §4.1" in UTF-8. NULL beyond the
/// last. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_verdict_reason_section(
    verdict: *const mailtls_verdict,
    index: usize,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(verdict, core::ptr::null(), |v| or_null(v.reasons.get(index).map(|r| &r.0))) }
}

/// Returns what is wrong and what to do about it, in one sentence without a final stop. NULL beyond
/// the last. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_verdict_reason_sentence(
    verdict: *const mailtls_verdict,
    index: usize,
) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(verdict, core::ptr::null(), |v| or_null(v.reasons.get(index).map(|r| &r.1))) }
}
