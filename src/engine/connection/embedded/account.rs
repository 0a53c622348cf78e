//! The user that runs the server. PostgreSQL refuses to run as root.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::file_error::file_error;
use crate::engine::connection::directories::HostEnvironment;
use crate::engine::{Error, Result};

/// Unprivileged users that run the server when limbeck runs as root, in order of preference.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// An unprivileged user and its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// Returns the user to switch to. `None` when limbeck does not run as root and the server runs as the same user.
    ///
    /// # Errors
    /// When limbeck runs as root and neither user exists.
    pub fn find(environment: &HostEnvironment) -> Result<Option<Self>> {
        if !environment.root {
            return Ok(None);
        }
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let account = CANDIDATES.iter().find_map(|name| Self::read(&passwd, name));
        account.map(Some).ok_or_else(|| {
            Error::new("PostgreSQL does not run as root, and the users `postgres` and `nobody` do not exist")
                .hint("run limbeck as another user, or create a user: `useradd --system postgres`")
        })
    }

    fn read(passwd: &str, name: &str) -> Option<Self> {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        let account = Self { uid: parse_id(fields.next()?)?, gid: parse_id(fields.next()?)? };
        (account.uid != 0).then_some(account)
    }
}

/// Parses a user id. macOS writes -2 for `nobody`.
fn parse_id(text: &str) -> Option<u32> {
    let parse_id: i64 = text.parse().ok()?;
    u32::try_from(parse_id).or_else(|_| i32::try_from(parse_id).map(i32::cast_unsigned)).ok()
}

/// Makes a command run as the account, if there is one.
pub fn run_as(command: &mut Command, account: Option<Account>) -> &mut Command {
    if let Some(account) = account {
        // Setting both also drops root's supplementary groups.
        command.gid(account.gid).uid(account.uid);
    }
    command
}

/// Changes the owner of a file or folder to the account, if there is one.
///
/// # Errors
/// When the owner cannot be changed.
pub fn change_owner(path: &Path, account: Option<Account>) -> Result<()> {
    let Some(account) = account else { return Ok(()) };
    chown(path, Some(account.uid), Some(account.gid)).map_err(|error| file_error("change the owner of", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_and_root_is_never_used() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgres:x:101:104::/var/lib:/bin/sh\nnobody:*:-2:-2::/:/bin/sh\n\
                      toor:x:0:0::/:/bin/sh\nbroken:x\n";
        assert_eq!(Account::read(passwd, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(Account::read(passwd, "nobody"), Some(Account { uid: 4_294_967_294, gid: 4_294_967_294 }));
        for name in ["toor", "broken", "post", "absent"] {
            assert_eq!(Account::read(passwd, name), None, "{name}");
        }
    }
}
