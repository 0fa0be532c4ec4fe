//! The options of `conferir`.

use std::path::PathBuf;

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};
use url::Url;

use super::report::Outputs;
use crate::cli::support::input::{parse_status, parse_url};
use crate::conferir::plan;
use crate::conferir::report::{Outcome, Report};
use crate::conferir::witness::Witness;
use crate::dialect::TokenHeader;
use crate::domain::atendimento::Status;

#[derive(clap::Args)]
pub struct Args {
    /// The server: http:// or https://, with a path in front of /api if it has one
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    pub(super) base_url: Url,
    /// A login that may change statuses
    #[arg(long)]
    pub(super) login: String,
    /// Read the password from standard input
    #[arg(long)]
    pub(super) senha_stdin: bool,
    /// The atendimento to change: one that nobody needs
    #[arg(long)]
    pub(super) protocolo: String,
    /// The name of a registered motivo
    #[arg(long, required_unless_present = "somente_leitura")]
    pub(super) motivo: Option<String>,
    /// The current status of the atendimento. Needed for a server that does not report it, such as Citrus
    #[arg(long, value_name = "STATUS", value_parser = parse_status)]
    pub(super) status_atual: Option<Status>,
    /// Run only the cases of the vendor's page, and compare only what it states, or what --dialeto says of them
    #[arg(long)]
    pub(super) only_documented: bool,
    /// Skip a case, such as login/unknown-user where `HARDENED_LOGIN` is set, or a group, such as login/; may be repeated.
    /// An unknown name, such as x, lists the names of all
    #[arg(long, value_name = "CASE", value_parser = cases_and_groups(), hide_possible_values = true)]
    pub(super) pular: Vec<String>,
    /// Ask only what changes nothing: reads, logins that do not fail, and tokens that no server trusts
    #[arg(long, conflicts_with_all = ["gravar", "status_atual"])]
    pub(super) somente_leitura: bool,
    /// Ask again only what failed or was not judged in the JSON report of another run
    #[arg(long, value_name = "REPORT", conflicts_with = "gravar")]
    pub(super) repetir_falhas: Option<PathBuf>,
    /// Judge by this dialect, not by the contract
    #[arg(long, value_name = "FILE")]
    pub(super) dialeto: Option<PathBuf>,
    /// Write down how the server answers, as a dialect in this new file; nothing is judged
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dialeto", "only_documented", "json", "junit", "html", "har", "pular"])]
    pub(super) gravar: Option<PathBuf>,
    /// With --gravar: a login that may not change statuses. Its password is the second line of standard input
    #[arg(long, value_name = "LOGIN", requires = "gravar")]
    pub(super) login_sem_permissao: Option<String>,
    /// The header that carries the token: 'X-Auth-Token' for the token alone, 'Authorization: Token' with a word before it.
    /// With --gravar it is tried before the usual ones
    #[arg(long, value_name = "HEADER", value_parser = parse_token_header)]
    pub(super) cabecalho_do_token: Option<TokenHeader>,
    /// The member of the login's answer that has the token, such as 'sessao' or '/dados/chave', if that is not found by itself
    #[arg(long, value_name = "MEMBER", value_parser = NonEmptyStringValueParser::new())]
    pub(super) membro_do_token: Option<String>,
    /// With --gravar: a member of the login's answer that tells of nobody although it looks so, and is recorded; may be repeated
    #[arg(long, value_name = "NAME", requires = "gravar", value_parser = NonEmptyStringValueParser::new())]
    pub(super) membro: Vec<String>,
    /// Change the atendimento without asking for confirmation
    #[arg(long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) outputs: Outputs,
}

impl Args {
    pub(super) fn motivo(&self) -> &str {
        self.motivo.as_deref().unwrap_or_default()
    }

    /// The report on `cases`, of an atendimento that was found in `status`.
    pub(super) fn report(
        &self,
        found: Option<(Status, Witness)>,
        changes: usize,
        restored: bool,
        cases: Vec<Outcome>,
    ) -> Report {
        Report {
            base_url: self.base_url.to_string(),
            only_documented: self.only_documented,
            protocolo: self.protocolo.clone(),
            status: found.map(|(status, _)| status.nome()),
            status_from: found.map(|(_, witness)| witness.name()),
            changes,
            restored,
            counts: Report::count(&cases),
            cases,
        }
    }
}

fn parse_token_header(text: &str) -> Result<TokenHeader, String> {
    TokenHeader::parse(text).map_err(|what| format!("it {what}"))
}

/// The names that `--pular` takes.
fn cases_and_groups() -> PossibleValuesParser {
    PossibleValuesParser::new(plan::groups().chain(plan::names()))
}
