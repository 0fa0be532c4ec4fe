//! The token in the answer to a login.

use serde_json::Value;

use super::jwt::find_jwt;
use super::places::places;
use super::spans::held;
use super::spelled::squeezed;

/// The shortest value of a member that may be a token, in bytes.
const SHORTEST: usize = 4;
/// The least digits of a number that is one.
const DIGITS: usize = 6;
/// The shortest value of a member that is named as a session is, in bytes.
const SESSION: usize = 12;
/// The shortest word that may be one although nothing says so, in bytes.
const LONG: usize = 20;
/// Of one without a digit, so many letters are capitals, and as many are small.
const MIXED: usize = 6;

/// The token in the answer `text` to a login: the value of `member`, if that is given.
pub fn token_in(text: &str, member: Option<&str>) -> Option<String> {
    let Some(member) = member else { return find_token(text) };
    if let Some(held) = held(text) {
        return token_in(&held, Some(member));
    }
    let is_it =
        |pointer: &str| pointer == member || name_of(pointer).is_some_and(|name| name.eq_ignore_ascii_case(member));
    places(text).into_iter().find(|span| is_it(&span.pointer)).and_then(|span| match span.value {
        // A scheme before it, and no sentence.
        Value::String(text) => {
            Some(text).filter(|text| text.split_whitespace().count() <= 2).and_then(|text| token(&text))
        }
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// The token in the answer `text` to a login: the value of the member that is named so, or else a JWT, or the value of one that
/// is named as a session is, or the longest word that may be one.
pub fn find_token(text: &str) -> Option<String> {
    // Some old services write JSON into a JSON text.
    if let Some(held) = held(text) {
        return find_token(&held);
    }
    let named = places(text).into_iter().filter_map(|span| Some((rank(&span.pointer)?, value(&span.value)?)));
    let named = named.min_by_key(|(rank, token)| (find_jwt(token).is_none(), *rank)).map(|(_, token)| token);
    named.or_else(|| find_jwt(text)).or_else(|| session(text)).or_else(|| longest_word(text))
}

/// The value of a member that is named as a session is.
fn session(text: &str) -> Option<String> {
    const NAMES: [&str; 12] = [
        "sessao",
        "session",
        "sessionid",
        "idsessao",
        "sid",
        "ticket",
        "chave",
        "chaveacesso",
        "chavedeacesso",
        "apikey",
        "accesskey",
        "credencial",
    ];
    let is_named = |pointer: &str| name_of(pointer).is_some_and(|name| NAMES.contains(&squeezed(name).as_str()));
    let values = places(text).into_iter().filter(|span| is_named(&span.pointer));
    let is_one = |text: &String| text.len() >= SESSION && !text.contains(char::is_whitespace);
    values.filter_map(|span| Some(span.value.as_str()?.to_owned())).find(is_one)
}

/// The name of the member at `pointer`, or that of the list in which it is.
fn name_of(pointer: &str) -> Option<&str> {
    pointer.rsplit('/').find(|part| part.contains(char::is_alphabetic))
}

/// Whether a member `name` has a token, and not what tells of one, or another than that of requests.
pub fn names_token(name: &str) -> bool {
    const OTHERS: [&str; 8] = ["refresh", "renova", "idtoken", "type", "tipo", "expir", "valid", "srf"];
    let name = squeezed(name);
    (name.contains("token") || name.contains("jwt")) && !OTHERS.iter().any(|other| name.contains(other))
}

/// Which of several tokens counts, by the `pointer` to its member: the lowest. None if its name is not that of a token.
fn rank(pointer: &str) -> Option<u8> {
    let name = name_of(pointer).filter(|name| names_token(name))?;
    Some(match squeezed(name).as_str() {
        "accesstoken" => 0,
        "token" | "jwt" => 1,
        _ => 2,
    })
}

fn value(value: &Value) -> Option<String> {
    let number = || value.as_u64().map(|number| number.to_string()).filter(|number| number.len() >= DIGITS);
    value.as_str().and_then(token).or_else(number)
}

/// The token that `value` is; some write its scheme before it.
fn token(value: &str) -> Option<String> {
    if let Some(jwt) = find_jwt(value) {
        return Some(jwt);
    }
    let token = value.trim().rsplit(' ').next().unwrap_or_default();
    let is_scheme = ["bearer", "basic"].iter().any(|scheme| token.eq_ignore_ascii_case(scheme));
    (token.len() >= SHORTEST && !is_scheme && !token.contains("://")).then(|| token.to_owned())
}

/// With the quotes and brackets that the value of its member has around it: those are a part of it.
fn longest_word(text: &str) -> Option<String> {
    let part_of_one = |letter: char| letter.is_ascii_alphanumeric() || "-_.+/=~".contains(letter);
    let words = text.split(|letter| !part_of_one(letter)).map(|word| word.trim_end_matches('.'));
    let count = |word: &str, is: fn(&u8) -> bool| word.bytes().filter(is).count();
    let is_mixed =
        |word: &str| count(word, u8::is_ascii_uppercase) >= MIXED && count(word, u8::is_ascii_lowercase) >= MIXED;
    // An address, such as the namespace of an element.
    let is_address = |word: &str| word.starts_with("//") || text.contains(&format!("://{word}"));
    let is_long = |word: &&str| {
        !is_address(word) && word.len() >= LONG && (count(word, u8::is_ascii_digit) > 0 || is_mixed(word))
    };
    let word = words.filter(is_long).max_by_key(|word| word.len())?;
    let is_around = |value: &String| value.trim_matches(|sign| "{}[]()<>\"'".contains(sign)) == word;
    let whole =
        places(text).into_iter().filter_map(|span| Some(span.value.as_str()?.trim().to_owned())).find(is_around);
    let braced = || Some(format!("{{{word}}}")).filter(|braced| text.contains(braced.as_str()));
    whole.or_else(braced).or_else(|| Some(word.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_name_before_its_form() {
        let (jwt, other) =
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.Aabc-_", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIyIn0.Babc-_");
        let long = "0123456789abcdef0123456789abcdef";
        for (text, token) in [
            (format!(r#"{{"refreshToken":"{other}","accessToken":"{jwt}"}}"#), jwt),
            (format!(r#"{{"refreshToken":"{long}","token":"abc-1"}}"#), "abc-1"),
            (format!(r#"{{"id_token":"{other}","access_token":"abc123"}}"#), "abc123"),
            (format!(r#"{{"access_token":"{{A-1}}-x","refresh_token":"{long}"}}"#), "{A-1}-x"),
            (format!(r#"{{"token":"12:abcdef","foto":"https://x/{long}"}}"#), "12:abcdef"),
            (format!(r#"{{"data":{{"tokens":["{jwt}"]}},"assinatura":"{other}"}}"#), jwt),
            (r#"{"token_type":"Bearer","data":[{"access_token":"Bearer abc-1"}]}"#.to_owned(), "abc-1"),
            (format!(r#"{{"tokenType":"Bearer x","tokenExpiraEm":"{long}","jwt":"Bearer {jwt}"}}"#), jwt),
            (format!("<r><token>{long}</token><outro>{other}</outro></r>"), long),
            (format!("OK|token=abc123|{other}"), "abc123"),
            (format!(r#"{{"d":"{jwt}"}}"#), jwt),
            (format!(r#"{{"chave":"{long}"}}"#), long),
            (format!(r#""{{\"refreshToken\":\"{long}\",\"token\":\"abc-1\"}}""#), "abc-1"),
            (r#""{\u0022token\u0022:\u0022abc-1\u0022}""#.to_owned(), "abc-1"),
            ("Access token: eyJh.eyJz.x!".to_owned(), "eyJh.eyJz.x"),
            (format!("O token é {jwt}."), jwt),
            (format!("O token é {long}."), long),
            (r#"{"nome":"Ana","chave":"QmFzZTY0LXNlbSw"}"#.to_owned(), "QmFzZTY0LXNlbSw"),
            (r#"{"id_sessao":"abcdefghijklmnop","versao":"2026.11.29.1234567890"}"#.to_owned(), "abcdefghijklmnop"),
            (r#"{"x":"AbCdEfGhIjKlMnOpQrStUvWx"}"#.to_owned(), "AbCdEfGhIjKlMnOpQrStUvWx"),
            (format!(r#"{{"sessao":"{{{long}}}"}}"#), "{0123456789abcdef0123456789abcdef}"),
            (format!("OK {{{long}}}"), "{0123456789abcdef0123456789abcdef}"),
            (format!(r#"{{"sessao":"[\"{long}\"]"}}"#), "[\"0123456789abcdef0123456789abcdef\"]"),
            (r#"{"token":918273645,"id":4711}"#.to_owned(), "918273645"),
        ] {
            assert_eq!(find_token(&text).as_deref(), Some(token), "{text}");
        }
        for text in [
            r#"{"token":null,"x":"curto"}"#,
            r#"{"token":"Bearer","x":"curto"}"#,
            r#"{"token":0}"#,
            "www.example.com a.b.c",
            r#"{"chave":"curta","mensagem":"AutenticacaoRealizadaComSucesso"}"#,
        ] {
            assert_eq!(find_token(text), None, "{text}");
        }
        for (text, member, token) in [
            (r#"{"a":{"passe":"Bearer abcd"},"token":"outro"}"#, "passe", Some("abcd")),
            (r#"{"a":{"passe":"abcde"},"b":{"Passe":"abcd"}}"#, "/b/Passe", Some("abcd")),
            (r#"{"passe":12}"#, "PASSE", Some("12")),
            ("<r><passe>abcd</passe></r>", "passe", Some("abcd")),
            (r#"{"token":"abcd"}"#, "passe", None),
        ] {
            assert_eq!(token_in(text, Some(member)).as_deref(), token, "{text}");
        }
    }
}
