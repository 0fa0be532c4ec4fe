//! Many users at once: a file may name thousands, and each statement more would hold up whoever logs in meanwhile.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;

use super::audit::Edit;
use super::error::{Result, StoreError};
use super::throttle::BucketKey;
use super::value::{Param, rows_of};
use crate::domain::text::{Name, NameKey};

/// A user to be registered.
pub struct NewUsuario<'a> {
    pub login: &'a Name,
    pub perfil_id: i64,
    pub senha_hash: &'a str,
    pub ativo: bool,
    /// That of its tokens.
    pub generation: i64,
}

/// Another senha of a user.
pub struct NewSenha<'a> {
    pub usuario_id: i64,
    pub senha_hash: &'a str,
    /// That of the tokens that count.
    pub generation: i64,
    /// Whose failures are forgotten, with those of all that count the same login.
    pub bucket: BucketKey,
}

impl Edit {
    /// Registers users, `MANY` at most; the row ids in their order. Fails with [`StoreError::AlreadyExists`].
    pub async fn insert_usuarios(&mut self, usuarios: &[NewUsuario<'_>]) -> Result<Vec<i64>> {
        let statement = format!(
            "INSERT INTO usuario (login, chave, perfil_id, senha_hash, ativo, geracao) VALUES {} RETURNING chave, id",
            rows_of(usuarios.len(), 6, 0)
        );
        let values: Vec<Param<'_>> = usuarios.iter().flat_map(values_of).collect();
        let rows: Vec<(String, i64)> = self.0.rows(AssertSqlSafe(statement), &values).await?;
        // In whichever order they come.
        let ids: HashMap<String, i64> = rows.into_iter().collect();
        let id_of = |login: &NameKey| ids.get(login.as_str()).copied();
        let found: Option<Vec<i64>> = usuarios.iter().map(|usuario| id_of(&usuario.login.key)).collect();
        found.ok_or_else(|| StoreError::Corrupt("a row without an id".to_owned()))
    }

    /// [`Edit::set_senha`] of users, `MANY` at most.
    pub async fn set_senhas(&mut self, senhas: &[NewSenha<'_>]) -> Result<()> {
        let statement = format!(
            "UPDATE usuario SET geracao = n.column2, senha_hash = n.column3 FROM (VALUES {}) n WHERE id = n.column1",
            rows_of(senhas.len(), 3, 0)
        );
        let values: Vec<Param<'_>> = senhas
            .iter()
            .flat_map(|senha| [senha.usuario_id.into(), senha.generation.into(), senha.senha_hash.into()])
            .collect();
        self.0.execute(AssertSqlSafe(statement), &values).await?;
        let buckets = rows_of(1, senhas.len(), 0);
        let forget = format!(
            "UPDATE tentativa SET cheio_em = agora FROM relogio
             WHERE (chave IN {buckets} OR login IN {buckets}) AND cheio_em > agora"
        );
        let values: Vec<Param<'_>> = senhas.iter().map(|senha| (&senha.bucket).into()).collect();
        self.0.execute(AssertSqlSafe(forget), &values).await.map(drop)
    }
}

fn values_of<'a>(usuario: &'a NewUsuario<'_>) -> [Param<'a>; 6] {
    let NewUsuario { login, perfil_id, senha_hash, ativo, generation } = usuario;
    let (texto, key) = (login.texto.as_str().into(), (&login.key).into());
    [texto, key, (*perfil_id).into(), (*senha_hash).into(), (*ativo).into(), (*generation).into()]
}
