//! What commands read: statuses, senhas, and whether to go ahead.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, ErrorKind, IsTerminal, Read, Write};
use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::error::{CliError, Result};
use super::output::{complain, shown};
use crate::conferir::plan;
use crate::config;
use crate::dialect::Dialect;
use crate::domain::atendimento::Status;
use crate::domain::text::{SENHA_MAX, cut, did_you_mean};
use crate::file_text::{decode, open_regular};
use crate::printable::printable_lines;

pub fn parse_status(text: &str) -> Result<Status, String> {
    let nomes = Status::ALL.map(Status::nome);
    Status::from_nome(text).ok_or_else(|| {
        let (found, hint) = (cut(text), did_you_mean(text, nomes));
        format!("there is no status '{found}'{hint}; one of: {}", nomes.join(", "))
    })
}

/// The file at `path`; `None` for `-`, which stands for standard input.
pub fn open(path: &Path) -> Result<Option<File>> {
    if path == Path::new("-") {
        return Ok(None);
    }
    open_regular(path).map(Some).map_err(|error| {
        let advice = if error.kind() == ErrorKind::InvalidInput { "; - stands for standard input" } else { "" };
        CliError::Failed(format!("{} can't be read: {error}{advice}", shown(path)))
    })
}

/// The address of a server, with a path in front of /api if it has one.
pub fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("it has to begin with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("give the address alone: no user, no query, no fragment".to_owned());
    }
    Ok(url)
}

/// The dialect in `file`. What it says of the kit's cases is looked at too, which a server has no use for.
pub fn read_dialect(file: &Path) -> Result<Arc<Dialect>> {
    understand_dialect(file).map_err(CliError::Failed)
}

/// The same of the file that `--dialeto` names.
pub fn dialect_option(file: &Path) -> Result<Arc<Dialect>> {
    understand_dialect(file).map_err(|complaint| CliError::Failed(format!("--dialeto {complaint}")))
}

fn understand_dialect(file: &Path) -> Result<Arc<Dialect>, String> {
    let cases: Vec<&str> = plan::groups().chain(plan::names()).collect();
    let of_cases = |dialect: &Dialect| dialect.unknown_cases(cases.iter().copied());
    let dialect = config::read_dialect(file).and_then(|dialect| match of_cases(&dialect) {
        Some(complaints) => Err(complaints),
        None => Ok(Arc::new(dialect)),
    });
    dialect.map_err(|complaints| format!("{}: {}", shown(file), printable_lines(&complaints)))
}

/// A senha to log in with: from standard input, or from a hidden prompt.
pub fn read_senha(from_stdin: bool) -> Result<SecretString> {
    if from_stdin { senha_from_stdin() } else { prompt("Senha: ") }
}

/// Two senhas to log in with: the lines of standard input, or from hidden prompts.
pub fn read_two_senhas(from_stdin: bool) -> Result<[SecretString; 2]> {
    if !from_stdin {
        return Ok([prompt("Senha: ")?, prompt("Senha of the login without the permission: ")?]);
    }
    let mut bytes = Vec::new();
    std::io::stdin().take(2 * SENHA_MAX as u64 + 8).read_to_end(&mut bytes)?;
    let refused = |error: &dyn Display| CliError::Failed(format!("the senhas on standard input: {error}"));
    let text = decode(bytes).map_err(|error| refused(&error))?;
    let lines: Vec<&str> = text.lines().collect();
    let [first, second] = lines[..] else { return Err(refused(&"two lines are needed")) };
    Ok([first, second].map(SecretString::from))
}

/// A senha to set, which `judge` takes: from standard input, or twice from a hidden prompt.
pub fn read_new_senha<E: Display>(
    from_stdin: bool,
    judge: impl Fn(&SecretString) -> Result<(), E>,
) -> Result<SecretString>
where
    CliError: From<E>,
{
    if !from_stdin {
        return ask_new_senha(prompt, judge);
    }
    let senha = senha_from_stdin()?;
    judge(&senha)?;
    Ok(senha)
}

/// How often somebody is asked for a new senha.
const TRIES: usize = 3;

/// Asks again where `judge` says why a senha is none, or where it is another one the second time.
fn ask_new_senha<E: Display>(
    mut prompt: impl FnMut(&str) -> Result<SecretString>,
    judge: impl Fn(&SecretString) -> Result<(), E>,
) -> Result<SecretString> {
    let mut tries = 0;
    loop {
        let senha = prompt("Senha: ")?;
        let fault = match judge(&senha) {
            Err(fault) => fault.to_string(),
            Ok(()) if senha.expose_secret() == prompt("Senha, again: ")?.expose_secret() => return Ok(senha),
            Ok(()) => "the two senhas differ".to_owned(),
        };
        tries += 1;
        if tries == TRIES {
            return Err(CliError::Failed(format!("{fault}; nothing was changed")));
        }
        complain(format_args!("{fault}; once more"));
    }
}

fn prompt(text: &str) -> Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        return Err(CliError::Usage(
            "there is no terminal to ask for the senha; pass it with --senha-stdin".to_owned(),
        ));
    }
    Ok(SecretString::from(rpassword::prompt_password(text)?))
}

/// All of standard input but a byte order mark and one line end.
fn senha_from_stdin() -> Result<SecretString> {
    // Room for a mark, a line end, and one byte too many.
    let mut bytes = Vec::new();
    std::io::stdin().take(SENHA_MAX as u64 + 6).read_to_end(&mut bytes)?;
    let refused = |error: &dyn Display| CliError::Failed(format!("the senha on standard input {error}"));
    let text = decode(bytes).map_err(|error| refused(&error))?;
    let senha = text.strip_suffix('\n').unwrap_or(&text);
    let senha = senha.strip_suffix('\r').unwrap_or(senha);
    if senha.contains(['\r', '\n']) {
        return Err(refused(&"has more than one line"));
    }
    Ok(SecretString::from(senha))
}

/// Fails unless the operator wants what `warning` says; with `yes` nobody is asked.
pub fn confirm(yes: bool, warning: impl Display) -> Result {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(CliError::Usage(
            "this cannot be undone, and there is no terminal to ask on; add --yes to go ahead".to_owned(),
        ));
    }
    complain(warning);
    if confirmed()? { Ok(()) } else { Err(CliError::Failed("nothing was changed".to_owned())) }
}

/// Asks whether to go ahead.
pub fn confirmed() -> Result<bool> {
    let mut terminal = std::io::stderr().lock();
    terminal.write_all(b"Go ahead? [y/N] ")?;
    terminal.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "s" | "sim"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of those senhas, typed one after the other, where three characters are enough.
    fn typed(senhas: &[&str]) -> Result<String, String> {
        let mut senhas = senhas.iter();
        let prompt = |_: &str| Ok(SecretString::from(*senhas.next().expect("nothing more is asked")));
        let judge = |senha: &SecretString| if senha.expose_secret().len() < 3 { Err("too short") } else { Ok(()) };
        let outcome = ask_new_senha(prompt, judge);
        outcome.map(|senha| senha.expose_secret().to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_new_senha_is_asked_for_until_it_is_one() {
        assert_eq!(typed(&["abc", "abc"]).as_deref(), Ok("abc"));
        // A short one need not be typed twice.
        assert_eq!(typed(&["", "ab", "abc", "abc"]).as_deref(), Ok("abc"));
        assert_eq!(typed(&["abc", "xyz", "abc", "abc"]).as_deref(), Ok("abc"));
        assert_eq!(typed(&["a", "a", "a"]).unwrap_err(), "too short; nothing was changed");
        assert_eq!(typed(&["a", "abc", "xyz", "abc", ""]).unwrap_err(), "the two senhas differ; nothing was changed");
    }
}
