//! What differs between answers to the same request: times and ids. They become gaps.

use time::OffsetDateTime;

use super::gap::Gap;
use super::moment::Moment;
use super::random::{Random, is_nano_id};
use super::words::{split, words};

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// It is the same in each answer.
    Same(String),
    /// A time, as the gap that a file writes for it.
    Time(String),
    /// An id.
    Id(Random),
}

impl Piece {
    /// The gap for what is not the same in each answer.
    pub fn gap(&self) -> Option<String> {
        match self {
            Self::Same(_) => None,
            Self::Time(gap) => Some(gap.clone()),
            Self::Id(form) => Some(Gap::of_random(*form)),
        }
    }
}

/// Texts of answers to the same request, and when they came.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    pub now: OffsetDateTime,
    pub texts: Vec<&'a str>,
}

/// Stands for a time while texts are compared.
const TIME: char = '\u{1}';
/// Longer words are no words of a language.
const LONG: usize = 20;

/// What the texts of `groups` have in common, and what moves. What is another text in another group alone does not move. None
/// where the texts differ in more than that.
pub fn mask(groups: &[Group<'_>]) -> Option<Vec<Piece>> {
    let timeless: Vec<Vec<(String, Vec<Written>)>> =
        groups.iter().map(|group| group.texts.iter().map(|text| without_times(text, group.now)).collect()).collect();
    let all: Vec<&Vec<Written>> = timeless.iter().flatten().map(|(_, times)| times).collect();
    let first = *all.first()?;
    if all.iter().any(|times| times.len() != first.len()) {
        return None;
    }
    // Of a fraction of a second, some servers leave out the zeros at its end: the longest is whole.
    let longest = |at: usize| all.iter().map(|times| &times[at]).max_by_key(|time| time.length);
    let times: Vec<String> = (0..first.len()).filter_map(longest).map(|time| time.gap.clone()).collect();
    let tokens: Vec<Vec<Vec<&str>>> =
        timeless.iter().map(|group| group.iter().map(|(text, _)| tokens(text)).collect()).collect();
    let count = tokens.first()?.first()?.len();
    if tokens.iter().flatten().any(|tokens| tokens.len() != count) {
        return None;
    }
    let mut pieces = Vec::new();
    for at in 0..count {
        let samples: Vec<Vec<&str>> =
            tokens.iter().map(|group| group.iter().map(|tokens| tokens[at]).collect()).collect();
        pieces.extend(mask_token(&samples)?);
    }
    Some(joined(with_times(pieces, &times)))
}

/// What stands in `text`, from about `now`, between `before` and `after`, if it begins and ends so.
pub fn strip(text: &str, before: &[Piece], after: &[Piece], now: OffsetDateTime) -> Option<String> {
    let (timeless, _) = without_times(text, now);
    let mut rest = timeless.as_str();
    for piece in before {
        rest = match piece {
            Piece::Same(text) => rest.strip_prefix(text.as_str())?,
            Piece::Time(_) => rest.strip_prefix(TIME)?,
            Piece::Id(form) => {
                let ends = (1..=rest.len()).rev().filter(|end| rest.is_char_boundary(*end));
                { ends }.find(|end| form.fits(&rest[..*end])).map(|end| &rest[end..])?
            }
        };
    }
    for piece in after.iter().rev() {
        rest = match piece {
            Piece::Same(text) => rest.strip_suffix(text.as_str())?,
            Piece::Time(_) => rest.strip_suffix(TIME)?,
            Piece::Id(form) => {
                let starts = (0..rest.len()).filter(|start| rest.is_char_boundary(*start));
                { starts }.find(|start| form.fits(&rest[*start..])).map(|start| &rest[..start])?
            }
        };
    }
    // A time in the middle moves, and is no part of a text.
    (!rest.contains(TIME)).then(|| rest.to_owned())
}

/// Whether the texts of `groups` differ in nothing but what moves, whatever form that has.
pub fn is_explained(groups: &[Group<'_>]) -> bool {
    let timeless: Vec<Vec<String>> =
        groups.iter().map(|group| group.texts.iter().map(|text| without_times(text, group.now).0).collect()).collect();
    let tokens: Vec<Vec<Vec<&str>>> =
        timeless.iter().map(|group| group.iter().map(|text| tokens(text)).collect()).collect();
    let varies = |group: &Vec<Vec<&str>>, at: usize| group.iter().any(|tokens| tokens.get(at) != group[0].get(at));
    let all = || tokens.iter().flatten();
    let Some(count) = all().next().map(Vec::len) else { return true };
    if all().any(|tokens| tokens.len() != count) {
        return tokens.iter().any(|group| all().all(|tokens| is_around(group, tokens)));
    }
    (0..count).all(|at| {
        all().all(|own| Some(own[at]) == all().next().map(|first| first[at]))
            || tokens.iter().any(|group| varies(group, at))
    })
}

/// Whether `tokens` begin and end with what stays in `group`, of which the middle has another number of tokens each time.
fn is_around(group: &[Vec<&str>], tokens: &[&str]) -> bool {
    let first = &group[0];
    let same = |one: &mut dyn Iterator<Item = &&str>, other: &mut dyn Iterator<Item = &&str>| {
        one.zip(other).take_while(|(one, other)| one == other).count()
    };
    let begin = group.iter().map(|own| same(&mut first.iter(), &mut own.iter())).min().unwrap_or_default();
    let end = group.iter().map(|own| same(&mut first.iter().rev(), &mut own.iter().rev())).min().unwrap_or_default();
    let end = end.min(first.len() - begin);
    group.iter().any(|own| own.len() != first.len())
        && tokens.starts_with(&first[..begin])
        && tokens.ends_with(&first[first.len() - end..])
}

/// Whether two answers may say the same: words that have digits, and very long ones, may be ids.
pub fn alike(one: &str, other: &str) -> bool {
    let (one, other) = (tokens(one), tokens(other));
    let may_be_id = |token: &str| token.len() >= LONG || token.bytes().any(|byte| byte.is_ascii_digit());
    let fits = |(one, other): (&&str, &&str)| one == other || may_be_id(one) && may_be_id(other);
    one.len() == other.len() && one.iter().zip(&other).all(fits)
}

/// A time in a text: where it begins, its length, and its gap.
struct Written {
    start: usize,
    length: usize,
    gap: String,
}

/// `text` with [`TIME`] in place of its times, and these.
fn without_times(text: &str, now: OffsetDateTime) -> (String, Vec<Written>) {
    let (mut timeless, mut times, mut rest) = (String::new(), Vec::new(), text);
    while let Some(time) = next_time(rest, now) {
        timeless.push_str(&rest[..time.start]);
        timeless.push(TIME);
        rest = &rest[time.start + time.length..];
        times.push(time);
    }
    timeless.push_str(rest);
    (timeless, times)
}

/// The first time in `text` that is near `now`.
fn next_time(text: &str, now: OffsetDateTime) -> Option<Written> {
    let (start, length, moment) = Moment::find(text, now)?;
    Some(Written { start, length, gap: Gap::of_moment(&moment) })
}

/// What stands between spaces, quotes and brackets, and these.
fn tokens(text: &str) -> Vec<&str> {
    split(text, |letter| letter == TIME || letter.is_whitespace() || "\"'<>(){}[],;&".contains(letter))
}

fn mask_token(groups: &[Vec<&str>]) -> Option<Vec<Piece>> {
    let first = *groups.first()?.first()?;
    let is_same = groups.iter().flatten().all(|token| *token == first);
    if is_same && groups.iter().map(Vec::len).sum::<usize>() > 1 {
        return Some(vec![Piece::Same(first.to_owned())]);
    }
    // Signs that stand between words are letters of its own.
    let all: Vec<&str> = groups.iter().flatten().copied().collect();
    if all.iter().all(|token| is_nano_id(token)) {
        return Some(vec![Piece::Id(Random::of(&all)?)]);
    }
    let words: Vec<Vec<Vec<&str>>> =
        groups.iter().map(|group| group.iter().map(|text| words(text)).collect()).collect();
    let count = words.first()?.first()?.len();
    if words.iter().flatten().all(|words| words.len() == count) {
        let of_word = |at: usize| {
            let samples: Vec<Vec<&str>> =
                words.iter().map(|group| group.iter().map(|words| words[at]).collect()).collect();
            mask_word(&samples)
        };
        let pieces: Option<Vec<Piece>> = (0..count).map(of_word).collect();
        if pieces.is_some() {
            return pieces;
        }
    }
    mask_middle(groups)
}

/// One word of each text.
fn mask_word(groups: &[Vec<&str>]) -> Option<Piece> {
    let all: Vec<&str> = groups.iter().flatten().copied().collect();
    let first = *all.first()?;
    let moves = match all[..] {
        // There is nothing to compare it with: its form has to say it.
        [only] => is_plainly_an_id(only),
        _ => groups.iter().any(|group| group.iter().any(|word| *word != group[0])),
    };
    if moves {
        // What stands between words is no id.
        if !all.iter().all(|word| word.starts_with(char::is_alphanumeric)) {
            return None;
        }
        return Random::of(&all).map(Piece::Id);
    }
    all.iter().all(|word| *word == first).then(|| Piece::Same(first.to_owned()))
}

/// Texts of which the middle moves, such as base64 with its own signs in it.
fn mask_middle(groups: &[Vec<&str>]) -> Option<Vec<Piece>> {
    let all: Vec<&str> = groups.iter().flatten().copied().collect();
    if !groups.iter().any(|group| group.iter().any(|text| *text != group[0])) {
        return None;
    }
    // A path before an id ends with a sign that an id may have, too.
    ["-_+", "-_+/"].into_iter().find_map(|signs| middle_of(&all, signs))
}

/// The same of ids that may have these `signs`.
fn middle_of(all: &[&str], signs: &str) -> Option<Vec<Piece>> {
    let first = *all.first()?;
    let is_of_id = |letter: char| letter.is_ascii_alphanumeric() || signs.contains(letter);
    let shortest = all.iter().map(|text| text.len()).min()?;
    let same = |at: &usize| all.iter().all(|text| text.as_bytes()[*at] == first.as_bytes()[*at]);
    let same_at_end = |at: &usize| {
        all.iter().all(|text| text.as_bytes()[text.len() - 1 - at] == first.as_bytes()[first.len() - 1 - at])
    };
    let (begin, end) = ((0..shortest).take_while(same).count(), (0..shortest).take_while(same_at_end).count());
    // Of an id, a part may be the same by chance.
    let begin = first.get(..begin)?.trim_end_matches(is_of_id).len();
    let tail = first.get(first.len() - end.min(shortest - begin)..)?;
    let end = tail.trim_start_matches(is_of_id).len();
    let middles: Option<Vec<&str>> = all.iter().map(|text| text.get(begin..text.len().checked_sub(end)?)).collect();
    let form = Random::of(&middles?)?;
    let same = |text: &str| Piece::Same(text.to_owned());
    Some(vec![same(&first[..begin]), Piece::Id(form), same(&first[first.len() - end..])])
}

/// Whether `word` is an id whatever it is compared with.
fn is_plainly_an_id(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    match Random::of(&[word]) {
        Some(Random::Uuid | Random::UpperUuid | Random::Ulid | Random::LowerUlid) => true,
        Some(form @ Random::Signs(..)) => {
            let is_hex = ["hex", "HEX"].iter().any(|name| form.to_string().starts_with(name));
            let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
            is_mixed && word.len() >= if is_hex { 16 } else { LONG }
        }
        None => false,
    }
}

/// `pieces` with `times` in their places.
fn with_times(pieces: Vec<Piece>, times: &[String]) -> Vec<Piece> {
    let mut times = times.iter();
    let mut placed = Vec::new();
    for piece in pieces {
        let Piece::Same(text) = &piece else {
            placed.push(piece);
            continue;
        };
        for (at, part) in text.split(TIME).enumerate() {
            if at > 0 {
                placed.extend(times.next().cloned().map(Piece::Time));
            }
            placed.push(Piece::Same(part.to_owned()));
        }
    }
    placed
}

/// `pieces` without empty ones, and what is the same in one piece.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut whole: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (whole.last_mut(), piece) {
            (_, Piece::Same(text)) if text.is_empty() => {}
            (Some(Piece::Same(before)), Piece::Same(text)) => before.push_str(&text),
            (_, piece) => whole.push(piece),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-28 12:00:05.25 UTC);

    fn masked(groups: &[&[&str]]) -> String {
        let groups: Vec<Group<'_>> = groups.iter().map(|group| Group { now: NOW, texts: group.to_vec() }).collect();
        let written = |piece: Piece| match &piece {
            Piece::Same(text) => text.clone(),
            moves => moves.gap().unwrap_or_default(),
        };
        mask(&groups).map_or_else(|| "-".to_owned(), |pieces| pieces.into_iter().map(written).collect())
    }

    #[test]
    fn what_differs_between_answers_to_the_same_request_becomes_a_gap() {
        for (one, other, text) in [
            ("igual", "igual", "igual"),
            ("", "", ""),
            (
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                "00-<aleatorio hex 32>-<aleatorio hex 16>-00",
            ),
            ("0HN7GLL5L6N3A:00000001", "0HN7GLL5L6N3B:00000001", "<aleatorio BASE36 13>:00000001"),
            (
                "Erro (req 4bf92f35-77b3-4da6-a3ce-929d0e0e4736).",
                "Erro (req 0af76519-16cd-43dd-8448-eb211c80319c).",
                "Erro (req <aleatorio uuid>).",
            ),
            ("q83vASNFZ4mrze8BI0VniQ==", "k+3v/SNFZ4mrze8BI0VniQ==", "<aleatorio base64 22>=="),
            ("erro/-ovRc7lLzO0HD5J83miZSw", "erro/k7_B2x-QzO1aD5J83mi0Tw", "erro/<aleatorio base64url 22>"),
            ("a:ecid/x_oRc7lLzO0HD5J8", "a:ecid/k7-B2xQzO1aD5J83", "a:ecid/<aleatorio base64url 16>"),
            ("id=a_b-c9;x", "id=ab-cd_9;x", "id=<aleatorio base64url 6-7>;x"),
            ("fuzzy-orange-cat", "happy-yellow-dog", "<aleatorio base36 5>-<aleatorio base36 6>-<aleatorio base36 3>"),
            ("17", "18", "<aleatorio digitos 2>"),
            ("12ms", "9ms", "<aleatorio digitos 1-2>ms"),
            ("em 0.012s.", "em 0.345s.", "em 0.<aleatorio digitos 3>s."),
            ("1a4s", "2b5s", "<aleatorio base36 4>"),
            ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW", "<aleatorio ULID>"),
            ("id V1StGXR8_Z5jdHi6B-myT", "id Uakgb_J5m9g-0JDMbcJqL", "id <aleatorio base64url 21>"),
            ("a\"17\" 9", "a\"18\" 10", "a\"<aleatorio digitos 2>\" <aleatorio digitos 1-2>"),
            (
                "Erro em 28/11/2026 09:00:05: é",
                "Erro em 28/11/2026 09:00:05: é",
                "Erro em <instante dd/MM/yyyy HH:mm:ss em -03:00>: é",
            ),
            ("2026-11-28T12:00:05.2Z", "2026-11-28T12:00:05.258Z", "<instante>"),
            ("t=1795867205 1795867205123", "t=1795867206 1795867205124", "t=<segundos> <milissegundos>"),
            ("sáb, 28/nov/2026 09h00", "sáb, 28/nov/2026 09h00", "<instante EEE, dd/MMM/yyyy HH'h'mm pt em -03:00>"),
            ("[2026,11,28,9,0,5,250000000]", "[2026,11,28,9,0,6,1000000]", "<instante [yyyy,M,d,H,m,s,SSS] em -03:00>"),
            ("/Date(1795867205123-0300)/", "/Date(1795867206001-0300)/", "/Date(<milissegundos>-0300)/"),
            ("1795867205123456", "1795867205.123", "<instante uSSSSSS>"),
            ("Senha inválida", "Senha errada aqui", "-"),
            ("é", "e", "-"),
        ] {
            assert_eq!(masked(&[&[one, other]]), text, "{one} {other}");
        }
    }

    #[test]
    fn what_differs_between_groups_alone_does_not_move() {
        let (a, b) = (["Senha 1f", "Senha 2f"], ["Login 3f", "Login 4f"]);
        assert_eq!(masked(&[&a, &b]), "-");
        assert_eq!(masked(&[&["E1 1f", "E1 2f"], &["E2 3f", "E2 4f"]]), "-");
        assert_eq!(masked(&[&["E1 1f", "E1 2f"], &["E1 3", "E1 4"]]), "E1 <aleatorio hex 1-2>");
        // One that was asked once is like the others.
        assert_eq!(masked(&[&["E1 1f", "E1 2f"], &["E1 33"]]), "E1 <aleatorio hex 2>");
    }

    #[test]
    fn what_stands_alone_is_an_id_by_its_form() {
        assert_eq!(masked(&[&["req 4bf92f3577b34da6a3ce929d0e0e4736"]]), "req <aleatorio hex 32>");
        assert_eq!(masked(&[&["a 4bf92f35-77b3-4da6-a3ce-929d0e0e4736!"]]), "a <aleatorio uuid>!");
        assert_eq!(masked(&[&["id: 01ARZ3NDEKTSV4RRFFQ69G5FAV"]]), "id: <aleatorio ULID>");
        assert_eq!(masked(&[&["id=1srOrx2ZWZBpBUvZwXKQmoEYga2"]]), "id=<aleatorio base62 27>");
        assert_eq!(masked(&[&["V1StGXR8_Z5jdHi6B-myT"]]), "<aleatorio base64url 21>");
        for text in [
            "Chamado_2022110400001",
            "Atendimento 20221104000007",
            "E1001",
            "desnecessariamente",
            "0000000000000000000000",
        ] {
            assert_eq!(masked(&[&[text]]), text);
        }
    }

    #[test]
    fn answers_are_alike_whatever_their_ids() {
        for (one, other) in [
            ("Pronto", "Pronto"),
            ("{\"n\":1}", "{\"n\":22}"),
            ("{\"id\":\"4bf92f35\"}", "{\"id\":\"0af7651916\"}"),
            ("Pronto (VxYzabcdefghijklmnopq)", "Pronto (abcdefghijklmnopqrstuv)"),
        ] {
            assert!(alike(one, other), "{one} {other}");
        }
        for (one, other) in [("Pronto", "Recusado"), ("{\"n\":1}", "{\"n\":null}"), ("a 1", "a"), ("ok 1", "não 1")] {
            assert!(!alike(one, other), "{one} {other}");
        }
    }
}
