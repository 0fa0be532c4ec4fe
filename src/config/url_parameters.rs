//! The parameters of a PostgreSQL URL in `DATABASE_URL`.

use std::str::FromStr;

use sqlx::postgres::PgSslMode;
use url::Url;

use crate::domain::text::nearest;
use crate::printable::printable;

pub(super) const MODES: &str = "disable, allow, prefer, require, verify-ca or verify-full";

/// What `target_session_attrs` may be. With one host, `any` asks for nothing.
const SESSIONS: [&str; 3] = ["read-write", "primary", "any"];

/// The parameters of a PostgreSQL URL, each with the other spellings that the driver takes for the same. What is not
/// here the driver would ignore.
const PARAMETERS: [(&str, &[&str]); 13] = [
    ("sslmode", &["ssl-mode"]),
    ("sslrootcert", &["ssl-root-cert", "ssl-ca"]),
    ("sslcert", &["ssl-cert"]),
    ("sslkey", &["ssl-key"]),
    ("host", &["hostaddr"]),
    ("port", &[]),
    ("target_session_attrs", &[]),
    ("dbname", &[]),
    ("user", &[]),
    ("password", &[]),
    ("application_name", &[]),
    ("options", &[]),
    ("statement-cache-capacity", &[]),
];

/// What others call the same, without `-`, `_` and capitals, and what it is here.
const ELSEWHERE: [(&[&str], &str); 8] = [
    (&["ssl", "tls", "usessl", "requiressl", "sslrequire"], "sslmode=require, or sslmode=verify-full"),
    (&["schema", "currentschema", "searchpath"], "options=-c%20search_path%3DNAME"),
    (&["sslca", "cacert", "sslrootcertificate"], "sslrootcert"),
    (&["username", "login", "role"], "user"),
    (&["database", "db", "databasename"], "dbname"),
    (&["pass", "passwd", "pwd"], "password"),
    (&["hostname", "server", "socket"], "host"),
    (&["targetsessionattrs", "targetservertype"], "target_session_attrs=read-write"),
];

/// The parameter that `name` is a spelling of. `options[NAME]` is one for each NAME.
pub(super) fn canonical(name: &str) -> Option<&str> {
    let known = PARAMETERS.iter().find(|(parameter, spellings)| name == *parameter || spellings.contains(&name));
    known.map(|(parameter, _)| *parameter).or_else(|| is_one_option(name).then_some(name))
}

fn is_one_option(name: &str) -> bool {
    name.strip_prefix("options[").and_then(|rest| rest.strip_suffix(']')).is_some_and(|option| !option.is_empty())
}

/// Refuses what the driver would ignore, or take in another sense than was meant. Values are never repeated.
pub(super) fn check(url: &Url) -> Result<(), String> {
    let without_value = |pair: &str| !pair.is_empty() && !pair.contains('=');
    if url.query().unwrap_or_default().split('&').any(without_value) {
        let escape = "a & in a value has to be percent-encoded, as %26";
        return Err(format!("DATABASE_URL: a parameter is not NAME=value; {escape}"));
    }
    let (mut complaints, mut seen) = (Vec::new(), Vec::new());
    for (name, value) in url.query_pairs() {
        let Some(parameter) = canonical(&name).map(str::to_owned) else {
            complaints.push(unknown(&name));
            continue;
        };
        if seen.contains(&parameter) {
            complaints.push(format!("{parameter} appears twice; keep one"));
        }
        complaints.extend(wrong_value(&parameter, &value));
        seen.push(parameter);
    }
    let lines: Vec<_> = complaints.iter().map(|complaint| format!("DATABASE_URL: {complaint}")).collect();
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
}

fn wrong_value(parameter: &str, value: &str) -> Option<String> {
    match parameter {
        "sslmode" if PgSslMode::from_str(value).is_err() => Some(format!("{parameter} has to be {MODES}")),
        "port" if value.split(',').any(|port| port.parse::<u16>().is_err()) => {
            Some(format!("{parameter} has to be a number up to 65535"))
        }
        "target_session_attrs" if !SESSIONS.contains(&value) => {
            Some(format!("{parameter} has to be read-write or primary, which mean the same here: the server writes"))
        }
        _ if value.is_empty() => Some(format!("{parameter} has no value")),
        _ => None,
    }
}

/// What to say of a parameter that is none.
fn unknown(name: &str) -> String {
    let bare = bare(name);
    let elsewhere = || ELSEWHERE.iter().find(|(names, _)| names.contains(&bare.as_str())).map(|(_, meant)| *meant);
    let nearest = || nearest(name, PARAMETERS.iter().map(|(name, _)| *name));
    // Part of a password with a bare & may stand here: what is no name is not repeated.
    let shown = if is_name(name) { printable(name) } else { "one of its parameters".into() };
    if let Some(meant) = elsewhere().or_else(nearest) {
        format!("{shown} is not a parameter; did you mean {meant}?")
    } else {
        let known: Vec<_> = PARAMETERS.iter().map(|(name, _)| *name).collect();
        format!("{shown} is not a parameter; there are {}", known.join(", "))
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.[]".contains(c))
}

/// `name` in small letters, without what stands between words.
fn bare(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '_', '.'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(url: &str) -> String {
        check(&Url::parse(url).unwrap()).err().unwrap_or_else(|| panic!("{url} should be refused"))
    }

    #[test]
    fn a_parameter_that_is_none_is_refused_by_name_with_the_near_one() {
        for (parameter, meant) in [
            ("sslMode=verify-full", "sslMode is not a parameter; did you mean sslmode?"),
            ("SSLMODE=verify-full", "SSLMODE is not a parameter; did you mean sslmode?"),
            ("ssl_mode=verify-full", "ssl_mode is not a parameter; did you mean sslmode?"),
            ("sslmdoe=verify-full", "sslmdoe is not a parameter; did you mean sslmode?"),
            ("sslmod%65e=verify-full", "sslmodee is not a parameter; did you mean sslmode?"),
            ("ssl=true", "ssl is not a parameter; did you mean sslmode=require, or sslmode=verify-full?"),
            ("schema=x", "schema is not a parameter; did you mean options=-c%20search_path%3DNAME?"),
            ("currentSchema=x", "currentSchema is not a parameter; did you mean options=-c%20search_path%3DNAME?"),
            ("sslRootCert=x", "sslRootCert is not a parameter; did you mean sslrootcert?"),
            ("ApplicationName=x", "ApplicationName is not a parameter; did you mean application_name?"),
            (
                "targetServerType=primary",
                "targetServerType is not a parameter; did you mean target_session_attrs=read-write?",
            ),
            ("target_session_attr=x", "target_session_attr is not a parameter; did you mean target_session_attrs?"),
            ("username=x", "username is not a parameter; did you mean user?"),
            ("options[x=1", "options[x is not a parameter; did you mean options?"),
            ("connect_timeout=10", "connect_timeout is not a parameter; there are sslmode, "),
            ("%1b[2Jx=1", "one of its parameters is not a parameter; there are sslmode, "),
        ] {
            let complaint = complaint(&format!("postgres://u:hunter2@h/d?application_name=hunter3&{parameter}"));
            assert!(complaint.starts_with(&format!("DATABASE_URL: {meant}")), "{parameter}: {complaint}");
            assert!(!complaint.contains("hunter"), "{complaint}");
        }
    }

    #[test]
    fn a_parameter_stands_once_and_has_a_value_that_it_can_have() {
        for (parameters, wrong) in [
            ("sslmode=verify-full&sslmode=disable", "sslmode appears twice; keep one"),
            ("sslmode=verify-full&ssl-mode=disable", "sslmode appears twice; keep one"),
            ("host=a&hostaddr=127.0.0.1", "host appears twice; keep one"),
            ("options=-ca%3Db&options=-cc%3Dd", "options appears twice; keep one"),
            ("options[a]=b&options[a]=c", "options[a] appears twice; keep one"),
            ("sslmode=hunter2", "sslmode has to be disable, allow, prefer, require, verify-ca or verify-full"),
            ("sslmode=", "sslmode has to be disable, allow, "),
            ("port=hunter2", "port has to be a number up to 65535"),
            ("port=5432,hunter2", "port has to be a number up to 65535"),
            (
                "target_session_attrs=standby",
                "target_session_attrs has to be read-write or primary, which mean the same",
            ),
            ("target_session_attrs=hunter2", "target_session_attrs has to be read-write or primary"),
            ("target_session_attrs=any&target_session_attrs=any", "target_session_attrs appears twice; keep one"),
            ("sslrootcert=", "sslrootcert has no value"),
            ("password=hunter2&hunter2", "a parameter is not NAME=value; a & in a value has to be percent-encoded"),
        ] {
            let complaint = complaint(&format!("postgres://u@h/d?{parameters}"));
            assert!(complaint.starts_with(&format!("DATABASE_URL: {wrong}")), "{parameters}: {complaint}");
            assert!(!complaint.contains("hunter2"), "{complaint}");
        }
        for (parameter, spellings) in PARAMETERS {
            for name in [parameter].iter().chain(spellings) {
                let value = match parameter {
                    "sslmode" => "VERIFY-FULL",
                    "host" => "127.0.0.1",
                    "target_session_attrs" => "read-write",
                    "port" | "statement-cache-capacity" => "1",
                    _ => "x",
                };
                assert!(check(&Url::parse(&format!("postgres://u@h/d?{name}={value}")).unwrap()).is_ok(), "{name}");
            }
        }
        assert!(check(&Url::parse("postgres://u@h/d?options[search_path]=x&options[jit]=off").unwrap()).is_ok());
    }
}
