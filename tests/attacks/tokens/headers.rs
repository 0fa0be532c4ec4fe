//! What the header says: the algorithm and the key.

use aws_lc_rs::hmac;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::json;

use super::{Attack, Genuine, SECRET, UNSIGNED, attack, changed, sign, sign_with, untrusted};

pub fn algorithms(good: &Genuine) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let names = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "hs256",
        "Hs256",
        "HS256 ",
        " HS256",
        "HS256\0",
        "HS1",
        "HS2560",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
        "Ed25519",
        "dir",
        "A256KW",
        "SHA256",
        "HMAC",
        "ЅHS256",
        "HS256\u{200b}",
        "ＨＳ２５６",
        "HS-256",
        "HS256,none",
        "*",
        "true",
    ];
    for name in names {
        attacks.push(untrusted(format!("alg {name:?}"), good.header("alg", Some(json!(name)))));
    }
    for value in [json!(null), json!(0), json!(256), json!(true), json!(["HS256"]), json!({"HS256": null}), json!({})] {
        attacks.push(untrusted(format!("alg {value}"), good.header("alg", Some(value))));
    }
    attacks.push(untrusted("alg missing", good.header("alg", None)));
    for (name, algorithm) in [("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        let header = changed(&good.header, "alg", Some(json!(name)));
        attacks.push(untrusted(
            format!("signed with {name} and our secret"),
            sign_with(algorithm, SECRET, header, good.claims.to_string()),
        ));
        let tag = sign_with(algorithm, SECRET, good.header.to_string(), good.claims.to_string());
        attacks.push(untrusted(format!("signed with {name}, says HS256"), tag));
    }
    for name in ["none", "None", "NONE", "nOnE"] {
        let token = good.header("alg", Some(json!(name)));
        let unsigned = &token[..=token.rfind('.').unwrap()];
        attacks.push(attack(format!("alg {name} and no signature"), unsigned, UNSIGNED));
    }
    attacks
}

pub fn keys(good: &Genuine) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let kid = good.header["kid"].as_str().unwrap();
    let odd = [
        json!(null),
        json!(""),
        json!("0000000000000000"),
        json!(format!("{kid} ")),
        json!(format!(" {kid}")),
        json!(&kid[1..]),
        json!(format!("{kid}0")),
        json!(format!("{kid}\0")),
        json!([kid]),
        json!({"kid": kid}),
        json!(7),
        json!(true),
        json!("../../../dev/null"),
        json!("/proc/sys/kernel/randomize_va_space"),
        json!("' OR '1'='1"),
        json!("x' UNION SELECT 'secret"),
        json!("| sleep 9"),
        json!("k".repeat(2_000)),
        json!("\u{202e}kid"),
    ];
    for value in odd {
        let name = value.to_string().chars().take(40).collect::<String>();
        attacks.push(untrusted(format!("kid {name}"), good.header("kid", Some(value))));
    }
    attacks.push(untrusted("kid missing", good.header("kid", None)));

    let (header, claims) = (good.header.to_string(), good.claims.to_string());
    let trimmed = [
        &b""[..],
        b"secret",
        b"0123456789abcdef0123456789abcdef",
        kid.as_bytes(),
        &SECRET[1..],
        &SECRET[..32],
        b"citrus-status",
    ];
    for secret in trimmed {
        let name = format!("the secret {:?}", secret.escape_ascii().to_string());
        attacks.push(untrusted(name, sign(secret, &header, &claims)));
    }
    attacks.push(untrusted("our secret and a line end", sign(&[SECRET, b"\n"].concat(), &header, &claims)));
    attacks.push(untrusted("our secret in capitals", sign(&SECRET.to_ascii_uppercase(), &header, &claims)));

    let own = b"the attacker's own key, of 32 bytes and more";
    let jwk = json!({"kty": "oct", "k": BASE64_URL_SAFE_NO_PAD.encode(own), "alg": "HS256", "kid": kid});
    for (name, value) in [
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("x5u", json!("http://127.0.0.1:1/chain")),
        ("jwk", jwk),
        ("x5c", json!(["AAAA"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("b64", json!(false)),
        ("crit", json!(["b64"])),
        ("url", json!("http://127.0.0.1:1/")),
        ("nonce", json!("x")),
        ("p2c", json!(u64::MAX)),
    ] {
        let header = changed(&good.header, name, Some(value));
        attacks.push(untrusted(format!("{name} of the attacker"), sign(own, header, &claims)));
    }
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("crit", json!([])),
        ("crit", json!("exp")),
        ("crit", json!(["http://example.com/undefined"])),
        ("jwk", json!("x")),
        ("jwk", json!({"kty": "none"})),
        ("x5c", json!("x")),
        ("typ", json!(7)),
        ("jku", json!(["x"])),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("x", json!(1)),
    ] {
        attacks.push(untrusted(format!("{name} {value} under our secret"), good.header(name, Some(value))));
    }
    attacks
}
