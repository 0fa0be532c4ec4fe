//! `dialeto`: what a server says and does in a dialect, and the document of such a one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::support::error::Result;
use super::support::input::{dialect_option, read_dialect};
use super::support::output::{self, say, table};
use crate::dialect::Dialect;
use crate::http::answer::{ALWAYS, REQUEST_ID};
use crate::http::openapi::spoken::NamedAnswer;
use crate::http::routes;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Check the file of a dialect, and list every answer, header and rule of a server in it
    #[command(
        after_help = "Examples:\n  citrus-status dialeto mostrar dialeto.toml\n  citrus-status dialeto mostrar dialeto.toml --json"
    )]
    Mostrar {
        /// The file; without it, the contract is listed
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
    let listed = Listed::of(&dialect);
    if *json {
        output::json(&listed)?;
    } else {
        listed.print()?;
    }
    Ok(())
}

pub fn openapi(args: &OpenapiArgs) -> Result {
    let dialect = args.dialeto.as_deref().map(dialect_option).transpose()?;
    Ok(say!("{}", routes::openapi_text(dialect).trim_end())?)
}

/// A dialect beside the contract.
#[derive(Serialize)]
struct Listed {
    ajustes: Vec<Setting>,
    respostas: Vec<Answer>,
}

#[derive(Serialize)]
struct Setting {
    /// Its place in the file.
    nome: String,
    valor: Value,
    contrato: Value,
}

/// Its members are called as in the file.
#[derive(Serialize)]
struct Answer {
    nome: String,
    codigo: u16,
    content_type: String,
    corpo: String,
    /// Which of these members are not the contract's.
    do_arquivo: Vec<&'static str>,
}

impl Listed {
    fn of(dialect: &Arc<Dialect>) -> Self {
        // With the same rules, as answers stand beside each other.
        let mut contract = Dialect::contract();
        contract.rules = dialect.rules;
        let answers = routes::answers(dialect).into_iter().zip(routes::answers(&Arc::new(contract)));
        Self {
            ajustes: settings(dialect),
            respostas: answers.map(|(own, contract)| Answer::of(own, &contract)).collect(),
        }
    }

    fn print(self) -> std::io::Result<()> {
        let origin = |is_of_file| if is_of_file { "file" } else { "contract" }.to_owned();
        let settings: Vec<_> = self
            .ajustes
            .into_iter()
            .map(|Setting { nome, valor, contrato }| {
                let is_of_file = valor != contrato;
                let contrato = if is_of_file { shown(&contrato) } else { String::new() };
                [nome, shown(&valor), origin(is_of_file), contrato]
            })
            .collect();
        table(["setting", "in force", "from", "the contract has"], &settings)?;
        say!("")?;
        let answers: Vec<_> = self
            .respostas
            .into_iter()
            .map(|Answer { nome, codigo, content_type, corpo, do_arquivo }| {
                let from_file = do_arquivo.join(", ");
                [nome, codigo.to_string(), content_type, from_file, corpo]
            })
            .collect();
        table(["answer", "codigo", "content_type", "from the file", "corpo"], &answers)
    }
}

impl Answer {
    fn of(NamedAnswer { name, spoken }: NamedAnswer, contract: &NamedAnswer) -> Self {
        let parts = [
            ("codigo", spoken.code != contract.spoken.code),
            ("content_type", spoken.content_type != contract.spoken.content_type),
            ("corpo", spoken.body != contract.spoken.body),
        ];
        Self {
            nome: name,
            codigo: spoken.code,
            content_type: spoken.content_type,
            corpo: spoken.body,
            do_arquivo: parts.into_iter().filter(|(_, differs)| *differs).map(|(part, _)| part).collect(),
        }
    }
}

/// What is in force for all answers and requests, beside the contract's.
fn settings(dialect: &Dialect) -> Vec<Setting> {
    let id = (REQUEST_ID, "<the request's own>");
    let always = ALWAYS.into_iter().chain([id]).map(|(name, value)| (name.to_string(), value)).collect();
    let mut contract: BTreeMap<String, Value> = Dialect::contract().settings(&always).into_iter().collect();
    let settings = dialect.settings(&always).into_iter();
    settings
        .map(|(nome, valor)| Setting { contrato: contract.remove(&nome).unwrap_or_default(), nome, valor })
        .collect()
}

/// A value for people.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
