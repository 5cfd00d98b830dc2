//! The six dialogue machines as one, so that a connection holds any of them.

use crate::buffer::Buffer;
use crate::dialogue::states::State;
use crate::dialogue::{
    ClientMachine, ClientSettings, Credentials, Decision, Effects, Farewell, Machine, Offer, Particulars,
    Protection, ServerMachine, ServerSettings, Step, Transition, imap, pop3, smtp,
};
use crate::error::Error;
use crate::secret::Secret;
use crate::service::Protocol;
use std::sync::Arc;

/// A dialogue machine of any protocol and role.
pub(super) enum AnyMachine {
    ImapServer(imap::Server),
    Pop3Server(pop3::Server),
    SmtpServer(smtp::Server),
    ImapClient(imap::Client),
    Pop3Client(pop3::Client),
    SmtpClient(smtp::Client),
}

/// Runs the expression for whichever machine it is.
macro_rules! each {
    ($any:expr, $machine:ident, $wrap:ident => $body:expr) => {
        match $any {
            AnyMachine::ImapServer($machine) => {
                let $wrap = AnyMachine::ImapServer;
                $body
            }
            AnyMachine::Pop3Server($machine) => {
                let $wrap = AnyMachine::Pop3Server;
                $body
            }
            AnyMachine::SmtpServer($machine) => {
                let $wrap = AnyMachine::SmtpServer;
                $body
            }
            AnyMachine::ImapClient($machine) => {
                let $wrap = AnyMachine::ImapClient;
                $body
            }
            AnyMachine::Pop3Client($machine) => {
                let $wrap = AnyMachine::Pop3Client;
                $body
            }
            AnyMachine::SmtpClient($machine) => {
                let $wrap = AnyMachine::SmtpClient;
                $body
            }
        }
    };
}

fn rewrap<M>(step: Step<M>, wrap: impl FnOnce(M) -> AnyMachine) -> Step<AnyMachine> {
    match step {
        Step::More(machine) => Step::More(wrap(machine)),
        Step::Wait(machine) => Step::Wait(wrap(machine)),
        Step::HandOff => Step::HandOff,
        Step::StartTls => Step::StartTls,
        Step::End => Step::End,
    }
}

impl AnyMachine {
    pub(super) fn server(protocol: Protocol, settings: Arc<ServerSettings>, protection: Protection) -> Self {
        match protocol {
            Protocol::Imap => Self::ImapServer(imap::Server::new(settings, protection)),
            Protocol::Pop3 => Self::Pop3Server(pop3::Server::new(settings, protection)),
            Protocol::Smtp => Self::SmtpServer(smtp::Server::new(settings, protection)),
        }
    }

    pub(super) fn client(protocol: Protocol, settings: Arc<ClientSettings>, protection: Protection) -> Self {
        match protocol {
            Protocol::Imap => Self::ImapClient(imap::Client::new(settings, protection)),
            Protocol::Pop3 => Self::Pop3Client(pop3::Client::new(settings, protection)),
            Protocol::Smtp => Self::SmtpClient(smtp::Client::new(settings, protection)),
        }
    }

    pub(super) fn told(self, particulars: Particulars) -> Self {
        each!(self, machine, wrap => wrap(machine.told(particulars)))
    }

    pub(super) fn start(self, fx: &mut Effects) -> Step<Self> {
        each!(self, machine, wrap => rewrap(machine.start(fx), wrap))
    }

    pub(super) fn receive(self, input: &mut Buffer, fx: &mut Effects) -> Transition<Self> {
        each!(self, machine, wrap => Ok(rewrap(machine.receive(input, fx)?, wrap)))
    }

    pub(super) fn waits_for_host(&self) -> bool {
        each!(self, machine, _wrap => machine.waits_for_host())
    }

    pub(super) fn last_refusal(&self) -> Option<&str> {
        each!(self, machine, _wrap => machine.last_refusal())
    }

    pub(super) fn is_logging_out(&self) -> bool {
        each!(self, machine, _wrap => machine.is_logging_out())
    }

    pub(super) fn farewell(&self, why: Farewell, output: &mut Buffer) {
        each!(self, machine, _wrap => machine.farewell(why, output));
    }

    pub(super) fn state(&self) -> State {
        each!(self, machine, _wrap => machine.state())
    }

    #[cfg(test)]
    pub(super) fn detail(&self) -> String {
        each!(self, machine, _wrap => machine.detail())
    }

    /// Carries out the host's decision. `Err` gives the machine back with the reason.
    #[allow(clippy::result_large_err)] // The machine is moved into its box at once.
    pub(super) fn decide(
        self,
        decision: Decision,
        fx: &mut Effects,
    ) -> Result<Transition<Self>, (Self, Error)> {
        fn go<M: ServerMachine>(
            m: M,
            d: Decision,
            fx: &mut Effects,
            wrap: fn(M) -> AnyMachine,
        ) -> Result<Transition<AnyMachine>, (AnyMachine, Error)> {
            match m.decide(d, fx) {
                Ok(transition) => Ok(transition.map(|step| rewrap(step, wrap))),
                Err((m, why)) => Err((wrap(m), why)),
            }
        }
        match self {
            Self::ImapServer(m) => go(m, decision, fx, Self::ImapServer),
            Self::Pop3Server(m) => go(m, decision, fx, Self::Pop3Server),
            Self::SmtpServer(m) => go(m, decision, fx, Self::SmtpServer),
            client => Err((client, Error::wrong_state("a client decides nothing"))),
        }
    }

    /// Client: what there is to choose among, while it is time to authenticate.
    pub(super) fn offer(&self) -> Option<Offer<'_>> {
        match self {
            Self::ImapClient(m) => m.offer(),
            Self::Pop3Client(m) => m.offer(),
            Self::SmtpClient(m) => m.offer(),
            _ => None,
        }
    }

    /// `Err` gives the machine back with the reason.
    #[allow(clippy::result_large_err)] // The machine is moved into its box at once.
    pub(super) fn authenticate(
        self,
        credentials: Credentials,
        fx: &mut Effects,
    ) -> Result<Step<Self>, (Self, Error)> {
        fn go<M: ClientMachine>(
            m: M,
            credentials: Credentials,
            fx: &mut Effects,
            wrap: fn(M) -> AnyMachine,
        ) -> Result<Step<AnyMachine>, (AnyMachine, Error)> {
            match m.authenticate(credentials, fx) {
                Ok(step) => Ok(rewrap(step, wrap)),
                Err((m, why)) => Err((wrap(m), why)),
            }
        }
        match self {
            Self::ImapClient(m) => go(m, credentials, fx, Self::ImapClient),
            Self::Pop3Client(m) => go(m, credentials, fx, Self::Pop3Client),
            Self::SmtpClient(m) => go(m, credentials, fx, Self::SmtpClient),
            server => Err((server, Error::wrong_state("a server does not authenticate itself"))),
        }
    }

    /// Answers a challenge. `Err` gives the machine back with the reason.
    #[allow(clippy::result_large_err)]
    pub(super) fn respond(
        self,
        response: Option<Secret>,
        fx: &mut Effects,
    ) -> Result<Transition<Self>, (Self, Error)> {
        fn go<M: ClientMachine>(
            m: M,
            response: Option<Secret>,
            fx: &mut Effects,
            wrap: fn(M) -> AnyMachine,
        ) -> Result<Transition<AnyMachine>, (AnyMachine, Error)> {
            match m.respond(response, fx) {
                Ok(transition) => Ok(transition.map(|step| rewrap(step, wrap))),
                Err((m, why)) => Err((wrap(m), why)),
            }
        }
        match self {
            Self::ImapClient(m) => go(m, response, fx, Self::ImapClient),
            Self::Pop3Client(m) => go(m, response, fx, Self::Pop3Client),
            Self::SmtpClient(m) => go(m, response, fx, Self::SmtpClient),
            server => Err((server, Error::wrong_state("a server does not respond"))),
        }
    }

    /// Takes leave. `Err` gives the machine back with the reason.
    #[allow(clippy::result_large_err)]
    pub(super) fn log_out(self, fx: &mut Effects) -> Result<Step<Self>, (Self, Error)> {
        fn go<M: ClientMachine>(
            m: M,
            fx: &mut Effects,
            wrap: fn(M) -> AnyMachine,
        ) -> Result<Step<AnyMachine>, (AnyMachine, Error)> {
            m.log_out(fx).map(|step| rewrap(step, wrap)).map_err(|(m, why)| (wrap(m), why))
        }
        match self {
            Self::ImapClient(m) => go(m, fx, Self::ImapClient),
            Self::Pop3Client(m) => go(m, fx, Self::Pop3Client),
            Self::SmtpClient(m) => go(m, fx, Self::SmtpClient),
            server => Err((server, Error::wrong_state("a server does not log out"))),
        }
    }
}
