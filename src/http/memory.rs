//! Memory for what is large and on its way: bodies that arrive, and answers that wait for their readers. It is
//! bounded for the whole process, however many clients are slow.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use hyper::body::{Body as _, Bytes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes that one permit stands for.
const UNIT: usize = 1024;
/// What has no more bytes than this is not counted: as much waits on every connection anyway.
pub const UNCOUNTED: usize = 4 * UNIT;

/// Others have the memory that was asked for.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no memory for large bodies and answers: see TRANSIT_MEMORY_MIB")]
pub struct MemoryFull;

#[derive(Clone)]
pub struct Memory {
    free: Arc<Semaphore>,
    units: usize,
}

/// A part of the memory, given back when it is dropped.
pub struct Reservation {
    memory: Memory,
    permit: OwnedSemaphorePermit,
}

/// The body of an answer that is large enough to be counted. [`Memory::hold`] takes it from the response.
#[derive(Clone)]
pub struct LargeBody(pub Bytes);

impl Memory {
    pub fn new(bytes: usize) -> Self {
        let units = bytes.div_ceil(UNIT);
        Self { free: Arc::new(Semaphore::new(units)), units }
    }

    /// Room for so many bytes. What exceeds the whole memory needs all of it.
    pub fn reserve(&self, bytes: usize) -> Result<Reservation, MemoryFull> {
        Ok(Reservation { memory: self.clone(), permit: self.take(self.units_of(bytes))? })
    }

    fn take(&self, units: usize) -> Result<OwnedSemaphorePermit, MemoryFull> {
        let units = u32::try_from(units).map_err(|_| MemoryFull)?;
        Arc::clone(&self.free).try_acquire_many_owned(units).map_err(|_| MemoryFull)
    }

    /// `response`; if it is large, with a body that counts until its reader has taken it.
    pub fn hold(&self, mut response: Response) -> Result<Response, MemoryFull> {
        Ok(match response.extensions_mut().remove::<LargeBody>() {
            Some(LargeBody(bytes)) if !response.body().is_end_stream() => {
                let reservation = self.reserve(bytes.len())?;
                response.map(|_| Body::from(reservation.hold(bytes)))
            }
            _ => response,
        })
    }

    fn units_of(&self, bytes: usize) -> usize {
        if bytes > UNCOUNTED { bytes.div_ceil(UNIT).min(self.units) } else { 0 }
    }
}

impl Reservation {
    pub fn grow(&mut self, bytes: usize) -> Result<(), MemoryFull> {
        let missing = self.memory.units_of(bytes).saturating_sub(self.permit.num_permits());
        self.permit.merge(self.memory.take(missing)?);
        Ok(())
    }

    /// `bytes`, which keep the reservation until the last part of them is dropped.
    pub fn hold(self, bytes: impl AsRef<[u8]> + Send + 'static) -> Bytes {
        struct Held<T>(T, #[expect(dead_code, reason = "it is dropped with the bytes")] Reservation);

        impl<T: AsRef<[u8]>> AsRef<[u8]> for Held<T> {
            fn as_ref(&self) -> &[u8] {
                self.0.as_ref()
            }
        }

        Bytes::from_owner(Held(bytes, self))
    }

    /// `response`, whose body, if it is large, keeps the reservation until its reader has taken it.
    pub fn hold_answer(self, mut response: Response) -> Response {
        match response.extensions_mut().remove::<LargeBody>() {
            Some(LargeBody(bytes)) => response.map(|_| Body::from(self.hold(bytes))),
            None => response,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_comes_back_with_the_last_part_of_what_was_held() {
        let memory = Memory::new(10 * UNIT);
        let held = memory.reserve(6 * UNIT).unwrap().hold(vec![7; 6 * UNIT]);
        let part = held.slice(5..9);
        drop(held);
        assert!(memory.reserve(5 * UNIT).is_err());
        assert_eq!(part, [7; 4].as_slice());
        drop(part);
        assert!(memory.reserve(10 * UNIT).is_ok());
    }

    #[test]
    fn a_reservation_grows_as_far_as_there_is_room() {
        let memory = Memory::new(10 * UNIT);
        let mut growing = memory.reserve(1).unwrap();
        growing.grow(5 * UNIT).unwrap();
        growing.grow(2 * UNIT).unwrap();
        let other = memory.reserve(5 * UNIT).unwrap();
        assert!(growing.grow(5 * UNIT + 1).is_err());
        assert!(memory.reserve(UNCOUNTED).is_ok());
        drop(other);
        growing.grow(1000 * UNIT).unwrap();
        assert!(memory.reserve(5 * UNIT).is_err());
        drop(growing);
        assert!(memory.reserve(10 * UNIT).is_ok());
    }

    #[test]
    fn what_is_larger_than_the_memory_needs_all_of_it() {
        let memory = Memory::new(8 * UNIT);
        let all = memory.reserve(usize::MAX).unwrap();
        assert!(memory.reserve(5 * UNIT).is_err());
        drop(all);
        assert!(memory.reserve(8 * UNIT).is_ok());
    }
}
