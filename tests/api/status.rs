//! The status change: its table row by row, and every transition with every kind of motivo.

use citrus_status::domain::atendimento::Status;
use citrus_status::store::NewAtendimento;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::tester;
use crate::support::server::{Answer, Server};

const SUCCESS: &str = "Atendimento atualizado com sucesso";
const MOTIVO_OBRIGATORIO: &str = "motivoStatus – esse campo é obrigatório";
/// The demo's atendimentos in the five statuses.
const ABERTO: &str = "20221104000001";
const FINALIZADO: &str = "20221104000005";

/// Asks with `user.api`'s token.
async fn ask(server: &Server, body: Value) -> Answer {
    let token = server.token("user.api").await;
    server.change_with(&token, body).await
}

async fn a_missing_protocolo_comes_first(server: &Server) {
    let token = server.token("user.api").await;
    let missing = "protocolo – esse campo é obrigatório";
    server.change_with(&token, json!({})).await.is(400, missing);
    for protocolo in [json!(null), json!(""), json!(" \n")] {
        server.change_with(&token, json!({"protocolo": protocolo, "status": ""})).await.is(400, missing);
    }
}

async fn then_a_missing_status(server: &Server) {
    let token = server.token("user.api").await;
    let missing = "status – esse campo é obrigatório";
    server.change_with(&token, json!({"protocolo": "nenhum", "comentario": "x"})).await.is(400, missing);
    for status in [json!(null), json!(""), json!("  ")] {
        server.change_with(&token, json!({"protocolo": "nenhum", "status": status})).await.is(400, missing);
    }
}

async fn then_a_comment_without_its_visibility(server: &Server) {
    let token = server.token("user.api").await;
    let mut body = json!({"protocolo": "nenhum", "status": "Nenhum", "comentario": "x"});
    server.change_with(&token, &body).await.is(400, "visivelCliente – esse campo é obrigatório");
    body["visivelCliente"] = json!(null);
    server.change_with(&token, &body).await.is(400, "visivelCliente – esse campo é obrigatório");
    for invalid in [json!("sim"), json!("tr ue"), json!(2), json!(0.5), json!([true]), json!("11")] {
        body["visivelCliente"] = invalid;
        server.change_with(&token, &body).await.is(400, "visivelCliente – valor inválido");
    }
}

async fn then_an_unknown_atendimento_then_an_unknown_status(server: &Server) {
    let token = server.token("user.api").await;
    let change = async |protocolo: &str, status: &str| {
        server.change_with(&token, json!({"protocolo": protocolo, "status": status})).await
    };
    change("nenhum", "Nenhum").await.is(404, "Atendimento não encontrado");
    change("2022110400000", "Cancelado").await.is(404, "Atendimento não encontrado");
    change(ABERTO, "Nenhum").await.is(404, "Status não encontrado");
    change(ABERTO, "Em  atendimento").await.is(404, "Status não encontrado");
    change(ABERTO, "Cancelado").await.is(400, MOTIVO_OBRIGATORIO);
}

async fn then_a_motivo_where_one_is_required(server: &Server) {
    let token = server.token("user.api").await;
    server.provisioning.set_motivo_ativo(&"Duplicado".parse().unwrap(), false).await.unwrap();
    let mut body = json!({"protocolo": ABERTO, "status": "Cancelado"});
    server.change_with(&token, &body).await.is(400, MOTIVO_OBRIGATORIO);
    for none in [json!(null), json!(""), json!("  "), json!({}), json!(["Aberto por engano"])] {
        body["motivoStatus"] = none;
        server.change_with(&token, &body).await.is(400, MOTIVO_OBRIGATORIO);
    }
    for unregistered in ["Outro", "Duplicado", "Aberto  por engano"] {
        body["motivoStatus"] = json!(unregistered);
        server.change_with(&token, &body).await.is(404, "Motivo não encontrado");
    }
    assert_eq!(server.record(ABERTO).await["historico"], json!([]));
    body["motivoStatus"] = json!(" ABERTO POR ENGANO ");
    server.change_with(&token, &body).await.is(200, SUCCESS);
    assert_eq!(server.record(ABERTO).await["motivoStatus"], "Aberto por engano");
}

async fn every_transition_with_every_kind_of_motivo(server: &Server) {
    let token = server.token("user.api").await;
    let motivos = [None, Some(" "), Some("Não cadastrado"), Some("Fora do escopo")];
    let protocolo = |de: Status, para: Status, kind: usize| format!("t-{}-{}-{kind}", de.code(), para.code());
    let mut novos = Vec::new();
    for de in Status::ALL {
        for para in Status::ALL {
            novos.extend((0..4).map(|kind| NewAtendimento { protocolo: protocolo(de, para, kind), status: de }));
        }
    }
    let mut import = server.store.begin_import().await.unwrap();
    import.insert(&novos).await.unwrap();
    import.commit(&tester(), &[]).await.unwrap();

    for de in Status::ALL {
        for para in Status::ALL {
            let required = match para.nome() {
                "Cancelado" | "Improcedente" => true,
                "Aberto" | "Em atendimento" => de.nome() == "Finalizado",
                _ => false,
            };
            for (kind, motivo) in motivos.into_iter().enumerate() {
                let protocolo = protocolo(de, para, kind);
                let mut body = json!({"protocolo": protocolo, "status": para.nome()});
                if let Some(motivo) = motivo {
                    body["motivoStatus"] = json!(motivo);
                }
                let answer = server.change_with(&token, body).await;
                let record = server.record(&protocolo).await;
                let refused = match (required, kind) {
                    (true, 0 | 1) => Some((400, MOTIVO_OBRIGATORIO)),
                    (true, 2) => Some((404, "Motivo não encontrado")),
                    _ => None,
                };
                if let Some((status, message)) = refused {
                    answer.is(status, message);
                    assert_eq!((&record["status"], &record["historico"]), (&json!(de.nome()), &json!([])));
                } else {
                    answer.is(200, SUCCESS);
                    let recorded = (kind == 3).then_some("Fora do escopo");
                    assert_eq!(record["status"], para.nome());
                    assert_eq!(
                        record["historico"],
                        json!([{"em": "2026-11-23T10:00:00.000Z", "de": de.nome(), "para": para.nome(),
                                "motivoStatus": recorded, "usuario": "user.api"}])
                    );
                }
            }
        }
    }
}

async fn the_pages_own_examples_succeed(server: &Server) {
    let first = json!({"protocolo": ABERTO, "status": "Finalizado", "motivoStatus": "Atendimento já finalizado"});
    ask(server, first).await.is(200, SUCCESS);
    let second = json!({"protocolo": ABERTO, "status": "Finalizado", "motivoStatus": " ",
                        "comentario": "Comentário de atendimento", "visivelCliente": "true"});
    ask(server, second).await.is(200, SUCCESS);
    let em = "2026-11-23T10:00:00.000Z";
    assert_eq!(
        server.record(ABERTO).await,
        json!({
            "protocolo": ABERTO, "status": "Finalizado", "motivoStatus": null, "atualizadoEm": em,
            "historico": [
                {"em": em, "de": "Aberto", "para": "Finalizado", "motivoStatus": "Atendimento já finalizado",
                 "usuario": "user.api"},
                {"em": em, "de": "Finalizado", "para": "Finalizado", "motivoStatus": null, "usuario": "user.api"},
            ],
            "comentarios": [
                {"em": em, "texto": "Comentário de atendimento", "visivelCliente": true, "usuario": "user.api"},
            ],
        })
    );
}

async fn visibility_comes_as_boolean_or_text_in_any_case(server: &Server) {
    let token = server.token("user.api").await;
    let forms = [
        (json!(true), true),
        (json!(false), false),
        (json!("True"), true),
        (json!("False"), false),
        (json!("TRUE"), true),
        (json!("false"), false),
    ];
    for (form, _) in &forms {
        let body = json!({"protocolo": ABERTO, "status": "Aberto", "comentario": "c", "visivelCliente": form});
        server.change_with(&token, body).await.is(200, SUCCESS);
    }
    let record = server.record(ABERTO).await;
    let seen: Vec<bool> =
        record["comentarios"].as_array().unwrap().iter().map(|c| c["visivelCliente"].as_bool().unwrap()).collect();
    assert_eq!(seen, forms.map(|(_, seen)| seen));
}

async fn a_blank_comment_is_none_and_visibility_alone_does_nothing(server: &Server) {
    for extra in [json!({"comentario": "  "}), json!({"comentario": null}), json!({"visivelCliente": "True"})] {
        let mut body = json!({"protocolo": ABERTO, "status": "Aberto"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        ask(server, body).await.is(200, SUCCESS);
    }
    let record = server.record(ABERTO).await;
    assert_eq!(record["comentarios"], json!([]));
    assert_eq!(record["historico"].as_array().unwrap().len(), 3);
}

async fn protocolo_and_status_are_read_leniently(server: &Server) {
    ask(server, json!({"protocolo": 20_221_104_000_001_u64, "status": " FINALIZADO "})).await.is(200, SUCCESS);
    ask(server, json!({"protocolo": " 20221104000001 ", "status": "em ATENDIMENTO", "motivoStatus": "duplicado"}))
        .await
        .is(200, SUCCESS);
    assert_eq!(server.record(ABERTO).await["status"], "Em atendimento");
}

async fn invalid_values_are_named(server: &Server) {
    let token = server.token("user.api").await;
    let with = async |field: &str, value: Value| {
        let mut body = json!({"protocolo": ABERTO, "status": "Aberto", "visivelCliente": true});
        body[field] = value;
        server.change_with(&token, body).await
    };
    let long = |length: usize| json!("é".repeat(length));
    with("protocolo", long(64)).await.is(404, "Atendimento não encontrado");
    with("status", long(255)).await.is(404, "Status não encontrado");
    with("motivoStatus", long(255)).await.is(200, SUCCESS);
    with("comentario", long(20_000)).await.is(200, SUCCESS);
    for (field, max) in [("protocolo", 64), ("status", 255), ("motivoStatus", 255), ("comentario", 20_000)] {
        let message = format!("{field} – valor inválido");
        with(field, long(max + 1)).await.is(400, &message);
        with(field, json!("a\0b")).await.is(400, &message);
    }
    for field in ["protocolo", "status", "comentario"] {
        for value in [json!([]), json!(["x"]), json!({"x": 1})] {
            with(field, value).await.is(400, &format!("{field} – valor inválido"));
        }
    }
    with("motivoStatus", json!([5])).await.is(200, SUCCESS);
}

async fn reopening_needs_a_motivo_and_keeps_the_chain(server: &Server, database: &Database) {
    ask(server, json!({"protocolo": FINALIZADO, "status": "Aberto"})).await.is(400, MOTIVO_OBRIGATORIO);
    ask(server, json!({"protocolo": FINALIZADO, "status": "Aberto", "motivoStatus": "Aberto por engano"}))
        .await
        .is(200, SUCCESS);
    ask(server, json!({"protocolo": FINALIZADO, "status": "Finalizado"})).await.is(200, SUCCESS);
    assert_eq!(database.broken_links().await, 0);
}

both_engines! {
    a_missing_protocolo_comes_first,
    then_a_missing_status,
    then_a_comment_without_its_visibility,
    then_an_unknown_atendimento_then_an_unknown_status,
    then_a_motivo_where_one_is_required,
    every_transition_with_every_kind_of_motivo,
    the_pages_own_examples_succeed,
    visibility_comes_as_boolean_or_text_in_any_case,
    a_blank_comment_is_none_and_visibility_alone_does_nothing,
    protocolo_and_status_are_read_leniently,
    invalid_values_are_named,
    reopening_needs_a_motivo_and_keeps_the_chain,
}
