//! Shapes of loss: each is destroyed, restored, destroyed and restored again, all in one chain of revisions.
//!
//! Every shape has a schema of its own. In its SQL, `@` stands for the schema with a dot.

mod generated;
mod references;
mod special;
mod types;

use std::fmt::Write;

use crate::support::{TestDatabase, TestProject, server};

/// One loss, and how the script undoes it.
pub struct Shape {
    pub name: String,
    pub setup: String,
    pub upgrade: String,
    pub downgrade: String,
    /// The query whose rows must be the same afterwards.
    pub probe: String,
    /// SQL that another session runs between the upgrade and the downgrade.
    pub later: String,
    /// The rows after `later` and the downgrade, if they differ from those before the upgrade.
    pub expected: Option<String>,
    /// Whether all its tables have a primary key.
    pub has_keys: bool,
}

/// A shape whose rows must be the same after the downgrade.
pub fn shape(name: &str, setup: &str, upgrade: &str, downgrade: &str, probe: &str) -> Shape {
    Shape {
        name: name.to_owned(),
        setup: setup.to_owned(),
        upgrade: upgrade.to_owned(),
        downgrade: downgrade.to_owned(),
        probe: probe.to_owned(),
        later: String::new(),
        expected: None,
        has_keys: true,
    }
}

impl Shape {
    /// Adds SQL that runs after the upgrade, and the rows that the probe must return then after the downgrade.
    pub fn later(self, sql: &str, expected: &str) -> Self {
        Self { later: sql.to_owned(), expected: Some(expected.to_owned()), ..self }
    }

    /// Some table has no primary key.
    pub fn without_keys(self) -> Self {
        Self { has_keys: false, ..self }
    }
}

fn shapes() -> Vec<Shape> {
    let all = [generated::shapes(), types::shapes(), references::shapes(), special::shapes()];
    all.into_iter().flatten().collect()
}

/// A function that returns the sorted rows of a query.
const PROBE: &str = "CREATE FUNCTION public.probe(query text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE found text;
    BEGIN
        EXECUTE format('SELECT string_agg(x::text, '' '' ORDER BY x::text COLLATE \"C\") FROM (%s) x', query) INTO found;
        RETURN found;
    EXCEPTION WHEN undefined_table OR undefined_column THEN RETURN 'missing';
    END $$";

/// A database with the shapes in schemas, and a project with one revision for each.
struct Chain {
    database: TestDatabase<'static>,
    project: TestProject,
    shapes: Vec<Shape>,
}

impl Chain {
    fn new(shapes: Vec<Shape>, before: &str) -> Self {
        let database = server().database();
        let project = TestProject::on(&database);
        project.script("start", "", "SELECT 1;", "SELECT 1;");
        let mut setup = format!("{PROBE}; {before}");
        let mut parent = "start".to_owned();
        for (number, shape) in shapes.iter().enumerate() {
            let schema = format!("s{number}");
            let sql = |text: &str| text.replace('@', &format!("{schema}."));
            writeln!(setup, "CREATE SCHEMA {schema}; {};", sql(&shape.setup)).unwrap();
            let revision = format!("r{number}");
            project.script(&revision, &parent, &sql(&shape.upgrade), &sql(&shape.downgrade));
            parent = revision;
        }
        database.psql(&setup);
        project.run(&["upgrade", "start"]).expect_status(0);
        Self { database, project, shapes }
    }

    /// The rows of each shape's probe; `missing` if its tables or columns do not exist.
    fn rows(&self) -> Vec<String> {
        let probes = self.shapes.iter().enumerate().map(|(number, shape)| {
            let probe = shape.probe.replace('@', &format!("s{number}."));
            format!("SELECT {number}, public.probe($probe${probe}$probe$)")
        });
        let query = format!("SELECT * FROM ({}) a ORDER BY 1", probes.collect::<Vec<_>>().join(" UNION ALL "));
        self.database.query(&query).into_iter().map(|row| row[1].clone()).collect()
    }

    #[track_caller]
    fn upgrade(&self) -> String {
        self.project.run_within(300, &["upgrade", "head", "--allow", "all"]).expect_status(0).stderr
    }

    #[track_caller]
    fn downgrade(&self) -> String {
        self.project.run_within(300, &["downgrade", "start", "--allow", "all"]).expect_status(0).stderr
    }

    /// Compares rows, and lists all shapes that differ.
    #[track_caller]
    fn compare(&self, when: &str, expected: &[String], output: &str) {
        let found = self.rows();
        let mut differences = Vec::new();
        for (number, shape) in self.shapes.iter().enumerate() {
            if found[number] != expected[number] {
                let lines = output.lines().filter(|line| line.contains(&format!("s{number}.")));
                let lines = lines.collect::<Vec<_>>().join("\n    ");
                differences.push(format!(
                    "{} (s{number})\n  expected {}\n  found    {}\n    {lines}",
                    shape.name, expected[number], found[number]
                ));
            }
        }
        assert!(differences.is_empty(), "{when}, {} differ:\n{}", differences.len(), differences.join("\n"));
    }

    /// Up, down, up, down. After each downgrade the rows are as before.
    #[track_caller]
    fn run(&self) {
        let before = self.rows();
        self.upgrade();
        let after = self.rows();
        let output = self.downgrade();
        self.compare("after the first downgrade", &before, &output);
        let output = self.upgrade();
        self.compare("after the second upgrade", &after, &output);
        let output = self.downgrade();
        self.compare("after the second downgrade", &before, &output);
        let open = "SELECT count(*) FROM limbeck.kept WHERE state = 'making'";
        assert_eq!(self.database.psql(open), "0");
    }
}

#[test]
fn every_shape_of_loss_is_restored_twice() {
    let shapes: Vec<Shape> = shapes().into_iter().filter(|shape| shape.expected.is_none()).collect();
    assert!(shapes.len() >= 120, "{} shapes", shapes.len());
    Chain::new(shapes, "").run();
}

#[test]
fn shapes_are_restored_if_all_tables_are_published_and_must_have_primary_keys() {
    let shapes: Vec<Shape> = shapes().into_iter().filter(|shape| shape.expected.is_none() && shape.has_keys).collect();
    let before = "CREATE PUBLICATION everything FOR ALL TABLES;
        CREATE FUNCTION public.require_keys() RETURNS event_trigger LANGUAGE plpgsql AS $$
        DECLARE found text;
        BEGIN
            SELECT c.oid::regclass::text INTO found FROM pg_event_trigger_ddl_commands() d JOIN pg_class c ON c.oid = d.objid
            WHERE d.classid = 'pg_class'::regclass AND c.relkind = 'r' AND NOT EXISTS (
                SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) LIMIT 1;
            IF found IS NOT NULL THEN RAISE EXCEPTION 'table % has no primary key', found; END IF;
        END $$;";
    let chain = Chain::new(shapes, before);
    chain.database.psql(
        "CREATE EVENT TRIGGER require_keys ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO')
            EXECUTE FUNCTION public.require_keys()",
    );
    chain.run();
}

#[test]
fn later_writes_are_not_lost_and_values_that_nobody_overwrote_are_restored() {
    let shapes: Vec<Shape> = shapes().into_iter().filter(|shape| shape.expected.is_some()).collect();
    let chain = Chain::new(shapes, "");
    chain.upgrade();
    for (number, shape) in chain.shapes.iter().enumerate() {
        chain.database.psql(&shape.later.replace('@', &format!("s{number}.")));
    }
    let output = chain.downgrade();
    let expected: Vec<String> = chain.shapes.iter().filter_map(|shape| shape.expected.clone()).collect();
    chain.compare("after later writes", &expected, &output);
}
