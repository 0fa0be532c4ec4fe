//! What the operator sets up: names turned into rows, and every refusal into what to do about it.

use std::sync::Arc;

use secrecy::SecretString;

use crate::auth::password::{PasswordError, Passwords};
use crate::auth::token::new_generation;
use crate::domain::acesso::{Nivel, Permissao, below};
use crate::domain::atendimento::Status;
use crate::domain::registro::Registro;
use crate::domain::texto::{Chave, LOGIN_MAX, Nome, PROTOCOLO_MAX, SENHA_MAX, fits};
use crate::store::{NewAtendimento, Perfil, Store, StoreError};

/// Sets up níveis, perfis, users, motivos and single atendimentos.
pub struct Provisioning {
    store: Arc<dyn Store>,
    passwords: Passwords,
}

/// A refusal; its text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ProvisioningError {
    /// The name is taken.
    #[error("{kind} '{nome}' exists already")]
    Exists {
        /// What kind of thing.
        kind: &'static str,
        /// Its name.
        nome: String,
    },
    /// There is nothing of that name.
    #[error("there is no {kind} '{nome}'; `citrus-status {kind} listar` shows them")]
    Missing {
        /// What kind of thing; also the command that lists them.
        kind: &'static str,
        /// The name asked for.
        nome: String,
    },
    /// There is no such atendimento.
    #[error("there is no atendimento '{0}'")]
    NoAtendimento(String),
    /// The permission is not released to the perfil's nível.
    #[error(
        "'{permissao}' is not released to the nível '{nivel}', so the grant would not count; \
         first: citrus-status permissao liberar {permissao} --nivel '{nivel}'"
    )]
    NotReleased {
        /// The permission.
        permissao: Permissao,
        /// The perfil's nível.
        nivel: String,
    },
    /// A login that no request could carry.
    #[error("a login has at most {LOGIN_MAX} characters")]
    LongLogin,
    /// A password that no request could carry.
    #[error("a senha has 1 to {SENHA_MAX} bytes and no NUL")]
    InvalidSenha,
    /// A protocolo that no request could carry.
    #[error("a protocolo has 1 to {PROTOCOLO_MAX} characters and no NUL")]
    InvalidProtocolo,
    /// Hashing failed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T, E = ProvisioningError> = std::result::Result<T, E>;

impl Provisioning {
    /// Works on `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, passwords: Passwords::new(1) }
    }

    /// Registers a nível, below `superior` or at the top.
    pub async fn create_nivel(&self, nome: &Nome, superior: Option<&Nome>) -> Result<()> {
        let superior_id = match superior {
            Some(superior) => Some(self.nivel(superior).await?.id),
            None => None,
        };
        created("nivel", nome, self.store.insert_nivel(nome, superior_id).await)
    }

    /// Releases `permissao` to a nível; false when it was released already.
    pub async fn liberar(&self, permissao: Permissao, nivel: &Nome) -> Result<bool> {
        let nivel = self.nivel(nivel).await?;
        Ok(self.store.set_liberacao(nivel.id, permissao, true).await?)
    }

    /// Takes `permissao` back from a nível; false when it was not released. Each nível is released for
    /// itself: the second part names those below that still have the permission.
    pub async fn recolher(&self, permissao: Permissao, nivel: &Nome) -> Result<(bool, Vec<String>)> {
        let nivel = self.nivel(nivel).await?;
        let changed = self.store.set_liberacao(nivel.id, permissao, false).await?;
        let liberacoes = self.store.liberacoes().await?;
        let released = |id| liberacoes.iter().any(|l| l.nivel_id == id && l.permissao == permissao.nome());
        let niveis = self.store.niveis().await?;
        let still = below(&niveis, nivel.id).into_iter().filter(|n| released(n.id)).map(|n| n.nome.clone()).collect();
        Ok((changed, still))
    }

    /// Registers a perfil on a nível, or a root one.
    pub async fn create_perfil(&self, nome: &Nome, nivel: Option<&Nome>) -> Result<()> {
        let nivel_id = match nivel {
            Some(nivel) => Some(self.nivel(nivel).await?.id),
            None => None,
        };
        created("perfil", nome, self.store.insert_perfil(nome, nivel_id).await)
    }

    /// Grants `permissao` to a perfil; false when it holds it already. Refused while the permission is
    /// not released to the perfil's nível [doc: only then can it be granted].
    pub async fn conceder(&self, perfil: &Nome, permissao: Permissao) -> Result<bool> {
        let perfil = self.perfil(perfil).await?;
        if let Some(nivel_id) = perfil.nivel_id {
            let liberacoes = self.store.liberacoes().await?;
            if !liberacoes.iter().any(|l| l.nivel_id == nivel_id && l.permissao == permissao.nome()) {
                let nivel = self.store.niveis().await?.into_iter().find(|n| n.id == nivel_id);
                let nivel = nivel.map(|n| n.nome).unwrap_or_default();
                return Err(ProvisioningError::NotReleased { permissao, nivel });
            }
        }
        Ok(self.store.set_concessao(perfil.id, permissao, true).await?)
    }

    /// Revokes `permissao` from a perfil; false when it did not hold it.
    pub async fn revogar(&self, perfil: &Nome, permissao: Permissao) -> Result<bool> {
        let perfil = self.perfil(perfil).await?;
        Ok(self.store.set_concessao(perfil.id, permissao, false).await?)
    }

    /// Fails where there is no such perfil; for asking nobody for a password in vain.
    pub async fn require_perfil(&self, nome: &Nome) -> Result<()> {
        self.perfil(nome).await.map(drop)
    }

    /// Registers a user.
    pub async fn create_usuario(&self, login: &Nome, perfil: &Nome, senha: SecretString) -> Result<()> {
        if !fits(&login.texto, LOGIN_MAX) {
            return Err(ProvisioningError::LongLogin);
        }
        let perfil = self.perfil(perfil).await?;
        let hash = self.hash(senha).await?;
        created("usuario", login, self.store.insert_usuario(login, perfil.id, &hash, new_generation()).await)
    }

    /// Sets a password and revokes the tokens issued so far.
    pub async fn set_senha(&self, login: &Nome, senha: SecretString) -> Result<()> {
        let hash = self.hash(senha).await?;
        found("usuario", login, self.store.set_senha(&login.chave, &hash, new_generation()).await?)
    }

    /// Activates or deactivates a user and revokes the tokens issued so far.
    pub async fn set_usuario_ativo(&self, login: &Nome, ativo: bool) -> Result<()> {
        found("usuario", login, self.store.set_usuario_ativo(&login.chave, ativo, new_generation()).await?)
    }

    /// Revokes the tokens issued so far.
    pub async fn revoke_tokens(&self, login: &Nome) -> Result<()> {
        found("usuario", login, self.store.set_geracao(&login.chave, new_generation()).await?)
    }

    /// Registers motivos, or activates them again: all, or none when one is there already.
    pub async fn create_motivos(&self, nomes: &[Nome]) -> Result<()> {
        let motivos = self.store.motivos().await?;
        for (i, nome) in nomes.iter().enumerate() {
            let twice = nomes[..i].iter().any(|earlier| earlier.chave == nome.chave);
            if twice || motivos.iter().any(|m| m.ativo && Chave::new(&m.nome) == nome.chave) {
                return Err(ProvisioningError::Exists { kind: "motivo", nome: nome.texto.clone() });
            }
        }
        for nome in nomes {
            match self.store.insert_motivo(nome).await {
                Err(StoreError::AlreadyExists) => _ = self.store.set_motivo_ativo(&nome.chave, true).await?,
                outcome => outcome?,
            }
        }
        Ok(())
    }

    /// Deactivates a motivo: what was recorded with it stays.
    pub async fn deactivate_motivo(&self, nome: &Nome) -> Result<()> {
        found("motivo", nome, self.store.set_motivo_ativo(&nome.chave, false).await?)
    }

    /// Registers one atendimento.
    pub async fn create_atendimento(&self, protocolo: &str, status: Status) -> Result<()> {
        let protocolo = protocolo.trim();
        if protocolo.is_empty() || !fits(protocolo, PROTOCOLO_MAX) {
            return Err(ProvisioningError::InvalidProtocolo);
        }
        let novo = NewAtendimento { protocolo: protocolo.to_owned(), status };
        match self.store.insert_atendimento(&novo).await {
            Err(StoreError::AlreadyExists) => {
                Err(ProvisioningError::Exists { kind: "atendimento", nome: protocolo.to_owned() })
            }
            outcome => Ok(outcome?),
        }
    }

    /// The record of an atendimento.
    pub async fn registro(&self, protocolo: &str) -> Result<Registro> {
        let protocolo = protocolo.trim();
        self.store
            .registro(protocolo)
            .await?
            .ok_or_else(|| ProvisioningError::NoAtendimento(protocolo.escape_debug().to_string()))
    }

    async fn nivel(&self, nome: &Nome) -> Result<Nivel> {
        let found = self.store.nivel(&nome.chave).await?;
        found.ok_or_else(|| ProvisioningError::Missing { kind: "nivel", nome: nome.texto.clone() })
    }

    async fn perfil(&self, nome: &Nome) -> Result<Perfil> {
        let found = self.store.perfil(&nome.chave).await?;
        found.ok_or_else(|| ProvisioningError::Missing { kind: "perfil", nome: nome.texto.clone() })
    }

    async fn hash(&self, senha: SecretString) -> Result<String> {
        use secrecy::ExposeSecret;
        let text = senha.expose_secret();
        if text.is_empty() || text.len() > SENHA_MAX || text.contains('\0') {
            return Err(ProvisioningError::InvalidSenha);
        }
        Ok(self.passwords.hash(senha).await?)
    }
}

fn created(kind: &'static str, nome: &Nome, outcome: Result<(), StoreError>) -> Result<()> {
    outcome.map_err(|error| match error {
        StoreError::AlreadyExists => ProvisioningError::Exists { kind, nome: nome.texto.clone() },
        other => other.into(),
    })
}

fn found(kind: &'static str, nome: &Nome, found: bool) -> Result<()> {
    if found { Ok(()) } else { Err(ProvisioningError::Missing { kind, nome: nome.texto.clone() }) }
}
