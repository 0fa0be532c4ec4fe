//! The senhas that a file names, read where they are needed: for new users, and where they are asked for.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::error::{Fault, Result};
use super::file::{SenhaSource, StateFile};
use super::registered::Registered;
use crate::auth::password::Passwords;
use crate::domain::senha::SenhaFault;
use crate::domain::text::{NameKey, SENHA_MAX, cut};
use crate::file_text::{decode, open_regular, trimmed};
use crate::service::provisioning::SENHA_RULE;
use crate::store::Store;

/// Why a senha is needed, and what to do where there was one once: no file may bring an anonymised login back unnoticed.
const NEW: &str = "nobody has this login; if its user was anonymised, take it out of the file";

/// The senhas of those in `file` who are new; with `renew`, also of the others, unless they have theirs already.
pub(super) async fn senhas_of(
    file: &StateFile,
    registered: &Registered,
    renew: bool,
    store: &Store,
    passwords: &Passwords,
    faults: &mut Vec<Fault>,
) -> Result<BTreeMap<NameKey, SecretString>> {
    let mut senhas = BTreeMap::new();
    for (key, usuario) in &file.state.usuarios {
        let is_new = !registered.usuarios.contains_key(key);
        let senha = match file.senhas.get(key) {
            Some(source) if is_new => read(source).map_err(|fault| format!("{fault}; {NEW}")),
            Some(source) if renew => read(source),
            None if is_new => Err(format!("it is new, and needs senha_env = \"NAME\" or senha_file = \"PATH\"; {NEW}")),
            _ => continue,
        };
        match senha {
            Err(fault) => {
                let line = file.usuario_lines.get(key).copied();
                faults.push(Fault::at(line, format_args!("usuario '{}': {fault}", cut(&usuario.login.texto))));
            }
            Ok(senha) if is_new || !is_set(store, passwords, key, &senha).await? => {
                senhas.insert(key.clone(), senha);
            }
            Ok(_) => {}
        }
    }
    Ok(senhas)
}

/// Whether `senha` is that of the user.
async fn is_set(store: &Store, passwords: &Passwords, login: &NameKey, senha: &SecretString) -> Result<bool> {
    let hash = store.credential(login).await?.map(|credential| credential.senha_hash);
    let turn = passwords.turn(passwords.place()?).await?;
    Ok(passwords.verify(&turn, hash, senha.clone()).await?)
}

/// The senha in `source`, or why there is none. That repeats nothing of it.
fn read(source: &SenhaSource) -> Result<SecretString, String> {
    let (place, senha) = match source {
        SenhaSource::Environment(name) => {
            let value = std::env::var(name).map_err(|_| format!("senha_env: {} is not set, or no text", cut(name)))?;
            (format!("the senha in {}", cut(name)), SecretString::from(value))
        }
        SenhaSource::File(path) => {
            let shown = cut(&path.to_string_lossy()).into_owned();
            let senha = read_file(path).map_err(|fault| format!("senha_file: {shown} {fault}"))?;
            (format!("the senha in {shown}"), senha)
        }
        SenhaSource::Public(senha) => ("the senha".to_owned(), senha.clone()),
    };
    let fault = match source {
        SenhaSource::Public(_) => SenhaFault::of(senha.expose_secret()),
        _ => SenhaFault::of_new(senha.expose_secret()),
    };
    match fault {
        Some(fault) => Err(format!("{place} {fault}; {SENHA_RULE}")),
        None => Ok(senha),
    }
}

/// What is in a file, without line ends after it.
fn read_file(path: &Path) -> Result<SecretString, String> {
    let mut bytes = Vec::new();
    let opened = open_regular(path).map_err(|error| format!("can't be read: {error}"))?;
    // Room for a mark, a line end, and one byte too many.
    opened.take(SENHA_MAX as u64 + 6).read_to_end(&mut bytes).map_err(|error| format!("can't be read: {error}"))?;
    let text = decode(bytes).map_err(|error| error.to_string())?;
    Ok(SecretString::from(trimmed(&text)))
}
