//! Perfis: those that are seen, and one more.

use askama::Template;
use axum::http::{StatusCode, Uri};

use super::faults::{Faults, NIVEL, NOME};
use super::filters;
use super::form::{Choice, Form, Typed, required_name};
use super::listing::{Asked, Pages};
use super::once::made;
use super::phrases::filled;
use super::refusal::Answer;
use super::session::{Posted, SignedIn};
use super::view::{Section, View};
use crate::domain::access::AdministrarPerfis;

/// The choice of the field `nivel` that means root: no name ends so.
const ROOT: &str = "raiz ";

/// A perfil, as the list has it.
struct Row {
    id: i64,
    nome: String,
    /// `None` for a root perfil.
    nivel: Option<String>,
    permissoes: usize,
    usuarios: i64,
}

#[derive(Template)]
#[template(path = "perfis.html")]
struct List<'a> {
    view: &'a View,
    perfis: Vec<Row>,
    pages: Pages,
    niveis: Vec<Choice>,
    form: Form,
}

/// `GET /console/perfis`
pub async fn page(who: SignedIn<AdministrarPerfis>, uri: Uri) -> Answer {
    let form = Form::kept(&who.typed);
    list(&who, StatusCode::OK, Asked::of(&uri)?, form).await
}

async fn list(who: &SignedIn<AdministrarPerfis>, status: StatusCode, asked: Asked, form: Form) -> Answer {
    let model = who.model().await?;
    let root = Choice::new(ROOT.to_owned(), who.view.texts().perfis.root_choice.to_owned());
    let (perfis, pages) = asked.page(Section::Perfis.place(), model.perfis(), |perfil| perfil.nome.as_str());
    let perfis = perfis.into_iter().map(|perfil| Row {
        id: perfil.id,
        nome: perfil.nome.clone(),
        nivel: perfil.nivel_id.and_then(|id| model.nivel(id)).map(|nivel| nivel.nome.clone()),
        permissoes: model.effective(perfil).len(),
        usuarios: model.users_of(perfil.id),
    });
    let list = List { view: &who.view, perfis: perfis.collect(), pages, niveis: Choice::niveis(&model, root), form };
    Ok(who.view.show(status, &list))
}

/// `POST /console/perfis`
pub async fn create(Posted { who, typed }: Posted<AdministrarPerfis>) -> Answer {
    match attempt(&who, &typed).await {
        Ok((id, nome)) => {
            let text = filled(who.view.texts().perfis.created, &[&nome]);
            Ok(who.view.done(&format!("perfis/{id}"), &text))
        }
        Err(faults) => {
            let form = Form::refused(&typed, &faults, who.view.texts());
            list(&who, faults.status(), Asked::default(), form).await
        }
    }
}

async fn attempt(who: &SignedIn<AdministrarPerfis>, typed: &Typed) -> Result<(i64, String), Faults> {
    let mut faults = Faults::default();
    let nome = faults.take(NOME, required_name(typed, NOME));
    let chosen = if typed.get(NIVEL) == ROOT { Ok(None) } else { required_name(typed, NIVEL).map(Some) };
    let nivel = faults.take(NIVEL, chosen);
    let Some((nome, nivel)) = nome.zip(nivel) else { return Err(faults) };
    let provisioning = who.creating(typed);
    let id = who.judged(async { made(provisioning.create_perfil(&nome, nivel.as_ref()).await) }).await;
    Ok((id.map_err(|error| Faults::of(&error, &[NOME, NIVEL]))?, nome.texto))
}
