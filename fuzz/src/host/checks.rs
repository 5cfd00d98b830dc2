//! What must hold after every call, whatever the peer and the host do.
//!
//! Must never know a protocol.

use super::{Host, START};
use crate::plan::{AWKWARD_PASSWORD, PASSWORD, PASSWORD_MARK};
use crate::wire::{holds, shows};
use mailtls::{Deadlines, Error, ErrorKind, Mechanism, Rejection, Role, Secret};

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
        assert!(self.preauth || self.authenticate_called, "authenticated without credentials");
        if !self.preauth {
            let mut said = self.trace.output.clone();
            said.extend_from_slice(self.connection.poll_transmit());
            let sent = |secret: &[u8]| shows(&said, secret);
            assert!(
                sent(PASSWORD.as_bytes()) || sent(AWKWARD_PASSWORD),
                "authenticated before the password was sent"
            );
        }
    }

    /// What a call returns and what the connection says of itself are the same.
    pub(super) fn check_result(&self, result: &Result<(), Error>) {
        match result {
            Ok(()) => assert_eq!(self.connection.error(), None, "an error that no call has told"),
            Err(error) => {
                assert!(!error.reason().contains(char::is_control), "not a line: {:?}", error.reason());
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
        if self.role == Role::Client && !self.authenticate_called {
            let said = self.connection.poll_transmit();
            assert!(!shows(said, PASSWORD_MARK), "a password before its time");
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
        let credentials = mailtls::Credentials::new(Mechanism::Plain, "tim", Secret::from(PASSWORD));
        let c = &mut self.connection;
        let waiting = c.poll_transmit().len();
        let results = [
            c.accept(now),
            c.reject(Rejection::NotAuthorized, now),
            c.authenticate(credentials, now),
            c.log_out(now),
            c.transmitted(waiting + 1),
            c.write(b"x").map(|_| ()),
        ];
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
