//! The pages of users.

use citrus_status::domain::access::Permissao;
use serde_json::json;
use time::Duration;

use super::admin::{hierarchy, id_of, usuario};
use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

const PAGE: &str = "/console/usuarios";

/// Fills in the form of `page`, as it was seen, and confirms what it says.
async fn confirm(browser: &mut Browser<'_>, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let seen = value_of(&page.body, "visto").unwrap_or_else(|| panic!("{page:?}"));
    let told = value_of(&page.body, "confirmado");
    let first: Vec<_> = told.iter().map(|told| ("confirmado", told.as_str())).collect();
    browser.fill(page, path, &[&first, fields, &[("visto", seen.as_str())]].concat()).await
}

async fn a_user_is_created_moved_revoked_and_switched_off(server: &Server, database: &Database) {
    hierarchy(server).await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    let fields = [("login", " ana.souza "), ("perfil", "Integração"), ("senha", "uma senha")];
    let answer = admin.fill(&page, PAGE, &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("../console/usuarios")), "{answer:?}");
    admin.get(PAGE).await.has_all(&["User “ana.souza” created; they can sign in now.", "<bdi>ana.souza</bdi>"]);
    let path = format!("{PAGE}/{}", id_of(server, "ana.souza").await);
    admin.get(&path).await.has_all(&["<bdi>ana.souza</bdi>", "<bdi>Integração</bdi>", "<bdi>Suporte</bdi>"]);

    let login = json!({"login": "ana.souza", "senha": "uma senha"});
    let token = server.login_with(&login).await.json()["accessToken"].as_str().unwrap().to_owned();
    let revoke = format!("{path}/revogar");
    let question = admin.get(&revoke).await;
    question.has_all(&["The tokens and sessions of ana.souza end within a second"]);
    assert_eq!(confirm(&mut admin, &question, &revoke, &[]).await.status, 303);
    server.clock.advance(Duration::seconds(1));
    assert_eq!(server.change_with(&token, "{}").await.status, 401);
    admin.get(&path).await.has_all(&["Tokens and sessions of “ana.souza” revoked."]);

    let senha = format!("{path}/senha");
    let question = admin.get(&senha).await;
    question.has_all(&["Set a new password for “ana.souza”?", "The present password no longer counts"]);
    let fields = [("senha", "outra senha"), ("senha_de_novo", "outra senha")];
    assert_eq!(confirm(&mut admin, &question, &senha, &fields).await.status, 303);
    let mut ana = Browser::new(server);
    assert_eq!(ana.sign_in("ana.souza", "uma senha").await.status, 401);
    assert_eq!(ana.sign_in("ana.souza", "outra senha").await.status, 303);

    // What changes is said before.
    let perfil = format!("{path}/perfil");
    let choice = admin.get(&perfil).await;
    choice.has_all(&["Current perfil: Integração"]);
    let question = confirm(&mut admin, &choice, &perfil, &[("perfil", "Chefia")]).await;
    question.has_all(&["Move “ana.souza” from “Integração” to “Chefia”?", "<h2>Gains</h2>", "Administer perfis"]);
    assert!(!question.body.contains("That is a root perfil"), "{question:?}");
    let root = confirm(&mut admin, &choice, &perfil, &[("perfil", "Administrador")]).await;
    root.has_all(&["That is a root perfil: it is above all níveis"]);
    assert!(!question.body.contains("<h2>Loses</h2>"), "{question:?}");
    assert_eq!(
        confirm(&mut admin, &question, &perfil, &[("perfil", "Chefia"), ("confirmado", "sim")]).await.status,
        303
    );
    admin.get(&path).await.has_all(&["“ana.souza” now has the perfil “Chefia”.", "<bdi>Filial</bdi>"]);
    let choice = admin.get(&perfil).await;
    confirm(&mut admin, &choice, &perfil, &[("perfil", "Consulta")]).await.has_all(&["<h2>Loses</h2>"]);

    let situacao = format!("{path}/situacao");
    let question = admin.get(&situacao).await;
    question.has_all(&["Deactivate “ana.souza”?", "ana.souza can no longer sign in"]);
    assert_eq!(confirm(&mut admin, &question, &situacao, &[("ativo", "nao")]).await.status, 303);
    assert_eq!(ana.sign_in("ana.souza", "outra senha").await.status, 404, "as one who is not there");
    let question = admin.get(&situacao).await;
    question.has_all(&["Activate “ana.souza”?"]);
    assert_eq!(confirm(&mut admin, &question, &situacao, &[("ativo", "sim")]).await.status, 303);
    assert_eq!(ana.sign_in("ana.souza", "outra senha").await.status, 303);
    let entries = "SELECT count(*) FROM auditoria WHERE usuario_id = (SELECT id FROM usuario WHERE login = 'ana.souza') \
                   AND autor_id = (SELECT id FROM usuario WHERE login = 'admin')";
    assert_eq!(database.number(entries).await, 6);
}

async fn what_is_wrong_stands_beside_its_field(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    let long = "é".repeat(256);
    for (login, perfil, senha, status, field, text) in [
        ("", "Consulta", "uma senha", 400, "login", "Type the login."),
        (" ", "Consulta", "uma senha", 400, "login", "Type the login."),
        (
            long.as_str(),
            "Consulta",
            "uma senha",
            400,
            "login",
            "Type a login of at most 255 characters; there are 256.",
        ),
        ("a\u{7}", "Consulta", "uma senha", 400, "login", "The login has characters that nobody sees"),
        ("anonimo-7", "Consulta", "uma senha", 400, "login", "Logins that begin with “anonimo-”"),
        ("USER.API", "Consulta", "uma senha", 409, "login", "This login is taken."),
        ("ana", "", "uma senha", 400, "perfil", "Choose a perfil."),
        ("ana", "Ninguém", "uma senha", 404, "perfil", "This perfil is not one that you can assign."),
        ("ana", "Consulta", "", 400, "senha", "Type the password."),
        ("ana", "Consulta", "1", 400, "senha", "Type a password of at least 8 characters; there is 1."),
        ("ana", "Consulta", "         ", 400, "senha", "The password has only blanks. Type another one."),
        ("ana", "Consulta", "\u{a0}\u{3000}\t\t     ", 400, "senha", "The password has only blanks."),
        (
            "ana",
            "Consulta",
            "\u{301}\u{301}\u{301}\u{301}\u{489}\u{301}\u{301}\u{301}",
            400,
            "senha",
            "The password has only blanks.",
        ),
        (
            "ana",
            "Consulta",
            "\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}\u{34f}\u{fe0f}\u{3164}",
            400,
            "senha",
            "The password has only blanks.",
        ),
        ("ana", "Consulta", "ééééééé", 400, "senha", "Type a password of at least 8 characters; there are 7."),
        (
            "ana",
            "Consulta",
            &"x".repeat(1025),
            400,
            "senha",
            "Type a password of at most 1,024 characters, of which those with accents count twice; there are 1,025.",
        ),
        ("ana", "Consulta", "a\0b", 400, "senha", "The password has a character"),
    ] {
        let answer = admin.fill(&page, PAGE, &[("login", login), ("perfil", perfil), ("senha", senha)]).await;
        assert_eq!(answer.status, status, "{login} {perfil}: {answer:?}");
        let error = answer.body.split(&format!("id=\"{field}-erro\">")).nth(1).unwrap_or_else(|| panic!("{answer:?}"));
        assert!(error.starts_with(text), "{login} {perfil}: {error}");
        assert_eq!(value_of(&answer.body, "login").as_deref(), Some(login));
        if perfil == "Consulta" {
            answer.has_all(&["<option value=\"Consulta\" selected>"]);
        }
        assert!(!senha.starts_with("xx") || !answer.body.contains(senha), "a senha is given back");
        answer.has_all(&["<bdi>user.api</bdi>"]);
    }
    let path = format!("{PAGE}/{}/senha", id_of(server, "user.api").await);
    let question = admin.get(&path).await;
    let answer =
        confirm(&mut admin, &question, &path, &[("senha", "um segredo"), ("senha_de_novo", "um segrdo")]).await;
    assert_eq!(answer.status, 400);
    answer.has_all(&["id=\"senha_de_novo-erro\">The two passwords are not the same."]);
    assert!(!answer.body.contains("segr"), "{answer:?}");
    let answer = confirm(&mut admin, &question, &path, &[("senha", ""), ("senha_de_novo", "")]).await;
    assert_eq!(answer.status, 400);
    answer.has_all(&["id=\"senha-erro\">"]);
    server.token("user.api").await;
}

async fn two_people_do_not_undo_each_other(server: &Server) {
    hierarchy(server).await;
    let id = id_of(server, "user.api").await;
    let mut first = Browser::signed_in(server, "admin").await;
    let mut second = Browser::signed_in(server, "gestor").await;
    for (action, fields, then) in [
        ("revogar", &[][..], "Revoke the tokens and sessions of “user.api”?"),
        ("senha", &[("senha", "nova senha"), ("senha_de_novo", "nova senha")], "Set a new password for “user.api”?"),
    ] {
        let path = format!("{PAGE}/{id}/{action}");
        let (mine, theirs) = (first.get(&path).await, second.get(&path).await);
        assert_eq!(confirm(&mut second, &theirs, &path, fields).await.status, 303, "{action}");
        let answer = confirm(&mut first, &mine, &path, fields).await;
        assert_eq!(answer.status, 409, "{action}: {answer:?}");
        answer.has_all(&["Somebody changed this user meanwhile, and nothing was done.", then]);
        // What is shown now can be confirmed.
        assert_eq!(confirm(&mut first, &answer, &path, fields).await.status, 303);
    }
    // Both want the same, and it is so by now.
    let path = format!("{PAGE}/{id}/situacao");
    for ativo in ["nao", "sim"] {
        let (mine, theirs) = (first.get(&path).await, second.get(&path).await);
        assert_eq!(confirm(&mut second, &theirs, &path, &[("ativo", ativo)]).await.status, 303, "{ativo}");
        assert_eq!(confirm(&mut first, &mine, &path, &[("ativo", ativo)]).await.status, 303, "{ativo}");
    }
    // By now it is not: what the first of them saw was before both.
    let mine = first.get(&path).await;
    for ativo in ["nao", "sim"] {
        let theirs = second.get(&path).await;
        assert_eq!(confirm(&mut second, &theirs, &path, &[("ativo", ativo)]).await.status, 303, "{ativo}");
    }
    let answer = confirm(&mut first, &mine, &path, &[("ativo", "nao")]).await;
    assert_eq!(answer.status, 409, "{answer:?}");
    answer.has_all(&["Somebody changed this user meanwhile, and nothing was done.", "Deactivate “user.api”?"]);
    let path = format!("{PAGE}/{id}/perfil");
    let (mine, theirs) = (first.get(&path).await, second.get(&path).await);
    let my_question = confirm(&mut first, &mine, &path, &[("perfil", "Chefia")]).await;
    assert_eq!(my_question.status, 200);
    let question = confirm(&mut second, &theirs, &path, &[("perfil", "Consulta")]).await;
    let fields = [("perfil", "Consulta"), ("confirmado", "sim")];
    assert_eq!(confirm(&mut second, &question, &path, &fields).await.status, 303);
    for (page, fields) in
        [(&mine, &[("perfil", "Chefia")][..]), (&my_question, &[("perfil", "Chefia"), ("confirmado", "sim")])]
    {
        let answer = confirm(&mut first, page, &path, fields).await;
        assert_eq!(answer.status, 409, "{answer:?}");
        answer.has_all(&[
            "Somebody changed this user meanwhile",
            "Current perfil: Consulta",
            "<option value=\"Chefia\" selected>",
        ]);
    }
    // A form without what it saw, and one with what it did not see.
    let page = first.get(&path).await;
    for seen in ["", "0123456789abcdef"] {
        let fields = [("perfil", "Chefia"), ("confirmado", "sim"), ("visto", seen)];
        assert_eq!(first.fill(&page, &path, &fields).await.status, 409);
    }
}

/// Says why, and neither what would follow nor that it can be tried.
#[track_caller]
fn is_refused_at_once(page: &Answer, status: u16, why: &str) {
    assert_eq!(page.status, status, "{page:?}");
    page.has_all(&[why, ">Back</a>"]);
    for other in ["end within a second", "That is you", "type=\"password\"", "name=\"visto\""] {
        assert!(!page.body.contains(other), "{other}: {page:?}");
    }
}

async fn nobody_climbs(server: &Server) {
    hierarchy(server).await;
    // Administers users, and can hand on what it holds alone.
    server.provisioning.create_perfil(&nome("Cadastro"), Some(&nome("Suporte"))).await.unwrap();
    server.provisioning.grant(&nome("Cadastro"), &[Permissao::AdministrarUsuarios]).await.unwrap();
    usuario(server, "cadastro", "Cadastro").await;
    let mut cadastro = Browser::signed_in(server, "cadastro").await;
    let page = cadastro.get(PAGE).await;
    page.has_all(&["<option value=\"Cadastro\">", "<option value=\"Consulta\">"]);
    assert!(!page.body.contains("<option value=\"Gestão\">"), "{page:?}");
    let fields = [("login", "novo"), ("perfil", "Gestão"), ("senha", "um segredo")];
    let answer = cadastro.fill(&page, PAGE, &fields).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    answer.has_all(&["id=\"perfil-erro\">This perfil has permissions that you cannot grant."]);
    let gestor = format!("{PAGE}/{}/senha", id_of(server, "gestor").await);
    // What would be refused is not asked about.
    let question = cadastro.get(&gestor).await;
    is_refused_at_once(&question, 403, "That has a permission that you cannot grant.");
    let revoke = gestor.replace("/senha", "/revogar");
    is_refused_at_once(&cadastro.get(&revoke).await, 403, "That has a permission that you cannot grant.");
    let seen = value_of(&Browser::signed_in(server, "admin").await.get(&gestor).await.body, "visto").unwrap();
    let fields = [("senha", "minha senha"), ("senha_de_novo", "minha senha"), ("visto", seen.as_str())];
    for path in [&gestor, &revoke] {
        let answer = cadastro.fill(&page, path, &fields).await;
        is_refused_at_once(&answer, 403, "That has a permission that you cannot grant.");
    }
    server.token("gestor").await;

    // Nobody moves themselves, and the last root administrator stays.
    let mut admin = Browser::signed_in(server, "admin").await;
    let own = format!("{PAGE}/{}", id_of(server, "admin").await);
    assert!(!admin.get(&own).await.body.contains("/perfil\""), "no link to it");
    let perfil = format!("{own}/perfil");
    let choice = admin.get(&perfil).await;
    let question = confirm(&mut admin, &choice, &perfil, &[("perfil", "Consulta")]).await;
    let answer = confirm(&mut admin, &question, &perfil, &[("perfil", "Consulta"), ("confirmado", "sim")]).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    answer.has_all(&["Nobody gives themselves permissions. Another administrator can do it."]);
    let situacao = format!("{own}/situacao");
    // It is refused where it is looked at already.
    let question = admin.get(&situacao).await;
    is_refused_at_once(&question, 409, "First another active user needs a root perfil");
    let seen = value_of(&admin.get(&format!("{own}/senha")).await.body, "visto").unwrap();
    let answer = admin.fill(&question, &situacao, &[("ativo", "nao"), ("visto", &seen)]).await;
    is_refused_at_once(&answer, 409, "First another active user needs a root perfil");
}

async fn whoever_does_it_to_themselves_signs_in_again(server: &Server) {
    let senha = || "1234".into();
    for login in ["bia", "caio", "davi"] {
        server.provisioning.create_usuario(&nome(login), &nome("Administrador"), senha()).await.unwrap();
    }
    let new = [("senha", "outra senha"), ("senha_de_novo", "outra senha")];
    for (login, action, fields, told) in [
        ("bia", "senha", &new[..], "New password set for “bia”."),
        ("caio", "revogar", &[], "Tokens and sessions of “caio” revoked."),
        ("davi", "situacao", &[("ativo", "nao")], "You deactivated your own user."),
    ] {
        let mut browser = Browser::signed_in(server, login).await;
        let path = format!("{PAGE}/{}/{action}", id_of(server, login).await);
        let question = browser.get(&path).await;
        let answer = confirm(&mut browser, &question, &path, fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("../../../console/entrar")), "{answer:?}");
        let page = browser.get("/console/entrar").await;
        assert_eq!(page.status, 200, "{page:?}");
        page.has_all(&[told]);
    }
}

async fn users_are_searched_and_paged(server: &Server, database: &Database) {
    let perfil = id_of(server, "Consulta").await;
    for number in 1..=120 {
        database
            .execute(&format!(
                "INSERT INTO usuario (login, chave, perfil_id, senha_hash, geracao) \
                 VALUES ('Pessoa &{number:03}', 'pessoa &{number:03}', {perfil}, 'x', 1)"
            ))
            .await;
    }
    let mut admin = Browser::signed_in(server, "admin").await;
    let logins = |answer: &Answer| answer.body.matches("<th scope=\"row\">").count();
    let (mut path, mut pages) = (format!("{PAGE}?procura=PESSOA+%26"), Vec::new());
    loop {
        let page = admin.get(&path).await;
        pages.push(logins(&page));
        let Some(next) = page.body.split("rel=\"next\" href=\"").nth(1) else { break };
        path = next.split('"').next().unwrap().replace("../", "/").replace("&#38;", "&");
    }
    assert_eq!(pages, [50, 50, 20]);
    let page = admin.get(&format!("{PAGE}?procura=%20PESSOA+%26007%20")).await;
    assert_eq!(logins(&page), 1, "{page:?}");
    page.has_all(&["<bdi>Pessoa &#38;007</bdi>", "Show all"]);
    let page = admin.get(&format!("{PAGE}?procura=%3Cb%3E{}", "x".repeat(300))).await;
    page.has_all(&["No login contains “&#60;b&#62;xxx"]);
    // No login is in an address: the next page is named by the row id of a user, and by nothing else.
    assert!(!path.is_empty() && path.split("depois=").nth(1).is_none_or(|id| id.parse::<i64>().is_ok()), "{path}");
    assert_eq!(logins(&admin.get(&format!("{PAGE}?depois=zzz")).await), 50);
    assert_eq!(admin.get(&format!("{PAGE}?procura=%FF")).await.status, 400);
}

async fn an_anonymised_user_stays_as_it_is(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let id = id_of(server, "user.api").await;
    database
        .execute(&format!("UPDATE usuario SET login = 'anonimo-{id}', chave = 'anonimo-{id}' WHERE id = {id}"))
        .await;
    let page = admin.get(&format!("{PAGE}/{id}")).await;
    page.has_all(&["was anonymised and stays as it is"]);
    assert!(!page.body.contains(&format!("{id}/senha\"")), "{page:?}");
    for action in ["senha", "perfil", "situacao", "revogar"] {
        let path = format!("{PAGE}/{id}/{action}");
        assert_eq!(admin.get(&path).await.status, 409);
        assert_eq!(admin.fill(&page, &path, &[]).await.status, 409);
    }
}

/// The login goes on where the session ended in the middle, and keeps no senha.
async fn a_form_outlives_its_session(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    admin.forget("citrus-sessao");
    let fields = [("login", "ana.souza"), ("perfil", "Consulta"), ("senha", "segredo secreto")];
    let entrance = admin.fill(&page, PAGE, &fields).await;
    assert_eq!(entrance.status, 401, "{entrance:?}");
    assert!(!entrance.body.contains("segredo"), "{entrance:?}");
    let fields = [
        ("login", "admin"),
        ("senha", "1234"),
        ("volta", "usuarios"),
        ("digitado.login", "ana.souza"),
        ("digitado.perfil", "Consulta"),
    ];
    let led = admin.fill(&entrance, "/console/entrar", &fields).await;
    let again = admin.follow(&led).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(value_of(&again.body, "login").as_deref(), Some("ana.souza"));
    again.has_all(&["<option value=\"Consulta\" selected>", "nothing was done"]);
}

both_engines! {
    a_user_is_created_moved_revoked_and_switched_off,
    what_is_wrong_stands_beside_its_field,
    two_people_do_not_undo_each_other,
    nobody_climbs,
    whoever_does_it_to_themselves_signs_in_again,
    users_are_searched_and_paged,
    an_anonymised_user_stays_as_it_is,
    a_form_outlives_its_session,
}
