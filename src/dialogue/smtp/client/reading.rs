//! Puts the lines of a reply together. It must never know what the reply answers.

use crate::buffer::Buffer;
use crate::dialogue::Fault;
use crate::dialogue::line::{LineFault, printable, take_line};
use crate::dialogue::smtp::grammar::{Reply, ReplyCode, ReplyLine};
#[cfg(test)]
use crate::dialogue::states::counted;
use crate::error::ErrorCode;
use crate::limits::Limits;

/// A reply of which some lines, or none, have come. Lines are taken as they come, so that what
/// has been read is not read again.
#[derive(Default)]
pub(super) struct ReplyReader {
    /// That of the line before.
    code: Option<ReplyCode>,
    lines: Vec<Vec<u8>>,
}

impl ReplyReader {
    /// Whether no line of a reply has come.
    pub(super) fn is_at_start(&self) -> bool {
        self.code.is_none()
    }

    /// What of a reply has come.
    #[cfg(test)]
    pub(super) fn detail(&self, limits: &Limits) -> String {
        let lines = self.lines.len();
        // Capabilities begin with the second.
        format!("{:?} {} {}", self.code, lines.min(2), counted(lines, limits.reply_lines))
    }

    /// Takes lines until the reply is complete; `None` when it is not. A line of an `exchange` may
    /// be a challenge, for which there is more room (RFC 4954 §4).
    pub(super) fn read(
        &mut self,
        input: &mut Buffer,
        limits: &Limits,
        exchange: bool,
    ) -> Result<Option<Reply>, Fault> {
        let limit = if exchange { limits.sasl_line.max(limits.reply_line) } else { limits.reply_line };
        while let Some(line) = take_line(input, limit).map_err(line_fault)? {
            let Some(ReplyLine { code, last, text }) = ReplyLine::parse(&line) else {
                return Err(Fault::new(ErrorCode::Syntax, format!("not a reply: {}", printable(&line))));
            };
            if self.code.is_some_and(|before| !ReplyLine::goes_with(before, code)) {
                let reason = "the lines of a reply differ in the first digit of their code";
                return Err(Fault::new(ErrorCode::Syntax, reason));
            }
            if self.lines.len() >= limits.reply_lines {
                return Err(Fault::new(ErrorCode::LimitExceeded, "too many lines in a reply"));
            }
            self.lines.push(text.to_vec());
            self.code = (!last).then_some(code);
            if last {
                return Ok(Some(Reply::of_octets(code, core::mem::take(&mut self.lines))));
            }
        }
        Ok(None)
    }
}

fn line_fault(fault: LineFault) -> Fault {
    let code = match fault {
        LineFault::TooLong => ErrorCode::LimitExceeded,
        LineFault::BareLf | LineFault::BareCr | LineFault::Nul => ErrorCode::Syntax,
    };
    Fault::new(code, fault.reason())
}
