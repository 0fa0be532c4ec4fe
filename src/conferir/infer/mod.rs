//! From the answers of a Citrus to the dialect that it speaks.

mod dates;
mod envelope;
mod known;
mod login;
mod markup;
mod moving;
mod nested;
mod plain;
pub mod seen;
mod statuses;
mod success;
mod times;

use std::collections::{BTreeMap, BTreeSet};

use encoding_rs::Encoding;
use time::format_description::well_known::Rfc2822;
use time::{OffsetDateTime, UtcOffset};

use self::dates::settle_dates;
use self::envelope::Envelope;
use self::login::LoginBody;
use self::moving::masked;
use self::nested::login_body;
use self::seen::{LoginObservation, Observation, Seen};
use self::statuses::Statuses;
use self::success::success_body;
use super::case::MADE;
use super::client::Received;
use super::personal::Personal;
use crate::dialect::{
    AnswerFile, CONTENT_TYPE, Charset, DialectFile, ERROR_BODY, Entities, EntitiesFile, Escapes, LOGIN_BODY, Moment,
    charset_of, label_in,
};
use crate::sensitive::{names_person, names_secret};

/// Headers that belong to a connection or an answer, and say nothing of a dialect.
pub const PASSING: [&str; 17] = [
    "age",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "location",
    "retry-after",
    "set-cookie",
    "transfer-encoding",
    "via",
    "www-authenticate",
    "allow",
];
/// What every answer of ours carries.
const OURS: [(&str, &str); 3] =
    [("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("x-request-id", "")];
/// What was seen says, where it is not the contract.
#[derive(Default)]
pub struct Inferred {
    pub file: DialectFile,
    /// The body of the login's success without what is the user's, and the texts that are.
    pub login_shown: String,
    pub personal: Personal,
    /// Which error has the body of all, and which change that of a success.
    pub usual: Option<usize>,
    pub success: usize,
    /// What is to be said of a table: the table, and the sentence.
    pub notes: Vec<(String, String)>,
}

/// What belongs to the user in the success of a login.
pub(super) struct LoginFound {
    pub(super) personal: Vec<String>,
    /// Its body without that.
    pub(super) shown: String,
}

pub(super) fn look_at_login(login: &LoginObservation) -> LoginFound {
    let LoginBody { personal, shown, .. } = login_body(login, Default::default());
    LoginFound { personal, shown }
}

pub fn infer(seen: &Seen) -> Inferred {
    let escapes = envelope::escapes(&seen.errors);
    let entities = envelope::entities(&seen.errors);
    let texts = (escapes.unwrap_or_default(), entities);
    let dated = seen.login.clone().map(|login| LoginObservation { zone: clock(seen), ..login });
    let login = dated.as_ref().map(|login| login_body(login, texts));
    let mut personal = Personal::default();
    if let (Some(login), Some(found)) = (&dated, &login) {
        personal.add(found.personal.iter().cloned().chain([login.login.clone()]));
        let other = login.of_other();
        let found = other.iter().flat_map(|other| login_body(other, texts).personal);
        personal.add(found.chain(other.iter().map(|other| other.login.clone())));
    }
    let envelope = Envelope::of(&seen.errors, personal.clone(), Statuses::of(seen));
    let content_type = most_frequent(seen.answers().map(content_type).filter(|found| !found.is_empty()));
    let content_type = content_type.unwrap_or_else(|| CONTENT_TYPE.to_owned());
    let mut file = DialectFile {
        content_type: Some(content_type.clone()).filter(|found| found != CONTENT_TYPE),
        charset: charset(seen).map(|charset| charset.name().to_owned()),
        escapes: escapes.filter(|escapes| *escapes != Escapes::Json),
        entidades: EntitiesFile {
            aspas: differs(entities.quote, Entities::default().quote),
            apostrofo: differs(entities.apostrophe, Entities::default().apostrophe),
        },
        www_authenticate: challenge_of_most(&seen.errors),
        cabecalhos: headers(&seen.answers().collect::<Vec<_>>(), &personal),
        status: envelope.statuses().tables(),
        ..DialectFile::default()
    };
    let mut notes = envelope.statuses().notes.clone();
    let bodies: Vec<String> = seen.errors.iter().map(|error| envelope.for_all(error)).collect();
    let usual = most_frequent(bodies.iter().cloned()).filter(|usual| is_for_all(usual, &bodies));
    let place = usual.as_ref().and_then(|usual| bodies.iter().position(|body| body == usual));
    let usual = usual.or_else(|| envelope.frame(&bodies));
    let usual = usual.unwrap_or_else(|| ERROR_BODY.to_owned());
    file.erro.corpo = Some(usual.clone()).filter(|body| body != ERROR_BODY);
    notes.extend(envelope.own().map(|place| {
        (
            "[erro]".to_owned(),
            format!("{place} is another one in most errors; in those that could not be asked it stands empty"),
        )
    }));
    for error in &seen.errors {
        let (text, body) = envelope.error(error, Some(&usual));
        let texto = Some(text).filter(|text| *text != error.text && body.contains("<texto>"));
        let mut answer = AnswerFile { texto, ..differing(&error.received, (error.code, &usual), body, &file) };
        if error.again.as_ref().is_some_and(|again| challenge(again) != challenge(&error.received)) {
            answer.www_authenticate = None;
        }
        let of_user = answer.corpo.as_deref().unwrap_or(&usual).contains("<pessoal");
        if of_user {
            let head = answer
                .corpo
                .as_ref()
                .map_or_else(|| "[erro]".to_owned(), |_| format!("[respostas.{}]", error.name.key()));
            notes.push((head, OF_USER.to_owned()));
        }
        if answer != AnswerFile::default() {
            file.respostas.insert(error.name.key(), answer);
        }
    }
    notes.dedup();
    for name in UNASKED_TOKENS {
        if let Some(answer) = of_tokens(&seen.errors, &file).filter(|_| !file.respostas.contains_key(name)) {
            file.respostas.insert(name.to_owned(), answer);
            notes.push((format!("[respostas.{name}]"), "inferred: as most tokens are refused".to_owned()));
        }
    }
    let mut inferred = Inferred { usual: place, personal, ..Inferred::default() };
    if !seen.changes.is_empty() {
        let success = success_body(seen, &envelope);
        let texto = Some(success.text).filter(|text| text != MADE && success.corpo.contains("<texto>"));
        let received = &seen.changes[success.shown_by].received;
        if success.corpo.contains("<pessoal") {
            notes.push(("[sucesso]".to_owned(), OF_USER.to_owned()));
        }
        file.sucesso = AnswerFile { texto, ..differing(received, (200, ERROR_BODY), success.corpo, &file) };
        notes.extend(success.note.map(|note| ("[sucesso]".to_owned(), note)));
        inferred.success = success.shown_by;
    }
    if let (Some(seen), Some(login)) = (&seen.login, login) {
        file.login = differing(&seen.received, (200, LOGIN_BODY), login.corpo, &file);
        notes.extend(login.notes.into_iter().map(|note| ("[login]".to_owned(), note)));
        inferred.login_shown = login.shown;
    }
    let times = seen.times().filter_map(|now| OffsetDateTime::from_unix_timestamp(now).ok());
    notes.extend(settle_dates(&mut file, times));
    Inferred { file, notes, ..inferred }
}

/// What is said of an answer that names somebody.
const OF_USER: &str = "what came with the login, too, is taken for the user's, and stands empty";

/// What refuses a token, and no run asks.
const UNASKED_TOKENS: [&str; 2] = ["token_expired", "token_revoked"];

/// What most tokens that don't count are answered, if that is another answer than `file` has for all errors; without the text,
/// where some have a place for that.
fn of_tokens(errors: &[Observation], file: &DialectFile) -> Option<AnswerFile> {
    let own = |seen: &Observation| {
        let own = file.respostas.get(&seen.name.key()).cloned().unwrap_or_default();
        (seen.name.name, AnswerFile { texto: None, ..own })
    };
    let all: Vec<_> = errors.iter().filter(|seen| seen.name.name.starts_with("token_")).map(own).collect();
    let most = |is_one: &dyn Fn(&str, &AnswerFile) -> bool| {
        let all: Vec<&AnswerFile> =
            all.iter().filter(|(name, answer)| is_one(name, answer)).map(|(_, answer)| answer).collect();
        let count = |answer: &AnswerFile| all.iter().filter(|other| **other == answer).count();
        let most = *all.iter().max_by_key(|answer| count(answer))?;
        (count(most) > 1 && count(most) * 2 > all.len()).then_some(most)
    };
    let has_place = |_: &str, answer: &AnswerFile| answer.corpo.as_ref().is_some_and(|body| body.contains("<texto>"));
    let found = most(&has_place).or_else(|| most(&|name, _| name != "token_missing"))?;
    Some(found.clone()).filter(|answer| *answer != AnswerFile::default())
}

/// The offset of the server's clock, as the answers show it that came at a time which is known: errors and changes.
fn clock(seen: &Seen) -> Option<UtcOffset> {
    let errors = seen.errors.iter().map(|error| (error.now, &error.received));
    let mut answers = errors.chain(seen.changes.iter().map(|change| (change.now, &change.received)));
    answers.find_map(|(now, received)| {
        let (.., moment) = Moment::find(&received.body, OffsetDateTime::from_unix_timestamp(now).ok()?)?;
        moment.clock()
    })
}

fn differs(found: &str, ours: &str) -> Option<String> {
    Some(found.to_owned()).filter(|found| found != ours)
}

/// Whether `usual`, one of `bodies`, is one for errors that were not seen, too. What a few say speaks for no others.
fn is_for_all(usual: &String, bodies: &[String]) -> bool {
    let count = bodies.iter().filter(|body| *body == usual).count();
    usual.contains("<texto>") || count > 1 && count * 2 >= bodies.len()
}

/// The charset of the answers, if they have another one than they say.
fn charset(seen: &Seen) -> Option<&'static Encoding> {
    let is_odd = |received: &&Received| !is_written(charset_of(&content_type(received)), received);
    seen.answers().find(is_odd).map(|received| received.charset)
}

/// Whether an answer in `charset` has the bytes of `received`. In one that is not known none has.
fn is_written(charset: Option<Charset>, received: &Received) -> bool {
    charset.is_some_and(|charset| charset.writes_as(received.charset, &received.body))
}

/// Where `received`, which has this `body` with gaps, is another answer than one of the `code`, the `usual` body, and what
/// `file` says of all.
fn differing(received: &Received, (code, usual): (u16, &str), body: String, file: &DialectFile) -> AnswerFile {
    let of_all = file.content_type.as_deref().unwrap_or(CONTENT_TYPE);
    let content_type = Some(self::content_type(received)).filter(|own| own != of_all);
    let of_type = content_type.as_deref().filter(|own| label_in(own).is_some()).map(charset_of);
    let of_file = || file.charset.as_deref().map_or_else(|| charset_of(of_all), Charset::named);
    AnswerFile {
        charset: (!is_written(of_type.unwrap_or_else(of_file), received)).then(|| received.charset.name().to_owned()),
        codigo: Some(received.code).filter(|own| *own != code),
        texto: None,
        corpo: Some(body).filter(|body| body != usual),
        content_type,
        www_authenticate: Some(challenge(received)).filter(|own| own != usual_challenge(file, received.code)),
    }
}

/// Empty for none.
fn challenge(received: &Received) -> String {
    received.header("www-authenticate").unwrap_or_default()
}

/// What answers of `code` have in `file`; empty for none.
fn usual_challenge(file: &DialectFile, code: u16) -> &str {
    if code == 401 { file.www_authenticate.as_deref().unwrap_or("Bearer") } else { "" }
}

/// Empty for none.
fn content_type(received: &Received) -> String {
    received.header("content-type").filter(|found| found.contains('/')).unwrap_or_default()
}

fn most_frequent(values: impl Iterator<Item = String>) -> Option<String> {
    let mut counts = BTreeMap::<String, (usize, usize)>::new();
    for (at, value) in values.enumerate() {
        counts.entry(value).or_insert((0, usize::MAX - at)).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, rank)| *rank).map(|(value, _)| value)
}

/// The challenge of 401, if that is not the contract's; empty for none.
fn challenge_of_most(errors: &[Observation]) -> Option<String> {
    let most = |name: &str| {
        let refused = errors.iter().filter(|seen| seen.received.code == 401 && seen.name.name.starts_with(name));
        most_frequent(refused.map(|seen| challenge(&seen.received)))
    };
    // Those that can't be asked are refused for their token.
    let found = most("token_").or_else(|| most(""))?;
    Some(found).filter(|found| found != "Bearer")
}

/// What belongs to the connection, to the length or to a key of its own: no dialect writes it under its headers.
const TRANSPORT: [&str; 8] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "keep-alive",
    "transfer-encoding",
    "www-authenticate",
];

/// The headers that come as several lines, which a dialect writes as one.
pub fn headers_joined(seen: &Seen, file: &DialectFile) -> Vec<String> {
    let is_joined =
        |name: &&String| seen.answers().any(|received| received.headers.get_all(*name).iter().nth(1).is_some());
    file.cabecalhos.keys().filter(is_joined).cloned().collect()
}

/// The headers of the answers in `seen` that `file` doesn't speak of, although they say something.
pub fn headers_not_written(seen: &Seen, file: &DialectFile) -> Vec<String> {
    let is_written = |name: &str| {
        TRANSPORT.contains(&name) || OURS.iter().any(|(ours, _)| *ours == name) || file.cabecalhos.contains_key(name)
    };
    let names = seen.answers().flat_map(|received| received.headers.keys()).map(|name| name.as_str().to_owned());
    names.filter(|name| !is_written(name)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What tells of a single answer, although all of a run may have it alike.
const OF_SINGLE: [&str; 3] = ["allow", "location", "retry-after"];

/// Whether `value` of a header may be the same tomorrow, and a file can have it: it has no id, no time but a past one, such as that
/// of `Expires`, and no bytes that are no text.
fn is_constant(value: &str, now: i64) -> bool {
    const MOVES: char = '\u{1}';
    const DAY: i64 = 86_400;
    if let Ok(date) = OffsetDateTime::parse(&value.replace("GMT", "+0000"), &Rfc2822) {
        return date.unix_timestamp() < now - DAY;
    }
    !value.is_empty() && !value.contains('\u{fffd}') && !masked(value, now, MOVES).contains(MOVES)
}

/// The headers that all answers have alike, but for times, and ours that none of them has.
fn headers(all: &[&Received], personal: &Personal) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    for (name, ours) in OURS {
        let values: Vec<_> = all.iter().map(|received| received.header(name)).collect();
        match most_frequent(values.iter().map(|value| value.clone().unwrap_or_default())) {
            Some(value) if value.is_empty() => _ = headers.insert(name.to_owned(), value),
            // One of its own for each answer, as ours is.
            Some(value) if name != "x-request-id" && value != ours => _ = headers.insert(name.to_owned(), value),
            _ => {}
        }
    }
    let names = all.first().into_iter().flat_map(|received| received.headers.keys());
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let is_left = |name: &str| TRANSPORT.contains(&name) || OF_SINGLE.contains(&name);
    for name in names.filter(|name| !is_left(name.as_str()) && OURS.iter().all(|(ours, _)| ours != name)) {
        let value = all[0].header(name.as_str());
        if names_person(name.as_str()) || names_secret(name.as_str()) {
            continue;
        }
        if value.as_ref().is_some_and(|value| is_constant(value, now) && personal.hidden(value) == *value)
            && all.iter().all(|received| received.header(name.as_str()) == value)
        {
            headers.insert(name.as_str().to_owned(), value.unwrap_or_default());
        }
    }
    headers
}
