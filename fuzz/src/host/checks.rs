//! What must hold after every call, whatever the peer and the host do.
//!
//! Must never know a protocol.

use super::{Host, Question, START};
use crate::line::is_line;
use crate::plan::{AWKWARD_PASSWORD, PASSWORD, PASSWORD_MARK, Plan, shows_secret};
use crate::wire::{holds, shows};
use mailtls::{
    Credentials, Deadlines, Error, ErrorKind, Mechanism, MechanismFloor, Rejection, Role, ScramUser, Secret,
    ServerMessage,
};

/// What misuse must not change.
type Snapshot = (Vec<u8>, bool, usize, Option<u64>, Option<Error>);

impl Host<'_> {
    /// Nobody is authenticated for whom nobody has vouched.
    pub(super) fn note_authenticated(&mut self) {
        assert!(!self.authenticated, "authenticated twice");
        self.authenticated = true;
        if self.role == Role::Server {
            assert!(self.accepted, "authenticated without the host");
            return;
        }
        let floor = self.plan.floor();
        if self.preauth {
            assert_eq!(floor, MechanismFloor::Any, "PREAUTH, and the server has proved nothing");
            assert!(self.plan.has_certificate(), "PREAUTH, and nobody has shown who they are");
            return;
        }
        let mut said = self.trace.output.clone();
        said.extend_from_slice(self.connection.poll_transmit());
        let mechanism = self.mechanism.expect("authenticated without credentials");
        assert!(floor.admits(mechanism), "{mechanism:?} is below the floor");
        match mechanism {
            Mechanism::External => assert!(holds(&said, b"EXTERNAL")),
            Mechanism::Apop => assert!(holds(&said, b"APOP tim ")),
            Mechanism::Raw(_) => {
                assert!(self.question.is_none(), "authenticated before the host has answered")
            }
            mechanism if shows_secret(mechanism) => {
                let sent = |secret: &[u8]| shows(&said, secret);
                assert!(
                    sent(PASSWORD.as_bytes()) || sent(AWKWARD_PASSWORD),
                    "authenticated before the password was sent"
                );
            }
            mechanism => assert!(self.proved, "{mechanism:?} by a server that has proved nothing"),
        }
    }

    /// What a server says to people is short, fit for their eyes, and not without end.
    pub(super) fn check_message(&mut self, message: &ServerMessage) {
        assert!(self.role == Role::Client && !self.authenticated, "out of place: {message:?}");
        let count = &mut self.messages[usize::from(message.is_alert())];
        *count += 1;
        assert!(*count <= 16, "too many messages");
        let parts = [message.code.as_deref(), message.code_arguments.as_deref(), Some(&message.text)];
        for (part, most) in parts.into_iter().zip([64, 1024, 1000]) {
            let part = part.unwrap_or_default();
            assert!(part.chars().count() <= most, "{} characters", part.chars().count());
            assert!(is_line(part), "not for people: {part:?}");
        }
        assert!(message.code.is_some() || !message.text.is_empty(), "says nothing");
    }

    /// Nobody is said to be somebody without having shown what goes with it.
    pub(super) fn check_credentials(&mut self, credentials: &Credentials) {
        self.accepted = false;
        let (mechanism, identity) = (credentials.mechanism(), credentials.authentication_identity());
        assert!(!identity.contains('\0') && !credentials.authorization_identity().contains('\0'));
        assert!(!identity.is_empty() || mechanism == Mechanism::OAuthBearer);
        let secret = credentials.password().as_bytes();
        match mechanism {
            Mechanism::External => assert!(self.mapped && identity == "tim@certificate" && secret.is_empty()),
            Mechanism::Apop => assert_eq!(secret.len(), 32),
            Mechanism::Raw(_) => panic!("the host's own mechanism has no credentials"),
            mechanism if shows_secret(mechanism) => {
                assert!(!secret.is_empty() && !secret.contains(&0));
            }
            mechanism => {
                assert!(secret.is_empty());
                assert!(core::mem::take(&mut self.proved), "{mechanism:?} by who has proved nothing");
            }
        }
    }

    pub(super) fn check_user(&self, user: &ScramUser) {
        let mechanism = user.mechanism();
        let name = mechanism.sasl_name().expect("it is SASL");
        assert!(name.starts_with("SCRAM-SHA-"));
        assert!(self.plan.bound() || !name.ends_with("-PLUS"), "bound to nothing");
        let identity = user.authentication_identity();
        assert!(!identity.is_empty() && !identity.contains('\0'));
        assert!(!user.authorization_identity().contains('\0'));
    }

    /// What a call returns and what the connection says of itself are the same.
    pub(super) fn check_result(&self, result: &Result<(), Error>) {
        match result {
            Ok(()) => assert_eq!(self.connection.error(), None, "an error that no call has told"),
            Err(error) => {
                assert!(crate::is_line(error.reason()), "not a line: {:?}", error.reason());
                let secret = holds(error.reason().as_bytes(), PASSWORD_MARK);
                assert!(self.password_known || !secret, "a password shows: {error}");
                match error.kind() {
                    ErrorKind::Misuse => {}
                    ErrorKind::Peer => assert_eq!(self.connection.error(), Some(error)),
                    ErrorKind::Internal => panic!("{error}"),
                }
            }
        }
    }

    pub(super) fn check_bounds(&self) {
        // A server stops when the limit is reached; the answer it was about to give may go over.
        let output = self.connection.poll_transmit().len();
        assert!(output <= self.limits.buffered + 4096, "{output} bytes of output wait");
        self.check_floor();
        // What the server says with it, as in a nonce of SCRAM, may be repeated to it.
        if self.role == Role::Client && !self.may_show && !self.password_known {
            let said = self.connection.poll_transmit();
            assert!(!shows(said, PASSWORD_MARK), "a password before its time");
        }
    }

    /// Below its floor a client shows nothing and begins nothing.
    fn check_floor(&self) {
        if self.role == Role::Server || self.plan.floor() == MechanismFloor::Any || self.handed_off() {
            return;
        }
        let said = self.connection.poll_transmit();
        assert!(self.password_known || !shows(said, PASSWORD_MARK), "a password, below the floor");
        for line in said.split(|&b| b == b'\n') {
            let words: Vec<_> = line.trim_ascii().split(|&b| b == b' ').collect();
            let begins = |word: &[u8]| words.iter().take(3).any(|own| own.eq_ignore_ascii_case(word));
            let below = [
                &b"LOGIN"[..],
                b"USER",
                b"PASS",
                b"APOP",
                b"PLAIN",
                b"EXTERNAL",
                b"OAUTHBEARER",
                b"XOAUTH2",
                b"X-CAT",
            ];
            let bound = self.plan.floor() == MechanismFloor::BoundScram;
            let unbound = [&b"SCRAM-SHA-1"[..], b"SCRAM-SHA-256"];
            let wrong = below.iter().chain(unbound.iter().filter(|_| bound)).find(|word| begins(word));
            assert_eq!(wrong, None, "below the floor: {}", line.escape_ascii());
        }
    }

    /// There is no waiting without end before the hand-off, and none at all after it.
    pub(super) fn check_timeout(&self) {
        match self.connection.poll_timeout() {
            None => assert!(self.closed || self.handed_off(), "nothing bounds the wait"),
            Some(at) => {
                assert!(!self.closed && !self.handed_off(), "a deadline after the dialogue");
                assert!(at <= START + Deadlines::default().authentication, "the wait is too long");
            }
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let c = &self.connection;
        (c.poll_transmit().to_vec(), c.wants_input(), c.readable(), c.poll_timeout(), c.error().cloned())
    }

    /// Calls that are not for now, or for the other side.
    pub(super) fn misuse_changes_nothing(&mut self) {
        let before = self.snapshot();
        let now = self.now;
        let credentials = Credentials::new(Mechanism::Plain, "tim", Secret::from(PASSWORD));
        let (mapping, opened) =
            (self.question == Some(Question::Certificate), self.handed_off() && !self.closed);
        let c = &mut self.connection;
        let waiting = c.poll_transmit().len();
        let mut results = vec![
            c.accept(now),
            c.reject(Rejection::NotAuthorized, now),
            c.authenticate(credentials, now),
            c.log_out(now),
            c.challenge(Secret::from("?"), now),
            c.scram_password(Secret::from(PASSWORD), now),
            c.scram_secret(Plan::stored_secret(Mechanism::ScramSha256), now),
            c.respond(Secret::from("!"), now),
            c.cancel(now),
            c.set_apop_timestamp("no time stamp"),
            c.transmitted(waiting + 1),
        ];
        if !mapping {
            results.extend([c.accept_certificate("tim", false, now), c.refuse_certificate(now)]);
        }
        if !opened {
            results.push(c.write(b"x").map(|_| ()));
        }
        for result in results {
            assert_eq!(result.map_err(|e| e.kind()), Err(ErrorKind::Misuse));
        }
        assert!(c.poll_event().is_none(), "misuse has made an event");
        assert_eq!(self.snapshot(), before, "misuse has changed something");
    }

    pub(super) fn the_end_is_the_end(&mut self) {
        self.misuse_changes_nothing();
        let before = self.snapshot();
        let after = self.connection.handle_input(b"more", self.now + 1).expect_err("it is closed");
        assert!(self.trace.error.is_none() || self.trace.error.as_ref() == Some(&after));
        assert_eq!(self.connection.handle_end_of_input(self.now + 2), Ok(()));
        assert_eq!(self.connection.handle_timeout(u64::MAX), Ok(()));
        self.connection.close(u64::MAX);
        assert_eq!(self.snapshot(), before, "something after the end");
        assert!(before.0.is_empty() && !before.1 && before.3.is_none());
        assert!(self.connection.poll_event().is_none(), "an event after the end");
    }
}
