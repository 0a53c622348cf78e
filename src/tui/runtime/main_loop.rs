//! The loop in a terminal: it handles all pending events, then draws one frame.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event as Input, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::{execute, terminal as size_of};
use futures_util::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until, timeout};

use super::TuiOptions;
use super::effects::LoopEffect;
use super::event::Event;
use super::machine::Machine;
use super::signals::{Signal, Signals};
use super::terminal::TerminalUser;
use super::terminal::{TerminalScreen, Tty};
use super::timers::{Due, Timers};
use super::watch::Watch;
use crate::engine::models;
use crate::tui::app::Msg;

/// How long the process waits for a cancelled job when it must end.
const END_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum number of events before a frame is drawn, so that many events do not freeze the screen.
const BATCH: usize = 1000;
/// How long typed keys may still arrive when a confirmation has opened.
const TYPING_PAUSE: Duration = Duration::from_millis(5);
/// The exit code after a panic.
const PANICKED: u8 = 101;

/// Runs the UI. Returns the exit code.
pub(super) async fn run(options: TuiOptions) -> io::Result<u8> {
    let signals = Signals::catch()?;
    let screen = TerminalScreen::take(&options.title())?;
    let mut main = MainLoop::new(options, screen, signals)?;
    main.draw();
    main.begin();
    while !main.is_over() {
        main.turn().await;
    }
    Ok(if super::panic::has_panicked() { PANICKED } else { main.exit_code.unwrap_or(0) })
}

pub(super) struct MainLoop {
    pub(super) machine: Machine,
    pub(super) screen: TerminalScreen,
    /// Read while limbeck has the terminal.
    pub(super) input: Option<EventStream>,
    pub(super) terminal_user: Option<TerminalUser>,
    pub(super) sender: UnboundedSender<Event>,
    events: UnboundedReceiver<Event>,
    signals: Signals,
    watch: Watch,
    timers: Timers,
    focused: bool,
    /// Set when the process must end.
    exit_code: Option<u8>,
    /// Do not wait for jobs any more.
    now: bool,
}

impl MainLoop {
    fn new(options: TuiOptions, screen: TerminalScreen, signals: Signals) -> io::Result<Self> {
        let (sender, events) = unbounded_channel();
        let mut folders: Vec<_> = options.project.version_folders().into_iter().map(|folder| (folder, false)).collect();
        folders.push((options.project.root().to_owned(), false));
        if let Some(alembic) = &options.project.alembic {
            let deep = alembic.settings.recursive_version_locations;
            folders.extend(alembic.version_folders.iter().filter(|_| deep).map(|folder| (folder.clone(), true)));
            // env.py and the template.
            folders.push((alembic.script_folder.clone(), false));
        }
        folders.extend(models::watched_folders(&options.project));
        let watch = Watch::start(folders, sender.clone());
        let start = options.start(size_of::size()?);
        let machine = Machine::new(options, start, sender.clone());
        Ok(Self {
            machine,
            screen,
            input: Some(EventStream::new()),
            terminal_user: None,
            sender,
            events,
            signals,
            watch,
            timers: Timers::new(),
            // A terminal that does not report its focus counts as focused.
            focused: true,
            exit_code: None,
            now: false,
        })
    }

    fn begin(&mut self) {
        let asked = self.machine.begin();
        self.answer(asked);
    }

    /// Whether the loop ends: the process must end and nothing is being written, or a thread has panicked.
    fn is_over(&self) -> bool {
        super::panic::has_panicked() || self.exit_code.is_some() && (self.now || !self.machine.effects.is_writing())
    }

    /// Waits for an event, handles all pending events, and draws if a frame is due.
    async fn turn(&mut self) {
        self.set_timers();
        let first = self.next_event().await;
        let mut next = first;
        for _ in 0..BATCH {
            let Some(event) = next else { break };
            self.handle(event);
            next = self.ready_event().await;
        }
        for due in self.timers.due(Instant::now()) {
            self.on_timer(due).await;
        }
    }

    fn set_timers(&mut self) {
        let now = Instant::now();
        let here = self.terminal_user.is_none();
        let idle = self.machine.effects.running() == 0 && !self.machine.model.is_busy();
        self.timers.tick_while(here && self.machine.model.wants_tick(), now);
        self.timers.poll_while(here && self.focused && idle, now);
    }

    /// `None` if a timer is due.
    async fn next_event(&mut self) -> Option<Event> {
        let timer = self.timers.next();
        let input = self.input.as_mut();
        tokio::select! {
            event = async { match input { Some(stream) => stream.next().await, None => std::future::pending().await } } => {
                Some(input_event(event))
            }
            signal = self.signals.next() => Some(Event::Signal(signal)),
            Some(event) = self.events.recv() => Some(event),
            () = async { match timer { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => None,
        }
    }

    /// A pending event. The stream is polled with this task's waker, because it keeps the waker of the last poll. With
    /// another waker the next key would wake nobody.
    async fn ready_event(&mut self) -> Option<Event> {
        let input = match self.input.as_mut() {
            Some(stream) => poll_fn(|context| Poll::Ready(stream.poll_next_unpin(context))).await,
            None => Poll::Pending,
        };
        match input {
            Poll::Ready(event) => Some(input_event(event)),
            Poll::Pending => self.events.try_recv().ok(),
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Input(input) => self.on_input(input),
            Event::InputLost => self.handle_lost_terminal(),
            Event::Signal(signal) => self.on_signal(signal),
            Event::Answer(message) => self.send(message),
            Event::Ended(kind) => self.machine.effects.ended(kind),
            Event::FilesChanged => self.timers.files_changed(Instant::now()),
            Event::EditorEnded(result) => self.on_editor_closed(result),
        }
    }

    fn on_input(&mut self, input: Input) {
        let message = match input {
            Input::Key(key) if key.kind == KeyEventKind::Release => return,
            Input::Key(key) => Msg::Key(key),
            Input::Mouse(mouse) => Msg::Mouse(mouse),
            Input::Paste(text) => Msg::Paste(text),
            Input::Resize(width, height) => Msg::Resize { width, height },
            Input::FocusGained => Msg::Focus(true),
            Input::FocusLost => Msg::Focus(false),
        };
        if let Msg::Focus(focused) = message {
            self.focused = focused;
        }
        self.send(message);
        self.timers.want_frame(true, Instant::now());
    }

    fn on_signal(&mut self, signal: Signal) {
        match signal {
            Signal::Terminate | Signal::HangUp => {
                // The second signal ends the process without waiting.
                self.now = self.exit_code.is_some();
                match signal {
                    Signal::HangUp => self.handle_lost_terminal(),
                    _ => self.end(signal.exit_code()),
                }
            }
            // While the editor has the terminal, its ^c and ^z reach this process too.
            Signal::Interrupt if self.terminal_user.is_some() => {}
            Signal::Interrupt => {
                self.send(Msg::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
            }
            Signal::Stop => self.stop(),
            Signal::Continue => self.resume(),
        }
    }

    /// The terminal cannot be used any more, for example after a SIGHUP.
    pub(super) fn handle_lost_terminal(&mut self) {
        self.input = None;
        self.end(Signal::HangUp.exit_code());
    }

    /// Ends the process. A running job is cancelled on the server and has limited time to end.
    fn end(&mut self, exit_code: u8) {
        self.exit_code.get_or_insert(exit_code);
        self.machine.effects.cancel();
        self.end_editor();
        self.timers.end_after(END_TIMEOUT, Instant::now());
        if exit_code != 0 {
            self.send(Msg::Terminate);
        }
    }

    /// Sends a message to the model.
    pub(super) fn send(&mut self, message: Msg) {
        let asked = self.machine.send(message);
        self.answer(asked);
        self.timers.want_frame(false, Instant::now());
    }

    fn answer(&mut self, asked: Vec<LoopEffect>) {
        for effect in asked {
            match effect {
                LoopEffect::Edit(path, line) => self.edit(&path, line),
                LoopEffect::Copy(text, what) => self.copy(&text, what),
                LoopEffect::Suspend => self.stop(),
                LoopEffect::Quit if self.exit_code.is_none() => self.end(0),
                LoopEffect::Quit => {}
            }
        }
    }

    /// OSC 52: the terminal puts the text on the clipboard, also through ssh.
    fn copy(&mut self, text: &str, what: String) {
        let copied = execute!(Tty, CopyToClipboard::to_clipboard_from(text));
        self.send(Msg::Copied(
            copied
                .map(|()| what)
                .map_err(|error| crate::engine::Error::new("the terminal did not accept the text").because(error)),
        ));
    }

    async fn on_timer(&mut self, due: Due) {
        match due {
            Due::End => self.now = true,
            Due::FilesChanged => {
                self.watch.renew();
                self.send(Msg::ScriptsChanged);
            }
            Due::Poll => {
                if !self.watch.works() {
                    self.send(Msg::ScriptsChanged);
                }
                self.send(Msg::Poll);
            }
            Due::Tick => self.send(Msg::Tick),
            Due::Frame => {
                self.draw();
                if self.machine.model.wants_drawn() {
                    self.discard_typed_ahead().await;
                }
            }
        }
    }

    /// A confirmation has been drawn. Keys that were typed before that go to a model that ignores them. Then the model
    /// learns that the frame was drawn.
    async fn discard_typed_ahead(&mut self) {
        while let Some(stream) = self.input.as_mut() {
            let Ok(event) = timeout(TYPING_PAUSE, stream.next()).await else { break };
            self.handle(input_event(event));
        }
        self.send(Msg::Drawn);
    }

    fn draw(&mut self) {
        let machine = &self.machine;
        let drawn = if self.terminal_user.is_none() { self.screen.draw(|frame| machine.draw(frame)) } else { Ok(()) };
        self.timers.drawn(Instant::now());
        if drawn.is_err() && self.exit_code.is_none() {
            self.handle_lost_terminal();
        }
    }
}

fn input_event(event: Option<io::Result<Input>>) -> Event {
    match event {
        Some(Ok(input)) => Event::Input(input),
        Some(Err(_)) | None => Event::InputLost,
    }
}
