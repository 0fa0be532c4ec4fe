//! A `DATABASE_URL` with several hosts, as the commands see it.

use crate::support::database::Database;
use crate::support::postgres::Cluster;
use crate::support::program::{Outcome, run, run_with};

#[tokio::test(flavor = "multi_thread")]
async fn the_host_that_can_be_written_to_is_used_wherever_it_stands() {
    let Some(mut leader) = Cluster::start("fsync=off") else { return };
    let database = Database::postgres(&leader.url).await;
    assert_eq!(run(&database, &["migrate"]).code, 0);
    let mut standby = leader.standby("fsync=off");
    let (one, other) = (format!("127.0.0.1:{}", standby.port), format!("127.0.0.1:{}", leader.port));
    let hosts = database.url.replace(&format!("@{other}/"), &format!("@{one},{other}/"));
    let command = |url: &str, args: &[&str]| {
        run_with(&database, &[("DATABASE_URL", url), ("DATABASE_WAIT_SECONDS", "0")], args, "")
    };
    let check = |url: &str| command(url, &["config", "check", "--database"]);
    let is_used = |outcome: Outcome, host: &str| {
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert!(outcome.stdout.contains(&format!("\nthe host that can be written to: {host}\n")), "{outcome:?}");
        assert!(outcome.stdout.contains(&format!("postgres://postgres:***@{one},{other}/postgres?")), "{outcome:?}");
    };
    let unclear = command(&hosts, &["nivel", "listar"]);
    unclear.fails(2, &["DATABASE_URL: several hosts need target_session_attrs=read-write: the server uses the one"]);
    let hosts = hosts + "&target_session_attrs=read-write";
    is_used(check(&hosts), &other);
    assert_eq!(command(&hosts, &["nivel", "criar", "Suporte"]).code, 0);

    leader.freeze();
    let silent = format!("{one}: the database is read-only; {other}: the database did not answer in time");
    command(&hosts, &["nivel", "listar"]).fails(1, &[&silent]);
    leader.thaw();
    is_used(check(&hosts), &other);

    leader.stop();
    let refusal = [
        "none of the hosts in DATABASE_URL can be written to: ",
        &format!("{one}: the database is read-only; {other}: the database is unavailable: "),
    ];
    command(&hosts, &["nivel", "listar"]).fails(1, &refusal);

    standby.promote();
    is_used(check(&hosts), &one);
    let listed = command(&hosts, &["nivel", "listar"]);
    assert!(listed.code == 0 && listed.stdout.contains("Suporte"), "{listed:?}");
}
