//! Scripts whose text is not the one that a database has run.

use std::sync::Arc;

use super::Run;
use crate::core::finding::{Check, CheckCode, CheckName, Finding};
use crate::core::graph::RevisionId;
use crate::core::script::first_different_line;
use crate::core::text::plural;
use crate::engine::open::open;
use crate::engine::project::{DatabaseLocation, ScriptFile};
use crate::engine::state::ledger::Ledger;
use crate::engine::state::script_status::{find_edited, read_script_hashes};
use crate::engine::{ErrorKind, Result};

impl Run<'_> {
    /// Compares the scripts with the ledger of the database, if one is configured and answers.
    pub(super) async fn check_edited(&self) -> Check {
        let skip = |reason: String| Check::skipped(CheckName::Edited, reason);
        let connect = &self.options.connect;
        match self.project.locate(connect) {
            // The private server of the project is a database for development: it is not started for this.
            Ok(DatabaseLocation::Embedded) if !connect.embedded => {
                return skip("the database is limbeck's own; add --embedded to check it".to_owned());
            }
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::NoDatabase => {
                return skip("no database is configured".to_owned());
            }
            Err(error) => return skip(error.message),
        }
        match Box::pin(self.find_edited()).await {
            Ok(check) => check,
            Err(error) => skip(error.message),
        }
    }

    async fn find_edited(&self) -> Result<Check> {
        let target = open(self.project, &self.options.connect).await?;
        let session = target.connect("limbeck ci").await?;
        let client = session.client();
        let hashes = read_script_hashes(client).await?;
        let edited = find_edited(self.tree, &hashes);
        let edited: Vec<RevisionId> = self.chosen.iter().filter(|id| edited.contains(*id)).cloned().collect();
        let texts = match Ledger::find(client).await? {
            Some(ledger) if !edited.is_empty() => ledger.scripts(client, &edited).await?,
            _ => std::collections::HashMap::new(),
        };
        let files = edited.iter().filter_map(|id| self.tree.scripts.get(id));
        let findings = files.map(|file| finding(file, texts.get(file.script.revision.as_str())));
        let summary = format!("{} in the ledger", plural(hashes.len() as u64, "script"));
        Ok(Check::with(CheckName::Edited, findings.collect(), summary))
    }
}

fn finding(file: &Arc<ScriptFile>, ran: Option<&String>) -> Finding {
    let revision = &file.script.revision;
    let message = format!("the database has applied revision {revision} with another text");
    let line = ran.map_or(1, |ran| first_different_line(&file.text, ran));
    Finding::new(CheckCode::EditedScript, message).at(&file.path, Some(line))
}
