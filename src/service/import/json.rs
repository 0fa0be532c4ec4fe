//! JSON: an object a line (NDJSON), or an array of objects, read an element at a time.

use std::fmt;
use std::io::Read;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::cell::Cell;
use super::columns::{Found, Unfit, Wanted};
use super::error::FileError;
use super::place::Place;
use super::records::{RECORD_MAX, Record, Records};
use super::row::{BadRow, Row, row_of};
use super::tidy::{list, quoted};
use super::window::is_padding;

/// Most ignored members that are named.
const NOTED_MAX: usize = 10;

/// The objects of a file, each with the members that are wanted.
pub(super) struct Objects {
    wanted: Wanted,
    /// The names of the last object's members, and where ours are among them: most objects are alike.
    last: Option<(Vec<String>, Found)>,
    noted: Vec<String>,
    array: Option<Array>,
}

/// Where in an array the reader is.
struct Array {
    /// How many elements came before.
    elements: u64,
    ended: bool,
}

impl Objects {
    /// One object a line.
    pub fn lines(wanted: Wanted) -> Self {
        Self { wanted, last: None, noted: Vec::new(), array: None }
    }

    /// The elements of the array whose `[` was passed.
    pub fn array(wanted: Wanted) -> Self {
        Self { array: Some(Array { elements: 0, ended: false }), ..Self::lines(wanted) }
    }

    pub fn next<R: Read>(&mut self, records: &mut Records<R>) -> Result<Option<Row>, FileError> {
        let next = match &mut self.array {
            Some(array) => array.next(records)?,
            None => next_line(records)?,
        };
        let (place, used) = match next {
            None => return Ok(None),
            Some(Err(bad)) => return Ok(Some(Err(bad))),
            Some(Ok(next)) => next,
        };
        let object = records.window.rest()[..used].to_vec();
        records.window.pass(used);
        records.learn(&object);
        let row = records
            .decode(&object)
            .and_then(|text| self.row(records, place, &text))
            .unwrap_or_else(|reason| Err(BadRow { place, reason }));
        Ok(Some(row))
    }

    fn row<R: Read>(&mut self, records: &mut Records<R>, place: Place, text: &str) -> Result<Row, String> {
        let Members(members) = serde_json::from_str(text).map_err(|_| match self.array {
            Some(_) => "not a JSON object".to_owned(),
            None => {
                "not a JSON object; an object has to stand on one line, or all of them in an array `[…]`".to_owned()
            }
        })?;
        let (names, values): (Vec<String>, Vec<&RawValue>) = members.into_iter().unzip();
        let (protocolo, status) = match &self.last {
            Some((last, found)) if *last == names => (found.protocolo, found.status),
            _ => self.find(records, names, &values)?,
        };
        let unescaped = |index: usize| match values[index].get() {
            text if text.starts_with('"') => serde_json::from_str(text).map_err(|_| "malformed text".to_owned()),
            _ => Ok(String::new()),
        };
        let texts = [unescaped(protocolo)?, unescaped(status)?];
        Ok(row_of(place, &cell(values[protocolo].get(), &texts[0]), &cell(values[status].get(), &texts[1])))
    }

    /// Looks for ours among members that are called `names`, and notes the others, each once.
    fn find<R: Read>(
        &mut self,
        records: &mut Records<R>,
        names: Vec<String>,
        values: &[&RawValue],
    ) -> Result<(usize, usize), String> {
        let found = self.wanted.find(&names).map_err(|unfit| match unfit {
            Unfit::Missing => {
                let found = list(names.iter().map(String::as_str));
                let array = names.iter().zip(values).find(|(_, value)| value.get().starts_with('['));
                let cure = array.map_or(String::new(), |(name, _)| {
                    format!("; {} holds an array: save the array alone", quoted(name))
                });
                format!("expected the members `{}`; found: {found}{cure}", self.wanted.header)
            }
            Unfit::Ambiguous(reason) => reason,
        })?;
        let mut fresh: Vec<String> = Vec::new();
        for name in found.others(&names).filter(|name| !self.noted.iter().any(|noted| noted == name)) {
            if self.noted.len() + fresh.len() < NOTED_MAX {
                fresh.push(name.to_owned());
            }
        }
        records.note_ignored(&list(fresh.iter().map(String::as_str)));
        self.noted.append(&mut fresh);
        let places = (found.protocolo, found.status);
        self.last = Some((names, found));
        Ok(places)
    }
}

/// A record's place and length in the window.
type Next = Result<(Place, usize), BadRow>;

fn next_line<R: Read>(records: &mut Records<R>) -> Result<Option<Next>, FileError> {
    loop {
        let place = Place::Line(records.window.line());
        match records.line()? {
            None => return Ok(None),
            Some(Record::Whole(used)) if records.window.rest()[..used].trim_ascii().is_empty() => {
                records.window.pass(used);
            }
            Some(Record::Whole(used)) => return Ok(Some(Ok((place, used)))),
            Some(_) => {
                records.skip_line()?;
                return Ok(Some(Err(BadRow { place, reason: format!("longer than {RECORD_MAX} bytes") })));
            }
        }
    }
}

impl Array {
    fn next<R: Read>(&mut self, records: &mut Records<R>) -> Result<Option<Next>, FileError> {
        let mut after_comma = false;
        loop {
            let wrong = |records: &Records<R>, what| Err(FileError::Array(records.window.line(), what));
            match next_byte(records)? {
                None if self.ended => return Ok(None),
                None => return wrong(records, "has no end: the file is cut off"),
                Some(_) if self.ended => return wrong(records, "is followed by something else"),
                Some(b']') if !after_comma => {
                    self.ended = true;
                    records.window.pass(1);
                }
                Some(b',') if self.elements > 0 && !after_comma => {
                    after_comma = true;
                    records.window.pass(1);
                }
                Some(byte) if (self.elements == 0 || after_comma) && !matches!(byte, b',' | b']') => {
                    self.elements += 1;
                    let Some(used) = value(records)? else {
                        return wrong(records, "has an element that is too long, or has no end");
                    };
                    return Ok(Some(Ok((Place::Element(self.elements), used))));
                }
                Some(_) => return wrong(records, "has something else than one comma between two elements"),
            }
        }
    }
}

/// Passes over white space; the byte after it.
fn next_byte<R: Read>(records: &mut Records<R>) -> Result<Option<u8>, FileError> {
    loop {
        let rest = records.window.rest();
        let blanks = rest.len() - rest.trim_ascii_start().len();
        // A CR at the end of the window may have its LF outside.
        let split = blanks == rest.len() && rest.ends_with(b"\r") && !records.window.ended();
        let next = rest.get(blanks).copied();
        records.window.pass(blanks - usize::from(split));
        // What looks like padding may be at the end, which only more of the file tells.
        let rest = records.window.rest();
        let padding = rest.len() <= RECORD_MAX && rest.iter().all(|byte| is_padding(*byte));
        if next.is_some() && !padding {
            return Ok(next);
        }
        if !records.window.fill()? {
            return Ok(records.window.rest().first().copied().filter(|byte| !byte.is_ascii_whitespace()));
        }
    }
}

/// The length of the JSON value at the beginning of the window; `None` where it is too long or has no end.
fn value<R: Read>(records: &mut Records<R>) -> Result<Option<usize>, FileError> {
    loop {
        match value_length(records.window.rest()) {
            Some(length) => return Ok((length <= RECORD_MAX).then_some(length)),
            None if records.window.rest().len() > RECORD_MAX || !records.window.fill()? => return Ok(None),
            None => {}
        }
    }
}

/// The length of the JSON value at the beginning of `text`; `None` where its end is not in sight.
fn value_length(text: &[u8]) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => depth += 1,
            b',' | b']' | b'}' if depth == 0 => return Some(at),
            b'}' | b']' if depth == 1 => return Some(at + 1),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn cell<'a>(raw: &'a str, text: &'a str) -> Cell<'a> {
    match raw.as_bytes() {
        b"null" | [b'"', ..] => Cell::Text(text),
        [b'-' | b'0'..=b'9', ..] => Cell::Literal(raw),
        _ => Cell::Other(raw),
    }
}

/// The members of an object in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_their_brackets_close() {
        for (text, length) in [
            (r#"{"a": "}"}, 1"#, 10),
            (r#"{"a": "\"}", "b": [{}]}]"#, 23),
            ("7, 8", 1),
            ("null]", 4),
            (r#""a,b","#, 5),
            ("[[], {}] ,", 8),
        ] {
            assert_eq!(value_length(text.as_bytes()), Some(length), "{text}");
        }
        for text in ["", "{", r#"{"a": "}"#, r#""a\""#, "12"] {
            assert_eq!(value_length(text.as_bytes()), None, "{text}");
        }
    }
}
