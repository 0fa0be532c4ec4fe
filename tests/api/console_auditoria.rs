//! The page of the audit trail, and its export.

use citrus_status::domain::access::Permissao;
use secrecy::SecretString;

use super::admin::{hierarchy, id_of};
use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::{Database, Engine};
use crate::support::server::{Answer, Server, nome};

const PAGE: &str = "/console/auditoria";
const CSV: &str = "/console/auditoria.csv";

/// How many entries a page shows.
fn entries(answer: &Answer) -> usize {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body.matches("<time ").count()
}

#[track_caller]
/// The records of a file, each with its cells, and how they are separated.
fn records(text: &str, separator: char) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').expect("a mark");
    let (mut records, mut record, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.push(chars.next().unwrap()),
            '"' => quoted = !quoted,
            c if c == separator && !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            c => cell.push(c),
        }
    }
    assert!(cell.is_empty() && record.is_empty(), "a file that was cut off");
    records
}

async fn what_was_changed_is_told_readably(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let provisioning = &server.provisioning;
    provisioning.set_motivo_ativo(&nome("Duplicado"), false).await.unwrap();
    provisioning.revoke(&nome("Integração"), &[Permissao::AlterarStatus]).await.unwrap();
    provisioning.set_perfil(&nome("user.api"), &nome("Consulta")).await.unwrap();
    let page = admin.get(PAGE).await;
    page.has_all(&[
        "Motivo deactivated",
        "Active: <span class=\"visually-hidden\">before: </span><del>yes</del>",
        "<ins>no</ins>",
        "Permission revoked",
        "<span aria-hidden=\"true\">− </span>Change the status of atendimentos",
        "User moved to a perfil",
        "<del>Integração</del>",
        "<ins>Consulta</ins>",
        "by command, on ",
    ]);
    // What is done here is told with the address that it came from.
    let motivos = admin.get("/console/motivos").await;
    admin.fill(&motivos, "/console/motivos", &[("nome", "Fora da garantia")]).await;
    let page = admin.get(&format!("{PAGE}?acao=motivo.criar&usuario=ADMIN")).await;
    assert_eq!(entries(&page), 1);
    page.has_all(&["<bdi>admin</bdi>", "in the console, from 127.0.0.1", "Fora da garantia"]);
}

async fn it_is_filtered_and_paged(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let id = id_of(server, "user.api").await;
    let before = database.number("SELECT count(*) FROM auditoria").await;
    for number in 0..120 {
        let time = if database.engine == Engine::Postgres {
            format!("timestamptz '2026-11-{:02} 02:59:59Z'", 1 + number % 3)
        } else {
            format!("(unixepoch('2026-11-{:02} 02:59:59') * 1000)", 1 + number % 3)
        };
        database
            .execute(&format!(
                "INSERT INTO auditoria (em, origem, autor, lugar, acao, usuario_id) \
                 VALUES ({time}, 'comando', 'maria (sudo: ana)', 'host', 'usuario.revogar-tokens', {id})"
            ))
            .await;
    }
    let (mut path, mut pages) =
        (format!("{PAGE}?usuario=+user.api+&acao=usuario.revogar-tokens&desde=&ate="), Vec::new());
    loop {
        let page = admin.get(&path).await;
        pages.push(entries(&page));
        let Some(next) = page.body.split("rel=\"next\" href=\"").nth(1) else {
            page.has_all(&["Newest entries"]);
            break;
        };
        path = next.split('"').next().unwrap().replace("../", "/").replace("&#38;", "&");
    }
    assert_eq!(pages, [50, 50, 20]);
    for (query, count) in [
        // The last second of 31 October in Brasília, and of 1 and 2 November.
        ("desde=2026-10-31&ate=2026-10-31", 40),
        ("desde=2026-11-01&ate=2026-11-01", 40),
        ("desde=2026-11-02&ate=02/11/2026", 40),
        ("ate=2026-10-30", 0),
        ("usuario=ana&desde=2026-11-02&ate=2026-11-02", 40),
        ("usuario=ninguem", 0),
        ("acao=backup", 0),
    ] {
        let page = admin.get(&format!("{PAGE}?{query}")).await;
        assert_eq!(entries(&page), count, "{query}");
        let file = admin.get(&format!("{CSV}?{query}")).await;
        assert_eq!(records(&file.body, ',').len(), count + 1, "{query}");
    }
    let file = admin.get(CSV).await;
    assert_eq!(records(&file.body, ',').len() as i64, before + 120 + 1);
    for (query, field) in [
        ("desde=ontem", "desde"),
        ("ate=2026-13-01", "ate"),
        ("desde=2026-11-02&ate=2026-11-01", "ate"),
        ("acao=nada", "acao"),
    ] {
        let page = admin.get(&format!("{PAGE}?{query}")).await;
        assert_eq!(page.status, 400, "{query}");
        page.has_all(&[&format!("id=\"{field}-erro\">")]);
        let file = admin.get(&format!("{CSV}?{query}")).await;
        assert_eq!(file.status, 303, "the page says what is wrong: {file:?}");
    }
    assert_eq!(admin.get(&format!("{PAGE}?cursor=x")).await.status, 400);
}

async fn the_hierarchy_decides_what_is_seen(server: &Server) {
    hierarchy(server).await;
    server.provisioning.revoke_tokens(&nome("caixa")).await.unwrap();
    server.provisioning.revoke_tokens(&nome("balconista")).await.unwrap();
    let mut gestor = Browser::signed_in(server, "gestor").await;
    let page = gestor.get(&format!("{PAGE}?acao=usuario.revogar-tokens")).await;
    assert_eq!(entries(&page), 1);
    assert!(page.body.contains("balconista") && !page.body.contains("caixa"), "{page:?}");
    let file = gestor.get(CSV).await;
    assert!(file.body.contains("balconista") && !file.body.contains("caixa"), "{file:?}");
    // Somebody whom one does not see is answered as nobody.
    let mut told = Vec::new();
    for login in ["caixa", "admin", "ninguem", "root"] {
        let page = gestor.get(&format!("{PAGE}?usuario={login}")).await;
        assert_eq!(page.status, 400, "{login}");
        page.has_all(&["id=\"usuario-erro\">This user is not one that you see."]);
        told.push(page.body.replace(login, "…"));
    }
    assert_eq!(told[0], told[2]);
    assert_eq!(entries(&gestor.get(&format!("{PAGE}?usuario=Balconista")).await), 2);
}

async fn no_cell_is_a_formula(server: &Server, database: &Database) {
    let formulas =
        ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://evil.example\";\"x\")", "a\";=1", "x;y,z", "＝1"];
    for formula in formulas {
        server.provisioning.create_motivos(&[nome(formula)]).await.unwrap();
    }
    // As an older release, or another program, took it.
    database
        .execute(
            "INSERT INTO auditoria (em, origem, autor, lugar, acao, objeto, antes, depois) \
             SELECT em, '=o', '\t=a', '@l', '-x', '\r=b', '+1', '%x' FROM auditoria ORDER BY id DESC LIMIT 1",
        )
        .await;
    let mut admin = Browser::signed_in(server, "admin").await;
    for (language, separator) in [("en", ','), ("pt-BR", ';')] {
        admin.set_header("accept-language", Some(language));
        let file = admin.get(CSV).await;
        assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
        let name = if language == "en" { "audit-trail" } else { "auditoria" };
        let disposition = format!("attachment; filename=\"{name}-2026-11-23.csv\"");
        assert_eq!(file.header("content-disposition"), Some(disposition.as_str()));
        assert_eq!(file.header("cache-control"), Some("no-store"));
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        let records = records(&file.body, separator);
        let headings = if language == "en" {
            "id|when (Brasília)|by|who|from where|what|object|what changed|before|after|before (JSON)|after (JSON)|code"
        } else {
            "id|quando (Brasília)|por onde|quem|de onde|o quê|objeto|o que mudou|antes|depois|antes (JSON)|depois (JSON)|código"
        };
        assert_eq!(records[0].join("|"), headings);
        for record in &records {
            assert_eq!(record.len(), 13, "{record:?}");
            for cell in record {
                assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '%', '＝']), "{record:?}");
            }
        }
        let objects: Vec<&str> = records[2..].iter().map(|record| record[6].as_str()).collect();
        for formula in formulas {
            let is_text = formula.starts_with(['a', 'x']);
            let cell = if is_text { formula.to_owned() } else { format!("'{formula}") };
            assert!(objects.contains(&cell.as_str()), "{cell}: {objects:?}");
        }
    }
}

async fn the_file_says_what_changed(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get("/console/motivos").await;
    admin.fill(&page, "/console/motivos", &[("nome", "Fora da garantia")]).await;
    let root = nome("Raiz");
    server.provisioning.create_perfil(&root, None).await.unwrap();
    server.provisioning.grant(&root, &[Permissao::AlterarStatus, Permissao::AdministrarNiveis]).await.unwrap();
    server.provisioning.set_motivo_ativo(&nome("Fora da garantia"), false).await.unwrap();
    let file = admin.get(CSV).await;
    let records = records(&file.body, ',');
    let told = |record: &[String]| [2, 5, 6, 7, 8, 9, 12].map(|cell: usize| record[cell].clone()).join("|");
    assert_eq!(told(&records[1]), "command|Motivo deactivated|Fora da garantia|Active|yes|no|motivo.desativar");
    let granted = "Administer níveis, Change the status of atendimentos";
    assert_eq!(told(&records[2]), format!("command|Permission granted|Raiz|Permissions||{granted}|perfil.conceder"));
    assert_eq!(told(&records[3]), "command|Perfil created|Raiz|Root||yes|perfil.criar");
    assert_eq!(told(&records[4]), "console|Motivo created|Fora da garantia|Active||yes|motivo.criar");
    assert_eq!(records[1][1], "2026-11-23 07:00:00");
    assert_eq!(records[1][10..12], [r#"{"ativo":true}"#, r#"{"ativo":false}"#]);
    admin.set_header("accept-language", Some("pt-BR"));
    let file = admin.get(CSV).await;
    let records = self::records(&file.body, ';');
    assert_eq!(told(&records[1]), "comando|Motivo desativado|Fora da garantia|Ativo|sim|não|motivo.desativar");
    assert_eq!(records[1][1], "23/11/2026 07:00:00");
}

async fn a_file_that_is_cut_off_says_so(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let fill = async |count: i64| {
        database
            .execute(&format!(
                "INSERT INTO auditoria (em, origem, autor, lugar, acao)
                 WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
                 SELECT em, 'comando', 'ana', 'host', 'motivo.criar' FROM numbers,
                 (SELECT em FROM auditoria ORDER BY id DESC LIMIT 1) AS last"
            ))
            .await;
    };
    server.provisioning.create_motivos(&[nome("Duas vezes")]).await.unwrap();
    let path = format!("{CSV}?usuario=ana");
    fill(50_000).await;
    let whole = admin.get(&path).await;
    assert_eq!(whole.body.matches("\r\n").count(), 50_001);
    assert!(!whole.body.contains("exportacao.cortada"));
    fill(1).await;
    let cut = admin.get(&path).await;
    assert_eq!(cut.body.matches("\r\n").count(), 50_002);
    let last = cut.body.trim_end().rsplit("\r\n").next().unwrap();
    let last = &records(&format!("\u{feff}{last}\n"), ',')[0];
    let told = "Only the newest 50,000 entries. There are more, up to 2026-11-23: export up to that day, too.";
    assert_eq!(last.len(), 13);
    assert_eq!((&last[0][..], &last[1][..]), ("", "2026-11-23 07:00:00"));
    assert_eq!((&last[5][..], &last[6][..], &last[12][..]), ("Export cut off", told, "exportacao.cortada"));
    admin.set_header("accept-language", Some("pt-BR"));
    let cut = admin.get(&path).await;
    assert!(cut.body.ends_with(
        "\"Exportação cortada\";\"Só as 50.000 entradas mais novas. Há outras, até 23/11/2026: exporte também até este \
         dia.\";\"\";\"\";\"\";\"\";\"\";\"exportacao.cortada\"\r\n"
    ));
}

async fn no_secret_is_in_it(server: &Server) {
    let senha = SecretString::from("segredo-secreto");
    server.provisioning.set_senha(&nome("user.api"), senha).await.unwrap();
    let mut admin = Browser::signed_in(server, "admin").await;
    for path in [PAGE, CSV] {
        let answer = admin.get(path).await;
        assert!(!answer.body.contains("segredo-secreto") && !answer.body.contains("argon2"), "{path}");
    }
}

both_engines! {
    what_was_changed_is_told_readably,
    it_is_filtered_and_paged,
    the_hierarchy_decides_what_is_seen,
    no_cell_is_a_formula,
    the_file_says_what_changed,
    a_file_that_is_cut_off_says_so,
    no_secret_is_in_it,
}
