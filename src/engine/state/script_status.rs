//! Compares the ledger with the scripts on disk: which scripts were edited after they ran, and which are missing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio_postgres::Client;

use super::ledger::Ledger;
use crate::core::graph::RevisionId;
use crate::core::script::{to_ascii, with_unix_line_endings};
use crate::engine::Result;
use crate::engine::project::{ScriptFile, ScriptTree};

/// The SHA-256, in hexadecimal digits, of the text with which each revision was last upgraded. In the text, each line ends
/// with `\n`. Revisions that were downgraded since are not included.
pub type ScriptHashes = HashMap<String, String>;

/// The result of the comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptStatus {
    /// Revisions whose file differs from the text that last ran, whether they are applied or not.
    pub edited: HashSet<RevisionId>,
    /// The scripts of revisions that are applied but have no file.
    pub from_ledger: HashMap<RevisionId, Arc<ScriptFile>>,
}

/// Reads the hashes. Empty when there is no ledger.
///
/// # Errors
/// When the server cannot be reached, or the role may not read the ledger.
pub async fn read_script_hashes(client: &Client) -> Result<ScriptHashes> {
    match Ledger::find(client).await? {
        Some(ledger) => ledger.hashes(client).await,
        None => Ok(ScriptHashes::new()),
    }
}

/// Returns the revisions whose file differs from the text that last ran. Line endings do not count: Git can change them.
/// Computes a hash of every script, so do not call it on a thread that draws.
#[must_use]
pub fn find_edited(tree: &ScriptTree, hashes: &ScriptHashes) -> HashSet<RevisionId> {
    let is_edited = |file: &&Arc<ScriptFile>| {
        hashes.get(file.script.revision.as_str()).is_some_and(|ran| !is_text(ran, &file.text))
    };
    tree.scripts.values().filter(is_edited).map(|file| file.script.revision.clone()).collect()
}

/// Whether the hash is of this text, or of the text that the ledger stores if the encoding of the database does not have
/// all of its characters.
fn is_text(hash: &str, text: &str) -> bool {
    let text = with_unix_line_endings(text);
    hash == sha256_hex(&text) || (!text.is_ascii() && hash == sha256_hex(&to_ascii(&text)))
}

fn sha256_hex(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::script::Script;

    #[test]
    fn a_file_is_edited_when_its_text_differs_from_the_ledger() {
        let text = "-- one\n--\n-- Revision ID: aaaa00000001\n-- Revises:\n\n-- @upgrade\nSELECT 1;\n";
        let file = ScriptFile { path: "a.sql".into(), text: text.into(), script: Script::parse(text).unwrap() };
        let id = file.script.revision.clone();
        let tree = ScriptTree::from_scripts(vec![Arc::new(file)], Vec::new());
        let ran = |hash: &str| ScriptHashes::from([(id.to_string(), hash.to_owned())]);
        assert!(find_edited(&tree, &ScriptHashes::new()).is_empty());
        assert!(find_edited(&tree, &ran(&sha256_hex(text))).is_empty());
        assert_eq!(find_edited(&tree, &ran(&sha256_hex(""))), HashSet::from([id.clone()]));
        let windows = ScriptFile {
            path: "a.sql".into(),
            text: text.replace('\n', "\r\n").into(),
            script: Script::parse(text).unwrap(),
        };
        let tree = ScriptTree::from_scripts(vec![Arc::new(windows)], Vec::new());
        assert!(find_edited(&tree, &ran(&sha256_hex(text))).is_empty());
        assert_eq!(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
