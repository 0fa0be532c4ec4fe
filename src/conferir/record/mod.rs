//! Asks a Citrus what the vendor's page leaves open, and writes it down as a dialect.

mod ask;
mod dated;
mod failed;
mod file;
mod first;
mod guard;
mod headers;
mod observed;

use std::collections::BTreeMap;
use std::sync::Arc;

use time::OffsetDateTime;

pub use self::file::{Recording, leave_out_refused};

use self::ask::{Unasked, known};
use self::observed::UNCLEAR;
use super::answers::{AnswerName, error_of};
use super::case::{Case, Mark};
use super::client::{Received, is_of_the_moment};
use super::infer::seen::{Observation, Seen};
use super::infer::{Inferred, infer};
use super::judge::{self, Scope, Spoken};
use super::plan::{self, Plan, Selection};
use super::report::Outcome;
use super::runner::Runner;
use super::session::{Session, StartError, Unpermitted};
use crate::dialect::{Dialect, DialectFile, RulesFile, TokenHeader, Verdict};
use crate::domain::atendimento::Status::{self, EmAtendimento};

/// The cases that show an error each. None of them changes anything on a server that checks what the page says.
const ERRORS: [&str; 25] = [
    "common/unknown-route",
    "common/login-wrong-method",
    "common/json-incomplete",
    "common/json-typographic-quotes",
    "common/json-no-object",
    "login/login-missing",
    "login/senha-missing",
    "login/login-too-long",
    "login/senha-too-long",
    "login/unknown-user",
    "login/wrong-senha",
    "token/missing",
    "token/no-period",
    "token/unsigned",
    "token/tampered-signature",
    "status/protocolo-missing",
    "status/protocolo-list",
    "status/protocolo-with-fraction",
    "status/status-missing",
    "status/status-no-text",
    "status/unknown-protocolo",
    "status/unknown-status",
    "status/cancelado-motivo-missing",
    "status/cancelado-motivo-unknown",
    "limits/motivo-too-long",
];

/// What the page's rules refuse for the comment alone: the motivo is there, so that a server that looks for it first says
/// nothing of that.
const COMMENTS: [Case; 3] = [
    Case::change(
        "a comment that is no text",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "<motivo>", "comentario": [1], "visivelCliente": "False"}"#,
    )
    .from(EmAtendimento)
    .says(400, "comentario – valor inválido"),
    Case::change(
        "a comment without visivelCliente",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "<motivo>", "comentario": "<comentario>"}"#,
    )
    .from(EmAtendimento)
    .says(400, "visivelCliente – esse campo é obrigatório"),
    Case::change(
        "another visivelCliente",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "<motivo>", "comentario": "<comentario>", "visivelCliente": "sim"}"#,
    )
    .from(EmAtendimento)
    .says(400, "visivelCliente – valor inválido"),
];

/// What no run can ask.
const NEVER: [(&str, &str); 5] = [
    ("token_expired", "it takes as long as a token lives"),
    ("token_revoked", "it takes an administrator"),
    ("throttled", "it would lock the user out"),
    ("internal, unavailable, token_failed", "it takes a fault"),
    ("a comment with visivelCliente True", "the customer would see it"),
];

/// What is said of the status that an atendimento can't leave.
const SEEMS_FINAL: &str =
    "seems to be final: the server took no change from it. A dialect has no rule for that, so that ours takes them";

/// The names of the errors for which cases of a recording ask.
pub fn asked_names() -> impl Iterator<Item = String> {
    ERRORS.map(known).into_iter().chain(&COMMENTS).filter_map(error_of).map(AnswerName::key)
}

/// What whoever records adds to it.
pub struct Wishes {
    pub unpermitted: Option<Unpermitted>,
    /// A header that may carry the token, beside the usual ones.
    pub token_header: Option<TokenHeader>,
}

/// Asks everything on behalf of `runner`, whose atendimento is in `start`. It stays where the last change leaves it.
pub async fn record(
    runner: &mut Runner,
    start: Status,
    user: Wishes,
    mut asked: impl FnMut(&str),
) -> Result<Recording, StartError> {
    let session = &mut runner.session;
    let mut unasked: Unasked = NEVER.map(|(what, why)| (what.to_owned(), why.to_owned())).to_vec();
    let mut login = ask::login(session).await?;
    let (tokens, refused) = headers::token_headers(session, user.token_header.as_ref()).await?;
    session.expect_end(refused);
    session.carry_token_by(tokens[0].clone());
    let (header_case, written) = headers::header_case(session).await;
    let mut errors = Vec::new();
    let of_atendimento = ERRORS.map(known).into_iter().chain(&COMMENTS).filter(|case| names_atendimento(case));
    let walk = ask::walk(session, start, of_atendimento, &mut unasked).await?;
    let final_status = session.present().filter(|_| walk.is_stuck);
    let mut refusals = walk.refusals;
    let same_status = refusals.remove(ask::SAME_STATUS.name);
    let stuck = walk.is_stuck.then_some(refusals);
    let changes = walk.changes;
    let accepts_unknown = ask_errors(session, stuck, &mut errors, &mut unasked, &mut asked).await;
    failed::ask_again(session, &mut errors).await;
    errors.extend(same_status);
    let (mesmo_status, motivo_desnecessario) =
        ask::rules(session, walk.same_status, &mut errors, &mut unasked, &mut asked).await;
    let mut login_sem_permissao = None;
    match user.unpermitted {
        None => unasked.push(("access_denied".to_owned(), "pass --login-sem-permissao".to_owned())),
        Some(user) => match ask::without_permission(session, user).await {
            Err(reason) => unasked.push(("access_denied".to_owned(), reason)),
            Ok((denial, other)) => {
                login_sem_permissao = other.is_none().then_some(Verdict::Recusado);
                login.other = other;
                errors.push(denial);
            }
        },
    }
    let seen = Seen {
        errors,
        changes,
        login: Some(login),
        protocolo: session.protocolo().to_owned(),
        motivo: session.motivo().to_owned(),
        usuario: session.login().to_owned(),
    };
    let mut inferred = infer(&seen);
    let mut file = std::mem::take(&mut inferred.file);
    file.nomes_de_cabecalhos = header_case;
    file.token.cabecalhos = headers::as_written(&tokens);
    file.regras = RulesFile {
        mesmo_status,
        motivo_desnecessario,
        motivo_desconhecido: accepts_unknown.then_some(Verdict::Aceito),
        login_sem_permissao,
    };
    session.personal.add(inferred.personal.all());
    let mut held_back = Vec::new();
    unasked.extend(guard::hold_back(&mut file, session, &inferred.personal, &mut held_back));
    unasked.extend(file::leave_out_refused(&mut file));
    let mut comments = evidence(session, &file, &seen, &inferred);
    comments.extend(held_back);
    comments.extend(dated::dated(&file, OffsetDateTime::now_utc()));
    comments.extend(headers::notes(&seen, &file));
    comments.extend(written.map(|note| (String::new(), note)));
    if session.has_signed_in_again() {
        let note =
            "the login ended on the way, as if somebody else had logged in with it; the recording logged in again";
        comments.push((String::new(), note.to_owned()));
    }
    comments.extend(final_status.map(|status| (String::new(), format!("{status} {SEEMS_FINAL}"))));
    comments.extend(inferred.notes);
    try_out(runner, &seen.errors, &mut file, &mut comments, &mut asked).await;
    let told = comments.iter_mut().chain(&mut unasked).map(|(_, told)| told);
    told.for_each(|told| guard::hide_lines(told, &runner.session));
    Ok(Recording { file, comments, unasked, personal: inferred.personal })
}

/// The errors of the cases; and whether an unknown motivo is accepted. Of an atendimento that is `stuck` in its status, those that
/// were refused before.
async fn ask_errors(
    session: &mut Session,
    mut stuck: Option<BTreeMap<&'static str, Observation>>,
    errors: &mut Vec<Observation>,
    unasked: &mut Unasked,
    asked: &mut impl FnMut(&str),
) -> bool {
    let mut accepts_unknown = false;
    for case in ERRORS.map(known).into_iter().chain(&COMMENTS) {
        let refusals = stuck.as_mut().filter(|_| names_atendimento(case));
        if let Some(seen) = refusals.and_then(|refusals| refusals.remove(case.name)) {
            errors.push(seen);
            continue;
        }
        let stuck =
            stuck.as_ref().filter(|_| names_atendimento(case)).map(|_| "the atendimento can't leave its status");
        if let Some(why) = stuck.or_else(|| plan::reason_to_skip(case, &Selection::default(), session.protocolo())) {
            unasked.push((case.name.to_owned(), why.to_owned()));
            continue;
        }
        asked(case.name);
        match ask::settled(session, case).await {
            Ok(received) if case.changes() && session.learned.made(case.to, &received) => {
                accepts_unknown |= case.name == "status/cancelado-motivo-unknown";
                // So that the next case does not ask for the status that it has.
                _ = session.bring_to(EmAtendimento).await;
                unasked.push((case.name.to_owned(), "the server accepts it".to_owned()));
            }
            Ok(received) => {
                if case.changes() && session.learned.is_unclear(case.to, &received) {
                    unasked.push((case.name.to_owned(), UNCLEAR.to_owned()));
                }
                errors.extend(ask::observation(session, case, received).await);
            }
            Err(reason) => unasked.push((case.name.to_owned(), reason)),
        }
    }
    accepts_unknown
}

fn names_atendimento(case: &Case) -> bool {
    let names = ["\"<protocolo>\"", "<protocolo inteiro>"].iter().any(|name| case.body.contains(name));
    case.changes() && names && !case.is_harmless()
}

/// What came, beside each entry that it led to.
fn evidence(session: &Session, file: &DialectFile, seen: &Seen, inferred: &Inferred) -> Vec<(String, String)> {
    let mut comments = Vec::new();
    let shown = |error: &Observation| format!("{}: {}", error.case, session.shown(&error.received));
    for error in &seen.errors {
        if file.respostas.contains_key(&error.name.key()) {
            comments.push((format!("[respostas.{}]", error.name.key()), shown(error)));
        }
    }
    if let Some(usual) = inferred.usual {
        comments.push(("[erro]".to_owned(), shown(&seen.errors[usual])));
    }
    if let Some(change) = seen.changes.get(inferred.success) {
        let what = change.status.map_or_else(|| "a change".to_owned(), |status| format!("a change to {status}"));
        comments.push(("[sucesso]".to_owned(), format!("{what}: {}", session.shown(&change.received))));
    }
    if let Some(login) = &seen.login {
        let login = Received { body: inferred.login_shown.clone(), ..login.received.clone() };
        comments.push(("[login]".to_owned(), format!("login/success: {}", session.shown(&login))));
    }
    comments
}

/// Judges the server by its own dialect, and writes down which of our cases it answers otherwise: what goes beyond the page,
/// it does not have, unless the case is `recorded`. What the page says, and the dialect does not reproduce, is said.
async fn try_out(
    runner: &mut Runner,
    recorded: &[Observation],
    file: &mut DialectFile,
    comments: &mut Vec<(String, String)>,
    asked: &mut impl FnMut(&str),
) {
    let Ok(dialect) = Dialect::of(file, &file::known(file)) else { return };
    let dialect = Arc::new(dialect);
    let unlike = unlike(recorded, &dialect);
    // No login fails a second time, and comments are as the page says.
    let is_stuck =
        runner.session.present() != Some(EmAtendimento) && runner.session.bring_to(EmAtendimento).await.is_err();
    let left_out = plan::cases().filter(|case| {
        case.is_asked_once() || case.comment.is_some() && case.mark == Mark::Doc || is_stuck && names_atendimento(case)
    });
    let selection = Selection { without: left_out.map(|case| case.name.to_owned()).collect(), ..Selection::default() };
    let plan = Plan::new(Scope::Contract, &selection, runner.session.protocolo(), Some(&dialect));
    runner.speak(dialect);
    let outcomes = runner.run(&plan, || false, |outcome| asked(outcome.name)).await;
    let is_ours = |outcome: &&Outcome| {
        let is_passing = outcome.received.as_ref().is_some_and(|received| is_of_the_moment(received.code));
        let is_recorded = recorded.iter().any(|seen| seen.case == outcome.name);
        outcome.mark == Mark::Ours && !is_recorded && !is_passing
    };
    let (ours, told): (Vec<_>, Vec<_>) = outcomes.iter().filter(|outcome| outcome.is_bad()).partition(is_ours);
    let reason = |outcome: &Outcome| {
        let reason = outcome.judgement.reason().unwrap_or_default();
        format!("{}: {}", outcome.name, reason.lines().next().unwrap_or_default())
    };
    file.conferir.pular = grouped(&outcomes, &ours);
    comments.extend(ours.iter().map(|outcome| ("[conferir]".to_owned(), reason(outcome))));
    let unsaid = |outcome: &&Outcome| (String::new(), format!("not reproduced: {}", reason(outcome)));
    comments.extend(told.iter().map(unsaid));
    comments.extend(unlike);
}

/// Those of `recorded` that are not asked a second time, and that `dialect` does not answer so.
fn unlike(recorded: &[Observation], dialect: &Dialect) -> Vec<(String, String)> {
    let fault = |seen: &Observation| {
        let case = plan::cases().find(|case| case.name == seen.case && case.is_asked_once())?;
        let spoken = Spoken { dialect, path: seen.path.clone(), asked: seen.asked.clone() };
        let faults = judge::faults(case, Scope::Contract, Some(&spoken), &seen.received);
        (!faults.is_empty()).then(|| (String::new(), format!("not reproduced: {}: {}", seen.case, faults.join("; "))))
    };
    recorded.iter().filter_map(fault).collect()
}

/// The names of `bad` among `all`; of a group of which nothing is good, its own.
fn grouped(all: &[Outcome], bad: &[&Outcome]) -> Vec<String> {
    let is_bad = |name: &str| bad.iter().any(|outcome| outcome.name == name);
    let mut names = Vec::new();
    for group in plan::groups() {
        let of_group = || all.iter().map(|outcome| outcome.name).filter(|name| name.starts_with(group));
        if of_group().all(is_bad) {
            names.push(group.to_owned());
        } else {
            names.extend(of_group().filter(|name| is_bad(name)).map(str::to_owned));
        }
    }
    names
}
