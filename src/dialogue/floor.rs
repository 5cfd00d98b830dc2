//! What a client may choose among to authenticate, and the floor below which it sends no credentials.
//!
//! Does not depend on what is said in an exchange.

use super::{Capabilities, Means, Mechanism, sasl};
use crate::error::{Error, ErrorCode};
use crate::service::Protocol;
use core::fmt;

/// The least that an authentication must be. Below it a client sends no credentials, whatever the
/// server offers and whatever mechanism its host names.
///
/// A server, or somebody between who has a certificate that the client trusts, decides which
/// mechanisms the client sees. Without a floor, a client that chooses the best of them sends its
/// password by PLAIN when the SCRAM mechanisms are missing, and cannot notice that.
///
/// | floor | admits | so that |
/// |---|---|---|
/// | [`Any`](Self::Any) | every mechanism | |
/// | [`Scram`](Self::Scram) | SCRAM-SHA-1, SCRAM-SHA-256 and their PLUS forms | nobody gets the password, and only a server that has proved that it knows it is believed |
/// | [`BoundScram`](Self::BoundScram) | SCRAM-SHA-1-PLUS, SCRAM-SHA-256-PLUS | the same, and the server that has proved it is the other end of this TLS connection |
///
/// Everything else is below both: the password commands, PLAIN and LOGIN show the password, APOP a
/// digest that can be searched for it, OAUTHBEARER and XOAUTH2 a token that serves whoever has it.
/// EXTERNAL shows nothing, but the server proves nothing by it; PREAUTH is the same without a command, and
/// is not believed. What the host says in a mechanism of its own ([`Mechanism::Raw`]) cannot be judged.
///
/// It is for the dialogue that mailtls holds: behind [`super::HandOff::AfterGreeting`] and
/// [`super::HandOff::Transparent`] the host sends what it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum MechanismFloor {
    /// Every mechanism is admitted.
    #[default]
    Any,
    /// SCRAM, bound to the channel or not.
    Scram,
    /// SCRAM that is bound to the channel (PLUS).
    BoundScram,
}

impl MechanismFloor {
    /// Whether a client with this floor may authenticate so.
    ///
    /// ```
    /// use mailtls::{Mechanism, MechanismFloor};
    /// assert!(MechanismFloor::Any.admits(Mechanism::Plain));
    /// assert!(MechanismFloor::Scram.admits(Mechanism::ScramSha256));
    /// assert!(!MechanismFloor::Scram.admits(Mechanism::External));
    /// assert!(!MechanismFloor::BoundScram.admits(Mechanism::ScramSha256));
    /// ```
    pub fn admits(self, mechanism: Mechanism) -> bool {
        match self {
            Self::Any => true,
            Self::Scram => mechanism.is_scram(),
            Self::BoundScram => mechanism.needs_channel_binding(),
        }
    }
}

impl fmt::Display for MechanismFloor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::Scram => "SCRAM",
            Self::BoundScram => "SCRAM bound to the channel (PLUS)",
        })
    }
}

/// What a client may choose among. It exists only while it is time to authenticate, and on a channel
/// on which credentials may be sent.
#[derive(Clone, Copy)]
pub(crate) struct Offer<'a> {
    pub(crate) protocol: Protocol,
    pub(crate) capabilities: &'a Capabilities,
    /// Whether the channel has a binding.
    pub(crate) bound: bool,
    pub(crate) floor: MechanismFloor,
}

impl Offer<'_> {
    /// The best way to authenticate that is admitted. `Err` says why there is none.
    pub(crate) fn best(&self, means: Means) -> Result<Mechanism, Error> {
        self.best_with_advice(means, "")
    }

    fn best_with_advice(&self, means: Means, user: &str) -> Result<Mechanism, Error> {
        let best = |floor| self.capabilities.best_mechanism(self.protocol, means, self.bound, floor);
        if let Some(mechanism) = best(self.floor) {
            return Ok(mechanism);
        }
        let with = match means {
            Means::Password => "a password",
            Means::Token => "an OAuth 2.0 token",
            Means::Certificate => "a certificate",
        };
        match best(MechanismFloor::Any) {
            Some(below) => Err(self.below(below, user)),
            None => Err(Error::new(
                ErrorCode::InvalidArgument,
                format!("the server has no way to authenticate with {with}; it offers {}", self.offered()),
            )),
        }
    }

    /// The same for this user: SCRAM is passed over if SASLprep refuses the name, and the floor holds.
    pub(crate) fn best_for(&self, means: Means, user: &str) -> Result<Mechanism, Error> {
        let best = self.best_with_advice(means, user)?;
        if sasl::scram::Hash::of(best).is_none() || sasl::scram::user_name(user).is_some() {
            return Ok(best);
        }
        let without = self.capabilities.without_scram();
        let without = Offer { capabilities: &without, floor: MechanismFloor::Any, ..*self };
        let mechanism = without.best(means).map_err(|why| {
            let reason =
                format!("SCRAM cannot carry this user name (RFC 4013); without it: {}", why.reason());
            Error::new(why.code(), reason)
        })?;
        self.check(mechanism, user).map(|()| mechanism)
    }

    /// `Err` when the mechanism is below the floor, with advice for this user.
    pub(crate) fn check(&self, mechanism: Mechanism, user: &str) -> Result<(), Error> {
        if self.floor.admits(mechanism) { Ok(()) } else { Err(self.below(mechanism, user)) }
    }

    /// `user` is empty where it is not known.
    fn below(&self, mechanism: Mechanism, user: &str) -> Error {
        let admitted =
            |bound| self.capabilities.best_mechanism(self.protocol, Means::Password, bound, self.floor);
        let nameable = user.is_empty() || sasl::scram::user_name(user).is_some();
        let needed = match self.floor {
            MechanismFloor::BoundScram => "SCRAM with channel binding (PLUS)",
            MechanismFloor::Any | MechanismFloor::Scram => "SCRAM",
        };
        let advice = match (admitted(self.bound), admitted(true)) {
            _ if !nameable => "SCRAM cannot carry this user name (RFC 4013): ask the operator for another \
                               name; with this one there is no way to log in above the floor"
                .into(),
            (Some(better), _) => format!("authenticate by {} instead", self.name(&better)),
            (None, Some(_)) => {
                "this connection has no channel binding: the program's TLS library does not provide one"
                    .into()
            }
            (None, None) => format!(
                "ask the operator: if the server has {needed}, somebody on the way has removed it from the \
                 offer; only if it has none is there a reason to lower the floor"
            ),
        };
        let reason = format!(
            "{} is below the mechanism floor, which is {}: no credentials were sent; the server offers \
             {}; {advice}",
            self.name(&mechanism),
            self.floor,
            self.offered()
        );
        Error::new(ErrorCode::BelowMechanismFloor, reason)
    }

    /// What the server offers, for people.
    fn offered(&self) -> String {
        let mut names: Vec<_> = self.capabilities.sasl_mechanisms().map(Mechanism::Raw).take(20).collect();
        if self.capabilities.has_password_command(self.protocol) {
            names.push(Mechanism::Password);
        }
        let names: Vec<_> = names.iter().map(|mechanism| self.name(mechanism)).collect();
        if names.is_empty() { "nothing".into() } else { names.join(", ") }
    }

    /// A mechanism's name, for people.
    fn name<'a>(&self, mechanism: &'a Mechanism) -> &'a str {
        mechanism.sasl_name().unwrap_or(match (mechanism, self.protocol) {
            (Mechanism::Apop, _) => "APOP",
            (_, Protocol::Pop3) => "the USER command",
            (_, Protocol::Imap) => "the LOGIN command",
            (_, Protocol::Smtp) => "a password command",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Mechanism; 11] = [
        Mechanism::Password,
        Mechanism::Apop,
        Mechanism::Plain,
        Mechanism::Login,
        Mechanism::External,
        Mechanism::OAuthBearer,
        Mechanism::XOAuth2,
        Mechanism::ScramSha1,
        Mechanism::ScramSha256,
        Mechanism::ScramSha1Plus,
        Mechanism::ScramSha256Plus,
    ];

    fn capabilities(items: &[&str]) -> Capabilities {
        Capabilities::new(items.iter().map(|&item| item.into()).collect())
    }

    fn offer(capabilities: &Capabilities, bound: bool, floor: MechanismFloor) -> Offer<'_> {
        Offer { protocol: Protocol::Imap, capabilities, bound, floor }
    }

    /// A name that SASLprep refuses can still log in by PLAIN, but not below the floor.
    #[test]
    fn a_user_name_that_scram_cannot_carry() {
        let offers = capabilities(&["AUTH SCRAM-SHA-256-PLUS PLAIN SCRAM-SHA-1", "AUTH=SCRAM-SHA-256 LOGIN"]);
        let offer = |floor| offer(&offers, true, floor);
        for (user, mechanism) in [
            ("tim", Mechanism::ScramSha256Plus),
            ("em\u{1f511}o", Mechanism::ScramSha256Plus),
            ("t\u{7}m", Mechanism::Plain),
            ("\u{e000}", Mechanism::Plain),
        ] {
            assert_eq!(offer(MechanismFloor::Any).best_for(Means::Password, user), Ok(mechanism), "{user:?}");
        }
        for floor in [MechanismFloor::Scram, MechanismFloor::BoundScram] {
            let refused = offer(floor).best_for(Means::Password, "t\u{7}m").unwrap_err();
            assert_eq!(refused.code(), ErrorCode::BelowMechanismFloor);
            assert_eq!(
                refused.reason(),
                format!(
                    "PLAIN is below the mechanism floor, which is {floor}: no credentials were sent; the \
                     server offers {}; SCRAM cannot carry this user name (RFC 4013): ask the operator for \
                     another name; with this one there is no way to log in above the floor",
                    offer(floor).offered()
                )
            );
            assert_eq!(offer(floor).check(Mechanism::Plain, "t\u{7}m"), Err(refused));
            assert_eq!(offer(floor).best_for(Means::Password, "tim"), Ok(Mechanism::ScramSha256Plus));
        }
    }

    #[test]
    fn each_floor_admits_less_than_the_one_below() {
        let raw = ["SCRAM-SHA-256-PLUS", "GSSAPI"].map(|name| Mechanism::raw(name).unwrap());
        for mechanism in ALL.into_iter().chain(raw) {
            let admitted = [MechanismFloor::Any, MechanismFloor::Scram, MechanismFloor::BoundScram]
                .map(|floor| floor.admits(mechanism));
            let expected = match mechanism {
                Mechanism::ScramSha1Plus | Mechanism::ScramSha256Plus => [true, true, true],
                Mechanism::ScramSha1 | Mechanism::ScramSha256 => [true, true, false],
                _ => [true, false, false],
            };
            assert_eq!(admitted, expected, "{mechanism:?}");
        }
    }

    #[test]
    fn the_best_is_never_below_the_floor() {
        let all = capabilities(&[
            "AUTH=PLAIN",
            "AUTH=SCRAM-SHA-1",
            "AUTH=SCRAM-SHA-256",
            "AUTH=SCRAM-SHA-1-PLUS",
            "AUTH=EXTERNAL",
            "AUTH=OAUTHBEARER",
        ]);
        let best = |bound, floor, means| offer(&all, bound, floor).best(means).map_err(|error| error.code());
        let refused = Err(ErrorCode::BelowMechanismFloor);
        for floor in [MechanismFloor::Scram, MechanismFloor::BoundScram] {
            assert_eq!(best(true, floor, Means::Password), Ok(Mechanism::ScramSha1Plus));
            assert_eq!(best(true, floor, Means::Token), refused);
            assert_eq!(best(true, floor, Means::Certificate), refused);
        }
        assert_eq!(best(false, MechanismFloor::Scram, Means::Password), Ok(Mechanism::ScramSha256));
        assert_eq!(best(false, MechanismFloor::BoundScram, Means::Password), refused);
        assert_eq!(best(false, MechanismFloor::Any, Means::Certificate), Ok(Mechanism::External));
    }

    /// What is offered, what the floor is, and what to do.
    #[test]
    fn reasons() {
        let said = |items: &[&str], floor, mechanism| {
            offer(&capabilities(items), false, floor).check(mechanism, "tim").unwrap_err().reason().to_owned()
        };
        assert_eq!(
            said(&["AUTH=PLAIN", "AUTH=LOGIN"], MechanismFloor::Scram, Mechanism::Plain),
            "PLAIN is below the mechanism floor, which is SCRAM: no credentials were sent; the server offers \
             PLAIN, LOGIN, the LOGIN command; ask the operator: if the server has SCRAM, somebody on the way \
             has removed it from the offer; only if it has none is there a reason to lower the floor"
        );
        assert_eq!(
            said(&["LOGINDISABLED", "AUTH=SCRAM-SHA-1"], MechanismFloor::Scram, Mechanism::Password),
            "the LOGIN command is below the mechanism floor, which is SCRAM: no credentials were sent; the \
             server offers SCRAM-SHA-1; authenticate by SCRAM-SHA-1 instead"
        );
        assert_eq!(
            said(
                &["LOGINDISABLED", "AUTH=SCRAM-SHA-1-PLUS"],
                MechanismFloor::BoundScram,
                Mechanism::ScramSha1
            ),
            "SCRAM-SHA-1 is below the mechanism floor, which is SCRAM bound to the channel (PLUS): no \
             credentials were sent; the server offers SCRAM-SHA-1-PLUS; this connection has no channel \
             binding: the program's TLS library does not provide one"
        );
        // SCRAM is there, and PLUS is not: nobody has removed what is offered.
        assert_eq!(
            said(
                &["LOGINDISABLED", "AUTH=SCRAM-SHA-256"],
                MechanismFloor::BoundScram,
                Mechanism::ScramSha256
            ),
            "SCRAM-SHA-256 is below the mechanism floor, which is SCRAM bound to the channel (PLUS): no \
             credentials were sent; the server offers SCRAM-SHA-256; ask the operator: if the server has \
             SCRAM with channel binding (PLUS), somebody on the way has removed it from the offer; only if \
             it has none is there a reason to lower the floor"
        );
        // A certificate's user is in the certificate.
        let external = capabilities(&["LOGINDISABLED", "AUTH=EXTERNAL"]);
        let external = offer(&external, false, MechanismFloor::Scram);
        let error = external.check(Mechanism::External, "").unwrap_err();
        assert!(error.reason().contains("; ask the operator: if the server has SCRAM, "), "{error}");
        // Nor is a name that SCRAM cannot carry a sign that somebody has removed SCRAM.
        let plain = capabilities(&["LOGINDISABLED", "AUTH=PLAIN"]);
        let plain = offer(&plain, false, MechanismFloor::Scram);
        let error = plain.best_for(Means::Password, "t\u{7}m").unwrap_err();
        assert_eq!(
            error,
            "PLAIN is below the mechanism floor, which is SCRAM: no credentials were sent; the server offers \
             PLAIN; SCRAM cannot carry this user name (RFC 4013): ask the operator for another name; with \
             this one there is no way to log in above the floor"
        );
        let nothing = capabilities(&["LOGINDISABLED"]);
        let error = offer(&nothing, false, MechanismFloor::Scram).best(Means::Password).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
        assert_eq!(error, "the server has no way to authenticate with a password; it offers nothing");
    }
}
