//! The database and the services of a command.

use std::sync::Arc;

use super::database;
use super::error::Result;
use crate::config::{Config, Flags};
use crate::service::provisioning::Provisioning;
use crate::store::Store;
use crate::telemetry;

/// What a provisioning command works on.
pub struct Session {
    pub store: Arc<Store>,
    pub provisioning: Provisioning,
}

impl Session {
    /// Runs `work` on the database of the settings, and closes it.
    pub async fn with(flags: &Flags, work: impl AsyncFnOnce(&Self) -> Result) -> Result {
        let config = load(flags, telemetry::start)?;
        let store = database::open_store(&config).await?;
        let provisioning = Provisioning::new(Arc::clone(&store));
        let session = Self { store, provisioning };
        let outcome = work(&session).await;
        session.store.close().await;
        outcome
    }
}

/// Reads the settings and starts the log with `start`.
pub fn load(flags: &Flags, start: fn(&str, bool)) -> Result<Config> {
    let config = Config::load(&flags.sources()?)?;
    start(&config.log.filter, config.log.json);
    Ok(config)
}
