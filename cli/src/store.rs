//! Opening a store to look at it.

use dishtayantra_lmdb::options::Options;
use dishtayantra_lmdb::store::Store;

use crate::Failure;
use crate::arguments::Arguments;

/// Opens the store that the command is about, and changes nothing about it: limits stay as they are, nothing is made.
pub fn open(arguments: &Arguments) -> Result<Store, Failure> {
    let path = arguments.command.path();
    // What else is in a directory is not looked at by the engine before it has put its own lock there.
    if path.is_dir() && !path.join("shared").exists() {
        return Err(format!("{} holds no store of this library", path.display()).into());
    }
    let options = Options {
        max_dbs: 1,
        mode: arguments.mode,
        follow_symlinks: arguments.follow_symlinks,
        sweeper: false,
        existing: true,
        ..Options::default()
    };
    Ok(Store::open(path, &options)?)
}
