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
        // Nothing moves here, so that a number tells them apart.
        assert!(!say_the_same(&answers(&["{\"c\":1}", "{\"c\":1}"]), &answers(&["{\"c\":2}"])));
        assert!(!say_the_same(&answers(&["a", "a"]), &answers(&["{\"a\":1}"])));
    }
}
