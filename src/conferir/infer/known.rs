//! What is known of a request, where its answer repeats it.

use crate::dialect::{Escapes, Template};

/// Texts as a body writes them, and the gaps that stand for them.
pub(super) struct Known(Vec<(String, &'static str)>);

/// Shorter ones may stand there for something else.
const SHORTEST: usize = 3;

impl Known {
    pub(super) fn new<'a>(escapes: Escapes, values: impl IntoIterator<Item = (&'a str, &'static str)>) -> Self {
        let values = values.into_iter().filter(|(value, _)| value.len() >= SHORTEST);
        Self(values.map(|(value, gap)| (escapes.written(value), gap)).collect())
    }

    /// `bytes` of a body with gaps for what is known.
    pub(super) fn with_gaps(&self, bytes: &str) -> String {
        let (mut written, mut rest) = (String::new(), bytes);
        while let Some((at, value, gap)) = self.next_in(bytes, bytes.len() - rest.len()) {
            written.push_str(&Template::literal(&rest[..at]));
            written.push_str(gap);
            rest = &rest[at + value.len()..];
        }
        written + &Template::literal(rest)
    }

    pub(super) fn is_in(&self, bytes: &str) -> bool {
        self.next_in(bytes, 0).is_some()
    }

    /// The first value in `bytes` from `start` on, and its place after that. It stands for itself: not within another word.
    fn next_in(&self, bytes: &str, start: usize) -> Option<(usize, &str, &'static str)> {
        let is_word = |letter: char| letter.is_alphanumeric() || "_-/".contains(letter);
        let found = self.0.iter().filter_map(|(value, gap)| {
            let stands_alone = |at: &usize| {
                let before = bytes[..start + at].chars().next_back();
                let after = &bytes[start + at + value.len()..];
                !before.is_some_and(is_word) && !after.starts_with(is_word) && !after.starts_with("\\/")
            };
            let at = bytes[start..].match_indices(value.as_str()).map(|(at, _)| at).find(stands_alone)?;
            Some((at, value.as_str(), *gap))
        });
        { found }.min_by_key(|(at, value, _)| (*at, std::cmp::Reverse(value.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_becomes_a_gap() {
        let values =
            [("/api/x", "<caminho>"), ("GET", "<metodo>"), ("Em atendimento", "<status>"), ("7", "<protocolo>")];
        let known = Known::new(Escapes::AsciiEBarras, values);
        for (body, written) in [
            ("Cannot GET \\/api\\/x", "Cannot <metodo> <caminho>"),
            ("\"'GET' não\"", "\"'<metodo>' não\""),
            ("WIDGET GETS \\/api\\/x\\/y 7", "WIDGET GETS \\/api\\/x\\/y 7"),
            ("<texto> GET", "<<texto> <metodo>"),
            ("de Em atendimento para Em atendimento.", "de <status> para <status>."),
            ("", ""),
        ] {
            assert_eq!(known.with_gaps(body), written);
        }
    }
}
