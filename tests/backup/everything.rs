//! What is equal before and after: random databases, from each engine to each.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use citrus_status::domain::access::Permissao;
use citrus_status::domain::atendimento::{Atendimento, Change, Comentario, IdempotencyKey, Status};
use citrus_status::domain::audit::{Action, Entry, Object};
use citrus_status::domain::text::{COMENTARIO_MAX, Name};
use citrus_status::store::{Debit, NewAtendimento, Store};
use reqwest::Method;
use serde_json::json;
use time::Duration;

use super::tables::migrate_to;
use super::{ENGINES, backup_of, empty, restored, rows, verified};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::{edit, tester};
use crate::support::engines::EM;
use crate::support::program::run;
use crate::support::server::Server;

const SEEDS: u64 = 3;

/// xorshift64*: the same numbers for a seed, everywhere.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit as u64) as usize
    }

    fn chance(&mut self) -> bool {
        self.below(2) == 0
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    fn text(&mut self, most: usize) -> String {
        const PIECES: [&str; 14] =
            ["a", "Z", "é", "ß", "ǅ", "漢", "🦀", "\"", "\\", "'", "{", "\u{2028}", "\u{feff}x", "e\u{301}"];
        (0..=self.below(most)).map(|_| *self.of(&PIECES)).collect()
    }

    /// A name that differs from others by its number.
    fn name(&mut self, number: usize) -> Name {
        let visible: Name =
            format!("{} {number}", self.text(12).replace(['\u{2028}', '\u{feff}'], "")).parse().unwrap();
        // One that an older release took.
        if self.chance() { Name::registered(format!("\u{feff}{}", visible.texto)) } else { visible }
    }

    fn comment(&mut self) -> String {
        match self.below(8) {
            0 => "é".repeat(COMENTARIO_MAX),
            1 => "\u{1}\u{1b}[2J\r\n\t\u{7f}".to_owned(),
            _ => self.text(80),
        }
    }
}

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y2l0cnVzLXN0YXR1cw$ZHVtbXktZGlnZXN0LW9mLTMyLWJ5dGVzLTAwMDAwMDA";

/// Fills `store` as releases do, with whatever `random` says. Ids have gaps: some registrations are refused.
async fn fill(store: &Store, random: &mut Random) {
    let users = fill_access(store, random).await;
    let mut motivos = Vec::new();
    for number in 0..=random.below(9) {
        let motivo = random.name(number);
        edit(store, async |e| e.insert_motivo(&motivo).await).await.unwrap();
        edit(store, async |e| e.insert_motivo(&motivo).await).await.unwrap_err();
        motivos.push(motivo);
    }
    for key in 0..random.below(40) {
        let login = random.chance().then_some([7; 16]);
        let cost = random.below(1_000_000) as i64;
        assert!(store.debit(&[Debit { key: [key as u8; 16], login, cost }]).await.unwrap());
        if random.chance() {
            store.set_success(&[random.below(50) as u8; 16], &[7; 16]).await.unwrap();
        }
    }
    fill_atendimentos(store, random, users, &motivos).await;
    // Those that changes name, too.
    for motivo in motivos.iter().skip(1).step_by(2) {
        edit(store, async |e| e.set_motivo_ativo(&motivo.key, false).await).await.unwrap();
    }
    let pseudonym = Name::pseudonym(users);
    edit(store, async |e| e.anonymise_usuario(users, &pseudonym, HASH, 7, &[9; 16]).await).await.unwrap();
}

/// Returns how many users there are, whose ids are those up to that number.
async fn fill_access(store: &Store, random: &mut Random) -> i64 {
    // Three of them one below the other, the others anywhere.
    for number in 0..3 + random.below(5) {
        let superior = match number {
            0 => None,
            1 | 2 => Some(number as i64),
            _ => random.chance().then(|| 1 + random.below(number) as i64),
        };
        let nome = random.name(number);
        edit(store, async |e| e.insert_nivel(&nome, superior).await).await.unwrap();
        let (id, released) = (number as i64 + 1, &Permissao::ALL[random.below(5)..]);
        edit(store, async |e| e.set_releases(id, released, true).await).await.unwrap();
    }
    let perfis = 2 + random.below(4);
    for number in 0..perfis {
        let (nome, nivel_id) = (random.name(number), random.chance().then(|| 1 + random.below(3) as i64));
        edit(store, async |e| e.insert_perfil(&nome, nivel_id).await).await.unwrap();
        let (id, granted) = (number as i64 + 1, &Permissao::ALL[random.below(5)..]);
        edit(store, async |e| e.set_grants(id, granted, true).await).await.unwrap();
    }
    let users = 2 + random.below(6) as i64;
    for id in 1..=users {
        let (login, generation) = (random.name(id as usize), random.number() as i64);
        let perfil_id = 1 + random.below(perfis) as i64;
        let inserted = edit(store, async |e| e.insert_usuario(&login, perfil_id, HASH, generation).await).await;
        assert_eq!(inserted.unwrap(), id);
        if random.chance() {
            let generation = random.number() as i64;
            edit(store, async |e| e.deactivate_usuario(id, generation).await).await.unwrap();
        }
    }
    users
}

async fn fill_atendimentos(store: &Store, random: &mut Random, users: i64, motivos: &[Name]) {
    let keys: Vec<&str> = motivos.iter().map(|motivo| motivo.key.as_str()).collect();
    let mut motivos: Vec<i64> = store.snapshot(&[], &keys).await.unwrap().motivos.into_values().collect();
    motivos.sort_unstable();
    assert_eq!(motivos.len(), keys.len());
    let novos: Vec<_> = (0..random.below(700))
        .map(|number| NewAtendimento { protocolo: random.name(number).texto, status: *random.of(&Status::ALL) })
        .collect();
    let mut import = store.begin_import().await.unwrap();
    import.insert(&novos).await.unwrap();
    import.commit(&tester(), &entries(random)).await.unwrap();
    let protocolos: Vec<&str> = novos.iter().map(|novo| novo.protocolo.as_str()).collect();
    for round in 0..random.below(4) {
        let snapshot = store.snapshot(&protocolos, &[]).await.unwrap();
        let mut found: Vec<_> = snapshot.atendimentos.into_values().collect();
        found.sort_by_key(|atendimento| atendimento.id);
        found.retain(|_| random.chance());
        let changes: Vec<Change> =
            found.iter().map(|atendimento| change(atendimento, round, random, users, &motivos)).collect();
        assert_eq!(store.commit(&changes).await.unwrap(), [0; 0]);
    }
}

/// Entries of the audit trail, about the first user and about others.
fn entries(random: &mut Random) -> Vec<Entry> {
    let entry = |random: &mut Random, number| Entry {
        // All but the last, which is that of the restores to come.
        action: *random.of(&Action::ALL[..Action::ALL.len() - 1]),
        object: if random.chance() { Object::Usuario(1) } else { Object::Named(random.name(number).texto) },
        before: random.chance().then(|| json!({ "nome": random.text(80) }).to_string()),
        after: random.chance().then(|| json!({ "nome": random.text(80) }).to_string()),
    };
    (0..random.below(9)).map(|number| entry(random, number)).collect()
}

fn change(atendimento: &Atendimento, round: usize, random: &mut Random, users: i64, motivos: &[i64]) -> Change {
    let comment = |random: &mut Random| Comentario { texto: random.comment().into(), visivel_cliente: random.chance() };
    let key = || IdempotencyKey { key: format!("k{round}\u{1f}{}", atendimento.id).into(), fingerprint: -7 };
    let usuario_id = random.chance().then(|| 1 + random.below(users as usize) as i64);
    Change {
        atendimento_id: atendimento.id,
        revisao: atendimento.revisao + 1,
        de: atendimento.status,
        para: *random.of(&Status::ALL),
        motivo_id: random.chance().then(|| *random.of(motivos)),
        usuario_id,
        comentario: random.chance().then(|| comment(random)),
        idempotency: (usuario_id.is_some() && random.chance()).then(key),
    }
}

/// All lines of a backup with rows, but for the entries about restores.
fn old_rows(backup: &[u8]) -> Vec<String> {
    let mut rows = rows(backup);
    rows.retain(|row| !row.contains("\"backup.restaurar\""));
    rows
}

/// The ids that the database of a backup had given last, in the order of the tables.
fn last_ids(backup: &[u8]) -> Vec<(String, i64)> {
    let tables = verified(backup).unwrap().tables;
    tables.into_iter().filter_map(|table| Some((table.name, table.last_id?))).collect()
}

/// What the commands list, but for the entry about a restore.
fn listed(database: &Database) -> Vec<String> {
    let lists = ["nivel", "permissao", "perfil", "usuario", "motivo", "atendimento", "historico", "auditoria"];
    let lists = lists.map(|list| run(database, &[list, "listar", "--json"]));
    assert!(lists.iter().all(|outcome| outcome.code == 0), "{lists:?}");
    let entry = |line: &&str| line.contains("\"acao\":\"backup.restaurar\"");
    lists.map(|outcome| outcome.stdout.lines().filter(|line| !entry(line)).collect()).to_vec()
}

async fn everything_is_equal_in_either_engine(database: &Database) {
    for seed in 0..SEEDS {
        let database = Database::new(database.engine).await.unwrap();
        let store = database.store().await;
        fill(&store, &mut Random::new(seed)).await;
        let backup = backup_of(&store).await;
        assert_eq!(verified(&backup).unwrap().rows(), rows(&backup).len() as u64);
        for engine in ENGINES {
            let Some(copy) = empty(engine).await else { continue };
            let other = copy.open().await;
            let header = restored(&other, &backup).await.unwrap();
            assert_eq!(header, verified(&backup).unwrap());
            let again = backup_of(&other).await;
            assert!(old_rows(&again) == rows(&backup), "seed {seed} differs on {engine:?}");
            // The restore has left one entry.
            let mut given = last_ids(&backup);
            given.iter_mut().filter(|(name, _)| name == "auditoria").for_each(|(_, last)| *last += 1);
            assert_eq!(last_ids(&again), given, "seed {seed} on {engine:?}");
            assert_eq!(listed(&copy), listed(&database), "seed {seed} on {engine:?}");
            goes_on(&other, &copy).await;
            other.close().await;
            copy.remove().await;
        }
        store.close().await;
        database.remove().await;
    }
}

/// New rows get ids after the restored ones, and the clock is the present.
async fn goes_on(store: &Arc<Store>, database: &Database) {
    let given = last_ids(&backup_of(store).await);
    let novo = NewAtendimento { protocolo: "a new one".to_owned(), status: Status::Aberto };
    edit(store, async |e| e.insert_atendimento(&novo).await).await.unwrap();
    edit(store, async |e| e.insert_nivel(&"A new one".parse().unwrap(), None).await).await.unwrap();
    edit(store, async |e| e.insert_perfil(&"A new one".parse().unwrap(), None).await).await.unwrap();
    edit(store, async |e| e.insert_motivo(&"A new one".parse().unwrap()).await).await.unwrap();
    edit(store, async |e| e.insert_usuario(&"A new one".parse().unwrap(), 1, HASH, 1).await).await.unwrap();
    for (table, last_id) in given {
        let newest = database.number(&format!("SELECT coalesce(max(id), 0) FROM {table}")).await;
        assert_eq!(newest, if table == "auditoria" { newest } else { last_id + 1 }, "{table}");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let clock = database.number("SELECT agora FROM relogio").await;
    assert!((clock - now).abs() < 60_000, "{clock} is not {now}");
    assert!(store.pending_migrations().await.unwrap().is_empty());
}

/// What a client is answered by the server on `store`.
async fn answers(server: &Server, token: &str) -> Vec<String> {
    let authorization = format!("Bearer {token}");
    let mut answers = Vec::new();
    for path in [
        "/api/motivos",
        "/api/atendimentos/status?protocolo=20221104000001",
        "/api/atendimentos/20221104000001/historico",
    ] {
        let answer = server.send(Method::GET, path, &[("authorization", &authorization)], "").await;
        answers.push(format!("{} {:?} {}", answer.status, answer.header("etag"), answer.body));
    }
    answers
}

async fn clients_notice_nothing(server: &Server, database: &Database) {
    let (token, revoked) = (server.token("user.api").await, server.token("admin").await);
    let body = r#"{"protocolo": "20221104000001", "status": "Finalizado", "comentario": "x", "visivelCliente": true}"#;
    let authorization = format!("Bearer {token}");
    let keyed = [("authorization", authorization.as_str()), ("idempotency-key", "k")];
    let change = async |server: &Server| server.send(Method::POST, "/api/atendimentos/status", &keyed, body).await;
    assert_eq!(change(server).await.status, 200);
    server.advance(database, Duration::milliseconds(1)).await;
    server.provisioning.revoke_tokens(&"admin".parse().unwrap()).await.unwrap();
    let wrong = json!({"login": "user.sem.permissao", "senha": "wrong"});
    while server.login_with(&wrong).await.status != 429 {}
    let (backup, before) = (backup_of(&server.store).await, answers(server, &token).await);
    assert!(before.iter().all(|answer| answer.starts_with("200")), "{before:?}");

    for engine in ENGINES {
        let Some(copy) = empty(engine).await else { continue };
        let store = copy.open().await;
        restored(&store, &backup).await.unwrap();
        copy.stop_clock(EM.replace_millisecond(1).unwrap()).await;
        let other = Server::on(copy.config(&[]), store).await;
        assert_eq!(answers(&other, &token).await, before);
        let replayed = change(&other).await;
        assert_eq!((replayed.status, replayed.header("idempotency-replayed")), (200, Some("true")));
        assert_eq!(other.change_with(&revoked, body).await.status, 401);
        assert_eq!(other.login_with(&wrong).await.status, 429);
        other.token("user.api").await;
        other.stop().await;
        copy.remove().await;
    }
}

async fn a_backup_of_an_older_schema_is_migrated_and_its_database_is_not(database: &Database) {
    migrate_to(database, 5).await;
    database.execute("INSERT INTO motivo (nome, chave) VALUES ('Duplicado', 'duplicado')").await;
    let chave = if database.engine == crate::support::database::Engine::Sqlite { "x'" } else { "'\\x" };
    let insert =
        format!("INSERT INTO tentativa (chave, cheio_em) VALUES ({chave}00112233445566778899aabbccddeeff', 7)");
    database.execute(&insert).await;
    let store = database.open().await;
    let backup = backup_of(&store).await;
    assert_eq!(verified(&backup).unwrap().schema, 5);
    assert_eq!(database.number("SELECT max(version) FROM _sqlx_migrations").await, 5);
    for engine in ENGINES {
        let Some(copy) = empty(engine).await else { continue };
        let other = copy.open().await;
        restored(&other, &backup).await.unwrap();
        goes_on(&other, &copy).await;
        assert_eq!(copy.number("SELECT count(*) FROM tentativa WHERE login IS NULL AND cheio_em = 7").await, 1);
        let found = restored(&other, &backup).await.unwrap_err().to_string();
        let newest = Store::newest_migration();
        let says =
            format!("the database's tables are those of migration {newest}, and those of migration 5 are needed");
        assert!(found.starts_with(&says), "{found}");
        other.close().await;
        copy.remove().await;
    }
    store.close().await;
}

both_engines! {
    everything_is_equal_in_either_engine,
    clients_notice_nothing,
    a_backup_of_an_older_schema_is_migrated_and_its_database_is_not,
}
