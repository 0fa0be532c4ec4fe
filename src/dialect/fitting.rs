//! Whether a text is what a body with gaps may write.

use super::facts::Facts;
use super::gap::Gap;
use super::random::Random;

/// A part of a body whose length is known.
pub(super) enum Piece {
    Known(String),
    /// An id, and how many bytes it has.
    Id(Random, usize),
}

/// Whether `text` is `runs` in their order, with anything between them.
pub(super) fn fits_runs(runs: &[Vec<Piece>], text: &str) -> bool {
    let [first, rest @ ..] = runs else { return false };
    let Some(mut text) = after_run(first, text) else { return false };
    let [middle @ .., last] = rest else { return text.is_empty() };
    for run in middle {
        let starts = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
        let Some(after) = { starts }.find_map(|at| after_run(run, &text[at..])) else { return false };
        text = after;
    }
    let length: usize = last
        .iter()
        .map(|piece| match piece {
            Piece::Known(bytes) => bytes.len(),
            Piece::Id(_, length) => *length,
        })
        .sum();
    let end = text.len().checked_sub(length).and_then(|start| text.get(start..));
    end.and_then(|end| after_run(last, end)).is_some_and(str::is_empty)
}

/// Whether `byte` is one of which ids are made.
fn is_sign(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_+/".contains(&byte)
}

/// What comes after `run` in `text`, if that begins so.
fn after_run<'a>(run: &[Piece], text: &'a str) -> Option<&'a str> {
    run.iter().try_fold(text, |text, piece| match piece {
        Piece::Known(bytes) => text.strip_prefix(bytes.as_str()),
        Piece::Id(form, length) => {
            let (id, after) = text.split_at_checked(*length)?;
            // Of few ids that were seen, some signs of their alphabet may be missing.
            (form.fits(id) || !form.is_uuid() && id.bytes().all(is_sign)).then_some(after)
        }
    })
}

/// Whether a reader of an answer that says `facts` can't know what stands in `gap`: it depends on when the answer was given,
/// or on what only the server knows.
pub(super) fn is_unknown(gap: &Gap, facts: &Facts<'_>) -> bool {
    match gap {
        Gap::Texto | Gap::Codigo | Gap::Razao | Gap::Metodo | Gap::Caminho | Gap::Token | Gap::TokenValue => false,
        gap if gap.is_of_change() => facts.named.is_none(),
        // Of a success, the login as registered: the server alone knows it.
        Gap::Login => facts.login.is_some() || facts.named.is_none(),
        _ => true,
    }
}

/// Whether `text` is `parts` in their order, with anything between them.
pub fn fits_between(parts: &[String], text: &str) -> bool {
    let [first, rest @ ..] = parts else { return false };
    let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
    let [middle @ .., last] = rest else { return text.is_empty() };
    for part in middle {
        let Some((_, after)) = text.split_once(part.as_str()) else { return false };
        text = after;
    }
    text.ends_with(last.as_str())
}
