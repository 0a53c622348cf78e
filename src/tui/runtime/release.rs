//! Releasing the terminal to an editor or to the shell.

use std::path::Path;

use crossterm::event::EventStream;
use crossterm::terminal::size;
use rustix::process::{Pid, Signal as Unix, getpid, kill_current_process_group, kill_process};
use tokio::process::Command;

use super::event::Event;
use super::external_editor::{hint, invocation};
use super::main_loop::MainLoop;
use super::terminal::{self, TerminalUser};
use crate::engine::{Error, Result};
use crate::tui::app::Msg;

impl MainLoop {
    /// Opens a file in the user's editor. The answer is sent when the editor has ended.
    pub(super) fn edit(&mut self, path: &Path, line: Option<usize>) {
        let project = self.machine.effects.project();
        let started = invocation(&project.variables, path, line).and_then(|invocation| {
            self.release_terminal(TerminalUser::Editor(None));
            let mut command = Command::new(&invocation.program);
            command.args(&invocation.arguments);
            command.spawn().map_err(|error| {
                Error::new(format!("cannot start the editor '{}'", invocation.program)).because(error).hint(hint())
            })
        });
        let mut child = match started {
            Ok(child) => child,
            Err(error) => return self.on_editor_closed(Err(error)),
        };
        self.terminal_user = Some(TerminalUser::Editor(child.id().and_then(|id| i32::try_from(id).ok())));
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let result = child.wait().await;
            let _ = sender.send(Event::EditorEnded(ending(result)));
        });
    }

    pub(super) fn on_editor_closed(&mut self, result: Result<()>) {
        self.retake_terminal();
        self.send(Msg::EditorClosed(result));
    }

    /// Ends a running editor, because the terminal is about to return to the shell.
    pub(super) fn end_editor(&self) {
        if let Some(TerminalUser::Editor(Some(id))) = self.terminal_user
            && let Some(pid) = Pid::from_raw(id)
        {
            let _ = kill_process(pid, Unix::TERM);
        }
    }

    /// SIGTSTP: releases the terminal and stops the whole process group that the shell started.
    pub(super) fn stop(&mut self) {
        match self.terminal_user {
            // The editor's ^z has already stopped its part of the process group.
            Some(TerminalUser::Editor(_)) => {
                let _ = kill_process(getpid(), Unix::STOP);
            }
            Some(TerminalUser::Shell) => {}
            None => {
                self.release_terminal(TerminalUser::Shell);
                if kill_current_process_group(Unix::STOP).is_err() {
                    self.retake_terminal();
                }
            }
        }
    }

    /// SIGCONT: takes the terminal again.
    pub(super) fn resume(&mut self) {
        if !matches!(self.terminal_user, Some(TerminalUser::Editor(_))) {
            terminal::restore();
            self.retake_terminal();
        }
    }

    fn release_terminal(&mut self, user: TerminalUser) {
        self.input = None;
        self.terminal_user = Some(user);
        terminal::restore();
    }

    fn retake_terminal(&mut self) {
        self.terminal_user = None;
        if self.screen.retake().is_err() {
            self.handle_lost_terminal();
            return;
        }
        self.input = Some(EventStream::new());
        if let Ok((width, height)) = size() {
            self.send(Msg::Resize { width, height });
        }
    }
}

fn ending(result: std::io::Result<std::process::ExitStatus>) -> Result<()> {
    match result {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::new(format!("the editor ended with {status}"))),
        Err(error) => Err(Error::new("waiting for the editor failed").because(error)),
    }
}
