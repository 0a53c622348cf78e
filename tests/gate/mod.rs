//! The gate with single statements that no plan contains, as a driver sends them: SQL with bound parameters.

use limbeck::core::graph::{Direction, RevisionId};
use limbeck::core::hazard::{Class, Hazard};
use limbeck::core::statement::{ScriptState, Statement, analyse_text};
use limbeck::engine::gate::{ApprovalPolicy, Gate, GateError, GateRequest, Sessions};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls};

use crate::support::{TestDatabase, server};

const SCHEMA: &str =
    "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT n, n::text FROM generate_series(1, 10) n;
    CREATE TABLE child (id int PRIMARY KEY, t int REFERENCES t ON DELETE CASCADE);
    INSERT INTO child SELECT n, n FROM generate_series(1, 4) n;
    CREATE FUNCTION clear_children() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM child; END $$";

/// A gate on a database of its own.
struct Site {
    database: TestDatabase<'static>,
    client: Client,
    observer: Client,
    gate: Gate,
}

/// A statement with the values of its parameters.
struct Sent<'a> {
    sql: &'a str,
    parameters: &'a [i32],
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

impl Site {
    async fn new(granted: Vec<Class>) -> Self {
        let database = server().database();
        database.psql(SCHEMA);
        let (client, observer) = (connect(&database.url()).await, connect(&database.url()).await);
        let policy = ApprovalPolicy { confirm: vec![Class::DataLoss], granted, blank: false };
        let gate = Gate::new(policy).with_copies(&observer, None, 1 << 30).await.unwrap();
        Self { database, client, observer, gate }
    }

    fn sessions(&self) -> Sessions<'_> {
        Sessions { client: &self.client, observer: &self.observer }
    }

    async fn assess(&self, sent: &Sent<'_>) -> (Statement, Vec<Hazard>) {
        let state = ScriptState::new(true);
        let statement = analyse_text(sent.sql, &state);
        let literals: Vec<String> = sent.parameters.iter().map(|value| format!("'{value}'")).collect();
        let hazards = self.gate.assess(self.sessions(), &statement, &state, &literals).await.unwrap();
        (statement, hazards)
    }

    /// Sends a statement through the gate in a transaction of its own. Returns the objects and rows that were copied.
    async fn send(&self, sent: &Sent<'_>) -> Result<Vec<(String, u64)>, GateError> {
        self.client.batch_execute("BEGIN").await.unwrap();
        self.gate.begin();
        let result = self.run(sent).await;
        self.client.batch_execute(if result.is_ok() { "COMMIT" } else { "ROLLBACK" }).await.unwrap();
        result
    }

    async fn run(&self, sent: &Sent<'_>) -> Result<Vec<(String, u64)>, GateError> {
        let revision = RevisionId::parse("aaaa00000001").unwrap();
        let (statement, hazards) = self.assess(sent).await;
        let request = GateRequest {
            revision: &revision,
            direction: Direction::Upgrade,
            entry: None,
            position: None,
            in_transaction: true,
            statement: &statement,
            hazards: &hazards,
        };
        let admission = self.gate.admit(self.sessions(), &request).await?;
        let values: Vec<&(dyn ToSql + Sync)> = sent.parameters.iter().map(|value| value as _).collect();
        let rows = self.client.execute(sent.sql, &values).await?;
        let copies = self.gate.complete(self.sessions(), &request, admission, Some(rows)).await?;
        self.gate.before_commit(self.sessions()).await?;
        Ok(copies.into_iter().map(|copy| (copy.object, copy.rows)).collect())
    }
}

const ROWS_ABOVE: &str = "DELETE FROM t WHERE id > $1";

#[tokio::test]
async fn an_approved_statement_is_copied_with_the_values_of_its_parameters() {
    for (sql, parameters, expected) in [
        (ROWS_ABOVE, &[7][..], &[("t", 3)][..]),
        ("DELETE FROM t WHERE id BETWEEN $1 AND $2", &[3, 4], &[("t", 2), ("child", 2)]),
        ("UPDATE t SET a = 'x' WHERE id = $2 OR id = $1", &[8, 9], &[("t.a", 2)]),
        ("TRUNCATE child", &[], &[("child", 4)]),
        ("ALTER TABLE t DROP COLUMN a", &[], &[("t.a", 10)]),
        ("SELECT clear_children()", &[], &[("child", 4)]),
        ("INSERT INTO t VALUES ($1, 'new')", &[11], &[]),
        (ROWS_ABOVE, &[10], &[]),
    ] {
        let site = Site::new(vec![Class::DataLoss]).await;
        let copies = site.send(&Sent { sql, parameters }).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let copies: Vec<(&str, u64)> = copies.iter().map(|(object, rows)| (object.as_str(), *rows)).collect();
        assert_eq!(copies, expected, "{sql} {parameters:?}");
        let recorded = site.database.query("SELECT rows FROM limbeck.kept ORDER BY id").concat().join(" ");
        let rows: Vec<String> = expected.iter().map(|(_, rows)| rows.to_string()).collect();
        assert_eq!(recorded, rows.join(" "), "{sql} {parameters:?}");
    }
}

#[tokio::test]
async fn a_statement_without_approval_runs_only_if_it_affects_nothing() {
    let site = Site::new(Vec::new()).await;
    for (sql, parameters, expected) in [
        (ROWS_ABOVE, &[7][..], Some("deletes rows t")),
        ("DELETE FROM t WHERE id = $1", &[1], Some("deletes rows t")),
        ("SELECT clear_children()", &[], Some("deletes rows")),
        ("DROP TABLE child", &[], Some("drops table child")),
        (ROWS_ABOVE, &[10], None),
        ("UPDATE t SET a = 'x' WHERE id = $1", &[99], None),
        ("INSERT INTO child VALUES ($1, 1)", &[5], None),
    ] {
        let before = site.database.psql("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM child)");
        let result = site.send(&Sent { sql, parameters }).await;
        match (expected, result) {
            (None, Ok(copies)) => assert_eq!(copies, [], "{sql}"),
            (Some(part), Err(GateError::Refused(error))) => {
                assert!(error.message.contains(part), "{sql}: {error:?}");
                assert_eq!(error.hint.as_deref(), Some("approve it with --allow data-loss"), "{sql}");
                let after = site.database.psql("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM child)");
                assert_eq!(after, before, "{sql}");
            }
            (expected, result) => panic!("{sql}: expected {expected:?}, got {result:?}"),
        }
    }
    assert_eq!(site.database.psql("SELECT count(*) FROM limbeck.kept"), "0");
}

#[tokio::test]
async fn a_statement_that_affects_more_than_was_counted_is_refused() {
    let site = Site::new(Vec::new()).await;
    let revision = RevisionId::parse("aaaa00000001").unwrap();
    site.client.batch_execute("BEGIN").await.unwrap();
    let (statement, hazards) = site.assess(&Sent { sql: ROWS_ABOVE, parameters: &[10] }).await;
    let request = GateRequest {
        revision: &revision,
        direction: Direction::Upgrade,
        entry: None,
        position: None,
        in_transaction: true,
        statement: &statement,
        hazards: &hazards,
    };
    let admission = site.gate.admit(site.sessions(), &request).await.unwrap();
    let rows = site.client.execute(ROWS_ABOVE, &[&7]).await.unwrap();
    let error = site.gate.complete(site.sessions(), &request, admission, Some(rows)).await.unwrap_err();
    assert!(matches!(error, GateError::Refused(_)), "{error:?}");
}
