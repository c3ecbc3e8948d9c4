//! Metrics for Prometheus and the report in HTML.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use dishtayantra_lmdb::options::PutOptions;

use crate::support::*;

/// The answer to a request, head and body.
fn ask(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request}\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn metrics_are_printed_once_or_served() {
    let (_dir, path, store) = store();
    put(&store, "prices", "key", &[7; 9000]);
    put(&store, "with \"quotes\"", "key", b"x");
    let view = store.view("prices", b"key").unwrap().unwrap();
    let text = printed(&[&"metrics", &path]);
    let shown = path.to_str().unwrap();
    for line in [
        "# TYPE dishtayantra_lmdb_payload_bytes gauge".to_owned(),
        "# TYPE dishtayantra_lmdb_puts_total counter".to_owned(),
        format!("dishtayantra_lmdb_payload_bytes{{store=\"{shown}\",database=\"prices\"}} 9000"),
        format!("dishtayantra_lmdb_entries{{store=\"{shown}\",database=\"with \\\"quotes\\\"\"}} 1"),
        format!("dishtayantra_lmdb_puts_total{{store=\"{shown}\"}} 2"),
        format!("dishtayantra_lmdb_limit_bytes{{store=\"{shown}\"}} {}", 64 << 20),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    let of_process = format!("pid=\"{}\",host=\"", pid());
    let pins = |line: &str| line.starts_with("dishtayantra_lmdb_process_pins{") && line.contains(&of_process);
    assert!(text.lines().any(pins), "{text}");
    let mut child = program()
        .args(["metrics", shown, "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    let address =
        first.trim().strip_prefix("listening on http://").unwrap().strip_suffix("/metrics").unwrap();
    let (head, body) = ask(address, "GET /metrics HTTP/1.1");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/plain; version=0.0.4"), "{head}");
    assert!(body.contains("dishtayantra_lmdb_hits_total"), "{body}");
    for (request, code) in [
        ("GET / HTTP/1.1", "200"),
        ("GET /other HTTP/1.1", "404"),
        ("POST /metrics HTTP/1.1", "405"),
        ("HEAD /metrics HTTP/1.1", "200"),
        ("GET /metrics?name=x HTTP/1.1", "200"),
    ] {
        let (head, _) = ask(address, request);
        assert!(head.split(' ').nth(1) == Some(code), "{request}: {head}");
    }
    // Nonsense, and who leaves at once, end nothing.
    drop(TcpStream::connect(address).unwrap());
    TcpStream::connect(address).unwrap().write_all(b"\x00\xff\r\n\r\n").unwrap();
    let taken = refused(&[&"metrics", &path, &"--listen", &address]);
    assert!(taken.contains("listening on") && taken.contains("in use"), "{taken}");
    // A store that is taken away is an error, and one that comes back is found.
    drop(view);
    drop(store);
    let away = path.with_extension("away");
    std::fs::rename(&path, &away).unwrap();
    let code = || ask(address, "GET /metrics HTTP/1.1").0.split(' ').nth(1).unwrap().to_owned();
    let gone = (code(), code());
    std::fs::rename(&away, &path).unwrap();
    assert_eq!((gone.1.as_str(), code().as_str()), ("503", "200"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_dashboard_asks_for_metrics_that_there_are() {
    let (_dir, path, store) = store();
    put(&store, "default", "key", &[7; 9000]);
    let _view = store.view("default", b"key").unwrap();
    let text = printed(&[&"metrics", &path]);
    let dashboard = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/grafana.json");
    let dashboard = std::fs::read_to_string(dashboard).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    assert!(parsed["panels"].as_array().unwrap().len() >= 8);
    let mut asked = 0;
    for part in dashboard.split("dishtayantra_lmdb_").skip(1) {
        let name = part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap();
        // Those of calculators are there when one has called.
        if !name.starts_with("calculator_") {
            assert!(text.contains(&format!("# TYPE dishtayantra_lmdb_{name} ")), "{name}");
            asked += 1;
        }
    }
    assert!(asked >= 10);
}

#[test]
fn the_report_is_one_file_that_shows_everything() {
    let (dir, path, store) = store();
    for (key, size, ttl_ms) in [("<script>alert(1)</script>", 90_000, 0), ("b&\"quoted\"", 500, 60_000)] {
        let options = PutOptions { source: "Risk<i>", ttl_ms, ..PutOptions::default() };
        store.put("default", key.as_bytes(), &[&vec![7; size]], &options).unwrap();
    }
    let view = store.view("default", b"<script>alert(1)</script>").unwrap().unwrap();
    let file = dir.path().join("report.html");
    assert_eq!(printed(&[&"report", &path, &"-o", &file, &"--over", &"300ms"]), "");
    let page = std::fs::read_to_string(&file).unwrap();
    for part in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "b&amp;&quot;quoted&quot;",
        "Risk&lt;i&gt;",
        "no end",
        "bytes live over",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    for part in ["<script", "http://", "https://", "src=", "url(", "@import", "<i>"] {
        assert!(!page.contains(part), "{part} in {page}");
    }
    let command = std::env::args().next().unwrap();
    assert!(page.contains(&command), "{page}");
    drop(view);
    assert!(refused(&[&"report", &path, &"--json"]).contains("HTML"));
    assert!(refused(&[&"report", &path, &"-o", &dir.path()]).contains("writing"));
    in_chromium(&file);
}

/// What a browser makes of the report, where there is one.
fn in_chromium(file: &Path) {
    let Some(browser) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    }) else {
        eprintln!("no Chromium: the report was not looked at in a browser");
        return;
    };
    let profile = tempfile::TempDir::new().unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let (page, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    // The console tells of what was refused or could not be loaded.
    assert!(!told.contains("CONSOLE"), "{told}");
    for (part, least) in [("<table>", 4), ("<svg ", 6), ("<h2>", 8), ("<rect", 6)] {
        assert!(page.matches(part).count() >= least, "{part} in {page}");
    }
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.trim_end().ends_with("</html>"),
        "{page}"
    );
}
