//! What the texts in `<>` of a case stand for.

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::domain::atendimento::Status;

/// The comment that the run leaves.
const COMENTARIO: &str = "Conferência do contrato da API";

/// A case that can't be asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoToken;

/// The values of a run.
pub(super) struct Values {
    known: Vec<(&'static str, String)>,
    senha: SecretString,
    token: Option<SecretString>,
}

impl Values {
    pub(super) fn new(login: &str, senha: SecretString, protocolo: &str, motivo: &str) -> Self {
        let other = Uuid::new_v4().simple();
        let known = vec![
            ("<login>", login.to_owned()),
            ("<protocolo>", protocolo.to_owned()),
            ("<protocolo inteiro>", protocolo.to_owned()),
            ("<motivo>", motivo.to_owned()),
            ("<comentario>", COMENTARIO.to_owned()),
            // Never reached by a request that is answered as it should be.
            ("<status>", "Cancelado".to_owned()),
            ("<outro login>", format!("conferir.{other}")),
            ("<outra senha>", format!("conferir {other}")),
            // Digits alone, in case that a server takes nothing else.
            ("<outro protocolo>", "99991231999999".to_owned()),
            ("<outro status>", format!("conferir {other}")),
            ("<outro motivo>", format!("conferir {other}")),
        ];
        Self { known, senha, token: None }
    }

    pub(super) fn set_token(&mut self, token: String) {
        self.token = Some(SecretString::from(token));
    }

    /// The body that sets the atendimento to `status`, with the motivo where one may be required.
    pub(super) fn move_to(&self, status: Status) -> String {
        let template = r#"{"protocolo": "<protocolo>", "status": "<para>", "motivoStatus": "<motivo>"}"#;
        self.shown(&template.replace("<para>", status.nome()))
    }

    /// `template` as a report shows it: the secrets stay names.
    pub(super) fn shown(&self, template: &str) -> String {
        self.known.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, &escaped(value)))
    }

    /// `template` as it is sent.
    pub(super) fn sent(&self, template: &str) -> Result<String, NoToken> {
        let mut text = self.shown(template);
        if text.contains("<senha>") {
            text = text.replace("<senha>", &escaped(self.senha.expose_secret()));
        }
        if text.contains("<64 KiB>") {
            text = text.replace("<64 KiB>", &"x".repeat(64 * 1024));
        }
        if text.contains("<token") {
            let token = self.token.as_ref().ok_or(NoToken)?.expose_secret();
            text = text.replace("<token sem assinatura>", &unsigned(token));
            text = text.replace("<token alterado>", &tampered(token)).replace("<token>", token);
        }
        Ok(text)
    }

    /// `text` of an answer without what must not be shown.
    pub(super) fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        while let Some(token) = find_jwt(&text) {
            text = text.replace(&token, "<token>");
        }
        for (secret, name) in [(self.token.as_ref(), "<token>"), (Some(&self.senha), "<senha>")] {
            if let Some(secret) = secret.filter(|secret| !secret.expose_secret().is_empty()) {
                text = text.replace(secret.expose_secret(), name);
            }
        }
        text
    }
}

/// `text` as it stands between the quotes of JSON.
fn escaped(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("a text can be written");
    quoted[1..quoted.len() - 1].to_owned()
}

fn unsigned(token: &str) -> String {
    token.rfind('.').map_or(token, |end| &token[..=end]).to_owned()
}

/// With another first character of the signature: all its bits count.
fn tampered(token: &str) -> String {
    let (rest, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{rest}.{first}{}", signature.get(1..).unwrap_or_default())
}

/// The first JWT in `text`, wherever a server puts it: the page does not say.
pub(super) fn find_jwt(text: &str) -> Option<String> {
    let part_of_one = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let jwt = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        // Longer than host names and file names, which have periods too.
        parts.len() == 3 && parts[0].starts_with("eyJ") && parts[1].starts_with("eyJ") && !parts[2].is_empty()
    };
    text.split(|c| !part_of_one(c)).find(jwt).map(str::to_owned)
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
        assert_eq!(values.sent(template).unwrap(), shown.replace("<senha>", r#"se\"nha"#));
        assert_eq!(values.sent("Bearer <token>"), Err(NoToken));
        values.set_token(TOKEN.to_owned());
        assert_eq!(values.sent("Bearer <token>").unwrap(), format!("Bearer {TOKEN}"));
        assert_eq!(values.shown("Bearer <token>"), "Bearer <token>");
    }

    #[test]
    fn tokens_are_spoilt_in_two_ways() {
        let mut values = values();
        values.set_token(TOKEN.to_owned());
        let sent = |template: &str| values.sent(template).unwrap();
        assert_eq!(sent("<token sem assinatura>"), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.");
        assert_eq!(sent("<token alterado>"), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.Babc-_");
    }

    #[test]
    fn answers_are_shown_without_token_and_senha() {
        let values = values();
        let answer = format!(r#"{{"accessToken": "{TOKEN}", "x": "{TOKEN}", "y": "se"nha"}}"#);
        assert_eq!(values.redacted(&answer), r#"{"accessToken": "<token>", "x": "<token>", "y": "<senha>"}"#);
        assert_eq!(find_jwt("Access token: eyJh.eyJz.x!"), Some("eyJh.eyJz.x".to_owned()));
        assert_eq!(find_jwt("www.example.com a.b.c"), None);
    }
}
