//! The console (ours): pages for people, made on the server. They do what the API does, by the same services, so that the
//! hierarchy, the audit trail and the refusals are the same.
//!
//! A page is a file here, its templates and its texts. Its handlers name the permission that they need: a GET takes
//! [`session::SignedIn`], a POST takes [`session::Posted`], which has checked where the form came from. Each path that
//! takes a POST shows the form at a GET: there somebody is led whose session has ended meanwhile.

pub mod again;
pub mod asker;
pub mod assets;
pub mod atendimento;
pub mod atendimentos;
pub mod audit_csv;
pub mod audit_filter;
pub mod auditoria;
pub mod charts;
pub mod cookies;
pub mod days;
pub mod entrance;
pub mod errors;
pub mod faults;
pub mod filters;
pub mod form;
pub mod kept;
pub mod language;
pub mod listing;
pub mod login;
pub mod minha_senha;
pub mod motivos;
pub mod niveis;
pub mod nivel;
pub mod once;
pub mod painel;
pub mod perfil;
pub mod perfis;
pub mod phrases;
pub mod question;
pub mod refusal;
mod repeats;
pub mod servidor;
pub mod session;
pub mod switchboard;
pub mod texts;
pub mod told_change;
pub mod usuario;
pub mod usuarios;
pub mod view;
pub mod visit;
