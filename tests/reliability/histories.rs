//! Many clients on few atendimentos, through two server processes on one database.

use libtest_mimic::Trial;
use tokio::time::sleep;

use crate::load::{Load, Plan};
use crate::report::{Form, Progress, conclude};
use crate::scene::{LOOK, Scene, both};
use crate::support::program::Process;

const CLIENTS: u64 = 64;

pub fn trials(form: Form) -> Vec<Trial> {
    both("histories::two_servers", form, two_servers).into()
}

async fn two_servers(scene: Scene, form: Form) {
    let each = form.pick(100_000, 1_000_000) / CLIENTS;
    let all = each * CLIENTS;
    let mut progress = Progress::new(form, "changes", all);
    let processes = [scene.serve(), scene.serve()];
    let addresses = processes.iter().map(|process| process.address.clone()).collect();
    let plan = Plan {
        clients: CLIENTS,
        probes: 0,
        first: 0,
        each: Some(each),
        token: processes[0].token("user.api").await,
        protocolos: scene.protocolos(8),
    };
    let load = Load::start(plan, addresses);
    while !load.is_finished() {
        progress.at(load.acknowledged());
        sleep(LOOK).await;
    }
    let attempts = load.finish().await;
    processes.into_iter().for_each(Process::stop);
    let verdict = scene.verdict(&attempts).await;
    conclude("64 clients, 8 atendimentos, two servers", scene.database.engine, all, &verdict, None);
}
