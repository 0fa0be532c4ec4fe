//! One CSV record at a time, read strictly: where a quote ends inside a field, the record is refused. A lenient reader
//! would take what follows a stray quote, rows and all, for a part of its field.

use super::window::line_end;

/// What [`Csv::split`] came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// A record, which takes this many bytes, its line end included.
    Record(usize),
    More,
    /// A quote has no end, or something follows its end.
    Stray,
}

/// Splits records at a delimiter, and holds the fields of the last one.
pub(super) struct Csv {
    delimiter: u8,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Csv {
    pub fn new(delimiter: u8) -> Self {
        Self { delimiter, text: Vec::new(), ends: Vec::new() }
    }

    /// The fields of the last record, one after the other.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// How many fields the last record has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// A field of the last record, unquoted.
    pub fn field(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.text[start..end])
    }

    /// Splits the record at the beginning of `input`, after which nothing comes if `ended`.
    pub fn split(&mut self, input: &[u8], ended: bool) -> Split {
        self.text.clear();
        self.ends.clear();
        let mut at = 0;
        loop {
            let open = at + self.blanks(&input[at..]);
            if input.get(open) == Some(&b'"') {
                let Some(end) = self.quoted(input, open + 1) else {
                    return if ended { Split::Stray } else { Split::More };
                };
                at = end + self.blanks(&input[end..]);
            } else {
                let ends = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\n' | b'\r');
                let end = input[at..].iter().position(ends).map_or(input.len(), |length| at + length);
                self.text.extend_from_slice(&input[at..end]);
                at = end;
            }
            self.ends.push(self.text.len());
            match input.get(at) {
                Some(byte) if *byte == self.delimiter => at += 1,
                Some(b'\n' | b'\r') => return line_end(input, at, ended).map_or(Split::More, Split::Record),
                Some(_) => return Split::Stray,
                None if ended => return Split::Record(at),
                None => return Split::More,
            }
        }
    }

    fn blanks(&self, input: &[u8]) -> usize {
        input.iter().take_while(|byte| matches!(byte, b' ' | b'\t') && **byte != self.delimiter).count()
    }

    /// Takes the quoted text from `at` on; where it is over, or `None` without an end.
    fn quoted(&mut self, input: &[u8], mut at: usize) -> Option<usize> {
        loop {
            let quote = at + input[at..].iter().position(|byte| *byte == b'"')?;
            self.text.extend_from_slice(&input[at..quote]);
            if input.get(quote + 1) != Some(&b'"') {
                return Some(quote + 1);
            }
            self.text.push(b'"');
            at = quote + 2;
        }
    }
}

/// The delimiter that the line `sep=;` tells, as Excel reads it.
pub(super) fn told_delimiter(line: &[u8]) -> Option<u8> {
    let line = line.strip_prefix(b"\"").map_or(line, |rest| rest.strip_suffix(b"\"").unwrap_or(rest));
    let (name, delimiter) = line.split_at_checked(4)?;
    match delimiter {
        [delimiter] if name.eq_ignore_ascii_case(b"sep=") => {
            (delimiter.is_ascii_punctuation() || *delimiter == b'\t').then_some(*delimiter).filter(|byte| *byte != b'"')
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(input: &str, ended: bool) -> (Split, Vec<String>) {
        let mut csv = Csv::new(b',');
        let split = csv.split(input.as_bytes(), ended);
        let field = |index| String::from_utf8(csv.field(index).unwrap().to_vec()).unwrap();
        let fields = (0..csv.len()).map(field).collect();
        (split, fields)
    }

    #[test]
    fn records_end_with_their_line() {
        for (input, used, fields) in [
            ("a,b\nc", 4, &["a", "b"][..]),
            ("a,b\r\nc", 5, &["a", "b"]),
            ("a,b\rc", 4, &["a", "b"]),
            ("a,", 2, &["a", ""]),
            ("\n", 1, &[""]),
            ("\"a,\n\"\"b\"\"\", \"c\" ,d\"e\n", 21, &["a,\n\"b\"", "c", "d\"e"]),
            ("=\"1\",\"=\"\"1\"\"\"\n", 14, &["=\"1\"", "=\"1\""]),
        ] {
            let fields: Vec<_> = fields.iter().map(ToString::to_string).collect();
            assert_eq!(split(input, true), (Split::Record(used), fields), "{input:?}");
        }
    }

    #[test]
    fn what_has_no_end_yet_waits_for_more() {
        for input in ["", "a", "a,b\r", "\"a", "\"a\"", "\"a\n"] {
            assert_eq!(split(input, false).0, Split::More, "{input:?}");
        }
    }

    #[test]
    fn stray_quotes_are_refused() {
        for input in ["\"a\nb,c\n", "\"a\"b\n", "\"a\n\"b\n"] {
            assert_eq!(split(input, true).0, Split::Stray, "{input:?}");
        }
    }

    #[test]
    fn the_first_line_may_tell_the_delimiter() {
        for (line, delimiter) in [("sep=;", b';'), ("SEP=,", b','), ("\"sep=|\"", b'|'), ("sep=\t", b'\t')] {
            assert_eq!(told_delimiter(line.as_bytes()), Some(delimiter), "{line}");
        }
        for line in ["sep=", "sep=ab", "sep=1", "sep=\"", "se", "step=;"] {
            assert_eq!(told_delimiter(line.as_bytes()), None, "{line}");
        }
    }
}
