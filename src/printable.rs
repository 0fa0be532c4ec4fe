//! Text for terminals and logs: what would steer one, end a line or turn the direction of writing is spelled out, and
//! in messages what nobody sees.

use std::borrow::Cow;
use std::fmt::Write;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// `text` with all that steers, and all that nobody sees, spelled out as Rust does: `\n`, `\u{1b}`, `\u{200b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    spelled_out(text, hides, |out, c| out.extend(c.escape_default()))
}

/// As [`printable`], of several lines: their ends stay.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    spelled_out(text, |c| hides(c) && c != '\n', |out, c| out.extend(c.escape_default()))
}

/// Free text with all that steers but `kept` spelled out. What joins or varies its signs, such as those of an emoji, stays.
pub fn printable_but(kept: char, text: &str) -> Cow<'_, str> {
    spelled_out(text, |c| steers(c) && c != kept, |out, c| out.extend(c.escape_default()))
}

/// As [`printable`], but colours stay. They steer nothing else, whoever wrote them.
pub fn printable_coloured(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut tame = printable(parts.next().unwrap_or_default()).into_owned();
    for part in parts {
        let after =
            part.strip_prefix('[').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
        tame.push_str(if after.is_some_and(|rest| rest.starts_with('m')) { "\u{1b}" } else { r"\u{1b}" });
        tame.push_str(&printable(part));
    }
    tame
}

/// `json`, which stays JSON of the same meaning, with all that steers but `kept` written as `\u001b`.
pub fn printable_json(kept: char, json: &str) -> Cow<'_, str> {
    // All that steers is of the plane whose characters JSON writes with four digits.
    spelled_out(json, |c| steers(c) && c != kept, |out, c| _ = write!(out, "\\u{:04x}", u32::from(c)))
}

/// Controls, those of C1 too; ends of lines; marks that turn the direction of writing.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether nobody sees `c`, or it hides what is beside it: controls, marks of the writing direction and of line ends, what
/// is ignored where text is shown, and what no font has. Names that look alike but for these would be taken for each other.
pub fn hides(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned};
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Surrogate | Unassigned)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        // The pattern of Braille without a dot, and the head of a note that is none.
        || matches!(c, '\u{2800}' | '\u{1d159}')
}

/// Whether `c` is seen on another character alone, such as an accent.
pub fn combines(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    !c.is_ascii()
        && matches!(CodePointMapData::<GeneralCategory>::new().get(c), EnclosingMark | NonspacingMark | SpacingMark)
}

fn spelled_out(text: &str, wild: impl Fn(char) -> bool, spell: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(&wild) {
        return text.into();
    }
    let mut tame = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if wild(c) { spell(&mut tame, c) } else { tame.push(c) }
    }
    tame.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_spelled_out_and_the_rest_is_kept() {
        assert_eq!(printable("INFO path=\"/é😀\""), "INFO path=\"/é😀\"");
        assert_eq!(printable("a\nb\r\t\u{85}\u{1b}[2J\u{7f}"), r"a\nb\r\t\u{85}\u{1b}[2J\u{7f}");
        assert_eq!(printable("\u{61c}\u{200e}\u{200f}\u{2029}\u{202a}"), r"\u{61c}\u{200e}\u{200f}\u{2029}\u{202a}");
        assert_eq!(printable_but('\n', "a\nb\r\u{2066}"), "a\nb\\r\\u{2066}");
        assert_eq!(printable_but('\n', "❤\u{fe0f} 👩\u{200d}💻\u{ad}"), "❤\u{fe0f} 👩\u{200d}💻\u{ad}");
        for hidden in ['\u{200b}', '\u{ad}', '\u{2800}', '\u{3164}', '\u{fe0f}', '\u{e000}', '\u{e0041}', '\u{feff}'] {
            let spelled = format!("a\nb{}c", hidden.escape_default());
            assert_eq!(printable_lines(&format!("a\nb{hidden}c")), spelled);
            assert_eq!(printable(&hidden.to_string()), hidden.escape_default().to_string());
        }
        assert_eq!(printable_coloured("\u{1b}[32mINFO\u{1b}[0m \u{9b}"), "\u{1b}[32mINFO\u{1b}[0m \\u{9b}");
        assert_eq!(
            printable_coloured("\u{1b}[1;31ma\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}[1\u{1b}"),
            "\u{1b}[1;31ma\\u{1b}]0;title\\u{7}\\u{1b}[2J\\u{1b}[1\\u{1b}"
        );
        assert_eq!(
            printable_json('\n', "\"a\u{9b}\"\n\"\u{2028}\u{202e}\u{2069}\""),
            "\"a\\u009b\"\n\"\\u2028\\u202e\\u2069\""
        );
    }
}
