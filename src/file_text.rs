//! Files that people name, and text that comes from a file or a pipe, such as an editor or a shell of any system leaves it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};

/// Opens the file at `path`. What is no regular file is refused: a named pipe to which nobody writes would be waited for
/// without end, and a device may have no end.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // Without it, a named pipe holds up the opening itself.
    let file = File::from(open(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?);
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    let what = match () {
        () if kind.is_dir() => "a directory",
        () if kind.is_fifo() => "a pipe",
        () => "a device",
    };
    Err(io::Error::new(ErrorKind::InvalidInput, format!("it is {what}, and no regular file")))
}

/// All that is in the regular file at `path`.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

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
    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    #[test]
    fn what_is_no_regular_file_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let (pipe, file) = (dir.path().join("pipe"), dir.path().join("file"));
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
        std::fs::write(&file, "text").unwrap();
        assert_eq!(read_regular(&file).unwrap(), b"text");
        for (path, what) in [(dir.path(), "a directory"), (&pipe, "a pipe"), (Path::new("/dev/zero"), "a device")] {
            let error = open_regular(path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_eq!(error.to_string(), format!("it is {what}, and no regular file"));
        }
        assert_eq!(open_regular(&dir.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }

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
