//! The access model and the motivos. Both engines read this SQL alike, so it is written once.

use async_trait::async_trait;

use super::postgres::PostgresStore;
use super::sqlite::{BEGIN, SqliteStore};
use super::throttle::FORGET_FAILURES;
use super::{BucketKey, Result};
use crate::domain::acesso::{Nivel, Permissao};
use crate::domain::texto::{Chave, Nome};

/// A perfil.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Perfil {
    /// Row id.
    pub id: i64,
    /// Name as registered.
    pub nome: String,
    /// Its nível; `None` for a root perfil.
    pub nivel_id: Option<i64>,
}

/// That a permission is released to a nível.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Liberacao {
    /// The nível.
    pub nivel_id: i64,
    /// Name of the permission.
    pub permissao: String,
}

/// That a perfil holds a permission.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Concessao {
    /// The perfil.
    pub perfil_id: i64,
    /// Name of the permission.
    pub permissao: String,
}

/// A user, without what authenticates it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Usuario {
    /// Row id: the `usuario_id` of the audit log.
    pub id: i64,
    /// Login as registered.
    pub login: String,
    /// Name of its perfil.
    pub perfil: String,
    /// False once deactivated.
    pub ativo: bool,
}

/// A motivo.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Motivo {
    /// Name as registered.
    pub nome: String,
    /// False once deactivated.
    pub ativo: bool,
}

/// Níveis, perfis, users and motivos.
///
/// `insert_*` fail with [`super::StoreError::AlreadyExists`]; the `set_*` say whether there was something to set.
#[async_trait]
pub trait Provisioning: Send + Sync {
    /// Registers a nível below another, or at the top.
    async fn insert_nivel(&self, nome: &Nome, superior_id: Option<i64>) -> Result<()>;
    /// All níveis, by id: a nível comes after the one above it.
    async fn niveis(&self) -> Result<Vec<Nivel>>;
    /// The nível of that name.
    async fn nivel(&self, chave: &Chave) -> Result<Option<Nivel>>;

    /// Releases permissions to a nível, or takes them back, all or none; for each, false when it was so already.
    async fn set_liberacoes(&self, nivel_id: i64, permissoes: &[Permissao], liberadas: bool) -> Result<Vec<bool>>;
    /// All releases.
    async fn liberacoes(&self) -> Result<Vec<Liberacao>>;

    /// Registers a perfil on a nível, or a root one.
    async fn insert_perfil(&self, nome: &Nome, nivel_id: Option<i64>) -> Result<()>;
    /// All perfis, by name.
    async fn perfis(&self) -> Result<Vec<Perfil>>;
    /// The perfil of that name.
    async fn perfil(&self, chave: &Chave) -> Result<Option<Perfil>>;

    /// Grants permissions to a perfil, or revokes them, all or none; for each, false when it was so already.
    async fn set_concessoes(&self, perfil_id: i64, permissoes: &[Permissao], concedidas: bool) -> Result<Vec<bool>>;
    /// All grants.
    async fn concessoes(&self) -> Result<Vec<Concessao>>;

    /// Registers a user, whose tokens are of `geracao`.
    async fn insert_usuario(&self, login: &Nome, perfil_id: i64, senha_hash: &str, geracao: i64) -> Result<()>;
    /// Sets the password and the generation of the tokens that count, and forgets the failures of `bucket` and of
    /// all that count the same login; false when there is no such user.
    async fn set_senha(&self, login: &Chave, senha_hash: &str, geracao: i64, bucket: &BucketKey) -> Result<bool>;
    /// Activates a user, sets the generation of the tokens that count, and forgets failures as
    /// [`Provisioning::set_senha`] does; false when there is no such user.
    async fn activate_usuario(&self, login: &Chave, geracao: i64, bucket: &BucketKey) -> Result<bool>;
    /// Deactivates a user, and sets the generation of the tokens that count; false when there is no such user.
    async fn deactivate_usuario(&self, login: &Chave, geracao: i64) -> Result<bool>;
    /// Moves a user to a perfil; false when there is no such user.
    async fn set_perfil(&self, login: &Chave, perfil_id: i64) -> Result<bool>;
    /// Sets the generation of the tokens that count; false when there is no such user.
    async fn set_geracao(&self, login: &Chave, geracao: i64) -> Result<bool>;
    /// All users, by login.
    async fn usuarios(&self) -> Result<Vec<Usuario>>;

    /// Registers a motivo.
    async fn insert_motivo(&self, nome: &Nome) -> Result<()>;
    /// Activates or deactivates a motivo; false when there is no such motivo.
    async fn set_motivo_ativo(&self, chave: &Chave, ativo: bool) -> Result<bool>;
    /// All motivos, by name.
    async fn motivos(&self) -> Result<Vec<Motivo>>;
}

/// Implements [`Provisioning`] on a store that has `command_reader()` and `command_writer()` pools, and begins
/// transactions by `$begin`.
macro_rules! impl_provisioning {
    ($store:ty, $begin:expr) => {
        impl $store {
            /// Runs `update` of the user `login`, `$1`, with `value`, `$2`; false where there is no such user.
            async fn update_usuario(&self, update: &'static str, login: &Chave, value: i64) -> Result<bool> {
                let done = sqlx::query(update).bind(login.as_str()).bind(value).execute(self.command_writer()).await?;
                Ok(done.rows_affected() > 0)
            }
        }

        #[async_trait]
        impl Provisioning for $store {
            async fn insert_nivel(&self, nome: &Nome, superior_id: Option<i64>) -> Result<()> {
                sqlx::query("INSERT INTO nivel (nome, chave, superior_id) VALUES ($1, $2, $3)")
                    .bind(&nome.texto)
                    .bind(nome.chave.as_str())
                    .bind(superior_id)
                    .execute(self.command_writer())
                    .await?;
                Ok(())
            }

            async fn niveis(&self) -> Result<Vec<Nivel>> {
                let rows = sqlx::query_as("SELECT id, nome, superior_id FROM nivel ORDER BY id")
                    .fetch_all(self.command_reader())
                    .await?;
                Ok(rows.into_iter().map(|(id, nome, superior_id)| Nivel { id, nome, superior_id }).collect())
            }

            async fn nivel(&self, chave: &Chave) -> Result<Option<Nivel>> {
                let row = sqlx::query_as("SELECT id, nome, superior_id FROM nivel WHERE chave = $1")
                    .bind(chave.as_str())
                    .fetch_optional(self.command_reader())
                    .await?;
                Ok(row.map(|(id, nome, superior_id)| Nivel { id, nome, superior_id }))
            }

            async fn set_liberacoes(
                &self,
                nivel_id: i64,
                permissoes: &[Permissao],
                liberadas: bool,
            ) -> Result<Vec<bool>> {
                let statement = if liberadas {
                    "INSERT INTO liberacao (nivel_id, permissao) VALUES ($1, $2) ON CONFLICT DO NOTHING"
                } else {
                    "DELETE FROM liberacao WHERE nivel_id = $1 AND permissao = $2"
                };
                let mut transaction = self.command_writer().begin_with($begin).await?;
                let mut changed = Vec::with_capacity(permissoes.len());
                for permissao in permissoes {
                    let query = sqlx::query(statement).bind(nivel_id).bind(permissao.nome());
                    changed.push(query.execute(&mut *transaction).await?.rows_affected() > 0);
                }
                transaction.commit().await?;
                Ok(changed)
            }

            async fn liberacoes(&self) -> Result<Vec<Liberacao>> {
                Ok(sqlx::query_as("SELECT nivel_id, permissao FROM liberacao ORDER BY nivel_id, permissao")
                    .fetch_all(self.command_reader())
                    .await?)
            }

            async fn insert_perfil(&self, nome: &Nome, nivel_id: Option<i64>) -> Result<()> {
                sqlx::query("INSERT INTO perfil (nome, chave, nivel_id) VALUES ($1, $2, $3)")
                    .bind(&nome.texto)
                    .bind(nome.chave.as_str())
                    .bind(nivel_id)
                    .execute(self.command_writer())
                    .await?;
                Ok(())
            }

            async fn perfis(&self) -> Result<Vec<Perfil>> {
                Ok(sqlx::query_as("SELECT id, nome, nivel_id FROM perfil ORDER BY chave")
                    .fetch_all(self.command_reader())
                    .await?)
            }

            async fn perfil(&self, chave: &Chave) -> Result<Option<Perfil>> {
                Ok(sqlx::query_as("SELECT id, nome, nivel_id FROM perfil WHERE chave = $1")
                    .bind(chave.as_str())
                    .fetch_optional(self.command_reader())
                    .await?)
            }

            async fn set_concessoes(
                &self,
                perfil_id: i64,
                permissoes: &[Permissao],
                concedidas: bool,
            ) -> Result<Vec<bool>> {
                let statement = if concedidas {
                    "INSERT INTO concessao (perfil_id, permissao) VALUES ($1, $2) ON CONFLICT DO NOTHING"
                } else {
                    "DELETE FROM concessao WHERE perfil_id = $1 AND permissao = $2"
                };
                let mut transaction = self.command_writer().begin_with($begin).await?;
                let mut changed = Vec::with_capacity(permissoes.len());
                for permissao in permissoes {
                    let query = sqlx::query(statement).bind(perfil_id).bind(permissao.nome());
                    changed.push(query.execute(&mut *transaction).await?.rows_affected() > 0);
                }
                transaction.commit().await?;
                Ok(changed)
            }

            async fn concessoes(&self) -> Result<Vec<Concessao>> {
                Ok(sqlx::query_as("SELECT perfil_id, permissao FROM concessao ORDER BY perfil_id, permissao")
                    .fetch_all(self.command_reader())
                    .await?)
            }

            async fn insert_usuario(&self, login: &Nome, perfil_id: i64, senha_hash: &str, geracao: i64) -> Result<()> {
                sqlx::query(
                    "INSERT INTO usuario (login, chave, perfil_id, senha_hash, geracao) VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(&login.texto)
                .bind(login.chave.as_str())
                .bind(perfil_id)
                .bind(senha_hash)
                .bind(geracao)
                .execute(self.command_writer())
                .await?;
                Ok(())
            }

            async fn set_senha(
                &self,
                login: &Chave,
                senha_hash: &str,
                geracao: i64,
                bucket: &BucketKey,
            ) -> Result<bool> {
                let mut transaction = self.command_writer().begin_with($begin).await?;
                let done = sqlx::query("UPDATE usuario SET geracao = $2, senha_hash = $3 WHERE chave = $1")
                    .bind(login.as_str())
                    .bind(geracao)
                    .bind(senha_hash)
                    .execute(&mut *transaction)
                    .await?;
                if done.rows_affected() > 0 {
                    sqlx::query(FORGET_FAILURES).bind(&bucket[..]).execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                Ok(done.rows_affected() > 0)
            }

            async fn activate_usuario(&self, login: &Chave, geracao: i64, bucket: &BucketKey) -> Result<bool> {
                let mut transaction = self.command_writer().begin_with($begin).await?;
                let done = sqlx::query("UPDATE usuario SET geracao = $2, ativo = true WHERE chave = $1")
                    .bind(login.as_str())
                    .bind(geracao)
                    .execute(&mut *transaction)
                    .await?;
                if done.rows_affected() > 0 {
                    sqlx::query(FORGET_FAILURES).bind(&bucket[..]).execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                Ok(done.rows_affected() > 0)
            }

            async fn deactivate_usuario(&self, login: &Chave, geracao: i64) -> Result<bool> {
                self.update_usuario("UPDATE usuario SET geracao = $2, ativo = false WHERE chave = $1", login, geracao)
                    .await
            }

            async fn set_perfil(&self, login: &Chave, perfil_id: i64) -> Result<bool> {
                self.update_usuario("UPDATE usuario SET perfil_id = $2 WHERE chave = $1", login, perfil_id).await
            }

            async fn set_geracao(&self, login: &Chave, geracao: i64) -> Result<bool> {
                self.update_usuario("UPDATE usuario SET geracao = $2 WHERE chave = $1", login, geracao).await
            }

            async fn usuarios(&self) -> Result<Vec<Usuario>> {
                Ok(sqlx::query_as(
                    "SELECT usuario.id, usuario.login, perfil.nome AS perfil, usuario.ativo
                     FROM usuario JOIN perfil ON perfil.id = usuario.perfil_id
                     ORDER BY usuario.chave",
                )
                .fetch_all(self.command_reader())
                .await?)
            }

            async fn insert_motivo(&self, nome: &Nome) -> Result<()> {
                sqlx::query("INSERT INTO motivo (nome, chave) VALUES ($1, $2)")
                    .bind(&nome.texto)
                    .bind(nome.chave.as_str())
                    .execute(self.command_writer())
                    .await?;
                Ok(())
            }

            async fn set_motivo_ativo(&self, chave: &Chave, ativo: bool) -> Result<bool> {
                let done = sqlx::query("UPDATE motivo SET ativo = $2 WHERE chave = $1")
                    .bind(chave.as_str())
                    .bind(ativo)
                    .execute(self.command_writer())
                    .await?;
                Ok(done.rows_affected() > 0)
            }

            async fn motivos(&self) -> Result<Vec<Motivo>> {
                Ok(sqlx::query_as("SELECT nome, ativo FROM motivo ORDER BY chave")
                    .fetch_all(self.command_reader())
                    .await?)
            }
        }
    };
}

impl_provisioning!(PostgresStore, "BEGIN");
impl_provisioning!(SqliteStore, BEGIN);
