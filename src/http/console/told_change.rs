//! What an entry of the audit trail changed, for people: a line for each member of its JSON.

use serde_json::Value;

use super::texts::auditoria::Texts;
use super::texts::names;
use crate::domain::access::Permissao;
use crate::http::answer::problem::Language;

/// The most characters of a value that are shown.
const SHOWN_MAX: usize = 300;

pub struct Line {
    /// What of it changed; empty for what is no object.
    pub label: String,
    pub parts: Vec<Part>,
}

pub enum Part {
    Was(String),
    Is(String),
    Added(String),
    Removed(String),
}

impl Part {
    pub fn text(&self) -> &str {
        match self {
            Self::Was(text) | Self::Is(text) | Self::Added(text) | Self::Removed(text) => text,
        }
    }
}

/// The lines of a change from `before` to `after`, either of which may be null.
pub fn lines(before: &Value, after: &Value, texts: &Texts, language: Language) -> Vec<Line> {
    let told = Told { texts, language };
    let members = |value: &Value| value.as_object().cloned();
    match (members(before), members(after)) {
        (None, None) => {
            let parts = told.parts("", before, after);
            if parts.is_empty() { Vec::new() } else { vec![Line { label: String::new(), parts }] }
        }
        (before, after) => {
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            let mut names: Vec<&String> = before.keys().collect();
            names.extend(after.keys().filter(|name| !before.contains_key(*name)));
            let line = |name: &String| {
                let [was, is] = [&before, &after].map(|members| members.get(name).unwrap_or(&Value::Null));
                Line { label: told.label(name), parts: told.parts(name, was, is) }
            };
            names.into_iter().map(line).filter(|line| !line.parts.is_empty()).collect()
        }
    }
}

struct Told<'a> {
    texts: &'a Texts,
    language: Language,
}

impl Told<'_> {
    fn label(&self, name: &str) -> String {
        let texts = self.texts;
        let known = match name {
            "permissoes" => texts.m_permissoes,
            "ativo" => texts.m_ativo,
            "perfil" => texts.m_perfil,
            "nivel" => texts.m_nivel,
            "superior" => texts.m_superior,
            "root" => texts.m_root,
            "status" => texts.m_status,
            other => return cut(other),
        };
        known.to_owned()
    }

    fn parts(&self, name: &str, before: &Value, after: &Value) -> Vec<Part> {
        if before.is_array() || after.is_array() {
            let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
            let (before, after) = (list(before), list(after));
            // One by one: what is hidden stands there more than once.
            let only = |these: &[Value], others: &[Value]| -> Vec<String> {
                let mut others = others.to_vec();
                let mut is_other =
                    |one: &Value| others.iter().position(|other| other == one).map(|at| others.remove(at));
                these.iter().filter(|one| is_other(one).is_none()).map(|one| self.value(name, one)).collect()
            };
            let added = only(&after, &before).into_iter().map(Part::Added);
            return added.chain(only(&before, &after).into_iter().map(Part::Removed)).collect();
        }
        match (before, after) {
            (Value::Null, Value::Null) => Vec::new(),
            (Value::Null, after) => vec![Part::Is(self.value(name, after))],
            (before, after) => vec![Part::Was(self.value(name, before)), Part::Is(self.value(name, after))],
        }
    }

    fn value(&self, name: &str, value: &Value) -> String {
        match value {
            Value::Null => self.texts.nothing.to_owned(),
            Value::Bool(true) => self.texts.yes.to_owned(),
            Value::Bool(false) => self.texts.no.to_owned(),
            Value::String(text) if name == "permissoes" => self.permissao(text),
            Value::String(text) => cut(text),
            other => cut(&other.to_string()),
        }
    }

    fn permissao(&self, nome: &str) -> String {
        Permissao::named(nome).map_or_else(|| cut(nome), |known| names::permissao(known, self.language).to_owned())
    }
}

fn cut(text: &str) -> String {
    crate::domain::text::excerpt(text, SHOWN_MAX).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::texts::auditoria::EN;
    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<String> {
        let part = |part: &Part| match part {
            Part::Was(text) => format!("was {text}"),
            Part::Is(text) => format!("is {text}"),
            Part::Added(text) => format!("+ {text}"),
            Part::Removed(text) => format!("- {text}"),
        };
        let lines = lines(before, after, &EN, Language::English);
        lines
            .iter()
            .map(|line| format!("{}: {}", line.label, line.parts.iter().map(part).collect::<Vec<_>>().join(", ")))
            .collect()
    }

    #[test]
    fn a_change_is_told_member_by_member() {
        assert_eq!(told(&json!({"ativo": true}), &json!({"ativo": false})), ["Active: was yes, is no"]);
        assert_eq!(
            told(&json!({"permissoes": ["alterar-status", "x"]}), &json!({"permissoes": ["x", "administrar-perfis"]})),
            ["Permissions: + Administer perfis, - Change the status of atendimentos"]
        );
        assert_eq!(
            told(&json!({"permissoes": ["(oculto)", "x"]}), &json!({"permissoes": ["(oculto)", "(oculto)", "x"]})),
            ["Permissions: + (oculto)"]
        );
        assert_eq!(
            told(&Value::Null, &json!({"root": false, "nivel": "Suporte", "superior": null})),
            ["Root: is no", "Nível: is Suporte"]
        );
        assert_eq!(told(&Value::Null, &Value::Null), [""; 0]);
    }

    #[test]
    fn what_another_program_has_written_is_shown_as_it_is() {
        assert_eq!(told(&json!("no\u{202e}JSON"), &Value::Null), [": was no\\u{202e}JSON, is nothing"]);
        assert_eq!(told(&json!({"a": {"b": 1}}), &json!({"a": 7})), ["a: was {\"b\":1}, is 7"]);
        assert!(told(&Value::Null, &json!({"a": "x".repeat(1000)}))[0].len() < 400);
    }
}
