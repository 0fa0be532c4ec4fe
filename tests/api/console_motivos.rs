//! The page of motivos.

use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::server::Server;

const PAGE: &str = "/console/motivos";

async fn a_motivo_is_created_switched_off_and_on_again(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    assert!(page.body.contains("<bdi>Fora do escopo</bdi>"), "{page:?}");
    let answer = admin.fill(&page, PAGE, &[("nome", " Fora da garantia ")]).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("../console/motivos")), "{answer:?}");
    let page = admin.get(PAGE).await;
    assert!(page.body.contains("Motivo “Fora da garantia” created."), "{page:?}");
    assert!(!admin.get(PAGE).await.body.contains("created."), "told once");

    let id = database.number("SELECT id FROM motivo WHERE nome = 'Fora da garantia'").await;
    let path = format!("{PAGE}/{id}");
    let question = admin.get(&path).await;
    assert!(question.body.contains("Deactivate the motivo “Fora da garantia”?"), "{question:?}");
    assert_eq!(
        admin.fill(&question, &path, &[("ativo", "nao")]).await.header("location"),
        Some("../../console/motivos")
    );
    assert!(admin.get(PAGE).await.body.contains("deactivated."));
    for forged in ["talvez", ""] {
        assert_eq!(admin.fill(&question, &path, &[("ativo", forged)]).await.status, 400);
    }
    // The same form from a second tab, or after the back button: it is so already.
    assert_eq!(admin.fill(&question, &path, &[("ativo", "nao")]).await.status, 303);
    let active = format!("SELECT count(*) FROM motivo WHERE ativo AND id = {id}");
    assert_eq!(database.number(&active).await, 0);
    let question = admin.get(&path).await;
    assert!(question.body.contains("Activate the motivo"), "{question:?}");
    admin.fill(&question, &path, &[("ativo", "sim")]).await;
    assert_eq!(database.number(&active).await, 1);
    let entries = "SELECT count(*) FROM auditoria WHERE objeto = 'Fora da garantia' AND autor_id IS NOT NULL";
    assert_eq!(database.number(entries).await, 3);
}

async fn what_is_wrong_with_a_motivo_stands_beside_its_field(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    for (nome, status, text) in [
        ("", 400, "Type the name."),
        ("  ", 400, "Type the name."),
        ("duplicado", 409, "There is a motivo of this name; it may be inactive."),
        (&"x".repeat(256), 400, "Type a name of at most 255 characters; there are 256."),
        ("a\u{7}b", 400, "The name has characters that nobody sees"),
    ] {
        let answer = admin.fill(&page, PAGE, &[("nome", nome)]).await;
        assert_eq!(answer.status, status, "{answer:?}");
        let error = answer.body.split("id=\"nome-erro\">").nth(1).unwrap_or_else(|| panic!("{answer:?}"));
        assert!(error.starts_with(text), "{answer:?}");
        assert!(answer.body.contains(&format!("name=\"nome\" value=\"{nome}\"")), "{answer:?}");
        assert!(answer.body.contains("<bdi>Duplicado</bdi>"), "the list is there: {answer:?}");
    }
    assert_eq!(admin.fill(&page, PAGE, &[("nome", &"é".repeat(255))]).await.status, 303);
}

both_engines! {
    a_motivo_is_created_switched_off_and_on_again,
    what_is_wrong_with_a_motivo_stands_beside_its_field,
}
