//! One's own senha: whoever is signed in sets another one, once the present one is shown.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;
use tokio::time::timeout;

use super::cookies::SESSION;
use super::faults::{Faults, SENHA, SENHA_NOW};
use super::filters;
use super::form::{Form, Typed};
use super::login::verified;
use super::refusal::Answer;
use super::session::{Anybody, Posted, SignedIn};
use super::usuarios::new_senha_twice;
use super::view::View;
use crate::domain::senha::SenhaFault;
use crate::http::answer::catalogue::ApiError;
use crate::http::api::audit::LoginAudit;

/// Where it is.
const PLACE: &str = "senha";

type Who = SignedIn<Anybody>;

#[derive(Template)]
#[template(path = "minha_senha.html")]
struct Page<'a> {
    view: &'a View,
    form: Form,
}

/// `GET /console/senha`
pub async fn page(who: Who) -> Answer {
    let form = Form::kept(&who.typed);
    Ok(show(&who, StatusCode::OK, form))
}

fn show(who: &Who, status: StatusCode, form: Form) -> Response {
    who.view.show(status, &Page { view: &who.view, form })
}

/// `POST /console/senha`: all sessions and tokens of the person end. Here another session begins at once.
pub async fn set(Posted { who, typed }: Posted<Anybody>) -> Answer {
    let generation = match renewed(&who, &typed).await {
        Ok(generation) => generation,
        Err(faults) => return refused(&who, &typed, &faults).await,
    };
    let (texts, cookies) = (&who.view.texts().minha_senha, &who.view.visit.cookies);
    Ok(match who.app.sessions.begin(who.usuario_id, generation).await {
        Ok(id) => who.view.clone().setting(cookies.set(SESSION, &id.text(), None)).done(PLACE, texts.done),
        // It is set all the same.
        Err(error) => {
            tracing::warn!(%error, "no session began after a new senha");
            let view = View::new(who.view.visit.clone(), None).setting(cookies.clear(SESSION));
            view.done("entrar", texts.done_sign_in)
        }
    })
}

/// The form with what is wrong. Where the session was revoked meanwhile, that is what is said.
async fn refused(who: &Who, typed: &Typed, faults: &Faults) -> Answer {
    who.judged(who.provisioning().require_standing()).await?;
    Ok(faults.timed(show(who, faults.status(), Form::refused(typed, faults, who.view.texts()))))
}

/// The generation of the tokens and sessions that count, now that the senha is another one.
async fn renewed(who: &Who, typed: &Typed) -> Result<i64, Faults> {
    let mut faults = Faults::default();
    let present = faults.take(SENHA_NOW, present_senha(typed));
    let senha = new_senha_twice(typed, &mut faults, who.view.texts());
    let is_same = present.is_some() && senha.is_some() && typed.get(SENHA_NOW) == typed.get(SENHA);
    if is_same {
        faults.take(SENHA, Err::<(), _>(ApiError::SenhaSame));
    }
    let Some((present, senha)) = present.zip(senha).filter(|_| !is_same) else { return Err(faults) };
    let provisioning = who.creating(typed);
    // A form that comes again has not the present senha any more, and that is no guess.
    who.judged(provisioning.require_standing()).await.map_err(|error| Faults::of(&error, &[]))?;
    prove(who, present).await?;
    let set = who.judged(provisioning.set_own_senha(who.usuario_id, who.generation(), senha)).await;
    set.map_err(|error| Faults::of(&error, &[SENHA]))
}

/// What was typed as the present senha. One that no request could carry is not that.
fn present_senha(typed: &Typed) -> Result<SecretString, ApiError> {
    let senha = typed.get(SENHA_NOW);
    match SenhaFault::of(senha) {
        Some(SenhaFault::Empty) => Err(ApiError::SenhaRequired),
        Some(_) => Err(ApiError::SenhaWrong),
        None => Ok(SecretString::from(senha)),
    }
}

/// Fails unless `senha` is the person's: judged, counted and logged as a login is.
async fn prove(who: &Who, senha: SecretString) -> Result<(), Faults> {
    let mut audit = LoginAudit::begin(who.client);
    audit.login(&who.rights.login);
    let judged = timeout(who.deadline(), verified(&who.app, who.client, &who.rights.login, senha, &mut audit)).await;
    let outcome = judged.unwrap_or(Err(ApiError::Unavailable));
    audit.end(&outcome);
    let Err(error) = outcome else { return Ok(()) };
    let mut faults = Faults::default();
    match error {
        ApiError::SenhaWrong | ApiError::UsuarioHidden => faults.take(SENHA_NOW, Err::<(), _>(ApiError::SenhaWrong)),
        error => return Err(Faults::of(&error, &[])),
    };
    Err(faults)
}
