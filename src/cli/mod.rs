//! The command line. Every command goes through the same services as HTTP.

mod atendimento;
mod auditoria;
mod backup;
mod comentario;
mod conferir;
mod config;
mod demo;
mod diagnostico;
mod dialeto;
mod espelhar;
mod estado;
mod historico;
mod migrate;
mod motivo;
mod nivel;
mod perfil;
mod permissao;
mod probe;
mod serve;
mod support;
mod usuario;

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Flags;
use crate::service_manager::Inherited;
use crate::telemetry;
use support::arguments;
use support::database::IfMissing;
use support::error::{CliError, Result};
use support::output;
pub use support::record;
use support::session::Session;
use support::signals;

const DEMO_HELP: &str = "\
Examples:
  citrus-status demo --bind 127.0.0.1:8081
  citrus-status demo --estado estado.toml --atendimentos atendimentos.csv
  citrus-status demo --database-url postgres://postgres@127.0.0.1:5432/demo";

const CONFERIR_HELP: &str = "\
It changes the status of the atendimento several times and adds comments. It warns beforehand and asks for \
confirmation. At the end it sets the status back, even after a failure or Ctrl-C.

Exit codes: 0 all cases passed; 1 a case failed or could not be judged, or the status could not be set back; 2 wrong usage.

Examples:
  printf %s \"$SENHA\" | citrus-status conferir --base-url http://127.0.0.1:8080 --login user.api --senha-stdin \
--protocolo 20221104000001 --motivo Duplicado --yes
  citrus-status conferir --base-url https://citrus.example.com --login user.api \
--protocolo 20221104000001 --motivo Duplicado --status-atual Aberto --only-documented --junit report.xml";

const ESPELHAR_HELP: &str = "\
Point the client at the address that this listens on. Senhas and tokens, and unless told otherwise comments and logins, are \
replaced before they are written. If the recording fails, everything is passed on all the same.

Examples:
  citrus-status espelhar --upstream https://citrus.example.com
  citrus-status espelhar --upstream https://citrus.example.com --bind 0.0.0.0:8090 --gravar semana.ndjson
  citrus-status espelhar relatorio semana.ndjson --html semana.html";

/// Self-hosted drop-in replacement for the status endpoints of the Citrus helpdesk.
#[derive(Parser)]
#[command(
    name = "citrus-status",
    // Whatever name it is called by.
    bin_name = "citrus-status",
    version,
    arg_required_else_help = true,
    after_help = "Flags have precedence over the environment, and the environment over .env; `citrus-status config check` shows \
                  the settings.\n\n\
                  Example:\n  citrus-status demo"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Directory of the embedded database and the generated secret [setting: `DATA_DIR`]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    #[command(after_help = "Example:\n  citrus-status serve --bind 0.0.0.0:8080")]
    Serve(serve::Args),
    /// Run the server with example data, on a temporary database or an empty one
    #[command(after_help = DEMO_HELP)]
    Demo(demo::Args),
    /// Migrate the database, or show which migrations are applied
    #[command(after_help = "Examples:\n  citrus-status migrate\n  citrus-status migrate --status")]
    Migrate(migrate::Args),
    /// Check the settings
    #[command(subcommand, after_help = "Example:\n  citrus-status config check")]
    Config(config::Command),
    /// Ask a running server whether it is ready; for container health checks
    #[command(
        after_help = "Examples:\n  citrus-status probe\n  citrus-status probe --url http://[::1]:8080/health/ready"
    )]
    Probe(probe::Args),
    /// Print a page for a support request: versions, limits, settings and counts, without secrets
    #[command(after_help = "Example:\n  citrus-status diagnostico > diagnostico.txt")]
    Diagnostico,
    /// Print the OpenAPI document of the API
    #[command(
        after_help = "Examples:\n  citrus-status openapi > openapi.json\n  citrus-status openapi --dialeto dialeto.toml"
    )]
    Openapi(dialeto::OpenapiArgs),
    /// Dialects: how another Citrus answers
    #[command(subcommand, after_help = "Example:\n  citrus-status dialeto mostrar dialeto.toml")]
    Dialeto(dialeto::Command),
    /// Run the contract's cases against a server, such as Citrus itself, and report the results
    #[command(after_help = CONFERIR_HELP)]
    Conferir(conferir::Args),
    /// Stand between a client and its Citrus: pass everything on untouched, record it, and tell where our server would
    /// answer otherwise
    #[command(after_help = ESPELHAR_HELP)]
    Espelhar(espelhar::Args),
    /// Níveis, perfis, users and motivos as a file: show it, or make the server like it
    #[command(
        subcommand,
        after_help = "Examples:\n  citrus-status estado mostrar > estado.toml\n  \
                      citrus-status estado aplicar estado.toml --dry-run"
    )]
    Estado(estado::Command),
    /// Hierarchical levels (níveis)
    #[command(subcommand, after_help = "Example:\n  citrus-status nivel criar Suporte --superior Empresa")]
    Nivel(nivel::Command),
    /// Permissions and their release to níveis
    #[command(subcommand, after_help = "Example:\n  citrus-status permissao liberar alterar-status --nivel Suporte")]
    Permissao(permissao::Command),
    /// Profiles (perfis) and their permissions
    #[command(subcommand, after_help = "Example:\n  citrus-status perfil criar Integração --nivel Suporte")]
    Perfil(perfil::Command),
    /// Users
    #[command(subcommand, after_help = "Example:\n  citrus-status usuario criar user.api --perfil Integração")]
    Usuario(usuario::Command),
    /// Reasons (motivos) for status changes
    #[command(subcommand, after_help = "Example:\n  citrus-status motivo criar Duplicado 'Fora do escopo'")]
    Motivo(motivo::Command),
    /// Atendimentos: create, show, list, import, export, anonymise
    #[command(subcommand, after_help = "Example:\n  citrus-status atendimento mostrar 20221104000001 --json")]
    Atendimento(atendimento::Command),
    /// Backups: make one while servers run, check it, restore it on either engine
    #[command(subcommand, after_help = "Example:\n  citrus-status backup criar citrus-2026-11-27.backup")]
    Backup(backup::Command),
    /// The changes of all atendimentos (histórico)
    #[command(
        subcommand,
        after_help = "Example:\n  citrus-status historico listar --desde 2026-11-27 --usuario user.api"
    )]
    Historico(historico::Command),
    /// Comments (comentários): erase the old ones
    #[command(subcommand, after_help = "Example:\n  citrus-status comentario expurgar --antes 2025-01-01 --dry-run")]
    Comentario(comentario::Command),
    /// What administrators have changed (auditoria)
    #[command(subcommand, after_help = "Example:\n  citrus-status auditoria listar --limite 50")]
    Auditoria(auditoria::Command),
}

/// The command line of this process. Where it is wrong or asks for help, that is said, and the error is the
/// exit code.
pub fn read() -> Result<Cli, ExitCode> {
    arguments::read()
}

/// Runs the command of `cli` to its end; a server on the sockets that were `inherited`, if there are any.
pub async fn run(cli: Cli, inherited: Inherited) -> ExitCode {
    let _flush = telemetry::FlushOnDrop;
    // Boxed: large, as it holds what each command does.
    match Box::pin(dispatch(cli, inherited)).await {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(CliError::Io(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(format_args!("error: {}", error.printable()));
            if let Some(advice) = error.advice() {
                output::complain(advice);
            }
            error.exit_code()
        }
    }
}

async fn dispatch(cli: Cli, inherited: Inherited) -> Result {
    signals::outlive_file_limit()?;
    let flags = Flags { data_dir: cli.data_dir, ..Flags::default() };
    match cli.command {
        Command::Serve(args) => serve::run(flags, args, inherited).await,
        Command::Demo(args) => demo::run(flags, args).await,
        Command::Migrate(args) => migrate::run(flags, args).await,
        Command::Config(command) => config::run(flags, command).await,
        Command::Probe(args) => probe::run(flags, args).await,
        Command::Diagnostico => diagnostico::run(flags).await,
        Command::Openapi(args) => dialeto::openapi(&args),
        Command::Dialeto(command) => dialeto::run(&command),
        Command::Conferir(args) => conferir::run(args).await,
        Command::Espelhar(args) => espelhar::run(args).await,
        Command::Estado(command) => estado::run(flags, command).await,
        Command::Nivel(command) => {
            Session::with(&flags, command.if_missing(), async |s| nivel::run(s, command).await).await
        }
        Command::Permissao(command) => {
            Session::with(&flags, IfMissing::Refuse, async |s| permissao::run(s, command).await).await
        }
        Command::Perfil(command) => {
            Session::with(&flags, command.if_missing(), async |s| perfil::run(s, command).await).await
        }
        Command::Usuario(command) => {
            Session::with(&flags, IfMissing::Refuse, async |s| usuario::run(s, command).await).await
        }
        Command::Motivo(command) => {
            Session::with(&flags, command.if_missing(), async |s| motivo::run(s, command).await).await
        }
        Command::Backup(command) => backup::run(flags, command).await,
        Command::Historico(command) => {
            Session::with(&flags, IfMissing::Refuse, async |s| historico::run(s, command).await).await
        }
        Command::Comentario(command) => {
            Session::with(&flags, IfMissing::Refuse, async |s| comentario::run(s, command).await).await
        }
        Command::Auditoria(command) => {
            Session::with(&flags, IfMissing::Refuse, async |s| auditoria::run(s, command).await).await
        }
        Command::Atendimento(command) => {
            Session::with(&flags, command.if_missing(), async |s| atendimento::run(s, command).await).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_tree_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_help_with_an_example() {
        fn walk(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("citrus-status"), "{path} has no example");
            command.get_subcommands().for_each(|sub| walk(sub, &path));
        }
        walk(&Cli::command(), "");
    }
}
