//! The signals that stop a server, and the one that must not.

use std::fs;

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

use super::error::Result;
use crate::app::Stop;
use crate::telemetry;

/// Completes at the first SIGTERM, SIGINT or SIGHUP, which it hears from now on; a second one ends the
/// process at once. A SIGHUP that is ignored, as `nohup` has it, stays ignored.
pub fn stop() -> Result<impl Future<Output = Stop>> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let mut hup = if is_ignored(SignalKind::hangup()) { None } else { Some(signal(SignalKind::hangup())?) };
    let mut next = async move || {
        let hung_up = async {
            match &mut hup {
                Some(hup) => _ = hup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = term.recv() => Stop::Delayed,
            _ = int.recv() => Stop::AtOnce,
            () = hung_up => Stop::AtOnce,
        }
    };
    Ok(async move {
        let stop = next().await;
        tracing::info!("stopping; a second signal stops at once");
        tokio::spawn(async move {
            next().await;
            tracing::warn!("stopped at once");
            telemetry::flush();
            std::process::exit(1);
        });
        stop
    })
}

/// From now on, a file that may grow no more (`ulimit -f`) fails its write, as a full disk does, and doesn't end the process.
pub fn outlive_file_limit() -> Result {
    // What is heard has no default any more, also after its stream is gone.
    drop(signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?);
    Ok(())
}

/// Whether this process was started with `kind` ignored. Where the system does not say, it counts as not ignored.
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignores(&status, kind.as_raw_value())
}

/// Whether the text of `/proc/<pid>/status` says that `signal` is ignored.
fn ignores(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_which_signals_are_ignored() {
        let status = "Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\nSigCgt:\tffffffffffffffff\n";
        assert!(ignores(status, 1) && ignores(status, 13));
        assert!(!ignores(status, 2) && !ignores(status, 15) && !ignores("", 1));
    }
}
