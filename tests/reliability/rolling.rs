//! Two servers behind nginx or `HAProxy`, as docs/OPERATIONS.md sets them up: each is stopped and started again under load,
//! and no request fails.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Instant;

use libtest_mimic::Trial;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::checker::Outcome;
use crate::load::{Load, Plan};
use crate::report::{Form, Progress, conclude};
use crate::scene::{LOOK, Scene, ready, trial};
use crate::support::database::Engine;
use crate::support::program::Process;

const CLIENTS: u64 = 32;
const PAGE: &str = include_str!("../../docs/OPERATIONS.md");
const DEPLOYED: &str = include_str!("../../deploy/haproxy/haproxy.cfg");

pub fn trials(form: Form) -> Vec<Trial> {
    vec![
        trial("rolling::behind_nginx", Engine::Postgres, form, behind_nginx),
        trial("rolling::behind_haproxy", Engine::Postgres, form, behind_haproxy),
    ]
}

async fn behind_nginx(scene: Scene, form: Form) {
    behind(scene, form, "nginx", nginx).await;
}

async fn behind_haproxy(scene: Scene, form: Form) {
    behind(scene, form, "haproxy", haproxy).await;
}

async fn behind(scene: Scene, form: Form, name: &str, configured: fn(&Path, &str, [&str; 2]) -> Vec<OsString>) {
    let Some(program) = installed(name) else {
        let missing = format!("the rolling upgrade was NOT tested: {name} is not installed");
        assert!(std::env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{missing}");
        eprintln!("*** {missing} ***");
        return;
    };
    let restarts = form.pick(2, 50);
    let mut progress = Progress::new(form, "restarts", restarts);
    let mut servers = vec![serve(&scene, "127.0.0.1:0"), serve(&scene, "127.0.0.1:0")];
    let upstreams = [&servers[0], &servers[1]].map(|server| server.address.as_str());
    let proxy = Proxy::start(&program, |dir, address| configured(dir, address, upstreams)).await;
    let plan = Plan {
        clients: CLIENTS,
        probes: 0,
        first: 0,
        each: None,
        token: servers[0].token("user.api").await,
        protocolos: scene.protocolos(16),
    };
    let load = Load::start(plan, vec![proxy.address.clone()]);
    load.all_succeed(5).await;
    for restart in 0..restarts {
        let server = servers.remove(0);
        let address = server.address.clone();
        server.signal("TERM");
        assert_eq!(tokio::task::spawn_blocking(|| server.wait()).await.unwrap(), Some(0));
        load.acknowledge(100).await;
        let server = serve(&scene, &address);
        ready(&server, Instant::now()).await;
        servers.push(server);
        load.acknowledge(100).await;
        progress.at(restart + 1);
    }
    let attempts = load.stop().await;
    let failed: Vec<_> = attempts.iter().filter(|attempt| attempt.outcome != Outcome::Acknowledged).collect();
    assert!(failed.is_empty(), "{} of {} failed: {failed:?}; {}", failed.len(), attempts.len(), proxy.log());
    let verdict = scene.verdict(&attempts).await;
    let what = format!("two servers behind {name}, restarted in turn");
    conclude(&what, scene.database.engine, restarts, &verdict, None);
}

/// With the settings that the page names.
fn serve(scene: &Scene, bind: &str) -> Process {
    let delay = PAGE.split_once("SHUTDOWN_DELAY_SECONDS=").and_then(|(_, rest)| rest.split(['`', '\n']).next());
    scene.serve_with(&[("BIND_ADDR", bind), ("SHUTDOWN_DELAY_SECONDS", delay.expect("the page names it"))], &[])
}

fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    dirs.map(|dir| dir.join(name)).find(|program| program.exists())
}

/// A proxy in front of two servers, which ends when it is dropped.
struct Proxy {
    child: Child,
    address: String,
    dir: TempDir,
}

impl Proxy {
    /// With the arguments of `configured`, which gets its folder and its address.
    async fn start(program: &Path, configured: impl FnOnce(&Path, &str) -> Vec<OsString>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let args = configured(dir.path(), &address);
        let log = File::create(dir.path().join("error.log")).unwrap();
        let child = Command::new(program).args(args).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut proxy = Self { child, address, dir };
        while TcpStream::connect(&proxy.address).await.is_err() {
            assert!(proxy.child.try_wait().unwrap().is_none(), "the proxy did not start: {}", proxy.log());
            sleep(LOOK).await;
        }
        proxy
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("error.log")).unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its workers end with it when it is told to.
        _ = Command::new("kill").arg(self.child.id().to_string()).status();
        _ = self.child.wait();
    }
}

/// What the page has for a proxy, with other addresses.
fn of_page(language: &str, [one, other]: [&str; 2]) -> String {
    let (_, rest) = PAGE.split_once(&format!("```{language}\n")).expect("the page has a configuration");
    let (page, _) = rest.split_once("```").unwrap();
    let own = page.replace("127.0.0.1:8081", one).replace("127.0.0.1:8082", other);
    assert!(own.contains(one) && own.contains(other), "{own}");
    own
}

/// The file of `deploy/`, with the backend of the page, and without TLS.
fn haproxy(dir: &Path, address: &str, upstreams: [&str; 2]) -> Vec<OsString> {
    let (front, _) = DEPLOYED.split_once("\nbackend citrus_status").expect("the file has a backend");
    let bind = "bind :443 ssl crt /etc/haproxy/citrus.pem";
    assert!(front.contains(bind), "{front}");
    let front = front.replace(bind, &format!("bind {address}"));
    let config = dir.join("haproxy.cfg");
    fs::write(&config, front + "\n" + &of_page("haproxy", upstreams)).unwrap();
    ["-db".into(), "-f".into(), config.into()].into()
}

/// The page's. A client's connection may have as many requests as it likes.
fn nginx(dir: &Path, address: &str, upstreams: [&str; 2]) -> Vec<OsString> {
    let own = of_page("nginx", upstreams).replace("listen 80;", &format!("listen {address};"));
    assert!(own.contains(address), "{own}");
    let config = dir.join("nginx.conf");
    fs::write(&config, nginx_configuration(dir, &own)).unwrap();
    ["-p".into(), dir.into(), "-c".into(), config.into(), "-e".into(), "stderr".into()].into()
}

/// `own` with all that a configuration needs.
fn nginx_configuration(dir: &Path, own: &str) -> String {
    let dir = dir.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {dir}/{kind};\n"))
        .concat();
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    format!(
        "daemon off; {user} pid {dir}/pid;\nevents {{}}\n\
         http {{\naccess_log off;\nkeepalive_requests 1000000000;\n{temporary}{own}}}\n"
    )
}
