//! In which status the atendimento was, where the server tells it by no read.

use serde_json::Value;

use super::fakes::makes;
use super::fakes::server::{Make, Server};
use super::fakes::{BEARER, conferir as ask};
use super::{PROTOCOLO, SENHA, conferir, serve};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::run;

/// It refuses the status that the atendimento has.
const STRICT: Make = Make { refuses_same: true, answer: makes::aspnet, ..BEARER };

const RUNS: [&[&str]; 2] = [&["--only-documented"], &["--gravar", "dialeto.toml"]];

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_status_is_found_out_by_what_is_refused() {
    let database = Database::sqlite();
    let lost = ["was not in the status Aberto", "is Aberto now; set it back by hand"];
    let found = |status: &str| [format!("was in the status {status}, not Aberto"), "Nothing was changed".to_owned()];
    for extra in RUNS {
        let fake = Server::start(STRICT, "Em atendimento", |_| {}).await;
        ask(&database, &fake.address, "Aberto", extra, SENHA).fails(1, &lost);
        assert_eq!(fake.present(), "Aberto");
        for status in ["Cancelado", "Improcedente"] {
            let fake = Server::start(STRICT, status, |_| {}).await;
            let found = found(status);
            ask(&database, &fake.address, "Aberto", extra, SENHA).fails(1, &[&found[0], &found[1]]);
            assert_eq!(fake.present(), status);
        }
        let fake = Server::start(STRICT, "Finalizado", |_| {}).await;
        let told = ["was in the status Finalizado, not Aberto", "The atendimento was set back to Finalizado"];
        ask(&database, &fake.address, "Aberto", extra, SENHA).fails(1, &told);
        assert_eq!(fake.present(), "Finalizado");
    }
    assert!(!database.dir.path().join("dialeto.toml").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_caller_says_is_said_to_be_so() {
    let database = Database::sqlite();
    for (make, said) in [(STRICT, false), (Make { answer: makes::aspnet, ..BEARER }, true)] {
        for status in ["Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado"] {
            let fake = Server::start(make, status, |_| {}).await;
            let outcome = ask(&database, &fake.address, status, &["--only-documented", "--json"], SENHA);
            let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
            let from = if said { "--status-atual" } else { "server" };
            assert_eq!((&report["statusFrom"], &report["restored"]), (&from.into(), &true.into()), "{outcome:?}");
            let place = "that it was in it before, only --status-atual says";
            assert_eq!(outcome.stderr.contains(place), said, "{outcome:?}");
            assert_eq!(fake.present(), status);
        }
    }
}

async fn our_server_tells_the_status_by_a_refusal(database: &Database) {
    let server = serve(database, &[]).await;
    assert_eq!(run(database, &["perfil", "revogar", "Integração", "consultar-status"]).code, 0);
    let before = run(database, &["atendimento", "mostrar", PROTOCOLO, "--json"]).stdout;
    for extra in RUNS {
        let told = ["was in the status Finalizado, not Aberto", "Nothing was changed"];
        conferir(database, &server.address, &[extra, &["--yes", "--status-atual", "Aberto"]].concat()).fails(1, &told);
    }
    assert_eq!(run(database, &["atendimento", "mostrar", PROTOCOLO, "--json"]).stdout, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_status_that_is_final_the_rest_is_recorded() {
    let database = Database::sqlite();
    for extra in RUNS {
        let fake = Server::start(Make { cancels_for_good: true, ..STRICT }, "Aberto", |_| {}).await;
        let outcome = ask(&database, &fake.address, "Aberto", extra, SENHA);
        let place = "could NOT be set back to Aberto: it is in the status Cancelado; set it back by hand";
        let request = format!("    POST http://{}/api/atendimentos/status\n    {{\"protocolo\"", fake.address);
        for said in [place, &request] {
            assert!(outcome.code == 1 && outcome.stderr.contains(said), "{said}: {outcome:?}");
        }
        assert!(!outcome.stdout.contains("in a row"), "{outcome:?}");
    }
    let text = std::fs::read_to_string(database.dir.path().join("dialeto.toml")).unwrap();
    for said in
        // Asked before the first change.
        [
            "[token]",
            "[respostas.wrong_senha]",
            "[respostas.unknown_status]",
            "[respostas.unknown_motivo]",
            "[respostas.invalid_comentario]",
            "[respostas.required_visivelCliente]",
            "[respostas.motivo_required]",
            "# - a change to Em atendimento: ",
        ]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    // What became of a change to the status before the first one is known, too.
    let found: toml::Table = toml::from_str(&text).unwrap();
    assert_eq!(found["regras"]["mesmo_status"].as_str(), Some("recusado"), "{text}");
    let same = found["respostas"]["same_status"].to_string();
    assert!(same.contains("este status"), "{text}");
    assert_eq!(found.to_string().matches("este status").count(), 1, "{text}");
    assert!(text.contains("# Cancelado seems to be final: ") && !text.contains("# - the same status again"), "{text}");
    // Of one that takes the status that it has, nothing is missing.
    let fake = Server::start(Make { cancels_for_good: true, refuses_same: false, ..STRICT }, "Aberto", |_| {}).await;
    assert_eq!(ask(&database, &fake.address, "Aberto", &["--gravar", "aceito.toml"], SENHA).code, 1);
    let text = std::fs::read_to_string(database.dir.path().join("aceito.toml")).unwrap();
    assert!(!text.contains("# - the same status again") && !text.contains("mesmo_status"), "{text}");
}

both_engines! {
    our_server_tells_the_status_by_a_refusal,
}
