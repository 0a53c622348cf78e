//! One head, or several heads that commute.

use super::{CiEvent, Run};
use crate::core::finding::{Check, CheckName};
use crate::core::text::plural;
use crate::engine::conflicts::{compare_branches, find_pairs};
use crate::engine::findings::{conflict_findings, upgrade_failure};
use crate::engine::{ErrorKind, Result, Target};

impl Run<'_> {
    /// Runs each pair of heads in both orders. Also returns whether the schema of all heads is certain: there is one head,
    /// or the heads commute.
    pub(super) async fn check_heads(&self, target: &Target) -> Result<(Check, bool)> {
        let heads = self.tree.graph.heads();
        let names: Vec<&str> = heads.iter().map(|id| id.as_str()).collect();
        let summary = match names.as_slice() {
            [] => "no revision".to_owned(),
            [only] => (*only).to_owned(),
            names => format!("{}: {}", plural(names.len() as u64, "head"), names.join(", ")),
        };
        if heads.len() < 2 {
            return Ok((Check::with(CheckName::Heads, Vec::new(), summary), true));
        }
        let pairs = find_pairs(self.tree, &[], &[])?;
        let report = |event| (self.report_event)(CiEvent::Conflicts(event));
        let (project, tree, download) = (self.project, self.tree, self.options.download);
        let compared = Box::pin(compare_branches(project, tree, target, &pairs, download, &report, self.cancel)).await;
        let compared = match compared {
            Ok(compared) => compared,
            Err(error) if error.kind == ErrorKind::Failed => {
                // A revision below the branches fails. The check `verify` says so, unless it does not check the revision.
                let Some(finding) = upgrade_failure(tree, &error) else { return Err(error) };
                return Ok((Check::with(CheckName::Heads, vec![finding], summary), false));
            }
            Err(error) => return Err(error),
        };
        let changed = self.options.since.as_ref().map(|_| self.chosen_set());
        let check = Check::with(CheckName::Heads, conflict_findings(tree, &compared, changed.as_ref()), summary);
        let is_certain = check.passed();
        Ok((check, is_certain))
    }
}
