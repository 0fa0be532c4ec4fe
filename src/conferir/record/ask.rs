//! What a recording asks beside the cases: where the token goes, what a change is answered, which rules hold.

use time::OffsetDateTime;

use crate::conferir::answers::{AnswerName, error_name};
use crate::conferir::case::{Case, ExpectedAnswer, LOGIN};
use crate::conferir::cases;
use crate::conferir::client::Received;
use crate::conferir::infer::seen::{ChangeObservation, LoginObservation, Observation};
use crate::conferir::learned::{statuses_told, steady};
use crate::conferir::session::{Session, StartError, Unpermitted};
use crate::conferir::values::life_of;
use crate::dialect::{Handling, HeaderCase, TokenHeader, Verdict};
use crate::domain::atendimento::Status::{self, Aberto, Cancelado, EmAtendimento, Finalizado, Improcedente};

/// Where clients usually put the token.
const TOKEN_HEADERS: [(&str, Option<&str>); 5] = [
    ("authorization", Some("Bearer")),
    ("authorization", None),
    ("authorization", Some("JWT")),
    ("x-access-token", None),
    ("token", None),
];

const SAME_STATUS: Case = Case::change("the same status again", r#"{"protocolo": "<protocolo>", "status": "Aberto"}"#)
    .from(Aberto)
    .makes(Aberto);
const UNNEEDED_KNOWN: Case = Case::change(
    "a motivo where none is required",
    r#"{"protocolo": "<protocolo>", "status": "Em atendimento", "motivoStatus": "<motivo>"}"#,
)
.from(Aberto)
.makes(EmAtendimento);
const UNNEEDED_UNKNOWN: Case = Case::change(
    "an unknown motivo where none is required",
    r#"{"protocolo": "<protocolo>", "status": "Finalizado", "motivoStatus": "<outro motivo>"}"#,
)
.from(EmAtendimento)
.makes(Finalizado);
const PROBE: Case = Case::change("the token", r#"{"protocolo": "<outro protocolo>", "status": "<outro status>"}"#);

/// What was asked for and did not come: what, and why.
pub(super) type Unasked = Vec<(String, String)>;

/// Logs in, and keeps the whole answer.
pub(super) async fn login(session: &mut Session) -> Result<LoginObservation, StartError> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let (received, token) = session.log_in().await?;
    let login = session.login().to_owned();
    Ok(LoginObservation { life: life_of(&token), token, login, now, received, other: None })
}

/// How the server writes the names of headers; and what is to be said of them.
pub(super) async fn header_case(session: &Session) -> (Option<HeaderCase>, Option<String>) {
    let names = match session.header_names(known("login/login-missing")).await {
        Ok(names) => names,
        Err(error) => return (None, Some(error.to_string())),
    };
    let is_title = |name: &str| {
        let is_upper = |part: &str| part.chars().next().is_none_or(|first| !first.is_ascii_lowercase());
        name.split('-').all(is_upper)
    };
    let is_small = |name: &str| !name.bytes().any(|byte| byte.is_ascii_uppercase());
    let titles = names.iter().filter(|name| is_title(name)).count();
    let case = (titles * 2 > names.len()).then_some(HeaderCase::IniciaisMaiusculas);
    let fits = |name: &str| match case {
        Some(_) => HeaderCase::IniciaisMaiusculas.written(name) == name,
        None => is_small(name),
    };
    let others: Vec<&str> = names.iter().map(String::as_str).filter(|name| !fits(name)).collect();
    let note = format!("names of headers that are written otherwise than the rest: {}", others.join(", "));
    (case, Some(note).filter(|_| !others.is_empty()))
}

/// The headers by which the server takes the token: those where it tells a right one from a wrong one.
pub(super) async fn token_headers(session: &Session) -> Result<Vec<TokenHeader>, StartError> {
    let mut found = Vec::new();
    for (name, scheme) in TOKEN_HEADERS {
        let header = TokenHeader { name: name.parse().expect("it is a header"), scheme: scheme.map(str::to_owned) };
        let right = session.ask_by(&PROBE, &header, "<token>").await?;
        let wrong = session.ask_by(&PROBE, &header, "<token alterado>").await?;
        let none = session.ask_by(&PROBE, &header, "").await?;
        let is_other = |other: &Received| (right.code, steady(&right.body)) != (other.code, steady(&other.body));
        if is_other(&wrong) && is_other(&none) {
            found.push(header);
        }
    }
    Ok(found)
}

/// `headers` as a dialect writes them; none if they are the contract's.
pub(super) fn as_written(headers: &[TokenHeader]) -> Option<Vec<String>> {
    let name = |header: &TokenHeader| match header.name.as_str() {
        "authorization" => "Authorization".to_owned(),
        name => name.to_owned(),
    };
    let written = headers.iter().map(|header| match &header.scheme {
        Some(scheme) => format!("{}: {scheme}", name(header)),
        None => name(header),
    });
    Some(written.collect::<Vec<_>>()).filter(|written| written != &["Authorization: Bearer", "Authorization"])
}

/// Walks the atendimento, which is in `start`, through all statuses, first by a change that needs the motivo. It ends in
/// `Em atendimento`, so that no case asks for the status that it has.
pub(super) async fn walk(
    session: &mut Session,
    start: Status,
    unasked: &mut Unasked,
) -> Result<Vec<ChangeObservation>, StartError> {
    let first = prove(session, start).await?;
    let other = if first.status == Some(Cancelado) { Improcedente } else { Cancelado };
    let mut changes = vec![first];
    for status in [EmAtendimento, Aberto, other, Finalizado] {
        match session.move_to(status).await {
            Ok(received) => {
                session.learned.success(status, &received);
                changes.push(ChangeObservation { status: Some(status), received });
            }
            Err(reason) => unasked.push((format!("a change to {status}"), reason)),
        }
    }
    session.bring_to(EmAtendimento).await.map_err(StartError::Change)?;
    Ok(changes)
}

/// Makes the first change, which needs the motivo: its answer is that of a success.
async fn prove(session: &mut Session, start: Status) -> Result<ChangeObservation, StartError> {
    session.begin(start);
    let refused = session.exchange(known("status/cancelado-motivo-missing")).await.map_err(StartError::Change)?;
    contradiction(&refused, start, Cancelado)?;
    let proof = cases::proof(start);
    let received = session.exchange(proof).await.map_err(StartError::Change)?;
    let status = proof.to.expect("it is a change");
    contradiction(&received, start, status)?;
    let is_other = (refused.code, steady(&refused.body)) != (received.code, steady(&received.body));
    if !(200..300).contains(&received.code) {
        return Err(StartError::Change(session.shown(&received)));
    }
    // If that was no refusal, nobody knows where the atendimento is; the run ends, and sets it back.
    if !is_other {
        session.doubt();
        return Err(StartError::Change(session.shown(&received)));
    }
    session.learned.refusal(&refused);
    session.learned.success(status, &received);
    Ok(ChangeObservation { status: Some(status), received })
}

/// An answer that names one other status than that which was `asked` for tells where the atendimento was.
fn contradiction(received: &Received, start: Status, asked: Status) -> Result<(), StartError> {
    let told: Vec<Status> = statuses_told(&received.body).into_iter().filter(|told| *told != asked).collect();
    match told[..] {
        [told] if told != start => Err(StartError::OtherStatus { told, given: start }),
        _ => Ok(()),
    }
}

pub(super) fn known(name: &str) -> &'static Case {
    cases::all().find(|case| case.name == name).expect("it is a case")
}

pub(super) fn observation(session: &Session, case: &'static Case, received: Received) -> Option<Observation> {
    let ExpectedAnswer::Message(text) = case.answer else { return None };
    Some(observed(session, case, (error_name(text)?, case.code, text), received))
}

fn observed(
    session: &Session,
    case: &'static Case,
    (name, code, text): (AnswerName, u16, &'static str),
    received: Received,
) -> Observation {
    Observation {
        case: case.name,
        name,
        code,
        text: text.into(),
        method: case.method,
        path: session.path(case),
        received,
    }
}

/// The rules that changes show; and the errors that go with them.
pub(super) async fn rules(
    session: &mut Session,
    errors: &mut Vec<Observation>,
    unasked: &mut Unasked,
    asked: &mut impl FnMut(&str),
) -> (Option<Verdict>, Option<Handling>) {
    let mut made = async |case: &'static Case, refusal: Option<(&'static str, u16, &'static str)>| {
        asked(case.name);
        match session.exchange(case).await {
            Ok(received) if session.learned.made(case.to, &received) => Some(true),
            Ok(received) => {
                errors.extend(refusal.map(|(name, code, text)| {
                    observed(session, case, (AnswerName { name, field: None }, code, text), received)
                }));
                Some(false)
            }
            Err(reason) => {
                unasked.push((case.name.to_owned(), reason));
                None
            }
        }
    };
    let same = made(&SAME_STATUS, Some(("same_status", 409, "Atendimento já está neste status"))).await;
    let unneeded = ("motivo_unneeded", 400, "motivoStatus – não se aplica a esta alteração");
    let known = made(&UNNEEDED_KNOWN, Some(unneeded)).await;
    let unknown = made(&UNNEEDED_UNKNOWN, None).await;
    let handling = match (known, unknown) {
        (Some(false), _) => Some(Handling::Recusado),
        (Some(true), Some(false)) => Some(Handling::Conferido),
        _ => None,
    };
    ((same == Some(false)).then_some(Verdict::Recusado), handling)
}

/// What a user without the permission gets: at the login, or at the change; and the success of the login.
pub(super) async fn without_permission(
    session: &mut Session,
    user: Unpermitted,
) -> Result<(Observation, Option<Received>), String> {
    let (login, received) = session.ask_as(user, &PROBE).await?;
    let path = if login.is_none() { LOGIN.to_owned() } else { session.path(&PROBE) };
    let observation = Observation {
        case: "a user without the permission",
        name: AnswerName { name: "access_denied", field: None },
        code: 403,
        text: "Acess denied".into(),
        method: PROBE.method,
        path,
        received,
    };
    Ok((observation, login))
}
