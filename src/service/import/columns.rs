//! Which columns hold the protocolo and the status, by the names in the header.

use icu_casemap::CaseMapper;
use icu_normalizer::DecomposingNormalizer;

use super::tidy::{quoted, tidy};

/// The names of the two columns. Case, accents and blanks around do not count.
#[derive(Clone, Debug)]
pub struct Columns {
    pub protocolo: String,
    pub status: String,
}

impl Default for Columns {
    fn default() -> Self {
        Self { protocolo: "protocolo".to_owned(), status: "status".to_owned() }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub protocolo: usize,
    pub status: usize,
    /// How many columns there are, without empty ones at the end.
    pub width: usize,
}

impl Found {
    /// Those of `names` that are of neither column.
    pub fn others<'a>(&self, names: &'a [String]) -> impl Iterator<Item = &'a str> {
        let ours = [self.protocolo, self.status];
        names.iter().enumerate().filter(move |(at, _)| !ours.contains(at)).map(|(_, name)| name.as_str())
    }
}

/// Why a header is none of ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// At least one of the columns is not there.
    Missing,
    /// One is there more than once, or one is to be both. The text says which.
    Ambiguous(String),
}

/// Column names as they are looked for.
pub(super) struct Wanted {
    protocolo: String,
    status: String,
    /// As an operator would write the header.
    pub header: String,
}

impl Wanted {
    pub fn new(columns: &Columns) -> Self {
        let Columns { protocolo, status } = columns;
        let header = format!("{},{}", tidy(protocolo), tidy(status));
        Self { protocolo: folded(protocolo), status: folded(status), header }
    }

    /// Looks for both in `names`.
    pub fn find(&self, names: &[String]) -> Result<Found, Unfit> {
        if self.protocolo == self.status {
            return Err(Unfit::Ambiguous(
                "the protocolo and the status have to be in two columns, and the same column is named for both"
                    .to_owned(),
            ));
        }
        let keys: Vec<String> = names.iter().map(|name| folded(name)).collect();
        let position = |wanted: &str| {
            let mut at = (0..keys.len()).filter(|index| keys[*index] == wanted);
            let first = at.next().ok_or(Unfit::Missing)?;
            match at.next() {
                None => Ok(first),
                Some(second) => Err(Unfit::Ambiguous(format!(
                    "the column {} appears twice, the second time as {}; rename one of them",
                    quoted(names[first].trim()),
                    quoted(names[second].trim()),
                ))),
            }
        };
        let (protocolo, status) = (position(&self.protocolo)?, position(&self.status)?);
        let width = keys.iter().rposition(|key| !key.is_empty()).map_or(0, |last| last + 1);
        Ok(Found { protocolo, status, width })
    }
}

/// `name` as names are compared: without case, accents, quotes, and blanks but those between words.
fn folded(name: &str) -> String {
    let decomposed = DecomposingNormalizer::new_nfkd().normalize(name);
    let bare: String = decomposed.chars().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).collect();
    // Typed for the ordinal mark of `Nº`, which is an `o` by now.
    let bare = bare.replace('°', "o");
    CaseMapper::new().fold_string(&tidy(&bare)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_accents_and_blanks() {
        for name in
            ["Situação", "SITUAC\u{327}A\u{303}O", " situacao\u{a0}", "\"situação\"", "\u{feff}situ\u{200b}ação\n"]
        {
            assert_eq!(folded(name), "situacao", "{name:?}");
        }
        assert_eq!(folded("N\u{ba}  do\r\nprotocolo"), "no do protocolo");
        assert_eq!(folded("N\u{b0} do protocolo"), "no do protocolo");
        assert_ne!(folded("situação atual"), folded("situação"));
    }

    #[test]
    fn columns_are_found_in_any_order_and_once() {
        let wanted = Wanted::new(&Columns::default());
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let header = names(&["x", "Status", "", "PROTOCOLO", " ", ""]);
        let found = wanted.find(&header).unwrap();
        assert_eq!(found, Found { protocolo: 3, status: 1, width: 4 });
        assert_eq!(found.others(&header).collect::<Vec<_>>(), ["x", "", " ", ""]);
        assert_eq!(wanted.find(&names(&["protocolo"])), Err(Unfit::Missing));
        assert!(matches!(wanted.find(&names(&["protocolo", "status", "Státus"])), Err(Unfit::Ambiguous(_))));
        let same = Columns { protocolo: "Status".to_owned(), ..Columns::default() };
        assert!(matches!(Wanted::new(&same).find(&names(&["status"])), Err(Unfit::Ambiguous(_))));
    }
}
