//! A picture that a text may begin with.

use time::UtcOffset;

/// A picture that may be that of the beginning of a text.
pub(super) struct Form {
    pub picture: String,
    /// How the picture ends if it has names: their language and case.
    pub names: &'static str,
    pub length: usize,
    /// As the text has it.
    pub offset: Option<UtcOffset>,
}

/// The offset that is `text`, such as `-03:00`.
pub(super) fn read_offset(text: &str) -> Option<UtcOffset> {
    let (sign, rest) = (text.get(..1)?, text.get(1..)?);
    let (hours, minutes) = rest.split_once(':').or_else(|| rest.split_at_checked(2))?;
    let part = |text: &str, most: i8| {
        let number = text.parse().ok().filter(|number| (0..=most).contains(number))?;
        text.bytes().all(|byte| byte.is_ascii_digit()).then_some(number)
    };
    let (hours, minutes) = (part(hours, 23)?, part(minutes, 59)?);
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}
