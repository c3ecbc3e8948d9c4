//! Rust's side of the matrix: one JSON object a line, asked on standard input and answered on standard output.

mod content;
mod read;
mod request;
mod tables;
mod write;

use dishtayantra::{Store, View};
use read::{Reading, place};
use request::{Outcome, Request, said};
use serde_json::{Value, json};
use std::io::Write;
use std::process::ExitCode;

fn envelope(view: &View) -> Value {
    let info = view.info();
    json!({
        "key": String::from_utf8_lossy(view.key()),
        "format": info.format.name(),
        "size": info.size,
        "ttl_ms": info.ttl.as_millis() as u64,
        "txn_id": view.txn_id(),
        "source": view.source(),
        "target": view.target(),
        "checksum": info.checksum.map(|checksum| format!("{checksum:016x}")),
        "file_offset": info.file_offset,
    })
}

fn answer(store: &Store, line: &str) -> Outcome<Value> {
    let asked: Value = serde_json::from_str(line).map_err(said)?;
    let request = Request::of(&asked)?;
    let key = request.key.as_str();
    if asked["do"] == "write" {
        write::write(store, &request)?;
        return Ok(json!({"envelope": envelope(&store.view(key).map_err(said)?)}));
    }
    let view = store.view(key).map_err(said)?;
    view.verify().map_err(said)?;
    let mut reading = Reading::new(&request);
    let fault = reading.read(&view).err();
    Ok(json!({
        "envelope": envelope(&view),
        "payload": place("payload", view.bytes()),
        "arrays": reading.arrays,
        "fault": fault,
    }))
}

fn serve(path: &str) -> Outcome<()> {
    let store = Store::open(path).map_err(said)?;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lines() {
        let said_back = answer(&store, &line.map_err(said)?).unwrap_or_else(|error| json!({"error": error}));
        writeln!(out, "{said_back}").and_then(|()| out.flush()).map_err(said)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path] = &arguments[..] else {
        eprintln!("usage: peer STORE");
        return ExitCode::from(2);
    };
    match serve(path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
