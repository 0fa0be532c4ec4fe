//! How a server says that a change was made, and what its answers tell of statuses.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::case::{MADE, STATUS};
use super::cases::MOTIVO_REQUIRED;
use super::client::Received;
use super::places::places;
use super::spans::spans;
use crate::dialect::{Asked, Dialect, Facts, Group, Mention, alike, is_explained};
use crate::domain::atendimento::Status;
use crate::sensitive::{folded, names_status};

/// What an answer says of the change that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Made,
    Refused,
    /// Neither for certain.
    Unclear,
}

/// Nothing at first: then the status code says it.
#[derive(Default)]
pub(super) struct Learned {
    /// That of a server which refuses with 200 too: its word for a success.
    dialect: Option<Arc<Dialect>>,
    /// What the run's changes name beside the status.
    named: Asked,
    /// The bodies of changes that were made, by the status after them.
    successes: Vec<(Status, String)>,
    /// The answer to a change that was refused.
    refusal: Option<Received>,
}

impl Learned {
    /// Of a run whose changes name `named`.
    pub(super) fn of(named: Asked) -> Self {
        Self { named, ..Self::default() }
    }

    /// Whether a change, to `status` if that is known, was made for certain.
    pub(super) fn made(&self, status: Option<Status>, received: &Received) -> bool {
        self.reading(status, status, received) == Reading::Made
    }

    /// What `received` says of a change that asked for `asked`, to `status` if it is one that servers make. Some servers answer
    /// 200 to everything.
    pub(super) fn reading(&self, asked: Option<Status>, status: Option<Status>, received: &Received) -> Reading {
        match received.code {
            200..300 => {}
            300..500 => return Reading::Refused,
            _ => return Reading::Unclear,
        }
        if let Some(dialect) = self.dialect.as_ref().filter(|_| self.successes.is_empty()) {
            return in_dialect(dialect, received, asked, &self.named);
        }
        let mut known = self.successes.iter().filter(|(of, _)| status.is_none_or(|status| status == *of)).peekable();
        let is_known = known.peek().is_some();
        let fits = known.any(|(_, success)| self.is_like(success, &received.body) || self.has_form(success, received));
        let refuses_otherwise = self.refusal.as_ref().is_none_or(|refusal| !(200..300).contains(&refusal.code));
        match self.successes.first().zip(self.refusal.as_ref()) {
            _ if fits || !is_known && refuses_otherwise => Reading::Made,
            Some(((_, success), _)) if !is_known && says_the_same(success, &received.body) => Reading::Made,
            Some(((_, success), refusal)) if !refuses_otherwise => {
                compared(status, &received.body, success, &refusal.body)
            }
            _ => Reading::Unclear,
        }
    }

    /// Whether `received` has the members of `success`, where refusals have another status code: its texts may move.
    fn has_form(&self, success: &str, received: &Received) -> bool {
        let places = |body: &str| spans(body).into_iter().map(|span| span.pointer).collect::<Vec<_>>();
        let refuses_otherwise = self.refusal.as_ref().is_some_and(|refusal| !(200..300).contains(&refusal.code));
        refuses_otherwise && places(success) == places(&received.body)
    }

    /// Whether `body` says what `success` says: what differs is an id, or differs between successes of the same status too.
    fn is_like(&self, success: &str, body: &str) -> bool {
        let now = OffsetDateTime::now_utc();
        let plain = without_statuses;
        let mut by_status: Vec<(Status, Vec<String>)> = Vec::new();
        for (status, success) in &self.successes {
            match by_status.iter_mut().find(|(of, _)| of == status) {
                Some((_, bodies)) => bodies.push(plain(success)),
                None => by_status.push((*status, vec![plain(success)])),
            }
        }
        let (one, other) = (plain(success), plain(body));
        let again = by_status.iter().filter(|(_, bodies)| bodies.len() > 1);
        let groups = again.map(|(_, bodies)| Group { now, texts: bodies.iter().map(String::as_str).collect() });
        let alone = [&one, &other].map(|text| Group { now, texts: vec![text.as_str()] });
        says_the_same(success, body) || is_explained(&groups.chain(alone).collect::<Vec<_>>())
    }

    /// The server speaks `dialect`.
    pub(super) fn speaks(&mut self, dialect: &Arc<Dialect>) {
        self.dialect = dialect.refuses_with_success().then(|| Arc::clone(dialect));
    }

    /// From now on, only an answer like `received` says that a change to `status` was made.
    pub(super) fn success(&mut self, status: Status, received: &Received) {
        self.successes.push((status, received.body.clone()));
    }

    /// From now on, an answer like `received` may be no success, whatever its status code.
    pub(super) fn refusal(&mut self, received: &Received) {
        self.refusal = Some(received.clone());
    }
}

/// What `received` says in `dialect`, which refuses with the status code of a success, too, of a change to `status`:
/// without one, there is none that a success could name.
fn in_dialect(dialect: &Dialect, received: &Received, status: Option<Status>, named: &Asked) -> Reading {
    let form = dialect.success(MADE);
    let mention = |motivo| Some(Mention { status: status.map_or("", Status::nome), motivo, ..named.named() });
    let facts = Facts {
        texto: form.text,
        codigo: form.code,
        metodo: "POST",
        caminho: STATUS,
        now: OffsetDateTime::UNIX_EPOCH,
        login: None,
        named: mention(&named.motivo),
        id: Uuid::nil(),
    };
    // Not each change has named the motivo.
    let fits = |facts: &Facts<'_>| form.fits(facts, &received.body);
    if received.code == form.code && (fits(&facts) || fits(&Facts { named: mention(""), ..facts })) {
        return Reading::Made;
    }
    let refusal = dialect.error("motivo_required", None, 400, MOTIVO_REQUIRED);
    let refused = Facts { texto: refusal.text, codigo: refusal.code, ..facts };
    compared(status, &received.body, &form.filled(&facts), &refusal.filled(&refused))
}

/// Which of `success` and `refusal` the answer `body` to a change to `status` is like, in what tells the two apart: their
/// members, or the values of those.
fn compared(status: Option<Status>, body: &str, success: &str, refusal: &str) -> Reading {
    let members = |body| places(body).into_iter().map(|span| (span.pointer, span.value)).collect::<BTreeMap<_, _>>();
    let [own, made, refused] = [body, success, refusal].map(members);
    let is_like = |one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>| {
        let has_form = own.keys().eq(one.keys()) && !own.keys().eq(other.keys());
        has_form || own.iter().any(|(place, value)| one.get(place) == Some(value) && other.get(place) != Some(value))
    };
    match (is_like(&made, &refused), is_like(&refused, &made)) {
        (true, false) => Reading::Made,
        (false, true) => Reading::Refused,
        (false, false) if own.keys().eq(refused.keys()) => {
            let value = |members: &BTreeMap<String, Value>, place: &str| {
                members.get(place).and_then(Value::as_str).map(str::to_owned)
            };
            let words = |place: &String| Some((value(&own, place)?, value(&made, place)?, value(&refused, place)?));
            { own.keys() }.find_map(|place| told_by_word(status, place, words(place)?)).unwrap_or(Reading::Unclear)
        }
        _ => Reading::Unclear,
    }
}

/// What `own` says, where the success has a word for the status that it led to, and the refusal a sentence in its place.
fn told_by_word(
    status: Option<Status>,
    place: &str,
    (own, made, refused): (String, String, String),
) -> Option<Reading> {
    let letters = |text: &str| folded(text).chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let names = |text: &str| Status::ALL.iter().any(|status| letters(status.nome()) == letters(text));
    let is_word = |text: &str| names(text) || !text.trim().is_empty() && !text.contains(char::is_whitespace);
    if !is_word(&made) || is_word(&refused) {
        return None;
    }
    if status.is_some_and(|status| letters(status.nome()) == letters(&own)) {
        return Some(Reading::Made);
    }
    let reading = if is_word(&own) { Reading::Made } else { Reading::Refused };
    Some(reading).filter(|_| names_status(place))
}

/// Whether two answers that nobody can ask for again may say the same: but for the status, and for ids.
pub(super) fn says_the_same(one: &str, other: &str) -> bool {
    alike(&without_statuses(one), &without_statuses(other))
}

fn without_statuses(body: &str) -> String {
    Status::ALL.iter().fold(body.to_owned(), |body, status| body.replace(status.nome(), ""))
}

/// A body without what may change from one answer to the next: numbers, times and statuses.
pub fn steady(body: &str) -> String {
    without_statuses(body).chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// The status that `body` asks for.
pub(super) fn asked_status(body: &str) -> Option<Status> {
    spans(body).iter().find(|span| span.pointer == "/status").and_then(|span| Status::from_nome(span.value.as_str()?))
}

/// The status in which the atendimento was, if the answer to a change of it to `asked` tells another one than `start`.
pub(super) fn contradiction(received: &Received, start: Status, asked: Status) -> Option<Status> {
    let told: Vec<Status> = statuses_told(&received.body).into_iter().filter(|told| *told != asked).collect();
    match told[..] {
        [told] if told != start => Some(told),
        _ => None,
    }
}

/// The statuses that members of `body` name.
fn statuses_told(body: &str) -> Vec<Status> {
    let mut told: Vec<Status> = Vec::new();
    for status in spans(body).iter().filter_map(|span| Status::from_nome(span.value.as_str()?)) {
        if !told.contains(&status) {
            told.push(status);
        }
    }
    told
}
