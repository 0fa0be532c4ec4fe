//! The logins of a run: what is taken from their answers, and what of those is shown.

use axum::http::HeaderValue;
use serde_json::Value;
use time::OffsetDateTime;

use super::case::{Case, LOGIN};
use super::client::Received;
use super::infer::seen::LoginObservation;
use super::infer::{LoginFound, look_at_login};
use super::jwt::find_jwt;
use super::places::places;
use super::session::{CREDENTIALS, Session, StartError, Unpermitted, post};
use super::spans::rewritten;
use super::token::{find_token, token_in};
use super::values::{Values, life_of};
use crate::dialect::Asked;

/// What another user gets.
pub(super) struct AnswersToOther {
    /// The success of the login, and its token, if it has one.
    pub(super) login: Option<(Received, String)>,
    /// The answer to the case, or else the refusal of the login; and the same again.
    pub(super) refusals: [Received; 2],
    /// What the case named.
    pub(super) asked: Asked,
}

impl Session {
    /// The answer to a login, and the token in it.
    pub async fn log_in(&mut self) -> Result<(Received, String), StartError> {
        let received = self.ask_login().await?;
        match self.take_token(&received) {
            Some(token) => Ok((received, token)),
            None if (200..300).contains(&received.code) => {
                let has_token = |value: &HeaderValue| value.to_str().is_ok_and(|value| find_jwt(value).is_some());
                let header = received.headers.iter().find(|(_, value)| has_token(value));
                let header = header.map(|(name, _)| name.to_string());
                // Whatever is in it belongs to the user, or is the token.
                let body = outline(&received.body);
                Err(StartError::NoToken { answer: self.shown(&Received { body, ..received }), header })
            }
            None => Err(StartError::Login(self.shown(&received))),
        }
    }

    /// The answer to the login of another user, if that succeeds, and to `case` with that one's token; or else to the login alone.
    pub(super) async fn ask_as(&mut self, user: Unpermitted, case: &Case) -> Result<AnswersToOther, String> {
        let protocolo = self.values.protocolo().to_owned();
        let mut values = Values::new(&user.login, user.senha, &protocolo, "");
        std::mem::swap(&mut self.values, &mut values);
        let answers = self.ask_for_other(case).await;
        std::mem::swap(&mut self.values, &mut values);
        self.values.hide_secrets_of(values);
        answers
    }

    async fn ask_for_other(&mut self, case: &Case) -> Result<AnswersToOther, String> {
        let received = self.ask_login().await.map_err(|error| error.to_string())?;
        if let Some(token) = self.take_token(&received) {
            let refusals = [self.exchange(case).await?, self.exchange(case).await?];
            return Ok(AnswersToOther { login: Some((received, token)), refusals, asked: self.asked(case) });
        }
        let again = self.ask_login().await.map_err(|error| error.to_string())?;
        let asked = Asked { login: self.login().to_owned(), ..Asked::default() };
        Ok(AnswersToOther { login: None, refusals: [received, again], asked })
    }

    async fn ask_login(&self) -> Result<Received, StartError> {
        Ok(self.client.send(post(LOGIN, self.values.sent(CREDENTIALS))).await?)
    }

    /// The token in the answer to a login, which is used from now on. What else is in it is kept from being shown.
    pub(super) fn take_token(&mut self, received: &Received) -> Option<String> {
        let token = self.token_of(received).filter(|_| (200..300).contains(&received.code))?;
        self.values.set_token(token.clone());
        self.remember_tokens(received);
        let found = self.look_at(received, token.clone());
        self.personal.add(found.personal);
        Some(token)
    }

    /// Keeps every token in the answer to a login from being shown, such as those to refresh others.
    fn remember_tokens(&mut self, received: &Received) {
        if let Some(token) = self.token_of(received) {
            self.values.remember(&token);
        }
        for span in places(&received.body) {
            if let Some(token) = span.value.as_str().and_then(find_token) {
                self.values.remember(&token);
            }
        }
    }

    /// The body of an answer without what belongs to users, if it is the success of a login.
    pub(super) fn without_people(&self, received: &Received) -> String {
        let token = self.token_of(received).filter(|_| (200..300).contains(&received.code));
        match token.filter(|token| self.values.is_token(token)) {
            Some(token) => self.look_at(received, token).shown,
            None => received.body.clone(),
        }
    }

    fn token_of(&self, received: &Received) -> Option<String> {
        token_in(&received.body, self.token_member.as_deref())
    }

    fn look_at(&self, received: &Received, token: String) -> LoginFound {
        look_at_login(&LoginObservation {
            life: life_of(&token),
            token,
            login: self.values.login().to_owned(),
            now: OffsetDateTime::now_utc().unix_timestamp(),
            zone: None,
            plain: self.plain_members.clone(),
            received: received.clone(),
            again: None,
            other: None,
        })
    }
}

/// `body` with how long they are in the places of its texts and numbers.
fn outline(body: &str) -> String {
    let spans = places(body);
    if spans.is_empty() {
        return format!("({} bytes)", body.len());
    }
    rewritten(body, &spans, str::to_owned, |span, raw| {
        let length = match &span.value {
            Value::String(text) => text.chars().count(),
            Value::Number(number) => number.to_string().len(),
            _ => return raw.to_owned(),
        };
        span.filled_with(&format!("…{length} characters…"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_shows_members_and_no_values() {
        for (body, shown) in [
            ("OK;4711", "…2 characters…;…4 characters…"),
            (
                r#"{"a":"Fulana","n":4711,"ok":true,"x":null}"#,
                r#"{"a":"…6 characters…","n":…4 characters…,"ok":true,"x":null}"#,
            ),
            ("abc def", "…7 characters…"),
            ("", "(0 bytes)"),
        ] {
            assert_eq!(outline(body), shown);
        }
    }
}
