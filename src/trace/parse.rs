//! Reads a Received field to the letter of its grammar (RFC 5321 §4.4).

use super::clause::{AdditionalClause, Commented, OtherClause};
use super::comment::cfws;
use super::cursor::{Cursor, Result};
use super::date_time::DateTime;
use super::domain::{ExtendedDomain, TcpInfo};
use super::grammar_error::GrammarError;
use super::mailbox::ForAddress;
use super::protocol::WithProtocol;
use super::received::{Received, settle};
use super::tls_clause::{GroupName, TlsCipher, TlsClause};
use super::token::{Atom, Id};

/// The longest line without its end, in octets (RFC 5322 §2.1.1).
pub(super) const LONGEST_LINE: usize = 998;

/// The longest field that is read, in octets.
const LONGEST_FIELD: usize = 65_536;

impl Received {
    /// Reads a field, from its name to the CRLF at its end, to the letter of the grammar: RFC 5321 §4.4
    /// (whose `date-time` has no obsolete forms), RFC 5322 §3.2 for comments and white space, RFC 8314
    /// §4.3 for `tls`, RFC 6531 §3.3 and RFC 6532 §3.1 for characters outside ASCII. It has at most
    /// 65,536 octets, no line of more than 998 or of white space alone, and one `tls` clause at most.
    ///
    /// Few of the fields that are met are of the grammar; [`crate::trace::Hop::read`] reads them all.
    ///
    /// # Errors
    /// [`GrammarError`]: at which octet which production is not there.
    pub fn parse(field: &[u8]) -> Result<Self> {
        limits(field)?;
        match core::str::from_utf8(field) {
            Ok(text) => {
                time_stamp_line(text).and_then(|received| no_line_of_white_space(text).map(|()| received))
            }
            Err(error) => {
                let at = error.valid_up_to();
                let valid = field.get(..at).and_then(|valid| core::str::from_utf8(valid).ok());
                match time_stamp_line(valid.unwrap_or_default()) {
                    Err(error) if error.at() < at => Err(error),
                    _ => Err(GrammarError::because(at, "UTF8-non-ascii", "no UTF-8")),
                }
            }
        }
    }
}

fn limits(field: &[u8]) -> Result<()> {
    let mut line = 0;
    for (at, &octet) in field.iter().enumerate() {
        if at >= LONGEST_FIELD {
            return Err(GrammarError::because(at, "Time-stamp-line", "longer than 65,536 octets"));
        }
        let end = octet == b'\n' || field.get(at..at + 2) == Some(b"\r\n");
        if !end && at - line >= LONGEST_LINE {
            return Err(GrammarError::because(at, "Time-stamp-line", "a line longer than 998 octets"));
        }
        if octet == b'\n' {
            line = at + 1;
        }
    }
    Ok(())
}

/// RFC 5322 §3.2.2. To some readers such a line would be the one that ends the header section.
fn no_line_of_white_space(text: &str) -> Result<()> {
    let mut at = 0;
    for line in text.split_inclusive("\r\n") {
        if line.trim_ascii().is_empty() {
            return Err(GrammarError::because(at, "CFWS", "a line of nothing but white space"));
        }
        at += line.len();
    }
    Ok(())
}

/// `Time-stamp-line = "Received:" FWS Stamp <CRLF>`,
/// `Stamp = From-domain By-domain Opt-info [CFWS] ";" FWS date-time`
fn time_stamp_line(text: &str) -> Result<Received> {
    let c = &mut Cursor::new(text);
    c.expect_word("Received:", "Time-stamp-line")?;
    c.fws()?;
    c.expect_word("from", "From-domain")?;
    host(c, &|from, c| {
        if !from.parted {
            return c.wanted("CFWS");
        }
        c.expect_word("by", "By-domain")?;
        host(c, &|by, c| behind_by(&from.host, by, c))
    })
}

/// `Opt-info [CFWS] ";" FWS date-time CRLF`
fn behind_by(from: &Commented<ExtendedDomain>, by: Host, c: &mut Cursor<'_>) -> Result<Received> {
    let mut clauses = OptInfo::default();
    let mut parted = by.parted;
    while c.peek() != Some(';') {
        if !parted {
            return c.wanted("CFWS");
        }
        let at = c.at();
        clauses.read(c)?;
        // A clause reads the white space behind it.
        parted = c.since(at).ends_with([' ', '\t', ')']);
    }
    c.take();
    c.fws()?;
    let value = DateTime::read(c)?;
    let date = Commented { value, comments: cfws(c)? };
    c.expect_word("\r\n", "CRLF")?;
    c.expect_end("Time-stamp-line")?;
    let OptInfo { via, with, id, for_address, additional } = clauses;
    Ok(Received { from: from.clone(), by: by.host, via, with, id, for_address, additional, date })
}

struct Host {
    host: Commented<ExtendedDomain>,
    /// Whether there is white space behind it.
    parted: bool,
}

/// `FWS Extended-Domain [CFWS]`, and `then` what follows.
///
/// A general address literal may hold parentheses: `TCP-info` and the comment that the same text could
/// be end in two places. It is `TCP-info` where all that follows can be read then, and else a comment.
fn host<T>(c: &mut Cursor<'_>, then: &dyn Fn(Host, &mut Cursor<'_>) -> Result<T>) -> Result<T> {
    c.fws()?;
    let value = ExtendedDomain::read(c)?;
    if let Some((tcp_info, mut ahead)) = bracketing(&value, c) {
        let read = spaced(tcp_info, &mut ahead).and_then(|host| then(host, &mut ahead));
        if read.is_ok() {
            return read;
        }
    }
    let mut host = spaced(value, c)?;
    settle(&mut host.host);
    then(host, c)
}

fn spaced(value: ExtendedDomain, c: &mut Cursor<'_>) -> Result<Host> {
    let at = c.at();
    let host = commented(value, c)?;
    Ok(Host { host, parted: c.at() > at })
}

/// The domain with the `TCP-info` behind it, if that has a literal with parentheses in it.
fn bracketing<'a>(value: &ExtendedDomain, c: &Cursor<'a>) -> Option<(ExtendedDomain, Cursor<'a>)> {
    let ExtendedDomain::Domain(domain, None) = value else { return None };
    let mut ahead = c.clone();
    ahead.fws().ok()?;
    let tcp_info = TcpInfo::read_enclosed(&mut ahead).ok()?;
    let parentheses = tcp_info.literal.to_string().contains(['(', ')']);
    parentheses.then(|| (ExtendedDomain::Domain(domain.clone(), Some(tcp_info)), ahead))
}

/// `Opt-info = [Via] [With] [ID] [For] [Additional-Registered-Clauses]`
#[derive(Default)]
struct OptInfo {
    via: Option<Commented<Atom>>,
    with: Option<Commented<WithProtocol>>,
    id: Option<Commented<Id>>,
    for_address: Option<Commented<ForAddress>>,
    additional: Vec<Commented<AdditionalClause>>,
}

impl OptInfo {
    /// Reads the clause that begins here, and the white space behind it.
    fn read(&mut self, c: &mut Cursor<'_>) -> Result<()> {
        let at = c.at();
        let Ok(name) = Atom::read(c) else {
            return c.wanted("Opt-info");
        };
        let lower = name.as_str().to_ascii_lowercase();
        let may_follow = match lower.as_str() {
            "via" => self.ends_before(1),
            "with" => self.ends_before(2),
            "id" => self.ends_before(3),
            "for" => self.ends_before(4),
            "tls" => !self.has_tls(),
            "from" | "by" | "group" => false,
            _ => true,
        };
        if !may_follow {
            return Err(GrammarError::because(at, "Opt-info", "this clause cannot stand here"));
        }
        c.fws()?;
        match lower.as_str() {
            "via" => self.via = Some(commented(Atom::read(c)?, c)?),
            "with" => self.with = Some(commented(WithProtocol::read(c)?, c)?),
            "id" => self.id = Some(id(c)?),
            "for" => self.for_address = Some(commented(ForAddress::read(c)?, c)?),
            "tls" => self.additional.push(tls(c)?),
            _ => {
                let clause = OtherClause::read_value(name, c)?;
                self.additional.push(commented(AdditionalClause::Other(clause), c)?);
            }
        }
        Ok(())
    }

    /// Whether none of the clauses is there that stand at this place or behind it.
    fn ends_before(&self, place: u8) -> bool {
        self.additional.is_empty()
            && self.for_address.is_none()
            && (place > 3 || self.id.is_none())
            && (place > 2 || self.with.is_none())
            && (place > 1 || self.via.is_none())
    }

    fn has_tls(&self) -> bool {
        self.additional.iter().any(|clause| matches!(clause.value, AdditionalClause::Tls(_)))
    }
}

fn commented<T>(value: T, c: &mut Cursor<'_>) -> Result<Commented<T>> {
    Ok(Commented { value, comments: cfws(c)? })
}

/// `Atom / msg-id`, where msg-id may have CFWS around it, besides what is there in any case.
fn id(c: &mut Cursor<'_>) -> Result<Commented<Id>> {
    let at = c.at();
    let mut comments = cfws(c)?;
    if c.at() > at && c.peek() != Some('<') {
        return c.wanted("msg-id");
    }
    let value = Id::read(c)?;
    comments.extend(cfws(c)?);
    Ok(Commented { value, comments })
}

/// `tls-cipher [ CFWS "group" FWS dh-group ]` (RFC 8314 §4.3)
fn tls(c: &mut Cursor<'_>) -> Result<Commented<AdditionalClause>> {
    let cipher = TlsCipher::read(c)?;
    let at = c.at();
    let mut comments = cfws(c)?;
    let mut group = None;
    let mut ahead = c.clone();
    if c.at() > at && Atom::read(&mut ahead).is_ok_and(|word| word.as_str().eq_ignore_ascii_case("group")) {
        *c = ahead;
        c.fws()?;
        group = Some(GroupName::read(c)?);
        comments.extend(cfws(c)?);
    }
    Ok(Commented { value: AdditionalClause::Tls(TlsClause { cipher, group }), comments })
}
