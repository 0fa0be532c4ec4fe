//! `dialeto`: what a server answers in a dialect, and the document of such a one.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::support::error::Result;
use super::support::input::read_dialect;
use super::support::output::{self, say, table};
use crate::dialect::Dialect;
use crate::http::answer::spoken::{Speaker, Spoken};
use crate::http::routes;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Check the file of a dialect, and list every answer that a server gives in it
    #[command(
        after_help = "Examples:\n  citrus-status dialeto mostrar dialeto.toml\n  citrus-status dialeto mostrar dialeto.toml --json"
    )]
    Mostrar {
        /// The file; without it, the answers of the contract are listed
        #[arg(value_name = "FILE")]
        arquivo: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args)]
pub struct OpenapiArgs {
    /// Of a server that answers like the Citrus that this file describes
    #[arg(long, value_name = "FILE")]
    dialeto: Option<PathBuf>,
}

pub fn run(command: &Command) -> Result {
    let Command::Mostrar { arquivo, json } = command;
    let dialect = match arquivo {
        Some(file) => read_dialect(file)?,
        None => Arc::new(Dialect::contract()),
    };
    let answers = Speaker::example(dialect).all();
    if *json {
        let of = |(name, Spoken { code, content_type, body }): &(String, Spoken)| json!({"nome": name, "codigo": code, "contentType": content_type, "corpo": body});
        return Ok(output::json(&answers.iter().map(of).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = answers
        .into_iter()
        .map(|(name, Spoken { code, content_type, body })| [name, code.to_string(), content_type, body])
        .collect();
    Ok(table(["answer", "status", "content type", "body"], &rows)?)
}

pub fn openapi(args: &OpenapiArgs) -> Result {
    let dialect = args.dialeto.as_deref().map(read_dialect).transpose()?;
    Ok(say!("{}", routes::openapi_text(dialect).trim_end())?)
}
