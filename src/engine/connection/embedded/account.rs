//! The user that the server runs as: PostgreSQL refuses root.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::file_error::file_error;
use crate::engine::connection::directories::HostEnvironment;
use crate::engine::{Error, Result};

/// Users without privileges that root runs the server as, in order.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// An unprivileged user and its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// The user to change to; `None` when limbeck does not run as root and the server runs as the same user.
    ///
    /// # Errors
    /// When root finds no such user.
    pub fn find(surroundings: &HostEnvironment) -> Result<Option<Self>> {
        if !surroundings.root {
            return Ok(None);
        }
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let account = CANDIDATES.iter().find_map(|name| Self::read(&passwd, name));
        account.map(Some).ok_or_else(|| {
            Error::new("PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as")
                .hint("run limbeck as an ordinary user, or make a user: `useradd --system postgres`")
        })
    }

    fn read(passwd: &str, name: &str) -> Option<Self> {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        let account = Self { uid: number(fields.next()?)?, gid: number(fields.next()?)? };
        (account.uid != 0).then_some(account)
    }
}

/// macOS writes `nobody` as -2.
fn number(text: &str) -> Option<u32> {
    let number: i64 = text.parse().ok()?;
    u32::try_from(number).or_else(|_| i32::try_from(number).map(i32::cast_unsigned)).ok()
}

/// Makes the command run as the account, where there is one.
pub fn run_as(command: &mut Command, account: Option<Account>) -> &mut Command {
    if let Some(account) = account {
        // Together these drop root's supplementary groups too.
        command.gid(account.gid).uid(account.uid);
    }
    command
}

/// Gives a file or folder to the account, where there is one.
///
/// # Errors
/// When the owner cannot be changed.
pub fn give(path: &Path, account: Option<Account>) -> Result<()> {
    let Some(account) = account else { return Ok(()) };
    chown(path, Some(account.uid), Some(account.gid)).map_err(|error| file_error("change the owner of", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_and_root_is_never_one() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgres:x:101:104::/var/lib:/bin/sh\nnobody:*:-2:-2::/:/bin/sh\n\
                      toor:x:0:0::/:/bin/sh\nbroken:x\n";
        assert_eq!(Account::read(passwd, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(Account::read(passwd, "nobody"), Some(Account { uid: 4_294_967_294, gid: 4_294_967_294 }));
        for name in ["toor", "broken", "post", "absent"] {
            assert_eq!(Account::read(passwd, name), None, "{name}");
        }
    }
}
