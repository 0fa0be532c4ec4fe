//! What was seen, counted.

use std::collections::BTreeMap;

use serde_json::Value;

use super::observe::{Observation, Route, is_success};

/// Most kinds of differences and refusals that are counted apart.
const KINDS_MAX: usize = 200;

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub exchanges: u64,
    pub cases: BTreeMap<(String, String), Count>,
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
    /// Counts `observation`. Whether it showed something for the first time.
    pub fn add(&mut self, observation: &Observation) -> bool {
        self.exchanges += 1;
        let Observation { route, case, differences, .. } = observation;
        let differences = differences.iter().map(String::as_str);
        let refusal = observation.refusal_of_accepted();
        *route != Route::Other && self.count(route.word(), case.unwrap_or("?"), differences, refusal)
    }

    /// Counts a line of a recording. Whether it is one.
    pub fn read(&mut self, line: &Value) -> bool {
        let (Some(route), Some(differences)) = (line["rota"].as_str(), line["diferencas"].as_array()) else {
            return false;
        };
        self.exchanges += 1;
        if route != Route::Other.word() {
            let differences = differences.iter().filter_map(Value::as_str);
            let case = line["caso"].as_str().unwrap_or("?");
            self.count(route, case, differences, line["recusa"].as_str().filter(|_| is_success(case)));
        }
        true
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

    /// The cases as rows: route, case, how often, and what differs.
    pub fn rows(&self) -> Vec<[String; 4]> {
        let row = |((route, case), count): (&(String, String), &Count)| {
            let differences = count.differences.iter().map(|(difference, times)| format!("{difference} ({times})"));
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
