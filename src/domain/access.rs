//! Who may do what: perfis hold permissions, níveis have them released.
//!
//! Source: the contract's "Around it", after the vendor page's "Pré-requisitos".

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::text::{cut, did_you_mean};

/// A permission as a type, so that a handler's signature names what it needs.
pub trait Required: Send + Sync + 'static {
    const PERMISSAO: Permissao;
}

/// Declares the permissions: one line each.
macro_rules! permissoes {
    ($($variant:ident = $nome:literal, $title:literal;)+) => {
        /// A permission that a perfil can hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Permissao {
            $(#[doc = $title] $variant,)+
        }

        impl Permissao {
            pub const ALL: &[Permissao] = &[$(Permissao::$variant),+];

            /// The name used on the command line and in the database.
            pub fn nome(self) -> &'static str {
                match self { $(Permissao::$variant => $nome),+ }
            }

            /// The title that Citrus shows.
            pub fn title(self) -> &'static str {
                match self { $(Permissao::$variant => $title),+ }
            }
        }

        $(
            #[doc = concat!("Asks for: ", $title)]
            pub struct $variant;

            impl Required for $variant {
                const PERMISSAO: Permissao = Permissao::$variant;
            }
        )+
    };
}

permissoes! {
    AlterarStatus = "alterar-status", "Alterar status de atendimento via API";
    ConsultarStatus = "consultar-status", "Consultar status de atendimento via API";
    ConsultarHistorico = "consultar-historico", "Consultar histórico de atendimento via API";
    ConsultarTransicoes = "consultar-transicoes", "Consultar transições de atendimento via API";
    ConsultarMotivos = "consultar-motivos", "Consultar motivos via API";
    CriarAtendimento = "criar-atendimento", "Criar atendimento via API";
    ConsultarAtendimentos = "consultar-atendimentos", "Consultar lista de atendimentos";
    AdministrarNiveis = "administrar-niveis", "Administrar níveis";
    AdministrarPermissoes = "administrar-permissoes", "Liberar permissões a níveis";
    AdministrarPerfis = "administrar-perfis", "Administrar perfis";
    AdministrarUsuarios = "administrar-usuarios", "Administrar usuários";
    AdministrarMotivos = "administrar-motivos", "Administrar motivos";
    ConsultarAuditoria = "consultar-auditoria", "Consultar auditoria";
}

impl fmt::Display for Permissao {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.nome())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("there is no permission '{}'{}; there are: {}", cut(.0), did_you_mean(.0, nomes()), nomes().join(", "))]
pub struct UnknownPermissao(String);

fn nomes() -> [&'static str; Permissao::ALL.len()] {
    std::array::from_fn(|i| Permissao::ALL[i].nome())
}

impl Permissao {
    /// The permission that is stored under exactly this name.
    pub fn named(nome: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permissao| permissao.nome() == nome)
    }
}

impl FromStr for Permissao {
    type Err = UnknownPermissao;

    fn from_str(nome: &str) -> Result<Self, Self::Err> {
        let wanted = nome.trim();
        Self::ALL
            .iter()
            .copied()
            .find(|p| p.nome().eq_ignore_ascii_case(wanted) || p.title().eq_ignore_ascii_case(wanted))
            .ok_or_else(|| UnknownPermissao(nome.to_owned()))
    }
}

/// What decides a user's access, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRights {
    /// The user's login, as registered.
    pub login: Arc<str>,
    /// False once deactivated.
    pub ativo: bool,
    /// Tokens of any other generation are revoked.
    pub generation: i64,
    pub perfil_id: i64,
    /// The perfil's nível; `None` for a root perfil.
    pub nivel_id: Option<i64>,
    /// Names of the permissions that the perfil holds.
    pub granted: Vec<String>,
    /// Names of the permissions released to the perfil's nível; none for a root perfil.
    pub released: Vec<String>,
}

impl AccessRights {
    pub fn is_root(&self) -> bool {
        self.nivel_id.is_none()
    }

    /// Whether a token of `generation` still stands.
    pub fn accepts_token(&self, generation: i64) -> bool {
        self.ativo && self.generation == generation
    }

    /// Whether the user holds `permissao`: granted to the perfil, and released to its nível.
    /// Root perfis need the grant but no release.
    pub fn allows(&self, permissao: Permissao) -> bool {
        let named = |nomes: &[String]| nomes.iter().any(|n| n == permissao.nome());
        named(&self.granted) && (self.is_root() || named(&self.released))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nivel {
    pub id: i64,
    pub nome: String,
    /// The nível above; `None` at the top.
    pub superior_id: Option<i64>,
}

/// The níveis below `id`, at any depth, in the order of `niveis`.
pub fn below(niveis: &[Nivel], id: i64) -> Vec<&Nivel> {
    let superiors: HashMap<i64, Option<i64>> = niveis.iter().map(|nivel| (nivel.id, nivel.superior_id)).collect();
    let superior = |id: &i64| superiors.get(id).copied().flatten();
    niveis
        .iter()
        .filter(|nivel| std::iter::successors(nivel.superior_id, superior).take(niveis.len()).any(|above| above == id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(root: bool, granted: &[&str], released: &[&str]) -> AccessRights {
        let owned = |nomes: &[&str]| nomes.iter().map(|n| (*n).to_owned()).collect();
        AccessRights {
            login: "user.api".into(),
            ativo: true,
            generation: 2,
            perfil_id: 1,
            nivel_id: (!root).then_some(1),
            granted: owned(granted),
            released: owned(released),
        }
    }

    #[test]
    fn a_grant_counts_only_while_released_to_the_nivel() {
        let p = Permissao::AlterarStatus;
        assert!(access(false, &[p.nome()], &[p.nome()]).allows(p));
        assert!(!access(false, &[p.nome()], &[]).allows(p));
        assert!(!access(false, &[], &[p.nome()]).allows(p));
    }

    #[test]
    fn a_root_perfil_needs_the_grant_but_no_release() {
        let p = Permissao::AlterarStatus;
        assert!(access(true, &[p.nome()], &[]).allows(p));
        assert!(!access(true, &[], &[]).allows(p));
    }

    #[test]
    fn tokens_stand_only_in_their_generation_and_while_the_user_is_active() {
        let mut user = access(false, &[], &[]);
        assert!(user.accepts_token(2));
        assert!(!user.accepts_token(1));
        assert!(!user.accepts_token(3));
        user.ativo = false;
        assert!(!user.accepts_token(2));
    }

    #[test]
    fn permissions_are_found_by_name_or_title_and_written_by_name() {
        assert_eq!("alterar-status".parse::<Permissao>().unwrap(), Permissao::AlterarStatus);
        assert_eq!("Alterar status de atendimento via api".parse::<Permissao>().unwrap(), Permissao::AlterarStatus);
        assert!("alterar".parse::<Permissao>().is_err());
        assert_eq!(Permissao::AlterarStatus.to_string(), "alterar-status");
    }

    #[test]
    fn below_walks_the_whole_tree() {
        let nivel = |id, superior_id| Nivel { id, nome: format!("n{id}"), superior_id };
        let niveis = [nivel(1, None), nivel(2, Some(1)), nivel(3, Some(2)), nivel(4, None)];
        let ids = |id| below(&niveis, id).iter().map(|n| n.id).collect::<Vec<_>>();
        assert_eq!(ids(1), [2, 3]);
        assert_eq!(ids(2), [3]);
        assert!(ids(3).is_empty());
    }
}
