//! What servers forget in the background, without a request.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use citrus_status::clock::{Clock, SystemClock};
use citrus_status::domain::text::Name;
use citrus_status::service::purge::{Purge, purge};
use citrus_status::service::throttle::{Limit, Limits};
use citrus_status::store::{Debit, Store};
use time::Duration;
use tokio::time::timeout;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::edit;
use crate::support::program::run;
use crate::support::server::{Server, nome};

const LIMITS: Limits = Limits { pair: Some(Limit { quota: 5, window: 60 }), account: None, address: None, total: None };

/// Registers users of these logins; their ids are 1 and so on.
async fn users(store: &Store, logins: &[&str]) {
    edit(store, async |e| e.insert_perfil(&nome("p"), None).await).await.unwrap();
    for login in logins {
        let login: Name = login.parse().unwrap();
        edit(store, async |e| e.insert_usuario(&login, 1, "h", 1).await).await.unwrap();
    }
}

/// Leaves `count` keys of a user, made at `em`, which is SQL.
async fn keys(database: &Database, usuario_id: i64, count: i64, em: &str) {
    let keys: Vec<_> =
        (0..count).map(|key| format!("({usuario_id}, '{em} {key}', 0, (SELECT {em} FROM relogio))")).collect();
    let keys = keys.join(", ");
    database.execute(&format!("INSERT INTO idempotencia (usuario_id, chave, impressao, em) VALUES {keys}")).await;
}

async fn old_rows_go_although_nobody_asks(store: &Arc<Store>, database: &Database) {
    users(store, &["ana", "rui"]).await;
    // More than one portion.
    keys(database, 1, 130, "agora").await;
    for key in 0..130 {
        assert!(store.debit(&[Debit { key: [key; 16], login: None, cost: 10 }]).await.unwrap());
    }
    database.advance_clock(Duration::hours(24) + Duration::milliseconds(1)).await;
    keys(database, 2, 1, "agora").await;
    // From the future, as a wrong clock writes.
    keys(database, 2, 1, "agora + 999999999").await;
    assert!(store.debit(&[Debit { key: [200; 16], login: None, cost: 999_999_999 }]).await.unwrap());

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let purging = Purge::start(store, &clock, LIMITS, StdDuration::from_millis(1));
    let left = "SELECT (SELECT count(*) FROM idempotencia) + (SELECT count(*) FROM tentativa)";
    let purged = async { while database.number(left).await != 3 {} };
    timeout(StdDuration::from_secs(30), purged).await.expect("old rows are purged");
    drop(purging);
    purge(store, &LIMITS, clock.now()).await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM idempotencia WHERE usuario_id = 2").await, 2);
    let ahead = "SELECT count(*) FROM idempotencia, relogio WHERE em > agora";
    assert_eq!(database.number(ahead).await, 0);
    let ahead = "SELECT count(*) FROM tentativa, relogio WHERE cheio_em > agora + 2 * 60000";
    assert_eq!(database.number(ahead).await, 0);
}

/// A request in flight passes the check of its user, and writes its key once the user is anonymised.
async fn keys_that_come_after_the_anonymisation_of_their_user_go(server: &Server, database: &Database) {
    keys(database, 1, 150, "agora").await;
    keys(database, 2, 1, "agora").await;
    let outcome = run(database, &["usuario", "anonimizar", "user.api", "--yes"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let of = async |usuario_id: i64| {
        database.number(&format!("SELECT count(*) FROM idempotencia WHERE usuario_id = {usuario_id}")).await
    };
    assert_eq!((of(1).await, of(2).await), (0, 1));
    keys(database, 1, 1, "agora").await;
    // A login that is only alike is nobody's pseudonym.
    database.execute("UPDATE usuario SET login = 'anonimo-3', chave = 'anonimo-3' WHERE id = 2").await;
    server.purge().await;
    assert_eq!((of(1).await, of(2).await), (0, 1));
}

both_engines! {
    old_rows_go_although_nobody_asks,
    keys_that_come_after_the_anonymisation_of_their_user_go,
}
