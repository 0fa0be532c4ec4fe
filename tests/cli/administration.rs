//! What the operator changes later: several permissions at once, users, senhas; and how refusals are worded.

use serde_json::json;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Outcome, Process, listed, run, run_with};

/// What is said where a senha is none that can be set.
pub const SENHA_RULE: &str = "a senha has at least 8 characters, not only blanks, and at most 1024, of which one with an accent counts twice, and no NUL";

const ALL: [&str; 5] =
    ["alterar-status", "consultar-status", "consultar-historico", "consultar-transicoes", "consultar-motivos"];

fn set_up(database: &Database) {
    for args in [
        &["nivel", "criar", "Suporte"][..],
        &["perfil", "criar", "Integração", "--nivel", "Suporte"],
        &["perfil", "criar", "Consulta", "--nivel", "Suporte"],
    ] {
        assert_eq!(run(database, args).code, 0, "{args:?}");
    }
}

/// `args` with `senha` on standard input.
fn with_senha(database: &Database, args: &[&str], senha: &str) -> Outcome {
    run_with(database, &[], &[args, &["--senha-stdin"]].concat(), senha)
}

async fn several_permissions_are_released_and_granted_at_once(database: &Database) {
    set_up(database);
    let released = run(database, &[&["permissao", "liberar"][..], &ALL, &["--nivel", "Suporte"]].concat());
    let lines: Vec<String> = ALL.iter().map(|p| format!("'{p}' is released to the nível 'Suporte'\n")).collect();
    released.prints(&lines.concat());
    let granted = run(database, &[&["perfil", "conceder", "Integração"][..], &ALL].concat());
    let lines: Vec<String> = ALL.iter().map(|p| format!("the perfil 'Integração' holds '{p}'\n")).collect();
    granted.prints(&lines.concat());
    let held = |perfil: usize| listed(database, &["perfil", "listar"])[perfil]["permissoes"].clone();
    assert_eq!(held(1).as_array().unwrap().len(), 5);

    run(database, &["perfil", "conceder", "Integração", ALL[1], ALL[1]]).prints(
        "the perfil 'Integração' already holds 'consultar-status'\n\
         the perfil 'Integração' already holds 'consultar-status'\n",
    );
    run(database, &["perfil", "revogar", "Integração", ALL[0], ALL[4]]).prints(
        "the perfil 'Integração' no longer holds 'alterar-status'\n\
         the perfil 'Integração' no longer holds 'consultar-motivos'\n",
    );
    assert_eq!(held(1), json!(["consultar-historico", "consultar-status", "consultar-transicoes"]));
    run(database, &["permissao", "recolher", ALL[0], ALL[1], "--nivel", "Suporte"]).prints(
        "'alterar-status' is no longer released to the nível 'Suporte'\n\
         'consultar-status' is no longer released to the nível 'Suporte'\n",
    );
    // The option may stand in front.
    run(database, &["permissao", "recolher", "--nivel", "Suporte", ALL[1], ALL[2]]).prints(
        "'consultar-status' is not released to the nível 'Suporte'\n\
         'consultar-historico' is no longer released to the nível 'Suporte'\n",
    );
}

async fn of_several_permissions_all_are_granted_or_none(database: &Database) {
    set_up(database);
    run(database, &["permissao", "liberar", ALL[1], "--nivel", "Suporte"]);
    run(database, &["perfil", "conceder", "Integração", ALL[1], ALL[0], ALL[2]]).fails(
        1,
        &[
            "'alterar-status', 'consultar-historico' are not released to the nível 'Suporte'",
            "citrus-status permissao liberar alterar-status consultar-historico --nivel 'Suporte'",
        ],
    );
    for args in [
        &["perfil", "conceder", "Integração", ALL[1], "consultar-statsu"][..],
        &["perfil", "revogar", "Integração", ALL[1], "consultar-statsu"],
        &["permissao", "liberar", ALL[4], "consultar-statsu", "--nivel", "Suporte"],
        &["permissao", "recolher", ALL[1], "consultar-statsu", "--nivel", "Suporte"],
    ] {
        let all = ALL.join(", ");
        run(database, args).fails(2, &["no permission 'consultar-statsu'", "did you mean 'consultar-status'?", &all]);
    }
    for perfil in listed(database, &["perfil", "listar"]).as_array().unwrap() {
        assert_eq!(perfil["permissoes"], json!([]));
    }
    for permissao in listed(database, &["permissao", "listar"]).as_array().unwrap() {
        let released = permissao["liberadaPara"] == json!(["Suporte"]);
        assert_eq!(released, permissao["permissao"] == ALL[1], "{permissao}");
    }
    for args in [&["perfil", "conceder", "Integração"][..], &["permissao", "liberar", "--nivel", "Suporte"]] {
        run(database, args).fails(2, &["<PERMISSAO>..."]);
    }
}

async fn a_user_moves_to_another_perfil_and_keeps_its_token(database: &Database) {
    database.example().await.close().await;
    let server = Process::serve(database);
    let token = server.token("user.api").await;
    let reaches = async |status: u16| {
        // Within a second, by the contract.
        let start = std::time::Instant::now();
        while server.get("/api/motivos", &token).await != status {
            assert!(start.elapsed() < std::time::Duration::from_secs(1), "{status} never came");
        }
    };
    reaches(200).await;
    run(database, &["usuario", "perfil", "USER.API", "consulta"])
        .prints("usuario 'USER.API' is on the perfil 'Consulta'; its tokens stay valid\n");
    reaches(403).await;
    let perfil = || listed(database, &["usuario", "listar"])[1]["perfil"].clone();
    assert_eq!(perfil(), "Consulta");
    run(database, &["usuario", "perfil", "user.api", "Integracao"])
        .fails(1, &["there is no perfil 'Integracao'; did you mean 'Integração'?", "citrus-status perfil listar"]);
    run(database, &["usuario", "perfil", "user.apo", "Consulta"])
        .fails(1, &["there is no usuario 'user.apo'; did you mean 'user.api'?", "citrus-status usuario listar"]);
    assert_eq!(perfil(), "Consulta");
    run(database, &["usuario", "perfil", "user.api", "Integração"])
        .prints("usuario 'user.api' is on the perfil 'Integração'; its tokens stay valid\n");
    reaches(200).await;
}

async fn users_are_listed_with_the_number_of_the_audit_lines(database: &Database) {
    set_up(database);
    for login in ["b", "a"] {
        with_senha(database, &["usuario", "criar", login, "--perfil", "Consulta"], "uma senha longa");
    }
    assert_eq!(
        listed(database, &["usuario", "listar"]),
        json!([
            {"usuario_id": 2, "login": "a", "perfil": "Consulta", "ativo": true},
            {"usuario_id": 1, "login": "b", "perfil": "Consulta", "ativo": true},
        ])
    );
    run(database, &["usuario", "listar"]).prints(
        "usuario_id  login  perfil    active\n2           a      Consulta  yes\n1           b      Consulta  yes\n",
    );
}

async fn a_senha_has_eight_characters_at_least(database: &Database) {
    set_up(database);
    let (criar, trocar) = (["usuario", "criar", "u", "--perfil", "Consulta"], ["usuario", "senha", "u"]);
    let refused = |args: &[&str], senha: &str| {
        let outcome = with_senha(database, args, senha);
        outcome.fails(1, &[&format!("the senha is too short; {SENHA_RULE}")]);
        assert!(!outcome.stderr.contains(senha) && !outcome.stdout.contains(senha), "{outcome:?}");
    };
    for short in ["!", "1234", "1234567", "ééééééé"] {
        refused(&criar, short);
    }
    assert_eq!(with_senha(database, &criar, "éééééééé").code, 0);
    for short in ["!", "1234", "1234567", "ééééééé"] {
        refused(&trocar, short);
    }
    assert_eq!(with_senha(database, &trocar, "12345678").code, 0);
    // One that a client of Citrus has already, if whoever sets it says so.
    let known = |args: &[&str], senha: &str| with_senha(database, &[args, &["--senha-curta"]].concat(), senha);
    known(&trocar, "").fails(1, &["the senha is empty"]);
    known(&["usuario", "criar", "a", "--administrador"], "1234").fails(2, &["cannot be used with"]);
    assert_eq!(known(&["usuario", "criar", "c", "--perfil", "Consulta"], "1234").code, 0);
    assert_eq!(known(&trocar, "4321").code, 0);
    let server = Process::serve(database);
    for (login, senha) in [("c", "1234"), ("u", "4321")] {
        let asked = json!({"login": login, "senha": senha});
        assert_eq!(server.post("/api/usuario/login", "", asked).await.0, 200, "{login}");
    }
    server.stop();
}

/// One that was set when shorter ones were taken.
async fn a_short_senha_of_before_still_counts(database: &Database) {
    database.example().await.close().await;
    let server = Process::serve(database);
    server.token("user.api").await;
    server.stop();
}

async fn refusals_name_what_was_found_and_what_would_do(database: &Database) {
    set_up(database);
    run(database, &["motivo", "criar", "Duplicado"]);
    run(database, &["atendimento", "criar", "1"]);
    let (long, cut) = ("9".repeat(70), "9".repeat(64));
    for (args, code, parts) in [
        (
            &["atendimento", "criar", "2", "--status", "Finalisado"][..],
            2,
            &[
                "'Finalisado'",
                "did you mean 'Finalizado'?",
                "Aberto, Em atendimento, Cancelado, Improcedente, Finalizado",
            ][..],
        ),
        (&["atendimento", "criar", "2", "--status", ""], 2, &["''", "Aberto, Em atendimento"]),
        (
            &["atendimento", "criar", &long],
            1,
            &[&format!("'{cut}…'"), "70 characters", "a protocolo has 1 to 64 characters"],
        ),
        (&["atendimento", "criar", " "], 1, &["' '", "a protocolo has 1 to 64 characters"]),
        (&["atendimento", "mostrar", "2"], 1, &["there is no atendimento '2'", "citrus-status atendimento listar"]),
        (&["atendimento", "mostrar", &long], 1, &[&format!("'{cut}…'")]),
        (&["motivo", "desativar", "Duplicada"], 1, &["no motivo 'Duplicada'; did you mean 'Duplicado'?"]),
        (&["perfil", "criar", "x", "--nivel", "suportte"], 1, &["no nivel 'suportte'; did you mean 'Suporte'?"]),
        (
            &["perfil", "conceder", "consultta", "alterar-status"],
            1,
            &["no perfil 'consultta'; did you mean 'Consulta'?"],
        ),
        (&["permissao", "liberar", "voar", "--nivel", "Suporte"], 2, &["'voar'", "alterar-status, consultar-status"]),
    ] {
        run(database, args).fails(code, parts);
    }
    let endless = "9".repeat(5_000);
    for args in [
        &["atendimento", "criar", &endless][..],
        &["atendimento", "mostrar", &endless],
        &["atendimento", "criar", "1", "--status", &endless],
        &["permissao", "liberar", &endless, "--nivel", "Suporte"],
        &["nivel", "criar", &endless],
        &["nivel", &endless],
        &["historico", "listar", "--desde", &endless],
    ] {
        let outcome = run(database, args);
        assert!(outcome.code != 0 && outcome.stderr.len() < 2_500, "{} bytes: {outcome:?}", outcome.stderr.len());
    }
    for (senha, found) in [
        ("", "the senha is empty"),
        ("x\0y", "the senha holds a NUL"),
        ("         ", "the senha has only blanks"),
        (&"\u{301}".repeat(8), "the senha has only blanks"),
        (&"\u{2060}".repeat(8), "the senha has only blanks"),
        (&"x".repeat(1025), "the senha is too long"),
    ] {
        with_senha(database, &["usuario", "criar", "u", "--perfil", "Consulta"], senha).fails(1, &[found, SENHA_RULE]);
    }
}

both_engines! {
    several_permissions_are_released_and_granted_at_once,
    of_several_permissions_all_are_granted_or_none,
    a_user_moves_to_another_perfil_and_keeps_its_token,
    users_are_listed_with_the_number_of_the_audit_lines,
    a_senha_has_eight_characters_at_least,
    a_short_senha_of_before_still_counts,
    refusals_name_what_was_found_and_what_would_do,
}
