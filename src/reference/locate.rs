//! Which store a reference leads to: containers mount a store where they like, and have other stores at the same paths.

use std::io;
use std::path::Path;

use super::{path_map, stores};
use crate::error::{Error, Result, Status};
use crate::store::Store;

/// The store with the id `id`: one that this process has open, wherever it lies; else the one at `path`; else the one
/// where the path map has `path`. Whatever is at these places, no other store is answered.
///
/// # Errors
/// What opening the stores there answers; `ForeignStore` when there are others.
pub(super) fn by_id(id: u128, path: &str) -> Result<Store> {
    match stores::with_id(id) {
        Some(store) => Ok(store),
        None => at_its_path(id, Path::new(path)),
    }
}

#[cold]
fn at_its_path(id: u128, path: &Path) -> Result<Store> {
    let error = match made_in(id, path) {
        Ok(store) => return Ok(store),
        Err(error) => error,
    };
    let Some(here) = path_map::mapped(path)? else {
        return Err(match error.status() {
            Status::NotFound | Status::ForeignStore => with(
                &error,
                format_args!("if it is mounted elsewhere here, say where with lmdb_path_map or {VARIABLE}"),
            ),
            _ => error,
        });
    };
    made_in(id, &here).map_err(|mapped| both(&error, &here, &mapped))
}

/// The store in `path`, if the reference was made in it.
fn made_in(id: u128, path: &Path) -> Result<Store> {
    let store = stores::at(path)?;
    if store.id() == id { Ok(store) } else { Err(foreign(path, store.id(), id)) }
}

/// The store at `path`; when nothing is there, the one where the path map has it.
///
/// # Errors
/// What opening it answers.
pub(super) fn by_path(path: &str) -> Result<Store> {
    let path = Path::new(path);
    let error = match stores::at(path) {
        Err(error) if is_nothing_at(path) => error,
        result => return result,
    };
    match path_map::mapped(path)? {
        Some(here) => stores::at(&here).map_err(|mapped| both(&error, &here, &mapped)),
        None => Err(error),
    }
}

fn is_nothing_at(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

const VARIABLE: &str = path_map::PATH_MAP_VARIABLE;

/// Says that another store is at `path` than the one a reference was made in.
pub(super) fn foreign(path: &Path, store: u128, made_in: u128) -> Error {
    let what = format!(
        "{} holds the store {store:032x}, and the reference was made in {made_in:032x}: another store of the same path \
         (of another host or container, made anew, or a copy)",
        path.display()
    );
    Error::new(Status::ForeignStore, what)
}

/// What is said when neither the path of a reference nor where the path map has it leads to its store. That there is
/// another store at the path says most.
fn both(error: &Error, here: &Path, mapped: &Error) -> Error {
    let status = if error.status() == Status::ForeignStore { error.status() } else { mapped.status() };
    let what = format_args!("lmdb_path_map leads to {}: {}", here.display(), mapped.message());
    Error::new(status, with(error, what).message())
}

fn with(error: &Error, more: std::fmt::Arguments<'_>) -> Error {
    Error::new(error.status(), format!("{}; {more}", error.message()))
}
