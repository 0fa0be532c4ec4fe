//! The success of a login: what of it varies, and what belongs to the user who logged in and stays out of the dialect.

use std::collections::BTreeMap;

use serde_json::Value;
use time::UtcOffset;

use super::envelope::with_gaps;
use super::known::Known;
use super::moving::{Place, moving, written};
use super::seen::LoginObservation;
use super::times::{self, Told, told};
use crate::conferir::places::places;
use crate::conferir::spans::Span;
use crate::conferir::token::find_token;
use crate::dialect::{Entities, Escapes, Template, Writing};
use crate::sensitive::{names_person, words as words_of};

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

/// How a server writes, as its other answers show it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ways {
    pub(super) texts: (Escapes, Entities),
    /// The offset of its clock.
    pub(super) zone: Option<UtcOffset>,
}

pub(super) fn login_body(login: &LoginObservation, ways: Ways) -> LoginBody {
    let body = &login.received.body;
    let spans = places(body);
    let writing = Writing::of(ways.texts, &login.received.header("content-type").unwrap_or_default(), body);
    let mut found = LoginBody { corpo: String::new(), shown: body.clone(), personal: Vec::new(), notes: Vec::new() };
    let other = login.other.as_ref().map(|other| values_of(&other.received.body));
    let again = login.again.as_ref().map(|again| values_of(&again.body));
    let meanings: BTreeMap<&str, Meaning> =
        meanings((login, ways.zone), &spans, [other.as_ref(), again.as_ref()], writing);
    let nothing = Known::new(writing, []);
    let body_with = |hidden: fn(&Span) -> String, is_shown: fn(&str) -> bool| {
        with_gaps(body, &spans, &nothing, |span, _| match meanings.get(span.pointer.as_str())? {
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
        match (&meanings[place.as_str()], told_by((login, ways.zone), span)) {
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

/// A login, and the offset of the server's clock.
type Dated<'a> = (&'a LoginObservation, Option<UtcOffset>);

enum Meaning {
    /// What fills it, with its quotes.
    Gap(String),
    /// It is the user's.
    Personal,
    Constant,
}

fn meanings<'a>(
    dated: Dated<'_>,
    spans: &'a [Span],
    [other, again]: [Option<&BTreeMap<String, Value>>; 2],
    writing: Writing,
) -> BTreeMap<&'a str, Meaning> {
    let (login, _) = dated;
    let again = |span: &Span| again.and_then(|again| again.get(&span.pointer));
    let gaps = spans
        .iter()
        .map(|span| (span, gap(dated, span, [other.and_then(|other| other.get(&span.pointer)), again(span)], writing)));
    let (filled, rest): (Vec<_>, Vec<_>) = gaps.partition(|(_, gap)| gap.is_some());
    let filled = filled.into_iter().filter_map(|(span, gap)| Some((span.pointer.as_str(), Meaning::Gap(gap?))));
    // What tells of the user for its name alone.
    let mut names: Vec<&str> = vec![&login.login];
    names.extend(rest.iter().filter(|(span, _)| is_personal(span)).filter_map(|(span, _)| span.value.as_str()));
    let meaning = |span: &Span| match is_constant(dated, span, other, &names) {
        true => Meaning::Constant,
        false => Meaning::Personal,
    };
    { filled }.chain(rest.iter().map(|(span, _)| (span.pointer.as_str(), meaning(span)))).collect()
}

/// What fills `span`, if that is known. `other` is what stood there for another user, and `again` when the same one logged in
/// again.
fn gap(dated: Dated<'_>, span: &Span, [other, again]: [Option<&Value>; 2], writing: Writing) -> Option<String> {
    let (login, _) = dated;
    let raw = &login.received.body[span.range.clone()];
    match &span.value {
        Value::String(text) if text.contains(&login.token) => {
            return Some(span.filled_with(&with_token(login, text, other)));
        }
        Value::Number(number) if number.to_string() == login.token => return Some("<token>".to_owned()),
        // Another token, such as one to refresh this.
        Value::String(text)
            if is_token(text) && (again.is_none_or(|again| *again == span.value) || text.contains('.')) =>
        {
            return Some(span.filled_with("<token>"));
        }
        Value::String(text) if *text == login.login && span.filled_with(&writing.written(text)) == raw => {
            return Some(span.filled_with("<login>"));
        }
        _ => {}
    }
    let gap = match told_by(dated, span) {
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

fn is_token(text: &str) -> bool {
    find_token(text).is_some_and(|token| token == text)
}

fn told_by((login, zone): Dated<'_>, span: &Span) -> Option<Told> {
    told(name(span), &span.value, times::Known { now: login.now, life: login.life, zone })
}

/// Whether `span` may stand in a dialect as it came: it tells of no user.
fn is_constant(dated: Dated<'_>, span: &Span, other: Option<&BTreeMap<String, Value>>, names: &[&str]) -> bool {
    let (login, _) = dated;
    let is_same = other.and_then(|other| other.get(&span.pointer)).map(|value| *value == span.value);
    match &span.value {
        Value::Null | Value::Bool(_) => true,
        Value::String(text) if text.is_empty() => true,
        _ if is_personal(span) || is_same == Some(false) => false,
        Value::String(text) if told_by(dated, span).is_none() && is_of_one(text) => false,
        Value::String(text) if is_same == Some(true) => !has_word_of(text, names),
        _ if is_same == Some(true) => true,
        // A time that is no gap is the server's, if it is not of the user's past.
        Value::Number(number) => {
            let is_code = number.as_u64() == Some(u64::from(login.received.code));
            is_code || matches!(number.as_u64(), Some(0 | 1)) || matches!(told_by(dated, span), Some(Told::Else))
        }
        Value::String(text) => WORDS.contains(&name(span).to_ascii_lowercase().as_str()) && names_nobody(text, names),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// Whether `value` of `span` may not stand in other answers either. A role and a short number stand there for something else.
fn tells_of_somebody(span: &Span, value: &str) -> bool {
    let is_role = words_of(name(span)).iter().any(|word| ROLES.contains(&word.as_str()));
    let is_name = value.contains(char::is_alphabetic) && (is_personal(span) || value.contains(char::is_whitespace));
    is_of_one(value) || is_name && !is_role
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
    words(text).iter().any(|word| of_names.contains(word))
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
    places(body).into_iter().map(|span| (span.pointer, span.value)).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;
    use crate::conferir::client::Received;
    use crate::conferir::infer::seen::OtherLogin;

    const TOKEN: &str = "c2VjcmV0LXRva2VuLW9mLWEtdXNlcg0123";

    fn received(body: &str) -> Received {
        Received { code: 200, headers: HeaderMap::new(), body: body.to_owned(), charset: encoding_rs::UTF_8 }
    }

    fn found(body: &str, other: Option<&str>) -> LoginBody {
        found_twice(body, None, other)
    }

    fn found_twice(body: &str, again: Option<&str>, other: Option<&str>) -> LoginBody {
        let login = LoginObservation {
            token: TOKEN.to_owned(),
            login: "user.api".to_owned(),
            now: 1_795_867_205,
            life: None,
            received: received(&body.replace("TOKEN", TOKEN)),
            again: again.map(|again| received(&again.replace("TOKEN", "b3V0cm8tdG9rZW4tb2YtYS11c2VyMDEyMzQ"))),
            other: other.map(|body| OtherLogin {
                login: "x".to_owned(),
                token: "x".to_owned(),
                received: received(body),
            }),
        };
        login_body(&login, Ways::default())
    }

    #[test]
    fn what_is_the_users_stays_out() {
        let body = r#"{"token":"TOKEN","tokenType":"Bearer","id":4711,"usuario":{"nome":"Fulana de Tal","cpf":"000.000.000-00","login":"user.api"},"perfil":"Gerente","ativo":true,"message":"Login efetuado com sucesso"}"#;
        let found = found(body, None);
        let corpo = r#"{"token":"<token>","tokenType":"Bearer","id":<pessoal 0>,"usuario":{"nome":"<pessoal>","cpf":"<pessoal>","login":"<login>"},"perfil":"<pessoal>","ativo":true,"message":"Login efetuado com sucesso"}"#;
        assert_eq!(found.corpo, corpo);
        for personal in ["Fulana", "000.000", "Gerente", "4711"] {
            assert!(!found.shown.contains(personal), "{}", found.shown);
        }
        assert_eq!(found.notes.len(), 4, "{:?}", found.notes);
        // What others are, too, may stand in an error for something else.
        assert_eq!(found.personal, ["Fulana de Tal", "000.000.000-00"]);
    }

    #[test]
    fn what_is_another_one_at_each_login_becomes_a_gap() {
        let body = |id: &str, count: u8| format!(r#"{{"token":"TOKEN","sid":"{id}","acessos":{count},"nome":"Ana"}}"#);
        let found = found_twice(&body("9f3a1b2c4d5e", 41), Some(&body("0a1b2c3d4e5f", 42)), None);
        let corpo =
            r#"{"token":"<token>","sid":"<aleatorio hex 12>","acessos":<aleatorio digitos 2>,"nome":"<pessoal>"}"#;
        assert_eq!((found.corpo.as_str(), found.personal), (corpo, vec!["Ana".to_owned()]));
        assert!(!found.shown.contains("9f3a") && !found.shown.contains("Ana"), "{}", found.shown);
    }

    #[test]
    fn a_greeting_is_the_users() {
        for message in ["Olá, Fulana", "Bem-vindo, fulana!", "Bem-vindo, USER.API", "Acesso 4711", "a@b"] {
            let body = format!(r#"{{"token":"TOKEN","nome":"Fulana","message":"{message}"}}"#);
            assert_eq!(
                found(&body, None).corpo,
                r#"{"token":"<token>","nome":"<pessoal>","message":"<pessoal>"}"#,
                "{message}"
            );
        }
    }

    #[test]
    fn what_another_user_gets_too_is_the_servers() {
        let body =
            r#"{"token":"TOKEN","versao":7,"empresa":"Exemplo Ltda","id":4711,"nome":"Fulana","x":"Oi, Fulana"}"#;
        let other = r#"{"token":"x","versao":7,"empresa":"Exemplo Ltda","id":4712,"nome":"Fulana","x":"Oi, Fulana"}"#;
        let corpo = r#"{"token":"<token>","versao":7,"empresa":"Exemplo Ltda","id":<pessoal 0>,"nome":"<pessoal>","x":"<pessoal>"}"#;
        assert_eq!(found(body, Some(other)).corpo, corpo);
        // The data of one person in both logins of a test.
        let body = "OK|TOKEN|123.456.789-00|ana@example.com|Versão 7|2022";
        let other = body.replace("TOKEN", "x");
        assert_eq!(found(body, Some(&other)).corpo, "OK|<token>|<pessoal>|<pessoal>|Versão 7|2022");
    }

    #[test]
    fn what_is_no_json_names_nobody_either() {
        for (body, other, corpo) in [
            (
                "<r><token>TOKEN</token><login>user.api</login><nome>Fulana de Tal</nome><n>4711</n><v>2</v><s>OK</s></r>",
                Some("<r><token>x</token><login>x</login><nome>Beltrana</nome><n>4712</n><v>2</v><s>OK</s></r>"),
                "<r><<token><token></token><<login><login></login><nome><pessoal></nome><n><pessoal 0></n><v>2</v><s>OK</s></r>",
            ),
            ("<u nome='Fulana'><t>TOKEN</t></u>", None, "<u nome='<pessoal>'><t><token></t></u>"),
            ("OK|TOKEN|Fulana de Tal|000.000.001-91|user.api", None, "<pessoal>|<token>|<pessoal>|<pessoal>|<login>"),
            ("OK|TOKEN|Fulana de Tal", Some("OK|x|Beltrana"), "OK|<token>|<pessoal>"),
            ("token=TOKEN&nome=Fulana&tipo=Bearer", None, "token=<token>&nome=<pessoal>&tipo=Bearer"),
            ("OK TOKEN Fulana de Tal", None, "<token>"),
            ("Bearer TOKEN\n", None, "Bearer <token>\n"),
        ] {
            let found = found(body, other);
            assert_eq!(found.corpo, corpo);
            assert!(!found.shown.contains("Fulana") && !found.shown.contains(TOKEN), "{}", found.shown);
        }
    }

    #[test]
    fn a_sentence_with_the_token_names_nobody() {
        let body = r#"{"message":"Fulana, seu token: TOKEN","auth":"Bearer TOKEN"}"#;
        assert_eq!(found(body, None).corpo, r#"{"message":"<token>","auth":"Bearer <token>"}"#);
    }

    #[test]
    fn a_life_is_guessed_and_that_is_said() {
        let found = found(r#"{"access_token":"TOKEN","expires_in":7200}"#, None);
        assert_eq!(found.corpo, r#"{"access_token":"<token>","expires_in":<validade>}"#);
        assert!(found.notes[0].starts_with("/expires_in is taken for <validade>"), "{:?}", found.notes);
        assert!(found.notes[0].ends_with("TOKEN_TTL_SECONDS=7200"), "{:?}", found.notes);
    }
}
