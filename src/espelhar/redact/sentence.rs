//! A text of a server without what may tell of somebody: what it repeats of its request, and all words that are not known.

use std::ops::Range;

use time::OffsetDateTime;

use super::harmless::{has_long_number, is_time, is_token};
use super::secrets::{Secrets, TEXTO};
use super::words;
use crate::conferir::token::find_token;
use crate::conferir::views::views;
use crate::dialect::{Moment, Random, is_nano_id};
use crate::sensitive::{folded, names_secret};

/// Longer texts are no sentences.
const LENGTH_MAX: usize = 4096;
/// Numbers that have so many digits may name somebody or something.
const LONG: usize = 4;
/// The same among letters, where versions are.
const LONG_IN_WORD: usize = 6;
/// What may follow a number that counts something.
const UNITS: [&str; 12] = [
    "ms",
    "milliseconds",
    "milissegundos",
    "s",
    "seconds",
    "segundos",
    "minutes",
    "minutos",
    "bytes",
    "characters",
    "caracteres",
    "kb",
];
/// What is an id of an answer, such as that of a trace, is written `<id FORM>`.
const ID: &str = "<id ";
const NUMBER: &str = "<número>";
const TOKEN: &str = "<token>";

/// What is known of an exchange when its texts are cleaned.
pub(super) struct Context<'a> {
    pub(super) secrets: &'a Secrets,
    pub(super) now: OffsetDateTime,
}

impl Context<'_> {
    /// `text` without what may tell of somebody.
    pub(super) fn cleaned(&self, text: &str) -> String {
        if words::is_of_contract(text) {
            return text.to_owned();
        }
        if text.len() > LENGTH_MAX || self.secrets.are_unknown {
            return TEXTO.to_owned();
        }
        let views = views(text);
        let Some(innermost) = views.last() else { return self.plain(text) };
        // Encoded, it stays whole, or it goes. No honest server spells letters by their numbers.
        let is_spelled = { views.iter().map(String::as_str) }.chain([text]).any(spells_letters);
        let is_hidden = is_spelled || { views.iter().map(String::as_str) }
            .chain([text])
            .any(|view| !self.secrets.places(view).is_empty());
        if is_hidden || self.plain(innermost) != *innermost { TEXTO.to_owned() } else { text.to_owned() }
    }

    fn plain(&self, text: &str) -> String {
        let mut written = String::with_capacity(text.len());
        let mut at = 0;
        for (place, mark) in self.places(text) {
            words_cleaned(&text[at..place.start], &mut written);
            written.push_str(mark.unwrap_or(&text[place.clone()]));
            at = place.end;
        }
        words_cleaned(&text[at..], &mut written);
        while written.contains("<texto><texto>") {
            written = written.replace("<texto><texto>", TEXTO);
        }
        let is_any_left = words::of(&without_marks(&written)).next().is_some();
        let has_other_mark = written.replace(TEXTO, "").contains('<');
        if written.contains(TEXTO) && !is_any_left && !has_other_mark { TEXTO.to_owned() } else { written }
    }

    /// Where `text` repeats the request, and where it has times about now or names, in their order, with what stands for each.
    fn places(&self, text: &str) -> Vec<(Range<usize>, Option<&'static str>)> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some((start, length, _)) = Moment::find(&text[from..], self.now) {
            found.push((from + start..from + start + length, None));
            from += start + length;
        }
        let people = words::names_in(text).into_iter().chain(words::logins_in(text));
        found.extend(people.map(|name| (name, Some(TEXTO))));
        let mut places = self.secrets.places(text);
        for (own, mark) in found {
            if places.iter().all(|(other, _)| own.end <= other.start || other.end <= own.start) {
                places.push((own, mark));
            }
        }
        places.sort_by_key(|(place, _)| place.start);
        places
    }
}

/// Whether `text` writes a plain letter or digit by its number, as `&#116;`, `\u0074` and `%74` do.
fn spells_letters(text: &str) -> bool {
    let number = |digits: &str, radix: u32| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let is_plain = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let entities = text.split("&#").skip(1).filter_map(|rest| Some(rest.split_once(';')?.0));
    let of_entity = |entity: &str| match entity.strip_prefix(['x', 'X']) {
        Some(digits) => is_plain(number(digits, 16)),
        None => is_plain(number(entity, 10)),
    };
    let escaped = |sign: &str, digits: usize| {
        text.split(sign).skip(1).any(|rest| is_plain(rest.get(..digits).and_then(|digits| number(digits, 16))))
    };
    entities.into_iter().any(of_entity) || escaped("\\u", 4) || escaped("\\x", 2) || escaped("%", 2)
}

/// Writes `text` with the words that are not known replaced.
fn words_cleaned(text: &str, written: &mut String) {
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_alphanumeric()) {
        written.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = piece(rest, written);
        let is_secret = names_secret(&rest[..length]);
        rest = &rest[length..];
        if is_secret {
            rest = hide_value(rest, written);
        }
    }
    written.push_str(rest);
}

/// What comes after the value in `text`, for which a mark is written: what is said to be a secret, as in `senha='x'`, `"pin":483`,
/// `<senha>x</senha>` or `senha: x`, is hidden whatever it is, unless it says what is wrong.
fn hide_value<'a>(text: &'a str, written: &mut String) -> &'a str {
    let begun = match cell_after(text) {
        Some(cell) => cell,
        None => text.trim_start_matches([' ', '\t', '"', '\'', '`', '\\', ':', '=', '>']),
    };
    let lead = &text[..text.len() - begun.len()];
    let is_element =
        lead.starts_with('>') && written.rsplit(char::is_whitespace).next().is_some_and(|tag| tag.contains('<'));
    if !is_element && !lead.contains([':', '=', '<']) {
        return text;
    }
    let quote = lead.chars().next_back().filter(|last| "'\"`".contains(*last));
    let ends = |letter: char| match quote {
        Some(quote) => letter == quote,
        None if lead.contains('=') => " &;,<\n".contains(letter),
        None => "&;,<>{}[]\"\n".contains(letter),
    };
    let (value, after) = begun.split_at(begun.find(ends).unwrap_or(begun.len()));
    if value.trim().is_empty() || says_what_is_wrong(value) {
        return text;
    }
    written.push_str(lead);
    written.push_str(if is_token(value) { TOKEN } else { TEXTO });
    after
}

/// The next cell of a table or of a list of terms, where `text` begins at the end of one.
fn cell_after(text: &str) -> Option<&str> {
    let tags = text.trim_start().strip_prefix("</")?;
    let cell = ["<td", "<dd"].iter().filter_map(|tag| tags.find(tag)).min()?;
    let (between, _) = tags.split_at(cell);
    let is_empty = between.split('<').all(|tag| tag.split_once('>').is_none_or(|(_, text)| text.trim().is_empty()));
    tags[cell..].split_once('>').map(|(_, cell)| cell).filter(|_| is_empty)
}

/// Whether `text` says what is wrong with a value, as `inválida ou vencida` does.
pub(super) fn says_what_is_wrong(text: &str) -> bool {
    const WRONG: [&str; 13] = [
        "obrigatori",
        "invalid",
        "required",
        "blank",
        "incorret",
        "incorrect",
        "wrong",
        "missing",
        "ausente",
        "expirad",
        "expired",
        "errad",
        "vazi",
    ];
    let whole = folded(text);
    words::of(text).count() >= 2 && WRONG.iter().any(|word| whole.contains(word))
}

/// Writes what stands for the piece that `text` begins with; how long that is.
fn piece(text: &str, written: &mut String) -> usize {
    let is_part = |letter: char| letter.is_alphanumeric() || "-_.:@/+~%#$*^|\\".contains(letter);
    let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
    // The value after the name of a secret stands for itself.
    let end = text[..end].find(':').filter(|colon| names_secret(&text[..*colon])).unwrap_or(end);
    let piece = text[..end].trim_end_matches(|letter: char| !letter.is_alphanumeric());
    if !piece.contains(char::is_alphabetic) || is_time(piece) {
        return number(text, written);
    }
    // Letter by letter, anything can be spelled.
    let is_spelled = words::of(piece).filter(|word| word.chars().count() == 1).count() > 2;
    let is_long = has_long_number(piece, LONG_IN_WORD);
    if words::are_known(piece) && !is_token(piece) && !is_spelled && !is_long {
        written.push_str(piece);
    } else if piece.contains('@') || is_spelled {
        written.push_str(TEXTO);
    } else if find_token(piece).is_some_and(|token| token.starts_with("eyJ")) {
        written.push_str(TOKEN);
    } else if piece.contains("://") {
        of_address(piece, written);
    } else if let Some(id) = id(piece) {
        written.push_str(&id);
    } else if is_long {
        written.push_str(TEXTO);
    } else {
        word_by_word(piece, written);
    }
    piece.len()
}

/// Writes what stands for the number, of whichever form, that `text` begins with; how long that is.
fn number(text: &str, written: &mut String) -> usize {
    // Whatever separates its digits; `T` and `Z` belong to times.
    let is_part = |letter: char| "TZ".contains(letter) || !letter.is_alphabetic() && !"<>\n".contains(letter);
    let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
    let run = text[..end].trim_end_matches(|letter: char| !letter.is_numeric() && letter != 'Z');
    let run = if run.is_empty() { &text[..text.chars().next().map_or(0, char::len_utf8)] } else { run };
    let unit = text[run.len()..].trim_start_matches(' ').split(|letter: char| !letter.is_alphabetic()).next();
    let is_ascii = run.bytes().all(|byte| byte.is_ascii_digit());
    let is_count = run.len() <= 12 && is_ascii && unit.is_some_and(|unit| UNITS.contains(&unit));
    let is_known = run.is_ascii() && words::are_known(run) && !has_long_number(run, LONG);
    written.push_str(if is_known || is_count { run } else { NUMBER });
    run.len()
}

fn word_by_word(piece: &str, written: &mut String) {
    let mut rest = piece;
    while let Some(word) = words::of(rest).next() {
        let start = word.as_ptr() as usize - rest.as_ptr() as usize;
        written.push_str(&rest[..start]);
        written.push_str(if words::is_known(word) { word } else { TEXTO });
        rest = &rest[start + word.len()..];
    }
    written.push_str(rest);
}

/// An address is the same in each answer: hosts and codes in it are no ids, unless they are as long as those.
fn of_address(address: &str, written: &mut String) {
    for segment in address.split_inclusive('/') {
        let name = segment.trim_end_matches('/');
        let id = Some(name).filter(|name| is_long_id(name)).and_then(id);
        match id {
            Some(id) => written.push_str(&(id + &segment[name.len()..])),
            None => word_by_word(segment, written),
        }
    }
}

/// Whether `text` is an id by its form: nobody gives names like that.
fn is_long_id(text: &str) -> bool {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    has_digit && text.bytes().all(is_sign) && text.len() >= if is_hex { 16 } else { 26 }
}

/// `text` without what stands for something.
pub(super) fn without_marks(text: &str) -> String {
    let marks = ["<texto>", "<número>", "<token>", "<protocolo>", "<status>", "<motivo>", "<login>", "<usuario>"];
    let mut text = marks.iter().fold(text.to_owned(), |text, mark| text.replace(mark, " "));
    while let Some(start) = text.find(ID)
        && let Some(length) = text[start..].find('>')
    {
        text.replace_range(start..=start + length, " ");
    }
    text
}

/// What stands for `piece`, if that may be an id: the forms of its parts, and what is between them.
pub(super) fn id(piece: &str) -> Option<String> {
    let form = |text: &str| Random::of(&[text]).map(|form| format!("{ID}{form}>"));
    let is_uuid = piece.len() == 36 && piece.matches('-').count() == 4;
    if is_uuid && let Some(form) = form(piece).filter(|form| form.to_ascii_lowercase().contains("uuid")) {
        return Some(form);
    }
    if is_nano_id(piece) {
        return form(piece);
    }
    let is_one = piece.len() >= 6
        && piece.len() <= 128
        && piece.bytes().any(|byte| byte.is_ascii_digit())
        && piece.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:|+/=".contains(&byte));
    if !is_one {
        return None;
    }
    let mut written = String::new();
    let mut rest = piece;
    while let Some(word) = words::of(rest).next() {
        let start = word.as_ptr() as usize - rest.as_ptr() as usize;
        written.push_str(&rest[..start]);
        // The version and the flags of a `traceparent`.
        let is_shown = ["00", "01"].contains(&word)
            || word.bytes().all(|byte| byte.is_ascii_alphabetic()) && words::is_known(word);
        written.push_str(&if is_shown { word.to_owned() } else { form(word)? });
        rest = &rest[start + word.len()..];
    }
    Some(written + rest)
}
