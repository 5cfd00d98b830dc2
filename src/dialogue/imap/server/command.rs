//! Reads a command of several lines and literals, within its limits.
//!
//! Which literals are invited, which are refused, which can only be swallowed, is decided here;
//! it must never know what a command does.

use super::super::super::line::line_length;
use super::super::super::{Effects, Fault, Protection, Step, Transition, foreign};
use super::super::grammar::{Command, CommandError, LiteralHeader, Name, Response, Tag, leading_tag};
use super::replies::{self, bad, bye, no, untagged_bad};
use super::{Context, Server, State, leave_over};
use crate::buffer::Buffer;
use crate::error::ErrorCode;

/// What `LITERAL-` allows without asking (RFC 7888 §5).
const NON_SYNCHRONISING: usize = 4096;

/// A command of which more lines or literals may have to come.
#[derive(Default)]
pub(super) struct Partial {
    /// Its lines, CRLF included, and literals so far.
    received: Buffer,
    /// Octets that the first line may have, once so much has come that it depends on its name.
    first_line: Option<usize>,
    /// Octets taken in all, also of what was thrown away.
    size: usize,
    /// Octets still to come of a literal.
    literal: usize,
    /// The answer, when it is known before the end: the rest is only swallowed.
    refusal: Option<Response>,
}

/// What the bytes of a command amount to.
enum Reading {
    Whole(Command),
    /// Right so far; a literal has to come for the command with this tag.
    LiteralNext(Tag),
    Refused(Response),
}

impl Partial {
    /// Takes what there is of a literal.
    fn take_literal(&mut self, input: &mut Buffer) {
        let n = self.literal.min(input.len());
        self.take(n, input);
        self.literal -= n;
    }

    /// Whether nothing of what has come is kept.
    #[cfg(test)]
    pub(super) fn is_forgotten(&self) -> bool {
        self.size > 0 && self.received.capacity() == 0
    }

    /// Whether a literal of it has been announced.
    pub(super) fn has_begun(&self) -> bool {
        self.size > 0
    }

    /// What decides its future, but for its size: how it begins, and ends so far.
    #[cfg(test)]
    pub(super) fn detail(&self) -> String {
        let received = self.received.as_slice();
        let [begins, ends] = [received.len().min(20), received.len().saturating_sub(8).max(20)];
        let [begins, ends] = [&received[..begins], received.get(ends..).unwrap_or_default()]
            .map(|part| String::from_utf8_lossy(part).into_owned());
        // In an ID every other string is a field, not a value.
        let odd = received.split(|&b| b == b'{').count() % 2;
        format!("{begins:?} {ends:?} {odd} {} {:?}", self.literal, self.refusal)
    }

    fn take(&mut self, n: usize, input: &mut Buffer) {
        if self.refusal.is_none() {
            self.received.extend(input.as_slice().get(..n).unwrap_or_default());
        }
        input.consume(n);
        self.size = self.size.saturating_add(n);
    }
}

impl Context {
    /// Consumes a line of a command and the rest of the literal before it.
    pub(super) fn read_command(
        mut self,
        mut partial: Partial,
        input: &mut Buffer,
        fx: &mut Effects,
    ) -> Transition<Server> {
        if let Some(protocol) = foreign::recognise(input.as_slice()).filter(|_| self.opening) {
            // Not a word in answer: it might be reflected to a browser.
            return Err(Fault::new(ErrorCode::ForeignProtocol, format!("the client speaks {protocol}")));
        }
        partial.take_literal(input);
        if partial.literal > 0 {
            return Ok(Step::Wait(self.next(State::Command(partial))));
        }
        let limit = self.line_limit(&mut partial, input.as_slice());
        let length = match line_length(input, limit) {
            Ok(Some(length)) => length,
            Ok(None) => return Ok(Step::Wait(self.next(State::Command(partial)))),
            Err(fault) => return Err(leave_over(fault, untagged_bad, fx)),
        };
        self.opening = false;
        let line = input.as_slice().get(..length.saturating_sub(2)).unwrap_or_default();
        let literal = LiteralHeader::at_end_of(line);
        partial.take(length, input);
        match literal {
            Some(header) => self.literal_announced(partial, header, fx),
            None => self.command_complete(partial, input, fx),
        }
    }

    /// Octets that the next line of a command may have, its CRLF included.
    fn line_limit(&self, partial: &mut Partial, input: &[u8]) -> usize {
        let limits = &self.settings.limits;
        if partial.size > 0 {
            return limits.imap_line.min(self.most_octets().saturating_sub(partial.size));
        }
        // Judged by the part that any command may have, so that chunks make no difference, and once.
        let Some(begin) = input.get(..limits.imap_line) else { return limits.imap_line };
        *partial.first_line.get_or_insert_with(|| match Name::of(begin) {
            Name::Authenticate => limits.imap_line.max(limits.sasl_line),
            _ => limits.imap_line,
        })
    }

    /// Octets of a command with all its lines and literals: LOGIN has two.
    fn most_octets(&self) -> usize {
        let limits = &self.settings.limits;
        limits.imap_line.saturating_add(limits.literal.saturating_mul(2))
    }

    /// Reads what has come of a command, at the end of a line.
    fn interpret(&self, received: &[u8]) -> Reading {
        let Some(tag) = leading_tag(received) else {
            return Reading::Refused(untagged_bad("a command has a short tag and a name"));
        };
        let name = Name::of(received);
        if !matches!(self.protection, Protection::Confidential { .. }) {
            // By its name alone: right or wrong, the credentials get one answer and are wiped.
            if matches!(name, Name::Login | Name::Authenticate) {
                return Reading::Refused(replies::privacy_required(tag, self.why_not_private()));
            }
        }
        if name == Name::Login && !self.settings.password_commands {
            return Reading::Refused(no(tag, "CANNOT", "LOGIN is disabled here, use AUTHENTICATE"));
        }
        match (Command::parse(received), name) {
            (Ok(command), _) => Reading::Whole(command),
            (Err(CommandError::LiteralMissing), _) => Reading::LiteralNext(tag),
            (_, Name::Unknown) => Reading::Refused(bad(tag, "unknown command")),
            (_, Name::Later) => Reading::Refused(bad(tag, "log in first")),
            _ => Reading::Refused(bad(tag, "invalid arguments")),
        }
    }

    /// A line ended with the header of a literal.
    fn literal_announced(
        self,
        mut partial: Partial,
        header: LiteralHeader,
        fx: &mut Effects,
    ) -> Transition<Server> {
        let limit = self.settings.limits.literal;
        let limit = if header.synchronising { limit } else { limit.min(NON_SYNCHRONISING) };
        let room = self.most_octets().saturating_sub(partial.size);
        let length = usize::try_from(header.length).ok().filter(|&n| n <= limit && n <= room);
        let refusal = partial.refusal.take().or_else(|| match self.interpret(partial.received.as_slice()) {
            Reading::LiteralNext(tag) => length.is_none().then(|| replies::too_big(tag)),
            Reading::Refused(refusal) => Some(refusal),
            Reading::Whole(command) => Some(bad(command.tag, "invalid arguments")),
        });
        match (refusal, length) {
            // Not invited, so that the client goes on with another command (RFC 9051 §4.3).
            (Some(refusal), _) if header.synchronising => return self.refuse(refusal, fx),
            (refusal, Some(length)) => {
                if refusal.is_some() {
                    partial.received.clear();
                } else if header.synchronising {
                    Response::Continue("go ahead".into()).write(&mut fx.output);
                }
                partial.refusal = refusal;
                partial.literal = length;
            }
            // Its octets are on their way, and would be taken for commands.
            (_, None) => {
                bye(Some("TOOBIG"), "literal too big").write(&mut fx.output);
                return Err(Fault::new(ErrorCode::LimitExceeded, "a literal is too big"));
            }
        }
        Ok(Step::More(self.next(State::Command(partial))))
    }

    /// A command has all its lines and literals; `behind` is what has come after it.
    fn command_complete(self, partial: Partial, behind: &Buffer, fx: &mut Effects) -> Transition<Server> {
        if let Some(refusal) = partial.refusal {
            return self.refuse(refusal, fx);
        }
        match self.interpret(partial.received.as_slice()) {
            Reading::Whole(command) => self.execute(command, behind, fx),
            Reading::Refused(refusal) => self.refuse(refusal, fx),
            Reading::LiteralNext(tag) => self.refuse(bad(tag, "invalid arguments"), fx),
        }
    }
}
