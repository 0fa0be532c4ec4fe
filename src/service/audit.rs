//! Who the audit trail names, and how its entries tell of things.

use nix::unistd::{User, geteuid};
use rustix::system::uname;
use serde_json::Value;

use crate::domain::audit::{Action, Actor, Entry, Object};
use crate::domain::text::first;

/// Longest name of a person, a host or a file in an entry, in characters.
const NAME_MAX: usize = 255;

/// Who runs this process: its user of the operating system, the person behind `sudo` if it names one, and its host.
pub fn command_line() -> Actor {
    let id = geteuid();
    let user = User::from_uid(id).ok().flatten().map(|user| user.name);
    let user = user.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("uid {id}"));
    let behind = std::env::var("SUDO_USER").ok().filter(|name| !name.is_empty());
    let place = Some(bounded(&uname().nodename().to_string_lossy())).filter(|place| !place.is_empty());
    Actor::Command {
        name: bounded(&name_of(&user, behind.as_deref())),
        place: place.unwrap_or_else(|| "unknown".to_owned()),
    }
}

/// `behind`, whom the environment names, is no proof, and it is said only beside the user of the process.
fn name_of(user: &str, behind: Option<&str>) -> String {
    match behind {
        Some(behind) if behind != user => format!("{user} (sudo: {behind})"),
        _ => user.to_owned(),
    }
}

/// The beginning of `text`, without what the database can't store.
fn bounded(text: &str) -> String {
    first(text, NAME_MAX).replace('\0', "")
}

/// An entry about something with a name.
pub(super) fn named(action: Action, name: &str, before: Option<Value>, after: Option<Value>) -> Entry {
    entry(action, Object::Named(bounded(name)), before, after)
}

/// An entry about a user.
pub(super) fn of_usuario(action: Action, usuario_id: i64, before: Option<Value>, after: Option<Value>) -> Entry {
    entry(action, Object::Usuario(usuario_id), before, after)
}

/// What an entry tells of before or since; what another program has written need not be JSON.
pub fn told(text: Option<String>) -> Value {
    text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn entry(action: Action, object: Object, before: Option<Value>, after: Option<Value>) -> Entry {
    let text = |value: Option<Value>| value.map(|value| value.to_string());
    Entry { action, object, before: text(before), after: text(after) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_run_by_somebody_somewhere() {
        let actor = command_line();
        assert!(actor.name().is_some_and(|name| !name.is_empty()) && !actor.place().is_empty(), "{actor:?}");
    }

    #[test]
    fn the_person_behind_sudo_is_named_beside_the_user() {
        assert_eq!(name_of("citrus", Some("ana")), "citrus (sudo: ana)");
        assert_eq!(name_of("ana", Some("ana")), "ana");
        assert_eq!(name_of("root", None), "root");
    }

    #[test]
    fn names_are_bounded() {
        assert_eq!(bounded(&"é".repeat(300)).chars().count(), NAME_MAX);
        assert_eq!(bounded("a\0b"), "ab");
    }
}
