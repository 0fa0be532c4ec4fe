//! A change is decided on what the database says, not on what the server saw before.

use citrus_status::domain::text::NameKey;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::edit;
use crate::support::server::{Answer, Server};

const OK: &str = "Atendimento atualizado com sucesso";

async fn change(server: &Server, token: &str, status: &str, motivo: &str) -> Answer {
    let body = json!({"protocolo": "20221104000001", "status": status, "motivoStatus": motivo});
    server.change_with(token, body).await
}

async fn a_status_mended_by_hand_is_seen(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    change(server, &token, "Aberto", "").await.is(200, OK);
    database.execute("UPDATE atendimento SET status = 5").await;
    // Remembered as open, it would not need a motivo.
    change(server, &token, "Em atendimento", "").await.is(400, "motivoStatus – esse campo é obrigatório");
    change(server, &token, "Em atendimento", "Duplicado").await.is(200, OK);
    database.execute("UPDATE atendimento SET status = 1").await;
    // Remembered as in progress, its entry would start there.
    change(server, &token, "Finalizado", "").await.is(200, OK);
    let record = server.record("20221104000001").await;
    let steps: Vec<[&Value; 2]> =
        record["historico"].as_array().unwrap().iter().map(|entry| [&entry["de"], &entry["para"]]).collect();
    assert_eq!(json!(steps), json!([["Aberto", "Aberto"], ["Finalizado", "Em atendimento"], ["Aberto", "Finalizado"]]));
    database.execute("UPDATE atendimento SET status = 2").await;
    // Remembered as finished, it would need a motivo.
    change(server, &token, "Aberto", "").await.is(200, OK);
}

async fn an_atendimento_removed_by_hand_is_gone(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    change(server, &token, "Aberto", "").await.is(200, OK);
    database.execute("DELETE FROM historico").await;
    database.execute("DELETE FROM atendimento").await;
    change(server, &token, "Aberto", "").await.is(404, "Atendimento não encontrado");
}

async fn a_motivo_counts_from_the_moment_it_is_registered_to_the_moment_it_is_not(server: &Server) {
    let token = server.token("user.api").await;
    change(server, &token, "Cancelado", "Novo").await.is(404, "Motivo não encontrado");
    edit(&server.store, async |e| e.insert_motivo(&"Novo".parse().unwrap()).await).await.unwrap();
    change(server, &token, "Cancelado", "Novo").await.is(200, OK);
    edit(&server.store, async |e| e.set_motivo_ativo(&NameKey::new("Novo"), false).await).await.unwrap();
    change(server, &token, "Cancelado", "Novo").await.is(404, "Motivo não encontrado");
    // Where none is required it is ignored, and not recorded.
    change(server, &token, "Finalizado", "Novo").await.is(200, OK);
    let record = server.record("20221104000001").await;
    let motivos: Vec<&Value> = record["historico"].as_array().unwrap().iter().map(|e| &e["motivoStatus"]).collect();
    assert_eq!(json!(motivos), json!(["Novo", null]));
}

both_engines! {
    a_status_mended_by_hand_is_seen,
    an_atendimento_removed_by_hand_is_gone,
    a_motivo_counts_from_the_moment_it_is_registered_to_the_moment_it_is_not,
}
