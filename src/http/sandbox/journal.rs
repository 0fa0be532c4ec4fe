//! The latest requests, for tests to look at. No senha is kept, and no token.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, Request};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use serde::Serialize;
use utoipa::ToSchema;

use super::masking::{address, header, masked};

/// How many requests are kept, and how many bytes of them all.
const ENTRIES_MAX: usize = 1000;
const BYTES_MAX: usize = 1024 * 1024;
/// How much of one body is kept.
const BODY_MAX: usize = 16 * 1024;

/// A request that came, and its answer.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Requisicao, description = "Uma requisição e a resposta dela.")]
pub struct Seen {
    pub id: u64,
    #[schema(format = DateTime)]
    pub hora: String,
    pub metodo: String,
    pub caminho: String,
    /// A parte da URL depois de `?`.
    #[schema(required)]
    pub consulta: Option<String>,
    /// Nomes em minúsculas. De um token ou cookie fica a impressão.
    pub cabecalhos: BTreeMap<String, String>,
    /// O corpo, até onde o servidor o leu, com a senha oculta.
    #[schema(required)]
    pub corpo: Option<String>,
    /// Se o corpo tem mais do que está aqui.
    pub corpo_incompleto: bool,
    /// O código HTTP; `null` sem resposta.
    #[schema(required)]
    pub status: Option<u16>,
    #[schema(required)]
    pub falha: Option<Simulated>,
}

/// The fault that was simulated.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = FalhaSimulada, description = "A falha simulada.")]
pub struct Simulated {
    /// O da falha programada, ou `cabecalho`.
    pub modo: &'static str,
    pub codigo: &'static str,
}

impl Seen {
    /// About how much memory it takes.
    fn bytes(&self) -> usize {
        let headers = self.cabecalhos.iter().map(|(name, value)| name.len() + value.len());
        let body = self.corpo.as_ref().map_or(0, String::len);
        let query = self.consulta.as_ref().map_or(0, String::len);
        size_of::<Self>() + self.metodo.len() + self.caminho.len() + query + headers.sum::<usize>() + body
    }
}

#[derive(Default)]
pub struct Journal(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    last_id: u64,
    bytes: usize,
    /// By ids without gaps.
    list: VecDeque<Seen>,
}

impl Entries {
    fn find(&mut self, id: u64) -> Option<&mut Seen> {
        let first = self.list.front()?.id;
        self.list.get_mut(usize::try_from(id.checked_sub(first)?).ok()?)
    }

    /// Forgets the oldest ones for which there is no room.
    fn trim(&mut self) {
        while (self.list.len() > ENTRIES_MAX || self.bytes > BYTES_MAX)
            && let Some(oldest) = self.list.pop_front()
        {
            self.bytes -= oldest.bytes();
        }
    }
}

impl Journal {
    /// Enters `request`, which came at `hora`, and whose headers `carry_token`.
    pub fn enter<B>(self: &Arc<Self>, request: &Request<B>, hora: String, carry_token: &[HeaderName]) -> Entry {
        let mut entries = self.lock();
        entries.last_id += 1;
        let seen = Seen {
            id: entries.last_id,
            hora,
            metodo: request.method().to_string(),
            caminho: address(request.uri().path()),
            consulta: request.uri().query().map(|query| masked(query.as_bytes())),
            cabecalhos: headers(request.headers(), carry_token),
            corpo: None,
            corpo_incompleto: false,
            status: None,
            falha: None,
        };
        entries.bytes += seen.bytes();
        entries.list.push_back(seen);
        entries.trim();
        Entry { journal: Arc::clone(self), id: entries.last_id }
    }

    /// At most `limit` of the entries that `wanted` takes, the oldest first, and the latest id: the first ones after the id
    /// `after`, or else the last ones.
    pub fn page(&self, after: Option<u64>, limit: usize, wanted: impl Fn(&Seen) -> bool) -> (Vec<Seen>, u64) {
        let entries = self.lock();
        let found = entries.list.iter().filter(|seen| after.is_none_or(|after| seen.id > after) && wanted(seen));
        let found: Vec<&Seen> = found.collect();
        let left_out = found.len().saturating_sub(limit);
        let page = if after.is_some() { &found[..found.len() - left_out] } else { &found[left_out..] };
        (page.iter().map(|seen| (*seen).clone()).collect(), entries.last_id)
    }

    /// Forgets all entries. Ids go on.
    pub fn clear(&self) {
        let mut entries = self.lock();
        entries.list.clear();
        entries.bytes = 0;
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn headers(headers: &HeaderMap, carry_token: &[HeaderName]) -> BTreeMap<String, String> {
    let mut shown = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let value = header(name, value, carry_token);
        shown.entry(name.to_string()).and_modify(|list| *list = format!("{list}, {value}")).or_insert(value);
    }
    shown
}

/// The entry of a request under way.
#[derive(Clone)]
pub struct Entry {
    journal: Arc<Journal>,
    id: u64,
}

impl Entry {
    /// `body`, of which the entry gets what is read.
    pub fn watch(&self, body: Body) -> Body {
        Body::new(WatchedBody { body, seen: Vec::new(), is_cut: false, entry: self.clone() })
    }

    pub fn note_answer(&self, status: Option<u16>, falha: Option<Simulated>) {
        if let Some(seen) = self.journal.lock().find(self.id) {
            (seen.status, seen.falha) = (status, falha);
        }
    }

    fn note_body(&self, bytes: &[u8], is_cut: bool) {
        let text = masked(bytes);
        let mut entries = self.journal.lock();
        let length = text.len();
        let Some(seen) = entries.find(self.id) else { return };
        (seen.corpo, seen.corpo_incompleto) = (Some(text), is_cut);
        entries.bytes += length;
        entries.trim();
    }
}

struct WatchedBody {
    body: Body,
    seen: Vec<u8>,
    is_cut: bool,
    entry: Entry,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            let kept = data.len().min(BODY_MAX - self.seen.len());
            self.seen.extend_from_slice(&data[..kept]);
            self.is_cut |= kept < data.len();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        if !self.seen.is_empty() {
            self.entry.note_body(&self.seen, self.is_cut || !self.body.is_end_stream());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(journal: &Arc<Journal>, path: &str) -> Entry {
        journal.enter(&Request::builder().uri(path).body(()).unwrap(), String::new(), &[])
    }

    fn ids(journal: &Journal) -> Vec<u64> {
        journal.page(None, usize::MAX, |_| true).0.iter().map(|seen| seen.id).collect()
    }

    #[test]
    fn the_oldest_requests_make_room() {
        let journal = Arc::default();
        for _ in 0..=ENTRIES_MAX {
            enter(&journal, "/");
        }
        assert_eq!(ids(&journal), (2..=ENTRIES_MAX as u64 + 1).collect::<Vec<_>>());
        journal.clear();
        assert_eq!((ids(&journal), journal.lock().bytes), (Vec::new(), 0));
        assert_eq!((enter(&journal, "/").id, ids(&journal).len()), (ENTRIES_MAX as u64 + 2, 1));
    }

    #[test]
    fn so_do_large_ones_and_late_news_of_them_are_lost() {
        let journal = Arc::default();
        let first = enter(&journal, "/");
        for _ in 0..=BYTES_MAX / BODY_MAX {
            enter(&journal, "/").note_body(&[b'x'; BODY_MAX], false);
        }
        assert!(journal.lock().bytes <= BYTES_MAX && ids(&journal).len() < BYTES_MAX / BODY_MAX);
        let held = journal.lock().list.iter().map(Seen::bytes).sum::<usize>();
        assert_eq!(held, journal.lock().bytes);
        first.note_body(b"x", false);
        first.note_answer(Some(200), None);
        assert_eq!(held, journal.lock().bytes);
    }
}
