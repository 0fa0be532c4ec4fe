//! What was seen, counted.

use std::collections::BTreeMap;

use serde_json::Value;

use super::observe::{Route, is_success};

/// Most kinds of differences and refusals that are counted apart.
const KINDS_MAX: usize = 200;

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub exchanges: u64,
    pub cases: BTreeMap<(String, String), Count>,
    /// Requests of other routes, by method and path.
    pub others: BTreeMap<String, u64>,
    /// Requests that were accepted and that our server would refuse, by its message.
    pub refusals: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Default)]
pub struct Count {
    pub seen: u64,
    /// By what would differ.
    pub differences: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts a line of a recording. Whether it showed something of the two routes for the first time; none for what is no line.
    pub fn add(&mut self, line: &Value) -> Option<bool> {
        let (route, differences) = (line["rota"].as_str()?, line["diferencas"].as_array()?);
        self.exchanges += 1;
        if route == Route::Other.word() {
            let text = |name: &str| line[name].as_str().unwrap_or_default();
            let path = text("caminho").split('?').next().unwrap_or_default();
            bump(&mut self.others, &format!("{} {path}", text("metodo")));
            return Some(false);
        }
        let differences = differences.iter().filter_map(Value::as_str);
        let case = line["caso"].as_str().unwrap_or("?");
        Some(self.count(route, case, differences, line["recusa"].as_str().filter(|_| is_success(case))))
    }

    /// Counts an exchange of the two routes. Whether it showed something for the first time.
    fn count<'a>(
        &mut self,
        route: &str,
        case: &str,
        differences: impl Iterator<Item = &'a str>,
        refusal: Option<&str>,
    ) -> bool {
        let count = self.cases.entry((route.to_owned(), case.to_owned())).or_default();
        count.seen += 1;
        let mut is_new = count.seen == 1;
        for difference in differences {
            is_new |= bump(&mut count.differences, difference);
        }
        if let Some(refusal) = refusal {
            is_new |= bump(&mut self.refusals, refusal);
        }
        is_new
    }

    /// What differs in every answer of more than one case.
    pub fn everywhere(&self) -> Vec<&str> {
        let Some(first) = self.cases.values().next().filter(|_| self.cases.len() > 1) else { return Vec::new() };
        let is_always = |difference: &str| {
            self.cases.values().all(|count| count.differences.get(difference).is_some_and(|times| *times == count.seen))
        };
        first.differences.keys().map(String::as_str).filter(|difference| is_always(difference)).collect()
    }

    /// The cases as rows: route, case, how often, and what differs beside what differs everywhere; status codes and bodies first.
    pub fn rows(&self) -> Vec<[String; 4]> {
        let everywhere = self.everywhere();
        let rank =
            |difference: &str| ["status ", "body"].iter().position(|begin| difference.starts_with(begin)).unwrap_or(2);
        let row = |((route, case), count): (&(String, String), &Count)| {
            let own = count.differences.iter().filter(|(difference, _)| !everywhere.contains(&difference.as_str()));
            let mut own: Vec<_> = own.collect();
            own.sort_by_key(|(difference, _)| rank(difference));
            let differences = own.into_iter().map(|(difference, times)| format!("{difference} ({times})"));
            let differences = differences.collect::<Vec<_>>().join("; ");
            let differences = if differences.is_empty() { "none".to_owned() } else { differences };
            [route.clone(), case.clone(), count.seen.to_string(), differences]
        };
        self.cases.iter().map(row).collect()
    }
}

/// Counts `kind`; whether it is the first.
fn bump(counts: &mut BTreeMap<String, u64>, kind: &str) -> bool {
    let kind = if counts.contains_key(kind) || counts.len() < KINDS_MAX { kind } else { "(others)" };
    let count = counts.entry(kind.to_owned()).or_default();
    *count += 1;
    *count == 1
}
