//! The server in this process, on a real socket, with the demo's example data and a manual clock.

use std::net::SocketAddr;
use std::sync::Arc;

use citrus_status::cli::record;
use citrus_status::clock::{Clock, MovableClock};
use citrus_status::config::Config;
use citrus_status::domain::text::Name;
use citrus_status::http::frame::Frame;
use citrus_status::http::state::SharedState;
use citrus_status::http::{routes, transport};
use citrus_status::service::changes::Workers;
use citrus_status::service::provisioning::Provisioning;
use citrus_status::service::purge::purge;
use citrus_status::service::throttle::Limits;
use citrus_status::store::Store;
use citrus_status::{app, example};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::clock::ManualClock;
use super::database::Database;
use super::document;
use super::edits::tester;

pub struct Server {
    pub address: SocketAddr,
    pub store: Arc<Store>,
    pub clock: Arc<ManualClock>,
    pub provisioning: Provisioning,
    limits: Limits,
    client: reqwest::Client,
    /// Whether its answers are those of the document: not where failures are forced, nor in a dialect.
    is_documented: bool,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<bool>,
    workers: Workers,
}

/// An answer as it came over the wire.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Server {
    pub async fn start(database: &Database) -> Self {
        Self::with(database, &[]).await
    }

    /// With `extra` settings.
    pub async fn with(database: &Database, extra: &[(&str, &str)]) -> Self {
        let is_documented = extra.iter().all(|(name, _)| *name != "DIALECT_FILE");
        let server = Self::on(database.config(extra), example(database).await).await;
        Self { is_documented, ..server }
    }

    /// In the demo's sandbox, with `extra` settings.
    pub async fn sandbox(database: &Database, extra: &[(&str, &str)]) -> Self {
        let clock = Arc::new(ManualClock::new());
        let movable = Arc::new(MovableClock::new(clock.clone()));
        let service = |app| routes::sandbox_service(app, example::example(), Arc::clone(&movable));
        let server =
            Self::serving(database.config(extra), example(database).await, clock, movable.clone(), service).await;
        Self { is_documented: false, ..server }
    }

    /// On a store that is set up already.
    pub async fn on(config: Config, store: Arc<Store>) -> Self {
        let clock = Arc::new(ManualClock::new());
        Self::serving(config, store, clock.clone(), clock, routes::service).await
    }

    /// Under `shown`, which shows the time of `clock`.
    async fn serving(
        config: Config,
        store: Arc<Store>,
        clock: Arc<ManualClock>,
        shown: Arc<dyn Clock>,
        service: impl FnOnce(SharedState) -> Frame,
    ) -> Self {
        let (app, workers) = app::wire(&config, Arc::clone(&store), shown).unwrap();
        let listener = transport::listen(&config.http.bind).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (service, limits) = (service(app), config.login.limits);
        let serving = tokio::spawn(async move {
            transport::serve(listener, service, config.http.server, async { _ = stopped.await }).await
        });
        Self {
            address,
            provisioning: Provisioning::new(Arc::clone(&store), tester()).taking_known_senhas(),
            store,
            clock,
            limits,
            client: reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap(),
            is_documented: true,
            stop,
            serving,
            workers,
        }
    }

    /// Purges old rows, as it does now and then in the background.
    pub async fn purge(&self) {
        purge(&self.store, &self.limits, self.clock.now()).await.unwrap();
    }

    /// Lets time pass, by its clock and by the database's.
    pub async fn advance(&self, database: &Database, by: Duration) {
        self.clock.advance(by);
        database.advance_clock(by).await;
    }

    /// Stops it as a signal would; nothing in flight may be cut off.
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        assert!(self.serving.await.unwrap(), "requests were cut off");
        self.workers.finish().await;
        self.store.close().await;
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let mut request = self.client.request(method.clone(), format!("http://{}{path}", self.address)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        };
        if self.is_documented {
            document::knows(&method, path, &answer);
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    /// A login with any body.
    pub async fn login_with(&self, body: &Value) -> Answer {
        self.send(Method::POST, "/api/usuario/login", &[], body.to_string()).await
    }

    /// A token of `login`, whose senha is the demo's.
    pub async fn token(&self, login: &str) -> String {
        let answer = self.login_with(&json!({"login": login, "senha": "1234"})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["accessToken"].as_str().unwrap().to_owned()
    }

    /// A status change under `token` with any body.
    pub async fn change_with(&self, token: &str, body: impl ToString) -> Answer {
        let authorization = format!("Bearer {token}");
        let headers = [(AUTHORIZATION.as_str(), authorization.as_str())];
        self.send(Method::POST, "/api/atendimentos/status", &headers, body.to_string()).await
    }

    /// The record of an atendimento.
    pub async fn record(&self, protocolo: &str) -> Value {
        record_of(&self.store, protocolo).await
    }
}

impl Answer {
    /// Checks status, envelope and headers to the byte.
    #[track_caller]
    pub fn is(&self, status: u16, message: &str) {
        assert_eq!(self.body, format!(r#"{{"message":"{}"}}"#, message.replace('"', "\\\"")), "{self:?}");
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        assert!(self.header("x-request-id").is_some_and(|id| !id.is_empty()), "{self:?}");
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{self:?}");
        assert_eq!(self.header("www-authenticate"), (status == 401).then_some("Bearer"), "{self:?}");
        assert_eq!(self.header("retry-after"), (status == 503).then_some("1"), "{self:?}");
    }

    /// Checks that its body has each of `texts`.
    #[track_caller]
    pub fn has_all(&self, texts: &[&str]) {
        for text in texts {
            assert!(self.body.contains(text), "{text}: {}", self.body);
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The record of an atendimento, as commands print it.
pub async fn record_of(store: &Store, protocolo: &str) -> Value {
    let (state, mut text) = (store.present_state(protocolo).await.unwrap().unwrap(), Vec::new());
    record::write_record(&mut text, store, &state, true).await.unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// A store with the demo's example data.
async fn example(database: &Database) -> Arc<Store> {
    let store = database.store().await;
    database.stop_clock(ManualClock::new().now()).await;
    example::load_example_data(&store).await.unwrap();
    store
}

pub fn nome(text: &str) -> Name {
    text.parse().unwrap()
}
