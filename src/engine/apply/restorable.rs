//! Prepares the copies that a run makes and restores.

use std::collections::HashSet;

use super::{ApplyOptions, Progress, ReportProgress};
use crate::core::copies::losses;
use crate::core::graph::Direction;
use crate::core::plan::{Plan, Step};
use crate::core::text::size;
use crate::engine::Result;
use crate::engine::connection::Session;
use crate::engine::copies::{self, Copier, CopyStore};
use crate::engine::project::config::ApplyConfig;
use crate::engine::state::ledger::Ledger;

/// The copies that a run may restore.
#[derive(Debug, Default)]
pub(super) struct Restorable {
    /// Revisions with copies, and the direction in which the data was lost.
    pub revisions: HashSet<(String, Direction)>,
    pub role: Option<String>,
}

/// Prepares copying and restoring. Fails before anything runs if the copies would exceed `keep_limit`.
pub(super) async fn prepare(
    guard: &Session,
    ledger: &Ledger,
    plan: &Plan,
    apply: &ApplyConfig,
    options: &ApplyOptions,
    report: ReportProgress<'_>,
) -> Result<(Option<Copier>, Restorable)> {
    let role = apply.role.clone();
    if options.no_keep {
        return Ok((None, Restorable { role, ..Restorable::default() }));
    }
    let revisions = copies::read_revisions_with_copies(guard.client()).await?.into_iter().collect();
    let restorable = Restorable { revisions, role: role.clone() };
    if !apply.keep || !plan.copies.enabled || plan.blank || !needs_copies(plan) {
        return Ok((None, restorable));
    }
    let limit = copies::parse_limit(apply)?;
    if plan.copies.exceeds_limit() {
        let (bytes, limit) = (size(plan.copies.bytes), size(limit));
        let message = format!("copies of the lost data would take {bytes}, more than keep_limit = {limit}");
        return Err(copies::limit_exceeded(message).because("nothing was run"));
    }
    if plan.copies.bytes > 0 {
        let message = format!("copies of the lost data take at most {}", size(plan.copies.bytes));
        report(Progress::Notice { severity: "note".into(), message });
    }
    let store = CopyStore::ensure(guard.client(), ledger).await?;
    Ok((Some(Copier::new(store, role, limit)), restorable))
}

/// Whether a plan destroys data that can be copied, or may do so.
fn needs_copies(plan: &Plan) -> bool {
    if plan.steps.iter().any(Step::depends_on_data) {
        return true;
    }
    let mut statements = plan.steps.iter().flat_map(|step| &step.statements);
    statements.any(|planned| losses(&planned.hazards).iter().any(|loss| loss.not_copied().is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hazard::Evidence;
    use crate::core::plan::fixtures::plan;

    #[test]
    fn copies_are_needed_if_data_is_lost_that_can_be_copied() {
        for (sql, values, expected) in [
            ("DROP TABLE t", Some(3), true),
            ("DROP TABLE t", None, true),
            ("DROP TABLE t", Some(0), false),
            ("DELETE FROM t WHERE a > 1", Some(1), true),
            ("DROP DATABASE d", None, false),
            ("CREATE INDEX i ON t (a)", None, false),
            ("INSERT INTO t VALUES (1)", None, false),
        ] {
            let mut plan = plan(&[sql]);
            for hazard in plan.steps.iter_mut().flat_map(|step| &mut step.statements).flat_map(|s| &mut s.hazards) {
                hazard.evidence = values.map(|values| Evidence::counted(9, values, 0.0));
            }
            assert_eq!(needs_copies(&plan), expected, "{sql} {values:?}");
        }
    }
}
