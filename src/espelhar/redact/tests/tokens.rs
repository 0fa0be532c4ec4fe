//! Which header carries a token, and when it ended.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};

use super::*;

#[test]
fn the_header_that_carries_a_token_is_known_by_the_login_that_gave_it() {
    for token in ["abc-1", "0123456789abcdef0123456789abcdef", "eyJhbGciOi.eyJzdWIiOi.c2ln"] {
        let mut redactor = Redactor::new(Disclosure::default());
        let answer = json!({"dados": {"token": token, "tokenType": "Bearer"}}).to_string();
        let login =
            Said { target: LOGIN, code: 200, answer: &answer, asked: r#"{"login":"a","senha":"b"}"#, ..NOTHING };
        let login = login.line(&mut redactor);
        assert_eq!(login["resposta"], r#"{"dados":{"token":"<token>","tokenType":"Bearer"}}"#);
        let schemes =
            [format!("Token {token}"), token.to_owned(), format!("Bearer {token}"), format!("a=b; sid={token}")];
        let sent =
            [("Authorization", &schemes[0]), ("X-Chave", &schemes[1]), ("x-b", &schemes[2]), ("Cookie", &schemes[3])];
        let sent = sent.map(|(name, value)| (name, value.as_str()));
        let change = Said { sent: &sent, ..NOTHING }.line(&mut redactor);
        let expected = json!([
            ["Authorization", "Token <token>"],
            ["X-Chave", "<token>"],
            ["x-b", "Bearer <token>"],
            ["Cookie", format!("<{} bytes>", schemes[3].len())],
        ]);
        assert_eq!(change["cabecalhos"], expected);
    }
}

#[test]
fn a_refusal_in_words_of_its_own_is_known_by_the_token_that_had_ended() {
    for (end, case) in [(1_795_000_000, json!("token_expired")), (1_899_000_000, Value::Null)] {
        let claims = BASE64_URL_SAFE_NO_PAD.encode(json!({"exp": end}).to_string());
        let token = format!("Bearer eyJhbGciOiJIUzI1NiJ9.{claims}.c2ln");
        let said =
            Said { sent: &[("Authorization", &token)], code: 401, answer: r#"{"erro":"JWT expired"}"#, ..NOTHING };
        assert_eq!(line(&said)["caso"], case);
    }
}
