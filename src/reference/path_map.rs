//! Where the directories are mounted here that references name by their place elsewhere: containers that share a volume
//! mount it where they like.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::stores;
use crate::error::{Error, Result, Status};
use crate::mapping::fork;

/// The environment variable that holds a map, as JSON.
pub const PATH_MAP_VARIABLE: &str = "LMDB_PATH_MAP";

/// Paths of directories elsewhere, each with the path that the same directory has here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathMap(BTreeMap<PathBuf, PathBuf>);

/// `None`: the environment was not looked at yet. Only touched while forks are excluded, so that no child inherits it
/// locked.
static MAP: Mutex<Option<PathMap>> = Mutex::new(None);

impl PathMap {
    /// What a map may be, for messages.
    pub const ALLOWED: &str =
        "an object of absolute paths without \"..\", as {\"/their/mount\": \"/my/mount\"}";

    /// Adds a directory; one that is there already leads to the other place from now on. False when one of the paths
    /// is not allowed.
    #[must_use]
    pub fn insert(&mut self, theirs: &str, ours: &str) -> bool {
        let allowed = is_allowed(theirs) && is_allowed(ours);
        if allowed {
            self.0.insert(tidy(theirs), tidy(ours));
        }
        allowed
    }

    /// Reads a JSON object; `None` when it is not [`PathMap::ALLOWED`].
    pub fn from_value(value: &Value) -> Option<PathMap> {
        let mut map = PathMap::default();
        let allowed = value
            .as_object()?
            .iter()
            .all(|(theirs, ours)| ours.as_str().is_some_and(|ours| map.insert(theirs, ours)));
        allowed.then_some(map)
    }

    /// The map as a JSON object.
    pub fn to_value(&self) -> Value {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let pairs = self.0.iter().map(|(theirs, ours)| (text(theirs), Value::from(text(ours))));
        Value::Object(pairs.collect::<Map<_, _>>())
    }

    /// Where `path` is here, by the longest of the directories at or above it. `None` when there is none, and for a path
    /// with `..` in it, of which the names do not tell what is above it.
    pub fn find(&self, path: &Path) -> Option<PathBuf> {
        if !is_plain(path) {
            return None;
        }
        let (theirs, ours) = path.ancestors().find_map(|above| self.0.get_key_value(above))?;
        let below = path.strip_prefix(theirs).ok()?;
        let here = if below == Path::new("") { ours.clone() } else { ours.join(below) };
        (here != path).then_some(here)
    }
}

fn is_allowed(path: &str) -> bool {
    let is_text = !path.contains('\0');
    let path = Path::new(path);
    is_text && path.is_absolute() && is_plain(path)
}

fn is_plain(path: &Path) -> bool {
    !path.components().any(|component| component == Component::ParentDir)
}

/// Without slashes and dots that mean nothing.
fn tidy(path: &str) -> PathBuf {
    Path::new(path).components().collect()
}

/// Adds the directories of `more`, before those that are known under the same paths.
///
/// # Errors
/// `Config` when [`PATH_MAP_VARIABLE`] does not hold a map.
pub fn map_paths(more: &PathMap) -> Result<()> {
    let mut all = with_map(|held| known(held).cloned())?;
    all.0.extend(more.0.clone());
    set_path_map(all);
    Ok(())
}

/// Has `map` say where directories are, instead of earlier calls, configurations and [`PATH_MAP_VARIABLE`].
pub fn set_path_map(map: PathMap) {
    let changed = with_map(|held| held.replace(map.clone()) != Some(map));
    if changed {
        // What was kept open for references was found by what held until now.
        stores::forget();
    }
}

/// Where `path` is here, when something says so.
///
/// # Errors
/// As for [`map_paths`].
pub(super) fn mapped(path: &Path) -> Result<Option<PathBuf>> {
    with_map(|held| Ok(known(held)?.find(path)))
}

fn with_map<T>(f: impl FnOnce(&mut Option<PathMap>) -> T) -> T {
    let _excluded = fork::exclude();
    f(&mut MAP.lock().unwrap_or_else(PoisonError::into_inner))
}

fn known(held: &mut Option<PathMap>) -> Result<&PathMap> {
    match held {
        Some(map) => Ok(map),
        none => Ok(none.insert(named()?)),
    }
}

/// The map of the environment.
fn named() -> Result<PathMap> {
    let named = std::env::var_os(PATH_MAP_VARIABLE).unwrap_or_default();
    if named.is_empty() {
        return Ok(PathMap::default());
    }
    let value = named.to_str().and_then(|json| serde_json::from_str::<Value>(json).ok());
    value.as_ref().and_then(PathMap::from_value).ok_or_else(|| not_a_map(&named))
}

fn not_a_map(named: &OsStr) -> Error {
    let what = format!("{PATH_MAP_VARIABLE}: {named:?} is not allowed; allowed is {}", PathMap::ALLOWED);
    Error::new(Status::Config, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_longest_directory_on_whole_names_is_replaced() {
        let map = json!({"/a": "/x", "/a/b/": "/y//z", "/a/c": "/", "/same": "/same"});
        let map = PathMap::from_value(&map).unwrap();
        for (path, expected) in [
            ("/a", Some("/x")),
            ("/a/", Some("/x")),
            ("/a/store", Some("/x/store")),
            ("/a//./store", Some("/x/store")),
            ("/a/bc", Some("/x/bc")),
            ("/a/b", Some("/y/z")),
            ("/a/b/c/d", Some("/y/z/c/d")),
            ("/a/c", Some("/")),
            ("/a/c/store", Some("/store")),
            ("/ab", None),
            ("/", None),
            ("/a/../etc", None),
            ("/a/b/..", None),
            ("/same/store", None),
        ] {
            assert_eq!(map.find(Path::new(path)), expected.map(PathBuf::from), "{path}");
        }
        let all = PathMap::from_value(&json!({"/": "/mnt", "/data": "/d"})).unwrap();
        assert_eq!(all.find(Path::new("/other/store")), Some(PathBuf::from("/mnt/other/store")));
        assert_eq!(all.find(Path::new("/data/store")), Some(PathBuf::from("/d/store")));
        assert_eq!(PathMap::default().find(Path::new("/a")), None);
    }

    #[test]
    fn a_map_is_an_object_of_absolute_paths() {
        for wrong in [
            json!({"a": "/b"}),
            json!({"/a": "b"}),
            json!({"/a": ""}),
            json!({"": "/b"}),
            json!({"/a": 1}),
            json!({"/a": null}),
            json!({"/a/../b": "/c"}),
            json!({"/a": "/b/.."}),
            json!({"/a\0": "/b"}),
            json!(["/a", "/b"]),
            json!("/a=/b"),
            json!(null),
        ] {
            assert_eq!(PathMap::from_value(&wrong), None, "{wrong}");
        }
        let map = PathMap::from_value(&json!({"/a/": "/b//c", "/d": "/e"})).unwrap();
        assert_eq!(map.to_value(), json!({"/a": "/b/c", "/d": "/e"}));
    }
}
