//! Members that are known in another spelling (ours): ignored as on Citrus, but not without a word.

use std::collections::BTreeSet;

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use icu_normalizer::DecomposingNormalizer;

const IGNORED: HeaderName = HeaderName::from_static("ignored-members");
const KEY_MAX: usize = 64;

/// The names of the members of which another spelling was sent: in another case, with accents, or with signs between
/// the letters.
#[derive(Debug, Default)]
pub struct Misspelt(BTreeSet<&'static str>);

impl Misspelt {
    /// Notes `key` if it is another spelling of one of `names`.
    pub fn note(&mut self, key: &str, names: &[&'static str]) {
        if key.len() > KEY_MAX {
            return;
        }
        let key = letters(key);
        self.0.extend(names.iter().find(|name| key == letters(name)));
    }

    pub fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    /// The names, with commas between; `None` where there are none.
    pub fn names(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.iter().copied().collect::<Vec<_>>().join(", "))
    }

    pub fn name_in(&self, mut response: Response) -> Response {
        if let Some(names) = self.names() {
            let names = HeaderValue::try_from(names).expect("the members have names in ASCII");
            response.headers_mut().insert(IGNORED, names);
        }
        response
    }
}

/// The letters and digits of `text`, without case and accents.
fn letters(text: &str) -> String {
    let plain = DecomposingNormalizer::new_nfkd().normalize(text).into_owned();
    plain.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(key: &str) -> Option<String> {
        let mut misspelt = Misspelt::default();
        misspelt.note(key, &["comentario", "visivelCliente"]);
        misspelt.names()
    }

    #[test]
    fn case_accents_and_signs_make_another_spelling() {
        for key in ["Comentario", "COMENTÁRIO", "comenta\u{301}rio", " comentario", "\u{feff}comentario", "ｃomentario"]
        {
            assert_eq!(noted(key).as_deref(), Some("comentario"), "{key}");
        }
        for key in ["visivel_cliente", "VisívelCliente", "visivel-cliente"] {
            assert_eq!(noted(key).as_deref(), Some("visivelCliente"), "{key}");
        }
    }

    #[test]
    fn other_words_are_none() {
        for key in ["", "comentarios", "coment", "cliente", "__", &"comentario ".repeat(9)] {
            assert_eq!(noted(key), None, "{key}");
        }
    }
}
