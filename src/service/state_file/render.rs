//! A state as text.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::state::{MotivoState, NivelState, PerfilState, State, UsuarioState};
use crate::domain::access::Permissao;
use crate::domain::text::Name;

const HEAD: &str = "\
# The state of citrus-status: `citrus-status estado aplicar FILE` makes a server like this.
# It has no senhas: give a new user senha_env = \"NAME\" or senha_file = \"PATH\".
# Anonymised users are left out.
";

impl State {
    /// As a file, sorted by name.
    pub fn toml(&self) -> String {
        let mut out = HEAD.to_owned();
        for NivelState { nome, superior, permissoes } in self.niveis.values() {
            out.push_str(&format!("\n[[niveis]]\nnome = {}\n", quoted(nome)));
            if let Some(superior) = superior {
                out.push_str(&format!("superior = {}\n", quoted(superior)));
            }
            push_permissoes(&mut out, "permissoes", permissoes);
        }
        for PerfilState { nome, nivel, permissoes, recolhidas } in self.perfis.values() {
            let place = nivel.as_ref().map_or_else(|| "root = true".to_owned(), |n| format!("nivel = {}", quoted(n)));
            out.push_str(&format!("\n[[perfis]]\nnome = {}\n{place}\n", quoted(nome)));
            push_permissoes(&mut out, "permissoes", &(permissoes - recolhidas));
            push_permissoes(&mut out, "recolhidas", recolhidas);
        }
        for UsuarioState { login, perfil, ativo } in self.usuarios.values() {
            out.push_str(&format!("\n[[usuarios]]\nlogin = {}\nperfil = {}\n", quoted(login), quoted(perfil)));
            push_ativo(&mut out, *ativo);
        }
        for MotivoState { nome, ativo } in self.motivos.values() {
            out.push_str(&format!("\n[[motivos]]\nnome = {}\n", quoted(nome)));
            push_ativo(&mut out, *ativo);
        }
        out
    }

    pub fn json(&self) -> Value {
        let texto = |nome: &Option<Name>| nome.as_ref().map(|nome| nome.texto.clone());
        let niveis = self.niveis.values().map(|NivelState { nome, superior, permissoes }| {
            json!({"nome": nome.texto, "superior": texto(superior), "permissoes": names(permissoes)})
        });
        let perfis = self.perfis.values().map(|PerfilState { nome, nivel, permissoes, recolhidas }| {
            json!({
                "nome": nome.texto,
                "root": nivel.is_none(),
                "nivel": texto(nivel),
                "permissoes": names(&(permissoes - recolhidas)),
                "recolhidas": names(recolhidas),
            })
        });
        let usuarios = self.usuarios.values().map(|UsuarioState { login, perfil, ativo }| {
            json!({"login": login.texto, "perfil": perfil.texto, "ativo": ativo})
        });
        let motivos =
            self.motivos.values().map(|MotivoState { nome, ativo }| json!({"nome": nome.texto, "ativo": ativo}));
        json!({
            "niveis": niveis.collect::<Vec<_>>(),
            "perfis": perfis.collect::<Vec<_>>(),
            "usuarios": usuarios.collect::<Vec<_>>(),
            "motivos": motivos.collect::<Vec<_>>(),
        })
    }
}

/// A string of JSON, which is one of TOML.
fn quoted(nome: &Name) -> String {
    Value::from(nome.texto.as_str()).to_string()
}

fn names(permissoes: &BTreeSet<Permissao>) -> Vec<&'static str> {
    permissoes.iter().map(|permissao| permissao.nome()).collect()
}

fn push_permissoes(out: &mut String, key: &str, permissoes: &BTreeSet<Permissao>) {
    match &names(permissoes)[..] {
        [] => {}
        names => out.push_str(&format!(
            "{key} = [\n{}]\n",
            names.iter().map(|n| format!("    \"{n}\",\n")).collect::<String>()
        )),
    }
}

/// Only what is deactivated says so: else a file applied at each start would bring back whoever was deactivated since.
fn push_ativo(out: &mut String, ativo: Option<bool>) {
    if ativo == Some(false) {
        out.push_str("ativo = false\n");
    }
}
