//! SASLprep (RFC 4013) for user names, as query strings, and for passwords, as stored strings.
//!
//! The two differ in code points that Unicode 3.2 does not have, such as emoji (RFC 3454 §7): a query
//! may hold them, a stored string may not. RFC 5802 §5.1 makes the user name a query on both sides, and
//! §2.2 the password a stored string.

use crate::secret::Secret;
use std::borrow::Cow;
use stringprep::tables;
use unicode_normalization::UnicodeNormalization;

/// A user name as a query string; `None` if it holds a prohibited character, breaks the rule for
/// scripts that are written from right to left, or is empty in the end.
pub(crate) fn user_name(name: &str) -> Option<String> {
    let mapped = name
        .chars()
        .map(|c| if tables::non_ascii_space_character(c) { ' ' } else { c })
        .filter(|&c| !tables::commonly_mapped_to_nothing(c));
    let prepared = normalized(mapped);
    let right = !prepared.is_empty() && !prepared.contains(is_prohibited) && keeps_direction(&prepared);
    right.then_some(prepared)
}

/// A password as a stored string. One that SASLprep refuses, or that is not UTF-8, is used as it is:
/// both sides do the same, and nobody is locked out by a character that is newer than Unicode 3.2.
pub(super) fn password(password: &[u8]) -> Secret {
    match core::str::from_utf8(password).ok().and_then(|text| stringprep::saslprep(text).ok()) {
        Some(Cow::Owned(text)) => Secret::new(text.into_bytes()),
        Some(Cow::Borrowed(text)) => text.into(),
        None => password.into(),
    }
}

/// NFKC of Unicode 3.2 (RFC 4013 §2.2). Code points that it does not have are left as they are, and
/// nothing is composed across them, whatever later versions make of them: both sides must come to the
/// same name.
fn normalized(chars: impl Iterator<Item = char>) -> String {
    let (mut all, mut known) = (String::new(), String::new());
    for c in chars {
        if tables::unassigned_code_point(c) {
            all.extend(known.nfkc());
            known.clear();
            all.push(c);
        } else {
            known.push(c);
        }
    }
    all.extend(known.nfkc());
    all
}

/// RFC 4013 §2.3.
fn is_prohibited(c: char) -> bool {
    tables::non_ascii_space_character(c)
        || tables::ascii_control_character(c)
        || tables::non_ascii_control_character(c)
        || tables::private_use(c)
        || tables::non_character_code_point(c)
        || tables::surrogate_code(c)
        || tables::inappropriate_for_plain_text(c)
        || tables::inappropriate_for_canonical_representation(c)
        || tables::change_display_properties_or_deprecated(c)
        || tables::tagging_character(c)
}

/// RFC 3454 §6. Its tables are those of Unicode 3.2, in which other code points have no direction.
fn keeps_direction(text: &str) -> bool {
    let from_right = |c: char| tables::bidi_r_or_al(c) && !tables::unassigned_code_point(c);
    let from_left = |c: char| tables::bidi_l(c) && !tables::unassigned_code_point(c);
    let ends =
        || text.chars().next().is_some_and(from_right) && text.chars().next_back().is_some_and(from_right);
    !text.contains(from_right) || (!text.contains(from_left) && ends())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The examples of RFC 4013 §3, and code points that are newer than Unicode 3.2.
    #[test]
    fn user_names_are_queries() {
        for (name, prepared) in [
            ("I\u{ad}X", "IX"),
            ("user", "user"),
            ("USER", "USER"),
            ("\u{aa}", "a"),
            ("\u{2168}", "IX"),
            ("a\u{a0}b", "a b"),
            ("em\u{1f511}o", "em\u{1f511}o"),
            ("\u{1f511}\u{fb01}\u{1f511}e\u{301}", "\u{1f511}fi\u{1f511}\u{e9}"),
            // A squared letter, of Unicode 5.2, which NFKC has made a letter since.
            ("\u{1f130}", "\u{1f130}"),
            ("\u{627}1\u{628}", "\u{627}1\u{628}"),
            // N'Ko, of Unicode 5.0, is written from right to left.
            ("\u{7ca}1", "\u{7ca}1"),
        ] {
            assert_eq!(user_name(name).as_deref(), Some(prepared), "{name:?}");
        }
        for refused in [
            "",
            "\u{ad}",
            "a\u{7}",
            "\u{7}",
            "\u{627}1",
            "\u{627}a\u{628}",
            "\u{e000}",
            "x\u{fffd}",
            "\u{1f511}\u{200e}",
            "\u{e0001}",
        ] {
            assert_eq!(user_name(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn passwords_are_stored_strings() {
        for (given, prepared) in [
            ("I\u{ad}X", "IX"),
            ("\u{2168}", "IX"),
            ("\u{1f511}", "\u{1f511}"),
            // Refused, and so not normalised either.
            ("\u{1f511}\u{2168}", "\u{1f511}\u{2168}"),
        ] {
            assert_eq!(password(given.as_bytes()), prepared.into(), "{given:?}");
        }
        assert_eq!(password(b"\xff"), Secret::new(vec![0xff]));
    }

    proptest! {
        /// Where the stored string is accepted, the query is the same. (The crate normalises by a later
        /// Unicode before it looks for code points that 3.2 does not have.)
        #[test]
        fn a_query_goes_beyond_a_stored_string(name in "\\PC{1,12}") {
            prop_assume!(!name.contains(tables::unassigned_code_point));
            if let Ok(stored) = stringprep::saslprep(&name) {
                prop_assert_eq!(user_name(&name), (!stored.is_empty()).then(|| stored.into_owned()));
            }
        }

        #[test]
        fn what_is_prepared_stays_so(name in any::<String>()) {
            if let Some(prepared) = user_name(&name) {
                prop_assert_eq!(user_name(&prepared), Some(prepared.clone()));
            }
        }
    }
}
