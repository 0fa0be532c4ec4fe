//! The access model and the motivos.

use super::engine::Store;
use super::error::Result;
use super::throttle::{BucketKey, FORGET_FAILURES};
use super::value::Param;
use crate::domain::access::{Nivel, Permissao};
use crate::domain::text::{Name, NameKey};

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Perfil {
    pub id: i64,
    pub nome: String,
    /// Its nível; `None` for a root perfil.
    pub nivel_id: Option<i64>,
}

/// That a permission is released to a nível.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Release {
    pub nivel_id: i64,
    pub permissao: String,
}

/// That a perfil holds a permission.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Grant {
    pub perfil_id: i64,
    pub permissao: String,
}

/// A user, without what authenticates it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Usuario {
    /// Row id: the `usuario_id` of the audit log.
    pub id: i64,
    pub login: String,
    pub perfil: String,
    /// False once deactivated.
    pub ativo: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Motivo {
    pub nome: String,
    /// False once deactivated.
    pub ativo: bool,
}

const USUARIOS: &str = "
SELECT usuario.id, usuario.login, perfil.nome AS perfil, usuario.ativo
FROM usuario JOIN perfil ON perfil.id = usuario.perfil_id
ORDER BY usuario.chave";

#[derive(sqlx::FromRow)]
struct NivelRow {
    id: i64,
    nome: String,
    superior_id: Option<i64>,
}

/// Níveis, perfis, users and motivos.
///
/// `insert_*` fail with [`super::StoreError::AlreadyExists`]; the `set_*` say whether there was something to set.
impl Store {
    pub async fn insert_nivel(&self, nome: &Name, superior_id: Option<i64>) -> Result<()> {
        let insert = "INSERT INTO nivel (nome, chave, superior_id) VALUES ($1, $2, $3)";
        self.insert(insert, &[nome.texto.as_str().into(), (&nome.key).into(), superior_id.into()]).await
    }

    /// All níveis, by id: a nível comes after the one above it.
    pub async fn niveis(&self) -> Result<Vec<Nivel>> {
        let rows = self.command_rows("SELECT id, nome, superior_id FROM nivel ORDER BY id", &[]).await?;
        Ok(rows.into_iter().map(nivel_of).collect())
    }

    pub async fn nivel(&self, key: &NameKey) -> Result<Option<Nivel>> {
        let nivel = "SELECT id, nome, superior_id FROM nivel WHERE chave = $1";
        Ok(self.command_row(nivel, &[key.into()]).await?.map(nivel_of))
    }

    /// Releases permissions to a nível, or takes them back, all or none; for each, false when it was so already.
    pub async fn set_releases(&self, nivel_id: i64, permissoes: &[Permissao], released: bool) -> Result<Vec<bool>> {
        let statement = if released {
            "INSERT INTO liberacao (nivel_id, permissao) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM liberacao WHERE nivel_id = $1 AND permissao = $2"
        };
        self.set_permissoes(statement, nivel_id, permissoes).await
    }

    pub async fn releases(&self) -> Result<Vec<Release>> {
        self.command_rows("SELECT nivel_id, permissao FROM liberacao ORDER BY nivel_id, permissao", &[]).await
    }

    pub async fn insert_perfil(&self, nome: &Name, nivel_id: Option<i64>) -> Result<()> {
        let insert = "INSERT INTO perfil (nome, chave, nivel_id) VALUES ($1, $2, $3)";
        self.insert(insert, &[nome.texto.as_str().into(), (&nome.key).into(), nivel_id.into()]).await
    }

    /// All perfis, by name.
    pub async fn perfis(&self) -> Result<Vec<Perfil>> {
        self.command_rows("SELECT id, nome, nivel_id FROM perfil ORDER BY chave", &[]).await
    }

    pub async fn perfil(&self, key: &NameKey) -> Result<Option<Perfil>> {
        self.command_row("SELECT id, nome, nivel_id FROM perfil WHERE chave = $1", &[key.into()]).await
    }

    /// Grants permissions to a perfil, or revokes them, all or none; for each, false when it was so already.
    pub async fn set_grants(&self, perfil_id: i64, permissoes: &[Permissao], granted: bool) -> Result<Vec<bool>> {
        let statement = if granted {
            "INSERT INTO concessao (perfil_id, permissao) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM concessao WHERE perfil_id = $1 AND permissao = $2"
        };
        self.set_permissoes(statement, perfil_id, permissoes).await
    }

    pub async fn grants(&self) -> Result<Vec<Grant>> {
        self.command_rows("SELECT perfil_id, permissao FROM concessao ORDER BY perfil_id, permissao", &[]).await
    }

    /// Registers a user, whose tokens are of `generation`.
    pub async fn insert_usuario(&self, login: &Name, perfil_id: i64, senha_hash: &str, generation: i64) -> Result<()> {
        let insert = "INSERT INTO usuario (login, chave, perfil_id, senha_hash, geracao) VALUES ($1, $2, $3, $4, $5)";
        let (texto, key) = (login.texto.as_str().into(), (&login.key).into());
        self.insert(insert, &[texto, key, perfil_id.into(), senha_hash.into(), generation.into()]).await
    }

    /// Sets the password and the generation of the tokens that count, and forgets the failures of `bucket` and of
    /// all that count the same login; false when there is no such user.
    pub async fn set_senha(
        &self,
        login: &NameKey,
        senha_hash: &str,
        generation: i64,
        bucket: &BucketKey,
    ) -> Result<bool> {
        let update = "UPDATE usuario SET geracao = $2, senha_hash = $3 WHERE chave = $1";
        self.update_and_forget(update, &[login.into(), generation.into(), senha_hash.into()], bucket).await
    }

    /// Activates a user, sets the generation of the tokens that count, and forgets failures as
    /// [`Store::set_senha`] does; false when there is no such user.
    pub async fn activate_usuario(&self, login: &NameKey, generation: i64, bucket: &BucketKey) -> Result<bool> {
        let update = "UPDATE usuario SET geracao = $2, ativo = true WHERE chave = $1";
        self.update_and_forget(update, &[login.into(), generation.into()], bucket).await
    }

    /// Deactivates a user, and sets the generation of the tokens that count; false when there is no such user.
    pub async fn deactivate_usuario(&self, login: &NameKey, generation: i64) -> Result<bool> {
        let update = "UPDATE usuario SET geracao = $2, ativo = false WHERE chave = $1";
        self.update(update, &[login.into(), generation.into()]).await
    }

    /// Moves a user to a perfil; false when there is no such user.
    pub async fn set_perfil(&self, login: &NameKey, perfil_id: i64) -> Result<bool> {
        let update = "UPDATE usuario SET perfil_id = $2 WHERE chave = $1";
        self.update(update, &[login.into(), perfil_id.into()]).await
    }

    /// Sets the generation of the tokens that count; false when there is no such user.
    pub async fn set_generation(&self, login: &NameKey, generation: i64) -> Result<bool> {
        let update = "UPDATE usuario SET geracao = $2 WHERE chave = $1";
        self.update(update, &[login.into(), generation.into()]).await
    }

    /// All users, by login.
    pub async fn usuarios(&self) -> Result<Vec<Usuario>> {
        self.command_rows(USUARIOS, &[]).await
    }

    pub async fn insert_motivo(&self, nome: &Name) -> Result<()> {
        let insert = "INSERT INTO motivo (nome, chave) VALUES ($1, $2)";
        self.insert(insert, &[nome.texto.as_str().into(), (&nome.key).into()]).await
    }

    /// Activates or deactivates a motivo; false when there is no such motivo.
    pub async fn set_motivo_ativo(&self, key: &NameKey, ativo: bool) -> Result<bool> {
        self.update("UPDATE motivo SET ativo = $2 WHERE chave = $1", &[key.into(), ativo.into()]).await
    }

    /// All motivos, by name.
    pub async fn motivos(&self) -> Result<Vec<Motivo>> {
        self.command_rows("SELECT nome, ativo FROM motivo ORDER BY chave", &[]).await
    }
}

/// How they are written.
impl Store {
    async fn insert(&self, insert: &'static str, values: &[Param<'_>]) -> Result<()> {
        self.command_execute(insert, values).await.map(drop)
    }

    async fn update(&self, update: &'static str, values: &[Param<'_>]) -> Result<bool> {
        Ok(self.command_execute(update, values).await? > 0)
    }

    /// Runs `update` of a user, and forgets the failures of `bucket`; false where there is no such user.
    async fn update_and_forget(&self, update: &'static str, values: &[Param<'_>], bucket: &BucketKey) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let is_there = transaction.execute(update, values).await? > 0;
        if is_there {
            transaction.execute(FORGET_FAILURES, &[bucket.into()]).await?;
        }
        transaction.commit().await?;
        Ok(is_there)
    }

    /// Runs `statement` with `id` and each of `permissoes`; for each, whether it changed anything.
    async fn set_permissoes(&self, statement: &'static str, id: i64, permissoes: &[Permissao]) -> Result<Vec<bool>> {
        let mut transaction = self.begin().await?;
        let mut changed = Vec::with_capacity(permissoes.len());
        for permissao in permissoes {
            changed.push(transaction.execute(statement, &[id.into(), permissao.nome().into()]).await? > 0);
        }
        transaction.commit().await?;
        Ok(changed)
    }
}

fn nivel_of(row: NivelRow) -> Nivel {
    let NivelRow { id, nome, superior_id } = row;
    Nivel { id, nome, superior_id }
}
