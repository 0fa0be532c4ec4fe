//! What a dialect says beside its answers, as its file writes it.

use std::collections::BTreeMap;

use axum::http::HeaderValue;
use serde_json::{Value, json};

use super::file::{Handling, Verdict};
use super::forms::Dialect;
use crate::domain::atendimento::Status;
use crate::domain::rules::{SameStatus, UnknownMotivo, UnneededMotivo};

impl Dialect {
    /// What is in force for all answers and requests, by its place in the file; null for what is left out. Answers have
    /// the headers `always` unless it says otherwise.
    pub fn settings(&self, always: &BTreeMap<String, &str>) -> Vec<(String, Value)> {
        let text = |value: &HeaderValue| json!(String::from_utf8_lossy(value.as_bytes()));
        let mut headers: BTreeMap<&str, Value> =
            always.iter().map(|(name, value)| (name.as_str(), json!(value))).collect();
        headers.extend(self.headers.iter().map(|(name, value)| (name.as_str(), json!(value.as_ref().map(text)))));
        let tokens: Vec<String> = self.token_headers.iter().map(|header| header.carrying("<token>")).collect();
        let of_all = [
            ("content_type", text(&self.content_type)),
            ("charset", json!(self.charset.map(|charset| charset.name))),
            ("www_authenticate", json!(self.www_authenticate.as_ref().map(text))),
            ("escapes", json!(self.escapes)),
            ("nomes_de_cabecalhos", json!(self.header_case)),
            ("[entidades] aspas", json!(self.entities.quote)),
            ("[entidades] apostrofo", json!(self.entities.apostrophe)),
        ];
        let of_all = of_all.into_iter().map(|(name, value)| (name.to_owned(), value));
        let headers = headers.into_iter().map(|(name, value)| (format!("[cabecalhos] {name}"), value));
        let token = ("[token] cabecalhos".to_owned(), json!(tokens));
        let statuses = self.status.iter().flat_map(|(name, words)| {
            let table = if name.is_empty() { "status".to_owned() } else { format!("status.{name}") };
            Status::ALL.map(|status| (format!("[{table}] {status}"), json!(words.written(status.nome()))))
        });
        let rules = self.written_rules().map(|(name, value)| (format!("[regras] {name}"), value));
        of_all.chain(headers).chain([token]).chain(statuses).chain(rules).collect()
    }

    fn written_rules(&self) -> [(&'static str, Value); 4] {
        let verdict = |is_taken| json!(if is_taken { Verdict::Aceito } else { Verdict::Recusado });
        let unneeded = match self.rules.unneeded_motivo {
            UnneededMotivo::Ignored => Handling::Ignorado,
            UnneededMotivo::Checked => Handling::Conferido,
            UnneededMotivo::Refused => Handling::Recusado,
        };
        [
            ("mesmo_status", verdict(self.rules.same_status == SameStatus::Made)),
            ("motivo_desnecessario", json!(unneeded)),
            ("motivo_desconhecido", verdict(self.rules.unknown_motivo == UnknownMotivo::Ignored)),
            ("login_sem_permissao", verdict(self.logs_in_without_permission)),
        ]
    }
}
