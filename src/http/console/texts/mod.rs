//! What the pages say, in both languages side by side. A text that is missing in one does not compile.
//!
//! The English pages keep five of Citrus's nouns, as the API and the commands do: atendimento, protocolo, motivo, perfil and
//! nível. All else is English.

use crate::http::answer::problem::Language;

/// Declares the texts of a page: `name: "português", "English";`. A `{}` stands for a value.
macro_rules! texts {
    ($($name:ident: $portuguese:literal, $english:literal;)+) => {
        pub struct Texts {
            $(pub $name: &'static str,)+
        }

        pub const PT: Texts = Texts { $($name: $portuguese,)+ };
        pub const EN: Texts = Texts { $($name: $english,)+ };
        /// All of them, in both languages.
        #[cfg(test)]
        pub const ALL: &[[&str; 2]] = &[$([$portuguese, $english],)+];
    };
}

mod atendimentos;
pub mod auditoria;
mod common;
mod entrance;
mod errors;
mod faults;
mod minha_senha;
mod motivos;
pub mod names;
mod niveis;
pub mod painel;
mod perfis;
pub mod servidor;
pub mod switches;
mod usuarios;

pub struct Texts {
    pub language: Language,
    pub atendimentos: atendimentos::Texts,
    pub auditoria: auditoria::Texts,
    pub common: common::Texts,
    pub entrance: entrance::Texts,
    pub errors: errors::Texts,
    pub faults: faults::Texts,
    pub minha_senha: minha_senha::Texts,
    pub motivos: motivos::Texts,
    pub niveis: niveis::Texts,
    pub painel: painel::Texts,
    pub perfis: perfis::Texts,
    pub servidor: servidor::Texts,
    pub switches: switches::Texts,
    pub usuarios: usuarios::Texts,
}

pub static PT: Texts = Texts {
    language: Language::Portuguese,
    atendimentos: atendimentos::PT,
    auditoria: auditoria::PT,
    common: common::PT,
    entrance: entrance::PT,
    errors: errors::PT,
    faults: faults::PT,
    minha_senha: minha_senha::PT,
    motivos: motivos::PT,
    niveis: niveis::PT,
    painel: painel::PT,
    perfis: perfis::PT,
    servidor: servidor::PT,
    switches: switches::PT,
    usuarios: usuarios::PT,
};
pub static EN: Texts = Texts {
    language: Language::English,
    atendimentos: atendimentos::EN,
    auditoria: auditoria::EN,
    common: common::EN,
    entrance: entrance::EN,
    errors: errors::EN,
    faults: faults::EN,
    minha_senha: minha_senha::EN,
    motivos: motivos::EN,
    niveis: niveis::EN,
    painel: painel::EN,
    perfis: perfis::EN,
    servidor: servidor::EN,
    switches: switches::EN,
    usuarios: usuarios::EN,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = &'static [&'static str; 2]> {
        let parts = [
            atendimentos::ALL,
            auditoria::ALL,
            common::ALL,
            entrance::ALL,
            errors::ALL,
            faults::ALL,
            minha_senha::ALL,
            motivos::ALL,
            niveis::ALL,
            painel::ALL,
            perfis::ALL,
            servidor::ALL,
            switches::ALL,
            usuarios::ALL,
        ];
        parts.into_iter().flatten()
    }

    #[test]
    fn english_pages_keep_five_nouns_and_no_more() {
        for [_, english] in all().filter(|[_, english]| *english != "Português") {
            let mut words = english.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
            let kept = ["nível", "níveis", "brasília"];
            let other = words.find(|word| !word.is_ascii() && !kept.contains(&word.as_str()));
            assert_eq!(other, None, "{english}");
            for noun in ["senha", "usuario", "auditoria", "historico", "comentario", "permissao", "painel", "servidor"]
            {
                assert!(!english.to_lowercase().contains(noun), "{noun}: {english}");
            }
        }
    }

    #[test]
    fn both_languages_have_the_same_places_for_values() {
        for [portuguese, english] in all() {
            assert_eq!(portuguese.matches("{}").count(), english.matches("{}").count(), "{portuguese}");
        }
    }
}
