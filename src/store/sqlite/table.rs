//! Statements about many rows of parameters. Rows as JSON would cost a change half of SQLite's time.

use sqlx::Sqlite;
use sqlx::sqlite::SqliteArguments;

use crate::store::error::Result;
use crate::store::value::{Param, arguments};

/// For how many rows a statement is prepared. What has fewer rows is filled up with rows of NULL, which no statement
/// may take for real ones; what has more goes in parts. A text for each number would be too many to keep prepared.
const SIZES: [usize; 4] = [1, 8, 32, MOST];
const MOST: usize = 96;

/// A statement with `ROWS` where the rows of `COLUMNS` parameters stand, for each of [`SIZES`].
pub(super) struct RowsStatement<const COLUMNS: usize>([String; SIZES.len()]);

/// The text of a statement, and its parameters.
pub(super) type Bound = (&'static str, SqliteArguments);

impl<const COLUMNS: usize> RowsStatement<COLUMNS> {
    pub fn new(statement: &str) -> Self {
        let row = format!("({})", ["?"; COLUMNS].join(", "));
        Self(SIZES.map(|rows| statement.replace("ROWS", &format!("VALUES {}", vec![&*row; rows].join(", ")))))
    }

    /// The statement for `rows`, once for each part of them; at least once.
    pub fn parts(&'static self, rows: &[[Param<'_>; COLUMNS]]) -> impl Iterator<Item = Result<Bound>> {
        let (first, rest) = rows.split_at(rows.len().min(MOST));
        std::iter::once(first).chain(rest.chunks(MOST)).map(|part| self.part(part))
    }

    fn part(&'static self, rows: &[[Param<'_>; COLUMNS]]) -> Result<Bound> {
        let (size, text) = SIZES.iter().zip(&self.0).find(|(size, _)| **size >= rows.len()).expect("a part fits");
        let mut values = rows.as_flattened().to_vec();
        values.resize(size * COLUMNS, Param::Number(None));
        Ok((text, arguments::<Sqlite>(&values)?))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    #[test]
    fn rows_go_in_parts_and_each_part_into_the_smallest_statement_that_it_fits() {
        static STATEMENT: LazyLock<RowsStatement<2>> = LazyLock::new(|| RowsStatement::new("SELECT * FROM (ROWS)"));
        let placeholders = |rows: usize| {
            let rows: Vec<[Param<'_>; 2]> = vec![[Param::from("x"), Param::from(1)]; rows];
            let texts = STATEMENT.parts(&rows).map(|part| part.unwrap().0.matches("(?, ?)").count());
            texts.collect::<Vec<_>>()
        };
        for (rows, sizes) in [
            (0, &[1][..]),
            (1, &[1]),
            (2, &[8]),
            (8, &[8]),
            (9, &[32]),
            (33, &[96]),
            (96, &[96]),
            (97, &[96, 1]),
            (200, &[96, 96, 8]),
        ] {
            assert_eq!(placeholders(rows), sizes, "{rows} rows");
        }
    }
}
