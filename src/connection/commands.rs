//! What a host tells a connection to do: its decisions as a server, its authentication as a client,
//! plaintext after the hand-off, and the end.

use super::machine::AnyMachine;
use super::{Connection, Phase};
#[cfg(doc)]
use crate::Event;
use crate::dialogue::{
    Credentials, Decision, Effects, Farewell, Means, Mechanism, Offer, Rejection, ScramSecret, Transition,
    pop3,
};
use crate::error::Error;
#[cfg(doc)]
use crate::error::ErrorCode;
use crate::secret::Secret;
use crate::service::{Role, Service};
use core::mem;

impl Connection {
    /// Server, pop3s: offers `APOP`, with this time stamp in the greeting (RFC 1939 §7). It has its
    /// angle brackets, `<1896.697170952@dbc.mtview.ca.us>`, and must be another for each connection.
    /// [`Credentials::match_password`] compares the digest that comes.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] for another service, whose greeting has none or comes in clear, and
    /// once TLS stands; [`ErrorCode::InvalidArgument`] if it is not a time stamp.
    pub fn set_apop_timestamp(&mut self, timestamp: &str) -> Result<(), Error> {
        if self.role() != Role::Server || self.service != Service::Pop3s {
            return Err(Error::wrong_state("only a pop3s server greets with a time stamp"));
        }
        if !matches!(self.phase, Phase::Handshake) {
            return Err(Error::wrong_state("the greeting has been sent"));
        }
        if timestamp.len() > 128 || !pop3::Greeting::is_timestamp(timestamp) {
            return Err(Error::invalid("not a time stamp"));
        }
        self.apop_timestamp = Some(timestamp.to_owned());
        Ok(())
    }

    /// Server: accepts the credentials of [`Event::Credentials`], or who has proved itself by
    /// [`Event::Response`].
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when there are none to decide on.
    pub fn accept(&mut self, now: u64) -> Result<(), Error> {
        self.decide(Decision::Accept, now)
    }

    /// Server: rejects the credentials of [`Event::Credentials`] and its siblings.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when there are none to decide on; the peer's fault when these
    /// were too many refused attempts.
    pub fn reject(&mut self, rejection: Rejection, now: u64) -> Result<(), Error> {
        self.decide(Decision::Reject(rejection), now)
    }

    fn decide(&mut self, decision: Decision, now: u64) -> Result<(), Error> {
        self.expire(now)?;
        let machine = self.take_waiting_machine(Role::Server, "no credentials wait for a decision")?;
        let mut fx = Effects::default();
        let decided = machine.decide(decision, &mut fx);
        self.carry_out(decided, fx)
    }

    /// Server: gives the secret that [`Event::SecretWanted`] asks for.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when none is wanted, or it is not of the mechanism's hash.
    pub fn scram_secret(&mut self, secret: ScramSecret, now: u64) -> Result<(), Error> {
        self.decide(Decision::ScramSecret(Box::new(secret)), now)
    }

    /// Server: gives the password of the user of [`Event::SecretWanted`], where the host keeps
    /// passwords. The secret is made of it ([`crate::ServerSettings::scram_salts`]), which takes a
    /// while.
    ///
    /// It takes a while for those users alone that there are. A host that does not want this to be
    /// measured gives some random password for the others too, instead of rejecting them here.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when none is wanted.
    pub fn scram_password(&mut self, password: Secret, now: u64) -> Result<(), Error> {
        self.decide(Decision::ScramPassword(password), now)
    }

    /// Server: goes on in a mechanism that the host speaks itself, after [`Event::Response`].
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when no response waits; the peer's fault when there have been too
    /// many challenges.
    pub fn challenge(&mut self, challenge: Secret, now: u64) -> Result<(), Error> {
        self.decide(Decision::Challenge(challenge), now)
    }

    /// Client: authenticates, after [`Event::Capabilities`] or [`Event::AuthenticationRefused`].
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when it is not the time; [`ErrorCode::BelowMechanismFloor`] when the
    /// mechanism is below [`crate::ClientSettings::mechanism_floor`]; [`ErrorCode::InvalidArgument`] when
    /// the server does not offer the mechanism or the credentials do not fit it. Nothing has been sent
    /// then.
    pub fn authenticate(&mut self, credentials: Credentials, now: u64) -> Result<(), Error> {
        self.expire(now)?;
        let machine =
            self.take_waiting_machine(Role::Client, "the server is not ready for authentication")?;
        let mut fx = Effects::default();
        let begun = machine.authenticate(credentials, &mut fx).map(Ok);
        if begun.is_ok() {
            self.messages.begin_command();
        }
        self.carry_out(begun, fx)
    }

    /// Client: the best way to authenticate that the server offers and mailtls has, for what the
    /// host has to authenticate with; `None` when there is none, or it is not the time
    /// ([`choose_mechanism`](Self::choose_mechanism) says which). It is never below
    /// [`crate::ClientSettings::mechanism_floor`], nor one that would show a password outside TLS that
    /// the policy has accepted.
    pub fn best_mechanism(&self, means: Means) -> Option<Mechanism> {
        self.choose_mechanism(means).ok()
    }

    /// Client: the same, with the reason when there is none.
    ///
    /// # Errors
    /// [`ErrorCode::BelowMechanismFloor`] when what the server offers is below the floor;
    /// [`ErrorCode::InvalidArgument`] when it offers nothing for what the host has;
    /// [`ErrorCode::WrongState`] when it is not the time.
    pub fn choose_mechanism(&self, means: Means) -> Result<Mechanism, Error> {
        self.offer()?.best(means)
    }

    /// Client: the same for this user. SCRAM is passed over if it cannot carry the name, because SASLprep
    /// refuses it (RFC 5802 §5.1); the floor holds.
    ///
    /// # Errors
    /// Those of [`choose_mechanism`](Self::choose_mechanism).
    pub fn choose_mechanism_for(&self, means: Means, user: &str) -> Result<Mechanism, Error> {
        self.offer()?.best_for(means, user)
    }

    fn offer(&self) -> Result<Offer<'_>, Error> {
        let offer = match &self.phase {
            Phase::Dialogue { machine, .. } => machine.offer(),
            _ => None,
        };
        offer.ok_or_else(|| Error::wrong_state("the server is not ready for authentication"))
    }

    /// Client: answers [`Event::Challenge`].
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when no challenge waits.
    pub fn respond(&mut self, response: Secret, now: u64) -> Result<(), Error> {
        self.answer(Some(response), now)
    }

    /// Client: cancels the authentication instead of answering [`Event::Challenge`].
    /// [`Event::AuthenticationRefused`] follows when the server has agreed.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when no challenge waits.
    pub fn cancel(&mut self, now: u64) -> Result<(), Error> {
        self.answer(None, now)
    }

    fn answer(&mut self, response: Option<Secret>, now: u64) -> Result<(), Error> {
        self.expire(now)?;
        let machine = self.take_waiting_machine(Role::Client, "no challenge waits for a response")?;
        let mut fx = Effects::default();
        let answered = machine.respond(response, &mut fx);
        self.carry_out(answered, fx)
    }

    /// Goes on with what a command to the machine came to; misuse of it leaves all as it was.
    fn carry_out(
        &mut self,
        commanded: Result<Transition<AnyMachine>, (AnyMachine, Error)>,
        fx: Effects,
    ) -> Result<(), Error> {
        match commanded {
            Ok(transition) => {
                self.run(transition, fx);
                self.outcome()
            }
            Err((machine, misuse)) => {
                self.phase = Phase::Dialogue { machine: Box::new(machine), stalled: false };
                Err(misuse)
            }
        }
    }

    /// Client: says `LOGOUT` or `QUIT` instead of authenticating, then closes.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] when it is not the time.
    pub fn log_out(&mut self, now: u64) -> Result<(), Error> {
        self.expire(now)?;
        let machine = self.take_waiting_machine(Role::Client, "the server is not ready for a command")?;
        let mut fx = Effects::default();
        self.messages.begin_command();
        let left = machine.log_out(&mut fx).map(Ok);
        self.carry_out(left, fx)
    }

    /// Moves plaintext of the peer to `out`; returns how much. 0 means nothing now, or nothing
    /// ever again after [`Event::PeerClosed`] or [`Event::Closed`].
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] before the hand-off.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        if self.before_hand_off() {
            return Err(Error::wrong_state("not handed off"));
        }
        Ok(self.plaintext.read_into(out))
    }

    /// Takes plaintext for the peer; returns how much of it. Less than all means that output
    /// must be sent first.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] before the hand-off and after the end.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        if !matches!(self.phase, Phase::Open) {
            return Err(Error::wrong_state("not handed off, or closed"));
        }
        let taken = bytes.len().min(self.limits().buffered.saturating_sub(self.output.len()));
        if taken > 0 {
            if let Err(error) = self.channel.send(&bytes[..taken], &mut self.output) {
                return Err(self.fail(error));
            }
        }
        Ok(taken)
    }

    /// Closes: a server that has not handed off takes leave in its protocol, then close_notify
    /// goes out. [`Event::Closed`] follows when the peer has answered, or did not in time.
    /// Plaintext that was not read is dropped. Closing again does nothing.
    pub fn close(&mut self, now: u64) {
        self.now = self.now.max(now);
        match mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Closed => {}
            Phase::Closing => self.phase = Phase::Closing,
            Phase::Handshake => self.finish(),
            Phase::Certificate(proof) => {
                self.take_leave_unheard(proof, Farewell::Shutdown);
                self.begin_close();
            }
            Phase::Dialogue { machine, .. } => {
                self.take_leave(&machine, Farewell::Shutdown);
                self.begin_close();
            }
            Phase::Open => self.begin_close(),
        }
    }
}
