//! Writes the manual pages and the completions of shells, for `release/run`. The server has no use for them, so they
//! are not a part of it.

#[path = "manual.rs"]
mod manual;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use citrus_status::cli::Cli;
use clap::CommandFactory;
use clap_complete::Shell;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, date] = &arguments[..] else {
        eprintln!("usage: cargo run --example release-pages -- FOLDER DATE\n\nExample: /tmp/pages 2026-11-28");
        return ExitCode::from(2);
    };
    match write(Path::new(folder), date) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: the pages can't be written to {folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path, date: &str) -> io::Result<()> {
    let [man, completions] = ["man", "completions"].map(|name| folder.join(name));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    for page in manual::pages(Cli::command(), date) {
        fs::write(man.join(page.file), page.text)?;
    }
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut Cli::command(), "citrus-status", &completions)?;
    }
    // clap_complete 4.6.11 calls a program with a hyphen by two names in there, and so completes none of its commands.
    let bash = completions.join("citrus-status.bash");
    fs::write(&bash, fs::read_to_string(&bash)?.replace("citrus__subcmd__status", "citrus__status"))
}
