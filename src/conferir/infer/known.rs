//! What is known of a request, where its answer repeats it.

use crate::dialect::{Template, Writing};

/// Texts as a body writes them, and the gaps that stand for them.
pub(super) struct Known(Vec<(String, String)>);

/// Shorter ones may stand there for something else.
const SHORTEST: usize = 3;

impl Known {
    pub(super) fn new<'a>(writing: impl Into<Writing>, values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let writing = writing.into();
        let values = values.into_iter().filter(|(value, _)| value.len() >= SHORTEST);
        Self(values.map(|(value, gap)| (writing.written(value), gap.to_owned())).collect())
    }

    /// `bytes` of a body with gaps for what is known.
    pub(super) fn with_gaps(&self, bytes: &str) -> String {
        self.filled(bytes, Template::literal)
    }

    /// `text` with what stands for the values, and the rest as it is.
    pub(super) fn replaced(&self, text: &str) -> String {
        self.filled(text, str::to_owned)
    }

    fn filled(&self, bytes: &str, between: fn(&str) -> String) -> String {
        let (mut written, mut rest) = (String::new(), bytes);
        while let Some((at, value, gap)) = self.next_in(bytes, bytes.len() - rest.len()) {
            written.push_str(&between(&rest[..at]));
            written.push_str(gap);
            rest = &rest[at + value.len()..];
        }
        written + &between(rest)
    }

    pub(super) fn is_in(&self, bytes: &str) -> bool {
        self.next_in(bytes, 0).is_some()
    }

    /// The first value in `bytes` from `start` on, and its place after that. It stands for itself: not within another word.
    fn next_in(&self, bytes: &str, start: usize) -> Option<(usize, &str, &str)> {
        let is_word = |letter: char| letter.is_alphanumeric() || "_-/".contains(letter);
        let found = self.0.iter().filter_map(|(value, gap)| {
            // A server that stands below another path may tell that, too.
            let is_path = gap == "<caminho>";
            let stands_alone = |at: &usize| {
                let before = &bytes[..start + at];
                let before = Some(before).filter(|before| !is_path && !ends_in_escape(before));
                let before = before.and_then(|before| before.chars().next_back());
                let after = &bytes[start + at + value.len()..];
                !before.is_some_and(is_word) && !after.starts_with(is_word) && !after.starts_with("\\/")
            };
            let at = bytes[start..].match_indices(value.as_str()).map(|(at, _)| at).find(stands_alone)?;
            Some((at, value.as_str(), gap.as_str()))
        });
        { found }.min_by_key(|(at, value, _)| (*at, std::cmp::Reverse(value.len())))
    }
}

/// Whether `bytes` end in a sign that is written as `\u0027` or `\n`, whose last letter is no part of a word.
fn ends_in_escape(bytes: &str) -> bool {
    let escape = bytes.rsplit('\\').next().unwrap_or_default();
    let is_unit = |digits: &str| digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    // Of two backslashes the second is escaped, and escapes nothing.
    let backslashes = bytes[..bytes.len() - escape.len()].bytes().rev().take_while(|byte| *byte == b'\\').count();
    let is_escape = matches!(escape, "b" | "f" | "n" | "r" | "t") || escape.strip_prefix('u').is_some_and(is_unit);
    backslashes % 2 == 1 && is_escape
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Escapes;

    #[test]
    fn what_was_asked_becomes_a_gap() {
        let values = [
            ("/api/x", "<caminho>"),
            ("api/x", "<caminho sem barra>"),
            ("GET", "<metodo>"),
            ("Em atendimento", "<status>"),
            ("7", "<protocolo>"),
        ];
        let known = Known::new(Escapes::AsciiEBarras, values);
        for (body, written) in [
            ("Cannot GET \\/api\\/x", "Cannot <metodo> <caminho>"),
            ("\"'GET' não\"", "\"'<metodo>' não\""),
            ("WIDGET GETS \\/api\\/x\\/y 7", "WIDGET GETS \\/api\\/x\\/y 7"),
            ("<texto> GET", "<<texto> <metodo>"),
            ("de Em atendimento para Em atendimento.", "de <status> para <status>."),
            ("\\u0027GET\\u0027 \\nGET \\\\nGET", "\\u0027<metodo>\\u0027 \\n<metodo> \\\\nGET"),
            ("\\/citrus\\/api\\/x", "\\/citrus<caminho>"),
            ("No static resource api\\/x.", "No static resource <caminho sem barra>."),
            ("route rapi\\/x, api\\/x\\/y", "route rapi\\/x, api\\/x\\/y"),
            ("", ""),
        ] {
            assert_eq!(known.with_gaps(body), written);
        }
    }
}
