//! One's own senha, in the console.

use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use time::Duration;

use super::admin::{ask, id_of};
use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

const PAGE: &str = "/console/senha";
const NEW: &str = "uma senha nova";

async fn set(browser: &mut Browser<'_>, fields: [&str; 3]) -> Answer {
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, 200, "{page:?}");
    let [present, new, again] = fields;
    browser.fill(&page, PAGE, &[("senha_atual", present), ("senha", new), ("senha_de_novo", again)]).await
}

async fn whoever_is_signed_in_sets_their_own(server: &Server, database: &Database) {
    // It takes no permission.
    let login = "user.sem.permissao";
    let mut here = Browser::signed_in(server, login).await;
    let mut elsewhere = Browser::signed_in(server, login).await;
    here.get("/console").await.has_all(&["<a href=\"./console/senha\">My password</a>"]);
    let token = format!(
        "Bearer {}",
        server.login_with(&json!({"login": login, "senha": "1234"})).await.json()["accessToken"].as_str().unwrap()
    );
    let session = here.cookie("citrus-sessao").unwrap().to_owned();
    here.get(PAGE).await.has_all(&["<h1>My password</h1>", "In this browser you stay signed in."]);
    let answer = set(&mut here, ["1234", NEW, NEW]).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("../console/senha")), "{answer:?}");
    assert!(!answer.body.contains(NEW), "{answer:?}");
    // Another session, at once; all others end, and so do the tokens.
    assert_ne!(here.cookie("citrus-sessao").unwrap(), session);
    here.get(PAGE).await.has_all(&["Your password was set.", "<bdi>user.sem.permissao</bdi>"]);
    server.clock.advance(Duration::seconds(1));
    assert_eq!(here.get("/console").await.status, 200);
    assert_eq!(elsewhere.get("/console").await.status, 303);
    let mut stolen = Browser::new(server);
    stolen.set_cookie("citrus-sessao", &session);
    assert_eq!(stolen.get("/console").await.status, 303);
    let read = "/api/atendimentos/status?protocolo=20221104000001";
    assert_eq!(server.send(Method::GET, read, &[("authorization", &token)], "").await.status, 401);
    assert_eq!(Browser::new(server).sign_in(login, "1234").await.status, 401);
    assert_eq!(Browser::new(server).sign_in(login, NEW).await.status, 303);
    let entries = "SELECT count(*) FROM auditoria WHERE acao = 'usuario.senha' AND origem = 'console' AND usuario_id = autor_id \
                   AND antes IS NULL AND depois IS NULL";
    assert_eq!(database.number(entries).await, 1);
}

async fn what_is_wrong_stands_beside_its_field(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let before = database.number("SELECT count(*) FROM auditoria").await;
    for (fields, status, wrong) in [
        (["", "", ""], 400, &[("senha_atual", "Type the present password."), ("senha", "Type the password.")][..]),
        (["1234", "curta", "curta"], 400, &[("senha", "Type a password of at least 8 characters; there are 5.")]),
        (["1234-1234", "1234-1234", "1234-1234"], 400, &[("senha", "This is your present password.")]),
        (["1234", NEW, "outra coisa"], 400, &[("senha_de_novo", "The two passwords are not the same.")]),
        (["errada-1", NEW, NEW], 401, &[("senha_atual", "The password is wrong.")]),
        (["a\0b", NEW, NEW], 401, &[("senha_atual", "The password is wrong.")]),
    ] {
        let answer = set(&mut admin, fields).await;
        assert_eq!(answer.status, status, "{fields:?}: {answer:?}");
        for (field, text) in wrong {
            answer.has_all(&[&format!("id=\"{field}-erro\">{text}"), &format!("<a href=\"#{field}\">{text}")]);
        }
        assert_eq!(answer.body.matches("<p class=\"error\" id=").count(), wrong.len(), "{answer:?}");
        for senha in fields.iter().filter(|senha| senha.len() > 5) {
            assert!(!answer.body.contains(senha), "a senha is given back: {answer:?}");
        }
    }
    assert_eq!(database.number("SELECT count(*) FROM auditoria").await, before);
    server.token("admin").await;
    admin.set_header("accept-language", Some("pt-BR"));
    set(&mut admin, ["errada-1", NEW, NEW]).await.has_all(&["<h1>Minha senha</h1>", "A senha não confere."]);
}

/// Somebody at an unlocked screen guesses no more often here than at the sign-in form.
async fn guesses_count_as_those_of_a_login(database: &Database) {
    let server = Server::with(database, &[("LOGIN_LIMIT_PAIR", "3/600")]).await;
    let mut admin = Browser::signed_in(&server, "admin").await;
    for _ in 0..3 {
        assert_eq!(set(&mut admin, ["errada", NEW, NEW]).await.status, 401);
    }
    let answer = set(&mut admin, ["1234", NEW, NEW]).await;
    assert_eq!(answer.status, 429, "{answer:?}");
    answer.has_all(&["There were too many failures. Wait "]);
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0, "{answer:?}");
    assert_eq!(Browser::new(&server).sign_in("admin", "1234").await.status, 429);
    server.stop().await;
}

/// The senha of a user was set by somebody else, or the user deactivated, while the form was filled in.
async fn a_session_that_was_revoked_sets_none(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    server.provisioning.set_senha(&nome("admin"), SecretString::from("de outra pessoa")).await.unwrap();
    server.clock.advance(Duration::seconds(1));
    let fields = [("senha_atual", "1234"), ("senha", NEW), ("senha_de_novo", NEW)];
    let answer = admin.fill(&page, PAGE, &fields).await;
    assert!(answer.status == 401 && !answer.body.contains(NEW), "{answer:?}");
    assert_eq!(Browser::new(server).sign_in("admin", "de outra pessoa").await.status, 303);
}

/// Deactivated, or set by somebody else, this very moment: the sign-in form comes, and no failure is counted.
async fn is_led_to_the_sign_in_form(server: &Server, database: &Database) {
    for revoke in [
        "UPDATE usuario SET ativo = false, geracao = geracao + 1 WHERE login = 'user.sem.permissao'",
        "UPDATE usuario SET geracao = geracao + 1 WHERE login = 'user.sem.permissao'",
    ] {
        let mut person = Browser::signed_in(server, "user.sem.permissao").await;
        let page = person.get(PAGE).await;
        database.execute(revoke).await;
        let fields = [("senha_atual", "1234"), ("senha", NEW), ("senha_de_novo", NEW)];
        let answer = person.fill(&page, PAGE, &fields).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        answer.has_all(&["Your session has ended. Sign in again.", "<input id=\"login\""]);
        assert_eq!(
            database.number("SELECT count(*) FROM tentativa WHERE cheio_em > (SELECT agora FROM relogio)").await,
            0
        );
        database.execute("UPDATE usuario SET ativo = true WHERE login = 'user.sem.permissao'").await;
        server.clock.advance(Duration::seconds(1));
    }
}

async fn a_session_that_is_revoked_right_now_leads_to_the_sign_in_form(server: &Server, database: &Database) {
    is_led_to_the_sign_in_form(server, database).await;
}

async fn so_it_does_in_hardened_mode(database: &Database) {
    let server = Server::with(database, &[("HARDENED_LOGIN", "true")]).await;
    is_led_to_the_sign_in_form(&server, database).await;
    server.stop().await;
}

/// Whichever way somebody sets their own senha, it is another one. Somebody else's may be set anew.
async fn ones_own_senha_is_another_one(server: &Server) {
    let (old, same) = ("uma senha velha", "senha – valor inválido; esta já é a sua senha");
    server.provisioning.set_senha(&nome("admin"), SecretString::from(old)).await.unwrap();
    server.provisioning.set_senha(&nome("user.api"), SecretString::from(old)).await.unwrap();
    let login = server.login_with(&json!({"login": "admin", "senha": old})).await;
    let token = login.json()["accessToken"].as_str().unwrap().to_owned();
    let (own, other) = (id_of(server, "admin").await, id_of(server, "user.api").await);
    let put = async |id: i64, senha: &str| {
        let path = format!("/api/admin/usuarios/{id}/senha");
        ask(server, &token, Method::PUT, &path, json!({"senha": senha})).await
    };
    put(own, old).await.is(400, same);
    assert_eq!(put(other, old).await.status, 200);
    let mut admin = Browser::new(server);
    assert_eq!(admin.sign_in("admin", old).await.status, 303);
    for (id, status) in [(own, 400), (other, 303)] {
        let path = format!("/console/usuarios/{id}/senha");
        let page = admin.get(&path).await;
        let seen = value_of(&page.body, "visto").unwrap();
        let fields = [("visto", seen.as_str()), ("senha", old), ("senha_de_novo", old)];
        let answer = admin.fill(&page, &path, &fields).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 400 {
            answer.has_all(&["id=\"senha-erro\">This is your present password. Choose another one."]);
        }
    }
    let answer = set(&mut admin, [old, old, old]).await;
    answer.has_all(&["id=\"senha-erro\">This is your present password. Choose another one."]);
    assert_eq!(put(own, "uma senha nova").await.status, 200);
}

both_engines! {
    a_session_that_is_revoked_right_now_leads_to_the_sign_in_form,
    so_it_does_in_hardened_mode,
    ones_own_senha_is_another_one,
    whoever_is_signed_in_sets_their_own,
    what_is_wrong_stands_beside_its_field,
    guesses_count_as_those_of_a_login,
    a_session_that_was_revoked_sets_none,
}
