//! Níveis: the tree of those that are seen, and one more.

use askama::Template;
use axum::http::{StatusCode, Uri};

use super::faults::{Faults, NOME, SUPERIOR};
use super::filters;
use super::form::{Choice, Form, Typed, required_name};
use super::listing::{Asked, Pages};
use super::once::made;
use super::phrases::filled;
use super::refusal::Answer;
use super::session::{Posted, SignedIn};
use super::view::{Section, View};
use crate::domain::access::{AdministrarNiveis, Permissao};

/// The choice of the field `superior` that means the top: no name ends so.
const TOP: &str = "topo ";

/// A nível, as the tree has it.
struct Row {
    id: i64,
    nome: String,
    /// At most 8: as far as the page indents. None in the answer of a search.
    depth: usize,
    /// Whether it has no superior; one above the person's own is not seen.
    is_top: bool,
    superior: Option<String>,
    released: usize,
    perfis: usize,
}

#[derive(Template)]
#[template(path = "niveis.html")]
struct List<'a> {
    view: &'a View,
    niveis: Vec<Row>,
    pages: Pages,
    superiors: Vec<Choice>,
    /// Whether the person may see the releases.
    may_release: bool,
    form: Form,
}

/// `GET /console/niveis`
pub async fn page(who: SignedIn<AdministrarNiveis>, uri: Uri) -> Answer {
    let form = Form::kept(&who.typed);
    list(&who, StatusCode::OK, Asked::of(&uri)?, form).await
}

async fn list(who: &SignedIn<AdministrarNiveis>, status: StatusCode, asked: Asked, form: Form) -> Answer {
    let model = who.model().await?;
    let top = Choice::new(TOP.to_owned(), who.view.texts().niveis.top.to_owned());
    let is_search = !asked.search.is_empty();
    let (niveis, pages) =
        asked.page(Section::Niveis.place(), model.tree().into_iter(), |(_, nivel)| nivel.nome.as_str());
    let niveis = niveis.into_iter().map(|(depth, nivel)| Row {
        id: nivel.id,
        nome: nivel.nome.clone(),
        depth: if is_search { 0 } else { depth.min(8) },
        is_top: nivel.superior_id.is_none(),
        superior: nivel.superior_id.and_then(|id| model.nivel(id)).map(|nivel| nivel.nome.clone()),
        released: model.released(nivel.id).len(),
        perfis: model.perfis_on(nivel.id).count(),
    });
    let list = List {
        view: &who.view,
        niveis: niveis.collect(),
        pages,
        superiors: Choice::niveis(&model, top),
        may_release: who.allows(Permissao::AdministrarPermissoes),
        form,
    };
    Ok(who.view.show(status, &list))
}

/// `POST /console/niveis`
pub async fn create(Posted { who, typed }: Posted<AdministrarNiveis>) -> Answer {
    match attempt(&who, &typed).await {
        Ok(nome) => {
            let text = filled(who.view.texts().niveis.created, &[&nome]);
            Ok(who.view.done(Section::Niveis.place(), &text))
        }
        Err(faults) => {
            let form = Form::refused(&typed, &faults, who.view.texts());
            list(&who, faults.status(), Asked::default(), form).await
        }
    }
}

async fn attempt(who: &SignedIn<AdministrarNiveis>, typed: &Typed) -> Result<String, Faults> {
    let mut faults = Faults::default();
    let nome = faults.take(NOME, required_name(typed, NOME));
    let chosen = if typed.get(SUPERIOR) == TOP { Ok(None) } else { required_name(typed, SUPERIOR).map(Some) };
    let superior = faults.take(SUPERIOR, chosen);
    let Some((nome, superior)) = nome.zip(superior) else { return Err(faults) };
    let provisioning = who.creating(typed);
    let created = who.judged(async { made(provisioning.create_nivel(&nome, superior.as_ref()).await) }).await;
    created.map_err(|error| Faults::of(&error, &[NOME, SUPERIOR]))?;
    Ok(nome.texto)
}
