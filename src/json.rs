//! JSON objects read member by member: only the members asked for, each at most once, values unjudged.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::error::Category;
use serde_json::value::RawValue;

/// The value of a member, as far as a field of ours can use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Missing, or `null`.
    Absent,
    Text(String),
    /// A number, as written.
    Number(&'a str),
    Bool(bool),
    /// A list, as written; see [`elements`].
    List(&'a str),
    Object,
}

impl Value<'_> {
    /// What takes any scalar for a text gets numbers as written, and `true` or `false`.
    pub fn scalar(self) -> Self {
        match self {
            Self::Number(number) => Self::Text(number.to_owned()),
            Self::Bool(value) => Self::Text(value.to_string()),
            other => other,
        }
    }
}

/// Why a text is not an object that can be read: what and where, and never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonError {
    Utf8(usize),
    /// Not in the charset that was declared.
    Charset(&'static str),
    Syntax {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
    },
    Incomplete {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
    },
    NotAnObject,
    /// A member that we know comes twice.
    Duplicate(&'static str),
    /// A string with an escape that stands for no character.
    Text(&'static str),
}

/// The members of the object `text` called `names`, in that order. Others are ignored.
pub fn members<'a, const N: usize>(text: &'a [u8], names: [&'static str; N]) -> Result<[Value<'a>; N], JsonError> {
    members_noting_others(text, names, &mut |_| {})
}

/// The same; `ignored` is told the key of each other member.
pub fn members_noting_others<'a, const N: usize>(
    text: &'a [u8],
    names: [&'static str; N],
    ignored: &mut dyn FnMut(&str),
) -> Result<[Value<'a>; N], JsonError> {
    let text = std::str::from_utf8(text).map_err(|error| JsonError::Utf8(error.valid_up_to() + 1))?;
    let duplicate = Cell::new(None);
    let mut deserializer = Deserializer::from_str(text);
    let raw = deserializer
        .deserialize_map(Members { names, duplicate: &duplicate, ignored })
        .and_then(|raw| deserializer.end().map(|()| raw))
        .map_err(|error| match (error.classify(), duplicate.get()) {
            (Category::Data, Some(name)) => JsonError::Duplicate(name),
            (Category::Data, None) => JsonError::NotAnObject,
            (Category::Eof, _) => JsonError::Incomplete { line: error.line(), column: error.column() },
            _ => JsonError::Syntax { line: error.line(), column: error.column() },
        })?;
    let mut values = [const { Value::Absent }; N];
    for ((value, raw), name) in values.iter_mut().zip(raw).zip(names) {
        if let Some(raw) = raw {
            *value = classify(raw.get(), name)?;
        }
    }
    Ok(values)
}

fn classify<'a>(raw: &'a str, name: &'static str) -> Result<Value<'a>, JsonError> {
    Ok(match raw.as_bytes() {
        b"null" => Value::Absent,
        b"true" => Value::Bool(true),
        b"false" => Value::Bool(false),
        [b'"', ..] => Value::Text(serde_json::from_str(raw).map_err(|_| JsonError::Text(name))?),
        [b'[', ..] => Value::List(raw),
        [b'{', ..] => Value::Object,
        _ => Value::Number(raw),
    })
}

/// The elements of `list`, each as written; `None` where there are more than `max`.
pub fn elements(list: &str, max: usize) -> Option<Vec<&str>> {
    let elements = Deserializer::from_str(list).deserialize_seq(Elements(max)).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

struct Elements(usize);

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list that is not too long")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            if elements.len() == self.0 {
                return Err(A::Error::invalid_length(self.0 + 1, &self));
            }
            elements.push(element);
        }
        Ok(elements)
    }
}

struct Members<'n, const N: usize> {
    names: [&'static str; N],
    duplicate: &'n Cell<Option<&'static str>>,
    ignored: &'n mut dyn FnMut(&str),
}

impl<'de, const N: usize> Visitor<'de> for Members<'_, N> {
    type Value = [Option<&'de RawValue>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut raw = [None; N];
        while let Some(index) = map.next_key_seed(Name(&self.names, self.ignored))? {
            let Some(index) = index else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if raw[index].replace(map.next_value()?).is_some() {
                self.duplicate.set(Some(self.names[index]));
                return Err(A::Error::custom("duplicate"));
            }
        }
        Ok(raw)
    }
}

/// Reads a key as the index of the name that it is.
struct Name<'n>(&'n [&'static str], &'n mut dyn FnMut(&str));

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        let index = self.0.iter().position(|name| *name == key);
        if index.is_none() {
            (self.1)(key);
        }
        Ok(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<[Value<'_>; 2], JsonError> {
        members(text.as_bytes(), ["a", "b"])
    }

    #[test]
    fn members_come_in_the_order_asked_and_others_are_ignored() {
        let text = r#" {"b": -12, "x": {"a": [1]}, "\u0061": "\u00e9\n", "x": 2} "#;
        assert_eq!(read(text), Ok([Value::Text("é\n".to_owned()), Value::Number("-12")]));
        assert_eq!(read("{}"), Ok([Value::Absent, Value::Absent]));
        assert_eq!(read(r#"{"a": null, "b": false}"#), Ok([Value::Absent, Value::Bool(false)]));
    }

    #[test]
    fn numbers_are_kept_as_written_whatever_their_size() {
        for number in ["123456789012345678901234567890", "1.0", "1e3", "-0.10E+7"] {
            assert_eq!(read(&format!(r#"{{"a": {number}}}"#)).unwrap()[0], Value::Number(number));
        }
        assert_eq!(read(r#"{"a": {}}"#).unwrap()[0], Value::Object);
    }

    #[test]
    fn scalars_can_be_taken_for_texts() {
        let scalars = read(r#"{"a": 1.50, "b": false}"#).unwrap().map(Value::scalar);
        assert_eq!(scalars, ["1.50", "false"].map(|text| Value::Text(text.to_owned())));
        assert_eq!(read(r#"{"a": [1], "b": null}"#).unwrap().map(Value::scalar), [Value::List("[1]"), Value::Absent]);
    }

    #[test]
    fn the_keys_of_others_are_told_unescaped() {
        let mut others = Vec::new();
        let text = br#"{"b": 1, "A": {"x": 1}, "\u0061": 2, "": 3}"#;
        members_noting_others(text, ["a", "b"], &mut |key| others.push(key.to_owned())).unwrap();
        assert_eq!(others, ["A", ""]);
    }

    #[test]
    fn lists_are_taken_apart_up_to_a_limit() {
        let Value::List(list) = read(r#"{"a": [ 1 ,{"b": [2]}, "x,]"]}"#).unwrap()[0] else { panic!("no list") };
        assert_eq!(elements(list, 3), Some(vec!["1", r#"{"b": [2]}"#, r#""x,]""#]));
        assert_eq!(elements(list, 2), None);
        assert_eq!(elements("[]", 0), Some(vec![]));
    }

    #[test]
    fn errors_say_what_and_where() {
        let error = |text: &[u8]| members(text, ["a", "b"]).unwrap_err();
        assert_eq!(error(b""), JsonError::Incomplete { line: 1, column: 0 });
        assert_eq!(error(b"{\"a\": \"x"), JsonError::Incomplete { line: 1, column: 8 });
        assert_eq!(error(b"{\n  a: 1}"), JsonError::Syntax { line: 2, column: 3 });
        assert_eq!(error(b"{} x"), JsonError::Syntax { line: 1, column: 4 });
        assert_eq!(error(b"{\"a\": 01}"), JsonError::Syntax { line: 1, column: 8 });
        assert_eq!(error(b"[1]"), JsonError::NotAnObject);
        assert_eq!(error(b"\"secret\""), JsonError::NotAnObject);
        assert_eq!(error(b"{\"a\": 1, \"b\": 2, \"a\": 3}"), JsonError::Duplicate("a"));
        assert_eq!(error(b"{\"a\": \"\xff\"}"), JsonError::Utf8(8));
        assert_eq!(error(br#"{"b": "\ud800"}"#), JsonError::Text("b"));
    }

    #[test]
    fn deep_nesting_is_an_error_not_a_crash() {
        let deep = format!(r#"{{"a": {}}}"#, "[".repeat(100_000));
        assert!(read(&deep).is_err());
    }
}
