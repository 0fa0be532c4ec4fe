//! Rows of a backup on their way in, by `COPY`: they leave in one stream. A statement longer than the socket's buffer
//! would wait 40 ms for the answer to its beginning, as the driver does not set `TCP_NODELAY` (docs/PERFORMANCE.md).

use std::fmt::Write;

use sqlx::postgres::PgConnection;
use time::format_description::well_known::Rfc3339;

use crate::store::error::Result;
use crate::store::tables::{Column, Table, Value, names};

/// Inserts `rows` of `columns`, ids included.
pub(in crate::store) async fn copy(
    connection: &mut PgConnection,
    table: &Table,
    columns: &[&'static Column],
    rows: &[Vec<Value>],
) -> Result<()> {
    let mut text = String::new();
    for row in rows {
        for (i, value) in row.iter().enumerate() {
            text.push_str(if i == 0 { "" } else { "\t" });
            push(&mut text, value);
        }
        text.push('\n');
    }
    let mut copy = connection.copy_in_raw(&format!("COPY {} ({}) FROM STDIN", table.name, names(columns))).await?;
    copy.send(text.into_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

/// Appends `value` in the text format of `COPY`.
fn push(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("\\N"),
        Value::Flag(flag) => text.push(if *flag { 't' } else { 'f' }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::Time(time) => text.push_str(&time.format(&Rfc3339).expect("a backup has years from 1970 to 9999")),
        Value::Bytes(bytes) => {
            text.push_str("\\\\x");
            bytes.iter().for_each(|byte| write!(text, "{byte:02x}").expect("memory takes it"));
        }
        Value::Text(value) => {
            for c in value.chars() {
                match c {
                    '\\' => text.push_str("\\\\"),
                    '\n' => text.push_str("\\n"),
                    '\r' => text.push_str("\\r"),
                    '\t' => text.push_str("\\t"),
                    c => text.push(c),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn no_value_is_taken_for_a_mark_of_the_format() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (value, written) in [
            (Value::Null, "\\N"),
            (text("\\N"), "\\\\N"),
            (text("\\."), "\\\\."),
            (text(""), ""),
            (text("a\tb\r\n\\é"), "a\\tb\\r\\n\\\\é"),
            (Value::Flag(true), "t"),
            (Value::Number(-7), "-7"),
            (Value::Bytes(vec![0, 255]), "\\\\x00ff"),
            (Value::Time(datetime!(2026-11-23 10:00:00.123_456 UTC)), "2026-11-23T10:00:00.123456Z"),
        ] {
            let mut line = String::new();
            push(&mut line, &value);
            assert_eq!(line, written);
        }
    }
}
