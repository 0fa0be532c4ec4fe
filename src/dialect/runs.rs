//! What an answer has for certain, and in which order: between, there may be anything.

use super::facts::Facts;
use super::gap::Gap;
use super::random::Random;

/// What should stand where a body is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    Sign(char),
    Id,
    End,
}

/// A part of a body whose length is known.
pub(super) enum Piece {
    Known(String),
    /// An id, and how many bytes it has.
    Id(Random, usize),
}

/// Pieces that follow each other, between what may be anything.
pub(super) struct Runs(Vec<Vec<Piece>>);

impl Default for Runs {
    fn default() -> Self {
        Self(vec![Vec::new()])
    }
}

impl Runs {
    pub(super) fn push(&mut self, piece: Piece) {
        self.0.last_mut().expect("it has one").push(piece);
    }

    /// Anything may come next.
    pub(super) fn leave_open(&mut self) {
        self.0.push(Vec::new());
    }

    /// Whether `text` is these in their order, with anything between them.
    pub(super) fn fit(&self, text: &str) -> bool {
        let [first, rest @ ..] = &self.0[..] else { return false };
        let Ok(start) = matched(first, text) else { return false };
        let mut text = &text[start..];
        let [middle @ .., last] = rest else { return text.is_empty() };
        for run in middle {
            let Some(end) = end_of(run, text) else { return false };
            text = &text[end..];
        }
        let length: usize = last.iter().map(Piece::length).sum();
        let end = text.len().checked_sub(length).and_then(|start| text.get(start..));
        end.is_some_and(|end| matched(last, end) == Ok(end.len()))
    }

    /// Where `text`, which they do not fit, is another one, as [`Template::misfit`](super::Template::misfit) has it.
    pub(super) fn misfit(&self, text: &str) -> Option<(usize, Meant)> {
        let [first, rest @ ..] = &self.0[..] else { return None };
        let mut at = match matched(first, text) {
            Ok(end) => end,
            Err(misfit) => return Some(misfit),
        };
        for run in rest {
            let Some(end) = end_of(run, &text[at..]) else {
                // Where most of it stands, it is meant.
                let starts = (at..text.len()).rev().filter(|start| text.is_char_boundary(*start));
                let misfits = starts.filter_map(|start| Some((start, matched(run, &text[start..]).err()?)));
                let (start, (length, sign)) = misfits.max_by_key(|(_, (length, _))| *length)?;
                return Some((start + length, sign)).filter(|_| length > 0);
            };
            at += end;
        }
        // What comes after it is too much, unless it may be anything.
        Some((at, Meant::End)).filter(|_| self.0.last().is_some_and(|last| !last.is_empty()))
    }
}

impl Piece {
    fn length(&self) -> usize {
        match self {
            Self::Known(bytes) => bytes.len(),
            Self::Id(_, length) => *length,
        }
    }
}

/// Where the first `run` in `text` ends.
fn end_of(run: &[Piece], text: &str) -> Option<usize> {
    let mut starts = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
    starts.find_map(|start| Some(start + matched(run, &text[start..]).ok()?))
}

/// How long `run` is, if `text` begins so; or else how much of it is there, and what should come next.
fn matched(run: &[Piece], text: &str) -> Result<usize, (usize, Meant)> {
    run.iter().try_fold(0, |at, piece| {
        let rest = &text[at..];
        match piece {
            Piece::Known(bytes) if rest.starts_with(bytes.as_str()) => Ok(at + bytes.len()),
            Piece::Known(bytes) => {
                let same = bytes.chars().zip(rest.chars()).take_while(|(own, other)| own == other);
                let same: usize = same.map(|(letter, _)| letter.len_utf8()).sum();
                Err((at + same, bytes[same..].chars().next().map_or(Meant::End, Meant::Sign)))
            }
            Piece::Id(form, length) => {
                // Of few ids that were seen, some signs of their alphabet may be missing.
                let is_one = |id: &str| form.fits(id) || !form.is_uuid() && id.bytes().all(is_sign);
                rest.get(..*length).filter(|id| is_one(id)).map(|_| at + length).ok_or((at, Meant::Id))
            }
        }
    })
}

/// Whether `byte` is one of which ids are made.
fn is_sign(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_+/".contains(&byte)
}

/// Whether a reader of an answer that says `facts` can't know what stands in `gap`: it depends on when the answer was given,
/// or on what only the server knows.
pub(super) fn is_unknown(gap: &Gap, facts: &Facts<'_>) -> bool {
    match gap {
        Gap::Texto | Gap::Codigo | Gap::Razao | Gap::Metodo => false,
        Gap::Caminho | Gap::CaminhoSemBarra | Gap::Token | Gap::TokenValue => false,
        // A token that somebody else asked for does not tell it.
        Gap::Usuario => facts.named.is_none_or(|named| named.usuario.is_empty()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_named_where_something_else_stands() {
        let known = |text: &str| Piece::Known(text.to_owned());
        let mut runs = Runs::default();
        runs.push(known("{\"nome\":\""));
        runs.leave_open();
        runs.push(known("\",\"ok\":true,\"n\":"));
        runs.push(Piece::Id(Random::named("digitos 2").unwrap(), 2));
        runs.push(known("}"));
        for (text, misfit) in [
            ("{\"nome\":\"Ana\",\"ok\":false,\"n\":12}", Some(("{\"nome\":\"Ana\",\"ok\":".len(), Meant::Sign('t')))),
            ("{\"nome\":\"\",\"ok\":true,\"n\":x!}", Some(("{\"nome\":\"\",\"ok\":true,\"n\":".len(), Meant::Id))),
            ("{\"nome\":\"Ana\",\"ok\":true,\"n\":12}\n", Some((31, Meant::End))),
            ("{\"nome\":4711}", Some((8, Meant::Sign('"')))),
            ("{\"nome\":\"Ana", None),
            ("", Some((0, Meant::Sign('{')))),
        ] {
            assert!(!runs.fit(text), "{text}");
            assert_eq!(runs.misfit(text), misfit, "{text}");
        }
        assert!(runs.fit("{\"nome\":\"Ana\",\"ok\":true,\"n\":12}"));
    }
}
