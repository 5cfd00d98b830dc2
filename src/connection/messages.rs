//! Which of a server's messages the host is told, and what a server said last before it went silent.

use crate::dialogue::{Condition, ServerMessage};
use crate::error::{Error, ErrorCode};

/// Between two commands of the host's so many messages of each kind, alerts and others, are told.
const MOST: u32 = 16;

/// The messages of one connection.
#[derive(Default)]
pub(super) struct Messages {
    alerts: u32,
    others: u32,
    dropped: u32,
    /// The last warning, refusal or alert.
    last: Option<ServerMessage>,
}

impl Messages {
    /// The host gives a command: there is room for as many messages again, and what was said to the one
    /// before is no reason any more, unless it is an alert.
    pub(super) fn begin_command(&mut self) {
        (self.alerts, self.others) = (0, 0);
        self.last = self.last.take().filter(ServerMessage::is_alert);
    }

    /// Whether the host is told.
    pub(super) fn take(&mut self, message: &ServerMessage) -> bool {
        let matters = matches!(message.condition, Condition::No | Condition::Bad) || message.is_alert();
        // A farewell is its own reason.
        if matters && message.condition != Condition::Bye {
            self.last = Some(message.clone());
        }
        let count = if message.is_alert() { &mut self.alerts } else { &mut self.others };
        *count = count.saturating_add(1);
        let told = *count <= MOST;
        self.dropped = self.dropped.saturating_add(u32::from(!told));
        told
    }

    /// How many were not told.
    pub(super) fn dropped(&self) -> u32 {
        self.dropped
    }

    /// What the server said last is no reason any more.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// The error with what the server said last, where the server went silent or away behind it.
    pub(super) fn explain(&self, error: Error) -> Error {
        let behind = match error.code() {
            ErrorCode::DeadlinePassed | ErrorCode::Truncated | ErrorCode::ClosedEarly => {
                "the server's last words"
            }
            ErrorCode::RefusedByServer => "before that it said",
            _ => return error,
        };
        match self.last.as_ref().map(ServerMessage::words) {
            // A refusal's own words are there already.
            Some(words) if !error.reason().contains(&words) => {
                Error::new(error.code(), format!("{}; {behind}: {words}", error.reason()))
            }
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests;
