//! Header section: what a host's own TLS library has negotiated, told to mailtls.

use super::{Handle, Poison, bytes, c_text, free, hand_out, need, or_null, peek, put, text, with};
use crate::error::Error;
use crate::tls::channel_binding::ChannelBindings;
use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::registry::{CipherSuite, Group, SignatureScheme, Version};
use core::ffi::c_char;
use std::ffi::CString;

/// What stands behind a peer's certificate.
#[repr(i32)]
#[derive(Clone, Copy)]
pub enum mailtls_peer_validation {
    /// Nothing: it showed none, or one that has not been validated.
    None = 0,
    /// A chain to a trust anchor, and a name that it was to be for (RFC 5280, RFC 7817).
    Pkix = 1,
    /// A TLSA record that DNSSEC has proved (RFC 6698).
    Dane = 2,
    /// Nothing but that the user has pinned this certificate for this account and host: it does not
    /// count as validated (RFC 8314 section 5.4).
    Pin = 3,
}

impl From<PeerValidation> for mailtls_peer_validation {
    fn from(validation: PeerValidation) -> Self {
        match validation {
            PeerValidation::None => Self::None,
            PeerValidation::Pkix => Self::Pkix,
            PeerValidation::Dane => Self::Dane,
            PeerValidation::Pin => Self::Pin,
        }
    }
}

fn peer_validation(number: i32) -> Result<PeerValidation, Error> {
    use mailtls_peer_validation as C;
    [
        (C::None, PeerValidation::None),
        (C::Pkix, PeerValidation::Pkix),
        (C::Dane, PeerValidation::Dane),
        (C::Pin, PeerValidation::Pin),
    ]
    .into_iter()
    .find_map(|(c, validation)| (c as i32 == number).then_some(validation))
    .ok_or(Error::invalid("not a way in which a certificate is validated"))
}

/// What a TLS library of the host's own has negotiated: for a policy to judge, and for connections
/// on that library. Used by one thread at a time.
///
/// The numbers are the code points of the IANA registries, as they cross the network.
pub struct mailtls_tls_facts {
    pub(super) inner: TlsFacts,
    reason: Option<CString>,
    poison: Poison,
}

impl Handle for mailtls_tls_facts {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn note(&mut self, error: &Error) {
        self.reason = Some(c_text(error.reason()));
    }
}

/// Makes facts with the two that every TLS channel has: the version (0x0304 is TLS 1.3) and the
/// cipher suite (0x1301 is TLS_AES_128_GCM_SHA256).
///
/// With OpenSSL they are SSL_version and SSL_CIPHER_get_protocol_id, with GnuTLS
/// gnutls_protocol_get_version (mapped) and gnutls_cipher_suite_info's first two octets.
/// Any code point is taken: the policy judges it, not this function.
/// `*facts` is written only on success; end it with mailtls_tls_facts_free.
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_new(
    version: u16,
    cipher_suite: u16,
    facts: *mut *mut mailtls_tls_facts,
) -> i32 {
    super::guard(|| {
        need(facts)?;
        let inner = TlsFacts::new(Version(version), CipherSuite(cipher_suite));
        // SAFETY: writable, by the contract.
        unsafe { put(facts, facts_handle(inner)) }
    })
}

/// A handle of facts that are known.
pub(super) fn facts_handle(inner: TlsFacts) -> *mut mailtls_tls_facts {
    hand_out(mailtls_tls_facts { inner, reason: None, poison: Poison::default() })
}

/// Frees facts, and wipes the channel bindings in them. NULL is allowed. Connections that were made
/// with them are not affected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_free(facts: *mut mailtls_tls_facts) {
    // SAFETY: from _new, by the contract.
    unsafe { free(facts) }
}

/// Returns one line about the last call with these facts that failed, such as why the policy has
/// refused them, or NULL. Valid until the next call that takes the same handle as non-const.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_reason(facts: *const mailtls_tls_facts) -> *const c_char {
    // SAFETY: by the contract.
    unsafe { peek(facts, core::ptr::null(), |f| or_null(f.reason.as_ref())) }
}

/// Changes the facts.
///
/// # Safety
/// As for [`with`].
unsafe fn set(facts: *mut mailtls_tls_facts, change: impl FnOnce(&mut TlsFacts) -> Result<(), Error>) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { with(facts, |f| change(&mut f.inner)) }
}

/// Sets the group of the key exchange (IANA "TLS Supported Groups"; 29 is x25519). Without this call
/// it is not known, or there was none.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_group(facts: *mut mailtls_tls_facts, group: u16) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(facts, |f| {
            f.group = Some(Group(group));
            Ok(())
        })
    }
}

/// Sets the scheme that the handshake was signed with (IANA "TLS SignatureScheme"; 0x0804 is
/// rsa_pss_rsae_sha256; in TLS 1.2 the numbers of the hash and of the signature). Without this call
/// it is not known.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_signature_scheme(
    facts: *mut mailtls_tls_facts,
    scheme: u16,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(facts, |f| {
            f.signature_scheme = Some(SignatureScheme(scheme));
            Ok(())
        })
    }
}

/// Sets whether the extended master secret was negotiated (RFC 7627; with OpenSSL
/// SSL_get_extms_support, with GnuTLS gnutls_session_ext_master_secret_status), for TLS 1.2 and older.
/// Without this call it is not known.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_extended_master_secret(
    facts: *mut mailtls_tls_facts,
    negotiated: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(facts, |f| {
            f.extended_master_secret = Some(negotiated != 0);
            Ok(())
        })
    }
}

/// Sets the ALPN protocol name that was negotiated, which is copied; `len` 0 stands for none. A name
/// that is not one of the configuration's ends the connection (the ALPACA attack).
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT for more than 255
/// octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_alpn(
    facts: *mut mailtls_tls_facts,
    name: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(facts, |f| {
            let name = bytes(name, len)?;
            if name.len() > 255 {
                return Err(Error::invalid("an ALPN name is at most 255 octets long"));
            }
            f.alpn = Some(name.to_vec()).filter(|name| !name.is_empty());
            Ok(())
        })
    }
}

/// Sets whether an earlier session was resumed (not 0) or not (0, the default).
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_resumed(facts: *mut mailtls_tls_facts, resumed: i32) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(facts, |f| {
            f.resumed = resumed != 0;
            Ok(())
        })
    }
}

/// Adds a certificate that the peer has shown, in DER, which is copied: the leaf first, then the one
/// that signed it, and so on. What becomes of them is told by mailtls_tls_facts_peer_validation.
///
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT when it is empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_peer_certificate(
    facts: *mut mailtls_tls_facts,
    der: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(facts, |f| {
            let der = bytes(der, len)?;
            if der.is_empty() {
                return Err(Error::invalid("a certificate is empty"));
            }
            f.peer_certificates.push(der.to_vec());
            Ok(())
        })
    }
}

/// Sets what stands behind the peer's certificate, by the word of the host's library: a
/// mailtls_peer_validation. Default MAILTLS_PEER_VALIDATION_NONE.
///
/// A server whose client has shown a validated certificate is asked whom it stands for
/// (MAILTLS_EVENT_CLIENT_CERTIFICATE). With SSL_VERIFY_PEER of OpenSSL, it is validated when
/// SSL_get_verify_result says X509_V_OK and there is a certificate: without one it says so, too.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT for another number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_peer_validation(
    facts: *mut mailtls_tls_facts,
    validation: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(facts, |f| {
            f.peer_validation = peer_validation(validation)?;
            Ok(())
        })
    }
}

/// Sets whether our own certificate went over the channel, for a client whose server has asked for
/// one (RFC 8314 section 4.2). Of a server this is known without it.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_client_certificate_sent(
    facts: *mut mailtls_tls_facts,
    sent: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(facts, |f| {
            f.client_certificate_sent = sent != 0;
            Ok(())
        })
    }
}

/// Sets whether a server asks its clients for a certificate (not 0) or not (0, the default). With OpenSSL
/// SSL_get_verify_mode has SSL_VERIFY_PEER then.
///
/// Returns 0 or MAILTLS_ERROR_NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_client_certificate_requested(
    facts: *mut mailtls_tls_facts,
    requested: i32,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(facts, |f| {
            f.client_certificate_requested = requested != 0;
            Ok(())
        })
    }
}

/// Sets a channel binding (RFC 5056), to which an authentication can be bound. It is copied.
///
/// `kind` is "tls-exporter" (RFC 9266: 32 octets, from the exporter with the label
/// "EXPORTER-Channel-Binding" and an empty context; with TLS 1.2 only where the extended master
/// secret was negotiated) or "tls-server-end-point" (RFC 5929 section 4: the hash of the server's
/// certificate, at most 64 octets). A server that knows none must not offer mechanisms that bind.
/// Returns 0, MAILTLS_ERROR_NULL_ARGUMENT, or MAILTLS_ERROR_INVALID_ARGUMENT for another `kind` or a
/// length that it cannot have.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailtls_tls_facts_channel_binding(
    facts: *mut mailtls_tls_facts,
    kind: *const c_char,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: by the contract.
    unsafe {
        set(facts, |f| {
            let (kind, data) = (text(kind)?, bytes(data, len)?);
            let place = match (kind, data.len()) {
                (ChannelBindings::TLS_EXPORTER, 32) => &mut f.channel_bindings.tls_exporter,
                (ChannelBindings::TLS_SERVER_END_POINT, 1..=64) => {
                    &mut f.channel_bindings.tls_server_end_point
                }
                _ => return Err(Error::invalid("not a channel binding that TLS has")),
            };
            *place = Some(data.into());
            Ok(())
        })
    }
}
