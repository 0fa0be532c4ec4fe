//! One user: how it is, and what can be done with it. Each page says what will follow, and its form carries what was
//! seen: where somebody else was quicker, nothing is done, and the page shows how the user is now.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::faults::{Faults, PERFIL, SENHA};
use super::filters;
use super::form::{CONFIRMED, Choice, Form, SEEN, Typed, required_name};
use super::once;
use super::phrases::filled;
use super::refusal::Answer;
use super::session::{IdInPath, Posted, SignedIn};
use super::texts::names;
use super::usuarios::{assignable, new_senha_twice};
use super::view::View;
use crate::domain::access::{AdministrarUsuarios, Permissao};
use crate::domain::text::Name;
use crate::http::answer::catalogue::ApiError;
use crate::service::provisioning::{Kind, Move, Provisioning, ProvisioningError, SeenUsuario, Stamp};
use crate::store::Usuario;

type Who = SignedIn<AdministrarUsuarios>;

#[derive(Template)]
#[template(path = "usuario.html")]
struct Details<'a> {
    view: &'a View,
    seen: &'a SeenUsuario,
    /// `None` for a root perfil.
    nivel: Option<String>,
    permissoes: Vec<&'static str>,
}

/// A question, whose form does something with the user.
#[derive(Template)]
#[template(path = "usuario_question.html")]
struct Question<'a> {
    view: &'a View,
    seen: &'a SeenUsuario,
    action: &'static str,
    title: String,
    follows: String,
    /// What follows where somebody does it to themselves.
    oneself: &'static str,
    button: &'static str,
    is_dangerous: bool,
    asks_senha: bool,
    /// What the form says beside that, as hidden fields.
    hidden: Vec<(&'static str, String)>,
    form: Form,
}

#[derive(Template)]
#[template(path = "usuario_perfil.html")]
struct ChoosePerfil<'a> {
    view: &'a View,
    seen: &'a SeenUsuario,
    perfis: Vec<Choice>,
    form: Form,
}

#[derive(Template)]
#[template(path = "usuario_move.html")]
struct MoveQuestion<'a> {
    view: &'a View,
    seen: &'a SeenUsuario,
    title: String,
    perfil: &'a str,
    is_to_root: bool,
    gains: Vec<&'static str>,
    loses: Vec<&'static str>,
    /// What all this is known by.
    stamp: Stamp,
    /// Whether somebody has confirmed something else.
    is_again: bool,
}

async fn find(who: &Who, id: IdInPath) -> Result<SeenUsuario, ApiError> {
    const MISSING: ApiError = ApiError::Missing(Kind::Usuario);
    let Ok(Path(id)) = id else { return Err(MISSING) };
    who.judged(who.provisioning().usuario_details(id)).await?.ok_or(MISSING)
}

/// The same, for something to be done with it.
async fn find_to_change(who: &Who, id: IdInPath) -> Result<SeenUsuario, ApiError> {
    let seen = find(who, id).await?;
    if seen.is_anonymised { Err(ApiError::Anonymised) } else { Ok(seen) }
}

fn login(seen: &SeenUsuario) -> Name {
    Name::registered(seen.usuario.login.clone())
}

fn place(seen: &SeenUsuario) -> String {
    format!("usuarios/{}", seen.usuario.id)
}

/// What changes the user only as the form has seen it, and once if the form has a key.
fn careful(who: &Who, typed: &Typed) -> Provisioning {
    who.creating(typed).while_as(Stamp::from(typed.get(SEEN)))
}

/// What a change came to: `None` where somebody else was quicker.
pub async fn unless_changed<T>(
    work: impl Future<Output = Result<T, ProvisioningError>>,
) -> Result<Option<T>, ProvisioningError> {
    match work.await {
        Err(ProvisioningError::Changed) => Ok(None),
        outcome => outcome.map(Some),
    }
}

/// `GET /console/usuarios/{id}`
pub async fn page(who: Who, id: IdInPath) -> Answer {
    let seen = find(&who, id).await?;
    let model = who.model().await?;
    let perfil = model.perfil(seen.usuario.perfil_id);
    let permissoes = perfil.map(|perfil| model.effective(perfil)).unwrap_or_default();
    let nivel = seen.usuario.nivel_id.and_then(|id| model.nivel(id)).map(|nivel| nivel.nome.clone());
    let language = who.view.language();
    let permissoes = permissoes.into_iter().map(|permissao| names::permissao(permissao, language)).collect();
    Ok(who.view.show(StatusCode::OK, &Details { view: &who.view, seen: &seen, nivel, permissoes }))
}

/// Shows the question again after an attempt: with what is wrong, or as the user is now.
async fn ask_again(
    who: &Who,
    id: i64,
    typed: &Typed,
    outcome: Result<(), Faults>,
    question: impl Fn(&Who, StatusCode, &SeenUsuario, Form) -> Response,
) -> Answer {
    let seen = find(who, Ok(Path(id))).await?;
    let texts = who.view.texts();
    let (status, form) = match outcome {
        Err(faults) => (faults.status(), Form::refused(typed, &faults, texts)),
        Ok(()) => (StatusCode::CONFLICT, Form::wrong(&typed.without(once::KEY), texts.usuarios.changed)),
    };
    Ok(question(who, status, &seen, form))
}

/// Asks, unless it is known by now that the answer would be refused.
fn ask_unless_refused(
    who: &Who,
    seen: &SeenUsuario,
    would: Result<Usuario, ApiError>,
    question: impl Fn(&Who, StatusCode, &SeenUsuario, Form) -> Response,
) -> Response {
    match of_form(would) {
        Ok(()) => question(who, StatusCode::OK, seen, Form::kept(&who.typed)),
        Err(faults) => question(who, faults.status(), seen, Form::refused(&who.typed, &faults, who.view.texts())),
    }
}

/// Tells what was done to the user, whose sessions have ended with it: whoever did it to themselves signs in again.
async fn ended(who: Who, seen: &SeenUsuario, notice: &str) -> Answer {
    if seen.is_oneself { who.signed_out(notice).await } else { Ok(who.view.done(&place(seen), notice)) }
}

/// What a change came to, for a form without a field.
fn of_form<T>(outcome: Result<T, ApiError>) -> Result<(), Faults> {
    outcome.map(drop).map_err(|error| Faults::of(&error, &[]))
}

/// `GET /console/usuarios/{id}/senha`
pub async fn senha_page(who: Who, id: IdInPath) -> Answer {
    let seen = find_to_change(&who, id).await?;
    // To set a senha takes what it takes to revoke the tokens, and needs no senha to be tried.
    let (trying, login) = (who.provisioning().trying(), login(&seen));
    let would = who.judged(trying.revoke_tokens(&login)).await;
    Ok(ask_unless_refused(&who, &seen, would, ask_senha))
}

fn ask_senha(who: &Who, status: StatusCode, seen: &SeenUsuario, form: Form) -> Response {
    let (texts, login) = (&who.view.texts().usuarios, seen.usuario.login.as_str());
    let question = Question {
        view: &who.view,
        seen,
        action: "senha",
        title: filled(texts.set_senha_title, &[login]),
        follows: filled(texts.set_senha_follows, &[login]),
        oneself: texts.oneself,
        button: texts.set_senha,
        is_dangerous: false,
        asks_senha: true,
        hidden: vec![(once::KEY, form.key())],
        form,
    };
    who.view.show(status, &question)
}

/// `POST /console/usuarios/{id}/senha`
pub async fn set_senha(path: IdInPath, Posted { who, typed }: Posted<AdministrarUsuarios>) -> Answer {
    let seen = find_to_change(&who, path).await?;
    let (texts, id) = (&who.view.texts().usuarios, seen.usuario.id);
    match renew_senha(&who, &seen, &typed).await {
        Ok(Some(())) => ended(who, &seen, &filled(texts.senha_set, &[&seen.usuario.login])).await,
        outcome => ask_again(&who, id, &typed, outcome.map(drop), ask_senha).await,
    }
}

/// Sets another senha; `None` where somebody else was quicker.
async fn renew_senha(who: &Who, seen: &SeenUsuario, typed: &Typed) -> Result<Option<()>, Faults> {
    let mut faults = Faults::default();
    let Some(senha) = new_senha_twice(typed, &mut faults, who.view.texts()) else { return Err(faults) };
    let set = who.judged(async { once::done(careful(who, typed).set_senha(&login(seen), senha).await) }).await;
    set.map_err(|error| Faults::of(&error, &[SENHA]))
}

/// `GET /console/usuarios/{id}/situacao`
pub async fn situacao_page(who: Who, id: IdInPath) -> Answer {
    let seen = find_to_change(&who, id).await?;
    let (trying, login) = (who.provisioning().trying(), login(&seen));
    let would = who.judged(trying.set_usuario_ativo(&login, !seen.usuario.ativo)).await;
    Ok(ask_unless_refused(&who, &seen, would, ask_situacao))
}

fn ask_situacao(who: &Who, status: StatusCode, seen: &SeenUsuario, form: Form) -> Response {
    let (texts, login) = (&who.view.texts().usuarios, seen.usuario.login.as_str());
    let ativo = seen.usuario.ativo;
    let (title, follows, button, wanted) = if ativo {
        (texts.deactivate_title, texts.deactivate_follows, texts.deactivate, "nao")
    } else {
        (texts.activate_title, texts.activate_follows, texts.activate, "sim")
    };
    let question = Question {
        view: &who.view,
        seen,
        action: "situacao",
        title: filled(title, &[login]),
        follows: filled(follows, &[login]),
        oneself: if ativo { texts.oneself_deactivate } else { texts.oneself },
        button,
        is_dangerous: ativo,
        asks_senha: false,
        hidden: vec![("ativo", wanted.to_owned()), (once::KEY, form.key())],
        form,
    };
    who.view.show(status, &question)
}

/// `POST /console/usuarios/{id}/situacao`: activates or deactivates it, as the form says.
pub async fn set_ativo(path: IdInPath, Posted { who, typed }: Posted<AdministrarUsuarios>) -> Answer {
    let seen = find_to_change(&who, path).await?;
    let (texts, id, ativo) = (&who.view.texts().usuarios, seen.usuario.id, typed.says_yes("ativo")?);
    let outcome =
        who.judged(async { once::done(careful(&who, &typed).set_usuario_ativo(&login(&seen), ativo).await) }).await;
    // Somebody else may have done the same.
    let is_so = matches!(outcome, Ok(None)) && find(&who, Ok(Path(id))).await?.usuario.ativo == ativo;
    match outcome {
        Ok(changed) if changed.is_some() || is_so => {
            let text = match (ativo, seen.is_oneself) {
                (true, _) => texts.activated,
                (false, false) => texts.deactivated,
                (false, true) => texts.deactivated_oneself,
            };
            ended(who, &seen, &filled(text, &[&seen.usuario.login])).await
        }
        outcome => ask_again(&who, id, &typed, of_form(outcome), ask_situacao).await,
    }
}

/// `GET /console/usuarios/{id}/revogar`
pub async fn revoke_page(who: Who, id: IdInPath) -> Answer {
    let seen = find_to_change(&who, id).await?;
    let (trying, login) = (who.provisioning().trying(), login(&seen));
    let would = who.judged(trying.revoke_tokens(&login)).await;
    Ok(ask_unless_refused(&who, &seen, would, ask_revoke))
}

fn ask_revoke(who: &Who, status: StatusCode, seen: &SeenUsuario, form: Form) -> Response {
    let (texts, login) = (&who.view.texts().usuarios, seen.usuario.login.as_str());
    let question = Question {
        view: &who.view,
        seen,
        action: "revogar",
        title: filled(texts.revoke_title, &[login]),
        follows: filled(texts.revoke_follows, &[login, login]),
        oneself: texts.oneself,
        button: texts.revoke,
        is_dangerous: true,
        asks_senha: false,
        hidden: vec![(once::KEY, form.key())],
        form,
    };
    who.view.show(status, &question)
}

/// `POST /console/usuarios/{id}/revogar`
pub async fn revoke(path: IdInPath, Posted { who, typed }: Posted<AdministrarUsuarios>) -> Answer {
    let seen = find_to_change(&who, path).await?;
    let (texts, id) = (&who.view.texts().usuarios, seen.usuario.id);
    match who.judged(async { once::done(careful(&who, &typed).revoke_tokens(&login(&seen)).await) }).await {
        Ok(Some(())) => ended(who, &seen, &filled(texts.revoked, &[&seen.usuario.login])).await,
        outcome => ask_again(&who, id, &typed, of_form(outcome), ask_revoke).await,
    }
}

/// `GET /console/usuarios/{id}/perfil`
pub async fn perfil_page(who: Who, id: IdInPath) -> Answer {
    let seen = find_to_change(&who, id).await?;
    let form = Form::kept(&who.typed);
    Ok(choose_perfil(&who, StatusCode::OK, &seen, form).await?)
}

async fn choose_perfil(who: &Who, status: StatusCode, seen: &SeenUsuario, form: Form) -> Result<Response, ApiError> {
    let perfis = assignable(who).await?;
    Ok(who.view.show(status, &ChoosePerfil { view: &who.view, seen, perfis, form }))
}

/// `POST /console/usuarios/{id}/perfil`: shows what changes, and once that is confirmed, moves the user.
pub async fn set_perfil(path: IdInPath, Posted { who, typed }: Posted<AdministrarUsuarios>) -> Answer {
    let seen = find_to_change(&who, path).await?;
    match moved(&who, &seen, &typed).await {
        Ok(Moved::Done(perfil)) => Ok(told_move(&who, &seen, &perfil)),
        Ok(Moved::Asks(question)) => Ok(question),
        Ok(Moved::Changed) => {
            let seen = find(&who, Ok(Path(seen.usuario.id))).await?;
            // A form that is sent twice finds that it is so by now.
            if !typed.get(CONFIRMED).is_empty() && is_on(&seen, &required_name(&typed, PERFIL)?) {
                return Ok(told_move(&who, &seen, &seen.usuario.perfil));
            }
            let form = Form::wrong(&typed, who.view.texts().usuarios.changed);
            Ok(choose_perfil(&who, StatusCode::CONFLICT, &seen, form).await?)
        }
        Err(faults) => {
            let form = Form::refused(&typed, &faults, who.view.texts());
            Ok(choose_perfil(&who, faults.status(), &seen, form).await?)
        }
    }
}

fn told_move(who: &Who, seen: &SeenUsuario, perfil: &str) -> Response {
    who.view.done(&place(seen), &filled(who.view.texts().usuarios.moved, &[&seen.usuario.login, perfil]))
}

fn is_on(seen: &SeenUsuario, perfil: &Name) -> bool {
    Name::registered(seen.usuario.perfil.clone()).key == perfil.key
}

enum Moved {
    Done(String),
    Asks(Response),
    Changed,
}

async fn moved(who: &Who, seen: &SeenUsuario, typed: &Typed) -> Result<Moved, Faults> {
    let refused = |error: ApiError| Faults::of(&error, &[PERFIL]);
    let perfil = required_name(typed, PERFIL).map_err(refused)?;
    let is_confirmed = !typed.get(CONFIRMED).is_empty();
    if is_confirmed {
        let work = careful(who, typed).while_follows(Stamp::from(typed.get(CONFIRMED)));
        let outcome = who.judged(unless_changed(work.set_perfil(&login(seen), &perfil))).await.map_err(refused)?;
        if let Some(usuario) = outcome {
            return Ok(Moved::Done(usuario.perfil));
        }
    }
    if typed.get(SEEN) != seen.stamp.to_string() {
        return Ok(Moved::Changed);
    }
    if is_on(seen, &perfil) {
        return Err(Faults::one(PERFIL, who.view.texts().faults.perfil_same));
    }
    let work = careful(who, typed);
    let effect = who.judged(unless_changed(work.effect_of_move(&login(seen), &perfil))).await.map_err(refused)?;
    Ok(effect.map_or(Moved::Changed, |effect| Moved::Asks(ask_move(who, seen, &effect, is_confirmed))))
}

/// What follows from a move; again where something else did when somebody confirmed it.
fn ask_move(who: &Who, seen: &SeenUsuario, effect: &Move, is_again: bool) -> Response {
    let (view, login) = (&who.view, seen.usuario.login.as_str());
    let named = |permissoes: &[Permissao]| -> Vec<&'static str> {
        permissoes.iter().map(|permissao| names::permissao(*permissao, view.language())).collect()
    };
    let question = MoveQuestion {
        view,
        seen,
        title: filled(view.texts().usuarios.move_confirm_title, &[login, &effect.from, &effect.to]),
        perfil: &effect.to,
        is_to_root: effect.is_to_root,
        gains: named(&effect.gains),
        loses: named(&effect.loses),
        stamp: Stamp::of_effects(effect),
        is_again,
    };
    view.show(if is_again { StatusCode::CONFLICT } else { StatusCode::OK }, &question)
}
