//! The manual pages, made from the help texts of the command line.

use std::iter::once;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

/// A manual page.
pub struct Page {
    /// The name of its file, such as `citrus-status-serve.1`.
    pub file: String,
    /// In roff.
    pub text: String,
}

/// A page for `root` and for each command below it. `date` is the day of the release, such as 2026-11-28.
pub fn pages(root: Command, date: &str) -> Vec<Page> {
    let mut root = root.disable_help_subcommand(true);
    root.build();
    let source = format!("{} {}", root.get_name(), root.get_version().unwrap_or_default());
    with_commands_below(&root).into_iter().map(|command| page(command, &source, date)).collect()
}

fn with_commands_below(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|below| !below.is_hide_set()).flat_map(with_commands_below);
    once(command).chain(below).collect()
}

/// clap's page, but for the examples: it would set them as one paragraph.
fn page(command: &Command, source: &str, date: &str) -> Page {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let headings = ["Examples:\n", "Example:\n"];
    let (notes, examples) = headings.iter().find_map(|heading| help.split_once(heading)).unwrap_or((&help, ""));
    let command =
        command.clone().long_about(format!("{about}\n\n{notes}").trim_end().to_owned()).after_help(None::<&str>);
    let man = Man::new(command).source(source).manual("citrus-status").date(date);
    let mut text = Vec::new();
    man.render(&mut text).expect("memory takes it");
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]).control("EX", []);
    examples.lines().for_each(|line| _ = roff.text([roman(line.trim_start())]));
    roff.control("EE", []).to_writer(&mut text).expect("memory takes it");
    Page { file: man.get_filename(), text: String::from_utf8(text).expect("the help is UTF-8") }
}
