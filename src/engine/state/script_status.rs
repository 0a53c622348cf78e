//! What the ledger says of the scripts on disk: which were edited after they ran, and those that are gone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio_postgres::Client;

use super::ledger::Ledger;
use crate::core::graph::RevisionId;
use crate::engine::Result;
use crate::engine::project::{ScriptFile, ScriptTree};

/// The SHA-256 of the text with which each revision was last upgraded, in hexadecimal digits; none for those
/// that were downgraded since.
pub type ScriptHashes = HashMap<String, String>;

/// The ledger beside the scripts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptStatus {
    /// Revisions whose file is not what last ran, whether they are applied or not.
    pub edited: HashSet<RevisionId>,
    /// The scripts of revisions that the database holds and no file has.
    pub recalled: HashMap<RevisionId, Arc<ScriptFile>>,
}

/// Reads the hashes; none where there is no ledger.
///
/// # Errors
/// When the server cannot be asked, or the role may not read the ledger.
pub async fn read_script_hashes(client: &Client) -> Result<ScriptHashes> {
    match Ledger::find(client).await? {
        Some(ledger) => ledger.hashes(client).await,
        None => Ok(ScriptHashes::new()),
    }
}

/// The revisions whose file is not what last ran. Reads every script that ever ran: not for a thread that draws.
#[must_use]
pub fn find_edited(tree: &ScriptTree, hashes: &ScriptHashes) -> HashSet<RevisionId> {
    let differs = |file: &&Arc<ScriptFile>| {
        hashes.get(file.script.revision.as_str()).is_some_and(|ran| *ran != hexadecimal(&file.text))
    };
    tree.scripts.values().filter(differs).map(|file| file.script.revision.clone()).collect()
}

fn hexadecimal(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::script::Script;

    #[test]
    fn a_file_is_edited_when_its_text_is_not_what_ran() {
        let text = "-- one\n--\n-- Revision ID: aaaa00000001\n-- Revises:\n\n-- @upgrade\nSELECT 1;\n";
        let file = ScriptFile { path: "a.sql".into(), text: text.into(), script: Script::parse(text).unwrap() };
        let id = file.script.revision.clone();
        let tree = ScriptTree::from_scripts(vec![Arc::new(file)], Vec::new());
        let ran = |hash: &str| ScriptHashes::from([(id.to_string(), hash.to_owned())]);
        assert!(find_edited(&tree, &ScriptHashes::new()).is_empty());
        assert!(find_edited(&tree, &ran(&hexadecimal(text))).is_empty());
        assert_eq!(find_edited(&tree, &ran(&hexadecimal(""))), HashSet::from([id]));
        assert_eq!(hexadecimal(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
