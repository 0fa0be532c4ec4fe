//! Three PostgreSQL servers under Patroni and etcd, with synchronous replication: the leader is killed, or goes silent,
//! again and again, and Patroni promotes another one.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use libtest_mimic::{Completion, Failed, Trial};

use crate::checker::{Attempt, Outcome};
use crate::database_faults::{Span, Trouble};
use crate::load::{changes, now};
use crate::report::{Form, Progress, conclude};
use crate::scene::Scene;
use crate::support::postgres::installed;

/// How often the leader goes.
const TIMES: u64 = 20;
/// A `REQUEST_TIMEOUT_SECONDS` that no request reaches.
const DEADLINE: u64 = 10;
/// What Patroni waits until it takes the leader for gone, and what the rest may take.
const WITHOUT_SERVICE: Duration = Duration::from_secs(20 + 10);

pub fn trials(form: Form) -> Vec<Trial> {
    vec![Trial::ignorable_test("patroni::leader_lost::postgres", move || {
        if !form.long {
            return Ok(Completion::ignored_with("it takes a quarter of an hour: --long"));
        }
        let Some(patroni) = Patroni::start() else { return Err(Failed::from("Patroni or etcd is not installed")) };
        tokio::runtime::Runtime::new()?.block_on(leader_lost(patroni, form));
        Ok(Completion::Completed)
    })]
}

async fn leader_lost(mut patroni: Patroni, form: Form) {
    let mut scene = Scene::on(&format!("postgres://postgres@127.0.0.1:{}/postgres", patroni.leader)).await;
    let mut progress = Progress::new(form, "leaders lost", TIMES);
    let hosts = patroni.ports.map(|port| format!("127.0.0.1:{port}")).join(",");
    let leader = |port| format!("127.0.0.1:{port}/");
    let url = scene.database.url.replace(&leader(patroni.leader), &format!("{hosts}/"));
    let process = scene.serve_with(&[("DATABASE_URL", &format!("{url}&target_session_attrs=read-write"))], &[]);
    let token = process.token("user.api").await;
    let trouble = Trouble::begin_with(&scene, token, process, 0);
    trouble.load.all_succeed(5).await;
    let mut spans = Vec::<Span>::new();
    let first = patroni.leader;
    for turn in 0..TIMES {
        let began = now();
        patroni.order(if turn % 4 == 3 { "freeze" } else { "kill" });
        let gone = now();
        trouble.load.all_succeed(5).await;
        spans.push((began, gone, now()));
        patroni.order("heal");
        trouble.load.all_succeed(5).await;
        progress.at(turn + 1);
    }
    let attempts = changes(&trouble.end(DEADLINE).await);
    scene.database.url = scene.database.url.replace(&leader(first), &leader(patroni.leader));
    let verdict = scene.verdict(&attempts).await;
    let mut gaps: Vec<_> = spans.iter().map(|&span| without_service(&attempts, span)).collect();
    gaps.sort();
    let (median, worst) = (gaps[gaps.len() / 2], gaps[gaps.len() - 1]);
    println!("\nwithout service: median {:.1} s, worst {:.1} s", median.as_secs_f64(), worst.as_secs_f64());
    let what = "leader under Patroni killed or silent under load";
    conclude(what, scene.database.engine, TIMES, &verdict, Some(worst));
    assert!(worst <= WITHOUT_SERVICE, "no change was made for {worst:?}");
}

/// The longest time in which no change was acknowledged.
fn without_service(attempts: &[Attempt], (began, _, until): Span) -> Duration {
    let acknowledged = attempts.iter().filter(|attempt| attempt.outcome == Outcome::Acknowledged);
    let mut times: Vec<_> = acknowledged.map(|a| a.ended).filter(|ended| (began..until).contains(ended)).collect();
    times.extend([began, until]);
    times.sort();
    times.windows(2).map(|pair| pair[1].checked_sub(pair[0]).unwrap()).max().unwrap_or_default()
}

/// See `patroni.py`. All of it ends when this is dropped or this process ends.
struct Patroni {
    child: Child,
    answers: BufReader<ChildStdout>,
    ports: [u16; 3],
    /// Where the leader listens.
    leader: u16,
}

impl Patroni {
    /// `None` where a program is not installed.
    fn start() -> Option<Self> {
        let bindir = installed()?;
        if !["/usr/bin/patroni", "/usr/bin/etcd"].iter().all(|program| Path::new(program).exists()) {
            return None;
        }
        let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = listeners.map(|listener| listener.local_addr().unwrap().port());
        let mut child = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reliability/patroni.py"))
            .arg(bindir)
            .args(ports.map(|port| port.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut patroni = Self { child, answers, ports, leader: 0 };
        patroni.hear("ready");
        Some(patroni)
    }

    fn order(&mut self, command: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{command}").unwrap();
        self.hear("done");
    }

    fn hear(&mut self, expected: &str) {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let (word, port) = line.trim_end().split_once(' ').unwrap_or_default();
        assert_eq!(word, expected, "the cluster under Patroni failed");
        self.leader = port.parse().unwrap();
    }
}

impl Drop for Patroni {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        _ = self.child.wait();
    }
}
