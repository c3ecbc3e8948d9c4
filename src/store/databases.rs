//! Named databases: their handles, opened once in a process, and their names.

use super::engine::{Engine, RESERVED};
use super::space::Purpose;
use super::write::Writer;
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, Dbi, LmdbError};
use std::sync::{Arc, PoisonError};

/// Bytes that LMDB keeps of a named database under its name.
const DATABASE_ROW: usize = 48;

impl Engine {
    /// The handle of a named database, if it was opened before.
    pub fn opened(&self, name: &str) -> Option<Dbi> {
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        let at = named.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        Some(named[at].1)
    }

    /// The handle of a named database that exists. `None`: it does not.
    pub fn find_db(&self, name: &str) -> Result<Option<Dbi>> {
        if let Some(dbi) = self.opened(name) {
            return Ok(Some(dbi));
        }
        check_db_name(name)?;
        let exists = self.snapshot()?.get(Dbi::MAIN, name.as_bytes())?.is_some();
        if exists { self.open_db(name, false) } else { Ok(None) }
    }

    /// The handle of a named database, created when it does not exist.
    pub fn create_db(self: &Arc<Self>, name: &str) -> Result<Dbi> {
        if let Some(dbi) = self.find_db(name)? {
            return Ok(dbi);
        }
        self.open_db(name, true)?
            .ok_or_else(|| Error::new(Status::Internal, format!("database {name:?} was not created")))
    }

    fn open_db(&self, name: &str, create: bool) -> Result<Option<Dbi>> {
        // A handle is opened inside the write transaction, since LMDB allows one thread at a time; the list of handles
        // is locked inside it as well, since whoever holds the write lock may look at the list.
        let purpose = if create { Purpose::Put } else { Purpose::Delete };
        let mut writer = Writer::begin(self, purpose, 0)?;
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        let at = match named.binary_search_by(|(known, _)| known.as_str().cmp(name)) {
            Ok(at) => return Ok(Some(named[at].1)),
            Err(at) => at,
        };
        let opened = writer.txn().open(name, create).map_err(|error| self.db_error(name, error))?;
        if let Some(dbi) = opened {
            writer.commit()?;
            named.insert(at, (name.to_owned(), dbi));
        }
        Ok(opened)
    }

    fn db_error(&self, name: &str, error: LmdbError) -> Error {
        match error {
            LmdbError::DBS_FULL => Error::new(
                Status::DbsFull,
                format!(
                    "MDB_DBS_FULL: store {} has all of its {} named databases open and cannot open {name:?}; raise \
                     lmdb_max_dbs",
                    self.path.display(),
                    self.options.max_dbs
                ),
            ),
            LmdbError::INCOMPATIBLE => Error::new(
                Status::ForeignStore,
                format!("database {name:?} of {} was not made by this library", self.path.display()),
            ),
            other => other.into(),
        }
    }
}

/// Refuses names that cannot be a named database of the user's.
pub fn check_db_name(name: &str) -> Result<()> {
    let fault = if name.is_empty() {
        "is empty"
    } else if name.len() > crate::lmdb::MAX_KEY {
        "is longer than 511 bytes"
    } else if name.contains('\0') {
        "contains a zero byte"
    } else if name.starts_with(RESERVED) {
        "is reserved: names that start with _dy_ are the engine's own"
    } else {
        return Ok(());
    };
    Err(Error::new(Status::BadKey, format!("database name {name:?} {fault}")))
}

/// Names of the user's databases.
pub fn database_names(engine: &Engine) -> Result<Vec<String>> {
    let txn = engine.snapshot()?;
    let mut cursor = txn.cursor(Dbi::MAIN)?;
    let mut names = Vec::new();
    let mut pair = cursor.first()?;
    while let Some((key, value)) = pair {
        let name = String::from_utf8_lossy(key);
        // Other programs may have put values beside the databases.
        if !name.starts_with(RESERVED) && value.len() == DATABASE_ROW {
            names.push(name.into_owned());
        }
        pair = cursor.next_pair()?;
    }
    Ok(names)
}
