//! PostgreSQL's programs on this machine: where they are, their version, and how to install them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::directories::HostEnvironment;
use crate::engine::{Error, ErrorKind, Result};

/// The supported major versions of PostgreSQL.
pub const MAJORS: std::ops::RangeInclusive<u32> = 13..=18;

/// A folder with `initdb` and `postgres` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    pub folder: PathBuf,
    /// For example `15`.
    pub major: u32,
    /// For example `15.18`.
    pub version: String,
}

impl Programs {
    /// Finds the programs of a major version, or of the newest supported version.
    ///
    /// # Errors
    /// When they are not installed. The hint is the install command of the platform.
    pub fn find(environment: &HostEnvironment, major: Option<u32>) -> Result<Self> {
        Self::choose(Self::all(environment), environment, major)
    }

    /// Like [`Self::find`], in a list that was found before.
    ///
    /// # Errors
    /// When no version in the list matches.
    pub fn choose(found: Vec<Self>, environment: &HostEnvironment, major: Option<u32>) -> Result<Self> {
        let matching = found.into_iter().find(|programs| major.is_none_or(|major| programs.major == major));
        matching.ok_or_else(|| not_found(environment, major))
    }

    /// Returns every usable folder, the newest version first. Folders of the same version keep the search order.
    #[must_use]
    pub fn all(environment: &HostEnvironment) -> Vec<Self> {
        let folders = folders(environment);
        let mut found: Vec<Self> = folders.iter().filter_map(|folder| Self::at(folder)).collect();
        found.sort_by_key(|programs| std::cmp::Reverse(programs.major));
        found
    }

    /// Returns the programs in a folder, if it has `initdb` and `postgres` of a supported version.
    #[must_use]
    pub fn at(folder: &Path) -> Option<Self> {
        if !["initdb", "postgres"].iter().all(|name| folder.join(name).is_file()) {
            return None;
        }
        let version = read_version(&output_of(&folder.join("postgres"), "--version")?)?;
        let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
        let major = version.get(..digits)?.parse().ok()?;
        MAJORS.contains(&major).then(|| Self { folder: folder.to_owned(), major, version })
    }

    /// The path of one program.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Returns the folders that may contain PostgreSQL's programs.
#[must_use]
pub fn folders(environment: &HostEnvironment) -> Vec<PathBuf> {
    match &environment.postgres_programs {
        Some(folder) => vec![folder.clone()],
        None => candidates(environment),
    }
}

/// Returns the command that installs PostgreSQL on this platform, if the platform is known.
#[must_use]
pub fn install_command() -> Option<&'static str> {
    if cfg!(target_os = "macos") {
        return Some("brew install postgresql@18");
    }
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    install_command_for(&release)
}

fn not_found(environment: &HostEnvironment, major: Option<u32>) -> Error {
    if let Some(folder) = &environment.postgres_programs {
        let (oldest, newest) = (MAJORS.start(), MAJORS.end());
        let versions = major.map_or_else(|| format!("{oldest} to {newest}"), |major| major.to_string());
        return Error::new(format!(
            "LIMBECK_POSTGRES_BIN has no initdb and postgres of version {versions}: {}",
            folder.display()
        ))
        .hint("set it to the folder that has both programs (`pg_config --bindir` prints it), or unset LIMBECK_POSTGRES_BIN");
    }
    let version = major.map(|major| format!(" {major}")).unwrap_or_default();
    let message = format!("PostgreSQL{version}'s programs (initdb, postgres) were not found on this machine");
    Error::of(ErrorKind::NoPrograms, message).hint(install_hint(install_command()))
}

fn install_hint(command: Option<&str>) -> String {
    let how = command.map_or_else(|| "your package manager".to_owned(), |command| format!("`{command}`"));
    format!("install them with {how}, or let limbeck download them with `--yes`")
}

fn candidates(environment: &HostEnvironment) -> Vec<PathBuf> {
    let path: Vec<PathBuf> = std::env::split_paths(&environment.path).filter(|folder| folder.is_absolute()).collect();
    let mut folders = path.clone();
    let configuration = path.iter().map(|folder| folder.join("pg_config")).find(|program| program.is_file());
    folders.extend(configuration.and_then(|program| output_of(&program, "--bindir")).map(PathBuf::from));
    for (parent, prefix, below) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
        ("/usr/libexec", "postgresql", ""),
    ] {
        folders.extend(numbered(Path::new(parent), prefix, below));
    }
    if let Ok(data) = environment.data_folder() {
        folders.extend(numbered(&data.join("postgresql"), "", "bin"));
    }
    let mut seen = std::collections::HashSet::new();
    folders.retain(|folder| seen.insert(std::fs::canonicalize(folder).unwrap_or_else(|_| folder.clone())));
    folders
}

/// Returns the folders `<parent>/<prefix><number>…/<below>`.
fn numbered(parent: &Path, prefix: &str, below: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries
        .filter(|entry| {
            let name = entry.file_name();
            let rest = name.to_str().and_then(|name| name.strip_prefix(prefix));
            rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
        .map(|entry| entry.path().join(below))
        .collect();
    folders.sort();
    folders.reverse();
    folders
}

/// Runs a program with one argument and returns its output. `None` when it fails.
pub(in crate::engine) fn output_of(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).current_dir("/").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Returns the version in the output of `--version`: `postgres (PostgreSQL) 15.18 (Debian …)` → `15.18`.
pub(in crate::engine) fn read_version(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("(PostgreSQL) ")?;
    rest.split_whitespace().next().map(str::to_owned)
}

fn install_command_for(os_release: &str) -> Option<&'static str> {
    let value = |key: &str| {
        let line = os_release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches(['"', '\'']).to_owned()
    };
    let families = format!("{} {}", value("ID"), value("ID_LIKE"));
    families.split_whitespace().find_map(|family| match family {
        "debian" | "ubuntu" => Some("sudo apt-get install postgresql"),
        "fedora" | "rhel" | "centos" => Some("sudo dnf install postgresql-server"),
        "arch" => Some("sudo pacman -S postgresql"),
        "alpine" => Some("apk add postgresql"),
        "suse" | "opensuse" => Some("sudo zypper install postgresql-server"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Creates a folder with programs that print this version.
    fn fake(parent: &Path, name: &str, version: &str) -> PathBuf {
        let folder = parent.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for program in ["initdb", "postgres"] {
            let path = folder.join(program);
            std::fs::write(&path, format!("#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }

    #[test]
    fn versions_are_read() {
        for (text, version) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", Some("15.18")),
            ("postgres (PostgreSQL) 18.1", Some("18.1")),
            ("postgres (PostgreSQL) 18beta2", Some("18beta2")),
            ("some other program", None),
        ] {
            assert_eq!(read_version(text).as_deref(), version, "{text}");
        }
    }

    #[test]
    fn the_newest_supported_version_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let folders = [("a", "13.20"), ("b", "17.6"), ("c", "99.1"), ("d", "12.3"), ("e", "18beta2")];
        let paths: Vec<_> = folders.iter().map(|(name, version)| fake(folder.path(), name, version)).collect();
        let environment = HostEnvironment {
            path: std::env::join_paths(&paths).unwrap(),
            data: Some(folder.path().to_owned()),
            ..HostEnvironment::default()
        };
        let all = Programs::all(&environment);
        assert!(all.iter().all(|programs| MAJORS.contains(&programs.major)), "{all:?}");
        assert_eq!(Programs::find(&environment, None).unwrap().version, "18beta2");
        assert_eq!(Programs::find(&environment, Some(17)).unwrap().folder, paths[1]);
        assert_eq!(Programs::find(&environment, Some(13)).unwrap().version, "13.20");
        let only = HostEnvironment { postgres_programs: Some(paths[0].clone()), ..environment.clone() };
        assert_eq!(Programs::find(&only, None).unwrap().major, 13);
        let downloaded = fake(folder.path(), "postgresql/16.4.0/bin", "16.4");
        assert_eq!(Programs::find(&environment, Some(16)).unwrap().folder, downloaded);
    }

    #[test]
    fn an_error_for_missing_programs_has_a_hint() {
        let empty = tempfile::tempdir().unwrap();
        let only = HostEnvironment { postgres_programs: Some(empty.path().to_owned()), ..HostEnvironment::default() };
        let error = Programs::find(&only, None).unwrap_err();
        assert!(error.message.contains("LIMBECK_POSTGRES_BIN"), "{error:?}");
        let error = not_found(&HostEnvironment::default(), Some(14));
        assert!(error.message.contains("PostgreSQL 14's programs"), "{error:?}");
        assert!(error.hint.unwrap().contains("--yes"));
    }

    #[test]
    fn every_platform_has_an_install_command() {
        for (release, word) in [
            ("ID=debian\n", "apt-get"),
            ("NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "apt-get"),
            ("ID=fedora\n", "dnf"),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", "dnf"),
            ("ID=arch\n", "pacman"),
            ("ID=alpine\n", "apk"),
            ("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", "zypper"),
        ] {
            assert!(install_command_for(release).unwrap().contains(word), "{release}");
        }
        assert_eq!(install_command_for("ID=templeos"), None);
        assert!(install_hint(None).contains("package manager"));
    }
}
