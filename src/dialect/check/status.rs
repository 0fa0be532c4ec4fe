//! What is wrong with the words for the statuses.

use std::sync::Arc;

use super::Check;
use crate::dialect::file::{StatusFile, WordFile};
use crate::dialect::gap::is_status_name;
use crate::dialect::status::{StatusTables, StatusWords};
use crate::domain::atendimento::Status;
use crate::domain::text::nearest;

/// Most characters of a word.
const WORD_MAX: usize = 100;

impl Check<'_> {
    pub(super) fn status_tables(&mut self) -> StatusTables {
        let mut plain = StatusWords::default();
        let mut tables = StatusTables::new();
        for (name, entry) in &self.file.status {
            match entry {
                StatusFile::Word(word) => self.add_word(&["status"], name, word, &mut plain),
                StatusFile::Words(_) if !is_status_name(name) => {
                    self.complain(&["status", name], "", "has to have a name of small letters, as in [status.id]");
                }
                StatusFile::Words(words) => {
                    let mut table = StatusWords::default();
                    for (status, word) in words {
                        self.add_word(&["status", name], status, word, &mut table);
                    }
                    tables.insert(name.clone(), Arc::new(table));
                }
            }
        }
        tables.insert(String::new(), Arc::new(plain));
        tables
    }

    fn add_word(&mut self, table: &[&str], name: &str, word: &WordFile, words: &mut StatusWords) {
        let names = Status::ALL.map(Status::nome);
        let Some(status) = names.into_iter().find(|known| *known == name) else {
            let near = nearest(name, names).map_or_else(|| names.join(", "), |near| format!("did you mean {near}?"));
            self.complain(table, name, format_args!("is no status; {near}"));
            return;
        };
        let word = match word {
            WordFile::Number(number) => number.to_string(),
            WordFile::Text(text) => text.clone(),
        };
        if word.is_empty() || word.chars().count() > WORD_MAX || word.contains(char::is_control) {
            let what = format_args!("has to have 1 to {WORD_MAX} characters, and none that controls");
            self.complain(table, name, what);
        }
        words.0.insert(status, word);
    }
}
