//! The lines of a packed text, as they are read: none is longer than a row can be, and all are summed up.

use std::io::{BufRead, BufReader, Read};

use aws_lc_rs::digest::{Context, SHA256};
use flate2::bufread::GzDecoder;

use super::error::BackupError;
use crate::service::checksum::hex;

/// Longest line, in bytes. A comment has up to 20,000 characters, of which JSON may make six bytes each.
const LINE_MAX: usize = 256 * 1024;

pub(super) struct Lines<R> {
    text: BufReader<GzDecoder<BufReader<R>>>,
    line: Vec<u8>,
    /// How many were read.
    pub number: u64,
    sum: Context,
}

impl<R: Read> Lines<R> {
    pub fn new(input: R) -> Self {
        let text = BufReader::with_capacity(64 * 1024, GzDecoder::new(BufReader::with_capacity(64 * 1024, input)));
        Self { text, line: Vec::new(), number: 0, sum: Context::new(&SHA256) }
    }

    /// The next line, without its end. Every line has one.
    pub fn next(&mut self) -> Result<&[u8], BackupError> {
        self.line.clear();
        let mut limited = (&mut self.text).take(LINE_MAX as u64 + 1);
        limited.read_until(b'\n', &mut self.line).map_err(BackupError::of_reading)?;
        self.number += 1;
        if self.line.len() > LINE_MAX {
            return Err(BackupError::Line { line: self.number, fault: "it is too long".to_owned() });
        }
        if self.line.pop() != Some(b'\n') {
            return Err(BackupError::Truncated);
        }
        Ok(&self.line)
    }

    /// Adds the line that was read last to the checksum.
    pub fn sum_up(&mut self) {
        self.sum.update(&self.line);
        self.sum.update(b"\n");
    }

    /// The checksum of the lines that were summed up.
    pub fn sum(&self) -> String {
        hex(self.sum.clone())
    }

    /// Fails unless nothing follows: no text, and nothing behind what is packed.
    pub fn end(mut self) -> Result<(), BackupError> {
        let rest = self.text.fill_buf().map_err(BackupError::of_reading)?;
        if !rest.is_empty() {
            return Err(BackupError::Trailing);
        }
        let mut behind = self.text.into_inner().into_inner();
        let is_at_end = behind.fill_buf().map_err(BackupError::of_reading)?.is_empty();
        if is_at_end { Ok(()) } else { Err(BackupError::Trailing) }
    }
}
