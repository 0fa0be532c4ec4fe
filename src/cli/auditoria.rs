//! `auditoria`

use futures_util::stream::TryStreamExt;
use serde_json::{Value, json};

use super::support::error::Result;
use super::support::output::{self, or_dash};
use super::support::period::Period;
use super::support::session::Session;
use crate::clock::rfc3339_millis;
use crate::domain::audit::ActionFilter;
use crate::domain::text::Name;
use crate::service::audit::told;
use crate::store::{AuditEntry, AuditQuery};

const LIST_HELP: &str = "\
Each change by a command leaves an entry: who made it on which host, what was changed, and how it was before and is \
since then. To read a long list page by page, pass the id of the last entry as --antes-do-id.

Examples:
  citrus-status auditoria listar --limite 50
  citrus-status auditoria listar --desde 2026-11-01 --acao usuario --json
  citrus-status auditoria listar --usuario user.api --limite 50 --antes-do-id 1234";

#[derive(clap::Subcommand)]
pub enum Command {
    /// List what administrators have changed, the newest first
    #[command(after_help = LIST_HELP)]
    Listar(ListArgs),
}

#[derive(clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    period: Period,
    /// Only this action, such as usuario.senha, or all of a command, such as usuario
    #[arg(long, value_name = "ACTION")]
    acao: Option<ActionFilter>,
    /// Only about the user of this login
    #[arg(long, value_name = "LOGIN")]
    usuario: Option<Name>,
    /// Only about the nível, perfil, motivo or protocolo of this name, or the file or backup of this SHA-256
    #[arg(long, value_name = "NAME")]
    objeto: Option<String>,
    /// Only by this user of the operating system, also where it stands behind sudo
    #[arg(long, value_name = "NAME")]
    autor: Option<String>,
    /// Only entries before the one of this id
    #[arg(long, value_name = "ID")]
    antes_do_id: Option<i64>,
    /// List at most this many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limite: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(session: &Session, command: Command) -> Result {
    let Command::Listar(args) = command;
    let between = args.period.between()?;
    let usuario_id = session.usuario_id(args.usuario.as_ref()).await?;
    let asked = AuditQuery {
        before_id: args.antes_do_id,
        between,
        action: args.acao,
        object: args.objeto,
        usuario_id,
        actor: args.autor,
        limit: args.limite,
    };
    let found = session.store.list_audit(&asked);
    if args.json {
        return output::json_stream(found.map_ok(listed)).await;
    }
    let row = |entry: AuditEntry| {
        let AuditEntry { id, em, autor, lugar, acao, objeto, antes, depois, .. } = entry;
        let [objeto, antes, depois] = [objeto, antes, depois].map(|text| or_dash(text.as_deref()));
        [id.to_string(), rfc3339_millis(em), autor, lugar, acao, objeto, antes, depois]
    };
    let headers = ["id", "when", "who", "where", "action", "object", "before", "after"];
    output::table_stream(headers, found.map_ok(row)).await
}

fn listed(entry: AuditEntry) -> Value {
    let AuditEntry { id, em, origem, autor, lugar, acao, objeto, usuario_id, antes, depois, .. } = entry;
    json!({
        "id": id, "em": rfc3339_millis(em), "origem": origem, "autor": autor, "lugar": lugar, "acao": acao,
        "objeto": objeto, "usuario_id": usuario_id, "antes": told(antes), "depois": told(depois)
    })
}
