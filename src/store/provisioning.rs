//! The access model and the motivos: reads by commands, and edits.

use std::slice;

use super::audit::Edit;
use super::engine::{Store, Transaction};
use super::error::{Result, StoreError};
use super::rows::NewAtendimento;
use super::throttle::{BucketKey, FORGET_FAILURES};
use super::value::Param;
use super::{postgres, sqlite};
use crate::domain::access::{Nivel, Permissao};
use crate::domain::text::{Name, NameKey};

#[derive(Clone, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Perfil {
    pub id: i64,
    pub nome: String,
    /// Its nível; `None` for a root perfil.
    pub nivel_id: Option<i64>,
}

/// That a permission is released to a nível.
#[derive(Clone, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Release {
    pub nivel_id: i64,
    pub permissao: String,
}

/// That a perfil holds a permission.
#[derive(Clone, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Grant {
    pub perfil_id: i64,
    pub permissao: String,
}

/// A user, without what authenticates it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Usuario {
    /// Row id: the `usuario_id` of the audit log.
    pub id: i64,
    /// As registered.
    pub login: String,
    pub perfil: String,
    pub perfil_id: i64,
    /// The nível of its perfil; `None` for a root perfil.
    pub nivel_id: Option<i64>,
    /// False once deactivated.
    pub ativo: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Motivo {
    pub id: i64,
    pub nome: String,
    /// False once deactivated.
    pub ativo: bool,
}

/// What has a name and a row id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedKind {
    Nivel,
    Perfil,
    Usuario,
    Motivo,
}

pub(super) const USUARIOS: &str = "
SELECT usuario.id, usuario.login, perfil.nome AS perfil, perfil_id, nivel_id, usuario.ativo
FROM usuario JOIN perfil ON perfil.id = usuario.perfil_id
ORDER BY usuario.chave";

#[derive(sqlx_macros::FromRow)]
pub(super) struct NivelRow {
    id: i64,
    nome: String,
    superior_id: Option<i64>,
}

/// Takes the lock of the row, on either engine.
const HOLD_USUARIO: &str = "UPDATE usuario SET ativo = ativo WHERE chave = $1";

const USUARIO: &str = "
SELECT usuario.id, usuario.login, perfil.nome AS perfil, perfil_id, nivel_id, usuario.ativo
FROM usuario JOIN perfil ON perfil.id = usuario.perfil_id
WHERE usuario.chave = $1";

/// Who holds both $1 and $2, by a root perfil.
const AT_ROOT: &str = "
SELECT u.id FROM usuario u
JOIN perfil p ON p.id = u.perfil_id
JOIN concessao a ON a.perfil_id = p.id AND a.permissao = $1
JOIN concessao b ON b.perfil_id = p.id AND b.permissao = $2
WHERE u.ativo AND p.nivel_id IS NULL
LIMIT 1";

pub(super) const NIVEIS: &str = "SELECT id, nome, superior_id FROM nivel ORDER BY id";
pub(super) const RELEASES: &str = "SELECT nivel_id, permissao FROM liberacao ORDER BY nivel_id, permissao";
pub(super) const GRANTS: &str = "SELECT perfil_id, permissao FROM concessao ORDER BY perfil_id, permissao";
pub(super) const MOTIVOS: &str = "SELECT id, nome, ativo FROM motivo ORDER BY chave";
pub(super) const PERFIS: &str = "SELECT id, nome, nivel_id FROM perfil ORDER BY chave";
const PERFIL: &str = "SELECT id, nome, nivel_id FROM perfil WHERE chave = $1";

/// Níveis, perfis, users and motivos.
impl Store {
    /// All níveis, by id.
    pub async fn niveis(&self) -> Result<Vec<Nivel>> {
        Ok(self.command_rows(NIVEIS, &[]).await?.into_iter().map(nivel_of).collect())
    }

    pub async fn nivel(&self, key: &NameKey) -> Result<Option<Nivel>> {
        let nivel = "SELECT id, nome, superior_id FROM nivel WHERE chave = $1";
        Ok(self.command_row(nivel, &[key.into()]).await?.map(nivel_of))
    }

    pub async fn releases(&self) -> Result<Vec<Release>> {
        self.command_rows(RELEASES, &[]).await
    }

    /// All perfis, by name.
    pub async fn perfis(&self) -> Result<Vec<Perfil>> {
        self.command_rows(PERFIS, &[]).await
    }

    pub async fn perfil(&self, key: &NameKey) -> Result<Option<Perfil>> {
        self.command_row(PERFIL, &[key.into()]).await
    }

    pub async fn grants(&self) -> Result<Vec<Grant>> {
        self.command_rows(GRANTS, &[]).await
    }

    /// [`Store::niveis`] for a request that reads, which does not wait for locks as commands do.
    pub async fn niveis_for_request(&self) -> Result<Vec<Nivel>> {
        Ok(self.rows(NIVEIS, &[]).await?.into_iter().map(nivel_of).collect())
    }

    /// The user of that login, likewise.
    pub async fn usuario_for_request(&self, login: &NameKey) -> Result<Option<Usuario>> {
        self.row(USUARIO, &[login.into()]).await
    }

    /// All users, by login.
    pub async fn usuarios(&self) -> Result<Vec<Usuario>> {
        self.command_rows(USUARIOS, &[]).await
    }

    pub async fn usuario_named(&self, login: &NameKey) -> Result<Option<Usuario>> {
        self.command_row(USUARIO, &[login.into()]).await
    }

    pub async fn perfil_of(&self, id: i64) -> Result<Option<Perfil>> {
        self.command_row("SELECT id, nome, nivel_id FROM perfil WHERE id = $1", &[id.into()]).await
    }

    pub async fn motivo_of(&self, id: i64) -> Result<Option<Motivo>> {
        self.command_row("SELECT id, nome, ativo FROM motivo WHERE id = $1", &[id.into()]).await
    }

    pub async fn motivo_named(&self, key: &NameKey) -> Result<Option<Motivo>> {
        self.command_row("SELECT id, nome, ativo FROM motivo WHERE chave = $1", &[key.into()]).await
    }

    /// Whether there is any user, active or not.
    pub async fn has_usuarios(&self) -> Result<bool> {
        let found: Option<(i64,)> = self.command_row("SELECT id FROM usuario LIMIT 1", &[]).await?;
        Ok(found.is_some())
    }

    /// All motivos, by name.
    pub async fn motivos(&self) -> Result<Vec<Motivo>> {
        self.command_rows(MOTIVOS, &[]).await
    }
}

/// `insert_*` return the row's id, and fail with [`StoreError::AlreadyExists`].
impl Edit {
    /// Keeps others from changing who may do what until the end. They may read it.
    pub async fn hold_access_model(&mut self) -> Result<()> {
        match &self.0 {
            Transaction::Postgres(_) => {
                self.execute("LOCK TABLE nivel IN SHARE ROW EXCLUSIVE MODE", &[]).await.map(drop)
            }
            // One transaction writes at a time.
            Transaction::Sqlite(_) => Ok(()),
        }
    }

    /// Whether an active user of a root perfil holds both `permissoes`.
    pub async fn has_user_at_root(&mut self, permissoes: [Permissao; 2]) -> Result<bool> {
        let found: Vec<(i64,)> = self.0.rows(AT_ROOT, &permissoes.map(|permissao| permissao.nome().into())).await?;
        Ok(!found.is_empty())
    }

    /// All níveis, by id.
    pub async fn niveis(&mut self) -> Result<Vec<Nivel>> {
        Ok(self.0.rows(NIVEIS, &[]).await?.into_iter().map(nivel_of).collect())
    }

    pub async fn releases(&mut self) -> Result<Vec<Release>> {
        self.0.rows(RELEASES, &[]).await
    }

    pub async fn perfil(&mut self, key: &NameKey) -> Result<Option<Perfil>> {
        Ok(self.0.rows(PERFIL, &[key.into()]).await?.pop())
    }

    pub async fn insert_nivel(&mut self, nome: &Name, superior_id: Option<i64>) -> Result<i64> {
        let insert = "INSERT INTO nivel (nome, chave, superior_id) VALUES ($1, $2, $3) RETURNING id";
        self.insert(insert, &[nome.texto.as_str().into(), (&nome.key).into(), superior_id.into()]).await
    }

    /// The permissions released to a nível, which nobody else changes until the end.
    pub async fn releases_of(&mut self, nivel_id: i64) -> Result<Vec<String>> {
        self.execute("UPDATE nivel SET nome = nome WHERE id = $1", &[nivel_id.into()]).await?;
        self.texts("SELECT permissao FROM liberacao WHERE nivel_id = $1 ORDER BY permissao", nivel_id).await
    }

    /// Releases permissions to a nível, or takes them back; for each, false when it was so already.
    pub async fn set_releases(&mut self, nivel_id: i64, permissoes: &[Permissao], released: bool) -> Result<Vec<bool>> {
        let statement = if released {
            "INSERT INTO liberacao (nivel_id, permissao) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM liberacao WHERE nivel_id = $1 AND permissao = $2"
        };
        self.set_permissoes(statement, nivel_id, permissoes).await
    }

    pub async fn insert_perfil(&mut self, nome: &Name, nivel_id: Option<i64>) -> Result<i64> {
        let insert = "INSERT INTO perfil (nome, chave, nivel_id) VALUES ($1, $2, $3) RETURNING id";
        self.insert(insert, &[nome.texto.as_str().into(), (&nome.key).into(), nivel_id.into()]).await
    }

    /// The permissions that a perfil holds, which nobody else changes until the end.
    pub async fn grants_of(&mut self, perfil_id: i64) -> Result<Vec<String>> {
        self.execute("UPDATE perfil SET nome = nome WHERE id = $1", &[perfil_id.into()]).await?;
        self.texts("SELECT permissao FROM concessao WHERE perfil_id = $1 ORDER BY permissao", perfil_id).await
    }

    /// Grants permissions to a perfil, or revokes them; for each, false when it was so already.
    pub async fn set_grants(&mut self, perfil_id: i64, permissoes: &[Permissao], granted: bool) -> Result<Vec<bool>> {
        let statement = if granted {
            "INSERT INTO concessao (perfil_id, permissao) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM concessao WHERE perfil_id = $1 AND permissao = $2"
        };
        self.set_permissoes(statement, perfil_id, permissoes).await
    }

    /// Registers a user, whose tokens are of `generation`.
    pub async fn insert_usuario(
        &mut self,
        login: &Name,
        perfil_id: i64,
        senha_hash: &str,
        generation: i64,
    ) -> Result<i64> {
        let insert = "INSERT INTO usuario (login, chave, perfil_id, senha_hash, geracao) VALUES ($1, $2, $3, $4, $5)
                      RETURNING id";
        let (texto, key) = (login.texto.as_str().into(), (&login.key).into());
        let values = [texto, key, perfil_id.into(), senha_hash.into(), generation.into()];
        self.insert(insert, &values).await
    }

    /// The user of that login, which nobody else changes until the end.
    pub async fn usuario(&mut self, login: &NameKey) -> Result<Option<Usuario>> {
        self.execute(HOLD_USUARIO, &[login.into()]).await?;
        Ok(self.0.rows(USUARIO, &[login.into()]).await?.pop())
    }

    /// Sets the password and the generation of the tokens that count, and forgets the failures of `bucket` and of
    /// all that count the same login.
    pub async fn set_senha(
        &mut self,
        usuario_id: i64,
        senha_hash: &str,
        generation: i64,
        bucket: &BucketKey,
    ) -> Result<()> {
        let update = "UPDATE usuario SET geracao = $2, senha_hash = $3 WHERE id = $1";
        self.execute(update, &[usuario_id.into(), generation.into(), senha_hash.into()]).await?;
        self.execute(FORGET_FAILURES, &[bucket.into()]).await.map(drop)
    }

    /// Activates a user, sets the generation of the tokens that count, and forgets failures as
    /// [`Edit::set_senha`] does.
    pub async fn activate_usuario(&mut self, usuario_id: i64, generation: i64, bucket: &BucketKey) -> Result<()> {
        let update = "UPDATE usuario SET geracao = $2, ativo = true WHERE id = $1";
        self.execute(update, &[usuario_id.into(), generation.into()]).await?;
        self.execute(FORGET_FAILURES, &[bucket.into()]).await.map(drop)
    }

    /// Deactivates a user, and sets the generation of the tokens that count.
    pub async fn deactivate_usuario(&mut self, usuario_id: i64, generation: i64) -> Result<()> {
        let update = "UPDATE usuario SET geracao = $2, ativo = false WHERE id = $1";
        self.execute(update, &[usuario_id.into(), generation.into()]).await.map(drop)
    }

    pub async fn set_perfil(&mut self, usuario_id: i64, perfil_id: i64) -> Result<()> {
        let update = "UPDATE usuario SET perfil_id = $2 WHERE id = $1";
        self.execute(update, &[usuario_id.into(), perfil_id.into()]).await.map(drop)
    }

    /// Sets the generation of the tokens that count.
    pub async fn set_generation(&mut self, usuario_id: i64, generation: i64) -> Result<()> {
        let update = "UPDATE usuario SET geracao = $2 WHERE id = $1";
        self.execute(update, &[usuario_id.into(), generation.into()]).await.map(drop)
    }

    /// The motivo of that name, which nobody else changes until the end.
    pub async fn motivo(&mut self, key: &NameKey) -> Result<Option<Motivo>> {
        self.execute("UPDATE motivo SET ativo = ativo WHERE chave = $1", &[key.into()]).await?;
        Ok(self.0.rows("SELECT id, nome, ativo FROM motivo WHERE chave = $1", &[key.into()]).await?.pop())
    }

    pub async fn insert_motivo(&mut self, nome: &Name) -> Result<i64> {
        let insert = "INSERT INTO motivo (nome, chave) VALUES ($1, $2) RETURNING id";
        self.insert(insert, &[nome.texto.as_str().into(), (&nome.key).into()]).await
    }

    pub async fn set_motivo_ativo(&mut self, key: &NameKey, ativo: bool) -> Result<()> {
        let update = "UPDATE motivo SET ativo = $2 WHERE chave = $1";
        self.execute(update, &[key.into(), ativo.into()]).await.map(drop)
    }

    /// The protocolos after `after` and up to `last`, in their order.
    pub async fn protocolos_between(&mut self, after: &str, last: &str, limit: i64) -> Result<Vec<String>> {
        let select =
            "SELECT protocolo FROM atendimento WHERE protocolo > $1 AND protocolo <= $2 ORDER BY protocolo LIMIT $3";
        let rows: Vec<(String,)> = self.0.rows(select, &[after.into(), last.into(), limit.into()]).await?;
        Ok(rows.into_iter().map(|(protocolo,)| protocolo).collect())
    }

    /// Lets the last number of a day be `number`.
    pub async fn set_drawn(&mut self, day: i64, number: i64) -> Result<()> {
        let update = "UPDATE sequencia SET ultimo = $2 WHERE dia = $1";
        self.execute(update, &[day.into(), number.into()]).await.map(drop)
    }

    /// The next number of the protocolos of a day, from 1.
    pub async fn draw(&mut self, day: i64) -> Result<i64> {
        let next = "INSERT INTO sequencia (dia, ultimo) VALUES ($1, 1)
                    ON CONFLICT (dia) DO UPDATE SET ultimo = sequencia.ultimo + 1 RETURNING ultimo";
        self.insert(next, &[day.into()]).await
    }

    /// Registers an atendimento.
    pub async fn insert_atendimento(&mut self, novo: &NewAtendimento) -> Result<()> {
        let novos = slice::from_ref(novo);
        let inserted = match &mut self.0 {
            Transaction::Postgres(transaction) => postgres::insert(transaction, novos).await?,
            Transaction::Sqlite(transaction) => sqlite::insert(transaction, novos).await?,
        };
        if inserted.is_empty() { Err(StoreError::AlreadyExists) } else { Ok(()) }
    }

    pub(super) async fn execute(&mut self, statement: &'static str, values: &[Param<'_>]) -> Result<u64> {
        self.0.execute(statement, values).await
    }

    /// Runs an `INSERT … RETURNING id`.
    async fn insert(&mut self, statement: &'static str, values: &[Param<'_>]) -> Result<i64> {
        let row: Option<(i64,)> = self.0.rows(statement, values).await?.pop();
        row.map(|(id,)| id).ok_or_else(|| StoreError::Corrupt("a row without an id".to_owned()))
    }

    async fn texts(&mut self, statement: &'static str, id: i64) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = self.0.rows(statement, &[id.into()]).await?;
        Ok(rows.into_iter().map(|(text,)| text).collect())
    }

    /// Runs `statement` with `id` and each of `permissoes`; for each, whether it changed anything.
    async fn set_permissoes(
        &mut self,
        statement: &'static str,
        id: i64,
        permissoes: &[Permissao],
    ) -> Result<Vec<bool>> {
        let mut changed = Vec::with_capacity(permissoes.len());
        for permissao in permissoes {
            changed.push(self.execute(statement, &[id.into(), permissao.nome().into()]).await? > 0);
        }
        Ok(changed)
    }
}

pub(super) fn nivel_of(row: NivelRow) -> Nivel {
    let NivelRow { id, nome, superior_id } = row;
    Nivel { id, nome, superior_id }
}
