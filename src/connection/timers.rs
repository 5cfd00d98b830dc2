//! Deadlines on the host's clock: which run, and which has passed.

use crate::limits::Deadlines;

/// The deadlines that run at present, in milliseconds on the host's clock.
#[derive(Default)]
pub(super) struct Timers {
    /// Of the stage the connection is in: handshake, greeting, one command, or close.
    stage: Option<(u64, &'static str)>,
    /// Of everything up to authentication.
    authentication: Option<u64>,
}

impl Timers {
    pub(super) fn at_start(deadlines: &Deadlines, now: u64) -> Self {
        let authentication = Some(now.saturating_add(deadlines.authentication));
        let mut timers = Self { stage: None, authentication };
        timers.handshake(deadlines, now);
        timers
    }

    pub(super) fn handshake(&mut self, deadlines: &Deadlines, now: u64) {
        self.stage = Some((now.saturating_add(deadlines.handshake), "the TLS handshake took too long"));
    }

    pub(super) fn greeting(&mut self, deadlines: &Deadlines, now: u64) {
        self.stage = Some((now.saturating_add(deadlines.greeting), "the greeting did not come in time"));
    }

    pub(super) fn command(&mut self, deadlines: &Deadlines, now: u64) {
        self.stage = Some((now.saturating_add(deadlines.command), "the peer took too long"));
    }

    /// The host has the word: only the whole pre-authentication is still bounded.
    pub(super) fn wait_for_host(&mut self) {
        self.stage = None;
    }

    pub(super) fn stage_runs(&self) -> bool {
        self.stage.is_some()
    }

    pub(super) fn close(&mut self, deadlines: &Deadlines, now: u64) {
        *self = Self {
            stage: Some((now.saturating_add(deadlines.close), "no close_notify came")),
            authentication: None,
        };
    }

    pub(super) fn stop(&mut self) {
        *self = Self::default();
    }

    /// When [`Timers::passed`] will next have something to say.
    pub(super) fn next(&self) -> Option<u64> {
        match (self.stage, self.authentication) {
            (Some((a, _)), Some(b)) => Some(a.min(b)),
            (a, b) => a.map(|(at, _)| at).or(b),
        }
    }

    /// The reason, if a deadline has passed.
    pub(super) fn passed(&self, now: u64) -> Option<&'static str> {
        match (self.stage, self.authentication) {
            (Some((at, why)), _) if now >= at => Some(why),
            (_, Some(at)) if now >= at => Some("authentication took too long"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_deadline_counts() {
        let d = Deadlines { handshake: 10, greeting: 20, command: 30, authentication: 25, close: 5 };
        let mut timers = Timers::at_start(&d, 100);
        assert_eq!(timers.next(), Some(110));
        assert_eq!(timers.passed(109), None);
        assert_eq!(timers.passed(110), Some("the TLS handshake took too long"));
        timers.command(&d, 100);
        assert_eq!(timers.next(), Some(125));
        assert_eq!(timers.passed(125), Some("authentication took too long"));
        timers.wait_for_host();
        assert_eq!(timers.next(), Some(125));
        timers.close(&d, 200);
        assert_eq!((timers.next(), timers.passed(205)), (Some(205), Some("no close_notify came")));
        timers.stop();
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn the_end_of_time_does_not_overflow() {
        assert_eq!(Timers::at_start(&Deadlines::default(), u64::MAX).next(), Some(u64::MAX));
    }
}
