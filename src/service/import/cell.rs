//! What a cell says: a protocolo, whole or refused, and a status.

use super::shape::{is_digits, is_scientific, plain_number, spoilt};
use super::tidy::{bare, is_empty, quoted, tidy};
use crate::domain::atendimento::Status;
use crate::domain::protocolo::{LOST, exact_integer};
use crate::domain::text::{PROTOCOLO_MAX, fits, hides};

/// Digits that a spreadsheet keeps of a number.
const DIGITS_KEPT: usize = 15;

const CURE: &str = "format the column as text, enter the protocolos again, and save the file anew";

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    /// Text, as written; empty where there is none.
    Text(&'a str),
    /// A number literal of JSON.
    Literal(&'a str),
    /// A number of a spreadsheet.
    Number(f64),
    /// A date or a time of a spreadsheet.
    Date,
    /// What is none of these, as a person sees it.
    Other(&'a str),
}

impl Cell<'_> {
    pub fn protocolo(&self) -> Result<String, String> {
        let protocolo = match *self {
            Self::Text(text) => protocolo_of_text(text)?,
            Self::Literal(number) => protocolo_of_literal(number)?,
            Self::Number(number) if number.fract() != 0.0 || number < 0.0 => {
                return Err(no_protocolo(&number.to_string()));
            }
            Self::Number(number) if number >= 1e15 => return Err(beyond(&number.to_string())),
            Self::Number(number) => format!("{:.0}", number.abs()),
            Self::Date => return Err(format!("protocolo is a date or a time; {CURE}")),
            Self::Other(shown) => return Err(no_protocolo(shown)),
        };
        if protocolo.contains(hides) && !protocolo.contains('\0') {
            return Err(format!(
                "protocolo {} has a line break or another character inside that nobody sees",
                quoted(&protocolo)
            ));
        }
        if protocolo.contains(LOST) {
            return Err(format!(
                "protocolo {} was damaged before: � stands for a character that was lost",
                quoted(&protocolo)
            ));
        }
        if protocolo.is_empty() {
            return Err("protocolo is missing".to_owned());
        }
        if !fits(&protocolo, PROTOCOLO_MAX) {
            return Err(format!("protocolo {} has more than {PROTOCOLO_MAX} characters, or NUL", quoted(&protocolo)));
        }
        Ok(protocolo)
    }

    pub fn status(&self) -> Result<Status, String> {
        let number;
        let text = match *self {
            Self::Text("") => return Err("status is missing".to_owned()),
            Self::Text(text) | Self::Literal(text) | Self::Other(text) => text,
            Self::Number(value) => {
                number = value.to_string();
                &number
            }
            Self::Date => return Err("status is a date or a time".to_owned()),
        };
        if is_empty(text) {
            return Err("status is missing".to_owned());
        }
        Status::from_nome(text).or_else(|| Status::from_nome(&tidy(text))).ok_or_else(|| {
            format!("unknown status {}; one of: {}", quoted(text.trim()), Status::ALL.map(Status::nome).join(", "))
        })
    }
}

/// A text as it is, or the number that it stands for.
fn protocolo_of_text(written: &str) -> Result<String, String> {
    let text = bare(written);
    if is_digits(&text) {
        return Ok(text.into_owned());
    }
    let written = written.trim();
    let number = plain_number(&text);
    if is_digits(&number) {
        return Ok(number);
    }
    if let Some(formula) = text.strip_prefix('=').map(str::trim)
        && is_digits(formula)
    {
        return Ok(formula.to_owned());
    }
    if is_scientific(&number) {
        return Err(cut_short(written));
    }
    if let Some(what) = spoilt(&text, &number) {
        return Err(format!("protocolo {} {what}; {CURE}", quoted(written)));
    }
    match number.split_once(['.', ',']) {
        Some((whole, fraction)) if is_digits(whole) && fraction.bytes().all(|byte| byte == b'0') => {
            if whole.len() > DIGITS_KEPT { Err(beyond(written)) } else { Ok(whole.to_owned()) }
        }
        _ => Ok(text.into_owned()),
    }
}

/// What a number literal denotes, where it shows all digits of it.
fn protocolo_of_literal(number: &str) -> Result<String, String> {
    let digits = exact_integer(number).ok_or_else(|| no_protocolo(number))?;
    let mantissa = number.split(['e', 'E']).next().unwrap_or(number);
    let written = mantissa.bytes().filter(u8::is_ascii_digit).count();
    if mantissa.len() < number.len() && written < digits.len() {
        return Err(cut_short(number));
    }
    if number.contains(['.', 'e', 'E']) && digits.len() > DIGITS_KEPT {
        return Err(beyond(number));
    }
    Ok(digits)
}

fn cut_short(written: &str) -> String {
    format!("protocolo {} is a number that a spreadsheet has cut short; {CURE}", quoted(written))
}

fn beyond(written: &str) -> String {
    format!(
        "protocolo {} is a number of more than the {DIGITS_KEPT} digits that a spreadsheet keeps; {CURE}",
        quoted(written)
    )
}

fn no_protocolo(written: &str) -> String {
    format!("{} is no protocolo", quoted(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_as_they_are() {
        for text in [
            "ABC-1",
            "0012",
            "1.5",
            "2022.0001",
            "20221104000001234567",
            "1E",
            "E5",
            "2e",
            "#12",
            "a  b",
            "22.11.2022",
            "2022-11-04-0001",
            "2022/11",
            "1/2/3",
            "12345-11-2022",
            "verdade",
            "12E3",
            "4120e75",
            "2E13",
            "SET-0001",
            "nov",
            "22-nov-x",
            "Nenhum",
            "Erro:",
            "A_x1_",
            "100.1%a",
            "A+55",
            "12345678.9",
            "1,22",
            "22,11,2022",
            "A 1 2",
            "2*5",
        ] {
            assert_eq!(Cell::Text(text).protocolo().as_deref(), Ok(text));
        }
    }

    #[test]
    fn texts_that_stand_for_a_number() {
        for text in [
            "20221104000001",
            " 20221104000001.",
            "20221104000001.000",
            "20221104000001,0",
            "=20221104000001",
            "20\u{a0}221\u{a0}104\u{a0}000\u{a0}001",
            "20\u{2009}221\u{2009}104\u{2009}000\u{2009}001",
            "“20221104000001”",
            "２０２２１１０４０００００１",
            "٢٠٢٢١١٠٤٠٠٠٠٠١",
            "۲۰۲۲۱۱۰۴۰۰۰۰۰۱",
            "'20221104000001,00\u{200b}",
        ] {
            assert_eq!(Cell::Text(text).protocolo().as_deref(), Ok("20221104000001"), "{text:?}");
        }
        assert_eq!(Cell::Text("00123.0").protocolo().as_deref(), Ok("00123"));
    }

    #[test]
    fn numbers_that_a_spreadsheet_has_damaged() {
        for text in [
            "2,02211E+13",
            "2.02211e13",
            "2E+13",
            "-2E+13",
            "2.02211×10^13",
            "2,02211 x 10¹³",
            "2.02211*10^13",
            "2,02211 E+13",
            "2,02211E+13,0",
            "2,02,21,10,40,00,001",
            "2,02,21,104.00",
            "20 221",
            "20221104 000001",
            "20221104000001%",
            "+20221104000001",
            "-1",
            "2022110400000.1",
            "1_x000D_",
            "Err:502",
            "erro:502",
            "#GETTING_DATA",
            "#N/A N/A",
            "nan",
            "NaN",
            "NULL",
            "\\N",
            "-Infinity",
            "None",
            "nov/22",
            "Nov-22",
            "04/nov./2022",
            "4-May",
            "fev 22",
            "10:00",
            "9:30:00 PM",
            "a\u{2028}b",
            "'2,02211E+13",
            "1.234",
            "20,221,104",
            "1.234,5",
            "20 221 104",
            "1234567890123456.0",
            "#",
            "###",
            "#N/D",
            "#REF!",
            "#NOME?",
            "=A1",
            "27/11/2026",
            "7/1/26",
            "2026-11-27",
            "2026-11-27T10:00:00",
            "27-11-2026 10:00",
            "TRUE",
            "falso",
            "Verdadeiro",
            "a\u{fffd}",
            "a\nb",
            "a\tb",
        ] {
            let reason = Cell::Text(text).protocolo().unwrap_err();
            assert!(reason.starts_with("protocolo '"), "{text:?}: {reason}");
        }
    }

    #[test]
    fn numbers_of_sheets_have_15_digits() {
        for (number, digits) in [
            (0.0, "0"),
            (-0.0, "0"),
            (20_221_104_000_001.0, "20221104000001"),
            (999_999_999_999_999.0, "999999999999999"),
        ] {
            assert_eq!(Cell::Number(number).protocolo().as_deref(), Ok(digits));
        }
        for number in [1e15, 1.5, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Cell::Number(number).protocolo().is_err(), "{number}");
        }
    }

    #[test]
    fn literals_show_all_their_digits() {
        for (number, digits) in
            [("20221104000001234", "20221104000001234"), ("2.0221104E7", "20221104"), ("10.0", "10"), ("0", "0")]
        {
            assert_eq!(Cell::Literal(number).protocolo().as_deref(), Ok(digits));
        }
        for number in ["2E13", "2.02211E+13", "1.5", "-1", "20221104000001234.0", "2.0221104000001234E16"] {
            assert!(Cell::Literal(number).protocolo().is_err(), "{number}");
        }
    }

    #[test]
    fn statuses_are_names() {
        for text in [
            "Em atendimento",
            "EM  atendimento",
            "\u{a0}em\u{a0}atendimento\u{200b}",
            "'Em atendimento",
            "=\"em atendimento\"",
        ] {
            assert_eq!(Cell::Text(text).status(), Ok(Status::EmAtendimento), "{text:?}");
        }
        for text in ["", " ", "\u{200b}"] {
            assert_eq!(Cell::Text(text).status(), Err("status is missing".to_owned()));
        }
        assert!(Cell::Number(5.0).status().unwrap_err().starts_with("unknown status '5'; one of: Aberto, "));
    }
}
