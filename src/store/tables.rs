//! The tables and columns that hold data: what a backup has. A migration that adds one adds it here, with its number,
//! and `tests/backup/tables.rs` compares the list with the schema of both engines.
//!
//! Not listed: `_sqlx_migrations` and `compatibilidade`, which migrations write, the view `relogio`, and `sessao`: a
//! backup signs nobody in.

use time::OffsetDateTime;

/// A table.
pub struct Table {
    pub name: &'static str,
    columns: &'static [Column],
    /// How many of the first columns are its key.
    key: usize,
    /// The column that names the row above a row, if there is one.
    pub(super) above: Option<&'static str>,
    /// The migration that made it.
    since: i64,
}

/// A column.
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub nullable: bool,
    /// The migration that added it.
    since: i64,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The row's own number, which the database counts.
    Id,
    /// The [`Kind::Id`] of another row.
    Reference,
    /// A [`crate::domain::text::Name`].
    Name,
    /// The key of the name in the column before. It follows from the name, so a backup does not have it.
    Key,
    /// Text of 1 to so many characters.
    Text(usize),
    SenhaHash,
    Protocolo,
    Comentario,
    Flag,
    Status,
    /// How many changes there were.
    Revision,
    /// Any number.
    Number,
    /// Milliseconds since 1970.
    Millis,
    Time,
    /// So many bytes.
    Bytes(usize),
}

/// A value of a row. Deliberately without `Debug`: it may be the hash of a senha.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Flag(bool),
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
    Time(OffsetDateTime),
}

/// All tables, each after those to which it refers.
pub const TABLES: &[Table] = &[
    table("nivel", 1, &[ID, NOME, CHAVE, column("superior_id", Kind::Reference).or_null()]).below("superior_id"),
    table("liberacao", 2, &[column("nivel_id", Kind::Reference), PERMISSAO]),
    table("perfil", 1, &[ID, NOME, CHAVE, column("nivel_id", Kind::Reference).or_null()]),
    table("concessao", 2, &[column("perfil_id", Kind::Reference), PERMISSAO]),
    table(
        "usuario",
        1,
        &[
            ID,
            column("login", Kind::Name),
            CHAVE,
            column("perfil_id", Kind::Reference),
            column("senha_hash", Kind::SenhaHash),
            ATIVO,
            column("geracao", Kind::Number),
        ],
    ),
    table("motivo", 1, &[ID, NOME, CHAVE, ATIVO]),
    table(
        "atendimento",
        1,
        &[
            ID,
            column("protocolo", Kind::Protocolo),
            column("status", Kind::Status),
            column("revisao", Kind::Revision),
            column("atualizado_em", Kind::Time),
        ],
    ),
    table(
        "historico",
        2,
        &[
            column("atendimento_id", Kind::Reference),
            column("revisao", Kind::Revision),
            column("em", Kind::Time),
            column("de", Kind::Status),
            column("para", Kind::Status),
            column("motivo_id", Kind::Reference).or_null(),
            column("usuario_id", Kind::Reference).or_null(),
            column("comentario", Kind::Comentario).or_null(),
            column("visivel_cliente", Kind::Flag).or_null(),
        ],
    ),
    table(
        "tentativa",
        1,
        &[
            column("chave", Kind::Bytes(BUCKET_KEY)),
            column("cheio_em", Kind::Millis),
            column("sucesso_em", Kind::Millis).or_null(),
            column("login", Kind::Bytes(BUCKET_KEY)).or_null().since(6),
        ],
    )
    .since(2),
    table(
        "idempotencia",
        2,
        &[
            column("usuario_id", Kind::Reference),
            column("chave", Kind::Text(IDEMPOTENCY_KEY)),
            column("impressao", Kind::Number),
            column("em", Kind::Millis),
            column("resultado", Kind::Text(IDEMPOTENCY_KEY)).or_null().since(9),
        ],
    )
    .since(3),
    table(
        "auditoria",
        1,
        &[
            ID,
            column("em", Kind::Time),
            column("origem", Kind::Text(255)),
            column("autor", Kind::Text(255)).or_null(),
            column("autor_id", Kind::Reference).or_null(),
            column("lugar", Kind::Text(255)),
            column("acao", Kind::Text(255)),
            column("objeto", Kind::Text(AUDIT_TEXT)).or_null(),
            column("usuario_id", Kind::Reference).or_null(),
            column("antes", Kind::Text(AUDIT_TEXT)).or_null(),
            column("depois", Kind::Text(AUDIT_TEXT)).or_null(),
            column("autor_nivel_id", Kind::Reference).or_null().since(11),
            column("usuario_nivel_id", Kind::Reference).or_null().since(11),
        ],
    )
    .since(7),
    table("sequencia", 1, &[column("dia", Kind::Number), column("ultimo", Kind::Number)]).since(9),
];

const ID: Column = column("id", Kind::Id);
const NOME: Column = column("nome", Kind::Name);
const CHAVE: Column = column("chave", Kind::Key);
const ATIVO: Column = column("ativo", Kind::Flag);
const PERMISSAO: Column = column("permissao", Kind::Text(255));

/// Bytes of a [`super::BucketKey`].
const BUCKET_KEY: usize = size_of::<super::BucketKey>();
/// Characters of an idempotency key, with the number of an item of a batch.
const IDEMPOTENCY_KEY: usize = 300;

/// Characters of what an audit entry says of a change: names, and counts.
const AUDIT_TEXT: usize = 10_000;

const fn table(name: &'static str, key: usize, columns: &'static [Column]) -> Table {
    Table { name, columns, key, above: None, since: 1 }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: false, since: 1 }
}

impl Table {
    const fn below(self, above: &'static str) -> Self {
        Self { above: Some(above), ..self }
    }

    const fn since(self, migration: i64) -> Self {
        Self { since: migration, ..self }
    }

    /// Its columns once the migration `schema` has run.
    pub fn columns_at(&self, schema: i64) -> Vec<&'static Column> {
        self.columns.iter().filter(|column| column.since <= schema).collect()
    }

    pub(super) fn key(&self) -> &'static [Column] {
        &self.columns[..self.key]
    }

    /// Whether the database counts its ids.
    pub fn counts_ids(&self) -> bool {
        self.columns.iter().any(|column| column.kind == Kind::Id)
    }
}

impl Column {
    const fn since(self, migration: i64) -> Self {
        Self { since: migration, ..self }
    }

    const fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }
}

/// The names of `columns`, as statements list them.
pub(super) fn names(columns: &[&'static Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// The tables that are there once the migration `schema` has run.
pub fn tables_at(schema: i64) -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter(move |table| table.since <= schema)
}
