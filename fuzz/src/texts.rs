//! JSON texts of others: references and configurations.

use dishtayantra_lmdb::config::Config;
use dishtayantra_lmdb::reference::{Given, Reference};
use serde_json::Value;

/// Any text as a reference: refused, or one that is written and read as the same.
pub fn reference(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(read) = Reference::from_json(text) {
        let written = read.to_json();
        assert_eq!(
            Reference::from_json(&written).expect("what was written is a reference"),
            read,
            "{written}"
        );
        if let Some((name, value)) = read.marker() {
            let given = Given::of([(name, value)]).expect("a marker is a reference");
            assert_eq!(given.inputs.len(), 1);
            assert_eq!(given.inputs[0].marker(), Some((name, value)));
        }
    }
    // As the languages pass the fields of a dict.
    if let Ok(Value::Object(fields)) = serde_json::from_str(text) {
        let texts: Vec<(String, String)> = fields
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) => (name, text),
                other => (name, other.to_string()),
            })
            .collect();
        let given = Given::of(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        for input in given.iter().flat_map(|given| &given.inputs) {
            let written = input.to_json();
            Reference::from_json(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
        }
    }
}

/// Any text as a configuration: refused, or one that is written and read as the same.
pub fn configuration(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(read) = Config::from_json(text) {
        let written = read.to_json();
        assert_eq!(Config::from_json(&written).expect("what was written is one"), read, "{written}");
        let _ = read.options();
    }
}
