//! Where settings come from: flags, then the environment, then `.env`, then the default.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::database::has_password;
use super::dotenv::{self, Entries};
use super::settings::{BIND_ADDR, DATA_DIR, DATABASE_URL, DIALECT_FILE, SETTINGS, Setting, setting};
use crate::domain::text::nearest;
use crate::file_text::{decode, open_regular, trimmed};
use crate::printable::printable;

const DOTENV: &str = ".env";
/// The largest file that holds a secret, in bytes.
const SECRET_FILE_MAX: u64 = 64 * 1024;

/// The flags that stand for settings.
const FLAGS: [(&str, &str); 4] = [
    ("--bind", BIND_ADDR.name),
    ("--data-dir", DATA_DIR.name),
    ("--database-url", DATABASE_URL.name),
    ("--dialeto", DIALECT_FILE.name),
];

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Flag,
    Environment,
    DotEnv,
    /// Nowhere: it is the default.
    Default,
}

impl Origin {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::DotEnv => ".env",
            Self::Default => "default",
        }
    }

    /// What somebody has written who gave the setting `name`: itself, or the flag that stands for it.
    pub(super) fn names(self, name: &'static str) -> &'static str {
        let flag = FLAGS.iter().find(|(_, setting)| *setting == name && self == Self::Flag);
        flag.map_or(name, |(flag, _)| flag)
    }
}

/// All that was given, before it is understood. Deliberately without `Debug`.
#[derive(Clone, Default)]
pub struct Sources {
    /// From the command line, by setting.
    pub flags: BTreeMap<&'static str, String>,
    pub environment: Entries,
    pub dotenv: Entries,
    /// Where `.env` is; `None` where there is none.
    pub dotenv_file: Option<PathBuf>,
    /// The secret files that were read, by setting: one may be a pipe, which is there once.
    pub files: RefCell<BTreeMap<&'static str, Result<String, String>>>,
}

impl Sources {
    /// The process's environment, and `.env` in the working directory where there is one.
    pub fn from_process(flags: BTreeMap<&'static str, String>) -> Result<Self, String> {
        let mut environment = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => environment.push((name, value)),
                Err(_) if is_known(&name) => return Err(format!("{name} is not UTF-8")),
                Err(_) => {}
            }
        }
        let file = Path::new(DOTENV);
        let dotenv = dotenv::read(file)?;
        let dotenv_file = dotenv.is_some().then(|| std::path::absolute(file).unwrap_or_else(|_| file.to_owned()));
        Ok(Self { flags, environment, dotenv: dotenv.unwrap_or_default(), dotenv_file, files: RefCell::default() })
    }

    /// Which settings come from where, for people. No values.
    pub fn summary(&self) -> String {
        let dotenv = self.dotenv_place();
        let names = |wanted: Origin| {
            let from = |setting: &&Setting| self.value(setting).is_ok_and(|(_, origin)| origin == wanted);
            let names: Vec<_> = SETTINGS.iter().copied().filter(from).map(|setting| setting.name).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(" ") }
        };
        let [flags, environment, file] = [Origin::Flag, Origin::Environment, Origin::DotEnv].map(names);
        match self.dotenv_file {
            Some(_) => format!("flags: {flags}; environment: {environment}; {dotenv}: {file}"),
            None => format!("flags: {flags}; environment: {environment}; {dotenv}"),
        }
    }

    /// Which of `wanted` is the first that is set, and where, for people.
    pub fn origin_of(&self, wanted: &[&Setting]) -> String {
        let origin = |setting: &&Setting| Some((setting.name, self.value(setting).ok()?.1));
        match wanted.iter().filter_map(origin).find(|(_, origin)| *origin != Origin::Default) {
            Some((name, Origin::DotEnv)) => format!("{name}, {}", self.dotenv_place()),
            Some((name, origin)) => format!("{name}, {}", origin.name()),
            None => {
                let names: Vec<_> = wanted.iter().map(|setting| setting.name).collect();
                format!("the default: {} are not set; {}", names.join(" and "), self.dotenv_place())
            }
        }
    }

    fn dotenv_place(&self) -> Cow<'_, str> {
        match &self.dotenv_file {
            Some(file) => printable(&file.to_string_lossy()).into_owned().into(),
            None => "no .env".into(),
        }
    }

    /// Whether a setting has a value that is not its default.
    pub fn is_set(&self, setting: &Setting) -> bool {
        self.value(setting).is_ok_and(|(_, origin)| origin != Origin::Default)
    }

    /// Forgets what was given for a setting.
    pub fn clear(&mut self, setting: &Setting) {
        let file = format!("{}_FILE", setting.name);
        self.flags.remove(setting.name);
        for entries in [&mut self.environment, &mut self.dotenv] {
            entries.retain(|(key, _)| key != setting.name && *key != file);
        }
    }

    /// Names that are nobody's setting but look like one of ours, and values that came with their quotes.
    pub fn mistakes(&self) -> Vec<String> {
        let names = self.environment.iter().chain(&self.dotenv).filter_map(|(name, _)| mistake(name));
        let quoted = self.environment.iter().filter(|(name, value)| is_known(name) && is_quoted(value));
        let quoted = quoted.map(|(name, _)| {
            format!(
                "{name} begins and ends with a quote; `docker run --env-file` keeps quotes as part of the value: \
                 remove them"
            )
        });
        names.chain(quoted).collect()
    }

    /// The text of a setting and where it came from; an empty value counts as none.
    pub fn value(&self, setting: &Setting) -> Result<(String, Origin), String> {
        if let Some(text) = self.flags.get(setting.name) {
            return Ok((text.clone(), Origin::Flag));
        }
        match (self.find(setting.name), self.file_of(setting)) {
            (Some(_), Some(_)) => return Err(format!("{0} and {0}_FILE are both set; keep one", setting.name)),
            (Some(text), None) => return Ok(text),
            (None, Some((file, origin))) => {
                let mut files = self.files.borrow_mut();
                let text = files.entry(setting.name).or_insert_with(|| read_secret(setting, Path::new(&file)));
                return Ok((text.clone()?, origin));
            }
            (None, None) => {}
        }
        Ok((setting.default.to_owned(), Origin::Default))
    }

    /// What `name` is set to, and where.
    fn find(&self, name: &str) -> Option<(String, Origin)> {
        let in_place = |(entries, origin): (&Entries, Origin)| {
            let values = entries.iter().filter(|(key, _)| key == name).map(|(_, value)| trimmed(value));
            Some((values.into_iter().find(|value| !value.is_empty())?.to_owned(), origin))
        };
        [(&self.environment, Origin::Environment), (&self.dotenv, Origin::DotEnv)].into_iter().find_map(in_place)
    }

    /// The file that holds `setting`, if it is a secret and one is named, and where.
    fn file_of(&self, setting: &Setting) -> Option<(String, Origin)> {
        if setting.kind.is_secret() { self.find(&format!("{}_FILE", setting.name)) } else { None }
    }

    /// The files of secrets, and `.env` where a secret stands in it.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let is_secret = |(name, value): &(String, String)| {
            let is_url = name == DATABASE_URL.name;
            setting(name).is_some_and(|setting| setting.kind.is_secret())
                && if is_url { has_password(value) } else { !value.is_empty() }
        };
        let dotenv = self.dotenv_file.clone().filter(|_| self.dotenv.iter().any(is_secret));
        let files = SETTINGS.iter().filter_map(|setting| self.file_of(setting));
        dotenv.into_iter().chain(files.map(|(file, _)| PathBuf::from(file))).collect()
    }
}

/// Whether `name` is a setting, or the file form of a secret.
fn is_known(name: &str) -> bool {
    setting(name).is_some()
        || name.strip_suffix("_FILE").and_then(setting).is_some_and(|setting| setting.kind.is_secret())
}

/// Says so when `name` is not a setting but was probably meant to be one.
fn mistake(name: &str) -> Option<String> {
    if is_known(name) {
        return None;
    }
    let meant = nearest(name, SETTINGS.iter().map(|setting| setting.name))?;
    Some(format!("{} is not a setting; did you mean {meant}?", printable(name)))
}

/// Whether quotes stand around all of `value`.
fn is_quoted(value: &str) -> bool {
    let value = value.trim();
    ['"', '\''].iter().any(|quote| {
        // `"…" # a comment` is in quotes, too.
        let rest = value.strip_prefix(*quote).and_then(|inside| inside.rsplit_once(*quote)).map(|(_, rest)| rest);
        rest.is_some_and(|rest| rest.is_empty() || rest.trim_start().starts_with('#'))
    })
}

fn read_secret(setting: &Setting, file: &Path) -> Result<String, String> {
    let name = setting.name;
    let shown = file.to_string_lossy();
    let shown = printable(&shown);
    let failed = |error| format!("{name}_FILE: {shown} can't be read: {error}");
    let mut bytes = Vec::new();
    let opened = open_regular(file).map_err(failed)?;
    opened.take(SECRET_FILE_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > SECRET_FILE_MAX {
        return Err(format!("{name}_FILE: {shown} is too large for a secret"));
    }
    let text = decode(bytes).map_err(|error| format!("{name}_FILE: {shown} {error}"))?;
    // No other form of a secret can have one.
    if text.contains('\0') {
        return Err(format!("{name}_FILE: {shown} has a NUL byte; save it as UTF-8 text"));
    }
    let text = trimmed(&text);
    if text.is_empty() && !setting.kind.may_be_empty() {
        return Err(format!("{name}_FILE: {shown} is empty"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn of(environment: &[(&str, &str)]) -> Sources {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Sources { environment: environment.iter().map(own).collect(), ..Sources::default() }
    }

    #[test]
    fn flags_win_over_the_environment_over_dotenv_over_the_default() {
        let bind = setting("BIND_ADDR").unwrap();
        let mut sources = Sources::default();
        assert_eq!(sources.value(bind).unwrap(), ("127.0.0.1:8080".to_owned(), Origin::Default));
        sources.dotenv.push(("BIND_ADDR".to_owned(), "a:1".to_owned()));
        assert_eq!(sources.value(bind).unwrap(), ("a:1".to_owned(), Origin::DotEnv));
        sources.environment.push(("BIND_ADDR".to_owned(), "b:2".to_owned()));
        assert_eq!(sources.value(bind).unwrap(), ("b:2".to_owned(), Origin::Environment));
        sources.flags.insert("BIND_ADDR", "c:3".to_owned());
        assert_eq!(sources.value(bind).unwrap(), ("c:3".to_owned(), Origin::Flag));
    }

    #[test]
    fn an_empty_value_counts_as_none() {
        let sources = of(&[("LOG_LEVEL", "")]);
        assert_eq!(sources.value(setting("LOG_LEVEL").unwrap()).unwrap().1, Origin::Default);
    }

    #[test]
    fn a_secret_may_come_from_a_file_but_not_from_two_places() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "s3cret\r\n").unwrap();
        let path = file.path().to_str().unwrap();
        let secret = setting("JWT_SECRET").unwrap();
        assert_eq!(of(&[("JWT_SECRET_FILE", path)]).value(secret).unwrap().0, "s3cret");
        // A pipe is there once.
        let once = of(&[("JWT_SECRET_FILE", path)]);
        assert_eq!(once.value(secret).unwrap().0, "s3cret");
        fs::write(file.path(), "another").unwrap();
        assert_eq!(once.value(secret).unwrap().0, "s3cret");
        let both = of(&[("JWT_SECRET_FILE", path), ("JWT_SECRET", "x")]).value(secret).unwrap_err();
        assert_eq!(both, "JWT_SECRET and JWT_SECRET_FILE are both set; keep one");
        fs::write(file.path(), "\n").unwrap();
        let empty = of(&[("JWT_SECRET_FILE", path)]).value(secret).unwrap_err();
        assert_eq!(empty, format!("JWT_SECRET_FILE: {path} is empty"));
        let none = of(&[("JWT_ACCEPTED_SECRETS_FILE", path)]);
        assert_eq!(none.value(setting("JWT_ACCEPTED_SECRETS").unwrap()).unwrap().0, "");
        let gone = of(&[("JWT_SECRET_FILE", "/nowhere/secret")]).value(secret).unwrap_err();
        assert!(gone.starts_with("JWT_SECRET_FILE: /nowhere/secret can't be read: "), "{gone}");
    }

    #[test]
    fn a_secret_is_the_same_in_all_its_forms() {
        let (secret, file) = (setting("JWT_SECRET").unwrap(), tempfile::NamedTempFile::new().unwrap());
        let path = file.path().to_str().unwrap();
        for end in ["", "\n", "\r\n", "\n\n", "\r"] {
            for start in ["", "\u{feff}"] {
                let written = format!("{start} s3cret$x {end}");
                fs::write(file.path(), &written).unwrap();
                for sources in [of(&[("JWT_SECRET_FILE", path)]), of(&[("JWT_SECRET", &written)])] {
                    assert_eq!(sources.value(secret).unwrap().0, " s3cret$x ", "{written:?}");
                }
            }
        }
        fs::write(file.path(), b"\xff\xfes\0").unwrap();
        let utf16 = of(&[("JWT_SECRET_FILE", path)]).value(secret).unwrap_err();
        assert_eq!(utf16, format!("JWT_SECRET_FILE: {path} is UTF-16; save it as UTF-8"));
        fs::write(file.path(), b"s\0e\0").unwrap();
        assert!(of(&[("JWT_SECRET_FILE", path)]).value(secret).unwrap_err().contains("has a NUL byte"));
    }

    #[test]
    fn quotes_around_a_value_of_the_environment_are_a_mistake() {
        for name in ["JWT_SECRET", "JWT_SECRET_FILE", "LOG_LEVEL", "DATABASE_URL"] {
            for value in ["\"hunter2\"", "'hunter2'", " \"hunter2\"\n", "''"] {
                let mistakes = of(&[(name, value)]).mistakes();
                assert!(mistakes[0].starts_with(&format!("{name} begins and ends with a quote")), "{mistakes:?}");
                assert!(!mistakes[0].contains("hunter2"), "{mistakes:?}");
            }
        }
        assert_eq!(of(&[("JWT_SECRET", "\"hunter2'"), ("JWT_ISSUER", "\""), ("PATH", "'x'")]).mistakes(), [""; 0]);
        let dotenv = vec![("JWT_SECRET".to_owned(), "'x'".to_owned())];
        assert_eq!(Sources { dotenv, ..Sources::default() }.mistakes(), [""; 0], "there the quotes were meant");
    }

    #[test]
    fn quotes_around_a_value_are_seen_with_a_comment_behind_them() {
        for quoted in ["\"a\"", "'a'", " \"a\" ", "\"a\" # b", "'a'#b", "\"\""] {
            assert!(is_quoted(quoted), "{quoted}");
        }
        for other in ["a", "\"a", "a\"", "\"a'", "\"a\"b", "'", "it's # b", "#'a'"] {
            assert!(!is_quoted(other), "{other}");
        }
    }

    #[test]
    fn near_misses_are_mistakes() {
        for (name, meant) in [
            ("JWT_SECERT", "JWT_SECRET"),
            ("DATABASE_URI", "DATABASE_URL"),
            ("data_dir", "DATA_DIR"),
            ("LOG_LEVLE", "LOG_LEVEL"),
        ] {
            assert_eq!(mistake(name).unwrap(), format!("{name} is not a setting; did you mean {meant}?"));
        }
        assert!(mistake("DATA_DIR_FILE").is_none(), "far enough from every name");
    }

    #[test]
    fn what_others_set_is_none_of_our_business() {
        for name in ["PATH", "HOME", "LANG", "RUST_LOG", "TEST_DATABASE_URL", "POSTGRES_PASSWORD", "XDG_DATA_DIRS"] {
            assert_eq!(mistake(name), None);
        }
        for name in ["CITRUS_LOG_LEVEL", "CITRUS_STATUS_SERVICE_HOST", "CITRUS_STATUS_PORT_8080_TCP_ADDR"] {
            assert_eq!(mistake(name), None);
        }
        for setting in SETTINGS {
            assert_eq!(mistake(setting.name), None);
        }
        assert_eq!(mistake("JWT_SECRET_FILE"), None);
    }
}
