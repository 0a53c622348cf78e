//! Makes a backup: runs `pg_dump` into a temporary file, computes the checksum, and renames the file.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::child::{self, OutputHandlers};
use super::program::{self, ClientProgram};
use super::record::BackupRecord;
use super::{BackupEvent, BackupReporter};
use crate::engine::connection::{Session, database_error};
use crate::engine::files::checksum;
use crate::engine::project::Project;
use crate::engine::state::VersionTable;
use crate::engine::{Error, ErrorKind, Result, Target};

/// The options of a backup.
#[derive(Debug, Clone, Default)]
pub struct MakeOptions {
    /// `--output`: the file. Default: a file in the project's backup folder.
    pub output: Option<PathBuf>,
}

/// The prefix of the name of an incomplete backup.
const INCOMPLETE_PREFIX: &str = ".limbeck-backup-";
/// An incomplete backup older than this is not being written any more.
const INCOMPLETE_MAX_AGE: Duration = Duration::from_hours(24);

/// Removes incomplete backups of killed runs.
fn remove_incomplete(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_incomplete = entry.file_name().to_string_lossy().starts_with(INCOMPLETE_PREFIX);
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|at| at.elapsed().ok());
        if is_incomplete && age.is_some_and(|age| age > INCOMPLETE_MAX_AGE) {
            // The next run tries again to remove it.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Makes a backup of the whole database, and returns its file and its properties. If the future is dropped, the program
/// is killed and its file is removed.
///
/// # Errors
/// When there is no `pg_dump` for the server's version, when it fails, or when the file cannot be written; of kind
/// `Interrupted` when it was cancelled. No file remains after an error.
pub async fn make(
    project: &Project,
    target: &Target,
    options: &MakeOptions,
    report_event: BackupReporter<'_>,
    cancel: &CancellationToken,
) -> Result<(PathBuf, BackupRecord)> {
    let at = jiff::Timestamp::now();
    let session = target.connect("limbeck backup").await?;
    let server = session.server().clone();
    let program = program::find("pg_dump", server.version_num / 10_000)?;
    let heads = VersionTable::new(&project.config.database.version_table).heads(session.client()).await?;
    let tables = count_tables(&session).await?;
    let path = output_path(project, options, &server.database, at)?;
    let folder = parent(&path);
    let failed = |error: std::io::Error| Error::new(format!("cannot write to {}", folder.display())).because(error);
    remove_incomplete(folder);
    let file = tempfile::Builder::new().prefix(INCOMPLETE_PREFIX).tempfile_in(folder).map_err(failed)?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    report_event(BackupEvent::Starting(format!(
        "Backing up {} with pg_dump {}",
        target.conninfo().describe(),
        program.version
    )));

    let command = command(project, target, &session, &program, file.path());
    drop(session);
    let dumped = dump(command, file.path(), tables, report_event, cancel).await;
    dumped.map_err(|error| match error.kind {
        ErrorKind::Interrupted => Error::of(ErrorKind::Interrupted, "cancelled; no backup was made"),
        _ => error.because("no backup was made"),
    })?;

    let written = file.path().to_owned();
    let summed = tokio::task::spawn_blocking(move || checksum(&written)).await;
    let (bytes, sha256) = summed.map_err(|error| failed(std::io::Error::other(error)))?.map_err(failed)?;
    let record = BackupRecord {
        database: server.database,
        environment: target.environment.name.clone(),
        server_version: server.version,
        program_version: program.version,
        heads: heads.iter().map(ToString::to_string).collect(),
        at: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        bytes,
        sha256,
    };
    if cancel.is_cancelled() {
        return Err(Error::of(ErrorKind::Interrupted, "cancelled; no backup was made"));
    }
    store(file, &path, &record)?;
    Ok((path, record))
}

/// Renames the file and writes its properties next to it. After an error, neither file exists.
fn store(file: tempfile::NamedTempFile, path: &Path, record: &BackupRecord) -> Result<()> {
    let failed = |error: std::io::Error| Error::new(format!("cannot write {}", path.display())).because(error);
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(path).map_err(|error| failed(error.error))?;
    if let Err(error) = record.write(path) {
        let _ = std::fs::remove_file(path);
        return Err(error);
    }
    // Sync the folder, so that the new name survives a crash. File systems that cannot sync a folder do this
    // themselves.
    let _ = std::fs::File::open(parent(path)).and_then(|folder| folder.sync_all());
    Ok(())
}

fn command(project: &Project, target: &Target, session: &Session, program: &ClientProgram, file: &Path) -> Command {
    let mut command = Command::new(&program.path);
    command.args(["--format=custom", "--verbose", "--no-password", "--file"]).arg(file);
    if let Some(role) = &project.config.apply.role {
        command.arg(format!("--role={role}"));
    }
    target.conninfo().export_at(&mut command, session.server());
    command.env("PGAPPNAME", "limbeck backup");
    command
}

async fn dump(
    command: Command,
    file: &Path,
    of: usize,
    report_event: BackupReporter<'_>,
    cancel: &CancellationToken,
) -> Result<()> {
    let since = Instant::now();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let order = std::sync::atomic::Ordering::Relaxed;
    let report_progress = || {
        let bytes = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
        // The last named table is not complete yet.
        let tables = done.load(order).saturating_sub(1);
        report_event(BackupEvent::Working { tables, of, bytes, elapsed: since.elapsed() });
    };
    let handlers = OutputHandlers {
        line: &mut |line| {
            if line.contains("dumping contents of table") {
                done.fetch_add(1, order);
            }
        },
        report_progress: &mut &report_progress,
        on_cancel: &mut || report_event(BackupEvent::Cancelling),
    };
    child::run("pg_dump", command, handlers, cancel).await?;
    done.fetch_add(1, order);
    report_progress();
    Ok(())
}

/// Returns the number of tables whose rows `pg_dump` writes.
pub async fn count_tables(session: &Session) -> Result<usize> {
    let query = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg\\_%'
          AND n.nspname <> 'information_schema'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass
                          AND d.deptype = 'e')";
    let row = session.client().query_one(query, &[]).await.map_err(|error| database_error(&error))?;
    Ok(usize::try_from(row.get::<_, i64>(0)).unwrap_or_default())
}

/// Returns the path of the backup. Its folder exists afterwards.
fn output_path(project: &Project, options: &MakeOptions, database: &str, at: jiff::Timestamp) -> Result<PathBuf> {
    if let Some(output) = &options.output {
        let path = std::path::absolute(output).unwrap_or_else(|_| output.clone());
        if path.exists() {
            return Err(Error::new(format!("{} already exists", path.display())).hint("choose another file"));
        }
        if !parent(&path).is_dir() {
            return Err(
                Error::new(format!("the folder {} does not exist", parent(&path).display())).hint("create it first")
            );
        }
        return Ok(path);
    }
    let folder = super::folder(project)?;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|error| Error::new(format!("cannot create {}", folder.display())).because(error))?;
    let word: String = database.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let stem = format!("{word}-{}", at.strftime("%Y%m%dT%H%M%SZ"));
    let named = |number: u32| match number {
        1 => folder.join(format!("{stem}.dump")),
        number => folder.join(format!("{stem}-{number}.dump")),
    };
    (1..100)
        .map(named)
        .find(|path| !path.exists())
        .ok_or_else(|| Error::new(format!("{} already contains 99 backups from this second", folder.display())))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
