//! Logins that fail are asked once: what moves in their answers, other answers show.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ask::known;
use crate::conferir::client::Received;
use crate::conferir::infer::seen::Observation;
use crate::conferir::learned::steady;
use crate::conferir::places::{places, values};
use crate::conferir::session::Session;
use crate::conferir::spans::rewritten;

/// Nobody's login: no account is locked if it fails again.
const OF_NOBODY: &str = "login/unknown-user";
/// Longer numbers are times.
const DIGITS_MAX: usize = 9;

/// Gives each of `errors` that was asked once the answer that it would have got again, as far as others show that. Where two failed
/// logins have other numbers, and nothing shows whether those are codes of their own, that of nobody is asked again.
pub(super) async fn ask_again(session: &mut Session, errors: &mut [Observation]) {
    complete(errors);
    if !is_open(errors) {
        return;
    }
    let Ok(again) = session.send(known(OF_NOBODY)).await else { return };
    let of_nobody = errors.iter_mut().find(|seen| seen.case == OF_NOBODY && seen.received.code == again.code);
    if let Some(seen) = of_nobody {
        seen.again = Some(again);
        complete(errors);
    }
}

/// Whether the answers to failed logins differ in numbers that may be another one each time.
fn is_open(errors: &[Observation]) -> bool {
    let once: Vec<&Observation> = errors.iter().filter(|seen| seen.again.is_none()).collect();
    let Some(of_nobody) = once.iter().find(|seen| seen.case == OF_NOBODY) else { return false };
    let mut others = once.iter().filter(|seen| seen.case != OF_NOBODY && seen.path == of_nobody.path);
    others.any(|other| !moved(&of_nobody.received, &other.received).is_empty())
}

fn complete(errors: &mut [Observation]) {
    for at in 0..errors.len() {
        if errors[at].again.is_none() {
            let seen = &errors[at];
            let mut others = errors.iter().filter(|other| other.path == seen.path && other.case != seen.case);
            let again = others.find_map(|other| same_again(seen, other).or_else(|| counted_on(seen, other)));
            errors[at].again = again;
        }
    }
}

/// The answer to `other`, if that says what `seen` was answered, but for numbers.
fn same_again(seen: &Observation, other: &Observation) -> Option<Received> {
    let (one, two) = (&seen.received, &other.received);
    let repeats = |seen: &Observation| !seen.asked.login.is_empty() && seen.received.body.contains(&seen.asked.login);
    let is_same = one.code == two.code && steady(&one.body) == steady(&two.body) && !repeats(seen) && !repeats(other);
    (is_same && one.body != two.body).then(|| two.clone())
}

/// The answer to `seen`, with the numbers of `other` that were other ones when that was asked again.
fn counted_on(seen: &Observation, other: &Observation) -> Option<Received> {
    let moved = moved(&other.received, other.again.as_ref()?);
    let own = &seen.received;
    let body = rewritten(&own.body, &places(&own.body), str::to_owned, |span, raw| {
        let number = moved.get(&span.pointer).filter(|_| number(&span.value).is_some_and(|number| number != code(own)));
        number.map_or_else(|| raw.to_owned(), |number| span.filled_with(number))
    });
    (body != own.body).then(|| Received { body, ..own.clone() })
}

/// The numbers of `again` that are other ones in `received`, by their places.
fn moved(received: &Received, again: &Received) -> BTreeMap<String, String> {
    let before: BTreeMap<String, Value> = values(&received.body).into_iter().collect();
    let other = |(place, value): (String, Value)| {
        let (own, number) = (number(before.get(&place)?)?, number(&value)?);
        (own != number && own != code(received) && number != code(again)).then_some((place, number))
    };
    values(&again.body).into_iter().filter_map(other).collect()
}

fn code(received: &Received) -> String {
    received.code.to_string()
}

fn number(value: &Value) -> Option<String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let is_one = text.len() <= DIGITS_MAX && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_one.then_some(text)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;
    use crate::conferir::answers::AnswerName;
    use crate::dialect::Asked;

    fn received(code: u16, body: &str) -> Received {
        Received { code, headers: HeaderMap::new(), body: body.to_owned(), charset: encoding_rs::UTF_8 }
    }

    fn seen(case: &'static str, code: u16, body: &str, again: Option<&str>) -> Observation {
        Observation {
            case,
            name: AnswerName { name: case, field: None },
            code,
            text: "".into(),
            method: "POST",
            path: "/api/usuario/login".to_owned(),
            now: 0,
            received: received(code, body),
            again: again.map(|body| received(code, body)),
            asked: Asked::default(),
        }
    }

    #[test]
    fn others_show_which_numbers_of_a_failed_login_move() {
        let wrong = r#"{"erro":10021,"status":401,"m":"Senha inválida"}"#;
        let unknown = r#"{"erro":10020,"status":404,"m":"Sem usuário"}"#;
        for (other, again) in [
            // The same answer to another login.
            (seen("a", 401, r#"{"erro":10019,"status":401,"m":"Senha inválida"}"#, None), Some("10019")),
            // Another error of the route, which was asked twice.
            (seen("a", 400, r#"{"erro":10007,"status":400}"#, Some(r#"{"erro":10008,"status":400}"#)), Some("10008")),
            (seen("a", 400, r#"{"erro":7,"status":400}"#, Some(r#"{"erro":7,"status":400}"#)), None),
            (seen(OF_NOBODY, 404, unknown, None), None),
        ] {
            let is_open = other.case == OF_NOBODY;
            let mut errors = [other, seen("b", 401, wrong, None)];
            complete(&mut errors);
            let expected = again.map(|number| wrong.replace("10021", number));
            assert_eq!(errors[1].again.as_ref().map(|again| again.body.clone()), expected);
            assert_eq!(super::is_open(&errors), is_open);
        }
        for (other, is_open) in [
            (r#"{"erro":10020,"status":401,"m":"Senha inválida"}"#, true),
            (r#"{"erro":10020,"m":"Senha inválida"}"#, true),
            (r#"{"status":401,"m":"Senha inválida"}"#, false),
            (r#"{"erro":10021,"m":"Senha inválida"}"#, false),
        ] {
            let errors = [seen(OF_NOBODY, 404, r#"{"erro":10021,"status":404}"#, None), seen("b", 401, other, None)];
            assert_eq!(super::is_open(&errors), is_open, "{other}");
        }
    }
}
