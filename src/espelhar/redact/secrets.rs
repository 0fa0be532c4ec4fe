//! What of a request its answer must not repeat, in whichever spelling.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;

use base64::prelude::{BASE64_STANDARD, Engine};
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::echoes::Echoes;
use super::harmless::{HEADERS, SEGMENTS};
use super::request::Disclosure;
use super::words::{self, MEMBERS};
use crate::conferir::spelled::Spelled;
use crate::conferir::views::views;
use crate::domain::atendimento::Status;
use crate::espelhar::exchange::Exchange;
use crate::sensitive::{folded, names_secret};

/// Shorter values are in any text.
const SHORTEST: usize = 3;
/// With more values, a request can't be searched for in its answer: all of that goes.
const VALUES_MAX: usize = 256;
/// So many letters of its beginning give a value away.
const BEGINNING: usize = 6;

/// What stands for what an answer repeats.
pub(super) const TEXTO: &str = "<texto>";
const PROTOCOLO: &str = "<protocolo>";
const STATUS: &str = "<status>";
const MOTIVO: &str = "<motivo>";
const LOGIN: &str = "<login>";
const USUARIO: &str = "<usuario>";

/// Values of a request that an answer may repeat.
pub(super) struct Secrets {
    values: Vec<Repeated>,
    /// The words of free texts.
    echoes: Echoes,
    /// The login, which the answer to one may have a place for.
    login: Option<String>,
    /// Whether there may be others, which can't be known.
    pub(super) are_unknown: bool,
    /// Senhas, which no answer may repeat in any spelling.
    senhas: Vec<SecretString>,
    /// The same, as they are searched for: made when the first text needs it.
    spelled: OnceCell<Spelled>,
}

/// A value that an answer may repeat, without case and accents.
struct Repeated {
    value: String,
    /// What stands for it; the value itself where it may be shown.
    mark: Option<&'static str>,
}

impl Secrets {
    pub(super) fn of(exchange: &Exchange, disclosure: Disclosure) -> Self {
        let text = exchange.request_text();
        let parsed = text.as_deref().and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
        let (mut hidden, mut senhas) = outside_body(exchange);
        if parsed.is_none() {
            let bytes = text.as_deref().map(str::as_bytes).or(exchange.request.body.beginning()).unwrap_or_default();
            hidden.extend(values_of_unread(bytes));
            senhas.extend(named_secrets(bytes));
        }
        let members = parsed.unwrap_or_default();
        hidden.extend(senhas.iter().cloned());
        senhas_in(&members, &mut senhas);
        let mut values: Vec<Repeated> = Vec::new();
        for (name, value) in &members {
            let mark = match name.as_str() {
                "status" | "statusAtual" if value.as_str().is_none_or(|text| Status::from_nome(text).is_some()) => {
                    continue;
                }
                "visivelCliente" => continue,
                "motivoStatus" => Some(MOTIVO),
                "protocolo" => Some(PROTOCOLO),
                "status" => Some(STATUS),
                "login" => Some(LOGIN),
                "comentario" if disclosure.comments => None,
                _ => Some(TEXTO),
            };
            let mut texts = Vec::new();
            collect(value, &mut texts);
            if !MEMBERS.contains(&name.as_str()) && !words::is_known(name) {
                texts.push(name.clone());
            }
            values.extend(texts.iter().map(|text| Repeated { value: folded(text.trim()), mark }));
        }
        values.extend(hidden.iter().map(|text| Repeated { value: folded(text.trim()), mark: Some(TEXTO) }));
        values.retain(|repeated| repeated.value.chars().count() >= SHORTEST);
        if let Some(senha) =
            members.get("senha").and_then(Value::as_str).map(str::trim).filter(|senha| !senha.is_empty())
        {
            values.push(Repeated { value: folded(senha), mark: Some(TEXTO) });
        }
        let mut known = HashSet::new();
        values.retain(|repeated| known.insert((repeated.value.clone(), repeated.mark)));
        let are_unknown = exchange.is_unread() || values.len() > VALUES_MAX;
        values.truncate(VALUES_MAX);
        let login = members.get("login").and_then(Value::as_str).map(str::to_owned);
        let is_free = |repeated: &&Repeated| [Some(TEXTO), Some(MOTIVO), Some(LOGIN)].contains(&repeated.mark);
        let free = values.iter().filter(is_free).map(|repeated| repeated.value.as_str());
        let echoes = Echoes::of(free, login.as_deref().unwrap_or_default());
        let senhas = senhas.into_iter().map(SecretString::from).collect();
        Self { values, echoes, login, are_unknown, senhas, spelled: OnceCell::new() }
    }

    /// The same, with what tells of the user whose token the request has.
    pub(super) fn with_user(mut self, told: &[String], disclosure: Disclosure) -> Self {
        let mark = Some(USUARIO).filter(|_| !disclosure.logins);
        let told = told.iter().map(|text| folded(text.trim())).filter(|text| text.chars().count() >= SHORTEST);
        let is_new = |value: &String| !self.values.iter().any(|repeated| repeated.value == *value);
        let own: Vec<Repeated> = told.filter(is_new).map(|value| Repeated { value, mark }).collect();
        self.values.extend(own);
        self
    }

    /// The login that the request names; empty for none.
    pub(super) fn login(&self) -> &str {
        self.login.as_deref().unwrap_or_default().trim()
    }

    pub(super) fn is_login(&self, text: &str) -> bool {
        self.login.as_deref().is_some_and(|login| login.trim() == text)
    }

    /// Whether `number` is a value of the request, and what stands for it.
    pub(super) fn mark_of(&self, number: &str) -> Option<&'static str> {
        let size = |text: &str| text.parse::<f64>().ok().map(f64::abs);
        let is_same = |value: &str| value == number || size(value).is_some_and(|own| size(number) == Some(own));
        self.values.iter().find(|repeated| is_same(&repeated.value)).and_then(|repeated| repeated.mark)
    }

    /// Whether `text` repeats what must not be shown.
    pub(super) fn are_in(&self, text: &str) -> bool {
        self.places(text).iter().any(|(_, mark)| *mark == Some(TEXTO))
    }

    /// The same of whichever way to read `text`.
    pub(super) fn are_in_any_view(&self, text: &str) -> bool {
        self.are_in(text) || views(text).iter().any(|view| self.are_in(view))
    }

    /// Whether `text` spells a senha.
    pub(super) fn are_spelled_in(&self, text: &str) -> bool {
        !self.spelled().places(text).is_empty()
    }

    fn spelled(&self) -> &Spelled {
        self.spelled.get_or_init(|| Spelled::of(&self.senhas))
    }

    /// Where `text` repeats a value or its beginning, in their order, each with what stands for it.
    pub(super) fn places(&self, text: &str) -> Vec<(Range<usize>, Option<&'static str>)> {
        let folded = Folded::of(text);
        let mut found: Vec<(Range<usize>, Option<&'static str>)> = Vec::new();
        for repeated in &self.values {
            found.extend(folded.places(&repeated.value).into_iter().map(|place| (place, repeated.mark)));
        }
        found.extend(self.echoes.places(text).into_iter().map(|place| (place, Some(TEXTO))));
        found.extend(self.spelled().places(text).into_iter().map(|place| (place, Some(TEXTO))));
        // Of two that overlap the longer one counts, and what is hidden before what is shown.
        found.sort_by_key(|(place, mark)| (mark.is_none(), std::cmp::Reverse(place.len()), place.start));
        let mut places: Vec<(Range<usize>, Option<&'static str>)> = Vec::new();
        for (place, mark) in found {
            let overlaps = |other: &Range<usize>| place.start < other.end && other.start < place.end;
            let (joined, others): (Vec<_>, Vec<_>) = places.into_iter().partition(|(other, _)| overlaps(other));
            places = others;
            let is_within = |other: &Range<usize>| other.start <= place.start && place.end <= other.end;
            if joined.iter().any(|(other, _)| mark.is_none() || is_within(other)) {
                places.extend(joined);
                continue;
            }
            // A second value that begins within the first is one with it.
            let start = joined.iter().map(|(other, _)| other.start).fold(place.start, usize::min);
            let end = joined.iter().map(|(other, _)| other.end).fold(place.end, usize::max);
            let is_same = joined.iter().all(|(_, other)| *other == mark);
            places.push((start..end, if is_same { mark } else { Some(TEXTO) }));
        }
        places.sort_by_key(|(place, _)| place.start);
        places
    }
}

/// A text without case and accents, and where in it each byte comes from.
struct Folded<'a> {
    text: &'a str,
    folded: String,
    /// For each byte of `folded`, where its letter begins in `text`; at last, where that ends.
    origins: Vec<usize>,
}

impl<'a> Folded<'a> {
    fn of(text: &'a str) -> Self {
        let (mut whole, mut origins) = (String::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
        for (at, letter) in text.char_indices() {
            if letter.is_ascii() {
                whole.push(letter.to_ascii_lowercase());
            } else {
                whole.push_str(&folded(letter.encode_utf8(&mut [0; 4])));
            }
            origins.resize(whole.len(), at);
        }
        origins.push(text.len());
        Self { text, folded: whole, origins }
    }

    /// Where `value` stands, or its beginning.
    fn places(&self, value: &str) -> Vec<Range<usize>> {
        let length = value.chars().count();
        let beginning = value.char_indices().nth(BEGINNING).map_or(value, |(end, _)| &value[..end]);
        let mut places = Vec::new();
        let mut from = 0;
        while let Some(at) = self.folded[from..].find(beginning).map(|at| from + at) {
            let same = self.folded[at..].bytes().zip(value.bytes()).take_while(|(own, other)| own == other).count();
            let is_whole = same == value.len();
            let place = self.origins[at]..self.origins[at + same];
            let around = self.word_around(place.clone());
            // A short value stands for itself; and a single word that every server uses is no beginning of a secret.
            let counts = match is_whole {
                true => length >= BEGINNING || around == place,
                false => {
                    words::of(&self.text[around.clone()]).count() > 1 || !words::are_known(&self.text[around.clone()])
                }
            };
            if counts {
                places.push(if is_whole { place } else { around });
            }
            from = at + beginning.len();
        }
        places
    }

    /// `place`, with the rest of the words that it begins and ends in.
    fn word_around(&self, place: Range<usize>) -> Range<usize> {
        let is_part = |letter: char| letter.is_alphanumeric();
        let before = self.text[..place.start].trim_end_matches(is_part).len();
        let after = self.text[place.end..].trim_start_matches(is_part).len();
        let begins_in_word = self.text[place.clone()].starts_with(is_part);
        let ends_in_word = self.text[place.clone()].ends_with(is_part);
        let start = if begins_in_word { before } else { place.start };
        start..if ends_in_word { self.text.len() - after } else { place.end }
    }
}

/// What query, path and headers of a request have that an answer must not repeat, and the secrets among that.
fn outside_body(exchange: &Exchange) -> (Vec<String>, Vec<String>) {
    let head = &exchange.request.head;
    let query = head.target.split_once('?').map_or("", |(_, query)| query);
    let mut hidden: Vec<String> =
        form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into_owned()).collect();
    let mut senhas: Vec<String> = named_secrets(query.as_bytes()).collect();
    let unknown = |part: &&str| !SEGMENTS.contains(part) && !words::is_known(part);
    hidden.extend(exchange.path().split('/').filter(unknown).map(str::to_owned));
    let is_known = |name: &str| HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known));
    for (_, value) in head.headers.iter().filter(|(name, _)| !is_known(name)) {
        let value = String::from_utf8_lossy(value).into_owned();
        hidden.extend(value.split([' ', ';', ',', '=']).filter(|word| !words::is_known(word)).map(str::to_owned));
        senhas.extend(of_basic(&value));
        hidden.push(value);
    }
    (hidden, senhas)
}

/// What may be a value in a body that was not understood: the values of a form, and all words that are no names of members.
fn values_of_unread(bytes: &[u8]) -> Vec<String> {
    let pairs = form_urlencoded::parse(bytes).map(|(_, value)| value.into_owned());
    let text = String::from_utf8_lossy(bytes).replace('\0', "");
    let words = text.split(|letter: char| !letter.is_alphanumeric() && !"-_.@".contains(letter));
    let words = words.filter(|word| !MEMBERS.contains(word)).map(str::to_owned);
    pairs.chain(words).filter(|value| value.len() <= 1024).collect()
}

/// The values of a form that are named as secrets.
fn named_secrets(form: &[u8]) -> impl Iterator<Item = String> + '_ {
    form_urlencoded::parse(form).filter(|(name, _)| names_secret(name)).map(|(_, value)| value.into_owned())
}

/// The login and the senha of `Basic dXNlcjpzZW5oYQ==`.
fn of_basic(value: &str) -> Vec<String> {
    let encoded = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let decoded = encoded.and_then(|(_, encoded)| BASE64_STANDARD.decode(encoded.trim()).ok());
    let text = decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    text.split_once(':').map_or_else(Vec::new, |(login, senha)| vec![login.to_owned(), senha.to_owned()])
}

/// All values of the members that are named as secrets, at any depth.
fn senhas_in(members: &Map<String, Value>, senhas: &mut Vec<String>) {
    for (name, value) in members {
        match value {
            _ if names_secret(name) => collect(value, senhas),
            Value::Object(members) => senhas_in(members, senhas),
            _ => {}
        }
    }
}

/// All values in `value`, as texts.
fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Number(number) => into.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            into.push(name.clone());
            collect(member, into);
        }),
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        let values = values.iter().map(|value| Repeated { value: folded(value), mark: Some(TEXTO) }).collect();
        Secrets {
            values,
            echoes: Echoes::default(),
            login: None,
            are_unknown: false,
            senhas: Vec::new(),
            spelled: OnceCell::new(),
        }
    }

    #[test]
    fn a_value_is_found_however_it_is_written_and_cut() {
        for (value, text, repeated) in [
            ("Café com Leite", "não: CAFE\u{301} COM LEITE!", &["CAFE\u{301} COM LEITE"][..]),
            ("segredo-9", "o segredo-9x", &["segredo-9"]),
            ("zanzibar-longo", "'zanzib…'", &["zanzib"]),
            ("zanzibar-longo", "zanzibar-lon", &["zanzibar-lon"]),
            ("ana", "banana, ana", &["ana"]),
            ("7531", "17531 7531", &["7531"]),
            ("status do pedido", "Status não encontrado", &[]),
            ("status do pedido", "Status do cliente", &["Status do "]),
            ("erro erro", "erro erro erro erro", &["erro erro", "erro erro"]),
            // The second begins in the first, and ends in the third.
            ("abcdefgh|ghijklm|lmnopqrs", "x: abcdefghijklmnopqrs", &["abcdefghijklmnopqrs"]),
        ] {
            let found: Vec<&str> = secrets(&value.split('|').collect::<Vec<_>>())
                .places(text)
                .into_iter()
                .map(|(place, _)| &text[place])
                .collect();
            assert_eq!(found, repeated, "{value}: {text}");
        }
    }
}
