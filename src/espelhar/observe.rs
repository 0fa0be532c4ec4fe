//! How our server would have answered: which case an answer is, where ours would differ, and whether ours would have
//! refused the request.

use std::sync::Arc;

use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::exchange::Exchange;
use super::headers;
use crate::conferir::difference;
use crate::conferir::values::find_token;
use crate::dialect::{AnswerForm, Dialect, Facts, LoggedIn, fits_between};
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::{ALWAYS, MADE, REQUEST_ID};
use crate::http::fuzzing;

/// The names of the successes.
pub const LOGIN: &str = "login";
pub const SUCESSO: &str = "sucesso";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    Login,
    Change,
    Other,
}

impl Route {
    pub fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Change => "status",
            Self::Other => "outra",
        }
    }

    pub fn of(exchange: &Exchange) -> Self {
        let is_post = exchange.request.head.method == "POST";
        match exchange.path().trim_end_matches('/') {
            path if is_post && path.ends_with("/api/usuario/login") => Self::Login,
            path if is_post && path.ends_with("/api/atendimentos/status") => Self::Change,
            _ => Self::Other,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    pub route: Route,
    /// The answer's name in a dialect, or `login` and `sucesso`; none for one that we do not know.
    pub case: Option<&'static str>,
    /// In which points our answer would be another one.
    pub differences: Vec<String>,
    /// What our server would refuse the request with, whatever its token and its atendimento.
    pub refusal: Option<String>,
}

impl Observation {
    /// What our server would refuse the request with, that was accepted.
    pub fn refusal_of_accepted(&self) -> Option<&str> {
        self.refusal.as_deref().filter(|_| self.case.is_some_and(is_success))
    }
}

/// Whether `case` names a success.
pub fn is_success(case: &str) -> bool {
    [LOGIN, SUCESSO].contains(&case)
}

/// An error of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    pub name: &'static str,
    pub code: u16,
    /// Its whole text.
    pub said: String,
}

impl Recognised {
    /// The field, such as that of `status – esse campo é obrigatório`.
    pub fn field(&self) -> Option<&str> {
        self.said.split_once(" – ").map(|(field, _)| field)
    }
}

/// Observes beside a server that answers in `dialect`.
pub struct Observer {
    pub dialect: Arc<Dialect>,
    /// Every text of an error, split at its gaps, with its name; the most telling ones first.
    texts: Vec<(Vec<String>, &'static str, u16)>,
}

impl Observer {
    pub fn new(dialect: Arc<Dialect>) -> Self {
        let mut texts: Vec<_> = ApiError::told_apart()
            .filter(|error| !error.is_ours_alone())
            .flat_map(|error| {
                let row = error.row();
                let own = dialect.error(row.name, None, row.status.as_u16(), row.text).text.to_owned();
                [own, row.text.to_owned()].map(|text| (split(&text), row.name, row.status.as_u16()))
            })
            .collect();
        texts.sort_by_key(|(parts, ..)| std::cmp::Reverse(parts.iter().map(String::len).sum::<usize>()));
        Self { dialect, texts }
    }

    pub fn observe(&self, exchange: &Exchange) -> Observation {
        let route = Route::of(exchange);
        let mut observation = Observation { route, case: None, differences: Vec::new(), refusal: None };
        if route == Route::Other {
            return observation;
        }
        observation.refusal = refusal(exchange, route);
        let status = exchange.answer.status;
        let Some(text) = exchange.answer_text() else {
            observation.differences.push("body can't be read".to_owned());
            return observation;
        };
        let of_request = || self.recognised(observation.refusal.as_deref().filter(|_| blames_request(status))?);
        if let Some(known) = self.recognised(&text).or_else(of_request) {
            observation.case = Some(known.name);
            let form = self.dialect.error(known.name, known.field(), known.code, &known.said);
            let text_of_form = if fits_between(&split(form.text), &known.said) { &known.said } else { form.text };
            let form = AnswerForm { text: text_of_form, ..form };
            observation.differences = self.differences(exchange, &text, known.code, form);
        } else if (200..300).contains(&status) {
            observation.case = Some(if route == Route::Login { LOGIN } else { SUCESSO });
            let form = if route == Route::Login { self.dialect.login() } else { self.dialect.success(MADE) };
            observation.differences = self.differences(exchange, &text, 200, form);
        } else {
            observation.differences.push(format!("an answer that we do not know, {status}"));
        }
        observation
    }

    /// The error that `body` has the text of.
    pub fn recognised(&self, body: &str) -> Option<Recognised> {
        let strings = strings(body);
        let find = |is_whole: bool| {
            self.texts.iter().find_map(|(parts, name, code)| {
                let mut said = strings.iter().filter_map(|text| Some((text, said_within(parts, text)?)));
                let (_, said) = said.find(|(text, said)| !is_whole || *said == text.as_str())?;
                Some(Recognised { name, code: *code, said: said.to_owned() })
            })
        };
        find(true).or_else(|| find(false))
    }

    /// Where our answer in `form` would be another one. The contract gives it with `code`.
    fn differences(&self, exchange: &Exchange, body: &str, code: u16, form: AnswerForm<'_>) -> Vec<String> {
        let mut differences = Vec::new();
        let status = exchange.answer.status;
        if status != form.code {
            differences.push(format!("status {status}, ours {}", form.code));
        }
        differences.extend(headers::differences(&exchange.answer, &self.headers(code, &form)));
        differences.extend(self.difference_of_bodies(exchange, body, form));
        differences
    }

    /// The headers of our answer.
    fn headers(&self, code: u16, form: &AnswerForm<'_>) -> HeaderMap {
        let always = ALWAYS.into_iter().chain([(REQUEST_ID, "")]);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, form.content_type.clone());
        headers.extend(always.map(|(name, value)| (name, HeaderValue::from_static(value))));
        if code == 401 {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        self.dialect.add_headers(&mut headers, form.code);
        headers
    }

    /// Where `body` is another one than ours in `form`.
    fn difference_of_bodies(&self, exchange: &Exchange, body: &str, form: AnswerForm<'_>) -> Option<String> {
        let token = find_token(body);
        let facts = |now, validade, login| Facts {
            texto: form.text,
            codigo: form.code,
            metodo: &exchange.request.head.method,
            caminho: exchange.path(),
            now,
            login: Some(LoggedIn { token: token.as_deref().unwrap_or("<token>"), validade, login }),
            named: None,
            id: Uuid::nil(),
        };
        let escapes = self.dialect.escapes;
        let (some, others) = (facts(OffsetDateTime::UNIX_EPOCH, 1, "a"), facts(exchange.request.at, 22, "b"));
        if form.body.fits(escapes, &some, body) {
            return None;
        }
        // What only the server knows is no difference: the place is told where it doesn't depend on that.
        let place = |facts| difference::first(&form.body.filled(escapes, facts), body);
        let place = place(&some).filter(|found| place(&others).as_ref() == Some(found));
        Some(place.map_or_else(|| "body".to_owned(), |place| format!("body: {place}")))
    }
}

/// Whether an answer with `status` may be about what is wrong with its request.
fn blames_request(status: u16) -> bool {
    matches!(status, 400 | 413 | 415 | 422 | 500)
}

/// Why our server would refuse the request, if it would.
fn refusal(exchange: &Exchange, route: Route) -> Option<String> {
    let body = exchange.request_text()?;
    match route {
        Route::Login => fuzzing::login(body.as_bytes()).err(),
        Route::Change => fuzzing::change(body.as_bytes()).err(),
        Route::Other => None,
    }
}

fn split(text: &str) -> Vec<String> {
    text.split("{}").map(str::to_owned).collect()
}

/// What in `text` is `parts` in their order, with something between them, such as in `ERRO: status – valor inválido`.
fn said_within<'a>(parts: &[String], text: &'a str) -> Option<&'a str> {
    let mut places = Vec::with_capacity(parts.len());
    let mut end = 0;
    for part in parts {
        let at = end + text[end..].find(part.as_str())?;
        end = at + part.len();
        places.push(at);
    }
    let is_open = |part: Option<&String>| part.is_some_and(String::is_empty);
    // A value that begins or ends it is one word.
    let start = match is_open(parts.first()) {
        true => text[..*places.get(1)?].rfind(' ').map_or(0, |space| space + 1),
        false => *places.first()?,
    };
    let end = if is_open(parts.last()) { end + text[end..].find(' ').unwrap_or(text.len() - end) } else { end };
    Some(&text[start..end])
}

/// All texts in a body: the values in JSON, or else all of it.
fn strings(body: &str) -> Vec<String> {
    fn collect(value: Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) => into.push(text),
            Value::Array(items) => items.into_iter().for_each(|item| collect(item, into)),
            Value::Object(members) => members.into_iter().for_each(|(_, member)| collect(member, into)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    match serde_json::from_str(body) {
        Ok(value) => collect(value, &mut found),
        Err(_) => found.push(body.trim().to_owned()),
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_recognised_by_its_text_alone_or_within_another() {
        let observer = Observer::new(Arc::new(Dialect::contract()));
        for (body, name, said) in [
            (r#"{"a":[1,{"b":"Senha inválida"}]}"#, "wrong_senha", "Senha inválida"),
            ("ERRO: Token is missing\n", "token_missing", "Token is missing"),
            (
                "ERRO: motivoStatus – esse campo é obrigatório\n",
                "motivo_required",
                "motivoStatus – esse campo é obrigatório",
            ),
            ("ERRO: status – valor inválido (12)", "invalid", "status – valor inválido"),
            (
                r#"{"m":"motivoStatus – esse campo é obrigatório."}"#,
                "motivo_required",
                "motivoStatus – esse campo é obrigatório",
            ),
            (
                "<p>JWT strings must contain exactly 2 period characters. Found: 0 </p>",
                "token_periods",
                "JWT strings must contain exactly 2 period characters. Found: 0",
            ),
        ] {
            let known = observer.recognised(body).unwrap();
            assert_eq!((known.name, known.said.as_str()), (name, said), "{body}");
        }
        for body in ["", "{}", "Senha invalida", r#"{"message":"ok"}"#, MADE] {
            assert_eq!(observer.recognised(body), None, "{body}");
        }
    }
}
