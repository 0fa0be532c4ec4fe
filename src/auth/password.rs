//! Password hashing: Argon2id with OWASP's parameters, off the async threads and bounded.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How many may be in the line for each thread, those at work included; more are refused at once. A verification takes
/// some 20 ms, so the last one waits about five seconds, or ten while half of the threads wait. With fewer, clients that are refused ask again at once, and a
/// refusal costs more than a place to wait.
const WAITING_PER_THREAD: usize = 256;

/// How many have their turn for each thread: while one password is verified, the next user is read.
const TURNS_PER_THREAD: usize = 2;

/// How many may wait for the one senha that is hashed at a time; more are refused at once. A hash takes some 20 ms, so
/// the last one waits about half a second.
const HASHES_WAITING: usize = 24;

/// How long a thread that gives way waits before it looks again.
const PAUSE: Duration = Duration::from_millis(20);

/// What a hash from elsewhere may ask for: ours asks for 19,456 KiB, 2 passes and 1 lane.
const BEARABLE_KIB: u32 = 65_536;
const BEARABLE_PASSES: u32 = 8;
const BEARABLE_LANES: u32 = 4;

/// Verified against when there is no user, so that the work is the same. No password is known for it.
pub const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Y2l0cnVzLXN0YXR1cy1kdW1teQ$ZHVtbXktZGlnZXN0LW9mLTMyLWJ5dGVzLTAwMDAwMDA";

/// Hashes and verifies passwords on threads of its own, which end with it. Verifications wait in a line
/// for their turn, so that only a few are at work between the first look at a login and its verdict.
pub struct Passwords {
    jobs: Sender<Job>,
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    hashes: Arc<Semaphore>,
    hashing: Arc<Semaphore>,
}

/// A place in the line, given back when dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

/// Leave to verify a password; the next in the line has it once this is dropped.
pub struct Turn {
    /// Whether it did not come at once.
    pub waited: bool,
    _turn: OwnedSemaphorePermit,
    _place: Place,
}

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many are waiting already.
    #[error("too many senhas at once")]
    Busy,
    /// The stored hash can't be read, or hashing failed.
    #[error("the password hash failed: {0}")]
    Hash(#[from] argon2::password_hash::Error),
    #[error("the password work was lost")]
    Lost,
}

impl Passwords {
    /// Works on at most `at_once` passwords at the same time, 19 MiB each; on half of them, but one at least, while
    /// `others_are_at_work`: then passwords must not take every processor.
    pub fn new(at_once: usize, others_are_at_work: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let others_are_at_work = Arc::new(others_are_at_work);
        for number in 0..at_once {
            let (queue, others_are_at_work) = (Arc::clone(&queue), Arc::clone(&others_are_at_work));
            let must_wait = move || number >= at_once.div_ceil(2) && others_are_at_work();
            thread::Builder::new()
                .name("senha".to_owned())
                .spawn(move || work(&queue, must_wait))
                .expect("the system gives a few threads at start");
        }
        let places = Arc::new(Semaphore::new(at_once * WAITING_PER_THREAD));
        let turns = Arc::new(Semaphore::new(at_once * TURNS_PER_THREAD));
        let (hashes, hashing) = (Arc::new(Semaphore::new(HASHES_WAITING)), Arc::new(Semaphore::new(1)));
        Self { jobs, places, turns, hashes, hashing }
    }

    /// A place in the line, if there is room.
    pub fn place(&self) -> Result<Place, PasswordError> {
        let permit = Arc::clone(&self.places).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        Ok(Place { _permit: permit })
    }

    /// Waits in the line. Dropping the future leaves it.
    pub async fn turn(&self, place: Place) -> Result<Turn, PasswordError> {
        let (turn, waited) = match Arc::clone(&self.turns).try_acquire_owned() {
            Ok(turn) => (turn, false),
            Err(_) => (Arc::clone(&self.turns).acquire_owned().await.map_err(|_| PasswordError::Lost)?, true),
        };
        Ok(Turn { waited, _turn: turn, _place: place })
    }

    /// Whether `senha` is the one behind `hash`. Without a hash the same work is done, and the answer is no.
    pub async fn verify(&self, _: &Turn, hash: Option<String>, senha: SecretString) -> Result<bool, PasswordError> {
        self.run(move |worker| {
            let known = hash.is_some();
            Ok(worker.verify(hash.as_deref().unwrap_or(DUMMY), senha.expose_secret().as_bytes())? && known)
        })
        .await
    }

    /// A PHC string for `senha`, with a fresh salt. One after the other, past the line of the logins: neither holds up the
    /// other for longer than one hash takes.
    pub async fn hash(&self, senha: SecretString) -> Result<String, PasswordError> {
        let place = Arc::clone(&self.hashes).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let turn = Arc::clone(&self.hashing).acquire_owned().await.map_err(|_| PasswordError::Lost)?;
        self.run(move |worker| {
            // Until the work is done, even if the caller is gone.
            let _held = (place, turn);
            Ok(worker.argon2.hash_password(senha.expose_secret().as_bytes())?.to_string())
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let (answer, answered) = oneshot::channel();
        // The caller may be gone.
        let job: Job = Box::new(move |worker| _ = answer.send(work(worker)));
        self.jobs.send(job).map_err(|_| PasswordError::Lost)?;
        answered.await.unwrap_or(Err(PasswordError::Lost))
    }
}

/// Whether `hash` is a PHC string of Argon2id, and no more work to verify than a few of ours.
pub fn is_bearable_hash(hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    let is_argon2id = Algorithm::try_from(hash.algorithm.as_str()) == Ok(Algorithm::Argon2id);
    let is_bearable = Params::try_from(&hash).is_ok_and(|params| {
        params.m_cost() <= BEARABLE_KIB && params.t_cost() <= BEARABLE_PASSES && params.p_cost() <= BEARABLE_LANES
    });
    is_argon2id && is_bearable && hash.salt.is_some() && hash.hash.is_some()
}

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

/// Runs jobs until `Passwords` is dropped. While it `must_wait` it takes none, but for one that comes as it looked for
/// work already.
fn work(queue: &Mutex<Receiver<Job>>, must_wait: impl Fn() -> bool) {
    let mut worker = Worker::new();
    loop {
        while must_wait() {
            #[expect(clippy::disallowed_methods, reason = "a thread of its own, which holds up nobody")]
            thread::sleep(PAUSE);
        }
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
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    async fn verify(passwords: &Passwords, hash: Option<String>, senha: &str) -> Result<bool, PasswordError> {
        let turn = passwords.turn(passwords.place()?).await?;
        passwords.verify(&turn, hash, secret(senha)).await
    }

    #[tokio::test]
    async fn only_the_right_password_verifies() {
        let passwords = Passwords::new(1, || false);
        let hash = passwords.hash(secret("1234")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify(&passwords, Some(hash.clone()), "1234").await.unwrap());
        assert!(!verify(&passwords, Some(hash), "1234 ").await.unwrap());
    }

    #[test]
    fn hashes_that_ask_for_too_much_are_not_bearable() {
        assert!(is_bearable_hash(DUMMY));
        for (part, other) in [
            ("argon2id", "argon2d"),
            ("m=19456", "m=65537"),
            ("t=2", "t=9"),
            ("p=1", "p=5"),
            ("m=19456,", ""),
            ("$ZHVtbXktZGlnZXN0LW9mLTMyLWJ5dGVzLTAwMDAwMDA", ""),
        ] {
            let hash = DUMMY.replace(part, other);
            let is_default = part == "m=19456,";
            assert_eq!(is_bearable_hash(&hash), is_default, "{hash}");
        }
        assert!(!is_bearable_hash("") && !is_bearable_hash("1234"));
    }

    #[tokio::test]
    async fn an_unknown_user_costs_a_real_verification_and_never_passes() {
        let hash = argon2::password_hash::phc::PasswordHash::new(DUMMY).unwrap();
        assert_eq!(hash.params.to_string(), "m=19456,t=2,p=1");
        assert_eq!(hash.hash.unwrap().len(), Params::DEFAULT_OUTPUT_LEN);
        assert!(!verify(&Passwords::new(1, || false), None, "1234").await.unwrap());
    }

    #[tokio::test]
    async fn an_unreadable_hash_is_an_error_not_a_no() {
        let outcome = verify(&Passwords::new(1, || false), Some("plain".to_owned()), "plain").await;
        assert!(matches!(outcome, Err(PasswordError::Hash(_))));
    }

    #[tokio::test]
    async fn turns_come_in_order_and_the_surplus_is_refused_at_once() {
        let passwords = Passwords::new(1, || false);
        let turn = || passwords.turn(passwords.place().unwrap());
        let first = turn().await.unwrap();
        let second = turn().await.unwrap();
        assert!(!first.waited && !second.waited);
        let mut waiting = std::collections::VecDeque::new();
        while let Ok(place) = passwords.place() {
            let mut turn = Box::pin(passwords.turn(place));
            assert!(at_once(&mut turn).is_none());
            waiting.push_back(turn);
        }
        assert!(matches!(passwords.place(), Err(PasswordError::Busy)));
        assert_eq!(waiting.len(), WAITING_PER_THREAD - TURNS_PER_THREAD);
        // Who gives up leaves the line; who is next has the turn that becomes free.
        waiting.pop_back();
        assert!(at_once(&mut Box::pin(turn())).is_none());
        drop(first);
        assert!(at_once(&mut waiting[1]).is_none());
        assert!(at_once(&mut waiting[0]).unwrap().unwrap().waited);
    }

    #[tokio::test]
    async fn hashes_wait_in_a_line_of_their_own() {
        let passwords = Passwords::new(1, || false);
        let mut waiting = std::collections::VecDeque::new();
        let refused = loop {
            let mut hash = Box::pin(passwords.hash(secret("1234")));
            match at_once(&mut hash) {
                None => waiting.push_back(hash),
                Some(outcome) => break outcome,
            }
        };
        assert!(matches!(refused, Err(PasswordError::Busy)));
        // The first may be done already.
        assert!([HASHES_WAITING, HASHES_WAITING + 1].contains(&waiting.len()));
        assert!(!passwords.turn(passwords.place().unwrap()).await.unwrap().waited);
        let hash = waiting.pop_front().unwrap().await.unwrap();
        assert!(verify(&passwords, Some(hash), "1234").await.unwrap());
        assert!(at_once(&mut Box::pin(passwords.hash(secret("1234")))).is_none());
    }

    fn at_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        }
    }

    #[test]
    fn a_thread_that_must_wait_takes_nothing() {
        let ((jobs, queue), (done, was_done), (looked, looks)) = (channel::<Job>(), channel(), channel());
        let others = Arc::new(AtomicBool::new(true));
        let must_wait = {
            let others = Arc::clone(&others);
            move || {
                _ = looked.send(());
                others.load(Ordering::Relaxed)
            }
        };
        jobs.send(Box::new(move |_| done.send(()).unwrap())).unwrap();
        let thread = thread::spawn(move || work(&Mutex::new(queue), must_wait));
        for _ in 0..3 {
            looks.recv().unwrap();
        }
        assert!(was_done.try_recv().is_err());
        others.store(false, Ordering::Relaxed);
        was_done.recv().unwrap();
        drop(jobs);
        thread.join().unwrap();
    }

    #[test]
    fn the_threads_end_with_it() {
        let (jobs, queue) = channel::<Job>();
        let thread = thread::spawn(move || work(&Mutex::new(queue), || false));
        drop(jobs);
        thread.join().unwrap();
    }
}
