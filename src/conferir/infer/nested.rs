//! The success of a login that is a JSON text which holds JSON, as some old services write it.

use super::login::{self, LoginBody};
use super::seen::{LoginObservation, OtherLogin};
use crate::conferir::client::Received;
use crate::conferir::spans::held;
use crate::dialect::{Entities, Escapes, Template};

/// The success of a login, plain or in a text.
pub(super) fn login_body(login: &LoginObservation, texts: (Escapes, Entities)) -> LoginBody {
    nested(login, texts).unwrap_or_else(|| login::login_body(login, texts))
}

/// None if the body is no such text. In a way to write texts that no dialect has, only the token is kept, and that is said.
fn nested(login: &LoginObservation, texts: (Escapes, Entities)) -> Option<LoginBody> {
    let body = &login.received.body;
    let inner = |received: &Received| Some(Received { body: held(&received.body)?, ..received.clone() });
    let received = inner(&login.received)?;
    let (before, after) = body.split_at_checked(body.find('"')?)?;
    let (raw, after) = after.split_at_checked(after.rfind('"')? + 1)?;
    let quoted = |escapes: Escapes, text: &str| format!("\"{}\"", escapes.written(text));
    let known = [texts.0, Escapes::Json, Escapes::Ascii, Escapes::AsciiEBarras, Escapes::Dotnet];
    let escapes = known.into_iter().find(|escapes| quoted(*escapes, &received.body) == raw);
    let other = login.other.as_ref().and_then(|other| {
        let (login, token) = (other.login.clone(), other.token.clone());
        Some(OtherLogin { login, token, received: inner(&other.received)? })
    });
    let again = login.again.as_ref().and_then(inner);
    let own = LoginObservation { received, again, other, ..login.clone() };
    let mut found = login_body(&own, texts);
    found.shown = format!("{before}{}{after}", quoted(Escapes::Json, &found.shown));
    if let Some(escapes) = escapes {
        found.corpo = format!("{before}\"{}\"{after}", escaped(&found.corpo, escapes));
    } else {
        found.corpo = "\"<token>\"".to_owned();
        found.notes.push("it is JSON in a text, written as no dialect can: the token alone stands here".to_owned());
    }
    Some(found)
}

/// `template` as a text in the body of another one: its gaps stay.
fn escaped(template: &str, escapes: Escapes) -> String {
    let within = |bytes: &str| Template::literal(&escapes.written(bytes));
    Template::parse(template)
        .map_or_else(|_| within(template), |body| body.rewritten(within, |name| format!("<{name}>")))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    #[test]
    fn what_stands_around_the_token_is_kept() {
        const TOKEN: &str = "abc-123";
        let login = |body: String| LoginObservation {
            token: TOKEN.to_owned(),
            login: "user.api".to_owned(),
            now: 0,
            life: None,
            zone: None,
            plain: Vec::new(),
            received: Received { code: 200, headers: HeaderMap::new(), body, charset: encoding_rs::UTF_8 },
            again: None,
            other: None,
        };
        let inner = r#"{"token":"abc-123","tipo":"Bearer","nome":"Fulana","x":"<token>","login":"user.api"}"#;
        for (escapes, corpo) in [
            (
                Escapes::Json,
                r#""{\"token\":\"<token>\",\"tipo\":\"Bearer\",\"nome\":\"<pessoal>\",\"x\":\"<pessoal>\",\"login\":\"<login>\"}""#,
            ),
            (
                Escapes::Dotnet,
                r#""{\u0022token\u0022:\u0022<token>\u0022,\u0022tipo\u0022:\u0022Bearer\u0022,\u0022nome\u0022:\u0022<pessoal>\u0022,\u0022x\u0022:\u0022<pessoal>\u0022,\u0022login\u0022:\u0022<login>\u0022}""#,
            ),
        ] {
            let login = login(format!("\"{}\"", escapes.written(inner)));
            let found = nested(&login, Default::default()).unwrap();
            assert_eq!(found.corpo, corpo);
            assert!(!found.shown.contains("Fulana") && !found.shown.contains(TOKEN), "{}", found.shown);
        }
        let odd = nested(&login(r#""{\u0022token\":\"abc-123\"}""#.to_owned()), Default::default()).unwrap();
        assert_eq!((odd.corpo.as_str(), odd.notes.len()), ("\"<token>\"", 1));
        assert!(nested(&login(r#"{"token":"abc-123"}"#.to_owned()), Default::default()).is_none());
    }

    #[test]
    fn gaps_stay_and_other_signs_are_escaped() {
        assert_eq!(escaped(r#"{"a":"<token>","b":"<b>"}"#, Escapes::Json), r#"{\"a\":\"<token>\",\"b\":\"<b>\"}"#);
        assert_eq!(escaped("<<token> <token>", Escapes::Json), "<<token> <token>");
        assert_eq!(escaped("<<token> <token>", Escapes::Dotnet), "\\u003Ctoken\\u003E <token>");
        // A sign before a gap is none of the gap's.
        assert_eq!(escaped("<<<token>", Escapes::Json), "<<<token>");
    }
}
