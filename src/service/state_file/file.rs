//! The file: what it describes, and everything that is wrong with it, before any database is looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use toml::de::DeTable;

use super::error::{Fault, Faults, TOLD_MAX};
use super::reader::{Item, Reader};
use super::state::{MotivoState, NivelState, PerfilState, State, UsuarioState, top_down};
use crate::domain::access::Permissao;
use crate::domain::text::{Name, NameKey, cut, did_you_mean};
use crate::service::provisioning::{ProvisioningError, require_nome};

/// Most bytes of a file.
pub const FILE_MAX: usize = 4 * 1024 * 1024;

/// How many níveis a fault names.
const NAMED_MAX: usize = 10;

/// Where the senhas of a file come from.
#[derive(Clone, Copy)]
pub enum Senhas<'a> {
    /// From the environment, and from files in this directory.
    Elsewhere(&'a Path),
    /// From the file itself; whoever has none there has this one. For a demo, in which nobody's real senha may be.
    Public(&'a str),
}

/// What a file describes.
pub struct StateFile {
    pub(super) state: State,
    pub(super) senhas: HashMap<NameKey, SenhaSource>,
    /// Where its níveis, perfis and users stand.
    pub(super) nivel_lines: HashMap<NameKey, usize>,
    pub(super) perfil_lines: HashMap<NameKey, usize>,
    pub(super) usuario_lines: HashMap<NameKey, usize>,
}

/// A user whose senha is public.
pub struct PublicUser {
    pub login: String,
    pub senha: String,
    pub perfil: String,
    pub changes_statuses: bool,
}

/// Where a senha is.
#[derive(Clone)]
pub(super) enum SenhaSource {
    Environment(String),
    File(PathBuf),
    Public(SecretString),
}

impl StateFile {
    /// Understands the TOML of a file, which has at most [`FILE_MAX`] bytes.
    pub fn parse(text: &str, senhas: Senhas<'_>) -> Result<Self, Faults> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader::new(text);
        if !errors.is_empty() {
            // Its own words only: it would also repeat the line, in which a senha may be.
            let fault = |error: &toml::de::Error| {
                Fault::at(
                    error.span().map(|span| reader.line(&span)),
                    format_args!("no TOML: {}", cut(error.message())),
                )
            };
            Faults::none_of(errors.iter().map(fault).collect())?;
        }
        let mut parsing = Parsing {
            reader: &mut reader,
            senhas,
            niveis_named: Vec::new(),
            perfis_named: Vec::new(),
            file: Self {
                state: State::default(),
                senhas: HashMap::new(),
                nivel_lines: HashMap::new(),
                perfil_lines: HashMap::new(),
                usuario_lines: HashMap::new(),
            },
        };
        parsing.read(root.get_ref());
        let file = parsing.file;
        Faults::none_of(reader.faults)?;
        Ok(file)
    }
}

impl StateFile {
    /// Whether it has a user of that login.
    pub fn names_usuario(&self, login: &NameKey) -> bool {
        self.state.usuarios.contains_key(login)
    }

    /// The active users with a senha that is public.
    pub fn public_users(&self) -> Vec<PublicUser> {
        let active = self.state.usuarios.iter().filter(|(_, usuario)| usuario.ativo != Some(false));
        let user = |(key, usuario): (&NameKey, &UsuarioState)| {
            let Some(SenhaSource::Public(senha)) = self.senhas.get(key) else { return None };
            Some(PublicUser {
                login: usuario.login.texto.clone(),
                senha: senha.expose_secret().to_owned(),
                perfil: usuario.perfil.texto.clone(),
                changes_statuses: self.state.allows(&usuario.perfil, Permissao::AlterarStatus),
            })
        };
        active.filter_map(user).collect()
    }
}

struct Parsing<'a> {
    reader: &'a mut Reader,
    senhas: Senhas<'a>,
    /// Names that have to be in the file, too, with their lines.
    niveis_named: Vec<(Name, usize)>,
    perfis_named: Vec<(Name, usize)>,
    file: StateFile,
}

impl Parsing<'_> {
    fn read(&mut self, root: &DeTable<'_>) {
        self.reader.require_known(root, &["niveis", "perfis", "usuarios", "motivos"]);
        let mut lines = HashMap::new();
        for item in self.reader.items(root, "niveis", &["nome", "superior", "permissoes"]) {
            self.nivel(item, &mut lines);
        }
        for item in self.reader.items(root, "perfis", &["nome", "root", "nivel", "permissoes", "recolhidas"]) {
            self.perfil(item);
        }
        for item in
            self.reader.items(root, "usuarios", &["login", "perfil", "ativo", "senha_env", "senha_file", "senha"])
        {
            self.usuario(item);
        }
        let mut motivo_lines = HashMap::new();
        for item in self.reader.items(root, "motivos", &["nome", "ativo"]) {
            self.motivo(item, &mut motivo_lines);
        }
        self.look_for_missing();
        self.look_for_circles(&lines);
        self.file.nivel_lines = lines;
    }

    fn nivel(&mut self, item: Item<'_>, lines: &mut HashMap<NameKey, usize>) {
        let superior = self.nivel_named(item, "superior");
        let permissoes = self.reader.permissoes(item, "permissoes");
        if let Some(nome) = self.own_name(item, "nome", lines) {
            self.require_nome(item, &nome);
            self.file.state.niveis.insert(nome.key.clone(), NivelState { nome, superior, permissoes });
        }
    }

    fn perfil(&mut self, item: Item<'_>) {
        let root = self.reader.flag(item, "root").unwrap_or_default();
        let nivel = self.nivel_named(item, "nivel");
        let mut permissoes = self.reader.permissoes(item, "permissoes");
        let recolhidas = self.reader.permissoes(item, "recolhidas");
        for twice in permissoes.intersection(&recolhidas) {
            let text = format!("'{twice}' stands in permissoes and in recolhidas; keep one of them");
            self.reader.complain(item.line, text);
        }
        if root && !recolhidas.is_empty() {
            let text = "a root perfil needs no release, so it has no recolhidas; write them into permissoes";
            self.reader.complain(item.line, text);
        }
        permissoes.extend(&recolhidas);
        match (root, item.has("nivel")) {
            (true, true) => self.reader.complain(item.line, "a perfil is on a nível, or root = true; keep one of them"),
            (false, false) => self.reader.complain(item.line, "a perfil needs nivel = \"NAME\", or root = true"),
            _ => {}
        }
        let mut lines = std::mem::take(&mut self.file.perfil_lines);
        if let Some(nome) = self.own_name(item, "nome", &mut lines) {
            self.require_nome(item, &nome);
            self.file.state.perfis.insert(nome.key.clone(), PerfilState { nome, nivel, permissoes, recolhidas });
        }
        self.file.perfil_lines = lines;
    }

    fn usuario(&mut self, item: Item<'_>) {
        let perfil = self.reader.required_name(item, "perfil");
        self.perfis_named.extend(perfil.clone());
        let (ativo, source) = (self.reader.flag(item, "ativo"), self.senha(item));
        let mut lines = std::mem::take(&mut self.file.usuario_lines);
        let login = self.own_name(item, "login", &mut lines);
        self.file.usuario_lines = lines;
        let Some(login) = login else { return };
        if login.key.is_reserved() {
            self.reader.complain(item.line, ProvisioningError::ReservedLogin);
        }
        if let Some(source) = source {
            self.file.senhas.insert(login.key.clone(), source);
        }
        if let Some((perfil, _)) = perfil {
            self.file.state.usuarios.insert(login.key.clone(), UsuarioState { login, perfil, ativo });
        }
    }

    fn motivo(&mut self, item: Item<'_>, lines: &mut HashMap<NameKey, usize>) {
        let ativo = self.reader.flag(item, "ativo");
        if let Some(nome) = self.own_name(item, "nome", lines) {
            self.file.state.motivos.insert(nome.key.clone(), MotivoState { nome, ativo });
        }
    }

    fn senha(&mut self, item: Item<'_>) -> Option<SenhaSource> {
        let environment = self.reader.text(item, "senha_env").map(|(name, _)| name);
        let file = self.reader.text(item, "senha_file").map(|(path, _)| path);
        let own = self.reader.text(item, "senha");
        if environment.is_some() && file.is_some() {
            self.reader.complain(item.line, "the senha is in senha_env, or in senha_file; keep one of them");
        }
        match self.senhas {
            Senhas::Public(usual) => {
                let senha = own.map_or_else(|| usual.to_owned(), |(senha, _)| senha);
                Some(SenhaSource::Public(SecretString::from(senha)))
            }
            Senhas::Elsewhere(dir) => {
                if item.has("senha") {
                    let text = "a senha does not belong into the file: write senha_env = \"NAME\" for a variable of the \
                                environment, or senha_file = \"PATH\" for a file";
                    self.reader.complain(own.map_or(item.line, |(_, line)| line), text);
                }
                environment.map(SenhaSource::Environment).or(file.map(|path| SenhaSource::File(dir.join(path))))
            }
        }
    }

    /// The name of `item`, unless it stands there a second time.
    fn own_name(&mut self, item: Item<'_>, key: &str, lines: &mut HashMap<NameKey, usize>) -> Option<Name> {
        let (name, line) = self.reader.required_name(item, key)?;
        if let Some(first) = lines.insert(name.key.clone(), line) {
            let text = format!("'{}' stands there twice, first in line {first}; case does not count", cut(&name.texto));
            self.reader.complain(line, text);
        }
        Some(name)
    }

    fn require_nome(&mut self, item: Item<'_>, nome: &Name) {
        if let Err(error) = require_nome(nome) {
            self.reader.complain(item.line, error);
        }
    }

    fn nivel_named(&mut self, item: Item<'_>, key: &str) -> Option<Name> {
        let named = self.reader.name(item, key);
        self.niveis_named.extend(named.clone());
        named.map(|(name, _)| name)
    }

    fn look_for_missing(&mut self) {
        let State { niveis, perfis, .. } = &self.file.state;
        let niveis: BTreeMap<_, _> = niveis.iter().map(|(key, nivel)| (key, nivel.nome.texto.as_str())).collect();
        let perfis: BTreeMap<_, _> = perfis.iter().map(|(key, perfil)| (key, perfil.nome.texto.as_str())).collect();
        for (kind, named, known) in [("nível", &self.niveis_named, niveis), ("perfil", &self.perfis_named, perfis)] {
            let missing = named.iter().filter(|(name, _)| !known.contains_key(&name.key));
            for (number, (name, line)) in missing.enumerate() {
                // Each is compared with all: only where the hint may be told.
                let hint =
                    if number < TOLD_MAX { did_you_mean(&name.texto, known.values().copied()) } else { String::new() };
                self.reader
                    .complain(*line, format_args!("there is no {kind} '{}' in the file{hint}", cut(&name.texto)));
            }
        }
    }

    fn look_for_circles(&mut self, lines: &HashMap<NameKey, usize>) {
        for circle in circles(&self.file.state.niveis) {
            let named = circle.iter().take(NAMED_MAX).map(|nivel| format!("'{}'", cut(&nivel.nome.texto)));
            let more = if circle.len() > NAMED_MAX { " below others" } else { "" };
            let names = named.collect::<Vec<_>>().join(" below ");
            let text = format!("a nível is below itself: {names}{more}, and again");
            self.reader.complain(lines.get(&circle[0].nome.key).copied().unwrap_or_default(), text);
        }
    }
}

/// The circles in which níveis are below each other.
fn circles(niveis: &BTreeMap<NameKey, NivelState>) -> Vec<Vec<&NivelState>> {
    let reached: BTreeSet<&NameKey> = top_down(niveis).into_iter().map(|nivel| &nivel.nome.key).collect();
    let mut rest: BTreeSet<&NameKey> = niveis.keys().filter(|key| !reached.contains(key)).collect();
    let mut circles = Vec::new();
    while let Some(start) = rest.first().copied() {
        let (mut path, mut at) = (Vec::new(), start);
        while rest.remove(at) {
            let nivel = &niveis[at];
            path.push(nivel);
            at = nivel.superior.as_ref().map_or(at, |superior| &superior.key);
        }
        if let Some(first) = path.iter().position(|nivel| nivel.nome.key == *at) {
            circles.push(path.split_off(first));
        }
    }
    circles
}
