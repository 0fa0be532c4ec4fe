//! What `conferir` says and writes at its end, and reads of an earlier run.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::support::error::{CliError, Result};
use crate::cli::support::output::{self, complain, say, shown, table};
use crate::conferir::plan;
use crate::conferir::report::{Answered, Judgement, Report};
use crate::conferir::{har, html, junit};
use crate::domain::atendimento::Status;
use crate::file_text::open_regular;
use crate::printable::printable;

/// So many failed cases are shown whole, so that a terminal keeps the table.
const SHOWN_MAX: usize = 5;
/// A report of all cases is a tenth of it.
const REPORT_MAX: u64 = 64 * 1024 * 1024;

/// What the report is written to.
#[derive(clap::Args)]
pub(super) struct Outputs {
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Show every failed case whole, not only the first five
    #[arg(long, conflicts_with = "json")]
    tudo: bool,
    /// Write the report as JUnit XML to this file, too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the report as one HTML page to this file, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the requests and answers as HAR to this file, too
    #[arg(long, value_name = "FILE")]
    har: Option<PathBuf>,
}

/// Writes the report to the files and prints it. A file that can't be written does not keep it from being printed.
pub(super) fn hand_over(outputs: &Outputs, report: &Report) -> Result {
    let written = write_files(outputs, report);
    if outputs.json {
        output::json(report)?;
    } else {
        print(report, if outputs.tudo { usize::MAX } else { SHOWN_MAX })?;
    }
    written
}

/// Writes each file that was asked for, and complains of the first that can't be written.
pub(super) fn write_files(outputs: &Outputs, report: &Report) -> Result {
    let forms = [
        (&outputs.junit, junit::write as fn(&Report) -> String),
        (&outputs.html, html::write),
        (&outputs.har, har::write),
    ];
    let mut outcome = Ok(());
    for (file, form) in forms {
        let Some(file) = file else { continue };
        let written = std::fs::write(file, form(report));
        outcome = outcome
            .and(written.map_err(|error| CliError::Failed(format!("{} can't be written: {error}", shown(file)))));
    }
    outcome
}

/// The cases that failed or were not judged in the report that `file` holds.
pub(super) fn failed_in(file: &Path) -> Result<Vec<String>> {
    let fault = |what: String| CliError::Usage(format!("--repetir-falhas {}: {what}", shown(file)));
    let mut text = String::new();
    let opened = open_regular(file).and_then(|opened| opened.take(REPORT_MAX).read_to_string(&mut text));
    opened.map_err(|error| fault(format!("it can't be read: {error}")))?;
    let report: Value = serde_json::from_str(&text).unwrap_or_default();
    let Some(cases) = report["cases"].as_array() else {
        return Err(fault("it is no report of `conferir --json`".to_owned()));
    };
    let failed = cases.iter().filter(|case| matches!(case["result"].as_str(), Some("failed" | "unjudged")));
    failed
        .map(|case| {
            let name = case["name"].as_str().unwrap_or_default();
            let known = plan::names().any(|known| known == name);
            known.then(|| name.to_owned()).ok_or_else(|| fault(format!("there is no case '{}'", printable(name))))
        })
        .collect()
}

/// Prints the table, and the first `shown_max` failed cases whole.
fn print(report: &Report, shown_max: usize) -> Result {
    let rows: Vec<_> = report
        .cases
        .iter()
        .map(|outcome| {
            let reason = outcome.judgement.reason().unwrap_or_default().lines().next().unwrap_or_default();
            [outcome.judgement.word(), outcome.mark.text(), outcome.name, reason].map(str::to_owned)
        })
        .collect();
    table(["result", "mark", "case", "why"], &rows)?;
    let failed = report.cases.iter().filter(|outcome| matches!(outcome.judgement, Judgement::Failed(_)));
    for outcome in failed.clone().take(shown_max) {
        let received = outcome.received.as_ref().map(Answered::text);
        let received = received.as_deref().or(outcome.judgement.reason()).unwrap_or_default();
        say!("\n{}", outcome.name)?;
        let before = outcome.status_before.map(Status::nome);
        let parts = [
            ("request", Some(outcome.request.text())),
            ("status before", before.map(str::to_owned)),
            ("expected", Some(outcome.expected.clone())),
            ("received", Some(received.to_owned())),
        ];
        for (title, text) in parts {
            if let Some(text) = text {
                say!("  {title}\n{}", indented(&text))?;
            }
        }
    }
    let hidden = failed.count().saturating_sub(shown_max);
    if hidden > 0 {
        say!("\n{hidden} more failed: --tudo shows them whole, --html FILE writes them to a page")?;
    }
    if report.is_good() {
        say!("\n{}", verdict(report))?;
    }
    Ok(())
}

/// Says what helps where most cases failed: the server may be another Citrus.
pub(super) fn foreign(report: &Report) {
    let counts = report.counts;
    if counts.failed > 10 && counts.failed > 4 * counts.passed {
        complain(
            "most cases failed. If this is a Citrus, record how it answers by --gravar FILE, and judge it by --dialeto FILE, or \
             judge only what the vendor's page says by --only-documented",
        );
    }
}

pub(super) fn verdict(report: &Report) -> String {
    let counts = report.counts;
    let changes = if report.status.is_some() { format!("{} changes, and ", report.changes) } else { String::new() };
    format!(
        "{} passed, {} failed, {} unjudged, {} skipped; {changes}{}",
        counts.passed,
        counts.failed,
        counts.unjudged,
        counts.skipped,
        report.place()
    )
}

pub(super) fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {}", printable(line))).collect::<Vec<_>>().join("\n")
}
