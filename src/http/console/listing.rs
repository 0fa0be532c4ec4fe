//! Lists by name: which entries somebody asks for, and a page of them.

use axum::http::Uri;
use url::form_urlencoded::Serializer;

use crate::domain::text::NameKey;
use crate::http::answer::catalogue::ApiError;
use crate::http::limits::PAGE_ENTRIES;
use crate::http::request::query;

/// What the names that are looked for contain.
const SEARCH: &str = "procura";
/// What the page begins after.
const AFTER: &str = "depois";

/// Which entries a page shows.
#[derive(Default)]
pub struct Asked {
    pub search: String,
    pub after: Option<String>,
}

/// What a page says of the others of its list.
pub struct Pages {
    pub search: String,
    /// The place of the next page, if there is one.
    pub next: Option<String>,
    pub is_first: bool,
    /// Whether there is more than a page without a search.
    pub is_long: bool,
}

impl Asked {
    pub fn of(uri: &Uri) -> Result<Self, ApiError> {
        let text = |name| {
            let text = query::parameter(uri, name)?.map(|text| text.trim().to_owned());
            Ok::<_, ApiError>(text.map(|text| text.replace('\0', "")).filter(|text| !text.is_empty()))
        };
        Ok(Self { search: text(SEARCH)?.unwrap_or_default(), after: text(AFTER)? })
    }

    /// What names have to contain; `None` where any will do.
    pub fn containing(&self) -> Option<NameKey> {
        NameKey::non_blank(&self.search)
    }

    /// The place of the page after `last`, in the list at `place`.
    pub fn next(&self, place: &str, last: &str) -> String {
        let mut query = Serializer::new(String::new());
        if !self.search.is_empty() {
            query.append_pair(SEARCH, &self.search);
        }
        format!("{place}?{}", query.append_pair(AFTER, last).finish())
    }

    /// A page of the list at `place`, which has `all` of them in order. Where the entry is gone after which it begins, it is
    /// the first page.
    pub fn page<T>(self, place: &str, all: impl Iterator<Item = T>, name: impl Fn(&T) -> &str) -> (Vec<T>, Pages) {
        let most = usize::from(PAGE_ENTRIES);
        let mut found: Vec<T> = all.collect();
        let is_long = found.len() > most;
        if let Some(containing) = self.containing() {
            found.retain(|one| NameKey::new(name(one)).as_str().contains(containing.as_str()));
        }
        let after = self.after.as_deref().map(NameKey::new);
        let last = after.and_then(|after| found.iter().position(|one| NameKey::new(name(one)) == after));
        if let Some(last) = last {
            found.drain(..=last);
        }
        let has_more = found.len() > most;
        found.truncate(most);
        let next = found.last().filter(|_| has_more).map(|last| self.next(place, name(last)));
        (found, Pages { search: self.search, next, is_first: last.is_none(), is_long })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_each_entry_once() {
        let names: Vec<String> = (0..120).map(|number| format!("Nível {number:03}")).collect();
        let page = |query: &str| {
            let asked = Asked::of(&format!("/console/niveis?{query}").parse().unwrap()).unwrap();
            asked.page("niveis", names.iter(), |name| name)
        };
        let (mut query, mut seen) = (String::new(), Vec::new());
        loop {
            let (found, pages) = page(&query);
            assert_eq!((pages.is_first, pages.is_long), (query.is_empty(), true));
            seen.extend(found);
            let Some(next) = pages.next else { break };
            query = next.strip_prefix("niveis?").unwrap().to_owned();
        }
        assert_eq!(seen, names.iter().collect::<Vec<_>>());
        let (found, pages) = page("procura=N%C3%8DVEL+11");
        assert_eq!((found.len(), pages.next, pages.is_first), (10, None, true));
        let (found, pages) = page("procura=1&depois=n%C3%ADvel+010");
        assert_eq!((found[0].as_str(), pages.is_first), ("Nível 011", false));
        assert!(page("depois=nada").1.is_first);
    }
}
