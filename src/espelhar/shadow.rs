//! The same logins and changes at one of our servers, changes as dry runs: what it would have answered.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::http::HeaderName;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::carrier::{names_a_token, words_of};
use super::exchange::{Capture, Exchange};
use super::head::Head;
use super::observe::{Observer, Route};
use super::relay::lock;
use crate::conferir::client::{Client, ClientError, Outgoing, Received};
use crate::conferir::token::find_token;

/// Most exchanges that wait; more are left out.
const WAITING_MAX: usize = 256;
/// Most tokens that are remembered; then all are forgotten, and come with the next logins.
const TOKENS_MAX: usize = 10_000;

/// Asks a server of ours the same.
pub struct Shadow {
    exchanges: Mutex<Option<Sender<Exchange>>>,
    state: Arc<State>,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    left_out: AtomicU64,
    /// What is still to be asked, or being asked.
    waiting: AtomicU64,
    comparison: Mutex<Comparison>,
}

/// How our server's answers compare.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Answers of the same case.
    pub alike: u64,
    /// Other ones, by what Citrus and what ours answered.
    pub differing: BTreeMap<(String, String), u64>,
    /// Changes of users whose login was not seen.
    pub without_login: u64,
    /// What was not asked, as its body was not kept whole.
    pub too_long: u64,
    /// Questions that our server did not answer.
    pub unanswered: u64,
    /// What was not asked, as too much was waiting.
    pub left_out: u64,
}

/// Whether the server behind `client` is one of ours, which makes no change of a dry run.
pub async fn is_ours(client: &Client) -> Result<bool, ClientError> {
    let home = Outgoing { method: "GET", path: "/".to_owned(), headers: Vec::new(), body: Vec::new() };
    let home = client.send(home).await?;
    Ok(home.code == 200 && home.body.contains("<title>citrus-status</title>"))
}

impl Shadow {
    /// Asks by `client`, and compares as `observer` does.
    pub fn start(client: Client, observer: Observer) -> Self {
        let (sender, receiver) = channel(WAITING_MAX);
        let state = Arc::new(State::default());
        let asker = Asker { client, observer, tokens: HashMap::new(), state: Arc::clone(&state) };
        let task = tokio::spawn(asker.run(receiver));
        Self { exchanges: Mutex::new(Some(sender)), state, task: Mutex::new(Some(task)) }
    }

    /// Asks what `exchange` asked, some time later. It never waits.
    pub fn offer(&self, exchange: &Exchange) {
        if Route::of(exchange) == Route::Other {
            return;
        }
        let exchanges = lock(&self.exchanges);
        let Some(exchanges) = exchanges.as_ref() else { return };
        // A copy is made only where there is a place for it.
        match exchanges.try_reserve() {
            Ok(place) => {
                self.state.waiting.fetch_add(1, Ordering::Relaxed);
                place.send(exchange.clone());
            }
            Err(_) => _ = self.state.left_out.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// As far as it is; what still waits has no answer.
    pub fn comparison(&self) -> Comparison {
        let mut comparison = lock(&self.state.comparison).clone();
        comparison.unanswered += self.state.waiting.load(Ordering::Relaxed);
        Comparison { left_out: self.state.left_out.load(Ordering::Relaxed), ..comparison }
    }

    /// Asks what is waiting, and ends.
    pub async fn finish(&self) {
        drop(lock(&self.exchanges).take());
        let task = lock(&self.task).take();
        if let Some(task) = task {
            _ = task.await;
        }
    }
}

struct Asker {
    client: Client,
    observer: Observer,
    /// Our tokens, by those of Citrus; none where ours did not answer. In memory alone.
    tokens: HashMap<String, Option<String>>,
    state: Arc<State>,
}

impl Asker {
    async fn run(mut self, mut exchanges: Receiver<Exchange>) {
        while let Some(exchange) = exchanges.recv().await {
            let answer = match Route::of(&exchange) {
                Route::Login => self.log_in(&exchange).await,
                _ => self.change(&exchange).await,
            };
            let mut comparison = lock(&self.state.comparison);
            self.state.waiting.fetch_sub(1, Ordering::Relaxed);
            let Some(answer) = answer else { continue };
            let Some(answer) = answer else {
                comparison.unanswered += 1;
                continue;
            };
            let theirs = self.case(&exchange);
            let ours = self.case(&Exchange { answer: answer.0, body: answer.1, ..exchange });
            if theirs == ours {
                comparison.alike += 1;
            } else {
                *comparison.differing.entry((theirs, ours)).or_default() += 1;
            }
        }
    }

    /// The answer's name, or its status code.
    fn case(&self, exchange: &Exchange) -> String {
        let case = self.observer.observe(exchange).case;
        case.map_or_else(|| exchange.answer.status.to_string(), str::to_owned)
    }

    async fn log_in(&mut self, exchange: &Exchange) -> Option<Option<(Head, Capture)>> {
        let received = self.ask("/api/usuario/login", exchange, None).await?;
        let ours = received.as_ref().map(|received| find_token(&received.body));
        if let Some(theirs) = exchange.answer_text().and_then(|theirs| find_token(&theirs))
            && let None | Some(Some(_)) = ours
        {
            if self.tokens.len() >= TOKENS_MAX {
                self.tokens.clear();
            }
            self.tokens.insert(theirs, ours.flatten());
        }
        Some(received.map(answered))
    }

    async fn change(&mut self, exchange: &Exchange) -> Option<Option<(Head, Capture)>> {
        let token = match self.our_token(&exchange.request.head) {
            Some(Some(token)) => Some(token),
            // Its login was not answered.
            Some(None) => return Some(None),
            None if self.names_a_token(&exchange.request.head) => {
                lock(&self.state.comparison).without_login += 1;
                return None;
            }
            None => None,
        };
        Some(self.ask("/api/atendimentos/status?simular=true", exchange, token).await?.map(answered))
    }

    /// Our token for the user of that in `head`, whichever header has it, if that user's login was answered.
    fn our_token(&self, head: &Head) -> Option<Option<String>> {
        let values = head.headers.iter().filter_map(|(_, value)| std::str::from_utf8(value).ok());
        { values }.flat_map(words_of).find_map(|word| self.tokens.get(word)).cloned()
    }

    /// Whether `head` has a header in which a token is expected.
    fn names_a_token(&self, head: &Head) -> bool {
        let mut ours = self.observer.dialect.token_headers().iter().map(|header| header.name.as_str());
        names_a_token(head) || ours.any(|name| head.header(name).is_some())
    }

    /// Our answer to the body of `exchange`, as the client sent it; none inside where there was none. None where the body was not
    /// kept.
    async fn ask(&self, path: &str, exchange: &Exchange, token: Option<String>) -> Option<Option<Received>> {
        let Some(body) = exchange.request.body.whole() else {
            lock(&self.state.comparison).too_long += 1;
            return None;
        };
        let told = |name: HeaderName| Some((name.clone(), exchange.request.head.header(name.as_str())?.to_owned()));
        let mut headers: Vec<_> = [CONTENT_TYPE, CONTENT_ENCODING].into_iter().filter_map(told).collect();
        let carrier = &self.observer.dialect.token_headers()[0];
        headers.extend(token.map(|token| (carrier.name.clone(), carrier.value(&token))));
        Some(
            self.client
                .send(Outgoing { method: "POST", path: path.to_owned(), headers, body: body.to_vec() })
                .await
                .ok(),
        )
    }
}

fn answered(received: Received) -> (Head, Capture) {
    let headers = received.headers.iter().map(|(name, value)| match name {
        // The body is read: it is text in UTF-8 by now.
        name if name == CONTENT_TYPE => {
            let kind = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
            (name, [kind, b"; charset=utf-8"].concat())
        }
        name => (name, value.as_bytes().to_vec()),
    });
    let headers = headers.filter(|(name, _)| *name != CONTENT_ENCODING);
    let headers = headers.map(|(name, value)| (name.as_str().to_owned(), value)).collect();
    let mut body = Capture::default();
    body.add(received.body.as_bytes());
    (Head { status: received.code, headers, ..Head::default() }, body)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::{HeaderMap, HeaderValue};
    use encoding_rs::WINDOWS_1252;
    use time::OffsetDateTime;

    use super::*;
    use crate::espelhar::exchange::Request;

    #[test]
    fn an_answer_is_read_once() {
        for kind in ["text/plain; charset=ISO-8859-1", "application/xml;charset=utf-16", "text/html"] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            let body = "Motivo não encontrado".to_owned();
            let (answer, body) = answered(Received { code: 404, headers, body, charset: WINDOWS_1252 });
            let request = Request { at: OffsetDateTime::UNIX_EPOCH, head: Head::default(), body: Capture::default() };
            let exchange = Exchange { request, answer, body, took: Duration::ZERO };
            assert_eq!(exchange.answer_text().as_deref(), Some("Motivo não encontrado"), "{kind}");
        }
    }
}
