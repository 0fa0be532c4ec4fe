//! What of an answer moves: it is another text in each answer to the same request.

use serde_json::Value;
use time::OffsetDateTime;

use super::known::Known;
use super::seen::Observation;
use crate::conferir::client::Received;
use crate::conferir::spans::{Span, spans};
use crate::dialect::{Group, Piece, Writing, mask};

/// Stands for what was asked, while texts are compared.
const MARK: char = '\u{2}';

/// The texts of a place, in the answers to one request.
#[derive(Clone, Debug)]
pub(super) struct Place {
    now: OffsetDateTime,
    texts: Vec<String>,
}

impl Place {
    pub(super) fn of(now: i64, texts: Vec<String>) -> Self {
        Self { now: OffsetDateTime::from_unix_timestamp(now).unwrap_or(OffsetDateTime::UNIX_EPOCH), texts }
    }

    /// What stands at `span` in the answers of `seen`.
    pub(super) fn at(span: &Span, seen: &Observation) -> Option<Self> {
        let again = seen.again.as_ref().and_then(|again| value_at(again, &span.pointer));
        Self::between(span, again.as_ref(), seen.now)
    }

    /// The same, where the answer that came `again` has that value there.
    pub(super) fn between(span: &Span, again: Option<&Value>, now: i64) -> Option<Self> {
        Some(Self::of(now, [text_of(&span.value)?].into_iter().chain(again.and_then(text_of)).collect()))
    }
}

/// What all of `places` have in common, and what moves. None where they differ otherwise.
fn pieces(places: &[Place]) -> Option<Vec<Piece>> {
    let groups: Vec<Group<'_>> = places
        .iter()
        .map(|place| Group { now: place.now, texts: place.texts.iter().map(String::as_str).collect() })
        .collect();
    mask(&groups)
}

/// What of `text`, in an answer of `seen`, moves; `again` is what stood there when it was asked again. Of one answer alone, the
/// login that was asked for looks like an id.
pub(super) fn pieces_of(seen: &Observation, text: String, again: Option<String>) -> Option<Vec<Piece>> {
    let login = seen.asked.login.as_str();
    let is_hidden = again.is_none() && !login.is_empty();
    let mark = MARK.to_string();
    let text = if is_hidden { text.replace(login, &mark) } else { text };
    let found = pieces(&[Place::of(seen.now, [text].into_iter().chain(again).collect())])?;
    let restored = |piece| match piece {
        Piece::Same(text) if is_hidden => Piece::Same(text.replace(MARK, login)),
        other => other,
    };
    Some(found.into_iter().map(restored).collect())
}

/// The same, of what moves alone.
pub(super) fn moving(places: &[Place]) -> Option<Vec<Piece>> {
    pieces(places).filter(|pieces| moves(pieces))
}

/// `text`, from about `now`, with a mark for what moves.
pub(super) fn masked(text: &str, now: i64, mark: char) -> String {
    let plain = |piece| if let Piece::Same(text) = piece { text } else { mark.to_string() };
    let found = pieces(&[Place::of(now, vec![text.to_owned()])]);
    found.map_or_else(|| text.to_owned(), |pieces| pieces.into_iter().map(plain).collect())
}

pub(super) fn moves(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| piece.gap().is_some())
}

/// `pieces` as a body of `writing` has them, with gaps for what moves and for what is `known`.
pub(super) fn written(pieces: &[Piece], writing: impl Into<Writing>, known: &Known) -> String {
    let writing = writing.into();
    let written = |piece: &Piece| match piece {
        Piece::Same(text) => known.with_gaps(&writing.written(text)),
        moves => moves.gap().unwrap_or_default(),
    };
    pieces.iter().map(written).collect()
}

/// `value` as a text, if it may move.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn value_at(received: &Received, pointer: &str) -> Option<Value> {
    spans(&received.body).into_iter().find(|span| span.pointer == pointer).map(|span| span.value)
}

/// What stands before and after another text in each of `all`: the pieces at their beginnings, and at their ends, that are the
/// same, up to the last that moves.
pub(super) fn around(all: &[Vec<Piece>]) -> (Vec<Piece>, Vec<Piece>) {
    // One alone tells nothing of another.
    if all.len() < 2 {
        return Default::default();
    }
    let before = all.iter().cloned().reduce(|one, other| common(&one, &other)).unwrap_or_default();
    let backwards: Vec<Vec<Piece>> = all.iter().map(|pieces| reversed(pieces)).collect();
    let after = backwards.into_iter().reduce(|one, other| common(&one, &other)).unwrap_or_default();
    (up_to_a_word(before, false), reversed(&up_to_a_word(after, true)))
}

fn reversed(pieces: &[Piece]) -> Vec<Piece> {
    let turned = |piece: &Piece| match piece {
        Piece::Same(text) => Piece::Same(text.chars().rev().collect()),
        other => other.clone(),
    };
    pieces.iter().rev().map(turned).collect()
}

/// What `one` and `other` begin with.
fn common(one: &[Piece], other: &[Piece]) -> Vec<Piece> {
    let mut same = Vec::new();
    for pair in one.iter().zip(other) {
        match pair {
            (Piece::Same(one), Piece::Same(other)) => {
                let text: String = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
                let is_whole = text == *one && text == *other;
                same.push(Piece::Same(text));
                if !is_whole {
                    break;
                }
            }
            (Piece::Id(one), Piece::Id(other)) => same.push(Piece::Id(one.joined(*other))),
            (one, other) if one == other => same.push(one.clone()),
            _ => break,
        }
    }
    same
}

/// `pieces` without the word in which they end, as that is another one; none where nothing of it moves.
fn up_to_a_word(mut pieces: Vec<Piece>, is_backwards: bool) -> Vec<Piece> {
    if !moves(&pieces) {
        return Vec::new();
    }
    if let Some(Piece::Same(text)) = pieces.last_mut() {
        let kept = text.trim_end_matches(char::is_alphanumeric).len();
        // A sign at the end of a sentence belongs to that.
        let kept = if is_backwards { text[..kept].trim_end_matches(['.', '!', '?']).len() } else { kept };
        text.truncate(kept);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Random;

    fn same(text: &str) -> Piece {
        Piece::Same(text.to_owned())
    }

    #[test]
    fn what_stands_around_the_texts_is_found() {
        let id = |name: &str| Piece::Id(Random::named(name).unwrap());
        let all = [
            vec![same("Erro: senha inválida (req "), id("hex 8"), same(").")],
            vec![same("Erro: sem token (req "), id("digitos 8"), same(").")],
        ];
        let (before, after) = around(&all);
        assert_eq!(after, [same(" (req "), id("hex 8"), same(").")]);
        // Nothing moves before it, so that it is a part of the text.
        assert_eq!(before, []);
        assert_eq!(around(&all[..1]), (Vec::new(), Vec::new()));
        let all = [vec![id("hex 8"), same(" - senha")], vec![id("hex 8"), same(" - token")]];
        let (before, after) = around(&all);
        assert_eq!((&before[..], &after[..]), (&[id("hex 8"), same(" - ")][..], &[][..]));
    }
}
