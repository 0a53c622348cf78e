//! Connection service files: `[name]` sections of `keyword=value` lines.

use std::path::{Path, PathBuf};

use super::variables::Variables;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::{Error, Result};

/// Folders of the system-wide service file when `PGSYSCONFDIR` is not set.
const SYSTEM_FOLDERS: &[&str] = &["/etc/postgresql-common", "/etc/postgresql", "/etc/sysconfig/pgsql"];

/// One line of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub keyword: String,
    pub value: String,
    pub line: usize,
}

/// The section of one service.
pub(super) struct ServiceSection {
    pub path: PathBuf,
    pub settings: Vec<Setting>,
}

/// Finds a service in the user's file, then in the system-wide file.
///
/// # Errors
/// When no file has the service, or the file that has it cannot be read.
pub(super) fn find(service: &str, file: Option<&str>, variables: &Variables) -> Result<ServiceSection> {
    let mut searched = Vec::new();
    for path in candidates(file, variables) {
        let text = match files::read_text(&path, SIZE_LIMIT) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(Error::new(format!("the service file {} cannot be read", path.display())).because(error));
            }
        };
        if let Some(settings) = section(&text, service).map_err(|line| line_error(&path, line))? {
            return Ok(ServiceSection { path, settings });
        }
        searched.push(path.display().to_string());
    }
    let error = Error::new(format!("the service `{service}` is not defined"));
    Err(if searched.is_empty() {
        error.hint("there is no service file; create ~/.pg_service.conf, or set PGSERVICEFILE")
    } else {
        error.hint(format!("add a section [{service}] to {}", searched.join(" or ")))
    })
}

fn candidates(file: Option<&str>, variables: &Variables) -> Vec<PathBuf> {
    let user = match file {
        Some(file) => Some(PathBuf::from(file)),
        None => variables.home.as_ref().map(|home| home.join(".pg_service.conf")),
    };
    let system = match variables.get("PGSYSCONFDIR") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => SYSTEM_FOLDERS.iter().map(PathBuf::from).collect(),
    };
    user.into_iter().chain(system.into_iter().map(|folder| folder.join("pg_service.conf"))).collect()
}

fn line_error(path: &Path, line: usize) -> Error {
    Error::new(format!("line {line} of {} cannot be read", path.display()))
        .hint("a service file has [name] lines and keyword=value lines; a service cannot refer to another service")
}

/// Returns the settings of one section. The error is the number of the line that cannot be parsed.
fn section(text: &str, service: &str) -> Result<Option<Vec<Setting>>, usize> {
    let mut settings = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            if settings.is_some() {
                break;
            }
            if header.strip_prefix(service).is_some_and(|rest| rest.starts_with(']')) {
                settings = Some(Vec::new());
            }
        } else if let Some(settings) = &mut settings {
            let (keyword, value) = line.split_once('=').ok_or(number)?;
            if keyword.is_empty() || keyword == "service" || keyword == "servicefile" {
                return Err(number);
            }
            settings.push(Setting { keyword: keyword.to_owned(), value: value.to_owned(), line: number });
        }
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# all of them\n\n[other]\nhost=elsewhere\n[mine]\nhost=here\n  port=5433 \npassword=a=b c\n# no\n[last]\nbroken\n";

    fn read(service: &str) -> Result<Option<Vec<(String, String)>>, usize> {
        section(FILE, service)
            .map(|found| found.map(|all| all.into_iter().map(|setting| (setting.keyword, setting.value)).collect()))
    }

    #[test]
    fn a_section_ends_at_the_next_header() {
        let pair = |keyword: &str, value: &str| (keyword.to_owned(), value.to_owned());
        assert_eq!(read("mine"), Ok(Some(vec![pair("host", "here"), pair("port", "5433"), pair("password", "a=b c")])));
        assert_eq!(read("other"), Ok(Some(vec![pair("host", "elsewhere")])));
        assert_eq!(read("min"), Ok(None));
        assert_eq!(read("last"), Err(11));
        assert_eq!(section("[a]\nservice=b\n", "a"), Err(2));
    }

    #[test]
    fn the_users_file_has_precedence_over_the_system_file() {
        let folder = tempfile::tempdir().unwrap();
        let system = folder.path().join("etc");
        std::fs::create_dir(&system).unwrap();
        std::fs::write(system.join("pg_service.conf"), "[both]\nhost=system\n[only]\nhost=system\n").unwrap();
        std::fs::write(folder.path().join(".pg_service.conf"), "[both]\nhost=user\n").unwrap();
        let variables = Variables {
            environment: [("PGSYSCONFDIR".to_owned(), system.display().to_string())].into(),
            home: Some(folder.path().to_owned()),
        };
        let host = |service| find(service, None, &variables).map(|section| section.settings[0].value.clone());
        assert_eq!(host("both").unwrap(), "user");
        assert_eq!(host("only").unwrap(), "system");
        let report = host("none").err().unwrap().report();
        assert!(report.contains("the service `none` is not defined"), "{report}");
    }
}
