//! Password hashing: Argon2id with OWASP's parameters, off the async threads and bounded.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

/// How many may wait for each thread; more are refused at once. A verification takes some 20 ms, so
/// the last in the queue waits about five seconds. Fewer would be worse: whoever is refused at once
/// asks again at once, and a refusal costs more than a place to wait.
const WAITING_PER_THREAD: usize = 256;

/// Verified against when there is no user, so that the work is the same. No password is known for it.
const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Y2l0cnVzLXN0YXR1cy1kdW1teQ$ZHVtbXktZGlnZXN0LW9mLTMyLWJ5dGVzLTAwMDAwMDA";

/// Hashes and verifies passwords on threads of its own, which end with it. What they have taken up is
/// done even when whoever asked is gone, so that hanging up makes no room for more.
pub struct Passwords {
    jobs: SyncSender<Job>,
}

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

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
        self.run(move |worker| {
            let known = hash.is_some();
            Ok(worker.verify(hash.as_deref().unwrap_or(DUMMY), senha.expose_secret().as_bytes())? && known)
        })
        .await
    }

    /// A PHC string for `senha`, with a fresh salt.
    pub async fn hash(&self, senha: SecretString) -> Result<String, PasswordError> {
        self.run(move |worker| Ok(worker.argon2.hash_password(senha.expose_secret().as_bytes())?.to_string())).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |worker| {
            // Who hung up while waiting costs nothing more.
            if !answer.is_closed() {
                _ = answer.send(work(worker));
            }
        });
        self.jobs.try_send(job).map_err(|_| PasswordError::Busy)?;
        answered.await.unwrap_or(Err(PasswordError::Lost))
    }
}

/// What a thread works with.
struct Worker {
    argon2: Argon2<'static>,
    /// Kept from one verification to the next: taking 19 MiB from the system and giving them back
    /// each time holds up every other thread that touches the process's memory.
    memory: Vec<Block>,
}

impl Worker {
    fn new() -> Self {
        let params = Params::new(19_456, 2, 1, None).expect("OWASP's parameters are within Argon2's bounds");
        Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), memory: Vec::new() }
    }

    /// Whether `senha` is the one behind the PHC string `hash`, with the parameters that it names.
    fn verify(&mut self, hash: &str, senha: &[u8]) -> Result<bool, argon2::password_hash::Error> {
        let hash = PasswordHash::new(hash)?;
        let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
            return Err(argon2::password_hash::Error::EncodingInvalid);
        };
        let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
        let version = hash.version.map_or(Ok(Version::default()), Version::try_from)?;
        let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash)?);
        self.memory.resize(argon2.params().block_count(), Block::default());
        let mut buffer = [0; Output::MAX_LENGTH];
        let output = &mut buffer[..expected.len()];
        argon2.hash_password_into_with_memory(senha, salt, output, &mut self.memory)?;
        // `Output` compares in constant time.
        Ok(Output::new(output)? == *expected)
    }
}

/// A thread's life: until nobody can ask any more.
fn work(queue: &Mutex<Receiver<Job>>) {
    let mut worker = Worker::new();
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A panic costs its own job, not the thread.
        if catch_unwind(AssertUnwindSafe(|| job(&mut worker))).is_err() {
            worker = Worker::new();
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
