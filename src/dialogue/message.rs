//! What a server says to people, besides what the protocol needs.

use crate::text::{is_unprintable, line_of_at_most};

/// Characters of a message's text.
const LONGEST_TEXT: usize = 1000;
/// Characters of a response code's name.
const LONGEST_CODE: usize = 64;
/// Characters of a response code's arguments.
const LONGEST_ARGUMENTS: usize = 1024;

/// The arguments of a response code, if people can be shown what was sent, and all of it.
pub(crate) fn arguments(sent: &[u8]) -> Option<String> {
    let arguments = core::str::from_utf8(sent).ok()?;
    let right = arguments.len() <= LONGEST_ARGUMENTS && !arguments.contains(is_unprintable);
    (right && !arguments.is_empty()).then(|| arguments.to_owned())
}

/// How a server means a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// IMAP `OK`, POP3 `+OK`, SMTP 2yz.
    Ok,
    /// IMAP `NO`, POP3 `-ERR`, SMTP 4yz and 5yz. Untagged it is a warning.
    No,
    /// IMAP `BAD`: the server did not understand.
    Bad,
    /// IMAP `BYE`, SMTP 421: the server is about to close.
    Bye,
}

/// Something that a server says inside TLS: an IMAP status response (RFC 9051 §7.1), or the answer of a
/// POP3 or SMTP server to a log-in.
///
/// All of it is the server's own words: printable, each text one line, untrusted. What was said in
/// clear, before STARTTLS, never becomes one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerMessage {
    /// How it is meant.
    pub condition: Condition,
    /// Whether it is the answer to a command: tagged in IMAP, always in POP3 and SMTP but for 421.
    pub tagged: bool,
    /// The response code (`ALERT`, `AUTHENTICATIONFAILED`, `AUTH`) or SMTP reply and enhanced code
    /// (`235 2.7.0`), where one was given.
    pub code: Option<String>,
    /// What follows the name of an IMAP response code in its brackets: the URL of `REFERRAL` or
    /// `WEBALERT`. At most 1024 characters: a longer one is left out, because a part of a URL is of no
    /// use. No program should follow it without the user.
    pub code_arguments: Option<String>,
    /// The text for people, cut after 1000 characters; may be empty where there is a code.
    pub text: String,
}

impl ServerMessage {
    /// `code_arguments` and `text` as they were sent.
    pub(crate) fn new(
        condition: Condition,
        tagged: bool,
        code: Option<String>,
        code_arguments: Option<&[u8]>,
        text: &[u8],
    ) -> Self {
        let code = code.map(|code| line_of_at_most(code.as_bytes(), LONGEST_CODE));
        let code_arguments = code_arguments.and_then(arguments);
        Self { condition, tagged, code, code_arguments, text: line_of_at_most(text, LONGEST_TEXT) }
    }

    /// Whether the user must be shown the text: it came with the code `ALERT` (RFC 9051 §7.1), or with
    /// `WEBALERT`, in which some servers give the URL of a page that the user has to visit.
    pub fn is_alert(&self) -> bool {
        let is = |name: &str| self.code.as_deref().is_some_and(|code| code.eq_ignore_ascii_case(name));
        is("ALERT") || is("WEBALERT")
    }

    /// Code, arguments and text in one line, for a reason.
    pub(crate) fn words(&self) -> String {
        let mut words = match (&self.code, &self.code_arguments) {
            (None, _) => String::new(),
            (Some(code), _) if code.starts_with(|c: char| c.is_ascii_digit()) => format!("{code} "),
            (Some(code), None) => format!("[{code}] "),
            (Some(code), Some(arguments)) => format!("[{code} {arguments}] "),
        };
        words.push_str(&self.text);
        if let Some((end, _)) = words.char_indices().nth(400) {
            words.truncate(end);
        }
        words.truncate(words.trim_end().len());
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(code: Option<&str>, arguments: Option<&str>, text: &str) -> ServerMessage {
        let arguments = arguments.map(str::as_bytes);
        ServerMessage::new(Condition::No, false, code.map(Into::into), arguments, text.as_bytes())
    }

    #[test]
    fn what_can_be_shown_and_no_more_than_there_is_room_for() {
        let url = "u".repeat(LONGEST_ARGUMENTS);
        let long = message(Some("X"), Some(&url), &"t".repeat(LONGEST_TEXT + 1));
        assert_eq!((long.code_arguments.as_deref(), long.text.len()), (Some(url.as_str()), LONGEST_TEXT));
        assert_eq!(message(Some("X"), Some(&format!("{url}u")), "").code_arguments, None);
        let name = message(Some(&"N".repeat(LONGEST_CODE + 1)), None, "");
        assert_eq!(name.code.map(|code| code.len()), Some(LONGEST_CODE));
        for odd in ["", "a\u{202e}b", "a\u{1b}[31m", "a\tb"] {
            assert_eq!(message(Some("X"), Some(odd), "").code_arguments, None, "{odd:?}");
        }
        assert_eq!(message(None, None, "a\u{202e}b\u{1b}c").text, "a?b?c");
        assert_eq!(arguments(b"\xff"), None);
    }

    #[test]
    fn alerts() {
        for code in ["ALERT", "alert", "WEBALERT"] {
            assert!(message(Some(code), None, "").is_alert());
        }
        for code in [None, Some("ALERTS"), Some("AUTHENTICATIONFAILED"), Some("535 5.7.8")] {
            assert!(!message(code, None, "ALERT").is_alert());
        }
    }

    #[test]
    fn words_for_a_reason() {
        assert_eq!(message(None, None, "over quota").words(), "over quota");
        assert_eq!(message(Some("ALERT"), None, "over quota").words(), "[ALERT] over quota");
        assert_eq!(message(Some("WEBALERT"), Some("https://x/"), "").words(), "[WEBALERT https://x/]");
        assert_eq!(message(Some("535 5.7.8"), None, "wrong").words(), "535 5.7.8 wrong");
        assert_eq!(message(None, None, &"ä".repeat(1000)).words().chars().count(), 400);
    }
}
