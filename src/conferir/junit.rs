//! JUnit's XML: failures for other answers, errors for cases without an answer to judge.

use std::io;
use std::time::Duration;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::report::{Answered, Judgement, Outcome, Report};
use crate::printable::printable;

/// `report` in the form that JUnit writes and build servers read.
pub fn write(report: &Report) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    document(&mut writer, report).expect("a buffer takes every write");
    String::from_utf8(writer.into_inner()).expect("what was written is text") + "\n"
}

fn document(writer: &mut Writer<Vec<u8>>, report: &Report) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let counts = report.counts;
    let [tests, failures, errors, skipped] =
        [report.cases.len(), counts.failed, counts.unjudged + usize::from(!report.restored), counts.skipped]
            .map(|n| n.to_string());
    let took: Duration = report.cases.iter().map(|outcome| outcome.took).sum();
    let time = seconds(took);
    let suite = writer.create_element("testsuite").with_attributes([
        ("name", "citrus-status conferir"),
        ("tests", tests.as_str()),
        ("failures", failures.as_str()),
        ("errors", errors.as_str()),
        ("skipped", skipped.as_str()),
        ("time", time.as_str()),
    ]);
    suite.write_inner_content(|writer| {
        report.cases.iter().try_for_each(|outcome| case(writer, outcome))?;
        if !report.restored {
            let restoring = writer.create_element("system-err");
            restoring.write_text_content(BytesText::new(&report.place()))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, outcome: &Outcome) -> io::Result<()> {
    let (group, _) = outcome.name.split_once('/').unwrap_or((outcome.name, ""));
    let class = format!("conferir.{group}.{}", outcome.mark.text());
    let time = seconds(outcome.took);
    let element = writer.create_element("testcase").with_attributes([
        ("classname", class.as_str()),
        ("name", outcome.name),
        ("time", time.as_str()),
    ]);
    let (kind, reason) = match &outcome.judgement {
        Judgement::Passed => return element.write_empty().map(drop),
        Judgement::Failed(reason) => ("failure", reason),
        Judgement::Unjudged(reason) => ("error", reason),
        Judgement::Skipped(reason) => ("skipped", reason),
    };
    let reason = legal(reason);
    element
        .write_inner_content(|writer| {
            let inner = writer.create_element(kind).with_attribute(("message", reason.as_str()));
            if kind == "skipped" {
                return inner.write_empty().map(drop);
            }
            let received = outcome.received.as_ref().map_or_else(|| "(nothing)".to_owned(), Answered::text);
            let before = outcome.status_before.map(|status| format!("status before: {status}\n\n")).unwrap_or_default();
            let (request, expected) = (outcome.request.text(), &outcome.expected);
            let text = format!("request:\n{request}\n\n{before}expected:\n{expected}\n\nreceived:\n{received}\n");
            inner.write_text_content(BytesText::new(&legal(&text))).map(drop)
        })
        .map(drop)
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// `text` without the characters that XML can't hold in any way.
fn legal(text: &str) -> String {
    let illegal = |c: char| (c.is_control() && !"\t\n\r".contains(c)) || matches!(c, '\u{fffe}' | '\u{ffff}');
    let legal: String = text.chars().map(|c| if illegal(c) { '\u{fffd}' } else { c }).collect();
    // What turns the direction of writing is spelled out, as at a terminal.
    legal
        .split_inclusive(['\t', '\n', '\r'])
        .map(|part| {
            let end = part.trim_end_matches(['\t', '\n', '\r']).len();
            format!("{}{}", printable(&part[..end]), &part[end..])
        })
        .collect()
}
