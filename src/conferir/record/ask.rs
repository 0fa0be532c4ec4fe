//! What a recording asks beside the cases: what a login and a change are answered, which rules hold.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::sleep;

use super::first::{First, refusals_first};
use super::observed::{UNCLEAR, now, observed_once};
use crate::conferir::answers::{AnswerName, error_of};
use crate::conferir::case::{Case, ExpectedAnswer, LOGIN};
use crate::conferir::cases::{self, MOTIVO_REQUIRED};
use crate::conferir::client::{Received, is_of_the_moment};
use crate::conferir::infer::seen::{ChangeObservation, LoginObservation, Observation, OtherLogin};
use crate::conferir::learned::{contradiction, says_the_same};
use crate::conferir::likeness::say_the_same;
use crate::conferir::logins::AnswersToOther;
use crate::conferir::runner::change_to;
use crate::conferir::session::{Session, StartError, Unpermitted};
use crate::conferir::standing::Standing;
use crate::conferir::values::life_of;
use crate::conferir::witness::Witness;
use crate::dialect::{Asked, Handling, Verdict};
use crate::domain::atendimento::Status::{self, Aberto, Cancelado, EmAtendimento, Finalizado, Improcedente};

/// How often a case is asked that a server has no time for, and the longest pause between.
const ATTEMPTS: usize = 3;
const PAUSE_MAX: Duration = Duration::from_secs(10);

pub(super) const SAME_STATUS: Case =
    Case::change("the same status again", r#"{"protocolo": "<protocolo>", "status": "Aberto"}"#)
        .from(Aberto)
        .makes(Aberto);
/// What its refusal is called, and what the contract says.
const SAME_STATUS_ERROR: (AnswerName, u16, &str) =
    (AnswerName { name: "same_status", field: None }, 409, "Atendimento já está neste status");
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
pub(super) const PROBE: Case =
    Case::change("the token", r#"{"protocolo": "<outro protocolo>", "status": "<outro status>"}"#);

/// What was asked for and did not come: what, and why.
pub(super) type Unasked = Vec<(String, String)>;

/// Logs in twice, and keeps the whole answers.
pub(super) async fn login(session: &mut Session) -> Result<LoginObservation, StartError> {
    let (again, _) = session.log_in().await?;
    let (received, token) = session.log_in().await?;
    let login = session.login().to_owned();
    Ok(LoginObservation {
        life: life_of(&token),
        token,
        login,
        now: now(),
        zone: None,
        plain: session.plain_members.clone(),
        received,
        again: Some(again),
        other: None,
    })
}

/// Walks the atendimento, which is in `start`, through all statuses, first by a change that needs the motivo. It ends in
/// `Em atendimento`, so that no case asks for the status that it has.
pub(super) async fn walk(
    session: &mut Session,
    start: Status,
    refused_first: impl Iterator<Item = &'static Case>,
    unasked: &mut Unasked,
) -> Result<Walk, StartError> {
    let (mut refusals, same_status, first) = prove(session, start, refused_first).await?;
    let other = if first.status == Some(Cancelado) { Improcedente } else { Cancelado };
    let mut changes = vec![first];
    // Some are asked for again, from other statuses, so that what moves in the answers, and what goes with a status alone, is seen.
    for status in [EmAtendimento, Aberto, other, Finalizado, EmAtendimento, Aberto, EmAtendimento] {
        let before = session.present();
        match session.move_to(status).await {
            Ok(received) => {
                session.learned.success(status, &received);
                changes.push(ChangeObservation { status: Some(status), before, now: now(), received });
            }
            Err(reason) => {
                let what = format!("a change to {status}");
                if unasked.iter().all(|(known, _)| *known != what) {
                    unasked.push((what, reason));
                }
            }
        }
    }
    // Of one that can't leave its status, what names it would be refused for that.
    let is_stuck = session.bring_to(EmAtendimento).await.is_err();
    if !is_stuck {
        refusals.clear();
    }
    Ok(Walk { changes, is_stuck, refusals, same_status: same_status.filter(|_| is_stuck) })
}

/// What an atendimento was led through.
pub(super) struct Walk {
    pub(super) changes: Vec<ChangeObservation>,
    /// Whether it can't leave its status.
    pub(super) is_stuck: bool,
    /// What was refused before that, by its case.
    pub(super) refusals: BTreeMap<&'static str, Observation>,
    /// Then, what became of a change to the status that it had, if it was asked for.
    pub(super) same_status: Option<Verdict>,
}

/// What is refused, by its case; what becomes of a change to the present status; and the first change.
type Proof = (BTreeMap<&'static str, Observation>, Option<Verdict>, ChangeObservation);

/// Makes the first change, which needs the motivo: its answer is that of a success. Before it, what is refused: without the
/// motivo, and `others`.
async fn prove(
    session: &mut Session,
    start: Status,
    others: impl Iterator<Item = &'static Case>,
) -> Result<Proof, StartError> {
    session.begin(start);
    let standing = session.look_for(start).await?;
    let case = known("status/cancelado-motivo-missing");
    let refused = session.send(case).await?;
    let contradiction = |received: &Received, asked| match contradiction(received, start, asked) {
        Some(told) => Err(StartError::OtherStatus { told, given: start }),
        None => Ok(()),
    };
    let proof = cases::proof(start);
    let status = proof.to.expect("it is a change");
    let is_sure = !matches!(standing, Standing::Refused(_));
    if !is_sure {
        contradiction(&refused, Cancelado)?;
    }
    let tells_by_code = (400..500).contains(&refused.code) && start != Cancelado;
    let First { mut refusals, made } =
        if tells_by_code { refusals_first(session, start, others).await } else { First::default() };
    let name = AnswerName { name: "motivo_required", field: None };
    let seen = observed_once(session, case, (name, case.code, MOTIVO_REQUIRED), refused.clone());
    refusals.insert(case.name, seen);
    if let Some(made) = made {
        session.learned.refusal(&refused);
        session.learned.success(made.status.unwrap_or(Cancelado), &made.received);
        let same_status = same_status(session, standing, start, &mut refusals).await?;
        return Ok((refusals, same_status, made));
    }
    let received = session.send(proof).await?;
    if !is_sure {
        contradiction(&received, status)?;
    }
    let change = |session: &Session| StartError::Change {
        what: change_to(proof),
        answer: session.shown(&received),
        cause: standing.cause(&received),
    };
    let is_other = refused.code != received.code || !says_the_same(&refused.body, &received.body);
    if !(200..300).contains(&received.code) {
        return Err(change(session));
    }
    // If that was no refusal, nobody knows where the atendimento is; the run ends, and sets it back.
    if !is_other {
        session.doubt();
        return Err(change(session));
    }
    session.learned.refusal(&refused);
    session.learned.success(status, &received);
    let same_status = same_status(session, standing, start, &mut refusals).await?;
    // Of the status before, only the caller may have spoken.
    Ok((refusals, same_status, ChangeObservation { status: Some(status), before: None, now: now(), received }))
}

/// What became of a change to `start`, which the atendimento had, as its `standing` shows it: a refusal joins `refusals`, if the
/// server refuses the status that the atendimento has now in the same words.
async fn same_status(
    session: &mut Session,
    standing: Standing,
    start: Status,
    refusals: &mut BTreeMap<&'static str, Observation>,
) -> Result<Option<Verdict>, StartError> {
    let (refused, is_taken) = match &standing {
        Standing::Told => (None, false),
        Standing::Taken => (None, true),
        Standing::Refused(answers) => (Some(answers[0].clone()), false),
    };
    session.conclude(standing, start).await?;
    let is_it = |refused: &Received| (400..500).contains(&refused.code) && !is_of_the_moment(refused.code);
    let Some(received) = refused.filter(is_it).filter(|_| session.witness() == Witness::Server) else {
        return Ok(is_taken.then_some(Verdict::Aceito));
    };
    let seen = observed_once(session, &SAME_STATUS, SAME_STATUS_ERROR, received);
    let asked = Asked { status: start.nome().to_owned(), ..seen.asked };
    refusals.insert(SAME_STATUS.name, Observation { asked, ..seen });
    Ok(Some(Verdict::Recusado))
}

/// The answer to `case`, from the status that it needs; or why there is none. A fault of the moment is waited for: it is no answer
/// to record.
pub(super) async fn settled(session: &mut Session, case: &Case) -> Result<Received, String> {
    let attempts = if case.is_asked_once() { 1 } else { ATTEMPTS };
    let mut code = 0;
    for attempt in 0..attempts {
        let received = session.exchange(case).await?;
        if !is_of_the_moment(received.code) {
            return Ok(received);
        }
        code = received.code;
        let seconds = received.header("retry-after").and_then(|value| value.parse().ok()).unwrap_or(1);
        if attempt + 1 < attempts {
            sleep(PAUSE_MAX.min(Duration::from_secs(seconds))).await;
        }
    }
    Err(format!("the server had no time for it, and answered {code}"))
}

pub(super) fn known(name: &str) -> &'static Case {
    cases::all().find(|case| case.name == name).expect("it is a case")
}

/// What `case`, which was refused with `received`, shows. It is asked again, unless that counts as a failed login.
pub(super) async fn observation(session: &mut Session, case: &'static Case, received: Received) -> Option<Observation> {
    let ExpectedAnswer::Message(text) = case.answer else { return None };
    Some(observed(session, case, (error_of(case)?, case.code, text), received).await)
}

async fn observed(
    session: &mut Session,
    case: &'static Case,
    (name, code, text): (AnswerName, u16, &'static str),
    received: Received,
) -> Observation {
    let again = if case.is_asked_once() { None } else { session.exchange(case).await.ok() };
    // What is accepted the second time is another answer.
    let is_same = |again: &Received| again.code == received.code && !session.learned.made(case.to, again);
    let again = again.filter(is_same);
    Observation { again, ..observed_once(session, case, (name, code, text), received) }
}

/// The rules that changes show; and the errors that go with them. `same_status` is known if the atendimento can't leave its status.
pub(super) async fn rules(
    session: &mut Session,
    same_status: Option<Verdict>,
    errors: &mut Vec<Observation>,
    unasked: &mut Unasked,
    asked: &mut impl FnMut(&str),
) -> (Option<Verdict>, Option<Handling>) {
    let mut made = async |case: &'static Case, refusal: Option<(AnswerName, u16, &'static str)>| {
        asked(case.name);
        match session.exchange(case).await {
            Ok(received) if session.learned.made(case.to, &received) => Some(true),
            Ok(received) => {
                if session.learned.is_unclear(case.to, &received) {
                    unasked.push((case.name.to_owned(), UNCLEAR.to_owned()));
                }
                if let Some(refusal) = refusal {
                    errors.push(observed(session, case, refusal, received).await);
                }
                Some(false)
            }
            Err(reason) => {
                unasked.push((case.name.to_owned(), reason));
                None
            }
        }
    };
    let same = match same_status {
        Some(known) => Some(known == Verdict::Aceito),
        None => made(&SAME_STATUS, Some(SAME_STATUS_ERROR)).await,
    };
    let unneeded = AnswerName { name: "motivo_unneeded", field: None };
    let unneeded = (unneeded, 400, "motivoStatus – não se aplica a esta alteração");
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
) -> Result<(Observation, Option<OtherLogin>), String> {
    let name = user.login.clone();
    session.expect_no_end();
    let AnswersToOther { login, refusals: [received, again], asked } = session.ask_as(user, &PROBE).await?;
    let permitted = settled(session, &PROBE).await?;
    if login.is_some() && say_the_same(&[permitted], std::slice::from_ref(&received)) {
        return Err(format!("{name} gets the answer of {}: it may have the permission", session.login()));
    }
    let path = if login.is_none() { LOGIN.to_owned() } else { session.path(&PROBE) };
    let observation = Observation {
        case: "a user without the permission",
        name: AnswerName { name: "access_denied", field: None },
        code: 403,
        text: "Acess denied".into(),
        method: PROBE.method,
        path,
        now: now(),
        received,
        again: Some(again),
        asked,
    };
    Ok((observation, login.map(|(received, token)| OtherLogin { login: name, token, received })))
}
