//! Finds a `pg_dump` and a `pg_restore` that fit a server.

use std::path::{Path, PathBuf};

use super::record::major;
use crate::engine::connection::HostEnvironment;
use crate::engine::connection::programs::{self, install_command};
use crate::engine::{Error, ErrorKind, Result};

/// A program of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientProgram {
    pub path: PathBuf,
    /// e.g. `15.18`.
    pub version: String,
    pub major: u32,
}

/// Finds a program that is no older than a major version: of the nearest that is there.
///
/// # Errors
/// When there is none; the hint is the platform's own install command.
pub fn find(name: &str, oldest: u32) -> Result<ClientProgram> {
    let surroundings = HostEnvironment::of_process();
    let found: Vec<ClientProgram> =
        programs::folders(&surroundings).iter().filter_map(|folder| at(&folder.join(name))).collect();
    let newest = found.iter().max_by_key(|program| program.major).map(|program| program.version.clone());
    let fit = found.into_iter().filter(|program| program.major >= oldest).min_by_key(|program| program.major);
    fit.ok_or_else(|| not_found(name, oldest, newest.as_deref(), &surroundings))
}

fn at(path: &Path) -> Option<ClientProgram> {
    // Debian's programs on the path choose a version by themselves; the real ones lie beside the server's.
    let real = std::fs::canonicalize(path).ok()?;
    if real.file_name().is_some_and(|name| name == "pg_wrapper") {
        return None;
    }
    let text = programs::output_of(path, "--version")?;
    let version = programs::read_version(&text)?;
    Some(ClientProgram { path: path.to_owned(), major: major(&version)?, version })
}

fn not_found(name: &str, oldest: u32, newest: Option<&str>, surroundings: &HostEnvironment) -> Error {
    let message = match newest {
        Some(newest) => format!("{name} {newest} is too old for PostgreSQL {oldest}"),
        None => format!("{name} was not found on this machine"),
    };
    let how = install_command().map_or_else(|| "your package manager".to_owned(), |command| format!("`{command}`"));
    let hint = match &surroundings.postgres_programs {
        Some(folder) => format!(
            "only {} is looked into, as LIMBECK_POSTGRES_BIN says: name a folder that has {name} {oldest} or newer",
            folder.display()
        ),
        None => format!("install PostgreSQL {oldest}'s or newer client programs, e.g. with {how}"),
    };
    Error::of(ErrorKind::Failed, message).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_what_to_do() {
        let error = not_found("pg_dump", 17, Some("15.18"), &HostEnvironment::default());
        assert_eq!(error.message, "pg_dump 15.18 is too old for PostgreSQL 17");
        assert!(error.hint.unwrap().starts_with("install PostgreSQL 17's or newer"));
        let only = HostEnvironment { postgres_programs: Some("/x".into()), ..HostEnvironment::default() };
        let error = not_found("pg_restore", 15, None, &only);
        assert!(error.message.contains("was not found") && error.hint.unwrap().contains("LIMBECK_POSTGRES_BIN"));
    }
}
