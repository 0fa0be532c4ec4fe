//! An answer with values in the places of what a recording does not have of it.

use axum::http::{HeaderMap, HeaderName};
use serde_json::Value;
use uuid::Uuid;

use crate::dialect::{self, Random};

/// What stands for what was not recorded, so that it can be told apart from everything else.
pub(super) const A_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJlc3BlbGhvIjoxfQ.espelho";
pub(super) const A_LOGIN: &str = "login.do.espelho";
pub(super) const A_USER: &str = "usuario.do.espelho";
/// It has to be a number: some write it without quotes.
pub(super) const A_PROTOCOLO: &str = "99990101999998";
pub(super) const A_STATUS: &str = "Estado do espelho";
pub(super) const A_MOTIVO: &str = "Motivo do espelho";
pub(super) const A_PERSON: &str = "Pessoa do espelho";
pub(super) const ANOTHER: &str = "Outra do espelho";

/// The body `recorded`, with values in the places of what was not recorded: others for each `seed`.
pub(super) fn filled(recorded: &str, seed: usize, person: &str) -> String {
    let marks = [
        ("<token>", A_TOKEN),
        ("<login>", A_LOGIN),
        ("<usuario>", A_USER),
        ("<protocolo>", A_PROTOCOLO),
        ("<status>", A_STATUS),
        ("<motivo>", A_MOTIVO),
        ("<texto>", person),
        ("<número>", if person == A_PERSON { "0" } else { "1" }),
    ];
    let body = marks.into_iter().fold(recorded.to_owned(), |body, (mark, value)| body.replace(mark, value));
    with_ids(&body, |form, place| {
        let form = Random::named(form)?;
        Some(form.written(Uuid::from_u128(seed as u128 + 1), place))
    })
}

/// `recorded` without the forms of ids: those may have other lengths in the next answer.
pub(super) fn without_ids(recorded: &str) -> String {
    with_ids(recorded, |_, _| Some("<id>".to_owned()))
}

/// `recorded` with what `id` makes of the form of each id and its place among them.
fn with_ids(recorded: &str, id: impl Fn(&str, usize) -> Option<String>) -> String {
    let (mut written, mut rest, mut place) = (String::with_capacity(recorded.len()), recorded, 0);
    while let Some((before, after)) = rest.split_once("<id ") {
        written.push_str(before);
        let made = after.split_once('>').and_then(|(form, after)| Some((id(form, place)?, after)));
        let (made, after) = made.unwrap_or_else(|| ("<id ".to_owned(), after));
        written.push_str(&made);
        rest = after;
        place += 1;
    }
    written + rest
}

/// The headers whose values were recorded, and the id, which is another one in each answer. Of a header that came several times,
/// the values stand in one.
pub(super) fn headers(pairs: &Value, recorded: &str) -> HeaderMap {
    let pairs = pairs.as_array().into_iter().flatten();
    let pairs = pairs.filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)));
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let is_masked = value.starts_with('<');
        let value = match name.to_ascii_lowercase().as_str() {
            "content-type" if is_masked => of_content(recorded),
            "x-request-id" => value,
            _ if is_masked => continue,
            _ => value,
        };
        let Ok(name) = name.parse::<HeaderName>() else { continue };
        let before = headers.get(&name).and_then(|before| before.to_str().ok());
        let whole = before.map_or_else(|| value.to_owned(), |before| format!("{before}, {value}"));
        if let Ok(whole) = whole.parse() {
            headers.insert(name, whole);
        }
    }
    headers
}

/// The media type that the body `recorded` probably has.
fn of_content(recorded: &str) -> &'static str {
    let is_json = || serde_json::from_str::<serde::de::IgnoredAny>(&filled(recorded, 0, A_PERSON)).is_ok();
    match recorded.trim_start() {
        page if page.starts_with("<?xml") => "application/xml",
        page if page.starts_with("<!") || page.starts_with("<html") => "text/html",
        _ if is_json() => dialect::CONTENT_TYPE,
        _ => "text/plain",
    }
}
