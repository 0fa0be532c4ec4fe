//! The checksum of a file that is read. The audit trail says by it which file was imported: its name may be that of a
//! person, and entries are never changed.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use aws_lc_rs::digest::{Context, SHA256};

use crate::service::checksum::hex;

pub(super) struct Summed<R> {
    reader: R,
    sum: Sum,
}

/// The checksum of what has been read so far.
pub(super) struct Sum(Rc<RefCell<Context>>);

impl<R: Read> Summed<R> {
    pub fn new(reader: R) -> (Self, Sum) {
        let sum = Rc::new(RefCell::new(Context::new(&SHA256)));
        (Self { reader, sum: Sum(Rc::clone(&sum)) }, Sum(sum))
    }
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.sum.0.borrow_mut().update(&buffer[..read]);
        Ok(read)
    }
}

impl Sum {
    pub fn hex(&self) -> String {
        hex(self.0.borrow().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_all_that_was_read() {
        let (mut reader, sum) = Summed::new(&b"abc"[..]);
        reader.read_exact(&mut [0; 2]).unwrap();
        reader.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(sum.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
