//! The results of a verification as findings.

use std::fmt::Write as _;

use super::full_message;
use crate::core::finding::{CheckCode, Finding};
use crate::core::graph::Direction;
use crate::core::script::Script;
use crate::engine::Error;
use crate::engine::project::ScriptTree;
use crate::engine::verify::{VerifiedRevision, VerifyReport};

/// How many differences a message names.
const SHOWN: usize = 3;

/// The revisions that were not proved. A revision that did not run because another one failed has no finding.
#[must_use]
pub fn verify_findings(tree: &ScriptTree, report: &VerifyReport) -> Vec<Finding> {
    let failed = report.revisions.iter().filter(|verified| !verified.is_proved());
    failed.filter_map(|verified| finding(tree, verified, report.back_to_base)).collect()
}

/// The finding of a revision whose upgrade failed while other revisions were checked. `None` if the error names no revision
/// that has a script.
#[must_use]
pub fn upgrade_failure(tree: &ScriptTree, error: &Error) -> Option<Finding> {
    let file = tree.script(error.revision.as_deref()?)?;
    let line = error.line.unwrap_or_else(|| file.script.direction_line(Direction::Upgrade));
    Some(Finding::new(CheckCode::UpgradeFails, full_message(error)).at(&file.path, Some(line)))
}

fn finding(tree: &ScriptTree, verified: &VerifiedRevision, back_to_base: bool) -> Option<Finding> {
    let file = tree.script(verified.revision.as_str())?;
    let (code, direction) = classify(&file.script, verified, back_to_base)?;
    let Some(error) = &verified.error else {
        let message = difference(verified);
        return Some(Finding::new(code, message).at(&file.path, Some(file.script.direction_line(direction))));
    };
    // The statement that failed may be in another script.
    let file = error.revision.as_deref().and_then(|id| tree.script(id)).unwrap_or(file);
    let line = error.line.unwrap_or_else(|| file.script.direction_line(direction));
    Some(Finding::new(code, full_message(error)).at(&file.path, Some(line)))
}

/// The code, and the direction whose code is at fault. `None` if another revision is at fault.
fn classify(script: &Script, verified: &VerifiedRevision, back_to_base: bool) -> Option<(CheckCode, Direction)> {
    let VerifiedRevision { up, down, again, error, note, .. } = verified;
    Some(match (up, down, error) {
        (false, _, Some(_)) => (CheckCode::UpgradeFails, Direction::Upgrade),
        (false, _, None) => return None,
        (true, false, _) if back_to_base && *again => (CheckCode::WholeDowngrade, Direction::Downgrade),
        (true, false, Some(_)) => (CheckCode::DowngradeFails, Direction::Downgrade),
        (true, false, None) if note.is_some() && !has_downgrade(script) => {
            (CheckCode::EmptyDowngrade, Direction::Upgrade)
        }
        (true, false, None) => (CheckCode::DowngradeDiffers, Direction::Downgrade),
        (true, true, _) => (CheckCode::SecondUpgradeFails, Direction::Upgrade),
    })
}

fn has_downgrade(script: &Script) -> bool {
    script.direction_line(Direction::Downgrade) != script.direction_line(Direction::Upgrade)
        && script.python().is_none_or(|code| code.downgrade.is_some_and(|function| !function.is_empty))
}

fn difference(verified: &VerifiedRevision) -> String {
    let mut parts: Vec<&str> = verified.note.iter().map(String::as_str).collect();
    parts.extend(verified.difference.iter().take(SHOWN).map(String::as_str));
    let mut text = parts.join("; ");
    if verified.difference.len() > SHOWN {
        // Writing to a string cannot fail.
        let _ = write!(text, "; and {} more", verified.difference.len() - SHOWN);
    }
    if text.is_empty() { "it is not proved".to_owned() } else { text }
}
