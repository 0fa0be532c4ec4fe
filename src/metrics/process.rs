//! What the system says of this process, under the names that all exporters have.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use rustix::param::page_size;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

#[derive(Default)]
pub(super) struct Process {
    cpu_seconds: Counter<f64, AtomicU64>,
    resident_bytes: Gauge,
    virtual_bytes: Gauge,
    open_files: Gauge,
}

impl Process {
    /// Registers what [`Process::look`] will find, and what does not change.
    pub fn register(registry: &mut Registry) -> Self {
        let process = Self::default();
        let (started, max_files) = (Gauge::<f64, AtomicU64>::default(), Gauge::<i64>::default());
        started.set(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()));
        max_files.set(getrlimit(Resource::Nofile).current.map_or(i64::MAX, |limit| limit as i64));
        let registry = registry.sub_registry_with_prefix("process");
        registry.register_with_unit("cpu", "Processor time spent", Unit::Seconds, process.cpu_seconds.clone());
        registry.register_with_unit("resident_memory", "Memory in use", Unit::Bytes, process.resident_bytes.clone());
        registry.register_with_unit("virtual_memory", "Memory addressed", Unit::Bytes, process.virtual_bytes.clone());
        registry.register("open_fds", "Open files and connections", process.open_files.clone());
        registry.register("max_fds", "Most files and connections that may be open", max_files);
        registry.register_with_unit("start_time", "When it started, since 1970", Unit::Seconds, started);
        process
    }

    /// Asks the system. What it does not say stays as it was.
    pub fn look(&self) {
        let spent = clock_gettime(ClockId::ProcessCPUTime);
        let spent = spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9;
        self.cpu_seconds.inner().store(spent.to_bits(), Ordering::Relaxed);
        let sizes = fs::read_to_string("/proc/self/statm").unwrap_or_default();
        for (gauge, pages) in [&self.virtual_bytes, &self.resident_bytes].into_iter().zip(sizes.split(' ')) {
            if let Ok(pages) = pages.parse::<i64>() {
                gauge.set(pages * page_size() as i64);
            }
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            // Without the one that reads the folder.
            self.open_files.set(files.count() as i64 - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text::encode;

    use super::*;

    #[test]
    fn the_system_is_asked_for_what_changes() {
        let mut registry = Registry::default();
        let process = Process::register(&mut registry);
        process.look();
        let mut page = String::new();
        encode(&mut page, &registry).unwrap();
        for name in [
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_virtual_memory_bytes",
            "process_open_fds",
            "process_max_fds",
            "process_start_time_seconds",
        ] {
            let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse::<f64>().ok());
            assert!(value.is_some_and(|value| value > 0.0), "{name} in\n{page}");
        }
    }
}
