//! Deadlines on the host's clock: which run, and which has passed.

use crate::limits::Deadlines;

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    Handshake,
    Greeting,
    Command,
    Close,
    /// All up to authentication.
    Authentication,
}

/// When a deadline passes, on the host's clock, and how long it was.
#[derive(Clone, Copy)]
struct Deadline {
    at: u64,
    limit: u64,
}

impl Deadline {
    fn after(limit: u64, now: u64) -> Self {
        Self { at: now.saturating_add(limit), limit }
    }
}

/// The deadlines that run at present, in milliseconds on the host's clock.
#[derive(Default)]
pub(super) struct Timers {
    /// Of the stage the connection is in: handshake, greeting, one command, or close.
    stage: Option<(Deadline, Wait)>,
    /// Of everything up to authentication.
    authentication: Option<Deadline>,
}

impl Timers {
    pub(super) fn at_start(deadlines: &Deadlines, now: u64) -> Self {
        let authentication = Some(Deadline::after(deadlines.authentication, now));
        let mut timers = Self { stage: None, authentication };
        timers.handshake(deadlines, now);
        timers
    }

    pub(super) fn handshake(&mut self, deadlines: &Deadlines, now: u64) {
        self.stage = Some((Deadline::after(deadlines.handshake, now), Wait::Handshake));
    }

    pub(super) fn greeting(&mut self, deadlines: &Deadlines, now: u64) {
        self.stage = Some((Deadline::after(deadlines.greeting, now), Wait::Greeting));
    }

    pub(super) fn command(&mut self, deadlines: &Deadlines, now: u64) {
        self.stage = Some((Deadline::after(deadlines.command, now), Wait::Command));
    }

    /// The host has the word: only the whole pre-authentication is still bounded.
    pub(super) fn wait_for_host(&mut self) {
        self.stage = None;
    }

    pub(super) fn stage_runs(&self) -> bool {
        self.stage.is_some()
    }

    pub(super) fn close(&mut self, deadlines: &Deadlines, now: u64) {
        *self =
            Self { stage: Some((Deadline::after(deadlines.close, now), Wait::Close)), authentication: None };
    }

    pub(super) fn stop(&mut self) {
        *self = Self::default();
    }

    /// When [`Timers::passed`] will next have something to say.
    pub(super) fn next(&self) -> Option<u64> {
        match (self.stage, self.authentication) {
            (Some((a, _)), Some(b)) => Some(a.at.min(b.at)),
            (a, b) => a.map(|(deadline, _)| deadline).or(b).map(|deadline| deadline.at),
        }
    }

    /// What was waited for and how long, in milliseconds, if a deadline has passed.
    pub(super) fn passed(&self, now: u64) -> Option<(Wait, u64)> {
        match (self.stage, self.authentication) {
            (Some((deadline, wait)), _) if now >= deadline.at => Some((wait, deadline.limit)),
            (_, Some(deadline)) if now >= deadline.at => Some((Wait::Authentication, deadline.limit)),
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
        assert_eq!(timers.passed(110), Some((Wait::Handshake, 10)));
        timers.command(&d, 100);
        assert_eq!(timers.next(), Some(125));
        assert_eq!(timers.passed(125), Some((Wait::Authentication, 25)));
        timers.wait_for_host();
        assert_eq!(timers.next(), Some(125));
        timers.close(&d, 200);
        assert_eq!((timers.next(), timers.passed(205)), (Some(205), Some((Wait::Close, 5))));
        timers.stop();
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn the_end_of_time_does_not_overflow() {
        assert_eq!(Timers::at_start(&Deadlines::default(), u64::MAX).next(), Some(u64::MAX));
    }
}
