//! What the operator sets up: names turned into rows, typed refusals, and an entry of the audit trail for each change.

mod error;

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

pub use self::error::{Kind, ProvisioningError, SenhaFault};
use self::error::{created, missing};
use crate::auth::password::Passwords;
use crate::auth::token::new_generation;
use crate::domain::access::{Nivel, Permissao, below};
use crate::domain::atendimento::Status;
use crate::domain::audit::{Action, Actor, Entry};
use crate::domain::record::PresentState;
use crate::domain::text::{LOGIN_MAX, Name, NameKey, PROTOCOLO_MAX, PSEUDONYM, fits};
use crate::service::audit::{named, of_usuario};
use crate::service::throttle::bucket_of;
use crate::store::{Edit, HeldUsuario, NewAtendimento, Perfil, Store, StoreError, Usuario};

/// Sets up níveis, perfis, users, motivos and single atendimentos.
pub struct Provisioning {
    store: Arc<Store>,
    passwords: Passwords,
    actor: Actor,
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

type Result<T, E = ProvisioningError> = std::result::Result<T, E>;

impl Provisioning {
    /// For `actor`, whom the audit trail names.
    pub fn new(store: Arc<Store>, actor: Actor) -> Self {
        Self { store, passwords: Passwords::new(1, || false), actor }
    }

    /// Registers a nível, below `superior` or at the top.
    pub async fn create_nivel(&self, nome: &Name, superior: Option<&Name>) -> Result<()> {
        let superior = self.nivel_if(superior).await?;
        let mut edit = self.store.edit().await?;
        created(Kind::Nivel, nome, edit.insert_nivel(nome, superior.as_ref().map(|nivel| nivel.id)).await)?;
        let after = json!({"superior": superior.map(|nivel| nivel.nome)});
        self.commit(edit, [named(Action::CreateNivel, &nome.texto, None, Some(after))]).await
    }

    /// Releases `permissoes` to a nível, all or none; for each, false when it was released already.
    pub async fn release(&self, permissoes: &[Permissao], nivel: &Name) -> Result<Vec<bool>> {
        let nivel = self.nivel(nivel).await?;
        self.set_releases(Action::Release, &nivel, permissoes).await
    }

    /// Takes `permissoes` back from a nível, all or none; for each, false when it was not released. Each nível must be
    /// released separately: with each come those below that still have the permission.
    pub async fn withdraw(&self, permissoes: &[Permissao], nivel: &Name) -> Result<Vec<(bool, Vec<String>)>> {
        let nivel = self.nivel(nivel).await?;
        let changed = self.set_releases(Action::Withdraw, &nivel, permissoes).await?;
        let (releases, niveis) = (self.store.releases().await?, self.store.niveis().await?);
        let below = below(&niveis, nivel.id);
        let still = |permissao: &Permissao| -> Vec<String> {
            let released = |id| releases.iter().any(|l| l.nivel_id == id && l.permissao == permissao.nome());
            below.iter().filter(|nivel| released(nivel.id)).map(|nivel| nivel.nome.clone()).collect()
        };
        Ok(changed.into_iter().zip(permissoes).map(|(changed, permissao)| (changed, still(permissao))).collect())
    }

    async fn set_releases(&self, action: Action, nivel: &Nivel, permissoes: &[Permissao]) -> Result<Vec<bool>> {
        let mut edit = self.store.edit().await?;
        let before = edit.releases_of(nivel.id).await?;
        let changed = edit.set_releases(nivel.id, permissoes, action == Action::Release).await?;
        let after = edit.releases_of(nivel.id).await?;
        self.commit_permissoes(edit, action, &nivel.nome, [before, after]).await?;
        Ok(changed)
    }

    /// Registers a perfil on a nível, or a root one.
    pub async fn create_perfil(&self, nome: &Name, nivel: Option<&Name>) -> Result<()> {
        let nivel = self.nivel_if(nivel).await?;
        let mut edit = self.store.edit().await?;
        created(Kind::Perfil, nome, edit.insert_perfil(nome, nivel.as_ref().map(|nivel| nivel.id)).await)?;
        let after = json!({"root": nivel.is_none(), "nivel": nivel.map(|nivel| nivel.nome)});
        self.commit(edit, [named(Action::CreatePerfil, &nome.texto, None, Some(after))]).await
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
        self.set_grants(Action::Grant, &perfil, permissoes).await
    }

    /// Revokes `permissoes` from a perfil, all or none; for each, false when it did not hold it.
    pub async fn revoke(&self, perfil: &Name, permissoes: &[Permissao]) -> Result<Vec<bool>> {
        let perfil = self.perfil(perfil).await?;
        self.set_grants(Action::Revoke, &perfil, permissoes).await
    }

    async fn set_grants(&self, action: Action, perfil: &Perfil, permissoes: &[Permissao]) -> Result<Vec<bool>> {
        let mut edit = self.store.edit().await?;
        let before = edit.grants_of(perfil.id).await?;
        let changed = edit.set_grants(perfil.id, permissoes, action == Action::Grant).await?;
        let after = edit.grants_of(perfil.id).await?;
        self.commit_permissoes(edit, action, &perfil.nome, [before, after]).await?;
        Ok(changed)
    }

    /// Fails where there is no such perfil, before anybody is asked for a password.
    pub async fn require_perfil(&self, nome: &Name) -> Result<()> {
        self.perfil(nome).await.map(drop)
    }

    pub async fn create_usuario(&self, login: &Name, perfil: &Name, senha: SecretString) -> Result<()> {
        if !fits(&login.texto, LOGIN_MAX) {
            return Err(ProvisioningError::LongLogin);
        }
        if login.key.as_str().starts_with(PSEUDONYM) {
            return Err(ProvisioningError::ReservedLogin);
        }
        let perfil = self.perfil(perfil).await?;
        let hash = self.hash(senha).await?;
        let mut edit = self.store.edit().await?;
        let inserted = edit.insert_usuario(login, perfil.id, &hash, new_generation()).await;
        let usuario_id = created(Kind::Usuario, login, inserted)?;
        let after = json!({"perfil": perfil.nome, "ativo": true});
        self.commit(edit, [of_usuario(Action::CreateUsuario, usuario_id, None, Some(after))]).await
    }

    /// Sets a password, revokes the tokens issued so far, and forgets the login's failures.
    pub async fn set_senha(&self, login: &Name, senha: SecretString) -> Result<()> {
        let (hash, bucket) = (self.hash(senha).await?, bucket_of(&login.key));
        let (mut edit, usuario) = self.edit_usuario(login).await?;
        edit.set_senha(usuario.id, &hash, new_generation(), &bucket).await?;
        self.commit(edit, [of_usuario(Action::SetSenha, usuario.id, None, None)]).await
    }

    /// Activates or deactivates a user and revokes the tokens issued so far. An activation forgets the login's
    /// failures, also where the user was active.
    pub async fn set_usuario_ativo(&self, login: &Name, ativo: bool) -> Result<()> {
        let (mut edit, usuario) = self.edit_usuario(login).await?;
        let generation = new_generation();
        let action = if ativo {
            edit.activate_usuario(usuario.id, generation, &bucket_of(&login.key)).await?;
            Action::ActivateUsuario
        } else {
            edit.deactivate_usuario(usuario.id, generation).await?;
            Action::DeactivateUsuario
        };
        let [before, after] = [usuario.ativo, ativo].map(|ativo| Some(json!({"ativo": ativo})));
        self.commit(edit, [of_usuario(action, usuario.id, before, after)]).await
    }

    /// Moves a user to a perfil, whose name as registered is returned. The tokens stay valid: access is judged by the
    /// perfil of the moment.
    pub async fn set_perfil(&self, login: &Name, perfil: &Name) -> Result<String> {
        let perfil = self.perfil(perfil).await?;
        let (mut edit, usuario) = self.edit_usuario(login).await?;
        edit.set_perfil(usuario.id, perfil.id).await?;
        let changed = usuario.perfil != perfil.nome;
        let [before, after] = [&usuario.perfil, &perfil.nome].map(|perfil| Some(json!({"perfil": perfil})));
        let entry = of_usuario(Action::SetPerfil, usuario.id, before, after);
        self.commit(edit, changed.then_some(entry)).await?;
        Ok(perfil.nome)
    }

    pub async fn revoke_tokens(&self, login: &Name) -> Result<()> {
        let (mut edit, usuario) = self.edit_usuario(login).await?;
        edit.set_generation(usuario.id, new_generation()).await?;
        self.commit(edit, [of_usuario(Action::RevokeTokens, usuario.id, None, None)]).await
    }

    pub async fn usuario(&self, login: &Name) -> Result<Usuario> {
        let usuarios = self.store.usuarios().await?;
        let found = usuarios.iter().find(|usuario| NameKey::new(&usuario.login) == login.key);
        found.cloned().ok_or_else(|| missing_usuario(login, &usuarios))
    }

    /// Registers motivos, or activates them again: all, or none when one is there already.
    pub async fn create_motivos(&self, nomes: &[Name]) -> Result<()> {
        let mut edit = self.store.edit().await?;
        let mut entries = Vec::with_capacity(nomes.len());
        for nome in nomes {
            let before = match edit.motivo(&nome.key).await? {
                Some(motivo) if motivo.ativo => {
                    return Err(ProvisioningError::Exists { kind: Kind::Motivo, nome: nome.texto.clone() });
                }
                Some(motivo) => {
                    edit.set_motivo_ativo(&nome.key, true).await?;
                    Some(json!({"ativo": motivo.ativo}))
                }
                None => {
                    created(Kind::Motivo, nome, edit.insert_motivo(nome).await)?;
                    None
                }
            };
            entries.push(named(Action::CreateMotivo, &nome.texto, before, Some(json!({"ativo": true}))));
        }
        self.commit(edit, entries).await
    }

    /// Deactivates a motivo: what was recorded with it stays.
    pub async fn deactivate_motivo(&self, nome: &Name) -> Result<()> {
        let mut edit = self.store.edit().await?;
        let Some(motivo) = edit.motivo(&nome.key).await? else {
            drop(edit);
            let motivos = self.store.motivos().await?;
            return Err(missing(Kind::Motivo, nome, motivos.iter().map(|motivo| motivo.nome.as_str())));
        };
        edit.set_motivo_ativo(&nome.key, false).await?;
        let [before, after] = [true, false].map(|ativo| Some(json!({"ativo": ativo})));
        let entry = named(Action::DeactivateMotivo, &motivo.nome, before, after);
        self.commit(edit, motivo.ativo.then_some(entry)).await
    }

    pub async fn create_atendimento(&self, asked: &str, status: Status) -> Result<()> {
        let protocolo = asked.trim();
        if protocolo.is_empty() || !fits(protocolo, PROTOCOLO_MAX) {
            return Err(ProvisioningError::InvalidProtocolo(asked.to_owned()));
        }
        let novo = NewAtendimento { protocolo: protocolo.to_owned(), status };
        let mut edit = self.store.edit().await?;
        match edit.insert_atendimento(&novo).await {
            Err(StoreError::AlreadyExists) => {
                return Err(ProvisioningError::Exists { kind: Kind::Atendimento, nome: protocolo.to_owned() });
            }
            outcome => outcome?,
        }
        let after = json!({"status": status.nome()});
        self.commit(edit, [named(Action::CreateAtendimento, protocolo, None, Some(after))]).await
    }

    pub async fn present_state(&self, protocolo: &str) -> Result<PresentState> {
        let protocolo = protocolo.trim();
        let found = self.store.present_state(protocolo).await?;
        found.ok_or_else(|| ProvisioningError::no_atendimento(protocolo))
    }

    /// As [`Provisioning::present_state`], of an atendimento whose record is to be handed out: the audit trail tells it.
    pub async fn export(&self, protocolo: &str) -> Result<PresentState> {
        let state = self.present_state(protocolo).await?;
        let entry = named(Action::ExportAtendimento, &state.protocolo, None, None);
        self.commit(self.store.edit().await?, [entry]).await?;
        Ok(state)
    }

    async fn nivel(&self, nome: &Name) -> Result<Nivel> {
        if let Some(found) = self.store.nivel(&nome.key).await? {
            return Ok(found);
        }
        let niveis = self.store.niveis().await?;
        Err(missing(Kind::Nivel, nome, niveis.iter().map(|nivel| nivel.nome.as_str())))
    }

    async fn nivel_if(&self, nome: Option<&Name>) -> Result<Option<Nivel>> {
        Ok(match nome {
            Some(nome) => Some(self.nivel(nome).await?),
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

    /// Begins the edit of a user that is not anonymised.
    async fn edit_usuario(&self, login: &Name) -> Result<(Edit, HeldUsuario)> {
        let (edit, usuario) = edit_usuario(&self.store, login).await?;
        if is_anonymised(&usuario) { Err(ProvisioningError::Anonymised(usuario.login)) } else { Ok((edit, usuario)) }
    }

    /// Commits `edit`, with an entry if the permissions are not the same before and after.
    async fn commit_permissoes(
        &self,
        edit: Edit,
        action: Action,
        name: &str,
        [before, after]: [Vec<String>; 2],
    ) -> Result<()> {
        let changed = before != after;
        let [before, after] = [before, after].map(|permissoes| Some(json!({"permissoes": permissoes})));
        let entry = named(action, name, before, after);
        self.commit(edit, changed.then_some(entry)).await
    }

    async fn commit(&self, edit: Edit, entries: impl IntoIterator<Item = Entry>) -> Result<()> {
        let entries: Vec<Entry> = entries.into_iter().collect();
        Ok(edit.commit(&self.actor, &entries).await?)
    }

    async fn hash(&self, senha: SecretString) -> Result<String> {
        match SenhaFault::of(senha.expose_secret()) {
            Some(fault) => Err(ProvisioningError::InvalidSenha(fault)),
            None => Ok(self.passwords.hash(senha).await?),
        }
    }
}

/// Begins the edit of a user.
pub(super) async fn edit_usuario(store: &Store, login: &Name) -> Result<(Edit, HeldUsuario)> {
    let mut edit = store.edit().await?;
    if let Some(usuario) = edit.usuario(&login.key).await? {
        return Ok((edit, usuario));
    }
    // The list of users needs its connection.
    drop(edit);
    Err(missing_usuario(login, &store.usuarios().await?))
}

/// Whether its login is a pseudonym; nobody else can have one.
pub(super) fn is_anonymised(usuario: &HeldUsuario) -> bool {
    usuario.login == Name::pseudonym(usuario.id).texto
}

fn missing_usuario(login: &Name, usuarios: &[Usuario]) -> ProvisioningError {
    missing(Kind::Usuario, login, usuarios.iter().map(|usuario| usuario.login.as_str()))
}
