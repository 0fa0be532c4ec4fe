//! What people export, as text: one row a case, by what `--dry-run` shows of it.

mod columns;
mod forms;
mod protocolos;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Outcome, run_with};

/// A file and what comes of it.
struct Case {
    name: &'static str,
    file: Vec<u8>,
    flags: &'static [&'static str],
    /// The rows as understood, `protocolo=status`; `None`: the file is refused.
    rows: Option<&'static [&'static str]>,
    /// What standard error says, all of it.
    said: &'static [&'static str],
}

fn taken(name: &'static str, file: impl Into<Vec<u8>>, rows: &'static [&'static str]) -> Case {
    Case { name, file: file.into(), flags: &[], rows: Some(rows), said: &[] }
}

fn refused(name: &'static str, file: impl Into<Vec<u8>>, said: &'static [&'static str]) -> Case {
    Case { name, file: file.into(), flags: &[], rows: None, said }
}

impl Case {
    fn with(self, flags: &'static [&'static str]) -> Self {
        Self { flags, ..self }
    }

    fn says(self, said: &'static [&'static str]) -> Self {
        Self { said, ..self }
    }

    fn check(&self, database: &Database) {
        let args = [&["atendimento", "importar", "-", "--dry-run"], self.flags].concat();
        let outcome = run_with(database, &[], &args, &self.file);
        let name = self.name;
        assert_eq!(self.rows.is_some(), outcome.code == 0, "{name}: {outcome:?}");
        assert_eq!(self.rows.unwrap_or_default(), understood(&outcome), "{name}: {outcome:?}");
        for part in self.said {
            assert!(outcome.stderr.contains(part), "{name}: {part:?} is not in {outcome:?}");
        }
        let quiet = outcome.stderr.lines().all(|line| line.starts_with("note: created the database "));
        assert!(!self.said.is_empty() || quiet, "{name}: {outcome:?}");
        assert!(!outcome.stderr.contains("--atualizar"), "{name}: {outcome:?}");
    }
}

/// The rows that a dry run shows.
pub fn understood(outcome: &Outcome) -> Vec<String> {
    let mut rows = outcome.stdout.lines().skip(2).collect::<Vec<_>>();
    rows.pop();
    let pair = |row: &str| row.split_once("  ").map(|(protocolo, status)| format!("{protocolo}={}", status.trim()));
    rows.into_iter().filter_map(pair).collect()
}

const TWO: &[&str] = &["1=Aberto", "2=Em atendimento"];

async fn texts_of_every_form(database: &Database) {
    forms::cases().iter().for_each(|case| case.check(database));
}

async fn columns_by_name(database: &Database) {
    columns::cases().iter().for_each(|case| case.check(database));
}

async fn protocolos_are_whole_or_refused(database: &Database) {
    protocolos::cases().iter().for_each(|case| case.check(database));
}

async fn a_dry_run_shows_the_first_rows_as_understood(database: &Database) {
    let file = "protocolo;status\n".to_owned() + &(1..8).map(|i| format!("'{i};ABERTO\n")).collect::<String>();
    run_with(database, &[], &["atendimento", "importar", "-", "--dry-run"], file).prints(
        "first rows as understood:\n\
         protocolo  status\n1          Aberto\n2          Aberto\n3          Aberto\n4          Aberto\n5          Aberto\n\
         would be new: 7, would be updated: 0, unchanged: 0, skipped: 0\n",
    );
}

both_engines! {
    texts_of_every_form,
    columns_by_name,
    protocolos_are_whole_or_refused,
    a_dry_run_shows_the_first_rows_as_understood,
}
