//! The client's certificate on the server's side: judged when TLS stands, and mapped to a user by
//! the host before a word is said (RFC 8314 §4.2).

#[cfg(feature = "engine")]
use super::channel::Channel;
use super::{Connection, Party, Phase};
use crate::dialogue::Mapped;
use crate::error::Error;
use crate::service::{Role, Service};
#[cfg(feature = "engine")]
use crate::tls::facts::PeerValidation;
use crate::tls::facts::TlsFacts;
use crate::tls::policy::Confidential;
#[cfg(feature = "engine")]
use crate::trust::client::Verdict;

/// Octets of an authorization identity. Mail addresses have at most 254, some hosts put more to it.
const MAX_IDENTITY: usize = 512;

/// What has come of the client's certificate.
pub(super) enum ClientCertificate {
    /// There is none, or none that counts.
    Absent,
    /// It does not convince, for this reason; the client is served without it.
    #[cfg_attr(not(feature = "engine"), allow(dead_code))] // A host judges by itself then.
    Invalid(Error),
    Valid,
}

impl Connection {
    /// Server: the client's certificate of [`crate::Event::ClientCertificate`] stands for this user.
    /// The dialogue begins, with SASL EXTERNAL on offer (RFC 8314 §4.2).
    ///
    /// `identity` is the authorization identity. With `preauth` an IMAP client is authenticated by its
    /// certificate at once: the greeting is `* PREAUTH` (RFC 9051 §7.1.4), on the Implicit-TLS service
    /// only, for after STARTTLS there is no greeting.
    ///
    /// # Errors
    /// [`crate::ErrorCode::WrongState`] when no certificate waits for an answer;
    /// [`crate::ErrorCode::InvalidArgument`] for an identity that is empty, longer than 512 octets or
    /// holds a control character, and for `preauth` on another service than [`Service::Imaps`].
    pub fn accept_certificate(&mut self, identity: &str, preauth: bool, now: u64) -> Result<(), Error> {
        let proof = self.proof_of_mapping(now)?;
        if !(1..=MAX_IDENTITY).contains(&identity.len()) || identity.contains(char::is_control) {
            return Err(Error::invalid("an identity is 1 to 512 octets without control characters"));
        }
        if preauth && self.service != Service::Imaps {
            return Err(Error::invalid("PREAUTH is a greeting of IMAP over Implicit TLS"));
        }
        self.begin_inside_tls(proof, Some(Mapped { identity: identity.into(), preauth }));
        self.outcome()
    }

    /// Server: the client's certificate of [`crate::Event::ClientCertificate`] stands for nobody here.
    /// The dialogue begins as with a client that has none.
    ///
    /// # Errors
    /// [`crate::ErrorCode::WrongState`] when no certificate waits for an answer.
    pub fn refuse_certificate(&mut self, now: u64) -> Result<(), Error> {
        let proof = self.proof_of_mapping(now)?;
        self.begin_inside_tls(proof, None);
        self.outcome()
    }

    fn proof_of_mapping(&mut self, now: u64) -> Result<Confidential, Error> {
        self.expire(now)?;
        match self.phase {
            Phase::Certificate(proof) if self.role() == Role::Server => Ok(proof),
            _ => Err(Error::wrong_state("no certificate waits for an answer")),
        }
    }

    /// Judges the certificate that a client has shown, and notes it in the facts. An error is one for
    /// which the connection ends.
    pub(super) fn judge_certificate(&self, facts: &mut TlsFacts) -> Result<ClientCertificate, Error> {
        let Party::Server(_) = &self.party else { return Ok(ClientCertificate::Absent) };
        #[cfg(feature = "engine")]
        if let (Channel::Engine(_), Party::Server(config)) = (&self.channel, &self.party) {
            facts.client_certificate_requested = config.asks_for_certificates();
        }
        if facts.peer_certificates.is_empty() {
            return Ok(ClientCertificate::Absent);
        }
        facts.client_certificate_sent |= !facts.resumed;
        #[cfg(feature = "engine")]
        if let (Channel::Engine(_), Party::Server(config)) = (&self.channel, &self.party) {
            match config.judge_certificate(facts) {
                Verdict::Valid => facts.peer_validation = PeerValidation::Pkix,
                Verdict::Anonymous(error) => return Ok(ClientCertificate::Invalid(error)),
                Verdict::Refused(error) => return Err(error),
            }
        }
        // What the host's own library has found is the host's word.
        Ok(if facts.peer_validation.is_validated() {
            ClientCertificate::Valid
        } else {
            ClientCertificate::Absent
        })
    }
}
