//! What can stand in the gaps of a body.

use std::sync::Arc;

use super::moment::Moment;
use super::random::Random;
use super::status::{StatusTables, StatusWords};
use crate::domain::text::nearest;

/// What stands in a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The text of the answer, escaped.
    Texto,
    /// The status code.
    Codigo,
    /// The reason that belongs to it, such as `Not Found`.
    Razao,
    /// The method of the request, such as `POST`.
    Metodo,
    /// The path of the request, escaped.
    Caminho,
    /// The same without the slash that it begins with.
    CaminhoSemBarra,
    /// The time, as `2026-11-28T12:00:00.000Z`.
    Instante,
    /// The time as Spring writes it, with `+00:00` in place of `Z`.
    InstanteSpring,
    /// The time by a picture.
    Moment(Box<Moment>),
    /// The time in seconds since 1970.
    Segundos,
    /// The time in milliseconds since 1970.
    Milissegundos,
    /// Another one in each answer.
    Random(Random),
    /// The token of a login.
    Token,
    /// The same as a value of JSON: a number, or a text in quotes.
    TokenValue,
    /// How long it lives, in seconds.
    Validade,
    /// The same in milliseconds.
    ValidadeMs,
    /// When it expires, in seconds since 1970.
    Expira,
    /// The same in milliseconds.
    ExpiraMs,
    /// The same as `2026-11-28T12:00:00.000Z`.
    ExpiraInstante,
    /// The same by a picture.
    ExpiraMoment(Box<Moment>),
    /// The login of the user who logged in, or that the request names, escaped.
    Login,
    /// The login of the user whose token the request has, escaped.
    Usuario,
    /// What belongs to a user, such as a name: we leave it empty, and a reader takes whatever stands there.
    Pessoal,
    /// The same where a number stands: we write 0.
    PessoalZero,
    /// The protocolo of the atendimento that was changed, or to be changed, escaped.
    Protocolo,
    /// The same as a value of JSON: a number, or a text in quotes; null for none.
    ProtocoloValue,
    /// The status that it has now, or was to have, escaped.
    Status,
    /// The same in capitals.
    StatusInCapitals,
    /// The status in the words of the table of this name.
    StatusIn(String),
    /// The status in these words; in capitals, if it is said.
    StatusWord(Arc<StatusWords>, bool),
    /// The status before the change, in the words of the table of this name; whether it stands without quotes.
    Earlier(String, bool),
    /// The same in these words.
    EarlierWord(Arc<StatusWords>, bool),
    /// The motivo that was named, escaped.
    Motivo,
    /// The same as a value of JSON: a text in quotes; null for none.
    MotivoValue,
}

/// The one kind of success that can fill a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The success of a login.
    Login,
    /// The success of a change.
    Change,
}

/// Begin the names of gaps that say how they are filled.
const TIME: &str = "instante ";
const END: &str = "expira instante ";
const RANDOM: &str = "aleatorio ";
const STATUS: &str = "status ";
const EARLIER: &str = "anterior ";

/// Whether `name` can be that of a table of words for the status.
pub(super) fn is_status_name(name: &str) -> bool {
    (1..=30).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase())
}

impl Gap {
    /// Those that have one name, as a file writes it between `<` and `>`.
    pub const NAMES: [(&'static str, Self); 25] = [
        ("texto", Self::Texto),
        ("codigo", Self::Codigo),
        ("razao", Self::Razao),
        ("metodo", Self::Metodo),
        ("caminho", Self::Caminho),
        ("caminho sem barra", Self::CaminhoSemBarra),
        ("instante", Self::Instante),
        ("instante spring", Self::InstanteSpring),
        ("segundos", Self::Segundos),
        ("milissegundos", Self::Milissegundos),
        ("token", Self::Token),
        ("validade", Self::Validade),
        ("validade ms", Self::ValidadeMs),
        ("expira", Self::Expira),
        ("expira ms", Self::ExpiraMs),
        ("expira instante", Self::ExpiraInstante),
        ("login", Self::Login),
        ("usuario", Self::Usuario),
        ("pessoal", Self::Pessoal),
        ("pessoal 0", Self::PessoalZero),
        ("protocolo", Self::Protocolo),
        ("status", Self::Status),
        ("STATUS", Self::StatusInCapitals),
        ("anterior", Self::Earlier(String::new(), false)),
        ("motivo", Self::Motivo),
    ];

    /// The gap that a file writes as `<name>`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let by_picture = |begin| name.strip_prefix(begin).and_then(Moment::named).map(Box::new);
        let plain = Self::NAMES.into_iter().find(|(other, _)| *other == name).map(|(_, gap)| gap);
        plain
            .or_else(|| by_picture(TIME).map(Self::Moment))
            .or_else(|| by_picture(END).map(Self::ExpiraMoment))
            .or_else(|| {
                let table = name.strip_prefix(STATUS).filter(|table| is_status_name(table))?;
                Some(Self::StatusIn(table.to_owned()))
            })
            .or_else(|| {
                let table = name.strip_prefix(EARLIER).filter(|table| is_status_name(table))?;
                Some(Self::Earlier(table.to_owned(), false))
            })
            .or_else(|| name.strip_prefix(RANDOM).and_then(Random::named).map(Self::Random))
    }

    /// The same, writing the status as `tables` say; or what is wrong with it, as the end of a sentence.
    pub(super) fn in_words(self, tables: &StatusTables) -> Result<Self, String> {
        let worded =
            |table: &str, in_capitals| tables.get(table).map(|words| Self::StatusWord(Arc::clone(words), in_capitals));
        match &self {
            Self::Status => Ok(worded("", false).unwrap_or(self)),
            Self::StatusInCapitals => Ok(worded("", true).unwrap_or(self)),
            Self::Earlier(table, is_value) => tables
                .get(table)
                .map(|words| Self::EarlierWord(Arc::clone(words), *is_value))
                .ok_or_else(|| format!("has <{EARLIER}{table}>, which takes a table [status.{table}]")),
            Self::StatusIn(table) => worded(table, false)
                .ok_or_else(|| format!("has <{STATUS}{table}>, which takes a table [status.{table}]")),
            _ => Ok(self),
        }
    }

    /// Why `name`, which is none, is taken for a slip, as the end of a sentence. Names of HTML are no slips.
    pub(super) fn slip(name: &str) -> Option<String> {
        let begins = |begin: &&str| name.starts_with(begin) && name.len() <= 100;
        if [TIME, END].iter().any(begins) {
            return Some("which is no picture of a time, such as <instante dd/MM/yyyy HH:mm:ss>".to_owned());
        }
        if begins(&RANDOM) {
            return Some("which is no form of an id, such as <aleatorio uuid> or <aleatorio hex 32>".to_owned());
        }
        if begins(&STATUS) || begins(&EARLIER) {
            return Some("which is no name of a table, such as <status id>".to_owned());
        }
        let is_word = !name.is_empty() && name.chars().all(|letter| letter.is_alphabetic() || " _-".contains(letter));
        let names = Self::NAMES.into_iter().map(|(name, _)| name).chain([RANDOM.trim_end()]);
        let meant = is_word.then(|| nearest(name, names)).flatten()?;
        let form = if meant == RANDOM.trim_end() { " uuid" } else { "" };
        Some(format!("did you mean <{meant}{form}>?"))
    }

    /// How a file writes the time of `moment`.
    pub fn of_moment(moment: &Moment) -> String {
        match moment.to_string().as_str() {
            "yyyy-MM-ddTHH:mm:ss.SSSZ" => "<instante>".to_owned(),
            "yyyy-MM-ddTHH:mm:ss.SSSxxx" => "<instante spring>".to_owned(),
            "u" => "<segundos>".to_owned(),
            "uSSS" => "<milissegundos>".to_owned(),
            picture => format!("<{TIME}{picture}>"),
        }
    }

    /// How a file writes the end of a token's life as `moment`.
    pub fn of_end(moment: &Moment) -> String {
        match moment.to_string().as_str() {
            "yyyy-MM-ddTHH:mm:ss.SSSZ" => "<expira instante>".to_owned(),
            "u" => "<expira>".to_owned(),
            "uSSS" => "<expira ms>".to_owned(),
            picture => format!("<{END}{picture}>"),
        }
    }

    /// How a file writes an id of the form `random`.
    pub fn of_random(random: Random) -> String {
        format!("<{RANDOM}{random}>")
    }

    /// Where it can be filled, if not in an answer of `kind`; errors are of none.
    pub(super) fn elsewhere(&self, kind: Option<Kind>) -> Option<&'static str> {
        let of_login = matches!(
            self,
            Self::Token
                | Self::TokenValue
                | Self::Validade
                | Self::ValidadeMs
                | Self::Expira
                | Self::ExpiraMs
                | Self::ExpiraInstante
                | Self::ExpiraMoment(_)
        );
        match (self, kind) {
            (_, None | Some(Kind::Change)) if of_login => Some("only [login] can fill"),
            (Self::Earlier(..) | Self::EarlierWord(..), None | Some(Kind::Login)) => Some("only [sucesso] can fill"),
            (Self::Login, Some(Kind::Change)) => Some("[sucesso] can't fill; <usuario> is the token's"),
            (gap, Some(Kind::Login)) if gap.is_of_change() => Some("[login] can't fill"),
            _ => None,
        }
    }

    /// Whether it tells what a change asks for.
    pub(super) fn is_of_change(&self) -> bool {
        matches!(
            self,
            Self::Protocolo
                | Self::ProtocoloValue
                | Self::Status
                | Self::StatusInCapitals
                | Self::StatusIn(_)
                | Self::StatusWord(..)
                | Self::Motivo
                | Self::MotivoValue
                | Self::Usuario
        )
    }
}
