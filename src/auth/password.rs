//! Password hashing: Argon2id with OWASP's parameters, off the async threads and bounded.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// How many may wait for each one that is being worked on; more are refused at once. A verification
/// takes some 20 ms of one core, so the last in the queue waits about a second.
const WAITING_PER_PERMIT: usize = 50;

/// Verified against when there is no user, so that the work is the same. No password is known for it.
const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Y2l0cnVzLXN0YXR1cy1kdW1teQ$ZHVtbXktZGlnZXN0LW9mLTMyLWJ5dGVzLTAwMDAwMDA";

/// Hashes and verifies passwords, at most so many at once.
pub struct Passwords {
    argon2: Argon2<'static>,
    admitted: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many are waiting already.
    #[error("too many logins at once")]
    Busy,
    /// The stored hash can't be read, or hashing failed.
    #[error("the password hash failed: {0}")]
    Hash(#[from] argon2::password_hash::Error),
    /// The work was lost with its thread.
    #[error("the password work was lost: {0}")]
    Lost(#[from] tokio::task::JoinError),
}

impl Passwords {
    /// Works on at most `at_once` passwords at the same time, 19 MiB each.
    pub fn new(at_once: usize) -> Self {
        let params = Params::new(19_456, 2, 1, None).expect("OWASP's parameters are within Argon2's bounds");
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            admitted: Arc::new(Semaphore::new(at_once * (1 + WAITING_PER_PERMIT))),
            working: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// Whether `senha` is the one behind `hash`. Without a hash the same work is done, and the answer is no.
    pub async fn verify(&self, hash: Option<String>, senha: SecretString) -> Result<bool, PasswordError> {
        self.run(move |argon2| {
            let known = hash.is_some();
            match argon2.verify_password(senha.expose_secret().as_bytes(), hash.as_deref().unwrap_or(DUMMY)) {
                Ok(()) => Ok(known),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// A PHC string for `senha`, with a fresh salt.
    pub async fn hash(&self, senha: SecretString) -> Result<String, PasswordError> {
        self.run(move |argon2| Ok(argon2.hash_password(senha.expose_secret().as_bytes())?.to_string())).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let working = Arc::clone(&self.working).acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        let argon2 = self.argon2.clone();
        // The permits go along: a caller that hangs up must not make room before the work is done.
        spawn_blocking(move || {
            let _permits = (admitted, working);
            work(&argon2)
        })
        .await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test]
    async fn only_the_right_password_verifies() {
        let passwords = Passwords::new(1);
        let hash = passwords.hash(secret("1234")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(Some(hash.clone()), secret("1234")).await.unwrap());
        assert!(!passwords.verify(Some(hash), secret("1234 ")).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_user_costs_a_real_verification_and_never_passes() {
        let hash = argon2::password_hash::phc::PasswordHash::new(DUMMY).unwrap();
        assert_eq!(hash.params.to_string(), "m=19456,t=2,p=1");
        assert_eq!(hash.hash.unwrap().len(), Params::DEFAULT_OUTPUT_LEN);
        assert!(!Passwords::new(1).verify(None, secret("1234")).await.unwrap());
    }

    #[tokio::test]
    async fn an_unreadable_hash_is_an_error_not_a_no() {
        let outcome = Passwords::new(1).verify(Some("plain".to_owned()), secret("plain")).await;
        assert!(matches!(outcome, Err(PasswordError::Hash(_))));
    }

    #[tokio::test]
    async fn the_surplus_is_refused_at_once() {
        let passwords = Passwords::new(1);
        let _all = passwords.admitted.acquire_many(51).await.unwrap();
        assert!(matches!(passwords.verify(None, secret("1234")).await, Err(PasswordError::Busy)));
    }
}
