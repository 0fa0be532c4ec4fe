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
mod tests;
