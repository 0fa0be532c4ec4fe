//! The wait for a database that comes up later than the program.

use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::error::{CliError, Result};
use crate::app::Stop;
use crate::config::{Config, place};

const PAUSE: Duration = Duration::from_millis(500);
/// How often the log says that the program still waits.
const REPORT: Duration = Duration::from_secs(5);

/// What `open` yields. While it fails for a reason that may pass, it is tried again, up to
/// `DATABASE_WAIT_SECONDS`. A try that has begun by then is not cut off.
pub async fn until<T>(config: &Config, mut open: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let began = Instant::now();
    let mut reported: Option<Instant> = None;
    loop {
        let error = match open().await {
            Ok(opened) => {
                if reported.is_some() {
                    tracing::info!(waited_seconds = began.elapsed().as_secs(), "the database is there");
                }
                return Ok(opened);
            }
            Err(CliError::Store(error)) if error.may_pass() && !config.database.wait.is_zero() => error,
            Err(error) => return Err(error),
        };
        let left = config.database.wait.saturating_sub(began.elapsed());
        if left.is_zero() {
            let (database, seconds) = (place(&config.database.target), config.database.wait.as_secs());
            return Err(CliError::Waited { database, seconds, error });
        }
        if reported.is_none_or(|last| last.elapsed() >= REPORT) {
            let database = place(&config.database.target);
            let text = if reported.is_none() { "waiting for the database" } else { "still waiting for the database" };
            tracing::warn!(database, %error, seconds_left = left.as_secs_f64().ceil(), "{text}");
            reported = Some(Instant::now());
        }
        sleep(PAUSE.min(left)).await;
    }
}

/// What `opening` yields, or nothing where `stop` completes before it. What it was in the middle of is
/// undone by the database.
pub async fn unless_stopped<T>(
    opening: impl Future<Output = T>,
    stop: Pin<&mut impl Future<Output = Stop>>,
) -> Option<T> {
    tokio::select! {
        opened = opening => Some(opened),
        _ = stop => {
            tracing::info!("stopped");
            None
        }
    }
}
