//! From TOML to the file that it describes: what can't be read, each with its line. A key that is wrong does not hide the
//! others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Deserializer, Error};

use super::file::DialectFile;
use crate::domain::text::nearest;

/// What is wrong, and in which line, if the file has lines.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Complaint {
    pub(super) line: Option<usize>,
    pub(super) text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.text)
    }
}

/// The lines of the keys of a file.
#[derive(Default)]
pub(super) struct Lines(BTreeMap<Vec<String>, usize>);

impl Lines {
    /// The line of the key at `path`, or of the table that would have it.
    pub(super) fn of(&self, path: &[&str]) -> Option<usize> {
        let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
        (1..=path.len()).rev().find_map(|length| self.0.get(&path[..length]).copied())
    }
}

/// A key of `table`, or `table` itself where there is none, as a complaint names it: `[erro] corpo`.
pub(super) fn place(table: &[&str], key: &str) -> String {
    match (table.join("."), key) {
        (table, key) if table.is_empty() => key.to_owned(),
        (table, "") => format!("[{table}]"),
        (table, key) => format!("[{table}] {key}"),
    }
}

/// A file as far as it can be read.
pub(super) struct Source {
    pub(super) file: DialectFile,
    pub(super) lines: Lines,
    pub(super) complaints: BTreeSet<Complaint>,
}

impl Source {
    /// Reads all keys of `text`, or says why it is no TOML.
    pub(super) fn read(text: &str) -> Result<Self, BTreeSet<Complaint>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let doubled = (1..).zip(text.lines()).filter(|(_, line)| line.trim_start().starts_with("[[")).map(|(at, _)| at);
        let ends = text.match_indices('\n').map(|(end, _)| end).collect();
        let mut reader = Reader { ends, doubled: doubled.collect(), ..Reader::default() };
        if !errors.is_empty() {
            let line = |error: &Error| error.span().map(|span| reader.line(span.start));
            return Err(errors.iter().map(|error| Complaint { line: line(error), text: explained(error) }).collect());
        }
        let table = reader.readable(&[], table.into_inner());
        let file = read(table).map_err(|error| BTreeSet::from([Complaint { line: None, text: explained(&error) }]))?;
        Ok(Self { file, lines: reader.lines, complaints: reader.complaints })
    }
}

type Key<'i> = Spanned<DeString<'i>>;

#[derive(Default)]
struct Reader {
    /// Where lines end.
    ends: Vec<usize>,
    /// Which lines begin with two brackets.
    doubled: BTreeSet<usize>,
    lines: Lines,
    complaints: BTreeSet<Complaint>,
}

impl Reader {
    /// The entries of `table`, which is at `path`, that a file can have; the others are complained of.
    fn readable<'i>(&mut self, path: &[Key<'i>], table: DeTable<'i>) -> DeTable<'i> {
        let entries = table.into_iter().filter_map(|(key, value)| {
            let path = [path, std::slice::from_ref(&key)].concat();
            let names = path.iter().map(|key| key.get_ref().to_string()).collect();
            self.lines.0.insert(names, self.line(key.span().start));
            self.note_items(&path, &value);
            let span = value.span();
            let value = match value.into_inner() {
                DeValue::Table(table) if !table.is_empty() => DeValue::Table(self.readable(&path, table)),
                value => value,
            };
            let value = Spanned::new(span, value);
            self.is_readable(&path, &value).then_some((key, value))
        });
        entries.collect()
    }

    /// Notes the lines of the items of `value`, which is at `path`, if it is a list.
    fn note_items<'i>(&mut self, path: &[Key<'i>], value: &Spanned<DeValue<'i>>) {
        let DeValue::Array(items) = value.get_ref() else { return };
        for (at, item) in items.iter().enumerate() {
            let names = path.iter().map(|key| key.get_ref().to_string()).chain([at.to_string()]).collect();
            self.lines.0.insert(names, self.line(item.span().start));
        }
    }

    /// Whether `value` alone, at `path`, makes a file.
    fn is_readable<'i>(&mut self, path: &[Key<'i>], value: &Spanned<DeValue<'i>>) -> bool {
        // Each table around it stands where its key does.
        let whole = (0..path.len()).rev().fold(value.clone(), |value, depth| {
            let around = depth.checked_sub(1).map_or(0..0, |above| path[above].span());
            Spanned::new(around, DeValue::Table(DeTable::from_iter([(path[depth].clone(), value)])))
        });
        let DeValue::Table(table) = whole.into_inner() else { return true };
        let Err(error) = read(table) else { return true };
        let names: Vec<&str> = path.iter().map(|key| key.get_ref().as_ref()).collect();
        let depth = path.iter().position(|key| Some(key.span()) == error.span()).unwrap_or(path.len() - 1);
        let (table, key) = (&names[..depth], names[depth]);
        let line = self.line(path[path.len() - 1].span().start);
        if matches!(value.get_ref(), DeValue::Array(_)) && self.doubled.contains(&line) {
            let name = names.join(".");
            let text = format!("[[{name}]] stands in double brackets, which make a list; write [{name}]");
            self.complaints.insert(Complaint { line: Some(line), text });
            return false;
        }
        let is_known = !error.message().starts_with("unknown field");
        let place = if is_known { place(table, key) + ": " } else { place(table, "") + " " };
        self.complaints.insert(Complaint {
            line: Some(self.line(path[depth].span().start)),
            text: format!("{}{}", place.trim_start(), explained(&error)),
        });
        false
    }

    fn line(&self, position: usize) -> usize {
        self.ends.partition_point(|end| *end < position) + 1
    }
}

/// `error`, with the word that was probably meant.
fn explained(error: &Error) -> String {
    let message = error.message();
    let mut words = message.split('`').skip(1).step_by(2);
    let is_slip = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let meant = words.next().filter(|_| is_slip).and_then(|word| nearest(word, words));
    let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
    format!("{}{meant}", message.replace('\n', " "))
}

fn read(table: DeTable<'_>) -> Result<DialectFile, Error> {
    DialectFile::deserialize(Deserializer::from(Spanned::new(0..0, table)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with `text`, in the order of its lines.
    fn complaints(text: &str) -> Vec<String> {
        let complaints = Source::read(text).map_or_else(|complaints| complaints, |source| source.complaints);
        complaints.iter().map(ToString::to_string).collect()
    }

    /// Checks that `text` is refused for what `wanted` says, in which ` … ` stands for anything.
    #[track_caller]
    fn complains(text: &str, wanted: &[&str]) {
        let complaints = complaints(text);
        assert_eq!(complaints.len(), wanted.len(), "{text}: {complaints:#?}");
        for (complaint, wanted) in complaints.iter().zip(wanted) {
            let (begin, end) = wanted.split_once(" … ").unwrap_or((wanted, ""));
            assert!(complaint.starts_with(begin) && complaint.ends_with(end), "{text}: {complaint}");
        }
    }

    #[test]
    fn each_key_that_is_wrong_is_named_with_its_line() {
        complains(
            "contnt_type = 'a/b'\nescapes = 'asci'\n\n[erro]\ncorpu = 'x'\ncontent_type = 'a/b'\ncodigo = '4'\n\
             [repostas.a]\ncodigo = 400\ntexto = 'b'\n[respostas.wrong_senha]\ncodgo = 401\ncodigo = 70000\n\
             [regras]\nmesmo_status = 'recusada'\n[token]\ncabecalhos = [1]\n[cabecalhos]\nserver = {a = 1}\n",
            &[
                "line 1: unknown field `contnt_type`, expected … did you mean content_type?",
                "line 2: escapes: unknown variant `asci`, expected … did you mean ascii?",
                "line 5: [erro] unknown field `corpu`, expected … did you mean corpo?",
                "line 7: [erro] codigo: invalid type: string \"4\", expected u16",
                "line 8: unknown field `repostas`, expected … did you mean respostas?",
                "line 12: [respostas.wrong_senha] unknown field `codgo`, expected … did you mean codigo?",
                "line 13: [respostas.wrong_senha] codigo: invalid value: integer `70000`, expected u16",
                "line 15: [regras] mesmo_status: unknown variant `recusada`, expected … did you mean recusado?",
                "line 17: [token] cabecalhos: invalid type: integer `1`, expected a string",
                "line 19: [cabecalhos] server: invalid type: map, expected a string",
            ],
        );
    }

    #[test]
    fn a_word_that_is_near_nothing_gets_what_can_be_there() {
        complains(
            "[erro]\ncor = 'x'",
            &["line 2: [erro] unknown field `cor`, expected one of `codigo`, … `www_authenticate`"],
        );
        complains("erro = 1", &["line 1: erro: invalid type: integer `1`, expected a table"]);
        complains("[cor]", &["line 1: unknown field `cor`, … `respostas`"]);
        complains(
            "[[respostas.x]]\ncodigo = 400",
            &["line 1: [[respostas.x]] stands in double brackets, which make a list; write [respostas.x]"],
        );
        complains("[[erro]]\n", &["line 1: [[erro]] stands in double brackets, which make a list; write [erro]"]);
        complains("[respostas.a.b]\nc = 1", &["line 1: [respostas.a] unknown field `b`, … `www_authenticate`"]);
    }

    #[test]
    fn all_that_is_no_toml_is_named() {
        complains("a = [\n", &["line 1: "]);
        complains("escapes = \n[erro]\ncorpo = 'x\n[token]\n", &["line 1: ", "line 3: "]);
        complains("escapes = 'json'\nescapes = 'json'\n", &["line 2: duplicate key"]);
    }

    #[test]
    fn what_can_be_read_is_read() {
        let source = Source::read("escapes = 'asci'\r\n[erro]\r\ncorpo = 'x'\r\ncor = 1\r\n").unwrap();
        assert_eq!((source.file.erro.corpo.as_deref(), source.file.escapes), (Some("x"), None));
        assert_eq!(source.lines.of(&["erro", "corpo"]), Some(3));
        assert_eq!(source.lines.of(&["erro", "codigo"]), Some(2));
        assert_eq!(source.lines.of(&["login", "codigo"]), None);
        let source = Source::read("[conferir]\npular = [\n 'a',\n 'b',\n]\n").unwrap();
        assert_eq!(source.lines.of(&["conferir", "pular", "1"]), Some(4));
    }
}
