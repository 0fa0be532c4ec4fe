//! Words of a request that its answer repeats: a part of a comment, or of a login.

use std::collections::HashSet;
use std::ops::Range;

use super::words;
use crate::sensitive::folded;

/// A part of a login that has fewer letters may be any word.
const PART: usize = 3;
/// A word that is cited alone has so many letters at least, or digits.
const CITED: usize = 5;
const DIGITS: usize = 3;
/// So many letters has a word that no sentence is held together by.
const TELLING: usize = 4;
/// What stands around what is cited.
const AROUND: &str = "'\"`\u{201c}\u{201d}\u{2018}\u{2019}«»()[]{}<>:=";
/// Parts of logins that are in each text.
const USUAL: [&str; 10] =
    ["user", "usuario", "api", "admin", "app", "login", "com", "status", "atendimento", "atendimentos"];

/// What may be repeated of free texts, without case and accents.
#[derive(Default)]
pub(super) struct Echoes {
    words: HashSet<String>,
    /// Words that stand one after the other.
    pairs: HashSet<(String, String)>,
    /// Parts of the login.
    parts: HashSet<String>,
}

impl Echoes {
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>, login: &str) -> Self {
        let mut echoes = Self::default();
        for text in texts {
            let words: Vec<String> = words::of(text).map(folded).collect();
            echoes.pairs.extend(words.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())));
            echoes.words.extend(words);
        }
        let is_telling = |part: &String| part.chars().count() >= PART && !USUAL.contains(&part.as_str());
        echoes.parts = words::of(login).map(folded).filter(is_telling).collect();
        echoes
    }

    /// Where `text` repeats some of them.
    pub(super) fn places(&self, text: &str) -> Vec<Range<usize>> {
        if self.words.is_empty() && self.parts.is_empty() {
            return Vec::new();
        }
        let words: Vec<(Range<usize>, String)> =
            words::of(text).map(|word| (range(text, word), folded(word))).collect();
        let parts = words.iter().filter(|(_, word)| self.parts.contains(word)).map(|(place, _)| place.clone());
        parts.chain(self.runs(&words)).chain(self.cited(text)).collect()
    }

    /// Words of a text one after the other, at least two of which tell something.
    fn runs(&self, words: &[(Range<usize>, String)]) -> Vec<Range<usize>> {
        let follows =
            |(_, one): &(_, String), (_, next): &(_, String)| self.pairs.contains(&(one.clone(), next.clone()));
        let tells = |run: &&[(_, String)]| run.iter().filter(|(_, word)| word.chars().count() >= TELLING).count() >= 2;
        let runs = words.chunk_by(follows).filter(tells);
        runs.map(|run| run[0].0.start..run[run.len() - 1].0.end).collect()
    }

    /// What `text` cites, if all its words are of theirs: between signs, after a colon, or as all there is. What stands before
    /// says what is wrong.
    fn cited<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let is_all = !text.contains(|letter| AROUND.contains(letter));
        let parts = text.split(|letter| AROUND.contains(letter)).skip(usize::from(!is_all));
        parts.filter_map(move |part| {
            let words: Vec<&str> = words::of(part).collect();
            let (first, last) = (words.first()?, words.last()?);
            let has_digit = |word: &str| word.contains(char::is_numeric) && word.len() >= DIGITS;
            let tells = words.len() > 1 || first.chars().count() >= CITED || has_digit(first);
            let is_theirs = words.iter().all(|word| self.words.contains(&folded(word)));
            (tells && is_theirs).then(|| range(text, first).start..range(text, last).end)
        })
    }
}

/// Where in `text` its part `word` stands.
fn range(text: &str, word: &str) -> Range<usize> {
    let start = word.as_ptr() as usize - text.as_ptr() as usize;
    start..start + word.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_comment_or_of_a_login_is_found() {
        let texts = ["cliente pediu acesso ao servidor de producao, erro 4839", "suporte.campos@empresa.com"];
        let echoes = Echoes::of(texts.into_iter(), texts[1]);
        for (text, repeated) in [
            ("Comentário inválido: acesso ao servidor", &["acesso ao servidor"][..]),
            ("O texto ACESSO AO SERVIDOR não é permitido", &["ACESSO AO SERVIDOR"]),
            ("Palavra proibida: servidor", &["servidor"]),
            ("Palavra 'Produção' proibida", &["Produção"]),
            ("servidor", &["servidor"]),
            ("Valor (4839)", &["4839"]),
            ("Usuário suporte bloqueado", &["suporte"]),
            ("Usuário CAMPOS bloqueado", &["CAMPOS"]),
            ("O servidor não respondeu", &[]),
            ("Erro: falha ao ler o servidor", &[]),
            ("Erro no servidor de dados", &[]),
            ("erro", &[]),
            ("", &[]),
        ] {
            let mut places = echoes.places(text);
            places.dedup();
            let found: Vec<&str> = places.into_iter().map(|place| &text[place]).collect();
            assert_eq!(found, repeated, "{text}");
        }
        assert!(Echoes::of(["user.api"].into_iter(), "user.api").places("Invalid user, api is down").is_empty());
    }
}
