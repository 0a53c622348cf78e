//! The real binary in its own terminal.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::{TestProject, eventually};

/// How long to wait for a text on the screen.
const SECONDS: u64 = 30;

/// A running limbeck and its terminal.
pub struct Program {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// Kept, so that the terminal can be inspected after the program has ended.
    _slave: Box<dyn SlavePty + Send>,
    writer: Box<dyn Write + Send>,
    terminal: Arc<Mutex<vt100::Parser>>,
}

impl Program {
    /// Starts the binary in the project's folder and environment, in a terminal of this size.
    pub fn start(project: &TestProject, arguments: &[&str], size: (u16, u16)) -> Self {
        Self::start_program(project, &[&[env!("CARGO_BIN_EXE_limbeck")], arguments].concat(), size)
    }

    /// The same for a program that starts the binary.
    pub fn start_program(project: &TestProject, line: &[&str], (columns, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo terminal");
        let mut command = CommandBuilder::new(line[0]);
        command.args(&line[1..]);
        command.cwd(project.root());
        command.env_clear();
        for (name, value) in project.environment() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        let child = pair.slave.spawn_command(command).expect("the binary starts");
        let terminal = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0)));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shown = Arc::clone(&terminal);
        std::thread::spawn(move || {
            let (mut bytes, mut waiting) = ([0; 8192], Vec::new());
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                waiting.extend_from_slice(&bytes[..length]);
                let whole = whole_frames(&waiting);
                shown.lock().unwrap().process(&waiting[..whole]);
                waiting.drain(..whole);
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self { child, master: pair.master, _slave: pair.slave, writer, terminal }
    }

    /// The current contents of the terminal.
    pub fn screen(&self) -> vt100::Screen {
        self.terminal.lock().unwrap().screen().clone()
    }

    /// The text of the terminal.
    pub fn text(&self) -> String {
        self.screen().contents()
    }

    /// Waits until the screen fulfils a condition. Fails with the screen otherwise.
    #[track_caller]
    pub fn wait_until(&self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) {
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually(what, SECONDS, || condition(&self.screen()));
        }));
        assert!(seen.is_ok(), "after {SECONDS} s still not so: {what}\n{}", self.text());
    }

    /// Waits until all of these texts are on the screen.
    #[track_caller]
    pub fn wait_for(&self, texts: &[&str]) {
        self.wait_until(&format!("the screen shows {texts:?}"), |screen| {
            let shown = screen.contents();
            texts.iter().all(|text| shown.contains(text))
        });
    }

    /// Waits for a confirmation that accepts typed text: its cursor is visible then.
    #[track_caller]
    pub fn wait_for_question(&self, text: &str) {
        self.wait_until(&format!("'{text}' is asked"), |screen| {
            !screen.hide_cursor() && screen.contents().contains(text)
        });
    }

    /// Types, as bytes of a terminal.
    pub fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.terminal.lock().unwrap().screen_mut().set_size(rows, columns);
        self.master.resize(size(columns, rows)).unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Whether SIGSTOP has stopped it.
    pub fn is_stopped(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid().as_raw_nonzero())).unwrap();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub fn end(&mut self) -> ExitStatus {
        let mut status = None;
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually("the program ends", SECONDS, || {
                status = self.child.try_wait().unwrap();
                status.is_some()
            });
        }));
        assert!(ended.is_ok(), "after {SECONDS} s it still runs, stopped: {}\n{}", self.is_stopped(), self.text());
        status.unwrap()
    }

    /// Fails unless the terminal is as a shell needs it: lines and echo, the main screen, a cursor, no mouse.
    #[track_caller]
    pub fn assert_restored(&self) {
        self.wait_until("the terminal is as it was", |screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        assert!(!self.is_raw(), "the terminal reads lines");
    }

    /// Whether the terminal is in raw mode.
    pub fn is_raw(&self) -> bool {
        let name: PathBuf = self.master.tty_name().expect("the terminal has a name");
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
        let terminal = rustix::fs::open(name, flags, rustix::fs::Mode::empty()).unwrap();
        !tcgetattr(terminal).unwrap().local_modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    fn pid(&self) -> Pid {
        let id = self.child.process_id().expect("it runs");
        Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

/// The number of bytes that can be shown. A frame is shown when it is complete, as in terminals with synchronized
/// updates.
fn whole_frames(bytes: &[u8]) -> usize {
    let last = |sequence: &[u8]| bytes.windows(sequence.len()).rposition(|window| window == sequence);
    match (last(b"\x1b[?2026h"), last(b"\x1b[?2026l")) {
        (Some(begin), end) if end.is_none_or(|end| end < begin) => begin,
        _ => bytes.len(),
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}
