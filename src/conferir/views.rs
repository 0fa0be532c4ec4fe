//! The same text as somebody reads it who undoes the ways in which servers write: entities of HTML, `%41`, `\u0041`,
//! and UTF-8 that was taken for something else.

use encoding_rs::WINDOWS_1252;

use super::entities::letter;

/// So many layers are undone.
const LAYERS_MAX: usize = 4;

/// What `text` is when its layers are undone one after another, the outermost first; nothing if it has none.
pub fn views(text: &str) -> Vec<String> {
    let mut views: Vec<String> = Vec::new();
    for _ in 0..LAYERS_MAX {
        let outer = views.last().map_or(text, String::as_str);
        let undo = [without_entities, without_percents, without_escapes, as_utf8];
        let Some(inner) = undo.iter().find_map(|undo| undo(outer).filter(|inner| inner != outer)) else { break };
        views.push(inner);
    }
    views
}

/// `text` with each `&#233;`, `&#xe9;` and `&amp;` as the letter that it stands for.
fn without_entities(text: &str) -> Option<String> {
    let (mut written, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('&') {
        written.push_str(before);
        let entity = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        let undone = entity.and_then(|(name, after)| Some((letter(name)?, after)));
        let (letter, after) = undone.unwrap_or(('&', after));
        written.push(letter);
        rest = after;
    }
    (rest.len() < text.len()).then(|| written + rest)
}

/// `text` with each `%41` as the byte that it stands for, and each `+` as a space, as forms have it.
fn without_percents(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let byte = |at: usize| u8::from_str_radix(text.get(at + 1..at + 3)?, 16).ok();
    let mut written = Vec::with_capacity(bytes.len());
    let (mut at, mut is_any) = (0, false);
    while at < bytes.len() {
        match (bytes[at], byte(at)) {
            (b'%', Some(byte)) => {
                (is_any, at) = (true, at + 3);
                written.push(byte);
            }
            (b'+', _) => {
                at += 1;
                written.push(b' ');
            }
            (other, _) => {
                at += 1;
                written.push(other);
            }
        }
    }
    is_any.then(|| String::from_utf8_lossy(&written).into_owned())
}

/// `text` with its escapes of JSON undone once more.
fn without_escapes(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return None;
    }
    let quoted = format!("\"{}\"", text.replace('"', " ").replace(char::is_control, " "));
    serde_json::from_str(&quoted).ok()
}

/// What `text` was before its UTF-8 was taken for Windows-1252, or for Latin-1; what was not stays.
fn as_utf8(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let letters: Vec<char> = text.chars().collect();
    let bytes: Vec<Option<u8>> = letters.iter().map(|letter| byte_of(*letter)).collect();
    let (mut undone, mut at) = (String::with_capacity(text.len()), 0);
    while at < letters.len() {
        let length = match bytes[at] {
            Some(0xc2..=0xdf) => 2,
            Some(0xe0..=0xef) => 3,
            Some(0xf0..=0xf4) => 4,
            _ => 1,
        };
        let sequence: Option<Vec<u8>> = bytes.get(at..at + length).and_then(|bytes| bytes.iter().copied().collect());
        let letter = sequence.and_then(|bytes| String::from_utf8(bytes).ok());
        at += if letter.is_some() { length } else { 1 };
        undone.push_str(&letter.unwrap_or_else(|| letters[at - 1].to_string()));
    }
    Some(undone)
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
            ("%2541", "A"),
        ] {
            assert_eq!(views(text).last().map(String::as_str), Some(innermost), "{text}");
        }
        for text in ["", "sénha", "100% de a+b", "a & b; c", "ok"] {
            assert_eq!(views(text), [""; 0], "{text}");
        }
    }
}
