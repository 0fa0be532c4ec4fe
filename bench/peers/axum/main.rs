//! The status change as axum and sqlx are usually used: a pool, and one transaction a request. See ../README.md.

use std::env;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, serve};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::postgres::{PgPool, PgPoolOptions};
use time::{OffsetDateTime, macros::format_description};
use tokio::net::TcpListener;

const STATUSES: [&str; 5] = ["aberto", "em atendimento", "cancelado", "improcedente", "finalizado"];
const BAD_SIGNATURE: &str = "JWT signature does not match locally computed signature. \
    JWT validity cannot be asserted and should not be trusted.";

const USUARIO: &str = "
SELECT u.ativo, u.geracao,
       EXISTS (SELECT FROM concessao c WHERE c.perfil_id = p.id AND c.permissao = 'alterar-status')
       AND (p.nivel_id IS NULL OR EXISTS
           (SELECT FROM liberacao l WHERE l.nivel_id = p.nivel_id AND l.permissao = 'alterar-status')) AS permitido
FROM usuario u JOIN perfil p ON p.id = u.perfil_id
WHERE u.id = $1";
const ATENDIMENTO: &str = "SELECT id, status, revisao FROM atendimento WHERE protocolo = $1 FOR UPDATE";
const MOTIVO: &str = "SELECT id FROM motivo WHERE chave = $1 AND ativo";
const UPDATE: &str = "UPDATE atendimento SET status = $2, revisao = $3, atualizado_em = now() WHERE id = $1";
const INSERT: &str = "
INSERT INTO historico (atendimento_id, revisao, em, de, para, motivo_id, usuario_id, comentario, visivel_cliente)
VALUES ($1, $2, now(), $3, $4, $5, $6, $7, $8)";

struct App {
    pool: PgPool,
    key: DecodingKey,
    validation: Validation,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    jti: String,
    exp: i64,
}

#[derive(sqlx_macros::FromRow)]
struct Usuario {
    ativo: bool,
    geracao: i64,
    permitido: bool,
}

#[derive(sqlx_macros::FromRow)]
struct Atendimento {
    id: i64,
    status: i16,
    revisao: i64,
}

/// The types are judged by hand: the API's texts and their order are its own.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    protocolo: Value,
    status: Value,
    motivo_status: Value,
    comentario: Value,
    visivel_cliente: Value,
}

struct Change {
    protocolo: String,
    status: String,
    motivo: Option<String>,
    comentario: Option<String>,
    visivel_cliente: Option<bool>,
}

/// A status code and a message.
struct Answer(StatusCode, String);

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.0, [(CONTENT_TYPE, "application/json")], json!({ "message": self.1 }).to_string()).into_response()
    }
}

impl From<sqlx::Error> for Answer {
    fn from(error: sqlx::Error) -> Self {
        eprintln!("{error}");
        Self(StatusCode::INTERNAL_SERVER_ERROR, "Erro interno".to_owned())
    }
}

fn refuse<T>(status: StatusCode, message: impl Into<String>) -> Result<T, Answer> {
    Err(Answer(status, message.into()))
}

#[tokio::main]
async fn main() {
    let setting = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let pool = PgPoolOptions::new().max_connections(setting("POOL").parse().expect("a number"));
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = 0;
    validation.set_issuer(&["citrus-status"]);
    validation.set_audience(&["citrus-status"]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let app = Arc::new(App {
        pool: pool.connect(&setting("DATABASE_URL")).await.expect("PostgreSQL is there"),
        key: DecodingKey::from_secret(setting("JWT_SECRET").as_bytes()),
        validation,
    });
    let listener =
        TcpListener::bind(("127.0.0.1", setting("PORT").parse().expect("a port"))).await.expect("it is free");
    serve(listener, Router::new().route("/api/atendimentos/status", post(change)).with_state(app))
        .await
        .expect("serves");
}

async fn change(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<Answer, Answer> {
    let claims = verify(&app, &headers)?;
    let usuario_id: i64 = claims.sub.parse().or_else(|_| refuse(StatusCode::UNAUTHORIZED, BAD_SIGNATURE))?;
    let mut transaction = app.pool.begin().await?;
    let usuario: Option<Usuario> = sqlx::query_as(USUARIO).bind(usuario_id).fetch_optional(&mut *transaction).await?;
    let of_token = |usuario: &Usuario| claims.jti.split('.').next() == Some(usuario.geracao.to_string().as_str());
    match usuario {
        Some(usuario) if usuario.ativo && of_token(&usuario) => {
            if !usuario.permitido {
                return refuse(StatusCode::FORBIDDEN, "Acess denied");
            }
        }
        _ => return refuse(StatusCode::UNAUTHORIZED, "Token revogado"),
    }

    let change = read(&body)?;
    let found = sqlx::query_as(ATENDIMENTO).bind(&change.protocolo).fetch_optional(&mut *transaction).await?;
    let Some(Atendimento { id, status: de, revisao }) = found else {
        return refuse(StatusCode::NOT_FOUND, "Atendimento não encontrado");
    };
    let Some(para) = STATUSES.iter().position(|nome| *nome == change.status).map(|i| i as i16 + 1) else {
        return refuse(StatusCode::NOT_FOUND, "Status não encontrado");
    };
    let motivo_id: Option<i64> = match &change.motivo {
        Some(chave) => sqlx::query_scalar(MOTIVO).bind(chave).fetch_optional(&mut *transaction).await?,
        None => None,
    };
    let required = matches!(para, 3 | 4) || (de == 5 && para != 5);
    if required && change.motivo.is_none() {
        return refuse(StatusCode::BAD_REQUEST, "motivoStatus – esse campo é obrigatório");
    }
    if required && motivo_id.is_none() {
        return refuse(StatusCode::NOT_FOUND, "Motivo não encontrado");
    }

    sqlx::query(UPDATE).bind(id).bind(para).bind(revisao + 1).execute(&mut *transaction).await?;
    let history = sqlx::query(INSERT).bind(id).bind(revisao + 1).bind(de).bind(para).bind(motivo_id).bind(usuario_id);
    history.bind(&change.comentario).bind(change.visivel_cliente).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(Answer(StatusCode::OK, "Atendimento atualizado com sucesso".to_owned()))
}

fn verify(app: &App, headers: &HeaderMap) -> Result<Claims, Answer> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = header.and_then(|header| header.strip_prefix("Bearer ")) else {
        return refuse(StatusCode::UNAUTHORIZED, "Token is missing");
    };
    match decode::<Claims>(token, &app.key, &app.validation) {
        Ok(data) => Ok(data.claims),
        Err(error) if *error.kind() == ErrorKind::ExpiredSignature => {
            let mut at_any_time = app.validation.clone();
            at_any_time.validate_exp = false;
            match decode::<Claims>(token, &app.key, &at_any_time) {
                Ok(data) => refuse(StatusCode::UNAUTHORIZED, expired(data.claims.exp)),
                Err(_) => refuse(StatusCode::UNAUTHORIZED, BAD_SIGNATURE),
            }
        }
        Err(_) => refuse(StatusCode::UNAUTHORIZED, BAD_SIGNATURE),
    }
}

fn expired(exp: i64) -> String {
    let (at, now) = (OffsetDateTime::from_unix_timestamp(exp).expect("it was valid"), OffsetDateTime::now_utc());
    let seconds = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let text = |time: OffsetDateTime| time.format(seconds).expect("a time of our calendar");
    format!(
        "JWT expired at {}. Current time: {}, a difference of {} milliseconds.  Allowed clock skew: 0 milliseconds.",
        text(at),
        text(now),
        (now - at).whole_milliseconds()
    )
}

fn read(body: &[u8]) -> Result<Change, Answer> {
    let body: Body = serde_json::from_slice(body).or_else(|error| {
        let place = format!("linha {}, coluna {}", error.line(), error.column());
        refuse(StatusCode::BAD_REQUEST, format!("Corpo da requisição inválido: JSON malformado na {place}"))
    })?;
    if let Value::Number(number) = &body.protocolo
        && !number.is_u64()
    {
        return refuse(StatusCode::BAD_REQUEST, "protocolo – valor inválido, envie como texto");
    }
    let change = Change {
        protocolo: required("protocolo", text("protocolo", body.protocolo, 64)?)?.trim().to_owned(),
        status: required("status", text("status", body.status, 255)?)?.trim().to_lowercase(),
        motivo: text("motivoStatus", body.motivo_status, 255)?.map(|motivo| motivo.trim().to_lowercase()),
        comentario: text("comentario", body.comentario, 20_000)?,
        visivel_cliente: match text("visivelCliente", body.visivel_cliente, 255)?.map(|v| v.trim().to_lowercase()) {
            None => None,
            Some(text) if text == "true" || text == "1" => Some(true),
            Some(text) if text == "false" || text == "0" => Some(false),
            Some(_) => return refuse(StatusCode::BAD_REQUEST, "visivelCliente – valor inválido"),
        },
    };
    if change.comentario.is_none() {
        return Ok(Change { visivel_cliente: None, ..change });
    }
    required("visivelCliente", change.visivel_cliente)?;
    Ok(change)
}

/// The text of a field, unless it is missing or blank.
fn text(name: &str, value: Value, max: usize) -> Result<Option<String>, Answer> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => return refuse(StatusCode::BAD_REQUEST, format!("{name} – valor inválido")),
    };
    if text.chars().count() > max || text.contains('\0') {
        return refuse(StatusCode::BAD_REQUEST, format!("{name} – valor inválido"));
    }
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

fn required<T>(name: &str, value: Option<T>) -> Result<T, Answer> {
    value.map_or_else(|| refuse(StatusCode::BAD_REQUEST, format!("{name} – esse campo é obrigatório")), Ok)
}
