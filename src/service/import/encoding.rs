//! Which encoding the text of a file has, as far as its bytes tell.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// What is known of the encoding. It is one for the whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileEncoding {
    /// Nothing but ASCII so far.
    Ascii,
    /// UTF-8: by what was seen, or decoded from the encoding of this name, which the file's first bytes tell.
    Utf8(&'static str),
    /// What is neither ASCII nor UTF-8 from its first other byte on.
    Windows1252,
}

impl FileEncoding {
    /// Learns from the next bytes; true when they tell Windows-1252.
    pub fn learn(&mut self, bytes: &[u8]) -> bool {
        if *self == Self::Ascii && !bytes.is_ascii() {
            let utf8 = std::str::from_utf8(bytes).is_ok();
            *self = if utf8 { Self::Utf8("UTF-8") } else { Self::Windows1252 };
            return !utf8;
        }
        false
    }

    /// The text of bytes from which it has learnt; fails with the reason.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, String> {
        match self {
            Self::Windows1252 if !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok() => Err(
                "UTF-8, and the file was read as Windows-1252 up to here, for a byte that is not UTF-8 in this row or \
                     above; mend that byte, or save the file as UTF-8"
                    .to_owned(),
            ),
            Self::Windows1252 => Ok(WINDOWS_1252.decode_without_bom_handling(bytes).0),
            Self::Ascii => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| not("UTF-8")),
            Self::Utf8(encoding) => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| not(encoding)),
        }
    }
}

fn not(encoding: &str) -> String {
    format!("not {encoding}, as the file is up to here; save it as UTF-8")
}
