//! What a comment says about TLS: one function for each form.
//!
//! It must never look further than its one comment. A form has to begin it, since what comes later may
//! be the peer's own words.

use super::super::protection::{Form, TlsClaim};
use super::{Place, is, names, strip};

/// What the comment says of TLS, if it is in one of the forms.
pub(super) fn tls(place: Place, text: &str) -> Option<TlsClaim> {
    let text = text.trim();
    if let Some(claim) =
        using(text).or_else(|| courier(text)).or_else(|| encrypted(text)).or_else(|| over(text))
    {
        return Some(claim);
    }
    // Behind `from`, a comment of one word may be the peer's HELO or its name in DNS.
    if matches!(place, Place::Start | Place::From) {
        return None;
    }
    pairs(text).or_else(|| colons(text)).or_else(|| alone(text))
}

/// Whether the comment says that the peer's certificate was verified: Postfix has a comment for it.
pub(super) fn verified(text: &str) -> Option<bool> {
    let text = text.trim();
    if is(text, "No client certificate requested") || is(text, "Client did not present a certificate") {
        return Some(false);
    }
    strip(text, "Client CN ")?;
    // The names of subject and issuer are the peer's; what counts is the end.
    let (_, last) = text.rsplit_once('(')?;
    match last.trim_end_matches(')') {
        last if is(last, "verified OK") => Some(true),
        last if is(last, "not verified") => Some(false),
        _ => None,
    }
}

/// Whether the comment says that there was no TLS; chasquid: `over SMTP, plain text!, envelope from "…"`.
pub(super) fn is_clear(text: &str) -> bool {
    let plain = strip(text, "over ")
        .and_then(|text| text.split(", ").nth(1))
        .is_some_and(|word| is(word, "plain text!"));
    plain || ["no TLS", "unencrypted", "not encrypted"].into_iter().any(|clear| is(text.trim(), clear))
}

/// `(SSL)` of IceWarp; Cellopoint's own name, which ends in `with TLS`.
pub(super) fn is_in_words(place: Place, text: &str) -> bool {
    let text = text.trim();
    let mut last = text.rsplit(' ');
    let with_tls =
        last.next().is_some_and(|word| is(word, "TLS")) && last.next().is_some_and(|w| is(w, "with"));
    match place {
        Place::With => is(text, "SSL") || is(text, "TLS"),
        Place::By => with_tls,
        _ => false,
    }
}

/// `using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 …`.
fn using(text: &str) -> Option<TlsClaim> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (version, rest) = match words.as_slice() {
        [using, version, rest @ ..] if is(using, "using") => (*version, rest),
        _ => return None,
    };
    if is(version, "TLS:") {
        return mailmarshal(rest);
    }
    if !names::is_version(version) && !is(version, "TLS") && !is(version, "SSL") {
        return None;
    }
    let mut claim = TlsClaim::new(Form::Postfix);
    claim.version = names::version(version);
    let behind = |key: &str| {
        let at = rest.iter().position(|word| is(word, key))?;
        rest.get(at + 1..)
    };
    if let Some([cipher, rest @ ..]) = behind("cipher") {
        names::put_cipher(&mut claim, cipher);
        claim.bits = bits_of(rest);
    }
    match behind("key-exchange") {
        // Postfix 3.4: «key-exchange ECDHE (P-256)», «key-exchange DHE (2048 bits)».
        Some([exchange, curve, ..]) if is(exchange, "ECDHE") || is(exchange, "DHE") => {
            if let Some(curve) = curve.strip_prefix('(').and_then(|curve| curve.strip_suffix(')')) {
                names::put_group(&mut claim, curve);
            }
        }
        Some([group, ..]) => names::put_group(&mut claim, group),
        _ => {}
    }
    // Strato: «(curve secp521r1 with 521 ECDH bits, eq. 15360 bits RSA)».
    if let Some([curve, ..]) = behind("(curve") {
        names::put_group(&mut claim, curve);
    }
    // Sendmail of Sun.
    if let Some([verified, ..]) = behind("verified") {
        claim.verified = Some(is(verified, "OK"));
    }
    Some(claim)
}

/// The first number of `(256/256 bits)`; Apple's `(RC4-MD5/128 bits)`.
fn bits_of(words: &[&str]) -> Option<u16> {
    match words {
        [number, bits, ..] if is(bits, "bits)") => {
            number.strip_prefix('(')?.split('/').find_map(|number| number.parse().ok())
        }
        _ => None,
    }
}

/// `using TLS: TLSv1.2, AES256-SHA`.
fn mailmarshal(words: &[&str]) -> Option<TlsClaim> {
    let (version, cipher) = match words {
        [version, cipher, ..] => (version.trim_end_matches(','), *cipher),
        _ => return None,
    };
    let mut claim = TlsClaim::new(Form::MailMarshal);
    claim.version = names::version(version);
    names::put_cipher(&mut claim, cipher);
    Some(claim)
}

/// `version=TLSv1.2 cipher=… bits=256 verify=NO`, with or without commas.
fn pairs(text: &str) -> Option<TlsClaim> {
    strip(text, "version=").or_else(|| strip(text, "cipher="))?;
    let words = || text.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let form = if text.contains(',') {
        Form::Exchange
    } else if words().any(|word| strip(word, "verify=").is_some()) {
        Form::Sendmail
    } else {
        Form::Gmail
    };
    let mut claim = TlsClaim::new(form);
    put_pairs(&mut claim, words());
    Some(claim)
}

/// Puts down what `version=`, `cipher=`, `bits=` and `verify=` say. The last of a kind counts.
pub(super) fn put_pairs<'a>(claim: &mut TlsClaim, words: impl Iterator<Item = &'a str>) {
    let mut cipher = None;
    for word in words.map(|word| word.trim_end_matches([',', ';'])) {
        if let Some(version) = strip(word, "version=") {
            claim.version = names::version(version);
        } else if let Some(name) = strip(word, "cipher=") {
            cipher = Some(name);
        } else if let Some(bits) = strip(word, "bits=") {
            claim.bits = bits.split('/').next().and_then(|bits| bits.parse().ok());
        } else if let Some(verify) = strip(word, "verify=") {
            claim.verified = Some(is_verified(verify));
        }
    }
    if let Some(name) = cipher {
        names::put_cipher(claim, name);
    }
}

/// Sendmail's `OK` and `TRUSTED`, Cyrus's and OpenSMTPD's `YES`, Exim's `yes` and `dane`.
fn is_verified(word: &str) -> bool {
    ["OK", "YES", "TRUSTED", "dane"].into_iter().any(|ok| is(word, ok))
}

/// `TLS1.2:ECDHE_RSA_AES_128_GCM_SHA256:128`, behind `Cipher ` or `X=` or nothing.
fn colons(text: &str) -> Option<TlsClaim> {
    let text = strip(text, "Cipher ").or_else(|| strip(text, "X=")).unwrap_or(text);
    let mut words = text.split_whitespace();
    let mut parts = words.next()?.split(':');
    let (version, cipher, bits) = (parts.next()?, parts.next()?, parts.next()?);
    let (verify, end) = (parts.next(), parts.next());
    if !names::is_version(version) || end.is_some() {
        return None;
    }
    let mut claim = TlsClaim::new(if verify.is_some() { Form::OpenSmtpd } else { Form::Exim });
    claim.version = names::version(version);
    claim.bits = bits.parse().ok();
    names::put_cipher(&mut claim, cipher);
    claim.verified = verify.or_else(|| words.find_map(|word| strip(word, "CV="))).map(is_verified);
    Some(claim)
}

/// `TLS: TLSv1.2,256bits,ECDHE-RSA-AES256-GCM-SHA384`.
fn courier(text: &str) -> Option<TlsClaim> {
    let mut parts = strip(text, "TLS: ")?.split(',').map(str::trim);
    let version = parts.next().filter(|version| names::is_version(version))?;
    let mut claim = TlsClaim::new(Form::Courier);
    claim.version = names::version(version);
    claim.bits = parts.next()?.trim_end_matches("bits").parse().ok();
    names::put_cipher(&mut claim, parts.next()?);
    Some(claim)
}

/// `AES128-SHA encrypted`: qpsmtpd, Qsmtpd.
fn encrypted(text: &str) -> Option<TlsClaim> {
    let mut words = text.split_whitespace();
    let (cipher, encrypted) = (words.next()?, words.next()?);
    if !is(encrypted, "encrypted") || words.next().is_some() {
        return None;
    }
    let mut claim = TlsClaim::new(Form::Qmail);
    names::put_cipher(&mut claim, cipher);
    Some(claim)
}

/// chasquid, beside the clause: `over submission+TLS, TLS-1.3, envelope from "…"`.
fn over(text: &str) -> Option<TlsClaim> {
    let mut words = strip(text, "over ")?.split(',').map(str::trim);
    let version = words.nth(1).and_then(names::version)?;
    let mut claim = TlsClaim::new(Form::Words);
    claim.version = Some(version);
    Some(claim)
}

/// `TLS` (Exchange), `TLS1.3` (Exim, beside the clause), `TLS1.3 TLS_AES_128_GCM_SHA256` (mox).
fn alone(text: &str) -> Option<TlsClaim> {
    let mut words = text.split_whitespace();
    let first = words.next()?;
    let (second, end) = (words.next(), words.next());
    let version = names::version(first);
    let is_cipher = |word: &str| ["TLS_", "0x"].into_iter().any(|prefix| strip(word, prefix).is_some());
    let is_form = match second {
        Some(cipher) => version.is_some() && is_cipher(cipher),
        None => version.is_some() || is(first, "TLS"),
    };
    if end.is_some() || !is_form {
        return None;
    }
    let form = match (version, second) {
        (None, _) => Form::Exchange,
        (_, None) => Form::Exim,
        (_, Some(_)) => Form::Mox,
    };
    let mut claim = TlsClaim::new(form);
    claim.version = version;
    if let Some(cipher) = second {
        names::put_cipher(&mut claim, cipher);
    }
    Some(claim)
}
