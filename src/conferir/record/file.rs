//! A recording as the file of a dialect, with what each entry is known from as comments above it.

use std::fmt::Write;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::ask::Unasked;
use crate::conferir::personal::Personal;
use crate::dialect::{AnswerFile, Dialect, DialectError, DialectFile, FILE_MAX, Known, TokenHeader};
use crate::printable::{printable, steers};

/// Most characters of an answer in a comment.
const SHOWN_MAX: usize = 1000;
/// How often a file is read again after something was left out of it.
const ROUNDS: usize = 3;
/// Room for the comments of a file.
const COMMENTS_MAX: usize = 64 * 1024;

/// What a server said.
pub struct Recording {
    pub file: DialectFile,
    /// What is said of each table of the file: its head, and a sentence, or the case and what came.
    pub comments: Vec<(String, String)>,
    /// What could not be asked, and why.
    pub unasked: Unasked,
    /// What belongs to the users who logged in.
    pub personal: Personal,
}

impl Recording {
    /// The text of the file, of what was recorded from `source`; `missing` heads the list of what is not in it.
    pub fn toml(&self, source: &str, missing: &str) -> String {
        let now = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        let mut text = format!(
            "# Recorded from {} at {now}.\n\
             # Each table says which case showed it, and what came. Secrets are replaced.\n#\n# {missing}:\n",
            printable(source)
        );
        for (what, why) in &self.unasked {
            let why = self.personal.hidden(why.lines().next().unwrap_or_default());
            _ = writeln!(text, "# - {}: {}", printable(what), printable(&why));
        }
        // The keys before the first table have no head.
        self.comment("", &mut text);
        text.push('\n');
        let file = written(&self.file);
        for line in file.lines() {
            if line.starts_with('[') {
                self.comment(line, &mut text);
            }
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    fn comment(&self, head: &str, text: &mut String) {
        for (_, comment) in self.comments.iter().filter(|(of, _)| of == head) {
            let cut: String = comment.chars().take(SHOWN_MAX).collect();
            let end = if cut.len() < comment.len() { "…" } else { "" };
            for line in format!("{cut}{end}").lines() {
                _ = writeln!(text, "# {}", printable(&self.personal.hidden(line)));
            }
        }
    }
}

/// `file` as TOML. Signs beyond ASCII that steer an editor stand as `\u202E`.
fn written(file: &DialectFile) -> String {
    let plain = toml::to_string(file).expect("a dialect is a table of texts and numbers");
    let is_wild = |sign: char| !sign.is_ascii() && steers(sign);
    // TOML escapes controls. One that the file does not have stands before the number of each such sign until it is written.
    let escape = |mark: char| format!("\\u{:04X}", u32::from(mark));
    let mark = ('\u{1}'..='\u{7}').find(|mark| !plain.contains(&escape(*mark)));
    let Some(mark) = mark.filter(|_| plain.contains(is_wild)) else { return plain };
    let mut value = serde_json::to_value(file).expect("a dialect is a table of texts and numbers");
    for_each_text(&mut value, &mut |text| {
        let spelled = |sign| if is_wild(sign) { format!("{mark}{:04X}", u32::from(sign)) } else { sign.to_string() };
        *text = text.chars().map(spelled).collect();
    });
    let marked: DialectFile = serde_json::from_value(value).expect("it has the same keys");
    toml::to_string(&marked).expect("it has the same keys").replace(&escape(mark), "\\u")
}

fn for_each_text(value: &mut serde_json::Value, change: &mut impl FnMut(&mut String)) {
    match value {
        serde_json::Value::String(text) => change(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| for_each_text(item, change)),
        serde_json::Value::Object(members) => members.values_mut().for_each(|member| for_each_text(member, change)),
        _ => {}
    }
}

/// Leaves out of `file` what a reader of dialects refuses, and says what, and why.
pub fn leave_out_refused(file: &mut DialectFile) -> Unasked {
    let mut left_out = Unasked::new();
    // What is left out may leave something else that is refused.
    for _ in 0..ROUNDS {
        left_out.extend(complaints(file).iter().map(|complaint| leave_out(file, complaint)));
    }
    while toml::to_string(file).is_ok_and(|text| text.len() + COMMENTS_MAX > FILE_MAX) {
        let length = |answer: &AnswerFile| answer.corpo.as_ref().map_or(0, String::len);
        let Some((name, longest)) = file.respostas.iter_mut().max_by_key(|(_, answer)| length(answer)) else { break };
        if longest.corpo.take().is_none() {
            break;
        }
        left_out.push((format!("[respostas.{name}]"), "its body is left out: the file would be too long".to_owned()));
    }
    file.respostas.retain(|_, answer| *answer != AnswerFile::default());
    left_out
}

/// Leaves out of `file` what `complaint` is about: what, and why.
fn leave_out(file: &mut DialectFile, complaint: &str) -> (String, String) {
    let (place, rest) = match complaint.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((table, rest)) => (format!("[{table}]"), rest),
        None => (String::new(), complaint),
    };
    let key = rest.split_whitespace().next().unwrap_or_default();
    let of_answer = |answer: &mut AnswerFile| match key {
        "codigo" => answer.codigo = None,
        "texto" => answer.texto = None,
        "corpo" => answer.corpo = None,
        "content_type" => answer.content_type = None,
        "charset" => answer.charset = None,
        "www_authenticate" => answer.www_authenticate = None,
        _ => *answer = AnswerFile::default(),
    };
    let inner = place.trim_matches(['[', ']']);
    match (inner.split_once('.').unwrap_or((inner, "")), key) {
        (("", _), "content_type") => file.content_type = None,
        (("", _), "charset") => file.charset = None,
        (("", _), "www_authenticate") => file.www_authenticate = None,
        (("erro", _), _) => of_answer(&mut file.erro),
        (("sucesso", _), _) => of_answer(&mut file.sucesso),
        (("login", _), _) => of_answer(&mut file.login),
        (("respostas", name), _) => _ = file.respostas.get_mut(name).map(of_answer),
        (("cabecalhos", _), _) => file.cabecalhos.retain(|name, _| !rest.starts_with(&format!("{name} "))),
        (("entidades", _), "aspas") => file.entidades.aspas = None,
        (("entidades", _), _) => file.entidades.apostrofo = None,
        (("token", _), _) => {
            let mut kept: Vec<String> = file.token.cabecalhos.take().unwrap_or_default();
            kept.retain(|header| TokenHeader::parse(header).is_ok());
            kept.dedup();
            file.token.cabecalhos = Some(kept).filter(|kept| !kept.is_empty());
        }
        // Each word has its own line, and a table that is refused goes as a whole.
        (("status", ""), _) => file.status.retain(|name, _| !rest.starts_with(&format!("{name} "))),
        (("status", name), _) => _ = file.status.remove(name),
        _ => {}
    }
    (place, format!("left out: {complaint}"))
}

/// The errors of which `file` speaks: a recording has only what there is.
pub(super) fn known(file: &DialectFile) -> Known {
    file.respostas.keys().map(|name| (name.clone(), 0)).collect()
}

fn complaints(file: &DialectFile) -> Vec<String> {
    let told = |error: DialectError| error.complaints().map(str::to_owned).collect();
    Dialect::of(file, &known(file)).err().map(told).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::BODY_MAX;

    fn answer(corpo: &str) -> AnswerFile {
        AnswerFile { corpo: Some(corpo.to_owned()), ..AnswerFile::default() }
    }

    #[test]
    fn what_a_reader_refuses_is_left_out_and_said() {
        let mut file =
            DialectFile { sucesso: AnswerFile { codigo: Some(205), ..answer("") }, ..DialectFile::default() };
        file.respostas
            .insert("no_route".to_owned(), AnswerFile { codigo: Some(410), ..answer(&"x".repeat(BODY_MAX + 1)) });
        file.respostas.insert("no_method".to_owned(), answer("no JSON"));
        file.respostas.insert("wrong_senha".to_owned(), answer("\"<texto>\""));
        let left_out = leave_out_refused(&mut file);
        assert_eq!(complaints(&file), [""; 0]);
        assert_eq!((file.sucesso, left_out.len()), (answer(""), 3), "{left_out:?}");
        assert_eq!(file.respostas.keys().collect::<Vec<_>>(), ["no_route", "wrong_senha"]);
        assert_eq!(file.respostas["no_route"], AnswerFile { codigo: Some(410), ..AnswerFile::default() });
    }

    #[test]
    fn whatever_a_reader_refuses_is_left_out_and_the_rest_stays() {
        let mut file = DialectFile { content_type: Some("json".to_owned()), ..DialectFile::default() };
        file.www_authenticate = Some("a\nb".to_owned());
        file.charset = Some("utf-7".to_owned());
        file.cabecalhos = [("x-a", "b"), ("x-b", "a\nb"), ("content-length", "1"), ("é", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        file.token.cabecalhos = Some(vec!["accept".to_owned(), "x-token".to_owned(), "x-token".to_owned()]);
        file.entidades.aspas = Some("&what;".to_owned());
        file.respostas.insert("same_status".to_owned(), AnswerFile { codigo: Some(410), ..AnswerFile::default() });
        file.respostas.insert("no_route".to_owned(), AnswerFile { codigo: Some(410), ..AnswerFile::default() });
        file.respostas
            .insert("no_method".to_owned(), AnswerFile { charset: Some("utf-7".to_owned()), ..answer("\"é\"") });
        let word = || crate::dialect::WordFile::Text(String::new());
        file.status.insert("Aberto".to_owned(), crate::dialect::StatusFile::Word(word()));
        let left_out = leave_out_refused(&mut file);
        assert_eq!(complaints(&file), [""; 0], "{left_out:?}");
        assert!(left_out.len() >= 10, "{left_out:?}");
        assert_eq!(file.cabecalhos.keys().collect::<Vec<_>>(), ["x-a"]);
        assert_eq!(file.token.cabecalhos, Some(vec!["x-token".to_owned()]));
        assert_eq!(file.respostas.keys().collect::<Vec<_>>(), ["no_method", "no_route"]);
    }

    #[test]
    fn what_steers_an_editor_is_spelled_out_and_stays_what_it_is() {
        let quotes = "'".repeat(3);
        for body in [&format!("<\u{202e}x\u{85}{quotes}é\"\n\u{2028}\u{1}\\u0001>"), "\u{9b}", "{'a':\"\u{61c}\"}"] {
            let mut file = DialectFile { sucesso: answer(body), ..DialectFile::default() };
            file.cabecalhos.insert("x-nome".to_owned(), "\u{9f}".to_owned());
            let recording =
                Recording { file, comments: Vec::new(), unasked: Unasked::new(), personal: Personal::default() };
            let text = recording.toml("http://127.0.0.1/", "Not asked");
            assert_eq!(toml::from_str::<DialectFile>(&text).unwrap(), recording.file, "{text}");
            assert!(!text.contains(|sign| sign != '\n' && steers(sign)), "{text}");
        }
    }

    #[test]
    fn the_file_is_one_that_can_be_read() {
        let mut file = DialectFile::default();
        let page = format!("\"{}\"", "x".repeat(BODY_MAX - 2));
        for number in 0..30 {
            file.respostas.insert(format!("name{number}"), answer(&page));
        }
        let left_out = leave_out_refused(&mut file);
        assert!(!left_out.is_empty() && !file.respostas.is_empty(), "{left_out:?}");
        let comments: Vec<_> =
            file.respostas.keys().map(|name| (format!("[respostas.{name}]"), "\u{1b}é\\\"\n".repeat(4000))).collect();
        let mut personal = Personal::default();
        personal.add(["Fulana de Tal".to_owned()]);
        let told = ("[erro]".to_owned(), "x: 404\n{\"m\":\"Fulana de Tal não pode\"}".to_owned());
        let unasked = left_out.into_iter().chain([("x".to_owned(), "de Fulana de Tal".to_owned())]).collect();
        let comments = comments.into_iter().chain([told]).collect();
        let recording = Recording { file, comments, unasked, personal };
        let text = recording.toml("http://127.0.0.1/", "Not asked");
        assert!(text.len() < FILE_MAX && !text.contains("Fulana"), "{}", text.len());
        assert!(text.contains("# \\u{1b}é\\\"\n") && text.contains("# - x: de …\n"));
        assert_eq!(toml::from_str::<DialectFile>(&text).unwrap(), recording.file);
    }
}
