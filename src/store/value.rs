//! Values on their way to a statement, and rows on their way from it, alike for both engines.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgRow, PgTypeInfo, PgValueRef};
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteRow, SqliteTypeInfo, SqliteValueRef};
use sqlx::{Arguments, Database, Decode, Encode, FromRow, Postgres, Sqlite, Type};
use time::OffsetDateTime;

use super::error::StoreError;
use crate::clock::{from_unix_millis, unix_millis};
use crate::domain::text::NameKey;

/// A row that can be read from either engine.
pub(super) trait Row: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

impl<T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin> Row for T {}

#[derive(Clone, Copy)]
pub(super) enum Param<'a> {
    Flag(Option<bool>),
    Small(Option<i16>),
    Number(Option<i64>),
    Text(Option<&'a str>),
    Bytes(Option<&'a [u8]>),
    Time(Option<Time>),
}

/// `ids` as one value of a statement.
pub(super) fn id_list(ids: &[i64]) -> String {
    serde_json::to_string(ids).expect("numbers have a JSON form")
}

/// How many rows one statement takes, which has some values of each.
pub const MANY: usize = 500;

/// The places of `rows` times `columns` values in a statement, after the first `before`: `($1, $2), ($3, $4)`.
pub(super) fn rows_of(rows: usize, columns: usize, before: usize) -> String {
    let row = |row: usize| {
        let places = (1..=columns).map(|column| format!("${}", before + row * columns + column));
        format!("({})", places.collect::<Vec<_>>().join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// `values` as an engine's driver takes them.
pub(super) fn arguments<DB: Database>(values: &[Param<'_>]) -> sqlx::Result<DB::Arguments>
where
    Option<bool>: for<'q> Encode<'q, DB> + Type<DB>,
    Option<i16>: for<'q> Encode<'q, DB> + Type<DB>,
    Option<i64>: for<'q> Encode<'q, DB> + Type<DB>,
    for<'q> Option<&'q str>: Encode<'q, DB> + Type<DB>,
    for<'q> Option<&'q [u8]>: Encode<'q, DB> + Type<DB>,
    Option<Time>: for<'q> Encode<'q, DB> + Type<DB>,
    DB::Arguments: Arguments<Database = DB>,
{
    let mut arguments = DB::Arguments::default();
    for value in values {
        let added = match *value {
            Param::Flag(value) => arguments.add(value),
            Param::Small(value) => arguments.add(value),
            Param::Number(value) => arguments.add(value),
            Param::Text(value) => arguments.add(value),
            Param::Bytes(value) => arguments.add(value),
            Param::Time(value) => arguments.add(value),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Self::Flag(Some(value))
    }
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Number(Some(value))
    }
}

impl From<Option<i64>> for Param<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Number(value)
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<&'a NameKey> for Param<'a> {
    fn from(value: &'a NameKey) -> Self {
        Self::Text(Some(value.as_str()))
    }
}

impl<'a> From<&'a [u8; 16]> for Param<'a> {
    fn from(value: &'a [u8; 16]) -> Self {
        Self::Bytes(Some(value))
    }
}

impl From<Option<OffsetDateTime>> for Param<'_> {
    fn from(value: Option<OffsetDateTime>) -> Self {
        Self::Time(value.map(Time))
    }
}

/// A time as stored: PostgreSQL's own, and in SQLite milliseconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct Time(pub OffsetDateTime);

impl Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        <OffsetDateTime as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Time {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <OffsetDateTime as Encode<'_, Postgres>>::encode_by_ref(&self.0, buffer)
    }
}

impl Decode<'_, Postgres> for Time {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        <OffsetDateTime as Decode<'_, Postgres>>::decode(value).map(Self)
    }
}

impl Type<Sqlite> for Time {
    fn type_info() -> SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }

    fn compatible(stored: &SqliteTypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(stored)
    }
}

impl Encode<'_, Sqlite> for Time {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        <i64 as Encode<'_, Sqlite>>::encode_by_ref(&unix_millis(self.0), buffer)
    }
}

impl Decode<'_, Sqlite> for Time {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        let millis = <i64 as Decode<'_, Sqlite>>::decode(value)?;
        let time = from_unix_millis(millis).ok_or_else(|| StoreError::Corrupt(format!("the time {millis}")))?;
        Ok(Self(time))
    }
}
