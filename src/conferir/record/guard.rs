//! What no recording keeps: whatever gives away a secret, tells of somebody, or is a value of this run that no gap stands for.

use super::ask::Unasked;
use crate::conferir::personal::Personal;
use crate::conferir::places::places;
use crate::conferir::session::Session;
use crate::conferir::spans::rewritten;
use crate::dialect::{AnswerFile, DialectFile, StatusFile, Template, WordFile};

/// Takes out of `file` what must not be in it, and says what, and why. Of a body, the values go that tell it, if the rest may stay:
/// then the table says so, in `comments`.
pub(super) fn hold_back(
    file: &mut DialectFile,
    session: &Session,
    people: &Personal,
    comments: &mut Vec<(String, String)>,
) -> Unasked {
    let mut held = Unasked::new();
    let mut shorten = |place: &str, answer: &mut AnswerFile| {
        let Some(body) = answer.corpo.as_ref() else { return };
        let Some(why) = tells(body, session, people) else { return };
        let shortened = emptied(body, |value| tells(value, session, people).is_some());
        if tells(&shortened, session, people).is_none() {
            comments.push((place.to_owned(), format!("a part of it stands empty: {why}")));
            answer.corpo = Some(shortened);
        }
    };
    shorten("[sucesso]", &mut file.sucesso);
    shorten("[login]", &mut file.login);
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

/// `body` with gaps in the places of the values that `goes`.
fn emptied(body: &str, goes: impl Fn(&str) -> bool) -> String {
    // A gap without quotes is no JSON: a number of its length is.
    let mut plain = body.to_owned();
    for (start, _) in body.match_indices('<') {
        let end = body[start..].find('>').map(|end| start + end + 1);
        let is_gap = |end: &usize| Template::parse(&body[start..*end]).is_ok_and(|gap| gap.names().next().is_some());
        if let Some(end) = end.filter(is_gap) {
            plain.replace_range(start..end, &"1".repeat(end - start));
        }
    }
    rewritten(body, &places(&plain), str::to_owned, |span, raw| match &span.value {
        _ if !goes(raw) => raw.to_owned(),
        serde_json::Value::String(_) => span.filled_with("<pessoal>"),
        _ => "<pessoal 0>".to_owned(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_body_the_values_alone_go_that_tell_something() {
        let goes = |raw: &str| raw.contains("Ana") || raw.contains("4711");
        for (body, shortened) in [
            (
                r#"{"codigo":<codigo>,"por":"/u/Ana","id":4711,"m":"<texto>"}"#,
                r#"{"codigo":<codigo>,"por":"<pessoal>","id":<pessoal 0>,"m":"<texto>"}"#,
            ),
            ("<r><por a='1'>Ana</por><m><texto></m></r>", "<r><por a='1'><pessoal></por><m><texto></m></r>"),
            ("OK;<token>;Ana", "OK;<token>;<pessoal>"),
            (r#"{"Ana":"x"}"#, r#"{"Ana":"x"}"#),
        ] {
            assert_eq!(emptied(body, goes), shortened);
        }
    }
}
