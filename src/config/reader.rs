//! Settings read one by one, each with its complaint.

use super::kinds::Parse;
use super::settings::Setting;
use super::sources::Sources;

/// Reads settings and collects what is wrong with them.
pub(super) struct Reader<'a> {
    pub sources: &'a Sources,
    pub complaints: Vec<String>,
}

impl Reader<'_> {
    /// The value of `setting`; after a complaint, the default of its type.
    pub fn read<K: Parse + 'static>(&mut self, setting: &'static Setting<K>) -> K::Value {
        let text = self.sources.value(setting);
        let value = text.and_then(|(text, origin)| setting.kind.parse(origin.names(setting.name), &text));
        self.checked(value).unwrap_or_default()
    }

    /// What `outcome` holds; `None` once its complaint is noted.
    pub fn checked<T>(&mut self, outcome: Result<T, String>) -> Option<T> {
        outcome.map_err(|complaint| self.complaints.push(complaint)).ok()
    }
}
