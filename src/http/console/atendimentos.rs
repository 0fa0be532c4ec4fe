//! Atendimentos: searched, and registered one by one.

use askama::Template;
use axum::http::{StatusCode, Uri};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use url::form_urlencoded::Serializer;

use super::filters;
use super::form::{Form, Typed};
use super::refusal::Answer;
use super::session::{Posted, SignedIn};
use super::view::{Section, View};
use crate::clock::BRASILIA;
use crate::domain::access::{ConsultarAtendimentos, CriarAtendimento, Permissao};
use crate::domain::atendimento::Status;
use crate::domain::protocolo::is_usual;
use crate::domain::record::PresentState;
use crate::domain::text::{PROTOCOLO_MAX, fits, is_blank};
use crate::http::answer::catalogue::ApiError;
use crate::http::limits::PAGE_ENTRIES;
use crate::http::request::page;
use crate::store::{AtendimentosPage, Between};

/// The fields of the search.
const PROTOCOLO: &str = "protocolo";
const STATUS: &str = "status";
const FROM: &str = "de";
const TO: &str = "ate";

#[derive(Template)]
#[template(path = "atendimentos.html")]
struct List<'a> {
    view: &'a View,
    form: Form,
    statuses: [Status; 5],
    atendimentos: Vec<PresentState>,
    /// The place of the next page.
    next: Option<String>,
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
    statuses: [Status; 5],
}

/// `GET /console/atendimentos`
pub async fn list(who: SignedIn<ConsultarAtendimentos>, uri: Uri) -> Answer {
    let typed = Typed::parse(uri.query().unwrap_or_default().as_bytes());
    let (status, form, found, next) = match asked(&typed, &uri) {
        Ok(asked) => {
            let search = who.app.administration.page_of_atendimentos(&asked);
            let (found, next) = Box::pin(search).await?;
            (StatusCode::OK, Form::of(&typed), found, next)
        }
        Err(error) => {
            let form = Form::refused(&typed, &error, &[PROTOCOLO, STATUS, FROM, TO], who.view.language());
            (error.status(), form, Vec::new(), None)
        }
    };
    let page = List {
        view: &who.view,
        form,
        statuses: Status::ALL,
        atendimentos: found,
        next: next.map(|last| next_place(&typed, &last)),
        is_search: [PROTOCOLO, STATUS, FROM, TO].iter().any(|name| !is_blank(typed.get(name))),
        is_later: !typed.get("cursor").is_empty(),
        may_create: who.allows(Permissao::CriarAtendimento),
    };
    Ok(who.view.show(status, &page))
}

fn asked(typed: &Typed, uri: &Uri) -> Result<AtendimentosPage, ApiError> {
    let prefix = typed.get(PROTOCOLO).trim().to_owned();
    if !fits(&prefix, PROTOCOLO_MAX) {
        return Err(ApiError::Invalid(PROTOCOLO));
    }
    let status = Some(typed.get(STATUS)).filter(|nome| !is_blank(nome));
    Ok(AtendimentosPage {
        prefix,
        status: status.map(|nome| Status::from_nome(nome).ok_or(ApiError::Invalid(STATUS))).transpose()?,
        between: Between { from: midnight(typed, FROM, 0)?, before: midnight(typed, TO, 1)? },
        before: page::text_cursor(uri)?,
        limit: PAGE_ENTRIES,
    })
}

/// The beginning of the day in the field, or of one so many days later, in Brasília.
fn midnight(typed: &Typed, name: &'static str, days: i64) -> Result<Option<OffsetDateTime>, ApiError> {
    const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
    let text = typed.get(name).trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = Date::parse(text, DAY).map_err(|_| ApiError::Invalid(name))?;
    let day = day.checked_add(time::Duration::days(days)).ok_or(ApiError::Invalid(name))?;
    Ok(Some(day.midnight().assume_offset(BRASILIA)))
}

/// The same search, after the protocolo `last`.
fn next_place(typed: &Typed, last: &str) -> String {
    let mut query = Serializer::new(String::new());
    for name in [PROTOCOLO, STATUS, FROM, TO] {
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
    let form = Form::kept(&who.typed);
    Ok(who.view.show(StatusCode::OK, &New { view: &who.view, form, statuses: Status::ALL }))
}

/// `POST /console/atendimentos/novo`
pub async fn create(Posted { who, typed }: Posted<CriarAtendimento>) -> Answer {
    let outcome = match Status::from_nome(typed.get(STATUS)) {
        None => Err(ApiError::Invalid(STATUS)),
        Some(status) => {
            let (provisioning, protocolo) = (who.provisioning(), typed.get(PROTOCOLO));
            who.judged(async {
                if is_blank(protocolo) {
                    return provisioning.draw_atendimento(status, who.app.clock.now()).await;
                }
                provisioning.create_atendimento(protocolo, status).await?;
                Ok(protocolo.trim().to_owned())
            })
            .await
        }
    };
    match outcome {
        Ok(protocolo) => {
            let texts = &who.view.texts().atendimentos;
            let mut notice = who.view.fill(texts.created, &protocolo);
            if !is_usual(&protocolo) {
                notice += texts.unusual;
            }
            let place =
                if who.allows(Permissao::ConsultarAtendimentos) { record_place(&protocolo) } else { String::new() };
            Ok(who.view.done(&place, &notice))
        }
        Err(error) => {
            let form = Form::refused(&typed, &error, &[PROTOCOLO, STATUS], who.view.language());
            Ok(who.view.show(error.status(), &New { view: &who.view, form, statuses: Status::ALL }))
        }
    }
}

/// Where the record of an atendimento is: a protocolo may have any character, and a path not.
pub fn record_place(protocolo: &str) -> String {
    format!("atendimento?{}", Serializer::new(String::new()).append_pair(PROTOCOLO, protocolo).finish())
}
