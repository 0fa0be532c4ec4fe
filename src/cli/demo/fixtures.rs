//! What a demo begins with: the example data, or what files say.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::TryStreamExt;
use indicatif::HumanCount;

use crate::cli::atendimento::import_file;
use crate::cli::estado;
use crate::cli::support::error::Result;
use crate::domain::atendimento::Status;
use crate::domain::text::Name;
use crate::example::{ATENDIMENTOS, FIRST_PROTOCOLO, SENHA, load_example_access, load_example_atendimentos};
use crate::printable::printable;
use crate::service::audit::command_line;
use crate::service::import::ImportOptions;
use crate::service::state_file::{PublicUser, Senhas, StateFile, StateFiles};
use crate::store::{AtendimentosQuery, Example, Motivo, NewAtendimento, NewMotivo, Store};

/// How many users are shown.
const SHOWN_MAX: usize = 10;

#[derive(clap::Args)]
pub struct FixtureArgs {
    /// Níveis, perfis, users and motivos in the place of the example's, as `estado mostrar` prints them. A user's senha is
    /// `senha = "…"` in the file, else 1234
    #[arg(long, value_name = "FILE")]
    estado: Option<PathBuf>,
    /// Atendimentos in the place of the example's, as `atendimento importar` takes them
    #[arg(long, value_name = "FILE")]
    atendimentos: Option<PathBuf>,
}

pub struct Fixtures {
    state: Option<StateFile>,
    atendimentos: Option<PathBuf>,
}

/// What to say of the data.
pub struct Introduction {
    /// Lines about users.
    pub users: String,
    /// A user to try things with.
    pub login: String,
    pub senha: String,
    /// A line about the atendimentos, and one to try things with.
    pub atendimentos: String,
    pub protocolo: String,
}

impl Fixtures {
    /// Reads the state file, so that a fault in it is told before there is a database.
    pub fn read(args: FixtureArgs) -> Result<Self> {
        let state = args.estado.map(|file| estado::read_with(&file, Senhas::Public(SENHA))).transpose()?;
        Ok(Self { state, atendimentos: args.atendimentos })
    }

    /// Fills the empty `store`; what a reset restores, and what to say of it.
    pub async fn load(&self, store: &Arc<Store>) -> Result<(Example, Introduction)> {
        match &self.state {
            Some(state) => _ = StateFiles::new(Arc::clone(store), command_line()).bring_about(state).await?,
            None => load_example_access(store).await?,
        }
        match &self.atendimentos {
            Some(file) => _ = import_file(store, &command_line(), file, ImportOptions::default()).await?,
            None => load_example_atendimentos(store).await?,
        }
        let example = example_of(store).await?;
        let introduction = self.introduction(&example);
        Ok((example, introduction))
    }

    fn introduction(&self, example: &Example) -> Introduction {
        let mut introduction = Introduction::of_example();
        if let Some(state) = &self.state {
            introduction.introduce(&state.public_users());
        }
        if self.atendimentos.is_some() {
            let all = &example.atendimentos;
            let tried = all.iter().find(|novo| novo.status == Status::Aberto).or(all.first());
            let protocolo = tried.map(|novo| novo.protocolo.as_str());
            let count = HumanCount(all.len() as u64);
            introduction.protocolo = protocolo.unwrap_or("PROTOCOLO").to_owned();
            introduction.atendimentos =
                format!("atendimentos: {count}, such as {}", printable(&introduction.protocolo));
        }
        introduction
    }
}

impl Introduction {
    pub fn of_example() -> Self {
        let last = FIRST_PROTOCOLO + ATENDIMENTOS as u64 - 1;
        Self {
            users: format!(
                "  user.api / {SENHA}              may change statuses\n  \
                 user.sem.permissao / {SENHA}    can log in, has no permissions\n  \
                 admin / {SENHA}                 on a root profile"
            ),
            login: "user.api".to_owned(),
            senha: SENHA.to_owned(),
            atendimentos: format!("atendimentos {FIRST_PROTOCOLO} to {last}"),
            protocolo: FIRST_PROTOCOLO.to_string(),
        }
    }

    fn introduce(&mut self, users: &[PublicUser]) {
        let line = |user: &PublicUser| {
            let PublicUser { login, senha, perfil, .. } = user;
            format!("  {} / {}    on the perfil {}", printable(login), printable(senha), printable(perfil))
        };
        let mut lines: Vec<String> = users.iter().take(SHOWN_MAX).map(line).collect();
        if users.len() > SHOWN_MAX {
            lines.push(format!("  and {} users more", users.len() - SHOWN_MAX));
        }
        self.users = lines.join("\n");
        let tried = users.iter().find(|user| user.changes_statuses).or(users.first());
        (self.login, self.senha) =
            tried.map_or_else(|| ("LOGIN".to_owned(), "SENHA".to_owned()), |u| (u.login.clone(), u.senha.clone()));
    }
}

/// What is in `store`, as a reset restores it.
async fn example_of(store: &Store) -> Result<Example> {
    let motivo = |motivo: Motivo| NewMotivo { nome: Name::registered(motivo.nome), ativo: motivo.ativo };
    let motivos = store.motivos().await?.into_iter().map(motivo).collect();
    let listed = store.list_atendimentos(AtendimentosQuery::default());
    let atendimentos = listed.map_ok(|state| NewAtendimento { protocolo: state.protocolo, status: state.status });
    Ok(Example { motivos, atendimentos: atendimentos.try_collect().await? })
}
