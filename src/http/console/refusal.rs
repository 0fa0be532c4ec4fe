//! What stands in the way of a page.

use axum::response::{IntoResponse, Response};

use crate::http::answer::catalogue::ApiError;
use crate::service::changes::ChangeError;
use crate::service::provisioning::ProvisioningError;
use crate::store::StoreError;

/// A page, or what stands in its way.
pub type Answer = Result<Response, Refusal>;

pub enum Refusal {
    /// The frame of all requests shows it as a page.
    Error(ApiError),
    /// Another answer than the one asked for, such as the sign-in form.
    Instead(Box<Response>),
}

impl Refusal {
    pub fn instead(response: Response) -> Self {
        Self::Instead(Box::new(response))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Error(error) => error.into_response(),
            Self::Instead(response) => *response,
        }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Error(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Error(error.into())
    }
}

impl From<ProvisioningError> for Refusal {
    fn from(error: ProvisioningError) -> Self {
        Self::Error(error.into())
    }
}

impl From<ChangeError> for Refusal {
    fn from(error: ChangeError) -> Self {
        Self::Error(error.into())
    }
}
