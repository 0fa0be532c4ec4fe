//! A change and its entry are one transaction: where one of them fails, neither is there. Each command that leaves an
//! entry is tried with each fault.

use citrus_status::store::TABLES;
use time::Duration;

use super::auditoria::{commands, does, set_up, tries};
use crate::backup::{backup_of, rows};
use crate::support::both_engines;
use crate::support::database::{Database, Engine};

/// The entry is refused at once, so that a change made before in another transaction stays.
const REFUSED: [&str; 2] = [
    "CREATE TRIGGER trap BEFORE INSERT ON auditoria BEGIN SELECT RAISE(ABORT, 'trapped'); END",
    "CREATE TRIGGER trap BEFORE INSERT ON auditoria FOR EACH ROW EXECUTE FUNCTION trap()",
];

/// A row of `table` makes the commit fail that should keep it. `number` tells apart what is made for several tables.
fn at_commit(engine: Engine, table: &str, number: usize) -> String {
    match engine {
        Engine::Sqlite => ["INSERT", "UPDATE", "DELETE"]
            .map(|event| {
                format!(
                    "CREATE TRIGGER trap_{event}_{number} AFTER {event} ON {table}
                     BEGIN INSERT INTO trapped VALUES (-1); END;"
                )
            })
            .concat(),
        Engine::Postgres => format!(
            "CREATE CONSTRAINT TRIGGER trap_{number} AFTER INSERT OR UPDATE OR DELETE ON {table}
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trap();"
        ),
    }
}

/// What makes each fault, as SQL.
fn faults(engine: Engine) -> [(&'static str, String); 3] {
    let data: Vec<&str> = TABLES.iter().map(|table| table.name).filter(|name| *name != "auditoria").collect();
    let data = data.iter().enumerate().map(|(number, table)| at_commit(engine, table, number)).collect();
    [
        ("the entry is refused", REFUSED[usize::from(engine == Engine::Postgres)].to_owned()),
        ("the entry fails at the commit", at_commit(engine, "auditoria", 0)),
        ("the change fails at the commit", data),
    ]
}

async fn trap(database: &Database) {
    database
        .execute(match database.engine {
            // A foreign key that is looked at by the commit.
            Engine::Sqlite => "CREATE TABLE trapped (x INTEGER REFERENCES perfil DEFERRABLE INITIALLY DEFERRED)",
            Engine::Postgres => {
                "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$"
            }
        })
        .await;
}

async fn untrap(database: &Database) {
    let made: Vec<(String,)> = match database.engine {
        Engine::Sqlite => {
            database.rows("SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'").await
        }
        Engine::Postgres => {
            let made = "SELECT 'DROP TRIGGER ' || tgname::text || ' ON ' || tgrelid::regclass::text FROM pg_trigger
                        WHERE tgname LIKE 'trap%' AND tgfoid = 'trap'::regproc";
            database.rows(made).await
        }
    };
    assert!(!made.is_empty());
    let drop: Vec<String> = made.into_iter().map(|(drop,)| drop).collect();
    database.execute(&drop.join(";")).await;
}

/// All rows of all tables, but for entries that a purge has begun, which come before it.
async fn contents(database: &Database) -> Vec<String> {
    let store = database.open().await;
    let mut rows = rows(&backup_of(&store).await);
    store.close().await;
    rows.retain(|row| !row.contains("inicio"));
    rows
}

async fn a_change_and_its_entry_are_there_or_neither(database: &Database) {
    set_up(database).await;
    trap(database).await;
    // Purges of a time from which there are comments.
    let made = commands().into_iter().map(|(args, _)| args).filter(|args| args[0] != "comentario");
    let more = [
        vec!["comentario", "expurgar", "--antes", "2026-11-24", "--yes"],
        // An active user is deactivated first, which is a change of its own.
        vec!["usuario", "desativar", "ana.souza"],
        vec!["usuario", "anonimizar", "ana.souza", "--yes"],
    ];
    for args in made.chain(more) {
        if args[0] == "comentario" {
            database.advance_clock(Duration::days(1)).await;
        }
        // So that there is something to erase.
        database.execute("UPDATE historico SET comentario = 'x', visivel_cliente = true").await;
        let before = contents(database).await;
        for (what, fault) in faults(database.engine) {
            // An export changes nothing.
            if args[1] == "exportar" && what.starts_with("the change") {
                continue;
            }
            database.execute(&fault).await;
            let outcome = tries(database, &args);
            untrap(database).await;
            assert!(outcome.code == 1 && outcome.stdout.is_empty(), "{what}: {args:?}: {outcome:?}");
            assert_eq!(contents(database).await, before, "{what}: {args:?}");
        }
        does(database, &args);
        assert_ne!(contents(database).await, before, "{args:?}");
    }
}

both_engines! {
    a_change_and_its_entry_are_there_or_neither,
}
