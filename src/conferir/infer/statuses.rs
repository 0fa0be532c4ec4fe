//! How a Citrus writes the status in the successes of changes: in which words, and where.

mod earlier;

use std::collections::{BTreeMap, BTreeSet};

use super::known::Known;
use super::moving::masked;
use super::seen::{ChangeObservation, Seen};
use crate::conferir::client::Received;
use crate::conferir::places::places;
use crate::conferir::spans::{Span, spans};
use crate::dialect::{Escapes, Piece, StatusFile, WordFile, Writing};
use crate::domain::atendimento::Status;
use crate::sensitive::{folded, names_status};

/// Stands for the contract's name of the status while answers are compared.
const NAME: char = '\u{2}';
/// The same in capitals.
const CAPITALS: char = '\u{3}';
/// The contract's name of the status before.
const EARLIER: char = '\u{4}';
/// The first of those that stand for a word: characters that no text has.
const FIRST: u32 = 0xFDD0;
/// Stands for what moves.
const MOVES: char = '\u{fdef}';
/// Most kinds of words.
const MOST: usize = 16;
/// Most characters of a word.
const WORD_MAX: usize = 100;
/// How many more changes than statuses have to be seen before numbers are believed: they may count something.
const REPEATED: usize = 3;

/// The words, by the contract's name of the status.
type Words = BTreeMap<&'static str, String>;

/// The words for the status in the answers to changes, and the places of those.
#[derive(Default)]
pub(super) struct Statuses {
    kinds: Vec<Kind>,
    slots: BTreeMap<String, Slot>,
    /// Places that name the status before the change, and what fills them; none where no words are known for it.
    earlier: BTreeMap<String, Option<String>>,
    /// What is to be said of a table.
    pub(super) notes: Vec<(String, String)>,
}

/// One way to write the status.
struct Kind {
    gap: String,
    /// Where the file has it: empty for `[status]`. None where the words follow from others.
    table: Option<String>,
    words: Words,
}

/// What stands around the word in a place.
struct Slot {
    before: String,
    after: String,
    kind: usize,
}

/// A place that has another text for each status.
struct Candidate {
    place: String,
    before: String,
    after: String,
    words: Words,
}

/// A change to a status: its name and that of the status before, when it was made, and the texts of its answer by their places.
struct Told {
    name: &'static str,
    before: Option<&'static str>,
    now: i64,
    texts: BTreeMap<String, String>,
}

impl Statuses {
    pub(super) fn of(seen: &Seen) -> Self {
        let told: Vec<Told> = seen.changes.iter().filter_map(Told::by).collect();
        let mut found = Self::default();
        let Some(first) = told.first() else { return found };
        let mut candidates: Vec<Candidate> =
            first.texts.keys().filter_map(|place| Candidate::at(place, &told, &found)).collect();
        candidates.sort_by_key(Candidate::rank);
        for Candidate { place, .. } in candidates {
            // What is known by now may be all that it says.
            if let Some(candidate) = Candidate::at(&place, &told, &found) {
                found.add(candidate, seen);
            }
        }
        for place in first.texts.keys() {
            if let Some(words) = Self::words_of_earlier(place, &told) {
                found.add_earlier(place, words);
            }
        }
        found
    }

    fn add(&mut self, candidate: Candidate, seen: &Seen) {
        let Candidate { place, before, after, words } = &candidate;
        if words.len() < Status::ALL.len() {
            let words: Vec<String> = words.iter().map(|(name, word)| format!("{name} is {word}")).collect();
            let note = format!(
                "{place} may name the status, of which {} of {} were seen ({}): a table [status.NAME] is to be added",
                words.len(),
                Status::ALL.len(),
                words.join(", ")
            );
            return self.notes.push(("[sucesso]".to_owned(), note));
        }
        let of_words = |kind: &Kind| kind.words == *words;
        let kind = match self.kinds.iter().position(of_words) {
            Some(kind) => kind,
            None if self.kinds.len() == MOST => return,
            None => {
                let kind = self.kind_of(&candidate, seen);
                self.notes.extend(kind.table.as_ref().map(|table| (head(table), format!("{place} after changes"))));
                self.kinds.push(kind);
                self.kinds.len() - 1
            }
        };
        self.slots.insert(place.clone(), Slot { before: before.clone(), after: after.clone(), kind });
    }

    /// `name`, or one like it that no table has.
    fn free_table(&self, mut name: String) -> String {
        while self.kinds.iter().any(|kind| kind.table.as_deref() == Some(&name)) {
            name.push('x');
        }
        name
    }

    fn kind_of(&self, candidate: &Candidate, seen: &Seen) -> Kind {
        let words = candidate.words.clone();
        let plain = self.kinds.iter().find(|kind| kind.gap == "<status>");
        let in_capitals = |plain: &Kind| plain.words.iter().all(|(name, word)| words[name] == word.to_uppercase());
        if plain.is_some_and(in_capitals) {
            return Kind { gap: "<STATUS>".to_owned(), table: None, words };
        }
        if plain.is_none() && candidate.is_named() && !names_are_told(&words, seen) {
            return Kind { gap: "<status>".to_owned(), table: Some(String::new()), words };
        }
        let name = self.free_table(Candidate::table_of(&candidate.place, &candidate.words));
        Kind { gap: format!("<status {name}>"), table: Some(name), words }
    }

    /// The tables of the words, as a file has them: where they are not the contract's.
    pub(super) fn tables(&self) -> BTreeMap<String, StatusFile> {
        let mut tables = BTreeMap::new();
        for kind in &self.kinds {
            let own = kind.words.iter().filter(|(name, word)| word != *name);
            let own = own.map(|(name, word)| ((*name).to_owned(), as_written(word)));
            match kind.table.as_deref() {
                None => {}
                Some("") => tables.extend(own.map(|(name, word)| (name, StatusFile::Word(word)))),
                Some(table) => _ = tables.insert(table.to_owned(), StatusFile::Words(own.collect())),
            }
        }
        tables
    }

    /// The words for the status that is called `name`, with their gaps.
    pub(super) fn known<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.kinds.iter().filter_map(move |kind| Some((kind.words.get(name)?.as_str(), kind.gap.as_str())))
    }

    /// Whether a word stands at `place`.
    pub(super) fn is_at(&self, place: &str) -> bool {
        self.slots.contains_key(place)
    }

    /// What fills `place`, if that names the status before the change: `empty` where there are no words for it.
    pub(super) fn gap_of_earlier(&self, place: &str, empty: &str) -> Option<String> {
        self.earlier.get(place).map(|gap| gap.clone().unwrap_or_else(|| empty.to_owned()))
    }

    /// The text of `place` in the answer to `change`, or all of its body without one, with marks for what names the status.
    pub(super) fn marked(&self, place: Option<&str>, change: &ChangeObservation) -> Option<String> {
        let body = &change.received.body;
        let name = change.status.map_or("", Status::nome);
        let before = change.before.filter(|before| Some(*before) != change.status).map(Status::nome);
        let with_earlier = |text: String| match before {
            Some(before) => text.replace(before, &EARLIER.to_string()),
            None => text,
        };
        let Some(place) = place else {
            let (mut marked, mut at) = (String::new(), 0);
            for span in places(body).into_iter().filter(|span| self.is_at(&span.pointer)) {
                marked.push_str(&self.with_marks(None, name, &body[at..span.range.start]));
                marked.push_str(&self.with_marks(Some(&span.pointer), name, &body[span.range.clone()]));
                at = span.range.end;
            }
            return Some(with_earlier(marked + &self.with_marks(None, name, &body[at..])));
        };
        let span = spans(body).into_iter().find(|span| span.pointer == place)?;
        Some(with_earlier(self.with_marks(Some(place), name, &text_of(&span, body, true)?)))
    }

    fn with_marks(&self, place: Option<&str>, name: &str, text: &str) -> String {
        let text = self.with_words(&without_name(text, name), name);
        let Some(slot) = place.and_then(|place| self.slots.get(place)) else { return text };
        let word = self.kinds[slot.kind].words.get(name).map(|word| without_name(word, name));
        let Some(word) = word else { return text };
        let start = if !slot.before.contains(MOVES) {
            slot.before.len()
        } else if !slot.after.contains(MOVES) {
            text.len().saturating_sub(slot.after.len() + word.len())
        } else {
            return text;
        };
        let around = text.get(..start).zip(text.get(start..).and_then(|rest| rest.strip_prefix(word.as_str())));
        let Some((before, after)) = around else { return text };
        format!("{before}{}{after}", mark(slot.kind))
    }

    /// `text` with marks for the words in it that stand alone.
    fn with_words(&self, text: &str, name: &str) -> String {
        self.kinds.iter().enumerate().fold(text.to_owned(), |text, (at, kind)| match kind.words.get(name) {
            Some(word) if word.chars().count() > 2 && !word.contains(|sign: char| sign.is_ascii_digit()) => {
                Known::new(Escapes::Nenhum, [(word.as_str(), &*mark(at).to_string())]).replaced(&text)
            }
            _ => text,
        })
    }

    /// `pieces` as a body of `writing` has them, with gaps for what moves, for what is `known` and for the marks.
    pub(super) fn written(&self, pieces: &[Piece], writing: Writing, known: &Known) -> String {
        let written = |piece: &Piece| match piece {
            Piece::Same(text) => {
                let runs = text.split_inclusive(is_mark).map(|run| {
                    let same = run.trim_end_matches(is_mark);
                    known.with_gaps(&writing.written(same)) + &self.filled(&run[same.len()..])
                });
                runs.collect()
            }
            moves => moves.gap().unwrap_or_default(),
        };
        pieces.iter().map(written).collect()
    }

    /// `template` with gaps for the marks.
    pub(super) fn filled(&self, template: &str) -> String {
        self.kinds.iter().enumerate().fold(template.to_owned(), |text, (at, kind)| text.replace(mark(at), &kind.gap))
    }
}

impl Told {
    fn by(change: &ChangeObservation) -> Option<Self> {
        let (name, now) = (change.status?.nome(), change.now);
        let texts = texts(&change.received).into_iter().map(|(place, text)| (place, without_name(&text, name)));
        Some(Self { name, before: change.before.map(Status::nome), now, texts: texts.collect() })
    }
}

impl Candidate {
    /// `place`, if each of `told` has a text there that goes with its status alone, and that is not `known` yet.
    fn at(place: &str, told: &[Told], known: &Statuses) -> Option<Self> {
        let text = |told: &Told| Some(known.with_words(told.texts.get(place)?, told.name));
        let texts: Vec<(&Told, String)> = told.iter().map(|told| Some((told, text(told)?))).collect::<Option<_>>()?;
        let raw = by_name(texts.iter().map(|(told, text)| (told.name, text.clone())));
        let still = || by_name(texts.iter().map(|(told, text)| (told.name, masked(text, told.now, MOVES))));
        let words = raw.or_else(still)?;
        let (before, after) = around(&words)?;
        let (before, after) = (before.to_owned(), after.to_owned());
        let word = |name: &'static str, text: &String| {
            let word = text.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
            let word = word.replace(NAME, name).replace(CAPITALS, &name.to_uppercase());
            let is_fine = (1..=WORD_MAX).contains(&word.chars().count()) && !word.contains(char::is_control);
            (is_fine && !word.contains(is_mark) && !word.contains(MOVES)).then_some((name, word))
        };
        let words: Words = words.iter().map(|(name, text)| word(name, text)).collect::<Option<_>>()?;
        let different: BTreeSet<&String> = words.values().collect();
        let counts = words.values().any(|word| word.contains(|sign: char| sign.is_ascii_digit()));
        let least = if counts { REPEATED } else { 1 };
        let is_sure = told.len() - words.len() >= least && (!counts || different.len() == words.len());
        is_sure.then_some(Self { place: place.to_owned(), before, after, words })
    }

    /// Those that name the status plainly come first; what is in capitals follows from others.
    fn rank(&self) -> [bool; 4] {
        let is_around = !self.before.is_empty() || !self.after.is_empty();
        let is_small = self.words.values().any(|word| word.contains(char::is_lowercase));
        [!self.is_named(), !names_status(&self.place), is_around, !is_small]
    }

    /// Whether it has a name for each status, and not a number or a sentence.
    fn is_named(&self) -> bool {
        let is_name = |(name, word): (&&str, &String)| {
            let is_one = !word.contains(char::is_whitespace) || letters(word) == letters(name);
            is_one && word.contains(char::is_alphabetic) && !["true", "false"].contains(&word.as_str())
        };
        let different: BTreeSet<&String> = self.words.values().collect();
        self.words.iter().all(is_name) && (names_status(&self.place) || different.len() == self.words.len())
    }

    /// What a file may call the table of `words` that stand at `place`.
    fn table_of(place: &str, words: &Words) -> String {
        if words.values().all(|word| word.parse::<i64>().is_ok()) {
            return "id".to_owned();
        }
        let member = place.rsplit('/').find(|part| part.contains(char::is_alphabetic)).unwrap_or("nome");
        let name: String = folded(member).chars().filter(char::is_ascii_lowercase).take(20).collect();
        if name.is_empty() || name == "status" { "nome".to_owned() } else { name }
    }
}

/// The texts of `values` by their names; none where a name has two, or where all have the same.
fn by_name(values: impl Iterator<Item = (&'static str, String)>) -> Option<Words> {
    let mut words = Words::new();
    for (name, text) in values {
        if words.get(name).is_some_and(|other| *other != text) {
            return None;
        }
        words.insert(name, text);
    }
    let first = words.values().next()?.clone();
    words.values().any(|word| *word != first).then_some(words)
}

/// What all `words` begin and end with, up to a whole word.
fn around(words: &Words) -> Option<(&str, &str)> {
    let first = words.values().next()?;
    let is_word = |letter: char| letter.is_alphanumeric() || "_-".contains(letter);
    let same = |one: &mut dyn Iterator<Item = char>, other: &mut dyn Iterator<Item = char>| -> usize {
        one.zip(other).take_while(|(a, b)| a == b).map(|(letter, _)| letter.len_utf8()).sum()
    };
    let start = words.values().map(|word| same(&mut first.chars(), &mut word.chars())).min()?;
    let before = first[..start].trim_end_matches(is_word);
    let rest = |word: &str| word.len() - before.len();
    let end =
        words.values().map(|word| same(&mut first.chars().rev(), &mut word.chars().rev()).min(rest(word))).min()?;
    Some((before, first[first.len() - end..].trim_start_matches(is_word)))
}

/// Whether answers tell the contract's name of a status that has another word among `words`: of what was set, or asked for.
fn names_are_told(words: &Words, seen: &Seen) -> bool {
    let tells = |name: &str, body: &str| {
        words.get(name).is_some_and(|word| word != name && body.replace(word.as_str(), "").contains(name))
    };
    seen.changes.iter().any(|change| tells(change.status.map_or("", Status::nome), &change.received.body))
        || seen.errors.iter().any(|error| tells(&error.asked.status, &error.received.body))
}

/// The values of an answer as texts, by their places.
fn texts(received: &Received) -> BTreeMap<String, String> {
    let is_json = !spans(&received.body).is_empty();
    let text = |span: Span| Some((span.pointer.clone(), text_of(&span, &received.body, is_json)?));
    places(&received.body).into_iter().filter_map(text).collect()
}

fn text_of(span: &Span, body: &str, is_json: bool) -> Option<String> {
    match &span.value {
        _ if !is_json => Some(body[span.range.clone()].to_owned()),
        serde_json::Value::String(text) => Some(text.clone()),
        value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// `text` with marks for the contract's name of the status.
fn without_name(text: &str, name: &str) -> String {
    if name.is_empty() {
        return text.to_owned();
    }
    text.replace(name, &NAME.to_string()).replace(&name.to_uppercase(), &CAPITALS.to_string())
}

/// `text` with the contract's `name` for its marks, and that of the status `before`.
pub(super) fn with_name(text: &str, name: &str, before: Option<&str>) -> String {
    let text = text.replace(EARLIER, before.unwrap_or_default());
    text.replace(NAME, name).replace(CAPITALS, &name.to_uppercase())
}

pub(super) fn is_mark(letter: char) -> bool {
    (FIRST..u32::from(MOVES)).contains(&u32::from(letter))
}

fn mark(kind: usize) -> char {
    char::from_u32(FIRST + u32::try_from(kind).unwrap_or_default()).unwrap_or(MOVES)
}

fn letters(text: &str) -> String {
    folded(text).chars().filter(|letter| letter.is_alphanumeric()).collect()
}

fn head(table: &str) -> String {
    if table.is_empty() { "[status]".to_owned() } else { format!("[status.{table}]") }
}

fn as_written(word: &str) -> WordFile {
    match word.parse::<i64>() {
        Ok(number) if number.to_string() == word => WordFile::Number(number),
        _ => WordFile::Text(word.to_owned()),
    }
}
