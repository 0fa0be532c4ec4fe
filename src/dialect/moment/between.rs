//! What stands between the parts of a time, and how a picture writes it.

/// What would begin or end something else in a picture, in JSON or in a page.
const OTHERS: &str = "'\"[]{}<>&\\";

/// What stands before the first number in `text`, between a date and a time of the day, and how a picture writes it: a few signs,
/// and a word or two.
pub(super) fn between(text: &str) -> Option<(&str, String)> {
    const LONGEST: usize = 16;
    let between = &text[..text.find(|letter: char| letter.is_ascii_digit())?];
    let is_sign = |letter: char| letter.is_alphabetic() || !letter.is_numeric() && !OTHERS.contains(letter);
    // A word right before the number is one with it.
    let is_one = between == "T" || !between.ends_with(char::is_alphabetic);
    let is_between = (1..=LONGEST).contains(&between.len()) && is_one && between.chars().all(is_sign);
    is_between.then(|| (between, drawn(between)))
}

/// `text`, which is no part of a time, as a picture writes it: words in quotes.
pub(super) fn drawn(text: &str) -> String {
    if text == "T" || text == " às " {
        return text.to_owned();
    }
    let (mut drawn, mut is_quoted) = (String::new(), false);
    for letter in text.chars() {
        if letter.is_alphabetic() != is_quoted {
            drawn.push('\'');
            is_quoted = !is_quoted;
        }
        drawn.push(letter);
    }
    if is_quoted { drawn + "'" } else { drawn }
}

/// How many digits `text` begins with.
pub(super) fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}
