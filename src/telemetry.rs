//! The log: to standard error, as text or as JSON.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Starts logging what passes `filter`. Called once, by the process and not by a library's user.
pub fn start(filter: &str, json: bool) {
    let builder = fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        // A log that nobody reads any more must not stop the server.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal());
    if json {
        builder.json().flatten_event(true).init();
    } else {
        builder.init();
    }
}
