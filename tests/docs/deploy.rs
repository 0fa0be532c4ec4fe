//! What the files in `deploy/` say of the server: its settings, its routes, and how long its stop takes.

use std::fs;
use std::path::{Path, PathBuf};

use citrus_status::config::settings::{SHUTDOWN_TIMEOUT_SECONDS, setting};
use citrus_status::http::routes;
use serde_json::Value;

use super::generated::read;

/// The files in the folder `name` of `deploy/`, with their texts.
fn files(name: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// Names and values of the variables that `text` sets: `NAME=value` or `NAME: value`, in systemd's `Environment=` or
/// not, and commented out or not.
fn variables(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let line = line.trim_start_matches(['#', ' ', '-']);
        let line = line.strip_prefix("Environment=").or(line.strip_prefix("name: ")).unwrap_or(line);
        let end = line.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let value = rest.strip_prefix(['=', ':']).or(Some(rest).filter(|rest| rest.is_empty()))?;
        (name.len() > 3).then_some((name, value.trim().trim_matches('"')))
    })
}

#[test]
fn every_variable_is_a_setting() {
    for (folder, least) in [("kubernetes", 10), ("systemd", 4)] {
        let mut count = 0;
        for (path, text) in files(folder) {
            for (name, _) in variables(&text) {
                let of_file = name.strip_suffix("_FILE").and_then(setting).filter(|setting| setting.kind.is_secret());
                assert!(setting(name).or(of_file).is_some(), "{} sets {name}, which is no setting", path.display());
                count += 1;
            }
        }
        assert!(count >= least, "{count} variables were found in deploy/{folder}");
    }
}

/// systemd reads some lines of a file otherwise than the server does, and what it sets hides the file from the server
/// alone: commands would work on another database.
#[test]
fn the_unit_leaves_the_settings_to_the_server() {
    let unit = read("deploy/systemd/citrus-status.service");
    let sets: Vec<&str> = unit.lines().filter(|line| line.starts_with("Environment")).collect();
    assert_eq!(sets, [""; 0]);
    assert!(unit.lines().any(|line| line == "WorkingDirectory=/etc/citrus-status"), "{unit}");
}

#[test]
fn every_probe_asks_a_route() {
    let document: Value = serde_json::from_str(&routes::openapi_text(None)).unwrap();
    let text = read("deploy/kubernetes/deployment.yaml");
    let asked: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("httpGet: {path: ")).collect();
    assert_eq!(asked.len(), 3, "{asked:?}");
    for probe in asked {
        let path = probe.split(',').next().unwrap();
        assert!(document["paths"][path]["get"].is_object(), "{path} is no route");
    }
}

/// As `docs/OPERATIONS.md` counts it: the delay, the requests, the queue, and 4 s for the ends of connections.
#[test]
fn a_pod_has_time_for_a_stop() {
    let settings = read("deploy/kubernetes/settings.yaml");
    let (_, delay) = variables(&settings).find(|(name, _)| *name == "SHUTDOWN_DELAY_SECONDS").unwrap();
    let deployment = read("deploy/kubernetes/deployment.yaml");
    let grace = deployment.lines().find_map(|line| line.trim().strip_prefix("terminationGracePeriodSeconds: "));
    let number = |text: &str| text.parse::<u64>().unwrap();
    let longest = number(delay) + 2 * number(SHUTDOWN_TIMEOUT_SECONDS.default) + 4;
    assert!(number(grace.unwrap()) > longest, "a stop may take {longest} s");
}

/// The database is not in what `live` asks: restarting a pod or a container would not bring it back.
#[test]
fn no_pod_is_restarted_because_its_database_is_away() {
    let deployment = read("deploy/kubernetes/deployment.yaml");
    let (_, rest) = deployment.split_once("livenessProbe:").unwrap();
    assert!(rest.lines().nth(1).unwrap().contains("/health/live"), "{rest}");
}
