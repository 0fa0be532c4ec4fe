//! What an erasure ends with.

use super::error::Result;
use super::output::complain;
use crate::service::erasure::Erasure;
use crate::store::Leftovers;

/// Takes what was erased off the disk, and says where it may still be.
pub async fn erased_for_good(erasure: &Erasure) -> Result {
    match erasure.scrub().await? {
        Leftovers::None => {}
        Leftovers::Log => complain(
            "note: the database is in use all the time, so its write-ahead log still has what was erased; it goes with the \
             next restart of the server, or when you run this again at a quiet time",
        ),
        Leftovers::DeadRows => complain(
            "note: PostgreSQL keeps what was erased in dead rows until a vacuum; to have it gone now: VACUUM historico, \
             usuario, idempotencia, tentativa",
        ),
    }
    Ok(())
}
