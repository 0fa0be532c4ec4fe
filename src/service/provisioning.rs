//! What the operator sets up: names turned into rows, and typed refusals.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::auth::password::{PasswordError, Passwords};
use crate::auth::token::new_generation;
use crate::domain::access::{Nivel, Permissao, below};
use crate::domain::atendimento::Status;
use crate::domain::record::AtendimentoRecord;
use crate::domain::text::{LOGIN_MAX, Name, NameKey, PROTOCOLO_MAX, SENHA_MAX, cut, did_you_mean, fits, nearest};
use crate::service::throttle::bucket_of;
use crate::store::{NewAtendimento, Perfil, Store, StoreError, Usuario};

/// Sets up níveis, perfis, users, motivos and single atendimentos.
pub struct Provisioning {
    store: Arc<Store>,
    passwords: Passwords,
}

/// What has a name that may be taken or missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nivel,
    Perfil,
    Usuario,
    Motivo,
    Atendimento,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nivel => "nivel",
            Self::Perfil => "perfil",
            Self::Usuario => "usuario",
            Self::Motivo => "motivo",
            Self::Atendimento => "atendimento",
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ProvisioningError {
    #[error("{kind} '{nome}' exists already")]
    Exists { kind: Kind, nome: String },
    /// There is nothing of that name; `near` was probably meant.
    #[error("there is no {kind} '{}'{}", cut(.nome), did_you_mean(.nome, .near.as_deref()))]
    Missing { kind: Kind, nome: String, near: Option<String> },
    #[error("{}", not_released(.permissoes, .nivel))]
    NotReleased { permissoes: Vec<Permissao>, nivel: String },
    #[error("a login has at most {LOGIN_MAX} characters")]
    LongLogin,
    #[error("the senha {0}; a senha has 1 to {SENHA_MAX} bytes and no NUL")]
    InvalidSenha(SenhaFault),
    #[error(
        "'{}' is not a protocolo: it has {} characters; a protocolo has 1 to {PROTOCOLO_MAX} characters and no NUL",
        cut(.0),
        .0.trim().chars().count()
    )]
    InvalidProtocolo(String),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why no request could carry a senha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SenhaFault {
    #[error("is empty")]
    Empty,
    #[error("is too long")]
    TooLong,
    #[error("holds a NUL")]
    Nul,
}

/// Senhas of fewer characters are warned of.
const SENHA_SHORT: usize = 8;
/// The senha of the vendor's examples, and of ours.
const SENHA_OF_EXAMPLES: &str = "1234";

/// Whether `senha` is so short that it is soon guessed. That of the examples is known to be no secret.
pub fn is_short(senha: &SecretString) -> bool {
    let senha = senha.expose_secret();
    senha != SENHA_OF_EXAMPLES && senha.chars().count() < SENHA_SHORT
}

fn not_released(permissoes: &[Permissao], nivel: &str) -> String {
    let nomes: Vec<&str> = permissoes.iter().map(|permissao| permissao.nome()).collect();
    let (are, count) = if nomes.len() == 1 { ("is", "the grant") } else { ("are", "these grants") };
    format!("'{}' {are} not released to the nível '{nivel}', so {count} would not count", nomes.join("', '"))
}

type Result<T, E = ProvisioningError> = std::result::Result<T, E>;

impl Provisioning {
    pub fn new(store: Arc<Store>) -> Self {
        Self { store, passwords: Passwords::new(1, || false) }
    }

    /// Registers a nível, below `superior` or at the top.
    pub async fn create_nivel(&self, nome: &Name, superior: Option<&Name>) -> Result<()> {
        let superior_id = self.nivel_id(superior).await?;
        created(Kind::Nivel, nome, self.store.insert_nivel(nome, superior_id).await)
    }

    /// Releases `permissoes` to a nível, all or none; for each, false when it was released already.
    pub async fn release(&self, permissoes: &[Permissao], nivel: &Name) -> Result<Vec<bool>> {
        let nivel = self.nivel(nivel).await?;
        Ok(self.store.set_releases(nivel.id, permissoes, true).await?)
    }

    /// Takes `permissoes` back from a nível, all or none; for each, false when it was not released. Each nível must be
    /// released separately: with each come those below that still have the permission.
    pub async fn withdraw(&self, permissoes: &[Permissao], nivel: &Name) -> Result<Vec<(bool, Vec<String>)>> {
        let nivel = self.nivel(nivel).await?;
        let changed = self.store.set_releases(nivel.id, permissoes, false).await?;
        let (releases, niveis) = (self.store.releases().await?, self.store.niveis().await?);
        let below = below(&niveis, nivel.id);
        let still = |permissao: &Permissao| -> Vec<String> {
            let released = |id| releases.iter().any(|l| l.nivel_id == id && l.permissao == permissao.nome());
            below.iter().filter(|nivel| released(nivel.id)).map(|nivel| nivel.nome.clone()).collect()
        };
        Ok(changed.into_iter().zip(permissoes).map(|(changed, permissao)| (changed, still(permissao))).collect())
    }

    /// Registers a perfil on a nível, or a root one.
    pub async fn create_perfil(&self, nome: &Name, nivel: Option<&Name>) -> Result<()> {
        let nivel_id = self.nivel_id(nivel).await?;
        created(Kind::Perfil, nome, self.store.insert_perfil(nome, nivel_id).await)
    }

    /// Grants `permissoes` to a perfil, all or none; for each, false when it holds it already. Refused while one of
    /// them is not released to the perfil's nível [doc: only then can it be granted].
    pub async fn grant(&self, perfil: &Name, permissoes: &[Permissao]) -> Result<Vec<bool>> {
        let perfil = self.perfil(perfil).await?;
        if let Some(nivel_id) = perfil.nivel_id {
            let releases = self.store.releases().await?;
            let released = |p: &Permissao| releases.iter().any(|l| l.nivel_id == nivel_id && l.permissao == p.nome());
            let missing: Vec<Permissao> = permissoes.iter().copied().filter(|p| !released(p)).collect();
            if !missing.is_empty() {
                let nivel = self.store.niveis().await?.into_iter().find(|n| n.id == nivel_id);
                let nivel = nivel.map(|n| n.nome).unwrap_or_default();
                return Err(ProvisioningError::NotReleased { permissoes: missing, nivel });
            }
        }
        Ok(self.store.set_grants(perfil.id, permissoes, true).await?)
    }

    /// Revokes `permissoes` from a perfil, all or none; for each, false when it did not hold it.
    pub async fn revoke(&self, perfil: &Name, permissoes: &[Permissao]) -> Result<Vec<bool>> {
        let perfil = self.perfil(perfil).await?;
        Ok(self.store.set_grants(perfil.id, permissoes, false).await?)
    }

    /// Fails where there is no such perfil, before anybody is asked for a password.
    pub async fn require_perfil(&self, nome: &Name) -> Result<()> {
        self.perfil(nome).await.map(drop)
    }

    pub async fn create_usuario(&self, login: &Name, perfil: &Name, senha: SecretString) -> Result<()> {
        if !fits(&login.texto, LOGIN_MAX) {
            return Err(ProvisioningError::LongLogin);
        }
        let perfil = self.perfil(perfil).await?;
        let hash = self.hash(senha).await?;
        created(Kind::Usuario, login, self.store.insert_usuario(login, perfil.id, &hash, new_generation()).await)
    }

    /// Sets a password, revokes the tokens issued so far, and forgets the login's failures.
    pub async fn set_senha(&self, login: &Name, senha: SecretString) -> Result<()> {
        let (hash, bucket) = (self.hash(senha).await?, bucket_of(&login.key));
        let is_there = self.store.set_senha(&login.key, &hash, new_generation(), &bucket).await?;
        self.require_usuario(login, is_there).await
    }

    /// Activates or deactivates a user and revokes the tokens issued so far. An activation forgets the login's
    /// failures, also where the user was active.
    pub async fn set_usuario_ativo(&self, login: &Name, ativo: bool) -> Result<()> {
        let generation = new_generation();
        let is_there = if ativo {
            self.store.activate_usuario(&login.key, generation, &bucket_of(&login.key)).await?
        } else {
            self.store.deactivate_usuario(&login.key, generation).await?
        };
        self.require_usuario(login, is_there).await
    }

    /// Moves a user to a perfil, whose name as registered is returned. The tokens stay valid: access is judged by the
    /// perfil of the moment.
    pub async fn set_perfil(&self, login: &Name, perfil: &Name) -> Result<String> {
        let perfil = self.perfil(perfil).await?;
        let is_there = self.store.set_perfil(&login.key, perfil.id).await?;
        self.require_usuario(login, is_there).await?;
        Ok(perfil.nome)
    }

    pub async fn revoke_tokens(&self, login: &Name) -> Result<()> {
        let is_there = self.store.set_generation(&login.key, new_generation()).await?;
        self.require_usuario(login, is_there).await
    }

    pub async fn usuario(&self, login: &Name) -> Result<Usuario> {
        let usuarios = self.store.usuarios().await?;
        let found = usuarios.iter().find(|usuario| NameKey::new(&usuario.login) == login.key);
        found
            .cloned()
            .ok_or_else(|| missing(Kind::Usuario, login, usuarios.iter().map(|usuario| usuario.login.as_str())))
    }

    /// Registers motivos, or activates them again: all, or none when one is there already.
    pub async fn create_motivos(&self, nomes: &[Name]) -> Result<()> {
        let motivos = self.store.motivos().await?;
        for (i, nome) in nomes.iter().enumerate() {
            let twice = nomes[..i].iter().any(|earlier| earlier.key == nome.key);
            if twice || motivos.iter().any(|m| m.ativo && NameKey::new(&m.nome) == nome.key) {
                return Err(ProvisioningError::Exists { kind: Kind::Motivo, nome: nome.texto.clone() });
            }
        }
        for nome in nomes {
            match self.store.insert_motivo(nome).await {
                Err(StoreError::AlreadyExists) => _ = self.store.set_motivo_ativo(&nome.key, true).await?,
                outcome => outcome?,
            }
        }
        Ok(())
    }

    /// Deactivates a motivo: what was recorded with it stays.
    pub async fn deactivate_motivo(&self, nome: &Name) -> Result<()> {
        if self.store.set_motivo_ativo(&nome.key, false).await? {
            return Ok(());
        }
        let motivos = self.store.motivos().await?;
        Err(missing(Kind::Motivo, nome, motivos.iter().map(|motivo| motivo.nome.as_str())))
    }

    pub async fn create_atendimento(&self, asked: &str, status: Status) -> Result<()> {
        let protocolo = asked.trim();
        if protocolo.is_empty() || !fits(protocolo, PROTOCOLO_MAX) {
            return Err(ProvisioningError::InvalidProtocolo(asked.to_owned()));
        }
        let novo = NewAtendimento { protocolo: protocolo.to_owned(), status };
        match self.store.insert_atendimento(&novo).await {
            Err(StoreError::AlreadyExists) => {
                Err(ProvisioningError::Exists { kind: Kind::Atendimento, nome: protocolo.to_owned() })
            }
            outcome => Ok(outcome?),
        }
    }

    pub async fn record(&self, protocolo: &str) -> Result<AtendimentoRecord> {
        let protocolo = protocolo.trim();
        let found = self.store.record(protocolo).await?;
        found.ok_or_else(|| ProvisioningError::Missing {
            kind: Kind::Atendimento,
            nome: protocolo.to_owned(),
            near: None,
        })
    }

    async fn nivel(&self, nome: &Name) -> Result<Nivel> {
        if let Some(found) = self.store.nivel(&nome.key).await? {
            return Ok(found);
        }
        let niveis = self.store.niveis().await?;
        Err(missing(Kind::Nivel, nome, niveis.iter().map(|nivel| nivel.nome.as_str())))
    }

    async fn nivel_id(&self, nome: Option<&Name>) -> Result<Option<i64>> {
        Ok(match nome {
            Some(nome) => Some(self.nivel(nome).await?.id),
            None => None,
        })
    }

    async fn perfil(&self, nome: &Name) -> Result<Perfil> {
        if let Some(found) = self.store.perfil(&nome.key).await? {
            return Ok(found);
        }
        let perfis = self.store.perfis().await?;
        Err(missing(Kind::Perfil, nome, perfis.iter().map(|perfil| perfil.nome.as_str())))
    }

    /// Fails where what was to be done to a user found none.
    async fn require_usuario(&self, login: &Name, is_there: bool) -> Result<()> {
        if is_there { Ok(()) } else { self.usuario(login).await.map(drop) }
    }

    async fn hash(&self, senha: SecretString) -> Result<String> {
        let text = senha.expose_secret();
        let fault = match text {
            "" => SenhaFault::Empty,
            _ if text.len() > SENHA_MAX => SenhaFault::TooLong,
            _ if text.contains('\0') => SenhaFault::Nul,
            _ => return Ok(self.passwords.hash(senha).await?),
        };
        Err(ProvisioningError::InvalidSenha(fault))
    }
}

/// That there is no `nome`, and which of the `known` was probably meant.
fn missing<'a>(kind: Kind, nome: &Name, known: impl Iterator<Item = &'a str>) -> ProvisioningError {
    ProvisioningError::Missing { kind, nome: nome.texto.clone(), near: nearest(&nome.texto, known).map(str::to_owned) }
}

fn created(kind: Kind, nome: &Name, outcome: Result<(), StoreError>) -> Result<()> {
    outcome.map_err(|error| match error {
        StoreError::AlreadyExists => ProvisioningError::Exists { kind, nome: nome.texto.clone() },
        other => other.into(),
    })
}
