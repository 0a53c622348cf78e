//! Taking the terminal, and restoring it at the end, on a panic, or on a signal.

use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::style::force_color_output;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};

use crate::core::escape::is_unsafe;

/// Who uses the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TerminalUser {
    /// The editor, with its process id.
    Editor(Option<i32>),
    /// The shell, until SIGCONT.
    Shell,
}

/// Whether limbeck has the terminal.
static HAS_TERMINAL: AtomicBool = AtomicBool::new(false);

/// xterm's stack of titles, to restore the earlier title.
const PUSH_TITLE: &[u8] = b"\x1b[22;0t";
const POP_TITLE: &[u8] = b"\x1b[23;0t";

/// Standard output without lock and buffer, so that a panic hook can always write to it.
pub(super) struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(io::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The terminal. It is restored when this is dropped.
pub(super) struct TerminalScreen {
    terminal: Terminal<CrosstermBackend<BufWriter<Tty>>>,
    title: String,
}

impl TerminalScreen {
    /// Takes the terminal: raw mode, alternate screen, mouse, bracketed paste, focus events, title.
    pub(super) fn take(title: &str) -> io::Result<Self> {
        // The theme decides about colours. With `NO_COLOR`, crossterm would also remove bold and reverse.
        force_color_output(true);
        take(title)?;
        let terminal = blank().inspect_err(|_| restore())?;
        Ok(Self { terminal, title: title.to_owned() })
    }

    /// Takes the terminal again after [`restore`]. The next frame is drawn completely.
    pub(super) fn retake(&mut self) -> io::Result<()> {
        if !HAS_TERMINAL.load(Ordering::SeqCst) {
            take(&self.title)?;
        }
        // ratatui's `clear` asks the terminal for the cursor position, and fails if it does not answer.
        queue!(Tty, Clear(ClearType::All))?;
        self.terminal = blank()?;
        Ok(())
    }

    /// Draws one frame. Does nothing while limbeck does not have the terminal.
    pub(super) fn draw(&mut self, picture: impl FnOnce(&mut Frame)) -> io::Result<()> {
        if !HAS_TERMINAL.load(Ordering::SeqCst) {
            return Ok(());
        }
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(picture)?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Write::flush(self.terminal.backend_mut())
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        restore();
    }
}

/// Restores the terminal if limbeck has it. Can be called from any thread, any number of times.
pub(super) fn restore() {
    if HAS_TERMINAL.swap(false, Ordering::SeqCst) {
        let mut bytes = Vec::new();
        // A terminal that is gone cannot be restored.
        let _ = leave(&mut bytes);
        let _ = Tty.write_all(&bytes);
        let _ = disable_raw_mode();
    }
}

/// A terminal whose contents are unknown.
fn blank() -> io::Result<Terminal<CrosstermBackend<BufWriter<Tty>>>> {
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, Tty)))
}

fn take(title: &str) -> io::Result<()> {
    enable_raw_mode()?;
    HAS_TERMINAL.store(true, Ordering::SeqCst);
    let mut bytes = Vec::new();
    enter(&mut bytes, title)?;
    Tty.write_all(&bytes)
}

fn enter(out: &mut impl Write, title: &str) -> io::Result<()> {
    out.write_all(PUSH_TITLE)?;
    let printable: String = title.chars().filter(|character| !is_unsafe(*character)).collect();
    queue!(
        out,
        SetTitle(printable),
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableBracketedPaste,
        EnableFocusChange,
        cursor::Hide
    )
}

fn leave(out: &mut impl Write) -> io::Result<()> {
    queue!(
        out,
        EndSynchronizedUpdate,
        DisableFocusChange,
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        cursor::SetCursorStyle::DefaultUserShape,
        cursor::Show
    )?;
    out.write_all(POP_TITLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_undoes_everything_that_entering_did() {
        let mut bytes = Vec::new();
        enter(&mut bytes, "limbeck\x1b]0;evil\x07").unwrap();
        let mut terminal = vt100::Parser::new(10, 40, 0);
        terminal.process(&bytes);
        let screen = terminal.screen();
        assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
        assert_ne!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(
            String::from_utf8_lossy(&bytes).contains("limbeck]0;evil\x07"),
            "control characters are removed from the title"
        );

        let mut bytes = Vec::new();
        leave(&mut bytes).unwrap();
        terminal.process(&bytes);
        let screen = terminal.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(bytes.ends_with(POP_TITLE));
        assert!(bytes.windows(8).any(|window| window == b"\x1b[?1004l"), "focus events are off");
    }
}
