//! Password hashing: Argon2id with OWASP's parameters, off the async threads and bounded.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use rustix::process::setpriority_process;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

/// How many may wait for each thread; more are refused at once. A verification takes some 20 ms, so
/// the last in the queue waits about a second.
const WAITING_PER_THREAD: usize = 50;
/// The threads' nice value: who logs in waits rather than who is at work already.
const NICE: i32 = 10;

/// Verified against when there is no user, so that the work is the same. No password is known for it.
const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Y2l0cnVzLXN0YXR1cy1kdW1teQ$ZHVtbXktZGlnZXN0LW9mLTMyLWJ5dGVzLTAwMDAwMDA";

/// Hashes and verifies passwords on threads of its own, which end with it. What they have taken up is
/// done even when whoever asked is gone, so that hanging up makes no room for more.
pub struct Passwords {
    jobs: SyncSender<Job>,
}

type Job = Box<dyn FnOnce(&Argon2<'static>) + Send>;

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
    #[error("the password work was lost")]
    Lost,
}

impl Passwords {
    /// Works on at most `at_once` passwords at the same time, 19 MiB each.
    pub fn new(at_once: usize) -> Self {
        let (jobs, queue) = sync_channel(at_once * WAITING_PER_THREAD);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..at_once {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name("senha".to_owned())
                .spawn(move || work(&queue))
                .expect("the system gives a few threads at start");
        }
        Self { jobs }
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
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |argon2| {
            // Who hung up while waiting costs nothing more.
            if !answer.is_closed() {
                _ = answer.send(work(argon2));
            }
        });
        self.jobs.try_send(job).map_err(|_| PasswordError::Busy)?;
        answered.await.unwrap_or(Err(PasswordError::Lost))
    }
}

/// A thread's life: until nobody can ask any more.
fn work(queue: &Mutex<Receiver<Job>>) {
    if let Err(error) = setpriority_process(Some(rustix::thread::gettid()), NICE) {
        tracing::debug!(%error, "passwords are worked on at the usual priority");
    }
    let params = Params::new(19_456, 2, 1, None).expect("OWASP's parameters are within Argon2's bounds");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&argon2),
            Err(_) => return,
        }
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
        let (release, held) = sync_channel::<()>(0);
        let hold: Job = Box::new(move |_| held.recv().unwrap());
        passwords.jobs.send(hold).unwrap();
        while passwords.jobs.try_send(Box::new(|_| ())).is_ok() {}
        assert!(matches!(passwords.verify(None, secret("1234")).await, Err(PasswordError::Busy)));
        release.send(()).unwrap();
    }

    #[test]
    fn the_threads_end_with_it() {
        let (jobs, queue) = sync_channel::<Job>(1);
        let thread = thread::spawn(move || work(&Mutex::new(queue)));
        drop(jobs);
        thread.join().unwrap();
    }
}
