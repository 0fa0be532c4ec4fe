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
mod common;
mod entrance;
mod errors;
mod motivos;
pub mod painel;

pub struct Texts {
    pub atendimentos: atendimentos::Texts,
    pub common: common::Texts,
    pub entrance: entrance::Texts,
    pub errors: errors::Texts,
    pub motivos: motivos::Texts,
    pub painel: painel::Texts,
}

pub static PT: Texts = Texts {
    atendimentos: atendimentos::PT,
    common: common::PT,
    entrance: entrance::PT,
    errors: errors::PT,
    motivos: motivos::PT,
    painel: painel::PT,
};
pub static EN: Texts = Texts {
    atendimentos: atendimentos::EN,
    common: common::EN,
    entrance: entrance::EN,
    errors: errors::EN,
    motivos: motivos::EN,
    painel: painel::EN,
};
