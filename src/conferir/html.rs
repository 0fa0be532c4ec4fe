//! The report as one page that needs nothing else: no script, no network.

use std::fmt::Write;

use super::report::{Answered, Judgement, Outcome, Report, Sent};
use crate::printable::printable_but;

const HEAD: &str = include_str!("html/head.html");

/// `report` as a page.
pub fn write(report: &Report) -> String {
    let counts = report.counts;
    let mut page = HEAD.to_owned();
    let status = report.status.map(|status| format!(", found in the status {status}")).unwrap_or_default();
    _ = write!(
        page,
        "<h1>{}</h1>\n<p>Atendimento {}{status}, changed {} times: <strong>{}</strong></p>\n\
         <p>{} passed, {} failed, {} unjudged, {} skipped</p>\n\
         <p class=note>Before a curl line, set what it names: <code>SENHA='…' TOKEN='…'</code>. \
         Other names in capitals stand for what the run made up.</p>\n",
        escaped(&report.base_url),
        escaped(&report.protocolo),
        report.changes,
        report.place(),
        counts.passed,
        counts.failed,
        counts.unjudged,
        counts.skipped
    );
    for outcome in &report.cases {
        case(&mut page, outcome);
    }
    page + "</main>\n</body>\n</html>\n"
}

fn case(page: &mut String, outcome: &Outcome) {
    let word = outcome.judgement.word();
    let open = if matches!(outcome.judgement, Judgement::Failed(_)) { " open" } else { "" };
    let reason = outcome.judgement.reason().map(|reason| format!("<p>{}</p>\n", escaped(reason))).unwrap_or_default();
    let before = outcome.status_before.map(|status| format!("<p>Status before: {status}</p>\n")).unwrap_or_default();
    let received = outcome.received.as_ref().map_or_else(|| "(nothing)".to_owned(), Answered::text);
    _ = write!(
        page,
        "<details class={word}{open}>\n<summary><b>{word}</b> {} <small>{}, {:.3} s</small></summary>\n{reason}{before}\
         <div class=sides>\n",
        outcome.name,
        outcome.mark.text(),
        outcome.took.as_secs_f64()
    );
    for (title, text) in
        [("Request", outcome.request.text()), ("Expected", outcome.expected.clone()), ("Received", received)]
    {
        _ = writeln!(page, "<section><h2>{title}</h2><pre>{}</pre></section>", escaped(&text));
    }
    _ = write!(page, "</div>\n<pre class=curl>{}</pre>\n</details>\n", escaped(&curl(&outcome.request)));
}

/// `sent` as a line for a shell; the names of its secrets are variables.
fn curl(sent: &Sent) -> String {
    let headers = sent.headers.iter().map(|(name, value)| format!(" -H {}", quoted(&format!("{name}: {value}"))));
    let body = if sent.body.is_empty() { String::new() } else { format!(" --data-raw {}", quoted(&sent.body)) };
    format!("curl -i -X {} {}{}{body}", sent.method, quoted(&sent.url), headers.collect::<String>())
}

/// `text` as one word of a shell, in which `<token alterado>` is `"$TOKEN_ALTERADO"`.
fn quoted(text: &str) -> String {
    let literal = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let (mut word, mut rest) = (String::new(), text);
    while let Some((before, name, after)) = variable(rest) {
        word += &literal(before);
        _ = write!(word, "\"${name}\"");
        rest = after;
    }
    word + &literal(rest)
}

/// The first name in `<>` of `text`, as a variable, with what is around it.
fn variable(text: &str) -> Option<(&str, String, &str)> {
    let named = |c: char| c.is_ascii_alphanumeric() || c == ' ';
    text.match_indices('<').find_map(|(start, _)| {
        let (name, after) = text[start + 1..].split_once('>')?;
        let fits = !name.is_empty() && name.chars().all(named);
        let name = name.to_ascii_uppercase().replace(' ', "_");
        let prefix = if name.starts_with(|c: char| c.is_ascii_digit()) { "N_" } else { "" };
        fits.then(|| (&text[..start], format!("{prefix}{name}"), after))
    })
}

/// `text` as HTML shows it, and nothing in it that steers: not the page, and not the direction of writing.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in printable_but('\n', text).chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_each_text_as_one_word() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("Bearer <token alterado>"), r#"'Bearer '"$TOKEN_ALTERADO"''"#);
        assert_eq!(quoted("a < b $(x) <4093 x>"), r#"'a < b $(x) '"$N_4093_X"''"#);
    }

    #[test]
    fn nothing_steers_the_page() {
        let text = "</pre><script>\"'&\u{1b}\u{202e}\nx";
        assert_eq!(escaped(text), "&lt;/pre&gt;&lt;script&gt;&quot;&#39;&amp;\\u{1b}\\u{202e}\nx");
    }
}
