use serde_json::json;

use super::administration::SENHA_RULE;
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{listed, run, run_with};

async fn an_installation_is_set_up_step_by_step(database: &Database) {
    niveis(database);
    perfis_and_permissions(database);
    usuarios(database);
    motivos(database);
    atendimentos(database);
    permissions_taken_away(database);
}

fn niveis(database: &Database) {
    run(database, &["nivel", "criar", "Empresa"]).prints("nível 'Empresa' created\n");
    run(database, &["nivel", "criar", "Suporte", "--superior", "empresa"]).prints("nível 'Suporte' created\n");
    assert_eq!(
        listed(database, &["nivel", "listar"]),
        json!([{"nome": "Empresa", "superior": null}, {"nome": "Suporte", "superior": "Empresa"}])
    );
    run(database, &["nivel", "listar"]).prints("nível    superior\nEmpresa\nSuporte  Empresa\n");
}

fn perfis_and_permissions(database: &Database) {
    run(database, &["perfil", "criar", "Integração", "--nivel", "Suporte"]).prints("perfil 'Integração' created\n");
    run(database, &["perfil", "criar", "Administrador", "--root"]).prints("perfil 'Administrador' created\n");
    run(database, &["perfil", "conceder", "Integração", "alterar-status"]).fails(
        1,
        &[
            "'alterar-status' is not released to the nível 'Suporte'",
            "citrus-status permissao liberar alterar-status --nivel 'Suporte'",
        ],
    );
    run(database, &["permissao", "liberar", "alterar-status", "--nivel", "Suporte"])
        .prints("'alterar-status' is released to the nível 'Suporte'\n");
    run(database, &["permissao", "liberar", "alterar-status", "--nivel", "Suporte"])
        .prints("'alterar-status' is already released to the nível 'Suporte'\n");
    assert_eq!(
        listed(database, &["permissao", "listar"]),
        json!([
            {"permissao": "alterar-status", "titulo": "Alterar status de atendimento via API",
             "liberadaPara": ["Suporte"]},
            {"permissao": "consultar-status", "titulo": "Consultar status de atendimento via API",
             "liberadaPara": []},
            {"permissao": "consultar-historico", "titulo": "Consultar histórico de atendimento via API",
             "liberadaPara": []},
            {"permissao": "consultar-transicoes", "titulo": "Consultar transições de atendimento via API",
             "liberadaPara": []},
            {"permissao": "consultar-motivos", "titulo": "Consultar motivos via API", "liberadaPara": []},
            {"permissao": "criar-atendimento", "titulo": "Criar atendimento via API", "liberadaPara": []},
            {"permissao": "consultar-atendimentos", "titulo": "Consultar lista de atendimentos", "liberadaPara": []},
            {"permissao": "administrar-niveis", "titulo": "Administrar níveis", "liberadaPara": []},
            {"permissao": "administrar-permissoes", "titulo": "Liberar permissões a níveis", "liberadaPara": []},
            {"permissao": "administrar-perfis", "titulo": "Administrar perfis", "liberadaPara": []},
            {"permissao": "administrar-usuarios", "titulo": "Administrar usuários", "liberadaPara": []},
            {"permissao": "administrar-motivos", "titulo": "Administrar motivos", "liberadaPara": []},
            {"permissao": "consultar-auditoria", "titulo": "Consultar auditoria", "liberadaPara": []},
        ])
    );
    run(database, &["perfil", "conceder", "INTEGRAÇÃO", "alterar-status"])
        .prints("the perfil 'INTEGRAÇÃO' holds 'alterar-status'\n");
    assert_eq!(
        listed(database, &["perfil", "listar"]),
        json!([
            {"nome": "Administrador", "root": true, "nivel": null, "permissoes": []},
            {"nome": "Integração", "root": false, "nivel": "Suporte", "permissoes": ["alterar-status"]},
        ])
    );
    run(database, &["perfil", "listar"])
        .prints("perfil         nível    permissions\nAdministrador  (root)\nIntegração     Suporte  alterar-status\n");
}

fn usuarios(database: &Database) {
    let criar = ["usuario", "criar", "user.api", "--perfil", "Integração", "--senha-stdin"];
    run_with(database, &[], &criar, "43218765\n").prints("usuario 'user.api' created\n");
    run_with(database, &[], &["usuario", "senha", "user.api", "--senha-stdin"], "43218765")
        .prints("the senha of 'user.api' is set; its tokens are revoked, and its failed logins are forgotten\n");
    run(database, &["usuario", "revogar-tokens", "user.api"]).prints("the tokens of 'user.api' are revoked\n");
    run(database, &["usuario", "desativar", "user.api"])
        .prints("usuario 'user.api' is deactivated; its tokens are revoked\n");
    assert_eq!(
        listed(database, &["usuario", "listar"]),
        json!([{"usuario_id": 1, "login": "user.api", "perfil": "Integração", "ativo": false}])
    );
    run(database, &["usuario", "ativar", "user.api"])
        .prints("usuario 'user.api' is active; the user has to log in again, and its failed logins are forgotten\n");
    run(database, &["usuario", "listar"])
        .prints("usuario_id  login     perfil      active\n1           user.api  Integração  yes\n");
}

fn motivos(database: &Database) {
    run(database, &["motivo", "criar", "Duplicado", "Fora do escopo"])
        .prints("motivo 'Duplicado' created\nmotivo 'Fora do escopo' created\n");
    run(database, &["motivo", "desativar", "duplicado"]).prints("motivo 'Duplicado' is deactivated\n");
    assert_eq!(
        listed(database, &["motivo", "listar"]),
        json!([{"nome": "Duplicado", "ativo": false}, {"nome": "Fora do escopo", "ativo": true}])
    );
    run(database, &["motivo", "criar", "DUPLICADO", "Outro"])
        .prints("motivo 'Duplicado' is active again\nmotivo 'Outro' created\n");
    run(database, &["motivo", "desativar", "OUTRO"]).prints("motivo 'Outro' is deactivated\n");
    for _ in 0..2 {
        run(database, &["motivo", "ativar", "outro"]).prints("motivo 'Outro' is active\n");
    }
    run(database, &["motivo", "ativar", "outra"]).fails(1, &["there is no motivo 'outra'"]);
    let entries = listed(database, &["auditoria", "listar", "--acao", "motivo.ativar"]);
    let objects: Vec<_> = entries.as_array().unwrap().iter().map(|entry| &entry["objeto"]).collect();
    assert_eq!(objects, ["Outro", "Duplicado"]);
    run(database, &["motivo", "desativar", "outro"]);
    run(database, &["motivo", "listar"])
        .prints("motivo          active\nDuplicado       yes\nFora do escopo  yes\nOutro           no\n");
}

fn atendimentos(database: &Database) {
    run(database, &["atendimento", "criar", "20221104000001"]).prints("atendimento '20221104000001' created, Aberto\n");
    run(database, &["atendimento", "criar", " 2 ", "--status", "em atendimento"]).says(
        "atendimento '2' created, Em atendimento\n",
        "note: the protocolo does not look like one of Citrus, such as 20221104000001\n",
    );
    for hidden in ["a\u{202e}b", "a\u{200b}", "a\u{fffd}o"] {
        run(database, &["atendimento", "criar", hidden]).fails(1, &["and none that nobody sees or that was lost"]);
    }
    let mostrado = listed(database, &["atendimento", "mostrar", "2"]);
    assert_eq!(
        mostrado,
        json!({"protocolo": "2", "status": "Em atendimento", "motivoStatus": null,
               "atualizadoEm": mostrado["atualizadoEm"], "historico": [], "comentarios": []})
    );
    let shown = run(database, &["atendimento", "mostrar", "2"]);
    assert!(shown.stdout.starts_with("protocolo  2\nstatus     Em atendimento\nmotivo     -\n"), "{shown:?}");
    assert!(shown.stdout.ends_with("\n\nhistory: 0\n\ncomments: 0\n"), "{shown:?}");
}

fn permissions_taken_away(database: &Database) {
    run(database, &["nivel", "criar", "Estágio", "--superior", "Suporte"]).prints("nível 'Estágio' created\n");
    for (permissao, nivel) in [("alterar-status", "Empresa"), ("consultar-motivos", "Estágio")] {
        run(database, &["permissao", "liberar", permissao, "--nivel", nivel])
            .prints(&format!("'{permissao}' is released to the nível '{nivel}'\n"));
    }
    run(database, &["permissao", "recolher", "alterar-status", "--nivel", "Empresa"]).prints(
        "'alterar-status' is no longer released to the nível 'Empresa'\n\
         note: below it, it is still released to: Suporte\n",
    );
    run(database, &["perfil", "revogar", "Integração", "alterar-status"])
        .prints("the perfil 'Integração' no longer holds 'alterar-status'\n");
}

async fn names_that_are_taken_or_missing_are_named(database: &Database) {
    run(database, &["nivel", "criar", "N"]);
    run(database, &["perfil", "criar", "P", "--nivel", "N"]);
    run_with(database, &[], &["usuario", "criar", "u", "--perfil", "P", "--senha-stdin"], "uma senha");
    run(database, &["motivo", "criar", "M"]);
    run(database, &["atendimento", "criar", "1"]);
    for (args, complaint) in [
        (&["nivel", "criar", "n"][..], "nivel 'n' exists already"),
        (&["perfil", "criar", "p", "--root"], "perfil 'p' exists already"),
        (&["motivo", "criar", "m"], "motivo 'm' exists already"),
        (&["atendimento", "criar", "1"], "atendimento '1' exists already"),
        (&["usuario", "criar", "U", "--perfil", "P", "--senha-stdin"], "usuario 'U' exists already"),
        (&["nivel", "criar", "x", "--superior", "y"], "there is no nivel 'y'; `citrus-status nivel listar` shows"),
        (&["perfil", "criar", "x", "--nivel", "y"], "there is no nivel 'y'"),
        (&["permissao", "liberar", "alterar-status", "--nivel", "y"], "there is no nivel 'y'"),
        (&["permissao", "recolher", "alterar-status", "--nivel", "y"], "there is no nivel 'y'"),
        (&["perfil", "conceder", "y", "alterar-status"], "there is no perfil 'y'; `citrus-status perfil listar`"),
        (&["perfil", "revogar", "y", "alterar-status"], "there is no perfil 'y'"),
        (&["usuario", "criar", "x", "--perfil", "y", "--senha-stdin"], "there is no perfil 'y'"),
        // Before the senha is asked for, which there is nobody to do.
        (&["usuario", "criar", "x", "--perfil", "y"], "there is no perfil 'y'"),
        (&["usuario", "senha", "y", "--senha-stdin"], "there is no usuario 'y'; `citrus-status usuario listar`"),
        (&["usuario", "desativar", "y"], "there is no usuario 'y'"),
        (&["usuario", "ativar", "y"], "there is no usuario 'y'"),
        (&["usuario", "perfil", "y", "P"], "there is no usuario 'y'"),
        (&["usuario", "perfil", "u", "y"], "there is no perfil 'y'"),
        (&["historico", "listar", "--usuario", "y"], "there is no usuario 'y'"),
        (&["usuario", "revogar-tokens", "y"], "there is no usuario 'y'"),
        (&["motivo", "desativar", "y"], "there is no motivo 'y'; `citrus-status motivo listar` shows"),
        (&["atendimento", "mostrar", "y"], "there is no atendimento 'y'"),
    ] {
        run_with(database, &[], args, "uma senha").fails(1, &["error: ", complaint]);
    }
}

async fn motivos_are_registered_all_or_none(database: &Database) {
    run(database, &["motivo", "criar", "A"]);
    run(database, &["motivo", "criar", "C", "a", "D"]).fails(1, &["motivo 'a' exists already"]);
    run(database, &["motivo", "criar", "E", "e"]).fails(1, &["motivo 'e' exists already"]);
    run(database, &["motivo", "listar"]).prints("motivo  active\nA       yes\n");
}

async fn wrong_calls_are_usage_errors(database: &Database) {
    run(database, &["nivel", "criar", "N"]);
    run(database, &["perfil", "criar", "P", "--root"]);
    for (args, complaint) in [
        (&["nivel", "criar", "  "][..], "give 1 to 255 characters"),
        (&["permissao", "liberar", "voar", "--nivel", "N"], "there is no permission 'voar'"),
        (&["perfil", "criar", "P"], "--nivel <NIVEL>"),
        (&["perfil", "criar", "P", "--root", "--nivel", "N"], "cannot be used with"),
        (&["atendimento", "criar", "1", "--status", "Feito"], "one of: Aberto, Em atendimento, Cancelado"),
        (&["atendimento", "importar"], "<FILE>"),
        (&["motivo", "criar"], "<NAME>"),
        (&["voar"], "unrecognized subcommand"),
        (&["usuario", "criar", "u", "--perfil", "P"], "pass it with --senha-stdin"),
    ] {
        run(database, args).fails(2, &[complaint]);
    }
    let args = ["usuario", "criar", "u", "--perfil", "P", "--senha-stdin"];
    for senha in ["", "\n", "x\0y", &"x".repeat(1025)] {
        run_with(database, &[], &args, senha).fails(1, &[SENHA_RULE]);
    }
    run_with(database, &[], &args, "x".repeat(1024)).prints("usuario 'u' created\n");
    run(database, &["atendimento", "criar", &"9".repeat(65)]).fails(1, &["a protocolo has 1 to 64 characters"]);
}

async fn every_command_has_help_with_an_example(database: &Database) {
    for args in [
        &["--help"][..],
        &["serve", "--help"],
        &["demo", "--help"],
        &["migrate", "--help"],
        &["config", "check", "--help"],
        &["nivel", "criar", "--help"],
        &["permissao", "liberar", "--help"],
        &["perfil", "criar", "--help"],
        &["usuario", "criar", "--help"],
        &["motivo", "criar", "--help"],
        &["atendimento", "importar", "--help"],
        &["atendimento", "listar", "--help"],
        &["historico", "listar", "--help"],
        &["usuario", "perfil", "--help"],
    ] {
        let outcome = run(database, args);
        assert_eq!((outcome.code, outcome.complaints()), (0, ""), "{args:?}");
        assert!(outcome.stdout.contains("Example"), "{args:?}: {}", outcome.stdout);
    }
}

both_engines! {
    an_installation_is_set_up_step_by_step,
    names_that_are_taken_or_missing_are_named,
    motivos_are_registered_all_or_none,
    wrong_calls_are_usage_errors,
    every_command_has_help_with_an_example,
}
