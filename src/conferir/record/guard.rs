//! What no recording keeps: whatever gives away a secret, tells of somebody, or is a value of this run that no gap stands for.

use super::ask::Unasked;
use crate::conferir::personal::Personal;
use crate::conferir::places::places;
use crate::conferir::session::Session;
use crate::dialect::{AnswerFile, DialectFile, StatusFile, WordFile};

/// Takes out of `file` what must not be in it, and says what, and why.
pub(super) fn hold_back(file: &mut DialectFile, session: &Session, people: &Personal) -> Unasked {
    let mut held = Unasked::new();
    let mut check = |what: &str, text: &mut Option<String>| {
        if let Some(why) = text.as_deref().and_then(|text| tells(text, session, people)) {
            *text = None;
            held.push((what.to_owned(), format!("left out: {why}")));
        }
    };
    check("content_type", &mut file.content_type);
    check("www_authenticate", &mut file.www_authenticate);
    let mut check_answer = |place: &str, answer: &mut AnswerFile| {
        check(&format!("{place} corpo"), &mut answer.corpo);
        check(&format!("{place} texto"), &mut answer.texto);
        check(&format!("{place} content_type"), &mut answer.content_type);
        check(&format!("{place} www_authenticate"), &mut answer.www_authenticate);
    };
    check_answer("[erro]", &mut file.erro);
    check_answer("[sucesso]", &mut file.sucesso);
    check_answer("[login]", &mut file.login);
    file.respostas.iter_mut().for_each(|(name, answer)| check_answer(&format!("[respostas.{name}]"), answer));
    file.respostas.retain(|_, answer| *answer != AnswerFile::default());
    file.status.retain(|name, entry| {
        let words: Vec<&WordFile> = match entry {
            StatusFile::Word(word) => vec![word],
            StatusFile::Words(words) => words.values().collect(),
        };
        let text = |word: &WordFile| if let WordFile::Text(text) = word { Some(text.clone()) } else { None };
        let why = words.into_iter().filter_map(text).find_map(|word| tells(&word, session, people));
        held.extend(why.map(|why| (format!("[status] {name}"), format!("left out: {why}"))));
        why.is_none()
    });
    file.cabecalhos.retain(|name, value| {
        let why = tells(value, session, people);
        held.extend(why.map(|why| (format!("the header {name}"), format!("left out: {why}"))));
        why.is_none()
    });
    held
}

/// Takes the lines out of `told` that give a secret away.
pub(super) fn hide_lines(told: &mut String, session: &Session) {
    let shown =
        |line| if session.gives_secrets_away(line) { "(left out: it repeats a senha or a token)" } else { line };
    *told = told.lines().map(shown).collect::<Vec<_>>().join("\n");
}

/// Why `text` stays out of the file, if it does.
fn tells(text: &str, session: &Session, people: &Personal) -> Option<&'static str> {
    if session.gives_secrets_away(text) {
        return Some("it repeats a senha or a token");
    }
    let is_persons = places(text).iter().any(|span| match &span.value {
        serde_json::Value::String(value) => people.has(value) && value != session.login(),
        _ => false,
    });
    if is_persons || people.hidden(text) != text {
        return Some("it tells of the user who logged in");
    }
    session.is_told_by(text).then_some("it repeats what was asked, in a way that no gap writes")
}
