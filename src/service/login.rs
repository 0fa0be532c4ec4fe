//! Login: a password against a token.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;
use tracing::Instrument;

use crate::auth::password::{PasswordError, Passwords, Turn};
use crate::auth::token::{IssueError, Subject, Tokens};
use crate::clock::Clock;
use crate::domain::texto::Chave;
use crate::service::throttle::{Admitted, Throttle, Throttled};
use crate::store::{Store, StoreError};

/// How long a verdict may take once an attempt has its turn: a database that hangs must not keep all turns.
const DEADLINE: Duration = Duration::from_secs(8);

/// Checks passwords and issues tokens.
pub struct LoginService {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    passwords: Passwords,
    tokens: Arc<Tokens>,
    throttle: Throttle,
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

/// Why nobody can log in as a user: for the log, as the answer is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// No user has the login.
    Unknown,
    /// It is deactivated.
    Deactivated,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Too many failures; it was not looked at.
    #[error("too many failed logins")]
    Throttled(Throttled),
    /// No such user, or it is deactivated.
    #[error("no such user")]
    UsuarioNaoEncontrado(Absence),
    /// The same in hardened mode, which tells nobody but the log.
    #[error("no such user, which is not told")]
    UsuarioOculto(Absence),
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

impl LoginError {
    /// Whether it is a failure that counts.
    fn counts(&self) -> bool {
        matches!(self, Self::UsuarioNaoEncontrado(_) | Self::UsuarioOculto(_) | Self::SenhaInvalida)
    }
}

impl From<Throttled> for LoginError {
    fn from(throttled: Throttled) -> Self {
        Self::Throttled(throttled)
    }
}

impl LoginService {
    /// With `hardened`, an unknown user is answered like a wrong password.
    pub fn new(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        passwords: Passwords,
        tokens: Arc<Tokens>,
        throttle: Throttle,
        hardened: bool,
    ) -> Self {
        Self { store, clock, passwords, tokens, throttle, hardened }
    }

    /// A token for `login`, if `senha` is its password.
    pub async fn login(
        self: &Arc<Self>,
        login: &str,
        senha: SecretString,
        client: IpAddr,
    ) -> Result<AccessToken, LoginError> {
        let login = Chave::new(login);
        let place = self.passwords.place()?;
        // Before the wait, so that who is not heard does not hold up the line.
        let admitted = self.throttle.admit(&login, client).await??;
        let turn = self.passwords.turn(place).await?;
        let service = Arc::clone(self);
        // A task of its own: who hangs up from here on has made an attempt all the same.
        let attempt = async move {
            let verdict = timeout(DEADLINE, service.verdict(admitted, &login, client, senha, &turn)).await;
            let (admitted, outcome) = verdict.map_err(|_| StoreError::Slow)??;
            let failure =
                outcome.as_ref().err().filter(|error| error.counts()).map(|_| service.throttle.failed(&admitted));
            // The next in the line need not wait until this one is counted.
            drop(turn);
            match failure {
                Some(failure) => service.throttle.count(failure).await?,
                None if outcome.is_ok() => service.throttle.succeeded(&admitted).await,
                None => {}
            }
            outcome
        };
        tokio::spawn(attempt.in_current_span()).await.map_err(|_| PasswordError::Lost)?
    }

    /// Whether a login that has its turn may be tried still, and what comes of it.
    async fn verdict(
        &self,
        admitted: Admitted,
        login: &Chave,
        client: IpAddr,
        senha: SecretString,
        turn: &Turn,
    ) -> Result<(Admitted, Result<AccessToken, LoginError>), LoginError> {
        // Others may have failed meanwhile. No more than have their turn at once go unseen.
        let admitted = if turn.waited { self.throttle.admit(login, client).await?? } else { admitted };
        let outcome = self.attempt(login, senha, turn).await;
        Ok((admitted, outcome))
    }

    /// What a login is told that is throttled; `None` where none can be.
    pub fn refusal(&self) -> Option<Throttled> {
        self.throttle.refusal()
    }

    /// The verdict on a password. Known or not, a login costs one verification.
    async fn attempt(&self, login: &Chave, senha: SecretString, turn: &Turn) -> Result<AccessToken, LoginError> {
        let found = self.store.credential(login).await?;
        let absence = if found.is_some() { Absence::Deactivated } else { Absence::Unknown };
        let known = found.filter(|credential| credential.ativo);
        let hash = known.as_ref().map(|credential| credential.senha_hash.clone());
        let verified = self.passwords.verify(turn, hash, senha).await?;
        let Some(credential) = known else {
            return Err(if self.hardened {
                LoginError::UsuarioOculto(absence)
            } else {
                LoginError::UsuarioNaoEncontrado(absence)
            });
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
