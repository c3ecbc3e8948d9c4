//! What a peer is asked.

use serde_json::Value;
use std::fmt::Display;
use std::time::Duration;

/// What went wrong, in words.
pub type Outcome<T> = Result<T, String>;

/// An error of a library in words.
pub fn said(error: impl Display) -> String {
    error.to_string()
}

/// A request to write or to read.
pub struct Request {
    pub key: String,
    pub format: String,
    pub seed: u64,
    pub count: usize,
    pub is_inline: bool,
    pub checksum: bool,
    pub ttl: Duration,
    pub txn_id: String,
    pub source: String,
    pub target: String,
    /// Of tables: names and kinds of their columns, what they were made of, whether values are nil.
    pub columns: Vec<(String, String)>,
    pub origin: u64,
    pub nulls: bool,
    frame: Value,
}

impl Request {
    pub fn of(asked: &Value) -> Outcome<Request> {
        let text = |name: &str| asked[name].as_str().map(str::to_owned).ok_or(format!("no text {name}"));
        let number = |name: &str| asked[name].as_u64().ok_or(format!("no number {name}"));
        let flag = |name: &str| asked[name].as_bool().ok_or(format!("no flag {name}"));
        Ok(Request {
            key: text("key")?,
            format: text("format")?,
            seed: number("seed")?,
            count: number("count")? as usize,
            is_inline: flag("inline")?,
            checksum: flag("checksum")?,
            ttl: Duration::from_millis(number("ttl_ms")?),
            txn_id: text("txn_id")?,
            source: text("source")?,
            target: text("target")?,
            columns: serde_json::from_value(asked["columns"].clone()).unwrap_or_default(),
            origin: asked["origin"].as_u64().unwrap_or_default(),
            nulls: asked["nulls"].as_bool().unwrap_or_default(),
            frame: asked["frame"].clone(),
        })
    }

    /// What an Arrow stream has before, between and after its two columns.
    pub fn frame(&self) -> Outcome<[Vec<u8>; 3]> {
        Ok([self.part("head")?, self.part("between")?, self.part("tail")?])
    }

    fn part(&self, name: &str) -> Outcome<Vec<u8>> {
        let text = self.frame[name].as_str().ok_or(format!("no {name} of a frame"))?;
        text.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(&String::from_utf8_lossy(pair), 16).map_err(said))
            .collect()
    }
}
