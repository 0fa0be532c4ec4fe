//! The pages of atendimentos: the search, a record, and the form that changes its status.

use citrus_status::domain::access::Permissao;
use citrus_status::domain::atendimento::Status;
use citrus_status::example::SENHA;
use secrecy::SecretString;
use serde_json::json;

use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

const LIST: &str = "/console/atendimentos";
/// Aberto, in the example.
const OPEN: &str = "/console/atendimento?protocolo=20221104000001";
const PROTOCOLO: &str = "20221104000001";
/// Finalizado, in the example.
const CLOSED: &str = "/console/atendimento?protocolo=20221104000005";

/// The protocolos in a list.
fn listed(page: &Answer) -> Vec<&str> {
    page.body.split("atendimento?protocolo=").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// What the form of the page at `path` sends, with `fields` besides.
async fn send(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get(path).await;
    let revisao = value_of(&page.body, "revisao").unwrap_or_else(|| panic!("{page:?}"));
    browser.fill(&page, path, &[&[("revisao", revisao.as_str())], fields].concat()).await
}

/// Sends the form that a check shows, by the button `step`.
async fn go_on(browser: &mut Browser<'_>, path: &str, check: &Answer, step: &str) -> Answer {
    let names = ["revisao", "status", "motivoStatus", "comentario", "visivelCliente", "chave"];
    let values = names.map(|name| value_of(&check.body, name).unwrap_or_else(|| panic!("no {name}: {check:?}")));
    let mut fields: Vec<(&str, &str)> = names.iter().copied().zip(values.iter().map(String::as_str)).collect();
    fields.push(("passo", step));
    browser.fill(check, path, &fields).await
}

async fn a_search_finds_by_protocolo_status_and_time(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(LIST).await;
    assert_eq!(listed(&page).len(), 30);
    assert_eq!(listed(&page)[0], "20221104000030", "the newest first");
    let token = server.token("user.api").await;
    server
        .change_with(&token, json!({"protocolo": PROTOCOLO, "status": "Cancelado", "motivoStatus": "Duplicado"}))
        .await;
    let page = admin.get(&format!("{LIST}?protocolo=2022110400000")).await;
    assert_eq!(listed(&page).len(), 9);
    let page = admin.get(&format!("{LIST}?status=Cancelado&protocolo=+20221104000001+")).await;
    assert_eq!(listed(&page), [PROTOCOLO]);
    assert!(page.body.contains("<bdi>Duplicado</bdi>") && page.body.contains("value=\" 20221104000001 \""), "{page:?}");
    assert!(page.body.contains("<option selected>Cancelado</option>"), "{page:?}");
    let none = admin.get(&format!("{LIST}?de=2099-01-01")).await;
    assert!(listed(&none).is_empty() && none.body.contains("No atendimento matches"), "{none:?}");
    assert_eq!(listed(&admin.get(&format!("{LIST}?de=2020-01-01&ate=2098-12-31")).await).len(), 30);
    assert_eq!(listed(&admin.get(&format!("{LIST}?de=&ate=&status=&protocolo=")).await).len(), 30);
    for (query, field) in [
        ("protocolo=".to_owned() + &"9".repeat(65), "protocolo-erro"),
        ("status=Outro".to_owned(), "status-erro"),
        ("de=ontem".to_owned(), "de-erro"),
        ("ate=2026-02-30".to_owned(), "ate-erro"),
        ("ate=9999-12-31".to_owned(), "ate-erro"),
        ("cursor=%21".to_owned(), "role=\"alert\""),
        ("de=2026-02-02&ate=2026-02-01".to_owned(), "ate-erro"),
    ] {
        let page = admin.get(&format!("{LIST}?{query}")).await;
        assert_eq!(page.status, 400, "{query}");
        assert!(page.body.contains(field), "{query}: {page:?}");
    }
}

async fn a_long_list_comes_page_by_page_and_keeps_the_search(server: &Server) {
    for number in 100..160 {
        server.provisioning.create_atendimento(&format!("a&b/{number}"), Status::Aberto).await.unwrap();
    }
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(&format!("{LIST}?protocolo=a%26b&status=Aberto")).await;
    assert_eq!(listed(&page).len(), 50);
    let (_, rest) = page.body.split_once("rel=\"next\" href=\"../").unwrap();
    let next = rest.split('"').next().unwrap().replace("&#38;", "&");
    let second = admin.get(&format!("/{next}")).await;
    assert_eq!(listed(&second).len(), 10);
    assert_eq!(listed(&second)[0], "a%26b%2F109");
    assert!(!second.body.contains("rel=\"next\"") && second.body.contains("First page"), "{second:?}");
    let record = admin.get("/console/atendimento?protocolo=a%26b%2F109").await;
    assert!(record.body.contains("Atendimento a&#38;b/109"), "{record:?}");
}

async fn a_change_is_tried_out_and_then_made_once(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let typed = [
        ("status", "Cancelado"),
        ("motivoStatus", "Duplicado"),
        ("comentario", "Veja \"20\" & <tudo>\r\n\r\nFim"),
        ("visivelCliente", "true"),
        ("passo", "conferir"),
    ];
    let check = send(&mut admin, OPEN, &typed).await;
    assert_eq!(check.status, 200, "{check:?}");
    assert!(check.body.contains("Aberto → <strong>Cancelado</strong>"), "{check:?}");
    assert!(check.body.contains("Nothing has been recorded yet") && check.body.contains("Visible to the customer"));
    assert_eq!(server.record(PROTOCOLO).await["historico"], json!([]));

    let again = go_on(&mut admin, OPEN, &check, "corrigir").await;
    assert_eq!(again.status, 200);
    assert!(again.body.contains("value=\"Cancelado\" required data-needs=\"motivo\" checked"), "{again:?}");
    assert!(again.body.contains("<option value=\"Duplicado\" selected>"), "{again:?}");
    assert!(again.body.contains("Veja &#34;20&#34; &#38; &#60;tudo&#62;\n\nFim"), "{again:?}");

    for _ in 0..2 {
        // The second time after the back button: it is made once.
        let done = go_on(&mut admin, OPEN, &check, "alterar").await;
        assert_eq!(done.status, 303, "{done:?}");
        assert_eq!(done.header("location"), Some("../console/atendimento?protocolo=20221104000001"));
    }
    let page = admin.get(OPEN).await;
    assert!(page.body.contains("Status changed to Cancelado."), "{page:?}");
    assert!(page.body.contains("<div class=\"comment public\">"), "{page:?}");
    let history = &server.record(PROTOCOLO).await["historico"];
    assert_eq!(history.as_array().unwrap().len(), 1, "{history}");
    assert_eq!(server.record(PROTOCOLO).await["comentarios"][0]["texto"], "Veja \"20\" & <tudo>\n\nFim");
    assert_eq!((&history[0]["usuario"], &history[0]["motivoStatus"]), (&json!("admin"), &json!("Duplicado")));
}

async fn a_motivo_is_asked_for_where_the_rules_do_and_counts_nowhere_else(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let open = admin.get(OPEN).await;
    let closed = admin.get(CLOSED).await;
    for (page, status, needs) in [
        (&open, "Em atendimento", false),
        (&open, "Cancelado", true),
        (&open, "Finalizado", false),
        (&closed, "Aberto", true),
        (&closed, "Finalizado", false),
    ] {
        let field = format!("value=\"{status}\" required{}", if needs { " data-needs=\"motivo\"" } else { ">" });
        assert!(page.body.contains(&field), "{field}: {page:?}");
    }
    for (motivo, text) in
        [("", "Choose a motivo: this change needs one."), ("Outro", "This motivo is gone or inactive.")]
    {
        let answer =
            send(&mut admin, CLOSED, &[("status", "Aberto"), ("motivoStatus", motivo), ("passo", "conferir")]).await;
        assert!(answer.status == 400 || answer.status == 404, "{answer:?}");
        let (_, error) = answer.body.split_once("id=\"motivoStatus-erro\">").unwrap_or_else(|| panic!("{answer:?}"));
        assert!(error.starts_with(text), "{answer:?}");
    }
    // Chosen for another target before, and hidden since.
    let fields = [("status", "Finalizado"), ("motivoStatus", "Duplicado"), ("passo", "alterar")];
    assert_eq!(send(&mut admin, OPEN, &fields).await.status, 303);
    assert_eq!(server.record(PROTOCOLO).await["historico"][0]["motivoStatus"], json!(null));
}

async fn somebody_elses_change_meanwhile_is_shown_and_nothing_is_lost(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(OPEN).await;
    let token = server.token("user.api").await;
    server.change_with(&token, json!({"protocolo": PROTOCOLO, "status": "Em atendimento"})).await;
    for step in ["conferir", "alterar"] {
        let fields = [("revisao", "0"), ("status", "Finalizado"), ("comentario", "meu texto"), ("passo", step)];
        let answer = admin.fill(&page, OPEN, &fields).await;
        assert_eq!(answer.status, 412, "{answer:?}");
        assert!(answer.body.contains("it is “Em atendimento” now"), "{answer:?}");
        assert!(
            answer.body.contains("meu texto") && answer.body.contains("value=\"Finalizado\" required checked"),
            "{answer:?}"
        );
        assert_eq!(value_of(&answer.body, "revisao").as_deref(), Some("1"), "the next try is on what is seen now");
    }
    for seen in ["", "x", "-1", "99999999999999999999"] {
        let fields = [("revisao", seen), ("status", "Finalizado"), ("passo", "alterar")];
        assert_eq!(admin.fill(&page, OPEN, &fields).await.status, 412, "{seen}");
    }
    assert_eq!(server.record(PROTOCOLO).await["historico"].as_array().unwrap().len(), 1);
}

async fn what_is_wrong_with_a_change_stands_beside_its_field(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let long = "é".repeat(20_001);
    for (fields, place) in [
        (vec![("passo", "conferir")], "id=\"status-erro\">Choose a status."),
        (vec![("status", "Outro"), ("passo", "alterar")], "id=\"status-erro\">Choose a status."),
        (
            vec![("status", "Finalizado"), ("comentario", &long)],
            "id=\"comentario-erro\">Type a comment of at most 20,000 characters; there are 20,001.",
        ),
    ] {
        let answer = send(&mut admin, OPEN, &fields).await;
        assert_eq!(answer.status, 400, "{place}");
        assert!(answer.body.contains(place), "{place}: {answer:?}");
    }
    assert_eq!(server.record(PROTOCOLO).await["historico"], json!([]));
    let most = "é".repeat(20_000);
    let fields = [("status", "Finalizado"), ("comentario", most.as_str()), ("passo", "alterar")];
    assert_eq!(send(&mut admin, OPEN, &fields).await.status, 303);
    for missing in ["/console/atendimento?protocolo=999", "/console/atendimento?protocolo=..%2F"] {
        assert_eq!(admin.get(missing).await.status, 404);
    }
    assert_eq!(admin.get("/console/atendimento").await.status, 400);
}

async fn a_long_history_comes_newest_first_and_page_by_page(server: &Server) {
    let token = server.token("user.api").await;
    for number in 0..60 {
        let status = if number % 2 == 0 { "Em atendimento" } else { "Aberto" };
        let body = json!({"protocolo": PROTOCOLO, "status": status, "comentario": format!("n{number:02}"), "visivelCliente": false});
        assert_eq!(server.change_with(&token, body).await.status, 200);
    }
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(OPEN).await;
    let comments = |page: &Answer| -> Vec<String> {
        page.body.split("dir=\"auto\">").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    };
    let (first, older) = (comments(&page), "/console/atendimento?protocolo=20221104000001&antes=11");
    assert_eq!((first.len(), first[0].as_str(), first[49].as_str()), (50, "n59", "n10"));
    assert!(page.body.contains("atendimento?protocolo=20221104000001&#38;antes=11\""), "{page:?}");
    for nothing in ["", "x", "1", "0", "-1", "-9223372036854775808", "99999999999999999999"] {
        let page = admin.get(&format!("{OPEN}&antes={nothing}")).await;
        assert_eq!((page.status, comments(&page)), (200, first.clone()), "antes={nothing}");
    }
    let second = admin.get(older).await;
    assert_eq!(comments(&second).len(), 10);
    assert!(!second.body.contains("&#38;antes=") && second.body.contains("Latest changes"), "{second:?}");
}

async fn a_person_sees_what_the_permissions_allow(server: &Server) {
    let provisioning = &server.provisioning;
    provisioning.create_perfil(&nome("Leitor"), Some(&nome("Suporte"))).await.unwrap();
    provisioning.create_usuario(&nome("leitor"), &nome("Leitor"), SecretString::from(SENHA)).await.unwrap();
    provisioning.grant(&nome("Leitor"), &[Permissao::ConsultarAtendimentos]).await.unwrap();
    let mut reader = Browser::signed_in(server, "leitor").await;
    let page = reader.get(OPEN).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("does not let you see the history"), "{page:?}");
    assert!(!page.body.contains("name=\"revisao\""), "{page:?}");
    let token = value_of(&page.body, "ficha").unwrap();
    let fields = [("ficha", token.as_str()), ("revisao", "0"), ("status", "Finalizado"), ("passo", "alterar")];
    assert_eq!(reader.post(OPEN, &fields).await.status, 403);
    assert_eq!(reader.get("/console/atendimentos/novo").await.status, 403);
    let list = reader.get(LIST).await;
    assert!(!list.body.contains("atendimentos/novo"), "{list:?}");
    assert_eq!(server.record(PROTOCOLO).await["historico"], json!([]));
}

async fn a_history_begins_with_who_registered_the_atendimento(server: &Server, database: &Database) {
    const NEW: &str = "/console/atendimentos/novo";
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(NEW).await;
    admin.fill(&page, NEW, &[("protocolo", "77"), ("status", "Em atendimento"), ("confirmado", "77")]).await;
    server.provisioning.create_atendimento("78", Status::Aberto).await.unwrap();
    let beginning = async |admin: &mut Browser<'_>, protocolo: &str| {
        let page = admin.get(&format!("/console/atendimento?protocolo={protocolo}")).await;
        let last = page.body.rsplit("<li class=").next().unwrap().split("</li>").next().unwrap().to_owned();
        (last, page)
    };
    let (begun, page) = beginning(&mut admin, "77").await;
    assert!(begun.contains("Registered as Em atendimento") && begun.contains("by <bdi>admin</bdi>"), "{begun}");
    assert!(begun.contains("<time datetime=\"2026-11-23T"), "{begun}");
    assert!(page.body.contains("<dt>Registered</dt>"), "{page:?}");
    let token = server.token("user.api").await;
    server.change_with(&token, json!({"protocolo": "77", "status": "Finalizado"})).await;
    let (begun, page) = beginning(&mut admin, "77").await;
    assert!(begun.contains("Registered as Em atendimento") && begun.contains("by <bdi>admin</bdi>"), "{begun}");
    assert!(page.body.contains("<dt>Last change</dt>"), "{page:?}");
    let (begun, _) = beginning(&mut admin, "78").await;
    assert!(begun.contains("Registered as Aberto") && begun.contains("by a command on the server"), "{begun}");
    let (begun, _) = beginning(&mut admin, PROTOCOLO).await;
    assert!(begun.contains("Nobody knows by whom") && !begun.contains("<time"), "{begun}");
    // The changes of an import have no author.
    server.change_with(&token, json!({"protocolo": PROTOCOLO, "status": "Finalizado"})).await;
    database.execute("UPDATE historico SET usuario_id = NULL WHERE usuario_id IS NOT NULL").await;
    let (begun, _) = beginning(&mut admin, PROTOCOLO).await;
    assert!(begun.contains("By an import"), "{begun}");
    // From the audit trail one gets there.
    let trail = admin.get("/console/auditoria?acao=atendimento.criar").await;
    assert!(trail.body.contains("The history of each atendimento says who changed its status."), "{trail:?}");
    assert!(trail.body.contains("console/atendimento?protocolo=77\"><bdi>77</bdi>"), "{trail:?}");
}

async fn the_same_status_is_for_a_comment(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(OPEN).await;
    assert!(page.body.contains("> Stay Aberto<span class=\"hint\">only to comment</span>"), "{page:?}");
    let fields = [("status", "Aberto"), ("comentario", "O cliente ligou."), ("passo", "conferir")];
    let check = send(&mut admin, OPEN, &fields).await;
    assert!(check.body.contains("<dd>Stays Aberto</dd>"), "{check:?}");
    assert_eq!(go_on(&mut admin, OPEN, &check, "alterar").await.status, 303);
    let page = admin.get(OPEN).await;
    assert!(page.body.contains("Comment recorded; the status is still Aberto."), "{page:?}");
    assert!(page.body.contains("<div class=\"what\">Stays Aberto</div>"), "{page:?}");
}

async fn the_same_status_is_not_offered_where_the_rules_refuse_it(database: &Database) {
    let file = database.dir.path().join("dialeto.toml");
    std::fs::write(&file, "[regras]\nmesmo_status = \"recusado\"\n").unwrap();
    let server = Server::with(database, &[("DIALECT_FILE", file.to_str().unwrap())]).await;
    let mut admin = Browser::signed_in(&server, "admin").await;
    assert!(!admin.get(OPEN).await.body.contains("Stay Aberto"));
    let answer = send(&mut admin, OPEN, &[("status", "Aberto"), ("passo", "alterar")]).await;
    assert_eq!(answer.status, 409, "{answer:?}");
    assert!(answer.body.contains("id=\"status-erro\">The atendimento has this status already."), "{answer:?}");
    server.stop().await;
}

async fn without_an_active_motivo_the_page_says_where_to_get_one(server: &Server, database: &Database) {
    database.execute("UPDATE motivo SET ativo = FALSE").await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(OPEN).await;
    page.has_all(&["There is no active motivo.", "<a href=\"../console/motivos\">Open the page Motivos</a>"]);
    server.provisioning.revoke(&nome("Administrador"), &[Permissao::AdministrarMotivos]).await.unwrap();
    server.clock.advance(time::Duration::seconds(1));
    let page = admin.get(OPEN).await;
    assert!(page.body.contains("There is no active motivo.") && !page.body.contains("Open the page"), "{page:?}");
}

async fn an_atendimento_is_registered_with_a_number_or_without(server: &Server) {
    const NEW: &str = "/console/atendimentos/novo";
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(NEW).await;
    // A protocolo that looks mistyped is asked about, each one anew.
    let fields = [("protocolo", " 42/a "), ("status", "Aberto")];
    for confirmed in [&[][..], &[("confirmado", "42")]] {
        let answer = admin.fill(&page, NEW, &[&fields[..], confirmed].concat()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.has_all(&["The protocolo 42/a does not look like one of Citrus", "Create it all the same"]);
        assert_eq!(value_of(&answer.body, "confirmado").as_deref(), Some("42/a"));
        assert_eq!(admin.get("/console/atendimento?protocolo=42%2Fa").await.status, 404);
    }
    for odd in ["20261399000001", "99999999999999", "20260230000001"] {
        let answer = admin.fill(&page, NEW, &[("protocolo", odd), ("status", "Aberto")]).await;
        answer.has_all(&[&format!("The protocolo {odd} does not look like one of Citrus")]);
    }
    let answer = admin.fill(&page, NEW, &[&fields[..], &[("confirmado", "42/a")]].concat()).await;
    assert_eq!(answer.header("location"), Some("../../console/atendimento?protocolo=42%2Fa"), "{answer:?}");
    assert!(admin.get("/console/atendimento?protocolo=42%2Fa").await.body.contains("Atendimento 42/a created."));
    let answer = admin.fill(&page, NEW, &[("protocolo", ""), ("status", "Em atendimento")]).await;
    assert_eq!(answer.header("location"), Some("../../console/atendimento?protocolo=20261123000001"), "{answer:?}");
    for (protocolo, status, error, code) in [
        ("42/a", "Aberto", "id=\"protocolo-erro\"", 409),
        (&"9".repeat(65), "Aberto", "id=\"protocolo-erro\"", 400),
        ("43", "Outro", "id=\"status-erro\"", 400),
        // Those take a motivo, as a change to them does.
        ("43", "Cancelado", "id=\"status-erro\"", 400),
        ("43", "Improcedente", "id=\"status-erro\"", 400),
    ] {
        assert!(!page.body.contains("<option>Cancelado") && !page.body.contains("<option>Improcedente"), "{page:?}");
        let fields = [("protocolo", protocolo), ("status", status), ("confirmado", protocolo)];
        let answer = admin.fill(&page, NEW, &fields).await;
        assert_eq!(answer.status, code, "{answer:?}");
        assert!(answer.body.contains(error) && answer.body.contains(&format!("value=\"{protocolo}\"")), "{answer:?}");
    }
}

async fn what_was_typed_into_a_change_survives_the_end_of_the_session(server: &Server, _: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(OPEN).await;
    server.provisioning.revoke_tokens(&nome("admin")).await.unwrap();
    server.clock.advance(time::Duration::seconds(1));
    let fields = [("revisao", "0"), ("status", "Finalizado"), ("comentario", "longo texto"), ("passo", "alterar")];
    let answer = admin.fill(&page, OPEN, &fields).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let to = value_of(&answer.body, "volta").unwrap();
    assert_eq!(to, "atendimento?protocolo=20221104000001");
    let fields = [
        ("volta", to.as_str()),
        ("digitado.status", "Finalizado"),
        ("digitado.comentario", "longo texto"),
        ("digitado.passo", "alterar"),
        ("login", "admin"),
        ("senha", SENHA),
    ];
    let led = admin.fill(&answer, "/console/entrar", &fields).await;
    let again = admin.follow(&led).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert!(
        again.body.contains("longo texto") && again.body.contains("value=\"Finalizado\" required checked"),
        "{again:?}"
    );
    assert_eq!(server.record(PROTOCOLO).await["historico"], json!([]), "nothing is done by itself");
}

both_engines! {
    a_search_finds_by_protocolo_status_and_time,
    a_long_list_comes_page_by_page_and_keeps_the_search,
    a_change_is_tried_out_and_then_made_once,
    a_motivo_is_asked_for_where_the_rules_do_and_counts_nowhere_else,
    somebody_elses_change_meanwhile_is_shown_and_nothing_is_lost,
    what_is_wrong_with_a_change_stands_beside_its_field,
    a_long_history_comes_newest_first_and_page_by_page,
    a_person_sees_what_the_permissions_allow,
    a_history_begins_with_who_registered_the_atendimento,
    the_same_status_is_for_a_comment,
    the_same_status_is_not_offered_where_the_rules_refuse_it,
    without_an_active_motivo_the_page_says_where_to_get_one,
    an_atendimento_is_registered_with_a_number_or_without,
    what_was_typed_into_a_change_survives_the_end_of_the_session,
}
