//! Reads TOML member by member, and notes everything that is wrong with its line.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Fault;
use crate::domain::access::Permissao;
use crate::domain::text::{Name, cut, did_you_mean};

pub(super) struct Reader {
    pub faults: Vec<Fault>,
    /// Where each line ends.
    ends: Vec<usize>,
}

/// A table with its line.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub line: usize,
    table: &'a DeTable<'a>,
}

impl Item<'_> {
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }
}

impl Reader {
    pub fn new(text: &str) -> Self {
        Self { faults: Vec::new(), ends: text.match_indices('\n').map(|(at, _)| at).collect() }
    }

    pub fn line(&self, span: &Range<usize>) -> usize {
        self.ends.partition_point(|end| *end < span.start) + 1
    }

    pub fn complain(&mut self, line: usize, text: impl fmt::Display) {
        self.faults.push(Fault::at(Some(line), text));
    }

    /// The tables of the array `key`, which have no keys but `known`.
    pub fn items<'a>(&mut self, root: &'a DeTable<'a>, key: &str, known: &[&str]) -> Vec<Item<'a>> {
        let Some(array) = root.get(key) else { return Vec::new() };
        let line = self.line(&array.span());
        let elements = array.get_ref().as_array().into_iter().flat_map(|array| array.iter());
        let tables: Vec<_> = elements.map(|element| (element.span(), element.get_ref().as_table())).collect();
        if !array.get_ref().is_array() || tables.iter().any(|(_, table)| table.is_none()) {
            self.complain(line, format_args!("{key} has to be tables, each with [[{key}]] above it"));
            return Vec::new();
        }
        let items = tables.into_iter().filter_map(|(span, table)| Some(Item { line: self.line(&span), table: table? }));
        let items: Vec<Item<'a>> = items.collect();
        items.iter().for_each(|item| self.require_known(item.table, known));
        items
    }

    /// Complains of keys that are not `known`.
    pub fn require_known(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let (name, line) = (key.get_ref(), self.line(&key.span()));
            let hint = did_you_mean(name, known.iter().copied());
            self.complain(line, format_args!("there is no key '{}'{hint}; there are: {}", cut(name), known.join(", ")));
        }
    }

    pub fn text(&mut self, item: Item<'_>, key: &str) -> Option<(String, usize)> {
        let text = |value: &DeValue<'_>| value.as_str().map(str::to_owned);
        self.value(item, key, "a text in quotes", text)
    }

    pub fn flag(&mut self, item: Item<'_>, key: &str) -> Option<bool> {
        let flag = |value: &DeValue<'_>| if let DeValue::Boolean(flag) = value { Some(*flag) } else { None };
        self.value(item, key, "true or false", flag).map(|(flag, _)| flag)
    }

    /// A name, with its line.
    pub fn name(&mut self, item: Item<'_>, key: &str) -> Option<(Name, usize)> {
        let (text, line) = self.text(item, key)?;
        Some((self.parsed(&text, line)?, line))
    }

    /// As [`Reader::name`], of a name that has to be there.
    pub fn required_name(&mut self, item: Item<'_>, key: &str) -> Option<(Name, usize)> {
        if !item.has(key) {
            self.complain(item.line, format_args!("{key} is missing"));
        }
        self.name(item, key)
    }

    /// The permissions that the list `key` names.
    pub fn permissoes(&mut self, item: Item<'_>, key: &str) -> BTreeSet<Permissao> {
        let texts = |value: &DeValue<'_>| -> Option<Vec<(String, Range<usize>)>> {
            let text = |element: &Spanned<DeValue<'_>>| Some((element.get_ref().as_str()?.to_owned(), element.span()));
            value.as_array()?.iter().map(text).collect()
        };
        let (texts, _) = self.value(item, key, "a list of texts in quotes", texts).unwrap_or_default();
        texts.into_iter().filter_map(|(text, span)| self.parsed(&text, self.line(&span))).collect()
    }

    fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, text: &str, line: usize) -> Option<T> {
        text.parse().map_err(|error: T::Err| self.complain(line, error)).ok()
    }

    /// The value of `key`, as `read` takes it, with its line. It `has_to_be` something that `read` knows.
    fn value<T>(
        &mut self,
        item: Item<'_>,
        key: &str,
        has_to_be: &str,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<(T, usize)> {
        let value = item.table.get(key)?;
        let line = self.line(&value.span());
        let read = read(value.get_ref());
        if read.is_none() {
            self.complain(line, format_args!("{key} has to be {has_to_be}"));
        }
        Some((read?, line))
    }
}
