//! What login and the access check read. Both engines read this SQL alike, so it is written once.

use async_trait::async_trait;

use super::Result;
use super::postgres::PostgresStore;
use super::sqlite::SqliteStore;
use crate::domain::acesso::Acesso;
use crate::domain::texto::Chave;

/// What login and the access check read.
#[async_trait]
pub trait Access: Send + Sync {
    /// What a login is checked against.
    async fn credential(&self, login: &Chave) -> Result<Option<Credential>>;

    /// What decides a user's access.
    async fn acesso(&self, usuario_id: i64) -> Result<Option<Acesso>>;
}

/// What a login is checked against. Deliberately without `Debug`.
#[derive(sqlx::FromRow)]
pub struct Credential {
    /// Row id of the user.
    pub usuario_id: i64,
    /// Login as registered.
    pub login: String,
    /// PHC string.
    pub senha_hash: String,
    /// False once deactivated.
    pub ativo: bool,
    /// The generation of the tokens to issue.
    pub geracao: i64,
}

const ACESSO: &str = "
SELECT u.login, u.ativo, u.geracao, p.nivel_id IS NULL AS root,
       (SELECT string_agg(permissao, ',') FROM concessao WHERE perfil_id = p.id) AS concedidas,
       (SELECT string_agg(permissao, ',') FROM liberacao WHERE nivel_id = p.nivel_id) AS liberadas
FROM usuario u JOIN perfil p ON p.id = u.perfil_id
WHERE u.id = $1";

/// [`Acesso`] as one row; names of permissions have no commas, so that a list can travel as one text.
#[derive(sqlx::FromRow)]
struct AcessoRow {
    login: String,
    ativo: bool,
    geracao: i64,
    root: bool,
    concedidas: Option<String>,
    liberadas: Option<String>,
}

impl From<AcessoRow> for Acesso {
    fn from(row: AcessoRow) -> Self {
        let split = |names: Option<String>| names.iter().flat_map(|n| n.split(',')).map(str::to_owned).collect();
        Self {
            login: row.login.into(),
            ativo: row.ativo,
            geracao: row.geracao,
            root: row.root,
            concedidas: split(row.concedidas),
            liberadas: split(row.liberadas),
        }
    }
}

/// Implements [`Access`] on a store that tries statements and has connections to `read()` from.
macro_rules! impl_access {
    ($store:ty) => {
        #[async_trait]
        impl Access for $store {
            async fn credential(&self, login: &Chave) -> Result<Option<Credential>> {
                let query = || {
                    sqlx::query_as(
                        "SELECT id AS usuario_id, login, senha_hash, ativo, geracao FROM usuario WHERE chave = $1",
                    )
                    .bind(login.as_str())
                };
                self.attempts.run(|| async { query().fetch_optional(&mut *self.read().await?).await }).await
            }

            async fn acesso(&self, usuario_id: i64) -> Result<Option<Acesso>> {
                let query = || sqlx::query_as::<_, AcessoRow>(ACESSO).bind(usuario_id);
                let row =
                    self.attempts.run(|| async { query().fetch_optional(&mut *self.read().await?).await }).await?;
                Ok(row.map(Into::into))
            }
        }
    };
}

impl_access!(PostgresStore);
impl_access!(SqliteStore);
