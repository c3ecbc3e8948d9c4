//! Taking the values of `lmdb_*` keys out of a JSON object, each checked as it is taken.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::KEYS;
use crate::error::{Error, Result, Status};
use crate::reference::PathMap;
use crate::warning::{self, Subject};

/// The environment variable that names the directory of the store when the configuration does not.
pub const DB_PATH_VARIABLE: &str = "LMDB_DB_PATH";
/// The directory of the store when nothing names one.
pub const DEFAULT_DB_PATH: &str = "/tmp/dishtayantra_lmdb";
/// What the names of the engine's own databases begin with.
const RESERVED: &str = "_dy_";
/// The longest key LMDB takes, and so the longest database name.
const KEY_BYTES: usize = 511;
/// The prefix of every key that is ours; keys without it belong to somebody else.
const PREFIX: &str = "lmdb_";

/// The object being parsed: one method per kind of value.
pub(super) struct Keys<'a>(pub(super) &'a Map<String, Value>);

impl Keys<'_> {
    /// What `read` makes of the value of a key; `None` when the key is not given.
    fn take<T>(&self, key: &str, allowed: &str, read: impl FnOnce(&Value) -> Option<T>) -> Result<Option<T>> {
        let Some(value) = self.0.get(key) else {
            return Ok(None);
        };
        read(value).map(Some).ok_or_else(|| refused(key, value, allowed))
    }

    pub(super) fn bool(&self, key: &str, default: bool) -> Result<bool> {
        let given = self.take(key, "true or false", Value::as_bool)?;
        Ok(given.unwrap_or(default))
    }

    pub(super) fn int(&self, key: &str, default: u64, range: RangeInclusive<u64>, unit: &str) -> Result<u64> {
        let (least, most) = (range.start(), range.end());
        let allowed = format!("an integer number of {unit} from {least} to {most}");
        let given =
            self.take(key, &allowed, |value| value.as_u64().filter(|number| range.contains(number)))?;
        Ok(given.unwrap_or(default))
    }

    pub(super) fn slots(&self, key: &str, default: u32) -> Result<u32> {
        let given = self.take(key, "an integer from 1 to 65536", |value| {
            let number = u32::try_from(value.as_u64()?).ok()?;
            (1..=65_536).contains(&number).then_some(number)
        })?;
        Ok(given.unwrap_or(default))
    }

    pub(super) fn text(&self, key: &str, default: &str) -> Result<String> {
        let given = self.take(key, "a string", |value| value.as_str().map(str::to_owned))?;
        Ok(given.unwrap_or_else(|| default.to_owned()))
    }

    pub(super) fn one_of<T: Copy>(&self, key: &str, default: T, names: &[(&str, T)]) -> Result<T> {
        let allowed: Vec<String> = names.iter().map(|(name, _)| format!("{name:?}")).collect();
        let given = self.take(key, &allowed.join(", "), |value| {
            let found = value.as_str()?;
            let (_, value) = names.iter().find(|(name, _)| *name == found)?;
            Some(*value)
        })?;
        Ok(given.unwrap_or(default))
    }

    pub(super) fn db_name(&self, key: &str, default: &str) -> Result<String> {
        let allowed = format!(
            "a name of 1 to {KEY_BYTES} bytes that does not begin with {RESERVED:?} and holds no NUL"
        );
        let given = self.take(key, &allowed, |value| {
            let name = value.as_str()?;
            let fits = (1..=KEY_BYTES).contains(&name.len());
            let free = !name.starts_with(RESERVED) && !name.contains('\0');
            (fits && free).then(|| name.to_owned())
        })?;
        Ok(given.unwrap_or_else(|| default.to_owned()))
    }

    /// An octal string such as "0750". The owner needs every permission, or the store could not be
    /// used by the process that makes it.
    pub(super) fn mode(&self, key: &str, default: u32) -> Result<u32> {
        let allowed = "an octal string such as \"0700\" or \"2770\" in which the owner has 7";
        let given = self.take(key, allowed, |value| {
            let digits = value.as_str()?;
            let digits = digits.strip_prefix("0o").unwrap_or(digits);
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let mode = u32::from_str_radix(digits, 8).ok()?;
            (mode <= 0o7777 && mode & 0o700 == 0o700).then_some(mode)
        })?;
        Ok(given.unwrap_or(default))
    }

    pub(super) fn poll_interval(&self, key: &str) -> Result<Option<u64>> {
        let allowed = "an integer number of milliseconds from 0 (it does nothing), or null";
        let given = self.take(key, allowed, |value| {
            if value.is_null() {
                return Some(None);
            }
            value.as_u64().map(Some)
        })?;
        Ok(given.flatten())
    }

    pub(super) fn path(&self, key: &str) -> Result<PathBuf> {
        let allowed = "the path of a directory: a string that is not empty and holds no NUL";
        let given = self.take(key, allowed, path_text)?;
        let given = match given {
            Some(path) => path,
            None => default_path()?,
        };
        absolute(key, &given)
    }

    pub(super) fn paths(&self, key: &str) -> Result<Vec<PathBuf>> {
        let allowed = "a list of paths of directories: strings that are not empty and hold no NUL";
        let given = self.take(key, allowed, |value| {
            value.as_array()?.iter().map(path_text).collect::<Option<Vec<String>>>()
        })?;
        given.unwrap_or_default().iter().map(|path| absolute(key, path)).collect()
    }

    pub(super) fn path_map(&self, key: &str) -> Result<PathMap> {
        let given = self.take(key, PathMap::ALLOWED, PathMap::from_value)?;
        Ok(given.unwrap_or_default())
    }

    pub(super) fn warn_of_unknown(&self) {
        let unknown = |key: &&String| key.starts_with(PREFIX) && !KEYS.contains(&key.as_str());
        for key in self.0.keys().filter(unknown) {
            let nearest = KEYS
                .iter()
                .min_by_key(|known| strsim::damerau_levenshtein(key, known))
                .copied()
                .unwrap_or_default();
            warning::warn(
                Subject::UnknownKey,
                format!(
                    "unknown configuration key {key}, which does nothing; the nearest known key is {nearest}"
                ),
            );
        }
    }
}

/// A text that may be a path.
fn path_text(value: &Value) -> Option<String> {
    let path = value.as_str()?;
    (!path.is_empty() && !path.contains('\0')).then(|| path.to_owned())
}

/// A path travels in references: as JSON, to processes with other working directories.
fn absolute(key: &str, given: &str) -> Result<PathBuf> {
    match std::path::absolute(given) {
        Ok(path) if path.to_str().is_some() => Ok(path),
        Ok(path) => {
            let path = json!(path.to_string_lossy());
            Err(refused(key, &path, "a path that is valid UTF-8 when made absolute"))
        }
        Err(error) => {
            let what = format!("{key}: cannot make {given:?} absolute: {error}");
            Err(Error::new(Status::Config, what))
        }
    }
}

fn default_path() -> Result<String> {
    match std::env::var_os(DB_PATH_VARIABLE) {
        Some(path) if !path.is_empty() => path.into_string().map_err(|path| {
            let found = path.to_string_lossy();
            let what = format!(
                "{DB_PATH_VARIABLE}: {found:?} is not allowed; allowed is a path that is valid UTF-8"
            );
            Error::new(Status::Config, what)
        }),
        _ => Ok(DEFAULT_DB_PATH.to_owned()),
    }
}

/// Values in messages end here, so that a payload put under the wrong key does not fill a log.
const SHOWN: usize = 200;

pub(super) fn refused(key: &str, value: &Value, allowed: &str) -> Error {
    let mut found = value.to_string();
    if let Some((end, _)) = found.char_indices().nth(SHOWN) {
        found.truncate(end);
        found.push('…');
    }
    Error::new(Status::Config, format!("{key}: {found} is not allowed; allowed is {allowed}"))
}
