//! The permissions of one perfil, as switches. Before any is turned, the page says who gains and who loses what.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::faults::Faults;
use super::filters;
use super::form::{Form, Typed};
use super::phrases::{counted, filled};
use super::question::Question;
use super::refusal::Answer;
use super::session::{IdInPath, Posted, SignedIn};
use super::switchboard::{Outcome, Switchboard, Wanted};
use super::usuario::unless_changed;
use super::view::View;
use crate::domain::access::{AdministrarPerfis, Permissao};
use crate::domain::text::Name;
use crate::http::answer::catalogue::ApiError;
use crate::service::provisioning::{Effect, Kind, Provisioning, SeenModel};
use crate::store::Perfil;

type Who = SignedIn<AdministrarPerfis>;

#[derive(Template)]
#[template(path = "perfil.html")]
struct Page<'a> {
    view: &'a View,
    perfil: &'a Perfil,
    /// `None` for a root perfil.
    nivel: Option<String>,
    usuarios: String,
    is_own: bool,
    board: Switchboard,
    /// Where the permissions are released, for those who may see it.
    releases: Option<String>,
    form: Form,
}

fn find(model: &SeenModel, id: IdInPath) -> Result<&Perfil, ApiError> {
    let found = id.ok().and_then(|Path(id)| model.perfil(id));
    found.ok_or(ApiError::Missing(Kind::Perfil))
}

/// `GET /console/perfis/{id}`
pub async fn page(who: Who, id: IdInPath) -> Answer {
    let model = who.model().await?;
    let perfil = find(&model, id)?;
    Ok(show(&who, StatusCode::OK, &model, perfil, &who.typed, Form::kept(&who.typed)))
}

fn show(who: &Who, status: StatusCode, model: &SeenModel, perfil: &Perfil, typed: &Typed, form: Form) -> Response {
    let texts = &who.view.texts().perfis;
    let switches = model.grant_switches(perfil);
    let nivel = perfil.nivel_id.and_then(|id| model.nivel(id));
    let may_release = nivel.filter(|_| who.allows(Permissao::AdministrarPermissoes));
    let page = Page {
        view: &who.view,
        perfil,
        nivel: nivel.map(|nivel| nivel.nome.clone()),
        usuarios: counted(
            model.users_of(perfil.id),
            [texts.users_none, texts.users_one, texts.users_many],
            who.view.language(),
        ),
        is_own: model.is_own(perfil),
        board: Switchboard::new(&who.view, &switches, typed, nivel.map_or("", |nivel| &nivel.nome)),
        releases: may_release.map(|nivel| who.view.href_of("niveis", &nivel.id)),
        form,
    };
    who.view.show(status, &page)
}

/// `POST /console/perfis/{id}`: shows what follows, and once that is confirmed, turns the switches.
pub async fn turn(path: IdInPath, Posted { who, typed }: Posted<AdministrarPerfis>) -> Answer {
    let model = who.model().await?;
    let perfil = find(&model, path)?;
    let texts = who.view.texts();
    let switches = model.grant_switches(perfil);
    let wanted = Wanted::of(&typed, &switches);
    let nome = Name::registered(perfil.nome.clone());
    let (asker, nome, wanted) = (&who, &nome, &wanted);
    let switched = |provisioning: Provisioning| {
        let turned = async move { provisioning.switch_grants(nome, &wanted.seen, &wanted.wanted).await };
        asker.judged(unless_changed(turned))
    };
    match wanted.outcome(&who, &typed, &switches, switched).await {
        Outcome::Adjust => Ok(show(&who, StatusCode::OK, &model, perfil, &typed, Form::default())),
        Outcome::Changed => changed(&who, perfil.id, &typed).await,
        Outcome::Nothing => Ok(who.view.done(&place(perfil), texts.switches.nothing)),
        Outcome::Ask { effects, is_again } => Ok(ask(&who, perfil, &effects, &typed, is_again)),
        Outcome::Turned => Ok(saved(&who, perfil)),
        Outcome::Refused(error) => {
            let faults = Faults::of(&error, &[]);
            let form = Form::refused(&typed, &faults, texts);
            Ok(show(&who, faults.status(), &model, perfil, &typed, form))
        }
    }
}

fn place(perfil: &Perfil) -> String {
    format!("perfis/{}", perfil.id)
}

fn saved(who: &Who, perfil: &Perfil) -> Response {
    who.view.done(&place(perfil), &filled(who.view.texts().perfis.saved, &[&perfil.nome]))
}

/// What follows, before it is done; again where something else did when somebody confirmed it.
fn ask(who: &Who, perfil: &Perfil, effects: &[Effect], typed: &Typed, is_again: bool) -> Response {
    let title = filled(who.view.texts().perfis.confirm_title, &[&perfil.nome]);
    Question::new(&who.view, title, place(perfil), effects, typed).shown(is_again)
}

/// Shows how the perfil is now, with the person's choices.
async fn changed(who: &Who, id: i64, typed: &Typed) -> Answer {
    let model = who.model().await?;
    let perfil = find(&model, Ok(Path(id)))?;
    if Wanted::is_done(typed, &model.grant_switches(perfil)) {
        return Ok(saved(who, perfil));
    }
    let form = Form::wrong(typed, who.view.texts().perfis.changed);
    Ok(show(who, StatusCode::CONFLICT, &model, perfil, typed, form))
}
