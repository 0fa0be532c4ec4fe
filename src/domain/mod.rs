//! The rules, and nothing else: no I/O, no clock, no async.

pub mod acesso;
pub mod atendimento;
pub mod protocolo;
pub mod registro;
pub mod texto;
