//! A report on a store as one HTML file that needs nothing else: no script, no network.

mod figures;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use dishtayantra_lmdb::store::Store;
use serde_json::Value;

use crate::out::print;
use crate::report::{number, totals, word};
use crate::text::{size, time};
use crate::{Failure, calls, key};
use figures::Figures;

const STYLE: &str = include_str!("style.css");
/// Points of the curves.
const POINTS: usize = 200;
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 120.0;

/// What a store was while it was watched.
struct Moment {
    after: Duration,
    used: u64,
    live: u64,
}

/// Writes the report to `output`, or prints it. With `over`, the store is watched for so long first, to see it grow.
pub fn run(store: &Store, output: Option<&Path>, over: Duration, json: bool) -> Result<(), Failure> {
    if json {
        return Err("report writes HTML; info, holders, calculators and slow have JSON".into());
    }
    let moments = watch(store, over)?;
    let page = page(&crate::store::look(store)?, &Figures::gather(store)?, &moments)?;
    match output {
        Some(path) => {
            std::fs::write(path, page).map_err(|error| format!("writing {}: {error}", path.display()).into())
        }
        None => print(&page),
    }
}

fn watch(store: &Store, over: Duration) -> Result<Vec<Moment>, Failure> {
    let start = Instant::now();
    let mut moments = Vec::new();
    let step = (over / POINTS as u32).max(Duration::from_millis(100));
    loop {
        let stats = crate::store::look(store)?;
        moments.push(Moment {
            after: start.elapsed(),
            used: number(&stats["map"]["high_water"]),
            live: live(&stats),
        });
        if start.elapsed() >= over {
            return Ok(moments);
        }
        std::thread::sleep(step.min(over.saturating_sub(start.elapsed())));
    }
}

fn live(stats: &Value) -> u64 {
    stats["databases"].as_object().into_iter().flatten().map(|(_, database)| number(&database["bytes"])).sum()
}

fn page(stats: &Value, figures: &Figures, moments: &[Moment]) -> Result<String, Failure> {
    let path = key::shown(word(&stats["path"]).as_bytes());
    let now = humantime::format_rfc3339_seconds(SystemTime::now());
    let mut page = String::new();
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{0}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
        html(&path)
    )?;
    summary(&mut page, stats, figures)?;
    databases(&mut page, stats)?;
    growth(&mut page, figures, moments)?;
    spread(&mut page, figures)?;
    let sources = figures.sources.iter().map(|((database, source), (entries, bytes))| {
        vec![
            key::shown(source.as_bytes()),
            key::shown(database.as_bytes()),
            entries.to_string(),
            size(*bytes),
        ]
    });
    table(&mut page, "Who put them", &["source", "database", "entries", "bytes"], 2, sources.collect())?;
    let largest = figures.largest.iter().map(|(database, entry)| {
        let left = entry.left_ms.map_or_else(|| "until deleted".to_owned(), time);
        let age = time(crate::list::age_ms(entry.info.created_ns));
        vec![
            key::shown(&entry.key),
            key::shown(database.as_bytes()),
            entry.info.format.to_string(),
            size(entry.info.size),
            age,
            left,
        ]
    });
    let header = ["key", "database", "format", "size", "age", "left"];
    table(&mut page, "The largest entries", &header, 3, largest.collect())?;
    holders(&mut page, stats)?;
    let rows = calls::calculators(stats).into_iter().map(Vec::from).collect();
    table(&mut page, "Calculators", &calls::CALCULATORS, 1, rows)?;
    let rows = calls::slow(stats).into_iter().map(Vec::from).collect();
    table(&mut page, "The latest slow calls", &calls::SLOW, usize::MAX, rows)?;
    write!(
        page,
        "<footer>{now}, dishtayantra-lmdb {}</footer>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    )?;
    Ok(page)
}

fn summary(page: &mut String, stats: &Value, figures: &Figures) -> Result<(), Failure> {
    let map = |name: &str| size(number(&stats["map"][name]));
    let tiles = [
        ("live entries", figures.entries.to_string()),
        ("live bytes", size(figures.bytes)),
        ("used", format!("{} of {}", map("high_water"), map("limit"))),
        ("free inside", map("free")),
        ("waiting for readers", map("quarantine")),
        ("on loan", map("loaned")),
        ("on disk", map("on_disk")),
        ("reader slots", format!("{} of {}", stats["lmdb"]["num_readers"], stats["lmdb"]["max_readers"])),
        ("durability", word(&stats["durability"]).to_owned()),
        ("format version", stats["format_version"].to_string()),
    ];
    page.push_str("<dl>\n");
    for (name, value) in tiles {
        writeln!(page, "<div><dt>{name}</dt><dd>{}</dd></div>", html(&value))?;
    }
    page.push_str("</dl>\n");
    let part = |name: &str| {
        number(&stats["map"][name]) as f64 / number(&stats["map"]["limit"]).max(1) as f64 * 1000.0
    };
    let used = part("high_water").min(1000.0);
    writeln!(
        page,
        "<svg viewBox=\"0 0 1000 14\" role=\"img\" aria-label=\"space that is used\"><rect class=\"all\" width=\"1000\" \
         height=\"14\"/><rect width=\"{used:.1}\" height=\"14\"/></svg>"
    )?;
    Ok(())
}

fn databases(page: &mut String, stats: &Value) -> Result<(), Failure> {
    let rows = stats["databases"].as_object().into_iter().flatten().map(|(name, database)| {
        let count = |field: &str| database[field].to_string();
        vec![
            key::shown(name.as_bytes()),
            count("entries"),
            size(number(&database["bytes"])),
            count("expired"),
            count("corrupt"),
        ]
    });
    table(page, "Databases", &["database", "entries", "bytes", "expired", "corrupt"], 1, rows.collect())?;
    let counters = stats["counters"].as_object().into_iter().flatten();
    let rows = counters.map(|(name, value)| vec![name.replace('_', " "), value.to_string()]).collect();
    table(page, "Since the store was made", &["what", "how often"], 1, rows)
}

fn growth(page: &mut String, figures: &Figures, moments: &[Moment]) -> Result<(), Failure> {
    page.push_str("<h2>Growth</h2>\n<div class=\"charts\">\n");
    let mut sum = 0;
    let live: Vec<(f64, f64)> = figures
        .put
        .iter()
        .map(|(second, (_, bytes))| {
            sum += bytes;
            (*second as f64, sum as f64)
        })
        .collect();
    let since = figures.put.keys().next().zip(figures.put.keys().next_back());
    let since =
        since.map_or_else(String::new, |(first, last)| format!(" over {}", time((last - first) * 1000)));
    curve(page, &live, &format!("what is live now, by when it was put{since}: {}", size(sum)))?;
    if let [first, .., last] = moments {
        let over = time(last.after.as_millis() as u64);
        for (what, value) in
            [("live", (|moment| moment.live) as fn(&Moment) -> u64), ("used", |moment| moment.used)]
        {
            let points: Vec<_> =
                moments.iter().map(|moment| (moment.after.as_secs_f64(), value(moment) as f64)).collect();
            let (from, to) = (size(value(first)), size(value(last)));
            curve(page, &points, &format!("bytes {what} over {over}: from {from} to {to}"))?;
        }
    }
    page.push_str("</div>\n");
    Ok(())
}

fn spread(page: &mut String, figures: &Figures) -> Result<(), Failure> {
    page.push_str("<h2>Sizes, ages and lives</h2>\n<div class=\"charts\">\n");
    let bars = |bars: &std::collections::BTreeMap<u64, u64>, name: &dyn Fn(u64) -> String| {
        bars.iter().map(|(from, count)| (name(*from), *count)).collect::<Vec<_>>()
    };
    let end = |ms| if ms == u64::MAX { "no end".to_owned() } else { time(ms) };
    histogram(page, &bars(&figures.sizes, &size), "entries by size, from")?;
    histogram(page, &bars(&figures.ages, &time), "entries by age, from")?;
    histogram(page, &bars(&figures.left, &end), "entries by what is left of their lives, from")?;
    page.push_str("</div>\n");
    Ok(())
}

fn holders(page: &mut String, stats: &Value) -> Result<(), Failure> {
    let rows = totals(stats).into_iter().map(|holder| {
        let (engine, [pid, host, user, state, command]) = (holder.number(), holder.process.cells());
        let totals = holder.totals;
        let oldest = totals.oldest_pin_ms.map_or_else(|| "-".to_owned(), time);
        let (pins, loans) = (totals.pins.to_string(), totals.loans.to_string());
        vec![
            command,
            host,
            user,
            state,
            engine,
            pid,
            pins,
            size(totals.pinned_bytes),
            oldest,
            loans,
            size(totals.loaned_bytes),
        ]
    });
    let header = [
        "command",
        "host",
        "user",
        "state",
        "engine",
        "pid",
        "pins",
        "pinned",
        "oldest pin",
        "loans",
        "on loan",
    ];
    table(page, "Who holds what", &header, 4, rows.collect())
}

/// A table; the columns from `numbers` on are aligned to the right.
fn table(
    page: &mut String,
    title: &str,
    header: &[&str],
    numbers: usize,
    rows: Vec<Vec<String>>,
) -> Result<(), Failure> {
    writeln!(page, "<h2>{}</h2>", html(title))?;
    if rows.is_empty() {
        page.push_str("<p>none</p>\n");
        return Ok(());
    }
    let class = |column: usize| if column >= numbers { " class=\"n\"" } else { "" };
    page.push_str("<table>\n<tr>");
    for (column, name) in header.iter().enumerate() {
        write!(page, "<th{}>{}</th>", class(column), html(name))?;
    }
    page.push_str("</tr>\n");
    for row in rows {
        page.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            write!(page, "<td{}>{}</td>", class(column), html(cell))?;
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
    Ok(())
}

fn curve(page: &mut String, points: &[(f64, f64)], caption: &str) -> Result<(), Failure> {
    let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else { return Ok(()) };
    let most = points.iter().map(|(_, value)| *value).fold(1.0, f64::max);
    let wide = (last - first).max(f64::MIN_POSITIVE);
    let mut path = String::new();
    // As many points as can be told apart, the last one too.
    let every = points.len().div_ceil(2 * POINTS);
    let last_point = points.len() - 1;
    for (place, (at, value)) in
        points.iter().enumerate().filter(|(place, _)| place % every == 0 || *place == last_point)
    {
        let (x, y) = ((at - first) / wide * WIDTH, HEIGHT - value / most * (HEIGHT - 4.0));
        write!(path, "{}{x:.1} {y:.1}", if place == 0 { 'M' } else { 'L' })?;
    }
    // One point is a line all the same.
    if points.len() == 1 {
        write!(path, "H{WIDTH}")?;
    }
    writeln!(
        page,
        "<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\"><path d=\"{path}\"/></svg><figcaption>{}</figcaption></figure>",
        html(caption)
    )?;
    Ok(())
}

fn histogram(page: &mut String, bars: &[(String, u64)], caption: &str) -> Result<(), Failure> {
    if bars.is_empty() {
        return Ok(());
    }
    let most = bars.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1) as f64;
    let row = 16.0;
    let height = row * bars.len() as f64;
    write!(page, "<figure><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">")?;
    for (place, (name, count)) in bars.iter().enumerate() {
        let (y, wide) = (place as f64 * row, *count as f64 / most * (WIDTH - 140.0));
        write!(
            page,
            "<text x=\"72\" y=\"{:.1}\" text-anchor=\"end\">{}</text><rect x=\"78\" y=\"{:.1}\" width=\"{wide:.1}\" \
             height=\"{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\">{count}</text>",
            y + 11.0,
            html(name),
            y + 2.0,
            row - 4.0,
            82.0 + wide,
            y + 11.0,
        )?;
    }
    writeln!(page, "</svg><figcaption>{}</figcaption></figure>", html(caption))?;
    Ok(())
}

/// Text in HTML.
fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            plain => safe.push(plain),
        }
    }
    safe
}
