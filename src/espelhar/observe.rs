//! How our server would have answered: which case an answer is, where ours would differ, and whether ours would have
//! refused the request.

use std::sync::Arc;

use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue};
use time::OffsetDateTime;
use uuid::Uuid;

use super::carrier::{names_a_token, words_of};
use super::exchange::Exchange;
use super::headers;
use super::recognise::{KnownErrors, asked, contract, split};
use super::redact::teller::Teller;
use crate::conferir::difference;
use crate::conferir::token::find_token;
use crate::conferir::values::end_of;
use crate::dialect::{AnswerForm, Dialect, Facts, LoggedIn, fits_between, reason};
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

/// Observes beside a server that answers in `dialect`.
pub struct Observer {
    pub dialect: Arc<Dialect>,
    pub(super) errors: KnownErrors,
}

impl Observer {
    pub fn new(dialect: Arc<Dialect>) -> Self {
        Self { errors: KnownErrors::of(Arc::clone(&dialect)), dialect }
    }

    pub fn observe(&self, exchange: &Exchange) -> Observation {
        let route = Route::of(exchange);
        let mut observation = Observation { route, case: None, differences: Vec::new(), refusal: None };
        if route == Route::Other {
            return observation;
        }
        // It may repeat a part of the body.
        observation.refusal = refusal(exchange, route).map(|refusal| Teller::of(exchange).sentence(&refusal));
        let status = exchange.answer.status;
        let Some(text) = exchange.answer_text() else {
            observation.differences.push("body can't be read".to_owned());
            return observation;
        };
        let of_body = || self.errors.recognised(observation.refusal.as_deref().filter(|_| blames_request(status))?);
        let of_token = || contract("token_expired").filter(|_| has_expired(exchange, route));
        let of_rest = || of_body().or_else(of_token);
        let of_request = || if misses_token(exchange, route) { contract("token_missing") } else { of_rest() };
        if let Some(known) = self.errors.answered(exchange, &text).or_else(of_request) {
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

    /// Where our answer in `form` would be another one. The contract gives it with `code`.
    fn differences(&self, exchange: &Exchange, body: &str, code: u16, form: AnswerForm<'_>) -> Vec<String> {
        let mut differences = Vec::new();
        let status = exchange.answer.status;
        if status != form.code {
            differences.push(format!("status {status}, ours {}", form.code));
        }
        let teller = Teller::of(exchange);
        let said = &exchange.answer.reason;
        if said != reason(status) {
            let said = teller.sentence(said);
            differences.push(format!(
                "reason {}, ours {}",
                if said.is_empty() { "none" } else { &said },
                reason(status)
            ));
        }
        differences.extend(headers::differences(&exchange.answer, &self.headers(code, &form), &teller));
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
        self.dialect.add_headers(&mut headers, form.challenge);
        headers
    }

    /// Where `body` is another one than ours in `form`.
    fn difference_of_bodies(&self, exchange: &Exchange, body: &str, form: AnswerForm<'_>) -> Option<String> {
        let (token, asked) = (find_token(body), asked(exchange));
        let facts = |now, validade, login| Facts {
            texto: form.text,
            codigo: form.code,
            metodo: &exchange.request.head.method,
            caminho: exchange.path(),
            now,
            login: Some(LoggedIn { token: token.as_deref().unwrap_or("<token>"), validade, login }),
            named: Some(asked.named()),
            id: Uuid::nil(),
        };
        let (some, others) = (facts(OffsetDateTime::UNIX_EPOCH, 1, "a"), facts(exchange.request.at, 22, "b"));
        if form.fits(&some, body) {
            return None;
        }
        // What only the server knows is no difference: the place is told where it doesn't depend on that.
        let place = |facts| difference::first(&form.filled(facts), body);
        let place = place(&some).filter(|found| place(&others).as_ref() == Some(found));
        Some(place.map_or_else(|| "body".to_owned(), |place| format!("body: {place}")))
    }
}

/// Whether an answer with `status` may be about what is wrong with its request.
fn blames_request(status: u16) -> bool {
    matches!(status, 400 | 413 | 415 | 422 | 500)
}

/// Whether a change was refused that nothing carried a token for.
fn misses_token(exchange: &Exchange, route: Route) -> bool {
    let head = &exchange.request.head;
    let has_other = head.header("cookie").is_some() || head.target.contains('?');
    let is_refused = matches!(exchange.answer.status, 401 | 403);
    route == Route::Change && is_refused && !names_a_token(head) && !has_other
}

/// Whether a change was refused whose token had ended, as it says itself.
fn has_expired(exchange: &Exchange, route: Route) -> bool {
    let head = &exchange.request.head;
    let values = head.headers.iter().filter_map(|(_, value)| std::str::from_utf8(value).ok());
    let mut ends = values.flat_map(words_of).filter_map(end_of);
    let is_refused = matches!(exchange.answer.status, 401 | 403);
    route == Route::Change && is_refused && ends.any(|end| end <= exchange.request.at.unix_timestamp())
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
