//! Statistics in the text format of Prometheus, once or over HTTP.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use dishtayantra_lmdb::store::Store;
use prometheus::TextEncoder;
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use serde_json::Value;
use tiny_http::{Header, Method, Response, Server};

use crate::Failure;
use crate::arguments::Opening;
use crate::out::{print, tell};
use crate::report::{list, number, totals, word};

/// Where metrics are served when nothing else is said: this host alone may ask.
pub const LOOPBACK: &str = "127.0.0.1:9464";

/// Prints the metrics, or serves them at `listen` until interrupted.
pub fn run(path: &Path, listen: Option<SocketAddr>, opening: &Opening) -> Result<(), Failure> {
    let open = || crate::store::open(path, opening);
    let store = open()?;
    let Some(address) = listen else { return print(&text(&store)?) };
    let server = Server::http(address).map_err(|error| format!("listening on {address}: {error}"))?;
    let address = server.server_addr().to_ip().unwrap_or(address);
    if !address.ip().is_loopback() {
        tell(&format!(
            "warning: everybody who reaches {address} can read names of databases, keys' counts and commands"
        ));
    }
    print(&format!("listening on http://{address}/metrics\n"))?;
    let mut store = Some(store);
    loop {
        let request = server.recv().map_err(|error| format!("listening on {address}: {error}"))?;
        let (code, kind, body) = match (request.method(), request.url().split('?').next()) {
            (Method::Get | Method::Head, Some("/metrics")) => {
                // One that was taken away is opened anew when it is there again.
                let answer = store.take().map_or_else(open, Ok).and_then(|open| Ok((text(&open)?, open)));
                match answer {
                    Ok((text, open)) => {
                        store = Some(open);
                        (200, prometheus::TEXT_FORMAT, text)
                    }
                    Err(error) => (503, "text/plain; charset=utf-8", format!("{error}\n")),
                }
            }
            (Method::Get | Method::Head, Some("/")) => {
                (200, "text/html; charset=utf-8", "<a href=\"/metrics\">metrics</a>\n".to_owned())
            }
            (Method::Get | Method::Head, _) => (404, "text/plain", "see /metrics\n".to_owned()),
            _ => (405, "text/plain", "only GET\n".to_owned()),
        };
        let header =
            Header::from_bytes("Content-Type", kind).unwrap_or_else(|()| unreachable!("a header of ASCII"));
        // Whoever asked may have gone.
        _ = request.respond(Response::from_string(body).with_status_code(code).with_header(header));
    }
}

/// The metrics as text.
pub fn text(store: &Store) -> Result<String, Failure> {
    let start = Instant::now();
    let stats = crate::store::look(store)?;
    let mut families = Families { store: word(&stats["path"]).to_owned(), all: Vec::new() };
    space(&mut families, &stats);
    databases(&mut families, &stats);
    processes(&mut families, &stats);
    counters(&mut families, &stats);
    calculators(&mut families, &stats);
    families.gauge("scrape_seconds", "Time that looking took.", &[(&[], start.elapsed().as_secs_f64())]);
    Ok(TextEncoder::new().encode_to_string(&families.all)?)
}

type Labels<'a> = &'a [(&'a str, &'a str)];

struct Families {
    store: String,
    all: Vec<MetricFamily>,
}

impl Families {
    fn labels(&self, labels: Labels) -> Vec<LabelPair> {
        let store = ("store", self.store.as_str());
        let pair = |(name, value): (&str, &str)| {
            let mut pair = LabelPair::default();
            pair.set_name(name.to_owned());
            pair.set_value(value.to_owned());
            pair
        };
        std::iter::once(store).chain(labels.iter().copied()).map(pair).collect()
    }

    fn add(&mut self, name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) {
        if metrics.is_empty() {
            return;
        }
        let mut family = MetricFamily::default();
        family.set_name(format!("dishtayantra_lmdb_{name}"));
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(metrics);
        self.all.push(family);
    }

    fn gauge(&mut self, name: &str, help: &str, values: &[(Labels, f64)]) {
        let metric = |(labels, value): &(Labels, f64)| {
            let mut gauge = Gauge::default();
            gauge.set_value(*value);
            let mut metric = Metric::from_label(self.labels(labels));
            metric.set_gauge(gauge);
            metric
        };
        let metrics = values.iter().map(metric).collect();
        self.add(name, help, MetricType::GAUGE, metrics);
    }

    fn counter(&mut self, name: &str, help: &str, values: &[(Labels, u64)]) {
        let metric = |(labels, value): &(Labels, u64)| {
            let mut counter = Counter::default();
            counter.set_value(*value as f64);
            let mut metric = Metric::from_label(self.labels(labels));
            metric.set_counter(counter);
            metric
        };
        let metrics = values.iter().map(metric).collect();
        self.add(name, help, MetricType::COUNTER, metrics);
    }
}

fn space(families: &mut Families, stats: &Value) {
    for (name, field, help) in [
        ("limit_bytes", "limit", "How far the store may grow."),
        ("used_bytes", "high_water", "End of what was ever used."),
        ("disk_bytes", "on_disk", "What the data file takes."),
        ("free_bytes", "free", "Free for payloads in what was used."),
        ("largest_free_bytes", "largest_free", "The largest part of it in a row."),
        ("quarantine_bytes", "quarantine", "Deleted, but somebody may still see it."),
        ("loaned_bytes", "loaned", "On loan."),
    ] {
        families.gauge(name, help, &[(&[], number(&stats["map"][field]) as f64)]);
    }
    let readers = &stats["lmdb"];
    families.gauge(
        "reader_slots",
        "Reader slots that are taken.",
        &[(&[], number(&readers["num_readers"]) as f64)],
    );
    families.gauge(
        "reader_slots_limit",
        "Reader slots there are.",
        &[(&[], number(&readers["max_readers"]) as f64)],
    );
}

fn databases(families: &mut Families, stats: &Value) {
    let databases: Vec<_> = stats["databases"].as_object().into_iter().flatten().collect();
    for (name, field, help) in [
        ("entries", "entries", "Live entries."),
        ("payload_bytes", "bytes", "Bytes of live payloads."),
        ("expired_entries", "expired", "Expired and not yet removed."),
        ("corrupt_records", "corrupt", "Records that cannot be read."),
    ] {
        let labels: Vec<_> =
            databases.iter().map(|(database, _)| [("database", database.as_str())]).collect();
        let values: Vec<(Labels, f64)> = labels
            .iter()
            .zip(&databases)
            .map(|(labels, (_, figures))| (labels.as_slice(), number(&figures[field]) as f64))
            .collect();
        families.gauge(name, help, &values);
    }
}

fn processes(families: &mut Families, stats: &Value) {
    let rows: Vec<_> = totals(stats)
        .into_iter()
        .map(|holder| {
            let process = &holder.process;
            let names = [
                ("engine", holder.number()),
                ("pid", process.pid.to_string()),
                ("host", process.host.clone().unwrap_or_default()),
                ("user", process.user.clone().unwrap_or_default()),
            ];
            (names, process.is_stopped(), holder.totals)
        })
        .collect();
    families.gauge("processes", "Processes that hold something of the store.", &[(&[], rows.len() as f64)]);
    let labels: Vec<[(&str, &str); 4]> = rows
        .iter()
        .map(|(names, ..)| names.each_ref().map(|(name, value)| (*name, value.as_str())))
        .collect();
    let mut each = |name: &str, help: &str, value: &dyn Fn(usize) -> f64| {
        let values: Vec<(Labels, f64)> =
            labels.iter().enumerate().map(|(row, labels)| (labels.as_slice(), value(row))).collect();
        families.gauge(name, help, &values);
    };
    each("process_pins", "Views that are open.", &|row| rows[row].2.pins as f64);
    each("process_pinned_bytes", "Bytes of what they show.", &|row| rows[row].2.pinned_bytes as f64);
    each("process_oldest_pin_seconds", "Age of the oldest of them.", &|row| {
        rows[row].2.oldest_pin_ms.unwrap_or(0) as f64 / 1000.0
    });
    each("process_loaned_bytes", "Bytes on loan.", &|row| rows[row].2.loaned_bytes as f64);
    each("process_stopped", "1: it is stopped, and what it holds stays held.", &|row| {
        f64::from(u8::from(rows[row].1))
    });
}

fn counters(families: &mut Families, stats: &Value) {
    for (name, field, help) in [
        ("hits_total", "hits", "Looked for and found."),
        ("misses_total", "misses", "Looked for and not found."),
        ("expired_total", "expired", "Removed because their time was over."),
        ("waits_total", "waits", "Calls that had to wait."),
        ("puts_total", "puts", "Entries put."),
        ("deletes_total", "deletes", "Entries deleted."),
        ("copied_views_total", "copied_views", "Views that were copies, since no pin was free."),
    ] {
        families.counter(name, help, &[(&[], number(&stats["counters"][field]))]);
    }
}

fn calculators(families: &mut Families, stats: &Value) {
    let calls = &stats["calls"];
    families.counter(
        "slow_calls_total",
        "Calls of calculators over lmdb_slow_ms.",
        &[(&[], number(&calls["slow_calls_ever"]))],
    );
    let rows: Vec<(&str, &Value)> =
        list(&calls["calculators"]).iter().map(|row| (word(&row["name"]), row)).collect();
    for (name, help, kinds) in [
        (
            "calculator_calls_total",
            "Calls by where the payload went.",
            &[("through_store", "store"), ("direct", "direct")][..],
        ),
        ("calculator_repeated_total", "Calls that were made again with the payload.", &[("repeated", "")]),
        ("calculator_refused_total", "Payloads that the store could not take.", &[("refused", "")]),
        ("calculator_failed_total", "Calls that failed.", &[("failed", "")]),
        ("calculator_bytes_total", "Bytes of payloads.", &[("bytes_in", "in"), ("bytes_out", "out")]),
    ] {
        let key = if name.contains("bytes") { "direction" } else { "route" };
        let mut labels = Vec::new();
        for (calculator, row) in &rows {
            for (field, kind) in kinds {
                let all = vec![("calculator", *calculator), (key, *kind)];
                labels.push((
                    all.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>(),
                    number(&row[*field]),
                ));
            }
        }
        let values: Vec<(Labels, u64)> =
            labels.iter().map(|(labels, value)| (labels.as_slice(), *value)).collect();
        families.counter(name, help, &values);
    }
    let bounds = list(&calls["bucket_bounds_us"]);
    let mut metrics = Vec::new();
    for (calculator, row) in &rows {
        for (step, span) in row["us"].as_object().into_iter().flatten() {
            let mut seen = 0;
            let buckets = list(&span["buckets"]).iter().zip(bounds).map(|(count, bound)| {
                seen += number(count);
                let mut bucket = Bucket::default();
                bucket.set_cumulative_count(seen);
                bucket.set_upper_bound(number(bound) as f64 / 1e6);
                bucket
            });
            let mut histogram = Histogram::default();
            histogram.set_bucket(buckets.collect());
            histogram.set_sample_count(number(&span["count"]));
            histogram.set_sample_sum(number(&span["total_us"]) as f64 / 1e6);
            let mut metric =
                Metric::from_label(families.labels(&[("calculator", calculator), ("step", step)]));
            metric.set_histogram(histogram);
            metrics.push(metric);
        }
    }
    let help = "Time of calls, and of the steps of those that were sampled.";
    families.add("calculator_seconds", help, MetricType::HISTOGRAM, metrics);
}
