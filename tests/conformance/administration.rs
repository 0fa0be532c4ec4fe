//! What administration reads and writes.

use std::sync::Arc;
use std::time::Duration;

use citrus_status::domain::access::Permissao;
use citrus_status::domain::atendimento::Status;
use citrus_status::domain::audit::{Action, Actor, Channel, Entry, Object};
use citrus_status::domain::record::Registration;
use citrus_status::domain::text::NameKey;
use citrus_status::store::{
    AtendimentosPage, AuditPage, AuditPosition, Between, NewAtendimento, Store, StoreError, UsuariosByLogin,
    UsuariosPage,
};
use time::OffsetDateTime;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::edit;
use crate::support::engines::EM;
use crate::support::server::nome;

/// Registers a nível with a perfil and a user on it; their ids.
async fn add(store: &Store, name: &str, is_root: bool) -> [i64; 3] {
    edit(store, async |e| {
        let nivel = e.insert_nivel(&nome(name), None).await?;
        let perfil = e.insert_perfil(&nome(name), (!is_root).then_some(nivel)).await?;
        Ok([nivel, perfil, e.insert_usuario(&nome(name), perfil, "hash", 7).await?])
    })
    .await
    .unwrap()
}

async fn numbers_of_a_day_are_drawn_and_set(store: &Arc<Store>) {
    let draw = async |day| edit(store, async |e| e.draw(day).await).await.unwrap();
    assert_eq!([draw(20_261_123).await, draw(20_261_123).await, draw(20_261_124).await], [1, 2, 1]);
    edit(store, async |e| e.set_drawn(20_261_123, 70).await).await.unwrap();
    assert_eq!([draw(20_261_123).await, draw(20_261_124).await], [71, 2]);
    // What is undone is drawn again.
    let mut given_up = store.edit().await.unwrap();
    assert_eq!(given_up.draw(20_261_123).await.unwrap(), 72);
    drop(given_up);
    assert_eq!(draw(20_261_123).await, 72);
}

async fn protocolos_are_read_in_their_order(store: &Arc<Store>) {
    for protocolo in ["20261123000003", "20261123000001", "20261123000002-x", "20261123000002", "20261124000001", "9"] {
        let novo = NewAtendimento { protocolo: protocolo.to_owned(), status: Status::Aberto };
        edit(store, async |e| e.insert_atendimento(&novo).await).await.unwrap();
        let again = edit(store, async |e| e.insert_atendimento(&novo).await).await;
        assert!(matches!(again, Err(StoreError::AlreadyExists)), "{again:?}");
    }
    let between = async |limit| {
        edit(store, async |e| e.protocolos_between("20261123000001", "20261123999999", limit).await).await.unwrap()
    };
    assert_eq!(between(9).await, ["20261123000002", "20261123000002-x", "20261123000003"]);
    assert_eq!(between(1).await, ["20261123000002"]);
}

async fn a_key_of_a_creation_is_used_once(store: &Arc<Store>) {
    let [_, _, usuario] = add(store, "a", false).await;
    let [_, _, outro] = add(store, "b", false).await;
    let used = async |usuario, key: &str| {
        let used = edit(store, async |e| e.used_key(usuario, key).await).await.unwrap();
        used.map(|used| (used.fingerprint, used.result))
    };
    assert_eq!(used(usuario, "k").await, None);
    edit(store, async |e| e.use_key(usuario, "k", -5, "7").await).await.unwrap();
    assert_eq!(used(usuario, "k").await, Some((-5, Some("7".to_owned()))));
    assert_eq!(used(outro, "k").await, None);
    let twice = edit(store, async |e| e.use_key(usuario, "k", 6, "8").await).await;
    assert!(matches!(twice, Err(StoreError::KeyTaken)), "{twice:?}");
}

async fn administrators_at_root_are_known(store: &Arc<Store>) {
    let both = [Permissao::AdministrarPerfis, Permissao::AdministrarUsuarios];
    let has = async || edit(store, async |e| e.has_user_at_root(both).await).await.unwrap();
    let [_, perfil, usuario] = add(store, "raiz", true).await;
    let [_, other, _] = add(store, "nivel", false).await;
    edit(store, async |e| e.set_grants(other, &both, true).await).await.unwrap();
    assert!(!has().await, "not at root");
    edit(store, async |e| e.set_grants(perfil, &both[..1], true).await).await.unwrap();
    assert!(!has().await, "not both");
    edit(store, async |e| e.set_grants(perfil, &both, true).await).await.unwrap();
    assert!(has().await);
    let rights = edit(store, async |e| e.access(usuario).await).await.unwrap().unwrap();
    assert_eq!((rights.perfil_id, rights.nivel_id, rights.granted.len()), (perfil, None, 2));
    assert!(edit(store, async |e| e.access(999).await).await.unwrap().is_none());
    edit(store, async |e| e.deactivate_usuario(usuario, 8).await).await.unwrap();
    assert!(!has().await, "deactivated");
}

async fn rows_are_found_by_their_ids(store: &Arc<Store>) {
    let [_, perfil, usuario] = add(store, "a", false).await;
    let motivo = edit(store, async |e| e.insert_motivo(&nome("m")).await).await.unwrap();
    assert_eq!(store.perfil_of(perfil).await.unwrap().unwrap().nome, "a");
    let found = store.usuario_of(usuario).await.unwrap().unwrap();
    assert_eq!((found.id, found.login.as_str(), found.perfil_id, found.ativo), (usuario, "a", perfil, true));
    assert!(store.motivo_of(motivo).await.unwrap().unwrap().ativo);
    assert!(store.perfil_of(99).await.unwrap().is_none());
    assert!(store.usuario_of(99).await.unwrap().is_none() && store.motivo_of(99).await.unwrap().is_none());
}

async fn users_come_page_by_page(store: &Arc<Store>) {
    let (a, b) = (add(store, "a", false).await, add(store, "b", false).await);
    let root = add(store, "c", true).await;
    let page = async |after, niveis: Option<Vec<i64>>, limit| {
        let (page, next) = store.page_of_usuarios(&UsuariosPage { after, niveis, limit }).await.unwrap();
        (page.iter().map(|usuario| usuario.id).collect::<Vec<_>>(), next)
    };
    assert_eq!(page(0, None, 2).await, (vec![a[2], b[2]], Some(b[2])));
    assert_eq!(page(b[2], None, 2).await, (vec![root[2]], None));
    assert_eq!(page(0, None, 3).await, (vec![a[2], b[2], root[2]], None));
    assert_eq!(page(0, Some(vec![b[0], a[0]]), 1).await, (vec![a[2]], Some(a[2])));
    assert_eq!(page(a[2], Some(vec![b[0], a[0]]), 1).await, (vec![b[2]], None));
    // On the nível of the root perfil there is nobody.
    assert_eq!(page(0, Some(vec![root[0]]), 5).await, (vec![], None));
    assert_eq!(page(0, Some(vec![]), 5).await, (vec![], None));
}

/// However many there are, no page looks at all of them.
async fn users_are_searched_stretch_by_stretch(store: &Arc<Store>, database: &Database) {
    let (a, b) = (add(store, "a", false).await, add(store, "b", false).await);
    database
        .execute(&format!(
            "INSERT INTO usuario (login, chave, perfil_id, senha_hash, geracao)
             WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50000)
             SELECT 'U' || n, 'u' || n, {}, 'x', 1 FROM numbers",
            a[1]
        ))
        .await;
    add(store, "z", false).await;
    let page = async |containing: Option<&str>, after: Option<&str>, niveis: Option<Vec<i64>>| {
        let after = match after {
            Some(login) => Some(store.usuario_for_request(&NameKey::new(login)).await.unwrap().unwrap().id),
            None => None,
        };
        let asked = UsuariosByLogin { containing: containing.map(NameKey::new), after, niveis, limit: 2 };
        let (page, next) = store.page_by_login(&asked).await.unwrap();
        let next = match next {
            Some(id) => Some(store.usuario_of(id).await.unwrap().unwrap().login),
            None => None,
        };
        (page.into_iter().map(|usuario| usuario.login).collect::<Vec<_>>(), next)
    };
    let end = || Some("U9997".to_owned());
    assert_eq!(page(Some("z"), None, None).await, (vec![], end()));
    assert_eq!(page(Some("z"), Some("U9997"), None).await, (vec!["z".to_owned()], None));
    assert_eq!(page(None, None, Some(vec![b[0]])).await, (vec!["b".to_owned()], end()));
    assert_eq!(page(None, Some("U9997"), Some(vec![b[0]])).await, (vec![], None));
    assert_eq!(
        page(Some("u4999"), None, None).await,
        (vec!["U4999".to_owned(), "U49990".to_owned()], Some("U49990".to_owned()))
    );
    assert_eq!(page(None, None, None).await, (vec!["a".to_owned(), "b".to_owned()], Some("b".to_owned())));
    assert_eq!(page(None, Some("U9999"), None).await, (vec!["z".to_owned()], None));
}

async fn entries_come_page_by_page(store: &Arc<Store>, database: &Database) {
    let (a, b) = (add(store, "a", false).await, add(store, "b", false).await);
    let actor = |id| Actor::Usuario { id, generation: 0, by: Channel::Api, place: "here".to_owned() };
    let commit = async |actor: Actor, action, object| {
        let entry = Entry { action, object, before: None, after: None };
        store.edit().await.unwrap().commit(&actor, &[entry]).await.unwrap();
    };
    let named = || Object::Named("x".to_owned());
    commit(actor(a[2]), Action::CreateMotivo, named()).await;
    database.advance_clock(time::Duration::hours(1)).await;
    commit(actor(b[2]), Action::SetSenha, Object::Usuario(a[2])).await;
    commit(actor(b[2]), Action::ActivateMotivo, named()).await;
    // Its author and subject are of one nível, and it comes once.
    commit(actor(a[2]), Action::SetSenha, Object::Usuario(a[2])).await;
    let command = Actor::Command { name: "root".to_owned(), place: "host".to_owned() };
    commit(command, Action::CreateBackup, named()).await;
    // A later move lets nobody see it.
    edit(store, async |e| e.set_perfil(a[2], b[1]).await).await.unwrap();

    let page = async |asked: AuditPage| {
        let (entries, next) = store.page_of_audit(&asked).await.unwrap();
        (entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), next)
    };
    let of = |niveis: Option<Vec<i64>>| AuditPage { niveis, limit: 9, ..AuditPage::default() };
    assert_eq!(page(of(None)).await, (vec![5, 4, 3, 2, 1], None));
    assert_eq!(page(of(Some(vec![a[0]]))).await.0, [4, 2, 1]);
    assert_eq!(page(of(Some(vec![b[0]]))).await.0, [3, 2]);
    assert_eq!(page(of(Some(vec![a[0], b[0]]))).await.0, [4, 3, 2, 1]);
    assert_eq!(page(of(Some(vec![]))).await.0, [0_i64; 0]);
    let acting = |action: &str, niveis| AuditPage { action: Some(action.parse().unwrap()), ..of(niveis) };
    assert_eq!(page(acting("motivo", None)).await.0, [3, 1]);
    assert_eq!(page(acting("motivo.ativar", None)).await.0, [3]);
    assert_eq!(page(acting("usuario", Some(vec![a[0]]))).await.0, [4, 2]);
    assert_eq!(page(acting("usuario", Some(vec![a[0], b[0]]))).await.0, [4, 2]);
    let two = AuditPage { limit: 1, ..acting("motivo", Some(vec![a[0], b[0]])) };
    assert_eq!(page(two.clone()).await.0, [3]);
    assert_eq!(page(AuditPage { before: page(two.clone()).await.1, ..two }).await.0, [1]);
    let about = |id: i64, niveis: Option<Vec<i64>>| AuditPage { usuario_id: Some(id), ..of(niveis) };
    assert_eq!(page(about(a[2], None)).await.0, [4, 2, 1]);
    assert_eq!(page(about(b[2], None)).await.0, [3, 2]);
    assert_eq!(page(about(b[2], Some(vec![a[0]]))).await.0, [2]);
    assert_eq!(page(about(b[2], Some(vec![]))).await.0, [0_i64; 0]);
    assert_eq!(page(AuditPage { action: Some("motivo".parse().unwrap()), ..about(a[2], None) }).await.0, [1]);
    let by = |name: &str, niveis| AuditPage { actor: Some(name.to_owned()), ..of(niveis) };
    let command = Actor::Command { name: "root (sudo: ana)".to_owned(), place: "host".to_owned() };
    commit(command, Action::SetSenha, Object::Usuario(b[2])).await;
    assert_eq!(page(by("root", None)).await.0, [6, 5]);
    assert_eq!(page(by("ana", None)).await.0, [6]);
    for nobody in ["ro", "an", "a)", "sudo", "root (sudo: "] {
        assert_eq!(page(by(nobody, None)).await.0, [0_i64; 0], "{nobody}");
    }
    assert_eq!(page(by("root", Some(vec![b[0]]))).await.0, [6]);
    assert_eq!(page(AuditPage { actor: Some("root".to_owned()), ..about(b[2], None) }).await.0, [6]);
    assert_eq!(page(AuditPage { actor: Some("bia".to_owned()), ..about(b[2], None) }).await.0, [0_i64; 0]);
    assert_eq!(page(AuditPage { action: Some("backup".parse().unwrap()), ..by("root", None) }).await.0, [5]);
    let later = EM + time::Duration::hours(1);
    let since = |from, before| AuditPage { between: Between { from, before }, ..of(None) };
    assert_eq!(page(since(Some(later), None)).await.0, [6, 5, 4, 3, 2]);
    assert_eq!(page(since(None, Some(later))).await.0, [1]);
    for niveis in [None, Some(vec![a[0], b[0]])] {
        let (mut ids, mut before): (Vec<i64>, Option<AuditPosition>) = (Vec::new(), None);
        loop {
            let (found, next) = page(AuditPage { before, limit: 2, ..of(niveis.clone()) }).await;
            ids.extend(found);
            before = next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(ids, page(of(niveis)).await.0);
    }
}

async fn who_registered_an_atendimento_is_read_from_its_entry(store: &Arc<Store>) {
    let [_, _, usuario_id] = add(store, "user.api", true).await;
    for (protocolo, actor) in [
        ("1", Actor::Usuario { id: usuario_id, generation: 0, by: Channel::Api, place: "127.0.0.1".to_owned() }),
        ("2", Actor::Command { name: "root".to_owned(), place: "host".to_owned() }),
    ] {
        let object = Object::Named(protocolo.to_owned());
        let entries = [Action::CreateAtendimento, Action::ExportAtendimento].map(|action| Entry {
            action,
            object: object.clone(),
            before: None,
            after: None,
        });
        store.edit().await.unwrap().commit(&actor, &entries).await.unwrap();
    }
    let registered = async |protocolo| store.registration(protocolo).await.unwrap();
    let em = EM;
    assert_eq!(registered("1").await, Some(Registration { em, usuario: Some("user.api".to_owned()) }));
    assert_eq!(registered("2").await, Some(Registration { em, usuario: None }));
    assert_eq!(registered("3").await, None);
}

async fn atendimentos_come_page_by_page(store: &Arc<Store>) {
    for number in 1..=9 {
        let status = if number % 3 == 0 { Status::Finalizado } else { Status::Aberto };
        let novo = NewAtendimento { protocolo: format!("A{number}"), status };
        edit(store, async |e| e.insert_atendimento(&novo).await).await.unwrap();
    }
    let page = async |prefix: &str, status, before: Option<&str>, limit| {
        let (prefix, before) = (prefix.to_owned(), before.map(str::to_owned));
        let asked = AtendimentosPage { prefix, status, before, limit, ..AtendimentosPage::default() };
        let (found, next) = store.page_of_atendimentos(&asked).await.unwrap();
        (found.into_iter().map(|state| state.protocolo).collect::<Vec<_>>().join(" "), next)
    };
    let next = |name: &str| Some(name.to_owned());
    assert_eq!(page("", None, None, 4).await, ("A9 A8 A7 A6".to_owned(), next("A6")));
    assert_eq!(page("A", None, Some("A6"), 5).await, ("A5 A4 A3 A2 A1".to_owned(), None));
    assert_eq!(page("A", Some(Status::Finalizado), None, 2).await, ("A9 A6".to_owned(), next("A6")));
    assert_eq!(page("A", Some(Status::Finalizado), Some("A6"), 2).await, ("A3".to_owned(), None));
    assert_eq!(page("A", Some(Status::Cancelado), None, 2).await, (String::new(), None));
    assert_eq!(page("B", None, None, 2).await, (String::new(), None));
    assert_eq!(page("A", None, Some("A"), 2).await, (String::new(), None));
}

async fn administration_has_its_own_connections(store: &Arc<Store>, database: &Database) {
    let desk = store.administration();
    add(&desk, "a", false).await;
    assert!(store.nivel(&NameKey::new("A")).await.unwrap().is_some());
    let held = database.hold_by("LOCK TABLE nivel IN ACCESS EXCLUSIVE MODE").await;
    let start = OffsetDateTime::now_utc();
    let refused = edit(&desk, async |e| {
        e.hold_access_model().await?;
        e.insert_nivel(&nome("b"), None).await
    })
    .await;
    assert!(refused.as_ref().is_err_and(StoreError::is_transient), "{refused:?}");
    assert!(OffsetDateTime::now_utc() - start < Duration::from_secs(4));
    held.release().await;
    // One edit at a time; the one that waits gets its turn.
    let first = desk.edit().await.unwrap();
    let second = async { desk.edit().await };
    let (second, ()) = tokio::join!(second, async { drop(first) });
    drop(second.unwrap());
    add(&desk, "b", false).await;
    let pools = store.pools();
    assert!(pools.iter().any(|pool| pool.name == "administration" && pool.max == 3));
}

both_engines! {
    numbers_of_a_day_are_drawn_and_set,
    protocolos_are_read_in_their_order,
    a_key_of_a_creation_is_used_once,
    administrators_at_root_are_known,
    rows_are_found_by_their_ids,
    users_come_page_by_page,
    users_are_searched_stretch_by_stretch,
    entries_come_page_by_page,
    who_registered_an_atendimento_is_read_from_its_entry,
    atendimentos_come_page_by_page,
    administration_has_its_own_connections,
}
