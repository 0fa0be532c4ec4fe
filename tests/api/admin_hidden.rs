//! What an administrator must not see, do or write: what is hidden is answered as what is not there, to the byte, and what
//! nobody can see gets no name.

use citrus_status::domain::access::Permissao;
use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;

use super::admin::{ask, hierarchy, id_of, usuario};
use crate::support::both_engines;
use crate::support::server::{Server, nome};

/// An id that nothing has.
const ABSENT: i64 = 999_999;

async fn hidden_ids_are_answered_as_absent_ones(server: &Server) {
    hierarchy(server).await;
    let chefe = server.token("chefe").await;
    let (nivel, perfil, caixa) =
        (id_of(server, "Vendas").await, id_of(server, "Caixa").await, id_of(server, "caixa").await);
    let (put, post, delete) = (Method::PUT, Method::POST, Method::DELETE);
    let mut paths = Vec::new();
    for permissao in ["alterar-status", "voar", "a%00b", "%20"] {
        for method in [&put, &delete] {
            paths.push((method, "niveis", nivel, format!("/permissoes/{permissao}")));
            paths.push((method, "perfis", perfil, format!("/permissoes/{permissao}")));
        }
    }
    for action in ["ativar", "desativar", "revogar-tokens"] {
        paths.push((&post, "usuarios", caixa, format!("/{action}")));
    }
    for action in ["senha", "perfil"] {
        paths.push((&put, "usuarios", caixa, format!("/{action}")));
    }
    let bodies = [
        Value::Null,
        json!({}),
        json!([]),
        json!({"senha": "", "perfil": ""}),
        json!({"senha": 7, "perfil": ["x"]}),
        json!({"senha": "a\u{0}b", "perfil": "a\u{202e}b"}),
        json!({"senha": "uma senha comprida", "perfil": "Balcão"}),
        json!({"senha": "uma senha comprida", "perfil": "Caixa"}),
        json!({"senha": "x".repeat(2000), "perfil": "x".repeat(300)}),
    ];
    for (method, kind, id, rest) in paths {
        // Only those of the last two have bodies.
        let bodies = if ["/senha", "/perfil"].contains(&rest.as_str()) { &bodies[..] } else { &bodies[..1] };
        for body in bodies {
            let [hidden, absent] = [id, ABSENT].map(|id| format!("/api/admin/{kind}/{id}{rest}"));
            let hidden = ask(server, &chefe, method.clone(), &hidden, body.clone()).await;
            let absent = ask(server, &chefe, method.clone(), &absent, body.clone()).await;
            assert_eq!((hidden.status, &hidden.body), (absent.status, &absent.body), "{method} {kind}{rest} {body}");
            assert!([400, 404].contains(&hidden.status), "{hidden:?}");
        }
    }
    // Names in bodies as well.
    for (kind, member) in [("niveis", "superior"), ("perfis", "nivel")] {
        let path = format!("/api/admin/{kind}");
        let hidden = ask(server, &chefe, Method::POST, &path, json!({"nome": "x", member: "Vendas"})).await;
        let absent = ask(server, &chefe, Method::POST, &path, json!({"nome": "x", member: "Nenhum"})).await;
        assert_eq!((hidden.status, hidden.body), (404, absent.body));
    }
    for senha in ["", "x", "a\u{0}b"] {
        let body = |perfil: &str| json!({"login": "x", "perfil": perfil, "senha": senha});
        let hidden = ask(server, &chefe, Method::POST, "/api/admin/usuarios", body("Caixa")).await;
        let absent = ask(server, &chefe, Method::POST, "/api/admin/usuarios", body("Nenhum")).await;
        assert_eq!((hidden.status, hidden.body), (absent.status, absent.body));
    }
}

async fn nobody_locks_out_who_may_do_more(server: &Server) {
    hierarchy(server).await;
    let portaria = nome("Portaria");
    server.provisioning.create_perfil(&portaria, Some(&nome("Suporte"))).await.unwrap();
    server.provisioning.grant(&portaria, &[Permissao::AdministrarUsuarios]).await.unwrap();
    usuario(server, "porteiro", "Portaria").await;
    usuario(server, "colega", "Portaria").await;
    let porteiro = server.token("porteiro").await;
    for (login, expected) in
        [("gestor", 403), ("user.api", 403), ("chefe", 403), ("colega", 200), ("user.sem.permissao", 200)]
    {
        let path = format!("/api/admin/usuarios/{}", id_of(server, login).await);
        for action in ["revogar-tokens", "desativar", "ativar"] {
            let answer = ask(server, &porteiro, Method::POST, &format!("{path}/{action}"), Value::Null).await;
            assert_eq!(answer.status, expected, "{login} {action}: {answer:?}");
        }
    }
    // What was withdrawn meanwhile counts too: it may be released again.
    server.provisioning.withdraw(Permissao::ALL, &nome("Filial")).await.unwrap();
    let chefe = format!("/api/admin/usuarios/{}", id_of(server, "chefe").await);
    for action in ["revogar-tokens", "desativar"] {
        let answer = ask(server, &porteiro, Method::POST, &format!("{chefe}/{action}"), Value::Null).await;
        answer.is(403, "Permissão fora da sua alçada");
    }
    // Oneself may go.
    let own = format!("/api/admin/usuarios/{}", id_of(server, "porteiro").await);
    assert_eq!(ask(server, &porteiro, Method::POST, &format!("{own}/revogar-tokens"), Value::Null).await.status, 200);
    server.clock.advance(Duration::seconds(1));
    let porteiro = server.token("porteiro").await;
    assert_eq!(ask(server, &porteiro, Method::POST, &format!("{own}/desativar"), Value::Null).await.status, 200);
}

async fn the_trail_shows_what_was_done_where_one_looks(server: &Server) {
    hierarchy(server).await;
    let (admin, gestor) = (server.token("admin").await, server.token("gestor").await);
    let acts = async |token: &str, path: &str, body: Value| {
        let answer = ask(server, token, Method::POST, path, body).await;
        assert!(answer.status < 300, "{answer:?}");
    };
    let seen = async |who: &str, query: &str| {
        let token = server.token(who).await;
        let path = format!("/api/admin/auditoria?{query}");
        let page = ask(server, &token, Method::GET, &path, Value::Null).await.json();
        let told = |entry: &Value| {
            format!("{} {} {}", entry["autor"].as_str().unwrap(), entry["acao"].as_str().unwrap(), entry["objeto"])
        };
        page["auditoria"].as_array().unwrap().iter().map(told).collect::<Vec<_>>()
    };
    // What one at root did before a move to Suporte stays root's, and what it does there is Suporte's.
    usuario(server, "novato", "Administrador").await;
    let novato = server.token("novato").await;
    acts(&novato, "/api/admin/motivos", json!({"nome": "Da raiz"})).await;
    let id = id_of(server, "novato").await;
    let path = format!("/api/admin/usuarios/{id}/perfil");
    assert_eq!(ask(server, &admin, Method::PUT, &path, json!({"perfil": "Gestão"})).await.status, 200);
    server.clock.advance(Duration::seconds(1));
    acts(&novato, "/api/admin/motivos", json!({"nome": "De Suporte"})).await;
    acts(&gestor, "/api/admin/motivos/1/desativar", Value::Null).await;
    acts(&gestor, "/api/admin/motivos/1/ativar", Value::Null).await;
    assert_eq!(
        seen("gestor", "acao=motivo").await,
        [
            r#"gestor motivo.ativar "Atendimento já finalizado""#,
            r#"gestor motivo.desativar "Atendimento já finalizado""#,
            r#"novato motivo.criar "De Suporte""#
        ]
    );
    assert_eq!(seen("gestor", "acao=motivo.ativar").await, [r#"gestor motivo.ativar "Atendimento já finalizado""#]);
    assert!(seen("chefe", "acao=motivo").await.is_empty());
    assert_eq!(seen("admin", "acao=motivo&limite=4").await[3], r#"novato motivo.criar "Da raiz""#);
    // What was done to users of Filial is seen from above, and from there.
    let balconista = id_of(server, "balconista").await;
    acts(&gestor, &format!("/api/admin/usuarios/{balconista}/revogar-tokens"), Value::Null).await;
    for (who, author) in [("admin", "gestor"), ("gestor", "gestor"), ("chefe", "(oculto)")] {
        let told = format!(r#"{author} usuario.revogar-tokens "balconista""#);
        assert_eq!(seen(who, "acao=usuario.revogar-tokens").await, [told]);
    }
    // Page by page comes the same, each entry once, also where author and subject are seen.
    for who in ["admin", "gestor", "chefe"] {
        let token = server.token(who).await;
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/admin/auditoria?limite=3{cursor}");
            let page = ask(server, &token, Method::GET, &path, Value::Null).await.json();
            ids.extend(page["auditoria"].as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap()));
            let Some(next) = page["proximo"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let whole = ask(server, &token, Method::GET, "/api/admin/auditoria?limite=200", Value::Null).await.json();
        let whole: Vec<i64> =
            whole["auditoria"].as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, whole, "{who}");
        assert!(ids.len() >= 3 && ids.is_sorted_by(|a, b| a > b), "{who}: {ids:?}");
    }
}

async fn what_nobody_sees_gets_no_name(server: &Server) {
    let token = server.token("admin").await;
    for hidden in
        ["\u{200b}", "\u{202e}", "\u{feff}", "\u{3164}", "\u{e000}", "\u{10ffff}", "\u{7f}", "\u{2028}", "\u{ad}"]
    {
        // What is white space is trimmed at the ends, as everywhere.
        let at_the_end = format!("x{hidden}");
        for text in [format!("a{hidden}b"), at_the_end].into_iter().filter(|text| text.trim() == text) {
            let invalid = async |path: &str, body: Value, field: &str| {
                let answer = ask(server, &token, Method::POST, path, body).await;
                answer.is(400, &format!("{field} – valor inválido"));
            };
            invalid("/api/admin/niveis", json!({"nome": text}), "nome").await;
            invalid("/api/admin/perfis", json!({"nome": text, "root": true}), "nome").await;
            invalid("/api/admin/motivos", json!({"nome": text}), "nome").await;
            let usuario = json!({"login": text, "perfil": "Consulta", "senha": "uma senha comprida"});
            invalid("/api/admin/usuarios", usuario, "login").await;
            invalid("/api/atendimentos", json!({"protocolo": text}), "protocolo").await;
            let prefix: String = url::form_urlencoded::byte_serialize(format!("a{hidden}b").as_bytes()).collect();
            let path = format!("/api/admin/atendimentos?protocolo={prefix}");
            ask(server, &token, Method::GET, &path, Value::Null).await.is(400, "protocolo – valor inválido");
        }
    }
    for (text, status) in [("a\u{fffd}o", 400), ("abc 😀", 201), ("SP/2022-7", 201), ("  20221204000009 ", 201)] {
        let answer = ask(server, &token, Method::POST, "/api/atendimentos", json!({"protocolo": text})).await;
        assert_eq!(answer.status, status, "{answer:?}");
        let aviso = "O protocolo não se parece com os do Citrus, como 20221104000001";
        let expected = if text.contains("2022120") || status == 400 { Value::Null } else { json!([aviso]) };
        assert_eq!(answer.json()["avisos"], expected, "{text}");
    }
    let drawn = ask(server, &token, Method::POST, "/api/atendimentos", json!({})).await;
    assert_eq!((drawn.status, &drawn.json()["avisos"]), (201, &Value::Null));
    for visible in ["Ação – nº 5", "営業 / vendas", "<b>negrito</b>", "x".repeat(255).as_str()] {
        let answer = ask(server, &token, Method::POST, "/api/admin/motivos", json!({"nome": visible})).await;
        assert_eq!(answer.json()["nome"], visible);
    }
}

async fn parameters_that_are_sent_have_a_value(server: &Server) {
    let token = server.token("admin").await;
    for (list, names) in [
        ("atendimentos", &["protocolo", "status", "desde", "ate", "cursor", "limite"][..]),
        ("auditoria", &["desde", "ate", "acao", "cursor", "limite"]),
        ("usuarios", &["cursor", "limite"]),
    ] {
        for name in names {
            for blank in ["", "+"] {
                let path = format!("/api/admin/{list}?{name}={blank}");
                let answer = ask(server, &token, Method::GET, &path, Value::Null).await;
                answer.is(400, &format!("{name} – valor inválido"));
            }
        }
    }
    // A name that may be left out may be blank.
    let made = ask(server, &token, Method::POST, "/api/atendimentos", json!({"status": " "})).await;
    assert_eq!(made.json()["status"], "Aberto");
}

async fn who_sets_up_users_sees_the_perfis_for_them(server: &Server) {
    hierarchy(server).await;
    let portaria = nome("Portaria");
    server.provisioning.create_perfil(&portaria, Some(&nome("Suporte"))).await.unwrap();
    server.provisioning.grant(&portaria, &[Permissao::AdministrarUsuarios]).await.unwrap();
    usuario(server, "porteiro", "Portaria").await;
    let names = async |who: &str| {
        let token = server.token(who).await;
        let answer = ask(server, &token, Method::GET, "/api/admin/usuarios/perfis", Value::Null).await;
        let perfis = answer.json()["perfis"].as_array().cloned().unwrap_or_default();
        let names: Vec<String> = perfis.iter().map(|perfil| perfil["nome"].as_str().unwrap().to_owned()).collect();
        (answer.status, names.join(" "))
    };
    assert_eq!(names("porteiro").await, (200, "Balcão Consulta Leitura Portaria".to_owned()));
    assert_eq!(names("chefe").await, (200, "Balcão Chefia".to_owned()));
    assert_eq!(names("gestor").await, (200, "Balcão Chefia Consulta Gestão Integração Leitura Portaria".to_owned()));
    assert_eq!(names("user.sem.permissao").await.0, 403);
    let token = server.token("porteiro").await;
    ask(server, &token, Method::GET, "/api/admin/perfis", Value::Null).await.is(403, "Acess denied");
    for perfil in ["Balcão", "Consulta", "Leitura", "Portaria"] {
        let body = json!({"login": format!("de {perfil}"), "perfil": perfil, "senha": "uma senha comprida"});
        let made = ask(server, &token, Method::POST, "/api/admin/usuarios", body).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert!(!made.body.contains("avisos"), "{made:?}");
    }
}

async fn a_senha_has_eight_characters_at_least(server: &Server) {
    let token = server.token("admin").await;
    let refused = "senha – valor inválido; uma senha tem de 8 caracteres a 1024 bytes, sem NUL, e não só espaços";
    for (login, senha) in [("a", "12345678"), ("b", "éééééééé")] {
        let body = |senha: &str| json!({"login": login, "perfil": "Consulta", "senha": senha});
        let create = async |senha: &str| ask(server, &token, Method::POST, "/api/admin/usuarios", body(senha)).await;
        for short in ["1", "1234", "1234567", "ééééééé", "        ", "\u{3000} \t\n \u{a0}\u{200b} "] {
            create(short).await.is(400, refused);
        }
        let made = create(senha).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert!(!made.body.contains("avisos"), "{made:?}");
        let path = format!("/api/admin/usuarios/{}/senha", made.json()["id"]);
        let set = async |senha: &str| ask(server, &token, Method::PUT, &path, json!({"senha": senha})).await;
        for short in ["1", "1234", "1234567", "ééééééé", "        ", "\u{3000} \t\n \u{a0}\u{200b} "] {
            set(short).await.is(400, refused);
        }
        assert_eq!(server.login_with(&json!({"login": login, "senha": senha})).await.status, 200, "{login}");
        assert_eq!(set(&format!("{senha}9")).await.status, 200);
    }
}

async fn the_tree_has_a_limit_of_depth(server: &Server) {
    let token = server.token("admin").await;
    let mut superior = "Suporte".to_owned();
    // Empresa and Suporte are there.
    for depth in 3..=32 {
        let nome = format!("n{depth}");
        let body = json!({"nome": nome, "superior": superior});
        assert_eq!(ask(server, &token, Method::POST, "/api/admin/niveis", body).await.status, 201, "{depth}");
        superior = nome;
    }
    let body = json!({"nome": "n33", "superior": superior});
    ask(server, &token, Method::POST, "/api/admin/niveis", body).await.is(400, "superior – valor inválido");
    let beside = json!({"nome": "n33", "superior": "n31"});
    assert_eq!(ask(server, &token, Method::POST, "/api/admin/niveis", beside).await.status, 201);
}

both_engines! {
    hidden_ids_are_answered_as_absent_ones,
    nobody_locks_out_who_may_do_more,
    the_trail_shows_what_was_done_where_one_looks,
    what_nobody_sees_gets_no_name,
    parameters_that_are_sent_have_a_value,
    who_sets_up_users_sees_the_perfis_for_them,
    a_senha_has_eight_characters_at_least,
    the_tree_has_a_limit_of_depth,
}
