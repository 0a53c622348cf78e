//! The subject of the faults: a database with rows, and a chain of revisions that change and destroy them in all ways
//! that limbeck runs (in transactions, outside, with copies). The contents of the database at each revision are known.

use std::sync::{Arc, OnceLock};

use crate::support::{Server, TestDatabase, TestProject, is_true_within, server};

/// Tables with rows that exist before the first revision. `LENGTH` is the length of the notes, in units of 32 bytes.
const SETUP: &str = "
    CREATE TABLE item (id int PRIMARY KEY, name text NOT NULL, price numeric(8, 2), note text);
    INSERT INTO item SELECT n, 'name ' || n, n + 0.25, CASE WHEN n <> 7 THEN
        (SELECT string_agg(md5(n || ' ' || i), '') FROM generate_series(1, LENGTH) i) END FROM generate_series(1, 300) n;
    CREATE TABLE event (at int, place text, body jsonb, PRIMARY KEY (at, place));
    INSERT INTO event SELECT n, p, jsonb_build_object('n', n) FROM generate_series(1, 100) n, unnest('{a,b}'::text[]) p;
    CREATE TABLE old (code uuid PRIMARY KEY, word text UNIQUE);
    INSERT INTO old SELECT md5(n::text)::uuid, 'w' || n FROM generate_series(1, 200) n;
    CREATE TABLE line (n int, words text[]);
    INSERT INTO line SELECT n % 10, array[n::text, null] FROM generate_series(1, 50) n;
    CREATE FUNCTION slow(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
        $$ BEGIN IF a % 100 = 0 THEN PERFORM pg_sleep(0.02); END IF; RETURN a; END $$;";

/// The length of the notes of a large subject: 300 notes of 16 kB.
const LARGE: usize = 512;

/// The first line of a script that runs outside a transaction.
const OUTSIDE: &str = "-- outside\n";

/// The upgrade and the downgrade of each revision. After the downgrade, everything is as before.
const SCRIPTS: [(&str, &str); 7] = [
    ("CREATE TABLE mark (id int);\nINSERT INTO mark SELECT 1 WHERE false;", "DROP TABLE mark;"),
    (
        "ALTER TABLE item DROP COLUMN note;\nDELETE FROM event WHERE at % 3 = 0;\nSELECT pg_sleep(0.05);\n\
         UPDATE item SET name = 'n' WHERE id % 2 = 0;",
        "ALTER TABLE item ADD COLUMN note text;\nSELECT pg_sleep(0.05);",
    ),
    (
        "ALTER TABLE item ADD COLUMN extra int;\nCREATE INDEX CONCURRENTLY item_slow ON item (slow(id));",
        "DROP INDEX CONCURRENTLY item_slow;\nALTER TABLE item DROP COLUMN extra;",
    ),
    (
        "-- outside\nUPDATE event SET body = NULL WHERE at > 50;\n\
         ALTER TABLE item ALTER COLUMN price TYPE int USING slow(price::int);\nVACUUM item;",
        "-- outside\nALTER TABLE item ALTER COLUMN price TYPE numeric(8, 2);\nVACUUM item;",
    ),
    (
        "DROP TABLE old;\nTRUNCATE line;\nSELECT pg_sleep(0.05);",
        "CREATE TABLE old (code uuid PRIMARY KEY, word text UNIQUE);\nSELECT pg_sleep(0.05);",
    ),
    ("CREATE UNIQUE INDEX CONCURRENTLY event_key ON event (place, at);", "DROP INDEX CONCURRENTLY event_key;"),
    (
        "DELETE FROM item WHERE slow(id) > 100;\nALTER TABLE event ADD COLUMN more int;",
        "ALTER TABLE event DROP COLUMN more;",
    ),
];

/// Describes columns, indexes and constraints of the schema `public`.
const SCHEMA: &str = "SELECT line FROM (
    SELECT format('column %s.%s %s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attnotnull THEN ' NOT NULL' END) AS line
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT format('%s valid %s ready %s', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
) lines WHERE line !~ 'alembic_version' ORDER BY line COLLATE \"C\"";

const TABLES: &str = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname <> 'alembic_version' ORDER BY relname";

/// Sessions of limbeck in the database.
const SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'limbeck%'";

/// What must not be left of a run, each with the query that counts it.
const LEFT: [(&str, &str); 2] = [
    (
        "locks",
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = current_database() AND locktype = 'advisory'",
    ),
    ("prepared transactions", "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()"),
];
const LEFT_ROWS: (&str, &str) =
    ("rows in the state running", "SELECT count(*) FROM limbeck.log WHERE state = 'running'");
const LEFT_COPIES: [(&str, &str); 2] = [
    (
        "copies without a row",
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'limbeck'::regnamespace AND relkind = 'r'
            AND relname ~ '^kept_' AND relname NOT IN (SELECT 'kept_' || id FROM limbeck.kept
            WHERE state IN ('making', 'kept'))",
    ),
    (
        "rows without a copy",
        "SELECT count(*) FROM limbeck.kept WHERE state IN ('making', 'kept') AND copy IS NOT NULL
            AND to_regclass('limbeck.kept_' || id) IS NULL",
    ),
];

/// A database and a project whose contents at each position are known. Position 0 is `base`, position n the nth revision.
pub struct Subject<'a> {
    pub database: TestDatabase<'a>,
    pub project: TestProject,
    /// The position of the database, if the last run completed.
    pub position: usize,
    /// The contents at each position, and after each statement of the step that follows.
    expected: Arc<[Vec<String>]>,
}

impl<'a> Subject<'a> {
    /// Creates the subject at `base`.
    pub fn new(server: &'a Server) -> Self {
        static EXPECTED: OnceLock<Arc<[Vec<String>]>> = OnceLock::new();
        let expected = EXPECTED.get_or_init(|| expect_contents_at_positions(1));
        Self::create(server.database(), 1, Arc::clone(expected))
    }

    /// Creates a subject that needs some megabytes for each copy and each rewritten table.
    pub fn new_large(database: TestDatabase<'a>) -> Self {
        static EXPECTED: OnceLock<Arc<[Vec<String>]>> = OnceLock::new();
        let expected = EXPECTED.get_or_init(|| expect_contents_at_positions(LARGE));
        Self::create(database, LARGE, Arc::clone(expected))
    }

    fn create(database: TestDatabase<'a>, length: usize, expected: Arc<[Vec<String>]>) -> Self {
        let project = TestProject::on(&database);
        database.psql(&SETUP.replace("LENGTH", &length.to_string()));
        for (index, (upgrade, downgrade)) in SCRIPTS.iter().enumerate() {
            let parent = if index == 0 { String::new() } else { revision(index) };
            let path = project.script(&revision(index + 1), &parent, upgrade, downgrade);
            if upgrade.starts_with(OUTSIDE) {
                let script = std::fs::read_to_string(&path).unwrap();
                let outside = |script: String, section: &str| {
                    script.replace(&format!("{section}\n{OUTSIDE}"), &format!("{section} transaction=off\n"))
                };
                std::fs::write(&path, outside(outside(script, "-- @upgrade"), "-- @downgrade")).unwrap();
            }
        }
        Self { database, project, position: 0, expected }
    }

    /// The number of revisions.
    pub const fn revisions() -> usize {
        SCRIPTS.len()
    }

    /// The end of the chain of revisions that is farther away.
    pub const fn far_goal(&self) -> usize {
        if self.position == 0 { SCRIPTS.len() } else { 0 }
    }

    /// The arguments of the run from the current position to another one.
    pub fn arguments(&self, goal: usize) -> Vec<String> {
        let verb = if goal > self.position { "upgrade" } else { "downgrade" };
        [verb, &head(goal), "--allow", "data-loss"].map(str::to_owned).to_vec()
    }

    /// Whether no step on the way to a position runs outside a transaction.
    pub fn is_transactional(&self, goal: usize) -> bool {
        let (low, high) = (goal.min(self.position), goal.max(self.position));
        !SCRIPTS[low..high].iter().any(|(upgrade, _)| upgrade.starts_with(OUTSIDE) || upgrade.contains("CONCURRENTLY"))
    }

    /// Sets whether all steps of later runs share a transaction.
    pub fn share_transaction(&self, is_shared: bool) {
        let mode = if is_shared { "all" } else { "each" };
        let config = format!("[database]\nurl = \"{}\"\n[apply]\ntransaction = \"{mode}\"\n", self.database.url());
        self.project.write("limbeck.toml", &config);
    }

    fn exists(&self, table: &str) -> bool {
        self.database.psql(&format!("SELECT to_regclass('{table}') IS NOT NULL")) == "t"
    }

    /// The position that the version table contains.
    pub fn position_in_database(&self) -> Result<usize, String> {
        let rows = if self.exists("alembic_version") {
            self.database.query("SELECT version_num FROM alembic_version ORDER BY 1").concat()
        } else {
            Vec::new()
        };
        match rows.as_slice() {
            [] => Ok(0),
            [one] => (1..=SCRIPTS.len()).find(|at| revision(*at) == *one).ok_or_else(|| format!("head {one}")),
            more => Err(format!("the version table contains {more:?}")),
        }
    }

    /// Fails if the database does not have the contents of a position.
    pub fn expect_contents(&self, position: usize) -> Result<(), String> {
        let (is, expected) = (contents(&self.database), &self.expected[position][0]);
        if is == *expected {
            return Ok(());
        }
        let missing: Vec<&str> = expected.lines().filter(|line| !is.lines().any(|other| other == *line)).collect();
        let surplus: Vec<&str> = is.lines().filter(|line| !expected.lines().any(|other| other == *line)).collect();
        Err(format!("the contents are not those of {}: missing {missing:#?}, surplus {surplus:#?}", head(position)))
    }

    /// Whether the database has the contents after some statements of the step that follows a position.
    pub fn has_contents_within(&self, position: usize, statements: usize) -> bool {
        self.expected[position].get(statements) == Some(&contents(&self.database))
    }

    /// Waits until no session of limbeck exists.
    pub fn wait_for_sessions(&self) -> Result<(), String> {
        let mut count = String::new();
        let is_over = is_true_within(20, || {
            count = self.database.psql(SESSIONS);
            count == "0"
        });
        if is_over { Ok(()) } else { Err(format!("{count} sessions of limbeck remain")) }
    }

    /// Fails if the ledger's last completed step of a revision contradicts the position.
    pub fn expect_ledger(&self, position: usize) -> Result<(), String> {
        if !self.exists("limbeck.log") {
            return if position == 0 { Ok(()) } else { Err("there is no ledger".to_owned()) };
        }
        let rows = self.database.query(
            "SELECT DISTINCT ON (revision) revision, direction FROM limbeck.log WHERE state = 'done'
             ORDER BY revision, id DESC",
        );
        let applied: Vec<&str> = rows.iter().filter(|row| row[1] == "upgrade").map(|row| row[0].as_str()).collect();
        let expected: Vec<String> = (1..=position).map(revision).collect();
        if applied == expected {
            Ok(())
        } else {
            Err(format!("the ledger has {applied:?}, the position is {position}"))
        }
    }

    /// Fails if anything is left of a run that has ended completely: a lock, a session, an open row in the ledger, or a
    /// copy without its row.
    pub fn expect_nothing_left(&self) -> Result<(), String> {
        self.wait_for_sessions()?;
        let (has_ledger, has_copies) = (self.exists("limbeck.log"), self.exists("limbeck.kept"));
        let ledger = has_ledger.then_some(&LEFT_ROWS);
        let queries = LEFT.iter().chain(ledger).chain(LEFT_COPIES.iter().filter(|_| has_copies));
        for (what, query) in queries {
            let count = self.database.psql(query);
            if count != "0" {
                return Err(format!("{count} {what} remain"));
            }
        }
        Ok(())
    }

    /// Whether a step outside a transaction was started and not completed, so that the contents are between two positions.
    pub fn is_between_positions(&self) -> bool {
        if !self.exists("limbeck.log") {
            return false;
        }
        let last = "SELECT coalesce((SELECT NOT transactional AND state <> 'done' FROM limbeck.log ORDER BY id DESC LIMIT 1), false)";
        self.database.psql(last) == "t"
    }
}

/// The contents of a database without limbeck's own objects: the schema, and a checksum of each table.
fn contents(database: &TestDatabase<'_>) -> String {
    let tables = database.query(TABLES).concat();
    let mut parts = vec![format!("SELECT line FROM ({SCHEMA}) s")];
    parts.extend(tables.iter().map(|table| {
        format!(
            "SELECT format('rows %s %s %s', '{table}', count(*),
                 md5(string_agg(to_jsonb(t)::text, ' ' ORDER BY to_jsonb(t)::text))) FROM \"{table}\" t"
        )
    }));
    database.query(&parts.join(" UNION ALL ")).concat().join("\n")
}

/// The contents at each position and after each statement that follows, as psql creates them.
fn expect_contents_at_positions(length: usize) -> Arc<[Vec<String>]> {
    let database = server().database();
    database.psql(&SETUP.replace("LENGTH", &length.to_string()));
    let mut all = vec![vec![contents(&database)]];
    for (upgrade, _) in SCRIPTS {
        for statement in upgrade.split(";\n") {
            database.psql(statement);
            all.last_mut().unwrap().push(contents(&database));
        }
        all.push(vec![contents(&database)]);
    }
    all.into()
}

/// The id of the nth revision, from 1.
pub fn revision(number: usize) -> String {
    format!("fa{number:0>10}")
}

/// The target of a position.
pub fn head(position: usize) -> String {
    if position == 0 { "base".to_owned() } else { revision(position) }
}
