//! The example data of `demo`, and of the tests.

use std::sync::Arc;

use secrecy::SecretString;

use crate::domain::access::Permissao;
use crate::domain::atendimento::Status;
use crate::domain::text::Name;
use crate::service::audit::command_line;
use crate::service::provisioning::{Provisioning, ProvisioningError};
use crate::store::{Example, NewAtendimento, NewMotivo, Store, StoreError};

/// The password of all users.
pub const SENHA: &str = "1234";
/// The lowest protocolo.
pub const FIRST_PROTOCOLO: u64 = 20_221_104_000_001;
/// How many atendimentos there are.
pub const ATENDIMENTOS: usize = 30;
/// What the perfil of programs holds.
const INTEGRATION: &[Permissao] = &[
    Permissao::AlterarStatus,
    Permissao::ConsultarStatus,
    Permissao::ConsultarHistorico,
    Permissao::ConsultarTransicoes,
    Permissao::ConsultarMotivos,
];
const MOTIVOS: [&str; 4] = ["Atendimento já finalizado", "Aberto por engano", "Duplicado", "Fora do escopo"];

/// What a reset restores.
pub fn example() -> Example {
    let motivos = MOTIVOS.map(|motivo| NewMotivo { nome: nome(motivo), ativo: true }).to_vec();
    Example { motivos, atendimentos: atendimentos() }
}

fn atendimentos() -> Vec<NewAtendimento> {
    let statuses = Status::ALL.into_iter().chain(std::iter::repeat(Status::Aberto));
    (FIRST_PROTOCOLO..)
        .zip(statuses)
        .take(ATENDIMENTOS)
        .map(|(protocolo, status)| NewAtendimento { protocolo: protocolo.to_string(), status })
        .collect()
}

/// Users, motivos and atendimentos to try everything with.
pub async fn load_example_data(store: &Arc<Store>) -> Result<(), ProvisioningError> {
    load_example_access(store).await?;
    Ok(load_example_atendimentos(store).await?)
}

/// Only the users and the motivos.
pub async fn load_example_access(store: &Arc<Store>) -> Result<(), ProvisioningError> {
    let provisioning = Provisioning::new(Arc::clone(store), command_line()).taking_known_senhas();
    let (empresa, suporte) = (nome("Empresa"), nome("Suporte"));
    let (integracao, consulta, administrador) = (nome("Integração"), nome("Consulta"), nome("Administrador"));
    provisioning.create_nivel(&empresa, None).await?;
    provisioning.create_nivel(&suporte, Some(&empresa)).await?;
    provisioning.create_perfil(&administrador, None).await?;
    for perfil in [&integracao, &consulta] {
        provisioning.create_perfil(perfil, Some(&suporte)).await?;
    }
    for nivel in [&empresa, &suporte] {
        provisioning.release(Permissao::ALL, nivel).await?;
    }
    provisioning.grant(&integracao, INTEGRATION).await?;
    provisioning.grant(&administrador, Permissao::ALL).await?;
    for (login, perfil) in [("user.api", &integracao), ("user.sem.permissao", &consulta), ("admin", &administrador)] {
        provisioning.create_usuario(&nome(login), perfil, SecretString::from(SENHA)).await?;
    }
    provisioning.create_motivos(&MOTIVOS.map(nome)).await.map(drop)
}

/// Only the atendimentos.
pub async fn load_example_atendimentos(store: &Store) -> Result<(), StoreError> {
    let mut import = store.begin_import().await?;
    import.insert(&atendimentos()).await?;
    import.commit(&command_line(), &[]).await
}

fn nome(text: &str) -> Name {
    text.parse().expect("the example data has proper names")
}
