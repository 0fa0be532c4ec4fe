//! `motivo`

use serde_json::{Value, json};

use super::support::database::IfMissing;
use super::support::error::Result;
use super::support::output::{self, say, table, yes_no};
use super::support::session::Session;
use crate::domain::text::Name;
use crate::service::provisioning::Made;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Register motivos; activates again those that were deactivated
    #[command(after_help = "Example:\n  citrus-status motivo criar Duplicado 'Fora do escopo'")]
    Criar {
        /// Their names
        #[arg(required = true, value_name = "NAME")]
        nomes: Vec<Name>,
    },
    /// Activate a deactivated motivo again
    #[command(after_help = "Example:\n  citrus-status motivo ativar Duplicado")]
    Ativar {
        /// Its name
        #[arg(value_name = "NAME")]
        nome: Name,
    },
    /// Deactivate a motivo: new changes can't use it
    #[command(after_help = "Example:\n  citrus-status motivo desativar Duplicado")]
    Desativar {
        /// Its name
        #[arg(value_name = "NAME")]
        nome: Name,
    },
    /// List the motivos
    #[command(after_help = "Example:\n  citrus-status motivo listar")]
    Listar {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    /// A first installation may begin with what registers something.
    pub fn if_missing(&self) -> IfMissing {
        match self {
            Self::Criar { .. } => IfMissing::Create,
            Self::Ativar { .. } | Self::Desativar { .. } | Self::Listar { .. } => IfMissing::Refuse,
        }
    }
}

pub async fn run(session: &Session, command: Command) -> Result {
    match command {
        Command::Criar { nomes } => {
            for made in session.provisioning.create_motivos(&nomes).await? {
                match made {
                    Made::Created(nome) => say!("motivo '{nome}' created")?,
                    Made::Activated(nome) => say!("motivo '{nome}' is active again")?,
                }
            }
        }
        Command::Ativar { nome } => {
            let motivo = session.provisioning.set_motivo_ativo(&nome, true).await?;
            say!("motivo '{}' is active", motivo.nome)?;
        }
        Command::Desativar { nome } => {
            let motivo = session.provisioning.set_motivo_ativo(&nome, false).await?;
            say!("motivo '{}' is deactivated", motivo.nome)?;
        }
        Command::Listar { json } => list(session, json).await?,
    }
    Ok(())
}

async fn list(session: &Session, json: bool) -> Result {
    let motivos = session.store.motivos().await?;
    if json {
        let list: Vec<Value> = motivos.iter().map(|m| json!({"nome": m.nome, "ativo": m.ativo})).collect();
        output::json(&list)?;
    } else {
        let rows: Vec<_> = motivos.into_iter().map(|m| [m.nome, yes_no(m.ativo)]).collect();
        table(["motivo", "active"], &rows)?;
    }
    Ok(())
}
