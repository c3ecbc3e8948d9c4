//! A store, full-screen and live.

mod sample;
mod screen;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use dishtayantra_lmdb::store::{Listed, Store};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::widgets::TableState;

use crate::Failure;
use sample::Sample;

/// Rates that are kept for the curve.
const HISTORY: usize = 120;

/// What the list below shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Entries,
    Sources,
    Calculators,
    Slow,
    Holders,
}

impl Tab {
    const ALL: [(Tab, &str); 5] = [
        (Tab::Entries, "1 entries"),
        (Tab::Sources, "2 who put them"),
        (Tab::Calculators, "3 calculators"),
        (Tab::Slow, "4 slow calls"),
        (Tab::Holders, "5 holders"),
    ];

    fn place(self) -> usize {
        Tab::ALL.iter().position(|(tab, _)| *tab == self).unwrap_or(0)
    }
}

/// An order of entries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The largest first.
    Size,
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
    /// What expires first.
    Left,
    /// By key.
    Key,
}

impl Order {
    const ALL: [(Order, &str); 5] = [
        (Order::Size, "the largest"),
        (Order::Newest, "the newest"),
        (Order::Oldest, "the oldest"),
        (Order::Left, "the first to expire"),
        (Order::Key, "by database and key"),
    ];

    fn rank(self, entry: &Listed) -> u64 {
        match self {
            Order::Size => u64::MAX - entry.info.size,
            Order::Newest => u64::MAX - entry.info.created_ns,
            Order::Oldest => entry.info.created_ns,
            Order::Left => entry.left_ms.unwrap_or(u64::MAX),
            Order::Key => 0,
        }
    }

    fn place(self) -> usize {
        Order::ALL.iter().position(|(order, _)| *order == self).unwrap_or(0)
    }
}

/// What a person sees and has chosen.
struct State {
    now: Sample,
    before: Option<Sample>,
    puts: VecDeque<f64>,
    gets: VecDeque<f64>,
    tab: Tab,
    order: Order,
    row: TableState,
    paused: bool,
    /// The entry that is open, as text, and how far it is scrolled.
    open: Option<(String, u16)>,
}

/// What a key asks for.
#[derive(PartialEq, Eq)]
enum Wish {
    Nothing,
    Look,
    Open,
    End,
}

impl State {
    fn new(now: Sample) -> State {
        State {
            now,
            before: None,
            puts: VecDeque::new(),
            gets: VecDeque::new(),
            tab: Tab::Entries,
            order: Order::Size,
            row: TableState::new().with_selected(0),
            paused: false,
            open: None,
        }
    }

    fn add(&mut self, sample: Sample) {
        let before = std::mem::replace(&mut self.now, sample);
        let gets = self.now.rate(&before, "hits") + self.now.rate(&before, "misses");
        for (kept, rate) in [(&mut self.puts, self.now.rate(&before, "puts")), (&mut self.gets, gets)] {
            kept.push_back(rate);
            if kept.len() > HISTORY {
                kept.pop_front();
            }
        }
        self.before = Some(before);
    }

    fn pressed(&mut self, key: KeyEvent) -> Wish {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if let Some((_, scrolled)) = &mut self.open {
            match key.code {
                KeyCode::Char('c') if control => return Wish::End,
                KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => self.open = None,
                KeyCode::Up | KeyCode::Char('k') => *scrolled = scrolled.saturating_sub(1),
                KeyCode::Down | KeyCode::Char('j') => *scrolled = scrolled.saturating_add(1),
                KeyCode::PageUp => *scrolled = scrolled.saturating_sub(20),
                KeyCode::PageDown => *scrolled = scrolled.saturating_add(20),
                _ => {}
            }
            return Wish::Nothing;
        }
        match key.code {
            KeyCode::Char('c') if control => return Wish::End,
            KeyCode::Esc | KeyCode::Char('q') => return Wish::End,
            KeyCode::Tab | KeyCode::Right => self.turn(1),
            KeyCode::BackTab | KeyCode::Left => self.turn(Tab::ALL.len() - 1),
            KeyCode::Char(digit @ '1'..='5') => self.turn_to(digit as usize - '1' as usize),
            KeyCode::Up | KeyCode::Char('k') => self.row.select_previous(),
            KeyCode::Down | KeyCode::Char('j') => self.row.select_next(),
            KeyCode::PageUp => self.row.scroll_up_by(20),
            KeyCode::PageDown => self.row.scroll_down_by(20),
            KeyCode::Home => self.row.select_first(),
            KeyCode::End => self.row.select_last(),
            KeyCode::Char('p' | ' ') => self.paused = !self.paused,
            KeyCode::Char('s') => {
                self.order = Order::ALL[(self.order.place() + 1) % Order::ALL.len()].0;
                return Wish::Look;
            }
            KeyCode::Enter if self.tab == Tab::Entries => return Wish::Open,
            _ => {}
        }
        Wish::Nothing
    }

    fn turn(&mut self, by: usize) {
        self.turn_to((self.tab.place() + by) % Tab::ALL.len());
    }

    fn turn_to(&mut self, place: usize) {
        self.tab = Tab::ALL[place].0;
        self.row.select(Some(0));
    }

    /// Opens the entry that is chosen.
    fn show(&mut self, store: &Store) {
        let chosen = self.row.selected().and_then(|row| self.now.entries.get(row));
        let Some((database, entry)) = chosen else { return };
        let text = match store.view_quiet(database, &entry.key) {
            Ok(Some(view)) => match crate::show::decoded(&view, 50) {
                Ok(value) => crate::show::text(database, &view, &value),
                Err(error) => error.to_string(),
            },
            Ok(None) => "The entry is gone.".to_owned(),
            Err(error) => error.to_string(),
        };
        self.open = Some((text, 0));
    }
}

/// Shows `store` until somebody ends it, with a look every `interval` seconds.
pub fn run(store: &Store, interval: f64) -> Result<(), Failure> {
    use std::io::IsTerminal;
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err("top needs a terminal; watch writes to files and pipes".into());
    }
    let mut state = State::new(Sample::take(store, Order::Size)?);
    let mut terminal = ratatui::try_init()?;
    let outcome = go_on(store, Duration::from_secs_f64(interval), &mut state, &mut terminal);
    ratatui::try_restore()?;
    outcome
}

fn go_on(
    store: &Store,
    interval: Duration,
    state: &mut State,
    terminal: &mut ratatui::DefaultTerminal,
) -> Result<(), Failure> {
    let mut next = Instant::now() + interval;
    loop {
        terminal.draw(|frame| screen::draw(frame, state))?;
        let mut look = false;
        if event::poll(next.saturating_duration_since(Instant::now()))? {
            if let Event::Key(key) = event::read()?
                && key.kind == KeyEventKind::Press
            {
                match state.pressed(key) {
                    Wish::End => return Ok(()),
                    Wish::Open => state.show(store),
                    Wish::Look => look = true,
                    Wish::Nothing => {}
                }
            }
        } else {
            look = !state.paused;
            next = Instant::now() + interval;
        }
        if look {
            let start = Instant::now();
            state.add(Sample::take(store, state.order)?);
            // Looking takes a tenth of the time at most, however many entries there are.
            next = next.max(Instant::now() + 9 * start.elapsed());
        }
    }
}

#[cfg(test)]
mod picture;
#[cfg(test)]
mod tests;
