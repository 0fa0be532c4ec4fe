//! Whether an answer is the one that the contract gives.

use super::case::{Case, ExpectedAnswer, Header, Mark};
use super::client::Received;
use super::values::find_jwt;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that `docs/CONTRACT.md` says, to the byte.
    Contract,
    /// What the vendor's page says: texts, and status codes where it gives them. It names no envelope.
    Documented,
}

/// The expected answer in words: status, headers, body.
pub(super) fn expected(case: &Case, scope: Scope) -> String {
    if scope == Scope::Documented {
        let code = if case.code_mark == Mark::Doc { case.code.to_string() } else { "(any status)".to_owned() };
        return match case.answer {
            ExpectedAnswer::Message(text) | ExpectedAnswer::Mismatch(text, _) => {
                format!("{code}, a body with the text {text}")
            }
            ExpectedAnswer::Token => format!("{code}, a body with a token"),
        };
    }
    let mut lines = vec![case.code.to_string()];
    lines.extend(headers(case).into_iter().map(|(name, rule)| match rule {
        Rule::Is(value) => format!("{name}: {value}"),
        Rule::IsNot(value) => format!("{name}: (not {value})"),
        Rule::There => format!("{name}: (any)"),
    }));
    lines.push(body(case));
    lines.join("\n")
}

/// What is wrong with `received`; empty if nothing is.
pub(super) fn faults(case: &Case, scope: Scope, received: &Received) -> Vec<String> {
    let mut faults = Vec::new();
    if received.code != case.code && (scope == Scope::Contract || case.code_mark == Mark::Doc) {
        faults.push(format!("status {} instead of {}", received.code, case.code));
    }
    if scope == Scope::Contract {
        for (name, rule) in headers(case) {
            let value = received.header(name);
            let fits = match rule {
                Rule::Is(expected) => value.as_deref() == Some(expected),
                Rule::IsNot(refused) => value.as_deref().is_some_and(|value| !value.is_empty() && value != refused),
                Rule::There => value.is_some_and(|value| !value.is_empty()),
            };
            if !fits {
                faults.push(format!("header {name}"));
            }
        }
    }
    if !body_fits(case, scope, &received.body) {
        faults.push("body".to_owned());
    }
    faults
}

enum Rule {
    Is(&'static str),
    IsNot(&'static str),
    There,
}

/// The headers of the answer: those of every answer, and the case's own.
fn headers(case: &Case) -> Vec<(&'static str, Rule)> {
    let mut headers = vec![("content-type", Rule::Is("application/json")), ("cache-control", Rule::Is("no-store"))];
    if case.code == 401 {
        headers.push(("www-authenticate", Rule::Is("Bearer")));
    }
    headers.push(match case.answers_header {
        Some(Header::IsNot(name, value)) => (name, Rule::IsNot(value)),
        Some(Header::Is(name, value)) => (name, Rule::Is(value)),
        None => ("x-request-id", Rule::There),
    });
    headers
}

fn body(case: &Case) -> String {
    match case.answer {
        ExpectedAnswer::Message(text) => format!(r#"{{"message":"{text}"}}"#),
        ExpectedAnswer::Mismatch(text, present) => format!(r#"{{"message":"{text}","statusAtual":"{present}"}}"#),
        ExpectedAnswer::Token => r#"{"accessToken":"<token>","tokenType":"Bearer","expiresIn":<seconds>}"#.to_owned(),
    }
}

fn body_fits(case: &Case, scope: Scope, received: &str) -> bool {
    match (scope, case.answer) {
        (Scope::Documented, ExpectedAnswer::Message(text) | ExpectedAnswer::Mismatch(text, _)) => {
            // JSON may write a character as an escape.
            let written = serde_json::from_str::<serde_json::Value>(received).map(|value| value.to_string());
            received.contains(text) || written.is_ok_and(|written| written.contains(text))
        }
        (Scope::Documented, ExpectedAnswer::Token) => find_jwt(received).is_some(),
        (Scope::Contract, ExpectedAnswer::Token) => {
            let seconds = find_jwt(received).and_then(|token| {
                received
                    .strip_prefix(&format!(r#"{{"accessToken":"{token}","tokenType":"Bearer","expiresIn":"#))?
                    .strip_suffix('}')?
                    .parse::<u32>()
                    .ok()
            });
            seconds.is_some_and(|seconds| seconds > 0)
        }
        (Scope::Contract, _) => received == body(case),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::*;

    const WRONG: Case = Case::login("x", "").says(401, "Senha inválida").doc();
    const TOKEN: Case = Case::login("x", "").doc();

    fn received(code: u16, body: &str) -> Received {
        let headers = [
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("www-authenticate", "Bearer"),
            ("x-request-id", "1"),
        ];
        let headers: HeaderMap =
            headers.into_iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect();
        Received { code, headers, body: body.to_owned() }
    }

    #[test]
    fn the_contract_is_compared_to_the_byte() {
        let right = r#"{"message":"Senha inválida"}"#;
        assert!(faults(&WRONG, Scope::Contract, &received(401, right)).is_empty());
        for other in [r#"{"message": "Senha inválida"}"#, r#"{"message":"Senha invalida"}"#, "", "{}"] {
            assert_eq!(faults(&WRONG, Scope::Contract, &received(401, other)), ["body"], "{other}");
        }
        assert_eq!(faults(&WRONG, Scope::Contract, &received(400, right)), ["status 400 instead of 401"]);
        let mut bare = received(401, right);
        bare.headers.clear();
        let missing = ["header content-type", "header cache-control", "header www-authenticate", "header x-request-id"];
        assert_eq!(faults(&WRONG, Scope::Contract, &bare), missing);
    }

    #[test]
    fn of_the_page_only_what_it_says_is_compared() {
        for body in [r#"{"Message":"Senha inválida"}"#, "Senha inválida", r#"{"erro": "Senha inv\u00e1lida"}"#] {
            assert!(faults(&WRONG, Scope::Documented, &received(400, body)).is_empty(), "{body}");
        }
        assert_eq!(faults(&WRONG, Scope::Documented, &received(401, "{}")), ["body"]);
        let documented = WRONG.doc_code();
        assert_eq!(
            faults(&documented, Scope::Documented, &received(400, "Senha inválida")),
            ["status 400 instead of 401"]
        );
        assert!(faults(&TOKEN, Scope::Documented, &received(201, "Access token: eyJh.eyJz.x")).is_empty());
    }

    #[test]
    fn a_token_comes_with_its_type_and_seconds() {
        let body = |end: &str| format!(r#"{{"accessToken":"eyJh.eyJz.x","tokenType":"Bearer","expiresIn":{end}"#);
        assert!(faults(&TOKEN, Scope::Contract, &received(200, &body("3600}"))).is_empty());
        for end in ["0}", "-1}", "\"1\"}", "1, \"x\": 1}", "1"] {
            assert_eq!(faults(&TOKEN, Scope::Contract, &received(200, &body(end))), ["body"], "{end}");
        }
    }
}
