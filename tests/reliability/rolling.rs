//! Two servers behind nginx, as docs/OPERATIONS.md sets it up: each is stopped and started again under load, and no
//! request fails.

use std::fs;
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

pub fn trials(form: Form) -> Vec<Trial> {
    vec![trial("rolling::behind_nginx", Engine::Postgres, form, behind_nginx)]
}

async fn behind_nginx(scene: Scene, form: Form) {
    let Some(program) = nginx() else {
        let missing = "the rolling upgrade was NOT tested: nginx is not installed";
        assert!(std::env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{missing}");
        eprintln!("*** {missing} ***");
        return;
    };
    let restarts = form.pick(2, 50);
    let mut progress = Progress::new(form, "restarts", restarts);
    let mut servers = vec![serve(&scene, "127.0.0.1:0"), serve(&scene, "127.0.0.1:0")];
    let proxy = Nginx::start(&program, [&servers[0].address, &servers[1].address]).await;
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
    conclude("two servers behind nginx, restarted in turn", scene.database.engine, restarts, &verdict, None);
}

/// With the settings that the page names.
fn serve(scene: &Scene, bind: &str) -> Process {
    let delay = PAGE.split_once("SHUTDOWN_DELAY_SECONDS=").and_then(|(_, rest)| rest.split(['`', '\n']).next());
    scene.serve_with(&[("BIND_ADDR", bind), ("SHUTDOWN_DELAY_SECONDS", delay.expect("the page names it"))], &[])
}

fn nginx() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    dirs.map(|dir| dir.join("nginx")).find(|program| program.exists())
}

/// nginx in front of two servers, which ends when it is dropped.
struct Nginx {
    child: Child,
    address: String,
    dir: TempDir,
}

impl Nginx {
    async fn start(program: &Path, upstreams: [&str; 2]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let config = dir.path().join("nginx.conf");
        fs::write(&config, configuration(dir.path(), &address, upstreams)).unwrap();
        let child = Command::new(program)
            .arg("-p")
            .arg(dir.path())
            .arg("-c")
            .arg(&config)
            .arg("-e")
            .arg(dir.path().join("error.log"))
            .spawn()
            .unwrap();
        let mut nginx = Self { child, address, dir };
        while TcpStream::connect(&nginx.address).await.is_err() {
            assert!(nginx.child.try_wait().unwrap().is_none(), "nginx did not start");
            sleep(LOOK).await;
        }
        nginx
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("error.log")).unwrap()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end with it when it is told to.
        _ = Command::new("kill").arg(self.child.id().to_string()).status();
        _ = self.child.wait();
    }
}

/// The page's, with other addresses. A client's connection may have as many requests as it likes.
fn configuration(dir: &Path, address: &str, [one, other]: [&str; 2]) -> String {
    let (_, rest) = PAGE.split_once("```nginx\n").expect("the page has a configuration");
    let (page, _) = rest.split_once("```").unwrap();
    let own = page
        .replace("127.0.0.1:8081", one)
        .replace("127.0.0.1:8082", other)
        .replace("listen 80;", &format!("listen {address};"));
    assert!(own.contains(one) && own.contains(other) && own.contains(address), "{own}");
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
