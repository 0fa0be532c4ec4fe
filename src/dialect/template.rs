//! A body as bytes with gaps: `{"message":"<texto>"}`.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::domain::text::nearest;

/// Most bytes of a body.
const BODY_MAX: usize = 16 * 1024;

/// What stands in a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The text of the answer, escaped.
    Texto,
    /// The status code.
    Codigo,
    /// The reason that belongs to it, such as `Not Found`.
    Razao,
    /// The path of the request, escaped.
    Caminho,
    /// The time, as `2026-11-28T12:00:00.000Z`.
    Instante,
    /// The time as Spring writes it, with `+00:00` in place of `Z`.
    InstanteSpring,
    /// The time in milliseconds since 1970.
    Milissegundos,
    /// The token of a login.
    Token,
    /// How long it lives, in seconds.
    Validade,
    /// The same in milliseconds.
    ValidadeMs,
    /// When it expires, in seconds since 1970.
    Expira,
    /// The login of the user who logged in, escaped.
    Login,
}

impl Gap {
    /// All of them, as a file writes them between `<` and `>`.
    pub const NAMES: [(&'static str, Self); 12] = [
        ("texto", Self::Texto),
        ("codigo", Self::Codigo),
        ("razao", Self::Razao),
        ("caminho", Self::Caminho),
        ("instante", Self::Instante),
        ("instante spring", Self::InstanteSpring),
        ("milissegundos", Self::Milissegundos),
        ("token", Self::Token),
        ("validade", Self::Validade),
        ("validade ms", Self::ValidadeMs),
        ("expira", Self::Expira),
        ("login", Self::Login),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(other, _)| *other == name).map(|(_, gap)| gap)
    }

    /// Whether it depends on when an answer was given, or on what only the server knows.
    fn is_unknown_to_readers(self) -> bool {
        !matches!(self, Self::Texto | Self::Codigo | Self::Razao | Self::Caminho | Self::Token)
    }

    /// Whether only the success of a login can fill it.
    fn is_of_login(self) -> bool {
        matches!(self, Self::Token | Self::Validade | Self::ValidadeMs | Self::Expira | Self::Login)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Bytes(String),
    Gap(Gap),
}

/// How a text is written into a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Escapes {
    /// As JSON demands, and no more: the contract's way.
    #[default]
    Json,
    /// Letters beyond ASCII too, such as `\u00e9`.
    Ascii,
    /// As PHP does: like `Ascii`, and `/` as `\/`.
    AsciiEBarras,
    /// As .NET does: `\u00E9`, and `"`, `'`, `<`, `>`, `&`, `+` and the grave accent in the same form.
    Dotnet,
    /// Not at all, for bodies that are no JSON.
    Nenhum,
}

impl Escapes {
    /// `text` as it stands between the quotes of a body.
    pub fn written(self, text: &str) -> String {
        match self {
            Self::Nenhum => text.to_owned(),
            Self::Json => in_json(text),
            Self::Ascii => ascii(&in_json(text)),
            Self::AsciiEBarras => ascii(&in_json(text)).replace('/', "\\/"),
            Self::Dotnet => text.chars().map(dotnet).collect(),
        }
    }
}

fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn ascii(text: &str) -> String {
    let escaped = |unit: &u16| format!("\\u{unit:04x}");
    let written = |letter: char| match letter.is_ascii() {
        true => letter.to_string(),
        false => letter.encode_utf16(&mut [0; 2]).iter().map(escaped).collect(),
    };
    text.chars().map(written).collect()
}

fn dotnet(letter: char) -> String {
    let is_plain = letter.is_ascii() && !letter.is_ascii_control() && !"\"'<>&+`\\".contains(letter);
    match letter {
        letter if is_plain => letter.to_string(),
        '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => in_json(&letter.to_string()),
        letter => letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect(),
    }
}

/// What an answer says, for the gaps of its body.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub texto: &'a str,
    pub codigo: u16,
    /// The path of the request.
    pub caminho: &'a str,
    pub now: OffsetDateTime,
    pub login: Option<LoggedIn<'a>>,
}

/// What the success of a login says.
#[derive(Clone, Copy)]
pub struct LoggedIn<'a> {
    pub token: &'a str,
    /// In seconds.
    pub validade: i64,
    pub login: &'a str,
}

impl fmt::Debug for LoggedIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedIn").field("validade", &self.validade).finish_non_exhaustive()
    }
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
                parts.push(Part::Gap(gap));
                rest = &after[name.len() + 1..];
            } else if let Some(meant) = slip(name) {
                return Err(format!("has <{name}>; did you mean <{meant}>? (`<<{name}>` writes it as it is)"));
            } else {
                bytes.push('<');
                rest = after;
            }
        }
        bytes.push_str(rest);
        if !bytes.is_empty() {
            parts.push(Part::Bytes(bytes));
        }
        Ok(Self(parts))
    }

    /// `text` as [`Template::parse`] reads it: without a gap.
    pub fn literal(text: &str) -> String {
        let mut written = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let name = after.split_once('>').map(|(name, _)| name).unwrap_or_default();
            let is_taken = Gap::named(name).is_some() || slip(name).is_some() || after.starts_with('<');
            written.push_str(before);
            written.push_str(if is_taken { "<<" } else { "<" });
            rest = after;
        }
        written + rest
    }

    /// Whether it has `gap`.
    pub fn has(&self, gap: Gap) -> bool {
        self.0.contains(&Part::Gap(gap))
    }

    /// The name of a gap that only a login can fill, if it has one.
    pub(super) fn gap_of_login(&self) -> Option<&'static str> {
        let of_login = |gap: Gap| gap.is_of_login() && self.has(gap);
        Gap::NAMES.into_iter().find(|(_, gap)| of_login(*gap)).map(|(name, _)| name)
    }

    /// Whether `body` says `facts` as this writes them. What a reader can't know may be anything: times, and all of a login
    /// but its token.
    pub fn fits(&self, escapes: Escapes, facts: &Facts<'_>, body: &str) -> bool {
        let mut known = vec![String::new()];
        for part in &self.0 {
            match part {
                Part::Bytes(bytes) => known.last_mut().expect("it has one").push_str(bytes),
                Part::Gap(gap) if gap.is_unknown_to_readers() => known.push(String::new()),
                Part::Gap(gap) => known.last_mut().expect("it has one").push_str(&fill(*gap, escapes, facts)),
            }
        }
        fits_between(&known, body)
    }

    /// The body of an answer that says `facts`.
    pub fn filled(&self, escapes: Escapes, facts: &Facts<'_>) -> String {
        self.0.iter().fold(String::with_capacity(256), |mut body, part| {
            match part {
                Part::Bytes(bytes) => body.push_str(bytes),
                Part::Gap(gap) => body.push_str(&fill(*gap, escapes, facts)),
            }
            body
        })
    }
}

/// Whether `text` is `parts` in their order, with anything between them.
pub fn fits_between(parts: &[String], text: &str) -> bool {
    let [first, rest @ ..] = parts else { return false };
    let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
    let [middle @ .., last] = rest else { return text.is_empty() };
    for part in middle {
        let Some((_, after)) = text.split_once(part.as_str()) else { return false };
        text = after;
    }
    text.ends_with(last.as_str())
}

/// The name that `name` nearly is. Names of HTML are no slips.
fn slip(name: &str) -> Option<&'static str> {
    let is_word = !name.is_empty() && name.chars().all(|letter| letter.is_alphabetic() || " _-".contains(letter));
    is_word.then(|| nearest(name, Gap::NAMES.iter().map(|(name, _)| *name))).flatten()
}

fn fill(gap: Gap, escapes: Escapes, facts: &Facts<'_>) -> String {
    const UTC: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]");
    let now = || facts.now.to_offset(time::UtcOffset::UTC).format(UTC).unwrap_or_default();
    let of_login = |of: fn(LoggedIn<'_>) -> String| facts.login.map(of).unwrap_or_default();
    match gap {
        Gap::Texto => escapes.written(facts.texto),
        Gap::Codigo => facts.codigo.to_string(),
        Gap::Razao => reason(facts.codigo).to_owned(),
        Gap::Caminho => escapes.written(facts.caminho),
        Gap::Instante => now() + "Z",
        Gap::InstanteSpring => now() + "+00:00",
        Gap::Milissegundos => (facts.now.unix_timestamp_nanos() / 1_000_000).to_string(),
        Gap::Token => of_login(|login| login.token.to_owned()),
        Gap::Validade => of_login(|login| login.validade.to_string()),
        Gap::ValidadeMs => of_login(|login| (login.validade.saturating_mul(1000)).to_string()),
        Gap::Expira => {
            facts.login.map(|login| facts.now.unix_timestamp() + login.validade).unwrap_or_default().to_string()
        }
        Gap::Login => facts.login.map(|login| escapes.written(login.login)).unwrap_or_default(),
    }
}

/// The reason phrase of `codigo`, as the registry of HTTP has it; empty for none.
pub fn reason(codigo: u16) -> &'static str {
    axum::http::StatusCode::from_u16(codigo).ok().and_then(|code| code.canonical_reason()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn facts(texto: &str) -> Facts<'_> {
        Facts { texto, codigo: 404, caminho: "/api/x", now: datetime!(2026-11-28 12:00:05.25 UTC), login: None }
    }

    fn filled(template: &str, texto: &str) -> String {
        Template::parse(template).unwrap().filled(Escapes::Json, &facts(texto))
    }

    #[test]
    fn gaps_are_filled_and_all_else_stays() {
        assert_eq!(filled("", "a"), "");
        assert_eq!(filled(r#"{"message":"<texto>"}"#, "é \"x\"\n"), "{\"message\":\"é \\\"x\\\"\\n\"}");
        assert_eq!(filled("<codigo> <razao> <caminho>", ""), "404 Not Found /api/x");
        assert_eq!(
            filled("<instante>|<instante spring>|<milissegundos>", ""),
            "2026-11-28T12:00:05.250Z|2026-11-28T12:00:05.250+00:00|1795867205250"
        );
        let login = LoggedIn { token: "a.b.c", validade: 60, login: "é/\"" };
        let template = Template::parse("<token>|<validade>|<validade ms>|<expira>|<login>").unwrap();
        let facts = Facts { login: Some(login), ..facts("") };
        assert_eq!(template.filled(Escapes::Json, &facts), "a.b.c|60|60000|1795867265|é/\\\"");
        assert!(!format!("{facts:?}").contains("a.b.c"));
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
        for text in ["<texto>", "<<", "<", "a <text> <h1> <<texto>", "<<<<token>", "1 < 2"] {
            assert_eq!(filled(&Template::literal(text), "x"), text);
        }
    }

    #[test]
    fn a_word_that_is_nearly_a_name_is_refused() {
        for slip in ["<text>", "<Texto>", "<tokem>", "<validade_ms>", "<código>"] {
            assert!(Template::parse(slip).unwrap_err().contains("did you mean"), "{slip}");
        }
        Template::parse(&"x".repeat(BODY_MAX + 1)).unwrap_err();
    }

    #[test]
    fn each_way_of_escaping() {
        let text = "É – \"a/b\" <𝄞> \\ \u{1}";
        for (escapes, written) in [
            (Escapes::Json, "É – \\\"a/b\\\" <𝄞> \\\\ \\u0001"),
            (Escapes::Ascii, "\\u00c9 \\u2013 \\\"a/b\\\" <\\ud834\\udd1e> \\\\ \\u0001"),
            (Escapes::AsciiEBarras, "\\u00c9 \\u2013 \\\"a\\/b\\\" <\\ud834\\udd1e> \\\\ \\u0001"),
            (Escapes::Dotnet, "\\u00C9 \\u2013 \\u0022a/b\\u0022 \\u003C\\uD834\\uDD1E\\u003E \\\\ \\u0001"),
            (Escapes::Nenhum, text),
        ] {
            assert_eq!(escapes.written(text), written, "{escapes:?}");
        }
    }
}
