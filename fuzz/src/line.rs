//! What a peer's text must be before it is shown: one line that neither turns nor hides.
//!
//! Does not depend on how the library decides that.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// Whether all characters can be seen, each in its place: no controls, no format characters, no
/// separators of lines or paragraphs, no variation selectors and tags.
pub fn is_line(text: impl AsRef<str>) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    let misleads = |c: char| {
        matches!(c.general_category(), Control | Format | LineSeparator | ParagraphSeparator)
            || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
    };
    !text.as_ref().contains(misleads)
}
