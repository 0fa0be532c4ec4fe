//! JSON with its values replaced where they stand, and all other bytes as they are.

use serde_json::Value;

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
    /// A text that is the value of the member `name`.
    fn text(&self, text: &str, name: &str, kind: Kind) -> String;
    /// A number that is the value of the member `name`, as it is written.
    fn number(&self, number: &str, name: &str, kind: Kind) -> String;
}

/// So many letters or digits, one to each value of a list, may spell a secret.
const SPELLED: usize = 4;

/// A container that is open: whether it is an object, and what it is the value of.
struct Open {
    is_object: bool,
    name: String,
    kind: Kind,
    /// Whether it is a list that spells something, or within one.
    is_spelled: bool,
}

/// How many values of `list`, and of those in it, are a letter or a digit or two.
fn letters(list: &Value) -> usize {
    match list {
        Value::Array(items) => items.iter().map(letters).sum(),
        Value::Object(members) if members.len() == 1 => members.values().map(letters).sum(),
        Value::String(text) => usize::from(is_letter(text)),
        Value::Number(number) => usize::from(is_letter(&number.to_string())),
        _ => 0,
    }
}

fn is_letter(text: &str) -> bool {
    (1..=2).contains(&text.chars().count())
}

/// Whether the list with which `text` begins spells something.
fn spells(text: &str) -> bool {
    let list = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    list.and_then(Result::ok).is_some_and(|list| letters(&list) >= SPELLED)
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
        let is_within_list = open.iter().any(|open| !open.is_object);
        let is_spelled =
            open.last().is_some_and(|open| open.is_spelled) || first == '[' && !is_within_list && spells(rest);
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
                    kind = open.last().map_or(Kind::Plain, |open| open.kind).of_member(&decoded);
                    name = decoded.clone();
                }
                // What is kept stays as it was escaped.
                out.push_str(&if kept == decoded { token.to_owned() } else { Value::from(kept).to_string() });
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

        fn text(&self, text: &str, name: &str, kind: Kind) -> String {
            if text == "é" { text.to_owned() } else { format!("<\"{name} {kind:?}>") }
        }

        fn number(&self, number: &str, _: &str, kind: Kind) -> String {
            if number.len() > 8 || kind != Kind::Plain { "<número>".to_owned() } else { number.to_owned() }
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
            (r#"{"e":[{"code":1,"f":2},{"code":3,"f":4}]}"#, r#"{"e":[{"code":1,"f":2},{"code":3,"f":4}]}"#),
        ] {
            assert_eq!(replaced(text, "", Kind::Plain, &Marks), replaced_text, "{text}");
        }
    }
}
