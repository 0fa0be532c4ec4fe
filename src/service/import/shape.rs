//! What texts look like that a spreadsheet, a program or a hand made of a number.

/// Digits before a decimal mark from which on a text is a number that was divided, and no protocolo with a mark in it.
const WHOLE_MAX: usize = 8;

/// January to December, as spreadsheets shorten them in English and Portuguese.
const MONTHS: [&str; 19] = [
    "jan", "feb", "fev", "mar", "apr", "abr", "may", "mai", "jun", "jul", "aug", "ago", "sep", "set", "oct", "out",
    "nov", "dec", "dez",
];

/// Words of programs and databases for what is not there.
const NOTHING: [&str; 9] = ["nan", "null", "(null)", "\\n", "none", "undefined", "infinity", "-infinity", "+infinity"];

/// What stands before or in a power of ten.
const POWERS: [char; 14] = ['^', '*', '⁺', '⁻', '⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `text` without the spaces that a spreadsheet puts between thousands, and with the digits of ASCII for those of
/// other keyboards.
pub(super) fn plain_number(text: &str) -> String {
    let digit = |c: char, zero: u32| char::from_digit(c as u32 - zero, 10).unwrap_or(c);
    text.chars()
        .filter(|c| !matches!(c, '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}'))
        .map(|c| match c {
            '٠'..='٩' => digit(c, '٠' as u32),
            '۰'..='۹' => digit(c, '۰' as u32),
            '０'..='９' => digit(c, '０' as u32),
            _ => c,
        })
        .collect()
}

/// `2,02211E+13`, `2.02211×10^13`. A spreadsheet writes a decimal mark or the exponent's sign: `12E3` is text.
pub(super) fn is_scientific(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if let Some((mantissa, exponent)) = text.split_once(['e', 'E']) {
        let certain = mantissa.contains(['.', ',']) || exponent.starts_with(['+', '-']);
        return certain && is_decimal(mantissa) && is_decimal(exponent);
    }
    text.split_once(['×', 'x', '*']).is_some_and(|(mantissa, power)| {
        let exponent = power.strip_prefix("10").unwrap_or_default();
        is_decimal(mantissa) && exponent.starts_with(POWERS)
    })
}

/// What a text is that stands for no protocolo with certainty, for a message: `text` itself, and as [`plain_number`].
pub(super) fn spoilt(text: &str, number: &str) -> Option<&'static str> {
    let what = if text.starts_with('=') {
        "is a formula"
    } else if is_error(text) {
        "is what a spreadsheet shows for an error or a narrow column"
    } else if NOTHING.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        "is a program's word for nothing"
    } else if is_date(text) || is_month(text) || is_time(text) {
        "is a date or a time"
    } else if is_boolean(text) {
        "is a yes or no"
    } else if has_escape(text) {
        "has a character inside that a program could not write"
    } else if is_spaced(number) {
        "has blanks between its digits"
    } else if is_grouped(number) || is_grouped_in_pairs(number) {
        "has marks between its thousands"
    } else if number.strip_suffix('%').is_some_and(|number| is_decimal(number.trim_end())) {
        "is a percentage"
    } else if number.starts_with(['+', '-']) && is_decimal(number) {
        "is a number with a sign"
    } else if is_divided(number) {
        "is a number with decimals"
    } else {
        return None;
    };
    Some(what)
}

/// Digits with a decimal mark or none, and a sign or none.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    is_digits(&unsigned.replacen(['.', ','], "", 1))
}

fn is_divided(text: &str) -> bool {
    text.split_once(['.', ',']).is_some_and(|(whole, fraction)| {
        whole.len() > WHOLE_MAX && is_digits(whole) && is_digits(fraction) && fraction.bytes().any(|byte| byte != b'0')
    })
}

/// `20221104 000001`
fn is_spaced(text: &str) -> bool {
    let blank = |c: char| c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    text.contains(blank) && text.split(blank).all(|group| group.is_empty() || is_decimal(group))
}

/// `20.221.104`, with decimals or without.
fn is_grouped(text: &str) -> bool {
    let groups: Vec<&str> = text.split(['.', ',', '\'', '’']).collect();
    let [first, rest @ ..] = &groups[..] else { return false };
    let whole = if rest.len() > 1 { &rest[..rest.len() - 1] } else { rest };
    (1..=3).contains(&first.len())
        && groups.iter().all(|group| is_digits(group))
        && !whole.is_empty()
        && whole.iter().all(|group| group.len() == 3)
}

/// `2,02,21,104`, as in India, with decimals or without.
fn is_grouped_in_pairs(text: &str) -> bool {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let groups: Vec<&str> = whole.split(',').collect();
    let [first, pairs @ .., last] = &groups[..] else { return false };
    groups.iter().all(|group| is_digits(group))
        && is_digits(decimals)
        && (1..=2).contains(&first.len())
        && !pairs.is_empty()
        && pairs.iter().all(|pair| pair.len() == 2)
        && last.len() == 3
}

/// `27/11/2026`, `2026-11-27`, with a time or without.
fn is_date(text: &str) -> bool {
    let day = text.split([' ', 'T']).next().unwrap_or(text);
    let parts: Vec<&str> = day.split(['/', '-']).collect();
    let [one, two, three] = &parts[..] else { return false };
    let ends = [one.len(), three.len()];
    parts.iter().all(|part| is_digits(part))
        && (1..=2).contains(&two.len())
        && (matches!(ends, [1 | 2, 2 | 4]) || matches!(ends, [4, 1 | 2]))
        && day.contains('/') != day.contains('-')
}

/// `nov/22`, `4-nov`, `04/nov./2022`
fn is_month(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['/', '-', ' ']).collect();
    let month =
        |part: &str| MONTHS.iter().any(|month| part.strip_suffix('.').unwrap_or(part).eq_ignore_ascii_case(month));
    let number = |part: &str| {
        is_digits(part) && (part.len() <= 2 || part.len() == 4 && (part.starts_with("19") || part.starts_with("20")))
    };
    match parts[..] {
        [one, two] => month(one) && number(two) || number(one) && month(two),
        [day, middle, year] => number(day) && month(middle) && number(year),
        _ => false,
    }
}

/// `10:30`, `10:30:00`, `9:30 PM`
fn is_time(text: &str) -> bool {
    let (clock, half) = text.split_once(' ').unwrap_or((text, "AM"));
    let parts: Vec<&str> = clock.split(':').collect();
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| part.len() <= 2 && is_digits(part))
        && (half.eq_ignore_ascii_case("AM") || half.eq_ignore_ascii_case("PM"))
}

/// As spreadsheets write them in English and Portuguese.
fn is_boolean(text: &str) -> bool {
    ["TRUE", "FALSE", "VERDADEIRO", "FALSO"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// `########`, `#N/D`, `#REF!`, `#NOME?`, `Err:502`
fn is_error(text: &str) -> bool {
    if let Some((word, number)) = text.split_once(':')
        && (word.eq_ignore_ascii_case("err") || word.eq_ignore_ascii_case("erro"))
    {
        return is_digits(number);
    }
    text.strip_prefix('#').is_some_and(|rest| {
        rest.bytes().all(|byte| byte == b'#')
            || matches!(rest, "N/A" | "N/D" | "N/A N/A" | "GETTING_DATA")
            || rest.ends_with(['!', '?'])
    })
}

/// `_x000D_`, as workbooks write what XML can't.
fn has_escape(text: &str) -> bool {
    text.match_indices("_x").any(|(at, _)| {
        let code = text.as_bytes().get(at + 2..at + 7).unwrap_or_default();
        matches!(code, [digits @ .., b'_'] if digits.iter().all(u8::is_ascii_hexdigit))
    })
}
