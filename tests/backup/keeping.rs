//! What a backup keeps of what is no more, what it leaves in the audit trail, and that commands go on after a restore.

use citrus_status::store::Store;
use serde_json::{Value, json};

use super::tables::migrate_to;
use super::{ENGINES, backup_of, empty, lines, restored, sealed, verified};
use crate::cli::auditoria::{commands, does};
use crate::support::both_engines;
use crate::support::database::{Database, Engine, admin};
use crate::support::edits::edit;
use crate::support::program::{listed, run, run_with};
use crate::support::server::nome;

/// A restore must not give an id to somebody else: audit entries, and lists that were made of them, name users by it.
async fn no_id_is_given_to_another(database: &Database) {
    let store = database.example().await;
    let register = async |store: &Store, name: &str| {
        let name = nome(name);
        let usuario = edit(store, async |e| e.insert_usuario(&name, 1, "h", 1).await).await.unwrap();
        edit(store, async |e| e.insert_motivo(&name).await).await.unwrap();
        usuario
    };
    let gone = register(&store, "gone").await;
    let motivo = "SELECT max(id) FROM motivo";
    let gone_motivo = database.number(motivo).await;
    database.execute("DELETE FROM auditoria; DELETE FROM usuario WHERE login = 'gone'").await;
    database.execute("DELETE FROM motivo WHERE nome = 'gone'").await;
    let backup = backup_of(&store).await;
    for engine in ENGINES {
        let Some(copy) = empty(engine).await else { continue };
        let other = copy.open().await;
        restored(&other, &backup).await.unwrap();
        // After what the example data had left there.
        let entry = copy.number("SELECT min(id) FROM auditoria").await;
        assert!(entry > 10, "{entry} on {engine:?}");
        assert_eq!(register(&other, "new").await, gone + 1, "{engine:?}");
        assert_eq!(copy.number(motivo).await, gone_motivo + 1, "{engine:?}");
        other.close().await;
        copy.remove().await;
    }
    assert_eq!(register(&store, "new").await, gone + 1);
    assert_eq!(database.number(motivo).await, gone_motivo + 1);
    store.close().await;
}

async fn a_backup_of_the_first_format_is_restored(database: &Database) {
    migrate_to(database, 7).await;
    database.execute("INSERT INTO motivo (nome, chave) VALUES ('Um', 'um'), ('Dois', 'dois'), ('Nada', 'nada')").await;
    database.execute("DELETE FROM motivo WHERE chave = 'um'").await;
    let store = database.open().await;
    let mut old = lines(&backup_of(&store).await);
    store.close().await;
    old.pop();
    let mut header: Value = serde_json::from_str(&old[0]).unwrap();
    header["version"] = json!(1);
    for table in header["tables"].as_array_mut().unwrap() {
        table.as_object_mut().unwrap().remove("last_id");
    }
    old[0] = header.to_string();
    let old = sealed(&old);
    assert_eq!(verified(&old).unwrap().rows(), 2);
    for engine in ENGINES {
        let Some(copy) = empty(engine).await else { continue };
        let other = copy.open().await;
        restored(&other, &old).await.unwrap();
        edit(&other, async |e| e.insert_motivo(&nome("Novo")).await).await.unwrap();
        assert_eq!(copy.number("SELECT id FROM motivo WHERE chave = 'novo'").await, 4, "{engine:?}");
        other.close().await;
        copy.remove().await;
    }
}

/// Every kind of command works on what was restored, and its entries follow those of the backup.
async fn commands_go_on_after_a_restore(database: &Database) {
    let store = database.example().await;
    // The commands register names of the example data.
    for table in ["nivel", "perfil", "motivo"] {
        database.execute(&format!("UPDATE {table} SET nome = 'O ' || nome, chave = 'o ' || chave")).await;
    }
    let backup = backup_of(&store).await;
    store.close().await;
    let last = database.number("SELECT max(id) FROM auditoria").await;
    for engine in ENGINES {
        let Some(copy) = empty(engine).await else { continue };
        assert_eq!(run_with(&copy, &[], &["backup", "restaurar", "-"], &backup).code, 0);
        let mut expected = vec!["backup.restaurar".to_owned()];
        for (args, entries) in commands() {
            does(&copy, &args);
            expected.extend(entries.iter().map(|entry| entry[0].as_str().unwrap().to_owned()));
        }
        does(&copy, &["usuario", "anonimizar", "user.api", "--yes"]);
        expected.extend(["usuario.desativar".to_owned(), "usuario.anonimizar".to_owned()]);
        let entries = listed(&copy, &["auditoria", "listar"]);
        let entries = entries.as_array().unwrap().iter().rev().skip(usize::try_from(last).unwrap());
        let told: Vec<(i64, String)> =
            entries.map(|entry| (entry["id"].as_i64().unwrap(), entry["acao"].as_str().unwrap().to_owned())).collect();
        assert_eq!(told, (last + 1..).zip(expected).collect::<Vec<_>>(), "{engine:?}");
        let shown = listed(&copy, &["usuario", "listar"]);
        assert_eq!(shown.as_array().unwrap().iter().filter(|u| u["login"] == "anonimo-1").count(), 1, "{shown}");
        copy.remove().await;
    }
}

async fn backups_and_restores_leave_entries(database: &Database) {
    database.example().await.close().await;
    let made = run(database, &["backup", "criar", "maria-silva.backup"]);
    assert_eq!((made.code, made.stderr.as_str()), (0, ""), "{made:?}");
    let file = database.dir.path().join("maria-silva.backup");
    let trailer: Value = serde_json::from_str(lines(&std::fs::read(&file).unwrap()).last().unwrap()).unwrap();
    let header = verified(&std::fs::read(&file).unwrap()).unwrap();
    let shown = run(database, &["backup", "verificar", "maria-silva.backup"]).stdout;
    assert!(shown.contains(&format!("\nchecksum   {}\n", trailer["sha256"].as_str().unwrap())), "{shown}");
    let entry = |database: &Database, acao: &str| {
        let entries = listed(database, &["auditoria", "listar", "--acao", acao]);
        let [entry] = entries.as_array().unwrap().as_slice() else { panic!("{entries}") };
        let depois = json!({"geradoEm": header.created_at, "banco": header.engine, "migracao": header.schema,
                            "linhas": header.rows()});
        assert_eq!((&entry["objeto"], &entry["depois"], &entry["antes"]), (&trailer["sha256"], &depois, &Value::Null));
        assert!(!entry["autor"].as_str().unwrap().is_empty() && !entry["lugar"].as_str().unwrap().is_empty());
    };
    entry(database, "backup.criar");
    for engine in ENGINES {
        let Some(copy) = empty(engine).await else { continue };
        assert_eq!(run(&copy, &["backup", "restaurar", file.to_str().unwrap()]).code, 0);
        entry(&copy, "backup.restaurar");
        // What was made of a backup is not in it.
        assert_eq!(listed(&copy, &["auditoria", "listar", "--acao", "backup.criar"]), json!([]));
        copy.remove().await;
    }
}

/// Of a role that may only read.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_needs_no_right_to_write() {
    let Some(database) = Database::new(Engine::Postgres).await else { return };
    database.example().await.close().await;
    let role = format!("reader_{}", uuid::Uuid::new_v4().simple());
    let schema = database.url.split("search_path%3D").nth(1).unwrap();
    admin(
        &database.url,
        &format!(
            "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {role};
             GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};
             GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}"
        ),
    )
    .await;
    let url = database.url.replacen("postgres@", &format!("{role}@"), 1);
    let made = run_with(&database, &[("DATABASE_URL", &url)], &["backup", "criar", "a.backup"], "");
    assert_eq!(made.code, 0, "{made:?}");
    let note = "note: the backup left no audit entry: PostgreSQL refused: permission denied for table auditoria";
    assert!(made.stderr.starts_with(note), "{made:?}");
    verified(&std::fs::read(database.dir.path().join("a.backup")).unwrap()).unwrap();
    admin(&database.url, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    database.remove().await;
}

both_engines! {
    no_id_is_given_to_another,
    a_backup_of_the_first_format_is_restored,
    commands_go_on_after_a_restore,
    backups_and_restores_leave_entries,
}
