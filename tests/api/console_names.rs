//! Names that are no names, on the pages of administration.

use citrus_status::domain::access::Permissao;
use secrecy::SecretString;

use super::admin::id_of;
use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

const NAMES: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></textarea></select><svg/onload=alert(1)>",
    "{{7*7}}${7*7}&lt;b&gt; {} {}",
    "javascript:alert(1)//",
];

#[track_caller]
fn is_text(page: &Answer) {
    for evil in [
        "<script>",
        "<img src=x",
        "onerror=alert(1)>",
        "' onmouseover",
        "<svg/onload",
        "href=\"javascript",
        "</textarea>",
    ] {
        assert!(!page.body.contains(evil), "{evil}: {}", page.body);
    }
}

async fn names_are_text_and_nothing_else(server: &Server) {
    let provisioning = &server.provisioning;
    for name in NAMES {
        let (nivel, perfil) = (nome(&format!("{name} n")), nome(&format!("{name} p")));
        provisioning.create_nivel(&nivel, Some(&nome("Suporte"))).await.unwrap();
        provisioning.create_perfil(&perfil, Some(&nivel)).await.unwrap();
        provisioning.release(&[Permissao::AlterarStatus], &nivel).await.unwrap();
        provisioning.grant(&perfil, &[Permissao::AlterarStatus]).await.unwrap();
        provisioning.create_usuario(&nome(name), &perfil, SecretString::from("1234")).await.unwrap();
    }
    let mut admin = Browser::signed_in(server, "admin").await;
    for list in ["usuarios", "perfis", "niveis", "auditoria", "servidor"] {
        is_text(&admin.get(&format!("/console/{list}")).await);
    }
    let page = admin.get("/console").await;
    for name in NAMES {
        let usuario = format!("/console/usuarios/{}", id_of(server, name).await);
        for action in ["", "/senha", "/perfil", "/situacao", "/revogar"] {
            let shown = admin.get(&format!("{usuario}{action}")).await;
            assert_eq!(shown.status, 200);
            is_text(&shown);
        }
        let perfil = format!("/console/perfis/{}", id_of(server, &format!("{name} p")).await);
        let nivel = format!("/console/niveis/{}", id_of(server, &format!("{name} n")).await);
        for path in [&perfil, &nivel] {
            is_text(&admin.get(path).await);
            // The question, and the form of what somebody else has changed.
            let question = admin.fill(&page, path, &[("visto", "alterar-status")]).await;
            assert_eq!(question.status, 200, "{question:?}");
            is_text(&question);
            let changed = admin.fill(&page, path, &[("visto", name), ("permissao", name), ("confirmado", "sim")]).await;
            assert_eq!(changed.status, 409, "{changed:?}");
            is_text(&changed);
        }
        let seen = admin.get(&format!("{usuario}/perfil")).await;
        let seen = crate::support::browser::value_of(&seen.body, "visto").unwrap();
        let perfil = format!("{} p", NAMES[0]);
        let fields = [("visto", seen.as_str()), ("perfil", if name == NAMES[0] { "Consulta" } else { &perfil })];
        is_text(&admin.fill(&page, &format!("{usuario}/perfil"), &fields).await);
        // As typed, in each form and in each search.
        for (list, fields) in [
            ("usuarios", [("login", name), ("perfil", name), ("senha", name)]),
            ("perfis", [("nome", name), ("nivel", name), ("x", name)]),
            ("niveis", [("nome", name), ("superior", name), ("x", name)]),
        ] {
            let answer = admin.fill(&page, &format!("/console/{list}"), &fields).await;
            assert!((400..500).contains(&answer.status), "{answer:?}");
            is_text(&answer);
        }
        let text: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        for query in
            ["usuarios?procura=", "usuarios?depois=", "auditoria?usuario=", "auditoria?acao=", "auditoria?desde="]
        {
            is_text(&admin.get(&format!("/console/{query}{text}")).await);
        }
        // Done, and told by the next page.
        let seen = admin.get(&format!("{usuario}/revogar")).await;
        let visto = crate::support::browser::value_of(&seen.body, "visto").unwrap();
        assert_eq!(admin.fill(&seen, &format!("{usuario}/revogar"), &[("visto", &visto)]).await.status, 303);
        let told = admin.get(&usuario).await;
        assert!(told.body.contains("Tokens and sessions of “"), "{told:?}");
        is_text(&told);
    }
}

async fn marks_that_turn_the_writing_are_spelled_out(server: &Server, database: &Database) {
    // As an older release took them.
    for statement in [
        "UPDATE usuario SET login = 'a\u{202e}b' WHERE login = 'user.api'",
        "UPDATE perfil SET nome = 'c\u{2066}d' WHERE nome = 'Consulta'",
        "UPDATE nivel SET nome = 'e\u{200f}f' WHERE nome = 'Suporte'",
    ] {
        database.execute(statement).await;
    }
    let mut admin = Browser::signed_in(server, "admin").await;
    let id = database.number("SELECT id FROM usuario WHERE chave = 'user.api'").await;
    let usuario = format!("usuarios/{id}");
    for (path, text) in [
        ("usuarios", "a\\u{202e}b"),
        ("perfis", "c\\u{2066}d"),
        ("niveis", "e\\u{200f}f"),
        (usuario.as_str(), "a\\u{202e}b"),
        (&format!("{usuario}/senha"), "a\\u{202e}b"),
        (&format!("{usuario}/perfil"), "c\\u{2066}d"),
    ] {
        let page = admin.get(&format!("/console/{path}")).await;
        assert!(page.body.contains(text), "{path}: {}", page.body);
        // The value of a choice has to be as it is stored.
        let shown = page.body.replace("<option value=\"c\u{2066}d\"", "").replace("<option value=\"e\u{200f}f\"", "");
        assert!(!shown.contains(['\u{202e}', '\u{2066}', '\u{200f}']), "{path}: {shown}");
    }
}

async fn names_of_255_characters_are_whole(server: &Server) {
    let long = |end: &str| format!("{}{end}", "é".repeat(255 - end.len()));
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get("/console").await;
    let fields = [("nome", long("n")), ("superior", "Suporte".to_owned())];
    let send = async |admin: &mut Browser<'_>, list: &str, fields: &[(&str, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let answer = admin.fill(&page, &format!("/console/{list}"), &fields).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        admin.get(&format!("/console/{list}")).await
    };
    let niveis = send(&mut admin, "niveis", &fields).await;
    assert!(
        niveis.body.contains(&format!("<bdi>{}</bdi>", long("n"))) && niveis.body.contains("notice done"),
        "{niveis:?}"
    );
    let perfis = send(&mut admin, "perfis", &[("nome", long("p")), ("nivel", long("n"))]).await;
    assert!(perfis.body.contains(&format!("<bdi>{}</bdi>", long("p"))), "{perfis:?}");
    let fields = [("login", long("u")), ("perfil", long("p")), ("senha", "uma senha".to_owned())];
    let usuarios = send(&mut admin, "usuarios", &fields).await;
    assert!(usuarios.body.contains(&format!("<bdi>{}</bdi>", long("u"))), "{usuarios:?}");
}

both_engines! {
    names_are_text_and_nothing_else,
    marks_that_turn_the_writing_are_spelled_out,
    names_of_255_characters_are_whole,
}
