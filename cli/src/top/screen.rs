//! Drawing.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Gauge, Paragraph, Row, Sparkline, Table, Tabs, Wrap};

use super::{Order, State, Tab};
use crate::calls;
use crate::key;
use crate::list::age_ms;
use crate::report::{number, totals, word};
use crate::text::{rate, size, time};

const KEYS: &str = " tab lists  ↑↓ choose  enter open  s sort  p pause  q end ";

/// Draws all of it.
pub fn draw(frame: &mut Frame, state: &mut State) {
    let [head, gauge, middle, tabs, list, keys] = Layout::vertical([
        Constraint::Length(3),
        Constraint::Length(1),
        Constraint::Length(8),
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    header(frame, state, head);
    space(frame, state, gauge);
    let [databases, puts, gets] = Layout::horizontal([
        Constraint::Percentage(44),
        Constraint::Percentage(28),
        Constraint::Percentage(28),
    ])
    .areas(middle);
    databases_table(frame, state, databases);
    curve(frame, state.puts.iter(), ("puts", Color::Green), puts);
    curve(frame, state.gets.iter(), ("gets", Color::Cyan), gets);
    let titles = Tab::ALL.map(|(_, title)| title);
    let chosen = Style::new().add_modifier(Modifier::REVERSED);
    frame.render_widget(Tabs::new(titles).select(state.tab.place()).highlight_style(chosen), tabs);
    lower(frame, state, list);
    let paused = if state.paused { " paused ".black().on_yellow() } else { Span::raw("") };
    frame.render_widget(Line::from(vec![KEYS.dim(), paused]), keys);
    if let Some((text, scrolled)) = &state.open {
        let area = frame.area();
        let area = Rect::new(2, 1, area.width.saturating_sub(4), area.height.saturating_sub(2));
        frame.render_widget(Clear, area);
        let block = Block::bordered().title(" entry ").title_bottom(" ↑↓ scroll  esc back ");
        let text =
            Paragraph::new(text.as_str()).block(block).wrap(Wrap { trim: false }).scroll((*scrolled, 0));
        frame.render_widget(text, area);
    }
}

fn header(frame: &mut Frame, state: &State, area: Rect) {
    let stats = &state.now.stats;
    let per_second =
        |counter: &str| rate(state.before.as_ref().map_or(0.0, |before| state.now.rate(before, counter)));
    let figure =
        |name: &'static str, value: String| [Span::raw(name).dim(), Span::raw(value).bold(), Span::raw("  ")];
    let map = |name: &str| size(number(&stats["map"][name]));
    let processes = match totals(stats).len() {
        1 => "1 process".to_owned(),
        many => format!("{many} processes"),
    };
    let lines = vec![
        Line::from(vec![
            key::shown(word(&stats["path"]).as_bytes()).bold(),
            format!("  version {}, durability {}, ", stats["format_version"], word(&stats["durability"]))
                .dim(),
            format!("{processes}, ").into(),
            format!("{} of {} reader slots", stats["lmdb"]["num_readers"], stats["lmdb"]["max_readers"])
                .into(),
        ]),
        Line::from(
            [
                figure("live ", size(state.now.live())),
                figure("free inside ", map("free")),
                figure("waiting for readers ", map("quarantine")),
                figure("on loan ", map("loaned")),
                figure("on disk ", map("on_disk")),
            ]
            .concat(),
        ),
        Line::from(
            [
                figure("hits ", per_second("hits")),
                figure("misses ", per_second("misses")),
                figure("puts ", per_second("puts")),
                figure("deletes ", per_second("deletes")),
                figure("swept ", per_second("expired")),
                figure("waits ", per_second("waits")),
                figure("slow calls ", number(&stats["calls"]["slow_calls_ever"]).to_string()),
            ]
            .concat(),
        ),
    ];
    frame.render_widget(Paragraph::new(lines), area);
}

fn space(frame: &mut Frame, state: &State, area: Rect) {
    let map = |name: &str| number(&state.now.stats["map"][name]);
    let (used, limit) = (map("high_water"), map("limit"));
    let part = (used as f64 / limit.max(1) as f64).clamp(0.0, 1.0);
    let colour = match part {
        ..0.7 => Color::Green,
        ..0.9 => Color::Yellow,
        _ => Color::Red,
    };
    let label = format!("used {} of {}", size(used), size(limit));
    frame.render_widget(Gauge::default().ratio(part).label(label).gauge_style(colour), area);
}

fn databases_table(frame: &mut Frame, state: &State, area: Rect) {
    let rows = state.now.stats["databases"].as_object().into_iter().flatten().map(|(name, database)| {
        Row::new([
            key::shown(name.as_bytes()),
            database["entries"].to_string(),
            size(number(&database["bytes"])),
            database["expired"].to_string(),
        ])
    });
    let widths = [Constraint::Fill(1), Constraint::Length(10), Constraint::Length(11), Constraint::Length(8)];
    let header = Row::new(["database", "entries", "bytes", "expired"]).dim();
    frame.render_widget(Table::new(rows, widths).header(header).block(Block::bordered()), area);
}

fn curve<'a>(
    frame: &mut Frame,
    rates: impl DoubleEndedIterator<Item = &'a f64> + ExactSizeIterator,
    (title, colour): (&str, Color),
    area: Rect,
) {
    let room = area.width.saturating_sub(2) as usize;
    let skipped = rates.len().saturating_sub(room);
    let shown: Vec<f64> = rates.skip(skipped).copied().collect();
    let (last, most) = (shown.last().copied().unwrap_or(0.0), shown.iter().copied().fold(0.0, f64::max));
    let block = Block::bordered().title(format!(" {title} {}, at most {} ", rate(last), rate(most)));
    let data: Vec<u64> = shown.iter().map(|rate| rate.ceil() as u64).collect();
    frame.render_widget(Sparkline::default().data(data).block(block).style(colour), area);
}

fn lower(frame: &mut Frame, state: &mut State, area: Rect) {
    let (title, header, widths, rows) = match state.tab {
        Tab::Entries => entries(state),
        Tab::Sources => sources(state),
        Tab::Calculators => {
            numbers(calls::CALCULATORS, calls::calculators(&state.now.stats), 0, "calls of calculators")
        }
        Tab::Slow => numbers(calls::SLOW, calls::slow(&state.now.stats), 6, "the latest slow calls"),
        Tab::Holders => holders(state),
    };
    if rows.is_empty() {
        let block = Block::bordered().title(title);
        return frame.render_widget(Paragraph::new("nothing".dim()).block(block), area);
    }
    let table = Table::new(rows.into_iter().map(Row::new), widths)
        .header(Row::new(header).dim())
        .block(Block::bordered().title(title))
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    frame.render_stateful_widget(table, area, &mut state.row);
}

type List = (String, Vec<&'static str>, Vec<Constraint>, Vec<Vec<String>>);

fn entries(state: &State) -> List {
    let rows = state.now.entries.iter().map(|(database, entry)| {
        vec![
            key::shown(&entry.key),
            key::shown(database.as_bytes()),
            entry.info.format.to_string(),
            size(entry.info.size),
            time(age_ms(entry.info.created_ns)),
            entry.left_ms.map_or_else(|| "-".to_owned(), time),
            key::shown(entry.source.as_bytes()),
            key::shown(entry.target.as_bytes()),
        ]
    });
    let header = vec!["key", "database", "format", "size", "age", "left", "source", "target"];
    let widths = [3, 1].map(Constraint::Fill).into_iter();
    let widths = widths.chain([8, 11, 9, 9].map(Constraint::Length)).chain([1, 1].map(Constraint::Fill));
    let (_, order) = Order::ALL[state.order.place()];
    (format!(" {order} "), header, widths.collect(), rows.collect())
}

fn sources(state: &State) -> List {
    let mut rows: Vec<_> = state.now.sources.iter().collect();
    rows.sort_by_key(|(_, (_, bytes))| std::cmp::Reverse(*bytes));
    let rows = rows.into_iter().map(|((database, source), (entries, bytes))| {
        let source = if source.is_empty() { "-" } else { source };
        vec![
            key::shown(source.as_bytes()),
            key::shown(database.as_bytes()),
            entries.to_string(),
            size(*bytes),
        ]
    });
    let widths = [2, 1].map(Constraint::Fill).into_iter().chain([12, 12].map(Constraint::Length));
    (
        " live entries by who put them ".into(),
        vec!["source", "database", "entries", "bytes"],
        widths.collect(),
        rows.collect(),
    )
}

fn holders(state: &State) -> List {
    let rows = totals(&state.now.stats).into_iter().map(|holder| {
        let (engine, [pid, host, user, doing, command]) = (holder.number(), holder.process.cells());
        let totals = holder.totals;
        let oldest = totals.oldest_pin_ms.map_or_else(|| "-".to_owned(), time);
        let (pins, loans) = (totals.pins.to_string(), totals.loans.to_string());
        vec![
            engine,
            pid,
            host,
            user,
            doing,
            pins,
            size(totals.pinned_bytes),
            oldest,
            loans,
            size(totals.loaned_bytes),
            command,
        ]
    });
    let header = vec![
        "engine", "pid", "host", "user", "state", "pins", "pinned", "oldest", "loans", "on loan", "command",
    ];
    let widths = [7, 8, 13, 10, 13, 6, 11, 9, 6, 11].map(Constraint::Length).into_iter();
    (" who has what ".into(), header, widths.chain([Constraint::Fill(1)]).collect(), rows.collect())
}

/// A table of which one column takes what the others leave.
fn numbers<const N: usize>(
    header: [&'static str; N],
    rows: Vec<[String; N]>,
    wide: usize,
    title: &str,
) -> List {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        let longest = cells.chain([header[column].chars().count()]).max().unwrap_or(0) as u16;
        if column == wide { Constraint::Fill(1) } else { Constraint::Length(longest.min(24)) }
    };
    let widths = (0..N).map(width).collect();
    (format!(" {title} "), header.to_vec(), widths, rows.into_iter().map(Vec::from).collect())
}
