//! What is wrong with single answers.

use std::fmt;

use uuid::Uuid;

use super::{Check, Parts};
use crate::dialect::escapes::{Entities, Escapes};
use crate::dialect::facts::{Facts, LoggedIn, Mention};
use crate::dialect::file::AnswerFile;
use crate::dialect::forms::{CONTENT_TYPE, Form};
use crate::dialect::gap::{Gap, Kind};
use crate::dialect::template::Template;
use crate::dialect::writing::Writing;
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
        let body = answer.corpo.as_deref().and_then(|text| self.body(table, text, answer, &may));
        let charset = self.charset(table, answer.charset.as_deref(), answer.content_type.as_deref());
        let challenge = answer.www_authenticate.as_deref().and_then(|text| self.value(table, "www_authenticate", text));
        Form { code: answer.codigo, text: answer.texto.clone(), body, content_type, charset, challenge }
    }

    fn body(&mut self, table: &[&str], text: &str, answer: &AnswerFile, may: &Parts) -> Option<Template> {
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
            None if may.kind == Some(Kind::Login) && !body.has(&Gap::Token) => complain(&"needs <token>"),
            None => {}
        }
        if !text.is_empty()
            && self.is_json(table, answer)
            && !reads_as_json(&body, self.file.escapes.unwrap_or_default(), may.kind)
        {
            self.complain(
                table,
                "corpo",
                "is no JSON, and its content_type says so; correct one of them, or set escapes = \"nenhum\"",
            );
        }
        Some(body)
    }

    /// Whether an answer says that its body is JSON.
    fn is_json(&self, table: &[&str], answer: &AnswerFile) -> bool {
        let of_errors = self.file.erro.content_type.as_ref().filter(|_| table[0] == "respostas");
        let said = answer.content_type.as_ref().or(of_errors).or(self.file.content_type.as_ref());
        self.file.escapes != Some(Escapes::Nenhum) && said.is_none_or(|said| said.contains("json"))
    }
}

/// Whether it does with any values. Only a success is sure to name a status that there is.
fn reads_as_json(body: &Template, escapes: Escapes, kind: Option<Kind>) -> bool {
    let login = LoggedIn { token: "a.b.c", validade: 1, login: "\"\\" };
    let writing = Writing::of((escapes, Entities::default()), CONTENT_TYPE, body.beginning());
    let other = (kind != Some(Kind::Change)).then_some("\"\\");
    Status::ALL.map(Status::nome).into_iter().chain(other).all(|status| {
        let facts = Facts {
            texto: "\"\\",
            codigo: 400,
            metodo: "",
            caminho: "/",
            now: time::OffsetDateTime::UNIX_EPOCH,
            login: Some(login),
            // A protocolo may stand without quotes, too.
            named: Some(Mention { protocolo: "7", status, motivo: "\"\\", login: "\"\\" }),
            id: Uuid::nil(),
        };
        serde_json::from_str::<serde::de::IgnoredAny>(&body.filled(writing, &facts)).is_ok()
    })
}
