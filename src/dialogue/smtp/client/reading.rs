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
    code: Option<ReplyCode>,
    lines: Vec<String>,
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

    /// Takes lines until the reply is complete; `None` when it is not.
    pub(super) fn read(&mut self, input: &mut Buffer, limits: &Limits) -> Result<Option<Reply>, Fault> {
        while let Some(line) = take_line(input, limits.reply_line).map_err(line_fault)? {
            let Some(ReplyLine { code, last, text }) = ReplyLine::parse(&line) else {
                return Err(Fault::new(ErrorCode::Syntax, format!("not a reply: {}", printable(&line))));
            };
            // RFC 5321 §4.2.1.
            if *self.code.get_or_insert(code) != code {
                return Err(Fault::new(ErrorCode::Syntax, "the lines of a reply differ in their code"));
            }
            if self.lines.len() >= limits.reply_lines {
                return Err(Fault::new(ErrorCode::LimitExceeded, "too many lines in a reply"));
            }
            self.lines.push(text.to_owned());
            if last {
                self.code = None;
                return Ok(Some(Reply::new(code, core::mem::take(&mut self.lines))));
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
