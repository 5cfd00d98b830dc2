//! Configurations: built once, immutable, shared by threads, replaced by building a new one.

mod client;
mod server;

pub use client::{ClientConfig, ClientConfigBuilder};
pub use server::{ServerConfig, ServerConfigBuilder};

use crate::error::{Error, ErrorCode};
use crate::limits::{Deadlines, Limits};

/// What a setting must be that is not: the words of `ServerSettings` and `ClientSettings`.
fn wrong_setting(which: &str) -> Error {
    let must = match which {
        "host_name" => "one word of at most 200 printable ASCII characters, such as mail.example",
        "client_name" => "a DNS name or an address in brackets, such as pc.example or [192.0.2.1]",
        "greeting_text" => "1 to 200 printable ASCII characters without [ and <",
        "sasl_mechanisms" => "names of different SASL mechanisms",
        "scram_iterations" => "from 4096 to 100000000",
        "oauth_scope" | "oauth_configuration" => {
            "1 to 200 printable ASCII characters without quotation marks and backslashes"
        }
        "imap_capabilities" | "imap_authenticated_capabilities" => {
            "words that an IMAP capability list can have"
        }
        "imap_id" => {
            "at most 30 pairs, each name of at most 30 and each value of at most 200 ASCII characters"
        }
        "pop3_capabilities" | "pop3_implementation" | "smtp_keywords" => {
            "lines of at most 200 printable ASCII characters with single spaces between words"
        }
        _ => {
            return Error::invalid(
                "no way to authenticate is offered: allow passwords, or name a SASL mechanism",
            );
        }
    };
    Error::new(ErrorCode::InvalidArgument, format!("the setting {which} is not possible; it must be {must}"))
}

/// Refuses limits under which no session could succeed, and deadlines that never or always pass.
fn check(limits: &Limits, deadlines: &Deadlines) -> Result<(), Error> {
    let l = limits;
    let sizes = [
        l.imap_line,
        l.pop3_line,
        l.smtp_line,
        l.reply_line,
        l.sasl_line,
        l.literal,
        l.handshake,
        l.buffered,
    ];
    if sizes.iter().any(|size| !(128..=16_777_216).contains(size)) {
        return Err(Error::invalid("a limit in octets is not between 128 and 16777216"));
    }
    if l.scram_iterations < 4096 {
        return Err(Error::invalid("the limit of SCRAM iterations is below the 4096 of RFC 7677"));
    }
    if l.reply_lines == 0 || l.bad_commands == 0 || l.authentication_failures == 0 || l.sasl_rounds == 0 {
        return Err(Error::invalid("a limit is 0; it must be at least 1"));
    }
    // What must fit into the buffer for the dialogue to go on.
    if l.buffered < l.imap_line.max(l.sasl_line) + 2 * l.literal
        || l.buffered < l.pop3_line.max(l.smtp_line).max(l.reply_line)
    {
        return Err(Error::invalid("the limit `buffered` is smaller than what one command may take"));
    }
    let d = deadlines;
    if [d.handshake, d.greeting, d.command, d.authentication, d.close].contains(&0) {
        return Err(Error::invalid("a deadline is 0; it must be at least 1 ms"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::{HandOff, ServerSettings};

    #[test]
    fn wrong_settings_are_named() {
        let reason = |change: fn(&mut ServerSettings)| {
            ServerConfig::builder().settings(change).build().err().map(|e| e.reason().to_owned())
        };
        assert_eq!(reason(|_| ()), None);
        assert_eq!(
            reason(|s| s.host_name = "a\r\nb".into()).as_deref(),
            Some(
                "the setting host_name is not possible; it must be one word of at most 200 printable ASCII \
                characters, such as mail.example"
            )
        );
        assert_eq!(
            reason(|s| s.limits.bad_commands = 0).as_deref(),
            Some("a limit is 0; it must be at least 1")
        );
        assert!(reason(|s| s.limits.buffered = 1000).unwrap().contains("buffered"));
        assert!(ServerConfig::builder().deadlines(|d| d.close = 0).build().is_err());
        assert!(ServerConfig::builder().hand_off(HandOff::AfterGreeting).build().is_err());
        assert!(ClientConfig::builder().settings(|s| s.client_name = "a b".into()).build().is_err());
    }

    #[test]
    fn configurations_can_be_shared_by_threads() {
        fn shareable<T: Send + Sync + Clone>() {}
        shareable::<ServerConfig>();
        shareable::<ClientConfig>();
    }
}
