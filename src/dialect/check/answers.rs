//! What is wrong with single answers.

use std::fmt;

use uuid::Uuid;

use super::{Check, Parts};
use crate::dialect::escapes::Escapes;
use crate::dialect::facts::{Facts, LoggedIn, Mention};
use crate::dialect::file::AnswerFile;
use crate::dialect::forms::{AnswerForm, Dialect, Form};
use crate::dialect::gap::{Gap, Kind};
use crate::dialect::template::Template;
use crate::domain::atendimento::Status;

impl Check<'_> {
    pub(super) fn form(&mut self, table: &[&str], answer: &AnswerFile, may: Parts) -> Form {
        for (key, is_there, is_fine) in
            [("codigo", answer.codigo.is_some(), may.code), ("texto", answer.texto.is_some(), may.text.is_some())]
        {
            if is_there && !is_fine {
                self.complain(table, key, "can't be set here");
            }
        }
        let most = if may.kind.is_some() { 299 } else { 599 };
        let is_bodiless = may.kind == Some(Kind::Change) && answer.corpo.as_deref() == Some("");
        let has_none = |code: u16| [205, 304].contains(&code) || code == 204 && !is_bodiless;
        if answer.codigo == Some(204) && may.kind == Some(Kind::Change) && !is_bodiless {
            self.complain(table, "codigo", "204 has no body, and needs corpo = \"\"");
        } else if answer.codigo.is_some_and(|code| !(200..=most).contains(&code) || has_none(code)) {
            let whose = if may.kind.is_some() { " for a success" } else { "" };
            let what = format_args!("has to be 200 to {most}{whose}, and not one without a body");
            self.complain(table, "codigo", what);
        }
        if let (Some(text), Some(parameters)) = (&answer.texto, may.text) {
            let gaps = text.matches("{}").count();
            if gaps > parameters {
                let what = format_args!("has {gaps} of {{}}; the contract's text has {parameters} values");
                self.complain(table, "texto", what);
            }
        }
        let content_type = self.content_type(table, answer.content_type.as_deref());
        let body = answer.corpo.as_deref().and_then(|text| self.body(table, text, &may));
        let charset = self.charset(table, answer.charset.as_deref(), answer.content_type.as_deref());
        let challenge = answer.www_authenticate.as_deref().and_then(|text| self.value(table, "www_authenticate", text));
        Form { code: answer.codigo, text: answer.texto.clone(), body, content_type, charset, challenge }
    }

    fn body(&mut self, table: &[&str], text: &str, may: &Parts) -> Option<Template> {
        let body = Template::parse(text).and_then(|body| body.in_words(&self.status));
        let mut complain = |what: &dyn fmt::Display| self.complain(table, "corpo", what);
        let body = match body {
            Ok(body) => body,
            Err(complaint) => {
                complain(&complaint);
                return None;
            }
        };
        match body.gap_of_another(may.kind) {
            Some((name, elsewhere)) => complain(&format_args!("has <{name}>, which {elsewhere}")),
            None if may.kind == Some(Kind::Login) && ![Gap::Token, Gap::TokenValue].iter().any(|gap| body.has(gap)) => {
                complain(&"needs <token>");
            }
            None => {}
        }
        Some(body)
    }

    /// Complains of bodies that are no JSON although their type says so. Either may be said by an answer itself, or by what
    /// it is one of.
    pub(super) fn check_json(&mut self, dialect: &Dialect) {
        if dialect.escapes == Escapes::Nenhum {
            return;
        }
        let (file, answers) = (self.file, &self.file.respostas);
        let of_all: [(&[&str], _, AnswerForm<'_>, _); 3] = [
            (&["erro"], &file.erro, dialect.error("", None, 400, ""), None),
            (&["sucesso"], &file.sucesso, dialect.success(""), Some(Kind::Change)),
            (&["login"], &file.login, dialect.login(), Some(Kind::Login)),
        ];
        of_all.into_iter().for_each(|(table, answer, form, kind)| self.check_form(table, answer, form, kind));
        for (key, answer) in answers {
            // `required_status` is `required` about a field.
            let of = answers.keys().filter(|name| key.strip_prefix(*name).is_some_and(|rest| rest.starts_with('_')));
            let name = of.max_by_key(|name| name.len()).unwrap_or(key);
            let field = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('_'));
            self.check_form(&["respostas", key], answer, dialect.error(name, field, 400, ""), None);
        }
    }

    fn check_form(&mut self, table: &[&str], answer: &AnswerFile, form: AnswerForm<'_>, kind: Option<Kind>) {
        let says_json = String::from_utf8_lossy(form.content_type.as_bytes()).to_ascii_lowercase().contains("json");
        if !says_json || form.body.without_gaps() == Some("") || reads_as_json(form, kind) {
            return;
        }
        let cure = "correct one of them, or set escapes = \"nenhum\"";
        if answer.corpo.is_some() {
            self.complain(table, "corpo", format_args!("is no JSON, and its content_type says so; {cure}"));
        } else if answer.content_type.is_some() {
            self.complain(table, "content_type", format_args!("says JSON, and its corpo is none; {cure}"));
        }
    }
}

/// Whether it does with any values. Only a success is sure to name a status that there is.
fn reads_as_json(form: AnswerForm<'_>, kind: Option<Kind>) -> bool {
    let login = LoggedIn { token: "a.b.c", validade: 1, login: "\"\\" };
    let other = (kind != Some(Kind::Change)).then_some("\"\\");
    Status::ALL.map(Status::nome).into_iter().chain(other).all(|status| {
        let facts = Facts {
            texto: "\"\\",
            codigo: 400,
            metodo: "POST",
            caminho: "/",
            now: time::OffsetDateTime::UNIX_EPOCH,
            login: Some(login),
            named: Some(Mention {
                protocolo: "\"\\",
                status,
                anterior: status,
                motivo: "\"\\",
                login: "\"\\",
                usuario: "\"\\",
            }),
            id: Uuid::nil(),
        };
        let body = form.filled(&facts);
        serde_json::from_str::<serde::de::IgnoredAny>(body.trim_start_matches('\u{feff}')).is_ok()
    })
}
