//! How servers may spell a secret: what tests look for.

use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD, Engine};
use encoding_rs::WINDOWS_1252;

/// So many letters in a row are a part of a secret.
const PART: usize = 6;

/// `secret` in each spelling, with its name.
#[expect(clippy::too_many_lines, reason = "one list of spellings, a line each")]
pub fn spellings(secret: &str) -> Vec<(&'static str, String)> {
    let utf8 = secret.as_bytes();
    let latin = WINDOWS_1252.encode(secret).0.into_owned();
    let little: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let bytes = |bytes: &[u8], form: fn(u8) -> String| bytes.iter().map(|byte| form(*byte)).collect::<String>();
    let listed = |bytes: &[u8], between: &str, form: fn(u8) -> String| {
        format!("[{}]", bytes.iter().map(|byte| form(*byte)).collect::<Vec<_>>().join(between))
    };
    let letters = |form: fn(char) -> String| secret.chars().map(form).collect::<String>();
    let percent = |byte: u8| format!("%{byte:02X}");
    let small = |byte: u8| format!("%{byte:02x}");
    let plain_or = |escape: fn(char) -> String| {
        secret
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_string() } else { escape(letter) })
            .collect::<String>()
    };
    let of_utf8 = |letter: char| letter.to_string().bytes().map(|byte| format!("={byte:02X}")).collect::<String>();
    let json = serde_json::to_string(secret).unwrap();
    let backwards = |text: &str| text.chars().rev().collect::<String>();
    let inner = |text: &str| text.chars().skip(1).collect::<String>();
    vec![
        ("as it is", secret.to_owned()),
        ("percent", bytes(utf8, percent)),
        ("percent, small", bytes(utf8, small)),
        ("percent twice", bytes(utf8, |byte| format!("%25{byte:02X}"))),
        ("percent of Latin-1", bytes(&latin, percent)),
        (
            "a form",
            plain_or(|letter| {
                if letter == ' ' {
                    "+".to_owned()
                } else {
                    letter.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
                }
            }),
        ),
        ("plus for blank", secret.replace(' ', "+")),
        ("base64", BASE64_STANDARD.encode(secret)),
        ("base64 without padding", BASE64_STANDARD_NO_PAD.encode(secret)),
        ("base64url", BASE64_URL_SAFE.encode(secret)),
        ("base64url without padding", BASE64_URL_SAFE_NO_PAD.encode(secret)),
        ("base64 after a byte", BASE64_STANDARD.encode(format!("u{secret}x"))),
        ("Basic", format!("Basic {}", BASE64_STANDARD.encode(format!("us:{secret}")))),
        ("base64 of UTF-16", BASE64_STANDARD.encode(&little)),
        ("base64 of Latin-1", BASE64_STANDARD.encode(&latin)),
        ("backwards", backwards(secret)),
        ("base64, backwards", backwards(&BASE64_STANDARD.encode(secret))),
        ("backwards, in base64", BASE64_STANDARD.encode(backwards(secret))),
        ("hex, backwards", backwards(&bytes(utf8, |byte| format!("{byte:02x}")))),
        ("backwards, in hex", bytes(backwards(secret).as_bytes(), |byte| format!("{byte:02x}"))),
        ("hex", bytes(utf8, |byte| format!("{byte:02x}"))),
        ("hex, capitals", bytes(utf8, |byte| format!("{byte:02X}"))),
        ("hex with colons", bytes(utf8, |byte| format!("{byte:02x}:"))),
        ("hex of UTF-16LE", bytes(&little, |byte| format!("{byte:02x}"))),
        ("hex of UTF-16BE", bytes(&big, |byte| format!("{byte:02X}"))),
        ("entities", letters(|letter| format!("&#{};", u32::from(letter)))),
        ("entities, hex", letters(|letter| format!("&#x{:X};", u32::from(letter)))),
        ("entities without semicolon", letters(|letter| format!("&#{}", u32::from(letter)))),
        (
            "entities by name",
            secret
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('á', "&aacute;")
                .replace('@', "&commat;")
                .replace('-', "&hyphen;"),
        ),
        ("entities twice", secret.replace('&', "&amp;amp;").replace('á', "&amp;#225;")),
        ("escapes", letters(|letter| format!("\\u{:04x}", u32::from(letter)))),
        ("escapes, capitals", letters(|letter| format!("\\u{:04X}", u32::from(letter)))),
        ("escapes of JavaScript", bytes(utf8, |byte| format!("\\x{byte:02x}"))),
        ("escapes of old JavaScript", letters(|letter| format!("%u{:04X}", u32::from(letter)))),
        ("octal escapes", bytes(utf8, |byte| format!("\\{byte:03o}"))),
        ("bytes", listed(utf8, ", ", |byte| byte.to_string())),
        ("bytes without blanks", listed(utf8, ",", |byte| byte.to_string())),
        ("bytes, signed", listed(utf8, ", ", |byte| byte.cast_signed().to_string())),
        ("bytes in hex", listed(utf8, ", ", |byte| format!("0x{byte:02x}"))),
        ("bytes as texts", listed(utf8, ",", |byte| format!("\"{byte}\""))),
        ("bytes of UTF-16", listed(&little, ",", |byte| byte.to_string())),
        ("bytes of Latin-1", listed(&latin, ",", |byte| byte.to_string())),
        ("letters, listed", format!("[{}]", letters(|letter| format!("{:?},", letter.to_string())))),
        ("UTF-16LE taken for Latin-1", little.iter().map(|byte| char::from(*byte)).collect()),
        ("UTF-16BE taken for Latin-1", big.iter().map(|byte| char::from(*byte)).collect()),
        ("UTF-8 taken for Latin-1", utf8.iter().map(|byte| char::from(*byte)).collect()),
        ("quoted-printable", bytes(utf8, |byte| format!("={byte:02X}"))),
        ("quoted-printable, some", plain_or(of_utf8)),
        ("JSON in JSON", serde_json::to_string(&json).unwrap()),
        ("split over texts", {
            let half = secret.char_indices().nth(4).unwrap().0;
            format!("{}\" + \"{}", &secret[..half], &secret[half..])
        }),
        ("CDATA", format!("<![CDATA[{secret}]]>")),
        ("a part of a form", format!("Content-Disposition: form-data; name=\"x\"\r\n\r\n{secret}\r\n")),
        ("a cookie", format!("sid={secret}; Path=/")),
        ("a query", format!("/x?a=1&s={}&b=2", bytes(utf8, percent))),
        (
            "a segment",
            format!(
                "/x/{}/y",
                plain_or(|letter| letter.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect())
            ),
        ),
        ("capitals", secret.to_uppercase()),
        ("small", secret.to_lowercase()),
        ("without its first letter", inner(secret)),
        ("without its last letter", {
            let mut text = secret.to_owned();
            text.pop();
            text
        }),
        ("spaced out", letters(|letter| format!("{letter} "))),
        ("with dots", letters(|letter| format!("{letter}."))),
        ("with NULs", letters(|letter| format!("{letter}\u{0}"))),
        ("in lines", letters(|letter| format!("{letter}\n"))),
    ]
}

/// A part of the secret that was `spelled` so, if `shown` has one.
pub fn left_of(shown: &str, spelled: &str) -> Option<String> {
    let marks = ["<token>", "<senha>", "<texto>"];
    let shown = marks.iter().fold(shown.to_owned(), |shown, mark| shown.replace(mark, "\u{1}"));
    let letters: Vec<char> = spelled.chars().collect();
    // What stands around it in each of the spellings.
    let around =
        ["Content-Disposition: form-data; name=\"x\"\r\n\r\n", "Basic ", "<![CDATA[", "; Path=/", "sid=", "/x?a=1&s="];
    let parts = letters.windows(PART.min(letters.len())).map(|part| part.iter().collect::<String>());
    let is_of_secret = |part: &String| {
        part.chars().filter(|letter| letter.is_alphanumeric()).count() >= 3
            && !around.iter().any(|around| around.contains(part.as_str()))
    };
    parts.filter(is_of_secret).find(|part| shown.contains(part.as_str()))
}
