//! The audit trail: what was changed, by whom, and how it was before and is since.

use askama::Template;
use axum::http::{StatusCode, Uri};
use time::OffsetDateTime;

use super::audit_filter::{self, Filter};
use super::filters;
use super::form::{Choice, Form, Typed};
use super::phrases::filled;
use super::refusal::Answer;
use super::session::SignedIn;
use super::texts::names;
use super::told_change::{Line, Part, lines};
use super::view::View;
use crate::domain::access::{ConsultarAuditoria, Permissao};
use crate::domain::audit::Action;
use crate::domain::text::HIDDEN;
use crate::http::limits::PAGE_ENTRIES;
use crate::http::request::page as paging;
use crate::service::audit::told;
use crate::store::AuditEntry;

/// An entry, as the page has it.
struct Row {
    entry: AuditEntry,
    /// In words; as it is in the database, for one of a later release.
    action: String,
    place: String,
    /// Whether it is about an atendimento, which has a record.
    is_record: bool,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "auditoria.html")]
struct Page<'a> {
    view: &'a View,
    form: Form,
    actions: Vec<Choice>,
    /// `None` where the filter is refused.
    rows: Option<Vec<Row>>,
    /// Up to when was searched, where that is not the last of a full page.
    searched_to: Option<OffsetDateTime>,
    /// The places of the pages after this one and before it all, and of the export.
    older: Option<String>,
    newest: Option<String>,
    export: String,
    is_filtered: bool,
    /// Whether a name on the page is hidden.
    has_hidden: bool,
    /// Whether the person may see atendimentos.
    may_search: bool,
}

/// `GET /console/auditoria`
pub async fn page(who: SignedIn<ConsultarAuditoria>, uri: Uri) -> Answer {
    let typed = Typed::parse(uri.query().unwrap_or_default().as_bytes());
    let query = audit_filter::query(&typed);
    let is_filtered = !query.is_empty();
    let cursor = paging::moment_cursor(&uri)?;
    let (form, rows, next): (_, Option<Vec<Row>>, _) = match Filter::of(&who, &typed).await? {
        Filter::Refused(form) => (form, None, None),
        Filter::Asks(mut asked) => {
            (asked.before, asked.limit) = (cursor, PAGE_ENTRIES);
            let (entries, next) = who.judged(who.provisioning().seen_audit(*asked)).await?;
            (Form::of(&typed), Some(entries.into_iter().map(|entry| row(&who.view, entry)).collect()), next)
        }
    };
    let status = if form.is_refused() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let with = |more: &str| {
        let and = if is_filtered && !more.is_empty() { "&" } else { "" };
        format!("auditoria?{query}{and}{more}")
    };
    let has_hidden = rows.iter().flatten().any(Row::has_hidden);
    let is_full = rows.as_ref().is_some_and(|rows| rows.len() >= PAGE_ENTRIES.into());
    let page = Page {
        view: &who.view,
        form,
        actions: actions(&who.view),
        rows,
        searched_to: next.filter(|_| !is_full).map(|(em, _)| em),
        older: next.map(|position| with(&format!("cursor={}", paging::after_moment(position)))),
        newest: cursor.map(|_| with("")),
        export: format!("auditoria.csv?{query}"),
        is_filtered,
        has_hidden,
        may_search: who.allows(Permissao::ConsultarAtendimentos),
    };
    Ok(who.view.show(status, &page))
}

impl Row {
    fn has_hidden(&self) -> bool {
        let of_lines = self.lines.iter().flat_map(|line| &line.parts).map(Part::text);
        [Some(self.entry.autor.as_str()), self.entry.objeto.as_deref()]
            .into_iter()
            .flatten()
            .chain(of_lines)
            .any(|text| text == HIDDEN)
    }
}

fn row(view: &View, mut entry: AuditEntry) -> Row {
    let (texts, language) = (&view.texts().auditoria, view.language());
    let [before, after] = [entry.antes.take(), entry.depois.take()].map(told);
    let action = names::action_named(&entry.acao, language).map_or_else(|| entry.acao.clone(), str::to_owned);
    let by = match entry.origem.as_str() {
        "comando" => texts.by_command,
        "console" => texts.by_console,
        _ => texts.by_http,
    };
    let place = filled(by, &[&entry.lugar]);
    let of_record = [Action::CreateAtendimento, Action::ExportAtendimento, Action::AnonymiseAtendimento];
    let is_record = of_record.iter().any(|action| action.name() == entry.acao);
    Row { action, place, is_record, lines: lines(&before, &after, texts, language), entry }
}

/// All actions, each group behind what stands for all of it.
fn actions(view: &View) -> Vec<Choice> {
    let (texts, language) = (&view.texts().auditoria, view.language());
    let mut choices = Vec::new();
    let mut group = "";
    for action in Action::ALL {
        let of = action.name().split('.').next().unwrap_or_default();
        if of != group {
            group = of;
            choices.push(Choice::new(of.to_owned(), filled(texts.all_of, &[&names::group(of, language)])));
        }
        choices.push(Choice::new(action.name().to_owned(), format!("– {}", names::action(*action, language))));
    }
    choices
}
