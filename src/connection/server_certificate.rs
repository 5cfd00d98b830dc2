//! The server's certificate on the client's side: what has come of its checks, and what the host says
//! of it before a word is said, where it wants to be asked.

#[cfg(feature = "engine")]
use super::channel::Channel;
use super::target::Target;
use super::{Connection, Party, Phase};
use crate::account::{AccountSetup, Acknowledged, Minimum, SessionState, Shortfall};
use crate::error::{Error, ErrorCode};
use crate::tls::facts::{PeerValidation, TlsFacts};
use crate::tls::failure::{Check, Failure};
use crate::tls::policy::Confidential;
#[cfg(feature = "engine")]
use crate::trust::server::ServerCertificates;
#[cfg(feature = "engine")]
use crate::trust::verifier::{Expected, Verifier};
#[cfg(feature = "engine")]
use rustls::client::danger::ServerCertVerifier;
#[cfg(feature = "engine")]
use std::sync::Arc;

/// What a client knows of the server that it connects to.
pub(super) struct Aim {
    pub(super) target: Target,
    /// Who looks at the certificate, if somebody does for this connection alone.
    #[cfg(feature = "engine")]
    pub(super) certificates: Option<Arc<ServerCertificates>>,
    /// Why the certificate does not convince.
    failure: Option<Failure>,
}

/// What has come of the server's certificate.
pub(super) enum ServerCertificate {
    /// It is settled: the dialogue may begin.
    Settled,
    /// The host is to be asked.
    Asked,
}

#[cfg(feature = "engine")]
impl Aim {
    /// Only a server of which more is known than its name needs a check of its own.
    pub(super) fn new(target: &Target, verifier: &Arc<Verifier>) -> Result<Self, Error> {
        let own = || {
            let expected = Expected {
                references: target.references_or_host()?,
                tlsa: target.tlsa.clone(),
                pin: target.usable_pin(),
            };
            let own = ServerCertificates::of_this(Arc::clone(verifier), expected, target.deferred);
            Ok::<_, Error>(Arc::new(own))
        };
        let certificates = if target.is_plain() { None } else { Some(own()?) };
        Ok(Self { target: target.clone(), certificates, failure: None })
    }

    /// What the engine asks in the handshake, in the place of what it would ask.
    pub(super) fn in_handshake(&self) -> Option<Arc<dyn ServerCertVerifier>> {
        self.certificates.clone().map(|own| own as _)
    }
}

impl Aim {
    /// For a connection whose host has TLS of its own, and checks the certificate itself.
    pub(super) fn on_host_tls(target: &Target) -> Self {
        Self {
            target: target.clone(),
            #[cfg(feature = "engine")]
            certificates: None,
            failure: None,
        }
    }
}

impl Connection {
    /// Client: why the server's certificate does not convince: which check it has not passed, for
    /// which name, and what it offers instead. It is there after the error that this ends the
    /// connection with, and at [`crate::Event::ServerCertificate`].
    pub fn certificate_failure(&self) -> Option<&Failure> {
        let asked = self.aim.as_ref().and_then(|aim| aim.failure.as_ref());
        asked.or_else(|| self.channel.failure())
    }

    /// Client: goes on with the server of [`crate::Event::ServerCertificate`].
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when no certificate waits for an answer, and for one that does not
    /// convince: there is no way past the checks, but [`Self::pin_server_certificate`] at set-up.
    pub fn accept_server_certificate(&mut self, now: u64) -> Result<(), Error> {
        let proof = self.proof_of_server(now)?;
        if self.aim.as_ref().is_some_and(|aim| aim.failure.is_some()) {
            return Err(Error::wrong_state("the certificate has not passed the checks"));
        }
        self.begin_inside_tls(proof, None);
        self.outcome()
    }

    /// Client, while an account is set up: the user has looked at the certificate of
    /// [`crate::Event::ServerCertificate`], which has not passed the checks, and accepts it for this
    /// account and host from now on (RFC 8314 §5.4). The set-up goes on with the pin, and so does the
    /// connection, as one that nothing but a pin stands behind.
    ///
    /// ```
    /// # use mailtls::{Connection, account::{AccountSetup, Acknowledged}};
    /// fn pin(connection: &mut Connection, setup: &mut AccountSetup, now: u64) -> Result<(), mailtls::Error> {
    ///     let told = Acknowledged::that_passwords_and_messages_are_exposed();
    ///     connection.pin_server_certificate(setup, told, now)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when no certificate waits for an answer, for one that has passed the
    /// checks and needs no pin, and for one that no user can vouch for: it has been revoked, or is not
    /// one of those that DNSSEC proves to be right. [`ErrorCode::InvalidArgument`] when
    /// the connection is for another account; [`ErrorCode::LimitExceeded`] with more than 64 hosts.
    pub fn pin_server_certificate(
        &mut self,
        setup: &mut AccountSetup,
        _: Acknowledged,
        now: u64,
    ) -> Result<(), Error> {
        let proof = self.proof_of_server(now)?;
        let (Some(aim), Some(facts)) = (&self.aim, &mut self.facts) else {
            return Err(Error::wrong_state("nothing is known of the server"));
        };
        if aim.target.account.as_ref().is_some_and(|account| account != setup.account()) {
            return Err(Error::invalid("the connection is for another account"));
        }
        match aim.failure.as_ref().map(Failure::check) {
            Some(Check::Form | Check::Chain | Check::Validity | Check::Usage | Check::Identity) => {}
            Some(_) => return Err(Error::wrong_state("no user can vouch for this certificate")),
            None => return Err(Error::wrong_state("the certificate has passed the checks and needs no pin")),
        }
        let leaf = facts.peer_certificates.first().map_or(&[][..], Vec::as_slice);
        setup.note(&aim.target.host, leaf)?;
        facts.peer_validation = PeerValidation::Pin;
        self.begin_inside_tls(proof, None);
        self.outcome()
    }

    fn proof_of_server(&mut self, now: u64) -> Result<Confidential, Error> {
        self.expire(now)?;
        match (&self.party, &self.phase) {
            (Party::Client(_), Phase::Certificate(proof)) => Ok(*proof),
            _ => Err(Error::wrong_state("no server's certificate waits for an answer")),
        }
    }

    /// Client: refuses the server of [`crate::Event::ServerCertificate`], for this reason, which is for
    /// the log. Nothing is said to it but close_notify.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when no certificate waits for an answer. Otherwise the error that the
    /// connection now ends with: that of the check that was not passed, or
    /// [`ErrorCode::CertificateUntrusted`].
    pub fn refuse_server_certificate(&mut self, reason: &str, now: u64) -> Result<(), Error> {
        self.proof_of_server(now)?;
        let code = self.certificate_failure().map_or(ErrorCode::CertificateUntrusted, Failure::code);
        self.channel.close(&mut self.output);
        Err(self.fail(Error::new(code, crate::text::printable(reason.as_bytes()))))
    }

    /// Notes in the facts what has come of the checks. An error is one for which the connection ends.
    pub(super) fn judge_server_certificate(
        &mut self,
        facts: &mut TlsFacts,
    ) -> Result<ServerCertificate, Error> {
        let Party::Client(_) = &self.party else { return Ok(ServerCertificate::Settled) };
        #[cfg(feature = "engine")]
        if let (Channel::Engine(_), Party::Client(config), Some(aim)) =
            (&self.channel, &self.party, &mut self.aim)
        {
            let outcome = match aim.certificates.as_ref().and_then(|own| own.seen()) {
                Some(seen) => {
                    facts.ocsp_response.clone_from(&seen.ocsp_response);
                    seen.outcome.clone()
                }
                None => config.judge_server(&aim.target.host, facts),
            };
            match outcome {
                Ok(validation) => facts.peer_validation = validation,
                Err(failure) if aim.target.deferred => aim.failure = Some(failure),
                Err(failure) => return Err(failure.into()),
            }
        }
        // What the host's own library has found is the host's word. One that the host is asked about goes
        // on only when it has passed, or is pinned then.
        if self.certificate_failure().is_none() {
            let new = Minimum::default();
            let minimum = self.aim.as_ref().map_or(&new, |aim| &aim.target.minimum);
            minimum.permits(SessionState::Tls(facts)).map_err(Shortfall::into_error)?;
        }
        let asked = self.aim.as_ref().is_some_and(|aim| aim.target.deferred);
        Ok(if asked { ServerCertificate::Asked } else { ServerCertificate::Settled })
    }
}
