//! Writes one side of a pair of schemas as SQL.

use std::fmt::Write;

use super::spec::{Annotations, PairSpec, Side};

/// The role that gets the grants. The server already has it.
pub const ROLE: &str = "random_reader";

/// One side of a pair while it is written.
pub struct Render<'w> {
    pub spec: &'w PairSpec,
    pub side: Side,
    /// The server's major version.
    pub major: u32,
    sql: String,
}

/// The models of one side.
pub fn models(spec: &PairSpec, side: Side, major: u32) -> String {
    let mut render = Render { spec, side, major, sql: String::new() };
    render.all();
    render.sql
}

impl<'w> Render<'w> {
    /// A renderer that is only used for names.
    pub fn new(spec: &'w PairSpec, side: Side, major: u32) -> Self {
        Self { spec, side, major, sql: String::new() }
    }

    /// Adds a statement.
    pub fn add(&mut self, statement: &str) {
        writeln!(self.sql, "{statement};").unwrap();
    }

    /// Adds the comment and the grants of an object.
    pub fn annotate(&mut self, what: &str, name: &str, annotations: Annotations) {
        let comment = annotations.comment.on(self.side);
        if comment > 0 {
            self.add(&format!("COMMENT ON {what} {name} IS 'it''s {comment}'"));
        }
        let grant = annotations.grant.on(self.side);
        let privilege = match (what, grant) {
            (_, 0) | ("COLUMN" | "INDEX" | "CONSTRAINT" | "TRIGGER", _) => return,
            (_, 1) => "ALL",
            ("TABLE" | "VIEW" | "MATERIALIZED VIEW", _) => "SELECT",
            ("SEQUENCE" | "TYPE" | "DOMAIN" | "SCHEMA", _) => "USAGE",
            _ => "EXECUTE",
        };
        let target = match what {
            "VIEW" | "MATERIALIZED VIEW" => "TABLE",
            "AGGREGATE" => "FUNCTION",
            other => other,
        };
        let option = if grant == 3 { " WITH GRANT OPTION" } else { "" };
        self.add(&format!("GRANT {privilege} ON {target} {name} TO {ROLE}{option}"));
        if grant == 2 && privilege == "EXECUTE" {
            self.add(&format!("REVOKE EXECUTE ON {target} {name} FROM public"));
        }
    }

    fn all(&mut self) {
        self.database_objects();
        for number in 0..self.spec.types.len() {
            self.add_type(number);
        }
        for number in 0..self.spec.sequences.len() {
            self.sequence(number);
        }
        for number in 0..self.spec.tables.len() {
            self.table(number);
        }
        for number in 0..self.spec.tables.len() {
            self.references(number);
        }
        for number in 0..self.spec.sequences.len() {
            self.owner(number);
        }
        for number in 0..self.spec.views.len() {
            self.view(number);
        }
        for number in 0..self.spec.routines.len() {
            self.routine(number);
        }
        for number in 0..self.spec.tables.len() {
            self.attached(number);
        }
        self.end();
    }

    fn database_objects(&mut self) {
        let database = &self.spec.database;
        let body = database.bodies.on(self.side);
        self.add("CREATE SCHEMA app");
        self.annotate("SCHEMA", "app", database.schema_grants);
        if database.extension.on(self.side) {
            self.add("CREATE EXTENSION citext SCHEMA public");
        }
        if database.collation.on(self.side) {
            self.add("CREATE COLLATION app.c_again FROM \"C\"");
        }
        self.add(&format!(
            "CREATE FUNCTION app.ok(i integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT i > -{}'",
            body + 1
        ));
        self.add(&format!(
            "CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END -- {body}'"
        ));
        if database.extra_schema.is_on(self.side) {
            self.add("CREATE SCHEMA extra");
            self.add("CREATE TABLE extra.things (id integer PRIMARY KEY, what text DEFAULT 'x')");
        }
        if database.default_privileges.on(self.side) == 3 {
            self.add(&format!("ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO {ROLE}"));
        }
    }

    fn end(&mut self) {
        let database = &self.spec.database;
        match database.default_privileges.on(self.side) {
            1 => self.add(&format!("ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO {ROLE}")),
            2 => self.add("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM public"),
            _ => {}
        }
        let variant = database.event_trigger.on(self.side);
        if variant > 0 {
            self.add("CREATE FUNCTION app.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'");
            let tags = if variant == 2 { " WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE')" } else { "" };
            self.add(&format!(
                "CREATE EVENT TRIGGER random_watch ON ddl_command_end{tags} EXECUTE FUNCTION app.on_ddl()"
            ));
        }
        if variant == 3 {
            self.add("ALTER EVENT TRIGGER random_watch DISABLE");
        }
    }

    fn sequence(&mut self, number: usize) {
        let sequence = &self.spec.sequences[number];
        if !sequence.presence.is_on(self.side) {
            return;
        }
        let options = [
            "",
            " INCREMENT 5",
            " AS smallint",
            " START 100 MAXVALUE 5000",
            " CACHE 20 CYCLE",
            " AS integer MINVALUE -10 START 3",
        ][usize::from(sequence.variant.on(self.side))];
        self.add(&format!("CREATE SEQUENCE app.s{number}{options}"));
        self.annotate("SEQUENCE", &format!("app.s{number}"), sequence.annotations);
    }

    /// A sequence must be in the same schema as the column that owns it.
    fn owner(&mut self, number: usize) {
        let sequence = &self.spec.sequences[number];
        let chosen = usize::from(sequence.owner.on(self.side));
        if !sequence.presence.is_on(self.side) || chosen == 0 {
            return;
        }
        let owner = (chosen - 1) % self.spec.tables.len();
        let table = &self.spec.tables[owner];
        if table.in_app && self.is_present(owner) && self.parent(owner).is_none() {
            self.add(&format!("ALTER SEQUENCE app.s{number} OWNED BY {}.id", self.table_name(owner)));
        }
    }
}
