//! What the portions of a purge rely on.

use std::sync::Arc;

use citrus_status::domain::atendimento::{Comentario, Status};
use citrus_status::store::{Cursor, Leftovers, Store};
use time::Duration;

use super::atendimentos::{change, current, insert};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::edit;
use crate::support::engines::EM;

/// Two atendimentos with three changes each, a second between them, all with a comment.
async fn scene(store: &Arc<Store>, database: &Database) {
    for protocolo in ["1", "2"] {
        insert(store, protocolo, Status::Aberto).await;
    }
    for _ in 0..3 {
        for protocolo in ["1", "2"] {
            let mut change = change(current(store, protocolo).await, Status::EmAtendimento);
            change.comentario = Some(Comentario { texto: "x".into(), visivel_cliente: true });
            assert_eq!(store.commit(&[change]).await.unwrap(), [0_i64; 0]);
        }
        database.advance_clock(Duration::SECOND).await;
    }
}

fn at(atendimento_id: i64, revisao: i64) -> Cursor {
    Cursor { atendimento_id, revisao }
}

async fn portions_follow_each_other_without_a_gap(store: &Arc<Store>, database: &Database) {
    assert_eq!(store.last_atendimento_id().await.unwrap(), 0);
    assert_eq!(store.reach(Cursor::START, 1).await.unwrap(), Cursor::END);
    scene(store, database).await;
    assert_eq!(store.last_atendimento_id().await.unwrap(), 2);
    assert_eq!(store.reach(Cursor::START, 1).await.unwrap(), at(1, 1));
    assert_eq!(store.reach(at(1, 1), 3).await.unwrap(), at(2, 1));
    assert_eq!(store.reach(at(2, 1), 2).await.unwrap(), at(2, 3));
    assert_eq!(store.reach(at(2, 1), 3).await.unwrap(), Cursor::END);
    assert_eq!(store.reach(at(2, 3), 1).await.unwrap(), Cursor::END);
}

async fn comments_go_between_two_places_and_before_a_time(store: &Arc<Store>, database: &Database) {
    scene(store, database).await;
    let later = EM + Duration::hours(1);
    let count = async |after, to, before| store.count_comments(after, to, before).await.unwrap();
    let erase =
        async |after, to, before| edit(store, async |e| e.erase_comments(after, to, before).await).await.unwrap();
    assert_eq!(count(Cursor::START, Cursor::END, later).await, 6);
    assert_eq!(count(Cursor::START, Cursor::END, EM).await, 0);
    assert_eq!(count(Cursor::START, Cursor::END, EM + Duration::MILLISECOND).await, 2);
    assert_eq!(count(at(1, 1), at(2, 1), later).await, 3);
    assert_eq!(erase(at(1, 1), at(2, 1), EM + Duration::SECOND).await, 1);
    assert_eq!(erase(at(1, 1), at(2, 1), later).await, 2);
    assert_eq!(erase(at(1, 1), at(2, 1), later).await, 0);
    assert_eq!(count(Cursor::START, Cursor::END, later).await, 3);
    let kept: Vec<(i64, i64)> = database
        .rows("SELECT atendimento_id, revisao FROM historico WHERE comentario = 'x' AND visivel_cliente ORDER BY 1, 2")
        .await;
    assert_eq!(kept, [(1, 1), (2, 2), (2, 3)]);
    assert_eq!(edit(store, async |e| e.erase_comments_of("2").await).await.unwrap(), Some(2));
    assert_eq!(edit(store, async |e| e.erase_comments_of("3").await).await.unwrap(), None);
    assert_eq!((count(Cursor::START, Cursor::END, later).await, database.broken_links().await), (1, 0));
}

/// A long read holds SQLite's log, and nothing is lost by that.
async fn what_was_erased_leaves_the_disk_when_nobody_reads(store: &Arc<Store>, database: &Database) {
    scene(store, database).await;
    let sqlite = matches!(store.as_ref(), Store::Sqlite(_));
    assert_eq!(store.scrub().await.unwrap(), if sqlite { Leftovers::None } else { Leftovers::DeadRows });
    if sqlite {
        let mut reader = database.hold_by("").await;
        reader.execute("COMMIT; BEGIN; SELECT count(*) FROM historico").await;
        insert(store, "3", Status::Aberto).await;
        assert_eq!(store.scrub().await.unwrap(), Leftovers::Log);
        reader.release().await;
        assert_eq!(store.scrub().await.unwrap(), Leftovers::None);
        let log = database.dir.path().join("citrus-status.db-wal");
        assert_eq!(std::fs::metadata(log).unwrap().len(), 0);
    }
}

both_engines! {
    portions_follow_each_other_without_a_gap,
    comments_go_between_two_places_and_before_a_time,
    what_was_erased_leaves_the_disk_when_nobody_reads,
}
