//! How our server would have answered: which case an answer is, where ours would differ, and whether ours would have
//! refused the request.

use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;

use super::exchange::Exchange;
use crate::dialect::{AnswerForm, Dialect, Facts, LoggedIn, fits_between};
use crate::http::answer::MADE;
use crate::http::answer::catalogue::ApiError;
use crate::http::fuzzing;

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
    /// What our server would have refused the request with, that was accepted.
    pub refusal: Option<String>,
}

/// Observes beside a server that answers in `dialect`.
pub struct Observer {
    dialect: Arc<Dialect>,
    /// Every text of an error, split at its gaps, with its name; the most telling ones first.
    texts: Vec<(Vec<String>, &'static str, u16)>,
}

impl Observer {
    pub fn new(dialect: Arc<Dialect>) -> Self {
        let mut texts: Vec<_> = ApiError::one_of_each()
            .iter()
            .filter(|error| error.present_status().is_none() && !matches!(error, ApiError::UsuarioHidden))
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
        let status = exchange.answer.status;
        let Some(text) = exchange.answer_text() else {
            observation.differences.push("body can't be read".to_owned());
            return observation;
        };
        if let Some((name, code, said)) = self.recognised(&text) {
            observation.case = Some(name);
            // Such as in `status – esse campo é obrigatório`.
            let field = said.split_once(" – ").map(|(field, _)| field);
            let form = self.dialect.error(name, field, code, &said);
            observation.differences = self.differences(exchange, &text, AnswerForm { text: &said, ..form }, None);
        } else if (200..300).contains(&status) {
            observation.case = Some(if route == Route::Login { "login" } else { "sucesso" });
            let token = text.split('"').find(|part| part.len() > 16 && part.matches('.').count() == 2);
            let login = token.map(|token| LoggedIn { token, validade: 0, login: "" });
            let form = if route == Route::Login { self.dialect.login() } else { self.dialect.success(MADE) };
            observation.differences = self.differences(exchange, &text, form, login);
            observation.refusal = refusal(exchange, route);
        } else {
            observation.differences.push(format!("an answer that we do not know, {status}"));
        }
        observation
    }

    /// The name, the code and the whole text of the error that `body` has.
    fn recognised(&self, body: &str) -> Option<(&'static str, u16, String)> {
        let strings = strings(body);
        self.texts.iter().find_map(|(parts, name, code)| {
            let said = strings.iter().find(|said| fits_between(parts, said))?;
            Some((*name, *code, said.clone()))
        })
    }

    fn differences(
        &self,
        exchange: &Exchange,
        body: &str,
        form: AnswerForm<'_>,
        login: Option<LoggedIn<'_>>,
    ) -> Vec<String> {
        let mut differences = Vec::new();
        let status = exchange.answer.status;
        if status != form.code {
            differences.push(format!("status {status}, ours {}", form.code));
        }
        let content_type = exchange.answer.header("content-type").unwrap_or_default();
        let ours = String::from_utf8_lossy(form.content_type.as_bytes());
        if content_type != ours {
            differences.push(format!(
                "content-type {}, ours {ours}",
                if content_type.len() < 60 { content_type } else { "?" }
            ));
        }
        let facts = Facts {
            texto: form.text,
            codigo: form.code,
            caminho: exchange.path(),
            now: OffsetDateTime::now_utc(),
            login,
        };
        if !form.body.fits(self.dialect.escapes, &facts, body) {
            differences.push("body".to_owned());
        }
        differences
    }
}

/// Why our server would refuse the request, which was accepted.
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
