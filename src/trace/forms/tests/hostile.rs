//! Whatever is said: no panic, and what is kept is short and printable.

use super::*;
use crate::trace::Strength;
use proptest::prelude::*;

fn any_place() -> impl Strategy<Value = Place> {
    use Place::{By, Date, For, From, Id, Start, Tls, Via, With};
    proptest::sample::select(vec![Start, From, By, Via, With, Id, For, Tls, Date])
}

/// Text, often with pieces of the forms in it.
fn any_text() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "using ",
        "TLSv1.3",
        " with cipher ",
        "TLS_AES_256_GCM_SHA384",
        " (256/256 bits)",
        " key-exchange ",
        "version=",
        " cipher=",
        " bits=",
        " verify=",
        ":",
        "TLS",
        "TLS: ",
        ",",
        "bits",
        "__",
        "_P256",
        "0x",
        "encrypted",
        "SMTP",
        "UTF8",
        "/TLS/",
        "[",
        "]",
        "127.0.0.1",
        "HELO ",
        "é",
        "\u{0}",
        "Client CN ",
        "over ",
    ]);
    let word = prop_oneof![3 => piece.prop_map(str::to_owned), 1 => any::<String>()];
    proptest::collection::vec(word, 0..12).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn whatever_is_said_what_is_kept_is_short_and_printable(
        clauses in proptest::collection::vec(proptest::option::of(any_text()), 5),
        comments in proptest::collection::vec((any_place(), any_text()), 0..6),
        other in proptest::collection::vec((any_text(), any_text()), 0..3),
    ) {
        let clause = |at: usize| clauses.get(at).and_then(Option::as_deref);
        let said = Said {
            from: clause(0),
            by: clause(1),
            with: clause(2),
            tls: clause(3),
            group: clause(4),
            comments: comments.iter().map(|(place, text)| (*place, text.as_str())).collect(),
            other: other.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        };
        let protection = read(&said);
        prop_assert_eq!(protection.strength() == Strength::Clear, protection == Protection::Clear);
        if let Protection::Tls(claim) = protection {
            for kept in [claim.cipher(), claim.group_name()].into_iter().flatten() {
                prop_assert!(kept.len() <= 80 && kept.bytes().all(|octet| octet.is_ascii_graphic()), "{kept:?}");
            }
            prop_assert!(claim.cipher_suite().is_none() || claim.cipher().is_some());
        }
    }
}
