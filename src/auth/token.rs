//! The access token: HS256, checked in the contract's order.

use aws_lc_rs::{hmac, rand};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::verified::{Verified, VerifiedTokens};

/// A longer token is refused before any cryptography.
const MAX_BYTES: usize = 4096;
/// Fewest bytes of a secret: the size of an HS256 tag.
pub const SECRET_MIN: usize = 32;

/// What a token says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    login: String,
    iat: i64,
    exp: i64,
    /// `<generation>.<random>`: revoking gives the user another generation, which needs no clock.
    jti: String,
}

/// Issues tokens under one secret, and verifies those of a few. Deliberately without `Debug`.
pub struct Tokens {
    settings: TokenSettings,
    kid: String,
    signing: EncodingKey,
    verifying: Vec<(String, DecodingKey)>,
    validation: Validation,
    verified: VerifiedTokens<Subject>,
    fingerprinting: Vec<hmac::Key>,
}

/// Who issues tokens, for whom, and for how long.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    pub issuer: String,
    pub audience: String,
    /// Life in seconds.
    pub ttl: i64,
}

/// Whom a token speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    pub usuario_id: i64,
    /// The generation of tokens that it belongs to.
    pub generation: i64,
}

/// Why a token is refused, in the order in which it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Not three parts; this many periods.
    Periods(usize),
    /// The third part is empty.
    Unsigned,
    /// Not ours, or not as we make them.
    Untrusted,
    /// Signed by us, but its time is over.
    Expired { at: OffsetDateTime, now: OffsetDateTime },
}

#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error("the token's end is outside the calendar")]
    Time,
    #[error("signing failed: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

impl Tokens {
    /// Tokens signed with `secret`; those signed with one of `accepted` count too. Each secret has at
    /// least [`SECRET_MIN`] bytes.
    pub fn new(secret: &SecretSlice<u8>, accepted: &[SecretSlice<u8>], settings: TokenSettings) -> Self {
        let verifying = std::iter::once(secret).chain(accepted).map(|secret| {
            let secret = secret.expose_secret();
            (kid(secret), DecodingKey::from_secret(secret))
        });
        let mut validation = Validation::new(Algorithm::HS256);
        // The end is checked here, against the injected clock and after the signature.
        validation.validate_exp = false;
        validation.leeway = 0;
        validation.set_issuer(&[&settings.issuer]);
        validation.set_audience(&[&settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Self {
            kid: kid(secret.expose_secret()),
            signing: EncodingKey::from_secret(secret.expose_secret()),
            verifying: verifying.collect(),
            validation,
            verified: VerifiedTokens::new(),
            fingerprinting: std::iter::once(secret)
                .chain(accepted)
                .map(|s| fingerprinting(s.expose_secret()))
                .collect(),
            settings,
        }
    }

    pub fn ttl(&self) -> i64 {
        self.settings.ttl
    }

    /// What is kept of `text` to know it again, under each secret that counts, that of the tokens to come first. Without
    /// the secret nobody can try out texts against it, such as senhas.
    pub fn fingerprints(&self, text: &[u8]) -> Vec<i64> {
        let of = |key: &hmac::Key| {
            let tag = hmac::sign(key, text);
            i64::from_be_bytes(tag.as_ref()[..8].try_into().expect("a tag of HMAC-SHA-256 has 32 bytes"))
        };
        self.fingerprinting.iter().map(of).collect()
    }

    /// A token for `subject`, issued at `now`.
    pub fn issue(&self, subject: Subject, login: &str, now: OffsetDateTime) -> Result<String, IssueError> {
        let iat = now.unix_timestamp();
        let exp = iat.checked_add(self.settings.ttl).filter(|exp| OffsetDateTime::from_unix_timestamp(*exp).is_ok());
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::HS256) };
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: subject.usuario_id.to_string(),
            login: login.to_owned(),
            iat,
            exp: exp.ok_or(IssueError::Time)?,
            jti: format!("{}.{}", subject.generation, Uuid::new_v4().simple()),
        };
        Ok(jsonwebtoken::encode(&header, &claims, &self.signing)?)
    }

    /// Whom `token` speaks for at `now`. Whether it was revoked is the store's to say.
    pub fn verify(&self, token: &[u8], now: OffsetDateTime) -> Result<Subject, Rejection> {
        let verified = match self.verified.get(token) {
            Some(verified) => verified,
            None => self.verify_anew(token, now)?,
        };
        if now > verified.at {
            return Err(Rejection::Expired { at: verified.at, now });
        }
        Ok(verified.subject)
    }

    /// What a token of ours says, expired or not.
    fn verify_anew(&self, token: &[u8], now: OffsetDateTime) -> Result<Verified<Subject>, Rejection> {
        let periods = token.iter().filter(|byte| **byte == b'.').count();
        if periods != 2 {
            return Err(Rejection::Periods(periods));
        }
        if token.last() == Some(&b'.') {
            return Err(Rejection::Unsigned);
        }
        if token.len() > MAX_BYTES {
            return Err(Rejection::Untrusted);
        }
        let (claims, subject) = self.trusted(token).ok_or(Rejection::Untrusted)?;
        let at = OffsetDateTime::from_unix_timestamp(claims.exp).map_err(|_| Rejection::Untrusted)?;
        let verified = Verified { subject, at };
        if now <= at {
            self.verified.insert(token, verified, now);
        }
        Ok(verified)
    }

    fn trusted(&self, token: &[u8]) -> Option<(Claims, Subject)> {
        let named = named_key(token)?;
        let (_, key) = self.verifying.iter().find(|(kid, _)| *kid == named)?;
        let data = jsonwebtoken::decode::<Claims>(token, key, &self.validation).ok()?;
        let (generation, _) = data.claims.jti.split_once('.')?;
        let subject = Subject { usuario_id: data.claims.sub.parse().ok()?, generation: generation.parse().ok()? };
        Some((data.claims, subject))
    }
}

/// The key that the header names, if it has what we write into it and nothing else. The library reads
/// `{"HS256": null}` as an algorithm too, and passes over `crit`, which names what must not be passed over.
fn named_key(token: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct AsIssued<'a> {
        typ: &'a str,
        alg: &'a str,
        kid: &'a str,
    }
    let header = BASE64_URL_SAFE_NO_PAD.decode(token.split(|byte| *byte == b'.').next()?).ok()?;
    let header: AsIssued = serde_json::from_slice(&header).ok()?;
    (header.typ == "JWT" && header.alg == "HS256").then(|| header.kid.to_owned())
}

/// A generation that no token has yet. Drawn at random, so that tokens of another installation with
/// the same secret, or of one restored from a backup, do not count by chance.
pub fn new_generation() -> i64 {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    i64::from_be_bytes(bytes) & i64::MAX
}

/// A key of its own, so that no tag is that of a token.
fn fingerprinting(secret: &[u8]) -> hmac::Key {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"citrus-status fingerprint");
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}

/// Names a secret without revealing it: 64 bits of a MAC under it.
fn kid(secret: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"citrus-status kid");
    tag.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
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
}
