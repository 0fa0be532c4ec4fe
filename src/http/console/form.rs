//! Forms: what was typed, and what is wrong with it.

use std::sync::Arc;

use axum::body::Bytes;
use url::form_urlencoded;

use super::faults::Faults;
use super::once;
use super::texts::Texts;
use crate::domain::access::Nivel;
use crate::domain::text::{Name, NameKey, is_blank};
use crate::http::answer::catalogue::ApiError;
use crate::service::provisioning::SeenModel;

/// The field that shows that a form is one of ours.
pub const TOKEN: &str = "ficha";
/// The language that the form is wanted in again, with what was typed.
pub const LANGUAGE: &str = "idioma";
/// Who types into the form.
pub const TYPIST: &str = "quem";
/// How that was which the form is about, when it was shown.
pub const SEEN: &str = "visto";
/// That what follows was shown and is wanted.
pub const CONFIRMED: &str = "confirmado";
/// The most fields that a form is read with.
const FIELDS_MAX: usize = 1000;
/// How the fields begin whose values are given back to nobody.
const SECRET: &str = "senha";

/// The fields of a form, as typed.
#[derive(Clone, Default)]
pub struct Typed(Vec<(String, String)>);

impl Typed {
    /// What a body or a query says.
    pub fn parse(text: &[u8]) -> Self {
        let fields = form_urlencoded::parse(text).take(FIELDS_MAX);
        // Browsers send the ends of lines as CRLF, whatever was typed.
        Self(fields.map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n"))).collect())
    }

    pub fn from_fields(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    pub fn of(body: &Bytes) -> Self {
        Self::parse(body)
    }

    /// The field of that name; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Whether the field of that name says `sim`; an error where it says neither that nor `nao`, as no form of ours.
    pub fn says_yes(&self, name: &'static str) -> Result<bool, ApiError> {
        match self.get(name) {
            "sim" => Ok(true),
            "nao" => Ok(false),
            _ => Err(ApiError::Invalid(name)),
        }
    }

    /// All fields of that name, such as switches.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the form says that `login` typed it, in whichever spelling.
    pub fn is_by(&self, login: &str) -> bool {
        NameKey::new(self.get(TYPIST)) == NameKey::new(login)
    }

    /// What `login` typed: nothing, if it was somebody else.
    #[must_use]
    pub fn by(self, login: &str) -> Self {
        let is_theirs = self.get(TYPIST).is_empty() || self.is_by(login);
        Self(self.0.into_iter().filter(|(name, _)| is_theirs && name != TYPIST).collect())
    }

    /// What may be shown again: neither a senha nor a token.
    #[must_use]
    pub fn kept(&self) -> Self {
        let kept = self.0.iter().filter(|(name, _)| !name.starts_with(SECRET) && name != TOKEN);
        Self(kept.cloned().collect())
    }

    /// What makes once what the form is for.
    pub fn key(&self) -> Option<Arc<str>> {
        once::key(self.get(once::KEY))
    }

    /// What the form asks for: its fields, but not what only shows that they are meant.
    pub fn asked(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        for (name, value) in self.0.iter().filter(|(name, _)| name != TOKEN && name != CONFIRMED) {
            fields.extend_from_slice(format!("{name}={value}\n").as_bytes());
        }
        fields
    }

    /// The same without a field.
    #[must_use]
    pub fn without(&self, field: &str) -> Self {
        Self(self.0.iter().filter(|(name, _)| name != field).cloned().collect())
    }

    /// Whether it has a senha, which is given back to nobody.
    pub fn has_senha(&self) -> bool {
        self.0.iter().any(|(name, value)| name.starts_with(SECRET) && !value.is_empty())
    }

    /// The fields whose names begin with `prefix`, without it.
    #[must_use]
    pub fn below(&self, prefix: &str) -> Self {
        let below =
            self.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.to_owned(), value.clone())));
        Self(below.collect())
    }

    pub fn fields(&self) -> &[(String, String)] {
        &self.0
    }
}

/// A form as it is shown: what was typed before, and all that is wrong with it.
#[derive(Clone, Default)]
pub struct Form {
    typed: Typed,
    /// Whether it was typed before the session ended.
    is_kept: bool,
    /// Whether it was typed in the other language.
    is_translated: bool,
    /// Each with its field; with none for the form as a whole.
    wrong: Vec<(&'static str, String)>,
    /// Whether it would be refused whatever was typed.
    is_final: bool,
}

impl Form {
    /// With what was typed, to be looked at again.
    pub fn of(typed: &Typed) -> Self {
        Self { typed: typed.kept(), ..Self::default() }
    }

    /// With what was typed before the session ended or the language was changed, if anything was.
    pub fn kept(typed: &Typed) -> Self {
        let is_translated = !typed.get(LANGUAGE).is_empty();
        Self { is_kept: !typed.is_empty() && !is_translated, is_translated, ..Self::of(typed) }
    }

    /// With what was typed, and what is wrong with it.
    pub fn refused(typed: &Typed, faults: &Faults, texts: &Texts) -> Self {
        let wrong = faults.told(|field| typed.get(field), texts);
        let kept = if faults.is_of_used_key() { typed.without(once::KEY) } else { typed.clone() };
        Self { wrong, is_final: faults.is_final(), ..Self::of(&kept) }
    }

    /// The same where one thing is wrong with the form as a whole.
    pub fn wrong(typed: &Typed, text: impl Into<String>) -> Self {
        Self { wrong: vec![("", text.into())], ..Self::of(typed) }
    }

    pub fn value(&self, name: &str) -> &str {
        self.typed.get(name)
    }

    /// What makes once what the form is for, however often it is sent.
    pub fn key(&self) -> String {
        self.typed.key().map_or_else(once::draw, |_| self.value(once::KEY).to_owned())
    }

    /// Whether there is nothing to be sent: it is refused whatever is typed.
    pub fn is_final(&self) -> bool {
        self.is_final
    }

    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// What is wrong with the field; empty where nothing is.
    pub fn error(&self, name: &str) -> &str {
        self.wrong.iter().find(|(field, _)| *field == name).map_or("", |(_, text)| text)
    }

    /// What is wrong with the form as a whole.
    pub fn error_of_all(&self) -> &str {
        self.error("")
    }

    /// The fields with which something is wrong, each with what it is.
    pub fn errors_of_fields(&self) -> Vec<&(&'static str, String)> {
        self.wrong.iter().filter(|(field, _)| !field.is_empty()).collect()
    }

    pub fn is_refused(&self) -> bool {
        !self.wrong.is_empty()
    }

    /// Whether what was typed is shown again, and a senha that was in it is not.
    pub fn has_lost_senha(&self) -> bool {
        self.is_kept || self.is_translated || self.is_refused() && !self.typed.is_empty()
    }
}

/// What one of several is chosen by, and what it is called.
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    pub fn new(value: String, label: String) -> Self {
        Self { value, label }
    }

    /// The níveis that are seen, as a tree, and what is above them, for those who may choose that.
    pub fn niveis(model: &SeenModel, above: Self) -> Vec<Self> {
        let below = |(depth, nivel): (usize, &Nivel)| {
            Self::new(nivel.nome.clone(), format!("{}{}", "– ".repeat(depth), nivel.nome))
        };
        model.tree().into_iter().map(below).chain(model.is_root().then_some(above)).collect()
    }
}

/// A name that has to be there.
pub fn required_name(typed: &Typed, field: &'static str) -> Result<Name, ApiError> {
    let text = typed.get(field);
    if is_blank(text) {
        return Err(ApiError::Required(field));
    }
    text.parse().map_err(|_| ApiError::Invalid(field))
}

#[cfg(test)]
mod tests {
    use super::super::texts::{EN, PT};
    use super::*;

    #[test]
    fn nothing_secret_is_kept() {
        let typed = Typed::parse(b"nome=a%26b&senha=x&senha_de_novo=y&ficha=z&permissao=p&permissao=q&texto=a%0D%0Ab");
        assert_eq!(typed.get("senha"), "x");
        let kept = typed.kept();
        assert_eq!((kept.get("senha"), kept.get("senha_de_novo"), kept.get(TOKEN)), ("", "", ""));
        assert_eq!((kept.get("nome"), kept.get("texto")), ("a&b", "a\nb"));
        assert_eq!(kept.all("permissao").collect::<Vec<_>>(), ["p", "q"]);
    }

    #[test]
    fn all_that_is_wrong_stands_beside_its_field() {
        let typed = Typed::parse(b"nome=x&senha=y");
        let mut faults = Faults::default();
        assert_eq!(faults.take("login", Err::<(), _>(ApiError::Required("login"))), None);
        assert_eq!(faults.take("perfil", Ok::<_, ApiError>(7)), Some(7));
        faults.say("senha", "Twice.");
        let form = Form::refused(&typed, &faults, &EN);
        assert_eq!((form.value("nome"), form.value("senha"), form.has_lost_senha()), ("x", "", true));
        assert_eq!(["login", "perfil", "senha"].map(|name| form.error(name)), ["Type the login.", "", "Twice."]);
        assert_eq!((form.error_of_all(), form.errors_of_fields().len(), faults.status().as_u16()), ("", 2, 400));
        let faults = Faults::of(&ApiError::Unavailable, &["nome"]);
        let form = Form::refused(&typed, &faults, &PT);
        assert_eq!((form.error("nome"), form.is_refused(), faults.status().as_u16()), ("", true, 503));
        assert!(form.error_of_all().starts_with("O servidor não conseguiu responder"));
    }
}
