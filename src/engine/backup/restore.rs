//! Restores a backup: only one that is as it was written, in one transaction, and over tables only when that is allowed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::child::{self, OutputHandlers};
use super::make::count_tables;
use super::program::{self, ClientProgram};
use super::record::{BackupRecord, checksum};
use super::{BackupEvent, BackupReporter};
use crate::engine::connection::{Session, database_error};
use crate::engine::project::Project;
use crate::engine::state::{VersionTable, lock};
use crate::engine::{Error, ErrorKind, Result, Target};

/// What a person has granted.
#[derive(Debug, Clone, Default)]
pub struct RestoreOptions {
    /// `--allow data-loss`: what the database holds may be replaced.
    pub replace: bool,
    /// `--confirm`: the name of the environment.
    pub confirm: Option<String>,
    /// `--no-wait`: fail with kind `Locked` instead of waiting for another migrator.
    pub no_wait: bool,
}

/// A restore that came to its end.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Restored {
    pub restored: bool,
    pub path: PathBuf,
    pub database: String,
    /// The version table's rows.
    pub heads: Vec<String>,
    pub seconds: f64,
}

/// Restores a backup into the target.
///
/// # Errors
/// When the file is not what was written, or of a newer server; of kind `Approval` when the database has tables and
/// nothing allows to replace them, or a protected environment is not confirmed; as `pg_restore` fails, with the
/// database as it was.
pub async fn restore(
    project: &Project,
    target: &Target,
    (file, options): (&Path, &RestoreOptions),
    tell: BackupReporter<'_>,
    cancel: &CancellationToken,
) -> Result<Restored> {
    let since = Instant::now();
    let record = verify(file, tell).await?;
    let guard = target.connect("limbeck lock").await?;
    let program = find_program(&guard, record.as_ref())?;
    let table = VersionTable::new(&project.config.database.version_table);
    let tell_wait = |holder, _| tell(BackupEvent::Note(format!("waiting for another migrator: {holder}")));
    lock::acquire(guard.client(), &table.sql(), !options.no_wait, &tell_wait, cancel).await?;
    let tables = count_tables(&guard).await?;
    expect_granted(target, file, tables, options)?;
    let place = target.conninfo().describe();
    let over = if tables == 0 { String::new() } else { format!(", replacing what of it is there ({tables} tables)") };
    tell(BackupEvent::Starting(format!("Restoring {} into {place}{over}, in one transaction", file.display())));
    let kept = if tables > 0 { Some(without_schemas(&program, file, &guard).await?) } else { None };
    let command = command(project, target, &guard, (&program, file, kept.as_ref().map(tempfile::NamedTempFile::path)));
    run(command, tell, cancel).await.map_err(|error| {
        let rolled_back = "rolled back; the database is as it was";
        match error.kind {
            ErrorKind::Interrupted => Error::of(ErrorKind::Interrupted, format!("cancelled and {rolled_back}")),
            _ => error.because(rolled_back),
        }
    })?;
    let heads = table.heads(guard.client()).await?;
    Ok(Restored {
        restored: true,
        path: file.to_owned(),
        database: guard.server().database.clone(),
        heads: heads.iter().map(ToString::to_string).collect(),
        seconds: since.elapsed().as_secs_f64(),
    })
}

/// Compares the file with what stands beside it.
async fn verify(file: &Path, tell: BackupReporter<'_>) -> Result<Option<BackupRecord>> {
    let unreadable = |error: std::io::Error| {
        Error::new(format!("cannot read {}", file.display()))
            .because(error)
            .hint("`limbeck backup --list` names the backups of this project")
    };
    let bytes = std::fs::metadata(file).map_err(unreadable)?.len();
    let Some(record) = BackupRecord::beside(file)? else {
        tell(BackupEvent::Note(format!("no checksum stands beside {}: it is restored as it is", file.display())));
        return Ok(None);
    };
    tell(BackupEvent::Verifying { bytes });
    let path = file.to_owned();
    let summed = tokio::task::spawn_blocking(move || checksum(&path)).await.map_err(std::io::Error::other);
    let (bytes, sha256) = summed.and_then(|summed| summed).map_err(unreadable)?;
    if bytes == record.bytes && sha256 == record.sha256 {
        return Ok(Some(record));
    }
    Err(Error::new(format!("{} is not what was written: its checksum is wrong", file.display()))
        .because(format!("written: {} bytes, SHA-256 {}", record.bytes, record.sha256))
        .because(format!("there now: {bytes} bytes, SHA-256 {sha256}"))
        .hint("take another backup; nothing was run"))
}

fn find_program(guard: &Session, record: Option<&BackupRecord>) -> Result<ClientProgram> {
    let server = guard.server();
    let major = server.version_num / 10_000;
    let of = record.and_then(BackupRecord::server_major).unwrap_or(major);
    if of > major {
        let message = format!("the backup is of PostgreSQL {of}, and this server is {}", server.version);
        return Err(Error::new(message)
            .because("what a newer version writes, an older one may not read")
            .hint(format!("restore it into a server of version {of} or newer; nothing was run")));
    }
    program::find("pg_restore", major.max(record.and_then(BackupRecord::program_major).unwrap_or(major)))
}

fn expect_granted(target: &Target, file: &Path, tables: usize, options: &RestoreOptions) -> Result<()> {
    let environment = &target.environment;
    let name = environment.name.as_deref().unwrap_or("default");
    let mut missing = Vec::new();
    let mut why = Vec::new();
    if tables > 0 && !options.replace {
        missing.push("--allow data-loss".to_owned());
        why.push(format!("the database holds {tables} table{}", if tables == 1 { "" } else { "s" }));
    }
    if environment.protected && options.confirm.as_deref() != Some(name) {
        missing.push(format!("--confirm {name}"));
        why.push(format!("the environment '{name}' is protected"));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("restoring {} needs approval: {}; nothing was run", file.display(), why.join(", and "));
    Err(Error::of(ErrorKind::Approval, message).hint(format!(
        "add {}; what the backup holds is then dropped and made again as it was, the rest stays",
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
    // A name with `=` in it would be taken for a connection string.
    let name = session.server().database.replace('\\', "\\\\").replace('\'', "\\'");
    command.arg(format!("--dbname=dbname='{name}'")).arg(file);
    target.conninfo().export_at(&mut command, session.server());
    command.env("PGAPPNAME", "limbeck restore");
    command
}

/// What the archive holds, as `pg_restore` takes it, without the schemas that are there: they may hold what the backup
/// does not know, such as copies of what was lost since, and stay.
async fn without_schemas(program: &ClientProgram, file: &Path, session: &Session) -> Result<tempfile::NamedTempFile> {
    use std::io::Write;
    let failed = |why: String| Error::new(format!("{} cannot be read as a backup", file.display())).because(why);
    let query = "SELECT nspname::text FROM pg_namespace";
    let rows = session.client().query(query, &[]).await.map_err(|error| database_error(&error))?;
    let there: Vec<String> = rows.iter().map(|row| format!("{} ", row.get::<_, &str>(0))).collect();
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
        if schema.is_some_and(|schema| there.iter().any(|name| schema.starts_with(name.as_str()))) {
            continue;
        }
        list.write_all(line).map_err(|error| failed(error.to_string()))?;
    }
    Ok(list)
}

async fn run(command: Command, tell: BackupReporter<'_>, cancel: &CancellationToken) -> Result<()> {
    let since = Instant::now();
    let (tables, of) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let listening = OutputHandlers {
        line: &mut |line| {
            if line.contains("creating TABLE ") {
                of.fetch_add(1, Ordering::Relaxed);
            } else if line.contains("processing data for table") {
                tables.fetch_add(1, Ordering::Relaxed);
            }
        },
        look: &mut || {
            let (tables, of) = (tables.load(Ordering::Relaxed), of.load(Ordering::Relaxed));
            tell(BackupEvent::Working { tables, of, bytes: 0, elapsed: since.elapsed() });
        },
        cancelling: &mut || tell(BackupEvent::Cancelling),
    };
    child::run("pg_restore", command, listening, cancel).await
}
