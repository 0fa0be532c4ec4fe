//! Hostile tokens, by family. Many are signed with the server's own secret, as if it had leaked or been
//! misused: what is not as the server makes it is refused even then.

mod bytes;
mod claims;
mod headers;

use std::collections::HashSet;

use aws_lc_rs::hmac;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::support::both_engines;
use crate::support::client::Client;
use crate::support::server::Server;

const SECRET: &[u8] = b"a secret for the tests, 32 bytes or more";
const UNTRUSTED: &str = "JWT signature does not match locally computed signature. \
                         JWT validity cannot be asserted and should not be trusted.";
const UNSIGNED: &str = "Unsigned Claims JWTs are not supported.";
const REVOKED: &str = "Token revogado";
const NOW: OffsetDateTime = datetime!(2026-11-23 10:00:00 UTC);

/// A hostile token: its name, all of the header `Authorization`, and what it is answered.
struct Attack {
    name: String,
    authorization: Vec<u8>,
    message: String,
}

fn attack(name: impl Into<String>, authorization: impl AsRef<[u8]>, message: impl Into<String>) -> Attack {
    Attack { name: name.into(), authorization: authorization.as_ref().to_vec(), message: message.into() }
}

fn untrusted(name: impl Into<String>, token: impl AsRef<[u8]>) -> Attack {
    attack(name, [b"Bearer ", token.as_ref()].concat(), UNTRUSTED)
}

fn periods(found: usize) -> String {
    format!("JWT strings must contain exactly 2 period characters. Found: {found}")
}

/// A good token, taken apart.
struct Genuine {
    token: String,
    header: Value,
    claims: Value,
}

impl Genuine {
    fn new(token: String) -> Self {
        let part = |number| BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap()).unwrap();
        let (header, claims) = (part(0), part(1));
        let read = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap();
        Self { header: read(&header), claims: read(&claims), token }
    }

    fn parts(&self) -> [&str; 3] {
        let parts: Vec<&str> = self.token.split('.').collect();
        parts.try_into().unwrap()
    }

    /// With another value, or none, in the header.
    fn header(&self, name: &str, value: Option<Value>) -> String {
        sign(SECRET, changed(&self.header, name, value), self.claims.to_string())
    }

    /// With another value, or none, in the claims.
    fn claim(&self, name: &str, value: Option<Value>) -> String {
        sign(SECRET, self.header.to_string(), changed(&self.claims, name, value))
    }

    /// With `text` for the value of a claim, as JSON or not.
    fn raw_claim(&self, name: &str, text: &str) -> String {
        let claims = changed(&self.claims, name, Some(json!("@@"))).replace("\"@@\"", text);
        sign(SECRET, self.header.to_string(), claims)
    }
}

fn changed(object: &Value, name: &str, value: Option<Value>) -> String {
    let mut object = object.as_object().unwrap().clone();
    match value {
        Some(value) => _ = object.insert(name.to_owned(), value),
        None => _ = object.remove(name),
    }
    Value::from(object).to_string()
}

fn sign(secret: &[u8], header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    sign_with(hmac::HMAC_SHA256, secret, header, claims)
}

fn sign_with(algorithm: hmac::Algorithm, secret: &[u8], header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    let message = format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(header), BASE64_URL_SAFE_NO_PAD.encode(claims));
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes());
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
}

/// A token signed with our secret that is exactly so long.
fn of_length(good: &Genuine, length: usize) -> String {
    (0..4)
        .flat_map(|head| (0..length).rev().map(move |tail| (head, tail)))
        .filter(|(_, tail)| (tail * 4 / 3..tail * 4 / 3 + 500).contains(&length))
        .map(|(head, tail)| {
            let header = format!("{}{}", " ".repeat(head), good.header);
            sign(SECRET, header, changed(&good.claims, "x", Some(json!("x".repeat(tail)))))
        })
        .find(|token| token.len() == length)
        .expect("some padding fits")
}

async fn every_hostile_token_gets_its_answer(server: &Server) {
    let good = Genuine::new(server.token("user.api").await);
    let other = Genuine::new(server.token("user.sem.permissao").await);
    let mut client = Client::connect(server.address).await;
    let body = r#"{"protocolo": "20221104000001", "status": "Aberto"}"#;
    let mut ask = async |authorization: &[u8]| {
        let head = b"POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\nAuthorization: ";
        let rest = format!("\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        client.ask([head, authorization, rest.as_bytes()].concat()).await
    };

    // What the attacks are made from is good.
    let same = sign(SECRET, good.header.to_string(), good.claims.to_string());
    for token in [&good.token, &same, &of_length(&good, 4_096)] {
        ask(format!("Bearer {token}").as_bytes()).await.is(200, "Atendimento atualizado com sucesso");
    }

    let families = [
        bytes::shapes(&good),
        headers::algorithms(&good),
        headers::keys(&good),
        claims::claims(&good),
        claims::ends(&good),
        claims::duplicates(&good),
        bytes::encodings(&good, &other),
        bytes::texts(&good),
    ];
    let attacks: Vec<Attack> = families.into_iter().flatten().collect();
    let (mut names, mut tokens) = (HashSet::new(), HashSet::new());
    for attack in &attacks {
        assert!(names.insert(&attack.name) && tokens.insert(&attack.authorization), "{} comes twice", attack.name);
    }
    assert!(attacks.len() >= 200, "{} hostile tokens", attacks.len());
    let mut wrong = Vec::new();
    for Attack { name, authorization, message } in &attacks {
        let answer = ask(authorization).await;
        if (answer.status, answer.body.as_str()) == (401, &format!(r#"{{"message":"{message}"}}"#)) {
            answer.is(401, message);
        } else {
            wrong.push(format!("{name}: {} {}", answer.status, answer.body));
        }
    }
    assert_eq!(wrong, [""; 0]);
    ask(format!("Bearer {}", good.token).as_bytes()).await.is(200, "Atendimento atualizado com sucesso");
}

both_engines! {
    every_hostile_token_gets_its_answer,
}
