//! How many files the process may have open, connections included.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// Files that are open besides the connections of clients: the database's, the log, the runtime's own.
const OTHERS: u64 = 64;

/// Raises the soft limit of open files to the hard one, which the system leaves to each program, and warns where that
/// is too few for `MAX_CONNECTIONS`.
pub fn raise_limit(config: &Config) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let current = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    let wanted = config.http.server.max_connections as u64 + OTHERS;
    if let Some(limit) = current.filter(|limit| *limit < wanted) {
        tracing::warn!(
            limit,
            wanted,
            "MAX_CONNECTIONS needs more open files than the system allows; raise the hard limit (LimitNOFILE= in \
             systemd, --ulimit nofile= in Docker), or lower MAX_CONNECTIONS"
        );
    }
}
