//! The sheet of a workbook: its header and its rows, as the cells come.

use calamine::{CellErrorType, Data, DataRef};

use super::cell::Cell;
use super::columns::{Found, Unfit, Wanted};
use super::place::Place;
use super::row::{BadRow, Row, row_of};
use super::tidy::{is_empty, list};

const UNCALCULATED: &str = "a formula without its result; open the file in a spreadsheet and save it there";

/// A sheet that is being read, cell by cell, row by row.
pub(super) struct Reading<'a> {
    wanted: &'a Wanted,
    /// The header, as far as it was read.
    pub names: Vec<String>,
    state: State,
    rows: Vec<Row>,
}

enum State {
    /// Nothing but empty cells so far.
    Before,
    /// In the header, which is this row.
    Header(u32),
    /// Below it.
    Rows(Found, Pending),
    /// The header is none of ours.
    Unfit(Unfit),
}

#[derive(Default)]
struct Pending {
    row: u32,
    any: bool,
    /// One of our columns has a formula without its result.
    uncalculated: bool,
    values: [Data; 2],
}

impl<'a> Reading<'a> {
    pub fn new(wanted: &'a Wanted) -> Self {
        Self { wanted, names: Vec::new(), state: State::Before, rows: Vec::new() }
    }

    /// Takes the next cell, which may be a formula; false when no other is needed.
    pub fn take(&mut self, (row, column): (u32, u32), value: &DataRef<'_>, formula: bool) -> bool {
        let uncalculated = formula && lacks_result(value);
        if is_blank(value) && !uncalculated {
            return true;
        }
        if let State::Header(header) = self.state
            && header != row
        {
            self.end_header(row);
        }
        let column = column as usize;
        match &mut self.state {
            State::Before | State::Header(_) if is_blank(value) => {}
            State::Before | State::Header(_) => {
                self.state = State::Header(row);
                self.names.resize(self.names.len().max(column + 1), String::new());
                self.names[column] = shown(value);
            }
            State::Rows(found, pending) => {
                let ours = match column {
                    _ if column == found.protocolo => Some(0),
                    _ if column == found.status => Some(1),
                    _ if is_blank(value) => return true,
                    _ => None,
                };
                if pending.row != row {
                    self.rows.extend(std::mem::take(pending).end());
                    pending.row = row;
                }
                pending.any = true;
                if let Some(index) = ours {
                    pending.values[index] = value.clone().into();
                    pending.uncalculated |= uncalculated;
                }
            }
            State::Unfit(_) => return false,
        }
        true
    }

    fn end_header(&mut self, row: u32) {
        self.state = match self.wanted.find(&self.names) {
            Ok(found) => State::Rows(found, Pending { row, ..Pending::default() }),
            Err(unfit) => State::Unfit(unfit),
        };
    }

    /// The rows, and the columns that are not ours.
    pub fn finish(&mut self) -> Result<(Vec<Row>, String), Unfit> {
        if let State::Header(row) = self.state {
            self.end_header(row);
        }
        match std::mem::replace(&mut self.state, State::Before) {
            State::Rows(found, pending) => {
                self.rows.extend(pending.end());
                Ok((std::mem::take(&mut self.rows), list(found.others(&self.names))))
            }
            State::Unfit(unfit) => Err(unfit),
            State::Before | State::Header(_) => Err(Unfit::Missing),
        }
    }
}

impl Pending {
    fn end(self) -> Option<Row> {
        let place = Place::Row(u64::from(self.row) + 1);
        if self.uncalculated {
            return Some(Err(BadRow { place, reason: UNCALCULATED.to_owned() }));
        }
        let [protocolo, status] = &self.values;
        self.any.then(|| row_of(place, &cell(protocolo), &cell(status)))
    }
}

/// Whether a formula of this value was written by a program that does not calculate: it leaves nothing, or 0 for
/// everything. A spreadsheet keeps empty text where a formula comes to nothing.
fn lacks_result(value: &DataRef<'_>) -> bool {
    match value {
        DataRef::Empty | DataRef::Int(0) => true,
        DataRef::Float(number) => *number == 0.0,
        _ => false,
    }
}

pub(super) fn is_blank(value: &DataRef<'_>) -> bool {
    match value {
        DataRef::Empty => true,
        DataRef::String(text) => is_empty(text),
        DataRef::SharedString(text) => is_empty(text),
        _ => false,
    }
}

fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Int(number) => number.to_string(),
        _ => String::new(),
    }
}

fn cell(value: &Data) -> Cell<'_> {
    match value {
        Data::Empty => Cell::Text(""),
        Data::String(text) => Cell::Text(text),
        Data::Float(number) => Cell::Number(*number),
        // What is too large for exactness is refused for its size.
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Bool(value) => Cell::Other(if *value { "TRUE" } else { "FALSE" }),
        Data::DateTime(_) | Data::DateTimeIso(_) | Data::DurationIso(_) => Cell::Date,
        Data::Error(error) => Cell::Other(error_name(error)),
    }
}

fn error_name(error: &CellErrorType) -> &'static str {
    match error {
        CellErrorType::Div0 => "#DIV/0!",
        CellErrorType::NA => "#N/A",
        CellErrorType::Name => "#NAME?",
        CellErrorType::Null => "#NULL!",
        CellErrorType::Num => "#NUM!",
        CellErrorType::Ref => "#REF!",
        CellErrorType::Value => "#VALUE!",
        CellErrorType::GettingData => "#GETTING_DATA",
    }
}
