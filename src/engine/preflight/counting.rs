//! Counts the hazards of one plan within its time limit.

use tokio::time::Instant;
use tokio_postgres::Client;

use super::cascade::cascades;
use super::foreign_keys;
use super::measure::{CountResult, LOCK_TIMEOUT, TIME_LIMIT, begin, measure};
use super::query::{OwnTransactions, table_of};
use super::side_effects::{self, SideEffectNames};
use crate::core::hazard::{self, Class, Evidence, Hazard, Origin};
use crate::core::plan::{Plan, PlannedStatement};
use crate::core::sql::qualify_names;
use crate::core::statement::{Effect, Footprint, Subject};

/// The classes for which the size of the table matters.
const SIZED: [Class; 3] = [Class::Lock, Class::Index, Class::ForeignKey];

/// Size of a table with its indexes and partitions in bytes, and the number of other sessions that hold locks on it.
const SIZE: &str = "SELECT coalesce((SELECT sum(pg_total_relation_size(p.relid)) FROM pg_partition_tree(c.oid) p),
        pg_total_relation_size(c.oid))::int8,
    (SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
     WHERE d.datname = current_database() AND l.locktype = 'relation' AND l.relation = c.oid AND l.granted
       AND l.pid <> pg_backend_pid())
    FROM pg_class c WHERE c.oid = to_regclass($1)";

/// The state while the hazards of one plan are counted.
pub(super) struct Counting<'a> {
    client: &'a Client,
    deadline: Instant,
    known: Vec<(Subject, CountResult)>,
}

impl<'a> Counting<'a> {
    /// Starts the time limit.
    pub fn new(client: &'a Client) -> Self {
        Self { client, deadline: Instant::now() + TIME_LIMIT, known: Vec::new() }
    }

    /// Adds hazards for the side effects and cascades of statements, according to the target's current catalog. Skips the
    /// first `known` statements, which the replay has examined.
    ///
    /// # Errors
    /// If the server rejects the query.
    pub async fn find_on_target(&self, plan: &mut Plan, known: usize) -> Result<(), tokio_postgres::Error> {
        let names = SideEffectNames::read(self.client).await?;
        for planned in plan.steps.iter_mut().flat_map(|step| &mut step.statements).skip(known) {
            self.find(&names, planned).await;
        }
        Ok(())
    }

    /// Adds hazards for functions, triggers and rules of the target, and for foreign keys and CASCADE.
    async fn find(&self, names: &SideEffectNames, planned: &mut PlannedStatement) {
        let statement = &planned.statement;
        if statement.mentions_any(names.as_set()) {
            let found = self.read(side_effects::find(self.client, statement, &planned.hazards)).await;
            let unknown = || vec![hazard::unreadable(String::from("in a function or trigger"))];
            planned.hazards.extend(found.unwrap_or_else(unknown));
        }
        let changes_rows =
            |hazard: &Hazard| matches!(hazard.effect, Effect::DeletesRows { .. } | Effect::OverwritesValues { .. });
        if planned.hazards.iter().any(changes_rows) {
            let found = self.read(foreign_keys::find(self.client, &planned.hazards)).await;
            let unknown = || vec![hazard::foreign_key(String::from("rows that refer to it"), Subject::Other, true)];
            planned.hazards.extend(found.unwrap_or_else(unknown));
        }
        if statement.cascades() {
            let found = self.read(async { Ok(cascades(self.client, statement, &planned.hazards).await) }).await;
            planned.hazards.extend(found.unwrap_or_default());
        }
    }

    /// Reads the catalog in a transaction of its own; `None` if the server did not answer in time.
    async fn read(
        &self,
        query: impl Future<Output = Result<Vec<Hazard>, tokio_postgres::Error>>,
    ) -> Option<Vec<Hazard>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        begin(self.client, left, LOCK_TIMEOUT).await.ok()?;
        let found = query.await;
        let _ = self.client.batch_execute("ROLLBACK").await;
        found.ok()
    }

    /// Counts a hazard. `blank`: the target contains no tables. `footprint`: the earlier statements of the plan. Returns
    /// whether the hazard can occur on the target.
    pub async fn count(&mut self, hazard: &mut Hazard, blank: bool, footprint: &Footprint) -> bool {
        let is_lost = hazard.class == Class::DataLoss;
        if let Some(can_occur) = decide_without_count(hazard, blank, footprint) {
            return can_occur;
        }
        if footprint.invalidates(&hazard.subject) {
            hazard.subject = hazard.subject.without_question(is_lost);
        }
        let mut asked = hazard.subject_before().clone();
        let mut found = self.count_once(&asked, is_lost).await;
        if matches!(found, CountResult::Rejected) {
            hazard.subject = hazard.subject.without_question(is_lost);
            asked = asked.without_question(is_lost);
            found = self.count_once(&asked, is_lost).await;
        }
        let mut evidence = match found {
            CountResult::Impossible => return false,
            CountResult::Counted(evidence) => evidence,
            CountResult::Rejected => None,
        };
        if evidence.is_none() && is_lost && !footprint.redirects(&asked) && self.is_missing(&asked).await {
            evidence = Some(Evidence::counted(0, 0, 0.0));
        }
        // If the name may refer to another object when the statement runs, and the replay could not determine which, then
        // the object being empty now proves nothing.
        let is_unproved = is_lost && hazard.origin.is_none() && footprint.redirects(&asked.without_question(true));
        if is_unproved && evidence.is_some_and(|evidence| evidence.exact && evidence.values == 0) {
            evidence = None;
        }
        hazard.evidence = evidence;
        if let Some(evidence) = hazard.evidence.as_mut().filter(|_| SIZED.contains(&hazard.class)) {
            (evidence.bytes, evidence.sessions) = self.size(&asked).await;
        }
        // "not counted" would be misleading, because nothing is lost.
        if hazard.evidence.is_none() && !is_lost {
            hazard.subject = Subject::Other;
        }
        // An empty table that stays empty cannot violate anything.
        let is_empty = evidence.is_some_and(|evidence| evidence.exact && evidence.rows == 0);
        !(hazard.class == Class::Fails && is_empty && !footprint.fills(&hazard.subject))
    }

    /// The size of a table in bytes, and the number of other sessions that hold locks on it.
    async fn size(&self, subject: &Subject) -> (Option<u64>, Option<u64>) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let Some(table) = table_of(subject).filter(|_| !left.is_zero()) else { return (None, None) };
        if begin(self.client, left, "1ms").await.is_err() {
            return (None, None);
        }
        let row = self.client.query_opt(&qualify_names(SIZE), &[&table]).await;
        let _ = self.client.batch_execute("ROLLBACK").await;
        let number = |column: usize| row.as_ref().ok()?.as_ref()?.try_get::<_, i64>(column).ok().map(i64::unsigned_abs);
        (number(0), number(1))
    }

    /// Whether the target has no such table or column, so nothing can be lost.
    async fn is_missing(&self, subject: &Subject) -> bool {
        let Some(table) = table_of(subject) else { return false };
        let column = if let Subject::Column { column, .. } = subject { Some(column) } else { None };
        let query = "SELECT to_regclass($1) IS NULL OR ($2::text IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute
            WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped))";
        self.client.query_one(&qualify_names(query), &[&table, &column]).await.is_ok_and(|row| row.get(0))
    }

    /// Counts a subject, or returns the earlier result for the same subject.
    async fn count_once(&mut self, subject: &Subject, is_lost: bool) -> CountResult {
        if let Some((_, found)) = self.known.iter().find(|(known, _)| known == subject) {
            return *found;
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let found = match is_lost {
            true => measure(self.client, subject, &OwnTransactions::default(), left, LOCK_TIMEOUT).await,
            false if left.is_zero() => CountResult::Counted(None),
            false => measure(self.client, subject, &OwnTransactions::default(), left, "1ms").await,
        };
        self.known.push((subject.clone(), found));
        found
    }
}

/// Handles the hazards that need no count. Returns whether the hazard can occur on the target; `None` if it must be counted.
fn decide_without_count(hazard: &mut Hazard, blank: bool, footprint: &Footprint) -> Option<bool> {
    let is_lost = hazard.class == Class::DataLoss;
    // Only objects and rows that existed before the plan can be lost, locked or violated.
    if blank && (is_lost || hazard.subject != Subject::Other) {
        hazard.evidence = Some(Evidence::counted(0, 0, 0.0));
        return Some(true);
    }
    if matches!(hazard.origin, Some(Origin::CreatedByPlan)) && hazard.subject != Subject::Other {
        hazard.subject = hazard.subject.without_question(is_lost);
        hazard.evidence = Some(Evidence::counted(0, 0, 0.0));
        return Some(hazard.class != Class::Fails || footprint.fills(&hazard.subject));
    }
    (hazard.origin == Some(Origin::Unknown)).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hazard::examine_one;

    #[test]
    fn only_what_existed_before_the_plan_is_counted() {
        let nothing = Some(Evidence::counted(0, 0, 0.0));
        for (sql, origin, blank, expected, evidence) in [
            ("DROP TABLE t", None, false, None, None),
            ("DROP TABLE t", None, true, Some(true), nothing),
            ("DROP TABLE t", Some(Origin::CreatedByPlan), false, Some(true), nothing),
            ("DROP TABLE t", Some(Origin::Unknown), false, Some(true), None),
            ("ALTER TABLE t ALTER a SET NOT NULL", None, false, None, None),
            ("ALTER TABLE t ALTER a SET NOT NULL", Some(Origin::CreatedByPlan), false, Some(false), nothing),
            ("ALTER TABLE t RENAME TO u", None, true, None, None),
        ] {
            let mut hazard = Hazard { origin: origin.clone(), ..examine_one(sql).remove(0) };
            let decision = decide_without_count(&mut hazard, blank, &Footprint::default());
            assert_eq!((decision, hazard.evidence), (expected, evidence), "{sql} {origin:?} {blank}");
        }
    }
}
