//! `usuario`

use std::path::Path;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::estado;
use super::support::erased::erased_for_good;
use super::support::error::{CliError, Result};
use super::support::input::{confirm, read_new_senha};
use super::support::output::{self, complain, say, shown, table, yes_no};
use super::support::session::Session;
use crate::domain::hierarchy::is_root_administrator;
use crate::domain::text::Name;
use crate::printable::printable;
use crate::service::provisioning::{Provisioning, require_known_senha, require_senha};

const ANONYMISE_HELP: &str = "\
The pseudonym takes the place of the login in all histories and audit entries. The user is deactivated, its tokens are \
revoked, and its senha is unusable. This cannot be undone. Backups, logs and state files still have the login. \
docs/LGPD.md says what else to do.

Examples:
  citrus-status usuario anonimizar ana.souza
  citrus-status usuario anonimizar ana.souza --yes";

#[derive(clap::Subcommand)]
pub enum Command {
    /// Register a user; asks for the senha unless --senha-stdin is given
    #[command(after_help = "Examples:\n  citrus-status usuario criar user.api --perfil Integração\n  \
                            printf %s \"$SENHA\" | citrus-status usuario criar user.api --perfil Integração --senha-stdin\n  \
                            citrus-status usuario criar admin --administrador")]
    Criar {
        /// Its login
        login: Name,
        /// Its perfil
        #[arg(
            long,
            value_name = "PERFIL",
            required = false,
            required_unless_present = "administrador",
            default_value_if("administrador", "true", "Administrador")
        )]
        perfil: Name,
        /// Make it a root administrator, who can do all the rest. The root perfil, `Administrador` unless named, is made
        /// with every permission where it is not there
        #[arg(long)]
        administrador: bool,
        /// Take a senha of fewer than 8 characters: one that a client of Citrus has already
        #[arg(long, conflicts_with = "administrador")]
        senha_curta: bool,
        /// Read the senha from standard input
        #[arg(long)]
        senha_stdin: bool,
    },
    /// Set the senha of a user; revokes its tokens and forgets its failed logins
    #[command(after_help = "Example:\n  citrus-status usuario senha user.api")]
    Senha {
        /// The user's login
        login: Name,
        /// Take a senha of fewer than 8 characters: one that a client of Citrus has already
        #[arg(long)]
        senha_curta: bool,
        /// Read the senha from standard input
        #[arg(long)]
        senha_stdin: bool,
    },
    /// Deactivate a user; revokes its tokens within a second
    #[command(after_help = "Example:\n  citrus-status usuario desativar user.api")]
    Desativar {
        /// The user's login
        login: Name,
    },
    /// Activate a user again; forgets its failed logins, even if it is active already
    #[command(after_help = "Example:\n  citrus-status usuario ativar user.api")]
    Ativar {
        /// The user's login
        login: Name,
    },
    /// Move a user to another perfil within a second; its tokens stay valid
    #[command(after_help = "Example:\n  citrus-status usuario perfil user.api Consulta")]
    Perfil {
        /// The user's login
        login: Name,
        /// The perfil
        perfil: Name,
    },
    /// Revoke the tokens of a user within a second
    #[command(after_help = "Example:\n  citrus-status usuario revogar-tokens user.api")]
    RevogarTokens {
        /// The user's login
        login: Name,
    },
    /// Replace the login of a user by a pseudonym; the user can never log in again
    #[command(after_help = ANONYMISE_HELP)]
    Anonimizar {
        /// The user's login
        login: Name,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// List the users with their numbers in the audit log
    #[command(after_help = "Example:\n  citrus-status usuario listar")]
    Listar {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(session: &Session, command: Command) -> Result {
    let provisioning = &session.provisioning;
    match command {
        Command::Criar { login, perfil, administrador, senha_curta, senha_stdin } => {
            if administrador {
                return create_administrator(session, &login, &perfil, senha_stdin).await;
            }
            provisioning.require_perfil(&perfil).await?;
            let (provisioning, senha) = new_senha(provisioning, senha_curta, senha_stdin)?;
            provisioning.create_usuario(&login, &perfil, senha).await?;
            say!("usuario '{}' created", login.texto)?;
        }
        Command::Senha { login, senha_curta, senha_stdin } => {
            // Who is not there need not be asked about.
            provisioning.usuario(&login).await?;
            let (provisioning, senha) = new_senha(provisioning, senha_curta, senha_stdin)?;
            provisioning.set_senha(&login, senha).await?;
            say!("the senha of '{}' is set; its tokens are revoked, and its failed logins are forgotten", login.texto)?;
        }
        Command::Desativar { login } => {
            provisioning.set_usuario_ativo(&login, false).await?;
            say!("usuario '{}' is deactivated; its tokens are revoked", login.texto)?;
        }
        Command::Ativar { login } => {
            provisioning.set_usuario_ativo(&login, true).await?;
            say!(
                "usuario '{}' is active; the user has to log in again, and its failed logins are forgotten",
                login.texto
            )?;
        }
        Command::Perfil { login, perfil } => {
            let perfil = provisioning.set_perfil(&login, &perfil).await?.perfil;
            say!("usuario '{}' is on the perfil '{perfil}'; its tokens stay valid", login.texto)?;
        }
        Command::RevogarTokens { login } => {
            provisioning.revoke_tokens(&login).await?;
            say!("the tokens of '{}' are revoked", login.texto)?;
        }
        Command::Anonimizar { login, yes } => {
            let registered = provisioning.usuario(&login).await?.login;
            confirm(
                yes,
                format_args!(
                    "The login '{registered}' will be replaced for ever, and the user can never log in again."
                ),
            )?;
            let erasure = session.erasure();
            let pseudonym = erasure.anonymise_usuario(&login).await?;
            say!("usuario '{registered}' is anonymised: '{pseudonym}' stands in its place")?;
            if let Some(file) = &session.state_file {
                warn_of_state(file, &Name::registered(registered));
            }
            erased_for_good(&erasure).await?;
        }
        Command::Listar { json } => list(session, json).await?,
    }
    Ok(())
}

/// Says where the setting `STATE_FILE` still names an anonymised `login`.
fn warn_of_state(file: &Path, login: &Name) {
    match estado::read_setting(file) {
        Ok(state) if state.names_usuario(&login.key) => complain(format_args!(
            "note: {} (STATE_FILE) still names '{}'; take it out, or the next start of a server fails or registers the login \
             again",
            shown(file),
            login.texto
        )),
        Ok(_) => {}
        Err(error) => complain(format_args!("note: {error}; if it names '{}', take it out", login.texto)),
    }
}

/// A senha to set, and what sets it: it may be short, if `is_known`.
fn new_senha(provisioning: &Provisioning, is_known: bool, from_stdin: bool) -> Result<(Provisioning, SecretString)> {
    Ok(match is_known {
        true => (provisioning.clone().taking_known_senhas(), read_new_senha(from_stdin, require_known_senha)?),
        false => (provisioning.clone(), read_new_senha(from_stdin, require_senha)?),
    })
}

async fn create_administrator(session: &Session, login: &Name, perfil: &Name, senha_stdin: bool) -> Result {
    require_free(session, login).await?;
    let senha = read_new_senha(senha_stdin, require_senha)?;
    session.provisioning.create_administrator(login, perfil, senha).await?;
    say!("usuario '{}' created, a root administrator", login.texto)?;
    if session.has_console {
        let at = "at the console of `citrus-status serve`; its log has the address";
        say!("next: sign in as '{}' {at}", login.texto)?;
    } else {
        say!("next: log in by POST /api/usuario/login; the console is switched off (CONSOLE=false)")?;
    }
    Ok(())
}

/// Fails where somebody has the login, and says what can be done then.
async fn require_free(session: &Session, login: &Name) -> Result {
    let Some(usuario) = session.store.usuario_named(&login.key).await? else { return Ok(()) };
    let rights = session.store.access(usuario.id).await?;
    let (login, perfil) = (&usuario.login, &usuario.perfil);
    let what = match rights.filter(is_root_administrator) {
        None => format!("on the perfil '{perfil}', which is not one of root administrators"),
        Some(rights) if !rights.ativo => {
            format!("a root administrator who is deactivated: `citrus-status usuario ativar '{login}'` activates it")
        }
        Some(_) => {
            let sign_in = if session.has_console { " sign in at the console of the server;" } else { "" };
            format!("a root administrator:{sign_in} `citrus-status usuario senha '{login}'` sets a new senha")
        }
    };
    let text = format!("usuario '{login}' exists already, {what}; give another login to make another administrator");
    Err(CliError::Failed(printable(&text).into_owned()))
}

async fn list(session: &Session, json: bool) -> Result {
    let usuarios = session.store.usuarios().await?;
    if json {
        let list: Vec<Value> = usuarios
            .iter()
            .map(|u| json!({"usuario_id": u.id, "login": u.login, "perfil": u.perfil, "ativo": u.ativo}))
            .collect();
        output::json(&list)?;
    } else {
        let rows: Vec<_> =
            usuarios.into_iter().map(|u| [u.id.to_string(), u.login, u.perfil, yes_no(u.ativo)]).collect();
        table(["usuario_id", "login", "perfil", "active"], &rows)?;
    }
    Ok(())
}
