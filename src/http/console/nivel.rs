//! What is released to one nível, as switches. Before any is turned, the page says who gains and who loses what, and which
//! níveis below keep it.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::faults::Faults;
use super::filters;
use super::form::{Form, Typed};
use super::phrases::filled;
use super::question::Question;
use super::refusal::Answer;
use super::session::{IdInPath, Posted, SignedIn};
use super::switchboard::{Outcome, Switchboard, Wanted};
use super::usuario::unless_changed;
use super::view::View;
use crate::domain::access::{AdministrarPermissoes, Nivel, Permissao};
use crate::domain::text::Name;
use crate::http::answer::catalogue::ApiError;
use crate::service::provisioning::{Effect, Kind, Provisioning, SeenModel};

type Who = SignedIn<AdministrarPermissoes>;

#[derive(Template)]
#[template(path = "nivel.html")]
struct Page<'a> {
    view: &'a View,
    nivel: &'a Nivel,
    governs: bool,
    /// Whether the person may see the tree.
    may_list: bool,
    board: Switchboard,
    form: Form,
}

fn find(model: &SeenModel, id: IdInPath) -> Result<&Nivel, ApiError> {
    let found = id.ok().and_then(|Path(id)| model.nivel(id));
    found.ok_or(ApiError::Missing(Kind::Nivel))
}

/// `GET /console/niveis/{id}`
pub async fn page(who: Who, id: IdInPath) -> Answer {
    let model = who.model().await?;
    let nivel = find(&model, id)?;
    Ok(show(&who, StatusCode::OK, &model, nivel, &who.typed, Form::kept(&who.typed)))
}

fn show(who: &Who, status: StatusCode, model: &SeenModel, nivel: &Nivel, typed: &Typed, form: Form) -> Response {
    let page = Page {
        view: &who.view,
        nivel,
        governs: model.governs(nivel),
        may_list: who.allows(Permissao::AdministrarNiveis),
        board: Switchboard::new(&who.view, &model.release_switches(nivel), typed, &nivel.nome),
        form,
    };
    who.view.show(status, &page)
}

/// `POST /console/niveis/{id}`: shows what follows, and once that is confirmed, turns the switches.
pub async fn turn(path: IdInPath, Posted { who, typed }: Posted<AdministrarPermissoes>) -> Answer {
    let model = who.model().await?;
    let nivel = find(&model, path)?;
    let texts = who.view.texts();
    let switches = model.release_switches(nivel);
    let wanted = Wanted::of(&typed, &switches);
    let nome = Name::registered(nivel.nome.clone());
    let (asker, nome, wanted) = (&who, &nome, &wanted);
    let switched = |provisioning: Provisioning| {
        let turned = async move { provisioning.switch_releases(nome, &wanted.seen, &wanted.wanted).await };
        asker.judged(unless_changed(turned))
    };
    match wanted.outcome(&who, &typed, &switches, switched).await {
        Outcome::Adjust => Ok(show(&who, StatusCode::OK, &model, nivel, &typed, Form::default())),
        Outcome::Changed => changed(&who, nivel.id, &typed).await,
        Outcome::Nothing => Ok(who.view.done(&place(nivel), texts.switches.nothing)),
        Outcome::Ask { effects, is_again } => Ok(ask(&who, nivel, &effects, &typed, is_again)),
        Outcome::Turned => Ok(saved(&who, nivel)),
        Outcome::Refused(error) => {
            let faults = Faults::of(&error, &[]);
            let form = Form::refused(&typed, &faults, texts);
            Ok(show(&who, faults.status(), &model, nivel, &typed, form))
        }
    }
}

fn place(nivel: &Nivel) -> String {
    format!("niveis/{}", nivel.id)
}

fn saved(who: &Who, nivel: &Nivel) -> Response {
    who.view.done(&place(nivel), &filled(who.view.texts().niveis.saved, &[&nivel.nome]))
}

/// What follows, before it is done; again where something else did when somebody confirmed it.
fn ask(who: &Who, nivel: &Nivel, effects: &[Effect], typed: &Typed, is_again: bool) -> Response {
    let title = filled(who.view.texts().niveis.confirm_title, &[&nivel.nome]);
    Question::new(&who.view, title, place(nivel), effects, typed).shown(is_again)
}

/// Shows how the nível is now, with the person's choices.
async fn changed(who: &Who, id: i64, typed: &Typed) -> Answer {
    let model = who.model().await?;
    let nivel = find(&model, Ok(Path(id)))?;
    if Wanted::is_done(typed, &model.release_switches(nivel)) {
        return Ok(saved(who, nivel));
    }
    let form = Form::wrong(typed, who.view.texts().niveis.changed);
    Ok(show(who, StatusCode::CONFLICT, &model, nivel, typed, form))
}
