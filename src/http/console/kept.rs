//! What was typed before a session ended, on its way to the page whose form it belongs to: in a cookie, so that the page
//! has an address of its own, which a reload and the back button find. It is in no address and so in no log.

use axum::http::{HeaderValue, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::cookies::{Cookies, TYPED};
use super::form::Typed;
use crate::http::request::query;
use crate::http::state::AppState;
use crate::service::sessions::SessionId;

/// The parameter that names the text in the cookie.
const MARK: &str = "digitado";
/// How long the text is kept, in seconds.
const KEPT: u32 = 30 * 60;
/// The longest text as JSON, in bytes: browsers take cookies of 4096 bytes, of which base64 makes a third more.
const MOST: usize = 2900;

/// A text in its cookie, and where it is read.
pub struct Kept {
    pub place: String,
    pub cookie: HeaderValue,
}

impl Kept {
    /// `typed` for the form at `place`, in the session of that id; `None` where it is too long for a cookie.
    pub fn of(app: &AppState, cookies: &Cookies, session: &SessionId, place: &str, typed: &Typed) -> Option<Self> {
        let place = unmarked(place);
        let text = serde_json::to_vec(typed.fields()).ok().filter(|text| text.len() <= MOST)?;
        let mark = marks(app, session, place, &text).into_iter().next()?;
        let and = if place.contains('?') { '&' } else { '?' };
        Some(Self {
            place: format!("{place}{and}{MARK}={mark}"),
            cookie: cookies.set(TYPED, &URL_SAFE_NO_PAD.encode(text), Some(KEPT)),
        })
    }
}

/// `place` without the mark of a text that it had before.
fn unmarked(place: &str) -> &str {
    let mark = place.rfind(['?', '&']).filter(|at| place[at + 1..].starts_with(MARK));
    mark.map_or(place, |at| &place[..at])
}

/// What was typed for the page at `place`, which the address `uri` names. Only this server has made the mark, for this
/// text in this session: nobody else fills in a form.
pub fn found(app: &AppState, cookies: &Cookies, session: &SessionId, place: &str, uri: &Uri) -> Option<Typed> {
    let mark = query::parameter(uri, MARK).ok()??;
    let text = URL_SAFE_NO_PAD.decode(cookies.get(TYPED)?).ok()?;
    let place = place.strip_suffix(&format!("{MARK}={mark}"))?.strip_suffix(['?', '&'])?;
    let is_ours = marks(app, session, place, &text).contains(&mark);
    is_ours.then(|| serde_json::from_slice(&text).ok().map(Typed::from_fields)).flatten()
}

/// What the text is known by, under each secret that counts.
fn marks(app: &AppState, session: &SessionId, place: &str, text: &[u8]) -> Vec<String> {
    let whole = [session.form_token().as_bytes(), b"\n", place.as_bytes(), b"\n", text].concat();
    app.tokens.fingerprints(&whole).into_iter().map(|mark| format!("{mark:016x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_mark_at_most() {
        for (place, plain) in [
            ("motivos", "motivos"),
            ("motivos?digitado=0123456789abcdef", "motivos"),
            ("niveis?procura=a&digitado=0123456789abcdef", "niveis?procura=a"),
            ("niveis?procura=digitado", "niveis?procura=digitado"),
        ] {
            assert_eq!(unmarked(place), plain);
        }
    }
}
