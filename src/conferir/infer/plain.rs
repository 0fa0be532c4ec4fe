//! Errors that are no JSON: what of them is the text, and what stands around it.

use std::collections::BTreeMap;

use super::known::Known;
use super::markup::is_one_element;
use super::moving::{pieces_of, written};
use super::seen::Observation;
use crate::conferir::views::views;
use crate::dialect::{Escapes, Piece, Random, Template, Writing};

/// What of an error that is no JSON moves.
pub(super) fn plain_pieces(seen: &Observation) -> Vec<Piece> {
    let again = seen.again.as_ref().map(|again| again.body.clone());
    let body = || seen.received.body.clone();
    pieces_of(seen, body(), again).unwrap_or_else(|| vec![Piece::Same(body())])
}

pub(super) fn ids(pieces: &[Piece]) -> Vec<Random> {
    let id = |piece: &Piece| if let Piece::Id(form) = piece { Some(*form) } else { None };
    pieces.iter().filter_map(id).collect()
}

/// What `one` and `other` have together, from their ends, as far as both have ids.
pub(super) fn joined_ids(one: Vec<Random>, other: Vec<Random>) -> Vec<Random> {
    let joined = one.iter().rev().zip(other.iter().rev()).map(|(one, other)| one.joined(*other));
    let mut joined: Vec<Random> = joined.collect();
    joined.reverse();
    joined
}

/// `pieces` with the forms of `ids`, from their ends: of a single one, a sign of its alphabet may be missing.
pub(super) fn with_ids(mut pieces: Vec<Piece>, ids: &[Random]) -> Vec<Piece> {
    let own = pieces.iter_mut().rev().filter_map(|piece| if let Piece::Id(form) = piece { Some(form) } else { None });
    for (own, form) in own.zip(ids.iter().rev()) {
        if own.joined(*form) == *form {
            *own = *form;
        }
    }
    pieces
}

/// The text in `pieces`, and the `usual` body, where they are that around another text.
pub(super) fn in_usual(usual: &str, pieces: &[Piece], writing: Writing, known: &Known) -> Option<(String, String)> {
    let (before, after) = usual.split_once("<texto>")?;
    let template = written(pieces, Escapes::Nenhum, known);
    let text = within(&template, before, after).filter(|text| !known.is_in(text))?;
    Some((read(&text, writing)?, usual.to_owned()))
}

/// The text of which `template` is made between `before` and `after`, if it has no gap.
fn within(template: &str, before: &str, after: &str) -> Option<String> {
    let text = template.strip_prefix(before)?.strip_suffix(after)?;
    let parsed = Template::parse(text).ok()?;
    parsed.without_gaps().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The text that stands in a body as `raw`, if it is written as we would.
fn read(raw: &str, writing: Writing) -> Option<String> {
    let texts = [raw.to_owned()].into_iter().chain(views(raw));
    { texts }.find(|text| writing.written(text) == raw)
}

/// The text and the body of an answer that is no JSON.
pub(super) fn of_plain(pieces: &[Piece], text: &str, writing: Writing, known: &Known) -> (String, String) {
    let own = writing.written(text);
    let place = pieces.iter().position(|piece| matches!(piece, Piece::Same(part) if part.contains(&own)));
    if let Some(place) = place
        && let Piece::Same(part) = &pieces[place]
        && let Some((before, after)) = part.split_once(&own)
    {
        let [begin, end] =
            [&pieces[..place], &pieces[place + 1..]].map(|pieces| written(pieces, Escapes::Nenhum, known));
        let (before, after) = (known.with_gaps(before), known.with_gaps(after));
        return (text.to_owned(), format!("{begin}{before}<texto>{after}{end}"));
    }
    // All of it is the text, unless it is a page, or tells what was asked.
    if let [Piece::Same(body)] = pieces
        && let trimmed = body.trim()
        && !body.contains('<')
        && !trimmed.is_empty()
        && !known.is_in(body)
        && let Some(text) = read(trimmed, writing)
    {
        let (before, after) = body.split_once(trimmed).unwrap_or(("", ""));
        return (text, format!("{before}<texto>{after}"));
    }
    (text.to_owned(), written(pieces, Escapes::Nenhum, known))
}

/// What three `bodies` or more begin and end with, around a gap for the text. It is cut where a word, a gap or an element ends.
/// Of markup in which more than the text differs, such as a code before it, the most frequent form is taken.
pub(super) fn frame<'a>(bodies: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut bodies: Vec<&str> = bodies.collect();
    loop {
        let [first, _, _, ..] = bodies[..] else { return None };
        if bodies.iter().all(|body| *body == first) {
            return None;
        }
        let (before, after, start) = around(&bodies)?;
        if is_one_element(before, after) {
            let is_framed = !before.is_empty() || !after.trim().is_empty();
            return is_framed.then(|| format!("{before}<texto>{after}"));
        }
        let (all, most) = (bodies.len(), most_frequent(&bodies, start));
        if most.len() == all {
            return None;
        }
        bodies = most;
    }
}

/// What `bodies` begin and end with, and where they begin to differ.
fn around<'a>(bodies: &[&'a str]) -> Option<(&'a str, &'a str, usize)> {
    let first = *bodies.first()?;
    let same = |one: &mut dyn Iterator<Item = char>, other: &mut dyn Iterator<Item = char>| {
        one.zip(other).take_while(|(a, b)| a == b).map(|(letter, _)| letter.len_utf8()).sum::<usize>()
    };
    let start = bodies.iter().map(|body| same(&mut first.chars(), &mut body.chars())).min()?;
    let (differs, start) = (start, first[..start].trim_end_matches(char::is_alphanumeric));
    let is_cut = |text: &str| text.rfind('<') > text.rfind('>');
    let before = if is_cut(start) { &start[..start.rfind('<')?] } else { start };
    let rest = first.len() - before.len();
    let end = bodies.iter().map(|body| same(&mut first.chars().rev(), &mut body.chars().rev())).min()?;
    let shortest = bodies.iter().map(|body| body.len() - before.len()).min()?;
    let end = &first[first.len() - end.min(rest).min(shortest)..];
    let end = end.trim_start_matches(|letter: char| letter.is_alphanumeric() || ".!?;#".contains(letter));
    let opens = |text: &str| text.find('>').is_some_and(|close| text.find('<').is_none_or(|open| close < open));
    Some((before, if opens(end) { &end[end.find('>')? + 1..] } else { end }, differs))
}

/// Those of `bodies` that go on alike after `start` bytes, up to where a tag begins or ends: as most of them do.
fn most_frequent<'a>(bodies: &[&'a str], start: usize) -> Vec<&'a str> {
    let next = |body: &&'a str| body[start..].split(['<', '>']).next().unwrap_or_default();
    let mut groups = BTreeMap::<&str, Vec<&str>>::new();
    bodies.iter().for_each(|body| groups.entry(next(body)).or_default().push(body));
    groups.into_values().max_by_key(Vec::len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(bodies: &[&str]) -> Option<String> {
        frame(bodies.iter().copied())
    }

    #[test]
    fn what_errors_share_is_around_their_texts() {
        let page = |text: &str| format!("<h1>Erro <codigo></h1><p>{text}</p><hr>Tomcat");
        let bodies = ["Cannot <metodo> <caminho>", "Senha inválida.", "Sem token."].map(page);
        let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
        assert_eq!(framed(&bodies).as_deref(), Some("<h1>Erro <codigo></h1><p><texto></p><hr>Tomcat"));
        assert_eq!(framed(&["ERRO: sem token\n", "ERRO: senha\n", "ERRO: sem\n"]).as_deref(), Some("ERRO: <texto>\n"));
        assert_eq!(framed(&["<b>a</b>", "<b>a</b>", "<b>a</b>"]), None);
        assert_eq!(framed(&["a b", "c d", "e f"]), None);
        assert_eq!(framed(&["<b>a</b>", "<i>a</i>", "<b>c</b>"]).as_deref(), None);
    }

    #[test]
    fn what_differs_before_the_text_is_that_of_most_errors() {
        let fault = |code: &str, text: &str| format!("<f><c>soap:{code}</c><s>{text}</s></f>");
        let bodies = [("Client", "a"), ("Server", "b"), ("Client", "c"), ("Client", "d e"), ("Server", "f")];
        let bodies = bodies.map(|(code, text)| fault(code, text));
        let framed = frame(bodies.iter().map(String::as_str));
        assert_eq!(framed.as_deref(), Some("<f><c>soap:Client</c><s><texto></s></f>"));
        let coded = |code: &str, text: &str| format!("<r><erro codigo=\"{code}\">{text}</erro></r>");
        let bodies = [("REQ", "a"), ("REQ", "b"), ("INV", "c"), ("REQ", "d")].map(|(code, text)| coded(code, text));
        let framed = frame(bodies.iter().map(String::as_str));
        assert_eq!(framed.as_deref(), Some("<r><erro codigo=\"REQ\"><texto></erro></r>"));
        let bodies = ["REQ", "INV", "AUT", "PER"].map(|code| coded(code, &code.repeat(2)));
        assert_eq!(frame(bodies.iter().map(String::as_str)), None);
        // Where each is another one, nothing is said of those that were not seen.
        let bodies = [1, 2, 3].map(|code| fault(&code.to_string(), "x"));
        assert_eq!(frame(bodies.iter().map(String::as_str)), Some("<f><c>soap:<texto></c><s>x</s></f>".to_owned()));
        let bodies = ["a", "b", "c"].map(|code| fault(code, &code.repeat(2)));
        assert_eq!(frame(bodies.iter().map(String::as_str)), None);
    }

    #[test]
    fn a_text_is_read_as_we_write_it() {
        for (raw, text) in
            [("O &#39;x&#39; &amp; y", Some("O 'x' & y")), ("plain", Some("plain")), ("a &apos;b&apos;", None)]
        {
            assert_eq!(read(raw, Escapes::Html.into()).as_deref(), text, "{raw}");
        }
    }
}
