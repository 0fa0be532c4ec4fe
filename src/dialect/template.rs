//! A body as bytes with gaps: `{"message":"<texto>"}`.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::escapes::Escapes;
use super::facts::{ChangeMade, Facts, LoggedIn};
use crate::domain::text::nearest;

/// Most bytes of a body.
pub const BODY_MAX: usize = 16 * 1024;

/// What stands in a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The text of the answer, escaped.
    Texto,
    /// The status code.
    Codigo,
    /// The reason that belongs to it, such as `Not Found`.
    Razao,
    /// The method of the request, such as `POST`.
    Metodo,
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
    /// The same in milliseconds.
    ExpiraMs,
    /// The same as `2026-11-28T12:00:00.000Z`.
    ExpiraInstante,
    /// The login of the user who logged in, escaped.
    Login,
    /// What belongs to the user who logged in, such as a name: we leave it empty, and a reader takes whatever stands there.
    Pessoal,
    /// The same where a number stands: we write 0.
    PessoalZero,
    /// The protocolo of the atendimento that was changed, escaped.
    Protocolo,
    /// The status that it has now.
    Status,
}

/// The one kind of answer that can fill a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The success of a login.
    Login,
    /// The success of a change.
    Change,
}

impl Kind {
    /// The table of a file that says how it is answered.
    pub fn table(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Change => "sucesso",
        }
    }
}

impl Gap {
    /// All of them, as a file writes them between `<` and `>`.
    pub const NAMES: [(&'static str, Self); 19] = [
        ("texto", Self::Texto),
        ("codigo", Self::Codigo),
        ("razao", Self::Razao),
        ("metodo", Self::Metodo),
        ("caminho", Self::Caminho),
        ("instante", Self::Instante),
        ("instante spring", Self::InstanteSpring),
        ("milissegundos", Self::Milissegundos),
        ("token", Self::Token),
        ("validade", Self::Validade),
        ("validade ms", Self::ValidadeMs),
        ("expira", Self::Expira),
        ("expira ms", Self::ExpiraMs),
        ("expira instante", Self::ExpiraInstante),
        ("login", Self::Login),
        ("pessoal", Self::Pessoal),
        ("pessoal 0", Self::PessoalZero),
        ("protocolo", Self::Protocolo),
        ("status", Self::Status),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(other, _)| *other == name).map(|(_, gap)| gap)
    }

    /// Whether a reader of an answer that says `facts` can't know what stands there: it depends on when the answer was given,
    /// or on what only the server knows.
    fn is_unknown(self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Texto | Self::Codigo | Self::Razao | Self::Metodo | Self::Caminho | Self::Token => false,
            Self::Protocolo | Self::Status => facts.change.is_none(),
            _ => true,
        }
    }

    /// The kind of answer that alone can fill it.
    fn kind(self) -> Option<Kind> {
        match self {
            Self::Texto | Self::Codigo | Self::Razao | Self::Metodo | Self::Caminho => None,
            Self::Instante | Self::InstanteSpring | Self::Milissegundos => None,
            Self::Token | Self::Validade | Self::ValidadeMs | Self::Login => Some(Kind::Login),
            Self::Expira | Self::ExpiraMs | Self::ExpiraInstante => Some(Kind::Login),
            Self::Pessoal | Self::PessoalZero => Some(Kind::Login),
            Self::Protocolo | Self::Status => Some(Kind::Change),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Bytes(String),
    Gap(Gap),
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

    /// The name of a gap that an answer of `kind` can't fill, if it has one; and the kind that can.
    pub(super) fn gap_of_another(&self, kind: Option<Kind>) -> Option<(&'static str, Kind)> {
        let mut gaps = Gap::NAMES.into_iter().filter(|(_, gap)| self.has(*gap));
        gaps.find_map(|(name, gap)| Some((name, gap.kind().filter(|own| Some(*own) != kind)?)))
    }

    /// Whether `body` says `facts` as this writes them. What a reader can't know may be anything: times, and all of a login
    /// but its token.
    pub fn fits(&self, escapes: Escapes, facts: &Facts<'_>, body: &str) -> bool {
        let mut known = vec![String::new()];
        for part in &self.0 {
            match part {
                Part::Bytes(bytes) => known.last_mut().expect("it has one").push_str(bytes),
                Part::Gap(gap) if gap.is_unknown(facts) => known.push(String::new()),
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
    let written = |time: OffsetDateTime| time.to_offset(time::UtcOffset::UTC).format(UTC).unwrap_or_default();
    let milliseconds = |time: OffsetDateTime| (time.unix_timestamp_nanos() / 1_000_000).to_string();
    let life = time::Duration::seconds(facts.login.map(|login| login.validade).unwrap_or_default());
    let end = facts.now.saturating_add(life);
    let of_login = |of: fn(LoggedIn<'_>) -> String| facts.login.map(of).unwrap_or_default();
    let of_change = |of: fn(ChangeMade<'_>) -> &str| facts.change.map(of).unwrap_or_default();
    match gap {
        Gap::Texto => escapes.written(facts.texto),
        Gap::Codigo => facts.codigo.to_string(),
        Gap::Razao => reason(facts.codigo).to_owned(),
        Gap::Metodo => facts.metodo.to_owned(),
        Gap::Caminho => escapes.written(facts.caminho),
        Gap::Instante => written(facts.now) + "Z",
        Gap::InstanteSpring => written(facts.now) + "+00:00",
        Gap::Milissegundos => milliseconds(facts.now),
        Gap::Token => of_login(|login| login.token.to_owned()),
        Gap::Validade => of_login(|login| login.validade.to_string()),
        Gap::ValidadeMs => of_login(|login| (login.validade.saturating_mul(1000)).to_string()),
        Gap::Expira => end.unix_timestamp().to_string(),
        Gap::ExpiraMs => milliseconds(end),
        Gap::ExpiraInstante => written(end) + "Z",
        Gap::Login => facts.login.map(|login| escapes.written(login.login)).unwrap_or_default(),
        Gap::Pessoal => String::new(),
        Gap::PessoalZero => "0".to_owned(),
        Gap::Protocolo => escapes.written(of_change(|change| change.protocolo)),
        Gap::Status => escapes.written(of_change(|change| change.status)),
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
        let now = datetime!(2026-11-28 12:00:05.25 UTC);
        Facts { texto, codigo: 404, metodo: "PUT", caminho: "/api/x", now, login: None, change: None }
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
    fn the_success_of_a_change_tells_what_was_changed() {
        let template = Template::parse("<protocolo>|<status>").unwrap();
        let change = Some(ChangeMade { protocolo: "A\"1", status: "Em atendimento" });
        let facts = Facts { change, ..facts("") };
        assert_eq!(template.filled(Escapes::Json, &facts), "A\\\"1|Em atendimento");
        assert!(template.fits(Escapes::Json, &facts, "A\\\"1|Em atendimento"));
        assert!(!template.fits(Escapes::Json, &facts, "A2|Em atendimento"));
        // A reader who does not know what was changed.
        assert!(template.fits(Escapes::Json, &Facts { change: None, ..facts }, "A2|Aberto"));
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
}
