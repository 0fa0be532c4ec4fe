//! The machine, and what it allows this process. The limits of a server that runs elsewhere, such as in a service,
//! are its own.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;
use rustix::process::{Resource, geteuid, getrlimit};
use rustix::system::uname;

use super::{Fact, known, unknown};
use crate::cli::support::output::shown;

const CGROUPS: &str = "/sys/fs/cgroup";
/// Which of a control group's limits are shown.
const CGROUP_LIMITS: [&str; 4] = ["memory.max", "memory.current", "cpu.max", "pids.max"];

pub fn facts(data_dir: Option<&Path>) -> Vec<Fact> {
    let kernel = uname();
    let files = getrlimit(Resource::Nofile);
    let limit = |limit: Option<u64>| limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string());
    let mut facts = vec![
        os(),
        known("kernel", format_args!("{} {}", kernel.sysname().to_string_lossy(), kernel.release().to_string_lossy())),
        known("processors", std::thread::available_parallelism().map_or(0, usize::from)),
        known("user", geteuid().as_raw()),
        known("open files", format_args!("{}, at most {}", limit(files.current), limit(files.maximum))),
        memory(),
    ];
    facts.extend(control_group());
    facts.extend(data_dir.map(free_space));
    facts
}

fn os() -> Fact {
    let release = read("/etc/os-release");
    let name = release.map(|text| {
        let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
        name.unwrap_or("without a name").trim_matches('"').to_owned()
    });
    ("system".to_owned(), name)
}

fn memory() -> Fact {
    let memory = read("/proc/meminfo").map(|text| {
        let kib = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_suffix("kB")?.trim().parse().ok());
            value.map_or_else(|| "?".to_owned(), |kib: i64| mebibytes(kib * 1024))
        };
        format!("{}, available {}", kib("MemTotal:"), kib("MemAvailable:"))
    });
    ("memory".to_owned(), memory)
}

/// The limits of this process's control group, as far as it sees them.
fn control_group() -> Vec<Fact> {
    let own = match read("/proc/self/cgroup") {
        Ok(groups) => groups.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default().to_owned(),
        Err(error) => return vec![unknown("control group", error)],
    };
    // Inside a container the folder is its own already.
    let folders = [Path::new(CGROUPS).join(own), PathBuf::from(CGROUPS)];
    let value = |name: &str| folders.iter().find_map(|folder| fs::read_to_string(folder.join(name)).ok());
    let facts: Vec<Fact> =
        CGROUP_LIMITS.iter().filter_map(|name| Some(known(&format!("cgroup {name}"), value(name)?.trim()))).collect();
    if facts.is_empty() { vec![unknown("control group", format_args!("no limits in {CGROUPS}"))] } else { facts }
}

/// Of the file system on which `DATA_DIR` is, or will be.
fn free_space(data_dir: &Path) -> Fact {
    let name = format!("free space for {}", shown(data_dir));
    let path = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    match path.ancestors().find_map(|path| statvfs(path).ok()) {
        Some(space) => known(&name, mebibytes((space.f_bavail * space.f_frsize) as i64)),
        None => unknown(&name, "the system does not say"),
    }
}

/// Size and mode of each of `files`.
pub fn files(files: &[PathBuf]) -> impl Iterator<Item = Fact> {
    files.iter().map(|file| match file.metadata() {
        Ok(found) => known(
            &shown(file),
            format_args!("{}, mode {:04o}, user {}", mebibytes(found.len() as i64), found.mode() & 0o7777, found.uid()),
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => known(&shown(file), "not there"),
        Err(error) => unknown(&shown(file), error),
    })
}

pub fn mebibytes(bytes: i64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1024.0 / 1024.0)
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}
