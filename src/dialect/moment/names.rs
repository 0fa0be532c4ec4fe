//! Names of months and days, as servers write them.

use std::collections::HashSet;
use std::sync::LazyLock;

use time::Date;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MESES: [&str; 12] = [
    "Janeiro",
    "Fevereiro",
    "Março",
    "Abril",
    "Maio",
    "Junho",
    "Julho",
    "Agosto",
    "Setembro",
    "Outubro",
    "Novembro",
    "Dezembro",
];
const DIAS: [&str; 7] =
    ["Domingo", "Segunda-feira", "Terça-feira", "Quarta-feira", "Quinta-feira", "Sexta-feira", "Sábado"];

/// The language and the case of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Names {
    is_portuguese: bool,
    case: Case,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Title,
    Small,
    Capitals,
}

impl Names {
    /// How a picture ends that has other names than English ones such as `Nov`.
    pub(super) const SUFFIXES: [&'static str; 6] = [" pt", "", " Pt", " PT", " EN", " en"];

    /// Those that `picture` says with its end, and what stands before that.
    pub(super) fn of(picture: &str) -> (&str, Self) {
        let end = Self::SUFFIXES.into_iter().filter(|end| !end.is_empty()).find(|end| picture.ends_with(end));
        let end = end.unwrap_or_default();
        let case = match end {
            " pt" | " en" => Case::Small,
            " PT" | " EN" => Case::Capitals,
            _ => Case::Title,
        };
        let is_portuguese = end.eq_ignore_ascii_case(" pt");
        (&picture[..picture.len() - end.len()], Self { is_portuguese, case })
    }

    /// The name of a month, or else that of a day.
    pub(super) fn word(self, is_month: bool, is_long: bool) -> Word {
        Word { names: self, is_month, is_long }
    }

    /// How a picture writes the name of a month, or else that of a day, with which `text` begins; and how long that is.
    pub(super) fn begins(self, text: &str, is_month: bool) -> Option<(&'static str, usize)> {
        let letters = if is_month { ["MMM", "MMMM"] } else { ["EEE", "EEEE"] };
        letters.into_iter().find_map(|letters| {
            let (_, rest) = self.word(is_month, letters.len() == 4).read(text)?;
            (!rest.starts_with(char::is_alphabetic)).then_some((letters, text.len() - rest.len()))
        })
    }

    /// What stands between day, month and year, as in `28 de novembro de 2026`.
    pub(super) fn joint(self) -> Option<&'static str> {
        self.is_portuguese.then_some(if self.case == Case::Capitals { "DE" } else { "de" })
    }

    /// Whether `text` may begin with a name in some language.
    pub(super) fn may_begin(text: &str) -> bool {
        static BEGINNINGS: LazyLock<HashSet<String>> = LazyLock::new(|| {
            [&MONTHS[..], &DAYS, &MESES, &DIAS].into_iter().flatten().map(|name| beginning(name)).collect()
        });
        BEGINNINGS.contains(&beginning(text))
    }
}

fn beginning(name: &str) -> String {
    name.chars().take(3).flat_map(char::to_lowercase).collect()
}

/// A name in a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    names: Names,
    is_month: bool,
    /// Else it has three letters.
    is_long: bool,
}

impl Word {
    pub(super) fn is_month(&self) -> bool {
        self.is_month
    }

    pub(super) fn written(&self, date: Date) -> String {
        let at = if self.is_month { u8::from(date.month()) - 1 } else { date.weekday().number_days_from_sunday() };
        self.name(at.into())
    }

    /// Which name `text` begins with, from 0, and what comes after it.
    pub(super) fn read<'a>(&self, text: &'a str) -> Option<(u8, &'a str)> {
        (0..self.all().len()).find_map(|at| Some((at as u8, text.strip_prefix(self.name(at).as_str())?)))
    }

    fn all(&self) -> &'static [&'static str] {
        match (self.names.is_portuguese, self.is_month) {
            (true, true) => &MESES,
            (true, false) => &DIAS,
            (false, true) => &MONTHS,
            (false, false) => &DAYS,
        }
    }

    fn name(&self, at: usize) -> String {
        let name = self.all()[at];
        let letters = if self.is_long { usize::MAX } else { 3 };
        let name: String = name.chars().take(letters).collect();
        match self.names.case {
            Case::Title => name,
            Case::Small => name.to_lowercase(),
            Case::Capitals => name.to_uppercase(),
        }
    }
}
