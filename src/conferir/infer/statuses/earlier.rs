//! Places that name the status before a change.

use super::{Candidate, Kind, MOST, Statuses, Told, WORD_MAX, Words, by_name, head, with_name};
use crate::domain::atendimento::Status;

impl Statuses {
    /// `place` names the status before the change, in `words`.
    pub(super) fn add_earlier(&mut self, place: &str, words: Words) {
        let is_of =
            |kind: &&Kind| kind.table.is_some() && words.iter().all(|(name, word)| kind.words.get(name) == Some(word));
        let known = self.kinds.iter().find(is_of).map(|kind| kind.gap.replacen("<status", "<anterior", 1));
        let is_plain = words.iter().all(|(name, word)| name == word);
        let has_own = self.kinds.iter().any(|kind| kind.table.as_deref() == Some(""));
        let gap = match known {
            Some(gap) => Some(gap),
            None if is_plain && !has_own => Some("<anterior>".to_owned()),
            None if words.len() == Status::ALL.len() && self.kinds.len() < MOST => {
                let name = self.free_table(Candidate::table_of(place, &words));
                self.notes.push((head(&name), format!("{place} before changes")));
                self.kinds.push(Kind { gap: format!("<status {name}>"), table: Some(name.clone()), words });
                Some(format!("<anterior {name}>"))
            }
            None => {
                let words: Vec<String> = words.iter().map(|(name, word)| format!("{name} is {word}")).collect();
                let note = format!(
                    "{place} names the status before the change, of which only some were seen ({}): it stands empty; a table \
                     [status.NAME] is to be added, and <anterior NAME>",
                    words.join(", ")
                );
                self.notes.push(("[sucesso]".to_owned(), note));
                None
            }
        };
        self.earlier.insert(place.to_owned(), gap);
    }

    /// What `place` has by the status before each change of `told`, if it goes with that, and not with the one after it.
    pub(super) fn words_of_earlier(place: &str, told: &[Told]) -> Option<Words> {
        let text = |told: &Told| Some(with_name(told.texts.get(place)?, told.name, None));
        let pairs = told.iter().filter_map(|told| Some((told.before?, told)));
        let pairs = pairs.map(|(earlier, told)| Some((earlier, told.name, text(told)?)));
        let pairs: Vec<_> = pairs.collect::<Option<_>>()?;
        let by_earlier = by_name(pairs.iter().map(|(earlier, _, text)| (*earlier, text.clone())))?;
        let by_own = by_name(pairs.iter().map(|(_, own, text)| (*own, text.clone())));
        let is_fine =
            |word: &String| (1..=WORD_MAX).contains(&word.chars().count()) && !word.contains(char::is_control);
        // What a status has again before another one is the same by no chance.
        (by_earlier.len() < pairs.len() && by_own.is_none() && by_earlier.values().all(is_fine)).then_some(by_earlier)
    }
}
