//! Many clients that change statuses, and remember what they asked for and what they saw.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::checker::{Attempt, Outcome};
use crate::client::{change, get, outcome};
use crate::scene::LOOK;
use crate::support::client::Client;

/// A request that has no answer by then never gets one.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long a client waits after a failure.
const PAUSE: Duration = Duration::from_millis(20);

/// The clock of all attempts starts here.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What the clients do.
pub struct Plan {
    pub clients: u64,
    /// So many more ask for readiness, which is what uses the pool.
    pub probes: u64,
    /// The number of the first of them; loads of one test must not share any.
    pub first: u64,
    /// How many changes each makes; `None`: until they are told to stop.
    pub each: Option<u64>,
    pub token: String,
    pub protocolos: Vec<u64>,
}

pub struct Load {
    shared: Arc<Shared>,
    clients: JoinSet<Vec<Attempt>>,
}

struct Shared {
    plan: Plan,
    /// Where the servers listen now.
    addresses: watch::Sender<Vec<String>>,
    stopping: AtomicBool,
    /// How many changes are acknowledged, and how many answered otherwise.
    acknowledged: watch::Sender<u64>,
    refused: watch::Sender<u64>,
    /// For each client how many in a row.
    streaks: Vec<AtomicU64>,
}

impl Load {
    pub fn start(plan: Plan, addresses: Vec<String>) -> Self {
        let shared = Arc::new(Shared {
            streaks: (0..plan.clients + plan.probes).map(|_| AtomicU64::new(0)).collect(),
            addresses: watch::Sender::new(addresses),
            stopping: AtomicBool::new(false),
            acknowledged: watch::Sender::new(0),
            refused: watch::Sender::new(0),
            plan,
        });
        let clients = (0..shared.streaks.len() as u64).map(|number| Arc::clone(&shared).work(number)).collect();
        Self { shared, clients }
    }

    /// Leads the clients whose connections break to other servers.
    pub fn lead_to(&self, addresses: Vec<String>) {
        self.shared.addresses.send_replace(addresses);
    }

    pub fn acknowledged(&self) -> u64 {
        *self.shared.acknowledged.borrow()
    }

    /// Waits until so many more changes are acknowledged.
    pub async fn acknowledge(&self, more: u64) {
        wait_for_more(&self.shared.acknowledged, more).await;
    }

    /// Waits until so many more changes are answered otherwise.
    pub async fn refuse(&self, more: u64) {
        wait_for_more(&self.shared.refused, more).await;
    }

    /// Waits until each client is acknowledged `count` times in a row from now on.
    pub async fn all_succeed(&self, count: u64) {
        for streak in &self.shared.streaks {
            streak.store(0, Ordering::Relaxed);
        }
        let failing = || {
            let streaks = self.shared.streaks.iter().enumerate();
            streaks.filter(|(_, streak)| streak.load(Ordering::Relaxed) < count).map(|(number, _)| number)
        };
        let succeed = async {
            while failing().next().is_some() {
                sleep(LOOK).await;
            }
        };
        let succeeded = timeout(PATIENCE, succeed).await;
        assert!(succeeded.is_ok(), "clients do not succeed any more: {:?}", failing().collect::<Vec<_>>());
    }

    /// Stops the clients; a request under way is answered first. A probe's attempt has the protocolo 0.
    pub async fn stop(self) -> Vec<Attempt> {
        self.shared.stopping.store(true, Ordering::Relaxed);
        self.finish().await
    }

    /// Waits until the clients have done all that they have to.
    pub async fn finish(self) -> Vec<Attempt> {
        self.clients.join_all().await.concat()
    }

    /// Whether all clients are done.
    pub fn is_finished(&self) -> bool {
        self.acknowledged() >= self.shared.plan.each.map_or(u64::MAX, |each| each * self.shared.plan.clients)
    }
}

/// Time on the clock of the attempts.
pub fn now() -> Duration {
    ORIGIN.elapsed()
}

async fn wait_for_more(count: &watch::Sender<u64>, more: u64) {
    let mut count = count.subscribe();
    let goal = *count.borrow() + more;
    let reached = timeout(PATIENCE, count.wait_for(|now| *now >= goal)).await;
    drop(reached.expect("the load stands still"));
}

impl Shared {
    async fn work(self: Arc<Self>, number: u64) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        let mut client = None;
        for turn in 0..self.plan.each.unwrap_or(u64::MAX) {
            if client.is_none() {
                client = self.connect(number).await;
            }
            let Some(connected) = &mut client else { break };
            let attempt = self.attempt(connected, (self.plan.first + number) << 32 | turn).await;
            if attempt.outcome == Outcome::Unanswered {
                client = None;
            }
            self.count(number, attempt.outcome);
            let refused = attempt.outcome != Outcome::Acknowledged;
            attempts.push(attempt);
            if self.stopping.load(Ordering::Relaxed) {
                break;
            }
            if refused {
                sleep(PAUSE).await;
            }
        }
        attempts
    }

    /// A connection to the client's server; `None` when told to stop.
    async fn connect(&self, number: u64) -> Option<Client> {
        while !self.stopping.load(Ordering::Relaxed) {
            let address = {
                let addresses = self.addresses.borrow();
                addresses[number as usize % addresses.len()].clone()
            };
            match Client::try_connect(&address).await {
                Ok(client) => return Some(client),
                Err(_) => sleep(LOOK).await,
            }
        }
        None
    }

    async fn attempt(&self, client: &mut Client, mark: u64) -> Attempt {
        let (protocolo, para, request) = self.request(mark);
        let began = now();
        let answer = timeout(PATIENCE, client.try_ask(&request)).await.expect("a request is never answered");
        let outcome = answer.map_or(Outcome::Unanswered, |answer| outcome(&answer));
        Attempt { mark, protocolo, para, outcome, began, ended: now() }
    }

    /// What is asked for under `mark`: protocolo, status and request.
    fn request(&self, mark: u64) -> (u64, i64, Vec<u8>) {
        if mark >> 32 >= self.plan.first + self.plan.clients {
            return (0, 0, get("", "/health/ready"));
        }
        // Neither the order of the atendimentos nor that of the statuses follows a pattern.
        let random = mark.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let protocolo = self.plan.protocolos[(random >> 40) as usize % self.plan.protocolos.len()];
        let para = 1 + (random >> 33) as i64 % 5;
        let (head, body) = change(&self.plan.token, protocolo, para, mark, "");
        (protocolo, para, [head, body].concat())
    }

    fn count(&self, number: u64, outcome: Outcome) {
        let streak = &self.streaks[number as usize];
        if outcome == Outcome::Acknowledged {
            streak.fetch_add(1, Ordering::Relaxed);
            self.acknowledged.send_modify(|count| *count += 1);
        } else {
            streak.store(0, Ordering::Relaxed);
            self.refused.send_modify(|count| *count += u64::from(outcome != Outcome::Unanswered));
        }
    }
}

/// The changes among `attempts`, without the probes.
pub fn changes(attempts: &[Attempt]) -> Vec<Attempt> {
    attempts.iter().filter(|attempt| attempt.protocolo != 0).cloned().collect()
}
