//! Restores a backup: only an unchanged one, in one transaction, and over existing tables only if that is allowed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::child::{self, OutputHandlers};
use super::make::count_tables;
use super::program::{self, ClientProgram};
use super::record::BackupRecord;
use super::{BackupEvent, BackupReporter};
use crate::core::text::plural;
use crate::engine::connection::{Session, database_error};
use crate::engine::files::{checksum, open_regular};
use crate::engine::project::Project;
use crate::engine::state::VersionTable;
use crate::engine::state::lock::{self, LockWait};
use crate::engine::{Error, ErrorKind, Result, Target};

/// What the user has allowed.
#[derive(Debug, Clone, Default)]
pub struct RestoreOptions {
    /// `--allow data-loss`: the contents of the database may be replaced.
    pub replace: bool,
    /// `--confirm`: the name of the environment.
    pub confirm: Option<String>,
    /// `--no-wait`: fail with kind `Locked` instead of waiting for another migrator.
    pub no_wait: bool,
}

/// The result of a restore.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RestoreResult {
    pub restored: bool,
    pub path: PathBuf,
    pub database: String,
    /// The rows of the version table.
    pub heads: Vec<String>,
    pub seconds: f64,
}

/// Restores a backup into the target.
///
/// # Errors
/// When the file was changed, or is from a newer server; of kind `Approval` when the database has tables and they may
/// not be replaced, or a protected environment is not confirmed; when `pg_restore` fails, which leaves the database
/// unchanged.
pub async fn restore(
    project: &Project,
    target: &Target,
    (file, options): (&Path, &RestoreOptions),
    report_event: BackupReporter<'_>,
    cancel: &CancellationToken,
) -> Result<RestoreResult> {
    let since = Instant::now();
    let record = verify_checksum(file, report_event).await?;
    let guard = target.connect("limbeck lock").await?;
    guard.require_writes()?;
    let program = find_program(&guard, record.as_ref())?;
    let table = VersionTable::new(&project.config.database.version_table);
    let report = |holder: &str| report_event(BackupEvent::Note(format!("waiting for another migrator: {holder}")));
    let wait = LockWait { is_allowed: !options.no_wait, report: &report, cancel };
    lock::acquire(&guard, &table.sql(), wait).await?;
    let tables = count_tables(&guard).await?;
    require_approval(target, file, tables, options)?;
    let place = target.conninfo().describe();
    let replaced = match tables {
        0 => String::new(),
        count => format!(", replacing existing objects ({} in the database)", plural(count as u64, "table")),
    };
    report_event(BackupEvent::Starting(format!(
        "Restoring {} into {place}{replaced}, in one transaction",
        file.display()
    )));
    let list = if tables > 0 { Some(list_without_existing_schemas(&program, file, &guard).await?) } else { None };
    let command = command(project, target, &guard, (&program, file, list.as_ref().map(tempfile::NamedTempFile::path)));
    run(command, report_event, cancel).await.map_err(|error| {
        let rolled_back = "rolled back; the database was not changed";
        match error.kind {
            ErrorKind::Interrupted => Error::of(ErrorKind::Interrupted, format!("cancelled and {rolled_back}")),
            _ => error.because(rolled_back),
        }
    })?;
    let heads = table.heads(guard.client()).await.map_err(|error| {
        error.because("the backup was restored; only its revision could not be read").hint("run `limbeck current`")
    })?;
    Ok(RestoreResult {
        restored: true,
        path: file.to_owned(),
        database: guard.server().database.clone(),
        heads: heads.iter().map(ToString::to_string).collect(),
        seconds: since.elapsed().as_secs_f64(),
    })
}

/// Compares the file with its recorded checksum.
async fn verify_checksum(file: &Path, report_event: BackupReporter<'_>) -> Result<Option<BackupRecord>> {
    let unreadable = |error: std::io::Error| {
        Error::new(format!("cannot read {}", file.display()))
            .because(error)
            .hint("`limbeck backup --list` lists the backups of this project")
    };
    let bytes = open_regular(file).map_err(unreadable)?.1.len();
    let Some(record) = BackupRecord::read(file)? else {
        report_event(BackupEvent::Note(format!(
            "{} has no checksum file: it is restored without verification",
            file.display()
        )));
        return Ok(None);
    };
    report_event(BackupEvent::Verifying { bytes });
    let path = file.to_owned();
    let checked = tokio::task::spawn_blocking(move || checksum(&path)).await.map_err(std::io::Error::other);
    let (bytes, sha256) = checked.and_then(|checked| checked).map_err(unreadable)?;
    if bytes == record.bytes && sha256 == record.sha256 {
        return Ok(Some(record));
    }
    Err(Error::new(format!("{} was changed since the backup: its checksum is wrong", file.display()))
        .because(format!("written: {} bytes, SHA-256 {}", record.bytes, record.sha256))
        .because(format!("now: {bytes} bytes, SHA-256 {sha256}"))
        .hint("use another backup; nothing was run"))
}

fn find_program(guard: &Session, record: Option<&BackupRecord>) -> Result<ClientProgram> {
    let server = guard.server();
    let major = server.version_num / 10_000;
    let backup_major = record.and_then(BackupRecord::server_major).unwrap_or(major);
    if backup_major > major {
        let message = format!("the backup is from PostgreSQL {backup_major}, and this server is {}", server.version);
        return Err(Error::new(message)
            .because("an older server may not accept the statements of a newer one")
            .hint(format!("restore it into a server of version {backup_major} or newer; nothing was run")));
    }
    program::find("pg_restore", major.max(record.and_then(BackupRecord::program_major).unwrap_or(major)))
}

fn require_approval(target: &Target, file: &Path, tables: usize, options: &RestoreOptions) -> Result<()> {
    let environment = &target.environment;
    let name = environment.shown();
    if let Err(error) = environment.check_confirmed(options.confirm.as_deref()) {
        return Err(Error::of(ErrorKind::Approval, format!("{error}; nothing was run")));
    }
    let mut missing = Vec::new();
    let mut reasons = Vec::new();
    if tables > 0 && !options.replace {
        missing.push("--allow data-loss".to_owned());
        reasons.push(format!("the database contains {}", plural(tables as u64, "table")));
    }
    if environment.protected && options.confirm.as_deref() != Some(name) {
        missing.push(format!("--confirm {name}"));
        reasons.push(format!("the environment '{name}' is protected"));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("restoring {} needs approval: {}; nothing was run", file.display(), reasons.join(", and "));
    Err(Error::of(ErrorKind::Approval, message).hint(format!(
        "add {}; the objects of the backup are then dropped and created again, other objects are not changed",
        missing.join(" ")
    )))
}

fn command(
    project: &Project,
    target: &Target,
    session: &Session,
    (program, file, replaced): (&ClientProgram, &Path, Option<&Path>),
) -> Command {
    let mut command = Command::new(&program.path);
    command.args(["--single-transaction", "--exit-on-error", "--verbose", "--no-password"]);
    if let Some(list) = replaced {
        command.args(["--clean", "--if-exists", "--use-list"]).arg(list);
    }
    if let Some(role) = &project.config.apply.role {
        command.arg(format!("--role={role}"));
    }
    // A name that contains `=` would be parsed as a connection string.
    let name = session.server().database.replace('\\', "\\\\").replace('\'', "\\'");
    command.arg(format!("--dbname=dbname='{name}'")).arg(file);
    target.conninfo().export_at(&mut command, session.server());
    command.env("PGAPPNAME", "limbeck restore");
    command
}

/// Returns the archive's list of contents for `pg_restore`, without schemas that exist. Existing schemas stay, because
/// they may contain objects that are not in the backup, for example copies of lost data.
async fn list_without_existing_schemas(
    program: &ClientProgram,
    file: &Path,
    session: &Session,
) -> Result<tempfile::NamedTempFile> {
    use std::io::Write;
    let failed = |cause: String| Error::new(format!("{} cannot be read as a backup", file.display())).because(cause);
    let query = "SELECT nspname::pg_catalog.text FROM pg_catalog.pg_namespace";
    let rows = session.client().query(query, &[]).await.map_err(|error| database_error(&error))?;
    let existing: Vec<String> = rows.iter().map(|row| format!("{} ", row.get::<_, &str>(0))).collect();
    let mut command = tokio::process::Command::new(&program.path);
    command.arg("--list").arg(file).env("LC_ALL", "C").stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = command.output().await.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let mut list = tempfile::NamedTempFile::new().map_err(|error| failed(error.to_string()))?;
    for line in output.stdout.split_inclusive(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let schema = text.split_once(" SCHEMA - ").map(|(_, name)| name);
        if schema.is_some_and(|schema| existing.iter().any(|name| schema.starts_with(name.as_str()))) {
            continue;
        }
        list.write_all(line).map_err(|error| failed(error.to_string()))?;
    }
    Ok(list)
}

async fn run(command: Command, report_event: BackupReporter<'_>, cancel: &CancellationToken) -> Result<()> {
    let since = Instant::now();
    let (tables, of) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let handlers = OutputHandlers {
        line: &mut |line| {
            if line.contains("creating TABLE ") {
                of.fetch_add(1, Ordering::Relaxed);
            } else if line.contains("processing data for table") {
                tables.fetch_add(1, Ordering::Relaxed);
            }
        },
        report_progress: &mut || {
            let (tables, of) = (tables.load(Ordering::Relaxed), of.load(Ordering::Relaxed));
            report_event(BackupEvent::Working { tables, of, bytes: 0, elapsed: since.elapsed() });
        },
        on_cancel: &mut || report_event(BackupEvent::Cancelling),
    };
    child::run("pg_restore", command, handlers, cancel).await
}
