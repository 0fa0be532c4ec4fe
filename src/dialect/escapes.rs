//! How texts are written into bodies.

use serde::{Deserialize, Serialize};

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
    /// As HTML and XML do: `&lt;`, `&gt;`, `&amp;`, `&quot;` and `&#39;`.
    Html,
    /// Not at all, for bodies that are no JSON and no page.
    Nenhum,
}

/// How pages write quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entities {
    pub quote: &'static str,
    pub apostrophe: &'static str,
}

impl Default for Entities {
    fn default() -> Self {
        Self { quote: Self::QUOTES[0], apostrophe: Self::APOSTROPHES[0] }
    }
}

impl Entities {
    /// Ours first.
    pub const QUOTES: [&str; 3] = ["&quot;", "&#34;", "&#x22;"];
    pub const APOSTROPHES: [&str; 4] = ["&#39;", "&#x27;", "&apos;", "&#039;"];

    /// `text` as it stands in a page.
    pub fn written(self, text: &str) -> String {
        let mut written = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '&' => written.push_str("&amp;"),
                '<' => written.push_str("&lt;"),
                '>' => written.push_str("&gt;"),
                '"' => written.push_str(self.quote),
                '\'' => written.push_str(self.apostrophe),
                // XML has no way to write them.
                '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                    written.push('\u{fffd}');
                }
                letter => written.push(letter),
            }
        }
        written
    }
}

impl Escapes {
    /// `text` as it stands between the quotes of a body.
    pub fn written(self, text: &str) -> String {
        match self {
            Self::Nenhum => text.to_owned(),
            Self::Html => Entities::default().written(text),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_escaping() {
        let text = "É – \"a/b\" <𝄞> \\ \u{1}";
        for (escapes, written) in [
            (Escapes::Json, "É – \\\"a/b\\\" <𝄞> \\\\ \\u0001"),
            (Escapes::Ascii, "\\u00c9 \\u2013 \\\"a/b\\\" <\\ud834\\udd1e> \\\\ \\u0001"),
            (Escapes::AsciiEBarras, "\\u00c9 \\u2013 \\\"a\\/b\\\" <\\ud834\\udd1e> \\\\ \\u0001"),
            (Escapes::Dotnet, "\\u00C9 \\u2013 \\u0022a/b\\u0022 \\u003C\\uD834\\uDD1E\\u003E \\\\ \\u0001"),
            (Escapes::Html, "É – &quot;a/b&quot; &lt;𝄞&gt; \\ \u{fffd}"),
            (Escapes::Nenhum, text),
        ] {
            assert_eq!(escapes.written(text), written, "{escapes:?}");
        }
    }
}
