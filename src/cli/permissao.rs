//! `permissao`

use serde_json::{Value, json};

use super::output::{self, say, table};
use super::{Result, Session};
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
    /// Release a permission to a nível: perfis on it may then hold it
    #[command(after_help = "Example:\n  citrus-status permissao liberar alterar-status --nivel Suporte")]
    Liberar {
        /// The permission
        permissao: Permissao,
        /// The nível
        #[arg(long, value_name = "NOME")]
        nivel: Nome,
    },
    /// Take a permission back from a nível: perfis on it lose it within a second
    #[command(after_help = "Example:\n  citrus-status permissao recolher alterar-status --nivel Suporte")]
    Recolher {
        /// The permission
        permissao: Permissao,
        /// The nível
        #[arg(long, value_name = "NOME")]
        nivel: Nome,
    },
}

pub async fn run(session: &Session, command: Command) -> Result {
    match command {
        Command::Listar { json } => list(session, json).await?,
        Command::Liberar { permissao, nivel } => {
            let already = if session.provisioning.liberar(permissao, &nivel).await? { "" } else { " already" };
            say!("'{permissao}' is{already} released to the nível '{}'", nivel.texto)?;
        }
        Command::Recolher { permissao, nivel } => {
            let (changed, still) = session.provisioning.recolher(permissao, &nivel).await?;
            let already = if changed { "no longer" } else { "not" };
            say!("'{permissao}' is {already} released to the nível '{}'", nivel.texto)?;
            if !still.is_empty() {
                say!("note: below it, it is still released to: {}", still.join(", "))?;
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
