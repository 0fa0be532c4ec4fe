//! Users: those that are seen, searched by login, and one more.

use askama::Template;
use axum::http::{StatusCode, Uri};
use secrecy::SecretString;

use super::faults::{Faults, LOGIN, PERFIL, SENHA, SENHA_AGAIN};
use super::filters;
use super::form::{Choice, Form, Typed, required_name};
use super::listing::Asked;
use super::once::made;
use super::phrases::filled;
use super::refusal::Answer;
use super::session::{Posted, SignedIn};
use super::texts::Texts;
use super::view::{Section, View};
use crate::domain::access::AdministrarUsuarios;
use crate::domain::senha::SenhaFault;
use crate::http::answer::catalogue::ApiError;
use crate::http::limits::PAGE_ENTRIES;
use crate::service::provisioning::require_login;
use crate::store::{Usuario, UsuariosByLogin};

#[derive(Template)]
#[template(path = "usuarios.html")]
struct List<'a> {
    view: &'a View,
    usuarios: Vec<Usuario>,
    search: String,
    /// The place of the next page, if there is one.
    next: Option<String>,
    /// Whether it is short although there may be more.
    is_cut: bool,
    is_first: bool,
    perfis: Vec<Choice>,
    form: Form,
    usuario_id: i64,
}

/// The users that are `asked` for, as the store takes it. An address has no login: that user may be hidden.
fn wanted(asked: &Asked, after: Option<i64>) -> UsuariosByLogin {
    UsuariosByLogin { containing: asked.containing(), after, limit: PAGE_ENTRIES, niveis: None }
}

/// `GET /console/usuarios`
pub async fn page(who: SignedIn<AdministrarUsuarios>, uri: Uri) -> Answer {
    let form = Form::kept(&who.typed);
    list(&who, StatusCode::OK, Asked::of(&uri)?, form).await
}

async fn list(who: &SignedIn<AdministrarUsuarios>, status: StatusCode, asked: Asked, form: Form) -> Answer {
    let after = asked.after.as_ref().and_then(|id| id.parse().ok());
    let (usuarios, next) = who.judged(who.provisioning().seen_by_login(wanted(&asked, after))).await?;
    let next = next.map(|last| asked.next(Section::Usuarios.place(), &last.to_string()));
    let list = List {
        view: &who.view,
        is_cut: next.is_some() && usuarios.len() < PAGE_ENTRIES.into(),
        usuarios,
        next,
        is_first: after.is_none(),
        search: asked.search,
        perfis: assignable(who).await?,
        form,
        usuario_id: who.usuario_id,
    };
    Ok(who.view.show(status, &list))
}

/// The perfis to choose from.
pub async fn assignable(who: &SignedIn<AdministrarUsuarios>) -> Result<Vec<Choice>, ApiError> {
    let perfis = who.judged(who.provisioning().assignable_perfis()).await?;
    Ok(perfis.into_iter().map(|perfil| Choice::new(perfil.nome.clone(), perfil.nome)).collect())
}

/// `POST /console/usuarios`
pub async fn create(Posted { who, typed }: Posted<AdministrarUsuarios>) -> Answer {
    match attempt(&who, &typed).await {
        Ok(login) => {
            let text = filled(who.view.texts().usuarios.created, &[&login]);
            Ok(who.view.done(Section::Usuarios.place(), &text))
        }
        Err(faults) => {
            let form = Form::refused(&typed, &faults, who.view.texts());
            list(&who, faults.status(), Asked::default(), form).await
        }
    }
}

/// The login that was registered.
async fn attempt(who: &SignedIn<AdministrarUsuarios>, typed: &Typed) -> Result<String, Faults> {
    let mut faults = Faults::default();
    let may_be = required_name(typed, LOGIN).and_then(|login| Ok(require_login(&login).map(|()| login)?));
    let login = faults.take(LOGIN, may_be);
    let perfil = faults.take(PERFIL, required_name(typed, PERFIL));
    let senha = new_senha_twice(typed, &mut faults, who.view.texts());
    let Some(((login, perfil), senha)) = login.zip(perfil).zip(senha) else { return Err(faults) };
    let provisioning = who.creating(typed);
    let created = who.judged(async { made(provisioning.create_usuario(&login, &perfil, senha).await) }).await;
    created.map_err(|error| Faults::of(&error, &[LOGIN, PERFIL, SENHA]))?;
    Ok(login.texto)
}

/// The senha that was typed twice, to be set; `None` where something is wrong with it.
pub fn new_senha_twice(typed: &Typed, faults: &mut Faults, texts: &Texts) -> Option<SecretString> {
    let senha = faults.take(SENHA, new_senha(typed));
    let is_same = typed.get(SENHA) == typed.get(SENHA_AGAIN);
    if !is_same {
        faults.say(SENHA_AGAIN, texts.faults.senha_differs);
    }
    senha.filter(|_| is_same)
}

/// The senha that was typed, to be set.
fn new_senha(typed: &Typed) -> Result<SecretString, ApiError> {
    let senha = typed.get(SENHA);
    match SenhaFault::of_new(senha) {
        Some(SenhaFault::Empty) => Err(ApiError::SenhaRequired),
        Some(_) => Err(ApiError::SenhaUnfit),
        None => Ok(SecretString::from(senha)),
    }
}
