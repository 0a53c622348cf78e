//! Prints the progress of a backup or restore, and makes the backup that a plan requires.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio_util::sync::CancellationToken;

use super::terminal::Terminal;
use crate::core::plan::Approval;
use crate::core::text::plural;
use crate::core::text::size;
use crate::engine::backup::{self, BackupEvent};
use crate::engine::project::Project;
use crate::engine::{Error, Target};

/// The time between two progress lines, in seconds.
const INTERVAL: u64 = 2;

/// Prints the progress of one backup or restore as lines, at most one per interval.
pub struct BackupPrinter {
    terminal: Terminal,
    last_interval: AtomicU64,
}

impl BackupPrinter {
    /// Creates a reporter for one backup or restore.
    #[must_use]
    pub fn new(terminal: Terminal) -> Self {
        Self { terminal, last_interval: AtomicU64::new(0) }
    }

    /// Prints one event.
    pub fn report(&self, event: &BackupEvent) {
        match event {
            BackupEvent::Starting(line) => self.terminal.print_note(line),
            BackupEvent::Note(note) => self.terminal.print_note(&format!("note: {note}")),
            BackupEvent::Verifying { bytes } => {
                self.terminal.print_note(&format!("Comparing the checksum of {}", size(*bytes)));
            }
            BackupEvent::Cancelling => self.terminal.print_note("Cancelling; waiting for the program to end"),
            BackupEvent::Working { tables, of, bytes, elapsed } => {
                let interval = elapsed.as_secs() / INTERVAL;
                if self.last_interval.swap(interval, Ordering::Relaxed) != interval || (*bytes > 0 && tables >= of) {
                    let written = if *bytes == 0 { String::new() } else { format!(", {} written", size(*bytes)) };
                    let of = plural(*of as u64, "table");
                    self.terminal.print_note(&format!("  {tables} of {of}{written}, {} s", elapsed.as_secs()));
                }
            }
        }
    }
}

/// Makes the backup that must exist before the plan runs. If none is required and the plan loses data, prints how to
/// make one.
///
/// # Errors
/// If the required backup cannot be made. The plan must not run then.
pub async fn back_up_before_plan(
    terminal: Terminal,
    project: &Project,
    target: &Target,
    approval: &Approval,
    cancel: &CancellationToken,
) -> Result<(), Error> {
    let reporter = BackupPrinter::new(terminal);
    let backup = backup::back_up_before(project, target, approval, &|event| reporter.report(&event), cancel).await?;
    if let Some((path, _)) = backup {
        terminal.print_note(&format!("Backed up to {}", path.display()));
    } else if backup::loses_data(approval.plan()) {
        terminal.print_note(
            "note: `limbeck backup` writes the whole database to a file; `backup = \"always\"` under [apply] makes a \
             backup before each such plan",
        );
    }
    Ok(())
}
