//! A server that does what Citrus does. How it says so is its make's.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::cli::conferir::fake::read_whole_request;
use crate::cli::conferir::{PROTOCOLO, SENHA};

/// What is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// From one status to another.
    Made(&'static str, &'static str),
    Token(&'static str),
    Refused(Refusal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoRoute,
    NoMethod,
    BadBody,
    Missing(&'static str),
    Invalid(&'static str),
    NoUser,
    WrongSenha,
    NoToken,
    BadToken,
    Denied,
    NoAtendimento,
    NoStatus,
    NoMotivo,
    MotivoMissing,
    SameStatus,
    UnneededMotivo,
}

impl Refusal {
    /// A number of its own, not 0.
    pub fn number(self) -> usize {
        let name = format!("{self:?}");
        name.bytes().fold(name.len(), |sum, byte| (sum * 31 + usize::from(byte)) % 97) + 1
    }
}

/// What was asked, as far as an answer may tell it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// The status that a change asks for.
    pub status: &'a str,
    pub protocolo: &'a str,
    pub login: &'a str,
}

/// How a make says it, and what it does otherwise.
#[derive(Clone, Copy)]
pub struct Make {
    pub token_header: &'static str,
    pub scheme: &'static str,
    /// The tokens of the two users.
    pub tokens: [&'static str; 2],
    pub refuses_same: bool,
    pub denies_at_login: bool,
    pub checks_motivo: bool,
    /// Refuses a motivo where none is required, and knows every one where it is.
    pub is_odd_about_motivos: bool,
    /// Leaves `Cancelado` never again.
    pub cancels_for_good: bool,
    /// A login ends the session before it.
    pub one_session: bool,
    /// Before which change somebody else logs in, and ends the session.
    pub interrupted_at: Option<usize>,
    pub answer: fn(Said, Asked<'_>) -> Vec<u8>,
}

/// Where the atendimento of a server is.
type State = Arc<Mutex<&'static str>>;

/// Where an atendimento is at first: no run of the kit ends there by itself.
pub const START: &str = "Improcedente";

const STATUSES: [&str; 5] = ["Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado"];

fn judge(make: &Make, state: &State, method: &str, path: &str, header: &str, body: &str) -> Said {
    use Refusal::*;
    let refused = Said::Refused;
    match (method, path) {
        ("POST", "/api/usuario/login" | "/api/atendimentos/status") => {}
        (_, "/api/usuario/login" | "/api/atendimentos/status") => return refused(NoMethod),
        _ => return refused(NoRoute),
    }
    let is_change = path == "/api/atendimentos/status";
    if is_change {
        match header.strip_prefix(make.scheme).map(str::trim) {
            None | Some("") => return refused(NoToken),
            Some(token) if token == make.tokens[1] => return refused(Denied),
            Some(token) if token != make.tokens[0] => return refused(BadToken),
            _ => {}
        }
    }
    let Ok(Value::Object(members)) = serde_json::from_str(body) else { return refused(BadBody) };
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    if !is_change {
        return match (text("login"), text("senha")) {
            (None, _) => refused(Missing("login")),
            (_, None) => refused(Missing("senha")),
            (Some("user.api"), Some(SENHA)) => Said::Token(make.tokens[0]),
            (Some("user.sem"), Some("outra")) if make.denies_at_login => refused(Denied),
            (Some("user.sem"), Some("outra")) => Said::Token(make.tokens[1]),
            (Some("user.api"), _) => refused(WrongSenha),
            _ => refused(NoUser),
        };
    }
    for name in ["protocolo", "status", "comentario"] {
        if members.get(name).is_some_and(|value| !value.is_string()) {
            return refused(Invalid(name));
        }
    }
    let Some(protocolo) = text("protocolo") else { return refused(Missing("protocolo")) };
    let Some(status) = text("status") else { return refused(Missing("status")) };
    if text("comentario").is_some() {
        match text("visivelCliente") {
            None => return refused(Missing("visivelCliente")),
            Some("True" | "true" | "False" | "false") => {}
            Some(_) => return refused(Invalid("visivelCliente")),
        }
    }
    if protocolo != PROTOCOLO {
        return refused(NoAtendimento);
    }
    let Some(status) = STATUSES.into_iter().find(|known| *known == status) else { return refused(NoStatus) };
    let mut present = state.lock().unwrap();
    if make.refuses_same && *present == status || make.cancels_for_good && *present == "Cancelado" {
        return refused(SameStatus);
    }
    let needed = ["Cancelado", "Improcedente"].contains(&status) || *present == "Finalizado" && status != "Finalizado";
    match text("motivoStatus") {
        None if needed => return refused(MotivoMissing),
        Some(_) if make.is_odd_about_motivos && !needed => return refused(UnneededMotivo),
        Some(_) if make.is_odd_about_motivos => {}
        Some(motivo) if motivo != "Duplicado" && (needed || make.checks_motivo) => return refused(NoMotivo),
        _ => {}
    }
    let before = std::mem::replace(&mut *present, status);
    Said::Made(before, status)
}

pub struct Server {
    pub address: String,
    present: State,
}

impl Server {
    /// Of `make`, with its atendimento in `status`. Before it answers, `see` sees the body of the request.
    pub async fn start(mut make: Make, status: &'static str, see: impl Fn(&str) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let present: State = Arc::new(Mutex::new(status));
        let state = Arc::clone(&present);
        let (own, mut logins, mut asked_changes) = (make.tokens[0], 0, 0);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (line, headers, body) = read_whole_request(&mut stream).await;
                see(&body);
                let (method, path) = line.split_once(' ').unwrap();
                let path = path.split([' ', '?']).next().unwrap();
                let name = format!("{}: ", make.token_header);
                let header = headers
                    .iter()
                    .find_map(|header| header.to_lowercase().starts_with(&name).then(|| &header[name.len()..]));
                asked_changes += usize::from(path == "/api/atendimentos/status");
                if make.interrupted_at == Some(asked_changes) && path == "/api/atendimentos/status" {
                    make.tokens[0] = format!("{own}{logins}a").leak();
                }
                let mut said = judge(&make, &state, method, path, header.unwrap_or_default(), &body);
                if make.one_session && said == Said::Token(make.tokens[0]) {
                    logins += 1;
                    make.tokens[0] = format!("{own}{logins}").leak();
                    said = Said::Token(make.tokens[0]);
                }
                let body: Value = serde_json::from_str(&body).unwrap_or_default();
                let text = |name: &str| match &body[name] {
                    Value::String(text) => text.clone(),
                    Value::Null => String::new(),
                    other => other.to_string(),
                };
                let [status, protocolo, login] = ["status", "protocolo", "login"].map(text);
                let asked = Asked { method, path, status: &status, protocolo: &protocolo, login: &login };
                send(&mut stream, &(make.answer)(said, asked)).await;
            }
        });
        Self { address, present }
    }

    /// The status of its atendimento.
    pub fn present(&self) -> &'static str {
        *self.present.lock().unwrap()
    }

    /// Somebody else sets its atendimento to `status`.
    pub fn set(&self, status: &'static str) {
        *self.present.lock().unwrap() = status;
    }
}

async fn send(stream: &mut TcpStream, answer: &[u8]) {
    // In pieces, as a slow server does.
    for piece in answer.chunks(37) {
        // Who wants the head alone hangs up.
        if stream.write_all(piece).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    _ = stream.shutdown().await;
}

/// The text of the vendor's page, or else one that many servers have.
pub fn text(refusal: Refusal) -> String {
    match refusal {
        Refusal::NoRoute => "Recurso não encontrado".to_owned(),
        Refusal::NoMethod => "Método não permitido".to_owned(),
        Refusal::BadBody => "JSON ilegível".to_owned(),
        Refusal::Missing("login") => "Este campo é obrigatório – login".to_owned(),
        Refusal::Missing("senha") => "Este campo é obrigatório senha".to_owned(),
        Refusal::Missing(field) => format!("{field} – esse campo é obrigatório"),
        Refusal::Invalid(field) => format!("{field} – valor inválido"),
        Refusal::NoUser => "Usuário não encontrado".to_owned(),
        Refusal::WrongSenha => "Senha inválida".to_owned(),
        Refusal::NoToken => "Token is missing".to_owned(),
        Refusal::BadToken => "JWT signature does not match locally computed signature. JWT validity cannot be asserted and should not be trusted.".to_owned(),
        Refusal::Denied => "Acess denied".to_owned(),
        Refusal::NoAtendimento => "Atendimento não encontrado".to_owned(),
        Refusal::NoStatus => "Status não encontrado".to_owned(),
        Refusal::NoMotivo => "Motivo não encontrado".to_owned(),
        Refusal::MotivoMissing => "motivoStatus – esse campo é obrigatório".to_owned(),
        Refusal::UnneededMotivo => "Não informe motivoStatus".to_owned(),
        Refusal::SameStatus => "O atendimento já está com este status".to_owned(),
    }
}
