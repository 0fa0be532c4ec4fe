//! A recording as the file of a dialect, with what each entry is known from as comments above it.

use std::fmt::Write;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::ask::Unasked;
use crate::conferir::personal::Personal;
use crate::dialect::{AnswerFile, Dialect, DialectError, DialectFile, FILE_MAX, Known};
use crate::printable::printable;

/// Most characters of an answer in a comment.
const SHOWN_MAX: usize = 1000;
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
    pub fn toml(&self, base_url: &str) -> String {
        let now = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        let mut text = format!(
            "# Recorded from {base_url} at {now}.\n\
             # Each table says which case showed it, and what came. Secrets are replaced.\n#\n# Not asked:\n"
        );
        for (what, why) in &self.unasked {
            let why = self.personal.hidden(why.lines().next().unwrap_or_default());
            _ = writeln!(text, "# - {what}: {}", printable(&why));
        }
        // The keys before the first table have no head.
        self.comment("", &mut text);
        text.push('\n');
        let file = toml::to_string(&self.file).expect("a dialect is a table of texts and numbers");
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

/// Leaves out of `file` what a reader of dialects refuses, and says what, and why.
pub fn leave_out_refused(file: &mut DialectFile) -> Unasked {
    let mut left_out = Unasked::new();
    for complaint in complaints(file) {
        let mut keep = |place: &str, answer: &mut AnswerFile| {
            let Some(rest) = complaint.strip_prefix(place) else { return };
            match rest.split_whitespace().next() {
                Some("codigo") => answer.codigo = None,
                Some("texto") => answer.texto = None,
                Some("content_type") => answer.content_type = None,
                _ => answer.corpo = None,
            }
            left_out.push((place.to_owned(), format!("left out: {complaint}")));
        };
        keep("[erro]", &mut file.erro);
        keep("[sucesso]", &mut file.sucesso);
        keep("[login]", &mut file.login);
        file.respostas.iter_mut().for_each(|(name, answer)| keep(&format!("[respostas.{name}]"), answer));
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
            DialectFile { sucesso: AnswerFile { codigo: Some(204), ..answer("") }, ..DialectFile::default() };
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
        let text = recording.toml("http://127.0.0.1/");
        assert!(text.len() < FILE_MAX && !text.contains("Fulana"), "{}", text.len());
        assert!(text.contains("# \\u{1b}é\\\"\n") && text.contains("# - x: de …\n"));
        assert_eq!(toml::from_str::<DialectFile>(&text).unwrap(), recording.file);
    }
}
