//! The counts of one plan, within their time.

use tokio::time::Instant;
use tokio_postgres::Client;

use super::along::{along, cascades};
use super::bodies::{self, Names};
use super::earlier::Earlier;
use super::measure::{BUDGET, Found, PATIENCE, begin, measure, plainly};
use super::query::{Written, table_of};
use super::references::passed_on;
use crate::core::hazard::{Class, Evidence, Hazard, Origin, Subject, taken_along, unreadable};
use crate::core::plan::{Plan, PlannedStatement};

/// The classes whose cost is a matter of size.
const WEIGHED: [Class; 3] = [Class::Lock, Class::Index, Class::ForeignKey];

/// Bytes of a table with its indexes and partitions, and sessions but this one that hold locks on it.
const WEIGHT: &str = "SELECT coalesce((SELECT sum(pg_total_relation_size(p.relid)) FROM pg_partition_tree(c.oid) p),
        pg_total_relation_size(c.oid))::int8,
    (SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
     WHERE d.datname = current_database() AND l.locktype = 'relation' AND l.relation = c.oid AND l.granted
       AND l.pid <> pg_backend_pid())
    FROM pg_class c WHERE c.oid = to_regclass($1)";

/// The counts of one plan.
pub(super) struct Counting<'a> {
    client: &'a Client,
    deadline: Instant,
    known: Vec<(Subject, Found)>,
}

impl<'a> Counting<'a> {
    /// Begins with the whole time.
    pub fn new(client: &'a Client) -> Self {
        Self { client, deadline: Instant::now() + BUDGET, known: Vec::new() }
    }

    /// Adds what statements set off and take along, as the target is now; the first so many are known already.
    ///
    /// # Errors
    /// As the server says.
    pub async fn follow_on_target(&self, plan: &mut Plan, known: usize) -> Result<(), tokio_postgres::Error> {
        let names = Names::of(self.client).await?;
        for statement in plan.steps.iter_mut().flat_map(|step| &mut step.statements).skip(known) {
            self.follow(&names, statement).await;
        }
        Ok(())
    }

    /// Adds what functions, triggers and rules of the target do, and what foreign keys and CASCADE take along.
    async fn follow(&self, names: &Names, statement: &mut PlannedStatement) {
        let sql = &statement.sql;
        if names.concern(sql) {
            let found = self.looking(bodies::set_off(self.client, sql, &statement.hazards)).await;
            statement.hazards.extend(found.unwrap_or_else(|| vec![unreadable(String::from("what it calls"))]));
        }
        if statement.hazards.iter().any(|hazard| ["DL106", "DL107"].contains(&hazard.code)) {
            let found = self.looking(passed_on(self.client, sql, &statement.hazards)).await;
            let unknown = || vec![taken_along(String::from("what refers to it"), Subject::Other)];
            statement.hazards.extend(found.unwrap_or_else(unknown));
        }
        if cascades(sql) {
            let found = self.looking(async { Ok(along(self.client, sql, &statement.hazards).await) }).await;
            statement.hazards.extend(found.unwrap_or_default());
        }
    }

    /// A look at the catalog in a transaction of its own; `None` where the server did not answer in time.
    async fn looking(
        &self,
        look: impl Future<Output = Result<Vec<Hazard>, tokio_postgres::Error>>,
    ) -> Option<Vec<Hazard>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        begin(self.client, left, PATIENCE).await.ok()?;
        let found = look.await;
        let _ = self.client.batch_execute("ROLLBACK").await;
        found.ok()
    }

    /// Counts a hazard; whether it stays.
    pub async fn look_at(&mut self, hazard: &mut Hazard, blank: bool, earlier: &Earlier) -> bool {
        let is_lost = hazard.class == Class::DataLoss;
        // Only what was there before the plan can be lost, locked or refused.
        if blank && (is_lost || hazard.subject != Subject::Other) {
            hazard.evidence = Some(Evidence::counted(0, 0, 0.0));
            return true;
        }
        if matches!(hazard.origin, Some(Origin::Made)) && hazard.subject != Subject::Other {
            hazard.subject = plainly(&hazard.subject, is_lost);
            hazard.evidence = Some(Evidence::counted(0, 0, 0.0));
            return hazard.class != Class::Fails || earlier.fills(&hazard.subject);
        }
        if hazard.origin == Some(Origin::Unclear) {
            return true;
        }
        if earlier.disturbs(&hazard.subject) {
            hazard.subject = plainly(&hazard.subject, is_lost);
        }
        let mut asked = hazard.before().clone();
        let mut found = self.once(&asked, is_lost).await;
        if matches!(found, Found::Refused) {
            hazard.subject = plainly(&hazard.subject, is_lost);
            asked = plainly(&asked, is_lost);
            found = self.once(&asked, is_lost).await;
        }
        let mut evidence = match found {
            Found::Nothing => return false,
            Found::Counted(evidence) => evidence,
            Found::Refused => None,
        };
        if evidence.is_none() && is_lost && !earlier.leads_elsewhere(&asked) && self.is_missing(&asked).await {
            evidence = Some(Evidence::counted(0, 0, 0.0));
        }
        // Nobody knows what is empty where the name may lead elsewhere by then, and could not be followed.
        let is_blind = is_lost && hazard.origin.is_none() && earlier.leads_elsewhere(&plainly(&asked, true));
        if is_blind && evidence.is_some_and(|evidence| evidence.exact && evidence.values == 0) {
            evidence = None;
        }
        hazard.evidence = evidence;
        if let Some(evidence) = hazard.evidence.as_mut().filter(|_| WEIGHED.contains(&hazard.class)) {
            (evidence.bytes, evidence.sessions) = self.weigh(&asked).await;
        }
        // Nothing is lost with it, so that "not counted" would say too much.
        if hazard.evidence.is_none() && !is_lost {
            hazard.subject = Subject::Other;
        }
        // Nothing is refused where nothing is, and nothing comes.
        let is_bare = evidence.is_some_and(|evidence| evidence.exact && evidence.rows == 0);
        !(hazard.class == Class::Fails && is_bare && !earlier.fills(&hazard.subject))
    }

    /// How large a table is, and how many others hold locks on it at the moment.
    async fn weigh(&self, subject: &Subject) -> (Option<u64>, Option<u64>) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let Some(table) = table_of(subject).filter(|_| !left.is_zero()) else { return (None, None) };
        if begin(self.client, left, "1ms").await.is_err() {
            return (None, None);
        }
        let row = self.client.query_opt(WEIGHT, &[&table]).await;
        let _ = self.client.batch_execute("ROLLBACK").await;
        let number = |column: usize| row.as_ref().ok()?.as_ref()?.try_get::<_, i64>(column).ok().map(i64::unsigned_abs);
        (number(0), number(1))
    }

    /// Whether there is no such table or column on the target, so that nothing of it can be lost.
    async fn is_missing(&self, subject: &Subject) -> bool {
        let Some(table) = table_of(subject) else { return false };
        let column = if let Subject::Column { column, .. } = subject { Some(column) } else { None };
        let query = "SELECT to_regclass($1) IS NULL OR ($2::text IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute
            WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped))";
        self.client.query_one(query, &[&table, &column]).await.is_ok_and(|row| row.get(0))
    }

    /// Looks at each subject once.
    async fn once(&mut self, subject: &Subject, is_lost: bool) -> Found {
        if let Some((_, found)) = self.known.iter().find(|(known, _)| known == subject) {
            return *found;
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let found = match is_lost {
            true => measure(self.client, subject, &Written::default(), left, PATIENCE).await,
            false if left.is_zero() => Found::Counted(None),
            false => measure(self.client, subject, &Written::default(), left, "1ms").await,
        };
        self.known.push((subject.clone(), found));
        found
    }
}
