//! The first page: how things stand, as far as one may know.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use time::OffsetDateTime;
use tokio::time::timeout;

use super::charts::{Chart, columns, rows};
use super::filters;
use super::phrases::{counted, filled};
use super::refusal::Answer;
use super::session::{Anybody, SignedIn};
use super::switchboard::NEED_BESIDES;
use super::texts::names::named;
use super::texts::painel::Texts;
use super::view::{View, status_class};
use crate::clock::BRASILIA;
use crate::domain::access::Permissao;
use crate::domain::atendimento::Status;
use crate::domain::hierarchy::is_root_administrator;
use crate::domain::text::HIDDEN;
use crate::http::answer::problem::Language;
use crate::metrics::{LoginOutcome, Metrics};
use crate::service::overview::{HOURS, Overview};

/// How long the page waits for fresh numbers: it is shown within 50 ms.
const PATIENCE: Duration = Duration::from_millis(35);

#[derive(Template)]
#[template(path = "painel.html")]
struct Painel<'a> {
    view: &'a View,
    may_nothing: bool,
    /// What a permission takes besides, for somebody who has it alone.
    besides: Vec<String>,
    /// Where the person may see atendimentos.
    work: Option<Work>,
    /// Whether the person may read histories, and so who changed what.
    may_read: bool,
    /// For root administrators.
    logins: Option<Chart>,
    /// What is left out, and why.
    left_out: Vec<String>,
    /// Whether the numbers are being looked up for the first time.
    is_waiting: bool,
    /// Whether they could not be looked up.
    has_failed: bool,
}

/// The atendimentos and their changes.
struct Work {
    overview: Arc<Overview>,
    age: String,
    total: String,
    by_status: Chart,
    changes: String,
    by_hour: Chart,
    by_usuario: Chart,
    /// The users whom the hierarchy hides from the person.
    hidden: HashSet<String>,
}

/// `GET /console`
pub async fn page(who: SignedIn<Anybody>) -> Answer {
    let texts = &who.view.texts().painel;
    let may_work = who.allows(Permissao::ConsultarAtendimentos);
    let overview = if may_work { who.app.overviews.look(PATIENCE).await } else { None };
    let has_failed = may_work && who.app.overviews.has_failed();
    let is_waiting = may_work && overview.is_none() && !has_failed;
    let may_read = who.allows(Permissao::ConsultarHistorico);
    let work = match overview {
        Some(overview) => {
            let hidden = if may_read { hidden(&who, &overview).await } else { HashSet::new() };
            Some(Work::of(overview, hidden, texts, who.view.language()))
        }
        None => None,
    };
    let logins = is_root_administrator(&who.rights).then(|| refused_logins(&who.app.metrics, texts));
    let painel = Painel {
        view: &who.view,
        may_nothing: who.view.person.as_ref().is_none_or(|person| person.sections.len() <= 1),
        besides: besides(&who),
        work,
        may_read,
        left_out: left_out(&who, logins.is_some()),
        logins,
        is_waiting,
        has_failed,
    };
    Ok(who.view.show(StatusCode::OK, &painel))
}

/// The users of `overview` whom the hierarchy hides from the person: all while that is not known soon.
async fn hidden(who: &SignedIn<Anybody>, overview: &Overview) -> HashSet<String> {
    let latest = overview.latest.iter().map(|(_, change)| &change.usuario);
    let logins: HashSet<&str> =
        overview.by_usuario.iter().map(|(usuario, _)| usuario).chain(latest).flatten().map(String::as_str).collect();
    let provisioning = who.provisioning();
    match timeout(PATIENCE, provisioning.hidden_logins(logins.clone())).await {
        Ok(Ok(hidden)) => hidden,
        _ => logins.into_iter().map(str::to_owned).collect(),
    }
}

/// Which permissions the console has no use for until the person has another one too.
fn besides(who: &SignedIn<Anybody>) -> Vec<String> {
    let name = |permissao| named(permissao, who.view.language());
    let alone = NEED_BESIDES.iter().filter(|(permissao, needed)| who.allows(*permissao) && !who.allows(*needed));
    alone
        .map(|(permissao, needed)| filled(who.view.texts().painel.besides, &[&name(*permissao), &name(*needed)]))
        .collect()
}

/// What the page has not for this person, and what it takes.
fn left_out(who: &SignedIn<Anybody>, has_logins: bool) -> Vec<String> {
    let texts = &who.view.texts().painel;
    let (numbers, changes) = ([texts.by_status, texts.by_hour], [texts.by_usuario, texts.latest]);
    let needs = [Permissao::ConsultarAtendimentos, Permissao::ConsultarHistorico];
    let mut said = Vec::new();
    for (parts, needs) in [(numbers, &needs[..1]), (changes, &needs)] {
        let lacking: Vec<String> =
            needs.iter().filter(|need| !who.allows(**need)).map(|need| named(*need, who.view.language())).collect();
        if !lacking.is_empty() {
            said.push(filled(texts.lacks, &[&parts.join(", "), &lacking.join(", ")]));
        }
    }
    if !has_logins {
        said.push(filled(texts.root_only, &[texts.logins]));
    }
    said
}

impl Work {
    fn of(overview: Arc<Overview>, hidden: HashSet<String>, texts: &Texts, language: Language) -> Self {
        let told = |count: i64, texts| counted(count, texts, language);
        let statuses = Status::ALL.into_iter().zip(overview.by_status);
        let by_status = rows(statuses.map(|(status, number)| (status.nome().to_owned(), number, status_class(status))));
        let hours = (0..HOURS).map(|index| hour_name(overview.hour - (HOURS - 1 - index) as i64));
        let is_hidden = |usuario: &Option<String>| usuario.as_ref().is_some_and(|login| hidden.contains(login));
        let named = |usuario: &Option<String>| usuario.clone().unwrap_or_else(|| texts.import.to_owned());
        let shown = overview.by_usuario.iter().filter(|(usuario, _)| !is_hidden(usuario));
        let mut usuarios: Vec<_> = shown.map(|(usuario, number)| (named(usuario), *number, "")).collect();
        let by_hidden: i64 =
            overview.by_usuario.iter().filter(|(usuario, _)| is_hidden(usuario)).map(|(_, number)| number).sum();
        if by_hidden > 0 {
            usuarios.push((HIDDEN.to_owned(), by_hidden, ""));
        }
        if overview.by_others > 0 {
            usuarios.push((texts.others.to_owned(), overview.by_others, ""));
        }
        Self {
            age: age(overview.age(), texts),
            total: told(overview.by_status.iter().sum(), [texts.total_none, texts.total_one, texts.total_many]),
            by_status,
            changes: told(overview.by_hour.iter().sum(), [texts.changes_none, texts.changes_one, texts.changes_many]),
            by_hour: columns(hours.zip(overview.by_hour)),
            by_usuario: rows(usuarios),
            hidden,
            overview,
        }
    }

    /// Whether a name on the page is hidden.
    fn has_hidden(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// A user as the person may see them.
    fn named<'a>(&self, login: &'a str) -> &'a str {
        if self.hidden.contains(login) { HIDDEN } else { login }
    }
}

/// How old the numbers are.
fn age(age: Duration, texts: &Texts) -> String {
    let (seconds, minutes) = (age.as_secs(), age.as_secs() / 60);
    match (seconds, minutes) {
        (..2, _) => texts.age_now.to_owned(),
        (_, 0) => filled(texts.age_seconds, &[&seconds.to_string()]),
        (_, 1) => texts.age_minute.to_owned(),
        _ => filled(texts.age_minutes, &[&minutes.to_string()]),
    }
}

/// `7h`, in Brasília.
fn hour_name(hour: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(hour * 3600).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!("{}h", at.to_offset(BRASILIA).hour())
}

fn refused_logins(metrics: &Metrics, texts: &Texts) -> Chart {
    let outcomes = [
        (texts.wrong_senha, LoginOutcome::WrongPassword),
        (texts.unknown_login, LoginOutcome::UnknownUser),
        (texts.deactivated, LoginOutcome::Deactivated),
        (texts.throttled, LoginOutcome::Throttled),
    ];
    rows(outcomes.map(|(name, outcome)| {
        (name.to_owned(), i64::try_from(metrics.logins(outcome)).unwrap_or(i64::MAX), "refused")
    }))
}
