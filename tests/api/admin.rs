//! Administration over HTTP: who may do what, and what it leaves.

use citrus_status::domain::access::Permissao;
use citrus_status::domain::text::Name;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use time::Duration;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

/// Who asks: at root, on Suporte, on Filial below it, and with no permission.
const WHO: [&str; 4] = ["admin", "gestor", "chefe", "user.sem.permissao"];

/// Beside the example data: Filial below Suporte and Vendas beside it, with a perfil that administers on the first two
/// and a user of each perfil.
pub async fn hierarchy(server: &Server) {
    let provisioning = &server.provisioning;
    for (nivel, superior) in [("Filial", "Suporte"), ("Vendas", "Empresa")] {
        provisioning.create_nivel(&nome(nivel), Some(&nome(superior))).await.unwrap();
        provisioning.release(Permissao::ALL, &nome(nivel)).await.unwrap();
    }
    for (perfil, nivel, login) in
        [("Gestão", "Suporte", "gestor"), ("Chefia", "Filial", "chefe"), ("Caixa", "Vendas", "caixa")]
    {
        provisioning.create_perfil(&nome(perfil), Some(&nome(nivel))).await.unwrap();
        provisioning.grant(&nome(perfil), Permissao::ALL).await.unwrap();
        usuario(server, login, perfil).await;
    }
    for (perfil, nivel) in [("Balcão", "Filial"), ("Leitura", "Suporte")] {
        provisioning.create_perfil(&nome(perfil), Some(&nome(nivel))).await.unwrap();
    }
    usuario(server, "balconista", "Balcão").await;
}

pub async fn usuario(server: &Server, login: &str, perfil: &str) {
    server.provisioning.create_usuario(&nome(login), &nome(perfil), SecretString::from("1234")).await.unwrap();
}

pub async fn ask(server: &Server, token: &str, method: Method, path: &str, body: Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    server.send(method, path, &[("authorization", token)], body).await
}

pub async fn id_of(server: &Server, nome: &str) -> i64 {
    let key = nome.parse::<Name>().unwrap().key;
    let perfil = server.store.perfil(&key).await.unwrap().map(|perfil| perfil.id);
    let nivel = server.store.nivel(&key).await.unwrap().map(|nivel| nivel.id);
    let usuarios = server.store.usuarios().await.unwrap();
    let usuario = usuarios.into_iter().find(|usuario| usuario.login == nome).map(|usuario| usuario.id);
    perfil.or(nivel).or(usuario).unwrap()
}

/// The statuses with which each of `WHO` is answered.
pub async fn statuses(server: &Server, method: Method, path: &str, body: impl Fn(&str) -> Value) -> [u16; 4] {
    let mut statuses = [0; 4];
    for (status, who) in statuses.iter_mut().zip(WHO) {
        let token = server.token(who).await;
        *status = ask(server, &token, method.clone(), path, body(who)).await.status;
    }
    statuses
}

pub fn nothing(_: &str) -> Value {
    Value::Null
}

async fn the_hierarchy_decides_who_sets_up_niveis_and_perfis(server: &Server) {
    hierarchy(server).await;
    let (get, post, put, delete) = (Method::GET, Method::POST, Method::PUT, Method::DELETE);
    for list in
        ["niveis", "permissoes", "perfis", "usuarios", "motivos", "atendimentos", "auditoria", "usuarios/perfis"]
    {
        let path = format!("/api/admin/{list}");
        assert_eq!(statuses(server, get.clone(), &path, nothing).await, [200, 200, 200, 403], "{path}");
    }

    let below = |superior: &str| {
        let superior = superior.to_owned();
        move |who: &str| json!({"nome": format!("{superior}-{who}"), "superior": superior})
    };
    let niveis = "/api/admin/niveis";
    assert_eq!(statuses(server, post.clone(), niveis, |who| json!({"nome": who})).await, [201, 403, 403, 403]);
    assert_eq!(statuses(server, post.clone(), niveis, below("Empresa")).await, [201, 404, 404, 403]);
    assert_eq!(statuses(server, post.clone(), niveis, below("Suporte")).await, [201, 201, 404, 403]);
    assert_eq!(statuses(server, post.clone(), niveis, below("Filial")).await, [201, 201, 201, 403]);

    for (nivel, expected) in [
        ("Empresa", [200, 404, 404, 403]),
        ("Vendas", [200, 404, 404, 403]),
        ("Suporte", [200, 403, 404, 403]),
        ("Filial", [200, 200, 403, 403]),
    ] {
        let path = format!("/api/admin/niveis/{}/permissoes/alterar-status", id_of(server, nivel).await);
        assert_eq!(statuses(server, put.clone(), &path, nothing).await, expected, "{nivel}");
        assert_eq!(statuses(server, delete.clone(), &path, nothing).await, expected, "{nivel}");
        server.provisioning.release(&[Permissao::AlterarStatus], &nome(nivel)).await.unwrap();
    }

    let perfis = "/api/admin/perfis";
    let root = |who: &str| json!({"nome": format!("raiz-{who}"), "root": true});
    assert_eq!(statuses(server, post.clone(), perfis, root).await, [201, 403, 403, 403]);
    for (nivel, expected) in
        [("Vendas", [201, 404, 404, 403]), ("Suporte", [201, 201, 404, 403]), ("Filial", [201, 201, 201, 403])]
    {
        let body = |who: &str| json!({"nome": format!("p-{nivel}-{who}"), "nivel": nivel});
        assert_eq!(statuses(server, post.clone(), perfis, body).await, expected, "{nivel}");
    }
    for (perfil, expected) in [
        ("Caixa", [200, 404, 404, 403]),
        ("Leitura", [200, 200, 404, 403]),
        ("Balcão", [200, 200, 200, 403]),
        // Their own.
        ("Gestão", [200, 403, 404, 403]),
        ("Chefia", [200, 200, 403, 403]),
        ("Administrador", [403, 404, 404, 403]),
    ] {
        let path = format!("/api/admin/perfis/{}/permissoes/alterar-status", id_of(server, perfil).await);
        assert_eq!(statuses(server, put.clone(), &path, nothing).await, expected, "{perfil}");
    }
}

async fn the_hierarchy_decides_who_sets_up_users_and_the_rest(server: &Server) {
    hierarchy(server).await;
    let (post, put) = (Method::POST, Method::PUT);
    for (perfil, expected) in [
        ("Administrador", [201, 404, 404, 403]),
        ("Caixa", [201, 404, 404, 403]),
        ("Leitura", [201, 201, 404, 403]),
        ("Balcão", [201, 201, 201, 403]),
    ] {
        let body = |who: &str| json!({"login": format!("{perfil}-{who}"), "perfil": perfil, "senha": "um segredo"});
        assert_eq!(statuses(server, post.clone(), "/api/admin/usuarios", body).await, expected, "{perfil}");
    }
    for (login, expected) in
        [("caixa", [200, 404, 404, 403]), ("user.api", [200, 200, 404, 403]), ("balconista", [200, 200, 200, 403])]
    {
        let path = format!("/api/admin/usuarios/{}", id_of(server, login).await);
        for action in ["revogar-tokens", "desativar", "ativar"] {
            let path = format!("{path}/{action}");
            assert_eq!(statuses(server, post.clone(), &path, nothing).await, expected, "{login} {action}");
        }
        let senha = |_: &str| json!({"senha": "outra senha"});
        assert_eq!(statuses(server, put.clone(), &format!("{path}/senha"), senha).await, expected, "{login}");
    }

    let named = |who: &str| json!({"nome": format!("Motivo de {who}")});
    assert_eq!(statuses(server, post.clone(), "/api/admin/motivos", named).await, [201, 201, 201, 403]);
    for action in ["desativar", "ativar"] {
        let path = format!("/api/admin/motivos/1/{action}");
        assert_eq!(statuses(server, post.clone(), &path, nothing).await, [200, 200, 200, 403]);
    }
    assert_eq!(statuses(server, post, "/api/atendimentos", |_| json!({})).await, [201, 201, 201, 403]);
}

async fn lists_show_what_is_seen(server: &Server) {
    hierarchy(server).await;
    let names = async |who: &str, list: &str, member: &str| {
        let token = server.token(who).await;
        let answer = ask(server, &token, Method::GET, &format!("/api/admin/{list}"), Value::Null).await.json();
        let names: Vec<String> =
            answer[list].as_array().unwrap().iter().map(|one| one[member].as_str().unwrap().to_owned()).collect();
        names.join(" ")
    };
    assert_eq!(names("admin", "niveis", "nome").await, "Empresa Suporte Filial Vendas");
    assert_eq!(names("gestor", "niveis", "nome").await, "Suporte Filial");
    assert_eq!(names("chefe", "niveis", "nome").await, "Filial");
    assert_eq!(
        names("admin", "perfis", "nome").await,
        "Administrador Balcão Caixa Chefia Consulta Gestão Integração Leitura"
    );
    assert_eq!(names("gestor", "perfis", "nome").await, "Balcão Chefia Consulta Gestão Integração Leitura");
    assert_eq!(names("chefe", "perfis", "nome").await, "Balcão Chefia");
    assert_eq!(names("chefe", "usuarios", "login").await, "chefe balconista");
    assert_eq!(names("gestor", "usuarios", "login").await, "user.api user.sem.permissao gestor chefe balconista");

    // A permission that is not released to a nível is not seen there, neither released nor granted below.
    server.provisioning.withdraw(&[Permissao::ConsultarMotivos], &nome("Suporte")).await.unwrap();
    server.clock.advance(Duration::seconds(1));
    let token = server.token("gestor").await;
    for (list, whole) in [("permissoes", Permissao::ALL.len()), ("niveis", 0), ("perfis", 0)] {
        let answer = ask(server, &token, Method::GET, &format!("/api/admin/{list}"), Value::Null).await;
        assert!(!answer.body.contains("consultar-motivos"), "{answer:?}");
        assert!(whole == 0 || answer.json()[list].as_array().unwrap().len() == whole - 1);
    }
    let path = format!("/api/admin/perfis/{}/permissoes/consultar-motivos", id_of(server, "Balcão").await);
    ask(server, &token, Method::PUT, &path, Value::Null).await.is(403, "Permissão fora da sua alçada");
}

async fn answers_have_these_bytes(server: &Server) {
    let token = server.token("admin").await;
    let is = async |method: Method, path: &str, body: Value, status: u16, expected: &str| {
        let answer = ask(server, &token, method, path, body).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, expected), "{path}");
    };
    let (post, put, delete) = (Method::POST, Method::PUT, Method::DELETE);
    is(
        post.clone(),
        "/api/admin/niveis",
        json!({"nome": " Filial ", "superior": "suporte"}),
        201,
        r#"{"id":3,"nome":"Filial","superior":"Suporte","permissoes":[]}"#,
    )
    .await;
    is(
        put.clone(),
        "/api/admin/niveis/3/permissoes/alterar-status",
        Value::Null,
        200,
        r#"{"nivel":"Filial","permissao":"alterar-status","liberada":true,"alterada":true,"aindaLiberadaEm":[]}"#,
    )
    .await;
    is(delete.clone(), "/api/admin/niveis/2/permissoes/alterar-status", Value::Null, 200,
        r#"{"nivel":"Suporte","permissao":"alterar-status","liberada":false,"alterada":true,"aindaLiberadaEm":["Filial"]}"#).await;
    is(
        post.clone(),
        "/api/admin/perfis",
        json!({"nome": "Balcão", "nivel": "FILIAL"}),
        201,
        r#"{"id":4,"nome":"Balcão","root":false,"nivel":"Filial","permissoes":[]}"#,
    )
    .await;
    is(
        put.clone(),
        "/api/admin/perfis/4/permissoes/alterar-status",
        Value::Null,
        200,
        r#"{"perfil":"Balcão","permissao":"alterar-status","concedida":true,"alterada":true}"#,
    )
    .await;
    is(
        delete,
        "/api/admin/perfis/4/permissoes/alterar-status",
        Value::Null,
        200,
        r#"{"perfil":"Balcão","permissao":"alterar-status","concedida":false,"alterada":true}"#,
    )
    .await;
    is(
        post.clone(),
        "/api/admin/usuarios",
        json!({"login": "Ana", "perfil": "balcão", "senha": "uma senha"}),
        201,
        r#"{"id":4,"login":"Ana","perfil":"Balcão","ativo":true}"#,
    )
    .await;
    is(
        put.clone(),
        "/api/admin/usuarios/4/perfil",
        json!({"perfil": "Consulta"}),
        200,
        r#"{"id":4,"login":"Ana","perfil":"Consulta","ativo":true}"#,
    )
    .await;
    is(
        post.clone(),
        "/api/admin/usuarios/4/desativar",
        Value::Null,
        200,
        r#"{"id":4,"login":"Ana","perfil":"Consulta","ativo":false}"#,
    )
    .await;
    is(
        post.clone(),
        "/api/admin/motivos",
        json!({"nome": "Fora da garantia"}),
        201,
        r#"{"id":5,"nome":"Fora da garantia","ativo":true}"#,
    )
    .await;
    is(
        post.clone(),
        "/api/admin/motivos/5/desativar",
        Value::Null,
        200,
        r#"{"id":5,"nome":"Fora da garantia","ativo":false}"#,
    )
    .await;
    is(
        post,
        "/api/atendimentos",
        json!({"protocolo": 7, "status": "finalizado"}),
        201,
        r#"{"protocolo":"7","status":"Finalizado","motivoStatus":null,"atualizadoEm":"2026-11-23T10:00:00.000Z","avisos":["O protocolo não se parece com os do Citrus, como 20221104000001"]}"#,
    )
    .await;
}

async fn no_answer_has_what_authenticates(server: &Server) {
    let token = server.token("admin").await;
    for list in ["usuarios", "auditoria"] {
        let answer = ask(server, &token, Method::GET, &format!("/api/admin/{list}"), Value::Null).await;
        assert!(!answer.body.contains("argon2") && !answer.body.contains("senha_hash"), "{answer:?}");
    }
}

async fn refusals_have_these_texts(server: &Server) {
    let token = server.token("admin").await;
    let refuses = async |method: Method, path: &str, body: Value, status: u16, message: &str| {
        ask(server, &token, method, path, body).await.is(status, message);
    };
    let (post, put) = (Method::POST, Method::PUT);
    let required = "nome – esse campo é obrigatório";
    for body in [json!({}), json!({"nome": " "}), json!({"nome": null})] {
        refuses(post.clone(), "/api/admin/motivos", body, 400, required).await;
    }
    for nome in [json!("a\u{7}b"), json!("a".repeat(256)), json!(["a"])] {
        refuses(post.clone(), "/api/admin/motivos", json!({"nome": nome}), 400, "nome – valor inválido").await;
    }
    refuses(post.clone(), "/api/admin/motivos", json!({"nome": "DUPLICADO"}), 409, "Motivo já existe").await;
    refuses(post.clone(), "/api/admin/niveis", json!({"nome": "empresa"}), 409, "Nível já existe").await;
    refuses(post.clone(), "/api/admin/niveis", json!({"nome": "x", "superior": "y"}), 404, "Nível não encontrado")
        .await;
    refuses(post.clone(), "/api/admin/perfis", json!({"nome": "x"}), 400, "nivel – esse campo é obrigatório").await;
    let both = json!({"nome": "x", "nivel": "Suporte", "root": true});
    refuses(post.clone(), "/api/admin/perfis", both, 400, "root – valor inválido").await;
    let consulta = json!({"nome": "consulta", "nivel": "Suporte"});
    refuses(post.clone(), "/api/admin/perfis", consulta, 409, "Perfil já existe").await;
    let usuario = |login: &str, senha: Value| json!({"login": login, "perfil": "Consulta", "senha": senha});
    let usuarios = "/api/admin/usuarios";
    refuses(post.clone(), usuarios, usuario("USER.API", json!("uma senha")), 409, "Usuário já existe").await;
    refuses(post.clone(), usuarios, usuario("anonimo-7", json!("uma senha")), 400, "login – valor inválido").await;
    refuses(post.clone(), usuarios, usuario("x", json!("")), 400, "Este campo é obrigatório senha").await;
    refuses(
        post.clone(),
        usuarios,
        usuario("x", json!("uma senha\0")),
        400,
        "senha – valor inválido; uma senha tem de 8 caracteres a 1024 bytes, sem NUL, e não só espaços",
    )
    .await;
    refuses(
        post.clone(),
        usuarios,
        json!({"login": "x", "senha": "uma senha"}),
        400,
        "perfil – esse campo é obrigatório",
    )
    .await;
    for id in ["0", "99", "x", "-1", "1e1", "99999999999999999999", "%31%20"] {
        refuses(post.clone(), &format!("{usuarios}/{id}/desativar"), Value::Null, 404, "Usuário não encontrado").await;
    }
    refuses(put.clone(), "/api/admin/niveis/1/permissoes/voar", Value::Null, 404, "Permissão não encontrada").await;
    refuses(put.clone(), "/api/admin/perfis/99/permissoes/alterar-status", Value::Null, 404, "Perfil não encontrado")
        .await;
    server.provisioning.withdraw(&[Permissao::AlterarStatus], &nome("Suporte")).await.unwrap();
    let consulta = id_of(server, "Consulta").await;
    let path = format!("/api/admin/perfis/{consulta}/permissoes/alterar-status");
    refuses(put.clone(), &path, Value::Null, 409, "Permissão não liberada para o nível do perfil").await;
    refuses(post.clone(), "/api/atendimentos", json!({"protocolo": "20221104000001"}), 409, "Atendimento já existe")
        .await;
    refuses(post.clone(), "/api/atendimentos", json!({"status": "Fechado"}), 400, "status – valor inválido").await;
    // Nobody raises themselves, and the last root administrator stays.
    let own = id_of(server, "Administrador").await;
    let path = format!("/api/admin/perfis/{own}/permissoes/alterar-status");
    refuses(put.clone(), &path, Value::Null, 403, "Ninguém amplia as próprias permissões").await;
    let me = id_of(server, "admin").await;
    let to = json!({"perfil": "Consulta"});
    refuses(put, &format!("{usuarios}/{me}/perfil"), to, 403, "Ninguém amplia as próprias permissões").await;
    refuses(post, &format!("{usuarios}/{me}/desativar"), Value::Null, 409, "É o último administrador raiz").await;
    for permissao in ["administrar-perfis", "administrar-usuarios"] {
        let path = format!("/api/admin/perfis/{own}/permissoes/{permissao}");
        refuses(Method::DELETE, &path, Value::Null, 409, "É o último administrador raiz").await;
    }
}

/// Whoever sets up users alone gains nothing by a user of their own making, or by the senha of somebody else.
async fn nobody_climbs_by_another_user(server: &Server) {
    hierarchy(server).await;
    let portaria = nome("Portaria");
    server.provisioning.create_perfil(&portaria, Some(&nome("Suporte"))).await.unwrap();
    server.provisioning.grant(&portaria, &[Permissao::AdministrarUsuarios]).await.unwrap();
    usuario(server, "porteiro", "Portaria").await;
    let token = server.token("porteiro").await;
    let beyond = "Permissão fora da sua alçada";
    for perfil in ["Gestão", "Integração", "Chefia"] {
        let body = json!({"login": "laranja", "perfil": perfil, "senha": "uma senha"});
        ask(server, &token, Method::POST, "/api/admin/usuarios", body).await.is(403, beyond);
    }
    for login in ["gestor", "user.api", "chefe"] {
        let path = format!("/api/admin/usuarios/{}", id_of(server, login).await);
        ask(server, &token, Method::PUT, &format!("{path}/senha"), json!({"senha": "uma senha"})).await.is(403, beyond);
        ask(server, &token, Method::POST, &format!("{path}/ativar"), Value::Null).await.is(403, beyond);
    }
    let colega = format!("/api/admin/usuarios/{}/perfil", id_of(server, "user.sem.permissao").await);
    ask(server, &token, Method::PUT, &colega, json!({"perfil": "Gestão"})).await.is(403, beyond);
    // A stronger colleague is not made weak first, neither by a move nor by what is released.
    for login in ["gestor", "chefe"] {
        let path = format!("/api/admin/usuarios/{}/perfil", id_of(server, login).await);
        ask(server, &token, Method::PUT, &path, json!({"perfil": "Consulta"})).await.is(403, beyond);
    }
    server.provisioning.withdraw(Permissao::ALL, &nome("Filial")).await.unwrap();
    let chefe = format!("/api/admin/usuarios/{}/senha", id_of(server, "chefe").await);
    ask(server, &token, Method::PUT, &chefe, json!({"senha": "uma senha"})).await.is(403, beyond);
    server.provisioning.grant(&portaria, &[Permissao::AdministrarPermissoes]).await.unwrap();
    server.clock.advance(Duration::seconds(1));
    let release = format!("/api/admin/niveis/{}/permissoes/administrar-perfis", id_of(server, "Filial").await);
    for method in [Method::PUT, Method::DELETE] {
        ask(server, &token, method, &release, Value::Null).await.is(403, beyond);
    }
    // What they hold they hand on, and their own senha they set.
    assert_eq!(ask(server, &token, Method::PUT, &colega, json!({"perfil": "Portaria"})).await.status, 200);
    let own = format!("/api/admin/usuarios/{}/senha", id_of(server, "porteiro").await);
    assert_eq!(ask(server, &token, Method::PUT, &own, json!({"senha": "uma nova"})).await.status, 200);
    server.clock.advance(Duration::seconds(1));
    ask(server, &token, Method::PUT, &own, json!({"senha": "uma nova"})).await.is(401, "Token revogado");
}

async fn two_that_go_at_once_leave_one(server: &Server) {
    usuario(server, "outro", "Administrador").await;
    let (admin, outro) = (server.token("admin").await, server.token("outro").await);
    let path = async |login: &str| format!("/api/admin/usuarios/{}/desativar", id_of(server, login).await);
    // Each itself: the second is the last.
    let (first, second) = (path("admin").await, path("outro").await);
    let (first, second) = tokio::join!(
        ask(server, &admin, Method::POST, &first, Value::Null),
        ask(server, &outro, Method::POST, &second, Value::Null)
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{first:?} {second:?}");
    let usuarios = server.store.usuarios().await.unwrap();
    assert_eq!(usuarios.iter().filter(|u| u.perfil == "Administrador" && u.ativo).count(), 1);
}

async fn a_change_leaves_an_entry_that_names_its_user_and_address(server: &Server) {
    let token = server.token("admin").await;
    ask(server, &token, Method::POST, "/api/admin/motivos", json!({"nome": "Novo"})).await;
    ask(server, &token, Method::POST, "/api/admin/motivos/5/desativar", Value::Null).await;
    let answer = ask(server, &token, Method::GET, "/api/admin/auditoria?acao=motivo&limite=1", Value::Null).await;
    let page = answer.json();
    assert_eq!(
        page["auditoria"],
        json!([{
            "id": page["auditoria"][0]["id"], "em": "2026-11-23T10:00:00.000Z", "origem": "api", "autor": "admin",
            "lugar": "127.0.0.1", "acao": "motivo.desativar", "objeto": "Novo", "antes": {"ativo": true},
            "depois": {"ativo": false}
        }])
    );
    let path = format!("/api/admin/auditoria?acao=motivo&limite=1&cursor={}", page["proximo"].as_str().unwrap());
    let next = ask(server, &token, Method::GET, &path, Value::Null).await.json();
    assert_eq!(next["auditoria"][0]["acao"], "motivo.criar");
    // Who is not at root sees what those did whom they see.
    hierarchy(server).await;
    let gestor = server.token("gestor").await;
    ask(server, &gestor, Method::POST, "/api/admin/motivos/5/ativar", Value::Null).await;
    let seen = ask(server, &gestor, Method::GET, "/api/admin/auditoria?acao=motivo", Value::Null).await.json();
    let authors: Vec<&Value> = seen["auditoria"].as_array().unwrap().iter().map(|entry| &entry["autor"]).collect();
    assert_eq!(authors, ["gestor"]);
}

async fn a_creation_with_a_key_is_made_once(server: &Server) {
    let token = server.token("admin").await;
    let create = async |path: &str, key: &str, body: Value| {
        let headers = [("authorization", token.as_str()), ("idempotency-key", key)];
        server.send(Method::POST, path, &headers, body.to_string()).await
    };
    for (key, path, body) in [
        ("a", "/api/atendimentos", json!({})),
        ("b", "/api/admin/motivos", json!({"nome": "Novo"})),
        ("c", "/api/admin/usuarios", json!({"login": "ana", "perfil": "Consulta", "senha": "uma senha"})),
        ("d", "/api/admin/niveis", json!({"nome": "Filial"})),
        ("e", "/api/admin/perfis", json!({"nome": "Outro", "root": true})),
    ] {
        let first = create(path, key, body.clone()).await;
        let again = create(path, key, body).await;
        assert_eq!((first.status, again.status), (201, 201), "{again:?}");
        assert_eq!(first.body, again.body);
        assert_eq!([&first, &again].map(|answer| answer.header("idempotency-replayed")), [None, Some("true")]);
        let reused = "Idempotency-Key já usada com outra requisição";
        create(
            path,
            key,
            json!({"nome": "x", "login": "x", "perfil": "Consulta", "senha": "uma senha", "nivel": "Suporte"}),
        )
        .await
        .is(422, reused);
        create("/api/admin/motivos", key, json!({})).await.is(400, "nome – esse campo é obrigatório");
    }
    // A refused one may come again, mended.
    create("/api/admin/motivos", "f", json!({"nome": "novo"})).await.is(409, "Motivo já existe");
    assert_eq!(create("/api/admin/motivos", "f", json!({"nome": "Outro"})).await.status, 201);
}

async fn protocolos_are_drawn_one_after_the_other(server: &Server, database: &Database) {
    let token = server.token("admin").await;
    let create = async |body: Value| ask(server, &token, Method::POST, "/api/atendimentos", body).await.json();
    assert_eq!(create(json!({})).await["protocolo"], "20261123000001");
    create(json!({"protocolo": "20261123000002"})).await;
    assert_eq!(create(json!({"status": "Em atendimento"})).await["protocolo"], "20261123000003");
    let drawn: Vec<Value> = futures_util::future::join_all((0..20).map(|_| create(json!({})))).await;
    let mut drawn: Vec<&str> = drawn.iter().map(|made| made["protocolo"].as_str().unwrap()).collect();
    drawn.sort_unstable();
    let expected: Vec<String> = (4..24).map(|number| format!("20261123{number:06}")).collect();
    assert_eq!(drawn, expected);
    // A day begins in Brasília, at three o'clock of UTC.
    server.advance(database, Duration::hours(17)).await;
    let token = server.token("admin").await;
    let next = ask(server, &token, Method::POST, "/api/atendimentos", json!({})).await.json();
    assert_eq!(next["protocolo"], "20261124000001");
}

async fn atendimentos_are_found(server: &Server) {
    let token = server.token("admin").await;
    let found = async |query: &str| {
        let answer = ask(server, &token, Method::GET, &format!("/api/admin/atendimentos{query}"), Value::Null).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        let found = page["atendimentos"].as_array().unwrap().iter();
        let found: Vec<String> = found.map(|one| one["protocolo"].as_str().unwrap()[11..].to_owned()).collect();
        (found.join(" "), page["proximo"].as_str().map(str::to_owned))
    };
    let (first, next) = found("?limite=3").await;
    assert_eq!(first, "030 029 028");
    assert_eq!(found(&format!("?limite=2&cursor={}", next.unwrap())).await.0, "027 026");
    assert_eq!(found("?protocolo=2022110400000").await, ("009 008 007 006 005 004 003 002 001".to_owned(), None));
    assert_eq!(found("?protocolo=20221104000007").await, ("007".to_owned(), None));
    assert_eq!(found("?status=finalizado").await, ("005".to_owned(), None));
    assert_eq!(found("?status=Finalizado&protocolo=9").await, (String::new(), None));
    assert_eq!(found("?ate=2026-11-23T10:00:00Z").await, (String::new(), None));
    assert_eq!(found("?desde=2026-11-23T10:00:00Z&limite=1").await.0, "030");
    for (query, field) in
        [("status=Fechado", "status"), ("desde=ontem", "desde"), ("cursor=x", "cursor"), ("limite=0", "limite")]
    {
        let path = format!("/api/admin/atendimentos?{query}");
        let message = format!("{field} – valor inválido");
        ask(server, &token, Method::GET, &path, Value::Null).await.is(400, &message);
    }
}

both_engines! {
    the_hierarchy_decides_who_sets_up_niveis_and_perfis,
    the_hierarchy_decides_who_sets_up_users_and_the_rest,
    lists_show_what_is_seen,
    answers_have_these_bytes,
    no_answer_has_what_authenticates,
    refusals_have_these_texts,
    nobody_climbs_by_another_user,
    two_that_go_at_once_leave_one,
    a_change_leaves_an_entry_that_names_its_user_and_address,
    a_creation_with_a_key_is_made_once,
    protocolos_are_drawn_one_after_the_other,
    atendimentos_are_found,
}
