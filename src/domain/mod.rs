//! The rules, and nothing else: no I/O, no clock, no async.

pub mod access;
pub mod atendimento;
pub mod audit;
pub mod hierarchy;
pub mod protocolo;
pub mod record;
pub mod rules;
pub mod senha;
pub mod text;
