//! How a token is written: its parts, their encoding, their JSON, its size.

use super::{Attack, Genuine, SECRET, UNSIGNED, UNTRUSTED, attack, of_length, periods, sign, untrusted};
use serde_json::json;

pub fn shapes(good: &Genuine) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for count in (0..24).filter(|count| *count != 2) {
        attacks.push(attack(
            format!("{count} periods between letters"),
            vec!["a"; count + 1].join("."),
            periods(count),
        ));
        if count > 0 {
            attacks.push(attack(format!("{count} periods alone"), ".".repeat(count), periods(count)));
        }
    }
    let [header, claims, signature] = good.parts();
    attacks.extend([
        attack("two periods alone", "..", UNSIGNED),
        attack("empty claims and signature", format!("{header}.."), UNSIGNED),
        attack("empty signature", format!("Bearer {header}.{claims}."), UNSIGNED),
        attack("a fourth part", format!("Bearer {}.{signature}", good.token), periods(3)),
        attack("five parts as in JWE", format!("{header}.{claims}.{signature}.{claims}.{signature}"), periods(4)),
        attack("two tokens", format!("Bearer {} {}", good.token, good.token), periods(4)),
        attack("two tokens in a list", format!("Bearer {}, Bearer {}", good.token, good.token), periods(4)),
        untrusted("empty header", format!(".{claims}.{signature}")),
        untrusted("empty claims", format!("{header}..{signature}")),
        untrusted("header and claims swapped", format!("{claims}.{header}.{signature}")),
        untrusted("signature first", format!("{signature}.{header}.{claims}")),
        untrusted("the scheme twice", format!("Bearer {}", good.token)),
        attack("the scheme Basic", format!("Basic {}", good.token), UNTRUSTED),
        attack("the scheme JWT", format!("JWT {}", good.token), UNTRUSTED),
        attack("a colon behind the scheme", format!("Bearer: {}", good.token), UNTRUSTED),
        attack("an equals sign behind the scheme", format!("Bearer={}", good.token), UNTRUSTED),
        attack("no space behind the scheme", format!("Bearer{}", good.token), UNTRUSTED),
        attack("a no-break space behind the scheme", format!("Bearer\u{a0}{}", good.token), UNTRUSTED),
        untrusted("in quotes", format!("\"{}\"", good.token)),
        untrusted("in angle brackets", format!("<{}>", good.token)),
        attack("the scheme in full-width letters", format!("Ｂｅａｒｅｒ {}", good.token), UNTRUSTED),
        attack("no token", "Bearer", "Token is missing"),
        attack("nothing but space", " \t ", "Token is missing"),
    ]);
    attacks
}

pub fn encodings(good: &Genuine, other: &Genuine) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let [header, claims, signature] = good.parts();
    for number in 0..3 {
        for (name, odd) in [
            ("=", &b"="[..]),
            ("==", b"=="),
            ("*", b"*"),
            ("!", b"!"),
            ("~", b"~"),
            ("%2E", b"%2E"),
            ("tab", b"\tx"),
            ("space", b" x"),
            ("0xff", b"\xff"),
            ("0xc3 0xa9", b"\xc3\xa9"),
            ("0xc0 0x80", b"\xc0\x80"),
            ("half a surrogate", b"\xed\xa0\x80"),
            ("full stop of another script", "。".as_bytes()),
        ] {
            let mut parts = good.parts().map(|part| part.as_bytes().to_vec());
            parts[number].extend(odd);
            // Space at the very end belongs to the header, not to the token.
            attacks.push(untrusted(format!("part {number} and {name}"), parts.join(&b'.')));
        }
    }
    for cut in [1, 2, 3, 4, 5, 11, 21, 32, 42] {
        attacks.push(untrusted(format!("signature without its last {cut}"), &good.token[..good.token.len() - cut]));
    }
    for more in ["A", "AA", "AAAA", signature] {
        attacks.push(untrusted(format!("signature and {more}"), format!("{}{more}", good.token)));
    }
    // The last character has two bits to spare: other spellings of the same bytes.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.find(signature.chars().last().unwrap()).unwrap();
    for spare in 1..4 {
        let spelled = format!("{}{}", &good.token[..good.token.len() - 1], &alphabet[last + spare..=last + spare]);
        attacks.push(untrusted(format!("signature spelled otherwise, {spare}"), spelled));
    }
    let swap: String = signature
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let reversed: String = signature.chars().rev().collect();
    for (name, signature) in [
        ("in swapped case", swap.as_str()),
        ("reversed", &reversed),
        ("of zeros", &"A".repeat(43)),
        ("of ones", &format!("{}8", "_".repeat(42))),
        ("of another token", other.parts()[2]),
        ("in hexadecimal", &"0a".repeat(32)),
        ("of two characters", "AA"),
        ("null", "null"),
    ] {
        attacks.push(untrusted(format!("signature {name}"), format!("{header}.{claims}.{signature}")));
    }
    attacks.push(untrusted("claims of another user", format!("{header}.{}.{signature}", other.parts()[1])));
    // The standard alphabet, on a token that has characters of the other.
    let odd = (0..).map(|n| good.claim("login", Some(json!(format!("user{n}"))))).find(|token| {
        let signature = token.rsplit('.').next().unwrap();
        signature.contains('-') && signature.contains('_')
    });
    let odd = odd.unwrap();
    attacks.push(untrusted("the standard alphabet", odd.replace('-', "+").replace('_', "/")));
    attacks.push(untrusted("a character of the standard alphabet", odd.replace('-', "+")));
    attacks
}

pub fn texts(good: &Genuine) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let (header, claims) = (good.header.to_string(), good.claims.to_string());
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (part, whole) in [("header", &header), ("claims", &claims)] {
        let open = whole.trim_end_matches('}');
        let broken: Vec<(&str, Vec<u8>)> = vec![
            ("empty", b"".into()),
            ("null", b"null".into()),
            ("a list", b"[]".into()),
            ("a text", b"\"x\"".into()),
            ("a number", b"1".into()),
            ("an empty object", b"{}".into()),
            ("half an object", open.into()),
            ("a brace", b"{".into()),
            ("behind a BOM", format!("\u{feff}{whole}").into()),
            ("with a comma at the end", format!("{open},}}").into()),
            ("with more behind it", format!("{whole}x").into()),
            ("twice", whole.repeat(2).into()),
            ("in single quotes", whole.replace('"', "'").into()),
            ("with a comment", format!("/**/{whole}").into()),
            ("in UTF-16", utf16(whole)),
            ("behind NUL", format!("\0{whole}").into()),
            ("with NUL behind it", format!("{whole}\0").into()),
            ("in a list", format!("[{whole}]").into()),
            ("with a bare line end in a text", whole.replacen("\":\"", "\":\"\n", 1).into()),
            ("nested without end", "[".repeat(2_000).into()),
            ("with a text nested deep", whole.replacen("\":\"", &format!("\":{}\"", "[".repeat(600)), 1).into()),
            ("with half a surrogate", whole.replacen("\":\"", "\":\"\\ud800", 1).into()),
            (
                "with a byte that is not UTF-8",
                whole.replacen("\":\"", "\":\"@", 1).bytes().map(|b| if b == b'@' { 0xff } else { b }).collect(),
            ),
        ];
        for (name, bytes) in broken {
            let token = if part == "header" { sign(SECRET, bytes, &claims) } else { sign(SECRET, &header, bytes) };
            attacks.push(untrusted(format!("{part} {name}"), token));
        }
    }
    for length in [4_097, 4_098, 4_100, 5_000, 8_000, 12_000] {
        attacks.push(untrusted(format!("{length} bytes, well signed"), of_length(good, length)));
    }
    attacks.push(untrusted("12,000 bytes of nothing", format!("a.b.{}", "c".repeat(12_000))));
    attacks
}
