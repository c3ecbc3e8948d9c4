//! The screen as a picture: what docs/ shows.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

use super::*;

const WIDE: f64 = 8.4;
const HIGH: f64 = 17.0;

fn colour(colour: Color, otherwise: &'static str) -> &'static str {
    match colour {
        Color::Green => "#57ab5a",
        Color::Cyan => "#39c5cf",
        Color::Yellow => "#c69026",
        Color::Red => "#f47067",
        Color::Black => "#1c2128",
        _ => otherwise,
    }
}

/// A screen as SVG, a text for each run of cells that look alike.
fn svg(screen: &Buffer) -> String {
    let area = screen.area;
    let (width, height) = (f64::from(area.width) * WIDE, f64::from(area.height) * HIGH);
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"monospace\" \
         font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" fill=\"#1c2128\"/>\n"
    );
    for row in 0..area.height {
        let y = f64::from(row) * HIGH;
        let mut column = 0;
        while column < area.width {
            let style = screen[(column, row)].style();
            let mut text = String::new();
            let start = column;
            while column < area.width && screen[(column, row)].style() == style {
                text.push_str(screen[(column, row)].symbol());
                column += 1;
            }
            let modifier = style.add_modifier;
            let mut ink = colour(style.fg.unwrap_or(Color::Reset), "#d1d7e0");
            let mut paper = colour(style.bg.unwrap_or(Color::Reset), "#1c2128");
            if modifier.contains(Modifier::REVERSED) {
                std::mem::swap(&mut ink, &mut paper);
            }
            if modifier.contains(Modifier::DIM) {
                ink = "#9198a1";
            }
            let (x, wide) = (f64::from(start) * WIDE, f64::from(column - start) * WIDE);
            if paper != "#1c2128" {
                writeln!(
                    picture,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{HIGH}\" fill=\"{paper}\"/>"
                )
                .unwrap();
            }
            if text.trim().is_empty() {
                continue;
            }
            let bold = if modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            writeln!(
                picture,
                "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{ink}\"{bold} textLength=\"{wide:.1}\" xml:space=\"preserve\">{text}</text>",
                y + 13.0
            )
            .unwrap();
        }
    }
    picture + "</svg>\n"
}

/// With `PICTURE_OF=/path/to/store` the picture is made anew, of a store that is in use.
#[test]
fn the_picture_shows_what_there_is() {
    let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/top.svg");
    if let Some(path) = std::env::var_os("PICTURE_OF") {
        let opening = crate::arguments::Opening { json: false, mode: 0o700, follow_symlinks: false };
        let store = crate::store::open(std::path::Path::new(&path), &opening).unwrap();
        let mut state = State::new(Sample::take(&store, Order::Size).unwrap());
        for _ in 0..60 {
            std::thread::sleep(Duration::from_millis(200));
            state.add(Sample::take(&store, Order::Size).unwrap());
        }
        state.tab = Tab::Calculators;
        let mut terminal = Terminal::new(TestBackend::new(120, 24)).unwrap();
        terminal.draw(|frame| screen::draw(frame, &mut state)).unwrap();
        std::fs::write(&place, svg(terminal.backend().buffer())).unwrap();
    }
    let picture = std::fs::read_to_string(place).unwrap();
    for (_, title) in Tab::ALL {
        assert!(picture.contains(title), "{title}");
    }
    for part in ["live ", "waiting for readers ", "database", "puts ", "gets "] {
        assert!(picture.contains(part), "{part}");
    }
}
