//! One file applied by several at once: by the command, and by servers that start with `STATE_FILE`.

use std::fs;
use std::thread;

use futures_util::future::join_all;

use super::estado::{FULL, SENHA, applies, complains, rows, told};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Process, finish, program, run, run_with};

async fn two_at_once_are_never_half(database: &Database) {
    database.store().await.close().await;
    let path = database.dir.path().join("estado.toml");
    fs::write(&path, FULL).unwrap();
    let path = path.to_str().unwrap();
    let both = join_all((0..2).map(|_| async {
        let mut command = program(database, &database.settings());
        command.env(SENHA.0, SENHA.1).args(["estado", "aplicar", path, "--yes"]);
        tokio::task::spawn_blocking(|| finish(command, "")).await.unwrap()
    }))
    .await;
    assert!(both.iter().any(|outcome| outcome.code == 0), "{both:?}");
    for outcome in both.iter().filter(|outcome| outcome.code != 0) {
        assert!(outcome.stderr.contains("somebody else has changed something meanwhile"), "{outcome:?}");
    }
    assert_eq!(told(database).len(), 11);
    assert!(applies(database, FULL, &[]).starts_with("nothing to change"));
}

async fn servers_come_up_as_the_file_of_the_setting_says(database: &Database) {
    let path = database.dir.path().join("estado.toml");
    fs::write(&path, FULL.replace("user.api", "outro")).unwrap();
    let setting = ("STATE_FILE", path.to_str().unwrap());
    // Where nothing is there yet, several at once.
    let start = || Process::serve_logged(database, &[setting, SENHA]);
    let servers = thread::scope(|scope| [(); 3].map(|()| scope.spawn(start)).map(|server| server.join().unwrap()));
    let logs = servers.map(|(server, log)| {
        server.stop();
        log.join().unwrap()
    });
    let told_so = |text: &str| logs.iter().filter(|log| log.contains(text)).count();
    assert_eq!(told_so("brought about STATE_FILE: added: 11, changed: 0, taken away: 0;"), 1, "{logs:#?}");
    assert_eq!(told_so("the server is as STATE_FILE says"), 2, "{logs:#?}");
    assert!(!logs.concat().contains("outro"), "{logs:#?}");
    let all = rows(database).await;

    // What was done since then stays where the file does not say otherwise: nothing is removed, nobody comes back.
    run(database, &["motivo", "criar", "Outro"]);
    run(database, &["usuario", "desativar", "outro"]);
    let (server, log) = Process::serve_logged(database, &[setting]);
    server.stop();
    assert!(log.join().unwrap().contains("the server is as STATE_FILE says"));
    assert_eq!(rows(database).await, all + 3);

    for (text, complaints) in [
        ("[[niveis]]\n", &["STATE_FILE: ", "estado.toml is wrong:\nline 1: nome is missing"][..]),
        (FULL, &["nothing was changed:\n", "senha_env: SENHA_TESTE is not set"]),
    ] {
        fs::write(&path, text).unwrap();
        complains(&run_with(database, &[setting], &["serve"], ""), 1, complaints);
    }
    let check = run_with(database, &[("STATE_FILE", "nowhere.toml")], &["config", "check"], "");
    complains(&check, 1, &["STATE_FILE: nowhere.toml can't be read: "]);
    assert_eq!(rows(database).await, all + 3);
}

both_engines! {
    two_at_once_are_never_half,
    servers_come_up_as_the_file_of_the_setting_says,
}
