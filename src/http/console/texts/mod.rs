//! What the pages say, in both languages side by side. A text that is missing in one does not compile.

/// Declares the texts of a page: `name: "português", "English";`. A `{}` stands for a value.
macro_rules! texts {
    ($($name:ident: $portuguese:literal, $english:literal;)+) => {
        pub struct Texts {
            $(pub $name: &'static str,)+
        }

        pub const PT: Texts = Texts { $($name: $portuguese,)+ };
        pub const EN: Texts = Texts { $($name: $english,)+ };
    };
}

mod atendimentos;
pub mod auditoria;
mod common;
mod entrance;
mod errors;
mod motivos;
pub mod names;
mod niveis;
pub mod painel;
mod perfis;
pub mod servidor;
pub mod switches;
mod usuarios;

pub struct Texts {
    pub atendimentos: atendimentos::Texts,
    pub auditoria: auditoria::Texts,
    pub common: common::Texts,
    pub entrance: entrance::Texts,
    pub errors: errors::Texts,
    pub motivos: motivos::Texts,
    pub niveis: niveis::Texts,
    pub painel: painel::Texts,
    pub perfis: perfis::Texts,
    pub servidor: servidor::Texts,
    pub switches: switches::Texts,
    pub usuarios: usuarios::Texts,
}

pub static PT: Texts = Texts {
    atendimentos: atendimentos::PT,
    auditoria: auditoria::PT,
    common: common::PT,
    entrance: entrance::PT,
    errors: errors::PT,
    motivos: motivos::PT,
    niveis: niveis::PT,
    painel: painel::PT,
    perfis: perfis::PT,
    servidor: servidor::PT,
    switches: switches::PT,
    usuarios: usuarios::PT,
};
pub static EN: Texts = Texts {
    atendimentos: atendimentos::EN,
    auditoria: auditoria::EN,
    common: common::EN,
    entrance: entrance::EN,
    errors: errors::EN,
    motivos: motivos::EN,
    niveis: niveis::EN,
    painel: painel::EN,
    perfis: perfis::EN,
    servidor: servidor::EN,
    switches: switches::EN,
    usuarios: usuarios::EN,
};
