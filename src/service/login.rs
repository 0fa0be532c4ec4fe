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
use crate::domain::text::NameKey;
use crate::metrics::{LimitName, LoginOutcome, Metrics};
use crate::service::throttle::{Admission, NotAdmitted, Throttle, Throttled};
use crate::store::{Credential, Store, StoreError};

/// How long a verdict may take once an attempt has its turn: a database that hangs must not keep all turns.
const DEADLINE: Duration = Duration::from_secs(8);

/// Checks passwords and issues tokens.
pub struct LoginService {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    passwords: Arc<Passwords>,
    tokens: Arc<Tokens>,
    throttle: Throttle,
    metrics: Arc<Metrics>,
    hardened: bool,
}

/// A token and its life.
pub struct AccessToken {
    pub usuario_id: i64,
    /// The one that the user's tokens and sessions have.
    pub generation: i64,
    /// The login as registered.
    pub login: String,
    pub token: String,
    /// Life in seconds.
    pub expires_in: i64,
}

/// Why nobody can log in as a user: for the log, as the answer is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    Unknown,
    Deactivated,
}

#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Too many failures; it was not looked at.
    #[error("too many failed logins")]
    Throttled(Throttled),
    #[error("no such user")]
    UsuarioNotFound(Absence),
    /// The same in hardened mode, which tells nobody but the log.
    #[error("no such user, which is not told")]
    UsuarioHidden(Absence),
    #[error("wrong password")]
    SenhaWrong,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Token(#[from] IssueError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotAdmitted> for LoginError {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Throttled(throttled) => Self::Throttled(throttled),
            NotAdmitted::Store(error) => Self::Store(error),
        }
    }
}

/// What a client sends to log in, and from where.
struct Attempt {
    login: NameKey,
    senha: SecretString,
    client: IpAddr,
}

/// What an attempt comes to.
enum Verdict {
    Right(AccessToken),
    /// A failure that counts.
    Wrong(LoginError),
}

impl LoginService {
    /// With `hardened`, an unknown user is answered like a wrong password.
    pub fn new(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        passwords: Arc<Passwords>,
        tokens: Arc<Tokens>,
        throttle: Throttle,
        metrics: Arc<Metrics>,
        hardened: bool,
    ) -> Self {
        Self { store, clock, passwords, tokens, throttle, metrics, hardened }
    }

    pub async fn login(
        self: &Arc<Self>,
        login: &str,
        senha: SecretString,
        client: IpAddr,
    ) -> Result<AccessToken, LoginError> {
        let attempt = Attempt { login: NameKey::new(login), senha, client };
        let begun = self.begin(&attempt).await;
        let (admission, turn) = begun.inspect_err(|error| self.count_failure(error))?;
        let service = Arc::clone(self);
        // A task of its own: the attempt counts, even if the client hangs up now.
        let attempt = async move {
            let outcome = service.attempt(attempt, admission, turn).await;
            match &outcome {
                Ok(_) => service.metrics.login(LoginOutcome::Ok),
                Err(error) => service.count_failure(error),
            }
            outcome
        };
        tokio::spawn(attempt.in_current_span()).await.map_err(|_| PasswordError::Lost)?
    }

    /// Waits until an attempt has its turn, unless it may not be made.
    async fn begin(&self, attempt: &Attempt) -> Result<(Admission, Turn), LoginError> {
        let place = self.passwords.place()?;
        // Before the wait, so that a throttled login does not hold up the line.
        let admission = self.throttle.admit(&attempt.login, attempt.client).await?;
        Ok((admission, self.passwords.turn(place).await?))
    }

    fn count_failure(&self, error: &LoginError) {
        self.metrics.login(match error {
            LoginError::Throttled(_) => LoginOutcome::Throttled,
            LoginError::UsuarioNotFound(absence) | LoginError::UsuarioHidden(absence) => match absence {
                Absence::Unknown => LoginOutcome::UnknownUser,
                Absence::Deactivated => LoginOutcome::Deactivated,
            },
            LoginError::SenhaWrong => LoginOutcome::WrongPassword,
            LoginError::Password(PasswordError::Busy) => LoginOutcome::Busy,
            LoginError::Password(_) | LoginError::Token(_) | LoginError::Store(_) => LoginOutcome::Failed,
        });
        if let LoginError::Throttled(throttled) = error {
            let limits = throttled.exhausted.iter().filter_map(|limit| LimitName::of(limit.name));
            limits.for_each(|limit| self.metrics.throttled(limit));
        }
    }

    /// An attempt that has its turn, to its end: judged, and counted.
    async fn attempt(&self, attempt: Attempt, admission: Admission, turn: Turn) -> Result<AccessToken, LoginError> {
        let judged = timeout(DEADLINE, self.judge(attempt, admission, &turn)).await;
        let (admission, verdict) = judged.unwrap_or(Err(LoginError::Store(StoreError::Slow)))?;
        match verdict {
            Verdict::Right(token) => {
                // The next in the line need not wait until this one is counted.
                drop(turn);
                self.throttle.succeeded(&admission).await;
                Ok(token)
            }
            Verdict::Wrong(error) => {
                let failure = self.throttle.failed(&admission);
                drop(turn);
                self.throttle.count(failure).await?;
                Err(error)
            }
        }
    }

    /// The verdict on an attempt, if it may be made still.
    async fn judge(
        &self,
        attempt: Attempt,
        admission: Admission,
        turn: &Turn,
    ) -> Result<(Admission, Verdict), LoginError> {
        let Attempt { login, senha, client } = attempt;
        // Others may have failed meanwhile. No more than have their turn at once go unseen.
        let admission = if turn.waited { self.throttle.admit(&login, client).await? } else { admission };
        Ok((admission, self.verdict(&login, senha, turn).await?))
    }

    /// What a login is told that is throttled; `None` where none can be.
    pub fn refusal(&self) -> Option<Throttled> {
        self.throttle.refusal()
    }

    /// The verdict on a password. Known or not, a login costs one verification.
    async fn verdict(&self, login: &NameKey, senha: SecretString, turn: &Turn) -> Result<Verdict, LoginError> {
        let found = self.store.credential(login).await?;
        let absence = if found.is_some() { Absence::Deactivated } else { Absence::Unknown };
        let known = found.filter(|credential| credential.ativo);
        let hash = known.as_ref().map(|credential| credential.senha_hash.clone());
        let is_right = self.passwords.verify(turn, hash, senha).await?;
        Ok(match known {
            None if self.hardened => Verdict::Wrong(LoginError::UsuarioHidden(absence)),
            None => Verdict::Wrong(LoginError::UsuarioNotFound(absence)),
            Some(_) if !is_right => Verdict::Wrong(LoginError::SenhaWrong),
            Some(credential) => Verdict::Right(self.issue(&credential)?),
        })
    }

    fn issue(&self, credential: &Credential) -> Result<AccessToken, LoginError> {
        let usuario_id = credential.usuario_id;
        // The generation is the one read with the hash: a password changed meanwhile revokes this token too.
        let subject = Subject { usuario_id, generation: credential.generation };
        let token = self.tokens.issue(subject, &credential.login, self.clock.now())?;
        Ok(AccessToken {
            usuario_id,
            generation: credential.generation,
            login: credential.login.clone(),
            token,
            expires_in: self.tokens.ttl(),
        })
    }
}
