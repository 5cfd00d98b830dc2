//! The grammar of POP3, both directions: parsers over one whole line without its CR LF, and
//! the writers that go with them.
//!
//! It must never know in which state of the dialogue a line may come.

mod command;
mod greeting;
mod reply;
#[cfg(test)]
mod tests;

pub(crate) use command::{BadCommand, Command, Digest, InitialResponse, MechanismName, Password, UserName};
pub use greeting::Greeting;
pub(crate) use reply::{AuthReply, Capability, Challenge, Listed, Reply, ResponseCode, Status};

use nom::IResult;
use nom::bytes::complete::take_while;

/// `VCHAR = %x21-7E` (RFC 5234 appendix B.1).
fn is_vchar(byte: u8) -> bool {
    (0x21..=0x7e).contains(&byte)
}

/// What may stand in free text: anything that does not end or break the line.
fn is_text(byte: u8) -> bool {
    !matches!(byte, 0 | b'\r' | b'\n')
}

/// The free text to the end of a line.
fn text(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(is_text)(input)
}
