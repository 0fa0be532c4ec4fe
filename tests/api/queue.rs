//! The change queue past HTTP: who is in a batch with whom, and its end.

use std::sync::Arc;
use std::time::Duration;

use citrus_status::domain::atendimento::{ChangeRequest, Comentario, Status};
use citrus_status::domain::rules::Rules;
use citrus_status::domain::text::NameKey;
use citrus_status::example::load_example_data;
use citrus_status::service::changes::{ChangeError, ChangeQueue, Done, QueueSettings, Workers};
use tokio::time::{sleep, timeout};

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::program::IN_TIME;

/// A queue with one worker, and the id of a user, on the example data.
async fn start(database: &Database) -> (ChangeQueue, Workers, i64) {
    let store = database.store().await;
    load_example_data(&store).await.unwrap();
    let user = store.credential(&NameKey::new("user.api")).await.unwrap().unwrap();
    let (queue, workers) = ChangeQueue::start(&store, &Arc::default(), QueueSettings { shards: 1, capacity: 8 });
    (queue, workers, user.usuario_id)
}

/// What becomes of [`finalizar`] where it was in `de`.
fn made(de: Status) -> Result<Done, ChangeError> {
    Ok(Done::Made { de, with_motivo: false })
}

fn finalizar(protocolo: &str, comentario: &str, usuario_id: i64) -> ChangeRequest {
    ChangeRequest {
        protocolo: protocolo.to_owned(),
        status: "Finalizado".to_owned(),
        motivo: None,
        comentario: Some(Comentario { texto: comentario.into(), visivel_cliente: true }),
        expected: None,
        revisions: None,
        idempotency: None,
        usuario_id,
        rules: Rules::default(),
    }
}

async fn a_request_that_the_database_chokes_on_fails_alone(database: &Database) {
    let (queue, workers, user) = start(database).await;
    match database.engine {
        Engine::Sqlite => {
            let trigger = "CREATE TRIGGER choke BEFORE INSERT ON historico WHEN NEW.comentario = 'veneno'
                               BEGIN SELECT RAISE(ABORT, 'choked'); END";
            database.execute(trigger).await;
        }
        Engine::Postgres => {
            database.execute("ALTER TABLE historico ADD CHECK (comentario <> 'veneno')").await;
        }
    }
    let change = |protocolo, comentario| queue.submit(finalizar(protocolo, comentario, user));
    // Whatever the worker takes up first has the blocked one in it, and the rest comes after it together.
    let held = database.hold("20221104000001").await;
    let (blocked, poison, good, other, ()) = tokio::join!(
        change("20221104000001", "x"),
        change("20221104000002", "veneno"),
        change("20221104000003", "x"),
        change("20221104000004", "x"),
        held.release(),
    );
    assert_eq!(poison, Err(ChangeError::Failed));
    assert_eq!([blocked, good, other], [Status::Aberto, Status::Cancelado, Status::Improcedente].map(made));
    drop(queue);
    workers.finish().await;
}

/// A request that meets a lock leaves the queue for the worker, which tries it again and again.
async fn what_goes_round_is_counted_as_waiting(database: &Database) {
    let (queue, workers, user) = start(database).await;
    let held = database.hold("20221104000001").await;
    let mut change = Box::pin(queue.submit(finalizar("20221104000001", "x", user)));
    // On its way to the worker it waits for a moment, too.
    let goes_round = async {
        let mut in_a_row = 0;
        while in_a_row < 20 {
            in_a_row = if queue.waiting() == (1, 8) { in_a_row + 1 } else { 0 };
            sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        outcome = &mut change => panic!("{outcome:?} before it was counted"),
        () = goes_round => {}
    }
    held.release().await;
    assert_eq!(change.await, made(Status::Aberto));
    let none = async {
        while queue.waiting() != (0, 8) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(IN_TIME, none).await.expect("nothing waits any more");
    drop(queue);
    workers.finish().await;
}

async fn its_end_waits_for_what_it_took_in(database: &Database) {
    let (queue, workers, user) = start(database).await;
    let mut finish = Box::pin(workers.finish());
    tokio::select! {
        biased;
        () = &mut finish => panic!("more may come"),
        () = std::future::ready(()) => {}
    }
    let held = database.hold("20221104000001").await;
    let change = tokio::spawn(async move { queue.submit(finalizar("20221104000001", "x", user)).await });
    tokio::join!(finish, held.release());
    assert_eq!(change.await.unwrap(), made(Status::Aberto));
}

both_engines! {
    a_request_that_the_database_chokes_on_fails_alone,
    what_goes_round_is_counted_as_waiting,
    its_end_waits_for_what_it_took_in,
}
