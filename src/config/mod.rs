//! The configuration of an exchange: the `lmdb_*` keys of a JSON object, parsed and checked once.

mod keys;

use std::path::PathBuf;

use serde_json::{Map, Value, json};

pub use self::keys::{DB_PATH_VARIABLE, DEFAULT_DB_PATH};
use self::keys::{Keys, refused};
use crate::error::{Error, Result, Status};
use crate::format::Format;
use crate::options::{Durability, Options};
use crate::reference::PathMap;

/// Times to live end within 292 years, so that nanoseconds fit in 64 bits.
const MAX_TTL: u64 = i64::MAX as u64 / 1_000_000_000;

/// Which payloads go through the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExchangeMode {
    /// Inputs; the calculator's return value is the result.
    Input,
    /// Outputs; inputs are passed directly.
    Output,
    /// Both.
    Both,
    /// Both, and results stay in the store: only references travel.
    Reference,
}

impl ExchangeMode {
    const NAMES: &[(&str, ExchangeMode)] = &[
        ("input", ExchangeMode::Input),
        ("output", ExchangeMode::Output),
        ("both", ExchangeMode::Both),
        ("reference", ExchangeMode::Reference),
    ];

    /// The name that configurations use.
    pub fn name(self) -> &'static str {
        name_of(Self::NAMES, self)
    }

    /// Whether inputs go through the store.
    pub fn sends_inputs(self) -> bool {
        self != ExchangeMode::Output
    }

    /// Whether outputs go through the store.
    pub fn sends_outputs(self) -> bool {
        self != ExchangeMode::Input
    }
}

/// What lists and arrays come back as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arrays {
    /// Lists as lists, arrays as arrays.
    AsIs,
    /// Both as arrays.
    NdArray,
}

const ARRAYS: &[(&str, Arrays)] = &[("asis", Arrays::AsIs), ("ndarray", Arrays::NdArray)];

const DURABILITIES: &[(&str, Durability)] = &[("process", Durability::Process), ("sync", Durability::Sync)];

const FORMATS: &[(&str, Format)] = &[
    (Format::Json.name(), Format::Json),
    (Format::Msgpack.name(), Format::Msgpack),
    (Format::Raw.name(), Format::Raw),
    (Format::Numpy.name(), Format::Numpy),
    (Format::Arrow.name(), Format::Arrow),
];

/// The keys there are, in the order of the documentation.
pub const KEYS: &[&str] = &[
    "lmdb_enabled",
    "lmdb_db_path",
    "lmdb_db_name",
    "lmdb_min_size",
    "lmdb_exchange_mode",
    "lmdb_data_format",
    "lmdb_ttl",
    "lmdb_wait_timeout",
    "lmdb_input_prefix",
    "lmdb_output_prefix",
    "lmdb_map_size",
    "lmdb_max_readers",
    "lmdb_max_dbs",
    "lmdb_checksum",
    "lmdb_durability",
    "lmdb_segments",
    "lmdb_pack_lists",
    "lmdb_tables",
    "lmdb_arrays",
    "lmdb_materialise",
    "lmdb_prefault",
    "lmdb_mode",
    "lmdb_poll_interval",
    "lmdb_allowed_roots",
    "lmdb_path_map",
    "lmdb_validate_arrow",
    "lmdb_slow_ms",
];

/// A checked configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Use the exchange at all.
    pub enabled: bool,
    /// Directory of the store: absolute, and valid UTF-8.
    pub db_path: PathBuf,
    /// Named database.
    pub db_name: String,
    /// Payloads of fewer bytes are passed directly.
    pub min_size: u64,
    /// Which payloads go through the store.
    pub exchange_mode: ExchangeMode,
    /// Format in which payloads are written.
    pub data_format: Format,
    /// Time to live in seconds; 0 = until deleted.
    pub ttl: u64,
    /// How long to wait for an output, in milliseconds.
    pub wait_timeout_ms: u64,
    /// Prefix of input keys.
    pub input_prefix: String,
    /// Prefix of output keys.
    pub output_prefix: String,
    /// How far the store may grow, in bytes; 0: 1 GiB when it is created, else as it is.
    pub map_size: u64,
    /// Reader slots of the store.
    pub max_readers: u32,
    /// Named databases of the store.
    pub max_dbs: u32,
    /// Store and verify a checksum with every payload.
    pub checksum: bool,
    /// What a published entry survives.
    pub durability: Durability,
    /// Arrays in MessagePack payloads are typed segments.
    pub segments: bool,
    /// Long lists of numbers are typed segments.
    pub pack_lists: bool,
    /// Long lists of uniform maps, and of texts, are tables.
    pub tables: bool,
    /// What lists and arrays come back as.
    pub arrays: Arrays,
    /// Results are copies instead of views in place.
    pub materialise: bool,
    /// Bytes ahead of the high-water mark that are kept populated.
    pub prefault: u64,
    /// Mode of the store's directory.
    pub mode: u32,
    /// Accepted for engines that still set it, in milliseconds; nothing polls.
    pub poll_interval: Option<u64>,
    /// Where the stores may be that references lead to, for the whole process: absolute paths of stores, or of
    /// directories above them.
    pub allowed_roots: Vec<PathBuf>,
    /// Where directories are mounted here that references name by their place elsewhere, for the whole process.
    pub path_map: PathMap,
    /// Every value of an Arrow table is checked before it is handed on in place. Where nothing is said: when the mode admits
    /// a group.
    pub validate_arrow: bool,
    /// Calls of more milliseconds are kept as slow ones.
    pub slow_ms: u64,
}

impl Config {
    /// Parses a JSON object; keys that are missing take their defaults.
    ///
    /// An unknown `lmdb_*` key is a warning of the calling thread that names the nearest known
    /// one; keys without the prefix are ignored. The path is made absolute with the working directory of this
    /// moment.
    ///
    /// # Errors
    /// `Config` naming the key, the value found and what is allowed.
    pub fn from_json(json: &str) -> Result<Config> {
        let keys: Map<String, Value> = serde_json::from_str(json).map_err(|error| {
            let what = format!("a configuration is a JSON object of lmdb_* keys: {error}");
            Error::new(Status::Config, what)
        })?;
        let keys = Keys(&keys);
        let mode = keys.mode("lmdb_mode", 0o700)?;
        let config = Config {
            enabled: keys.bool("lmdb_enabled", false)?,
            db_path: keys.path("lmdb_db_path")?,
            db_name: keys.db_name("lmdb_db_name", "default")?,
            min_size: keys.int("lmdb_min_size", 1024, 0..=u64::MAX, "bytes")?,
            exchange_mode: keys.one_of("lmdb_exchange_mode", ExchangeMode::Both, ExchangeMode::NAMES)?,
            data_format: keys.one_of("lmdb_data_format", Format::Msgpack, FORMATS)?,
            ttl: keys.int("lmdb_ttl", 300, 0..=MAX_TTL, "seconds")?,
            wait_timeout_ms: keys.int("lmdb_wait_timeout", 30_000, 0..=i64::MAX as u64, "milliseconds")?,
            input_prefix: keys.text("lmdb_input_prefix", "input")?,
            output_prefix: keys.text("lmdb_output_prefix", "output")?,
            map_size: keys.int("lmdb_map_size", 0, 0..=i64::MAX as u64, "bytes")?,
            max_readers: keys.slots("lmdb_max_readers", 512)?,
            max_dbs: keys.slots("lmdb_max_dbs", 100)?,
            checksum: keys.bool("lmdb_checksum", false)?,
            durability: keys.one_of("lmdb_durability", Durability::Process, DURABILITIES)?,
            segments: keys.bool("lmdb_segments", true)?,
            pack_lists: keys.bool("lmdb_pack_lists", true)?,
            tables: keys.bool("lmdb_tables", true)?,
            arrays: keys.one_of("lmdb_arrays", Arrays::AsIs, ARRAYS)?,
            materialise: keys.bool("lmdb_materialise", false)?,
            prefault: keys.int("lmdb_prefault", 16 << 20, 0..=i64::MAX as u64, "bytes")?,
            mode,
            poll_interval: keys.poll_interval("lmdb_poll_interval")?,
            allowed_roots: keys.paths("lmdb_allowed_roots")?,
            path_map: keys.path_map("lmdb_path_map")?,
            validate_arrow: keys.bool("lmdb_validate_arrow", mode & 0o077 != 0)?,
            slow_ms: keys.int("lmdb_slow_ms", 10, 0..=u64::MAX, "milliseconds")?,
        };
        if config.input_prefix == config.output_prefix {
            return Err(refused(
                "lmdb_output_prefix",
                &json!(config.output_prefix),
                "a prefix other than lmdb_input_prefix, or an output would replace its input",
            ));
        }
        keys.warn_of_unknown();
        Ok(config)
    }

    /// The configuration as a JSON object that holds every key.
    pub fn to_json(&self) -> String {
        json!({
            "lmdb_enabled": self.enabled,
            "lmdb_db_path": self.db_path,
            "lmdb_db_name": self.db_name,
            "lmdb_min_size": self.min_size,
            "lmdb_exchange_mode": self.exchange_mode.name(),
            "lmdb_data_format": self.data_format.name(),
            "lmdb_ttl": self.ttl,
            "lmdb_wait_timeout": self.wait_timeout_ms,
            "lmdb_input_prefix": self.input_prefix,
            "lmdb_output_prefix": self.output_prefix,
            "lmdb_map_size": self.map_size,
            "lmdb_max_readers": self.max_readers,
            "lmdb_max_dbs": self.max_dbs,
            "lmdb_checksum": self.checksum,
            "lmdb_durability": name_of(DURABILITIES, self.durability),
            "lmdb_segments": self.segments,
            "lmdb_pack_lists": self.pack_lists,
            "lmdb_tables": self.tables,
            "lmdb_arrays": name_of(ARRAYS, self.arrays),
            "lmdb_materialise": self.materialise,
            "lmdb_prefault": self.prefault,
            "lmdb_mode": format!("{:04o}", self.mode),
            "lmdb_poll_interval": self.poll_interval,
            "lmdb_allowed_roots": self.allowed_roots,
            "lmdb_path_map": self.path_map.to_value(),
            "lmdb_validate_arrow": self.validate_arrow,
            "lmdb_slow_ms": self.slow_ms,
        })
        .to_string()
    }

    /// How the store is opened under this configuration.
    pub fn options(&self) -> Options {
        Options {
            map_size: self.map_size,
            prefault: self.prefault,
            max_readers: self.max_readers,
            max_dbs: self.max_dbs,
            mode: self.mode,
            durability: self.durability,
            ..Options::default()
        }
    }
}

fn name_of<T: Copy + PartialEq>(names: &[(&'static str, T)], value: T) -> &'static str {
    let found = names.iter().find(|(_, named)| *named == value);
    found.map_or("", |(name, _)| name)
}
