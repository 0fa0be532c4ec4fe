//! What the texts in `<>` of a case stand for.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded::byte_serialize;
use uuid::Uuid;

use super::secrets::{Secrets, has_all};
use crate::domain::atendimento::Status;

/// Shorter words may be any.
const SECRET: usize = 16;
/// The comment that the run leaves.
const COMENTARIO: &str = "Conferência do contrato da API";
/// `{"typ":"JWT","alg":"none"}`
const ALG_NONE: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0";
/// `{"typ":"JWT","alg":"HS256","kid":"conferir"}`
const OTHER_KID: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6ImNvbmZlcmlyIn0";

pub(super) struct Values {
    known: Vec<(&'static str, String)>,
    senha: SecretString,
    token: SecretString,
    /// What is shown nowhere: some of the tokens are of users that nobody logs out.
    secrets: Secrets,
}

impl Values {
    pub(super) fn new(login: &str, senha: SecretString, protocolo: &str, motivo: &str) -> Self {
        let other = Uuid::new_v4().simple();
        let known = vec![
            ("login", login.to_owned()),
            ("protocolo", protocolo.trim().to_owned()),
            ("protocolo inteiro", protocolo.trim().to_owned()),
            ("motivo", motivo.to_owned()),
            ("comentario", COMENTARIO.to_owned()),
            // Never reached by a request that is answered as it should be.
            ("status", "Cancelado".to_owned()),
            ("chave", other.to_string()),
            ("outro login", format!("conferir.{other}")),
            ("outra senha", format!("conferir {other}")),
            // Digits alone, in case that a server takes nothing else.
            ("outro protocolo", "99991231999999".to_owned()),
            ("outro status", format!("conferir {other}")),
            ("outro motivo", format!("conferir {other}")),
        ];
        let secrets = Secrets::of(senha.clone());
        Self { known, senha, token: SecretString::default(), secrets }
    }

    pub(super) fn set_token(&mut self, token: String) {
        self.remember(&token);
        // Who knows what the cases make of it knows nearly all of it.
        [unsigned(&token), tampered(&token), with_header(ALG_NONE, &token), with_header(OTHER_KID, &token)]
            .iter()
            .filter(|spoilt| spoilt.len() >= SECRET)
            .for_each(|spoilt| self.remember(spoilt));
        self.token = SecretString::from(token);
    }

    /// Keeps `token` out of all that is shown from now on.
    pub(super) fn remember(&mut self, token: &str) {
        self.secrets.add_token(token);
    }

    /// The body that brings the atendimento from `present`, if that is known, to `status`.
    pub(super) fn move_to(&self, present: Option<Status>, status: Status) -> String {
        let motivo = if needs_motivo(present, status) { r#", "motivoStatus": "<motivo>""# } else { "" };
        self.shown(&format!(r#"{{"protocolo": "<protocolo>", "status": "{status}"{motivo}}}"#))
    }

    /// `template` as a report shows it: the secrets stay names.
    pub(super) fn shown(&self, template: &str) -> String {
        filled(template, |name| self.value(name).map(escaped))
    }

    /// `template` as it is sent. Before the login there is no token, and its place stays empty.
    pub(super) fn sent(&self, template: &str) -> String {
        let token = self.token.expose_secret();
        filled(template, |name| match name {
            "senha" => Some(escaped(self.senha.expose_secret())),
            "token" => Some(token.to_owned()),
            "token sem assinatura" => Some(unsigned(token)),
            "token alterado" => Some(tampered(token)),
            "token alg none" => Some(with_header(ALG_NONE, token)),
            "token outro kid" => Some(with_header(OTHER_KID, token)),
            _ => self.value(name).map(escaped).or_else(|| repeated(name)),
        })
    }

    /// `template` as a path with its query.
    pub(super) fn path(&self, template: &str) -> String {
        // What the encoding of forms does to a space, a path does not know.
        let encoded = |value: &str| byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20");
        filled(template, |name| self.value(name).map(encoded))
    }

    pub(super) fn login(&self) -> &str {
        self.value("login").expect("every run has one")
    }

    pub(super) fn protocolo(&self) -> &str {
        self.value("protocolo").expect("every run has one")
    }

    pub(super) fn motivo(&self) -> &str {
        self.value("motivo").expect("every run has one")
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.known.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// `text` of an answer without what must not be shown.
    pub(super) fn redacted(&self, text: &str) -> String {
        self.secrets.redacted(text)
    }

    /// Whether `text` has something that must not be shown, or a part of it, in whichever spelling.
    pub(super) fn gives_secrets_away(&self, text: &str) -> bool {
        self.secrets.are_in(text)
    }

    /// Whether `text` repeats what this run alone has named, in whichever spelling.
    pub(super) fn are_told_by(&self, text: &str) -> bool {
        let own = ["chave", "outro protocolo", "protocolo"].into_iter().filter_map(|name| self.value(name));
        { own }.filter(|value| value.len() >= 6).any(|value| has_all(text, value))
    }

    /// Whether `text` is a token that was received.
    pub(super) fn is_token(&self, text: &str) -> bool {
        self.secrets.has(text)
    }

    /// Keeps what is secret of another user out of all that is shown from now on.
    pub(super) fn hide_secrets_of(&mut self, other: Self) {
        self.secrets.add_all(other.secrets);
    }
}

/// Whether the vendor's page requires a motivo; what is not known may be `Finalizado`.
fn needs_motivo(present: Option<Status>, status: Status) -> bool {
    match status {
        Status::Cancelado | Status::Improcedente => true,
        Status::Aberto | Status::EmAtendimento => present.is_none_or(|present| present == Status::Finalizado),
        Status::Finalizado => false,
    }
}

/// `template` with the value of each name in `<>` that has one. In one pass: a value is not looked at again.
fn filled(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let found = after.split_once('>').and_then(|(name, after)| Some((value(name)?, after)));
        let (value, after) = found.unwrap_or(("<".to_owned(), after));
        text.push_str(&value);
        rest = after;
    }
    text + rest
}

/// `text` as it stands between the quotes of JSON.
fn escaped(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("a text can be written");
    quoted[1..quoted.len() - 1].to_owned()
}

/// `65 x`: so many of the character.
fn repeated(name: &str) -> Option<String> {
    let (count, what) = name.split_once(' ')?;
    Some(what.repeat(count.parse().ok()?))
}

fn with_header(header: &str, token: &str) -> String {
    let (_, rest) = token.split_once('.').unwrap_or(("", token));
    format!("{header}.{rest}")
}

/// Without its signature; of one that has none, without its end, so that it is another one.
fn unsigned(token: &str) -> String {
    let end = token.rfind('.').map_or(token.len().saturating_sub(1), |end| end + 1);
    token.get(..end).unwrap_or_default().to_owned()
}

/// With another first character of the signature: all its bits count.
fn tampered(token: &str) -> String {
    let (rest, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{rest}.{first}{}", signature.get(1..).unwrap_or_default())
}

/// How long a JWT lives, in seconds, as it says itself.
pub fn life_of(token: &str) -> Option<i64> {
    let claims = claims(token)?;
    Some(claims["exp"].as_i64()? - claims["iat"].as_i64()?)
}

/// When `token` ends, in seconds since 1970, if it says so.
pub fn end_of(token: &str) -> Option<i64> {
    claims(token)?["exp"].as_i64()
}

fn claims(token: &str) -> Option<serde_json::Value> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.Aabc-_";

    fn values() -> Values {
        Values::new("user.api", SecretString::from("se\"nha"), "2022", "Aberto por \"engano\"")
    }

    #[test]
    fn secrets_are_sent_and_not_shown() {
        let mut values = values();
        let template = r#"{"login": "<login>", "senha": "<senha>", "motivo": "<motivo>"}"#;
        let shown = r#"{"login": "user.api", "senha": "<senha>", "motivo": "Aberto por \"engano\""}"#;
        assert_eq!(values.shown(template), shown);
        assert_eq!(values.sent(template), shown.replace("<senha>", r#"se\"nha"#));
        values.set_token(TOKEN.to_owned());
        assert_eq!(values.sent("Bearer <token>"), format!("Bearer {TOKEN}"));
        assert_eq!(values.shown("Bearer <token>"), "Bearer <token>");
    }

    #[test]
    fn values_are_not_filled_in_themselves() {
        let values = Values::new("<token", SecretString::from("<login> <9 x>"), "<motivo>", "<comentario>");
        let template = "<x> a < b <login>|<protocolo>|<motivo>|<";
        assert_eq!(values.shown(template), "<x> a < b <token|<motivo>|<comentario>|<");
        assert_eq!(values.sent("<senha>|<login>"), "<login> <9 x>|<token");
        assert_eq!((values.sent("<3 x>"), values.shown("<3 x>")), ("xxx".to_owned(), "<3 x>".to_owned()));
    }

    #[test]
    fn paths_are_encoded() {
        let values = Values::new("a", SecretString::from("b"), "P+1/á <motivo>", "c");
        assert_eq!(values.path("/x/<protocolo>?y=<protocolo>").matches("P%2B1%2F%C3%A1%20%3Cmotivo%3E").count(), 2);
    }

    #[test]
    fn a_move_names_the_motivo_where_it_is_required() {
        use Status::{Aberto, Cancelado, EmAtendimento, Finalizado, Improcedente};
        let names = |present, status| values().move_to(present, status).contains("engano");
        for present in Status::ALL.map(Some).into_iter().chain([None]) {
            assert!(names(present, Cancelado) && names(present, Improcedente) && !names(present, Finalizado));
            let reopens = matches!(present, None | Some(Finalizado));
            assert_eq!((names(present, Aberto), names(present, EmAtendimento)), (reopens, reopens));
        }
        let moved = r#"{"protocolo": "2022", "status": "Em atendimento"}"#;
        assert_eq!(values().move_to(Some(Aberto), EmAtendimento), moved);
    }

    #[test]
    fn tokens_are_spoilt() {
        let mut values = values();
        values.set_token(TOKEN.to_owned());
        let sent = |template: &str| values.sent(template);
        assert_eq!(sent("<token sem assinatura>"), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.");
        assert_eq!(sent("<token alterado>"), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.Babc-_");
        assert_eq!(sent("<token alg none>"), "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.Aabc-_");
        assert_eq!(
            sent("<token outro kid>"),
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6ImNvbmZlcmlyIn0.eyJzdWIiOiIxIn0.Aabc-_"
        );
        values.set_token("opaque".to_owned());
        for name in ["<token sem assinatura>", "<token alterado>", "<token alg none>", "<token outro kid>"] {
            assert_ne!(values.sent(name), "opaque", "{name}");
        }
    }

    #[test]
    fn answers_are_shown_without_token_and_senha() {
        let values = values();
        let answer = format!(r#"{{"accessToken":"{TOKEN}","x":"{TOKEN}","y":"se"nha"}}"#);
        assert_eq!(values.redacted(&answer), r#"{"accessToken":"<token>","x":"<token>","y":"<senha>"}"#);
        assert_eq!(values.redacted(r#"{"senha": "se\"nha"}"#), r#"{"senha": "<senha>"}"#);
        let mut values = Values::new("user.api", SecretString::from("sénha/9"), "2022", "x");
        values.set_token("0123456789abcdef0123456789abcdef".to_owned());
        values.remember("an-opaque-token-of-another-login-1");
        for shown in ["s\\u00e9nha\\/9", "s\\u00E9nha/9", "sénha/9"] {
            let answer = format!("{shown} 0123456789abcdef0123456789abcdef an-opaque-token-of-another-login-1");
            assert_eq!(values.redacted(&answer), "<senha> <token> <token>");
        }
        let mut other = Values::new("outra", SecretString::from("outra/senha"), "2022", "x");
        other.set_token("fedcba9876543210fedcba9876543210".to_owned());
        values.hide_secrets_of(other);
        assert_eq!(values.redacted("outra\\/senha fedcba9876543210fedcba9876543210"), "<senha> <token>");
    }

    #[test]
    fn a_token_that_was_spoilt_is_not_shown_either() {
        for token in [TOKEN, "0123456789abcdef0123456789abcdef"] {
            let mut values = values();
            values.set_token(token.to_owned());
            for name in ["<token sem assinatura>", "<token alterado>", "<token alg none>", "<token outro kid>"] {
                let shown = values.redacted(&format!("Token '{}'.", values.sent(name)));
                assert!(["Token '<token>'.", "Token '<token>.A'."].contains(&shown.as_str()), "{name}: {shown}");
            }
        }
    }
}
