//! How our server would have answered: which case an answer is, where ours would differ, and whether ours would have
//! refused the request.

use std::sync::Arc;

use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use super::carrier::{names_a_token, words_of};
use super::exchange::Exchange;
use super::headers;
use super::recognise::{KnownErrors, Recognised, asked, contract, split};
use super::redact::teller::Teller;
use crate::conferir::difference;
use crate::conferir::jwt::find_jwt;
use crate::conferir::token::{find_token, names_token};
use crate::conferir::values::end_of;
use crate::dialect::{AnswerForm, Dialect, Facts, LoggedIn, fits_between, reason};
use crate::domain::atendimento::Status;
use crate::http::answer::{ALWAYS, MADE, REQUEST_ID};
use crate::http::foreseen::{self, Sent};

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
    /// What our server would refuse the request with, whatever its token and the state of its atendimento.
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
        let refusal = self.refusal(exchange, route);
        // It may repeat a part of the body.
        observation.refusal = refusal.as_ref().map(|refusal| Teller::of(exchange).sentence(&refusal.said));
        let status = exchange.answer.status;
        let Some(text) = exchange.answer_text() else {
            observation.differences.push("body can't be read".to_owned());
            return observation;
        };
        let is_success = (200..300).contains(&status);
        let is_fruitless = is_success && route == Route::Login && !gives_token(exchange, &text);
        let of_body = || {
            let blames = |ours: &Recognised| is_fruitless || blames_request(status) || status == ours.code;
            refusal.clone().filter(blames)
        };
        let of_token = || contract("token_expired").filter(|_| has_expired(exchange, route));
        let of_rest = || of_body().or_else(of_token);
        let of_request = || if misses_token(exchange, route) { contract("token_missing") } else { of_rest() };
        if let Some(known) = self.errors.answered(exchange, &text).or_else(of_request) {
            observation.case = Some(known.name);
            let form = self.dialect.error(known.name, known.field(), known.code, &known.said);
            let text_of_form = if fits_between(&split(form.text), &known.said) { &known.said } else { form.text };
            let form = AnswerForm { text: text_of_form, ..form };
            observation.differences = self.differences(exchange, &text, known.code, form);
            // Where both are answered alike, nobody sees which it was.
            let is_other = |ours: &Recognised| {
                let form = self.dialect.error(ours.name, ours.field(), ours.code, &ours.said);
                !self.differences(exchange, &text, ours.code, form).is_empty()
            };
            let ours = refusal.filter(|ours| ours.comes_instead_of(&known) && is_other(ours));
            let ours = ours.zip(observation.refusal.as_ref());
            observation
                .differences
                .extend(ours.map(|(ours, said)| format!("another case, ours {}: {said}", ours.code)));
            let is_known = known.name == "unknown_status" && Status::from_nome(&asked(exchange).status).is_some();
            observation.differences.extend(is_known.then(|| "ours knows the status, and goes on".to_owned()));
        } else if is_fruitless {
            observation.differences.push(format!("a login without a token, {status}"));
        } else if is_success {
            observation.case = Some(if route == Route::Login { LOGIN } else { SUCESSO });
            let form = if route == Route::Login { self.dialect.login() } else { self.dialect.success(MADE) };
            observation.differences = self.differences(exchange, &text, 200, form);
        } else {
            observation.differences.push(format!("an answer that we do not know, {status}"));
        }
        observation
    }

    /// Why our server would refuse the request, if it would for certain.
    fn refusal(&self, exchange: &Exchange, route: Route) -> Option<Recognised> {
        let head = &exchange.request.head;
        let header = |(name, value): &(String, Vec<u8>)| {
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(value).ok()?))
        };
        let (uri, headers) =
            (head.target.parse().unwrap_or_default(), head.headers.iter().filter_map(header).collect());
        let sent = Sent { uri: &uri, headers: &headers, body: exchange.request.body.whole() };
        let error = match route {
            Route::Login => foreseen::of_login(&sent),
            Route::Change => foreseen::of_change(&sent, self.dialect.rules),
            Route::Other => None,
        };
        error.as_ref().map(Recognised::of)
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
        let facts = Facts {
            texto: form.text,
            codigo: form.code,
            metodo: &exchange.request.head.method,
            caminho: exchange.path(),
            now: exchange.request.at,
            login: Some(LoggedIn { token: token.as_deref().unwrap_or("<token>"), validade: 1, login: "" }),
            named: Some(asked.named()),
            id: Uuid::nil(),
        };
        if form.fits(&facts, body) {
            return None;
        }
        let place = form.misfit(&facts, body).map(|misfit| difference::at(misfit, body));
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

/// Whether the answer `text` to a login, or one of its headers, has a token in it.
fn gives_token(exchange: &Exchange, text: &str) -> bool {
    let has_one =
        |(name, value): &(String, Vec<u8>)| names_token(name) || find_jwt(&String::from_utf8_lossy(value)).is_some();
    find_token(text).is_some() || exchange.answer.headers.iter().any(has_one)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::OffsetDateTime;

    use super::*;
    use crate::dialect::Known;
    use crate::espelhar::exchange::{Capture, Request};
    use crate::espelhar::head::Head;

    const LOGIN_PATH: &str = "/api/usuario/login";
    const CHANGE_PATH: &str = "/api/atendimentos/status";

    /// What is observed of `answer` to a request with `headers` and `body`, beside a server in `dialect`.
    fn observed_in(
        dialect: &str,
        (target, headers, body): (&str, &[(&str, &str)], &str),
        (status, answer): (u16, &str),
    ) -> Observation {
        let known = Known::from(["same_status", "motivo_unneeded"].map(|name| (name.to_owned(), 0)));
        let capture = |text: &str| {
            let mut capture = Capture::default();
            capture.add(text.as_bytes());
            capture
        };
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        let head = Head { method: "POST".to_owned(), target: target.to_owned(), headers, ..Head::default() };
        let exchange = Exchange {
            request: Request { at: OffsetDateTime::UNIX_EPOCH, head, body: capture(body) },
            answer: Head { status, ..Head::default() },
            body: capture(answer),
            took: Duration::ZERO,
        };
        Observer::new(Dialect::parse(dialect, &known).unwrap().into()).observe(&exchange)
    }

    fn observed(request: (&str, &[(&str, &str)], &str), answer: (u16, &str)) -> Observation {
        observed_in("", request, answer)
    }

    #[test]
    fn what_ours_refuses_in_each_state_is_foreseen() {
        let change = |members: &str| format!(r#"{{"protocolo": "2022"{members}}}"#);
        let gzip = [("Content-Encoding", "gzip")];
        let long = change(&format!(r#", "status": "Aberto", "x": "{}""#, "x".repeat(65_536)));
        for (target, headers, body, refusal) in [
            (
                CHANGE_PATH,
                &[][..],
                change(r#", "status": "Cancelado""#),
                Some("motivoStatus – esse campo é obrigatório"),
            ),
            (
                CHANGE_PATH,
                &[],
                change(r#", "status": " improcedente ", "motivoStatus": " ""#),
                Some("motivoStatus – esse"),
            ),
            (CHANGE_PATH, &[], change(r#", "status": "Cancelado", "motivoStatus": [1]"#), Some("motivoStatus – esse")),
            (CHANGE_PATH, &[], change(r#", "status": "Cancelado", "motivoStatus": "x""#), None),
            (CHANGE_PATH, &[], change(r#", "status": "Resolvido""#), Some("Status não encontrado")),
            (CHANGE_PATH, &[], change(r#", "status": "Finalizado", "motivoStatus": "x""#), None),
            (CHANGE_PATH, &[], change(r#", "status": "Aberto""#), None),
            (CHANGE_PATH, &[], change(""), Some("status – esse campo é obrigatório")),
            (CHANGE_PATH, &[], change(r#", "status": "Aberto""#) + "\0\0", None),
            (CHANGE_PATH, &[], "[]".to_owned(), Some("Corpo da requisição inválido: não é um objeto JSON")),
            (CHANGE_PATH, &[], long, Some("Corpo da requisição muito grande")),
            (CHANGE_PATH, &gzip, change(r#", "status": "Aberto""#), Some("Content-Encoding não suportado")),
            (CHANGE_PATH, &[("Content-Type", "x; charset=x")], change(""), Some("Charset do corpo não suportado")),
            (CHANGE_PATH, &[("Idempotency-Key", "")], change(""), Some("Idempotency-Key – valor inválido")),
            (CHANGE_PATH, &[("If-Match", "x")], change(r#", "status": "Aberto""#), Some("Atendimento alterado desde")),
            (CHANGE_PATH, &[("If-Match", "\"1\"")], change(r#", "status": "Aberto""#), None),
            ("/api/atendimentos/status?simular=x", &[], change(""), Some("simular – valor inválido")),
            (
                CHANGE_PATH,
                &[],
                change(r#", "status": "Cancelado", "statusAtual": "Aberto""#),
                Some("motivoStatus – esse"),
            ),
            (LOGIN_PATH, &[], r#"{"login": "ana"}"#.to_owned(), Some("Este campo é obrigatório senha")),
            (LOGIN_PATH, &[], r#"{"login": "ana", "senha": "x"}"#.to_owned(), None),
        ] {
            let observation = observed((target, headers, &body), (200, r#"{"token":"abcdef"}"#));
            let found = observation.refusal.as_deref();
            let is_it = match (found, refusal) {
                (Some(found), Some(refusal)) => found.starts_with(refusal),
                (found, refusal) => found == refusal,
            };
            assert!(is_it, "{body}: {found:?}");
        }
    }

    #[test]
    fn what_a_dialect_refuses_in_each_state_is_foreseen() {
        let body = r#"{"protocolo": "2022", "status": "Finalizado", "motivoStatus": "x"}"#;
        let refuses = "[regras]\nmotivo_desnecessario = 'recusado'\nmesmo_status = 'recusado'";
        let observation = observed_in(refuses, (CHANGE_PATH, &[], body), (200, "{}"));
        assert_eq!(observation.refusal.as_deref(), Some("motivoStatus – não se aplica a esta alteração"));
    }

    #[test]
    fn it_is_said_where_ours_refuses_for_something_else() {
        let (no_status, not_there) = (r#"{"protocolo": "2022"}"#, r#"{"message":"Atendimento não encontrado"}"#);
        let no_motivo = r#"{"protocolo": "2022", "status": "Cancelado"}"#;
        for (path, body, answer, ours) in [
            (
                CHANGE_PATH,
                no_status,
                (404, not_there),
                Some("another case, ours 400: status – esse campo é obrigatório"),
            ),
            // Ours looks for that, and judges the token, first.
            (CHANGE_PATH, no_motivo, (404, not_there), None),
            (CHANGE_PATH, no_status, (401, r#"{"message":"Token is missing"}"#), None),
            (CHANGE_PATH, no_status, (503, r#"{"message":"Serviço indisponível"}"#), None),
            (CHANGE_PATH, no_status, (400, r#"{"message":"status – esse campo é obrigatório"}"#), None),
            (
                CHANGE_PATH,
                no_motivo,
                (404, r#"{"message":"Motivo não encontrado"}"#),
                Some("another case, ours 400: motivoStatus – esse campo é obrigatório"),
            ),
            (
                LOGIN_PATH,
                r#"{"login": "ana"}"#,
                (401, r#"{"message":"Senha inválida"}"#),
                Some("another case, ours 400: Este campo é obrigatório senha"),
            ),
        ] {
            let observation = observed((path, &[], body), answer);
            let found = observation.differences.iter().find(|difference| difference.starts_with("another case"));
            assert_eq!(found.map(String::as_str), ours, "{body} {answer:?}");
        }
    }

    #[test]
    fn a_login_without_a_token_is_no_login() {
        let (whole, cut) = (r#"{"login": "ana", "senha": "x"}"#, r#"{"login": "ana"}"#);
        for (body, answer, case) in [
            (whole, r#"{"token":"abcdef"}"#, Some(LOGIN)),
            (whole, r#"{"mensagem":"Dados incorretos"}"#, None),
            (whole, r#"{"token":null}"#, None),
            (whole, r#"{"message":"Senha inválida"}"#, Some("wrong_senha")),
            (cut, r#"{"mensagem":"Dados incorretos"}"#, Some("required_senha")),
        ] {
            let observation = observed((LOGIN_PATH, &[], body), (200, answer));
            assert_eq!((observation.case, observation.refusal_of_accepted()), (case, None), "{answer}");
        }
    }
}
