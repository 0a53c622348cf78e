//! Passes connection parameters to PostgreSQL's programs in libpq's environment variables.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::Command;

use super::{ConnInfo, Endpoint};
use crate::engine::connection::server_info::ServerInfo;
use crate::engine::connection::tls::TrustedRoots;

/// The section of the service file.
const SERVICE: &str = "limbeck";

/// Variables that would override those that are set here.
const OVERRIDING_VARIABLES: [&str; 4] = ["PGSERVICE", "PGHOSTADDR", "PGOPTIONS", "PGPASSWORD"];

impl ConnInfo {
    /// Sets the environment variables of a program. The password is passed in the environment, because other users can
    /// read the arguments of a process.
    pub fn export(&self, command: &mut Command) {
        for name in OVERRIDING_VARIABLES {
            command.env_remove(name);
        }
        let all = |text: &dyn Fn(&Endpoint) -> String| self.endpoints.iter().map(text).collect::<Vec<_>>().join(",");
        command.env("PGHOST", all(&Endpoint::host_name)).env("PGPORT", all(&|endpoint| endpoint.port.to_string()));
        if self.endpoints.iter().any(|endpoint| endpoint.address.is_some()) {
            let address = |endpoint: &Endpoint| endpoint.address.map(|at| at.to_string()).unwrap_or_default();
            command.env("PGHOSTADDR", all(&address));
        }
        command.env("PGUSER", &self.user).env("PGDATABASE", &self.database);
        let password = self.endpoints.first().and_then(|endpoint| self.password_for(endpoint));
        if let Some(password) = password {
            command.env("PGPASSWORD", OsString::from_vec(password.reveal().to_vec()));
        }
        if let Some(options) = &self.options {
            command.env("PGOPTIONS", options);
        }
        command.env("PGSSLMODE", self.tls.mode.name());
        match &self.tls.roots {
            TrustedRoots::System => _ = command.env("PGSSLROOTCERT", "system"),
            TrustedRoots::File(path) => _ = command.env("PGSSLROOTCERT", path),
            TrustedRoots::None(_) => {}
        }
        if let (Some(certificate), Some(key)) = (&self.tls.certificate, &self.tls.key) {
            command.env("PGSSLCERT", certificate).env("PGSSLKEY", key);
            if let Some(path) = self.service_file() {
                command.env("PGSERVICEFILE", path).env("PGSERVICE", SERVICE);
            }
        }
        if let Some(list) = &self.tls.revoked {
            command.env("PGSSLCRL", list);
        }
        if let Some(folder) = &self.tls.revoked_folder {
            command.env("PGSSLCRLDIR", folder);
        }
        command.env("PGCONNECT_TIMEOUT", self.connect_timeout.map_or(0, |limit| limit.as_secs()).to_string());
    }
}

impl ConnInfo {
    /// Returns a service file with the password of the key, for which libpq has no environment variable. It is removed
    /// with the last copy of these parameters. `None` if there is no password, or the file cannot be written: then the
    /// program itself reports that it cannot read the key.
    fn service_file(&self) -> Option<&Path> {
        let password = self.tls.key_password.as_ref()?.reveal();
        if self.service_file.get().is_none() {
            let mut file = tempfile::Builder::new().prefix(".limbeck-service-").tempfile().ok()?;
            let section = [format!("[{SERVICE}]\nsslpassword=").as_bytes(), password, b"\n"].concat();
            file.write_all(&section).ok()?;
            // Another thread may have written one first.
            let _ = self.service_file.set(file);
        }
        self.service_file.get().map(tempfile::NamedTempFile::path)
    }

    /// Like [`Self::export`], but for the host that a session is connected to.
    pub fn export_at(&self, command: &mut Command, server: &ServerInfo) {
        self.export(command);
        let is_connected = |endpoint: &&Endpoint| endpoint.host_name() == server.host && endpoint.port == server.port;
        let Some(endpoint) = self.endpoints.iter().find(is_connected).filter(|_| self.endpoints.len() > 1) else {
            return;
        };
        command.env("PGHOST", endpoint.host_name()).env("PGPORT", endpoint.port.to_string());
        match endpoint.address {
            Some(address) => command.env("PGHOSTADDR", address.to_string()),
            None => command.env_remove("PGHOSTADDR"),
        };
        match self.password_for(endpoint) {
            Some(password) => command.env("PGPASSWORD", OsString::from_vec(password.reveal().to_vec())),
            None => command.env_remove("PGPASSWORD"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::connection::Variables;

    #[test]
    fn the_password_of_a_key_is_exported_in_a_private_file() {
        use std::os::unix::fs::PermissionsExt;
        let url = "host=one user=me sslmode=require sslcert=/c sslkey=/k sslpassword=hunter2 connect_timeout=7";
        let conninfo = ConnInfo::resolve(Some(url), &Variables::default()).unwrap();
        let mut command = Command::new("pg_dump");
        conninfo.export(&mut command);
        let value = |wanted: &str| {
            let mut all = command.get_envs().filter(|(name, _)| *name == wanted);
            all.next().and_then(|(_, value)| value).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(value("PGCONNECT_TIMEOUT").as_deref(), Some("7"));
        assert_eq!(value("PGSERVICE").as_deref(), Some("limbeck"));
        let file = value("PGSERVICEFILE").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "[limbeck]\nsslpassword=hunter2\n");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        drop(conninfo);
        assert!(!std::path::Path::new(&file).exists());
    }

    #[test]
    fn all_parameters_are_exported() {
        let url = "postgresql://me:p%20w@one:5433,two/app?sslmode=require&options=-c%20x.y=1";
        let conninfo = ConnInfo::resolve(Some(url), &Variables::default()).unwrap();
        let mut command = Command::new("pg_dump");
        conninfo.export(&mut command);
        let exported: Vec<String> = command
            .get_envs()
            .filter_map(|(name, value)| Some(format!("{}={}", name.to_str()?, value?.to_str()?)))
            .collect();
        let expected = ["PGDATABASE=app", "PGHOST=one,two", "PGOPTIONS=-c x.y=1", "PGPASSWORD=p w", "PGPORT=5433,5432"];
        for line in expected.into_iter().chain(["PGSSLMODE=require", "PGUSER=me"]) {
            assert!(exported.iter().any(|variable| variable == line), "{line} in {exported:?}");
        }
    }
}
