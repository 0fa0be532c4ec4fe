//! Files that are cut off, damaged or made to harm. Each is refused, by `verificar` and by a restore, which keeps nothing.

use std::sync::Arc;

use citrus_status::store::Store;
use serde_json::{Value, json};

use super::{backup_of, empty, gzip, lines, restored, sealed, verified};
use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::edits::edit;

/// The lines of a backup of the example data, all but the checksum.
async fn example() -> Vec<String> {
    let database = Database::sqlite();
    let store = database.example().await;
    let mut lines = lines(&backup_of(&store).await);
    store.close().await;
    lines.pop();
    lines
}

/// Checks that a restore fails with `part` in its text, and leaves no table behind.
async fn refuses(store: &Store, database: &Database, backup: &[u8], part: &str) {
    let error = restored(store, backup).await.err().unwrap_or_else(|| panic!("it was restored instead of: {part}"));
    assert!(error.to_string().contains(part), "{part:?} is not in {error}");
    let tables = match database.engine {
        Engine::Sqlite => "SELECT count(*) FROM sqlite_schema",
        Engine::Postgres => "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()",
    };
    assert_eq!(database.number(tables).await, 0, "after: {error}");
}

/// `lines` with the header that `change` makes.
fn with_header(lines: &[String], change: impl Fn(&mut Value)) -> Vec<String> {
    let mut header: Value = serde_json::from_str(&lines[0]).unwrap();
    change(&mut header);
    let mut lines = lines.to_vec();
    lines[0] = header.to_string();
    lines
}

/// `lines` with another one in the place of the first that has `part`.
fn with_line(lines: &[String], part: &str, line: &str) -> Vec<String> {
    let mut lines = lines.to_vec();
    let found = lines.iter().skip(1).position(|line| line.contains(part)).unwrap();
    lines[found + 1] = line.to_owned();
    lines
}

#[tokio::test]
async fn a_backup_that_is_cut_off_anywhere_is_refused() {
    let backup = sealed(&example().await);
    verified(&backup).unwrap();
    for length in 0..backup.len() {
        let error = verified(&backup[..length]).expect_err("it is not whole").to_string();
        assert!(error.contains("cut off") || error.contains("not packed"), "{length}: {error}");
    }
}

#[tokio::test]
async fn a_backup_with_any_bit_changed_is_refused_or_means_the_same() {
    let backup = sealed(&example().await);
    let mut harmless = 0;
    for byte in 0..backup.len() {
        for bit in 0..8 {
            let mut damaged = backup.clone();
            damaged[byte] ^= 1 << bit;
            if verified(&damaged).is_ok() {
                assert!(lines(&damaged) == lines(&backup), "bit {bit} of byte {byte}");
                harmless += 1;
            }
        }
    }
    // Some bits of gzip's first ten bytes mean nothing, and those that fill up its last byte.
    assert!(harmless <= 80, "{harmless}");
}

async fn what_is_not_as_it_was_written_leaves_nothing(database: &Database) {
    let (store, lines) = (database.open().await, example().await);
    let whole = sealed(&lines);
    let mut unsealed = lines.clone();
    unsealed.push(json!({"sha256": "0".repeat(64)}).to_string());
    let unsealed = gzip((unsealed.join("\n") + "\n").as_bytes());
    let without_end = gzip((lines.join("\n") + "\n").as_bytes());
    for (backup, part) in [
        (&whole[..whole.len() / 2], "cut off"),
        (&whole[..whole.len() - 1], "cut off"),
        (&without_end, "cut off"),
        (&unsealed, "its checksum does not match"),
        (&[&whole[..], b"x"].concat(), "something follows"),
        (&[&whole[..], &whole[..]].concat(), "something follows"),
        (&sealed(&[&lines[..], &lines[1..2]].concat()), "the checksum should stand here"),
        (&sealed(&lines[..lines.len() - 1]), "it is not a row"),
        (b"", "cut off"),
        (b"protocolo,status\n1,Aberto\n", "it is not packed with gzip"),
        (&gzip(b"protocolo,status\n"), "its first line is not a backup's"),
        (&gzip(b""), "cut off"),
        (&gzip(&vec![b'a'; 64 << 20]), "line 1 of the backup: it is too long"),
    ] {
        refuses(&store, database, backup, part).await;
    }
    restored(&store, &whole).await.unwrap();
    store.close().await;
}

async fn headers_of_others_are_refused(database: &Database) {
    let (store, lines) = (database.open().await, example().await);
    let newest = Store::newest_migration();
    let newer = format!("migration {}, and this release knows {newest}; use citrus-status 9.9.9", newest + 1);
    let refused = async |change: &dyn Fn(&mut Value), part: &str| {
        refuses(&store, database, &sealed(&with_header(&lines, change)), part).await;
    };
    refused(&|header| header["format"] = json!("another"), "its first line is not a backup's").await;
    refused(&|header| header["version"] = json!(3), "the backup has format 3, and this release reads up to 2").await;
    refused(&|header| header["version"] = json!(0), "the backup has format 0, and this release reads up to 2").await;
    refused(&|header| header["extra"] = json!(1), "its first line is not a backup's").await;
    refused(&|header| header["program"] = json!("x".repeat(65)), "its first line is not a backup's").await;
    let ahead = |header: &mut Value| {
        header["schema"] = json!(newest + 1);
        header["program"] = json!("9.9.9");
    };
    refused(&ahead, &newer).await;
    refused(&|header| header["schema"] = json!(0), "the backup's tables are not those of migration 0").await;
    refused(&|header| header["schema"] = json!(-1), "the backup's tables are not those of migration -1").await;
    refused(&|header| header["tables"][0]["name"] = json!("pg_authid"), "pg_authid (id, nome, superior_id) stands")
        .await;
    refused(&|header| header["tables"][0]["columns"][1] = json!("chave"), "nivel (id, chave, superior_id) stands")
        .await;
    refused(&|header| header["tables"][0]["columns"][2] = json!(7), "its first line is not a backup's").await;
    for wrong in [json!(null), json!(-1), json!(1_i64 << 53)] {
        refused(&|header| header["tables"][0]["last_id"] = wrong.clone(), "the last id of nivel is missing or").await;
    }
    // The table "liberacao" counts no ids, and the first format has none at all.
    refused(&|header| header["tables"][1]["last_id"] = json!(1), "the last id of liberacao is missing or").await;
    refused(&|header| header["version"] = json!(1), "the last id of nivel is missing or").await;
    let drop_last = |header: &mut Value| _ = header["tables"].as_array_mut().unwrap().pop();
    refused(&drop_last, "is missing").await;
    let one_more = |header: &mut Value| {
        header["tables"].as_array_mut().unwrap().push(json!({"name": "x; DROP TABLE x", "columns": [], "rows": 1}));
    };
    refused(&one_more, "x; DROP TABLE x is unknown").await;
    refused(&|header| header["tables"][0]["rows"] = json!(u64::MAX), "line ").await;
    refused(&|header| header["tables"][0]["rows"] = json!(1), "line 3 of the backup: ").await;
    store.close().await;
}

async fn rows_that_no_release_writes_are_refused(database: &Database) {
    let (store, lines) = (database.open().await, example().await);
    let user = lines.iter().find(|line| line.contains("\"user.api\"")).unwrap();
    let hungry = user.replace("m=19456", "m=4194304");
    for (part, line, error) in [
        ("Empresa", r#"["1","Empresa",null]"#, "line 2 of the backup: nivel.id has the wrong type"),
        ("Empresa", r#"[1.0,"Empresa",null]"#, "line 2 of the backup: it is not a row"),
        ("Empresa", r#"[1e400,"Empresa",null]"#, "it is not a row"),
        ("Empresa", r#"[9223372036854775808,"Empresa",null]"#, "it is not a row"),
        ("Empresa", r#"[9007199254740992,"Empresa",null]"#, "nivel.id is not an id"),
        ("Empresa", r#"[1,["Empresa"],null]"#, "it is not a row"),
        ("Empresa", r#"{"id":1}"#, "it is not a row"),
        ("Empresa", r#"[1,"Empresa"]"#, "the row is too short"),
        ("Empresa", r#"[1,"Empresa",null,null]"#, "the row is too long"),
        ("Empresa", r#"[1,"Emp\u0000resa",null]"#, "nivel.nome is not a name"),
        ("Empresa", r#"[1,"\ud800",null]"#, "it is not a row"),
        ("Empresa", "[1,null,null]", "nivel.nome is missing"),
        ("Empresa", r#"[1,"Empresa",7]"#, "the rows of nivel can't be restored"),
        ("Suporte", r#"[1,"Suporte",1]"#, "the rows of nivel can't be restored: it exists already"),
        ("Suporte", r#"[2,"EMPRESA",1]"#, "the rows of nivel can't be restored: it exists already"),
        ("user.api", &hungry, "usuario.senha_hash is not the hash of a senha, or one that takes too much work"),
        ("20221104000001", r#"[1,"20221104000001",6,0,1]"#, "atendimento.status is not a status"),
        ("20221104000001", r#"[1,"20221104000001",1,-1,1]"#, "atendimento.revisao is not a number of changes"),
        ("20221104000001", r#"[1,"20221104000001",1,0,9223372036854775807]"#, "atendimento.atualizado_em "),
        ("20221104000001", &format!("[{}", "[".repeat(10_000)), "it is not a row"),
        ("20221104000001", &"9".repeat(300_000), "it is too long"),
    ] {
        refuses(&store, database, &sealed(&with_line(&lines, part, line)), error).await;
    }
    store.close().await;
}

async fn a_database_with_rows_is_left_alone(store: &Arc<Store>, database: &Database) {
    let backup = sealed(&example().await);
    edit(store, async |e| e.insert_motivo(&"Meu".parse().unwrap()).await).await.unwrap();
    let error = restored(store, &backup).await.unwrap_err().to_string();
    assert!(error.starts_with("the database has rows in the table motivo; use an empty database"), "{error}");
    assert_eq!(database.number("SELECT count(*) FROM motivo").await, 1);
    assert_eq!(database.number("SELECT count(*) FROM usuario").await, 0);
    // An empty one with tables is as good as one without.
    database.execute("DELETE FROM motivo").await;
    restored(store, &backup).await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM usuario").await, 3);
}

async fn two_restores_at_once_make_one(database: &Database) {
    let backup = sealed(&example().await);
    for has_tables in [true, false] {
        let Some(copy) = empty(database.engine).await else { continue };
        let (one, other) = (copy.open().await, copy.open().await);
        if has_tables {
            one.migrate().await.unwrap();
        }
        let (first, second) = tokio::join!(restored(&one, &backup), restored(&other, &backup));
        assert!(first.is_ok() != second.is_ok(), "{:?} and {:?}", first.err(), second.err());
        assert_eq!(copy.number("SELECT count(*) FROM usuario").await, 3);
        one.close().await;
        other.close().await;
        copy.remove().await;
    }
}

async fn a_value_that_no_release_writes_stops_a_backup_while_it_is_made(store: &Arc<Store>, database: &Database) {
    database.execute("INSERT INTO motivo (nome, chave) VALUES ('', '')").await;
    let error = super::create(store, std::io::sink(), super::EM, &mut |_| ()).await.unwrap_err().to_string();
    let says = "the database holds a value that no release writes: motivo.nome is not a name; mend it";
    assert!(error.starts_with(says), "{error}");
}

both_engines! {
    what_is_not_as_it_was_written_leaves_nothing,
    headers_of_others_are_refused,
    rows_that_no_release_writes_are_refused,
    a_database_with_rows_is_left_alone,
    two_restores_at_once_make_one,
    a_value_that_no_release_writes_stops_a_backup_while_it_is_made,
}
