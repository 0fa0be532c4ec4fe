//! The database and the services of a command.

use std::path::PathBuf;
use std::sync::Arc;

use super::database::{self, IfMissing};
use super::error::Result;
use crate::config::{Config, Flags};
use crate::domain::audit::Actor;
use crate::domain::text::Name;
use crate::service::audit::command_line;
use crate::service::erasure::Erasure;
use crate::service::provisioning::Provisioning;
use crate::service::state_file::StateFiles;
use crate::store::Store;
use crate::telemetry;

/// What a provisioning command works on.
pub struct Session {
    pub store: Arc<Store>,
    pub provisioning: Provisioning,
    /// Whom the audit trail names.
    pub actor: Actor,
    /// The file of the setting `STATE_FILE`.
    pub state_file: Option<PathBuf>,
    /// Whether the server has a console.
    pub has_console: bool,
}

impl Session {
    /// Runs `work` on the database of the settings, and closes it.
    pub async fn with(flags: &Flags, if_missing: IfMissing, work: impl AsyncFnOnce(&Self) -> Result) -> Result {
        let config = load(flags, telemetry::start)?;
        let store = database::open_store(&config, if_missing).await?;
        let actor = command_line();
        let provisioning = Provisioning::new(Arc::clone(&store), actor.clone());
        let (state_file, has_console) = (config.state_file, config.http.console);
        let session = Self { store, provisioning, actor, state_file, has_console };
        let outcome = work(&session).await;
        database::close(&session.store).await;
        outcome
    }

    /// The row id of the user of `login`, if one is asked for.
    pub async fn usuario_id(&self, login: Option<&Name>) -> Result<Option<i64>> {
        Ok(match login {
            Some(login) => Some(self.provisioning.usuario(login).await?.id),
            None => None,
        })
    }

    pub fn state_files(&self) -> StateFiles {
        StateFiles::new(Arc::clone(&self.store), self.actor.clone())
    }

    pub fn erasure(&self) -> Erasure {
        Erasure::new(Arc::clone(&self.store), self.actor.clone())
    }
}

/// Reads the settings and starts the log with `start`.
pub fn load(flags: &Flags, start: fn(&str, bool)) -> Result<Config> {
    let config = Config::load(&flags.sources()?)?;
    start(&config.log.filter, config.log.json);
    Ok(config)
}
