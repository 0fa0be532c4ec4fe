//! What login and the access check read.

use super::engine::Store;
use super::error::Result;
use crate::domain::acesso::Acesso;
use crate::domain::texto::Chave;

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

const CREDENTIAL: &str = "SELECT id AS usuario_id, login, senha_hash, ativo, geracao FROM usuario WHERE chave = $1";

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

impl Store {
    /// What a login is checked against.
    pub async fn credential(&self, login: &Chave) -> Result<Option<Credential>> {
        self.row(CREDENTIAL, &[login.into()]).await
    }

    /// What decides a user's access.
    pub async fn acesso(&self, usuario_id: i64) -> Result<Option<Acesso>> {
        Ok(self.row::<AcessoRow>(ACESSO, &[usuario_id.into()]).await?.map(Into::into))
    }
}
