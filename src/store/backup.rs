//! All rows of all tables, out of one database and into another of either engine.

use futures_util::stream::{BoxStream, StreamExt};
use sqlx::migrate::{AppliedMigration, Migrate};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, ColumnIndex, Decode, Type};
use time::OffsetDateTime;

use super::engine::{Store, Transaction};
use super::error::{Result, StoreError};
use super::tables::{Column, Kind, Table, tables_at};
use super::value::{Param, Time};
use super::{postgres, sqlite};

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

impl Value {
    /// About what it takes on the way to the database, with its length and its format.
    fn bytes(&self) -> usize {
        let content = match self {
            Self::Null => 0,
            Self::Flag(_) => 1,
            Self::Number(_) | Self::Time(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        };
        content + 6
    }
}

/// How many rows go into one statement. What does not fill one goes into smaller ones: a text for each number would be
/// too many to keep prepared.
const ROWS_AT_ONCE: [usize; 3] = [64, 16, 4];

/// How many bytes of values go into one statement, unless a row has more. The driver does not set `TCP_NODELAY`: the end
/// of a longer message waits 40 ms for the answer to its beginning (docs/PERFORMANCE.md).
const BYTES_AT_ONCE: usize = 12 * 1024;

impl Store {
    /// The newest migration that this release has, the same for both engines.
    pub fn newest_migration() -> i64 {
        sqlite::MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default()
    }

    /// Begins to read everything, as it is at this moment.
    pub async fn begin_export(&self) -> Result<Export> {
        let mut transaction = self.begin_snapshot().await?;
        let applied = self.applied(&mut transaction).await?;
        let schema = self.schema_of(&applied)?.ok_or(StoreError::NoTables)?;
        Ok(Export { transaction, schema })
    }

    /// Begins to fill an empty database, to which it gives the tables of the migration `schema` where it has none.
    /// Nothing of it shows before [`Restore::commit`], and dropping it undoes it. Fails where there are rows already.
    pub async fn begin_restore(&self, schema: i64) -> Result<Restore<'_>> {
        let mut transaction = self.begin().await?;
        transaction.keep_migrations_out().await?;
        let applied = self.applied(&mut transaction).await?;
        match self.schema_of(&applied)? {
            None => transaction.migrate_to(self.migrator(), Some(schema)).await?,
            Some(found) if found == schema => transaction.hold_empty(schema).await?,
            Some(found) => return Err(StoreError::OtherSchema { found, wanted: schema }),
        }
        Ok(Restore { store: self, schema, transaction })
    }

    async fn applied(&self, transaction: &mut Transaction) -> Result<Vec<AppliedMigration>> {
        let is_there = !transaction.rows::<(i32,)>(self.migrations_table(), &[]).await?.is_empty();
        if is_there { transaction.applied(self.migrator()).await } else { Ok(Vec::new()) }
    }

    /// The newest of the `applied` migrations. Fails where this release does not know one of them.
    fn schema_of(&self, applied: &[AppliedMigration]) -> Result<Option<i64>> {
        let embedded = self.migrator();
        match applied.iter().find(|migration| !embedded.version_exists(migration.version)) {
            Some(newer) => Err(StoreError::NewerSchema(newer.version)),
            None => Ok(applied.iter().map(|migration| migration.version).max()),
        }
    }
}

/// One consistent view of everything.
pub struct Export {
    transaction: Transaction,
    schema: i64,
}

impl Export {
    /// The newest migration of the database.
    pub fn schema(&self) -> i64 {
        self.schema
    }

    /// How many rows `table` has. On PostgreSQL, nobody changes the table's columns from then on.
    pub async fn count(&mut self, table: &Table) -> Result<u64> {
        let count = AssertSqlSafe(format!("SELECT count(*) FROM {}", table.name));
        let rows: Vec<(i64,)> = self.transaction.rows(count, &[]).await?;
        Ok(rows.first().map_or(0, |(count,)| *count as u64))
    }

    /// The rows of `table` in the order of its key, the same on both engines: `columns` of them, one by one.
    pub fn rows<'a>(&'a mut self, table: &Table, columns: &'a [&'static Column]) -> BoxStream<'a, Result<Vec<Value>>> {
        let select = AssertSqlSafe(format!(
            "SELECT {} FROM {} ORDER BY {}",
            names(columns),
            table.name,
            self.transaction.order(table)
        ));
        match &mut self.transaction {
            Transaction::Postgres(transaction) => {
                let rows = sqlx::query(select).fetch(&mut **transaction);
                rows.map(|row| Ok(values(&row?, columns)?)).boxed()
            }
            Transaction::Sqlite(transaction) => {
                let rows = sqlx::query(select).fetch(&mut **transaction);
                rows.map(|row: sqlx::Result<SqliteRow>| Ok(values(&row?, columns)?)).boxed()
            }
        }
    }
}

/// A database that is being filled, in one transaction.
pub struct Restore<'a> {
    store: &'a Store,
    schema: i64,
    transaction: Transaction,
}

impl Restore<'_> {
    /// Inserts `rows` of `columns`.
    pub async fn insert(&mut self, table: &Table, columns: &[&'static Column], rows: &[Vec<Value>]) -> Result<()> {
        let mut rest = rows;
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(at_once(rest));
            let statement = self.transaction.insertion(table, columns, part.len());
            let parameters = part.iter().flat_map(|row| columns.iter().zip(row));
            let parameters: Vec<_> = parameters.map(|(column, value)| parameter(column.kind, value)).collect();
            self.transaction.execute(AssertSqlSafe(statement), &parameters).await?;
            rest = behind;
        }
        Ok(())
    }

    /// Lets ids count on from the highest, and brings the schema up to this release's.
    pub async fn finish(&mut self) -> Result<()> {
        for table in tables_at(self.schema).filter(|table| table.counts_ids()) {
            self.transaction.count_on(table).await?;
        }
        if self.schema < Store::newest_migration() {
            self.transaction.migrate_to(self.store.migrator(), None).await?;
        }
        Ok(())
    }

    /// Makes all of it durable and visible.
    pub async fn commit(self) -> Result<()> {
        self.transaction.commit().await
    }
}

/// How the engines differ.
impl Transaction {
    /// The key of `table`, compared byte by byte.
    fn order(&self, table: &Table) -> String {
        let key = table.key().iter().map(|column| match (self, column.kind) {
            (Self::Postgres(_), Kind::Text(_)) => format!("{} COLLATE \"C\"", column.name),
            _ => column.name.to_owned(),
        });
        key.collect::<Vec<_>>().join(", ")
    }

    fn insertion(&self, table: &Table, columns: &[&'static Column], rows: usize) -> String {
        let width = columns.len();
        let row = |row: usize| {
            let places = (1..=width).map(|column| format!("${}", row * width + column));
            format!("({})", places.collect::<Vec<_>>().join(", "))
        };
        let rows = (0..rows).map(row).collect::<Vec<_>>().join(", ");
        let overriding = match self {
            Self::Postgres(_) if table.counts_ids() => "OVERRIDING SYSTEM VALUE",
            _ => "",
        };
        format!("INSERT INTO {} ({}) {overriding} VALUES {rows}", table.name, names(columns))
    }

    /// Lets no other process migrate or restore before the end. SQLite's transaction holds the whole file.
    async fn keep_migrations_out(&mut self) -> Result<()> {
        if let Self::Postgres(transaction) = self {
            transaction.lock().await?;
            sqlx::query(postgres::HOLD_ADVISORY_LOCKS).execute(&mut **transaction).await?;
            transaction.unlock().await?;
        }
        Ok(())
    }

    /// Keeps writers out of the tables of `schema` until the end, and fails where one has rows.
    async fn hold_empty(&mut self, schema: i64) -> Result<()> {
        if let Self::Postgres(_) = self {
            let names = tables_at(schema).map(|table| table.name).collect::<Vec<_>>().join(", ");
            self.execute(AssertSqlSafe(format!("LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")), &[]).await?;
        }
        for table in tables_at(schema) {
            let any = AssertSqlSafe(format!("SELECT 1 FROM {} LIMIT 1", table.name));
            if !self.rows::<(i32,)>(any, &[]).await?.is_empty() {
                return Err(StoreError::NotEmpty(table.name));
            }
        }
        Ok(())
    }

    /// Lets the database count the ids of `table` on from the highest. SQLite does so by itself.
    async fn count_on(&mut self, table: &Table) -> Result<()> {
        if let Self::Postgres(_) = self {
            let name = table.name;
            let set = format!(
                "SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM {name}), false)"
            );
            self.execute(AssertSqlSafe(set), &[]).await?;
        }
        Ok(())
    }
}

/// How many of `rows` go into the next statement; at least one.
fn at_once(rows: &[Vec<Value>]) -> usize {
    let fits = |count: usize| {
        let rows = rows.get(..count)?;
        let bytes: usize = rows.iter().flatten().map(Value::bytes).sum();
        (bytes <= BYTES_AT_ONCE).then_some(count)
    };
    ROWS_AT_ONCE.into_iter().find_map(fits).unwrap_or(1)
}

fn names(columns: &[&'static Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// The values of `row`, which has `columns`.
fn values<R: sqlx::Row>(row: &R, columns: &[&'static Column]) -> sqlx::Result<Vec<Value>>
where
    usize: ColumnIndex<R>,
    Option<bool>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    Option<i16>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    Option<Vec<u8>>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    Option<Time>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
{
    let value = |(index, column): (usize, &&'static Column)| -> sqlx::Result<Value> {
        Ok(match column.kind {
            Kind::Flag => row.try_get::<Option<bool>, _>(index)?.map(Value::Flag),
            Kind::Status => row.try_get::<Option<i16>, _>(index)?.map(|code| Value::Number(code.into())),
            Kind::Id | Kind::Reference | Kind::Revision | Kind::Number | Kind::Millis => {
                row.try_get::<Option<i64>, _>(index)?.map(Value::Number)
            }
            Kind::Name | Kind::Key | Kind::Text(_) | Kind::SenhaHash | Kind::Protocolo | Kind::Comentario => {
                row.try_get::<Option<String>, _>(index)?.map(Value::Text)
            }
            Kind::Bytes(_) => row.try_get::<Option<Vec<u8>>, _>(index)?.map(Value::Bytes),
            Kind::Time => row.try_get::<Option<Time>, _>(index)?.map(|Time(time)| Value::Time(time)),
        }
        .unwrap_or(Value::Null))
    };
    columns.iter().enumerate().map(value).collect()
}

/// `value`, which its reader has checked, as a column of `kind` takes it.
fn parameter(kind: Kind, value: &Value) -> Param<'_> {
    match (kind, value) {
        (Kind::Status, Value::Number(code)) => Param::Small(i16::try_from(*code).ok()),
        (Kind::Status, _) => Param::Small(None),
        (_, Value::Flag(flag)) => Param::Flag(Some(*flag)),
        (_, Value::Number(number)) => Param::Number(Some(*number)),
        (_, Value::Text(text)) => Param::Text(Some(text)),
        (_, Value::Bytes(bytes)) => Param::Bytes(Some(bytes)),
        (_, Value::Time(time)) => Param::Time(Some(Time(*time))),
        (Kind::Flag, Value::Null) => Param::Flag(None),
        (Kind::Bytes(_), Value::Null) => Param::Bytes(None),
        (Kind::Time, Value::Null) => Param::Time(None),
        (Kind::Id | Kind::Reference | Kind::Revision | Kind::Number | Kind::Millis, Value::Null) => Param::Number(None),
        (_, Value::Null) => Param::Text(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_takes_as_many_rows_as_a_short_message_holds() {
        let rows = |count: usize, length: usize| vec![vec![Value::Null, Value::Text("x".repeat(length))]; count];
        for (count, length, expected) in [
            (1, 1, 1),
            (3, 1, 1),
            (4, 1, 4),
            (63, 1, 16),
            (512, 1, 64),
            (512, 180, 64),
            (512, 181, 16),
            (512, 757, 4),
            (512, 20_000, 1),
        ] {
            assert_eq!(at_once(&rows(count, length)), expected, "{count} rows of {length} bytes");
        }
    }
}
