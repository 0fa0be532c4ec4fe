//! Where things are kept. Engines are dumb: they load, and they write under a guard.
//!
//! [`Store`] is the seam: one method an atomic use, in one file a role. `tests/conformance` runs every method on
//! each engine.

mod access;
mod atendimentos;
mod attempt;
mod audit;
mod audit_pages;
mod backup;
mod budget;
mod diagnostics;
mod engine;
mod erasure;
mod error;
mod idempotency;
mod listings;
mod many;
mod migrations;
mod model;
mod overview;
mod pages;
mod pools;
mod postgres;
mod provisioning;
mod reads;
mod rows;
mod sandbox;
mod schema;
mod sessions;
mod sqlite;
mod state;
mod tables;
mod throttle;
mod value;

pub use access::Credential;
pub use atendimentos::Import;
pub use attempt::{LOCK_WAIT, retry_on_contention};
pub use audit::{AuditEntry, AuditQuery, Edit};
pub use audit_pages::{AuditPage, AuditPosition};
pub use backup::{Export, Restore};
pub use budget::Patience;
pub use engine::{Store, Target};
pub use erasure::{Cursor, Leftovers};
pub use error::{Result, StoreError};
pub use idempotency::UsedKey;
pub use listings::{AtendimentosPage, AtendimentosQuery, Between, HistoricoQuery};
pub use many::{NewSenha, NewUsuario};
pub use migrations::Migration;
pub use model::AccessModel;
pub use overview::HourOfChanges;
pub use pages::{UsuariosByLogin, UsuariosPage};
pub use postgres::endpoint;
pub use provisioning::{Grant, Motivo, NamedKind, Perfil, Release, Usuario};
pub use rows::{Example, NewAtendimento, NewMotivo, ScopedKey};
pub use sessions::{Session, SessionKey};
pub use state::Provisioned;
pub use tables::{Column, Kind, TABLES, Table, Value, tables_at};
pub use throttle::{Bucket, BucketKey, Debit};
pub use value::MANY;
