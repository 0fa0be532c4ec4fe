//! Who is signed in to the console. Times are those of the server's clock, which comes with each use.

use time::{Duration, OffsetDateTime};

use super::engine::Store;
use super::error::{Result, StoreError};
use super::value::Param;
use crate::clock::{from_unix_millis, unix_millis};

/// Names a session: the digest of the id that the browser has.
pub type SessionKey = [u8; 32];

/// A session, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub usuario_id: i64,
    /// The user's at the login.
    pub generation: i64,
    pub created: OffsetDateTime,
    /// The latest request that was noted.
    pub seen: OffsetDateTime,
}

#[derive(sqlx_macros::FromRow)]
struct SessionRow {
    usuario_id: i64,
    geracao: i64,
    criada_em: i64,
    vista_em: i64,
}

#[derive(sqlx_macros::FromRow)]
struct SignedInRow {
    login: String,
    #[sqlx(flatten)]
    session: SessionRow,
}

const SESSION: &str = "SELECT usuario_id, geracao, criada_em, vista_em FROM sessao WHERE chave = $1";

/// Of the same moment as others of its user, it is created a tick after the last of them, so that the oldest is known. $6
/// is until when that is a moment, and not a clock that was wrong.
const INSERT: &str = "
INSERT INTO sessao (chave, usuario_id, geracao, criada_em, vista_em)
SELECT $1, $2, $3, $4 + tick, $5
FROM (SELECT coalesce(max(criada_em) + 1 - $4, 0) AS tick
      FROM sessao WHERE usuario_id = $2 AND criada_em >= $4 AND criada_em < $6) AS last";

/// $1 is the user, $2 how many sessions stay beside the one of $3: the latest.
const TRIM: &str = "
DELETE FROM sessao WHERE usuario_id = $1 AND chave <> $3 AND chave NOT IN
    (SELECT chave FROM sessao WHERE usuario_id = $1 AND chave <> $3
     ORDER BY criada_em DESC, vista_em DESC, chave LIMIT $2)";

/// How long the sessions of a moment may have begun one after the other.
const MOMENT: Duration = Duration::seconds(1);

/// A session is over that was created at $1 or before, or last seen at $2 or before. $3 is how many at once.
const PURGE: &str = "
DELETE FROM sessao WHERE chave IN (SELECT chave FROM sessao WHERE criada_em <= $1 OR vista_em <= $2 LIMIT $3)";

/// $1 and $2 as in [`PURGE`], $3 how many. Sessions of another generation, or of a user who is inactive, are over too.
const SIGNED_IN: &str = "
SELECT usuario.login, sessao.usuario_id, sessao.geracao, criada_em, vista_em
FROM sessao JOIN usuario ON usuario.id = sessao.usuario_id
WHERE criada_em >= $1 AND vista_em >= $2 AND usuario.ativo AND usuario.geracao = sessao.geracao
ORDER BY vista_em DESC, sessao.chave
LIMIT $3";

impl Store {
    /// The `limit` sessions that were seen last, of those that were created since the one time and seen since the other,
    /// each with its login.
    pub async fn sessions_since(
        &self,
        created: OffsetDateTime,
        seen: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<(String, Session)>> {
        let values = [millis(created), millis(seen), i64::from(limit).into()];
        let rows: Vec<SignedInRow> = self.command_rows(SIGNED_IN, &values).await?;
        rows.into_iter().map(|SignedInRow { login, session }| Ok((login, session_of(session)?))).collect()
    }

    pub async fn session(&self, key: &SessionKey) -> Result<Option<Session>> {
        let row: Option<SessionRow> = self.row(SESSION, &[bytes(key)]).await?;
        row.map(session_of).transpose()
    }

    /// Keeps `session`, and of its user's no more than `most`: the latest besides it.
    pub async fn insert_session(&self, key: &SessionKey, session: Session, most: u32) -> Result<()> {
        let Session { usuario_id, generation, created, seen } = session;
        let (created, seen, until) = (millis(created), millis(seen), millis(created + MOMENT));
        let values = [bytes(key), usuario_id.into(), generation.into(), created, seen, until];
        self.execute(INSERT, &values).await?;
        let others = i64::from(most.saturating_sub(1));
        self.execute(TRIM, &[usuario_id.into(), others.into(), bytes(key)]).await.map(drop)
    }

    /// Notes the latest request of a session, unless a later one is noted.
    pub async fn touch_session(&self, key: &SessionKey, seen: OffsetDateTime) -> Result<()> {
        self.execute("UPDATE sessao SET vista_em = $2 WHERE chave = $1 AND vista_em < $2", &[bytes(key), millis(seen)])
            .await
            .map(drop)
    }

    /// Ends a session; one that is over already stays so.
    pub async fn delete_session(&self, key: &SessionKey) -> Result<()> {
        self.execute("DELETE FROM sessao WHERE chave = $1", &[bytes(key)]).await.map(drop)
    }

    /// Forgets `limit` of the sessions that were created at the one time or before, or last seen at the other or
    /// before; returns how many it were.
    pub async fn purge_sessions(&self, created: OffsetDateTime, seen: OffsetDateTime, limit: u32) -> Result<u64> {
        self.execute(PURGE, &[millis(created), millis(seen), i64::from(limit).into()]).await
    }
}

fn session_of(row: SessionRow) -> Result<Session> {
    let SessionRow { usuario_id, geracao, criada_em, vista_em } = row;
    let time = |millis| from_unix_millis(millis).ok_or_else(|| StoreError::Corrupt(format!("the time {millis}")));
    Ok(Session { usuario_id, generation: geracao, created: time(criada_em)?, seen: time(vista_em)? })
}

fn bytes(key: &SessionKey) -> Param<'_> {
    Param::Bytes(Some(key))
}

fn millis(at: OffsetDateTime) -> Param<'static> {
    unix_millis(at).into()
}
