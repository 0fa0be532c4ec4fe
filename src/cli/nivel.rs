//! `nivel`

use serde_json::{Value, json};

use super::support::database::IfMissing;
use super::support::error::Result;
use super::support::output::{self, say, table};
use super::support::session::Session;
use crate::domain::text::Name;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Register a nível
    #[command(after_help = "Examples:\n  citrus-status nivel criar Empresa\n  \
                            citrus-status nivel criar Suporte --superior Empresa")]
    Criar {
        /// Its name
        #[arg(value_name = "NAME")]
        nome: Name,
        /// The nível above it; if omitted, it is at the top
        #[arg(long, value_name = "NIVEL")]
        superior: Option<Name>,
    },
    /// List the níveis
    #[command(after_help = "Example:\n  citrus-status nivel listar --json")]
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
            Self::Listar { .. } => IfMissing::Refuse,
        }
    }
}

pub async fn run(session: &Session, command: Command) -> Result {
    match command {
        Command::Criar { nome, superior } => {
            session.provisioning.create_nivel(&nome, superior.as_ref()).await?;
            say!("nível '{}' created", nome.texto)?;
        }
        Command::Listar { json } => list(session, json).await?,
    }
    Ok(())
}

async fn list(session: &Session, json: bool) -> Result {
    let niveis = session.store.niveis().await?;
    let superior = |id: Option<i64>| niveis.iter().find(|nivel| Some(nivel.id) == id).map(|nivel| nivel.nome.clone());
    if json {
        let list: Vec<Value> =
            niveis.iter().map(|nivel| json!({"nome": nivel.nome, "superior": superior(nivel.superior_id)})).collect();
        output::json(&list)?;
    } else {
        let rows: Vec<_> =
            niveis.iter().map(|nivel| [nivel.nome.clone(), superior(nivel.superior_id).unwrap_or_default()]).collect();
        table(["nível", "superior"], &rows)?;
    }
    Ok(())
}
