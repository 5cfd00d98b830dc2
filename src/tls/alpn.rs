//! The ALPN names of each protocol (RFC 7301): the usual ones, or the host's own choice.

use crate::error::{Error, ErrorCode};
use crate::service::Protocol;
use crate::text::printable;

/// All protocols, in the order of the enum.
pub(super) const PROTOCOLS: [Protocol; 3] = [Protocol::Imap, Protocol::Pop3, Protocol::Smtp];

/// The names of each protocol, the preferred one first.
#[derive(Clone, Debug)]
pub(crate) struct AlpnNames([Vec<Vec<u8>>; 3]);

impl Default for AlpnNames {
    fn default() -> Self {
        Self(PROTOCOLS.map(|protocol| vec![protocol.alpn().to_vec()]))
    }
}

impl AlpnNames {
    /// The names of this protocol.
    pub(crate) fn get(&self, protocol: Protocol) -> &[Vec<u8>] {
        &self.0[protocol as usize]
    }

    /// Puts these names in the place of a protocol's own. A list that is refused changes nothing.
    pub(crate) fn replace(&mut self, protocol: Protocol, names: &[&[u8]]) -> Result<(), Error> {
        // RFC 7301 §3.1: a name has a length of one octet, the list a length of two.
        if names.iter().any(|name| !(1..=255).contains(&name.len())) {
            return Err(Error::invalid("an ALPN name is not between 1 and 255 octets long"));
        }
        if names.iter().map(|name| 1 + name.len()).sum::<usize>() > usize::from(u16::MAX) {
            return Err(Error::invalid("the list of ALPN names is longer than 65535 octets"));
        }
        self.0[protocol as usize] = names.iter().map(|name| name.to_vec()).collect();
        Ok(())
    }

    /// Judges what a host's own TLS library has negotiated: nothing, or one of the names (ALPACA).
    pub(crate) fn check(&self, protocol: Protocol, negotiated: Option<&[u8]>) -> Result<(), Error> {
        match negotiated {
            Some(name) if !self.get(protocol).iter().any(|ours| ours == name) => {
                let reason = format!("{} was negotiated, a foreign application protocol", printable(name));
                Err(Error::new(ErrorCode::NoApplicationProtocol, reason))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_in_the_order_of_the_enum() {
        for (i, protocol) in PROTOCOLS.into_iter().enumerate() {
            assert_eq!(protocol as usize, i);
            assert_eq!(AlpnNames::default().get(protocol), [protocol.alpn()]);
        }
    }

    #[test]
    fn a_list_that_does_not_fit_changes_nothing() {
        let long = [b'x'; 256];
        let mut names = AlpnNames::default();
        let many = vec![&long[..255]; 256];
        for bad in [&[&b""[..]][..], &[b"a", &long], &many] {
            let code = names.replace(Protocol::Pop3, bad).map_err(|e| e.code());
            assert_eq!(code, Err(ErrorCode::InvalidArgument));
            assert_eq!(names.get(Protocol::Pop3), [b"pop3"]);
        }
        names.replace(Protocol::Pop3, &many[..255]).unwrap();
        names.replace(Protocol::Imap, &[b"a", b"b"]).unwrap();
        assert_eq!(names.get(Protocol::Imap), [b"a", b"b"]);
        assert_eq!(names.get(Protocol::Smtp), [b"smtp"]);
        names.replace(Protocol::Imap, &[]).unwrap();
        assert!(names.get(Protocol::Imap).is_empty());
    }

    #[test]
    fn foreign_names_are_refused() {
        let names = AlpnNames::default();
        assert_eq!(names.check(Protocol::Imap, None), Ok(()));
        assert_eq!(names.check(Protocol::Imap, Some(b"imap")), Ok(()));
        for foreign in [&b"pop3"[..], b"http/1.1", b"", b"imap\0"] {
            let error = names.check(Protocol::Imap, Some(foreign)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::NoApplicationProtocol);
        }
    }
}
