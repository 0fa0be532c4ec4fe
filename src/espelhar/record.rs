//! The recording: a queue that never makes a client wait, and a thread that observes, redacts and writes.

use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::exchange::Exchange;
use super::observe::{Observation, Observer};
use super::redact::{Disclosure, Redactor};
use super::relay::{self, lock};
use super::tally::{Counter, Tally};

/// Most exchanges that wait to be written, and most bytes of their bodies.
const WAITING_MAX: usize = 8192;
const WAITING_BYTES_MAX: usize = 32 * 1024 * 1024;
/// What an exchange takes beside its bodies, about.
const HEADS: usize = 4096;
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// So many bytes of lines are written at once.
const BATCH: usize = 64 * 1024;

/// Takes exchanges from connections.
pub struct Recorder {
    exchanges: Mutex<Option<SyncSender<Exchange>>>,
    state: Arc<State>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    is_off: AtomicBool,
    waiting_bytes: AtomicUsize,
    /// Exchanges that are not in the file.
    dropped: AtomicU64,
    counter: Mutex<Counter>,
    /// Why nothing is written any more.
    failure: Mutex<Option<String>>,
}

/// What a recording is to be.
pub struct Settings {
    pub observer: Observer,
    pub disclosure: Disclosure,
    /// Names of members of answers that tell of nobody.
    pub members: Vec<String>,
    /// Most bytes of the file.
    pub limit: u64,
}

/// How far a recording is.
pub struct Progress {
    pub tally: Tally,
    pub dropped: u64,
    pub failure: Option<String>,
}

impl Recorder {
    /// Records into `file`. `news` hears of what is seen for the first time, and whether it is a refusal that was taken for a success.
    pub fn start(file: File, mut settings: Settings, news: impl Fn(&Observation, bool) + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(WAITING_MAX);
        let state = Arc::new(State::default());
        let redactor = Redactor::new(settings.disclosure).declaring(std::mem::take(&mut settings.members));
        let (file, batch) = (Some(file), Vec::with_capacity(2 * BATCH));
        let writer = Writer { file, written: 0, batch, lines: 0, settings, redactor, state: Arc::clone(&state), news };
        let thread = std::thread::spawn(move || writer.run(&receiver));
        Self { exchanges: Mutex::new(Some(sender)), state, thread: Mutex::new(Some(thread)) }
    }

    /// Switches the recording off, or on again; whether it is on now.
    pub fn toggle(&self) -> bool {
        self.state.is_off.fetch_xor(true, Ordering::Relaxed)
    }

    pub fn progress(&self) -> Progress {
        Progress {
            tally: lock(&self.state.counter).tally(),
            dropped: self.state.dropped.load(Ordering::Relaxed),
            failure: lock(&self.state.failure).clone(),
        }
    }

    /// Writes all that is waiting, and ends the recording.
    pub fn finish(&self) {
        drop(lock(&self.exchanges).take());
        if let Some(thread) = lock(&self.thread).take() {
            _ = thread.join();
        }
    }
}

impl relay::Observer for Recorder {
    fn is_on(&self) -> bool {
        !self.state.is_off.load(Ordering::Relaxed)
    }

    fn saw(&self, exchange: Exchange) {
        let size = size(&exchange);
        let waiting = self.state.waiting_bytes.fetch_add(size, Ordering::Relaxed);
        let exchanges = lock(&self.exchanges);
        let is_taken = waiting + size <= WAITING_BYTES_MAX
            && exchanges.as_ref().is_some_and(|exchanges| exchanges.try_send(exchange).is_ok());
        if !is_taken {
            self.state.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
            self.missed();
        }
    }

    fn missed(&self) {
        self.state.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

fn size(exchange: &Exchange) -> usize {
    HEADS + exchange.body.kept() + exchange.request.body.kept()
}

struct Writer<News> {
    /// None once it can't be written.
    file: Option<File>,
    /// How long the file is, in bytes.
    written: u64,
    /// What is to be written next, and how many lines that is.
    batch: Vec<u8>,
    lines: u64,
    settings: Settings,
    redactor: Redactor,
    state: Arc<State>,
    news: News,
}

impl<News: Fn(&Observation, bool)> Writer<News> {
    fn run(mut self, exchanges: &Receiver<Exchange>) {
        let mut flushed = Instant::now();
        loop {
            match exchanges.recv_timeout(FLUSH_EVERY) {
                Ok(exchange) => {
                    self.state.waiting_bytes.fetch_sub(size(&exchange), Ordering::Relaxed);
                    // A fault here must end neither the recording nor what passes.
                    if catch_unwind(AssertUnwindSafe(|| self.take(&exchange))).is_err() {
                        self.state.dropped.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.flush(),
            }
            if flushed.elapsed() >= FLUSH_EVERY {
                self.flush();
                flushed = Instant::now();
            }
        }
    }

    fn take(&mut self, exchange: &Exchange) {
        let observation = self.settings.observer.observe(exchange);
        let line = self.redactor.line(exchange, &observation);
        let added = lock(&self.state.counter).add(&self.settings.observer, &line);
        if let Some(added) = added.filter(|added| added.is_new) {
            (self.news)(&observation, added.is_refusal);
        }
        self.lines += 1;
        if self.file.is_none() {
            return self.lose_batch();
        }
        let line = format!("{line}\n");
        if self.written + (self.batch.len() + line.len()) as u64 > self.settings.limit {
            self.lines -= 1;
            self.flush();
            self.lines = 1;
            return self.fail(format!("it has reached its limit of {} bytes", self.settings.limit));
        }
        self.batch.extend_from_slice(line.as_bytes());
        if self.batch.len() >= BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let Some(file) = &mut self.file else { return };
        match file.write_all(&self.batch) {
            Ok(()) => {
                self.written += self.batch.len() as u64;
                self.batch.clear();
                self.lines = 0;
            }
            Err(error) => {
                // No half of a line.
                _ = file.set_len(self.written);
                self.fail(error.to_string());
            }
        }
    }

    /// Nothing is written any more; what passes is counted all the same.
    fn fail(&mut self, failure: String) {
        self.file = None;
        self.lose_batch();
        lock(&self.state.failure).get_or_insert(failure);
    }

    fn lose_batch(&mut self) {
        self.state.dropped.fetch_add(std::mem::take(&mut self.lines), Ordering::Relaxed);
        self.batch.clear();
    }
}
