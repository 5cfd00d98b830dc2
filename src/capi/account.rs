//! Header section: the minimum of an account, what may be shown of a session, and when a client's
//! certificate may be sent, for hosts with a TLS library of their own.

use super::connection::mailtls_connection;
use super::tls_facts::{facts_handle, mailtls_tls_facts};
use super::{
    Handle, Poison, c_text, free, guard, hand_out, look, need, optional, or_null, peek, put, text, with,
};
use crate::account::client_certificate::{Authorised, Exposure, Hiding, exposure};
use crate::account::{Acknowledged, Indicator, Minimum, SessionState, Shortfall, Upgrade};
use crate::error::Error;
use crate::tls::registry::Version;
use core::ffi::c_char;
use std::ffi::CString;

/// How far a minimum is lowered (RFC 8314 section 5). 0 is none of them.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_lowered {
    /// The certificate pinned at set-up will do; TLS and the policy are required all the same. Such a
    /// session is permitted, and not shown as confidential.
    Pinned = 1,
    /// Nothing is required.
    None = 2,
}

/// What the user has been told, in so many words, and has agreed to. 0 is nothing.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_acknowledged {
    /// That the account's passwords and messages can be read and changed on the way (RFC 8314 section
    /// 5.1).
    ThatPasswordsAndMessagesAreExposed = 8314,
}

/// What a session falls short of.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_shortfall {
    /// Of nothing.
    None = 0,
    /// There is no TLS.
    Clear = 1,
    /// The policy does not accept what was negotiated.
    Tls = 2,
    /// The certificate has not been validated.
    NotValidated = 3,
    /// Nothing but a pin stands behind the certificate (RFC 8314 section 5.4).
    OnlyPinned = 4,
}

/// What has become possible for an account whose minimum is lowered (RFC 8314 section 5.2).
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_upgrade {
    /// Nothing better.
    None = 0,
    /// The server, talked to in clear, has STARTTLS.
    StartTls = 1,
    /// The session meets the default minimum: the account can be given it.
    Minimum = 2,
}

/// The minimum confidentiality level of an account (RFC 8314 section 5). Used by one thread at a time.
pub struct mailtls_minimum {
    pub(super) inner: Minimum,
    reason: Option<CString>,
    poison: Poison,
}

impl Handle for mailtls_minimum {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

/// Makes the minimum that new accounts get: a validated certificate, TLS 1.2 or later, and a cipher
/// suite that the policy accepts (RFC 8314 section 5.2, RFC 8997). End it with mailtls_minimum_free.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_minimum_new() -> *mut mailtls_minimum {
    hand_out(mailtls_minimum { inner: Minimum::default(), reason: None, poison: Poison::default() })
}

/// Frees a minimum. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_minimum_free(minimum: *mut mailtls_minimum) {
    // SAFETY: from _new, by the contract.
    unsafe { free(minimum) }
}

/// Returns one line about the last shortfall that was told, or the last call that failed, or NULL.
/// Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_minimum_reason(minimum: *const mailtls_minimum) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(minimum, core::ptr::null(), |m| or_null(m.reason.as_ref())) }
}

/// Lowers the minimum: `lowered` is a mailtls_lowered, `acknowledged` a mailtls_acknowledged, given
/// only when the user has been told so and agrees. A question that comes when a connection has just
/// failed is no acknowledgement (RFC 8314 section 5.4 knows no clicking through).
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT, without an
/// acknowledgement too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_minimum_lower(
    minimum: *mut mailtls_minimum,
    lowered: i32,
    acknowledged: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(minimum, |m| {
            let acknowledged = self::acknowledged(acknowledged)?;
            m.inner = match lowered {
                n if n == mailtls_lowered::Pinned as i32 => Minimum::pinned(acknowledged),
                n if n == mailtls_lowered::None as i32 => Minimum::none(acknowledged),
                _ => return Err(Error::invalid("not a level to which a minimum is lowered")),
            };
            Ok(())
        })
    }
}

/// The user's word, if this is it.
pub(super) fn acknowledged(number: i32) -> Result<Acknowledged, Error> {
    if number != mailtls_acknowledged::ThatPasswordsAndMessagesAreExposed as i32 {
        return Err(Error::invalid("the user has acknowledged nothing"));
    }
    Ok(Acknowledged::that_passwords_and_messages_are_exposed())
}

/// What a session is: under TLS with these facts, in clear without.
///
/// # Safety
/// `facts` is NULL or a handle that nobody frees or changes for `'a`.
unsafe fn session<'a>(
    facts: *const mailtls_tls_facts,
    starttls_offered: bool,
) -> Result<SessionState<'a>, Error> {
    // SAFETY: the caller's promise.
    let facts = unsafe { optional(facts) }?;
    Ok(facts.map_or(SessionState::Clear { starttls_offered }, |facts| SessionState::Tls(&facts.inner)))
}

impl mailtls_minimum {
    /// The number of a shortfall; its text is kept.
    fn told(&mut self, shortfall: Option<&Shortfall>) -> i32 {
        self.reason = shortfall.map(|shortfall| c_text(&shortfall.to_string()));
        let number = match shortfall {
            None => mailtls_shortfall::None,
            Some(Shortfall::Clear) => mailtls_shortfall::Clear,
            Some(Shortfall::Tls(_)) => mailtls_shortfall::Tls,
            Some(Shortfall::NotValidated) => mailtls_shortfall::NotValidated,
            Some(Shortfall::OnlyPinned) => mailtls_shortfall::OnlyPinned,
        };
        number as i32
    }
}

/// Tells what may be shown of a session of an account with this minimum: `*shortfall` is a
/// mailtls_shortfall, and only for MAILTLS_SHORTFALL_NONE may it be shown as confidential, by a lock
/// or however (RFC 8314 section 5.2). An account without a minimum is measured against the default.
///
/// `facts` are those of the session, or NULL for one in clear (mailtls_connection_tls_facts).
/// mailtls_minimum_reason tells the shortfall in words. Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT; then
/// nothing may be shown.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_minimum_indicator(
    minimum: *mut mailtls_minimum,
    facts: *const mailtls_tls_facts,
    shortfall: *mut i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(minimum, |m| {
            need(shortfall)?;
            let told = match Indicator::of(&m.inner, session(facts, false)?) {
                Indicator::Confidential(_) => m.told(None),
                Indicator::NotConfidential(why) => m.told(Some(&why)),
            };
            put(shortfall, told)
        })
    }
}

/// Tells whether anything but finding out the server's capabilities and STARTTLS may be done in a
/// session: `*shortfall` is MAILTLS_SHORTFALL_NONE if so. There is no way past the answer but to lower
/// the minimum (RFC 8314 section 5.2).
///
/// `facts` are those of the session, or NULL for one in clear. Returns 0 or
/// MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_minimum_permits(
    minimum: *mut mailtls_minimum,
    facts: *const mailtls_tls_facts,
    shortfall: *mut i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(minimum, |m| {
            need(shortfall)?;
            let permitted = m.inner.permits(session(facts, false)?);
            let told = m.told(permitted.err().as_ref());
            put(shortfall, told)
        })
    }
}

/// Tells what has become possible for an account whose minimum is lowered: `*upgrade` is a
/// mailtls_upgrade. `facts` are those of the session, or NULL for one in clear, in which the server
/// has STARTTLS if `starttls_offered` is not 0.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_minimum_upgrade(
    minimum: *mut mailtls_minimum,
    facts: *const mailtls_tls_facts,
    starttls_offered: i32,
    upgrade: *mut i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        with(minimum, |m| {
            need(upgrade)?;
            let possible = match m.inner.upgrade_possible(session(facts, starttls_offered != 0)?) {
                None => mailtls_upgrade::None,
                Some(Upgrade::StartTls) => mailtls_upgrade::StartTls,
                Some(Upgrade::Minimum(_)) => mailtls_upgrade::Minimum,
            };
            put(upgrade, possible as i32)
        })
    }
}

/// Copies what TLS has negotiated on a connection, for mailtls_minimum_indicator and its like.
///
/// `*facts` is written only on success; end it with mailtls_tls_facts_free. Returns 0;
/// MAILTLS_ERROR_NULL_ARGUMENT; or MAILTLS_ERROR_WRONG_STATE before TLS stands: the session is in clear.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_connection_tls_facts(
    connection: *const mailtls_connection,
    facts: *mut *mut mailtls_tls_facts,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        look(connection, |c| {
            need(facts)?;
            let found = c.inner.tls_facts().ok_or_else(|| Error::wrong_state("TLS does not stand yet"))?;
            put(facts, facts_handle(found.clone()))
        })
    }
}

/// Returns 1 if everybody on the path sees a client's certificate, and with it who the user is, under
/// this TLS version (0x0303 is TLS 1.2), otherwise 0. Ask before the first connection, with the lowest
/// version that is offered: that is what to tell the user.
#[unsafe(no_mangle)]
pub extern "C" fn mailtls_client_certificate_exposed(version: u16) -> i32 {
    i32::from(exposure(Version(version)) == Exposure::Everybody)
}

/// Returns 1 if a client's certificate may be sent, otherwise 0: if the server asked for one
/// (`server_asked` not 0), and the user has authorised this certificate for this account (RFC 8314
/// section 5.5). For hosts with a TLS library of their own; with mailtls's it is done.
///
/// `authorised_for` is the account that the user has authorised it for, or NULL; `account` that of the
/// connection. With `tls13_only` not 0 it is not sent under a `version` that does not hide it.
/// For NULL as `account`, and for texts that are not UTF-8, the answer is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_client_certificate_may_be_sent(
    authorised_for: *const c_char,
    account: *const c_char,
    server_asked: i32,
    version: u16,
    tls13_only: i32,
) -> i32 {
    let mut may = 0;
    guard(|| {
        let mut authorised = Authorised::default();
        // SAFETY: C strings or NULL, by the contract.
        let (owner, account) = unsafe { (text(authorised_for)?, text(account)?) };
        authorised.authorise(owner, ())?;
        let hiding = if tls13_only != 0 { Hiding::Required } else { Hiding::Preferred };
        may = authorised.to_send(server_asked != 0, account, Version(version), hiding).is_ok().into();
        Ok(())
    });
    may
}
