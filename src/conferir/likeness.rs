//! Whether two requests are answered alike, whatever is another one in each answer.

use time::OffsetDateTime;

use super::client::Received;
use super::spans::spans;
use crate::dialect::{Group, is_explained};

/// Whether `one` and `other`, the answers to the same request each, say the same: what differs between them differs between
/// answers to the same request too.
pub(super) fn say_the_same(one: &[Received], other: &[Received]) -> bool {
    let form = |received: &Received| {
        let places: Vec<String> = spans(&received.body).into_iter().map(|span| span.pointer).collect();
        (received.code, received.header("content-type"), places)
    };
    let all: Vec<_> = one.iter().chain(other).map(form).collect();
    let Some((_, _, places)) = all.first().filter(|first| all.iter().all(|form| form == *first)) else { return false };
    if places.is_empty() {
        let bodies = |answers: &[Received]| answers.iter().map(|received| received.body.clone()).collect();
        return is_same(bodies(one), bodies(other));
    }
    (0..places.len()).all(|at| is_same(texts_at(at, one), texts_at(at, other)))
}

fn texts_at(at: usize, answers: &[Received]) -> Vec<String> {
    let text = |received: &Received| match &spans(&received.body)[at].value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    answers.iter().map(text).collect()
}

fn is_same(one: Vec<String>, other: Vec<String>) -> bool {
    let now = OffsetDateTime::now_utc();
    let groups = [&one, &other].map(|texts| Group { now, texts: texts.iter().map(String::as_str).collect() });
    is_explained(&groups)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    fn answers(bodies: &[&str]) -> Vec<Received> {
        let received = |body: &&str| Received {
            code: 401,
            headers: HeaderMap::new(),
            body: (*body).to_owned(),
            charset: encoding_rs::UTF_8,
        };
        bodies.iter().map(received).collect()
    }

    #[test]
    fn what_moves_in_the_same_request_is_no_difference() {
        let error = |text: &str, id: &str| format!(r#"{{"m":"{text}","id":"{id}"}}"#);
        let twice = |text, ids: [&str; 2]| answers(&ids.map(|id| error(text, id)).each_ref().map(String::as_str));
        let (a, b) = (["a-B_+9", "zz/9=x"], ["fuzzy-cat", "happy-dog"]);
        for ids in [a, b] {
            assert!(say_the_same(&twice("Sem token", ids), &twice("Sem token", [ids[1], ids[0]])));
            assert!(!say_the_same(&twice("Sem token", ids), &twice("Sem acesso", ids)));
        }
        // An id inside of the text, whatever the number of words beside it.
        let told = |text: &str, ids: [&str; 2]| {
            let bodies = ids.map(|id| format!(r#"{{"m":"{text} (ref. {id})"}}"#));
            answers(&bodies.each_ref().map(String::as_str))
        };
        let fault = |text: &str, ids: [&str; 2]| {
            let bodies = ids.map(|id| format!("<f><s>{text}</s><d><id>{id}</id></d></f>"));
            answers(&bodies.each_ref().map(String::as_str))
        };
        for say in [&told as &dyn Fn(&str, [&str; 2]) -> Vec<Received>, &fault] {
            let none = say("sem token", ["7f3a91c2", "b1c2d3e4"]);
            assert!(say_the_same(&none, &say("sem token", ["00aa11bb", "c0ffee00"])));
            for other in ["atendimento inexistente por aqui", "sem acesso", "token"] {
                assert!(!say_the_same(&none, &say(other, ["00aa11bb", "c0ffee00"])), "{other}");
                assert!(!say_the_same(&none, &say(other, ["00aa11bb", "c0ffee00"])[..1]), "{other}");
            }
        }
        // What moves may be words, more or fewer of them.
        let tip = |text: &str, tips: [&str; 2]| {
            let bodies = tips.map(|tip| format!("{text}: {tip} (fim)"));
            answers(&bodies.each_ref().map(String::as_str))
        };
        let none = tip("Sem token", ["boa tarde", "bom dia a todos"]);
        assert!(say_the_same(&none, &tip("Sem token", ["até logo", "olá"])));
        assert!(!say_the_same(&none, &tip("Sem acesso", ["boa tarde", "bom dia a todos"])));
        // Nothing moves here, so that a number tells them apart.
        assert!(!say_the_same(&answers(&["{\"c\":1}", "{\"c\":1}"]), &answers(&["{\"c\":2}"])));
        assert!(!say_the_same(&answers(&["a", "a"]), &answers(&["{\"a\":1}"])));
    }
}
