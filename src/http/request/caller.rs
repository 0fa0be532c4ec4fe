//! Who calls: the token, then the permission, both in the handler's signature as `Caller<Permission>`.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::auth::token::Subject;
use crate::dialect::after_scheme;
use crate::domain::access::Required;
use crate::http::answer::catalogue::{ApiError, AuditedUser};
use crate::http::state::{AppState, SharedState};

pub struct Caller<P> {
    pub usuario_id: i64,
    pub login: Arc<str>,
    pub generation: i64,
    permission: PhantomData<P>,
}

impl<P: Required> Caller<P> {
    /// Judges the user again, for a request that took its time: fails once the token is revoked or the permission
    /// withdrawn. The answer is at most half a second old.
    pub async fn confirm(&self, app: &AppState) -> Result<(), ApiError> {
        Self::judge(app, self.usuario_id, self.generation).await.map(drop)
    }

    /// The login of a user whose token of `generation` counts and who holds the permission.
    async fn judge(app: &AppState, usuario_id: i64, generation: i64) -> Result<Arc<str>, ApiError> {
        let Some(access) = app.access.access_in(usuario_id, generation).await? else {
            return Err(ApiError::TokenRevoked(AuditedUser { usuario_id, login: None }));
        };
        let user = || AuditedUser { usuario_id, login: Some(Arc::clone(&access.login)) };
        if !access.accepts_token(generation) {
            return Err(ApiError::TokenRevoked(user()));
        }
        if !access.allows(P::PERMISSAO) {
            return Err(ApiError::AccessDenied(user()));
        }
        Ok(Arc::clone(&access.login))
    }

    /// Fails for a user who lacks the permission, whatever their token.
    pub async fn permit(app: &AppState, usuario_id: i64) -> Result<(), ApiError> {
        let access = app.access.access(usuario_id).await?;
        match access {
            Some(access) if access.allows(P::PERMISSAO) => Ok(()),
            access => {
                let login = access.map(|access| Arc::clone(&access.login));
                Err(ApiError::AccessDenied(AuditedUser { usuario_id, login }))
            }
        }
    }
}

impl<P: Required> FromRequestParts<SharedState> for Caller<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &SharedState) -> Result<Self, ApiError> {
        let token = token_in(&parts.headers, app);
        if token.is_empty() {
            return Err(ApiError::TokenMissing);
        }
        let Subject { usuario_id, generation } = app.tokens.verify(token, app.clock.now()).map_err(ApiError::Token)?;
        let login = Self::judge(app, usuario_id, generation).await?;
        Ok(Self { usuario_id, login, generation, permission: PhantomData })
    }
}

/// The token where a client puts it here; empty for none.
fn token_in<'a>(headers: &'a HeaderMap, app: &AppState) -> &'a [u8] {
    match &app.dialect {
        Some(dialect) => dialect.token_in(headers),
        None => bearer(headers.get(AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes())),
    }
}

/// The login of the user whose token `headers` have, whatever that user may do; `None` without a token to be trusted.
pub async fn login_of(headers: &HeaderMap, app: &AppState) -> Option<Arc<str>> {
    let subject = app.tokens.verify(token_in(headers, app), app.clock.now()).ok()?;
    let access = app.access.access(subject.usuario_id).await.ok()??;
    access.accepts_token(subject.generation).then(|| Arc::clone(&access.login))
}

/// The token in an `Authorization` header: after the scheme in any case, or, leniently, all of it (ours).
fn bearer(header: &[u8]) -> &[u8] {
    let header = header.trim_ascii();
    after_scheme(header, b"bearer").unwrap_or(header)
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn the_scheme_is_optional_and_in_any_case() {
        for header in ["Bearer a.b.c", "bearer  a.b.c ", "BEARER\ta.b.c", "a.b.c", " a.b.c"] {
            assert_eq!(bearer(header.as_bytes()), b"a.b.c", "{header:?}");
        }
        assert_eq!(bearer(b"Bearer"), b"");
        assert_eq!(bearer(b"Bearer "), b"");
        assert_eq!(bearer(b""), b"");
        assert_eq!(bearer(b"Basic a.b.c"), b"Basic a.b.c");
        assert_eq!(bearer(b"bearera.b.c"), b"bearera.b.c");
    }
}
