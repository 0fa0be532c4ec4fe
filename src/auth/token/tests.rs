use super::*;
use serde_json::{Value, json};
use time::Duration;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-23 09:00:00 UTC);
const SUBJECT: Subject = Subject { usuario_id: 7, generation: 2 };

fn tokens(secret: &str, ttl: i64) -> Tokens {
    let settings = TokenSettings { issuer: "us".to_owned(), audience: "them".to_owned(), ttl };
    Tokens::new(&slice(secret), &[], settings)
}

fn slice(secret: &str) -> SecretSlice<u8> {
    SecretSlice::from(secret.as_bytes().to_vec())
}

fn ours() -> Tokens {
    tokens("0123456789abcdef0123456789abcdef", 3600)
}

/// Header and claims of a token of ours.
fn genuine() -> (Value, Value) {
    let token = ours().issue(SUBJECT, "user.api", NOW).unwrap();
    let part = |i| BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(i).unwrap()).unwrap();
    (serde_json::from_slice(&part(0)).unwrap(), serde_json::from_slice(&part(1)).unwrap())
}

/// A token of ours whose header and claims were changed, then signed with our secret.
fn forged(change: impl FnOnce(&mut Value, &mut Value)) -> String {
    let (mut header, mut claims) = genuine();
    change(&mut header, &mut claims);
    signed(&header.to_string(), &claims.to_string())
}

/// Any two parts, signed with our secret.
fn signed(header: &str, claims: &str) -> String {
    let message = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".");
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"0123456789abcdef0123456789abcdef");
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())))
}

fn verdict(token: &str) -> Result<Subject, Rejection> {
    ours().verify(token.as_bytes(), NOW)
}

#[test]
fn a_token_of_ours_speaks_for_its_subject() {
    let token = ours().issue(SUBJECT, "user.api", NOW).unwrap();
    assert_eq!(verdict(&token), Ok(SUBJECT));
    let untouched = forged(|_, _| ());
    assert_eq!(verdict(&untouched), Ok(SUBJECT), "the forger itself must make good tokens");
}

#[test]
fn the_claims_are_the_contracts() {
    forged(|header, claims| {
        assert_eq!(header["alg"], "HS256");
        assert_eq!(header["typ"], "JWT");
        assert_eq!(header["kid"].as_str().unwrap().len(), 16);
        let exp = NOW.unix_timestamp() + 3600;
        let jti = claims["jti"].clone();
        assert_eq!(
            *claims,
            json!({"iss": "us", "aud": "them", "sub": "7", "login": "user.api",
                   "iat": NOW.unix_timestamp(), "exp": exp, "jti": jti})
        );
    });
}

#[test]
fn the_shape_is_checked_first() {
    assert_eq!(verdict("abc"), Err(Rejection::Periods(0)));
    assert_eq!(verdict("a.b"), Err(Rejection::Periods(1)));
    assert_eq!(verdict("a.b.c.d"), Err(Rejection::Periods(3)));
    assert_eq!(verdict("a.b."), Err(Rejection::Unsigned));
    assert_eq!(verdict(".."), Err(Rejection::Unsigned));
    assert_eq!(verdict("a.b.c"), Err(Rejection::Untrusted));
}

#[test]
fn whatever_is_not_as_we_make_it_is_untrusted() {
    type Change = fn(&mut Value, &mut Value);
    let changes: [(&str, Change); 25] = [
        ("alg as an object", |h, _| h["alg"] = json!({"HS256": null})),
        ("crit", |h, _| h["crit"] = json!(["exp"])),
        ("a header member of others", |h, _| h["jku"] = json!("http://localhost/keys")),
        ("alg none", |h, _| h["alg"] = json!("none")),
        ("alg HS512", |h, _| h["alg"] = json!("HS512")),
        ("alg RS256", |h, _| h["alg"] = json!("RS256")),
        ("alg missing", |h, _| h["alg"] = Value::Null),
        ("other typ", |h, _| h["typ"] = json!("JWS")),
        ("typ missing", |h, _| drop(h.as_object_mut().unwrap().remove("typ"))),
        ("other kid", |h, _| h["kid"] = json!("0000000000000000")),
        ("no kid", |h, _| h["kid"] = Value::Null),
        ("exp missing", |_, c| drop(c.as_object_mut().unwrap().remove("exp"))),
        ("exp null", |_, c| c["exp"] = Value::Null),
        ("exp text", |_, c| c["exp"] = json!("4102444800")),
        ("exp fraction", |_, c| c["exp"] = json!(4_102_444_800.5)),
        ("exp beyond the calendar", |_, c| c["exp"] = json!(i64::MAX)),
        ("exp beyond i64", |_, c| c["exp"] = json!(u64::MAX)),
        ("other iss", |_, c| c["iss"] = json!("others")),
        ("iss missing", |_, c| drop(c.as_object_mut().unwrap().remove("iss"))),
        ("other aud", |_, c| c["aud"] = json!("others")),
        ("aud missing", |_, c| drop(c.as_object_mut().unwrap().remove("aud"))),
        ("sub not a number", |_, c| c["sub"] = json!("admin")),
        ("sub missing", |_, c| drop(c.as_object_mut().unwrap().remove("sub"))),
        ("jti without generation", |_, c| c["jti"] = json!("x")),
        ("claims not an object", |_, c| *c = json!([1])),
    ];
    for (name, change) in changes {
        assert_eq!(verdict(&forged(change)), Err(Rejection::Untrusted), "{name}");
    }
    let foreign = tokens("another secret of thirty-two bytes", 3600).issue(SUBJECT, "x", NOW).unwrap();
    assert_eq!(verdict(&foreign), Err(Rejection::Untrusted));
    let ours = ours().issue(SUBJECT, "user.api", NOW).unwrap();
    assert_eq!(verdict(&format!("{ours}=")), Err(Rejection::Untrusted));
    assert_eq!(verdict(&format!(" {ours}")), Err(Rejection::Untrusted));
}

#[test]
fn accepted_secrets_verify_and_the_first_one_signs() {
    let [old_secret, new_secret] = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"];
    let rotating = Tokens::new(&slice(new_secret), &[slice(old_secret)], ours().settings);
    let (old, new) = (tokens(old_secret, 3600), tokens(new_secret, 3600));
    let token = |from: &Tokens| from.issue(SUBJECT, "user.api", NOW).unwrap();
    for from in [&old, &new, &rotating] {
        assert_eq!(rotating.verify(token(from).as_bytes(), NOW), Ok(SUBJECT));
    }
    assert_eq!(new.verify(token(&rotating).as_bytes(), NOW), Ok(SUBJECT));
    assert_eq!(old.verify(token(&rotating).as_bytes(), NOW), Err(Rejection::Untrusted));

    // The kid of the one under the signature of the other.
    let (header, rest) = token(&old).split_once('.').map(|(h, r)| (h.to_owned(), r.to_owned())).unwrap();
    let message = format!("{header}.{}", rest.split_once('.').unwrap().0);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, new_secret.as_bytes()), message.as_bytes());
    let crossed = format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag));
    assert_eq!(rotating.verify(crossed.as_bytes(), NOW), Err(Rejection::Untrusted));
}

#[test]
fn duplicate_claims_are_untrusted() {
    let (header, claims) = genuine();
    let token = signed(&header.to_string(), &claims.to_string().replacen('{', r#"{"sub":"1","#, 1));
    assert_eq!(verdict(&token), Err(Rejection::Untrusted));
}

#[test]
fn it_expires_when_its_second_is_over_and_without_leeway() {
    let token = ours().issue(SUBJECT, "user.api", NOW).unwrap();
    let at = NOW + Duration::seconds(3600);
    assert_eq!(ours().verify(token.as_bytes(), at), Ok(SUBJECT));
    let now = at + Duration::milliseconds(1);
    assert_eq!(ours().verify(token.as_bytes(), now), Err(Rejection::Expired { at, now }));
    let ours = ours();
    assert_eq!(ours.verify(token.as_bytes(), NOW), Ok(SUBJECT));
    assert_eq!(ours.verify(token.as_bytes(), at), Ok(SUBJECT));
    assert_eq!(ours.verify(token.as_bytes(), now), Err(Rejection::Expired { at, now }), "known from before");
}

#[test]
fn the_signature_is_judged_before_the_time() {
    let foreign = tokens("another secret of thirty-two bytes", 1).issue(SUBJECT, "x", NOW).unwrap();
    assert_eq!(ours().verify(foreign.as_bytes(), NOW + Duration::days(1)), Err(Rejection::Untrusted));
    let wrong_audience = forged(|_, c| c["aud"] = json!("others"));
    assert_eq!(ours().verify(wrong_audience.as_bytes(), NOW + Duration::days(1)), Err(Rejection::Untrusted));
}

#[test]
fn long_tokens_are_refused_unread() {
    let (header, claims) = genuine();
    let of_length = |length| {
        // Base64 has no text of every length, so the header is padded too.
        let paddings = (0..2).flat_map(|head| (2_700..3_000).map(move |tail| (head, tail)));
        let mut tokens = paddings.map(|(head, tail)| {
            let mut claims = claims.clone();
            claims["login"] = json!("x".repeat(tail));
            signed(&format!("{:head$}{header}", ""), &claims.to_string())
        });
        tokens.find(|token| token.len() == length).expect("some padding fits")
    };
    assert_eq!(verdict(&of_length(MAX_BYTES)), Ok(SUBJECT));
    assert_eq!(verdict(&of_length(MAX_BYTES + 1)), Err(Rejection::Untrusted));
}

#[test]
fn its_life_is_the_one_that_was_set() {
    assert_eq!(tokens("0123456789abcdef0123456789abcdef", 90).ttl(), 90);
}

#[test]
fn generations_are_drawn_and_have_no_sign() {
    let drawn: std::collections::HashSet<i64> = (0..64).map(|_| new_generation()).collect();
    assert_eq!(drawn.len(), 64);
    assert!(drawn.iter().all(|generation| *generation > 0));
}

#[test]
fn a_token_without_an_end_in_the_calendar_is_not_made() {
    let endless = tokens("0123456789abcdef0123456789abcdef", i64::MAX);
    assert!(matches!(endless.issue(SUBJECT, "user.api", NOW), Err(IssueError::Time)));
}
