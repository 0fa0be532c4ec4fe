//! How a server says that a change was made, and what its answers tell of statuses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::case::{MADE, STATUS};
use super::cases::MOTIVO_REQUIRED;
use super::client::Received;
use super::places::places;
use super::spans::spans;
use crate::dialect::{Asked, Dialect, Facts, Group, Mention, alike, is_explained};
use crate::domain::atendimento::Status;
use crate::sensitive::{folded, names_status};

/// What an answer says of the change that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Made,
    Refused,
    /// Neither for certain.
    Unclear,
}

/// Nothing at first: then the status code says it.
#[derive(Default)]
pub(super) struct Learned {
    /// That of a server which refuses with 200 too: its word for a success.
    dialect: Option<Arc<Dialect>>,
    /// What the run's changes name beside the status.
    named: Asked,
    /// The bodies of changes that were made, by the status after them.
    successes: Vec<(Status, String)>,
    /// The answer to a change that was refused.
    refusal: Option<Received>,
}

impl Learned {
    /// Of a run whose changes name `named`.
    pub(super) fn of(named: Asked) -> Self {
        Self { named, ..Self::default() }
    }

    /// Whether a change, to `status` if that is known, was made for certain.
    pub(super) fn made(&self, status: Option<Status>, received: &Received) -> bool {
        self.reading(status, status, received) == Reading::Made
    }

    /// Whether `received` has the status code of a success, and may be a refusal all the same.
    pub(super) fn is_unclear(&self, status: Option<Status>, received: &Received) -> bool {
        (200..300).contains(&received.code) && self.reading(status, status, received) == Reading::Unclear
    }

    /// What `received` says of a change that asked for `asked`, to `status` if it is one that servers make. Some servers answer
    /// 200 to everything.
    pub(super) fn reading(&self, asked: Option<Status>, status: Option<Status>, received: &Received) -> Reading {
        match received.code {
            200..300 => {}
            300..500 => return Reading::Refused,
            _ => return Reading::Unclear,
        }
        if let Some(dialect) = self.dialect.as_ref().filter(|_| self.successes.is_empty()) {
            return in_dialect(dialect, received, asked, &self.named);
        }
        if let Some(reading) = self.told_apart(status, received) {
            return reading;
        }
        let mut known = self.successes.iter().filter(|(of, _)| status.is_none_or(|status| status == *of)).peekable();
        let is_known = known.peek().is_some();
        let fits = known.any(|(_, success)| self.is_like(success, &received.body) || self.has_form(success, received));
        let refuses_otherwise = self.refusal.as_ref().is_none_or(|refusal| !(200..300).contains(&refusal.code));
        match self.successes.first().zip(self.refusal.as_ref()) {
            _ if fits || !is_known && refuses_otherwise => Reading::Made,
            Some(((_, success), _)) if !is_known && says_the_same(success, &received.body) => Reading::Made,
            _ => Reading::Unclear,
        }
    }

    /// What `received` says of a change to `status` on a server that refuses with the status code of a success, too: by what
    /// separates the successes that came from the refusal. None where that says nothing.
    fn told_apart(&self, status: Option<Status>, received: &Received) -> Option<Reading> {
        let refusal = self.refusal.as_ref().filter(|refusal| (200..300).contains(&refusal.code))?;
        let (of_status, others): (Vec<_>, Vec<_>) = self.successes.iter().partition(|(of, _)| status == Some(*of));
        let successes: Vec<&str> = { of_status.iter().chain(&others) }.map(|(_, success)| success.as_str()).collect();
        let reading = compared(status, &received.body, &successes, &refusal.body, &self.named);
        (reading != Reading::Unclear).then_some(reading)
    }

    /// Whether `received` has the members of `success`, where refusals have another status code: its texts may move. Some servers
    /// leave out what is empty, and the motivo where there is none.
    fn has_form(&self, success: &str, received: &Received) -> bool {
        let is_left_out = |value: &Value| match value {
            Value::String(text) => text.is_empty() || *text == self.named.motivo,
            value => value.is_null(),
        };
        let places = |body: &str, is_kept: &dyn Fn(&Value) -> bool| {
            let kept = spans(body).into_iter().filter(|span| is_kept(&span.value));
            kept.map(|span| span.pointer).collect::<Vec<_>>()
        };
        let have_same = |is_kept: &dyn Fn(&Value) -> bool| places(success, is_kept) == places(&received.body, is_kept);
        let refuses_otherwise = self.refusal.as_ref().is_some_and(|refusal| !(200..300).contains(&refusal.code));
        refuses_otherwise && (have_same(&|_| true) || have_same(&|value| !is_left_out(value)))
    }

    /// Whether `body` says what `success` says: what differs is an id, or differs between successes of the same status too.
    fn is_like(&self, success: &str, body: &str) -> bool {
        let now = OffsetDateTime::now_utc();
        let plain = without_statuses;
        let mut by_status: Vec<(Status, Vec<String>)> = Vec::new();
        for (status, success) in &self.successes {
            match by_status.iter_mut().find(|(of, _)| of == status) {
                Some((_, bodies)) => bodies.push(plain(success)),
                None => by_status.push((*status, vec![plain(success)])),
            }
        }
        let (one, other) = (plain(success), plain(body));
        let again = by_status.iter().filter(|(_, bodies)| bodies.len() > 1);
        let groups = again.map(|(_, bodies)| Group { now, texts: bodies.iter().map(String::as_str).collect() });
        let groups: Vec<Group<'_>> = groups.collect();
        let explains = |body: &str| {
            let alone = [one.as_str(), body].map(|text| Group { now, texts: vec![text] });
            is_explained(&groups.iter().cloned().chain(alone).collect::<Vec<_>>())
        };
        // What would explain a refusal explains nothing.
        let is_blind = || self.refusal.as_ref().is_some_and(|refusal| explains(&plain(&refusal.body)));
        says_the_same(success, body) || explains(&other) && !is_blind()
    }

    /// The server speaks `dialect`.
    pub(super) fn speaks(&mut self, dialect: &Arc<Dialect>) {
        self.dialect = dialect.refuses_with_success().then(|| Arc::clone(dialect));
    }

    /// From now on, only an answer like `received` says that a change to `status` was made.
    pub(super) fn success(&mut self, status: Status, received: &Received) {
        self.successes.push((status, received.body.clone()));
    }

    /// From now on, an answer like `received` may be no success, whatever its status code.
    pub(super) fn refusal(&mut self, received: &Received) {
        self.refusal = Some(received.clone());
    }
}

/// What `received` says in `dialect`, which refuses with the status code of a success, too, of a change to `status`:
/// without one, there is none that a success could name.
fn in_dialect(dialect: &Dialect, received: &Received, status: Option<Status>, named: &Asked) -> Reading {
    let form = dialect.success(MADE);
    let mention = |motivo| Some(Mention { status: status.map_or("", Status::nome), motivo, ..named.named() });
    let facts = Facts {
        texto: form.text,
        codigo: form.code,
        metodo: "POST",
        caminho: STATUS,
        now: OffsetDateTime::UNIX_EPOCH,
        login: None,
        named: mention(&named.motivo),
        id: Uuid::nil(),
    };
    // Not each change has named the motivo.
    let fits = |facts: &Facts<'_>| form.fits(facts, &received.body);
    if received.code == form.code && (fits(&facts) || fits(&Facts { named: mention(""), ..facts })) {
        return Reading::Made;
    }
    let refusal = dialect.error("motivo_required", None, 400, MOTIVO_REQUIRED);
    let refused = Facts { texto: refusal.text, codigo: refusal.code, ..facts };
    // What is another one in each answer is another one in these two.
    let later = Facts { now: OffsetDateTime::UNIX_EPOCH + LATER, id: Uuid::max(), ..facts };
    let successes = [&facts, &later].map(|facts| form.filled(facts));
    compared(status, &received.body, &successes.each_ref().map(String::as_str), &refusal.filled(&refused), named)
}

/// Each part of a time is another one so much later.
const LATER: Duration = Duration::new(400 * 86_400 + 3_600 + 60 + 1, 111_111_111);

/// Which of `successes` and `refusal` the answer `body` to a change to `status` is like, in what tells the two apart: their
/// members, or the values of those; of plain texts, the word in which they part. What repeats the change, which names `named`,
/// tells nothing.
fn compared(status: Option<Status>, body: &str, successes: &[&str], refusal: &str, named: &Asked) -> Reading {
    let members = |body| places(body).into_iter().map(|span| (span.pointer, span.value)).collect::<Members>();
    let (own, refused) = (members(body), members(refusal));
    let made: Vec<Members> = successes.iter().map(|success| members(success)).collect();
    let Some(first) = made.first() else { return Reading::Unclear };
    if own.is_empty() && refused.is_empty() && made.iter().all(Members::is_empty) {
        return parted(body, successes, refusal);
    }
    let has_form = |one: &Members, other: &Members| own.keys().eq(one.keys()) && !own.keys().eq(other.keys());
    let all: Vec<&Members> = made.iter().chain([&refused, &own]).collect();
    let telling: Vec<(&String, &Value)> = own.iter().filter(|(place, _)| !is_repeated(place, &all, named)).collect();
    let is_value_of = |one: &Members, other: &[&Members]| {
        { telling.iter() }.any(|(place, value)| {
            one.get(*place) == Some(value) && other.iter().all(|other| other.get(*place) != Some(value))
        })
    };
    let of_successes: Vec<&Members> = made.iter().collect();
    let is_made = made.iter().any(|made| has_form(made, &refused) || is_value_of(made, &[&refused]));
    let is_refused = made.iter().all(|made| has_form(&refused, made))
        || is_value_of(&refused, &of_successes)
        || telling.iter().any(|(place, value)| is_other_code(place, value, &made, refused.get(*place)));
    match (is_made, is_refused) {
        (true, false) => Reading::Made,
        (false, true) => Reading::Refused,
        (false, false) if own.keys().eq(refused.keys()) => {
            let value = |members: &Members, place: &str| members.get(place).and_then(Value::as_str).map(str::to_owned);
            let words = |place: &String| Some((value(&own, place)?, value(first, place)?, value(&refused, place)?));
            let told = { own.keys() }.find_map(|place| told_by_word(status, place, words(place)?));
            let by_words = |place: &String| {
                let made: Option<Vec<String>> = made.iter().map(|made| value(made, place)).collect();
                let made = made?;
                let made: Vec<&str> = made.iter().map(String::as_str).collect();
                Some(parted(&value(&own, place)?, &made, &value(&refused, place)?))
            };
            let is_told = |reading: &Reading| *reading != Reading::Unclear;
            told.or_else(|| own.keys().filter_map(by_words).find(is_told)).unwrap_or(Reading::Unclear)
        }
        _ => Reading::Unclear,
    }
}

/// Whether some of `all` repeat at `place` what their request named.
fn is_repeated(place: &str, all: &[&Members], named: &Asked) -> bool {
    let is_named = |text: &str| {
        let is_one = |name: &String| !name.is_empty() && name == text;
        is_one(&named.protocolo) || is_one(&named.motivo) || Status::from_nome(text).is_some()
    };
    all.iter().filter_map(|members| members.get(place)?.as_str()).any(is_named)
}

/// Whether `value` at `place` is a code of another kind than that of all successes, as the one of the refusal is.
fn is_other_code(place: &str, value: &Value, made: &[Members], refused: Option<&Value>) -> bool {
    /// What members are called whose number tells a success even if one alone is known.
    const CODES: [&str; 7] = ["codigo", "code", "cod", "erro", "error", "errorcode", "retorno"];
    let word = |value: &Value| value.as_str().map(|text| !text.is_empty() && !text.contains(char::is_whitespace));
    let is_number = |value: &Value| match value {
        Value::Number(_) | Value::Bool(_) => true,
        Value::String(text) => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    let is_code = |value: &Value| is_number(value) || made.len() > 1 && word(value) == Some(true);
    let name = folded(place.rsplit('/').next().unwrap_or_default()).replace(['_', '-'], "");
    let Some(success) = made.first().and_then(|made| made.get(place)) else { return false };
    let is_known = made.len() > 1 || CODES.contains(&name.as_str());
    let is_constant = is_known && made.iter().all(|made| made.get(place) == Some(success));
    is_constant
        && { [Some(value), Some(success), refused] }.into_iter().all(|value| value.is_some_and(is_code))
        && value != success
        && refused != Some(success)
}

/// The values of an answer, by their places.
type Members = BTreeMap<String, Value>;

/// The same of plain texts: by the first word in which a success and the `refusal` part.
fn parted(body: &str, successes: &[&str], refusal: &str) -> Reading {
    fn words(text: &str) -> impl Iterator<Item = &str> {
        text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
    }
    let Some(first) = successes.first() else { return Reading::Unclear };
    let at = words(first).zip(words(refusal)).take_while(|(made, refused)| made == refused).count();
    let word = |text| words(text).nth(at);
    let (Some(own), Some(made), Some(refused)) = (word(body), word(first), word(refusal)) else {
        return Reading::Unclear;
    };
    if words(first).zip(words(body)).take(at).any(|(made, own)| made != own) {
        return Reading::Unclear;
    }
    // What all successes say, a success says.
    let of_all = |(place, made): &(usize, &str)| successes.iter().all(|other| words(other).nth(*place) == Some(*made));
    let mut said = words(first).enumerate().filter(of_all).filter(|(_, word)| !word.contains(char::is_numeric));
    let has_all = said.all(|(place, made)| words(body).nth(place) == Some(made));
    let has = |other: &str| successes.iter().any(|success| word(success) == Some(other));
    match () {
        () if has_all && own == made && !successes.iter().any(|success| word(success) != Some(made)) => Reading::Made,
        () if own == refused && !has(refused) => Reading::Refused,
        () => Reading::Unclear,
    }
}

/// What `own` says, where the success has a word for the status that it led to, and the refusal a sentence in its place.
fn told_by_word(
    status: Option<Status>,
    place: &str,
    (own, made, refused): (String, String, String),
) -> Option<Reading> {
    let letters = |text: &str| folded(text).chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let names = |text: &str| Status::ALL.iter().any(|status| letters(status.nome()) == letters(text));
    let is_word = |text: &str| names(text) || !text.trim().is_empty() && !text.contains(char::is_whitespace);
    if !is_word(&made) || is_word(&refused) {
        return None;
    }
    if status.is_some_and(|status| letters(status.nome()) == letters(&own)) {
        return Some(Reading::Made);
    }
    let reading = if is_word(&own) { Reading::Made } else { Reading::Refused };
    Some(reading).filter(|_| names_status(place))
}

/// Whether two answers that nobody can ask for again may say the same: but for the status, and for ids.
pub(super) fn says_the_same(one: &str, other: &str) -> bool {
    alike(&without_statuses(one), &without_statuses(other))
}

fn without_statuses(body: &str) -> String {
    Status::ALL.iter().fold(body.to_owned(), |body, status| body.replace(status.nome(), ""))
}

/// A body without what may change from one answer to the next: numbers, times and statuses.
pub fn steady(body: &str) -> String {
    without_statuses(body).chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// The status that `body` asks for.
pub(super) fn asked_status(body: &str) -> Option<Status> {
    spans(body).iter().find(|span| span.pointer == "/status").and_then(|span| Status::from_nome(span.value.as_str()?))
}

/// The status in which the atendimento was, if the answer to a change of it to `asked` tells another one than `start`.
pub(super) fn contradiction(received: &Received, start: Status, asked: Status) -> Option<Status> {
    let told: Vec<Status> = statuses_told(&received.body).into_iter().filter(|told| *told != asked).collect();
    match told[..] {
        [told] if told != start => Some(told),
        _ => None,
    }
}

/// The statuses that members of `body` name.
fn statuses_told(body: &str) -> Vec<Status> {
    let mut told: Vec<Status> = Vec::new();
    for status in spans(body).iter().filter_map(|span| Status::from_nome(span.value.as_str()?)) {
        if !told.contains(&status) {
            told.push(status);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_without_a_motivo_makes_no_refusal() {
        let answer = |code: u16, body: &str| Received {
            code,
            headers: axum::http::HeaderMap::new(),
            body: body.to_owned(),
            charset: encoding_rs::UTF_8,
        };
        let named = r#"{"st":"Aberto","motivo":"Duplicado"}"#;
        for none in [r#"{"st":"Aberto"}"#, r#"{"st":"Aberto","motivo":null}"#, r#"{"st":"Aberto","motivo":"-"}"#] {
            let mut learned = Learned::of(Asked { motivo: "Duplicado".to_owned(), ..Asked::default() });
            learned.refusal(&answer(400, r#"{"erro":"Informe o motivo"}"#));
            learned.success(Status::Aberto, &answer(200, none));
            assert!(learned.made(Some(Status::Aberto), &answer(200, named)), "{none}");
            assert!(!learned.made(Some(Status::Aberto), &answer(200, r#"{"erro":"Informe o motivo"}"#)), "{none}");
        }
    }

    #[test]
    fn a_success_is_told_from_a_refusal_by_what_separates_the_two() {
        let made = ["OK: chamado 7 de Aberto para Finalizado", "OK: chamado 8 de Finalizado para Aberto"];
        let enveloped = [
            r#"{"ok":true,"texto":"Feito","dados":{"de":"OPEN"}}"#,
            r#"{"ok":true,"texto":"Feito","dados":{"de":"CLOSED"}}"#,
        ];
        let refused = r#"{"ok":false,"texto":"Motivo?","dados":null}"#;
        let named = Asked { protocolo: "7".to_owned(), motivo: "Duplicado".to_owned(), ..Asked::default() };
        let repeated = [
            r#"{"codigo":0,"protocolo":"7","status":"Cancelado","motivo":"Duplicado"}"#,
            r#"{"codigo":0,"protocolo":"7","status":"Aberto","motivo":null}"#,
        ];
        let repeated_refusal = r#"{"codigo":3,"protocolo":"7","status":"Cancelado","motivo":null}"#;
        for (successes, refusal, body, expected) in [
            (&enveloped[..], refused, r#"{"ok":false,"texto":"Token?","dados":null}"#, Reading::Refused),
            (&enveloped, refused, r#"{"ok":true,"texto":"Feito","dados":{"de":"NEW"}}"#, Reading::Made),
            (&made, "ERRO: sem motivo", "ERRO: Token is missing", Reading::Refused),
            (&made, "ERRO: sem motivo", "OK: chamado 9 de Cancelado para Aberto", Reading::Made),
            (&made, "ERRO: sem motivo", "OK, mas sem efeito", Reading::Unclear),
            (
                &repeated[..1],
                repeated_refusal,
                r#"{"codigo":0,"protocolo":"7","status":"Cancelado","motivo":null}"#,
                Reading::Made,
            ),
            (
                &repeated,
                repeated_refusal,
                r#"{"codigo":5,"protocolo":"7","status":"Aberto","motivo":"Duplicado"}"#,
                Reading::Refused,
            ),
            (&[r#"{"codigo":"00"}"#], r#"{"codigo":"17"}"#, r#"{"codigo":"04"}"#, Reading::Refused),
            (&[r#"{"n":12}"#], r#"{"n":13}"#, r#"{"n":14}"#, Reading::Unclear),
            (&[r#"{"r":"OK"}"#, r#"{"r":"OK"}"#], r#"{"r":"E_MOTIVO"}"#, r#"{"r":"E_TOKEN"}"#, Reading::Refused),
            (&[r#"{"s":"OPEN"}"#, r#"{"s":"CLOSED"}"#], r#"{"s":"ERROR"}"#, r#"{"s":"NEW"}"#, Reading::Unclear),
            // The first word of a sentence is no sign of a success.
            (&["Atendimento atualizado"], "Informe o motivo", "Atendimento não encontrado", Reading::Unclear),
            (
                &[r#"{"m":"Atendimento atualizado"}"#],
                r#"{"m":"Informe o motivo"}"#,
                r#"{"m":"Atendimento não encontrado"}"#,
                Reading::Unclear,
            ),
        ] {
            assert_eq!(compared(None, body, successes, refusal, &named), expected, "{body}");
        }
    }
}
