//! The same text as somebody reads it who undoes the ways in which servers write: entities of HTML, `%41`, `\u0041`,
//! and UTF-8 that was taken for something else.

use std::ops::Range;

use encoding_rs::WINDOWS_1252;

use super::entities::letter;

/// So many layers are undone.
const LAYERS_MAX: usize = 4;

/// What `text` is when its layers are undone one after another, the outermost first; nothing if it has none.
pub fn views(text: &str) -> Vec<String> {
    View::all(text).into_iter().skip(1).map(|view| view.text).collect()
}

/// A text, and where each of its bytes stands in the one that came.
pub(super) struct View {
    pub(super) text: String,
    /// One more than bytes: the last is where the text ends.
    places: Vec<usize>,
}

impl View {
    /// `text` as it came, and with its layers undone one after another.
    pub(super) fn all(text: &str) -> Vec<Self> {
        let mut views = vec![Self { text: text.to_owned(), places: (0..=text.len()).collect() }];
        while views.len() <= LAYERS_MAX {
            let outer = views.last().expect("it has the text as it came");
            // Most texts have none of the marks, and need not be read letter by letter.
            let undone = |is_there: bool, read: Reader| is_there.then(|| outer.undone(read)).flatten();
            let [of_html, of_url, of_json] = ['&', '%', '\\'].map(|mark| outer.text.contains(mark));
            let of_form = || undone(of_url, percent).and_then(|_| undone(of_url, percent_or_plus));
            let of_bytes = || undone(!outer.text.is_ascii(), misread);
            let inner = undone(of_html, entity).or_else(of_form).or_else(|| undone(of_json, escape)).or_else(of_bytes);
            let Some(inner) = inner else { break };
            views.push(inner);
        }
        views
    }

    /// Where `range` of the text stands in the one that came.
    pub(super) fn place(&self, range: Range<usize>) -> Range<usize> {
        self.places[range.start]..self.places[range.end]
    }

    /// With each letter that `read` finds written; none if it finds none.
    fn undone(&self, read: Reader) -> Option<Self> {
        let (mut text, mut places, mut at, mut is_any) = (String::with_capacity(self.text.len()), Vec::new(), 0, false);
        while let Some(plain) = self.text[at..].chars().next() {
            let found = read(&self.text[at..]);
            is_any |= found.is_some();
            let (letter, length) = found.unwrap_or((plain, plain.len_utf8()));
            text.push(letter);
            places.resize(text.len(), self.places[at]);
            at += length;
        }
        places.push(self.places[at]);
        is_any.then_some(Self { text, places })
    }
}

/// The letter with which a text begins, and how long it is there.
type Read = (char, usize);
type Reader = fn(&str) -> Option<Read>;

/// `&quot;`, `&#39;`, `&#x2F;`
fn entity(text: &str) -> Option<Read> {
    let (name, _) = text.strip_prefix('&')?.split_once(';').filter(|(name, _)| name.len() <= 8)?;
    Some((letter(name)?, name.len() + 2))
}

/// Forms write a space as `+`.
fn percent_or_plus(text: &str) -> Option<Read> {
    percent(text).or_else(|| text.starts_with('+').then_some((' ', 1)))
}

/// `%C3%A9`, or `%E9` of Latin-1.
fn percent(text: &str) -> Option<Read> {
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 3)?.strip_prefix('%')?, 16).ok();
    let first = byte(0)?;
    let bytes: Option<Vec<u8>> = (0..utf8_length(first)).map(|number| byte(number * 3)).collect();
    let letter = bytes.and_then(|bytes| String::from_utf8(bytes).ok()?.chars().next());
    Some(letter.map_or((char::from(first), 3), |letter| (letter, 3 * letter.len_utf8())))
}

/// `\u00e9`, `\/`
fn escape(text: &str) -> Option<Read> {
    let rest = text.strip_prefix('\\')?;
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix('u')?.get(..4)?, 16).ok();
    if let Some(first) = unit(rest) {
        let second = rest.get(5..).and_then(|rest| rest.strip_prefix('\\')).and_then(unit);
        return match (char::decode_utf16([first]).next()?, second) {
            (Ok(letter), _) => Some((letter, 6)),
            (Err(_), Some(second)) => char::decode_utf16([first, second]).next()?.ok().map(|letter| (letter, 12)),
            _ => None,
        };
    }
    let letter = match rest.chars().next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        letter @ ('"' | '\'' | '\\' | '/') => letter,
        _ => return None,
    };
    Some((letter, 2))
}

/// UTF-8 that was taken for Windows-1252, or for Latin-1.
fn misread(text: &str) -> Option<Read> {
    let first = text.chars().next().filter(|letter| !letter.is_ascii()).and_then(byte_of)?;
    let letters = || text.chars().take(utf8_length(first));
    let letter = String::from_utf8(letters().map(byte_of).collect::<Option<_>>()?).ok()?.chars().next()?;
    Some((letter, letters().map(char::len_utf8).sum()))
}

/// How many bytes a letter has that begins with `first`.
fn utf8_length(first: u8) -> usize {
    match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    }
}

/// The byte that `letter` is in Windows-1252, or in Latin-1.
fn byte_of(letter: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(letter)) {
        return Some(byte);
    }
    let mut buffer = [0; 4];
    let (bytes, _, is_lossy) = WINDOWS_1252.encode(letter.encode_utf8(&mut buffer));
    if is_lossy { None } else { bytes.first().copied() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layer_is_undone() {
        for (text, innermost) in [
            ("s&#233;nha &amp; s&#xE9;nha", "sénha & sénha"),
            ("s%C3%A9nha+a%26b", "sénha a&b"),
            ("s\\u00e9nha \\/", "sénha /"),
            ("sÃ©nha", "sénha"),
            ("Ã‰ um â‚¬…", "É um €…"),
            ("s%26%23233%3Bnha", "sénha"),
            ("s%E9nha", "sénha"),
            ("C:\\x \\\"", "C:\\x \""),
            ("%2541", "A"),
        ] {
            assert_eq!(views(text).last().map(String::as_str), Some(innermost), "{text}");
        }
        for text in ["", "sénha", "100% de a+b", "a & b; c", "ok"] {
            assert_eq!(views(text), [""; 0], "{text}");
        }
    }
}
