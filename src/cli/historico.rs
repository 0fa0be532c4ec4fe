//! `historico`

use futures_util::stream::TryStreamExt;

use super::support::error::Result;
use super::support::output::{self, or_dash};
use super::support::period::Period;
use super::support::record;
use super::support::session::Session;
use crate::clock::rfc3339_millis;
use crate::domain::record::StoredChange;
use crate::domain::text::Name;
use crate::store::HistoricoQuery;

#[derive(clap::Subcommand)]
pub enum Command {
    /// List the changes of all atendimentos, the oldest first
    #[command(after_help = "With --json, each change includes its comment.\n\n\
                            Examples:\n  citrus-status historico listar --desde 2026-11-01 --ate 2026-11-30 --usuario user.api\n  \
                            citrus-status historico listar --desde 2026-11-27T10:00:00-03:00 --json")]
    Listar(ListArgs),
}

#[derive(clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    period: Period,
    /// Only those made by the user of this login
    #[arg(long, value_name = "LOGIN")]
    usuario: Option<Name>,
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
    let found = session.store.list_historico(HistoricoQuery { usuario_id, between, limit: args.limite });
    if args.json {
        let listed = |(protocolo, change): (String, StoredChange)| record::listed_change(&protocolo, &change);
        return output::json_stream(found.map_ok(listed)).await;
    }
    let row = |(protocolo, change): (String, StoredChange)| {
        let (when, from, to) = (rfc3339_millis(change.em), change.de.to_string(), change.para.to_string());
        [when, protocolo, from, to, or_dash(change.motivo.as_deref()), or_dash(change.usuario.as_deref())]
    };
    output::table_stream(["when", "protocolo", "from", "to", "motivo", "who"], found.map_ok(row)).await
}
