//! What a run found.

use std::time::Duration;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use time::OffsetDateTime;

use super::case::Mark;
use super::witness::Witness;
use crate::domain::atendimento::Status;

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The answer was the contract's.
    Passed,
    /// It was another one, or none: what was wrong.
    Failed(String),
    /// There was no answer to judge: why.
    Unjudged(String),
    /// It was not asked, as the caller wished: why.
    Skipped(String),
}

impl Outcome {
    /// Whether the case was asked and did not pass.
    pub fn is_bad(&self) -> bool {
        matches!(self.judgement, Judgement::Failed(_) | Judgement::Unjudged(_))
    }
}

impl Judgement {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Unjudged(_) => "unjudged",
            Self::Skipped(_) => "skipped",
        }
    }

    /// What there is to say beside the word.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Failed(reason) | Self::Unjudged(reason) | Self::Skipped(reason) => Some(reason),
        }
    }
}

/// A request as it was sent, but that its secrets are names in `<>`.
#[derive(Clone, Debug)]
pub struct Sent {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// An answer without its secrets, with the headers of which the contract speaks.
#[derive(Clone, Debug)]
pub struct Answered {
    pub code: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Sent {
    pub fn text(&self) -> String {
        lines(&format!("{} {}", self.method, self.url), &self.headers, &self.body)
    }
}

impl Answered {
    pub fn text(&self) -> String {
        lines(&self.code.to_string(), &self.headers, &self.body)
    }
}

fn lines(first: &str, headers: &[(String, String)], body: &str) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    format!("{first}\n{headers}{body}")
}

/// A case and what came of it. Nothing in it is secret.
#[derive(Debug)]
pub struct Outcome {
    pub name: &'static str,
    /// Who gives its text.
    pub mark: Mark,
    pub judgement: Judgement,
    pub request: Sent,
    /// The status in which a change found the atendimento, as far as that is known.
    pub status_before: Option<Status>,
    /// What the contract says: status, headers, body.
    pub expected: String,
    pub received: Option<Answered>,
    pub began: OffsetDateTime,
    pub took: Duration,
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.name)?;
        map.serialize_entry("mark", self.mark.text())?;
        map.serialize_entry("result", self.judgement.word())?;
        map.serialize_entry("reason", &self.judgement.reason())?;
        map.serialize_entry("request", &self.request.text())?;
        map.serialize_entry("statusBefore", &self.status_before.map(Status::nome))?;
        map.serialize_entry("expected", &self.expected)?;
        map.serialize_entry("received", &self.received.as_ref().map(Answered::text))?;
        map.serialize_entry("seconds", &self.took.as_secs_f64())?;
        map.end()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    pub unjudged: usize,
    pub skipped: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub base_url: String,
    /// Whether only what the vendor's page says was compared.
    pub only_documented: bool,
    pub protocolo: String,
    /// The name of the status in which it was found, if it was asked for.
    pub status: Option<&'static str>,
    /// Who says that: `server`, or `--status-atual` alone.
    pub status_from: Option<&'static str>,
    /// How many times the run set its status, the way back included.
    pub changes: usize,
    /// Whether it is in that status again.
    pub restored: bool,
    #[serde(flatten)]
    pub counts: Counts,
    pub cases: Vec<Outcome>,
}

impl Report {
    pub fn count(cases: &[Outcome]) -> Counts {
        cases.iter().fold(Counts::default(), |mut counts, outcome| {
            match outcome.judgement {
                Judgement::Passed => counts.passed += 1,
                Judgement::Failed(_) => counts.failed += 1,
                Judgement::Unjudged(_) => counts.unjudged += 1,
                Judgement::Skipped(_) => counts.skipped += 1,
            }
            counts
        })
    }

    /// Where the atendimento is, as far as that is known.
    pub fn place(&self) -> String {
        match self.status {
            _ if !self.restored => "the atendimento may NOT be back in its status".to_owned(),
            None => "the atendimento was not changed".to_owned(),
            Some(status) if self.status_from == Some(Witness::Caller.name()) => {
                format!("the atendimento is in the status {status}: that it was in it before, only --status-atual says")
            }
            Some(_) => "the atendimento is back in its status".to_owned(),
        }
    }

    /// Whether every case that was asked passed, and the atendimento is where it was.
    pub fn is_good(&self) -> bool {
        self.counts.failed == 0 && self.counts.unjudged == 0 && self.restored
    }
}
