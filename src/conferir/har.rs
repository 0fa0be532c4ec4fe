//! HAR 1.2, as the network tools of browsers read it: what was asked and what came, without secrets.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::report::{Answered, Outcome, Report, Sent};
use crate::printable::printable_json;

/// The requests of `report` that got an answer.
pub fn write(report: &Report) -> String {
    let entries: Vec<Value> = report.cases.iter().filter_map(entry).collect();
    let har = json!({"log": {
        "version": "1.2",
        "creator": {"name": "citrus-status conferir", "version": env!("CARGO_PKG_VERSION")},
        "entries": entries,
    }});
    format!("{}\n", printable_json('\n', &format!("{har:#}")))
}

fn entry(outcome: &Outcome) -> Option<Value> {
    let received = outcome.received.as_ref()?;
    let milliseconds = outcome.took.as_secs_f64() * 1000.0;
    let reason = outcome.judgement.reason().map(|reason| format!(", {reason}")).unwrap_or_default();
    Some(json!({
        "startedDateTime": outcome.began.format(&Rfc3339).expect("the present has a year of four digits"),
        "time": milliseconds,
        "request": request(&outcome.request),
        "response": response(received),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": format!("{}: {}{reason}", outcome.name, outcome.judgement.word()),
    }))
}

fn request(sent: &Sent) -> Value {
    let query: Vec<Value> = url::Url::parse(&sent.url)
        .map(|url| url.query_pairs().map(|(name, value)| json!({"name": name, "value": value})).collect())
        .unwrap_or_default();
    let mut request = json!({
        "method": sent.method, "url": sent.url, "httpVersion": "HTTP/1.1", "cookies": [],
        "headers": pairs(&sent.headers), "queryString": query, "headersSize": -1, "bodySize": -1,
    });
    if !sent.body.is_empty() {
        request["postData"] = json!({"mimeType": content_type(&sent.headers), "params": [], "text": sent.body});
    }
    request
}

fn response(received: &Answered) -> Value {
    json!({
        "status": received.code, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [],
        "headers": pairs(&received.headers),
        "content": {"size": received.body.len(), "mimeType": content_type(&received.headers), "text": received.body},
        "redirectURL": "", "headersSize": -1, "bodySize": -1,
    })
}

fn pairs(headers: &[(String, String)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

fn content_type(headers: &[(String, String)]) -> &str {
    headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value)
}
