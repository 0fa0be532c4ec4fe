//! A row as a line: a JSON array. Times are microseconds since 1970, and bytes base64.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;

use super::header::Section;
use super::rules::fault;
use crate::domain::text::NameKey;
use crate::store::{Column, Kind, Value};

/// Appends `row`, which has `columns`, as a line. Fails with the column and what is wrong with it.
pub(super) fn write(line: &mut Vec<u8>, columns: &[&'static Column], row: &[Value]) -> Result<(), String> {
    let mut before = b'[';
    for (column, value) in columns.iter().zip(row) {
        if let Some(fault) = fault(column, value) {
            return Err(format!("{} {fault}", column.name));
        }
        line.push(before);
        before = b',';
        write_value(line, value);
    }
    line.extend(b"]\n");
    Ok(())
}

fn write_value(line: &mut Vec<u8>, value: &Value) {
    let written = match value {
        Value::Null => serde_json::to_writer(line, &()),
        Value::Flag(flag) => serde_json::to_writer(line, flag),
        Value::Number(number) => serde_json::to_writer(line, number),
        Value::Text(text) => serde_json::to_writer(line, text),
        Value::Bytes(bytes) => serde_json::to_writer(line, &BASE64_STANDARD.encode(bytes)),
        Value::Time(time) => serde_json::to_writer(line, &micros(*time)),
    };
    written.expect("numbers and texts have a JSON form, and memory takes it");
}

/// The row of `section` that `line` is. Fails with what is wrong with it.
pub(super) fn read(line: &[u8], section: &Section) -> Result<Vec<Value>, String> {
    let cells: Vec<Cell> = serde_json::from_slice(line).map_err(|_| "it is not a row".to_owned())?;
    let mut cells = cells.into_iter();
    let mut row = Vec::with_capacity(section.columns.len());
    for column in &section.columns {
        let value = if let (Kind::Key, Some(Value::Text(name))) = (column.kind, row.last()) {
            Value::Text(NameKey::new(name).as_str().to_owned())
        } else {
            let cell = cells.next().ok_or_else(|| "the row is too short".to_owned())?;
            value_of(column, cell).map_err(|fault| format!("{}.{} {fault}", section.table.name, column.name))?
        };
        row.push(value);
    }
    if cells.next().is_some() { Err("the row is too long".to_owned()) } else { Ok(row) }
}

fn value_of(column: &Column, cell: Cell) -> Result<Value, &'static str> {
    const WRONG_TYPE: &str = "has the wrong type";
    let value = match (column.kind, cell) {
        (_, Cell::Null) => Value::Null,
        (_, Cell::Flag(flag)) => Value::Flag(flag),
        (Kind::Time, Cell::Number(micros)) => Value::Time(from_micros(micros).ok_or(WRONG_TYPE)?),
        (_, Cell::Number(number)) => Value::Number(number),
        (Kind::Bytes(_), Cell::Text(text)) => {
            Value::Bytes(BASE64_STANDARD.decode(text.as_bytes()).map_err(|_| WRONG_TYPE)?)
        }
        (_, Cell::Text(text)) => Value::Text(text.into_owned()),
    };
    fault(column, &value).map_or(Ok(value), Err)
}

fn micros(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1000).expect("every year up to 9999 fits")
}

fn from_micros(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).ok()
}

/// A value as JSON has it.
enum Cell<'a> {
    Null,
    Flag(bool),
    Number(i64),
    Text(Cow<'a, str>),
}

impl<'de> Deserialize<'de> for Cell<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Cell<'de>, E> {
        Ok(Cell::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Cell<'de>, E> {
        Ok(Cell::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Cell<'de>, E> {
        Ok(Cell::Number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Cell<'de>, E> {
        i64::try_from(number).map(Cell::Number).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(text.to_owned().into()))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(text.into()))
    }
}
