//! What is drawn, on a screen that is memory; the same makes the picture in docs/.

use dishtayantra_lmdb::options::{Options, PutOptions};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode;
use serde_json::json;

use super::*;

fn screen(state: &mut State) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(120, 30)).unwrap();
    terminal.draw(|frame| screen::draw(frame, state)).unwrap();
    terminal
}

fn text(state: &mut State) -> String {
    screen(state).backend().to_string()
}

fn press(state: &mut State, code: KeyCode) -> Wish {
    state.pressed(KeyEvent::new(code, KeyModifiers::NONE))
}

fn with_entries() -> (tempfile::TempDir, Store) {
    let dir = tempfile::TempDir::new().unwrap();
    let options = Options { sweeper: false, ..Options::default() };
    let store = Store::open(&dir.path().join("store"), &options).unwrap();
    for (key, size, source) in
        [("small", 10, "Node"), ("large\u{1b}[2J", 90_000, "Risk"), ("middle", 5_000, "Node")]
    {
        let options = PutOptions { source, ..PutOptions::default() };
        store.put("default", key.as_bytes(), &[&vec![b'a'; size]], &options).unwrap();
    }
    (dir, store)
}

#[test]
fn keys_sort_turn_and_open() {
    let (_dir, store) = with_entries();
    let mut state = State::new(Sample::take(&store, Order::Size).unwrap());
    let first = text(&mut state);
    let at = |text: &str, part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    assert!(
        at(&first, "large\\u{1b}[2J") < at(&first, "middle") && at(&first, "middle") < at(&first, "small")
    );
    assert!(!first.contains('\u{1b}'));
    for part in ["used ", "of 1 GiB", "default", "Risk", "87.89 KiB", "puts 0/s"] {
        at(&first, part);
    }
    assert!(press(&mut state, KeyCode::Char('s')) == Wish::Look && state.order == Order::Newest);
    state.add(Sample::take(&store, state.order).unwrap());
    let newest = text(&mut state);
    assert!(at(&newest, "middle") < at(&newest, "large"));
    assert!(
        press(&mut state, KeyCode::Down) == Wish::Nothing && press(&mut state, KeyCode::Enter) == Wish::Open
    );
    state.show(&store);
    let open = text(&mut state);
    assert!(open.contains("90000 characters") || open.contains("aaaa"), "{open}");
    assert!(press(&mut state, KeyCode::Esc) == Wish::Nothing && state.open.is_none());
    press(&mut state, KeyCode::Tab);
    assert!(text(&mut state).contains("who put them") && text(&mut state).contains("4.89 KiB"));
    press(&mut state, KeyCode::Char('4'));
    assert!(text(&mut state).contains("nothing"));
    press(&mut state, KeyCode::Char('p'));
    assert!(text(&mut state).contains("paused"));
    assert!(press(&mut state, KeyCode::Char('q')) == Wish::End);
}

#[test]
fn rates_are_of_the_time_between_two_looks() {
    let (_dir, store) = with_entries();
    let mut state = State::new(Sample::take(&store, Order::Size).unwrap());
    for _ in 0..50 {
        store.put("default", b"again", &[b"x"], &PutOptions::default()).unwrap();
    }
    let mut next = Sample::take(&store, Order::Size).unwrap();
    next.at = state.now.at + Duration::from_secs(10);
    state.add(next);
    assert!(text(&mut state).contains("puts 5.0/s"), "{}", text(&mut state));
}

#[test]
fn an_empty_store_and_a_small_screen_are_drawn() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = Store::open(dir.path(), &Options { sweeper: false, ..Options::default() }).unwrap();
    let mut state = State::new(Sample::take(&store, Order::Size).unwrap());
    assert!(text(&mut state).contains("nothing"));
    press(&mut state, KeyCode::Enter);
    state.show(&store);
    for (width, height) in [(1, 1), (20, 5), (80, 24), (300, 80)] {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        for place in 0..Tab::ALL.len() {
            state.turn_to(place);
            terminal.draw(|frame| screen::draw(frame, &mut state)).unwrap();
        }
    }
}

#[test]
fn calculators_and_slow_calls_are_shown() {
    let (_dir, store) = with_entries();
    let mut state = State::new(Sample::take(&store, Order::Size).unwrap());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    state.now.stats["calls"] = json!({
        "calculators": [{"name": "risk", "through_store": 120, "direct": 7, "bytes_in": 1 << 20,
                         "us": {"call": {"count": 120, "total_us": 24_000, "buckets": [0, 119, 1]}}}],
        "slow_calls": [{"ended_ns": now, "us": 15_000, "step": "calculate", "step_us": 14_000, "calculator": "risk",
                        "route": "store", "pid": 1, "key": "input:\u{202e}risk"}],
        "slow_calls_ever": 3, "bucket_bounds_us": [2, 4],
    });
    state.turn_to(2);
    let calculators = text(&mut state);
    for part in ["risk", "120", "1 MiB", "200 µs", "< 4 µs", "slow calls 3"] {
        assert!(calculators.contains(part), "{part} in {calculators}");
    }
    state.turn_to(3);
    let slow = text(&mut state);
    for part in ["15.0 ms", "calculate 14.0 ms", "input:\\u{202e}risk"] {
        assert!(slow.contains(part), "{part} in {slow}");
    }
}
