//! All routes on one page, and the document that they make.

use std::mem;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any, get};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use crate::clock::MovableClock;
use crate::dialect::Dialect;
use crate::http::admin::{atendimentos, auditoria, motivos, niveis, perfis, usuarios};
use crate::http::answer::catalogue::ApiError;
use crate::http::api::{batch, change, history, login, reads};
use crate::http::console;
use crate::http::console::language;
use crate::http::console::login::ENTRANCE;
use crate::http::frame::{DialectInForce, Frame, RouteNames, Watch};
use crate::http::openapi::spoken::NamedAnswer;
use crate::http::openapi::{self, routed};
use crate::http::pages::{docs, health, home, metrics};
use crate::http::sandbox;
use crate::http::state::{AppState, SharedState};
use crate::store::Example;

/// Hands all routes to `take`, each with what the document says of it. Path and method stand at the handler.
///
/// One by one, so that a server never holds all of that: it has the document as a text.
fn each_route(mut take: impl FnMut(UtoipaMethodRouter<SharedState>)) {
    take(routes!(login::login));
    take(routes!(reads::status, change::change));
    take(routes!(batch::change_many));
    take(routes!(history::historico));
    take(routes!(reads::targets));
    take(routes!(reads::motivos));
    take(routes!(atendimentos::create));
    take(routes!(niveis::list, niveis::create));
    take(routes!(niveis::permissoes));
    take(routes!(niveis::release, niveis::withdraw));
    take(routes!(perfis::list, perfis::create));
    take(routes!(perfis::grant, perfis::revoke));
    take(routes!(usuarios::list, usuarios::create));
    take(routes!(usuarios::perfis));
    take(routes!(usuarios::set_senha));
    take(routes!(usuarios::set_perfil));
    take(routes!(usuarios::activate));
    take(routes!(usuarios::deactivate));
    take(routes!(usuarios::revoke_tokens));
    take(routes!(motivos::list, motivos::create));
    take(routes!(motivos::activate));
    take(routes!(motivos::deactivate));
    take(routes!(atendimentos::list));
    take(routes!(auditoria::list));
    take(routes!(home::home));
    take(routes!(docs::document));
    take(routes!(docs::page));
    take(routes!(health::live));
    take(routes!(health::ready));
}

/// Hands all paths of the console to `take`, each with its pages. They are no part of the document.
fn each_page(mut take: impl FnMut(&'static str, MethodRouter<SharedState>)) {
    take("/console", get(console::painel::page));
    take("/console/", get(console::painel::page));
    take("/console/atendimentos", get(console::atendimentos::list));
    take("/console/atendimentos/novo", get(console::atendimentos::new).post(console::atendimentos::create));
    take("/console/atendimento", get(console::atendimento::page).post(console::atendimento::change));
    take("/console/motivos", get(console::motivos::page).post(console::motivos::create));
    take("/console/motivos/{id}", get(console::motivos::switch_page).post(console::motivos::set_ativo));
    take("/console/usuarios", get(console::usuarios::page).post(console::usuarios::create));
    take("/console/usuarios/{id}", get(console::usuario::page));
    take("/console/usuarios/{id}/senha", get(console::usuario::senha_page).post(console::usuario::set_senha));
    take("/console/usuarios/{id}/perfil", get(console::usuario::perfil_page).post(console::usuario::set_perfil));
    take("/console/usuarios/{id}/situacao", get(console::usuario::situacao_page).post(console::usuario::set_ativo));
    take("/console/usuarios/{id}/revogar", get(console::usuario::revoke_page).post(console::usuario::revoke));
    take("/console/perfis", get(console::perfis::page).post(console::perfis::create));
    take("/console/perfis/{id}", get(console::perfil::page).post(console::perfil::turn));
    take("/console/niveis", get(console::niveis::page).post(console::niveis::create));
    take("/console/niveis/{id}", get(console::nivel::page).post(console::nivel::turn));
    take("/console/auditoria", get(console::auditoria::page));
    take("/console/auditoria.csv", get(console::audit_csv::export));
    take("/console/servidor", get(console::servidor::page));
    take("/console/senha", get(console::minha_senha::page).post(console::minha_senha::set));
    take("/console/sair", get(console::login::leaving).post(console::login::sign_out));
    take("/console/assets/{file}", get(console::assets::file));
}

/// All of the console that is no page.
const ELSEWHERE: &str = "/console/{*rest}";

pub fn service(app: SharedState) -> Frame {
    let (routes, mut names) = router(app.clone());
    let routes = match console(&app, &mut names) {
        Some(console) => routes.merge(console),
        None => routes,
    };
    let routes = match app.dialect.clone() {
        Some(dialect) => docs::documented(routes, move || openapi_text(Some(Arc::clone(&dialect)))),
        None => routes,
    };
    framed(routes, names, &app)
}

/// The same in a sandbox, which starts over from `example` and sets `clock`, the one of `app`.
pub fn sandbox_service(app: SharedState, example: Example, clock: Arc<MovableClock>) -> Frame {
    let (routes, mut names) = router(app.clone());
    names.add(sandbox::paths());
    let dialect = app.dialect.clone();
    let console = console(&app, &mut names);
    let mut routes = sandbox::around(routes, app.clone(), example, clock);
    // Around the sandbox: failures are for programs, and what people type is in no journal.
    if let Some(console) = console {
        routes = console.fallback_service(routes);
    }
    let routes = docs::documented(routes, move || sandbox_openapi_text(dialect.clone()));
    framed(routes, names, &app).with_own_paths(sandbox::PATHS).with_time_for(sandbox::DELAY_MAX)
}

/// What the listener for Prometheus serves.
pub fn metrics_service(app: SharedState) -> Router {
    Router::new().route("/metrics", get(metrics::metrics)).with_state(app)
}

fn framed(routes: Router, names: RouteNames, app: &AppState) -> Frame {
    let watch = Watch {
        metrics: Arc::clone(&app.metrics),
        routes: names,
        access_log: app.access_log,
        trusted_proxies: app.trusted_proxies.clone(),
    };
    let dialect = app.dialect.clone().map(|dialect| DialectInForce { dialect, clock: Arc::clone(&app.clock) });
    let frame = Frame::new(routes, watch, app.deadline, app.answers.clone(), Arc::clone(&app.is_leaving));
    let frame = if app.console { frame.with_error_pages(console::errors::pages) } else { frame };
    frame.in_dialect(dialect)
}

/// The console, where the settings want one; its paths go to `names`.
fn console(app: &SharedState, names: &mut RouteNames) -> Option<Router> {
    if !app.console {
        return None;
    }
    names.add([ENTRANCE].into_iter().chain(language::PATHS.map(|(path, _)| path)));
    let mut pages = Router::new();
    each_page(|path, page| {
        names.add([path]);
        pages = mem::take(&mut pages).route(path, page);
    });
    let pages = pages.method_not_allowed_fallback(async || ApiError::MethodNotAllowed).with_state(Arc::clone(app));
    // Their handlers know all other pages, to show them with what was typed.
    let known = pages.clone().fallback(async || ApiError::NotFound);
    let entrance = {
        let known = known.clone();
        get(console::login::page).post(move |app, request| console::login::sign_in(app, known, request))
    };
    let mut around = Router::new().route(ENTRANCE, entrance);
    for (path, chosen) in language::PATHS {
        let known = known.clone();
        let switch = get(async move |request| language::choose(chosen, request))
            .post(move |app, request| language::choose_while_typing(app, chosen, known, request));
        around = around.route(path, switch);
    }
    let around = around.method_not_allowed_fallback(async || ApiError::MethodNotAllowed).with_state(Arc::clone(app));
    let pages = pages.route(ELSEWHERE, any(async || ApiError::NotFound)).merge(around);
    Some(pages.layer(from_fn_with_state(Arc::clone(app), console::errors::say_whom_for)))
}

/// The document of all routes, in `dialect` if there is one; else as [`openapi::TEXT`] has to be.
pub fn openapi_text(dialect: Option<Arc<Dialect>>) -> String {
    openapi::written(&document(dialect))
}

pub fn sandbox_openapi_text(dialect: Option<Arc<Dialect>>) -> String {
    let is_in_dialect = dialect.is_some();
    sandbox::document_text(document(dialect), is_in_dialect)
}

/// Every answer of a server in `dialect`.
pub fn answers(dialect: &Arc<Dialect>) -> Vec<NamedAnswer> {
    openapi::spoken::answers(&mut document(None), dialect)
}

fn document(dialect: Option<Arc<Dialect>>) -> OpenApi {
    let mut described = Vec::new();
    each_route(|(shapes, paths, _)| described.push((shapes, paths)));
    let document = openapi::document(described);
    match dialect {
        Some(dialect) => openapi::spoken::in_dialect(document, &dialect),
        None => document,
    }
}

/// The routes, and what they are called.
fn router(app: SharedState) -> (Router, RouteNames) {
    const FOLDER: &str = "/docs/";
    const FILE: &str = "/docs/{file}";
    let mut router = Router::new().route(FOLDER, get(docs::page_in_folder)).route(FILE, get(docs::file));
    let mut names = RouteNames::new([FOLDER, FILE]);
    each_route(|route| {
        names.add(route.1.paths.keys());
        router = routed(mem::take(&mut router), route);
    });
    let router = router
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .with_state(app);
    (router, names)
}
