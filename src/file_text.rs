//! Text that comes from a file or a pipe, such as an editor or a shell of any system leaves it.

/// Why bytes are not taken as text. It repeats nothing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// As PowerShell's `>` writes it.
    #[error("is UTF-16; save it as UTF-8")]
    Utf16,
    /// Bytes that are no text.
    #[error("is not UTF-8")]
    NotUtf8,
}

/// `bytes` as text, without a byte order mark.
pub fn decode(bytes: Vec<u8>) -> Result<String, NotText> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(NotText::Utf16);
    }
    let text = String::from_utf8(bytes).map_err(|_| NotText::NotUtf8)?;
    Ok(text.strip_prefix(BOM).map(str::to_owned).unwrap_or(text))
}

/// A byte order mark, which says nothing in UTF-8.
const BOM: char = '\u{feff}';

/// `text` without a byte order mark and the line ends after it: a file has them or not, depending on who wrote it.
pub fn trimmed(text: &str) -> &str {
    text.strip_prefix(BOM).unwrap_or(text).trim_end_matches(['\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_loses_its_mark_and_nothing_else() {
        assert_eq!(decode(b"\xef\xbb\xbf a\r\n\n".to_vec()).unwrap(), " a\r\n\n");
        assert_eq!(decode("ação".as_bytes().to_vec()).unwrap(), "ação");
        assert_eq!(decode(b"\xff\xfea\0".to_vec()), Err(NotText::Utf16));
        assert_eq!(decode(b"\xfe\xff\0a".to_vec()), Err(NotText::Utf16));
        assert_eq!(decode(b"a\xe7".to_vec()), Err(NotText::NotUtf8));
    }

    #[test]
    fn line_ends_after_a_text_do_not_count_and_blanks_do() {
        for written in ["\u{feff} a b ", " a b \n", " a b \r\n", " a b \n\n", " a b \r"] {
            assert_eq!(trimmed(written), " a b ", "{written:?}");
        }
    }
}
