//! Motivos: all of them, one more, and whether each may be chosen.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::faults::{Faults, NOME};
use super::filters;
use super::form::{Form, required_name};
use super::once::made;
use super::refusal::Answer;
use super::session::{IdInPath, Posted, SignedIn};
use super::view::{Section, View};
use crate::domain::access::AdministrarMotivos;
use crate::domain::text::Name;
use crate::http::answer::catalogue::ApiError;
use crate::service::provisioning::Kind;
use crate::store::Motivo;

#[derive(Template)]
#[template(path = "motivos.html")]
struct List<'a> {
    view: &'a View,
    motivos: Vec<Motivo>,
    form: Form,
}

#[derive(Template)]
#[template(path = "motivo_switch.html")]
struct Switch<'a> {
    view: &'a View,
    motivo: Motivo,
    form: Form,
}

/// `GET /console/motivos`
pub async fn page(who: SignedIn<AdministrarMotivos>) -> Answer {
    let form = Form::kept(&who.typed);
    list(&who, StatusCode::OK, form).await
}

async fn list(who: &SignedIn<AdministrarMotivos>, status: StatusCode, form: Form) -> Answer {
    let motivos = who.judged(who.provisioning().seen_motivos()).await?;
    Ok(who.view.show(status, &List { view: &who.view, motivos, form }))
}

/// `POST /console/motivos`
pub async fn create(Posted { who, typed }: Posted<AdministrarMotivos>) -> Answer {
    let outcome = match required_name(&typed, NOME) {
        Ok(nome) => {
            let provisioning = who.creating(&typed);
            who.judged(async { made(provisioning.create_motivo(&nome).await) }).await.map(|_| nome)
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(nome) => {
            Ok(who.view.done(Section::Motivos.place(), &who.view.fill(who.view.texts().motivos.created, &nome.texto)))
        }
        Err(error) => {
            let faults = Faults::of(&error, &[NOME]);
            list(&who, faults.status(), Form::refused(&typed, &faults, who.view.texts())).await
        }
    }
}

/// `GET /console/motivos/{id}`
pub async fn switch_page(who: SignedIn<AdministrarMotivos>, id: IdInPath) -> Answer {
    let motivo = find(&who, id).await?;
    Ok(switch(&who, StatusCode::OK, motivo, Form::default()))
}

fn switch(who: &SignedIn<AdministrarMotivos>, status: StatusCode, motivo: Motivo, form: Form) -> Response {
    who.view.show(status, &Switch { view: &who.view, motivo, form })
}

/// `POST /console/motivos/{id}`: activates or deactivates it, as the form says.
pub async fn set_ativo(path: IdInPath, Posted { who, typed }: Posted<AdministrarMotivos>) -> Answer {
    let motivo = find(&who, path).await?;
    let ativo = typed.says_yes("ativo")?;
    match who.judged(who.provisioning().set_motivo_ativo(&Name::registered(motivo.nome.clone()), ativo)).await {
        Ok(motivo) => {
            let texts = &who.view.texts().motivos;
            let text = if ativo { texts.activated } else { texts.deactivated };
            Ok(who.view.done(Section::Motivos.place(), &who.view.fill(text, &motivo.nome)))
        }
        Err(error) => {
            let faults = Faults::of(&error, &[]);
            Ok(switch(&who, faults.status(), motivo, Form::refused(&typed, &faults, who.view.texts())))
        }
    }
}

async fn find(who: &SignedIn<AdministrarMotivos>, id: IdInPath) -> Result<Motivo, ApiError> {
    let Ok(Path(id)) = id else { return Err(ApiError::Missing(Kind::Motivo)) };
    let motivos = who.judged(who.provisioning().seen_motivos()).await?;
    motivos.into_iter().find(|motivo| motivo.id == id).ok_or(ApiError::Missing(Kind::Motivo))
}
