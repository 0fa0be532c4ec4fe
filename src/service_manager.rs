//! The service manager that started this process, such as systemd: the sockets that it hands over, and what it is
//! told. Both are systemd's protocols, which others speak too. Without a manager nothing here has an effect.

use std::convert::Infallible;
use std::env;
use std::ffi::OsStr;
use std::future::pending;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr as UnixAddress, UnixDatagram};
use std::process;
use std::time::Duration;

use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;
use tokio::time::sleep;

/// What a socket for the metrics is called (`FileDescriptorName=`). All others are for the API.
const METRICS: &str = "metrics";
/// How often, and by how much, the limit of a start is put off while the database is opened.
const PUT_OFF_EVERY: Duration = Duration::from_secs(10);
const PUT_OFF_BY: Duration = Duration::from_secs(30);
/// How long the manager may take for a message. One that hangs must not hang the server.
const SEND_DEADLINE: Duration = Duration::from_secs(1);

/// The sockets that were handed over, as they came.
pub struct Inherited {
    sockets: ListenFd,
    names: Vec<String>,
    /// Whether they were meant for another process, such as a shell around this one.
    is_for_another: bool,
}

/// Why they can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error(
        "socket {number} of the service manager can't be used: {source}; in the socket unit, ListenStream= has to be an \
         address and a port, and Accept=no"
    )]
    Unusable { number: usize, source: io::Error },
    #[error(
        "the service manager handed over more than one socket for {purpose}; keep one ListenStream= for the API, and \
         one in a unit with FileDescriptorName=metrics if you want metrics"
    )]
    Several { purpose: &'static str },
}

impl Inherited {
    /// Takes what `LISTEN_FDS` announces, and that variable away. Call it while the process has one thread: it changes
    /// the environment.
    pub fn take() -> Self {
        let is_for_another = env::var_os("LISTEN_FDS").is_some()
            && env::var("LISTEN_PID").is_ok_and(|id| !id.is_empty() && id != process::id().to_string());
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default().split(':').map(str::to_owned).collect();
        Self { sockets: ListenFd::from_env(), names, is_for_another }
    }
}

/// What this process has of its service manager; by default, nothing.
#[derive(Default)]
pub struct ServiceManager {
    /// In the place of `BIND_ADDR`, and not blocking.
    pub api: Option<TcpListener>,
    /// In the place of `METRICS_ADDR`, and not blocking.
    pub metrics: Option<TcpListener>,
    /// Where it listens for messages.
    messages: Option<UnixDatagram>,
    /// How often it wants to hear that the server works.
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// The one that the environment names, with what was `inherited` from it.
    pub fn of_process(mut inherited: Inherited) -> Result<Self, SocketError> {
        if inherited.is_for_another {
            tracing::warn!(
                "LISTEN_FDS is for another process, so no socket is taken over; start this program itself in \
                 ExecStart=, or with exec in a script"
            );
        }
        let watchdog = watchdog(env::var("WATCHDOG_USEC").ok(), env::var("WATCHDOG_PID").ok(), process::id());
        let mut manager =
            Self { messages: connected(env::var_os("NOTIFY_SOCKET").as_deref()), watchdog, ..Self::default() };
        for index in 0..inherited.sockets.len() {
            let (place, purpose) = match inherited.names.get(index) {
                Some(name) if name == METRICS => (&mut manager.metrics, "the metrics"),
                _ => (&mut manager.api, "the API"),
            };
            let socket = usable(&mut inherited.sockets, index);
            let socket = socket.map_err(|source| SocketError::Unusable { number: index + 1, source })?;
            if place.replace(socket).is_some() {
                return Err(SocketError::Several { purpose });
            }
        }
        Ok(manager)
    }

    /// What `opening` yields. Meanwhile the manager is asked for more time than it allows for a start: what this waits
    /// for has limits of its own.
    pub async fn wait_for<T>(&self, opening: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            opened = opening => opened,
            never = self.put_off_limit() => match never {},
        }
    }

    async fn put_off_limit(&self) -> Infallible {
        loop {
            self.tell(&format!("STATUS=Opening the database\n{}", more_time(PUT_OFF_BY)));
            sleep(PUT_OFF_EVERY).await;
        }
    }

    /// Says that the server answers at `address`.
    pub fn note_ready(&self, address: SocketAddr) {
        self.tell(&format!("READY=1\nSTATUS=Serving on {address}"));
    }

    /// Says that the server stops, which takes `most` at most.
    pub fn note_stopping(&self, most: Duration) {
        self.tell(&format!("STOPPING=1\nSTATUS=Stopping\n{}", more_time(most)));
    }

    /// Says twice in the watchdog's time that the server works, as long as it does: as long as whoever polls this is
    /// polled, the runtime runs new tasks, and nothing `is_stuck`.
    pub async fn keep_watch(&self, is_stuck: impl Fn() -> bool) -> Infallible {
        let Some(limit) = self.watchdog.filter(|_| self.messages.is_some()) else { return pending().await };
        loop {
            _ = tokio::spawn(async {}).await;
            if is_stuck() {
                tracing::error!(
                    "the change queue is stuck; the service manager's watchdog is not told that all is well"
                );
                sleep(limit / 20).await;
            } else {
                self.tell("WATCHDOG=1");
                sleep(limit / 2).await;
            }
        }
    }

    fn tell(&self, message: &str) {
        if let Some(Err(error)) = self.messages.as_ref().map(|messages| messages.send(message.as_bytes())) {
            tracing::warn!(%error, "the service manager could not be told: {}", message.lines().next().unwrap_or_default());
        }
    }
}

fn more_time(by: Duration) -> String {
    format!("EXTEND_TIMEOUT_USEC={}", by.as_micros())
}

/// The listening TCP socket at `index`.
fn usable(sockets: &mut ListenFd, index: usize) -> io::Result<TcpListener> {
    let refused = |text| io::Error::new(io::ErrorKind::InvalidInput, text);
    let socket = sockets.take_tcp_listener(index)?.ok_or_else(|| refused("it is gone"))?;
    if !socket_acceptconn(&socket)? {
        return Err(refused("it does not listen"));
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// A socket for messages to the manager that listens at `path`; one that begins with @ is an abstract name.
fn connected(path: Option<&OsStr>) -> Option<UnixDatagram> {
    let path = path.filter(|path| !path.is_empty())?;
    let connect = || {
        let address = match path.as_bytes().strip_prefix(b"@") {
            Some(name) => UnixAddress::from_abstract_name(name)?,
            None => UnixAddress::from_pathname(path)?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(SEND_DEADLINE))?;
        socket.connect_addr(&address)?;
        Ok(socket)
    };
    connect().inspect_err(|error: &io::Error| tracing::warn!(%error, "NOTIFY_SOCKET can't be reached")).ok()
}

/// How often the watchdog wants to hear of the process `own`, from its two variables.
fn watchdog(micros: Option<String>, process: Option<String>, own: u32) -> Option<Duration> {
    let is_own = process.is_none_or(|process| process.parse() == Ok(own));
    let micros = micros?.parse().ok().filter(|micros| is_own && *micros > 0)?;
    Some(Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, mpsc};

    use tokio::sync::oneshot;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(40);

    /// A manager with a watchdog, and where its messages arrive.
    fn watching() -> (ServiceManager, UnixDatagram) {
        let (messages, received) = UnixDatagram::pair().unwrap();
        messages.set_write_timeout(Some(SEND_DEADLINE)).unwrap();
        let manager = ServiceManager { messages: Some(messages), watchdog: Some(LIMIT), ..ServiceManager::default() };
        (manager, received)
    }

    fn heard(received: &UnixDatagram) -> Option<String> {
        let mut message = [0; 1024];
        // Longer than a watchdog would wait.
        received.set_read_timeout(Some(4 * LIMIT)).unwrap();
        let length = received.recv(&mut message).ok()?;
        Some(String::from_utf8(message[..length].to_vec()).unwrap())
    }

    #[test]
    fn a_runtime_that_runs_no_task_is_not_vouched_for() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (manager, received) = watching();
        let (release, released) = mpsc::channel::<()>();
        let (begun, began) = mpsc::channel();
        let (heard_all, all_heard) = oneshot::channel();
        let listener = std::thread::spawn(move || {
            began.recv().unwrap();
            assert_eq!(heard(&received), None);
            release.send(()).unwrap();
            assert_eq!(heard(&received).as_deref(), Some("WATCHDOG=1"));
            heard_all.send(()).unwrap();
        });
        // It keeps the only thread that runs tasks.
        runtime.spawn(async move {
            begun.send(()).unwrap();
            released.recv().unwrap();
        });
        runtime.block_on(async {
            tokio::select! {
                never = manager.keep_watch(|| false) => match never {},
                _ = all_heard => {}
            }
        });
        listener.join().unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_with_something_stuck_is_not_vouched_for_until_it_gets_on() {
        let (manager, received) = watching();
        let stuck = Arc::new(AtomicBool::new(true));
        let is_stuck = Arc::clone(&stuck);
        tokio::spawn(async move { manager.keep_watch(|| is_stuck.load(Ordering::Relaxed)).await });
        let listener = tokio::task::spawn_blocking(move || {
            assert_eq!(heard(&received), None);
            stuck.store(false, Ordering::Relaxed);
            for _ in 0..3 {
                assert_eq!(heard(&received).as_deref(), Some("WATCHDOG=1"));
            }
        });
        listener.await.unwrap();
    }

    #[test]
    fn a_manager_that_does_not_listen_holds_nobody_up_for_long() {
        let (messages, _unread) = UnixDatagram::pair().unwrap();
        messages.set_write_timeout(Some(Duration::from_millis(1))).unwrap();
        let manager = ServiceManager { messages: Some(messages), ..ServiceManager::default() };
        for _ in 0..2000 {
            manager.tell("WATCHDOG=1");
        }
    }

    #[test]
    fn the_watchdog_is_that_of_this_process() {
        let asked = |micros: &str, process: Option<&str>| watchdog(Some(micros.into()), process.map(Into::into), 7);
        assert_eq!(asked("2000000", Some("7")), Some(Duration::from_secs(2)));
        assert_eq!(asked("2000000", None), Some(Duration::from_secs(2)));
        assert_eq!((asked("2000000", Some("8")), asked("0", None), asked("soon", None)), (None, None, None));
        assert_eq!(watchdog(None, None, 7), None);
    }

    #[test]
    fn messages_reach_a_manager_by_path_and_by_abstract_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let name = format!("citrus-status-test-{}", process::id());
        let by_path = UnixDatagram::bind(&path).unwrap();
        let by_name = UnixDatagram::bind_addr(&UnixAddress::from_abstract_name(&name).unwrap()).unwrap();
        for (received, address) in [(by_path, path.into_os_string()), (by_name, format!("@{name}").into())] {
            let manager = ServiceManager { messages: connected(Some(&address)), ..ServiceManager::default() };
            manager.note_ready("127.0.0.1:8080".parse().unwrap());
            assert_eq!(heard(&received).as_deref(), Some("READY=1\nSTATUS=Serving on 127.0.0.1:8080"));
        }
        assert!(connected(None).is_none() && connected(Some(OsStr::new(""))).is_none());
        assert!(connected(Some(dir.path().join("nobody").as_os_str())).is_none());
    }
}
