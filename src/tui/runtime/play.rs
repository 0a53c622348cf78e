//! `--keys`: plays keys without a terminal, and prints the last screen.

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::{Backend, TestBackend};
use ratatui::layout::Position;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use super::effects::LoopEffect;
use super::event::Event;
use super::machine::Machine;
use super::{TuiOptions, tokio_runtime};
use crate::engine::{Error, ErrorKind, Result};
use crate::tui::app::{Msg, Start, parse_keys};
use crate::tui::print::{self, Format};

/// How long jobs may run between two keys.
const JOB_TIMEOUT: Duration = Duration::from_mins(1);
const TICK: Duration = Duration::from_millis(250);

/// The parameters of `--keys`.
#[derive(Debug, Clone)]
pub struct Playback {
    /// For example `jj<enter>`.
    pub keys: String,
    /// Columns and rows.
    pub size: (u16, u16),
    pub format: Format,
}

/// Plays the keys and returns the screen. It waits until no job runs before each key and at the end.
///
/// # Errors
/// A key is unknown, or a job does not end within a minute.
pub fn play(options: TuiOptions, playback: &Playback) -> Result<String> {
    super::install_hook();
    let keys = parse_keys(&playback.keys).map_err(|fault| {
        Error::of(ErrorKind::Usage, format!("--keys: {fault}"))
            .hint("keys have names such as <enter> <esc> <tab> <space> <up> <c-c>, and '<' itself is <lt>")
    })?;
    let runtime = tokio_runtime()?;
    let picture = runtime.block_on(async {
        let mut player = Player::new(options, playback.size);
        player.wait_until_idle().await?;
        for key in keys {
            if player.has_quit {
                break;
            }
            player.send(Msg::Key(key));
            player.wait_until_idle().await?;
        }
        Ok(player.print(playback.format))
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    picture
}

struct Player {
    machine: Machine,
    terminal: Terminal<TestBackend>,
    events: UnboundedReceiver<Event>,
    has_quit: bool,
}

impl Player {
    fn new(options: TuiOptions, (width, height): (u16, u16)) -> Self {
        let (sender, events) = unbounded_channel();
        let Ok(terminal) = Terminal::new(TestBackend::new(width, height));
        // The printed screen can be shown anywhere, so the limits of this terminal do not apply.
        let start = Start { theme: None, ascii: false, ..options.start((width, height)) };
        let machine = Machine::new(options, start, sender);
        let mut player = Self { machine, terminal, events, has_quit: false };
        player.draw();
        let asked = player.machine.begin();
        player.answer(asked);
        player
    }

    /// Draws until nothing runs and the screen shows the last state.
    async fn wait_until_idle(&mut self) -> Result<()> {
        let end = Instant::now() + JOB_TIMEOUT;
        loop {
            while let Ok(event) = self.events.try_recv() {
                self.handle(event);
            }
            self.draw();
            if self.machine.model.wants_drawn() {
                self.send(Msg::Drawn);
                continue;
            }
            if self.machine.effects.running() == 0 && self.events.is_empty() {
                return Ok(());
            }
            let wake = end.min(Instant::now() + TICK);
            match timeout_at(wake, self.events.recv()).await {
                Ok(Some(event)) => self.handle(event),
                Err(_) if Instant::now() >= end => return Err(too_long()),
                _ if self.machine.model.wants_tick() => self.send(Msg::Tick),
                _ => {}
            }
        }
    }

    fn send(&mut self, message: Msg) {
        let asked = self.machine.send(message);
        self.answer(asked);
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Answer(message) => self.send(message),
            Event::Ended(kind) => self.machine.effects.ended(kind),
            // These events come from a terminal, a signal or a watched folder, which do not exist here.
            Event::Input(_) | Event::InputLost | Event::Signal(_) | Event::FilesChanged | Event::EditorEnded(_) => {}
        }
    }

    /// Effects that need a terminal are refused.
    fn answer(&mut self, asked: Vec<LoopEffect>) {
        for effect in asked {
            match effect {
                LoopEffect::Edit(..) => {
                    self.send(Msg::EditorClosed(Err(Error::new("an editor needs a terminal"))));
                }
                LoopEffect::Copy(..) => {
                    self.send(Msg::Copied(Err(Error::new("copying needs a terminal"))));
                }
                LoopEffect::Suspend => {}
                LoopEffect::Quit => self.has_quit = true,
            }
        }
    }

    fn draw(&mut self) {
        let Ok(_) = self.terminal.draw(|frame| self.machine.draw(frame));
    }

    fn print(&mut self, format: Format) -> String {
        let Ok(at) = self.terminal.backend_mut().get_cursor_position();
        let shown = self.terminal.backend().cursor_visible().then_some(Position { x: at.x, y: at.y });
        print::print(self.terminal.backend().buffer(), shown, format)
    }
}

fn too_long() -> Error {
    Error::new(format!("a job did not end within {} s", JOB_TIMEOUT.as_secs()))
        .hint("--print waits until no job runs; use a terminal to watch a long job")
}
