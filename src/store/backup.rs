//! All rows of all tables, out of one database and into another of either engine.

use futures_util::stream::{BoxStream, StreamExt};
use sqlx::migrate::{AppliedMigration, Migrate};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, ColumnIndex, Decode, Type};

use super::attempt::LOCK_WAIT;
use super::audit::Edit;
use super::engine::{Store, Transaction};
use super::error::{Result, StoreError};
use super::tables::{Column, Kind, Table, Value, names, tables_at};
use super::value::{Param, Time};
use super::{postgres, sqlite};
use crate::domain::audit::{Actor, Entry};

/// How many rows go into one statement of SQLite. What does not fill one goes into smaller ones: a text for each number
/// would be too many to keep prepared.
const ROWS_AT_ONCE: [usize; 3] = [64, 16, 4];

impl Store {
    /// The newest migration that this release has, the same for both engines.
    pub fn newest_migration() -> i64 {
        sqlite::MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default()
    }

    /// Begins to read everything, as it is at this moment. Nobody changes the tables until the end.
    pub async fn begin_export(&self) -> Result<Export> {
        loop {
            let schema = self.schema_in(&mut self.begin_snapshot().await?).await?;
            let mut transaction = self.begin_snapshot().await?;
            transaction.hold_tables(schema).await?;
            // A migration may have come between the two.
            if self.schema_in(&mut transaction).await? == schema {
                return Ok(Export { transaction, schema });
            }
        }
    }

    /// The newest migration that the database of `transaction` has.
    async fn schema_in(&self, transaction: &mut Transaction) -> Result<i64> {
        let applied = self.applied(transaction).await?;
        self.schema_of(&applied)?.ok_or(StoreError::NoTables)
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

    /// How many rows `table` has.
    pub async fn count(&mut self, table: &Table) -> Result<u64> {
        let count = AssertSqlSafe(format!("SELECT count(*) FROM {}", table.name));
        let rows: Vec<(i64,)> = self.transaction.rows(count, &[]).await?;
        Ok(rows.first().map_or(0, |(count,)| *count as u64))
    }

    /// The greatest id that the database has given to a row of `table`, as far as it knows; 0 where it gave none.
    pub async fn last_id(&mut self, table: &Table) -> Result<i64> {
        let position = self.transaction.position(table, self.schema);
        let last = format!("SELECT coalesce(max(id), 0), CAST({position} AS bigint) FROM {}", table.name);
        let rows: Vec<(i64, i64)> = self.transaction.rows(AssertSqlSafe(last), &[]).await?;
        Ok(rows.first().map_or(0, |(highest, position)| *highest.max(position)))
    }

    /// The rows of `table` in the order of its key, the same on both engines, but each after the one above it: `columns` of them, one by one.
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
        if let Transaction::Postgres(transaction) = &mut self.transaction {
            return postgres::copy(transaction, table, columns, rows).await;
        }
        let mut rest = rows;
        while !rest.is_empty() {
            let at_once = ROWS_AT_ONCE.into_iter().find(|count| *count <= rest.len()).unwrap_or(1);
            let (part, behind) = rest.split_at(at_once);
            let parameters = part.iter().flat_map(|row| columns.iter().zip(row));
            let parameters: Vec<_> = parameters.map(|(column, value)| parameter(column.kind, value)).collect();
            self.transaction.execute(AssertSqlSafe(insertion(table, columns, at_once)), &parameters).await?;
            rest = behind;
        }
        Ok(())
    }

    /// Brings the schema up to this release's, and lets ids count on from the highest: that of a row, or what `last_ids`
    /// says of a table.
    pub async fn finish(&mut self, last_ids: &[(&'static Table, i64)]) -> Result<()> {
        if self.schema < Store::newest_migration() {
            self.transaction.migrate_to(self.store.migrator(), None).await?;
        }
        for (table, last_id) in last_ids {
            self.transaction.count_on(table, *last_id).await?;
        }
        Ok(())
    }

    /// Adds `entry` by `actor`, and makes all of it durable and visible.
    pub async fn commit(self, actor: &Actor, entry: Entry) -> Result<()> {
        Edit(self.transaction).commit(actor, &[entry]).await
    }
}

/// How the engines differ.
impl Transaction {
    /// How far below others a row is, if there is an above and a below, and the key of `table`, compared byte by byte.
    fn order(&self, table: &Table) -> String {
        let depth = table.above.map(|above| {
            let Table { name, .. } = table;
            format!(
                "(WITH RECURSIVE up (id) AS (SELECT {name}.{above} UNION
                     SELECT other.{above} FROM {name} other JOIN up ON other.id = up.id)
                  SELECT count(*) FROM up)"
            )
        });
        let key = table.key().iter().map(|column| match (self, column.kind) {
            (Self::Postgres(_), Kind::Text(_)) => format!("{} COLLATE \"C\"", column.name),
            _ => column.name.to_owned(),
        });
        depth.into_iter().chain(key).collect::<Vec<_>>().join(", ")
    }

    /// An expression for the greatest id that was given to a row of `table`. SQLite counts some since the migration 7,
    /// and all since the next one.
    fn position(&self, table: &Table, schema: i64) -> String {
        match self {
            Self::Postgres(_) => format!("coalesce(pg_sequence_last_value({}), 0)", sequence(table)),
            Self::Sqlite(_) if schema < 7 => "0".to_owned(),
            Self::Sqlite(_) => {
                format!("coalesce((SELECT seq FROM sqlite_sequence WHERE name = '{}'), 0)", table.name)
            }
        }
    }

    /// Keeps migrations, and whoever else needs them alone, out of the tables of `schema` until the end. Of all of them
    /// before any is read: in between, one could be changed. SQLite's snapshot is of the whole file.
    async fn hold_tables(&mut self, schema: i64) -> Result<()> {
        if let Self::Postgres(_) = self {
            let names = tables_at(schema).map(|table| table.name).collect::<Vec<_>>().join(", ");
            let lock = format!("LOCK TABLE {names}, _sqlx_migrations IN ACCESS SHARE MODE");
            let wait = format!("{}ms", LOCK_WAIT.as_millis());
            self.execute("SELECT set_config('lock_timeout', $1, true)", &[wait.as_str().into()]).await?;
            self.execute(AssertSqlSafe(lock), &[]).await.map_err(|error| match error {
                StoreError::Contention(_) => StoreError::TablesHeld,
                error => error,
            })?;
        }
        Ok(())
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

    /// Lets the database count the ids of `table` on from the highest, or from `last_id` if that is higher.
    async fn count_on(&mut self, table: &Table, last_id: i64) -> Result<()> {
        let name = table.name;
        let set = match self {
            // A sequence has no position 0. Where it gave nothing yet, it does not say that it is at 1.
            Self::Postgres(_) => format!(
                "SELECT setval({}, greatest(max(id), $1, 1), greatest(max(id), $1) > 0) FROM {name}",
                sequence(table)
            ),
            Self::Sqlite(_) => {
                self.execute("DELETE FROM sqlite_sequence WHERE name = $1", &[name.into()]).await?;
                format!(
                    "INSERT INTO sqlite_sequence (name, seq)
                     SELECT '{name}', max(coalesce(max(id), 0), $1) FROM {name}"
                )
            }
        };
        self.execute(AssertSqlSafe(set), &[last_id.into()]).await.map(drop)
    }
}

/// Which sequence of PostgreSQL's counts the ids of `table`.
fn sequence(table: &Table) -> String {
    format!("pg_get_serial_sequence('{}', 'id')::regclass", table.name)
}

fn insertion(table: &Table, columns: &[&'static Column], rows: usize) -> String {
    let width = columns.len();
    let row = |row: usize| {
        let places = (1..=width).map(|column| format!("${}", row * width + column));
        format!("({})", places.collect::<Vec<_>>().join(", "))
    };
    let rows = (0..rows).map(row).collect::<Vec<_>>().join(", ");
    format!("INSERT INTO {} ({}) VALUES {rows}", table.name, names(columns))
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
