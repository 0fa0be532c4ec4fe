use std::fs;

use aws_lc_rs::digest::{SHA256, digest};

use crate::backup::{backup_of, rows};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Outcome, listed, run, run_with};

fn import(database: &Database, file: &str, flags: &[&str]) -> Outcome {
    let mut args = vec!["atendimento", "importar", "-"];
    args.extend(flags);
    run_with(database, &[], &args, file)
}

async fn count(database: &Database) -> i64 {
    database.number("SELECT count(*) FROM atendimento").await
}

async fn csv_and_ndjson_from_a_file_and_from_standard_input(database: &Database) {
    let csv = database.dir.path().join("a.csv");
    fs::write(&csv, "protocolo,status\n1,Aberto\n2,finalizado\n").unwrap();
    run(database, &["atendimento", "importar", csv.to_str().unwrap()])
        .prints("new: 2, updated: 0, unchanged: 0, skipped: 0\n");
    let ndjson = "{\"protocolo\": 3, \"status\": \"Cancelado\"}\n{\"protocolo\": \"4\", \"status\": \"Aberto\"}\n";
    import(database, ndjson, &[]).prints("new: 2, updated: 0, unchanged: 0, skipped: 0\n");
    for (protocolo, codigo) in [("1", 1), ("2", 5), ("3", 3), ("4", 1)] {
        let stored = format!("SELECT CAST(status AS bigint) FROM atendimento WHERE protocolo = '{protocolo}'");
        assert_eq!(database.number(&stored).await, codigo);
    }
}

async fn one_bad_line_and_nothing_is_imported(database: &Database) {
    let file = "protocolo,status\n1,Aberto\n2,Feito\n3\n,Aberto\n4,Aberto\n";
    import(database, file, &[]).fails(
        1,
        &[
            "line 3: unknown status 'Feito'; one of: Aberto, Em atendimento, Cancelado, Improcedente, Finalizado\n",
            "line 4: fields: 1, expected 2; the first is '3'\n",
            "line 5: protocolo is missing\n",
            "error: nothing was imported, because some rows can't be: 3; mend them",
            "--ignorar-invalidos",
        ],
    );
    assert_eq!(count(database).await, 0);

    let outcome = import(database, file, &["--ignorar-invalidos"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "new: 2, updated: 0, unchanged: 0, skipped: 3\n"));
    assert_eq!(outcome.stderr.lines().count(), 3);
    assert_eq!(count(database).await, 2);
}

async fn what_exists_is_an_error_unless_it_is_to_be_updated(database: &Database) {
    import(database, "protocolo,status\n1,Aberto\n2,Aberto\n", &[]);
    let file = "protocolo,status\n1,Finalizado\n2,Aberto\n3,Aberto\n";
    import(database, file, &[]).fails(
        1,
        &[
            "line 2: protocolo '1' exists already, in the database or further up in the file; --atualizar brings",
            "line 3: protocolo '2' exists already",
            "rows can't be: 2;",
        ],
    );
    assert_eq!(count(database).await, 2);

    import(database, file, &["--atualizar"]).prints("new: 1, updated: 1, unchanged: 1, skipped: 0\n");
    let shown = run(database, &["atendimento", "mostrar", "1", "--json"]).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let entry = &shown["historico"][0];
    assert_eq!(
        (&entry["de"], &entry["para"], &entry["usuario"]),
        (&"Aberto".into(), &"Finalizado".into(), &serde_json::Value::Null)
    );
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 1);
    assert_eq!(database.broken_links().await, 0);
}

async fn a_repeated_line_meets_the_one_before_it(database: &Database) {
    let file = "protocolo,status\n1,Aberto\n2,Aberto\n1,Cancelado\n1,Finalizado\n";
    import(database, file, &[])
        .fails(1, &["line 4: protocolo '1' exists already", "line 5: protocolo '1' exists already"]);
    import(database, file, &["--atualizar"]).prints("new: 2, updated: 2, unchanged: 0, skipped: 0\n");
    assert_eq!(database.number("SELECT CAST(status AS bigint) FROM atendimento WHERE protocolo = '1'").await, 5);
    assert_eq!(database.broken_links().await, 0);
}

async fn a_dry_run_checks_everything_and_keeps_nothing(database: &Database) {
    import(database, "protocolo,status\n1,Aberto\n", &[]);
    let file = "protocolo,status\n1,Finalizado\n2,Aberto\n";
    import(database, file, &["--dry-run", "--atualizar"]).prints(
        "first rows as understood:\nprotocolo  status\n1          Finalizado\n2          Aberto\n\
         would be new: 1, would be updated: 1, unchanged: 0, skipped: 0\n",
    );
    import(database, file, &["--dry-run"]).fails(1, &["line 2: protocolo '1' exists already"]);
    assert_eq!(count(database).await, 1);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 0);
}

async fn files_that_are_not_ours_are_refused_whole(database: &Database) {
    import(database, "1,Aberto\n", &[])
        .fails(1, &["line 1: expected the CSV header `protocolo,status`, or NDJSON", "found: '1', 'Aberto'"]);
    run(database, &["atendimento", "importar", "gone.csv"]).fails(1, &["gone.csv can't be read: "]);
    run(database, &["atendimento", "importar", "."]).fails(1, &["can't be read"]);
    let outcome = import(database, "", &[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "new: 0, updated: 0, unchanged: 0, skipped: 0\n"));
    assert_eq!(outcome.stderr, "note: the file has no rows\n");
    assert_eq!(count(database).await, 0);
}

async fn many_lines_go_in_batches(database: &Database) {
    let mut file = "protocolo,status\n".to_owned();
    for i in 0..12_345 {
        file.push_str(&format!("{},Aberto\n", 20_221_104_000_001_u64 + i));
    }
    import(database, &file, &[]).prints("new: 12,345, updated: 0, unchanged: 0, skipped: 0\n");
    assert_eq!(count(database).await, 12_345);
    import(database, &file, &["--atualizar"]).prints("new: 0, updated: 0, unchanged: 12,345, skipped: 0\n");
}

/// The name of a file may be that of a person, and entries are never changed: the file is told by its checksum.
async fn the_name_of_a_file_is_kept_nowhere(database: &Database) {
    let file = database.dir.path().join("maria-silva.csv");
    let forms = ["protocolo,status\n1,Aberto\n2,Aberto\n\n\n", "[{\"protocolo\": \"3\", \"status\": \"Aberto\"}]\n \n"];
    for text in forms {
        fs::write(&file, text).unwrap();
        let outcome = run(database, &["atendimento", "importar", file.to_str().unwrap()]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let sum: String = digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let entries = listed(database, &["auditoria", "listar", "--objeto", &sum]);
        assert_eq!(entries.as_array().unwrap().len(), 1, "{entries}");
    }
    let store = database.open().await;
    let rows = rows(&backup_of(&store).await);
    store.close().await;
    assert!(!rows.iter().any(|row| row.contains("maria")), "{rows:?}");
}

both_engines! {
    the_name_of_a_file_is_kept_nowhere,
    csv_and_ndjson_from_a_file_and_from_standard_input,
    one_bad_line_and_nothing_is_imported,
    what_exists_is_an_error_unless_it_is_to_be_updated,
    a_repeated_line_meets_the_one_before_it,
    a_dry_run_checks_everything_and_keeps_nothing,
    files_that_are_not_ours_are_refused_whole,
    many_lines_go_in_batches,
}
