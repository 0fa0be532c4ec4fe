//! The success of a login: what of it varies, and what belongs to the user who logged in and stays out of the dialect.

use std::collections::BTreeMap;

use serde_json::Value;
use time::OffsetDateTime;

use super::dates::doubts;
use super::envelope::with_gaps;
use super::known::Known;
use super::moving::{Place, moving, written};
use super::seen::LoginObservation;
use super::times::{self, Told, told};
use crate::conferir::case::LOGIN;
use crate::conferir::jwt::find_jwt;
use crate::conferir::places::{places, values};
use crate::conferir::spans::Span;
use crate::conferir::spelled::squeezed;
use crate::conferir::token::find_token;
use crate::dialect::{Entities, Escapes, Template, Writing};
use crate::sensitive::{names_person, words as words_of};

/// How one logs in.
const METHOD: &str = "POST";

/// Members that hold words of the server's, and not of a user's.
const WORDS: [&str; 12] = [
    "message",
    "mensagem",
    "msg",
    "type",
    "tokentype",
    "token_type",
    "tipo",
    "tipotoken",
    "scheme",
    "status",
    "result",
    "resultado",
];

/// Words in the names of members that hold what a user is, and not who.
const ROLES: [&str; 14] = [
    "perfil",
    "perfis",
    "profile",
    "role",
    "roles",
    "papel",
    "grupo",
    "group",
    "nivel",
    "level",
    "cargo",
    "setor",
    "permissao",
    "permissoes",
];

/// The success of a login with gaps, and what was found in it.
pub(super) struct LoginBody {
    pub(super) corpo: String,
    /// Its body as a report may show it.
    pub(super) shown: String,
    /// What the user's members held.
    pub(super) personal: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// The success of `login`, of a server that writes `texts` so.
pub(super) fn login_body(login: &LoginObservation, texts: (Escapes, Entities)) -> LoginBody {
    let body = &login.received.body;
    let spans = places(body);
    let writing = Writing::of(texts, &login.received.header("content-type").unwrap_or_default(), body);
    let mut found = LoginBody { corpo: String::new(), shown: body.clone(), personal: Vec::new(), notes: Vec::new() };
    let other = login.other.as_ref().map(|other| values_of(&other.received.body));
    let again = login.again.as_ref().map(|again| values_of(&again.body));
    let meanings: BTreeMap<&str, Meaning> = meanings(login, &spans, [other.as_ref(), again.as_ref()], writing);
    let repeated = Known::new(writing, [(LOGIN, "<caminho>"), (METHOD, "<metodo>")]);
    let body_with = |hidden: fn(&Span) -> String, is_shown: fn(&str) -> bool| {
        with_gaps(body, &spans, &repeated, |span, _| match meanings.get(span.pointer.as_str())? {
            Meaning::Gap(gap) => Some(gap.clone()).filter(|gap| is_shown(gap)),
            Meaning::Personal => Some(hidden(span)),
            Meaning::Constant => None,
        })
    };
    let gap = |span: &Span| span.filled_with(if span.value.is_string() { "<pessoal>" } else { "<pessoal 0>" });
    found.corpo = body_with(gap, |_| true);
    // Times and lives may be seen as they came.
    found.shown = body_with(
        |span| if span.is_quoted || span.value.is_number() { "\"…\"".to_owned() } else { "…".to_owned() },
        |gap| ["<token>", "<login>", "<aleatorio "].iter().any(|name| gap.contains(name)),
    );
    for span in &spans {
        let place = &span.pointer;
        found.notes.extend(told_by(login, span).and_then(|told| doubt_of_end(login, &told)));
        match (&meanings[place.as_str()], told_by(login, span)) {
            (Meaning::Personal, _) => {
                found.notes.push(format!("{place} is the user's, and stands empty"));
                let number = || span.value.as_u64().map(|number| number.to_string());
                let value = span.value.as_str().map(str::to_owned).or_else(number);
                found.personal.extend(value.filter(|value| tells_of_somebody(span, value)));
            }
            (_, Some(Told::Guess { gap, life })) => {
                found.notes.push(format!(
                    "{place} is taken for {gap} for its name; the token does not say how long it lives. Ours lives as long with \
                     TOKEN_TTL_SECONDS={life}"
                ));
            }
            (Meaning::Constant, Some(Told::Else)) => {
                found.notes.push(format!("{place} is a time, and stands as it came"));
            }
            _ => {}
        }
    }
    let life = login.life.filter(|life| *life != OUR_LIFE);
    found.notes.extend(life.map(|life| {
        format!("the token lives {life} s; ours lives {OUR_LIFE} s, or as long with TOKEN_TTL_SECONDS={life}")
    }));
    found
}

/// How long a token of ours lives without a setting, in seconds.
const OUR_LIFE: i64 = 3600;

enum Meaning {
    /// What fills it, with its quotes.
    Gap(String),
    /// It is the user's.
    Personal,
    Constant,
}

fn meanings<'a>(
    login: &LoginObservation,
    spans: &'a [Span],
    [other, again]: [Option<&BTreeMap<String, Value>>; 2],
    writing: Writing,
) -> BTreeMap<&'a str, Meaning> {
    let again = |span: &Span| again.and_then(|again| again.get(&span.pointer));
    let gaps = spans
        .iter()
        .map(|span| (span, gap(login, span, [other.and_then(|other| other.get(&span.pointer)), again(span)], writing)));
    let (filled, rest): (Vec<_>, Vec<_>) = gaps.partition(|(_, gap)| gap.is_some());
    let filled = filled.into_iter().filter_map(|(span, gap)| Some((span.pointer.as_str(), Meaning::Gap(gap?))));
    // What tells of the user for its name alone.
    let mut names: Vec<&str> = vec![&login.login];
    names.extend(rest.iter().filter(|(span, _)| is_personal(span)).filter_map(|(span, _)| span.value.as_str()));
    let meaning = |span: &Span| match is_constant(login, span, other, &names) {
        true => Meaning::Constant,
        false => Meaning::Personal,
    };
    { filled }.chain(rest.iter().map(|(span, _)| (span.pointer.as_str(), meaning(span)))).collect()
}

/// What fills `span`, if that is known. `other` is what stood there for another user, and `again` when the same one logged in
/// again.
fn gap(login: &LoginObservation, span: &Span, [other, again]: [Option<&Value>; 2], writing: Writing) -> Option<String> {
    let raw = &login.received.body[span.range.clone()];
    match &span.value {
        Value::String(text) if text.contains(&login.token) => {
            return Some(span.filled_with(&with_token(login, text, other)));
        }
        Value::Number(number) if number.to_string() == login.token => return Some("<token>".to_owned()),
        // Another token, such as one to refresh this.
        Value::String(text) if is_other_token(span, text, again) => return Some(span.filled_with("<token>")),
        // What the request named, also of a server that stands below another path.
        Value::String(text) if text.ends_with(LOGIN) && span.filled_with(&writing.written(text)) == raw => {
            let base = Template::literal(&writing.written(text.strip_suffix(LOGIN).unwrap_or_default()));
            return Some(span.filled_with(&(base + "<caminho>")));
        }
        Value::String(text) if text == METHOD => return Some(span.filled_with("<metodo>")),
        Value::String(text) if *text == login.login && span.filled_with(&writing.written(text)) == raw => {
            return Some(span.filled_with("<login>"));
        }
        _ => {}
    }
    let gap = match told_by(login, span) {
        Some(Told::Gap(gap) | Told::Guess { gap, .. }) => gap,
        // The id of a session, and the like.
        _ if again.is_some_and(|again| *again != span.value) => {
            written(&moving(&[Place::between(span, again, login.now)?])?, writing, &Known::new(writing, []))
        }
        _ => return None,
    };
    Some(span.filled_with(&gap))
}

/// `text`, which has the token, with a gap for that. What else is in it stays if it is a scheme, or if the `other` user gets it
/// too.
fn with_token(login: &LoginObservation, text: &str, other: Option<&Value>) -> String {
    const GAP: &str = "<token>";
    let theirs = login.other.as_ref().zip(other.and_then(Value::as_str));
    let is_same = theirs.is_some_and(|(other, theirs)| {
        theirs.replace(&other.token, GAP) == text.replace(&login.token, GAP) && !has_word_of(theirs, &[&other.login])
    });
    let before = text.split(&login.token).next().unwrap_or_default();
    let is_scheme =
        ["", "Bearer ", "JWT ", "Token "].contains(&before) && text.len() == before.len() + login.token.len();
    match is_same || is_scheme {
        true => Template::literal(text).replace(&login.token, GAP),
        false => GAP.to_owned(),
    }
}

fn has_form_of_token(text: &str) -> bool {
    find_token(text).is_some_and(|token| token == text)
}

/// Whether `text` of `span`, which was `again` there when the same user logged in again, is a token, although not the one that was
/// accepted. What stays the same is the user's unless its name or its form says more.
fn is_other_token(span: &Span, text: &str, again: Option<&Value>) -> bool {
    let is_named = || ["token", "jwt"].iter().any(|word| squeezed(name(span)).contains(word));
    // What differs and has other signs is no id.
    let is_one = |again: &Value| if *again == span.value { is_named() } else { text.contains('.') };
    has_form_of_token(text) && (find_jwt(text).is_some() || again.is_none_or(is_one))
}

fn told_by(login: &LoginObservation, span: &Span) -> Option<Told> {
    told(name(span), &span.value, times::Known { now: login.now, life: login.life, zone: login.zone })
}

/// How the end of a token's life, which was `told`, may be written instead.
fn doubt_of_end(login: &LoginObservation, told: &Told) -> Option<String> {
    let (gap, life) = match told {
        Told::Gap(gap) => (gap, login.life?),
        Told::Guess { gap, life } => (gap, *life),
        Told::Else => return None,
    };
    let picture = gap.strip_prefix("<expira instante ")?.strip_suffix('>')?;
    doubts(picture, [OffsetDateTime::from_unix_timestamp(login.now + life).ok()?].iter())
}

/// Whether `span` may stand in a dialect as it came: it tells of no user.
fn is_constant(login: &LoginObservation, span: &Span, other: Option<&BTreeMap<String, Value>>, names: &[&str]) -> bool {
    let is_same = other.and_then(|other| other.get(&span.pointer)).map(|value| *value == span.value);
    match &span.value {
        Value::Null | Value::Bool(_) => true,
        Value::String(text) if text.is_empty() => true,
        _ if is_of_xml(span) || login.plain.iter().any(|plain| plain == name(span)) => true,
        _ if is_personal(span) || is_same == Some(false) => false,
        Value::String(text) if told_by(login, span).is_none() && is_of_one(text) => false,
        Value::String(text) if is_same == Some(true) => !has_word_of(text, names),
        _ if is_same == Some(true) => true,
        // A time that is no gap is the server's, if it is not of the user's past.
        Value::Number(number) => {
            let is_code = number.as_u64() == Some(u64::from(login.received.code));
            is_code || matches!(number.as_u64(), Some(0 | 1)) || matches!(told_by(login, span), Some(Told::Else))
        }
        Value::String(text) => WORDS.contains(&name(span).to_ascii_lowercase().as_str()) && names_nobody(text, names),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// Whether `span` is an attribute that says what XML means, such as a namespace.
fn is_of_xml(span: &Span) -> bool {
    let name = name(span);
    name == "xmlns" || ["xmlns:", "xsi:"].iter().any(|prefix| name.starts_with(prefix))
}

/// Whether `value` of `span` may not stand in other answers either. A role and a short number stand there for something else.
fn tells_of_somebody(span: &Span, value: &str) -> bool {
    let is_role = words_of(name(span)).iter().any(|word| ROLES.contains(&word.as_str()));
    let is_name = value.contains(char::is_alphabetic) && (is_personal(span) || value.contains(char::is_whitespace));
    is_of_one(value) || has_form_of_token(value) || is_name && !is_role
}

/// Whether `text` is an address or has a number such as a CPF: two users may share a test's, and nobody else.
fn is_of_one(text: &str) -> bool {
    let digits = |run: &str| run.chars().filter(char::is_ascii_digit).count();
    text.contains('@') || text.split(char::is_alphabetic).any(|run| digits(run) >= 8)
}

/// Whether `text` is words alone, and none of them is of `names` or written like one: `Bearer`, `Login efetuado com sucesso`.
fn names_nobody(text: &str, names: &[&str]) -> bool {
    let is_plain = |letter: char| letter.is_alphabetic() || " .,;:!-".contains(letter);
    let is_upper = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    text.chars().all(is_plain) && !text.split_whitespace().skip(1).any(is_upper) && !has_word_of(text, names)
}

fn has_word_of(text: &str, names: &[&str]) -> bool {
    let of_names: Vec<String> = names.iter().flat_map(|name| words(name)).collect();
    words(&text.replace(LOGIN, "")).iter().any(|word| of_names.contains(word))
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| word.chars().count() >= 3).map(str::to_lowercase).collect()
}

/// The name of the member that holds `span`, or that of the list that does.
fn name(span: &Span) -> &str {
    let is_index = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    span.pointer.rsplit('/').find(|part| !is_index(part)).unwrap_or_default()
}

/// Whether the name of `span`, or of what it is in, says that it tells of a person.
fn is_personal(span: &Span) -> bool {
    span.pointer.split('/').any(names_person)
}

fn values_of(body: &str) -> BTreeMap<String, Value> {
    values(body).into_iter().collect()
}

#[cfg(test)]
mod tests;
