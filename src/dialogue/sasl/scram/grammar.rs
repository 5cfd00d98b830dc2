//! The four messages of SCRAM, read and written (RFC 5802 §7).
//!
//! It must never know a password or a key.

use super::super::gs2::{Gs2Header, escaped, is_value_char, saslname};
use crate::dialogue::sasl;
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, satisfy};
use nom::combinator::{all_consuming, map, map_opt, map_res, recognize};
use nom::multi::many0_count;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// ```abnf
/// client-first-message      = gs2-header client-first-message-bare
/// client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientFirstMessage {
    pub(super) header: Gs2Header,
    pub(super) user: String,
    pub(super) nonce: String,
}

/// ```abnf
/// server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerFirstMessage {
    pub(super) nonce: String,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
}

/// ```abnf
/// client-final-message = channel-binding "," nonce ["," extensions] "," proof
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientFinalMessage {
    /// The gs2-header and the data of the binding.
    pub(super) binding: Vec<u8>,
    pub(super) nonce: String,
    pub(super) proof: Secret,
}

/// ```abnf
/// server-final-message = (server-error / verifier) ["," extensions]
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ServerFinalMessage {
    /// `e=`
    Error(String),
    /// `v=`
    Verifier(Vec<u8>),
}

impl ClientFirstMessage {
    /// Reads the message; the part behind the gs2-header is wanted as it was sent.
    pub(super) fn parse(message: &str) -> Option<(Self, &str)> {
        let (bare, header) = Gs2Header::parse(message).ok()?;
        let (_, (user, nonce)) =
            all_consuming((username, preceded(char(','), terminated(nonce, extensions)))).parse(bare).ok()?;
        Some((Self { header, user, nonce: nonce.to_owned() }, bare))
    }

    pub(super) fn write_bare(&self) -> String {
        format!("n={},r={}", escaped(&self.user), self.nonce)
    }
}

impl ServerFirstMessage {
    pub(super) fn parse(message: &str) -> Option<Self> {
        let salt = preceded(tag("s="), base64);
        let iterations = preceded(tag("i="), positive_number);
        let parts = (nonce, preceded(char(','), salt), preceded(char(','), iterations), extensions);
        let (_, (nonce, salt, iterations, ())) = all_consuming(parts).parse(message).ok()?;
        Some(Self { nonce: nonce.to_owned(), salt, iterations })
    }

    pub(super) fn write(&self) -> String {
        format!("r={},s={},i={}", self.nonce, STANDARD.encode(&self.salt), self.iterations)
    }
}

impl ClientFinalMessage {
    /// Reads the message; the part before the proof is wanted as it was sent.
    pub(super) fn parse(message: &str) -> Option<(Self, &str)> {
        let (without_proof, proof) = message.rsplit_once(",p=")?;
        let proof = sasl::decode(proof.as_bytes()).ok().filter(|proof| !proof.as_bytes().is_empty())?;
        let binding = preceded(tag("c="), base64);
        let (_, (binding, nonce, ())) =
            all_consuming((binding, preceded(char(','), nonce), extensions)).parse(without_proof).ok()?;
        Some((Self { binding, nonce: nonce.to_owned(), proof }, without_proof))
    }

    pub(super) fn write_without_proof(&self) -> String {
        format!("c={},r={}", STANDARD.encode(&self.binding), self.nonce)
    }

    pub(super) fn write(&self) -> Secret {
        let (before, proof) = (self.write_without_proof(), sasl::encode(self.proof.as_bytes()));
        // Sized at once, so that no copy of the proof is left behind by growing.
        let mut message = Vec::with_capacity(before.len() + 3 + proof.len());
        for part in [&before, ",p=", &proof] {
            message.extend_from_slice(part.as_bytes());
        }
        Secret::new(message)
    }
}

impl ServerFinalMessage {
    pub(super) fn parse(message: &str) -> Option<Self> {
        let verifier = map(preceded(tag("v="), base64), Self::Verifier);
        // server-error-value is one of a list, or any value.
        let error =
            map(preceded(tag("e="), take_while1(is_value_char)), |text: &str| Self::Error(text.to_owned()));
        all_consuming(terminated(alt((verifier, error)), extensions)).parse(message).ok().map(|(_, m)| m)
    }

    pub(super) fn write(&self) -> String {
        match self {
            Self::Error(text) => format!("e={text}"),
            Self::Verifier(verifier) => format!("v={}", STANDARD.encode(verifier)),
        }
    }
}

/// `username = "n=" saslname`; a `reserved-mext` before it is refused, as it must be (RFC 5802
/// §5.1, `m`).
fn username(input: &str) -> IResult<&str, String> {
    preceded(tag("n="), saslname).parse(input)
}

/// `nonce = "r=" 1*(%x21-2B / %x2D-7E)`
fn nonce(input: &str) -> IResult<&str, &str> {
    preceded(tag("r="), take_while1(|c: char| c.is_ascii_graphic() && c != ',')).parse(input)
}

/// `1*(ALPHA / DIGIT / "/" / "+" / "=")`, strictly.
fn base64(input: &str) -> IResult<&str, Vec<u8>> {
    map_res(take_while1(|c: char| c.is_ascii_alphanumeric() || "/+=".contains(c)), |text: &str| {
        STANDARD.decode(text)
    })
    .parse(input)
}

/// `posit-number = %x31-39 *DIGIT`
fn positive_number(input: &str) -> IResult<&str, u32> {
    let digits =
        recognize((satisfy(|c| ('1'..='9').contains(&c)), many0_count(satisfy(|c| c.is_ascii_digit()))));
    map_opt(digits, |digits: &str| digits.parse().ok()).parse(input)
}

/// `["," extensions]`, which are passed over (RFC 5802 §5.1):
///
/// ```abnf
/// extensions = attr-val *("," attr-val)
/// attr-val   = ALPHA "=" 1*value-char
/// ```
fn extensions(input: &str) -> IResult<&str, ()> {
    let attribute = (satisfy(|c| c.is_ascii_alphabetic()), char('='), take_while1(is_value_char));
    map(many0_count(preceded(char(','), attribute)), |_| ()).parse(input)
}

#[cfg(test)]
mod tests {
    use super::super::super::gs2::BindingFlag;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_rfc_7677() {
        let (first, bare) = ClientFirstMessage::parse("n,,n=user,r=rOprNGfwEbeRWgbNEkqO").unwrap();
        assert_eq!(first.header.binding, BindingFlag::None);
        assert_eq!((first.user.as_str(), bare), ("user", "n=user,r=rOprNGfwEbeRWgbNEkqO"));
        let text = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let server_first = ServerFirstMessage::parse(text).unwrap();
        assert_eq!((server_first.iterations, server_first.write().as_str()), (4096, text));
        let text = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                    p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        let (last, without_proof) = ClientFinalMessage::parse(text).unwrap();
        assert_eq!((last.binding.as_slice(), last.write()), (&b"n,,"[..], text.into()));
        assert!(text.starts_with(without_proof) && !without_proof.contains("p="));
    }

    #[test]
    fn what_is_no_message() {
        for bad in [
            "",
            "n",
            "n,",
            "n,,",
            "n,a,n=u,r=x",
            "n,a=,n=u,r=x",
            "n,,n=,r=x",
            "n,,n=u",
            "n,,n=u,r=",
            "x,,n=u,r=x",
            "p=,,n=u,r=x",
            "p=a_b,,n=u,r=x",
            "n,,n=u=,r=x",
            "n,,n=u=2c,r=x",
            "n,,n=a=3,r=x",
            "n,,n=u,r=ä",
            "n,,m=x,n=u,r=x",
            "n,,n=u,r=x,",
            "n,,n=u,r=x,1=2",
            "n,,n=u\0,r=x",
        ] {
            assert!(ClientFirstMessage::parse(bad).is_none(), "{bad}");
        }
        for bad in [
            "",
            "r=x",
            "r=x,s=,i=1",
            "r=x,s=AA==,i=0",
            "r=x,s=AA==,i=-1",
            "r=x,s=AA==,i=4294967296",
            "r=x,s=A,i=1",
            "m=1,r=x,s=AA==,i=1",
            "r=x,s=AA==,i=1x",
            "e=other-error",
        ] {
            assert!(ServerFirstMessage::parse(bad).is_none(), "{bad}");
        }
        for bad in
            ["", "c=biws,r=x", "c=biws,p=AA==", "c=biws,r=x,p=", "c=b,r=x,p=AA==", "c=biws,r=x,p=AA==,y=z"]
        {
            assert!(ClientFinalMessage::parse(bad).is_none(), "{bad}");
        }
        for bad in ["", "v=", "v=!", "e=", "x=AA==", "v=AA==,"] {
            assert!(ServerFinalMessage::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn extensions_are_passed_over() {
        assert!(ClientFirstMessage::parse("y,,n=u,r=x,z=1,y==").is_some());
        assert!(ServerFirstMessage::parse("r=x,s=AA==,i=1,h=what").is_some());
        assert!(ClientFinalMessage::parse("c=biws,r=x,z=ä,p=AA==").is_some());
        assert!(ServerFinalMessage::parse("v=AA==,z=1").is_some());
    }

    fn name() -> impl Strategy<Value = String> {
        "[^\0]{1,12}"
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            identity in prop_oneof![Just(String::new()), name()], user in name(), nonce in "[!-+.-~-]{1,20}",
            flag in prop_oneof![Just(BindingFlag::None), Just(BindingFlag::NotOffered), "[a-z.-]{1,9}".prop_map(BindingFlag::Used)],
            salt in proptest::collection::vec(any::<u8>(), 1..20), iterations in 1u32.., error in "[a-z-]{1,9}",
        ) {
            let header = Gs2Header { binding: flag, authorization_identity: identity };
            let first = ClientFirstMessage { header, user, nonce: nonce.clone() };
            let text = format!("{}{}", first.header.write(), first.write_bare());
            let (read, bare) = ClientFirstMessage::parse(&text).unwrap();
            prop_assert_eq!(bare, first.write_bare());
            prop_assert_eq!(&read, &first);
            let server_first = ServerFirstMessage { nonce: nonce.clone(), salt: salt.clone(), iterations };
            prop_assert_eq!(ServerFirstMessage::parse(&server_first.write()), Some(server_first));
            let last = ClientFinalMessage { binding: salt.clone(), nonce, proof: Secret::new(salt.clone()) };
            let text = last.write();
            let text = core::str::from_utf8(text.as_bytes()).unwrap();
            let (read, without_proof) = ClientFinalMessage::parse(text).unwrap();
            prop_assert_eq!(without_proof, last.write_without_proof());
            prop_assert_eq!(read, last);
            for message in [ServerFinalMessage::Error(error), ServerFinalMessage::Verifier(salt)] {
                prop_assert_eq!(ServerFinalMessage::parse(&message.write()), Some(message));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}", mail in "[nypamrscveiA0=,.]{0,30}") {
            for text in [text, mail] {
                ClientFirstMessage::parse(&text);
                ServerFirstMessage::parse(&text);
                ClientFinalMessage::parse(&text);
                ServerFinalMessage::parse(&text);
            }
        }
    }
}
