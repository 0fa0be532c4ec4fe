//! JSON with its values replaced where they stand, and all other bytes as they are.

use serde_json::{Map, Value};

use crate::dialect::Escapes;
use crate::sensitive::{names_person, names_secret};

/// What the name of a member, or of one around it, says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    OfPerson,
    Secret,
}

impl Kind {
    /// That of a member `name` within one of this kind.
    fn of_member(self, name: &str) -> Self {
        match self {
            Self::Secret => Self::Secret,
            _ if names_secret(name) => Self::Secret,
            Self::OfPerson => Self::OfPerson,
            Self::Plain if names_person(name) => Self::OfPerson,
            Self::Plain => Self::Plain,
        }
    }
}

/// What of a JSON text is shown.
pub(super) trait Shown {
    fn name(&self, name: &str) -> String;
    /// Whether the member `name` is declared to tell of nobody.
    fn is_declared(&self, name: &str) -> bool;
    /// A text that is the value of the member `name`.
    fn text(&self, text: &str, name: &str, kind: Kind) -> String;
    /// How long the list is with which `text` begins, if all of it is a time.
    fn time(&self, text: &str) -> Option<usize>;
    /// A number that is the value of the member `name`, as it is written.
    fn number(&self, number: &str, name: &str, kind: Kind) -> String;
}

/// So many letters or bytes, one to each value of a list, may spell a secret.
const SPELLED: usize = 4;
/// The longest spelling of a letter, such as `\u0070` and `&#x70;`.
const LETTER_MAX: usize = 6;

/// A container that is open: whether it is an object, and what it is the value of.
struct Open {
    is_object: bool,
    name: String,
    kind: Kind,
    /// Whether it spells something, or is within what does.
    is_spelled: bool,
}

/// How many values of `list`, and of those in it, may be a letter: letters or digits, or a byte as a number.
fn letters(list: &Value) -> usize {
    match list {
        Value::Array(items) => items.iter().map(letters).sum(),
        Value::Object(members) if is_list(members) => members.values().map(letters).sum(),
        // Its place, and the letter.
        Value::Object(members) => members.values().map(letters).max().unwrap_or_default().min(1),
        Value::String(text) => usize::from(is_letter(text)),
        Value::Number(number) => usize::from(is_letter(&number.to_string())),
        _ => 0,
    }
}

/// Whether the members are numbered, as JavaScript writes bytes: `{"0":112,"1":111}`.
fn is_list(members: &Map<String, Value>) -> bool {
    members.keys().all(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether `text` may stand for a letter: one or two, `0x70`, or a byte, which may be less than 0.
fn is_letter(text: &str) -> bool {
    let number = text.trim_start_matches(['-', '+']);
    let is_byte = number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_escaped = text.len() <= LETTER_MAX
        && text.starts_with(['0', '\\', '%', '&', '=', 'U', 'u'])
        && text.contains(|letter: char| letter.is_ascii_digit());
    (1..=2).contains(&text.chars().count()) || !number.is_empty() && is_byte || is_escaped
}

/// Whether the list or the object with which `text` begins spells something.
fn spells(text: &str) -> bool {
    let value = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    value.and_then(Result::ok).is_some_and(|value| {
        let is_one = value.as_object().is_none_or(is_list);
        is_one && letters(&value) >= SPELLED
    })
}

/// The JSON `text`, which stands in a member `name` of this kind, with each name and each value as `shown` has it.
pub(super) fn replaced(text: &str, name: &str, kind: Kind, shown: &impl Shown) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<Open> = Vec::new();
    // Of the value that comes next.
    let (mut name, mut kind) = (name.to_owned(), kind);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => end_of_string(rest),
            '-' | '0'..='9' => rest
                .find(|letter: char| !letter.is_ascii_alphanumeric() && !"+-.".contains(letter))
                .unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        if first == '['
            && kind == Kind::Plain
            && let Some(length) = shown.time(rest)
        {
            out.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        let is_within_list = open.iter().any(|open| !open.is_object);
        let is_numbered =
            || rest[1..].trim_start().strip_prefix('"').is_some_and(|name| name.starts_with(char::is_numeric));
        let is_first = !is_within_list && (first == '[' || first == '{' && is_numbered());
        let is_spelled = open.last().is_some_and(|open| open.is_spelled) || is_first && spells(rest);
        rest = after;
        match first {
            '{' | '[' => open.push(Open { is_object: first == '{', name: name.clone(), kind, is_spelled }),
            '}' | ']' => _ = open.pop(),
            ',' => {}
            '"' => {
                let decoded: String = serde_json::from_str(token).unwrap_or_default();
                let is_name = open.last().is_some_and(|open| open.is_object) && rest.trim_start().starts_with(':');
                let kept = match is_name {
                    true => shown.name(&decoded),
                    false if is_spelled && is_letter(&decoded) => "<texto>".to_owned(),
                    false => shown.text(&decoded, &name, kind),
                };
                if is_name {
                    let around = open.last().map_or(Kind::Plain, |open| open.kind);
                    let is_free = shown.is_declared(&decoded) && !names_secret(&decoded);
                    kind = if is_free { around } else { around.of_member(&decoded) };
                    name = decoded.clone();
                }
                // What is kept stays as it was escaped.
                out.push_str(&if kept == decoded { token.to_owned() } else { written_like(token, &decoded, &kept) });
                continue;
            }
            '-' | '0'..='9' => {
                let is_hidden = is_spelled && is_letter(token);
                out.push_str(&if is_hidden { "<número>".to_owned() } else { shown.number(token, &name, kind) });
                continue;
            }
            _ => {}
        }
        if matches!(first, '}' | ']' | ',' | '[')
            && let Some(around) = open.last()
        {
            (name, kind) = (around.name.clone(), around.kind);
        }
        out.push_str(token);
    }
    out
}

/// `kept`, which is left of `decoded`, as a string of JSON in the escapes of `token`. What stands for the rest is as it is.
fn written_like(token: &str, decoded: &str, kept: &str) -> String {
    const ALL: [Escapes; 4] = [Escapes::Json, Escapes::Ascii, Escapes::AsciiEBarras, Escapes::Dotnet];
    let is_its = |escapes: &Escapes| format!("\"{}\"", escapes.written(decoded)) == token;
    let escapes = ALL.into_iter().find(is_its).unwrap_or_default();
    let (mut out, mut rest) = ("\"".to_owned(), kept);
    while let Some((before, after)) = rest.split_once('<') {
        let mark = after.split_once('>').map(|(name, _)| name).filter(|name| is_mark(name));
        let length = mark.map_or(0, |mark| mark.len() + 1);
        out.push_str(&escapes.written(before));
        match mark {
            Some(mark) => out.push_str(&Escapes::Json.written(&format!("<{mark}>"))),
            None => out.push_str(&escapes.written("<")),
        }
        rest = &after[length..];
    }
    out + &escapes.written(rest) + "\""
}

/// Whether `name` may stand between `<` and `>` for what is not kept.
fn is_mark(name: &str) -> bool {
    name.starts_with(char::is_alphabetic) && name.chars().all(|letter| letter.is_alphanumeric() || letter == ' ')
}

/// How long the string is that `text` begins with, with its quotes.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Marks;

    impl Shown for Marks {
        fn name(&self, name: &str) -> String {
            if name.contains(' ') { "<nome>".to_owned() } else { name.to_owned() }
        }

        fn is_declared(&self, name: &str) -> bool {
            ["meuNome", "meuToken"].contains(&name)
        }

        fn text(&self, text: &str, name: &str, kind: Kind) -> String {
            if text == "é" { text.to_owned() } else { format!("<\"{name} {kind:?}>") }
        }

        fn time(&self, text: &str) -> Option<usize> {
            text.starts_with("[2026,").then(|| text.find(']')).flatten().map(|end| end + 1)
        }

        fn number(&self, number: &str, _: &str, kind: Kind) -> String {
            if number.len() > 8 || kind != Kind::Plain { "<número>".to_owned() } else { number.to_owned() }
        }
    }

    #[test]
    fn what_is_left_of_a_text_keeps_its_escapes() {
        for (token, kept, written) in [
            (r#""n\u00e3o: 999/1""#, "não: <protocolo>/1", r#""n\u00e3o: <protocolo>/1""#),
            (r#""n\u00e3o\/x: 999""#, "não/x: <número>", r#""n\u00e3o\/x: <número>""#),
            (r#""não/x: 999""#, "não/x: <número>", r#""não/x: <número>""#),
            (
                r#""n\u00E3o \u0027\u003C\u0027: 999""#,
                "não '<': <id hex 8>",
                r#""n\u00E3o \u0027\u003C\u0027: <id hex 8>""#,
            ),
            (r#""a \"b\" 999""#, "a \"b\" <número>", r#""a \"b\" <número>""#),
        ] {
            let decoded: String = serde_json::from_str(token).unwrap();
            assert_eq!(written_like(token, &decoded, kept), written);
        }
    }

    #[test]
    fn values_are_replaced_and_the_form_stays() {
        for (text, replaced_text) in [
            (
                "{ \"a\" : \"João\", \"b\":[\"x\\\"y\", 12345678901, -1.5e+3],\n\"ç\":\"\\u00e9\",\"a b\":true}",
                "{ \"a\" : \"<\\\"a Plain>\", \"b\":[\"<\\\"b Plain>\", <número>, -1.5e+3],\n\"ç\":\"\\u00e9\",\"<nome>\":true}",
            ),
            (
                r#"{"usuario":{"id":7,"x":[{"y":"z"}],"token":["t"]},"w":"v"}"#,
                r#"{"usuario":{"id":<número>,"x":[{"y":"<\"y OfPerson>"}],"token":["<\"token Secret>"]},"w":"<\"w Plain>"}"#,
            ),
            (r#"[{"senha":{"a":1}},2,"b"]"#, r#"[{"senha":{"a":<número>}},2,"<\" Plain>"]"#),
            (
                r#"{"meuNome":"a","meuToken":"b","nome":{"meuNome":"c"}}"#,
                r#"{"meuNome":"<\"meuNome Plain>","meuToken":"<\"meuToken Secret>","nome":{"meuNome":"<\"meuNome OfPerson>"}}"#,
            ),
            (r#""a: {[,""#, r#""<\" Plain>""#),
            // Digit by digit.
            (
                r#"{"n":[1,2,3],"c":[1,2,3,["4"],true],"d":5}"#,
                r#"{"n":[1,2,3],"c":[<número>,<número>,<número>,["<texto>"],true],"d":5}"#,
            ),
            (
                r#"[{"d":1},{"d":2},{"d":3},{"d":40}]"#,
                r#"[{"d":<número>},{"d":<número>},{"d":<número>},{"d":<número>}]"#,
            ),
            // Byte by byte.
            (
                r#"{"b":[112,-61,111,100],"c":[404,405,1]}"#,
                r#"{"b":[<número>,<número>,<número>,<número>],"c":[404,405,1]}"#,
            ),
            (
                r#"{"b":{"0":112,"1":111,"2":100,"3":101},"c":{"a":112,"b":111,"d":100,"e":101}}"#,
                r#"{"b":{"0":<número>,"1":<número>,"2":<número>,"3":<número>},"c":{"a":112,"b":111,"d":100,"e":101}}"#,
            ),
            (
                r#"[{"i":0,"b":112},{"i":1,"b":111},{"i":2,"b":100},{"i":3,"b":101}]"#,
                r#"[{"i":<número>,"b":<número>},{"i":<número>,"b":<número>},{"i":<número>,"b":<número>},{"i":<número>,"b":<número>}]"#,
            ),
            (r#"["0x70","0x6f","0x64","0x65"]"#, r#"["<texto>","<texto>","<texto>","<texto>"]"#),
            (r#"{"em":[2026,11,28,14,3],"senha":[2026,1]}"#, r#"{"em":[2026,11,28,14,3],"senha":[<número>,<número>]}"#),
            (r#"{"e":[{"code":1,"f":2},{"code":3,"f":4}]}"#, r#"{"e":[{"code":1,"f":2},{"code":3,"f":4}]}"#),
        ] {
            assert_eq!(replaced(text, "", Kind::Plain, &Marks), replaced_text, "{text}");
        }
    }
}
