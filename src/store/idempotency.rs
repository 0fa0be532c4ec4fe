//! The idempotency keys of changes made.
//! Keys are written with their changes, see [`Store::commit`].

use std::collections::HashMap;

use super::audit::Edit;
use super::engine::Store;
use super::error::Result;
use super::rows::ScopedKey;
use crate::domain::text::PSEUDONYM;

/// Gives keys of the future, which a wrong clock wrote, the present. $1 is how many at once.
const MEND: &str = "
UPDATE idempotencia SET em = (SELECT agora FROM relogio) WHERE (usuario_id, chave) IN
    (SELECT usuario_id, chave FROM idempotencia WHERE em > (SELECT agora FROM relogio) ORDER BY em LIMIT $1)";

/// $1 is how many at once, $2 how long they are kept.
const PURGE: &str = "
DELETE FROM idempotencia WHERE (usuario_id, chave) IN
    (SELECT usuario_id, chave FROM idempotencia WHERE em < (SELECT agora FROM relogio) - $2 ORDER BY em LIMIT $1)";

/// $1 is how many at once, $2 what pseudonyms begin with; nobody else can have such a login.
const FORGET_ANONYMISED: &str = "
DELETE FROM idempotencia WHERE (usuario_id, chave) IN
    (SELECT usuario_id, chave FROM idempotencia
     WHERE usuario_id IN (SELECT id FROM usuario WHERE chave = $2 || CAST(id AS text)) LIMIT $1)";

/// A key that came with a creation, or with a change.
#[derive(sqlx_macros::FromRow)]
pub struct UsedKey {
    #[sqlx(rename = "impressao")]
    pub fingerprint: i64,
    /// What was made: an id or a protocolo; `None` for a change.
    #[sqlx(rename = "resultado")]
    pub result: Option<String>,
}

impl Edit {
    /// How a key of the user was used, if it was.
    pub async fn used_key(&mut self, usuario_id: i64, key: &str) -> Result<Option<UsedKey>> {
        let used = "SELECT impressao, resultado FROM idempotencia WHERE usuario_id = $1 AND chave = $2";
        Ok(self.0.rows(used, &[usuario_id.into(), key.into()]).await?.pop())
    }

    /// Keeps a key of the user with what it made; fails with [`super::StoreError::AlreadyExists`] if it was used
    /// meanwhile.
    pub async fn use_key(&mut self, usuario_id: i64, key: &str, fingerprint: i64, result: &str) -> Result<()> {
        let insert = "INSERT INTO idempotencia (usuario_id, chave, impressao, em, resultado)
                      SELECT $1, $2, $3, agora, $4 FROM relogio";
        self.execute(insert, &[usuario_id.into(), key.into(), fingerprint.into(), result.into()]).await.map(drop)
    }
}

impl Store {
    /// The fingerprints of the bodies with which the `keys` came that are known. Waits for a lock no longer
    /// than one statement does, then fails with [`super::StoreError::Contention`].
    pub async fn idempotency_keys(&self, keys: &[ScopedKey]) -> Result<HashMap<ScopedKey, i64>> {
        match self {
            Self::Postgres(store) => store.idempotency_keys(keys).await,
            Self::Sqlite(store) => store.idempotency_keys(keys).await,
        }
    }

    /// [`Store::idempotency_keys`] for one key, without the change queue's connections.
    pub async fn idempotency_key(&self, (usuario_id, key): &ScopedKey) -> Result<Option<i64>> {
        let known = "SELECT impressao FROM idempotencia WHERE usuario_id = $1 AND chave = $2";
        let row: Option<(i64,)> = self.row(known, &[(*usuario_id).into(), key.as_str().into()]).await?;
        Ok(row.map(|(fingerprint,)| fingerprint))
    }

    /// Lets `limit` keys of a later time than the present, which were written under a wrong clock, count from now on;
    /// returns how many it were.
    pub async fn mend_idempotency_keys(&self, limit: u32) -> Result<u64> {
        self.execute(MEND, &[i64::from(limit).into()]).await
    }

    /// Forgets `limit` of the keys of changes made longer than `kept` milliseconds ago by the database's clock; returns
    /// how many it were.
    pub async fn purge_idempotency_keys(&self, kept: i64, limit: u32) -> Result<u64> {
        self.execute(PURGE, &[i64::from(limit).into(), kept.into()]).await
    }

    /// Forgets `limit` of the keys of anonymised users; returns how many it were.
    pub async fn forget_keys_of_anonymised(&self, limit: u32) -> Result<u64> {
        self.execute(FORGET_ANONYMISED, &[i64::from(limit).into(), PSEUDONYM.into()]).await
    }
}
