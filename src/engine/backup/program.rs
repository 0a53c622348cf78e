//! Finds a `pg_dump` or `pg_restore` that is compatible with a server.

use std::path::{Path, PathBuf};

use crate::engine::connection::HostEnvironment;
use crate::engine::connection::parse_major;
use crate::engine::connection::programs::{self, install_command};
use crate::engine::{Error, ErrorKind, Result};

/// A program and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientProgram {
    pub path: PathBuf,
    /// For example `15.18`.
    pub version: String,
    pub major: u32,
}

/// Finds an installed program of this major version or a newer one; of several, the oldest.
///
/// # Errors
/// When there is none. The hint is the install command of the platform.
pub fn find(name: &str, oldest: u32) -> Result<ClientProgram> {
    let environment = HostEnvironment::of_process();
    let found: Vec<ClientProgram> =
        programs::folders(&environment).iter().filter_map(|folder| at(&folder.join(name))).collect();
    let newest = found.iter().max_by_key(|program| program.major).map(|program| program.version.clone());
    let compatible = found.into_iter().filter(|program| program.major >= oldest).min_by_key(|program| program.major);
    compatible.ok_or_else(|| not_found(name, oldest, newest.as_deref(), &environment))
}

fn at(path: &Path) -> Option<ClientProgram> {
    // Debian's programs in PATH choose a version themselves. The real programs are in the folder of the server.
    let real = std::fs::canonicalize(path).ok()?;
    if real.file_name().is_some_and(|name| name == "pg_wrapper") {
        return None;
    }
    let text = programs::output_of(path, "--version")?;
    let version = programs::read_version(&text)?;
    Some(ClientProgram { path: path.to_owned(), major: parse_major(&version)?, version })
}

fn not_found(name: &str, oldest: u32, newest: Option<&str>, environment: &HostEnvironment) -> Error {
    let message = match newest {
        Some(newest) => format!("{name} {newest} is too old for PostgreSQL {oldest}"),
        None => format!("{name} was not found on this machine"),
    };
    let how = install_command().map_or_else(|| "your package manager".to_owned(), |command| format!("`{command}`"));
    let hint = match &environment.postgres_programs {
        Some(folder) => format!(
            "LIMBECK_POSTGRES_BIN is set, so only {} is searched: set it to a folder that has {name} {oldest} or newer",
            folder.display()
        ),
        None => format!("install the client programs of PostgreSQL {oldest} or newer, for example with {how}"),
    };
    Error::of(ErrorKind::Failed, message).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_for_a_missing_program_has_a_hint() {
        let error = not_found("pg_dump", 17, Some("15.18"), &HostEnvironment::default());
        assert_eq!(error.message, "pg_dump 15.18 is too old for PostgreSQL 17");
        assert!(error.hint.unwrap().starts_with("install the client programs of PostgreSQL 17 or newer"));
        let only = HostEnvironment { postgres_programs: Some("/x".into()), ..HostEnvironment::default() };
        let error = not_found("pg_restore", 15, None, &only);
        assert!(error.message.contains("was not found") && error.hint.unwrap().contains("LIMBECK_POSTGRES_BIN"));
    }
}
