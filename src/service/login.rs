//! Login: a password against a token.

use std::sync::Arc;

use secrecy::SecretString;

use crate::auth::password::{PasswordError, Passwords};
use crate::auth::token::{IssueError, Subject, Tokens};
use crate::clock::Clock;
use crate::domain::texto::Chave;
use crate::store::{Store, StoreError};

/// Checks passwords and issues tokens.
pub struct LoginService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    passwords: Passwords,
    tokens: Arc<Tokens>,
    hardened: bool,
}

/// A token and its life.
pub struct AccessToken {
    /// Row id of the user.
    pub usuario_id: i64,
    /// The JWT.
    pub token: String,
    /// Life in seconds.
    pub expires_in: i64,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No such user, or it is deactivated.
    #[error("no such user")]
    UsuarioNaoEncontrado,
    /// The same in hardened mode, which tells nobody but the log.
    #[error("no such user, which is not told")]
    UsuarioOculto,
    /// Wrong password.
    #[error("wrong password")]
    SenhaInvalida,
    /// The password could not be checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The token could not be made.
    #[error(transparent)]
    Token(#[from] IssueError),
    /// The user could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LoginService {
    /// With `hardened`, an unknown user is answered like a wrong password.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        passwords: Passwords,
        tokens: Arc<Tokens>,
        hardened: bool,
    ) -> Self {
        Self { store, clock, passwords, tokens, hardened }
    }

    /// A token for `login`, if `senha` is its password. Known or not, a login costs one verification.
    pub async fn login(&self, login: &str, senha: SecretString) -> Result<AccessToken, LoginError> {
        let known = self.store.credential(&Chave::new(login)).await?.filter(|credential| credential.ativo);
        let hash = known.as_ref().map(|credential| credential.senha_hash.clone());
        let verified = self.passwords.verify(hash, senha).await?;
        let Some(credential) = known else {
            return Err(if self.hardened { LoginError::UsuarioOculto } else { LoginError::UsuarioNaoEncontrado });
        };
        if !verified {
            return Err(LoginError::SenhaInvalida);
        }
        // The generation is the one read with the hash: a password changed meanwhile revokes this token too.
        let subject = Subject { usuario_id: credential.usuario_id, geracao: credential.geracao };
        let token = self.tokens.issue(subject, &credential.login, self.clock.now())?;
        Ok(AccessToken { usuario_id: credential.usuario_id, token, expires_in: self.tokens.ttl() })
    }
}
