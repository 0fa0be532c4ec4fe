//! What stands between a date and a time of the day.

/// What stands before the first number in `text`, between a date and a time of the day, and how a picture writes it: a few signs,
/// and a word or two.
pub(super) fn between(text: &str) -> Option<(&str, String)> {
    const LONGEST: usize = 16;
    let between = &text[..text.find(|letter: char| letter.is_ascii_digit())?];
    let is_sign = |letter: char| letter.is_alphabetic() || " ,.|/@()~*-".contains(letter);
    if between.is_empty() || between.len() > LONGEST || !between.chars().all(is_sign) {
        return None;
    }
    let (mut drawn, mut is_quoted) = (String::new(), false);
    for letter in between.chars() {
        if letter.is_alphabetic() != is_quoted {
            drawn.push('\'');
            is_quoted = !is_quoted;
        }
        drawn.push(letter);
    }
    // A word right before the number is one with it.
    (!is_quoted).then_some((between, drawn))
}
