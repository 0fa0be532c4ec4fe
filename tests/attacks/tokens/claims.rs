//! What the claims say: missing, of another type, of others, too early, twice.

use serde_json::json;
use time::OffsetDateTime;
use time::macros::datetime;

use super::{Attack, Genuine, NOW, REVOKED, SECRET, attack, sign, untrusted};

pub fn claims(good: &Genuine) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for name in ["iss", "aud", "sub", "login", "iat", "exp", "jti"] {
        attacks.push(untrusted(format!("{name} missing"), good.claim(name, None)));
        let swapped =
            if good.claims[name].is_number() { json!(good.claims[name].to_string()) } else { json!(1_795_431_600) };
        for value in
            [json!(null), json!(true), json!([good.claims[name]]), json!({"x": good.claims[name]}), json!(1.5), swapped]
        {
            attacks.push(untrusted(format!("{name} {value}"), good.claim(name, Some(value))));
        }
    }
    for name in ["iss", "aud"] {
        for value in [
            json!(""),
            json!("citrus"),
            json!("citrus-status "),
            json!(" citrus-status"),
            json!("Citrus-Status"),
            json!("citrus-status\0"),
            json!("citrus‐status"),
            json!("сitrus-status"),
            json!(["other", "citrus-status"]),
            json!("*"),
            json!("citrus-status,other"),
        ] {
            attacks.push(untrusted(format!("{name} {value}"), good.claim(name, Some(value))));
        }
    }
    for sub in [
        "",
        " 1",
        "1 ",
        "1.0",
        "1e0",
        "0x1",
        "٢",
        "１",
        "1;2",
        "1 OR 1=1",
        "admin",
        "user.api",
        "9223372036854775808",
        "-",
        "NaN",
        "1\0",
        "1,2",
        "18446744073709551615",
        "--1",
        "1_0",
    ] {
        attacks.push(untrusted(format!("sub {sub:?}"), good.claim("sub", Some(json!(sub)))));
    }
    for jti in [
        "",
        ".",
        "x",
        "x.y",
        "1",
        ".1",
        " 1.x",
        "1 .x",
        "1e3.x",
        "9223372036854775808.x",
        "0x1.x",
        "NaN.x",
        "1,2.x",
        "٢.x",
    ] {
        attacks.push(untrusted(format!("jti {jti:?}"), good.claim("jti", Some(json!(jti)))));
    }
    // As we make them, but of nobody, or of a generation that is not the user's.
    for sub in ["0", "-1", "999999", "9223372036854775807", "-9223372036854775808"] {
        let token = good.claim("sub", Some(json!(sub)));
        attacks.push(attack(format!("sub of nobody {sub}"), format!("Bearer {token}"), REVOKED));
    }
    for jti in ["0.x", "1.x", "-1.x", "9223372036854775807.x", "-9223372036854775808.x", "1."] {
        let token = good.claim("jti", Some(json!(jti)));
        attacks.push(attack(format!("jti of another generation {jti}"), format!("Bearer {token}"), REVOKED));
    }
    attacks
}

pub fn ends(good: &Genuine) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for text in [
        "1e10",
        "1.0",
        "4102444800.0",
        "1795431600.5",
        "1e400",
        "-1e400",
        "-0",
        "NaN",
        "Infinity",
        "-Infinity",
        "nan",
        "0x7fffffff",
        "+4102444800",
        "04102444800",
        "4_102_444_800",
        "٤١٠",
        "4102444800n",
        "'4102444800'",
        "\"\"",
        "\"never\"",
        "99999999999999999999",
        "-99999999999999999999",
        "-1",
        "-62135596800",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "253402300800",
        "1e",
        ".5",
        "1.",
        "--1",
    ] {
        attacks.push(untrusted(format!("exp {text}"), good.raw_claim("exp", text)));
    }
    for exp in [datetime!(2026-11-23 9:59:59 UTC), datetime!(2000-01-01 0:00 UTC), OffsetDateTime::UNIX_EPOCH] {
        let message = format!(
            "JWT expired at {}. Current time: 2026-11-23T10:00:00Z, a difference of {} milliseconds.  Allowed clock skew: 0 milliseconds.",
            citrus_status::clock::rfc3339_seconds(exp),
            (NOW - exp).whole_milliseconds()
        );
        let token = good.claim("exp", Some(json!(exp.unix_timestamp())));
        attacks.push(attack(format!("expired in {}", exp.year()), format!("Bearer {token}"), message));
    }
    attacks
}

pub fn duplicates(good: &Genuine) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let (header, claims) = (good.header.to_string(), good.claims.to_string());
    let twice = |object: &str, member: &str| object.replacen('{', &format!("{{{member}, "), 1);
    for (name, value) in good.header.as_object().unwrap() {
        for value in [value.clone(), json!("none"), json!(null)] {
            let doubled = twice(&header, &format!("\"{name}\": {value}"));
            attacks.push(untrusted(format!("{name} twice, {value} first"), sign(SECRET, doubled, &claims)));
        }
    }
    for (name, value) in good.claims.as_object().unwrap() {
        let escaped = format!("\\u{:04x}{}", name.as_bytes()[0], &name[1..]);
        for key in [name.clone(), escaped] {
            let doubled = twice(&claims, &format!("\"{key}\": {value}"));
            attacks.push(untrusted(format!("{name} again as {key}"), sign(SECRET, &header, doubled)));
        }
        let last = claims.replace('}', &format!(", \"{name}\": {value}}}"));
        attacks.push(untrusted(format!("{name} again at the end"), sign(SECRET, &header, last)));
    }
    attacks
}
