//! Erasure: texts and names go, rows, revisions and the links between them stay.

use time::OffsetDateTime;

use super::audit::Edit;
use super::engine::Store;
use super::error::Result;
use super::throttle::BucketKey;
use super::value::Param;
use crate::domain::text::Name;

/// A place between two rows of the histories, which are in the order of their key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Cursor {
    pub atendimento_id: i64,
    pub revisao: i64,
}

impl Cursor {
    pub const START: Self = Self { atendimento_id: i64::MIN, revisao: i64::MIN };
    pub const END: Self = Self { atendimento_id: i64::MAX, revisao: i64::MAX };
}

/// Where what was erased may still be found on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftovers {
    None,
    /// In SQLite's write-ahead log: others read or write all the time.
    Log,
    /// In PostgreSQL's dead rows, until a vacuum.
    DeadRows,
}

/// The last of $3 rows after $1, $2.
const REACH: &str = "
SELECT atendimento_id, revisao FROM historico
WHERE (atendimento_id, revisao) > ($1, $2)
ORDER BY atendimento_id, revisao
LIMIT 1 OFFSET $3";

const COUNT_COMMENTS: &str = "
SELECT count(*) FROM historico
WHERE (atendimento_id, revisao) > ($1, $2) AND (atendimento_id, revisao) <= ($3, $4)
  AND em < $5 AND comentario IS NOT NULL";

const ERASE_COMMENTS: &str = "
UPDATE historico SET comentario = NULL, visivel_cliente = NULL
WHERE (atendimento_id, revisao) > ($1, $2) AND (atendimento_id, revisao) <= ($3, $4)
  AND em < $5 AND comentario IS NOT NULL";

const ERASE_COMMENTS_OF: &str = "
UPDATE historico SET comentario = NULL, visivel_cliente = NULL
WHERE atendimento_id = $1 AND comentario IS NOT NULL";

const COUNT_COMMENTS_OF: &str = "
SELECT (SELECT count(*) FROM historico WHERE atendimento_id = a.id AND comentario IS NOT NULL)
FROM atendimento a WHERE protocolo = $1";

const FORGET_KEYS: &str = "
DELETE FROM idempotencia WHERE (usuario_id, chave) IN
    (SELECT usuario_id, chave FROM idempotencia WHERE usuario_id = $1 ORDER BY chave LIMIT $2)";

const ANONYMISE_USUARIO: &str = "
UPDATE usuario SET login = $2, chave = $3, senha_hash = $4, ativo = false, geracao = $5 WHERE id = $1";

const FORGET_ATTEMPTS: &str = "DELETE FROM tentativa WHERE chave = $1 OR login = $1";

impl Store {
    /// The place after the next `rows` rows of the histories, counted from `after`; [`Cursor::END`] where there are fewer.
    pub async fn reach(&self, after: Cursor, rows: u32) -> Result<Cursor> {
        let values = [after.atendimento_id.into(), after.revisao.into(), i64::from(rows.saturating_sub(1)).into()];
        Ok(self.command_row(REACH, &values).await?.unwrap_or(Cursor::END))
    }

    /// How many comments from before `before` there are between two places.
    pub async fn count_comments(&self, after: Cursor, to: Cursor, before: OffsetDateTime) -> Result<u64> {
        let count: Option<(i64,)> = self.command_row(COUNT_COMMENTS, &span(after, to, before)).await?;
        Ok(count.map_or(0, |(count,)| count.unsigned_abs()))
    }

    /// How many comments an atendimento has; `None` where there is no such atendimento.
    pub async fn count_comments_of(&self, protocolo: &str) -> Result<Option<u64>> {
        let count: Option<(i64,)> = self.command_row(COUNT_COMMENTS_OF, &[protocolo.into()]).await?;
        Ok(count.map(|(count,)| count.unsigned_abs()))
    }

    /// The greatest id of an atendimento; 0 where there is none.
    pub async fn last_atendimento_id(&self) -> Result<i64> {
        let last: Option<(i64,)> = self.command_row("SELECT coalesce(max(id), 0) FROM atendimento", &[]).await?;
        Ok(last.map_or(0, |(last,)| last))
    }

    /// Takes what was erased off the disk, as far as that holds nobody up, and says what is left.
    pub async fn scrub(&self) -> Result<Leftovers> {
        Ok(match self {
            Self::Postgres(_) => Leftovers::DeadRows,
            Self::Sqlite(store) if store.empty_log().await? => Leftovers::None,
            Self::Sqlite(_) => Leftovers::Log,
        })
    }
}

impl Edit {
    /// Erases the comments from before `before` between two places; how many there were.
    pub async fn erase_comments(&mut self, after: Cursor, to: Cursor, before: OffsetDateTime) -> Result<u64> {
        self.execute(ERASE_COMMENTS, &span(after, to, before)).await
    }

    /// Erases all comments of an atendimento; how many there were, and `None` where there is no such atendimento.
    pub async fn erase_comments_of(&mut self, protocolo: &str) -> Result<Option<u64>> {
        let found = self.0.rows("SELECT id FROM atendimento WHERE protocolo = $1", &[protocolo.into()]).await?.pop();
        let Some((id,)): Option<(i64,)> = found else { return Ok(None) };
        self.execute(ERASE_COMMENTS_OF, &[id.into()]).await.map(Some)
    }

    /// Forgets `limit` of the idempotency keys of a user; how many it were.
    pub async fn forget_keys(&mut self, usuario_id: i64, limit: u32) -> Result<u64> {
        self.execute(FORGET_KEYS, &[usuario_id.into(), i64::from(limit).into()]).await
    }

    /// Puts `pseudonym` in the place of a user's login and `senha_hash` in that of its hash, deactivates it, and forgets
    /// the attempts to log in that `bucket` and its fellows count.
    pub async fn anonymise_usuario(
        &mut self,
        usuario_id: i64,
        pseudonym: &Name,
        senha_hash: &str,
        generation: i64,
        bucket: &BucketKey,
    ) -> Result<()> {
        let (login, key) = (pseudonym.texto.as_str().into(), (&pseudonym.key).into());
        let values = [usuario_id.into(), login, key, senha_hash.into(), generation.into()];
        self.execute(ANONYMISE_USUARIO, &values).await?;
        self.execute(FORGET_ATTEMPTS, &[bucket.into()]).await.map(drop)
    }
}

fn span(after: Cursor, to: Cursor, before: OffsetDateTime) -> [Param<'static>; 5] {
    let Cursor { atendimento_id, revisao } = after;
    [atendimento_id.into(), revisao.into(), to.atendimento_id.into(), to.revisao.into(), Some(before).into()]
}
