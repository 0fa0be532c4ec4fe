//! A body as bytes with gaps: `{"message":"<texto>"}`.

use super::facts::Facts;
use super::filling::fill;
use super::gap::{Gap, Kind};
use super::runs::{Meant, Piece, Runs, is_unknown};
use super::status::StatusTables;
use super::unopened::unopened;
use super::writing::Writing;

/// Most bytes of a body.
pub const BODY_MAX: usize = 16 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Bytes(String),
    /// A gap, and its name.
    Gap(String, Gap),
}

/// A body with gaps. Written `<texto>`; `<<` is a `<` that begins none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

impl Template {
    /// The body that `text` writes, or what is wrong with it, as the end of a sentence.
    ///
    /// A `<` before anything but a name is itself, so that HTML can be written; a word that is nearly a name is taken
    /// for a slip.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > BODY_MAX {
            return Err(format!("is longer than {BODY_MAX} bytes"));
        }
        let mut parts = Vec::new();
        let mut bytes = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            bytes.push_str(before);
            if let Some(after) = after.strip_prefix('<') {
                bytes.push('<');
                rest = after;
                continue;
            }
            let name = after.split_once('>').map(|(name, _)| name).unwrap_or_default();
            if let Some(gap) = Gap::named(name) {
                if !bytes.is_empty() {
                    parts.push(Part::Bytes(std::mem::take(&mut bytes)));
                }
                parts.push(Part::Gap(name.to_owned(), gap));
                rest = &after[name.len() + 1..];
            } else if let Some(slip) = Gap::slip(name) {
                let joint = if slip.starts_with("which") { ", " } else { "; " };
                return Err(format!("has <{name}>{joint}{slip} (`<<{name}>` writes it as it is)"));
            } else {
                bytes.push('<');
                rest = after;
            }
        }
        bytes.push_str(rest);
        if !bytes.is_empty() {
            parts.push(Part::Bytes(bytes));
        }
        let bytes: Vec<&str> = parts
            .iter()
            .filter_map(|part| if let Part::Bytes(bytes) = part { Some(bytes.as_str()) } else { None })
            .collect();
        let names =
            parts.iter().filter_map(|part| if let Part::Gap(name, _) = part { Some(name.as_str()) } else { None });
        if let Some(name) = unopened(&bytes, names) {
            return Err(format!(
                "has </{name}>, which closes nothing: <{name}> is a gap (`<<{name}>` writes it as it is)"
            ));
        }
        Ok(Self(parts).with_values())
    }

    /// The same, with a value of JSON where such as a protocolo or a token stands without quotes.
    fn with_values(self) -> Self {
        if !self.beginning().trim_start().starts_with(['{', '[']) {
            return self;
        }
        let mut is_in_quotes = false;
        let parts = self.0.into_iter().map(|part| match part {
            Part::Bytes(bytes) => {
                is_in_quotes ^= has_odd_quotes(&bytes);
                Part::Bytes(bytes)
            }
            Part::Gap(name, Gap::Token) if !is_in_quotes => Part::Gap(name, Gap::TokenValue),
            Part::Gap(name, Gap::Earlier(table, _)) if !is_in_quotes => Part::Gap(name, Gap::Earlier(table, true)),
            Part::Gap(name, Gap::Protocolo) if !is_in_quotes => Part::Gap(name, Gap::ProtocoloValue),
            Part::Gap(name, Gap::Motivo) if !is_in_quotes => Part::Gap(name, Gap::MotivoValue),
            gap @ Part::Gap(..) => gap,
        });
        Self(parts.collect())
    }

    /// The same, writing the status as `tables` say; or what is wrong with it, as the end of a sentence.
    pub(super) fn in_words(self, tables: &StatusTables) -> Result<Self, String> {
        let parts = self.0.into_iter().map(|part| match part {
            Part::Gap(name, gap) => Ok(Part::Gap(name, gap.in_words(tables)?)),
            bytes @ Part::Bytes(_) => Ok(bytes),
        });
        parts.collect::<Result<_, _>>().map(Self)
    }

    /// `text` as [`Template::parse`] reads it: without a gap.
    pub fn literal(text: &str) -> String {
        let mut written = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let name = after.split_once('>').map(|(name, _)| name).unwrap_or_default();
            // At the end, a gap may come after it.
            let is_taken =
                after.is_empty() || after.starts_with('<') || Gap::named(name).is_some() || Gap::slip(name).is_some();
            written.push_str(before);
            written.push_str(if is_taken { "<<" } else { "<" });
            rest = after;
        }
        written + rest
    }

    /// As a file writes it, with what `bytes` makes of the rest of it, and `gap` of the name of each gap.
    pub fn rewritten(&self, bytes: impl Fn(&str) -> String, gap: impl Fn(&str) -> String) -> String {
        let written = |part: &Part| match part {
            Part::Bytes(text) => bytes(text),
            Part::Gap(name, _) => gap(name),
        };
        self.0.iter().map(written).collect()
    }

    /// The names of its gaps.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.gaps().map(|(name, _)| name)
    }

    /// Whether it has `gap`.
    pub fn has(&self, gap: &Gap) -> bool {
        self.gaps().any(|(_, other)| other == gap)
    }

    /// Whether it tells what the body of a request names.
    pub fn names_request(&self) -> bool {
        self.gaps().any(|(_, gap)| gap.is_of_change() || *gap == Gap::Login)
    }

    /// All of it, if it has no gap.
    pub fn without_gaps(&self) -> Option<&str> {
        match &self.0[..] {
            [] => Some(""),
            [Part::Bytes(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// What it begins with, before its first gap.
    pub(super) fn beginning(&self) -> &str {
        if let Some(Part::Bytes(bytes)) = self.0.first() { bytes } else { "" }
    }

    /// Its gaps, each with its name.
    fn gaps(&self) -> impl Iterator<Item = (&str, &Gap)> {
        self.0.iter().filter_map(|part| match part {
            Part::Gap(name, gap) => Some((name.as_str(), gap)),
            Part::Bytes(_) => None,
        })
    }

    /// The name of a gap that an answer of `kind` can't fill, if it has one; and where it can be.
    pub(super) fn gap_of_another(&self, kind: Option<Kind>) -> Option<(&str, &'static str)> {
        self.gaps().find_map(|(name, gap)| Some((name, gap.elsewhere(kind)?)))
    }

    /// Whether `body` says `facts` as this writes them. What a reader can't know may be anything: times, and all of a login
    /// but its token; an id has to have its form.
    pub fn fits(&self, writing: impl Into<Writing>, facts: &Facts<'_>, body: &str) -> bool {
        self.runs(writing.into(), facts).fit(body)
    }

    /// Where `body`, which does not fit, is another one, if what may be anything leaves no doubt: after how many bytes, and what
    /// should stand there.
    pub fn misfit(&self, writing: impl Into<Writing>, facts: &Facts<'_>, body: &str) -> Option<(usize, Meant)> {
        self.runs(writing.into(), facts).misfit(body)
    }

    fn runs(&self, writing: Writing, facts: &Facts<'_>) -> Runs {
        let mut runs = Runs::default();
        for part in &self.0 {
            match part {
                Part::Bytes(bytes) => runs.push(Piece::Known(writing.within(bytes).into_owned())),
                Part::Gap(_, Gap::Random(form)) => match form.length() {
                    Some(length) => runs.push(Piece::Id(*form, length)),
                    None => runs.leave_open(),
                },
                Part::Gap(_, gap) if is_unknown(gap, facts) => runs.leave_open(),
                Part::Gap(_, gap) => {
                    runs.push(Piece::Known(writing.within(&fill(gap, writing, facts, 0)).into_owned()));
                }
            }
        }
        runs
    }

    /// The body of an answer that says `facts`, within the charset of `writing`.
    pub fn filled(&self, writing: impl Into<Writing>, facts: &Facts<'_>) -> String {
        let writing = writing.into();
        self.0.iter().enumerate().fold(String::with_capacity(256), |mut body, (place, part)| {
            match part {
                Part::Bytes(bytes) => body.push_str(&writing.within(bytes)),
                Part::Gap(_, gap) => body.push_str(&writing.within(&fill(gap, writing, facts, place))),
            }
            body
        })
    }
}

/// Whether `text`, a part of JSON, begins or ends a text without ending or beginning it.
fn has_odd_quotes(text: &str) -> bool {
    let mut is_escaped = false;
    text.bytes().fold(false, |is_odd, byte| {
        let is_quote = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_odd ^ is_quote
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::dialect::LoggedIn;
    use crate::dialect::{Escapes, Mention};

    fn facts(texto: &str) -> Facts<'_> {
        let now = datetime!(2026-11-28 12:00:05.25 UTC);
        Facts { texto, codigo: 404, metodo: "PUT", caminho: "/api/x", now, login: None, named: None, id: Uuid::nil() }
    }

    fn filled(template: &str, texto: &str) -> String {
        Template::parse(template).unwrap().filled(Escapes::Json, &facts(texto))
    }

    #[test]
    fn gaps_are_filled_and_all_else_stays() {
        assert_eq!(filled("", "a"), "");
        assert_eq!(filled(r#"{"message":"<texto>"}"#, "é \"x\"\n"), "{\"message\":\"é \\\"x\\\"\\n\"}");
        assert_eq!(filled("<codigo> <razao> <metodo> <caminho>", ""), "404 Not Found PUT /api/x");
        assert_eq!(
            filled("<instante>|<instante spring>|<milissegundos>", ""),
            "2026-11-28T12:00:05.250Z|2026-11-28T12:00:05.250+00:00|1795867205250"
        );
        let login = LoggedIn { token: "a.b.c", validade: 60, login: "é/\"" };
        let template = Template::parse(
            "<token>|<validade>|<validade ms>|<expira>|<expira ms>|<expira instante>|<login>|<pessoal>|<pessoal 0>",
        )
        .unwrap();
        let facts = Facts { login: Some(login), ..facts("") };
        assert_eq!(
            template.filled(Escapes::Json, &facts),
            "a.b.c|60|60000|1795867265|1795867265250|2026-11-28T12:01:05.250Z|é/\\\"||0"
        );
        assert!(!format!("{facts:?}").contains("a.b.c"));
    }

    #[test]
    fn an_answer_tells_what_was_asked() {
        let template = Template::parse("<protocolo>|<status>|<motivo>|<login>").unwrap();
        let named = Some(Mention {
            protocolo: "A\"1",
            status: "Em atendimento",
            motivo: "M",
            login: "user.api",
            usuario: "user.x",
            anterior: "Aberto",
        });
        let facts = Facts { named, ..facts("") };
        assert_eq!(template.filled(Escapes::Json, &facts), "A\\\"1|Em atendimento|M|user.api");
        assert!(template.fits(Escapes::Json, &facts, "A\\\"1|Em atendimento|M|user.api"));
        assert!(!template.fits(Escapes::Json, &facts, "A2|Em atendimento|M|user.api"));
        // A reader who does not know what was asked.
        assert!(template.fits(Escapes::Json, &Facts { named: None, ..facts }, "A2|Aberto||"));
        assert_eq!(template.filled(Escapes::Json, &Facts { named: None, ..facts }), "|||");
    }

    #[test]
    fn times_and_ids_are_written_as_the_gap_says() {
        let body = "<instante dd/MM/yyyy HH:mm em -03:00>|<segundos>|<aleatorio hex 8>|<aleatorio hex 8>";
        let template = Template::parse(body).unwrap();
        let facts = Facts { id: Uuid::from_u128(7), ..facts("") };
        let written = template.filled(Escapes::AsciiEBarras, &facts);
        let (times, ids) = written.split_at(r"28\/11\/2026 09:00|1795867205|".len());
        assert_eq!(times, r"28\/11\/2026 09:00|1795867205|");
        let (first, second) = ids.split_once('|').unwrap();
        assert!(first != second && first.len() == 8, "{ids}");
        assert!(template.fits(Escapes::AsciiEBarras, &facts, &format!("ontem|1|{second}|{first}")));
        for other in ["ontem|1|0123456|01234567", "ontem|1|0123456!|01234567", "ontem|1|01234567|012345678"] {
            assert!(!template.fits(Escapes::Json, &facts, other), "{other}");
        }
        let login = Some(LoggedIn { token: "", validade: 3600, login: "" });
        let end = Template::parse("<expira instante yyyy-MM-dd HH:mm:ss>").unwrap();
        assert_eq!(end.filled(Escapes::Json, &Facts { login, ..facts }), "2026-11-28 13:00:05");
    }

    #[test]
    fn an_id_is_looked_for_after_what_may_be_anything() {
        let template = Template::parse("<instante>-<aleatorio digitos 2>x<instante>!").unwrap();
        let fits = |body: &str| template.fits(Escapes::Json, &facts(""), body);
        assert!(fits("-12x!") && fits("é-1-é-12x é!") && fits("-ab-12x!!"));
        assert!(!fits("-1x!") && !fits("-12x") && !fits("-12xé"));
    }

    #[test]
    fn a_body_fits_whatever_its_times_are() {
        let template = Template::parse("{\"t\":\"<instante>\",\"m\":\"<texto>\",\"x\":<milissegundos>}").unwrap();
        let fits = |body: &str| template.fits(Escapes::Json, &facts("é"), body);
        assert!(fits("{\"t\":\"ontem\",\"m\":\"é\",\"x\":1}"));
        assert!(!fits("{\"t\":\"ontem\",\"m\":\"e\",\"x\":1}"));
        assert!(!fits("{\"t\":\"ontem\",\"m\":\"é\",\"x\":1} "));
        assert!(Template::parse("a<texto>").unwrap().fits(Escapes::Json, &facts("b"), "ab"));
        assert!(!Template::parse("a<texto>").unwrap().fits(Escapes::Json, &facts("b"), "abc"));
    }

    #[test]
    fn html_and_a_doubled_sign_are_no_gaps() {
        for (template, body) in [
            ("<html><h1>Erro</h1><p>1 < 2</p>", "<html><h1>Erro</h1><p>1 < 2</p>"),
            ("<<texto> <texto>", "<texto> a"),
            ("<", "<"),
            ("<<", "<"),
            ("<texto", "<texto"),
            ("<<<texto>", "<a"),
        ] {
            assert_eq!(filled(template, "a"), body, "{template}");
        }
    }

    #[test]
    fn a_literal_reads_as_itself() {
        for text in ["<texto>", "<<", "<", "a <", "a <text> <h1> <<texto>", "<<<<token>", "1 < 2"] {
            assert_eq!(filled(&Template::literal(text), "x"), text);
        }
    }

    #[test]
    fn a_word_that_is_nearly_a_name_is_refused() {
        for slip in ["<text>", "<Texto>", "<tokem>", "<validade_ms>", "<código>", "<aleatorio uid>", "<aleatorio>"] {
            let complaint = Template::parse(slip).unwrap_err();
            assert!(
                complaint.contains("did you mean") || complaint.contains("is no form of an id"),
                "{slip}: {complaint}"
            );
        }
        for slip in ["<instante dd/mm/aaaa>", "<instante >", "<expira instante HH:mm em x>"] {
            assert!(Template::parse(slip).unwrap_err().contains("is no picture of a time"), "{slip}");
        }
        Template::parse(&"x".repeat(BODY_MAX + 1)).unwrap_err();
    }
}
