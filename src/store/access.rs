//! What login and the access check read.

use super::audit::Edit;
use super::engine::Store;
use super::error::Result;
use crate::domain::access::AccessRights;
use crate::domain::text::NameKey;

/// What a login is checked against. Deliberately without `Debug`.
#[derive(sqlx_macros::FromRow)]
pub struct Credential {
    pub usuario_id: i64,
    pub login: String,
    pub senha_hash: String,
    /// False once deactivated.
    pub ativo: bool,
    /// The generation of the tokens to issue.
    #[sqlx(rename = "geracao")]
    pub generation: i64,
}

const CREDENTIAL: &str = "SELECT id AS usuario_id, login, senha_hash, ativo, geracao FROM usuario WHERE chave = $1";

const ACESSO: &str = "
SELECT u.login, u.ativo, u.geracao, u.perfil_id, p.nivel_id,
       (SELECT string_agg(permissao, ',') FROM concessao WHERE perfil_id = p.id) AS concedidas,
       (SELECT string_agg(permissao, ',') FROM liberacao WHERE nivel_id = p.nivel_id) AS liberadas
FROM usuario u JOIN perfil p ON p.id = u.perfil_id
WHERE u.id = $1";

/// [`AccessRights`] as one row; names of permissions have no commas, so that a list can travel as one text.
#[derive(sqlx_macros::FromRow)]
struct AccessRightsRow {
    login: String,
    ativo: bool,
    #[sqlx(rename = "geracao")]
    generation: i64,
    perfil_id: i64,
    nivel_id: Option<i64>,
    #[sqlx(rename = "concedidas")]
    granted: Option<String>,
    #[sqlx(rename = "liberadas")]
    released: Option<String>,
}

impl From<AccessRightsRow> for AccessRights {
    fn from(row: AccessRightsRow) -> Self {
        let split = |names: Option<String>| names.iter().flat_map(|n| n.split(',')).map(str::to_owned).collect();
        Self {
            login: row.login.into(),
            ativo: row.ativo,
            generation: row.generation,
            perfil_id: row.perfil_id,
            nivel_id: row.nivel_id,
            granted: split(row.granted),
            released: split(row.released),
        }
    }
}

impl Edit {
    /// As [`Store::access`].
    pub async fn access(&mut self, usuario_id: i64) -> Result<Option<AccessRights>> {
        let row: Option<AccessRightsRow> = self.0.rows(ACESSO, &[usuario_id.into()]).await?.pop();
        Ok(row.map(Into::into))
    }
}

impl Store {
    pub async fn credential(&self, login: &NameKey) -> Result<Option<Credential>> {
        self.row(CREDENTIAL, &[login.into()]).await
    }

    pub async fn access(&self, usuario_id: i64) -> Result<Option<AccessRights>> {
        Ok(self.row::<AccessRightsRow>(ACESSO, &[usuario_id.into()]).await?.map(Into::into))
    }
}
