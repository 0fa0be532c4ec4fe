//! `permissao`

use serde_json::{Value, json};

use super::support::error::Result;
use super::support::output::{self, say_each, table};
use super::support::session::Session;
use crate::domain::access::Permissao;
use crate::domain::text::Name;

const STILL: &str = "note: below it, it is still released to";

#[derive(clap::Subcommand)]
pub enum Command {
    /// List the permissions with the níveis to which they are released
    #[command(after_help = "Example:\n  citrus-status permissao listar")]
    Listar {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Release permissions to a nível, all or none: perfis on it may then hold them
    #[command(after_help = "Examples:\n  citrus-status permissao liberar alterar-status --nivel Suporte\n  \
                            citrus-status permissao liberar consultar-status consultar-motivos --nivel Suporte")]
    Liberar(Args),
    /// Take permissions back from a nível, all or none: perfis on it lose them within a second
    #[command(
        after_help = "Example:\n  citrus-status permissao recolher alterar-status consultar-status --nivel Suporte"
    )]
    Recolher(Args),
}

#[derive(clap::Args)]
pub struct Args {
    /// The permissions
    #[arg(required = true, value_name = "PERMISSAO")]
    permissoes: Vec<Permissao>,
    /// The nível
    #[arg(long, value_name = "NIVEL")]
    nivel: Name,
}

pub async fn run(session: &Session, command: Command) -> Result {
    match command {
        Command::Listar { json } => list(session, json).await?,
        Command::Liberar(Args { permissoes, nivel }) => {
            let changed = session.provisioning.release(&permissoes, &nivel).await?;
            say_each(&permissoes, changed, |permissao, changed| {
                let is = if changed { "is" } else { "is already" };
                format!("'{permissao}' {is} released to the nível '{}'", nivel.texto)
            })?;
        }
        Command::Recolher(Args { permissoes, nivel }) => {
            let changed = session.provisioning.withdraw(&permissoes, &nivel).await?;
            say_each(&permissoes, changed, |permissao, (changed, still)| {
                let is = if changed { "is no longer" } else { "is not" };
                let below = if still.is_empty() { String::new() } else { format!("\n{STILL}: {}", still.join(", ")) };
                format!("'{permissao}' {is} released to the nível '{}'{below}", nivel.texto)
            })?;
        }
    }
    Ok(())
}

async fn list(session: &Session, json: bool) -> Result {
    let (releases, niveis) = (session.store.releases().await?, session.store.niveis().await?);
    let released = |permissao: &Permissao| -> Vec<String> {
        niveis
            .iter()
            .filter(|n| releases.iter().any(|l| l.nivel_id == n.id && l.permissao == permissao.nome()))
            .map(|nivel| nivel.nome.clone())
            .collect()
    };
    if json {
        let list: Vec<Value> = Permissao::ALL
            .iter()
            .map(|p| json!({"permissao": p.nome(), "titulo": p.title(), "liberadaPara": released(p)}))
            .collect();
        output::json(&list)?;
    } else {
        let rows: Vec<_> = Permissao::ALL
            .iter()
            .map(|p| [p.nome().to_owned(), p.title().to_owned(), released(p).join(", ")])
            .collect();
        table(["permission", "title", "released to"], &rows)?;
    }
    Ok(())
}
