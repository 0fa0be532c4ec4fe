//! What is counted of every request, and the line that it leaves in the access log, where that is switched on.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderValue;
use ipnet::IpNet;

use super::route_names::RouteNames;
use crate::http::request::client_address::ClientAddress;
use crate::metrics::{Method, Metrics, RequestGuard};
use crate::telemetry::ACCESS;

pub struct Watch {
    pub metrics: Arc<Metrics>,
    pub routes: RouteNames,
    /// `ACCESS_LOG`
    pub access_log: bool,
    /// Whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
}

/// A request under way. It is counted, and logged, when it is dropped: also one whose client left. That has to be outside
/// the request's span, which would say half of it again, and has the path.
pub struct Watched {
    guard: RequestGuard,
    /// Boxed, as it is rare.
    line: Option<Box<AccessLine>>,
}

/// What the access log has of a request that its guard has not.
struct AccessLine {
    client: Option<IpAddr>,
    id: HeaderValue,
    trace: Option<String>,
}

impl Watch {
    /// Begins to watch `request`, which has this id and belongs to this trace.
    pub fn begin<B>(&self, request: &Request<B>, id: &HeaderValue, trace: Option<&str>) -> Watched {
        let route = self.routes.find(request.uri().path());
        let guard = self.metrics.request(Method::of(request.method().as_str()), route);
        let line =
            || Box::new(AccessLine { client: self.client(request), id: id.clone(), trace: trace.map(str::to_owned) });
        Watched { guard, line: self.access_log.then(line) }
    }

    fn client<B>(&self, request: &Request<B>) -> Option<IpAddr> {
        let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
        Some(ClientAddress::of(peer.ip(), request.headers(), &self.trusted_proxies).0)
    }
}

impl Watched {
    /// Notes the status of the answer.
    pub fn answered(mut self, status: u16) {
        self.guard.answered(status);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let Some(AccessLine { client, id, trace }) = self.line.as_deref() else { return };
        tracing::info!(
            target: ACCESS,
            from = client.map(tracing::field::display),
            method = self.guard.method(),
            route = self.guard.route(),
            status = self.guard.status(),
            duration_ms = self.guard.took().as_micros() as f64 / 1000.0,
            id = id.to_str().unwrap_or_default(),
            trace_id = trace.as_deref(),
            "request"
        );
    }
}
