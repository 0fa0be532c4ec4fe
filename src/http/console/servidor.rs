//! The server: how it is, with what settings it runs, and who is signed in. For root administrators alone.

use askama::Template;
use axum::http::StatusCode;
use std::sync::atomic::Ordering;
use time::OffsetDateTime;

use super::filters;
use super::phrases::{counted, filled};
use super::refusal::Answer;
use super::session::{RootAdministrator, SignedIn};
use super::texts::servidor::Texts;
use super::view::View;
use crate::http::state::AppState;
use crate::store::Session;

/// The most sessions that are listed.
const SESSIONS_SHOWN: u32 = 100;
/// The most that are counted.
const SESSIONS_COUNTED: u32 = 1_000;

/// Whether the server can do its work.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Ready,
    NotReady,
    Leaving,
}

struct SettingRow {
    name: &'static str,
    value: String,
    origin: &'static str,
    is_default: bool,
}

#[derive(Template)]
#[template(path = "servidor.html")]
struct Page<'a> {
    view: &'a View,
    health: Health,
    version: &'static str,
    now: OffsetDateTime,
    database: String,
    host: Option<String>,
    migrations: String,
    queue: String,
    pools: Vec<String>,
    sessions_title: String,
    sessions: Vec<(String, Session)>,
    are_all_sessions: bool,
    settings: Vec<SettingRow>,
}

/// `GET /console/servidor`
pub async fn page(who: SignedIn<RootAdministrator>) -> Answer {
    let (app, texts) = (&who.app, &who.view.texts().servidor);
    let health = health(app).await;
    let store = &app.administration;
    // What the database does not say is shown as such: the page is wanted most when something is wrong.
    let database = store.description().await.unwrap_or_else(|_| texts.no_answer.to_owned());
    let mut sessions = app.sessions.signed_in(SESSIONS_COUNTED).await?;
    let number = sessions.len() as i64;
    sessions.truncate(SESSIONS_SHOWN as usize);
    let (waiting, capacity) = app.changes.waiting();
    let page = Page {
        view: &who.view,
        health,
        version: env!("CARGO_PKG_VERSION"),
        now: app.clock.now(),
        database,
        host: store.host(),
        migrations: migrations(app, texts).await,
        queue: filled(texts.queue_of, &[&waiting.to_string(), &capacity.to_string()]),
        pools: pools(app, texts),
        sessions_title: counted(
            number,
            [texts.sessions_none, texts.sessions_one, texts.sessions_many],
            who.view.language(),
        ),
        are_all_sessions: number == sessions.len() as i64,
        sessions,
        settings: settings(app, texts),
    };
    Ok(who.view.show(StatusCode::OK, &page))
}

async fn health(app: &AppState) -> Health {
    if app.is_leaving.load(Ordering::Relaxed) {
        Health::Leaving
    } else if app.is_ready().await {
        Health::Ready
    } else {
        Health::NotReady
    }
}

async fn migrations(app: &AppState, texts: &Texts) -> String {
    let Ok(migrations) = app.administration.migrations().await else { return texts.no_answer.to_owned() };
    let applied = migrations.iter().filter(|migration| migration.applied).count();
    let pending = migrations.len() - applied;
    match pending {
        0 => filled(texts.migrations_done, &[&applied.to_string()]),
        _ => filled(texts.migrations_pending, &[&applied.to_string(), &pending.to_string()]),
    }
}

fn pools(app: &AppState, texts: &Texts) -> Vec<String> {
    let told = |pool: crate::metrics::Pool| {
        let name = match pool.name {
            "changes" => texts.pool_changes,
            "administration" => texts.pool_administration,
            _ => texts.pool_requests,
        };
        let [open, idle, max] = [pool.open, pool.idle, pool.max].map(|number| number.to_string());
        filled(texts.connections_of, &[name, &open, &idle, &max])
    };
    app.store.pools().into_iter().map(told).collect()
}

fn settings(app: &AppState, texts: &Texts) -> Vec<SettingRow> {
    let origin = |origin: &str| match origin {
        "flag" => texts.from_flag,
        "environment" => texts.from_environment,
        ".env" => texts.from_dotenv,
        _ => texts.from_default,
    };
    let row = |setting: &crate::http::state::ShownSetting| SettingRow {
        name: setting.name,
        value: setting.value.clone(),
        origin: origin(setting.origin),
        is_default: setting.origin == "default",
    };
    app.settings.iter().map(row).collect()
}
