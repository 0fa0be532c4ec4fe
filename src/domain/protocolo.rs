//! The protocolo: which may be registered, and where it comes as a number.

use std::ops::{Range, RangeInclusive};

use time::{Date, Month};

use super::text::{PROTOCOLO_MAX, fits, hides};

/// Stands for a character that was lost on the way.
pub const LOST: char = '\u{fffd}';
/// The digits of a day and of its sequence, with which each of Citrus's ends.
const DIGITS_MIN: usize = 14;
/// The years in which Citrus draws protocolos.
const YEARS: RangeInclusive<i32> = 1990..=2099;

/// `text` as a protocolo that may be registered, without blanks around it; `None` where it is none.
pub fn registrable(text: &str) -> Option<&str> {
    let protocolo = text.trim();
    let is_one = !protocolo.is_empty() && fits(protocolo, PROTOCOLO_MAX) && !protocolo.contains(hides);
    (is_one && !protocolo.contains(LOST)).then_some(protocolo)
}

/// Whether `protocolo` looks like one of Citrus's: a code, if any, and the digits of a day, an instance and a sequence.
pub fn is_usual(protocolo: &str) -> bool {
    let code = protocolo.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_plain = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/._".contains(&byte));
    is_plain && has_day(&protocolo[code.len()..])
}

/// Whether a day stands among `digits`, with those of an instance and a sequence after it: a code may end with digits.
fn has_day(digits: &str) -> bool {
    let is_day = |digits: &[u8]| {
        let number =
            |range: Range<usize>| digits[range].iter().fold(0, |number, digit| number * 10 + i32::from(digit - b'0'));
        let month = u8::try_from(number(4..6)).ok().and_then(|month| Month::try_from(month).ok());
        let day = u8::try_from(number(6..8)).unwrap_or_default();
        let is_date = month.is_some_and(|month| Date::from_calendar_date(number(0..4), month, day).is_ok());
        is_date && YEARS.contains(&number(0..4))
    };
    digits.as_bytes().windows(DIGITS_MIN).any(is_day)
}

/// The digits of the non-negative integer that `number` denotes exactly: `20221104000001.0` and `2.0221104000001E13`
/// are both `20221104000001`. `number` is a decimal literal as JSON has it.
///
/// `None` where it is no such literal, is negative, has a fraction, or more digits than a protocolo may have.
pub fn exact_integer(number: &str) -> Option<String> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let digits = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    // What is left of the exponent once the fraction is part of the digits.
    let zeros = i64::from(exponent.parse::<i32>().ok()?) - fraction.len() as i64;
    let digits = match usize::try_from(zeros) {
        Ok(zeros) if digits.len().saturating_add(zeros) <= PROTOCOLO_MAX => digits.to_owned() + &"0".repeat(zeros),
        Ok(_) => return None,
        // `1500E-2`: only zeros may be cut off.
        Err(_) => {
            let cut = usize::try_from(-zeros).ok()?;
            let kept = digits.len().checked_sub(cut)?;
            let (kept, rest) = digits.split_at(kept);
            (!kept.is_empty() && rest.bytes().all(|byte| byte == b'0')).then(|| kept.to_owned())?
        }
    };
    (!negative && digits.len() <= PROTOCOLO_MAX).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_not_registered() {
        for text in ["20221104000001", "A/1-b_2.c", "abc 😀", "ação", "営業1"] {
            assert_eq!(registrable(text), Some(text));
            assert_eq!(registrable(&format!(" {text}\t")), Some(text));
        }
        let long = "1".repeat(PROTOCOLO_MAX + 1);
        for text in ["", " ", "a\u{202e}b", "\u{200b}1", "a\0b", "a\nb", "1\u{feff}", "a\u{fffd}o", &long] {
            assert_eq!(registrable(text), None, "{text:?}");
        }
    }

    #[test]
    fn those_of_citrus_are_known_by_their_digits() {
        for text in [
            "20221104000001",
            "2022110407000001",
            "ABC20221104000001",
            "loja7/20240229000001",
            "SP120221104000001",
            "sp-1/2022.11_20221104000001",
        ] {
            assert!(is_usual(text), "{text}");
        }
        for text in
            ["20261399000001", "99999999999999", "20260230000001", "00000000000123", "20230229070000", "30221104000001"]
        {
            assert!(!is_usual(text), "{text}");
        }
        for text in ["1", "2022110400001", "abc 😀", "20221104000001-A", "ção20221104000001", "a 20221104000001", "١٢"]
        {
            assert!(!is_usual(text), "{text}");
        }
    }

    #[test]
    fn numbers_that_are_integers_have_digits() {
        for (number, digits) in [
            ("20221104000001", "20221104000001"),
            ("20221104000001.0", "20221104000001"),
            ("20221104000001.000", "20221104000001"),
            ("2.0221104000001E13", "20221104000001"),
            ("2.0221104000001e+13", "20221104000001"),
            ("202211040000010e-1", "20221104000001"),
            ("2022110400000100.00E-2", "20221104000001"),
            ("0.20221104000001e14", "20221104000001"),
            ("0", "0"),
            ("-0", "0"),
            ("0.0e-7", "0"),
            ("0e999999999", "0"),
            ("0E-99999999999", "0"),
            ("1e63", &format!("1{}", "0".repeat(63))),
        ] {
            assert_eq!(exact_integer(number).as_deref(), Some(digits), "{number}");
        }
    }

    #[test]
    fn others_have_none() {
        for number in [
            "20221104000001.5",
            "2.0221104000001E12",
            "-1",
            "-1.0",
            "1e64",
            "1e2147483647",
            "1e2147483648",
            "1e-2147483648",
            "1e-99999999999",
            "5e-1",
            "15e-1",
            "",
            "-",
            "e5",
            "1e",
            "1.2.3",
            "0x10",
            "NaN",
            "1 2",
            "١",
        ] {
            assert_eq!(exact_integer(number), None, "{number}");
        }
        assert_eq!(exact_integer(&"1".repeat(65)), None);
    }
}
