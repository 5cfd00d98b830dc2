//! What the host answers where a connection waits for it, and that other answers change nothing.
//!
//! Must never know which bytes are right.

use super::Host;
use crate::plan::{Action, Knowledge, PASSWORD, Plan, Verdict, shows_secret};
use mailtls::{Credentials, Error, ErrorCode, ErrorKind, Mechanism, Rejection, Role, Secret, Service};

/// What a connection waits for the host to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Server: whom does the client's certificate stand for?
    Certificate,
    /// Server: are these credentials right?
    Credentials(Mechanism),
    /// Server: what is the user's secret?
    Secret(Mechanism),
    /// Server: what now, in the host's own mechanism?
    Response,
    /// Client: what now, in the host's own mechanism?
    Challenge,
    /// Client: what first, or next?
    Command,
}

impl Host<'_> {
    pub(super) fn ask(&mut self, question: Question) {
        let role = match question {
            Question::Challenge | Question::Command => Role::Client,
            _ => Role::Server,
        };
        assert_eq!(self.role, role);
        assert_eq!(self.question, None, "before the last question has been answered: {question:?}");
        assert!(!self.handed_off() && !self.authenticated, "a question after the dialogue");
        self.question = Some(question);
    }

    /// A challenge that nobody can answer any more. Where the end of the connection came with it, it
    /// has not been told at all.
    pub(super) fn forget_challenge(&mut self) {
        if self.question == Some(Question::Challenge) {
            self.question = None;
            let told = self.trace.events.iter().rposition(|event| event.starts_with("Challenge("));
            self.trace.events.remove(told.expect("it has been told"));
        }
    }

    /// Acts where the machine waits for the host.
    pub(super) fn act(&mut self) {
        let Some(question) = self.question.take() else { return };
        self.wrong_answers(question);
        if question == Question::Command {
            self.command();
        } else {
            let result = self.answer(question);
            self.check_result(&result);
            assert!(result.is_ok() || self.connection.error().is_some(), "{question:?} waited: {result:?}");
        }
        self.drain();
    }

    fn answer(&mut self, question: Question) -> Result<(), Error> {
        let now = self.now;
        match question {
            Question::Certificate => match self.plan.certificate_is_for() {
                Some((identity, preauth)) => {
                    let preauth = preauth && self.connection.service() == Service::Imaps;
                    self.mapped = true;
                    self.accepted = preauth;
                    self.connection.accept_certificate(identity, preauth, now)
                }
                None => self.connection.refuse_certificate(now),
            },
            Question::Secret(mechanism) => match self.plan.knowledge() {
                Knowledge::Password => self.connection.scram_password(PASSWORD.into(), now),
                Knowledge::Stored => self.connection.scram_secret(Plan::stored_secret(mechanism), now),
                Knowledge::Nobody => self.connection.reject(Rejection::InvalidCredentials, now),
                Knowledge::Unavailable => self.connection.reject(Rejection::TemporaryFailure, now),
            },
            Question::Response if self.challenges < self.plan.challenges() => {
                self.challenges += 1;
                let challenge = if self.challenges == 1 { "a cat?" } else { "" };
                self.connection.challenge(challenge.into(), now)
            }
            Question::Challenge => {
                self.challenges += 1;
                match self.plan.response(self.challenges - 1) {
                    Some(response) => self.connection.respond(response, now),
                    None => self.connection.cancel(now),
                }
            }
            Question::Credentials(_) | Question::Response => {
                self.challenges = 0;
                let n = self.decisions;
                self.decisions += 1;
                match self.plan.verdict(n) {
                    Verdict::Accept => {
                        self.accepted = true;
                        self.connection.accept(now)
                    }
                    Verdict::Reject(rejection) => self.connection.reject(rejection, now),
                }
            }
            Question::Command => unreachable!("answered elsewhere"),
        }
    }

    /// Authenticates or logs out; where the server does not offer what is wanted, logs out.
    fn command(&mut self) {
        let n = self.decisions;
        self.decisions += 1;
        if let Action::Authenticate(credentials) = self.plan.action(n) {
            let before = self.snapshot();
            let (mechanism, password) = (credentials.mechanism(), credentials.password().as_bytes().to_vec());
            let result = self.connection.authenticate(credentials, self.now);
            self.check_result(&result);
            match result {
                Err(error) if error.kind() == ErrorKind::Misuse => {
                    let below = !self.plan.floor().admits(mechanism);
                    let code =
                        if below { ErrorCode::BelowMechanismFloor } else { ErrorCode::InvalidArgument };
                    assert_eq!(error.code(), code, "it was the time: {error}");
                    assert_eq!(self.snapshot(), before, "misuse has changed something");
                }
                _ => {
                    assert!(self.plan.floor().admits(mechanism), "{mechanism:?} is below the floor");
                    self.mechanism = Some(mechanism);
                    self.password = password;
                    self.may_show |= shows_secret(mechanism);
                    self.challenges = 0;
                    self.proved = false;
                    self.messages = [0; 2];
                    return;
                }
            }
        }
        self.messages = [0; 2];
        let result = self.connection.log_out(self.now);
        self.check_result(&result);
        assert!(result.is_ok() || self.connection.error().is_some(), "it was the time to log out");
    }

    /// Answers that do not fit the question.
    fn wrong_answers(&mut self, question: Question) {
        let before = self.snapshot();
        let now = self.now;
        let c = &mut self.connection;
        let secret = |mechanism| Plan::stored_secret(mechanism);
        let mut results = Vec::new();
        match question {
            Question::Certificate => results.extend([
                c.accept_certificate("", false, now),
                c.accept_certificate("t\r\nm", false, now),
                c.accept_certificate(&"t".repeat(513), false, now),
                c.scram_password(PASSWORD.into(), now),
                c.accept(now),
                c.write(b"x").map(|_| ()),
            ]),
            Question::Credentials(_) | Question::Response => results.extend([
                c.scram_password(PASSWORD.into(), now),
                c.scram_secret(secret(Mechanism::ScramSha1), now),
            ]),
            Question::Secret(Mechanism::ScramSha1 | Mechanism::ScramSha1Plus) => {
                results.push(c.scram_secret(secret(Mechanism::ScramSha256), now));
            }
            Question::Secret(_) => results.push(c.scram_secret(secret(Mechanism::ScramSha1), now)),
            Question::Challenge => {
                let credentials = Credentials::new(Mechanism::Plain, "tim", PASSWORD.into());
                results.extend([c.authenticate(credentials, now), c.log_out(now)]);
            }
            Question::Command => results.extend([c.respond("!".into(), now), c.cancel(now)]),
        }
        match question {
            Question::Credentials(_) => results.push(c.challenge(Secret::from("?"), now)),
            Question::Secret(_) => results.extend([c.accept(now), c.challenge(Secret::from("?"), now)]),
            _ => {}
        }
        for result in results {
            let misuse = result.expect_err("this is no answer to that question");
            let own_fault = misuse.kind() == ErrorKind::Misuse;
            assert!(own_fault || self.connection.error().is_some(), "{misuse}");
        }
        assert_eq!(self.snapshot(), before, "misuse has changed something");
    }
}
