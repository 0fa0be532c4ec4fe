//! A server of the same settings, if one runs: whether it is ready, and what it counts at the moment.

use super::{Fact, asked, known, unknown};
use crate::cli::probe::Endpoint;
use crate::config::Flags;

/// The metrics that are a state, not a sum since the start.
const STATES: [&str; 9] = [
    "citrus_status_build_info",
    "citrus_status_ready",
    "citrus_status_http_requests_in_flight",
    "citrus_status_change_queue_",
    "citrus_status_database_connections",
    "citrus_status_log_lines_dropped_total",
    "process_open_fds",
    "process_max_fds",
    "process_resident_memory_bytes",
];

pub async fn facts(flags: &Flags, metrics: Option<String>) -> Vec<Fact> {
    let mut facts = vec![match Endpoint::of_settings(flags) {
        Ok(endpoint) => ("GET /health/ready".to_owned(), asked(endpoint.status_line()).await),
        Err(error) => unknown("GET /health/ready", error),
    }];
    match metrics {
        Some(address) => facts.extend(states(&Endpoint { authority: address, path: "/metrics".to_owned() }).await),
        None => facts.push(known("metrics", "METRICS_ADDR is not set")),
    }
    facts
}

async fn states(endpoint: &Endpoint) -> Vec<Fact> {
    match asked(endpoint.get()).await {
        Ok(answer) => {
            let lines = answer.lines().filter(|line| STATES.iter().any(|name| line.starts_with(name)));
            lines.filter_map(|line| line.rsplit_once(' ')).map(|(name, value)| known(name, value)).collect()
        }
        Err(error) => vec![unknown("metrics", error)],
    }
}
