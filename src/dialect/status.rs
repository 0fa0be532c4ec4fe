//! How a Citrus writes the status in its answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::atendimento::Status;

/// A word for each status, by the contract's name. What is left out is the contract's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusWords(pub(super) BTreeMap<&'static str, String>);

/// The words for each gap: of `<status>` under the empty name, of `<status id>` under `id`.
pub(super) type StatusTables = BTreeMap<String, Arc<StatusWords>>;

impl StatusWords {
    /// What stands for `status`; itself if it is none.
    pub fn written<'a>(&'a self, status: &'a str) -> &'a str {
        let word = Status::from_nome(status).and_then(|status| self.0.get(status.nome()));
        word.map_or(status, String::as_str)
    }
}
