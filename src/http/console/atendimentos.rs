//! Atendimentos: searched, and registered one by one.

use askama::Template;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use url::form_urlencoded::Serializer;

use super::audit_filter::USUARIO;
use super::days::between;
use super::faults::{Faults, MOTIVO, PROTOCOLO, STATUS};
use super::filters;
use super::form::{CONFIRMED, Choice, Form, Typed};
use super::once::made;
use super::refusal::Answer;
use super::session::{Posted, SignedIn};
use super::view::{Section, View};
use crate::domain::access::{ConsultarAtendimentos, CriarAtendimento, Permissao};
use crate::domain::atendimento::{Status, transicoes};
use crate::domain::protocolo::{is_usual, registrable};
use crate::domain::record::PresentState;
use crate::domain::text::{LOGIN_MAX, NameKey, PROTOCOLO_MAX, fits, is_blank};
use crate::http::answer::catalogue::ApiError;
use crate::http::limits::PAGE_ENTRIES;
use crate::http::request::page;
use crate::store::{AtendimentosPage, Motivo};

/// The fields of the search.
const FROM: &str = "de";
const TO: &str = "ate";
const SEARCH: [&str; 6] = [PROTOCOLO, STATUS, MOTIVO, USUARIO, FROM, TO];

#[derive(Template)]
#[template(path = "atendimentos.html")]
struct List<'a> {
    view: &'a View,
    form: Form,
    statuses: [Status; 5],
    motivos: Vec<Choice>,
    /// Whether the person may see who changed what.
    may_see_by_whom: bool,
    atendimentos: Vec<PresentState>,
    /// The place of the next page.
    next: Option<String>,
    /// The protocolo up to which was searched, where that is not the last of a full page.
    searched_to: Option<String>,
    /// Whether anything is searched for.
    is_search: bool,
    /// Whether this is not the first page.
    is_later: bool,
    may_create: bool,
}

#[derive(Template)]
#[template(path = "atendimento_new.html")]
struct New<'a> {
    view: &'a View,
    form: Form,
    statuses: Vec<Status>,
    /// A protocolo that does not look like one of Citrus, to be confirmed.
    unusual: Option<&'a str>,
}

/// The statuses that an atendimento may begin with here: those that it gets by a motivo, it gets by a change.
fn first_statuses(who: &SignedIn<CriarAtendimento>) -> Vec<Status> {
    let needs_motivo: Vec<Status> = transicoes(Status::Aberto, who.app.rules())
        .into_iter()
        .filter(|to| to.motivo_obrigatorio)
        .map(|to| to.para)
        .collect();
    Status::ALL.into_iter().filter(|status| !needs_motivo.contains(status)).collect()
}

fn show_new(who: &SignedIn<CriarAtendimento>, status: StatusCode, form: Form, unusual: Option<&str>) -> Response {
    who.view.show(status, &New { view: &who.view, form, statuses: first_statuses(who), unusual })
}

/// `GET /console/atendimentos`
pub async fn list(who: SignedIn<ConsultarAtendimentos>, uri: Uri) -> Answer {
    let typed = Typed::parse(uri.query().unwrap_or_default().as_bytes());
    let motivos = Box::pin(who.app.administration.motivos()).await?;
    let (status, form, found, next) = match asked(&who, &typed, &uri, &motivos).await? {
        Ok(asked) => {
            let search = who.app.administration.page_of_atendimentos(&asked);
            let (found, next) = Box::pin(search).await?;
            (StatusCode::OK, Form::of(&typed), found, next)
        }
        Err(faults) => {
            let form = Form::refused(&typed, &faults, who.view.texts());
            (faults.status(), form, Vec::new(), None)
        }
    };
    let page = List {
        view: &who.view,
        form,
        statuses: Status::ALL,
        motivos: motivos.into_iter().map(|motivo| Choice::new(motivo.nome.clone(), motivo.nome)).collect(),
        may_see_by_whom: who.allows(Permissao::ConsultarHistorico),
        searched_to: next.clone().filter(|_| found.len() < PAGE_ENTRIES.into()),
        atendimentos: found,
        next: next.map(|last| next_place(&typed, &last)),
        is_search: SEARCH.iter().any(|name| !is_blank(typed.get(name))),
        is_later: !typed.get("cursor").is_empty(),
        may_create: who.allows(Permissao::CriarAtendimento),
    };
    Ok(who.view.show(status, &page))
}

async fn asked(
    who: &SignedIn<ConsultarAtendimentos>,
    typed: &Typed,
    uri: &Uri,
    motivos: &[Motivo],
) -> Result<Result<AtendimentosPage, Faults>, ApiError> {
    let mut faults = Faults::default();
    let prefix = typed.get(PROTOCOLO).trim().to_owned();
    if !fits(&prefix, PROTOCOLO_MAX) {
        faults.take(PROTOCOLO, Err::<(), _>(ApiError::Invalid(PROTOCOLO)));
    }
    let status = Some(typed.get(STATUS)).filter(|nome| !is_blank(nome));
    let status = status.map(|nome| Status::from_nome(nome).ok_or(ApiError::Invalid(STATUS))).transpose();
    let status = faults.take(STATUS, status).flatten();
    let between = between(typed, [FROM, TO], &mut faults, who.view.texts());
    let motivo = NameKey::non_blank(typed.get(MOTIVO));
    let motivo_id = motivo.as_ref().and_then(|key| motivos.iter().find(|motivo| NameKey::new(&motivo.nome) == *key));
    if motivo.is_some() && motivo_id.is_none() {
        faults.say(MOTIVO, who.view.texts().faults.unfit);
    }
    let motivo_id = motivo_id.map(|motivo| motivo.id);
    let usuario_id = by_whom(who, typed, &mut faults).await?;
    let before = faults.take("", page::text_cursor(uri)).flatten();
    let asked = AtendimentosPage { prefix, status, between, motivo_id, usuario_id, before, limit: PAGE_ENTRIES };
    Ok(faults.none().map(|()| asked))
}

/// The row id of the user who made the latest change, where one is asked for.
async fn by_whom(
    who: &SignedIn<ConsultarAtendimentos>,
    typed: &Typed,
    faults: &mut Faults,
) -> Result<Option<i64>, ApiError> {
    let Some(login) = NameKey::non_blank(typed.get(USUARIO)) else { return Ok(None) };
    who.require(Permissao::ConsultarHistorico)?;
    let provisioning = who.provisioning();
    let found = if fits(typed.get(USUARIO).trim(), LOGIN_MAX) {
        who.judged(provisioning.seen_login(&login, Permissao::ConsultarHistorico)).await?
    } else {
        None
    };
    if found.is_none() {
        faults.say(USUARIO, who.view.texts().auditoria.unknown_usuario);
    }
    Ok(found)
}

/// The same search, after the protocolo `last`.
fn next_place(typed: &Typed, last: &str) -> String {
    let mut query = Serializer::new(String::new());
    for name in SEARCH {
        let value = typed.get(name);
        if !is_blank(value) {
            query.append_pair(name, value);
        }
    }
    query.append_pair("cursor", &page::after_text(last));
    format!("{}?{}", Section::Atendimentos.place(), query.finish())
}

/// `GET /console/atendimentos/novo`
pub async fn new(who: SignedIn<CriarAtendimento>) -> Answer {
    Ok(show_new(&who, StatusCode::OK, Form::kept(&who.typed), None))
}

/// `POST /console/atendimentos/novo`: a protocolo that looks mistyped is asked about first.
pub async fn create(Posted { who, typed }: Posted<CriarAtendimento>) -> Answer {
    match attempt(&who, &typed).await {
        Ok(Made::Asks(protocolo)) => Ok(show_new(&who, StatusCode::OK, Form::of(&typed), Some(&protocolo))),
        Ok(Made::Done(protocolo)) => {
            let notice = who.view.fill(who.view.texts().atendimentos.created, &protocolo);
            let place =
                if who.allows(Permissao::ConsultarAtendimentos) { record_place(&protocolo) } else { String::new() };
            Ok(who.view.done(&place, &notice))
        }
        Err(faults) => {
            let form = Form::refused(&typed, &faults, who.view.texts());
            Ok(show_new(&who, faults.status(), form, None))
        }
    }
}

/// The protocolo of the atendimento that was registered, or that has to be confirmed.
enum Made {
    Done(String),
    Asks(String),
}

/// Registers an atendimento; its protocolo is drawn where none was typed.
async fn attempt(who: &SignedIn<CriarAtendimento>, typed: &Typed) -> Result<Made, Faults> {
    let mut faults = Faults::default();
    let typed_one = Some(typed.get(PROTOCOLO)).filter(|text| !is_blank(text));
    let protocolo =
        faults.take(PROTOCOLO, typed_one.map(|text| registrable(text).ok_or(ApiError::Invalid(PROTOCOLO))).transpose());
    let status = Status::from_nome(typed.get(STATUS)).filter(|status| first_statuses(who).contains(status));
    let status = faults.take(STATUS, status.ok_or(ApiError::Invalid(STATUS)));
    let Some((protocolo, status)) = protocolo.zip(status) else { return Err(faults) };
    if let Some(protocolo) = protocolo.filter(|protocolo| !is_usual(protocolo) && typed.get(CONFIRMED) != *protocolo) {
        return Ok(Made::Asks(protocolo.to_owned()));
    }
    let provisioning = who.creating(typed);
    let work = async {
        let Some(protocolo) = protocolo else {
            return made(provisioning.draw_atendimento(status, who.app.clock.now()).await);
        };
        made(provisioning.create_atendimento(protocolo, status).await.map(|()| protocolo.to_owned()))
    };
    who.judged(work).await.map(Made::Done).map_err(|error| Faults::of(&error, &[PROTOCOLO, STATUS]))
}

/// Where the record of an atendimento is: a protocolo may have any character, and a path not.
pub fn record_place(protocolo: &str) -> String {
    format!("atendimento?{}", Serializer::new(String::new()).append_pair(PROTOCOLO, protocolo).finish())
}
