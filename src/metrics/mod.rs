//! What a server counts, for Prometheus. It knows none of the other rooms: they say what happened.
//!
//! Every label has a closed set of values: nothing that a client sends becomes one.

mod labels;
mod process;

use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

pub use self::labels::{ChangeOutcome, LimitName, LineRank, LoginOutcome, Method};
use self::labels::{Closed, Counters};
use self::process::Process;

/// What [`Metrics::page`] is written in.
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// Which source the program was built from, where whoever built it said so: `release/run` and the Dockerfile do.
pub const COMMIT: &str = match option_env!("CITRUS_STATUS_COMMIT") {
    Some(commit) if !commit.is_empty() => commit,
    _ => "unknown",
};
/// With which of cargo's profiles it was built.
pub const PROFILE: &str = if cfg!(debug_assertions) { "debug" } else { "release" };

/// The status of a request whose client left before its answer, as nginx has it.
const CLIENT_LEFT: u16 = 499;

/// Upper bounds of the durations of requests, in seconds.
const REQUEST_SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// The same for commits, which have 3 s.
const COMMIT_SECONDS: [f64; 12] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 3.0];

/// The counters of one server.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    changes: Counters<ChangeOutcome>,
    batch_size: Histogram,
    commit_seconds: Histogram,
    logins: Counters<LoginOutcome>,
    throttled: Counters<LimitName>,
    ready: Gauge,
    waiting: Gauge,
    queue_capacity: Gauge,
    connections: Family<ConnectionLabels, Gauge>,
    connections_max: Family<PoolLabels, Gauge>,
    lines_dropped: Counters<LineRank>,
    process: Process,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: Arc<str>,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: Arc<str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ConnectionLabels {
    pool: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PoolLabels {
    pool: &'static str,
}

/// What is not counted as it happens, but looked at when somebody asks.
pub struct Now {
    /// Status changes that wait.
    pub waiting: usize,
    pub queue_capacity: usize,
    pub pools: Vec<Pool>,
    /// Log lines that were dropped since the start: ordinary ones, and of the audit log.
    pub lines_dropped: [u64; 2],
}

/// Some connections to the database.
pub struct Pool {
    /// What they are for.
    pub name: &'static str,
    pub open: usize,
    pub idle: usize,
    pub max: usize,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let process = Process::register(&mut registry);
        let metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| Histogram::new(REQUEST_SECONDS)),
            in_flight: Gauge::default(),
            changes: Counters::default(),
            // Up to 128: the change queue takes 96 at once.
            batch_size: Histogram::new(exponential_buckets(1.0, 2.0, 8)),
            commit_seconds: Histogram::new(COMMIT_SECONDS),
            logins: Counters::default(),
            throttled: Counters::default(),
            ready: Gauge::default(),
            waiting: Gauge::default(),
            queue_capacity: Gauge::default(),
            connections: Family::default(),
            connections_max: Family::default(),
            lines_dropped: Counters::default(),
            process,
        };
        metrics.register(registry.sub_registry_with_prefix("citrus_status"));
        Self { registry, ..metrics }
    }
}

impl Metrics {
    fn register(&self, registry: &mut Registry) {
        let build = [("version", env!("CARGO_PKG_VERSION")), ("commit", COMMIT), ("profile", PROFILE)];
        let build_info = Family::<[(&str, &str); 3], Gauge>::default();
        build_info.get_or_create(&build).set(1);
        registry.register("build_info", "What is running; always 1", build_info);
        registry.register(
            "http_requests",
            "Requests answered, by route and status; 499 where the client left before its answer",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to the head of its answer",
            Unit::Seconds,
            self.request_seconds.clone(),
        );
        registry.register("http_requests_in_flight", "Requests being answered", self.in_flight.clone());
        registry.register("changes", "Status changes that ended, by outcome", self.changes.family());
        registry.register("change_batch_size", "Status changes written in one commit", self.batch_size.clone());
        registry.register_with_unit(
            "change_commit_duration",
            "Time to write a batch of status changes durably",
            Unit::Seconds,
            self.commit_seconds.clone(),
        );
        registry.register(
            "ready",
            "Whether the server could do its work when it last looked, every few seconds: 1 or 0",
            self.ready.clone(),
        );
        registry.register(
            "change_queue_waiting",
            "Status changes waiting, for their first turn, or for another because something was locked",
            self.waiting.clone(),
        );
        registry.register(
            "change_queue_capacity",
            "Most status changes that can wait for their first turn",
            self.queue_capacity.clone(),
        );
        registry.register("logins", "Logins that ended, by outcome", self.logins.family());
        registry.register(
            "login_throttled",
            "Logins refused, by the limit that was exhausted",
            self.throttled.family(),
        );
        registry.register(
            "database_connections",
            "Open connections to the database: those of the change queue, and those for all other requests",
            self.connections.clone(),
        );
        registry.register(
            "database_connections_max",
            "Most connections to the database that may be open",
            self.connections_max.clone(),
        );
        registry.register(
            "log_lines_dropped",
            "Log lines dropped because nobody read the log",
            self.lines_dropped.family(),
        );
    }

    /// Begins to watch a request, which ends when the guard is dropped.
    pub fn request(self: &Arc<Self>, method: Method, route: Arc<str>) -> RequestGuard {
        self.in_flight.inc();
        RequestGuard { metrics: Arc::clone(self), began: Instant::now(), method, route, status: CLIENT_LEFT }
    }

    /// Notes whether the server can do its work.
    pub fn ready(&self, is_ready: bool) {
        self.ready.set(is_ready.into());
    }

    /// Counts a change that ended.
    pub fn change(&self, outcome: ChangeOutcome) {
        self.changes.inc(outcome);
    }

    /// Counts a commit that was tried, and so many changes that it made.
    pub fn commit(&self, changes: usize, took: Duration) {
        if changes > 0 {
            self.batch_size.observe(changes as f64);
        }
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// Counts a login that ended.
    pub fn login(&self, outcome: LoginOutcome) {
        self.logins.inc(outcome);
    }

    /// How many logins came to this, since the start.
    pub fn logins(&self, outcome: LoginOutcome) -> u64 {
        self.logins.get(outcome)
    }

    /// Counts a limit that refused a login.
    pub fn throttled(&self, limit: LimitName) {
        self.throttled.inc(limit);
    }

    /// All of it, as Prometheus reads it.
    pub fn page(&self, now: &Now) -> String {
        self.waiting.set(now.waiting as i64);
        self.queue_capacity.set(now.queue_capacity as i64);
        for pool in &now.pools {
            let busy = pool.open.saturating_sub(pool.idle);
            for (state, connections) in [("busy", busy), ("idle", pool.idle)] {
                let labels = ConnectionLabels { pool: pool.name, state };
                self.connections.get_or_create(&labels).set(connections as i64);
            }
            self.connections_max.get_or_create(&PoolLabels { pool: pool.name }).set(pool.max as i64);
        }
        for (rank, lines) in LineRank::ALL.iter().zip(now.lines_dropped) {
            self.lines_dropped.set(*rank, lines);
        }
        self.process.look();
        let mut page = String::new();
        prometheus_text::encode(&mut page, &self.registry).expect("a text takes what is written to it");
        page
    }
}

/// A request under way.
pub struct RequestGuard {
    metrics: Arc<Metrics>,
    began: Instant,
    method: Method,
    route: Arc<str>,
    status: u16,
}

impl RequestGuard {
    /// Notes the status of the answer.
    pub fn answered(&mut self, status: u16) {
        self.status = status;
    }

    pub fn method(&self) -> &'static str {
        self.method.name()
    }

    pub fn route(&self) -> &str {
        &self.route
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn took(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let Self { metrics, method, route, status, .. } = self;
        metrics.in_flight.dec();
        let (method, route) = (method.name(), Arc::clone(route));
        let labels = RouteLabels { method, route };
        metrics.request_seconds.get_or_create(&labels).observe(self.began.elapsed().as_secs_f64());
        let RouteLabels { method, route } = labels;
        metrics.requests.get_or_create(&RequestLabels { method, route, status: *status }).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(metrics: &Metrics) -> String {
        let pool = Pool { name: "requests", open: 3, idle: 1, max: 8 };
        metrics.page(&Now { waiting: 5, queue_capacity: 4096, pools: vec![pool], lines_dropped: [7, 2] })
    }

    #[track_caller]
    fn has(page: &str, line: &str) {
        assert!(page.lines().any(|other| other == line), "{line} is not in\n{page}");
    }

    #[test]
    fn what_is_looked_at_is_on_the_page() {
        let page = page(&Metrics::default());
        for line in [
            "citrus_status_change_queue_waiting 5",
            "citrus_status_change_queue_capacity 4096",
            r#"citrus_status_database_connections{pool="requests",state="busy"} 2"#,
            r#"citrus_status_database_connections{pool="requests",state="idle"} 1"#,
            r#"citrus_status_database_connections_max{pool="requests"} 8"#,
            r#"citrus_status_log_lines_dropped_total{rank="ordinary"} 7"#,
            r#"citrus_status_log_lines_dropped_total{rank="audit"} 2"#,
        ] {
            has(&page, line);
        }
    }

    #[test]
    fn outcomes_are_there_before_they_happen() {
        let page = page(&Metrics::default());
        has(&page, r#"citrus_status_changes_total{outcome="made"} 0"#);
        has(&page, r#"citrus_status_logins_total{outcome="throttled"} 0"#);
        has(&page, r#"citrus_status_login_throttled_total{limit="pair"} 0"#);
    }

    #[test]
    fn a_request_counts_when_it_ends_and_whose_client_left_too() {
        let metrics = Arc::new(Metrics::default());
        let mut first = metrics.request(Method::Get, "/a".into());
        let second = metrics.request(Method::Other, "/a".into());
        has(&page(&metrics), "citrus_status_http_requests_in_flight 2");
        first.answered(200);
        drop(first);
        drop(second);
        let page = page(&metrics);
        has(&page, "citrus_status_http_requests_in_flight 0");
        has(&page, r#"citrus_status_http_requests_total{method="GET",route="/a",status="200"} 1"#);
        has(&page, r#"citrus_status_http_requests_total{method="other",route="/a",status="499"} 1"#);
        has(&page, r#"citrus_status_http_request_duration_seconds_count{method="GET",route="/a"} 1"#);
    }

    #[test]
    fn a_commit_counts_its_changes_and_its_time() {
        let metrics = Metrics::default();
        metrics.commit(3, Duration::from_millis(4));
        let page = page(&metrics);
        for line in [
            r#"citrus_status_change_batch_size_bucket{le="2"} 0"#,
            r#"citrus_status_change_batch_size_bucket{le="4"} 1"#,
            r#"citrus_status_change_commit_duration_seconds_bucket{le="0.0025"} 0"#,
            r#"citrus_status_change_commit_duration_seconds_bucket{le="0.005"} 1"#,
        ] {
            has(&page, line);
        }
    }
}
