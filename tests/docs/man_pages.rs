//! The manual pages of a release. `tests/release/run` reads them with `man`.

use std::collections::BTreeMap;

use citrus_status::cli::Cli;
use clap::{Command, CommandFactory};

#[path = "../../release/manual.rs"]
mod manual;

/// The page of each command, and the command's short description.
fn commands(command: &Command, name: &str) -> BTreeMap<String, String> {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let below = command.get_subcommands().flat_map(|below| commands(below, &format!("{name}-{}", below.get_name())));
    below.chain([(name.to_owned(), about)]).collect()
}

/// The text under a heading, without what steers roff.
fn section(page: &str, heading: &str) -> String {
    let (_, rest) = page.split_once(&format!("\n.SH {heading}\n")).unwrap_or_default();
    let lines = rest.lines().take_while(|line| !line.starts_with(".SH")).filter(|line| !line.starts_with('.'));
    lines.collect::<Vec<_>>().join("\n").replace('\\', "")
}

#[test]
fn each_command_has_a_page_that_describes_it() {
    let pages = manual::pages(Cli::command(), "2026-11-28");
    let pages: BTreeMap<_, _> = pages.into_iter().map(|page| (page.file.replace(".1", ""), page.text)).collect();
    let commands = commands(&Cli::command(), "citrus-status");
    assert_eq!(pages.keys().collect::<Vec<_>>(), commands.keys().collect::<Vec<_>>());
    assert!(commands.len() > 30, "{} commands were found", commands.len());
    for ((name, page), about) in pages.iter().zip(commands.values()) {
        let title = page.lines().find(|line| line.starts_with(".TH")).unwrap_or_default();
        assert!(title.contains("2026-11-28") && title.contains(env!("CARGO_PKG_VERSION")), "{name}: {title}");
        assert!(!about.is_empty() && section(page, "NAME").starts_with(&format!("{name} - ")), "{page}");
        assert!(!section(page, "DESCRIPTION").is_empty(), "{page}");
        let examples = section(page, "EXAMPLES");
        assert!(examples.contains("citrus-status") && !examples.contains("Example"), "{page}");
        assert!(!page.contains("\n.SH EXTRA"), "the examples of {name} stand twice");
    }
}
