//! `perfil`

use serde_json::{Value, json};

use super::support::database::IfMissing;
use super::support::error::Result;
use super::support::output::{self, say, say_each, table};
use super::support::session::Session;
use crate::domain::access::Permissao;
use crate::domain::text::Name;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Register a perfil, on a nível or as root
    #[command(
        group = clap::ArgGroup::new("where").args(["nivel", "root"]).required(true),
        after_help = "Examples:\n  citrus-status perfil criar Integração --nivel Suporte\n  \
                      citrus-status perfil criar Administrador --root"
    )]
    Criar {
        /// Its name
        #[arg(value_name = "NAME")]
        nome: Name,
        /// Its nível
        #[arg(long, value_name = "NIVEL")]
        nivel: Option<Name>,
        /// A root perfil: its permissions need no release
        #[arg(long)]
        root: bool,
    },
    /// Grant permissions to a perfil, all or none
    #[command(after_help = "Examples:\n  citrus-status perfil conceder Integração alterar-status\n  \
                            citrus-status perfil conceder Integração consultar-status consultar-motivos")]
    Conceder(Args),
    /// Revoke permissions from a perfil, all or none: its users lose them within a second
    #[command(after_help = "Example:\n  citrus-status perfil revogar Integração alterar-status consultar-status")]
    Revogar(Args),
    /// List the perfis with their permissions
    #[command(after_help = "Example:\n  citrus-status perfil listar")]
    Listar {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args)]
pub struct Args {
    /// The perfil
    perfil: Name,
    /// The permissions
    #[arg(required = true, value_name = "PERMISSAO")]
    permissoes: Vec<Permissao>,
}

impl Command {
    /// A first installation may begin with what registers something.
    pub fn if_missing(&self) -> IfMissing {
        match self {
            Self::Criar { .. } => IfMissing::Create,
            Self::Conceder(_) | Self::Revogar(_) | Self::Listar { .. } => IfMissing::Refuse,
        }
    }
}

pub async fn run(session: &Session, command: Command) -> Result {
    match command {
        Command::Criar { nome, nivel, .. } => {
            session.provisioning.create_perfil(&nome, nivel.as_ref()).await?;
            say!("perfil '{}' created", nome.texto)?;
        }
        Command::Conceder(Args { perfil, permissoes }) => {
            let changed = session.provisioning.grant(&perfil, &permissoes).await?;
            say_each(&permissoes, changed, |permissao, changed| {
                let holds = if changed { "holds" } else { "already holds" };
                format!("the perfil '{}' {holds} '{permissao}'", perfil.texto)
            })?;
        }
        Command::Revogar(Args { perfil, permissoes }) => {
            let changed = session.provisioning.revoke(&perfil, &permissoes).await?;
            say_each(&permissoes, changed, |permissao, changed| {
                let holds = if changed { "no longer holds" } else { "does not hold" };
                format!("the perfil '{}' {holds} '{permissao}'", perfil.texto)
            })?;
        }
        Command::Listar { json } => list(session, json).await?,
    }
    Ok(())
}

async fn list(session: &Session, json: bool) -> Result {
    let (perfis, niveis) = (session.store.perfis().await?, session.store.niveis().await?);
    let grants = session.store.grants().await?;
    let nivel = |id: Option<i64>| niveis.iter().find(|nivel| Some(nivel.id) == id).map(|nivel| nivel.nome.clone());
    let held =
        |id: i64| -> Vec<String> { grants.iter().filter(|c| c.perfil_id == id).map(|c| c.permissao.clone()).collect() };
    if json {
        let list: Vec<Value> = perfis
            .iter()
            .map(|p| {
                json!({"nome": p.nome, "root": p.nivel_id.is_none(), "nivel": nivel(p.nivel_id),
                       "permissoes": held(p.id)})
            })
            .collect();
        output::json(&list)?;
    } else {
        let rows: Vec<_> = perfis
            .iter()
            .map(|p| {
                let nivel = nivel(p.nivel_id).unwrap_or_else(|| "(root)".to_owned());
                [p.nome.clone(), nivel, held(p.id).join(", ")]
            })
            .collect();
        table(["perfil", "nível", "permissions"], &rows)?;
    }
    Ok(())
}
