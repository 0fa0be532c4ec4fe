//! One atendimento: how it stands, its history, and the form that changes its status. A change is tried out before it is
//! made, and made only on the revision that the person has seen.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use super::atendimentos::record_place;
use super::faults::{COMENTARIO, Faults, MOTIVO, STATUS};
use super::filters;
use super::form::{Choice, Form, Typed};
use super::once;
use super::refusal::Answer;
use super::session::{Admits, Posted, SignedIn};
use super::view::{Section, View};
use crate::domain::access::{AlterarStatus, ConsultarAtendimentos, Permissao};
use crate::domain::atendimento::{ChangeRequest, Comentario, Denial, IdempotencyKey, Status, Transicao, transicoes};
use crate::domain::record::{PresentState, Registration, StoredChange};
use crate::domain::text::{COMENTARIO_MAX, HIDDEN, NOME_MAX, NameKey, fits, is_blank};
use crate::http::answer::catalogue::ApiError;
use crate::http::api::audit::ChangeAudit;
use crate::http::api::reads::UNKNOWN;
use crate::http::request::body::JsonBody;
use crate::http::request::query;
use crate::http::state::SharedState;
use crate::service::changes::{ChangeError, Simulation};

/// Changes on a page, and the bytes of comments after which it ends early.
const ENTRIES: u16 = 50;
const COMMENTS_MAX: usize = 512 * 1024;

const VISIVEL: &str = "visivelCliente";
/// The revision that the person has seen.
const REVISAO: &str = "revisao";
/// Which button was pressed.
const STEP: &str = "passo";

#[derive(Template)]
#[template(path = "atendimento.html")]
struct Record<'a> {
    view: &'a View,
    state: PresentState,
    place: String,
    /// The latest change first; `None` where the person may not see them.
    history: Option<Vec<(i64, StoredChange)>>,
    /// Whether a user in it is hidden.
    has_hidden: bool,
    /// The place of the changes before those.
    older: Option<String>,
    /// Where these are the first: what came before them.
    beginning: Option<Beginning>,
    /// Whether these are the latest.
    is_latest: bool,
    /// `None` where the person may not change it.
    change: Option<ChangeForm>,
}

/// How an atendimento began.
struct Beginning {
    status: Status,
    /// `None` where nobody has noted it: an import, or an older release.
    registration: Option<Registration>,
    /// Whether its first change came with an import.
    is_imported: bool,
}

struct ChangeForm {
    form: Form,
    /// Where it may go.
    targets: Vec<Transicao>,
    /// That it may stay as it is and only have a comment.
    same: Option<Transicao>,
    motivos: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "atendimento_check.html")]
struct Check<'a> {
    view: &'a View,
    form: Form,
    place: String,
    protocolo: String,
    de: Status,
    para: Status,
    motivo: Option<String>,
    comentario: Option<Comentario>,
    key: String,
}

/// `GET /console/atendimento?protocolo=…`
pub async fn page(State(app): State<SharedState>, who: SignedIn<ConsultarAtendimentos>, uri: Uri) -> Answer {
    let state = present_state(&app, &uri).await?;
    let until = Typed::parse(uri.query().unwrap_or_default().as_bytes()).get("antes").parse().ok();
    // There is nothing before the first.
    let until = until.filter(|until| *until > 1);
    let form = Form::kept(&who.typed);
    record(&who, StatusCode::OK, state, until, form).await
}

async fn present_state(app: &SharedState, uri: &Uri) -> Result<PresentState, ApiError> {
    let protocolo = query::protocolo(uri)?;
    Box::pin(app.administration.present_state(&protocolo)).await?.ok_or(UNKNOWN)
}

/// The page, with the changes before the revision `until`.
async fn record<P: Admits>(
    who: &SignedIn<P>,
    status: StatusCode,
    state: PresentState,
    until: Option<i64>,
    form: Form,
) -> Answer {
    let store = &who.app.administration;
    let newest = until.map_or(state.revisao, |until| (until - 1).min(state.revisao)).max(0);
    let (mut history, mut older, mut beginning, mut has_hidden) = (None, None, None, false);
    if who.allows(Permissao::ConsultarHistorico) {
        let after = (newest - i64::from(ENTRIES)).max(0);
        let found = Box::pin(store.historico(&state.protocolo, after, ENTRIES)).await?.ok_or(UNKNOWN)?;
        let mut shown = first_page(found.into_iter().filter(|(revisao, _)| *revisao <= newest).rev());
        let oldest = shown.last().map_or(after + 1, |(revisao, _)| *revisao);
        older = (oldest > 1).then(|| format!("{}&antes={oldest}", record_place(&state.protocolo)));
        if older.is_none() {
            beginning = Some(begun(who, &state, shown.last().map(|(_, first)| first)).await?);
        }
        has_hidden = hide(who, &mut shown, beginning.as_mut()).await?;
        history = Some(shown);
    }
    let mut change = None;
    if who.allows(Permissao::AlterarStatus) {
        let motivos = Box::pin(store.active_motivos()).await?.into_iter();
        let motivos = motivos.map(|nome| Choice::new(nome.clone(), nome)).collect();
        let possible = transicoes(state.status, who.app.rules());
        let same = possible.iter().find(|to| to.para == state.status).copied();
        let targets = possible.into_iter().filter(|to| to.para != state.status).collect();
        change = Some(ChangeForm { form, targets, same, motivos });
    }
    let (place, is_latest) = (record_place(&state.protocolo), newest == state.revisao);
    let view = &who.view;
    let record = Record { view, state, place, history, has_hidden, older, beginning, is_latest, change };
    Ok(view.show(status, &record))
}

/// How the atendimento began, whose `first` change is this.
async fn begun<P: Admits>(
    who: &SignedIn<P>,
    state: &PresentState,
    first: Option<&StoredChange>,
) -> Result<Beginning, ApiError> {
    let registration = Box::pin(who.app.administration.registration(&state.protocolo)).await?;
    Ok(Beginning {
        status: first.map_or(state.status, |first| first.de),
        is_imported: first.is_some_and(|first| first.usuario.is_none()),
        registration,
    })
}

/// Hides the users whom the hierarchy hides from the person; whether there are any.
async fn hide<P: Admits>(
    who: &SignedIn<P>,
    shown: &mut [(i64, StoredChange)],
    beginning: Option<&mut Beginning>,
) -> Result<bool, ApiError> {
    let registered = beginning.and_then(|beginning| beginning.registration.as_mut());
    let by = shown.iter_mut().map(|(_, change)| &mut change.usuario);
    let mut by: Vec<&mut String> =
        by.chain(registered.map(|registration| &mut registration.usuario)).flatten().collect();
    let provisioning = who.provisioning();
    let hidden = who.judged(provisioning.hidden_logins(by.iter().map(|login| login.as_str()).collect())).await?;
    for login in by.iter_mut().filter(|login| hidden.contains(login.as_str())) {
        HIDDEN.clone_into(login);
    }
    Ok(!hidden.is_empty())
}

/// The first of `changes`, until their comments are long.
fn first_page(changes: impl Iterator<Item = (i64, StoredChange)>) -> Vec<(i64, StoredChange)> {
    let mut bytes = 0;
    let fits = |(_, change): &(i64, StoredChange)| {
        let fits = bytes < COMMENTS_MAX;
        bytes += change.comentario.as_ref().map_or(0, |comentario| comentario.texto.len());
        fits
    };
    changes.take_while(fits).collect()
}

/// `POST /console/atendimento?protocolo=…`: tries the change out, goes back to the form, or makes it, as the button says.
pub async fn change(State(app): State<SharedState>, uri: Uri, Posted { who, typed }: Posted<AlterarStatus>) -> Answer {
    // The form is part of a page that shows the atendimento.
    who.require(Permissao::ConsultarAtendimentos)?;
    let state = present_state(&app, &uri).await?;
    if typed.get(STEP) == "corrigir" {
        return record(&who, StatusCode::OK, state, None, Form::of(&typed)).await;
    }
    let is_trial = typed.get(STEP) != "alterar";
    let mut audit = ChangeAudit::begin(who.client);
    audit.user(who.usuario_id, &who.rights.login);
    let outcome = Box::pin(attempt(&who, &state, &typed, is_trial, &mut audit)).await;
    audit.end(&outcome.as_ref().map_err(Faults::first));
    match outcome {
        Ok(answer) => Ok(answer),
        Err(faults) => {
            let form = refused(&who.view, &typed, &faults);
            // As it stands now, if somebody was faster.
            let state = present_state(&app, &uri).await?;
            record(&who, faults.status(), state, None, form).await
        }
    }
}

async fn attempt(
    who: &SignedIn<AlterarStatus>,
    state: &PresentState,
    typed: &Typed,
    is_trial: bool,
    audit: &mut ChangeAudit,
) -> Result<Response, Faults> {
    let refused = |error: ChangeError| Faults::of(&error.into(), &[STATUS, MOTIVO, COMENTARIO]);
    let request = read(who, state, typed, audit)?;
    let comentario = request.comentario.clone();
    if is_trial {
        audit.simulated();
        let outcome = Box::pin(who.app.changes.simulate(&request)).await;
        audit.done(&outcome);
        return Ok(match outcome.map_err(refused)? {
            Simulation::Make { de, para, motivo } => {
                let (place, protocolo, form) =
                    (record_place(&state.protocolo), state.protocolo.clone(), Form::of(typed));
                let check =
                    Check { view: &who.view, form, place, protocolo, de, para, motivo, comentario, key: once::draw() };
                who.view.show(StatusCode::OK, &check)
            }
            Simulation::Replay => made(who, state, typed, &request.status),
        });
    }
    let status = request.status.clone();
    let outcome = who.app.changes.submit(request).await;
    audit.done(&outcome);
    outcome.map_err(refused)?;
    Ok(made(who, state, typed, &status))
}

fn made(who: &SignedIn<AlterarStatus>, state: &PresentState, typed: &Typed, status: &str) -> Response {
    let texts = &who.view.texts().atendimentos;
    let is_same = is_seen(state, typed) && state.status.nome() == status;
    let notice = who.view.fill(if is_same { texts.commented } else { texts.changed }, status);
    who.view.done(&record_place(&state.protocolo), &notice)
}

/// Whether the form was filled in on `state`.
fn is_seen(state: &PresentState, typed: &Typed) -> bool {
    typed.get(REVISAO).parse() == Ok(state.revisao)
}

/// The change that the form asks for. A motivo counts only where one is required: elsewhere the form asks for none. Where
/// the status stays the same, the form is for a comment.
fn read(
    who: &SignedIn<AlterarStatus>,
    state: &PresentState,
    typed: &Typed,
    audit: &mut ChangeAudit,
) -> Result<ChangeRequest, Faults> {
    let (mut faults, rules, status) = (Faults::default(), who.app.rules(), typed.get(STATUS));
    audit.change(&state.protocolo, status);
    let target = faults.take(
        STATUS,
        match Status::from_nome(status) {
            _ if is_blank(status) => Err(ApiError::Required(STATUS)),
            target => target.ok_or(ApiError::Invalid(STATUS)),
        },
    );
    let wanted = transicoes(state.status, rules).into_iter().find(|to| Some(to.para) == target);
    let asks_motivo = wanted.is_some_and(|to| to.motivo_obrigatorio);
    let is_same = wanted.is_some_and(|to| to.para == state.status);
    // What is wrong is said of what the person has seen.
    let is_seen = is_seen(state, typed);
    let motivo = Some(typed.get(MOTIVO)).filter(|_| asks_motivo);
    if let Some(motivo) = motivo {
        audit.motivo(motivo);
        faults.take(
            MOTIVO,
            match motivo {
                motivo if is_seen && is_blank(motivo) => Err(ApiError::Denied(Denial::MotivoRequired)),
                motivo if !fits(motivo, NOME_MAX) => Err(ApiError::Invalid(MOTIVO)),
                _ => Ok(()),
            },
        );
    }
    let texto = typed.get(COMENTARIO);
    faults.take(
        COMENTARIO,
        match texto {
            texto if !fits(texto, COMENTARIO_MAX) => Err(ApiError::Invalid(COMENTARIO)),
            texto if is_seen && is_same && is_blank(texto) => Err(ApiError::Required(COMENTARIO)),
            _ => Ok(()),
        },
    );
    let Some(target) = target else { return Err(faults) };
    faults.none()?;
    let comentario = Comentario { texto: texto.into(), visivel_cliente: typed.get(VISIVEL) == "true" };
    Ok(ChangeRequest {
        protocolo: state.protocolo.clone(),
        status: target.nome().to_owned(),
        motivo: motivo.and_then(NameKey::non_blank),
        comentario: Some(comentario).filter(|_| !is_blank(texto)),
        expected: None,
        // One that is no number was seen by nobody.
        revisions: Some(typed.get(REVISAO).parse().into_iter().collect()),
        idempotency: key(typed),
        usuario_id: who.usuario_id,
        rules,
    })
}

fn key(typed: &Typed) -> Option<IdempotencyKey> {
    let fingerprint = JsonBody::new(Bytes::from(typed.asked())).fingerprint();
    typed.key().map(|key| IdempotencyKey { key, fingerprint })
}

fn refused(view: &View, typed: &Typed, faults: &Faults) -> Form {
    match faults.first() {
        ApiError::Denied(Denial::RevisionDiffers(now)) => {
            Form::wrong(typed, view.fill(view.texts().atendimentos.changed_meanwhile, now.status.nome()))
        }
        _ => Form::refused(typed, faults, view.texts()),
    }
}
