//! What the audit trail tells an administrator: no name that the hierarchy hides, by whatever way it is read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use citrus_status::domain::access::Permissao;
use reqwest::Method;
use serde_json::{Value, json};

use super::admin::{ask, hierarchy, id_of, usuario};
use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::server::{Server, nome};

/// What stands in place of a name.
const HIDDEN: &str = "(oculto)";

/// The entries of an action as somebody reads them: who, what, before and after.
async fn told(server: &Server, who: &str, action: &str) -> Vec<Value> {
    let token = server.token(who).await;
    let page =
        ask(server, &token, Method::GET, &format!("/api/admin/auditoria?acao={action}"), Value::Null).await.json();
    let told = |entry: &Value| json!([entry["autor"], entry["objeto"], entry["antes"], entry["depois"]]);
    page["auditoria"].as_array().unwrap().iter().map(told).collect()
}

async fn names_that_the_hierarchy_hides_are_masked(server: &Server, database: &Database) {
    hierarchy(server).await;
    let [admin, gestor] = [server.token("admin").await, server.token("gestor").await];
    let acts = async |token: &str, method: Method, path: &str, body: Value| {
        let answer = ask(server, token, method, path, body).await;
        assert!(answer.status < 300, "{answer:?}");
    };
    usuario(server, "colega", "Leitura").await;
    let [caixa, colega, balconista] =
        [id_of(server, "caixa").await, id_of(server, "colega").await, id_of(server, "balconista").await];
    let [leitura, balcao, filial] =
        [id_of(server, "Leitura").await, id_of(server, "Balcão").await, id_of(server, "Filial").await];
    let (put, post) = (Method::PUT, Method::POST);
    // Of somebody above, about somebody here.
    acts(&gestor, post.clone(), &format!("/api/admin/usuarios/{balconista}/revogar-tokens"), Value::Null).await;
    assert_eq!(told(server, "chefe", "usuario.revogar-tokens").await, [json!([HIDDEN, "balconista", null, null])]);
    // Somebody who came from beside.
    acts(&admin, put.clone(), &format!("/api/admin/usuarios/{caixa}/perfil"), json!({"perfil": "Balcão"})).await;
    let moved = json!([HIDDEN, "caixa", {"perfil": HIDDEN}, {"perfil": "Balcão"}]);
    assert_eq!(told(server, "chefe", "usuario.perfil").await, [moved]);
    // Somebody who has gone, and a perfil that has.
    acts(&gestor, post.clone(), &format!("/api/admin/usuarios/{colega}/desativar"), Value::Null).await;
    acts(&gestor, put.clone(), &format!("/api/admin/perfis/{leitura}/permissoes/alterar-status"), Value::Null).await;
    acts(&gestor, put.clone(), &format!("/api/admin/perfis/{balcao}/permissoes/administrar-motivos"), Value::Null)
        .await;
    acts(&gestor, put.clone(), &format!("/api/admin/perfis/{balcao}/permissoes/criar-atendimento"), Value::Null).await;
    acts(&gestor, Method::DELETE, &format!("/api/admin/niveis/{filial}/permissoes/administrar-motivos"), Value::Null)
        .await;
    let sub = json!({"nome": "Posto", "superior": "Filial"});
    acts(&gestor, post, "/api/admin/niveis", sub).await;
    server.provisioning.set_perfil(&nome("colega"), &nome("Caixa")).await.unwrap();
    database
        .execute("UPDATE perfil SET nivel_id = (SELECT id FROM nivel WHERE nome = 'Vendas') WHERE nome = 'Leitura'")
        .await;
    server.provisioning.withdraw(&[Permissao::AdministrarMotivos], &nome("Suporte")).await.unwrap();
    let granted = |names: &[&str]| json!({"permissoes": names});
    let active = |ativo: bool| json!({"ativo": ativo});
    assert_eq!(
        told(server, "gestor", "usuario.desativar").await,
        [json!(["gestor", HIDDEN, active(true), active(false)])]
    );
    assert_eq!(
        told(server, "gestor", "perfil.conceder").await,
        [
            json!(["gestor", "Balcão", granted(&[HIDDEN]), granted(&[HIDDEN, "criar-atendimento"])]),
            json!(["gestor", "Balcão", granted(&[]), granted(&[HIDDEN])]),
            json!(["gestor", HIDDEN, granted(&[]), granted(&["alterar-status"])]),
        ]
    );
    assert_eq!(told(server, "gestor", "nivel.criar").await, [json!(["gestor", "Posto", null, {"superior": "Filial"}])]);
    let all = told(server, "admin", "perfil.conceder").await;
    assert!(!json!(all).to_string().contains(HIDDEN), "{all:?}");
    // The pages and the file say the same.
    let mut browser = Browser::signed_in(server, "gestor").await;
    for path in ["/console/auditoria?acao=perfil.conceder", "/console/auditoria.csv?acao=perfil.conceder"] {
        let page = browser.get(path).await;
        for hidden in ["Leitura", "administrar-motivos", "Administer motivos"] {
            assert!(!page.body.split("</form>").last().unwrap().contains(hidden), "{hidden}: {page:?}");
        }
        assert!(page.body.matches(HIDDEN).count() >= 2, "{page:?}");
    }
}

async fn what_another_program_wrote_is_hidden_where_it_may_be_a_name(server: &Server, database: &Database) {
    hierarchy(server).await;
    for (action, object, after) in [
        ("perfil.conceder", "Balcão", r#"'{"permissoes": "administrar-perfis", "x": {"y": "Vendas"}, "ativo": true}'"#),
        ("permissao.liberar", "Vendas", "'Vendas'"),
        ("usuario.novo", "caixa", r#"'{"nivel": "filial", "numero": 7}'"#),
        ("motivo.criar", "Vendas", r#"'{"ativo": true, "nota": "livre"}'"#),
    ] {
        database
            .execute(&format!(
                "INSERT INTO auditoria (em, origem, autor, lugar, acao, objeto, depois, autor_nivel_id) \
                 SELECT a.em, 'comando', 'maria', 'host', '{action}', '{object}', {after}, n.id \
                 FROM auditoria a, nivel n WHERE n.nome = 'Filial' ORDER BY a.id DESC LIMIT 1"
            ))
            .await;
    }
    let chefe = server.token("chefe").await;
    let page = ask(server, &chefe, Method::GET, "/api/admin/auditoria?limite=4", Value::Null).await.json();
    let told = |entry: &Value| json!([entry["objeto"], entry["depois"]]);
    let told: Vec<Value> = page["auditoria"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        told,
        [
            json!(["Vendas", {"ativo": true, "nota": "livre"}]),
            json!([HIDDEN, {"nivel": "filial", "numero": 7}]),
            json!([HIDDEN, HIDDEN]),
            json!(["Balcão", {"permissoes": "administrar-perfis", "x": HIDDEN, "ativo": true}]),
        ]
    );
}

async fn what_is_no_place_in_a_list_is_refused(server: &Server) {
    let token = server.token("admin").await;
    let mut browser = Browser::signed_in(server, "admin").await;
    let moment = |millis: i64, id: i64| URL_SAFE_NO_PAD.encode([millis.to_be_bytes(), id.to_be_bytes()].concat());
    // Before 4713 BC, at the ends of what a time can be, and years of more or fewer than four digits.
    for millis in
        [i64::MIN, -377_705_116_800_000, -210_900_000_000_000, -62_167_219_200_001, 253_402_300_800_000, i64::MAX]
    {
        let cursor = moment(millis, 1);
        let path = format!("/api/admin/auditoria?cursor={cursor}");
        ask(server, &token, Method::GET, &path, Value::Null).await.is(400, "cursor – valor inválido");
        assert_eq!(browser.get(&format!("/console/auditoria?cursor={cursor}")).await.status, 400, "{millis}");
    }
    for (millis, id) in [(-62_167_219_200_000, i64::MIN), (253_402_300_799_999, i64::MAX), (0, 0)] {
        let path = format!("/api/admin/auditoria?cursor={}", moment(millis, id));
        assert_eq!(ask(server, &token, Method::GET, &path, Value::Null).await.status, 200, "{millis}");
    }
    for list in ["auditoria", "atendimentos"] {
        for name in ["desde", "ate"] {
            for text in ["9999-12-31T23:59:59.999-23:59", "0000-01-01T00:00:00%2B23:59"] {
                let path = format!("/api/admin/{list}?{name}={text}");
                let told = format!("{name} – valor inválido");
                ask(server, &token, Method::GET, &path, Value::Null).await.is(400, &told);
            }
            for text in ["9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"] {
                let path = format!("/api/admin/{list}?{name}={text}");
                assert_eq!(ask(server, &token, Method::GET, &path, Value::Null).await.status, 200, "{path}");
            }
        }
    }
    // Numbers and names: what is none, and the ends of what one can be.
    for bytes in [
        &b""[..],
        b"a\0b",
        b"\xff",
        &[0; 8],
        &[0xff; 8],
        &i64::MAX.to_be_bytes(),
        "\u{10ffff}".as_bytes(),
        &[b'x'; 300],
    ] {
        let cursor = URL_SAFE_NO_PAD.encode(bytes);
        for path in [
            "/api/admin/usuarios",
            "/api/admin/atendimentos",
            "/api/admin/auditoria",
            "/api/atendimentos/20221104000001/historico",
        ] {
            let answer = ask(server, &token, Method::GET, &format!("{path}?cursor={cursor}"), Value::Null).await;
            assert!([200, 400].contains(&answer.status), "{path} {bytes:?}: {answer:?}");
        }
        for path in ["atendimentos", "auditoria", "usuarios"] {
            for name in ["cursor", "apos", "antes", "depois"] {
                let answer = browser.get(&format!("/console/{path}?{name}={cursor}")).await;
                assert!([200, 400].contains(&answer.status), "{path} {bytes:?}: {answer:?}");
            }
        }
    }
}

both_engines! {
    names_that_the_hierarchy_hides_are_masked,
    what_another_program_wrote_is_hidden_where_it_may_be_a_name,
    what_is_no_place_in_a_list_is_refused,
}
