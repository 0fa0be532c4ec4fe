//! Log lines on their way to a reader that may be slow, or may not read at all. Whoever logs never waits:
//! one thread writes, and what does not fit into the bounded queue is dropped and counted.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const CAPACITY: usize = 8 * 1024 * 1024;
/// What a line costs beside its text.
const LINE_COST: usize = 64;
const CHUNK: usize = 16 * 1024;
/// How long to leave a non-blocking output alone that is full.
const FULL_PAUSE: Duration = Duration::from_millis(20);
/// How long a flush waits for a reader that takes nothing, and for one that reads.
const STALLED: Duration = Duration::from_millis(500);
const FLUSH_DEADLINE: Duration = Duration::from_secs(3);

/// Which lines are the last to be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    Ordinary,
    /// Displaces ordinary lines.
    Audit,
}

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct State {
    /// By rank.
    lines: [VecDeque<Line>; 2],
    /// How many bytes all lines cost, with the chunk that is being written.
    bytes: usize,
    /// The number of the next line; the order of all.
    next: u64,
    /// What was dropped and not told of yet.
    dropped: Count,
    /// What was dropped and told of.
    told: Count,
    writing: bool,
    chunks: u64,
}

struct Line {
    number: u64,
    text: Box<[u8]>,
}

impl Line {
    fn cost(&self) -> usize {
        self.text.len() + LINE_COST
    }
}

/// A number of lines, and how many of them are audit lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    lines: u64,
    audit: u64,
}

impl Count {
    fn add(&mut self, rank: Rank) {
        self.lines += 1;
        self.audit += u64::from(rank == Rank::Audit);
    }
}

#[derive(Default)]
struct Chunk {
    text: Vec<u8>,
    cost: usize,
    count: Count,
}

impl State {
    /// Takes a line in, or drops it, or drops ordinary lines for it, the newest first.
    fn push(&mut self, text: Box<[u8]>, rank: Rank) {
        let line = Line { number: self.next, text };
        let cost = line.cost();
        if rank == Rank::Audit {
            while self.bytes + cost > CAPACITY
                && let Some(displaced) = self.lines[Rank::Ordinary as usize].pop_back()
            {
                self.bytes -= displaced.cost();
                self.dropped.add(Rank::Ordinary);
            }
        }
        if self.bytes + cost > CAPACITY {
            self.dropped.add(rank);
            return;
        }
        self.next += 1;
        self.bytes += cost;
        self.lines[rank as usize].push_back(line);
    }

    fn pop(&mut self) -> Option<(Line, Rank)> {
        let number = |rank: &Rank| self.lines[*rank as usize].front().map(|line| line.number);
        let oldest =
            [Rank::Ordinary, Rank::Audit].into_iter().filter(|rank| number(rank).is_some()).min_by_key(number)?;
        Some((self.lines[oldest as usize].pop_front()?, oldest))
    }

    fn take_chunk(&mut self) -> Chunk {
        let mut chunk = Chunk::default();
        while chunk.text.len() < CHUNK
            && let Some((line, rank)) = self.pop()
        {
            chunk.text.extend_from_slice(&line.text);
            chunk.cost += line.cost();
            chunk.count.add(rank);
        }
        chunk
    }

    fn is_empty(&self) -> bool {
        self.lines.iter().all(VecDeque::is_empty)
    }
}

impl Queue {
    /// Takes a line in, line end included; never waits for the reader.
    pub fn push(&self, text: Vec<u8>, rank: Rank) {
        // Without the room that a growing text has kept for more.
        let text = text.into_boxed_slice();
        let mut state = self.lock();
        let was_empty = state.is_empty();
        state.push(text, rank);
        drop(state);
        if was_empty {
            self.filled.notify_one();
        }
    }

    /// Writes to `output` what comes, for ever.
    pub fn write_to(&self, mut output: impl Write) -> ! {
        loop {
            let chunk = self.next_chunk();
            let written = write_all(&mut output, &chunk.text).is_ok();
            self.settle(&chunk, written);
        }
    }

    /// Waits until all is written; not for a reader that takes nothing, and not long for a slow one.
    pub fn flush(&self) {
        let end = Instant::now() + FLUSH_DEADLINE;
        let mut state = self.lock();
        while (state.writing || !state.is_empty()) && Instant::now() < end {
            let before = state.chunks;
            state = self.written.wait_timeout(state, STALLED).unwrap_or_else(PoisonError::into_inner).0;
            if state.chunks == before {
                return;
            }
        }
    }

    /// How many lines were dropped since the start, by rank.
    pub fn dropped(&self) -> [u64; 2] {
        let state = self.lock();
        let (lines, audit) = (state.dropped.lines + state.told.lines, state.dropped.audit + state.told.audit);
        [lines - audit, audit]
    }

    fn next_chunk(&self) -> Chunk {
        let mut state = self.lock();
        while state.is_empty() {
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.writing = true;
        state.take_chunk()
    }

    /// Frees the room of a chunk. Once there is enough, says what was dropped.
    fn settle(&self, chunk: &Chunk, written: bool) {
        let mut state = self.lock();
        state.bytes -= chunk.cost;
        if !written {
            state.dropped.lines += chunk.count.lines;
            state.dropped.audit += chunk.count.audit;
        } else if state.bytes < CAPACITY / 2 && state.dropped != Count::default() {
            let Count { lines, audit } = mem::take(&mut state.dropped);
            state.told.lines += lines;
            state.told.audit += audit;
            // It comes back here as a line.
            drop(state);
            tracing::warn!(dropped = lines, audit, "log lines were dropped, because nobody read them");
            state = self.lock();
        }
        state.writing = false;
        state.chunks += 1;
        drop(state);
        self.written.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `Write::write_all` that waits where `output` was handed to us non-blocking.
fn write_all(output: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::park_timeout(FULL_PAUSE),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: usize, length: usize) -> Box<[u8]> {
        format!("{number:0length$}\n", length = length - 1).into_bytes().into()
    }

    fn numbers(state: &mut State) -> Vec<usize> {
        std::iter::from_fn(|| state.pop())
            .map(|(l, _)| str::from_utf8(&l.text).unwrap().trim().parse().unwrap())
            .collect()
    }

    #[test]
    fn lines_keep_their_order_whatever_their_rank() {
        let mut state = State::default();
        for number in 0..9 {
            state.push(line(number, 10), if number % 3 == 0 { Rank::Audit } else { Rank::Ordinary });
        }
        assert_eq!(numbers(&mut state), (0..9).collect::<Vec<_>>());
    }

    #[test]
    fn audit_lines_are_the_last_to_be_dropped() {
        const LENGTH: usize = 1024;
        let fits = CAPACITY / (LENGTH + LINE_COST);
        let mut state = State::default();
        for number in 0..fits + 5 {
            state.push(line(number, LENGTH), Rank::Ordinary);
        }
        assert_eq!(state.dropped, Count { lines: 5, audit: 0 });
        for number in 0..fits {
            state.push(line(number, LENGTH), Rank::Audit);
        }
        assert_eq!(state.dropped, Count { lines: 5 + fits as u64, audit: 0 });
        state.push(line(0, LENGTH), Rank::Audit);
        assert_eq!(state.dropped, Count { lines: 6 + fits as u64, audit: 1 });
        assert!(state.bytes <= CAPACITY);
        assert_eq!(numbers(&mut state), (0..fits).collect::<Vec<_>>());
    }

    #[test]
    fn a_line_longer_than_the_queue_is_dropped() {
        let mut state = State::default();
        state.push(vec![0; CAPACITY].into(), Rank::Audit);
        assert_eq!((state.dropped, state.bytes), (Count { lines: 1, audit: 1 }, 0));
    }

    #[test]
    fn what_could_not_be_written_is_counted_and_a_flush_does_not_wait_for_it() {
        let queue = Queue::default();
        queue.push(line(1, 10).into(), Rank::Audit);
        let chunk = queue.next_chunk();
        queue.settle(&chunk, false);
        assert_eq!(queue.lock().dropped, Count { lines: 1, audit: 1 });
        assert_eq!(queue.lock().bytes, 0);
        queue.push(line(2, 10).into(), Rank::Ordinary);
        let chunk = queue.next_chunk();
        queue.settle(&chunk, false);
        assert_eq!(queue.dropped(), [1, 1]);
        queue.push(line(3, 10).into(), Rank::Ordinary);
        let chunk = queue.next_chunk();
        queue.settle(&chunk, true);
        assert_eq!(queue.lock().dropped, Count::default(), "told of");
        assert_eq!(queue.dropped(), [1, 1], "and still counted");
        queue.flush();
    }

    #[test]
    fn an_output_that_would_block_is_asked_again() {
        struct Grudging(Vec<u8>, usize);
        impl Write for Grudging {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.1 += 1;
                match self.1 % 3 {
                    0 => Err(ErrorKind::WouldBlock.into()),
                    1 => Err(ErrorKind::Interrupted.into()),
                    _ => {
                        self.0.push(bytes[0]);
                        Ok(1)
                    }
                }
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut output = Grudging(Vec::new(), 0);
        write_all(&mut output, b"line\n").unwrap();
        assert_eq!(output.0, b"line\n");
    }
}
