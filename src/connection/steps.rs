//! What the calls of a [`Connection`] are made of: the way from handshake through dialogue to
//! hand-off, and the ways to the end. One private method a step.

use super::certificate::ClientCertificate;
use super::channel::{Channel, Upgrade};
use super::machine::AnyMachine;
use super::server_certificate::ServerCertificate;
use super::{Connection, Event, Party, Phase};
use crate::buffer::Buffer;
use crate::dialogue::{
    DialogueEvent, Effects, Farewell, Fault, HandOff, Mapped, Particulars, Protection, Step, Transition,
};
use crate::error::{Error, ErrorCode};
use crate::limits::Limits;
use crate::service::{Mode, Role};
use crate::tls::facts::TlsFacts;
use crate::tls::policy::{Confidential, Policy};
#[cfg(feature = "engine")]
use crate::tls::session::Session;
use core::mem;
use std::sync::Arc;

impl Connection {
    pub(super) fn limits(&self) -> &Limits {
        match &self.party {
            Party::Server(config) => &config.0.settings.limits,
            Party::Client(config) => &config.0.settings.limits,
        }
    }

    /// Moves the clock on; a passed deadline ends the connection.
    pub(super) fn expire(&mut self, now: u64) -> Result<(), Error> {
        self.now = self.now.max(now);
        let Some((wait, limit)) = self.timers.passed(self.now) else { return Ok(()) };
        let mut reason = self.deadline_reason(wait, limit);
        if let Some(words) = self.last_refusal() {
            reason = format!("{reason}; before that the server said: {words}");
        }
        match mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Closing | Phase::Closed | Phase::Open => {
                self.finish();
                return Ok(());
            }
            Phase::Dialogue { machine, .. } => self.take_leave(&machine, Farewell::Deadline),
            Phase::Certificate(proof) => self.take_leave_unheard(proof, Farewell::Deadline),
            Phase::Handshake => {}
        }
        Err(self.fail(Error::new(ErrorCode::DeadlinePassed, reason)))
    }

    /// Takes the machine out, if it is one of this role and waits for the host.
    pub(super) fn take_waiting_machine(
        &mut self,
        role: Role,
        otherwise: &'static str,
    ) -> Result<AnyMachine, Error> {
        match mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Dialogue { machine, .. } if self.role() == role && machine.waits_for_host() => {
                Ok(*machine)
            }
            phase => {
                self.phase = phase;
                Err(Error::wrong_state(otherwise))
            }
        }
    }

    /// Holds the peer to what it may send before the handshake is complete, and of a TLS message
    /// that never gets complete.
    pub(super) fn bounded(&self) -> Result<(), Error> {
        let handshaking = matches!(self.phase, Phase::Handshake) && self.channel.is_handshaking();
        let held = if handshaking { self.handshake_received } else { self.channel.incomplete() };
        if held > self.limits().handshake {
            return Err(Error::new(
                ErrorCode::LimitExceeded,
                "too many bytes without a complete TLS handshake or message",
            ));
        }
        Ok(())
    }

    /// After new input: on through handshake and dialogue as far as it goes.
    pub(super) fn go_on(&mut self) {
        if matches!(self.phase, Phase::Handshake) {
            if let Some(facts) = self.channel.take_facts() {
                if let Err(error) = self.established(facts) {
                    self.channel.close(&mut self.output);
                    self.fail(error);
                }
            }
        } else if matches!(self.phase, Phase::Dialogue { .. }) {
            if let Phase::Dialogue { machine, .. } = mem::replace(&mut self.phase, Phase::Closed) {
                self.run(Ok(Step::More(*machine)), Effects::default());
            }
        }
        self.notice_peer_close();
    }

    /// TLS stands: if the policy accepts it and nothing is wrong with a client's certificate, the
    /// dialogue begins, unless the host is asked first whom that stands for.
    pub(super) fn established(&mut self, mut facts: TlsFacts) -> Result<(), Error> {
        let proof = match self.policy().judge(&facts).proof() {
            Ok(proof) => proof,
            Err(refusal) if self.explains_refused_tls() => {
                self.explain(&refusal, facts);
                return Ok(());
            }
            Err(refusal) => return Err(refusal),
        };
        let certificate = self.judge_certificate(&mut facts)?;
        let asked = self.judge_server_certificate(&mut facts)?;
        let validation = facts.peer_validation;
        self.facts = Some(facts);
        self.flight_end = self.taken + self.output.len() as u64;
        self.events.push_back(Event::TlsEstablished);
        if matches!(asked, ServerCertificate::Asked) {
            let judged = self.certificate_failure().cloned().map_or(Ok(validation), Err);
            self.events.push_back(Event::ServerCertificate(judged));
            self.timers.wait_for_host();
            self.phase = Phase::Certificate(proof);
            return Ok(());
        }
        match certificate {
            ClientCertificate::Valid if self.hand_off() != HandOff::Transparent => {
                self.events.push_back(Event::ClientCertificate);
                self.timers.wait_for_host();
                self.phase = Phase::Certificate(proof);
                return Ok(());
            }
            ClientCertificate::Invalid(error) => {
                self.events.push_back(Event::ClientCertificateInvalid(error));
            }
            ClientCertificate::Absent | ClientCertificate::Valid => {}
        }
        self.begin_inside_tls(proof, None);
        Ok(())
    }

    pub(super) fn policy(&self) -> &Policy {
        match &self.party {
            Party::Server(config) => &config.0.policy,
            Party::Client(config) => &config.0.policy,
        }
    }

    pub(super) fn hand_off(&self) -> HandOff {
        match &self.party {
            Party::Server(config) => config.0.hand_off,
            Party::Client(config) => config.0.settings.hand_off,
        }
    }

    /// After STARTTLS there is no greeting to send or to wait for.
    pub(super) fn greeting(&self) -> bool {
        self.service.mode() == Mode::ImplicitTls
    }

    /// The dialogue begins inside TLS, or the host takes the stream at once. `certificate` is whom the
    /// client's certificate stands for, if it does.
    pub(super) fn begin_inside_tls(&mut self, proof: Confidential, certificate: Option<Mapped>) {
        let (hand_off, greeting) = (self.hand_off(), self.greeting());
        if hand_off == HandOff::Transparent || (hand_off == HandOff::AfterGreeting && !greeting) {
            self.run(Ok(Step::HandOff), Effects::default());
            return;
        }
        self.begin_dialogue(Protection::Confidential { proof, greeting }, certificate);
    }

    /// Begins the dialogue, in clear or inside TLS.
    pub(super) fn begin_dialogue(&mut self, protection: Protection, certificate: Option<Mapped>) {
        self.begin_dialogue_with(protection, self.particulars(certificate));
    }

    /// With a new machine, which knows nothing of one before it.
    pub(super) fn begin_dialogue_with(&mut self, protection: Protection, particulars: Particulars) {
        match &self.party {
            Party::Server(_) => self.timers.command(self.party.deadlines(), self.now),
            Party::Client(_) => self.timers.greeting(self.party.deadlines(), self.now),
        }
        let machine = self.new_machine(protection).told(particulars);
        let mut fx = Effects::default();
        let step = machine.start(&mut fx);
        self.run(Ok(step), fx);
    }

    fn new_machine(&self, protection: Protection) -> AnyMachine {
        let protocol = self.service.protocol();
        match &self.party {
            Party::Server(config) => AnyMachine::server(protocol, Arc::clone(&config.0.settings), protection),
            Party::Client(config) => AnyMachine::client(protocol, Arc::clone(&config.0.settings), protection),
        }
    }

    /// What the machine is told of this connection; of a clear channel there is nothing to tell.
    fn particulars(&self, certificate: Option<Mapped>) -> Particulars {
        Particulars {
            channel_bindings: self
                .facts
                .as_ref()
                .map_or_else(Default::default, |f| f.channel_bindings.clone()),
            certificate,
            certificate_shown: self.facts.as_ref().is_some_and(|f| f.client_certificate_sent),
            apop_timestamp: self.apop_timestamp.clone(),
            refusal: String::new(),
        }
    }

    /// STARTTLS is agreed on: everything from here on is TLS.
    fn begin_tls(&mut self) {
        // RFC 3207 §4.2 and the command injection of 2011: what came in clear is not obeyed.
        if !self.plaintext.is_empty() {
            let reason = "the peer sent data after STARTTLS and before TLS (injection? possible attack)";
            self.fail(Error::new(ErrorCode::DataBeforeTls, reason));
            return;
        }
        match mem::replace(&mut self.channel, Channel::Clear(None)) {
            #[cfg(feature = "engine")]
            Channel::Clear(Some(Upgrade::Engine(session))) => self.begin_session(session),
            Channel::Clear(Some(Upgrade::Host)) => self.want_host_tls(),
            _ => {
                self.fail(Error::new(ErrorCode::Internal, "STARTTLS without TLS to start"));
            }
        }
    }

    /// The engine begins its handshake.
    #[cfg(feature = "engine")]
    fn begin_session(&mut self, mut session: Box<Session>) {
        session.behind_starttls();
        self.channel = Channel::Engine(session);
        self.phase = Phase::Handshake;
        self.timers.handshake(self.party.deadlines(), self.now);
        if self.role() == Role::Client {
            if let Err(error) = self.channel.receive(&[], &mut self.plaintext, &mut self.output) {
                self.fail(error);
            }
        }
    }

    /// Runs the machine until it needs something, then carries out what it wants done.
    pub(super) fn run(&mut self, mut transition: Transition<AnyMachine>, mut fx: Effects) {
        let limit = self.limits().buffered;
        let mut unread_in_wait = 0;
        let transition = loop {
            match transition {
                Ok(Step::More(machine)) if self.output.len() + fx.output.len() < limit => {
                    transition = machine.receive(&mut self.plaintext, &mut fx);
                }
                // What a server said before the host acts is no answer to what the host does.
                Ok(Step::Wait(machine))
                    if self.role() == Role::Client
                        && machine.waits_for_host()
                        && self.plaintext.len() != unread_in_wait =>
                {
                    unread_in_wait = self.plaintext.len();
                    transition = machine.receive(&mut self.plaintext, &mut fx);
                }
                other => break other,
            }
        };
        let sent = match fx.output.as_slice() {
            [] => Ok(()),
            output => self.channel.send(output, &mut self.output),
        };
        if self.hears_strangers() {
            for event in &mut fx.events {
                if let DialogueEvent::NotConfidential(reason) = event {
                    drop_quotation(reason);
                }
            }
        }
        fx.events.retain(|event| match event {
            // From before TLS there is none: it would be anybody's.
            DialogueEvent::Message(message) => !self.channel.is_clear() && self.messages.take(message),
            _ => true,
        });
        self.refused_in_clear = self.refused_in_clear.saturating_add(fx.refused_in_clear);
        self.authenticated |= fx.events.iter().any(|event| matches!(event, DialogueEvent::Authenticated));
        self.events.extend(fx.events.drain(..).map(Event::from));
        if let Err(error) = sent {
            self.fail(error);
            return;
        }
        match transition {
            Ok(Step::More(machine)) => {
                self.phase = Phase::Dialogue { machine: Box::new(machine), stalled: true }
            }
            Ok(Step::Wait(machine)) => {
                if machine.waits_for_host() {
                    self.timers.wait_for_host();
                } else if fx.progress || !self.timers.stage_runs() {
                    self.timers.command(self.party.deadlines(), self.now);
                }
                self.phase = Phase::Dialogue { machine: Box::new(machine), stalled: false };
            }
            Ok(Step::HandOff) => {
                self.timers.stop();
                self.messages.forget();
                self.phase = Phase::Open;
                self.events.push_back(Event::HandedOff);
            }
            Ok(Step::StartTls) => self.begin_tls(),
            Ok(Step::End) => self.begin_close(),
            Err(Fault { code, mut reason }) => {
                if self.hears_strangers() {
                    drop_quotation(&mut reason);
                }
                self.channel.close(&mut self.output);
                let error = self.advised(Error::new(code, reason));
                self.fail(error);
            }
        }
    }

    /// Whether what a client hears may be anybody's words: nothing of it is shown to people
    /// (RFC 8314 and the NO STARTTLS study: alerts and texts of an attacker).
    fn hears_strangers(&self) -> bool {
        self.role() == Role::Client && self.channel.is_clear()
    }

    /// Draws the consequence of the peer's close_notify.
    pub(super) fn notice_peer_close(&mut self) {
        if !self.channel.peer_closed() {
            return;
        }
        match self.phase {
            Phase::Open => {
                self.events.push_back(Event::PeerClosed);
            }
            Phase::Dialogue { ref machine, stalled: false } if machine.is_logging_out() => self.begin_close(),
            Phase::Handshake | Phase::Certificate(_) | Phase::Dialogue { stalled: false, .. } => {
                self.channel.close(&mut self.output);
                self.fail(Error::new(
                    ErrorCode::ClosedEarly,
                    "the peer ended TLS (close_notify) in the middle of the dialogue",
                ));
            }
            _ => {}
        }
    }

    pub(super) fn while_closing(&mut self, received: Result<(), Error>) {
        self.plaintext.clear();
        // Whatever the peer does wrong after our close changes nothing any more.
        if received.is_err() || self.channel.peer_closed() {
            self.finish();
        }
    }

    pub(super) fn take_leave(&mut self, machine: &AnyMachine, why: Farewell) {
        let mut words = Buffer::default();
        machine.farewell(why, &mut words);
        if !words.is_empty() {
            // If it cannot be sent, the close that follows tells the peer the same.
            let _ = self.channel.send(words.as_slice(), &mut self.output);
        }
        self.channel.close(&mut self.output);
    }

    /// Takes leave before the dialogue has begun: what would have greeted the peer turns it away.
    pub(super) fn take_leave_unheard(&mut self, proof: Confidential, why: Farewell) {
        let greeting = self.greeting();
        let machine = self.new_machine(Protection::Confidential { proof, greeting });
        self.take_leave(&machine, why);
    }

    pub(super) fn begin_close(&mut self) {
        self.plaintext.clear();
        self.channel.close(&mut self.output);
        if self.channel.peer_closed() || self.channel.ends_with_tcp() {
            self.finish();
        } else {
            self.timers.close(self.party.deadlines(), self.now);
            self.phase = Phase::Closing;
        }
    }

    /// The end, in order.
    pub(super) fn finish(&mut self) {
        if self.taken < self.flight_end {
            // Nobody waits for the handshake's last flight any more.
            self.events.clear();
        }
        // Nothing can be decided on any more.
        self.events.retain(|event| !event.asks());
        if !matches!(self.events.back(), Some(Event::Closed)) {
            self.events.push_back(Event::Closed);
        }
        self.phase = Phase::Closed;
        self.timers.stop();
    }

    /// What the server has refused last, if that explains why it says no more.
    fn last_refusal(&self) -> Option<&str> {
        match &self.phase {
            Phase::Dialogue { machine, .. } if !self.hears_strangers() => machine.last_refusal(),
            _ => None,
        }
    }

    /// The end, for a reason.
    pub(super) fn fail(&mut self, error: Error) -> Error {
        let error = match (self.last_refusal(), error.code()) {
            (Some(words), ErrorCode::ClosedEarly) => {
                let reason = format!("the server says: {words}; then it closed the connection");
                Error::new(ErrorCode::RefusedByServer, reason)
            }
            // A cut stays a cut: it may not be the server's doing.
            (Some(words), ErrorCode::Truncated) => {
                let reason = format!("{}; before that the server said: {words}", error.reason());
                Error::new(ErrorCode::Truncated, reason)
            }
            _ => self.messages.explain(error),
        };
        if !matches!(self.phase, Phase::Open) {
            self.plaintext.clear();
        }
        self.error.get_or_insert(error.clone());
        self.finish();
        error
    }

    /// What a call that ran the machines returns.
    pub(super) fn outcome(&self) -> Result<(), Error> {
        self.error.clone().map_or(Ok(()), Err)
    }
}

/// Cuts off a reason where it begins to quote the peer, which is behind its first colon.
fn drop_quotation(reason: &mut String) {
    if let Some(colon) = reason.find(": ") {
        reason.truncate(colon);
    }
}
