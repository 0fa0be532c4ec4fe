//! `permissao`

use serde_json::{Value, json};

use super::error::Result;
use super::output::{self, say, table};
use super::session::Session;
use crate::domain::acesso::Permissao;
use crate::domain::texto::Nome;

#[derive(clap::Subcommand)]
pub enum Command {
    /// List the permissions, and the níveis to which they are released
    #[command(after_help = "Example:\n  citrus-status permissao listar")]
    Listar {
        /// As JSON
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
    #[arg(long, value_name = "NOME")]
    nivel: Nome,
}

pub async fn run(session: &Session, command: Command) -> Result {
    match command {
        Command::Listar { json } => list(session, json).await?,
        Command::Liberar(Args { permissoes, nivel }) => {
            let changed = session.provisioning.liberar(&permissoes, &nivel).await?;
            for (permissao, changed) in permissoes.iter().zip(changed) {
                let already = if changed { "" } else { " already" };
                say!("'{permissao}' is{already} released to the nível '{}'", nivel.texto)?;
            }
        }
        Command::Recolher(Args { permissoes, nivel }) => {
            let changed = session.provisioning.recolher(&permissoes, &nivel).await?;
            for (permissao, (changed, still)) in permissoes.iter().zip(changed) {
                let already = if changed { "no longer" } else { "not" };
                say!("'{permissao}' is {already} released to the nível '{}'", nivel.texto)?;
                if !still.is_empty() {
                    say!("note: below it, it is still released to: {}", still.join(", "))?;
                }
            }
        }
    }
    Ok(())
}

async fn list(session: &Session, json: bool) -> Result {
    let (liberacoes, niveis) = (session.store.liberacoes().await?, session.store.niveis().await?);
    let released = |permissao: &Permissao| -> Vec<String> {
        niveis
            .iter()
            .filter(|n| liberacoes.iter().any(|l| l.nivel_id == n.id && l.permissao == permissao.nome()))
            .map(|nivel| nivel.nome.clone())
            .collect()
    };
    if json {
        let list: Vec<Value> = Permissao::ALL
            .iter()
            .map(|p| json!({"permissao": p.nome(), "titulo": p.titulo(), "liberadaPara": released(p)}))
            .collect();
        output::json(&list)?;
    } else {
        let rows: Vec<_> = Permissao::ALL
            .iter()
            .map(|p| [p.nome().to_owned(), p.titulo().to_owned(), released(p).join(", ")])
            .collect();
        table(["permission", "title", "released to"], &rows)?;
    }
    Ok(())
}
