//! Values in and rows out, the same for both engines.

use domain::{Micros, Sha256};
use sqlx::{Decode, Postgres, Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use crate::Error;

/// A typed parameter; typed also when NULL, because PostgreSQL wants to know.
#[derive(Debug, Clone)]
pub enum Val {
    /// BIGINT.
    Int(Option<i64>),
    /// TEXT.
    Text(Option<String>),
    /// 16 bytes, or `uuid`.
    Uuid(Option<Uuid>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
}

macro_rules! from {
    ($($type:ty => $variant:ident, $value:ident, $map:expr);+ $(;)?) => {$(
        impl From<$type> for Val { fn from($value: $type) -> Self { Self::$variant(Some($map)) } }
        impl From<Option<$type>> for Val { fn from(value: Option<$type>) -> Self { Self::$variant(value.map(|$value| $map)) } }
    )+};
}
from! {
    i64 => Int, v, v;
    bool => Int, v, i64::from(v);
    Micros => Int, v, v.0;
    &str => Text, v, v.to_owned();
    String => Text, v, v;
    Uuid => Uuid, v, v;
    Vec<u8> => Bytes, v, v;
    Sha256 => Bytes, v, v.0.to_vec();
    domain::AccountId => Uuid, v, v.0;
    domain::OrgId => Uuid, v, v.0;
    domain::TeamId => Uuid, v, v.0;
    domain::PrinterId => Uuid, v, v.0;
    domain::PrinterGroupId => Uuid, v, v.0;
    domain::ProjectId => Uuid, v, v.0;
    domain::JobId => Uuid, v, v.0;
    domain::FileId => Uuid, v, v.0;
    domain::ProjectFileId => Uuid, v, v.0;
    domain::UploadId => Uuid, v, v.0;
    domain::SessionId => Uuid, v, v.0;
    domain::InvitationId => Uuid, v, v.0;
    domain::TokenId => Uuid, v, v.0;
    domain::ClientId => Uuid, v, v.0;
    domain::GrantId => Uuid, v, v.0;
    domain::RunId => Uuid, v, v.0;
    domain::Role => Text, v, v.word().to_owned();
    domain::State => Text, v, v.word().to_owned();
    domain::Plan => Text, v, v.word().to_owned();
    domain::Scopes => Text, v, v.to_string();
}

impl Val {
    /// A list of ids as one parameter, for `{ids:$n}` in a statement.
    #[must_use]
    pub fn ids(ids: &[Uuid]) -> Self {
        let listed: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.simple())).collect();
        Self::Text(Some(format!("[{}]", listed.join(","))))
    }
}

/// One row of an answer.
#[derive(Debug)]
pub enum Row {
    /// From SQLite.
    Sqlite(sqlx::sqlite::SqliteRow),
    /// From PostgreSQL.
    Postgres(sqlx::postgres::PgRow),
}

impl Row {
    /// Reads a column by its name.
    ///
    /// # Errors
    /// [`Error::Column`] if it is not there, is NULL where it must not be, or holds something else.
    pub fn get<T: Column>(&self, name: &'static str) -> Result<T, Error> {
        T::read(self, name)
    }

    fn int(&self, name: &'static str) -> Result<Option<i64>, Error> {
        let wrong = |_| Error::Column(name);
        match self {
            Self::Sqlite(row) => row.try_get(name).map_err(wrong),
            Self::Postgres(row) => {
                let raw = row.try_get_raw(name).map_err(wrong)?;
                if raw.is_null() {
                    return Ok(None);
                }
                // CASE literals are INT4 and EXISTS is BOOL here; both are numbers to us.
                let bytes = match raw.type_info().name() {
                    "INT4" => 4,
                    "BOOL" => 1,
                    "INT8" => 8,
                    _ => return Err(Error::Column(name)),
                };
                let read = match bytes {
                    4 => <i32 as Decode<Postgres>>::decode(raw).map(i64::from),
                    1 => <bool as Decode<Postgres>>::decode(raw).map(i64::from),
                    _ => <i64 as Decode<Postgres>>::decode(raw),
                };
                read.map(Some).map_err(|_| Error::Column(name))
            }
        }
    }

    fn other<T>(&self, name: &'static str) -> Result<Option<T>, Error>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite>
            + sqlx::Type<sqlx::Sqlite>
            + for<'r> sqlx::Decode<'r, sqlx::Postgres>
            + sqlx::Type<sqlx::Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(name),
            Self::Postgres(row) => row.try_get(name),
        }
        .map_err(|_| Error::Column(name))
    }
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Column`].
    fn read(row: &Row, name: &'static str) -> Result<Self, Error>;
}

macro_rules! column {
    ($($type:ty, $row:ident, $name:ident => $read:expr;)+) => {$(
        impl Column for Option<$type> {
            fn read($row: &Row, $name: &'static str) -> Result<Self, Error> { $read }
        }
        impl Column for $type {
            fn read(row: &Row, name: &'static str) -> Result<Self, Error> {
                <Option<$type>>::read(row, name)?.ok_or(Error::Column(name))
            }
        }
    )+};
}
column! {
    i64, row, name => row.int(name);
    bool, row, name => Ok(row.int(name)?.map(|v| v != 0));
    Micros, row, name => Ok(row.int(name)?.map(Micros));
    String, row, name => row.other(name);
    Vec<u8>, row, name => row.other(name);
    Uuid, row, name => row.other(name);
    Sha256, row, name => row.other::<Vec<u8>>(name)?.map(|b| Sha256::from_slice(&b).ok_or(Error::Column(name))).transpose();
    domain::AccountId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::OrgId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::TeamId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::PrinterGroupId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::PrinterId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::ProjectId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::JobId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::FileId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::ProjectFileId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::UploadId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::SessionId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::InvitationId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::TokenId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::ClientId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::GrantId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::RunId, row, name => Ok(row.other::<Uuid>(name)?.map(Into::into));
    domain::Role, row, name => row.other::<String>(name)?.map(|w| domain::Role::parse(&w).ok_or(Error::Column(name))).transpose();
    domain::State, row, name => row.other::<String>(name)?.map(|w| domain::State::parse(&w).ok_or(Error::Column(name))).transpose();
    domain::Scopes, row, name => row.other::<String>(name)?.map(|w| domain::Scopes::parse(&w).map_err(|_| Error::Column(name))).transpose();
    domain::Plan, row, name => row.other::<String>(name)?.map(|w| domain::Plan::parse(&w).ok_or(Error::Column(name))).transpose();
}
