//! Why a command failed, and what the process exits with.

use std::process::ExitCode;

use crate::app::AppError;
use crate::conferir::session::StartError;
use crate::config::ConfigError;
use crate::printable::printable;
use crate::service::backup::BackupError;
use crate::service::import::ImportError;
use crate::service::provisioning::ProvisioningError;
use crate::service::state_file::StateError;
use crate::service_manager::SocketError;
use crate::store::StoreError;

/// Exit code for wrong usage: flags or settings.
pub const USAGE: u8 = 2;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Socket(#[from] SocketError),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Failed(String),
    #[error("the database has pending migrations: {0}; run `citrus-status migrate`, or set AUTO_MIGRATE=true")]
    Pending(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the database {database} was not ready within {seconds} s (DATABASE_WAIT_SECONDS): {error}; check that it runs, \
         and that DATABASE_URL names it"
    )]
    Waited { database: String, seconds: u64, error: StoreError },
    #[error("{}{}", .0, helpful_command(.0))]
    Provisioning(#[from] ProvisioningError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Conferir(#[from] StartError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// The command that helps after a refusal, as the end of its text.
fn helpful_command(error: &ProvisioningError) -> String {
    match error {
        ProvisioningError::Missing { kind, .. } => format!("; `citrus-status {kind} listar` shows them"),
        ProvisioningError::NotReleased { permissoes, nivel } => {
            let nomes: Vec<&str> = permissoes.iter().map(|permissao| permissao.nome()).collect();
            format!("; first: citrus-status permissao liberar {} --nivel '{nivel}'", nomes.join(" "))
        }
        _ => String::new(),
    }
}

impl CliError {
    /// The text, in which lines end only where we end them.
    pub fn printable(&self) -> String {
        match self {
            // They have several lines. What they repeat was made printable before.
            Self::Config(_)
            | Self::Usage(_)
            | Self::Failed(_)
            | Self::State(StateError::Faults(_))
            | Self::App(AppError::Listen { .. } | AppError::ListenMetrics { .. }) => self.to_string(),
            _ => printable(&self.to_string()).into_owned(),
        }
    }

    /// The last line, where the text is long or a list of complaints.
    pub fn advice(&self) -> Option<&'static str> {
        let corrects = "correct the settings and try again; `citrus-status config check` shows where each comes from";
        matches!(self, Self::Config(_)).then_some(corrects)
    }

    /// What the process exits with.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_) | Self::Socket(_) | Self::Usage(_) => ExitCode::from(USAGE),
            _ => ExitCode::FAILURE,
        }
    }
}

/// What a command ends with.
pub type Result<T = (), E = CliError> = std::result::Result<T, E>;
