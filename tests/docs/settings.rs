//! `docs/SETTINGS.md` and `.env.example`, which are made from the rows of the settings.

use std::fmt::Write;

use citrus_status::config::settings::{SETTINGS, Setting};

use super::generated::{is_current, read, with_part};

const PAGE: &str = "docs/SETTINGS.md";

const EXAMPLE_HEAD: &str = "\
# Settings of citrus-status. Copy to .env and uncomment what you change.
# Flags have precedence over the environment, the environment over this file.
# A secret may come from a file instead: DATABASE_URL_FILE, DATABASE_PASSWORD_FILE, JWT_SECRET_FILE,
# JWT_ACCEPTED_SECRETS_FILE. docs/SETTINGS.md has all settings with their values.
";
const EXAMPLE_TAIL: &str = "
## For docker-compose.yml alone

# Address and port of the host.
#CITRUS_PUBLISH=127.0.0.1:8080

# The first three numbers of the containers' network.
#CITRUS_NETWORK=172.30.80

# The server's memory. LOGIN_CONCURRENCY, which is 2 there, needs 19 MiB each.
#CITRUS_MEMORY=512m
";
/// The longest line of a comment, in characters.
const WIDTH: usize = 100;

/// The settings by section, in their order.
fn sections() -> impl Iterator<Item = (&'static str, &'static [&'static Setting])> {
    SETTINGS.chunk_by(|a, b| a.section == b.section).map(|settings| (settings[0].section, settings))
}

fn tables() -> String {
    let mut text = String::new();
    for (section, settings) in sections() {
        write!(text, "## {section}\n\n| setting | default | values | meaning |\n|---|---|---|---|\n").unwrap();
        for setting in settings {
            let default = Some(setting.default).filter(|default| !default.is_empty());
            let default = default.map(|default| format!("`{default}`")).unwrap_or_default();
            let unit = Some(setting.kind.unit()).filter(|unit| !unit.is_empty());
            let unit = unit.map(|unit| format!(", in {unit}")).unwrap_or_default();
            let secret = if setting.kind.is_secret() { " Secret." } else { "" };
            let (name, values, help) = (setting.name, setting.kind.values(), setting.help);
            writeln!(text, "| `{name}` | {default} | {values}{unit} | {help}{secret} |").unwrap();
        }
        text.push('\n');
    }
    text
}

/// `text` as comments.
fn commented(text: &str) -> String {
    let mut lines = vec!["#".to_owned()];
    for word in text.split(' ') {
        if lines.last().unwrap().chars().count() + word.chars().count() >= WIDTH {
            lines.push("#".to_owned());
        }
        let line = lines.last_mut().unwrap();
        line.push(' ');
        line.push_str(word);
    }
    lines.join("\n")
}

#[test]
fn the_page_has_every_setting() {
    is_current(PAGE, &with_part(&read(PAGE), "settings", &(tables().trim_end().to_owned() + "\n")));
}

#[test]
fn the_example_file_has_every_setting() {
    let mut text = EXAMPLE_HEAD.to_owned();
    for (section, settings) in sections() {
        write!(text, "\n## {section}\n").unwrap();
        for Setting { name, default, help, .. } in settings {
            write!(text, "\n{}\n#{name}={default}\n", commented(help)).unwrap();
        }
    }
    is_current(".env.example", &(text + EXAMPLE_TAIL));
}
