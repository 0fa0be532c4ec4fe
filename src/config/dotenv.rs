//! The grammar of `.env`: what Docker, Compose, systemd and the usual libraries read alike. What they read
//! differently is refused, because one of them would take half of a secret, or one with quotes around it.
//!
//! - `NAME=value`, with or without `export ` before it; empty lines and lines that begin with `#` say nothing.
//! - A bare value ends with its line or before a blank and `#`. It has no quotes and no backslashes.
//! - In single quotes everything stands for itself, line ends too.
//! - In double quotes `\\`, `\"`, `\$` and `\n` are the four escapes.
//! - `$` stands for itself.
//! - No name stands twice.

use std::io;
use std::path::Path;

use crate::file_text::{decode, read_regular};
use crate::printable::printable;

pub type Entries = Vec<(String, String)>;

/// The entries of `file`, or nothing where there is no such file.
pub(super) fn read(file: &Path) -> Result<Option<Entries>, String> {
    let bytes = match read_regular(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!(".env can't be read: {error}")),
    };
    let text = decode(bytes).map_err(|error| format!(".env {error}"))?;
    parse(&text).map(Some)
}

fn parse(text: &str) -> Result<Entries, String> {
    let text = text.replace("\r\n", "\n");
    let mut entries = Entries::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let number = text[..text.len() - rest.len()].matches('\n').count() + 1;
        let entry;
        (entry, rest) = next(rest).map_err(|why| format!(".env: line {number} is not NAME=value{why}"))?;
        let Some((name, value)) = entry else { continue };
        if entries.iter().any(|(other, _)| *other == name) {
            return Err(format!(".env: line {number} sets {} a second time; keep one", printable(&name)));
        }
        entries.push((name, value));
    }
    Ok(entries)
}

/// What a line sets, if anything, and the lines after it. The error says why it can't be read, and repeats nothing of
/// it.
type Line<'a> = Result<(Option<(String, String)>, &'a str), &'static str>;

/// The first line of `text`, or as many as its quotes hold.
fn next(text: &str) -> Line<'_> {
    let (line, after) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.trim_start_matches(blank);
    if line.is_empty() || line.starts_with('#') {
        return Ok((None, after));
    }
    let line = line.strip_prefix("export").filter(|rest| rest.starts_with(blank)).unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("")?;
    let name = name.trim_matches(blank);
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !name.starts_with(begins) || !name.chars().all(|c| begins(c) || c.is_ascii_digit() || c == '.') {
        return Err("");
    }
    // In quotes it may go on over the line's end.
    let value = &text[value.as_ptr() as usize - text.as_ptr() as usize..].trim_start_matches(blank);
    let (value, rest) = match value.chars().next() {
        Some('\'') => single_quoted(&value[1..])?,
        Some('"') => double_quoted(&value[1..])?,
        _ => return Ok((Some((name.to_owned(), bare(value.split('\n').next().unwrap_or_default())?)), after)),
    };
    let (end, after) = rest.split_once('\n').unwrap_or((rest, ""));
    let ends = end.trim_matches(blank);
    if ends.is_empty() || ends.starts_with('#') && end.starts_with(blank) {
        Ok((Some((name.to_owned(), value)), after))
    } else {
        Err(": something follows the closing quote")
    }
}

fn blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

fn bare(line: &str) -> Result<String, &'static str> {
    let comment = line.char_indices().find(|(at, c)| *c == '#' && (*at == 0 || line[..*at].ends_with(blank)));
    let value = comment.map_or(line, |(at, _)| &line[..at]).trim_matches(blank);
    if value.contains(['\'', '"', '\\']) {
        Err(
            ": a quote or a backslash in a value without quotes is read differently by others; put single quotes around the value",
        )
    } else if value.contains('\r') {
        Err(": it has a carriage return inside")
    } else {
        Ok(value.to_owned())
    }
}

/// A value without its closing quote, and what follows.
type Quoted<'a> = Result<(String, &'a str), &'static str>;

const OPEN: &str = ": its quote is not closed";

fn single_quoted(text: &str) -> Quoted<'_> {
    let (value, rest) = text.split_once('\'').ok_or(OPEN)?;
    if value.ends_with('\\') {
        return Err(": a backslash before the closing quote is read differently by others");
    }
    Ok((value.to_owned(), rest))
}

fn double_quoted(text: &str) -> Quoted<'_> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.push(match characters.next().map(|(_, c)| c) {
                Some(c @ ('\\' | '"' | '$')) => c,
                Some('n') => '\n',
                _ => return Err(r#": in double quotes only \\, \", \$ and \n are escapes"#),
            }),
            c => value.push(c),
        }
    }
    Err(OPEN)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn one(line: &str) -> String {
        match parse(line).as_deref() {
            Ok([(name, value)]) if name == "A" => value.clone(),
            other => panic!("{line:?}: {other:?}"),
        }
    }

    #[test]
    fn a_value_is_what_everybody_reads() {
        for (line, value) in [
            ("A=b", "b"),
            ("A=", ""),
            ("A=''", ""),
            ("A =  b c \t", "b c"),
            ("export A=b", "b"),
            ("\texport\tA=b\r\n", "b"),
            ("A=b#c", "b#c"),
            ("A=b # c 'd", "b"),
            ("A= # c", ""),
            ("A='b' # c", "b"),
            ("A=a=b==", "a=b=="),
            ("A=x$y${z}$(w)`v`", "x$y${z}$(w)`v`"),
            ("A=\"x$y${z}\\$w\"", "x$y${z}$w"),
            ("A='x$y\\n\"z'", "x$y\\n\"z"),
            ("A=\"b\\n\\\"c\\\\\"", "b\n\"c\\"),
            ("A=\"b\r\nc # d\"\r\n", "b\nc # d"),
            ("# x\n\nA='b\n\nc'\n  # y\n", "b\n\nc"),
            ("A=ação", "ação"),
        ] {
            assert_eq!(one(line), value, "{line:?}");
        }
        let many = parse("A=1\nexport B=2\n\nexported=3").unwrap();
        assert_eq!(many.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["A", "B", "exported"]);
    }

    #[test]
    fn what_is_read_differently_elsewhere_is_refused_without_an_echo() {
        for line in [
            "hunter2",
            "=hunter2",
            "A B=hunter2",
            "1A=hunter2",
            "A-B=hunter2",
            "export A",
            "A='hunter2",
            "A=\"hunter2\n\nB=c",
            "A=hunter2'b'",
            "A=hunter2\\n",
            "A='hunter2'b",
            "A='hunter2'#b",
            "A='hunter2\\'",
            "A=\"hunter2\\t\"",
            "A=hunter2\rB=c",
        ] {
            let error = parse(&format!("# x\n{line}")).unwrap_err();
            assert!(error.starts_with(".env: line 2 is not NAME=value"), "{line:?}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_name_stands_once() {
        for second in ["A=2", "export A=2", "A =1", "A=", "'x\nA=2"] {
            let text = if second.starts_with('\'') { "A='x\ny'\nA=2".to_owned() } else { format!("A=1\n\n{second}") };
            assert_eq!(parse(&text).unwrap_err(), ".env: line 3 sets A a second time; keep one", "{second}");
        }
    }

    #[test]
    fn a_file_may_have_a_mark_and_has_to_be_text() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let read_of = |bytes: &[u8]| {
            fs::write(file.path(), bytes).unwrap();
            read(file.path())
        };
        assert_eq!(read_of(b"\xef\xbb\xbfA=b\r\n"), Ok(Some(vec![("A".to_owned(), "b".to_owned())])));
        assert_eq!(read_of(b"\xff\xfeA\0"), Err(".env is UTF-16; save it as UTF-8".to_owned()));
        assert_eq!(read_of(b"A=\xe7"), Err(".env is not UTF-8".to_owned()));
        assert_eq!(read(Path::new("/nowhere/.env")), Ok(None));
    }
}
