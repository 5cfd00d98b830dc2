//! The messages of OAUTHBEARER (RFC 7628 §3) and XOAUTH2, read and written.
//!
//! It must never know whether a token is good.

use super::gs2::{BindingFlag, Gs2Header};
use crate::secret::Secret;
use nom::bytes::complete::{tag, tag_no_case, take_while, take_while1};
use nom::character::complete::{alpha1, char};
use nom::combinator::{all_consuming, verify};
use nom::multi::many0;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// Who shows which token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bearer {
    /// OAUTHBEARER: the authorization identity, or empty. XOAUTH2: the user.
    pub(super) user: String,
    pub(super) token: Secret,
}

/// `kvsep = %x01`
const SEPARATOR: char = '\x01';

impl Bearer {
    /// Whether it can be written: a token of other octets could end the message.
    pub(super) fn is_writable(&self) -> bool {
        let token = self.token.as_bytes();
        !token.is_empty()
            && token.iter().all(|&b| is_token_char(b.into()))
            && self.user.chars().all(|c| c > SEPARATOR)
    }

    /// Reads OAUTHBEARER:
    ///
    /// ```abnf
    /// client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep
    /// kvpair      = key "=" value kvsep
    /// ```
    pub(super) fn parse_oauthbearer(message: &[u8]) -> Option<Self> {
        let message = core::str::from_utf8(message).ok()?;
        let header = terminated(Gs2Header::parse, char(SEPARATOR));
        let (_, (header, token)) = all_consuming((header, pairs)).parse(message).ok()?;
        let unbound = !matches!(header.binding, BindingFlag::Used(_));
        Some(Self { user: header.authorization_identity, token: token.filter(|_| unbound)? })
    }

    pub(super) fn write_oauthbearer(&self) -> Secret {
        let header = Gs2Header { binding: BindingFlag::None, authorization_identity: self.user.clone() };
        self.write(&[&header.write(), "\x01"])
    }

    /// Reads XOAUTH2: `user=` name, `auth=Bearer ` token, each with a separator behind it, and one
    /// more.
    pub(super) fn parse_xoauth2(message: &[u8]) -> Option<Self> {
        let message = core::str::from_utf8(message).ok()?;
        let user = delimited(tag("user="), take_while1(|c| c > SEPARATOR), char(SEPARATOR));
        let (_, (user, token)) = all_consuming((user, pairs)).parse(message).ok()?;
        Some(Self { user: user.to_owned(), token: token? })
    }

    pub(super) fn write_xoauth2(&self) -> Secret {
        self.write(&["user=", &self.user, "\x01"])
    }

    fn write(&self, before: &[&str]) -> Secret {
        let (token, auth) = (self.token.as_bytes(), b"auth=Bearer ");
        // Sized at once, so that no copy of the token is left behind by growing.
        let size = before.iter().map(|part| part.len()).sum::<usize>() + auth.len() + token.len() + 2;
        let mut message = Vec::with_capacity(size);
        for part in before.iter().map(|part| part.as_bytes()).chain([&auth[..], token, b"\x01\x01"]) {
            message.extend_from_slice(part);
        }
        Secret::new(message)
    }
}

/// A server's refusal of OAUTHBEARER (RFC 7628 §3.2.2). The two settings hold no `"` and no `\`.
pub(super) fn oauthbearer_refusal(scope: Option<&str>, configuration: Option<&str>) -> Secret {
    let member =
        |name: &str, value: Option<&str>| value.map_or_else(String::new, |v| format!(",\"{name}\":\"{v}\""));
    let (scope, configuration) = (member("scope", scope), member("openid-configuration", configuration));
    Secret::from(format!("{{\"status\":\"invalid_token\"{scope}{configuration}}}").as_str())
}

/// A server's refusal of XOAUTH2, which speaks in numbers of HTTP.
pub(super) fn xoauth2_refusal(scope: Option<&str>) -> Secret {
    let scope = scope.unwrap_or("mail");
    Secret::from(format!("{{\"status\":\"401\",\"schemes\":\"bearer\",\"scope\":\"{scope}\"}}").as_str())
}

/// The token of the `auth` pair. Other pairs (`host`, `port`) say nothing that TLS has not proved.
fn pairs(input: &str) -> IResult<&str, Option<Secret>> {
    let value = take_while(|c: char| matches!(c, '!'..='~' | ' ' | '\t' | '\r' | '\n'));
    let pair = terminated((alpha1, preceded(char('='), value)), char(SEPARATOR));
    let (rest, pairs) = terminated(many0(pair), char(SEPARATOR)).parse(input)?;
    let mut auth = pairs.iter().filter(|(key, _)| key.eq_ignore_ascii_case("auth"));
    let token = auth.next().and_then(|(_, value)| bearer(value).ok()).map(|(_, token)| Secret::from(token));
    Ok((rest, token.filter(|_| auth.next().is_none())))
}

/// `"Bearer" 1*SP b64token` (RFC 6750 §2.1).
fn bearer(value: &str) -> IResult<&str, &str> {
    let token = verify(take_while1(is_token_char), |token: &str| !token.starts_with('='));
    all_consuming(preceded((tag_no_case("Bearer"), take_while1(|c| c == ' ')), token)).parse(value)
}

/// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~+/=".contains(c)
}

/// A server's refusal as one printable line, for people and logs.
pub(super) fn details(challenge: &Secret) -> String {
    crate::text::one_line(challenge.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_rfc_7628() {
        let message = b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01\
            auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";
        let read = Bearer::parse_oauthbearer(message).unwrap();
        assert_eq!(read.user, "user@example.com");
        assert_eq!(read.token, Secret::from("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="));
    }

    #[test]
    fn xoauth2() {
        let message =
            b"user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01";
        let read = Bearer::parse_xoauth2(message).unwrap();
        assert_eq!(read.user, "someuser@example.com");
        assert_eq!(read.write_xoauth2().as_bytes(), message);
    }

    #[test]
    fn what_is_no_message() {
        for bad in [
            "",
            "\x01",
            "n,,",
            "n,,\x01",
            "n,,\x01\x01",
            "n,,\x01auth=\x01\x01",
            "n,,\x01auth=Bearer\x01\x01",
            "n,,\x01auth=Bearer x\x01",
            "n,,\x01auth=Bearer x\x01\x01x",
            "p=x,,\x01auth=Bearer x\x01\x01",
            "n,a=,\x01auth=Bearer x\x01\x01",
            "n,a==3,\x01auth=Bearer x\x01\x01",
            "n,,\x01auth=Basic x\x01\x01",
            "n,,\x01auth=Bearer x y\x01\x01",
            "n,,\x01auth=Bearer x\x01auth=Bearer y\x01\x01",
            "n,,\x01auth=Bearer =\x01\x01",
        ] {
            assert_eq!(Bearer::parse_oauthbearer(bad.as_bytes()), None, "{bad:?}");
        }
        for bad in ["", "user=\x01auth=Bearer x\x01\x01", "user=x\x01\x01", "user=x\x01auth=Bearer x\x01"] {
            assert_eq!(Bearer::parse_xoauth2(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn refusals_are_json() {
        let text = |secret: Secret| String::from_utf8(secret.as_bytes().to_vec()).unwrap();
        assert_eq!(text(oauthbearer_refusal(None, None)), r#"{"status":"invalid_token"}"#);
        assert_eq!(
            text(oauthbearer_refusal(Some("mail"), Some("https://a.example/x"))),
            r#"{"status":"invalid_token","scope":"mail","openid-configuration":"https://a.example/x"}"#
        );
        assert_eq!(text(xoauth2_refusal(None)), r#"{"status":"401","schemes":"bearer","scope":"mail"}"#);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(user in "[^\0\x01]{1,12}", token in "[A-Za-z0-9._~+/-]{1,20}={0,2}") {
            let bearer = Bearer { user, token: token.as_str().into() };
            prop_assert!(bearer.is_writable());
            prop_assert_eq!(Bearer::parse_xoauth2(bearer.write_xoauth2().as_bytes()), Some(bearer.clone()));
            prop_assert_eq!(Bearer::parse_oauthbearer(bearer.write_oauthbearer().as_bytes()), Some(bearer));
        }

        #[test]
        fn any_octets_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for bytes in [bytes.clone(), [b"n,,\x01auth=", &bytes[..]].concat(), [b"user=", &bytes[..]].concat()] {
                Bearer::parse_oauthbearer(&bytes);
                Bearer::parse_xoauth2(&bytes);
            }
        }
    }
}
