//! Why certificates are refused in handshakes, past the engine.

use super::failure::Failure;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// The reasons that the engine has no room for.
///
/// It has an alert or a text of ours for a certificate that is refused, and not both. So the error that goes
/// through it brings the right alert about, and the reason waits here until the session that has met the error
/// takes it. The engine asks for a check and returns its error within one call, so that the thread tells
/// which session this is, also where many share a verifier.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<ThreadId, Failure>>);

impl Refusals {
    /// Notes why the certificate of the session that this thread is running is refused. Returns what the
    /// engine is told.
    pub(crate) fn refuse(&self, failure: Failure) -> rustls::Error {
        self.waiting().insert(thread::current().id(), failure.clone());
        rustls::Error::InvalidCertificate(failure.into_engine())
    }

    /// What has been noted by this thread.
    pub(crate) fn take(&self) -> Option<Failure> {
        self.waiting().remove(&thread::current().id())
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<ThreadId, Failure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::failure::Check;

    #[test]
    fn every_thread_has_its_own() {
        let refusals = Refusals::default();
        let _ = refusals.refuse(Failure::new(Check::Form, "ours"));
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(refusals.take(), None);
                let _ = refusals.refuse(Failure::new(Check::Form, "theirs"));
            });
        });
        assert_eq!(refusals.take().map(|failure| failure.reason().to_owned()).as_deref(), Some("ours"));
        assert_eq!(refusals.take(), None);
    }
}
