//! The file that describes a dialect, as TOML.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::escapes::Escapes;
use crate::domain::rules::{Rules, SameStatus, UnknownMotivo, UnneededMotivo};

/// A dialect as written. What is left out is the contract's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct DialectFile {
    /// The `Content-Type` of the answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// In which charset bodies are sent. As their `Content-Type` says, without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// The challenge that goes with 401; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub www_authenticate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escapes: Option<Escapes>,
    /// How pages write quotes.
    #[serde(skip_serializing_if = "is_default")]
    pub entidades: EntitiesFile,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nomes_de_cabecalhos: Option<HeaderCase>,
    /// More headers, by name; empty to leave one out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cabecalhos: BTreeMap<String, String>,
    /// All errors that say nothing else.
    #[serde(skip_serializing_if = "is_default")]
    pub erro: AnswerFile,
    /// The success of a change.
    #[serde(skip_serializing_if = "is_default")]
    pub sucesso: AnswerFile,
    /// The success of a login.
    #[serde(skip_serializing_if = "is_default")]
    pub login: AnswerFile,
    /// What `<status>` writes, by the contract's name of the status; of a table, what `<status NAME>` does.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub status: BTreeMap<String, StatusFile>,
    #[serde(skip_serializing_if = "is_default")]
    pub token: TokenFile,
    #[serde(skip_serializing_if = "is_default")]
    pub regras: RulesFile,
    #[serde(skip_serializing_if = "is_default")]
    pub conferir: KitFile,
    /// Single errors, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub respostas: BTreeMap<String, AnswerFile>,
}

/// How an answer differs from the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct AnswerFile {
    /// The status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codigo: Option<u16>,
    /// What stands for `<texto>`; `{}` for each value that the contract's text has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub texto: Option<String>,
    /// The body, with gaps such as `<texto>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corpo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// Its challenge, in the place of that of 401; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub www_authenticate: Option<String>,
}

/// The entities of pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct EntitiesFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspas: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apostrofo: Option<String>,
}

/// An entry of the table of statuses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a text, a number, or a table of them")]
pub enum StatusFile {
    Word(WordFile),
    Words(BTreeMap<String, WordFile>),
}

/// A status as a Citrus writes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a text or a number")]
pub enum WordFile {
    Number(i64),
    Text(String),
}

/// Where requests carry the token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct TokenFile {
    /// Headers, in the order in which they are looked at: `Name: Scheme`, or `Name` for the token alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cabecalhos: Option<Vec<String>>,
}

/// Where its rules are not ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct RulesFile {
    /// A change to the status that the atendimento has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mesmo_status: Option<Verdict>,
    /// A motivo where none is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub motivo_desnecessario: Option<Handling>,
    /// A motivo that is required and not registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub motivo_desconhecido: Option<Verdict>,
    /// A login of a user who may not change statuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_sem_permissao: Option<Verdict>,
}

/// What `conferir` does not ask in this dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct KitFile {
    /// Cases, and groups of them such as `reads/`: this Citrus does not have what they are about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pular: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Aceito,
    Recusado,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Handling {
    /// Recorded if it is registered, and else as good as none.
    Ignorado,
    /// It has to be registered.
    Conferido,
    Recusado,
}

/// How the names of headers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeaderCase {
    /// `content-type`
    Minusculas,
    /// `Content-Type`
    IniciaisMaiusculas,
}

impl HeaderCase {
    /// `name` so written.
    pub fn written(self, name: &str) -> String {
        let name = name.to_ascii_lowercase();
        if self == Self::Minusculas {
            return name;
        }
        let part = |part: &str| {
            let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
            first.to_ascii_uppercase() + rest
        };
        name.split('-').map(part).collect::<Vec<_>>().join("-")
    }
}

impl RulesFile {
    pub(super) fn rules(&self) -> Rules {
        Rules {
            same_status: match self.mesmo_status {
                None | Some(Verdict::Aceito) => SameStatus::Made,
                Some(Verdict::Recusado) => SameStatus::Refused,
            },
            unneeded_motivo: match self.motivo_desnecessario {
                None | Some(Handling::Ignorado) => UnneededMotivo::Ignored,
                Some(Handling::Conferido) => UnneededMotivo::Checked,
                Some(Handling::Recusado) => UnneededMotivo::Refused,
            },
            unknown_motivo: match self.motivo_desconhecido {
                None | Some(Verdict::Recusado) => UnknownMotivo::Refused,
                Some(Verdict::Aceito) => UnknownMotivo::Ignored,
            },
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
